"""Heights: a bar for each cell of a row, as high as its number."""

from __future__ import annotations

import numpy as np

from scenes.kit.ground.encodings import Length, Place, Side
from scenes.kit.ground.painting import Mix, Painted
from scenes.kit.ground.pen import Pen, Rectangle
from scenes.kit.ground.readings import Cell
from scenes.kit.ground.style import color
from scenes.kit.numbers.grid import SIGNED, TensorGrid

BROAD = 0.62  # of a cell: how broad its bar is


class Heights(Painted):
    """Bars below a grid of one row, one under each cell, linear in its number from a line of zero; beside the cells of
    a grid that is upright. Of −∞ there is none.

    grid: where the numbers stand, and whose colour the bars have (blue and red where it is signed). room: height of the
    chart; gap: from the grid to it."""

    values: Mix[np.ndarray]

    def __init__(self, grid: TensorGrid, *, room: float, gap: float = 0.08):
        self.tensor, self.upright = grid.tensor, grid.upright
        values = np.asarray(grid.tensor.values, dtype=float)
        self.values = np.where(np.isfinite(values), values, np.nan)
        self.pitch = (grid.ch if grid.upright else grid.cw) * grid.zoom()
        finite = self.values[np.isfinite(self.values)]
        self.low, self.high = float(min(finite.min(initial=0.0), 0.0)), float(max(finite.max(initial=0.0), 0.0))
        self.unit = room / (self.high - self.low or 1.0)
        one = "positive" if grid.kind in SIGNED else grid.kind
        self.roles = one, "negative"
        self.rgb = color(one), color("negative")
        long = self.pitch * len(self.values)
        super().__init__(*((room, long) if grid.upright else (long, room)))
        _, upper, right, left = grid.corners()
        beside, below = (upper + right) / 2 + ((gap + room / 2), 0, 0), (left + right) / 2 - (0, gap + room / 2, 0)
        self.move_to(beside if grid.upright else below)

    @property
    def zero(self) -> float:
        """Where zero is: from the left of the chart, or from its top."""
        return -self.low * self.unit if self.upright else self.high * self.unit

    def _bar(self, k: int) -> Rectangle:
        value = float(self.values[k])
        start, long = self.unit * min(value, 0.0), max(self.unit * abs(value), 0.012)
        at, broad = (k + (1 - BROAD) / 2) * self.pitch, BROAD * self.pitch
        if self.upright:
            return self.zero + start, at, long, broad
        return at, self.zero - start - self.unit * abs(value), broad, long

    def draw(self, pen: Pen) -> None:
        way = (self.zero, self.unit, "x") if self.upright else (self.zero, -self.unit, "y")
        for k, value in enumerate(self.values):
            if np.isfinite(value):
                cell, rgb = Cell(self.tensor, (k,)), self.rgb[int(value < 0)]
                pen.rectangle(*self._bar(k), rgb, 0.9, shows=(Length(cell, *way), Side(cell, *self.roles)))
        across, down = self.natural
        ends = [(self.zero, 0.0), (self.zero, down)] if self.upright else [(0.0, self.zero), (across, self.zero)]
        pen.line(ends, "secondary", 0.015, shows=Place(0, *way))


__all__ = ["Heights"]
