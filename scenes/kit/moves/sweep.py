"""The mask: red sweeps over what may not be seen, and leaves −∞."""

from __future__ import annotations

from typing import Any

import numpy as np
from manim import linear

from scenes.kit.ground.painting import Mix, Painted
from scenes.kit.ground.pen import Pen
from scenes.kit.ground.style import color
from scenes.kit.ground.timing import Together, ease, stagger
from scenes.kit.numbers.grid import TensorGrid

RED = 0.75  # opacity of the sweep where it is strongest


class Veil(Painted):
    """A colour over some cells of a grid. covered [rows, columns]: how far each is."""

    covered: Mix[np.ndarray]

    def __init__(self, grid: TensorGrid, fill: str = "loss"):
        self.rgb, self.boxes = color(fill), grid._boxes(*np.indices(grid.values.shape).reshape(2, -1))
        self.covered = np.zeros(grid.values.shape)
        super().__init__(*grid.natural)
        self.points = grid.points.copy()

    def draw(self, pen: Pen) -> None:
        some = self.covered.ravel() > 0.002
        fills = np.tile(self.rgb, (int(some.sum()), 1))
        pen.rectangles(self.boxes[some], fills, self.covered.ravel()[some])


class MaskSweep(Together):
    """Cell after cell, from the far corner to the diagonal, the scores that are masked turn red and then to −∞.

    scores: the grid on the stage; masked: the same cells with −∞ among them, which it becomes."""

    def __init__(self, scores: TensorGrid, masked: TensorGrid, *, lag: float = 0.6, **kwargs: Any):
        self.scores, self.masked, self.lag, self.veil = scores, masked, lag, Veil(scores)
        rows, columns = np.indices(scores.values.shape)
        self.never = np.isneginf(masked.values)
        ahead = np.asarray(columns - rows)[self.never]
        self.rank = ahead.max(initial=0) - ahead
        kwargs.setdefault("rate_func", linear)
        super().__init__(scores, helpers=(self.veil,), **kwargs)

    def begin(self) -> None:
        self.before = self.scores.values.copy()
        super().begin()

    def interpolate_mobject(self, alpha: float) -> None:
        if alpha >= 1:
            self.scores.take(self.masked)
            self.veil.covered[:] = 0.0
            return
        waves = ease(stagger(self.rate_func(alpha), int(self.rank.max(initial=0)) + 1, self.lag))[self.rank]
        self.scores.values = self.before.copy()
        self.scores.values[self.never] = np.where(waves >= 0.5, -np.inf, self.before[self.never])
        self.veil.covered[self.never] = RED * np.sin(np.pi * waves) ** 0.5


__all__ = ["MaskSweep", "Veil"]
