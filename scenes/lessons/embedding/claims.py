"""What the lesson claims of tables of words: which row is nearest, at which place one is, what lies on its side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.numbers.tensor import Tensor
from model.study.probes import Probe
from model.study.space import Analogy, cosine
from scenes.lesson.claims import CLOSE, Fact, count, fact


def nearest(table: Tensor, target: Tensor, row: int, left_out: Sequence[int]) -> Fact:
    """Of all rows [word, dimension] but those left out, this one has the largest cosine with the target."""
    return placed(table, target, row, 1, left_out, ("nearest", "leads to", "likeliest"))


def placed(
    table: Tensor, target: Tensor, row: int, place: int, left_out: Sequence[int], words: Sequence[str] = ("is number",)
) -> Fact:
    """So many rows, itself counted, have a cosine with the target that is at least this row's."""

    def nearer(cosines: np.ndarray, own: np.ndarray) -> int:
        others = np.delete(np.nan_to_num(cosines, nan=-1), [k for k in left_out if k != row])
        return int((others > own + CLOSE).sum())

    told = f"row {row} is number {place} beside {target.source()}"
    both = [cosine(table, target), cosine(table[row], target)]
    return fact(words, told, both, lambda *values: nearer(*values) == place - 1)


def answers(table: Tensor, found: Analogy) -> list[Fact]:
    """What is nearest to b − a + c, and the place of the word expected."""
    left_out = (found.a, found.b, found.c)
    first = nearest(table, found.target, found.found.ids[0], left_out)
    return [first, placed(table, found.target, found.expected, found.rank, left_out)]


def on_their_side(found: Probe, field: str = "right") -> Fact:
    """So many of the words tested lie on their side of the border."""
    of = [*found.values, found.border]
    return count("on their side", field, of, lambda low, high, at: int((low < at).sum() + (high > at).sum()))


def holding(table: Tensor, found: Sequence[Analogy]) -> Fact:
    """{hits} analogies hold: no row but those asked lies nearer to b − a + c than the word expected."""

    def hits(*cosines: np.ndarray) -> int:
        asked = ([each.a, each.b, each.c, each.expected] for each in found)
        others = [np.delete(np.nan_to_num(near, nan=-1), rows) for near, rows in zip(cosines, asked, strict=True)]
        first = zip(found, cosines, others, strict=True)
        return sum(bool(near[each.expected] >= rest.max() - CLOSE) for each, near, rest in first)

    return count("hold", "hits", [cosine(table, each.target) for each in found], hits)
