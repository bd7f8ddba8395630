"""The check of axes: a number at a tick is the tick's, and ticks have the scale of what is drawn along their axis."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.numbers.tree import Derived, Expression, Given, Leaf
from scenes.kit.ground.encodings import Mark, Place, Through, What
from scenes.kit.ground.readings import Array, Cell, Cells, Reading
from studio.audit.findings import Defect
from studio.audit.screen import VISIBLE

NEAR = 2.0  # em: how far the number of a tick may stand from it
TIE = 0.4  # em: how much farther another one may be that it could be of as well
SLACK = 0.15  # em: how far its middle may stand from that of its row or column
ALIKE = 0.01  # of a unit of the axis: scales less apart are one


@dataclass(frozen=True)
class Tick:
    """A line across an axis, at a whole number of its scale (or at the logarithm of one). ends: in the scene."""

    place: Place
    number: float
    ends: Array

    def distance(self, point: Array) -> float:
        """Of a point in the scene from the line."""
        start, end = self.ends[0], self.ends[-1]
        along = end - start
        share = np.clip((point - start) @ along / max(float(along @ along), 1e-12), 0.0, 1.0)
        return float(np.linalg.norm(point - start - share * along))


def check_ticks(readings: Sequence[Reading], marks: Sequence[Mark]) -> Iterator[Defect]:
    """Every tick of a mobject."""
    ticks = list(ticks_in(marks))
    tables = [table for mark in marks for table in tables_in(mark)]
    for reading in readings if ticks or tables else ():
        if is_bare(reading):
            yield from _numbered(reading, ticks)
            yield from _at_edge(reading, tables)
    yield from _scaled(ticks, marks)


def is_bare(reading: Reading) -> bool:
    """Whether a text is nothing but a whole number that no run has given."""
    if len(reading.numbers) != 1 or not isinstance(reading.numbers[0].value, (int, np.integer)):
        return False
    return reading.text.strip() == reading.numbers[0].text.strip()


# ── ticks ────────────────────────────────────────────────────────────────────────────────────────
def ticks_in(marks: Sequence[Mark]) -> Iterator[Tick]:
    """The lines that say nothing but where a whole number is."""
    for mark in marks:
        shows = mark.shows[0] if mark.kind == "line" and len(mark.shows) == 1 else None
        if isinstance(shows, Place) and float(np.max(mark.opacity)) > VISIBLE:
            number = shows.cell if isinstance(shows.cell, int) else whole(shows.cell)
            if number is not None:
                yield Tick(shows, number, mark.points)


def whole(cell: What) -> float | None:
    """The whole number that a cell is, or that it is the logarithm of; None where it is neither."""
    if not isinstance(cell, Cell) or not all(isinstance(leaf, Given) for leaf in cell.tensor.expression.leaves()):
        return None
    made, value = cell.tensor.expression, cell.value()
    if isinstance(made, Derived) and made.operation.name == "log":
        value = math.exp(value) - added(made.operands[0])
    return float(round(value)) if abs(value - round(value)) < 1e-6 * max(1.0, abs(value)) else None


def added(made: Expression) -> float:
    """The constant that is added to what is shown before its logarithm is taken, as in log(step + 1); 0 if none is."""
    more = made.operands[1] if isinstance(made, Derived) and made.operation.name == "add" else None
    return float(more.table) if isinstance(more, Given) and more.table.ndim == 0 else 0.0


def _numbered(reading: Reading, ticks: Sequence[Tick]) -> Iterator[Defect]:
    """A bare whole number near a tick is that tick's."""
    middle, shown = reading.corners.mean(axis=0), reading.numbers[0]
    away = [tick.distance(middle) for tick in ticks]
    near = min(NEAR * reading.size, min(away, default=0.0) + TIE * reading.size)  # in a corner, of either axis
    there = [tick.number for tick, distance in zip(ticks, away, strict=True) if distance < near]
    if there and shown.value not in there:
        what = f"“{reading.text}” stands at the tick of {there[0]:g}"
        yield Defect("wrong label", what, expected=f"{there[0]:g}", shown=reading.text).at(middle)


# ── edges of tables ──────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Table:
    """Cells in rows and columns, upright. places: of each column, and of each row, along its axis of the tensor."""

    low: Array  # [2], the lower left corner in the scene
    high: Array
    places: tuple[Array, ...]

    def holds(self, number: int | np.integer[Any], places: Array, along: int) -> bool:
        """Whether a number is that of one of these columns (0) or rows (1); where only every n-th is painted, it stands
        for those up to the next."""
        steps = np.unique(np.diff(self.places[along]))
        every = int(steps[0]) if len(steps) == 1 and steps[0] > 1 else 1
        return bool(((places <= number) & (number < places + every)).any())

    def at(self, point: Array, along: int, size: float) -> Array | None:
        """Along which columns (0) or rows (1) a text of that size stands whose middle is outside the table, but near;
        several where they are thinner than an eye can tell."""
        away = max(self.low[1 - along] - point[1 - along], point[1 - along] - self.high[1 - along])
        share = (point[along] - self.low[along]) / (self.high[along] - self.low[along])
        if not 0 < away < NEAR * size or not 0 <= share < 1:
            return None
        share = share if along == 0 else 1 - share
        count, slack = len(self.places[along]), SLACK * size / (self.high[along] - self.low[along])
        first, last = (int(np.clip((share + side) * count, 0, count - 1)) for side in (-slack, slack))
        return self.places[along][first : last + 1]


def tables_in(mark: Mark) -> Iterator[Table]:
    """The images that show a matrix, the right way up."""
    for shows in mark.shows:
        cells = shows.cell
        if mark.kind != "image" or not isinstance(cells, Cells) or len(cells.index) != 2:
            continue
        rows, columns = (np.asarray(index) for index in cells.index)
        corners = mark.points.reshape(-1, 4, 2)[0]
        if rows.ndim == 2 and abs(corners[0, 1] - corners[1, 1]) < 1e-6:
            places = tuple(_in_whole(cells, axis, np.ravel(here)) for axis, here in ((1, columns), (0, rows)))
            yield Table(corners.min(axis=0), corners.max(axis=0), places)


def _in_whole(cells: Cells, axis: int, here: Array) -> Array:
    """Places along an axis of a part of a tensor, as the recorded tensor counts them: of a long table, every 13th row
    may be painted."""
    leaf = cells.tensor.expression
    kept = [place for place in leaf.index if not isinstance(place, int)] if isinstance(leaf, Leaf) else []
    return np.asarray(kept[axis])[here] if len(kept) == 2 else here


def _at_edge(reading: Reading, tables: Sequence[Table]) -> Iterator[Defect]:
    """A bare whole number at the edge of a table is the place of the row or column that it stands beside."""
    middle, shown = reading.corners.mean(axis=0), reading.numbers[0].value
    for table in tables:
        for along, name in enumerate(("column", "row")):
            places = table.at(middle, along, reading.size)
            if places is not None and isinstance(shown, (int, np.integer)) and not table.holds(shown, places, along):
                place = str(places[len(places) // 2])
                what = f"“{reading.text}” stands beside {name} {place}"
                yield Defect("wrong label", what, expected=place, shown=reading.text).at(middle)


# ── scales ───────────────────────────────────────────────────────────────────────────────────────
def _scaled(ticks: Sequence[Tick], marks: Sequence[Mark]) -> Iterator[Defect]:
    """The ticks along an axis have the scale of one of the things that are drawn along it."""
    own = {id(tick.place) for tick in ticks}
    drawn = [place for mark in marks for place in _places(mark) if id(place) not in own]
    for axis in ("x", "y"):
        scales = [place for place in drawn if place.axis == axis]
        for tick in [tick for tick in ticks if tick.place.axis == axis] if scales else ():
            if not any(_alike(tick.place, scale) for scale in scales):
                what = f"the tick of {tick.number:g} is not of the scale that is drawn along its axis"
                unit = f"unit {tick.place.unit:.4g}"
                yield Defect("wrong shape", what, expected=f"unit {scales[0].unit:.4g}", shown=unit)
                break


def _places(mark: Mark) -> Iterator[Place]:
    for shows in mark.shows:
        if isinstance(shows, Place):
            yield shows
        elif isinstance(shows, Through):
            yield from (shows.across, shows.up)


def _alike(one: Place, other: Place) -> bool:
    slack = ALIKE * abs(one.unit) + 1e-6
    return abs(one.unit - other.unit) <= slack and abs(one.zero - other.zero) <= slack


__all__ = ["check_ticks"]
