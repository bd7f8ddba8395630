"""How many cells fit, and how small they may be."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.readings import Claim, shown_at
from scenes.kit.ground.say import number
from scenes.kit.ground.style import smallest

GAP = 0.03  # between cells
POWER = 0.8  # of the magnitude, in a cell's colour: weak cells show, too
MOST = {"data": 0.5}  # how much of the full hue the strongest cell takes: bright enough to see, dark enough to read on
SLANTED = 0.76  # of a cell's width: the em of names over columns at 45°, so that neighbours keep clear of each other
DIGIT_SHARE = (0.86, 0.62)  # how much of a cell's width and height its number may take


@dataclass(frozen=True)
class Law:
    """That the numbers of a grid are the sums of others, place by place, divided by `over` if there is one.

    terms, over: Tensors (of the grid's shape, of one number) with their formats. about: whether ≈ stands before the
    grid, because as displayed they do not give it to the last digit."""

    terms: tuple[tuple[Tensor, str], ...]
    over: tuple[Tensor, str] | None = None
    about: bool = False

    def claim(self, tensor: Tensor, spec: str, at: tuple[int, ...]) -> Claim:
        """Of one number of the grid."""
        parts, over = tuple((shown_at(*term, at),) for term in self.terms), self.over and shown_at(*self.over)
        return Claim(parts, shown_at(tensor, spec, at), "quotient" if over else "sum", self.about, over)


def strongest(values: np.ndarray) -> float:
    """The largest finite magnitude, 0 if there is none; of an embedding of a large model, without a copy of it."""
    if values.size and np.isfinite(ends := (float(values.min()), float(values.max()))).all():
        return max(-ends[0], ends[1])
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def elide(n: int, limit: int, keep: int | Sequence[int] | None = None) -> list[int | None]:
    """Indices to show of n when at most `limit` fit; None stands for ⋯. The last one is among them, and `keep`: of
    several, the first that matters most, as many as fit.

    >>> elide(4, 8), elide(64, 5), elide(10, 5, keep=6)
    ([0, 1, 2, 3], [0, 1, 2, None, 63], [0, None, 6, None, 9])
    >>> elide(64, 8, keep=[40, 7, 41])
    [0, None, 7, None, 40, 41, None, 63]
    """
    if n <= limit:
        return list(range(n))
    kept = [keep] if isinstance(keep, int) else list(keep or ())
    shown = {n - 1, *kept[:1]}
    for index in [*kept, *range(n)]:
        more = {*shown, index}
        if len(with_gaps(more)) <= max(limit, 3) and len(more) < max(n, 3):  # something is left out
            shown = more
    return with_gaps(shown)


def with_gaps(indices: Collection[int]) -> list[int | None]:
    """The indices in their order, None where some are left out between them or before the first."""
    shown: list[int | None] = []
    before = -1
    for index in sorted(indices):
        shown += [None, index] if index - before > 1 else [index]
        before = index
    return shown


def named(width: float) -> int:
    """As many columns as can have a name each in a width, at 45°."""
    return max(3, int(width * SLANTED / smallest()))


def readable_width(tensor: Tensor, spec: str) -> float:
    """The narrowest cell in which every number of the tensor can be read."""
    values = np.asarray(tensor.values, dtype=float)
    widest = max(typesetting.width(number(v, spec), 1.0) for v in {values.max(), values[np.isfinite(values)].min()})
    return widest * smallest() / DIGIT_SHARE[0] + GAP + 0.005


def readable_height() -> float:
    """The lowest cell in which a number can be read."""
    return smallest() / DIGIT_SHARE[1] + 0.005


__all__ = ["DIGIT_SHARE", "GAP", "SLANTED", "Law", "elide", "named", "readable_height", "readable_width", "strongest"]
