"""The tokenizers of other programs: pieces of words, with what stands around a text, or single characters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer as Backend

from model.errors import ClearheadError, UsageError
from model.text.tokenizer import Encoding, Tokenizer, as_typed

NONE = -1  # the id of a token that a tokenizer does not have


class Subwords(Tokenizer):
    """A `tokenizers` file of another program. A model may have more ids than its tokenizer has pieces."""

    start_id: int | None = None
    in_pieces = True

    def __init__(self, backend: Backend, size: int, end: Any = None):
        self.backend, self.display, self.size = backend, {}, size
        backend.no_padding()  # some files ask for a fixed length
        backend.no_truncation()
        if getattr(backend.model, "dropout", None):  # of pairs, while a model is trained: one text has one encoding
            backend.model.dropout = None
        beyond = {piece: one for piece, one in backend.get_vocab().items() if one >= size}
        if beyond:
            piece, one = max(beyond.items(), key=lambda pair: pair[1])
            raise ClearheadError(
                f"the tokenizer gives {piece!r} the id {one}, the model has {size} (0 to {size - 1}): "
                "resize the model's embedding to its tokenizer and save it"
            )
        ends = [one for one in (end if isinstance(end, list) else [end]) if type(one) is int]
        self.end_id = ends[0] if ends else NONE
        self.ends = frozenset(ends)
        unknown = [backend.token_to_id(name) for name in ("<unk>", "[UNK]")]
        self.unknown_id = next((one for one in unknown if one is not None), NONE)

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:  # type: ignore[override]
        """Each piece as it is read, with its blank; what is no text by itself, as the tokenizer writes it."""
        written = [self.backend.id_to_token(one) or f"<{one}>" for one in range(self.size)]
        read = self.backend.decode_batch([[one] for one in range(self.size)], skip_special_tokens=False)
        return tuple(a if not b or "�" in b else b for a, b in zip(written, read, strict=True))

    def encode(self, text: str, limit: int | None = None) -> Encoding:
        """With the tokens that this tokenizer puts around a text. Raises UsageError as `Tokenizer` does."""
        text = as_typed(text)
        if not text.strip():
            raise UsageError("the text is empty: give at least one word")
        try:
            encoding = self.backend.encode(text)
        except Exception as error:  # the library raises bare Exception
            raise ClearheadError(f"this model's tokenizer cannot read the text: {error}") from error
        if max(encoding.ids, default=0) >= self.size:
            raise ClearheadError(f"this model's tokenizer gives the id {max(encoding.ids)}, the model has {self.size}")
        if limit and len(encoding.ids) > limit:
            raise UsageError(f"the text has {len(encoding.ids)} tokens, this model reads at most {limit}: shorten it")
        shown = tuple(
            self._shown(one, text[slice(*at)]) for one, at in zip(encoding.ids, encoding.offsets, strict=True)
        )
        unknown = tuple(place for place, one in enumerate(encoding.ids) if one == self.unknown_id)
        return Encoding(tuple(encoding.ids), shown, unknown)

    def _shown(self, one: int, typed: str) -> str:
        """A piece as it was typed, with the blank that is part of it; one that nobody typed, by its name."""
        piece = self.vocabulary[one]
        return " " * piece.startswith(" ") + typed.strip() if typed.strip() else piece

    def decode(self, ids: Iterable[int]) -> str:
        return str(self.backend.decode(list(ids)))

    @classmethod
    def of_file(cls, path: Path, size: int, end: Any = None) -> Subwords:
        try:
            backend = Backend.from_file(str(path))
        except Exception as error:  # the library raises bare Exception for every fault of a file
            raise ClearheadError(f"{path} is not a tokenizer that can be read: {error}") from error
        return cls(backend, size, end)


class Characters(Tokenizer):
    """Each character is a token."""

    start_id: int | None = None
    in_pieces = True

    def __init__(self, characters: Sequence[str]):
        self.characters, self.display = tuple(characters), {}
        self.ids = {char: place for place, char in enumerate(self.characters)}
        self.vocabulary = self.characters
        self.end_id = self.unknown_id = NONE
        self.ends = frozenset()

    def encode(self, text: str, limit: int | None = None) -> Encoding:
        """Raises UsageError for a character that the model does not know, too."""
        text = as_typed(text)
        strange = sorted({char for char in text if char not in self.ids})
        if not text or strange:
            raise UsageError(f"this model knows no {strange[0]!r}" if strange else "the text is empty")
        if limit and len(text) > limit:
            raise UsageError(f"the text has {len(text)} tokens, this model reads at most {limit}: shorten it")
        ids = tuple(self.ids[char] for char in text)
        return Encoding(ids, tuple(self.vocabulary[one] for one in ids), ())

    def decode(self, ids: Iterable[int]) -> str:
        return "".join(self.characters[one] for one in ids)

    def save(self, path: Path) -> None:
        raise UsageError("a tokenizer of characters has no file of its own")
