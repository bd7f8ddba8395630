"""FactorCurves: numbers that follow from a row of scores times a factor, over that factor, and a cursor along them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from manim import Animation

from model.numbers.tensor import Tensor
from scenes.kit.ground.encodings import Place, Through
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell, Cells
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.style import color, smallest

LETTERS = 0.32  # em


class FactorCurves(Painted):
    """Curves [place, n] over factors [place], with a cursor that reads them off.

    stops: (factor, what its line is called, or "") each: where the cursor may stand, and what the curves are there [n].
    top: what the highest line on the axis stands for. title: what goes up. bright: the curve that is followed.
    cursor: the factor at which the cursor stands."""

    cursor: Mix[float]
    grown: Mix[float]

    def __init__(
        self,
        factors: Tensor,
        curves: Tensor,
        stops: Sequence[tuple[Tensor, Said | str, Tensor]],
        *,
        top: Tensor,
        title: str,
        width: float,
        height: float,
        fill: str = "probability",
        bright: int = 0,
    ):
        self.factors, self.curves, self.stops, self.top, self.title = factors, curves, list(stops), top, title
        self.rgb, self.bright, self.cursor, self.grown = color(fill), bright, 0.0, 1.0
        self.size = max(LETTERS, smallest())
        self.last = int(factors.values[-1])
        self.left, self.above, self.floor = 2.2 * self.size, 3.1 * self.size, height - 2.9 * self.size
        self.across, self.up = (width - self.left - 0.3) / self.last, (self.floor - self.above) / float(top)
        super().__init__(width, height)

    def draw(self, pen: Pen) -> None:
        self._draw_axes(pen)
        xs, count = self.factors.values, max(2, round(self.grown * len(self.factors)))
        every = np.arange(count)
        across = Place(xs[every], self.left, self.across)
        for k in range(self.curves.shape[1]):
            up = self._y(Cells(self.curves, (every, k)))
            line = np.stack(
                [self.left + self.across * xs[every], self.floor - self.up * self.curves.values[every, k]], 1
            )
            pen.line(line, self.rgb, 0.045 if k == self.bright else 0.025, 1.0 if k == self.bright else 0.55,
                     shows=Through(up.cell, across, up))  # fmt: skip
        if self.grown >= 1 and self.cursor > 0:
            self._draw_cursor(pen)

    def _draw_axes(self, pen: Pen) -> None:
        right = self.left + self.across * self.last
        for what, tensor in ((0, None), (self.top, self.top)):
            y = self.floor - self.up * float(what)
            pen.line([(self.left, y), (right, y)], "faint", 0.014, shows=self._y(0 if tensor is None else Cell(tensor)))
            text = say("{z}", z=0) if tensor is None else say("{t:.3g}", t=tensor)
            pen.text(text, self.left - 0.12, y + 0.33 * self.size, self.size, "secondary", align=1.0)
        for mark in range(self.last + 1):
            x = self.left + self.across * mark
            shows = Place(mark, self.left, self.across)
            pen.line([(x, self.floor), (x, self.floor + 0.08)], "secondary", 0.016, shows=shows)
            pen.text(say("{m}", m=mark), x, self.floor + 0.1 + self.size, self.size, "secondary", align=0.5)
        pen.text("q · k times", (self.left + right) / 2, self.natural[1] - 0.3 * self.size, self.size, "secondary",
                 align=0.5)  # fmt: skip
        pen.text(self.title, 0, 0.9 * self.size, self.size, "secondary")
        for k, (factor, name, _) in enumerate(self.stops):
            if name:
                x, shows = self.left + self.across * float(factor), Place(Cell(factor), self.left, self.across)
                pen.line([(x, self.above - 0.1), (x, self.floor)], "secondary", 0.02, dashed=True, shows=shows)
                pen.text(name, x, self.above - 0.25, self.size, "secondary", align=0.2 if k else 0.7)

    def _draw_cursor(self, pen: Pen) -> None:
        x = self.left + self.across * self.cursor
        stop = next(((f, values) for f, _, values in self.stops if abs(float(f) - self.cursor) < 1e-9), None)
        shows = None if stop is None else Place(Cell(stop[0]), self.left, self.across)
        pen.line([(x, self.above), (x, self.floor)], "target", 0.03, shows=shows)
        for k in range(self.curves.shape[1]):
            value = float(np.interp(self.cursor, self.factors.values, self.curves.values[:, k]))
            both = None if stop is None or shows is None else (shows, self._y(Cell(stop[1], (k,))))
            pen.circle(x, self.floor - self.up * value, 0.075, "target", shows=both)

    def _y(self, what: Any) -> Place:
        return Place(what, self.floor, -self.up, "y")


class MoveCursor(Animation):
    """The cursor of curves goes to another factor."""

    def __init__(self, curves: FactorCurves, to: Tensor, **kwargs: Any):
        self.start, self.end = curves.cursor, float(to)
        super().__init__(curves, **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        t = float(self.rate_func(alpha))
        self.mobject.cursor = self.end if alpha >= 1 else (1 - t) * self.start + t * self.end


__all__ = ["FactorCurves", "MoveCursor"]
