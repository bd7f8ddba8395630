"""Lanes: the numbers of a row as dots over one axis, each in a lane of its own; what a norm does to them is seen."""

from __future__ import annotations

import math

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.charts.curve import ticks
from scenes.kit.ground.encodings import Length, Place
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell, Cells
from scenes.kit.ground.say import say
from scenes.kit.ground.style import color, smallest

AXIS = 0.42  # height below the lanes, for the axis and its numbers
ABOVE = 0.5  # and above them, for the names of mean and spread
SMALLEST, LARGEST = 0.04, 0.09  # radius of a dot
STEM = 0.3  # opacity of what leads from zero to a dot
PIN = 0.03  # of lines that mark


class Lanes(Painted):
    """A row of numbers [n] as n dots: across is the number, and each has its own lane, the first at the top.

    title: what the row is called, at the upper left. reach: what the axis goes from and to, so that several can share
    it (default: whole numbers around the values). mean, spread: Tensors of one number, drawn as a line at the mean and,
    from there to the right, a bar as long as the spread; each with its name and value above. fill: the colour of the
    dots. In a Transform to other numbers of as many, every dot runs along its lane, and the axis grows or shrinks."""

    values: Mix[np.ndarray]
    low: Mix[float]
    high: Mix[float]
    mark_opacity: Mix[float]

    def __init__(
        self,
        values: Tensor,
        title: str = "",
        *,
        width: float,
        height: float,
        reach: tuple[float, float] | None = None,
        mean: Tensor | None = None,
        spread: Tensor | None = None,
        fill: str = "data",
        size: float = 0.3,
    ):
        self.tensor, self.title, self.values = values, title, np.asarray(values.values, dtype=float).copy()
        self.mean, self.spread, self.rgb = mean, spread, color(fill)
        self.low, self.high = reach or whole_range(self.values)
        self.size = max(size, smallest())
        self.mark_opacity = float(mean is not None or spread is not None)  # in a Transform they come and go
        self.left, self.right = 0.35, width - 0.35
        self.floor = height - AXIS
        self.pitch = (self.floor - ABOVE) / max(len(self.values), 1)
        super().__init__(width, height)

    @property
    def unit(self) -> float:
        return (self.right - self.left) / (self.high - self.low)

    def x_of(self, value: float) -> float:
        return self.left + self.unit * (value - self.low)

    def draw(self, pen: Pen) -> None:
        self._draw_axis(pen)
        pen.text(self.title, 0, 0.3, self.size, "secondary", of=self.tensor)
        n = len(self.values)
        lanes = ABOVE + (np.arange(n) + 0.5) * self.pitch
        points = np.stack([self.left + self.unit * (self.values - self.low), lanes], axis=-1)
        radius = float(np.clip(0.9 * self.pitch, SMALLEST, LARGEST))
        self._draw_stems(pen, points, 0.3 * radius)
        pen.circles(points, radius, self.rgb, 0.85, shows=self._place(Cells(self.tensor, (np.arange(n),))))
        if self.mark_opacity > 0.002:
            self._draw_marks(pen)

    def _draw_stems(self, pen: Pen, points: np.ndarray, half: float) -> None:
        """What leads from zero to each dot."""
        n, zero = len(points), self.x_of(0.0)
        ends = np.sort(np.stack([np.full(n, zero), points[:, 0]], axis=-1), axis=-1)
        boxes = np.stack([ends[:, 0], points[:, 1] - half, ends[:, 1] - ends[:, 0], np.full(n, 2 * half)], axis=-1)
        rests = np.array_equal(self.values, np.asarray(self.tensor.values, dtype=float))  # else a dot may cross zero
        shows = Length(Cells(self.tensor, (np.arange(n),)), zero, self.unit) if rests else None
        pen.rectangles(boxes, np.tile(self.rgb, (n, 1)), np.full(n, STEM), shows=shows)

    def _place(self, cell: Cell | Cells | int) -> Place:
        return Place(cell, self.x_of(0.0), self.unit)

    def _draw_axis(self, pen: Pen) -> None:
        pen.line([(self.left, self.floor), (self.right, self.floor)], "secondary", 0.02)
        for mark in ticks(math.ceil(self.low), math.floor(self.high), 9):
            x = self.x_of(mark)
            pen.line([(x, ABOVE), (x, self.floor + 0.06)], "faint", 0.012, shows=self._place(mark))
            text = say("{i}", i=mark)
            pen.text(text, x, self.floor + 0.06 + 0.9 * self.size, self.size, "secondary", align=0.5)

    def _draw_marks(self, pen: Pen) -> None:
        seen = float(self.mark_opacity)
        start = 0.0 if self.mean is None else float(self.mean)
        x, above = self.x_of(start), ABOVE - 0.12
        if self.mean is not None:
            cell = Cell(self.mean)
            pen.line([(x, above), (x, self.floor)], "target", PIN, seen, shows=self._place(cell))
            pen.text(say("μ = {m:.2f}", m=self.mean), x - 0.12, 0.3, self.size, "target", seen, align=1.0, of=cell)
        if self.spread is not None:
            cell, long = Cell(self.spread), self.unit * float(self.spread)
            shows = Length(cell, x, self.unit)
            pen.line([(x, above), (x + long, above)], "delta", 2 * PIN, seen, shows=shows)
            pen.text(say("σ = {s:.2f}", s=self.spread), x + 0.12, 0.3, self.size, "delta", seen, of=cell)


def whole_range(*rows: np.ndarray) -> tuple[float, float]:
    """Whole numbers around all values of some rows, at least one apart."""
    low = math.floor(min(float(row.min()) for row in rows))
    high = math.ceil(max(float(row.max()) for row in rows))
    return float(low), float(max(high, low + 1))


__all__ = ["Lanes", "whole_range"]
