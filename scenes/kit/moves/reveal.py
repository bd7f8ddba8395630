"""Moves that show: cells come, numbers grow, everything else steps back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from manim import Animation, Mobject, Scene, linear

from scenes.kit.ground.painting import Painted
from scenes.kit.ground.timing import SOON, Together, come_so_far, ease, seen_so_far, stagger, waited
from scenes.kit.numbers.grid import TensorGrid

BEGUN = 0.06  # of its growth, within which a bar comes


class Reveal(Animation):
    """Cells of a grid appear: "rows", "columns", "cells" (reading order) or "diagonal", one after the other.

    cells, numbers: which of the two appears (what is not named stays as it is). lag: 0 all at once, 1 one after the
    other, as Manim's lag_ratio."""

    def __init__(
        self,
        grid: TensorGrid,
        order: str = "rows",
        *,
        lag: float = 0.3,
        cells: bool = True,
        numbers: bool = True,
        **kwargs: Any,
    ):
        rows, columns = np.indices(grid.values.shape)
        self.rank = {
            "rows": rows,
            "columns": columns,
            "cells": rows * grid.values.shape[1] + columns,
            "diagonal": rows + columns,
        }[order]
        self.lag, self.cells, self.numbers = lag, cells, numbers
        super().__init__(grid, **kwargs)

    def begin(self) -> None:
        self.before = (self.mobject.cell_opacity.copy(), self.mobject.text_opacity.copy())
        super().begin()

    def interpolate_mobject(self, alpha: float) -> None:
        progress = (
            ease(stagger(self.rate_func(alpha), int(self.rank.max()) + 1, self.lag))[self.rank]
            if self.rank.size
            else 1.0
        )
        if self.cells:
            self.mobject.cell_opacity = np.maximum(self.before[0], progress)
        if self.numbers:
            self.mobject.text_opacity = np.maximum(self.before[1], progress)


class Introduce(Reveal):
    """Reveal of a grid that was not on the stage: its frame comes in COME seconds, its cells in order.

    after: the part of the play before which nothing of it is seen, where others are leaving."""

    def __init__(self, grid: TensorGrid, order: str = "rows", *, after: float = 0.0, **kwargs: Any):
        grid.reveal(0.0)
        self.shown, self.after = [(part, part.get_fill_opacity()) for part in grid.get_family()], after
        super().__init__(grid, order, introducer=True, **kwargs)

    def begin(self) -> None:
        if self.after:
            self.rate_func = linear  # each cell begins softly by itself: what has waited does not begin slowly twice
        super().begin()

    def interpolate_mobject(self, alpha: float) -> None:
        super().interpolate_mobject(waited(alpha, self.after))
        share = seen_so_far(alpha, self.run_time, self.after)
        for part, opacity in self.shown:
            part.set_opacity(share * opacity, family=False)


class Grow(Animation):
    """An array of a painted mobject goes from nothing to what it is, entry after entry: bars, arcs, numbers.

    name: of the array: "values", "grown", "emphasis", "bar_opacity" … least: the share of it that is there before;
    there: the entries that are there as a whole. Of bars nothing is seen before their turn; what was not on the stage,
    words and axes, comes in SOON seconds."""

    def __init__(
        self,
        mobject: Painted,
        name: str,
        *,
        lag: float = 0.1,
        least: float = 0.0,
        there: Iterable[int] = (),
        **kwargs: Any,
    ):
        self.what, self.lag = name, lag
        kwargs.setdefault("introducer", True)
        super().__init__(mobject, **kwargs)
        self.final = np.array(getattr(mobject, name), dtype=float)
        self.least = np.full(len(self.final), least)
        self.least[list(there)] = 1.0
        self.opacity, self.new = mobject.opacity, False
        self._grow(self.least)

    def _setup_scene(self, scene: Scene) -> None:
        self.new = scene is not None and self.mobject not in scene.get_mobject_family_members()
        super()._setup_scene(scene)

    def _grow(self, progress: np.ndarray) -> None:
        setattr(self.mobject, self.what, self.final * progress.reshape((-1,) + (1,) * (self.final.ndim - 1)))
        self.mobject.begun = np.clip((progress - self.least) / BEGUN + self.least.round(), 0, 1)

    def interpolate_mobject(self, alpha: float) -> None:
        progress = np.maximum(ease(stagger(self.rate_func(alpha), len(self.final), self.lag)), self.least)
        self._grow(progress if alpha < 1 else np.ones(len(self.final)))
        if self.new:
            self.mobject.opacity = self.opacity * come_so_far(alpha, self.run_time, SOON)
        if alpha >= 1:
            self.mobject.begun = None


class Emerge(Grow):
    """As Grow, of a mobject that comes where others are leaving: nothing of it is seen before the part `after`."""

    def __init__(self, mobject: Painted, name: str, *, after: float = 0.2, **kwargs: Any):
        self.after = after
        super().__init__(mobject, name, **kwargs)

    def begin(self) -> None:
        if self.after:
            self.rate_func = linear  # as in `Introduce`
        super().begin()

    def interpolate_mobject(self, alpha: float) -> None:
        late = waited(alpha, self.after)
        super().interpolate_mobject(late)
        self.mobject.opacity = self.opacity * come_so_far(late, (1 - self.after) * self.run_time, SOON)


class CountUp(Grow):
    """Numbers count from 0 to their values (TokenNumbers, Number, bars)."""

    def __init__(self, mobject: Painted, **kwargs: Any):
        super().__init__(mobject, "values", **kwargs)


class Highlight(Together):
    """The others are dimmed (to a quarter, or to `opacity`), the subject keeps its brightness."""

    def __init__(self, subject: Mobject, others: Iterable[Mobject], opacity: float = 0.25, **kwargs: Any):
        self.others = [member for m in others for member in m.get_family() if member not in subject.get_family()]
        self.to = opacity
        super().__init__(*self.others, **kwargs)

    def begin(self) -> None:
        self.start = [m.get_fill_opacity() for m in self.others]
        super().begin()

    def interpolate_mobject(self, alpha: float) -> None:
        t = self.rate_func(alpha)
        for m, start in zip(self.others, self.start, strict=True):
            m.set_opacity((1 - t) * start + t * self.to, family=False)


__all__ = ["Emerge", "CountUp", "Grow", "Highlight", "Introduce", "Reveal"]
