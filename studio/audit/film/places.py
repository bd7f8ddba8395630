"""Which numbers are on screen, however they are shown: as digits, as a length, as a colour.

A number is told by its home, the tensor or expression that it is a piece of, and by its place there; two slices of one
tensor that have a number in common have the same number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model.numbers.tensor import Tensor
from model.numbers.tree import Derived, Expression, Given, Recorded, Taken
from model.numbers.words import describe
from scenes.kit.ground.encodings import Mark
from scenes.kit.ground.readings import Cell, Cells, Reading

SEEN = 0.1  # opacity from which a number is on screen
NEXT = 1_000_003  # places along several axes become one whole number, in base NEXT

Home = int
Index = tuple[np.ndarray, ...]


@dataclass
class Homes:
    """Names of what numbers are pieces of. An expression is told by what it computes, not by when it was made."""

    keys: dict[int, tuple[Expression, Home]] = field(default_factory=dict)  # by the expression's id
    names: dict[Home, str] = field(default_factory=dict)

    def of(self, expression: Expression) -> Home:
        if id(expression) not in self.keys:
            key = hash(self._told(expression))
            self.keys[id(expression)] = (expression, key)
            self.names.setdefault(key, describe(expression, None))
        return self.keys[id(expression)][1]

    def _told(self, expression: Expression) -> Any:
        if isinstance(expression, Recorded):
            return expression.run, expression.name, expression.index
        if isinstance(expression, Given):
            return expression.name, expression.index, expression.table.tobytes()
        if isinstance(expression, Taken):
            return self.of(expression.whole), expression.places
        assert isinstance(expression, Derived)
        operands = tuple(map(self.of, expression.operands))
        return expression.operation.name, operands, tuple(sorted(expression.options.items()))

    def cells(self, cells: Iterable[Cell]) -> Iterator[tuple[Home, np.ndarray]]:
        """(home, places [n]) of single numbers."""
        index: dict[int, tuple[Tensor, list[tuple[int, ...]]]] = {}  # by the tensor's id
        for cell in cells:
            if isinstance(cell.tensor, Tensor):
                index.setdefault(id(cell.tensor), (cell.tensor, []))[1].append(tuple(map(int, cell.index)))
        for tensor, places in index.values():
            yield from self.places(tensor.expression, tuple(np.array(places).T) if tensor.ndim else ())

    # ── places ───────────────────────────────────────────────────────────────────────────────────
    def places(self, expression: Expression, index: Index) -> Iterator[tuple[Home, np.ndarray]]:
        """(home, places [n]) of the numbers at `index`, arrays [n] for every axis of the expression.

        Constants that a lesson states have none: they are not what is followed."""
        if isinstance(expression, Given):
            return
        if isinstance(expression, Recorded):
            home = hash((expression.run, expression.name))
            self.names.setdefault(home, expression.name)
            yield home, flat(_in_whole(expression.index, index))
        elif isinstance(expression, Taken):
            yield from self.places(expression.whole, _in_whole(expression.places, index))
        elif isinstance(expression, Derived):
            yield from self._derived(expression, index)

    def _derived(self, whole: Derived, index: Index) -> Iterator[tuple[Home, np.ndarray]]:
        """What only moves numbers leaves them what they are."""
        name, axis = whole.operation.name, int(whole.options.get("axis") or 0)
        if name == "transpose":
            yield from self.places(whole.operands[0], index[::-1])
        elif name == "stack":
            for k, part in enumerate(whole.operands):
                chosen = index[0] == k
                if chosen.any():
                    yield from self.places(part, tuple(along[chosen] for along in index[1:]))
        elif name == "concatenate":
            start = 0
            for part in whole.operands:
                chosen = (index[axis] >= start) & (index[axis] < start + part.shape[axis])
                if chosen.any():
                    inside = [along[chosen] - (start if k == axis else 0) for k, along in enumerate(index)]
                    yield from self.places(part, tuple(inside))
                start += part.shape[axis]
        elif any(not isinstance(leaf, Given) for leaf in whole.leaves()):
            yield self.of(whole), flat(index)


def _in_whole(places: Iterable[Any], index: Index) -> Index:
    """Arrays for every axis of the whole, of those for the axes that are left."""
    rest, count = iter(index), len(index[0]) if index else 1
    return tuple(np.full(count, place) if isinstance(place, int) else np.asarray(place)[next(rest)] for place in places)


def flat(index: Index) -> np.ndarray:
    """One whole number for each place."""
    found = np.zeros(len(index[0]) if index else 1, dtype=np.int64)
    for along in index:
        found = found * NEXT + along
    return found


# ── on a mobject ─────────────────────────────────────────────────────────────────────────────────
Numbers = dict[Home, np.ndarray]  # home → places, each once


def numbers_in(readings: Iterable[Reading], marks: Iterable[Mark], homes: Homes) -> Numbers:
    """All numbers that can be seen in texts and shapes."""
    marks = list(marks)
    parts = list(homes.cells([*_in_texts(readings), *_in_marks(marks)]))
    for mark in marks:
        for many, opacity in _many_in(mark):
            index = np.broadcast_arrays(*map(np.asarray, many.index), opacity)
            shown = index[-1] > SEEN
            parts += homes.places(many.tensor.expression, tuple(along[shown] for along in index[:-1]))
    return {home: once(places) for home, places in together(parts).items()}


def together(parts: Iterable[tuple[Home, np.ndarray]]) -> Numbers:
    """The places of every home: each once if it is in every part."""
    found: dict[Home, list[np.ndarray]] = {}
    for home, places in parts:
        if len(places):
            found.setdefault(home, []).append(places)
    return {home: places[0] if len(places) == 1 else once(np.concatenate(places)) for home, places in found.items()}


def once(places: np.ndarray) -> np.ndarray:
    """In order, each once. (As np.unique; tables come in runs that are in order, which are merged in little time.)"""
    ordered = np.sort(places, kind="stable")
    return ordered[np.append(True, ordered[1:] != ordered[:-1])]


def _in_texts(readings: Iterable[Reading]) -> Iterator[Cell]:
    for reading in readings:
        if reading.opacity > SEEN:
            yield from (shown.value for shown in reading.numbers if isinstance(shown.value, Cell))


def _in_marks(marks: Iterable[Mark]) -> Iterator[Cell]:
    for mark in marks:
        if np.max(mark.opacity) > SEEN:
            cells = (encoding.cell for encoding in mark.shows)
            yield from (cell for cell in cells if isinstance(cell, Cell))


def _many_in(mark: Mark) -> Iterator[tuple[Cells, np.ndarray]]:
    """What many shapes at once show, with the opacity of each (where there is one for all, that)."""
    for many in {id(e.cell): e.cell for e in mark.shows if isinstance(e.cell, Cells)}.values():
        opacity = np.asarray(mark.opacity, dtype=float)
        try:
            np.broadcast_shapes(*(np.shape(part) for part in many.index), opacity.shape)
        except ValueError:
            opacity = opacity.max()
        if many.index:
            yield many, np.asarray(opacity)


__all__ = ["Home", "Homes", "Numbers", "SEEN", "numbers_in", "once", "together"]
