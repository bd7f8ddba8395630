"""Text ↔ token ids, on the `tokenizers` library: words or byte pairs, any Unicode, the text kept as it was typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Regex, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Backend

from model.errors import ClearheadError, UsageError

UNKNOWN, END = "<unk>", "<end>"
START = "<start>"  # what a decoder that translates reads first; only its vocabulary has it
# a character of a script written without spaces | a word, with its apostrophe (didn't) | one punctuation mark;
# what is left (emoji …) stays whole
PIECE = r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’][\p{L}][\p{L}\p{M}]*)*|\p{P}"
# of French: an elided word with its apostrophe (l'animal is two pieces), est-ce, words, marks
FRENCH_PIECE = r"est-ce|[\p{L}\p{N}][\p{L}\p{N}\p{M}]*['’]?|\p{P}"
ZERO_WIDTH = "\u200b"  # a blank between words that are written without one
KEPT_FORMAT = "\u200c\u200d"  # joiners inside words and emoji


@dataclass(frozen=True)
class Encoding:
    """ids; display strings, as typed; positions that the vocabulary does not know."""

    ids: tuple[int, ...]
    tokens: tuple[str, ...]
    unknown: tuple[int, ...]


class Tokenizer:
    """No token stands before the text. Word-level: a word is looked up in lower case and shown as typed. In pieces
    (`model.text.bpe.tokenizer_of`): byte pairs, with the blank before a word; then `unknown_id` is None."""

    def __init__(self, backend: Backend, display: dict[str, str]):
        self.backend, self.display = backend, display
        words = backend.get_vocab()
        self.in_pieces = isinstance(backend.model, models.BPE)
        self.unknown_id, self.end_id = words.get(UNKNOWN), words[END]
        self.ends = frozenset({self.end_id})  # what ends a text that is continued
        in_order = sorted(words, key=words.__getitem__)
        self.vocabulary = tuple(map(spelled, in_order) if self.in_pieces else (display.get(w, w) for w in in_order))
        self.start_id: int | None = words.get(START)

    def __len__(self) -> int:
        return len(self.vocabulary)

    @property
    def word_ids(self) -> range:
        """The ids of words, or pieces: all but <unk> and <end>."""
        return range(self.end_id) if self.in_pieces else range(self.end_id + 1, len(self))

    @classmethod
    def from_words(cls, words: Iterable[str], piece: str = PIECE) -> Tokenizer:
        """A tokenizer whose ids follow the order of `words`; a capital in a word is kept for display.

        piece: what is one token, as a regular expression."""
        words = list(dict.fromkeys(words))
        ids = {word.lower(): index for index, word in enumerate([UNKNOWN, END, *words])}
        backend = Backend(models.WordLevel(ids, unk_token=UNKNOWN))
        backend.normalizer = normalizers.Sequence(
            [normalizers.NFC(), normalizers.Lowercase(), normalizers.Replace("’", "'")]
        )
        backend.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex(piece), "isolated")]
        )
        return cls(backend, {word.lower(): word for word in words if word != word.lower()})

    def encode(self, text: str, limit: int | None = None) -> Encoding:
        """Raises UsageError for a text without anything visible, or of more than `limit` tokens."""
        text = clean(text)
        encoding = self.backend.encode(text, add_special_tokens=False)
        if not encoding.ids:
            raise UsageError("the text is empty: give at least one word")
        if limit and len(encoding.ids) > limit:
            raise UsageError(f"the text has {len(encoding.ids)} tokens, this model reads at most {limit}: shorten it")
        unknown = tuple(place for place, token in enumerate(encoding.ids) if token == self.unknown_id)
        return Encoding(tuple(encoding.ids), tuple(text[start:end] for start, end in encoding.offsets), unknown)

    def decode(self, ids: Iterable[int]) -> str:
        """The ids as a running text: no space before punctuation, a capital at the start of a sentence."""
        kept = [index for index in ids if index not in (self.start_id, self.end_id)]
        if not self.in_pieces:
            return running_text(self.vocabulary[index] for index in kept)
        pieces = (str(self.backend.id_to_token(index)) for index in kept)
        return b"".join(map(bytes_of, pieces)).decode("utf-8", "replace")

    def save(self, path: Path) -> None:
        self.backend.save(str(path))

    @classmethod
    def load(cls, path: Path, display: dict[str, str]) -> Tokenizer:
        try:
            return cls(Backend.from_file(str(path)), display)
        except KeyError as error:
            raise ClearheadError(f"{path.name} is not a tokenizer of Clearhead's: it has no {error}") from error
        except Exception as error:  # the library raises bare Exception for every fault of a file
            raise ClearheadError(f"{path.name} is not a tokenizer that can be read: {error}") from error


# How `tokenizers` writes bytes (GPT-2's table): those that can be seen as themselves, the others from U+0100 on.
SEEN = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
SIGNS = {byte: chr(byte) for byte in SEEN} | {
    byte: chr(0x100 + k) for k, byte in enumerate(byte for byte in range(256) if byte not in set(SEEN))
}
OF_SIGN = {sign: byte for byte, sign in SIGNS.items()}


def signs_of(piece: bytes) -> str:
    """A piece as a byte-level backend writes it."""
    return "".join(SIGNS[byte] for byte in piece)


def bytes_of(signs: str) -> bytes:
    """The other way."""
    return bytes(OF_SIGN[sign] for sign in signs)


def spelled(signs: str) -> str:
    """A piece as people read it; bytes that are no text by themselves, or cannot be seen, as <0xE2>.

    >>> spelled("Ġforest"), spelled("â"), spelled(END)
    (' forest', '<0xE2>', '<end>')
    """
    if signs == END:
        return END
    piece = bytes_of(signs)
    text = piece.decode("utf-8", "replace")
    seen = text.isprintable() and "\N{REPLACEMENT CHARACTER}" not in text
    return text if seen else "".join(f"<0x{byte:02X}>" for byte in piece)


def running_text(words: Iterable[str]) -> str:
    """Words and marks as people write them: no space before punctuation, a capital at the start of a sentence.

    >>> running_text('Tom said , " come . " she came .'.split())
    'Tom said, "come." She came.'
    """
    text, opened = "", False
    for word in words:
        if not text or text.rstrip('" ').endswith((".", "!", "?")):
            word = word[0].upper() + word[1:]
        closing = word in {".", ",", "!", "?", ";", ":"} or (word == '"' and opened)
        glued = closing or not text or (text.endswith('"') and opened)
        text += word if glued else " " + word
        opened ^= word == '"'
    return text


def as_typed(text: str) -> str:
    """For models that read every character: all of it but for what cannot be drawn: control signs other than line ends
    and tabs, marks of direction and without width, lone surrogates."""
    return "".join(
        char for char in text
        if char in KEPT_FORMAT or char in "\n\r\t" or unicodedata.category(char) not in ("Cc", "Cf", "Cs")
    )  # fmt: skip


def clean(text: str) -> str:
    """NFC, every white space a blank, also one without width; no control signs, direction marks, lone surrogates."""
    text = "".join(" " if char.isspace() or char == ZERO_WIDTH else char for char in text)
    kept = (char for char in text if char in KEPT_FORMAT or unicodedata.category(char) not in ("Cc", "Cf", "Cs"))
    return unicodedata.normalize("NFC", "".join(kept)).strip()
