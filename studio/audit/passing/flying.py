"""Cells that fly: each is the same number at both ends, and looks as the cell that it leaves and the one it becomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from scenes.kit.ground.encodings import Mark
from scenes.kit.ground.readings import Array, Cell, Cells
from scenes.kit.moves.flight import Bit, Flock, Fly
from scenes.lesson.lesson import Lesson
from studio.audit.checks.geometry import CLOSE, TONES, colours_of
from studio.audit.checks.identity import names_of_cell
from studio.audit.findings import Defect
from studio.audit.numbers.sources import CLOSE as SAME
from studio.audit.numbers.sources import Sources
from studio.audit.passing.moving import every
from studio.audit.screen import Screen

PLACES = ("position", "query", "key", "d_model", "d_head", "head", "layer")
LARGER = 1.02  # by which factor a cell may be larger than at both of its ends


@dataclass(frozen=True)
class Shape:
    """A cell as it is painted where it stands."""

    width: float
    rgb: Array


class Flying:
    """Follows the flights of a play."""

    def __init__(self, sources: Sources):
        self.sources = sources
        self.flights: dict[int, Fly] = {}

    def at(self, lesson: Lesson) -> Iterator[Defect]:
        """At a moment: between its ends a cell is no larger than at one of them, and the same number."""
        for fly in every(lesson.animations or ()):
            if not isinstance(fly, Fly):
                continue
            if id(fly) not in self.flights:
                self.flights[id(fly)] = fly
                yield from self.exchanged(fly)
            yield from grown(fly.flock)

    def exchanged(self, fly: Fly) -> Iterator[Defect]:
        """Cells that are another number when they land."""
        for start, end in zip(fly.flock.starts, fly.flock.ends, strict=True):
            if start.cell is None or end.cell is None:
                continue
            one, other = self.sources.value(start.cell), self.sources.value(end.cell)
            if isinstance(one, str) or isinstance(other, str):
                continue
            if abs(one - other) > SAME * max(abs(one), abs(other), 1e-3) and elsewhere(start.cell, end.cell):
                what = f"{start.cell.source()} flies to the place of {end.cell.source()}"
                yield Defect("wrong number", what, None, f"{other:.4g}", f"{one:.4g}").at((start.x, start.y))
                return

    def settle(self, before: Screen | None, after: Screen) -> Iterator[Defect]:
        """After the play: whether all looked as what they left, and as what they became."""
        flights, self.flights = self.flights, {}
        for fly in flights.values():
            for screen, perch, bits in ((before, fly.source, fly.flock.starts), (after, fly.target, fly.flock.ends)):
                look = None if screen is None else screen.looks.get(id(perch.mobject))
                if look is not None:
                    yield from unlike(bits, shapes_in(look.marks))


def elsewhere(one: Cell, other: Cell) -> bool:
    """Whether two numbers have different places along an axis that both have; else the one is what becomes of the
    other."""
    names, others = names_of_cell(one), names_of_cell(other)
    return any(axis in others and others[axis][0] != names[axis][0] for axis in PLACES if axis in names)


def grown(flock: Flock) -> Iterator[Defect]:
    """Cells that are larger on the way than at both ends."""
    for mark in flock.marks():
        if mark.kind == "rectangle" and mark.points.ndim == 2:
            wide, high = np.ptp(mark.points, axis=0)
            ends = [bit for pair in zip(flock.starts, flock.ends, strict=True) for bit in pair]
            if wide > LARGER * max(bit.width for bit in ends) or high > LARGER * max(bit.height for bit in ends):
                yield Defect("wrong shape", "a cell swells on its way").at(mark.points.mean(axis=0))
                return


def unlike(bits: Iterable[Bit], there: dict[tuple[int, tuple[int, ...]], Shape]) -> Iterator[Defect]:
    """The first of the bits that does not look as its cell."""
    for bit in bits:
        cell = bit.cell
        shape = None if cell is None else there.get((id(cell.tensor), tuple(map(int, cell.index))))
        if cell is None or shape is None:
            continue
        if abs(bit.width - shape.width) > 2 * CLOSE or float(np.abs(bit.rgb - shape.rgb).max()) > TONES:
            yield Defect("wrong shape", f"what flies does not look as {cell.source()}").at((bit.x, bit.y))
            return


def shapes_in(marks: Iterable[Mark]) -> dict[tuple[int, tuple[int, ...]], Shape]:
    """Cells that are painted as many shapes at once, by their tensor (its id) and index."""
    found: dict[tuple[int, tuple[int, ...]], Shape] = {}
    for mark in marks:
        what = mark.shows[0].cell if mark.shows else None
        if not isinstance(what, Cells) or mark.kind not in ("rectangle", "circle"):
            continue
        index = np.stack([np.ravel(a) for a in np.broadcast_arrays(*map(np.asarray, what.index))], axis=-1)
        wide = 2 * np.ravel(mark.radius) if mark.kind == "circle" else np.ptp(mark.points[..., 0], axis=-1)
        wide, rgb = np.broadcast_to(wide, (len(index),)), colours_of(mark, len(index))
        found |= {
            (id(what.tensor), tuple(place)): Shape(float(w), c)
            for place, w, c in zip(index.tolist(), wide, rgb, strict=True)
        }
    return found


__all__ = ["Flying"]
