"""Curves over positions: one with axes, and a stack of waves that a cursor reads off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from manim import Animation, linear, rush_from

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Place, Through, What
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.pen import Fill
from scenes.kit.ground.readings import Cell, Cells
from scenes.kit.ground.say import say
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.timing import Together, ease, seen_so_far, waited
from scenes.kit.numbers.grid import TensorGrid

TICK = 0.26  # em of the numbers along an axis
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def ticks(first: int, last: int, most: int = 7) -> list[int]:
    """Round whole numbers from first to last, at most about `most` of them.

    >>> ticks(0, 63), ticks(0, 7), ticks(-3, 32, 5)
    ([0, 10, 20, 30, 40, 50, 60], [0, 1, 2, 3, 4, 5, 6, 7], [0, 10, 20, 30])
    """
    step = next((s for s in STEPS if (last - first) / s <= most), STEPS[-1])
    return list(range(-(-first // step) * step, last + 1, step))


def draw_places(
    pen: Pen, x: float, y: float, width: float, last: int, title: str = "position", size: float = TICK
) -> None:
    """The axis of positions 0…last from (x, y) rightwards: ticks, numbers, and a title at the end."""
    size = max(size, smallest())
    room = width / max(2.2 * size, 1e-6)
    pen.line([(x, y), (x + width, y)], "secondary", 0.016)
    for place in ticks(0, last, max(2, min(12, int(room)))):
        at = x + width * place / max(last, 1)
        shows = Place(place, x, width / max(last, 1), "x")
        pen.line([(at, y), (at, y + 0.08)], "secondary", 0.016, shows=shows)
        pen.text(say("{i}", i=place), at, y + 0.1 + 0.95 * size, size, "secondary", align=0.5)
    pen.text(title, x + width / 2, y + 0.12 + 2.15 * size, size, "secondary", align=0.5)


def places_height(size: float = TICK) -> float:
    """How much room `draw_places` takes below its line."""
    return 0.12 + 2.45 * max(size, smallest())


class Waves(Painted):
    """Columns of a table [position, entry] as waves, one below the other, over the positions.

    table: Tensor [position, wave]; its values are the dots. lines [wave, m]: the curve through them at m places
    evenly spread from the first to the last. names: what stands left of each wave. `cursor` (a place, may lie between
    two positions) draws a line across all waves. The k-th wave fills `row_height` and is centred on `row_center(k)`,
    so that the cells of a column beside it line up. `grown` is the part of the positions that is drawn, 0…1.
    """

    values: Mix[np.ndarray]
    cursor: Mix[float]
    grown: Mix[float]
    emphasis: Mix[np.ndarray]

    def __init__(
        self,
        table: Tensor,
        lines: np.ndarray,
        names: Sequence[str],
        *,
        width: float,
        height: float,
        fill: str = "position",
        size: float = 0.3,
        cursor: float = 0.0,
    ):
        self.tensor, self.lines, self.names = table, np.asarray(lines, dtype=float), list(names)
        self.values = np.asarray(table.values, dtype=float)
        self.cursor, self.grown, self.rgb = float(cursor), 1.0, color(fill)
        self.emphasis = np.ones(self.values.shape[1])
        self.below = places_height()
        self.row_height = (height - self.below) / self.values.shape[1]
        self.size = max(min(size, 0.5 * self.row_height), smallest())
        self.left = max(typesetting.width(name, self.size) for name in self.names) + 0.3
        self.length = width - self.left - 0.1
        super().__init__(width, height)

    @property
    def last(self) -> int:
        return self.values.shape[0] - 1

    def x_of(self, place: Any) -> Any:
        return self.left + self.length * place / max(self.last, 1)

    def row_center(self, k: int) -> np.ndarray:
        """Scene point at the right end of the k-th wave's middle line."""
        return self.to_scene(self.natural[0], (k + 0.5) * self.row_height)

    def at_cursor(self, k: int) -> float:
        """Height −1…1 of a wave's line under the cursor."""
        if float(self.cursor).is_integer():  # at a place: its number
            return float(self.values[int(self.cursor), k])
        return float(np.interp(self.cursor / max(self.last, 1), np.linspace(0, 1, self.lines.shape[1]), self.lines[k]))

    def draw(self, pen: Pen) -> None:
        for k, name in enumerate(self.names):
            middle = (k + 0.5) * self.row_height
            at, seen = (self.left - 0.2, middle, self.size), float(self.emphasis[k])
            pen.text(name, *at, "ink", seen, align=1.0, level="words", of=Cell(self.tensor, (0, k)))
            self._draw_wave(pen, k, middle, 0.43 * self.row_height)
        bottom = len(self.names) * self.row_height
        draw_places(pen, self.left, bottom + 0.02, self.length, self.last)
        if self.cursor >= 0:
            x, whole = self.x_of(self.cursor), float(self.cursor).is_integer()  # between two places it stands for none
            place = Place(int(self.cursor), self.left, self.length / max(self.last, 1)) if whole else None
            pen.line([(x, 0), (x, bottom + 0.02)], "target", 0.03, shows=place)
            for k in range(len(self.names)):
                middle, height = (k + 0.5) * self.row_height, 0.43 * self.row_height
                cell = Cell(self.tensor, (int(self.cursor), k))
                shows = (place, Place(cell, middle, -height, "y")) if place is not None else None
                pen.circle(x, middle - height * self.at_cursor(k), 0.075, "target", shows=shows)

    def _draw_wave(self, pen: Pen, k: int, middle: float, height: float) -> None:
        strength = float(self.emphasis[k])
        pen.line([(self.left, middle), (self.left + self.length, middle)], "faint", 0.012,
                 shows=Place(0, middle, -height, "y"))  # fmt: skip
        count = max(int(self.grown * self.lines.shape[1]), 2)
        xs = np.linspace(0, self.length, self.lines.shape[1])[:count] + self.left
        radius = min(0.04, 0.22 * self.length / max(self.last, 1))
        places = np.flatnonzero(np.arange(self.last + 1) <= self.grown * self.last + 1e-6)
        points = np.stack([self.x_of(places), middle - height * self.values[places, k]], axis=-1)
        shows = (
            Place(Cells(self.tensor, (places, k)), middle, -height, "y"),
            Place(places, self.left, self.length / max(self.last, 1), "x"),
        )
        wave = zip(xs, middle - height * self.lines[k][:count], strict=True)
        passed = places[self.x_of(places) <= xs[-1] + 1e-6]
        height_at, at = (
            Place(Cells(self.tensor, (passed, k)), middle, -height, "y"),
            Place(passed, shows[1].zero, shows[1].unit),
        )
        pen.line(wave, self.rgb, 0.028, 0.85 * strength, shows=Through(height_at.cell, at, height_at))
        pen.circles(points, radius, "ink", strength, shows=shows)


class ReadOff(Together):
    """The cursor of the waves runs from one position to another; the column beside them shows what it passes.

    column: the grid of the row at the end."""

    def __init__(self, waves: Waves, column: TensorGrid, start: int, end: int, **kwargs: Any):
        self.waves, self.column, self.start, self.end = waves, column, start, end
        kwargs.setdefault("rate_func", linear)
        super().__init__(waves, column, **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        t = float(ease(self.rate_func(alpha)))
        self.waves.cursor = (1 - t) * self.start + t * self.end
        passed = round(self.waves.cursor)
        self.column.tensor, self.column.values = self.waves.tensor[passed], self.waves.values[passed][:, None].copy()


class Curve(Painted):
    """One number for each place 0…n−1: dots and the line through them, over an axis of places.

    tensor [n]. lowest, highest: whole numbers that the vertical axis goes from and to. titles: (below, above).
    `cursor`: a place whose value is marked by a line and a larger dot (−1: none). `grown`: the part that is drawn,
    0…1."""

    values: Mix[np.ndarray]
    grown: Mix[float]
    cursor: Mix[float]

    def __init__(
        self,
        tensor: Tensor,
        *,
        width: float,
        height: float,
        lowest: int,
        highest: int,
        titles: tuple[str, str] = ("position", ""),
        fill: Fill = "position",
        cursor: int = -1,
    ):
        self.tensor, self.values = tensor, np.asarray(tensor.values, dtype=float)
        self.lowest, self.highest, self.titles = lowest, highest, titles
        self.rgb, self.cursor, self.grown = color(fill), float(cursor), 1.0
        self.size = max(TICK, smallest())
        self.rungs = ticks(lowest, highest, 5)
        self.left = max(typesetting.width(say("{i}", i=m), self.size) for m in self.rungs) + 0.25
        self.above = 1.5 * self.size if titles[1] else 0.15
        self.length, self.rise = width - self.left - 0.15, height - self.above - places_height()
        super().__init__(width, height)

    def point(self, place: float, value: float) -> tuple[float, float]:
        """Local coordinates of a value at a place."""
        x = self.left + self.length * place / max(len(self.values) - 1, 1)
        return x, self.above + self.rise * (self.highest - value) / (self.highest - self.lowest)

    def spot(self, place: int) -> np.ndarray:
        """Scene point of the value at a place."""
        return self.to_scene(*self.point(place, self.values[place]))

    def draw(self, pen: Pen) -> None:
        last = len(self.values) - 1
        for mark in self.rungs:
            x, y = self.point(0, mark)
            pen.line([(x, y), (x + self.length, y)], "faint", 0.012, shows=self._up(mark))
            pen.text(say("{i}", i=mark), x - 0.14, y + 0.33 * self.size, self.size, "secondary", align=1.0)
        pen.text(self.titles[1], 0, 0.85 * self.size, self.size, "secondary")
        draw_places(pen, self.left, self.above + self.rise, self.length, last, self.titles[0])
        points = [self.point(i, v) for i, v in enumerate(self.values) if i <= self.grown * last + 1e-6]
        if len(points) > 1:
            across, up = self._places(len(points))[::-1]
            pen.line(points, self.rgb, 0.03, shows=Through(up.cell, across, up))
        radius = min(0.05, 0.3 * self.length / max(last, 1))
        pen.circles(np.array(points), radius, self.rgb, shows=self._places(len(points)))
        if 0 <= self.cursor <= self.grown * last + 1e-6:
            x, y = self.point(self.cursor, float(np.interp(self.cursor, np.arange(last + 1), self.values)))
            pen.line([(x, self.above), (x, self.above + self.rise)], "target", 0.025)
            whole = float(self.cursor).is_integer()  # between two places it stands for none
            shows = self._up(Cell(self.tensor, (int(self.cursor),))) if whole else None
            pen.circle(x, y, 0.085, "target", shows=shows)

    def _up(self, what: What) -> Place:
        """Where a value stands on the vertical axis."""
        (_, zero), (_, one) = self.point(0, 0.0), self.point(0, 1.0)
        return Place(what, zero, one - zero, "y")

    def _places(self, count: int) -> tuple[Place, Place]:
        """What the first `count` dots stand for: a value up, its place across."""
        (left, _), (right, _) = self.point(0, 0.0), self.point(1, 0.0)
        places = np.arange(count)
        return self._up(Cells(self.tensor, (places,))), Place(places, left, right - left, "x")


class GrowCurve(Animation):
    """A curve (also Waves, LineChart) is drawn from first to last, while its axes come in COME seconds.

    after: the part of the play in which nothing of it is seen, because others are leaving where it comes."""

    def __init__(self, curve: Painted, *, after: float = 0.0, **kwargs: Any):
        super().__init__(curve, introducer=True, **kwargs)
        self.opacity, self.after = curve.opacity, after

    def interpolate_mobject(self, alpha: float) -> None:
        pace = rush_from if self.after else self.rate_func  # what has waited begins at once
        self.mobject.grown = float(pace(waited(alpha, self.after)))
        self.mobject.opacity = self.opacity * seen_so_far(alpha, self.run_time, self.after)
