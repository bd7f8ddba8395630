"""Texts in pieces, cut again by the `tokenizers` library from the same merges: it shares no code with model/text/bpe.

And what stands over an id on the screen is the piece that has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
from tokenizers import Tokenizer as Backend
from tokenizers import models

from model.numbers.tensor import Tensor
from model.study.pieces import Cut
from model.text.bpe import WORD, BytePairs
from scenes.kit.ground.readings import Cell, Reading
from studio.audit.findings import Defect

LETTERS = [chr(0x4E00 + byte) for byte in range(256)]  # one for each byte, as the library wants it


def spelled(data: bytes) -> str:
    return "".join(LETTERS[byte] for byte in data)


@cache
def library(pairs: BytePairs, merges: int | None) -> Backend:
    """A tokenizer of the library with the first merges."""
    alphabet = [*map(spelled, (bytes([byte]) for byte in range(256)))]
    made = dict.fromkeys([*alphabet, *(spelled(merge.left + merge.right) for merge in pairs.merges)])
    ids = {piece: index for index, piece in enumerate(made)}
    return Backend(models.BPE(ids, [(spelled(m.left), spelled(m.right)) for m in pairs.merges[:merges]]))


def check_cut(cut: Cut) -> Iterator[Defect]:
    """The ids of a text in pieces, and its bits."""
    words = WORD.findall(cut.text)
    data = [word.encode("utf-8", "surrogatepass") for word in words]
    right = [index for word in data for index in library(cut.pairs, cut.merges).encode(spelled(word)).ids]
    found = cut.array("tokens").tolist()
    if found != right or "".join(words) != cut.text:
        k = next((k for k, pair in enumerate(zip(found, right, strict=False)) if pair[0] != pair[1]), len(found) - 1)
        expected, shown = (str(ids[k]) if k < len(ids) else "none" for ids in (right, found))
        what = f"“{cut.text}” by {cut.merges if cut.merges is not None else 'all'} merges is cut in another way"
        yield Defect("wrong number", what, None, expected, shown)
    bits = [[byte >> 7 - k & 1 for k in range(8)] for word in data for byte in word]
    if not np.array_equal(cut.array("bits"), np.array(bits, dtype=np.uint8).reshape(-1, 8)):
        yield Defect("wrong number", f"the bits of “{cut.text}” are others")


def check_under(readings: Iterable[Reading]) -> Iterator[Defect]:
    """Of one row of pieces: over every id stand the letters of its place."""
    letters = [r for r in readings if isinstance(r.of, Cell)]
    for number in readings:
        for shown in number.numbers:
            if not isinstance(shown.value, Cell) or not isinstance(shown.value.tensor, Tensor):
                continue
            x, y = number.corners.mean(axis=0)
            over = [r for r in letters if _spans(r, x) and 0 < r.corners[:, 1].mean() - y < 3.0 * r.size]
            places = [r.of.index for r in over if isinstance(r.of, Cell)]
            if places and shown.value.index not in places:
                what = f"“{number.text}” stands under “{over[0].text}”"
                yield Defect("wrong label", what, None, shown.value.source(), over[0].text)


def _spans(reading: Reading, x: float) -> bool:
    low, high = reading.corners[:, 0].min(), reading.corners[:, 0].max()
    return bool(low - 0.1 * reading.size < x < high + 0.1 * reading.size)


__all__ = ["check_cut", "check_under"]
