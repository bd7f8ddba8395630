"""SpreadChart: how far scores spread, against the number of entries, on axes where each step doubles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Place, Through
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell, Cells
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.style import color, smallest

LETTERS, NAMES = 0.28, 0.36  # em


class SpreadChart(Painted):
    """Spreads [size] measured at `sizes`, as dots with a line, over the line of the law √size; and other spreads [n]
    at one size.

    names: of the measured, of the law, and of the others. Both axes double from tick to tick. grown: how much of the
    two lines is drawn, 0…1; arrived [n]: how far each of the others has come from the law to its place."""

    grown: Mix[float]
    arrived: Mix[np.ndarray]

    def __init__(
        self,
        sizes: Sequence[int],
        measured: Tensor,
        others: Tensor,
        at: Tensor,
        names: tuple[Said, Said, Said],
        *,
        width: float,
        height: float,
    ):
        self.sizes, self.names = list(sizes), names
        given = Tensor.given(self.sizes, "d", ("size",))
        self.x, self.measured, self.law = given.log(), measured.log(), given.sqrt().log()
        self.others, self.at, self.law_at = others.log(), at.log(), at.sqrt().log()
        low = min(float(self.others.values.min()), float(self.measured.values.min()), 0.0)
        high = max(float(self.others.values.max()), float(self.law.values.max()))
        self.rungs = [2**k for k in range(12) if np.log(2**k) <= high + 0.1]
        self.rung_at = Tensor.given(self.rungs, "spread", ("rung",)).log()
        self.size, self.em = max(LETTERS, smallest()), max(NAMES, smallest())
        self.left = max(typesetting.width(say("{i}", i=m), self.size) for m in self.rungs) + 0.3
        self.above, floor = 1.6 * self.em, height - 2.6 * self.size - 0.3
        self.across = (width - self.left - 0.5) / float(self.x.values[-1])
        self.up = (floor - self.above) / (high - low + 0.3)
        self.zero_y = floor + (low - 0.15) * self.up
        self.floor, self.grown, self.arrived = floor, 1.0, np.zeros(len(others))
        super().__init__(width, height)

    def grow(self) -> SpreadChart:
        """With both lines drawn to their ends."""
        self.grown = 1.0
        return self

    def spot(self, size: int) -> np.ndarray:
        """Scene point of what was measured at a size."""
        return self.to_scene(*self._points(self.measured, np.array([self.sizes.index(size)]))[0])

    def draw(self, pen: Pen) -> None:
        self._draw_axes(pen)
        count = max(2, round(1 + self.grown * (len(self.sizes) - 1)))
        every = np.arange(count)
        for tensor, role, dashed in ((self.law, "target", True), (self.measured, "data", False)):
            up = self._y(Cells(tensor, (every,)))
            points = self._points(tensor, every)
            pen.line(points, role, 0.035, 0.9, dashed=dashed, shows=Through(up.cell, self._x(every), up))
            if not dashed:
                pen.circles(points, 0.075, color(role), shows=(self._x(every), up))
        self._draw_others(pen)
        self._draw_names(pen)

    def _draw_others(self, pen: Pen) -> None:
        """They set out from the law."""
        for k, share in enumerate(self.arrived):
            value = (1 - share) * float(self.law_at) + share * float(self.others.values[k])
            place = self.left + self.across * float(self.at), self.zero_y - self.up * value
            across, up = Place(Cell(self.at), self.left, self.across), self._y(Cell(self.others, (k,)))
            shows = (across, up) if share >= 1 else across
            pen.circle(*place, 0.07, "logit", 0.6 * min(1.0, 4 * share), shows=shows)

    def _draw_axes(self, pen: Pen) -> None:
        right = self.natural[0] - 0.3
        pen.line([(self.left, self.floor), (right, self.floor)], "secondary", 0.016)
        for k, size in enumerate(self.sizes):
            x = self.left + self.across * float(self.x.values[k])
            shows = Place(Cell(self.x, (k,)), self.left, self.across)
            pen.line([(x, self.floor), (x, self.floor + 0.08)], "secondary", 0.016, shows=shows)
            pen.text(say("{i}", i=size), x, self.floor + 0.12 + self.size, self.size, "secondary", align=0.5)
        pen.text("d, the number of products", (self.left + right) / 2, self.natural[1] - 0.1, self.size, "secondary",
                 align=0.5)  # fmt: skip
        pen.text("spread of q · k", 0, 0.9 * self.size, self.size, "secondary")
        for k, rung in enumerate(self.rungs):
            y = self.zero_y - self.up * float(self.rung_at.values[k])
            pen.line([(self.left, y), (right, y)], "faint", 0.012, shows=self._y(Cell(self.rung_at, (k,))))
            pen.text(say("{i}", i=rung), self.left - 0.15, y + 0.33 * self.size, self.size, "secondary", align=1.0)

    def _draw_names(self, pen: Pen) -> None:
        """In the lower right corner, where no line runs."""
        seen = (1.0, 1.0, float(self.arrived.max(initial=0.0)))
        for k, (name, role) in enumerate(zip(self.names, ("data", "target", "logit"), strict=True)):
            y = self.floor - (3.1 - k) * 1.35 * self.em + 0.6 * self.em
            pen.text(name, self.natural[0] - 0.4, y, self.em, role, seen[k], align=1.0)

    def _points(self, tensor: Tensor, every: np.ndarray) -> np.ndarray:
        xs, ys = self.x.values[every], tensor.values[every]
        return np.stack([self.left + self.across * xs, self.zero_y - self.up * ys], axis=-1)

    def _x(self, every: np.ndarray) -> Place:
        return Place(self.x.values[every], self.left, self.across)

    def _y(self, cell: Cell | Cells) -> Place:
        return Place(cell, self.zero_y, -self.up, "y")


__all__ = ["SpreadChart"]
