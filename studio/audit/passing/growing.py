"""Shapes that grow, travel and change their colour inside a play.

A shape on its way is what it shows, or lies between what it was before the play and what it becomes (what comes new,
from nothing), and goes there without turning back. Hands of a dial turn: they keep their length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from manim import Mobject

from model.numbers.tensor import Tensor
from scenes.kit.ground.encodings import Angle, Encoding, Mark, Place, Shade, Side, Swept, Through
from scenes.kit.ground.readings import Array, Cell, Cells
from scenes.kit.ground.theme import Theme
from studio.audit.checks.geometry import CLOSE, TURNED, Measured, measure, seen_of, wrong_shape
from studio.audit.findings import Defect
from studio.audit.numbers.sources import Sources
from studio.audit.screen import Screen

Key = tuple[Any, ...]  # what kind of shapes, and how they show what they show
Where = tuple[Tensor | None, tuple[int, ...]]  # which number: of which tensor, where
HAND = ("polygon", Place)  # the head of an arrow
LANDED = (Place, Through, Angle)  # what does not grow: it comes where it belongs
AT_REST = (Swept, Side)  # a hand's end is followed, and so is that of a bar, which has the colour of the side it is on


@dataclass
class Shapes:
    """All shapes of one kind on a mobject: a row for each, in the order in which they are drawn."""

    sources: Sources
    parts: list[tuple[Mark, Encoding, Measured]] = field(default_factory=list)

    def add(self, mark: Mark, encoding: Encoding, measured: Measured) -> None:
        self.parts.append((mark, encoding, measured))

    @cached_property
    def cells(self) -> list[Where]:
        """Which number each shows [n]; made where something is off only, for there may be very many."""
        return [cell for _, encoding, m in self.parts for cell in cells_of(encoding, len(m.values))]

    @cached_property
    def values(self) -> Array:
        """What they should show [n]."""
        return np.concatenate([measured.values for _, _, measured in self.parts])

    @cached_property
    def read(self) -> Array:
        """What they show [n], where that is numbers."""
        return np.concatenate([measured.read for _, _, measured in self.parts])

    @cached_property
    def off(self) -> Array:
        """Which can be seen and are not what they should be [n]."""
        return np.concatenate([m.off & seen_of(mark, len(m.values)) for mark, _, m in self.parts])

    def beyond(self, low: Array, high: Array) -> Array:
        """Which show a number that does not lie between two others [n]."""
        ends = np.cumsum([len(measured.values) for _, _, measured in self.parts])[:-1]
        lows, highs = np.split(low, ends), np.split(high, ends)
        return np.concatenate([m.beyond(a, b) for (_, _, m), a, b in zip(self.parts, lows, highs, strict=True)])

    def defect(self, row: int) -> Defect:
        """That the shape of a row is not what it shows."""
        for mark, encoding, measured in self.parts:
            if row < len(measured.values):
                found = wrong_shape(mark, encoding, measured, row)
                return replace(found, what=f"on the way, {found.what}")
            row -= len(measured.values)
        raise IndexError(row)

    @cached_property
    def tensors(self) -> dict[int, Tensor]:
        """By id, those that they show numbers of."""
        return {id(tensor): tensor for tensor, _ in self.cells if tensor is not None}

    @cached_property
    def there(self) -> set[tuple[int, Any]]:
        """Of which tensor (its id), and where, the numbers are that can be seen."""
        seen = np.concatenate([seen_of(mark, len(measured.values)) for mark, _, measured in self.parts])
        return {(id(tensor), at) for (tensor, at), shows in zip(self.cells, seen, strict=True) if shows}

    def sides(self, state: State, key: Key) -> list[Array]:
        """What they should show in another state of the mobject; NaN where they are not there. Which of its shapes is
        which is told by the numbers, else by the order in which they are drawn, or by their indices."""
        other = state.get(key)
        if other is None:
            return [np.full(len(self.values), np.nan)]
        there = [tensor is None or (id(tensor), at) in other.there for tensor, at in self.cells]
        known = [tensor is None or id(tensor) in other.tensors for tensor, _ in self.cells]
        kin = [shapes.tensors for (kind, how, *_), shapes in state.items() if (kind, how) == key[:2]]
        tensors = other.tensors or {k: v for each in kin for k, v in each.items()}
        left = [tensor for name, tensor in tensors.items() if not (any(known) and name in self.tensors)]
        same = np.where(known, np.nan, self._at_same_index(left))  # such as the sum of all others, now without one more
        found = [np.where(there, self.values, same)]
        if not any(known) and len(other.values) == len(self.values):
            found.append(other.values)
        return found

    def _at_same_index(self, tensors: list[Tensor]) -> Array:
        """The numbers of another tensor at the indices of these."""
        there = self.sources.again(tensors[0]) if len(tensors) == 1 else ""
        if isinstance(there, str):
            return np.full(len(self.values), np.nan)
        fit = (len(i) == there.ndim and all(a < n for a, n in zip(i, there.shape, strict=True)) for _, i in self.cells)
        return np.array([there[i] if fits else np.nan for fits, (_, i) in zip(fit, self.cells, strict=True)])


State = dict[Key, Shapes]  # of a mobject


def cells_of(encoding: Encoding, count: int) -> list[Where]:
    """Which number each of the shapes shows."""
    what = encoding.cell
    if isinstance(what, Cell):
        return [(what.tensor, tuple(map(int, what.index)))] * count
    if isinstance(what, Cells):
        index = np.broadcast_arrays(*map(np.asarray, what.index))
        places = np.stack([part.ravel() for part in index], axis=-1).tolist()
        return (
            [(what.tensor, tuple(place)) for place in places] if len(places) == count else [(what.tensor, ())] * count
        )
    return [(None, ())] * count


@dataclass(frozen=True)
class Moment:
    """A mobject at a moment of a play: its shapes, and what takes its place at the end."""

    mobject: Mobject
    heir: Mobject
    shapes: State


class Growing:
    """Compares shapes that are not yet right inside a play with where they began and where they end."""

    def __init__(self, sources: Sources, theme: Theme):
        self.sources, self.theme = sources, theme
        self.moments: dict[int, list[Moment]] = {}  # by the mobject's id: of the play that runs

    def at(self, mobject: Mobject, heir: Mobject, marks: Iterable[Mark]) -> None:
        """What a mobject shows at a moment."""
        if shapes := self.measured(marks):
            self.moments.setdefault(id(mobject), []).append(Moment(mobject, heir, shapes))

    def measured(self, marks: Iterable[Mark]) -> State:
        """All that shapes show, by kind; points in space, which are three numbers, at the ends of plays only."""
        found: State = {}
        for mark in marks:
            for encoding in (each for each in mark.shows if not isinstance(each, AT_REST)):
                measured = measure(mark, encoding, self.sources, self.theme)
                if isinstance(measured, Measured) and measured.values.size and measured.values.ndim == 1:
                    key = mark.kind, type(encoding), getattr(encoding, "axis", ""), getattr(encoding, "at", "")
                    found.setdefault(key, Shapes(self.sources)).add(mark, encoding, measured)
        return found

    def settle(self, before: Screen | None, after: Screen) -> Iterator[Defect]:
        """After the play, when it is known what everything has become."""
        moments, self.moments = self.moments, {}
        for number, row in moments.items():
            late = [(moment, key) for moment in row for key in moment.shapes if moment.shapes[key].off.any()]
            if late:
                sides = self.state(before, number), self.state(after, id(row[0].heir))
                wrong = {key for key, shapes in sides[1].items() if shapes.off.any()}  # at the end: told already
                late = [(moment, key) for moment, key in late if key not in wrong]
                found = [d for moment, key in late for d in strayed(moment, key, *sides)]
                found += [d for key in dict.fromkeys(key for _, key in late) for d in turned_back(row, key)]
                yield from (defect.at(row[0].mobject.get_center()) for defect in found)

    def state(self, screen: Screen | None, number: int) -> State:
        """What the mobject of that id showed at the end of a play."""
        look = None if screen is None else screen.looks.get(number)
        return {} if look is None else self.measured(look.marks)


def strayed(moment: Moment, key: Key, before: State, after: State) -> Iterator[Defect]:
    """Shapes that are neither what they show nor on the way from what they were to what they become."""
    here = moment.shapes[key]
    wrong = here.off & ~turning(moment, key)
    reach = getattr(moment.mobject, "reach", None)
    if reach is not None and len(reach) == len(here.values):
        low, high = np.array(reach, dtype=float).T
        wrong &= here.beyond(low, high)
    for first, last in product(here.sides(before, key), here.sides(after, key)):
        new = here.values if key[1] in LANDED else np.zeros(len(here.values))
        first, last = np.where(np.isnan(first), new, first), np.where(np.isnan(last), here.values, last)
        wrong &= here.beyond(np.minimum(first, last), np.maximum(first, last))
    yield from (here.defect(int(row)) for row in np.flatnonzero(wrong)[:1])


def turned_back(row: list[Moment], key: Key) -> Iterator[Defect]:
    """Shapes that go one way and then the other."""
    ways = [moment.shapes[key] for moment in row if key in moment.shapes]
    if key[1] is Shade or len(ways) < 3 or any(len(way.values) != len(ways[0].values) for way in ways):
        return
    first, here, last = ways
    wrong = here.beyond(np.minimum(first.read, last.read), np.maximum(first.read, last.read))
    wrong &= np.any([way.off for way in ways], axis=0) & ~turning(row[1], key)
    if not wrong.any() or any(way.cells != first.cells for way in ways):
        return
    for place in np.flatnonzero(wrong)[:1]:
        defect = here.defect(int(place))
        yield replace(
            defect, what=f"{defect.what}, and turns back", expected=f"{first.read[place]:.4g} … {last.read[place]:.4g}"
        )


def turning(moment: Moment, key: Key) -> Array:
    """Which are the end of a hand that turns, and so as far from the middle as it is long; or the angle of that."""
    here, (kind, how, *_) = moment.shapes[key], key
    across, up = (moment.shapes.get((*HAND, axis, "middle")) for axis in "xy")
    if across is None or up is None or (kind, how) not in (HAND, ("arc", Angle), ("line", Angle)):
        return np.zeros(len(here.values), dtype=bool)
    lengths = [np.hypot(*pair) for pair in ((across.read, up.read), (across.values, up.values))]
    if how is Place:
        return np.abs(lengths[0] - lengths[1]) < CLOSE * lengths[1]
    angles = {
        id(tensor): angle for (tensor, _), angle in zip(across.cells, np.arctan2(up.read, across.read), strict=True)
    }
    away = [read - angles.get(id(tensor), np.nan) for (tensor, _), read in zip(here.cells, here.read, strict=True)]
    return np.abs((np.array(away) + np.pi) % (2 * np.pi) - np.pi) < TURNED


__all__ = ["Growing"]
