"""A text in pieces: what a tokenizer of byte pairs makes of it, by all of its merges or by the first of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from model.errors import UsageError
from model.numbers.tensor import Tensor
from model.text.bpe import FILE, BytePairs, as_bytes, as_text, shipped

AXES = {"tokens": ("position",), "bits": ("byte", "bit"), "times": ("merge",)}


@dataclass(frozen=True, eq=False)
class Cut:
    """A text, cut by the first `merges` merges of a tokenizer (None: by all); with none of them, its bytes.

    For a lesson it is a record like a Trace: kept in `lesson.traces`, its numbers can be computed again by name and
    index: `tokens` [position], the pieces' ids; `bits` [byte, bit] of the text's bytes, the highest first; `times`
    [merge], how often each pair stood in the training text when it was joined."""

    pairs: BytePairs
    text: str
    merges: int | None = None
    checkpoint: str = "tiny"

    config = None
    unknown: tuple[int, ...] = ()
    names = tuple(AXES)

    @cached_property
    def pieces(self) -> tuple[bytes, ...]:
        return tuple(self.pairs.cut(self.text, self.merges))

    @cached_property
    def ids(self) -> tuple[int, ...]:
        return tuple(self.pairs.ids[piece] for piece in self.pieces)

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """The pieces as text; what is none by itself is “�”."""
        return tuple(map(as_text, self.pieces))

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        return vocabulary(self.pairs)

    @property
    def info(self) -> dict[str, str]:
        return {"checkpoint": self.checkpoint, "text": self.text}

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def __len__(self) -> int:
        return len(self.ids)

    def array(self, name: str) -> np.ndarray:
        if name == "tokens":
            return np.array(self.ids, dtype=np.int64)
        if name == "bits":
            return np.unpackbits(np.frombuffer(as_bytes(self.text), dtype=np.uint8)).reshape(-1, 8)
        if name == "times":
            return np.array([merge.times for merge in self.pairs.merges], dtype=np.int64)
        raise UsageError(f"a text in pieces has {', '.join(self.names)}, and no {name!r}")

    def __getitem__(self, name: str) -> Tensor:
        return Tensor.recorded(name, self.array(name), AXES[name], self.run_id)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text, the merges, and how many of them."""
        total = hashlib.sha256(repr((self.pairs.merges, self.merges, self.checkpoint)).encode())
        total.update(as_bytes(self.text))
        return total.hexdigest()

    @property
    def run_id(self) -> str:
        return self.digest[:16]


@cache
def vocabulary(pairs: BytePairs) -> tuple[str, ...]:
    """All pieces as text; the same tuple each time."""
    return tuple(map(as_text, pairs.vocabulary))


def spans(text: str, tokens: Sequence[str]) -> list[tuple[int, int]]:
    """Where the tokens of a text, in their order, begin and end in its bytes. Raises ValueError where one is not."""
    found, at = [], 0
    for token in tokens:
        at = text.index(token, at)
        found.append((len(as_bytes(text[:at])), len(as_bytes(text[: at + len(token)]))))
        at += len(token)
    return found


def reads_pieces(model: str) -> bool:
    """Whether a checkpoint reads pieces of words, not words."""
    from model.runs.checkpoints import load

    return load(model).tokenizer.in_pieces


def pairs_of(model: str) -> tuple[BytePairs, str]:
    """The merges that lie beside a checkpoint, and its name; of a checkpoint without any, those of `tiny`."""
    from model.runs.checkpoints import SHIPPED, load

    checkpoint = load(model)
    if (checkpoint.path / FILE).is_file():
        return shipped(checkpoint.path), checkpoint.name
    return shipped(SHIPPED / "tiny"), "tiny"
