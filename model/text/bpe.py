"""Byte pairs: pieces of words, made by joining again and again what stands side by side most often.

Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units", ACL 2016; on bytes as GPT-2
has it, so that there is no text that it cannot write. `learn` makes the merges from a training text, `BytePairs` cuts
any text by them."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from tokenizers import Regex, models, pre_tokenizers
from tokenizers import Tokenizer as Backend

from model.errors import ClearheadError
from model.files import write_json
from model.text.tokenizer import END, Tokenizer, running_text, signs_of

FILE, FORMAT = "bpe.json", "clearhead-bpe-1"
MERGES = 768  # with the 256 bytes: 1,024 pieces
BYTES = tuple(bytes([byte]) for byte in range(256))
# letters, digits or other signs, each with the blank before it; or blanks alone. No piece goes beyond one of these.
WORD = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")

# the same for `tokenizers`, whose \w knows other letters than Python's
LIKE_WORD = r" ?[\p{L}\p{Nl}\p{No}]+| ?\p{Nd}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"

Piece = bytes
Pair = tuple[Piece, Piece]


@dataclass(frozen=True)
class Merge:
    """Two pieces that become one, and how often they stood side by side when that was learned."""

    left: Piece
    right: Piece
    times: int

    @property
    def pair(self) -> Pair:
        return self.left, self.right


@dataclass(frozen=True)
class BytePairs:
    """A tokenizer of pieces of words. Ids 0 … 255 are the bytes, the others what the merges make, in their order.

    corpus: SHA-256 of the text that they were learned from."""

    merges: tuple[Merge, ...]
    corpus: str = ""

    @cached_property
    def vocabulary(self) -> tuple[Piece, ...]:
        """Every piece by its id; what two merges make is one piece."""
        return tuple(dict.fromkeys([*BYTES, *(merge.left + merge.right for merge in self.merges)]))

    @cached_property
    def ids(self) -> dict[Piece, int]:
        return {piece: index for index, piece in enumerate(self.vocabulary)}

    @cached_property
    def ranks(self) -> dict[Pair, int]:
        """Which merge joins a pair, from 0."""
        return {merge.pair: rank for rank, merge in enumerate(self.merges)}

    def cut(self, text: str, merges: int | None = None) -> list[Piece]:
        """The text in pieces, by the first `merges` merges (None: by all)."""
        return [piece for word in WORD.findall(text) for piece in self.cut_word(word, merges)]

    def cut_word(self, word: str, merges: int | None = None) -> list[Piece]:
        """Of the pairs that stand side by side the one that was learned first is joined, until none is left."""
        pieces = [bytes([byte]) for byte in as_bytes(word)]
        last = len(self.merges) if merges is None else merges
        while len(pieces) > 1:
            rank, pair = min((self.ranks.get(pair, last), pair) for pair in zip(pieces, pieces[1:], strict=False))
            if rank >= last:
                break
            pieces = joined(pieces, pair)
        return pieces

    def merges_of(self, word: str) -> list[int]:
        """The merges that a word takes, in the order in which they were learned."""
        taken, pieces = [], self.cut_word(word, 0)
        while len(pieces) > len(self.cut_word(word)):
            taken.append(min(self.ranks[pair] for pair in zip(pieces, pieces[1:], strict=False) if pair in self.ranks))
            pieces = joined(pieces, self.merges[taken[-1]].pair)
        return taken

    def encode(self, text: str, merges: int | None = None) -> list[int]:
        return [self.ids[piece] for piece in self.cut(text, merges)]

    def decode(self, ids: Iterable[int]) -> str:
        """The ids' bytes end to end, as text. What is no text is shown as “�”."""
        return as_text(b"".join(self.vocabulary[index] for index in ids))

    def save(self, path: Path) -> None:
        """Bytes are written as the characters of their numbers (Latin-1)."""
        merges = [[merge.left.decode("latin-1"), merge.right.decode("latin-1"), merge.times] for merge in self.merges]
        write_json(path, {"format": FORMAT, "corpus": self.corpus, "merges": merges})

    @classmethod
    def load(cls, path: Path) -> BytePairs:
        """Raises ClearheadError where the file is none of these."""
        try:
            about = json.loads(path.read_text(encoding="utf-8"))
            if about["format"] != FORMAT:
                raise ValueError(f"its format is {about['format']!r}, not {FORMAT!r}")
            rows = [(left.encode("latin-1"), right.encode("latin-1"), int(n)) for left, right, n in about["merges"]]
            return cls(tuple(Merge(*row) for row in rows), str(about["corpus"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ClearheadError(f"{path} does not hold the merges of a tokenizer: {error}") from error


def joined(pieces: list[Piece], pair: Pair) -> list[Piece]:
    """The pieces with every such pair, from the left, as one piece."""
    done: list[Piece] = []
    for piece in pieces:
        if done and (done[-1], piece) == pair:
            done[-1] += piece
        else:
            done.append(piece)
    return done


def learn(words: Mapping[str, int], count: int = MERGES) -> list[Merge]:
    """Merges from words and how often each occurs: the most frequent pair first, of equal ones the first by its bytes.

    It ends before `count` where no word has two pieces left."""
    cut = [[bytes([byte]) for byte in as_bytes(word)] for word in words]
    often = list(words.values())
    times: Counter[Pair] = Counter()
    where: dict[Pair, set[int]] = defaultdict(set)  # the words that a pair has stood in
    merges: list[Merge] = []

    def tally(k: int, sign: int) -> None:
        for pair in zip(cut[k], cut[k][1:], strict=False):
            times[pair] += sign * often[k]
            where[pair].add(k)

    for k in range(len(cut)):
        tally(k, +1)
    while len(merges) < count and any(times.values()):
        pair = min(times, key=lambda pair: (-times[pair], pair))
        merges.append(Merge(*pair, times[pair]))
        for k in where.pop(pair):
            tally(k, -1)
            cut[k] = joined(cut[k], pair)
            tally(k, +1)
        times.pop(pair, None)
    return merges


def learn_from(documents: Iterable[str], count: int = MERGES) -> BytePairs:
    """The merges of a training text, whose words and marks are set apart by blanks: it is read as people write it."""
    return learn_as_written((running_text(document.split()) for document in documents), count)


def learn_as_written(texts: Iterable[str], count: int = MERGES) -> BytePairs:
    """The merges of texts as people write them."""
    words: Counter[str] = Counter()
    digest = hashlib.sha256()
    for text in texts:
        words.update(WORD.findall(text))
        digest.update(text.encode() + b"\n")
    return BytePairs(tuple(learn(words, count)), digest.hexdigest())


def tokenizer_of(pairs: BytePairs) -> Tokenizer:
    """The tokenizer of a model that reads these pieces: the same ids, and the end of a document as the last one."""
    names = [*map(signs_of, pairs.vocabulary), END]
    merges = [(signs_of(merge.left), signs_of(merge.right)) for merge in pairs.merges]
    backend = Backend(models.BPE(vocab={name: index for index, name in enumerate(names)}, merges=merges))
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(LIKE_WORD), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return Tokenizer(backend, {})


def as_bytes(text: str) -> bytes:
    """UTF-8; of lone surrogates, too, so that no string is refused."""
    return text.encode("utf-8", "surrogatepass")


def as_text(data: bytes) -> str:
    """What `as_bytes` made, or “�” for what it did not make."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


@cache
def shipped(folder: Path) -> BytePairs:
    """Of a checkpoint's folder."""
    return BytePairs.load(folder / FILE)
