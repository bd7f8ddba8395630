"""ActivationCurve: what an activation makes of real pre-activations, as dots that fall onto its curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from manim import Animation

from model.numbers.origins import CHOSEN
from model.numbers.tensor import Tensor
from scenes.kit.charts.curve import ticks
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Place, Through, What
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cells
from scenes.kit.ground.say import say
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.timing import ease, stagger

TICK = 0.28  # em of the numbers along the axes
POINTS = 121  # of the curve
FEW = 12  # dots that are large


class ActivationCurve(Painted):
    """The curve of "relu", "gelu", "gelu_tanh" or "swiglu" (its gate, SiLU), and dots at pre-activations.

    pre: Tensor [neuron]; places: which of them have a dot. target: the one that is followed (yellow). fallen [dot]: how
    far each has come from the axis of x to the curve; 0 when it is made, see `Fall`."""

    fallen: Mix[np.ndarray]

    def __init__(
        self, pre: Tensor, kind: str, places: Sequence[int], *, width: float, height: float, target: int | None = None
    ):
        self.places, self.followed = np.array(list(places)), target
        self.before = pre[[int(k) for k in self.places]]
        self.after = activation(kind)(self.before)
        self.starts, self.ys = (np.asarray(t.values, dtype=float) for t in (self.before, self.after))
        reach = max(2.0, math.ceil(float(np.abs(np.asarray(pre.values)).max())))
        self.low, self.high = -reach, reach
        self.curve_x = Tensor.given(np.linspace(-reach, reach, POINTS), "places along the axis", ("place",), CHOSEN)
        self.curve_y = activation(kind)(self.curve_x)
        self.fallen = np.zeros(len(self.places))
        self.size = max(TICK, smallest())
        self.left = max(typesetting.width(say("{i}", i=m), self.size) for m in (-9, int(reach))) + 0.25
        self.right, self.top, self.floor = width - 0.2, 0.2, height - 1.4 * self.size
        lowest = min(float(np.asarray(self.curve_y.values).min()), -0.2)
        self.up = (self.floor - self.top) / (reach - lowest)
        self.across = (self.right - self.left) / (2 * reach)
        self.zero_x, self.zero_y = self.left + self.across * reach, self.top + self.up * reach
        super().__init__(width, height)

    @property
    def xs(self) -> np.ndarray:
        """Where the dots stand across."""
        return self.starts

    def draw(self, pen: Pen) -> None:
        self._draw_axes(pen)
        xs, ys = (np.asarray(t.values, dtype=float) for t in (self.curve_x, self.curve_y))
        line = np.stack([self.zero_x + self.across * xs, self.zero_y - self.up * ys], axis=-1)
        x, y = self._x(xs), self._y(Cells(self.curve_y, (np.arange(POINTS),)))
        pen.line(line, "secondary", 0.035, shows=Through(y.cell, x, y))
        large = len(self.places) <= FEW
        for followed in (False, True):
            self._draw_dots(pen, followed, 0.11 if large or followed else 0.06)

    def _draw_dots(self, pen: Pen, followed: bool, radius: float) -> None:
        mine = np.flatnonzero((self.places == self.followed) == followed)
        if not mine.size:
            return
        heights = self.fallen[mine] * self.ys[mine]
        points = np.stack([self.zero_x + self.across * self.xs[mine], self.zero_y - self.up * heights], axis=-1)
        landed = bool((self.fallen[mine] >= 1).all())
        x, y = self._x(Cells(self.before, (mine,))), self._y(Cells(self.after, (mine,)))
        role = color("target" if followed else "data")
        pen.circles(points, radius, role, 0.9 if followed else 0.7, shows=(x, y) if landed else x)

    def _draw_axes(self, pen: Pen) -> None:
        pen.line([(self.left, self.zero_y), (self.right, self.zero_y)], "secondary", 0.015, shows=self._y(0))
        pen.line([(self.zero_x, self.top), (self.zero_x, self.floor)], "secondary", 0.015, shows=self._x(0))
        for mark in ticks(int(self.low), int(self.high), 5):
            x = self.zero_x + self.across * mark
            pen.line([(x, self.top), (x, self.floor)], "faint", 0.012, shows=self._x(mark))
            pen.text(say("{i}", i=mark), x, self.floor + 1.0 * self.size, self.size, "secondary", align=0.5)
        for mark in ticks(1, int(self.high), max(1, int(self.up * self.high / (1.6 * self.size)))):
            y = self.zero_y - self.up * mark
            pen.line([(self.left, y), (self.right, y)], "faint", 0.012, shows=self._y(mark))
            pen.text(say("{i}", i=mark), self.left - 0.1, y + 0.33 * self.size, self.size, "secondary", align=1.0)

    def _x(self, cell: What) -> Place:
        return Place(cell, self.zero_x, self.across)

    def _y(self, cell: What) -> Place:
        return Place(cell, self.zero_y, -self.up, "y")


class Fall(Animation):
    """The dots go from the axis to the curve, from left to right; those that are there already stay."""

    def __init__(self, curve: ActivationCurve, **kwargs: object):
        self.rank = np.argsort(np.argsort(curve.xs, kind="stable"), kind="stable")
        self.there = curve.fallen.copy()
        super().__init__(curve, **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        count = len(self.rank)
        progress = np.ones(count) if alpha >= 1 else ease(stagger(self.rate_func(alpha), count, 0.05))[self.rank]
        self.mobject.fallen = np.maximum(self.there, progress)


def activation(kind: str) -> Callable[[Tensor], Tensor]:
    """Of a Tensor, by the name that a model's configuration has for it."""
    gates = {"swiglu": Tensor.silu, "geglu_tanh": Tensor.gelu_tanh}
    return {"relu": Tensor.relu, "gelu": Tensor.gelu, "gelu_tanh": Tensor.gelu_tanh, **gates}[kind]


__all__ = ["ActivationCurve", "Fall", "activation"]
