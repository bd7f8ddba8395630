"""Cells on screen: where each number is shown, as digits or as a shape, and what it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenes.kit.ground.encodings import Area, Mark, Place, Projected
from scenes.kit.ground.readings import Cell, Cells, Reading
from studio.audit.checks.identity import Names, Traces, names_of, names_of_cell, shared


@dataclass(frozen=True)
class Spot:
    """A cell on screen: its middle, and what it is a cell of."""

    x: float
    y: float
    names: Names

    @classmethod
    def at(cls, middle: Any, names: Names) -> Spot:
        x, y = middle
        return cls(float(x), float(y), names)


def spots_of(marks: Iterable[Mark], readings: Iterable[Reading], traces: Traces) -> Iterator[Spot]:
    """All cells that a mobject shows as shapes or digits."""
    for reading in readings:
        for shown in reading.numbers:
            if isinstance(shown.value, Cell):
                middle = (reading.corners if reading.area is None else reading.area).mean(axis=0)
                yield Spot.at(middle, names_of_cell(shown.value, traces))
    for mark in marks:
        yield from _spots_of_mark(mark, traces)


def _spots_of_mark(mark: Mark, traces: Traces) -> Iterator[Spot]:
    if mark.kind == "path":
        yield from _spots_of_parts(mark, traces)
    if mark.kind not in ("rectangle", "circle", "image"):
        return
    for encoding in mark.shows:
        if isinstance(encoding, (Place, Projected)) and encoding.at != "end":
            continue  # a dot on an axis or in a space stands beside its value, not in a line with a label
        what = encoding.cell
        if isinstance(what, Cell):
            middle = mark.points.reshape(-1, 2).mean(axis=0)
            yield Spot.at(middle, names_of_cell(what, traces))
        elif isinstance(what, Cells):
            yield from _spots_of_cells(mark, what, traces)


def _spots_of_cells(mark: Mark, cells: Cells, traces: Traces) -> Iterator[Spot]:
    index = np.broadcast_arrays(*(np.asarray(part) for part in cells.index))
    places = np.stack([part.ravel() for part in index], axis=-1)
    if mark.kind == "image":  # a strip: one spot at its middle
        if index[0].ndim == 1 or index[0].shape[0] == 1:
            names = [names_of(cells.tensor.expression, tuple(map(int, place)), traces) for place in places[[0, -1]]]
            yield Spot.at(mark.points.mean(axis=0), shared(names))
        else:
            yield from _spots_of_rows(mark, cells, [part[:, [0, -1]] for part in index], traces)
        return
    middles = mark.points if mark.kind == "circle" else mark.points.mean(axis=-2)
    for middle, place in zip(middles, places, strict=True):
        yield Spot.at(middle, names_of(cells.tensor.expression, tuple(map(int, place)), traces))


def _spots_of_rows(mark: Mark, cells: Cells, ends: list[np.ndarray], traces: Traces) -> Iterator[Spot]:
    """A picture has a spot for each row, at its middle. ends: index of each row's first and last cell."""
    count = len(ends[0])
    for row in range(count):
        at = (row + 0.5) / count
        middle = (1 - at) * mark.points[:2].mean(axis=0) + at * mark.points[2:].mean(axis=0)
        both = [tuple(int(part[row, side]) for part in ends) for side in (0, 1)]
        yield Spot.at(middle, shared([names_of(cells.tensor.expression, place, traces) for place in both]))


def _spots_of_parts(mark: Mark, traces: Traces) -> Iterator[Spot]:
    """A panel of dots is one spot: its middle, and what all of its cells have in common."""
    places = {encoding.axis: encoding for encoding in mark.shows if isinstance(encoding, Place)}
    areas = [encoding.cell for encoding in mark.shows if isinstance(encoding, Area)]
    if len(places) == 2 and areas and isinstance(areas[0], Cells):
        count = areas[0].tensor.shape[-1] - 1
        local = [places[axis].zero + places[axis].unit * count / 2 for axis in "xy"]
        x, y = mark.matrix[:, :2] @ local + mark.matrix[:, 2]
        corners = [names_of(areas[0].tensor.expression, (i, j), traces) for i, j in ((0, 0), (count, count))]
        yield Spot.at((x, y), shared(corners))


def common(spots: list[Spot]) -> Names:
    """The places that all of them have in common."""
    return shared([spot.names for spot in spots])


__all__ = ["Spot", "common", "spots_of"]
