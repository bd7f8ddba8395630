"""Where a Tensor's numbers come from: a tree of operations on slices of what a trace holds or a lesson gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Place = int | range | tuple[int, ...]  # along one axis: a single place, a slice, a list of places
Point = tuple[int, ...]  # one number of an expression
Values = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Leaf(ABC):
    """A slice of a table; `index` has an entry for every axis of the whole table, `axes` its names."""

    name: str
    axes: tuple[str, ...]
    index: tuple[Place, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return _shape(self.index)

    @abstractmethod
    def take(self, places: Sequence[Place]) -> Leaf:
        """The part of it at `places`, which has an entry for every axis that is left."""

    def leaves(self) -> Iterator[Leaf]:
        yield self


@dataclass(frozen=True, slots=True, eq=False)
class Recorded(Leaf):
    """A slice of a tensor that a trace holds; `run` tells which."""

    run: str

    def take(self, places: Sequence[Place]) -> Recorded:
        return Recorded(self.name, self.axes, _compose(self.index, places), self.run)


class Origin:
    """Where given numbers come from, so that they can be had again; the kinds are in model/numbers/origins.py."""


@dataclass(frozen=True, slots=True, eq=False)
class Given(Leaf):
    """A constant, or a slice of a table, that a lesson states by name. origin: of the whole table."""

    table: Values
    origin: Origin | None = None

    def take(self, places: Sequence[Place]) -> Given:
        return Given(self.name, self.axes, _compose(self.index, places), self.table, self.origin)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Taken:
    """A piece of a derived expression; `places` has an entry for every axis of the whole."""

    whole: Derived | Taken
    places: tuple[Place, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return _shape(self.places)

    def take(self, places: Sequence[Place]) -> Taken:
        return Taken(self, tuple(places))

    def leaves(self) -> Iterator[Leaf]:
        return self.whole.leaves()


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Derived:
    """An operation on other expressions."""

    operation: Operation
    operands: tuple[Expression, ...]
    shape: tuple[int, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    _leaves: list[Leaf] = field(default_factory=list, init=False, repr=False)  # once they were asked for

    def take(self, places: Sequence[Place]) -> Taken:
        return Taken(self, tuple(places))

    def leaves(self) -> Iterator[Leaf]:
        """Each once, however often it is met: a chain of sums over shared parts has very many ways to its leaves."""
        if not self._leaves:
            self._leaves.extend(dict.fromkeys(leaf for operand in self.operands for leaf in operand.leaves()))
        return iter(self._leaves)


Expression = Leaf | Taken | Derived


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One thing that can be done with numbers, in all its sides; the rows are in model/numbers/operations.py.

    forward, again: two computations on arrays (and options) that share no arithmetic, so that a fault in one does not
    hide in the other. words: of one number of the result, or of the whole where no place is given. binds: how firmly
    the words hold together, see words.py (None: as its operand's do). inwards: a piece of the result as pieces of the
    operands, where that can be said. moves: whether it only moves numbers, each from one place of an operand.
    """

    name: str
    forward: Callable[..., Values]
    again: Callable[..., Values]
    words: Callable[[Derived, Point | None], str]
    binds: int | None
    inwards: Callable[[Derived, Sequence[Place]], Expression | None] = lambda derived, places: None
    moves: bool = False


def plain_index(index: Any, shape: tuple[int, ...], axes: tuple[str, ...]) -> tuple[Place, ...]:
    """Any index as one int ≥ 0, range or tuple of ints for every axis. Raises IndexError when out of range."""
    index = index if isinstance(index, tuple) else (index,)
    where = next((i for i, entry in enumerate(index) if entry is Ellipsis), None)
    if where is not None:
        index = index[:where] + (slice(None),) * (len(shape) - len(index) + 1) + index[where + 1 :]
    if len(index) > len(shape):
        raise IndexError(f"{len(index)} indices for {len(shape)} axes ({', '.join(axes)})")
    rest = map(range, shape[len(index) :])
    return (*(_place(entry, size, axis) for entry, size, axis in zip(index, shape, axes, strict=False)), *rest)


def _place(entry: Any, size: int, axis: str) -> Place:
    if isinstance(entry, slice):
        return range(size)[entry]
    if isinstance(entry, np.ndarray) and entry.size and -size <= entry.min() and entry.max() < size:
        return tuple((entry % size).astype(int).tolist())  # a whole vocabulary, in its ranking
    if isinstance(entry, (list, tuple, range, np.ndarray)):
        return tuple(_single(int(one), size, axis) for one in entry)
    return _single(entry, size, axis)


def _single(entry: Any, size: int, axis: str) -> int:
    place: int = entry.__index__()
    if not -size <= place < size:
        raise IndexError(f"{axis} {place} is out of range: it has {size} entries")
    return place % size


def point(places: Sequence[Place], index: Point) -> Point:
    """The place in the whole of a number at `index` of the piece at `places`."""
    rest = iter(index)
    return tuple(place if isinstance(place, int) else place[next(rest)] for place in places)


def _compose(index: tuple[Place, ...], places: Sequence[Place]) -> tuple[Place, ...]:
    """The index of an index: `places` has an entry for every axis of `index` that is not a single int."""
    rest = iter(places)
    return tuple(old if isinstance(old, int) else _pick(old, next(rest)) for old in index)


def _pick(old: range | tuple[int, ...], place: Place) -> Place:
    if isinstance(place, int):
        return old[place]
    if isinstance(place, range) and isinstance(old, range):
        return range(old.start + old.step * place.start, old.start + old.step * place.stop, old.step * place.step)
    return tuple(old[i] for i in place)


def _shape(places: tuple[Place, ...]) -> tuple[int, ...]:
    return tuple(len(place) for place in places if not isinstance(place, int))
