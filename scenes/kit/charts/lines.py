"""LineChart: numbers along a scale as lines: losses over the steps of a run, a loss over a nudge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.charts.curve import ticks
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Place, Through, What
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell, Cells
from scenes.kit.ground.say import say
from scenes.kit.ground.style import color, smallest

TICK = 0.28  # em of the numbers along the axes
KEY, GAP = 0.5, 0.4  # of the line before a name, and the gap between two names
MANY = 60  # points, from which on they have no dots of their own


@dataclass(frozen=True)
class Series:
    """One line. xs, ys: Tensors [n], xs rising; name: "" for none; role: its colour; line: its width."""

    xs: Tensor
    ys: Tensor
    name: str = ""
    role: str = "data"
    line: float = 0.035


class LineChart(Painted):
    """Lines over one scale, with a dot at each number where they are few, and a name each.

    series: `Series(xs, ys, name, role, line)` each (in this module). across, up: whole numbers that the axes go from
    and to; titles: of the two. log: the scale across is that of log(1 + x), from 0. counter: what the number over the
    end of the lines is called ("step"), "" for none. marked: (line, index) of a number that is ringed, as far as
    `ringed` says. `grown` 0…1: how much of the scale has been passed (`GrowCurve`), by all lines but the first `whole`;
    emphasis [line]: opacity."""

    grown: Mix[float]
    emphasis: Mix[np.ndarray]
    ringed: Mix[float]

    def __init__(
        self,
        series: Sequence[Series],
        *,
        width: float,
        height: float,
        across: tuple[int, int],
        up: tuple[int, int],
        titles: tuple[str, str] = ("", ""),
        log: bool = False,
        counter: str = "",
        marked: tuple[int, int] | None = None,
        whole: int = 0,
    ):
        self.whole = whole
        self.series, self.titles, self.log, self.counter, self.marked = list(series), titles, log, counter, marked
        self.first, self.last = across
        self.low, self.high = up
        self.places = [(one.xs + 1).log() if log else one.xs for one in self.series]
        self.xs = [np.asarray(place.values, dtype=float) for place in self.places]
        self.ys = [np.asarray(one.ys.values, dtype=float) for one in self.series]
        self.grown, self.ringed, self.emphasis = 1.0, 1.0, np.ones(len(self.series))
        self.size = max(TICK, smallest())
        self.rungs = ticks(self.low, self.high, 6)
        self.left = max(typesetting.width(say("{i}", i=m), self.size) for m in self.rungs) + 0.25
        self.lines_of_names = self._names(width)
        above = len(self.lines_of_names) + bool(titles[1]) + bool(counter)
        self.above = max(0.2, 1.35 * self.size * above + 0.1)
        below = (2.75 if titles[0] else 1.45) * self.size + 0.1
        self.length, self.rise = width - self.left - 0.45, height - self.above - below
        self.numbered = self._numbered()
        self.mark_at = (Tensor.given(self.numbered, "marks along the axis", ("mark",)) + 1).log()
        super().__init__(width, height)

    def _names(self, width: float) -> list[list[tuple[int, float]]]:
        """Which names stand in which line, and where each begins."""
        lines: list[list[tuple[int, float]]] = []
        at = math.inf
        for k, one in enumerate(self.series):
            if not one.name:
                continue
            wide = KEY + 0.15 + typesetting.width(one.name, self.size)
            if at + wide > width:
                at = 0.0
                lines.append([])
            lines[-1].append((k, at))
            at += wide + GAP
        return lines

    # ── where things are ─────────────────────────────────────────────────────────────────────────
    def scaled(self, x: float) -> float:
        return math.log1p(x) if self.log else x

    @property
    def unit(self) -> float:
        """Local units for one of the scale across."""
        return self.length / (self.scaled(self.last) - self.scaled(self.first))

    @property
    def zero(self) -> float:
        """Where 0 of the scale across is."""
        return self.left - self.unit * self.scaled(self.first)

    def height_of(self, y: float) -> float:
        return self.above + self.rise * (self.high - y) / (self.high - self.low)

    def spot(self, k: int, index: int) -> np.ndarray:
        """Scene point of a number."""
        return self.to_scene(self.zero + self.unit * self.xs[k][index], self.height_of(float(self.ys[k][index])))

    def _x(self, what: What) -> Place:
        return Place(what, self.zero, self.unit, "x")

    def _y(self, what: What) -> Place:
        return Place(what, self.height_of(0.0), self.height_of(1.0) - self.height_of(0.0), "y")

    # ── painting ─────────────────────────────────────────────────────────────────────────────────
    def draw(self, pen: Pen) -> None:
        self._draw_axes(pen)
        for line, names in enumerate(self.lines_of_names):
            for k, x in names:
                self._draw_name(pen, k, x, 1.35 * self.size * (line + 0.5))
        for k in range(len(self.series)):
            self._draw_line(pen, k)
        if self.counter and self.grown > 0:
            self._draw_counter(pen)
        if self.marked is not None and self.grown >= 1:
            k, index = self.marked
            x, y = self.zero + self.unit * self.xs[k][index], self.height_of(float(self.ys[k][index]))
            shows = self._x(Cell(self.places[k], (index,))), self._y(Cell(self.series[k].ys, (index,)))
            pen.circle(x, y, 0.16, "target", self.ringed, line=0.04, shows=shows)

    def _draw_axes(self, pen: Pen) -> None:
        bottom = self.above + self.rise
        for mark in self.rungs:
            y = self.height_of(mark)
            pen.line([(self.left, y), (self.left + self.length, y)], "faint", 0.012, shows=self._y(mark))
            pen.text(say("{i}", i=mark), self.left - 0.14, y + 0.33 * self.size, self.size, "secondary", align=1.0)
        for k, mark in enumerate(self.numbered):
            x = self.zero + self.unit * self.scaled(mark)
            shows = self._x(Cell(self.mark_at, (k,)) if self.log else mark)
            pen.line([(x, bottom), (x, bottom + 0.08)], "secondary", 0.016, shows=shows)
            pen.text(say("{i:,}", i=mark), x, bottom + 0.1 + self.size, self.size, "secondary", align=0.5)
        if self.titles[1]:
            y = 1.35 * self.size * (len(self.lines_of_names) + 0.75)
            pen.text(self.titles[1], 0, y, self.size, "secondary")
        if self.titles[0]:
            middle, y = self.left + self.length / 2, bottom + 0.1 + 2.3 * self.size
            pen.text(self.titles[0], middle, y, self.size, "secondary", align=0.5)

    def _numbered(self) -> list[int]:
        """Round numbers along the scale across."""
        if not self.log:
            return ticks(self.first, self.last, max(2, int(self.length / (3.2 * self.size))))
        return [0, *(10**k for k in range(int(math.log10(max(self.last, 1))) + 1))]

    def _draw_name(self, pen: Pen, k: int, x: float, y: float) -> None:
        one, seen = self.series[k], float(self.emphasis[k])
        pen.line([(x, y), (x + KEY, y)], one.role, 0.05, seen)
        pen.text(one.name, x + KEY + 0.15, y, self.size, one.role, seen, level="letters", of=one.ys)

    def _draw_line(self, pen: Pen, k: int) -> None:
        one, xs, ys = self.series[k], self.xs[k], self.ys[k]
        rgb, seen = color(one.role), float(self.emphasis[k])
        grown = 1.0 if k < self.whole else self.grown
        reach = self.scaled(self.first) + grown * (self.scaled(self.last) - self.scaled(self.first)) + 1e-9
        passed = np.flatnonzero(xs <= reach)
        if not passed.size or seen <= 0.002:
            return
        ends = xs[passed], ys[passed]
        if passed.size < len(xs):  # on the way to the next number
            ends = np.append(ends[0], reach), np.append(ends[1], np.interp(reach, xs, ys))
        points = np.stack([self.zero + self.unit * ends[0], [self.height_of(y) for y in ends[1]]], axis=-1)
        up = self._y(Cells(one.ys, (passed,)))
        if len(points) > 1:
            across = self._x(xs[passed])
            pen.line(points, rgb, one.line, 0.9 * seen, shows=Through(up.cell, across, up))
        if len(xs) <= MANY:
            radius = 1.6 * one.line
            shows = self._x(Cells(self.places[k], (passed,))), up
            pen.circles(points[: passed.size], radius, rgb, seen, shows=shows)

    def _draw_counter(self, pen: Pen) -> None:
        """What has been passed, over the end of the lines."""
        reach = self.scaled(self.first) + self.grown * (self.scaled(self.last) - self.scaled(self.first))
        passed = round(math.expm1(reach) if self.log else reach)
        x, text = self.left + self.grown * self.length, say(f"{self.counter} {{i:,}}", i=passed)
        half = typesetting.width(text, self.size) / 2
        pen.line([(x, self.above - 0.05), (x, self.above + self.rise)], "target", 0.02)
        at = min(max(x, half), self.natural[0] - half)
        pen.text(text, at, self.above - 0.12, self.size, "target", align=0.5)


__all__ = ["LineChart", "Series"]
