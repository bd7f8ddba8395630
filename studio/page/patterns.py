"""How the numbers of a recorded tensor are made, said once for all of them.

`model.numbers.making.by_formula` says it of one number, as an expression. Over a tensor these expressions are few in
shape: the same operations on the same tensors, and only the places that they take differ, mostly as the number's own
place does. A `Pattern` is such a shape with `holes` where scalars differ; what stands in a hole is told as it was found
over the numbers: a constant, an index plus a constant, a list along one axis, or (small tensors only) a list of all.

    blocks.0.attn.scores_raw   ["o", "matmul", [["t", "…attn.q", [i₀, i₁, 0:8]], ["t", "…attn.k", [i₀, i₂, 0:8]]], …]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from model.numbers.making import RTOL, by_formula, slack
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.numbers.tree import Derived, Expression, Given, Leaf, Place, Point, Recorded
from studio.page.origins import told

Json = Any
ALL = 600  # numbers of a tensor up to which each one is looked at
MOST = 100_000  # and up to which, where its numbers do not follow from the places along single axes
PROBES = 48  # numbers, drawn with a fixed seed, by which it is proved that they do
SHAPES, SHORT = 40, 64  # shapes through which more is looked at; places of an axis that are looked at with each word
LONG, SAMPLE = 4096, 128  # an axis with more places than LONG is first told by about SAMPLE of them
HOLE = object()


@dataclass(frozen=True)
class Made:
    """by: the patterns, as the page reads them. which: the number of a cell's pattern, −1 where there is none, told
    like a hole. uses: the recorded tensors that the patterns read."""

    by: list[Json]
    which: Json
    uses: frozenset[str]


def made(trace: Trace, name: str, shown: Iterable[Point] = ()) -> Made | None:
    """How the numbers of a recorded tensor are made; None for what a run begins with, or has no formula for.

    shown: places of numbers that are on the screen, each of which is looked at."""
    tensor = trace[name]
    if not tensor.size or by_formula(trace, name, (0,) * tensor.ndim) is by_formula(trace, name, _last(tensor)) is None:
        return None
    look, shown = _Look(trace, tensor), list(shown)
    if tensor.size > ALL:
        for many in sorted({LONG, max(LONG, *tensor.shape)}):
            if found := look.fitted(look.telling(shown, many), along_axes=True):
                return found
    if tensor.size > MOST:
        return None
    return look.fitted(list(np.ndindex(tensor.shape)), along_axes=False)


def cross(through: Point, shape: Sequence[int], many: int) -> set[Point]:
    """All places along each axis, the others as in a place; of an axis with more than `many`, some all along it."""
    lines = enumerate(map(range, shape))
    some = ((axis, line if len(line) <= many else line[:: len(line) // SAMPLE]) for axis, line in lines)
    return {(*through[:axis], at, *through[axis + 1 :]) for axis, places in some for at in places}


class _Look:
    """Looks at numbers of one tensor."""

    def __init__(self, trace: Trace, tensor: Tensor):
        self.trace, self.tensor, self.name = trace, tensor, str(tensor.name)
        self.known: dict[Point, tuple[Any, list[Any]] | None] = {}
        self.slack = slack(trace, self.name)

    def telling(self, shown: Iterable[Point], many: int) -> list[Point]:
        """Places that tell what the others are: along the axes through the middle, and through one of each shape that
        is found so; where the words of the text are among all words; and those that are shown."""
        size = self.tensor.shape
        cells = {*shown, *self.words()}
        todo: set[Point] = {tuple(length // 2 for length in size)}
        seen: set[Any] = set()
        while todo:
            for cell in todo:
                cells |= cross(cell, size, many)
            found = {(self.at(cell) or (None,))[0]: cell for cell in sorted(cells)}
            todo = {cell for shape, cell in found.items() if shape not in seen and len(seen) < SHAPES}
            seen |= set(found)
        return sorted(cells)

    def words(self) -> Iterable[Point]:
        """Where an axis is the vocabulary: the words of the text, with all places along short axes."""
        size, ids = self.tensor.shape, sorted(set(self.trace.ids))
        if len(self.trace.vocabulary) not in size:
            return ()
        whole = [ids if length == len(self.trace.vocabulary) else range(min(length, SHORT)) for length in size]
        return product(*whole)

    def at(self, cell: Point) -> tuple[Any, list[Any]] | None:
        """As `look`, remembered."""
        if cell not in self.known:
            self.known[cell] = self.look(cell)
        return self.known[cell]

    def look(self, cell: Point) -> tuple[Any, list[Any]] | None:
        """The shape of a number's expression, and its scalars; None where the run departs from the formula."""
        number = by_formula(self.trace, self.name, cell)
        recorded = float(self.tensor.values[cell])
        if number is None or not (abs(float(number) - recorded) <= self.slack + RTOL * abs(recorded) or (
            np.isinf(recorded) and float(number) == recorded
        )):  # fmt: skip
            return None
        scalars: list[Any] = []
        return shaped(number.expression, scalars.append), scalars

    def fitted(self, cells: list[Point], along_axes: bool) -> Made | None:
        """The patterns of these cells; None if `along_axes` and they do not tell what the others are."""
        shapes: dict[Any, tuple[int, list[Point], list[list[Any]]]] = {(): (-1, [], [])}
        which: list[int] = []
        for cell in cells:
            shape, scalars = self.at(cell) or ((), [])
            number, mine, values = shapes.setdefault(shape, (len(shapes) - 1, [], []))
            mine.append(cell)
            values.append(scalars)
            which.append(number)
        size = self.tensor.shape
        chosen = fit(which, cells, size, along_axes)
        by: list[tuple[Any, list[Json]]] = []
        for shape, (number, mine, values) in shapes.items():
            holes = (
                [fit([row[k] for row in values], mine, size, along_axes) for k in range(len(values[0]))] if mine else []
            )
            if any(hole is None for hole in (chosen, *holes)):
                return None
            if number >= 0:
                by.append((shape, holes))
        if along_axes and not self._holds(chosen, by):
            return None
        uses = frozenset(name for shape, _ in by for name in names(shape))
        return Made([filled(shape, iter(holes)) for shape, holes in by], chosen, uses) if by else None

    def _holds(self, chosen: Json, by: list[tuple[Any, list[Json]]]) -> bool:
        """Whether what was found along the axes is true elsewhere."""
        chance = np.random.default_rng(0)
        for cell in zip(*(chance.integers(size, size=PROBES).tolist() for size in self.tensor.shape), strict=True):
            number, said = value(chosen, cell, self.tensor.shape), self.at(cell)
            if number is None or (number < 0) != (said is None):
                return False
            if said is not None:
                shape, holes = by[number]
                if said != (shape, [value(hole, cell, self.tensor.shape) for hole in holes]):
                    return False
        return True


# ── holes ────────────────────────────────────────────────────────────────────────────────────────
def fit(values: Sequence[Any], cells: Sequence[Point], shape: Sequence[int], along_axes: bool) -> Json:
    """Scalars at cells: as they are if all are one; {"axis": k, "plus": c}; {"axis": k, "list": […]}; {"all": […]}.

    None if `along_axes` and they are none of the first three."""
    if all(one == values[0] for one in values):
        return values[0]
    for axis in range(len(shape)):
        if isinstance(values[0], int):
            plus = values[0] - cells[0][axis]
            if all(one == cell[axis] + plus for one, cell in zip(values, cells, strict=True)):
                return {"axis": axis, "plus": plus}
    for axis in range(len(shape)):
        known: dict[int, Any] = {}
        if all(known.setdefault(cell[axis], one) == one for one, cell in zip(values, cells, strict=True)):
            return {"axis": axis, "list": [known.get(place) for place in range(shape[axis])]}
    if along_axes:
        return None
    every: list[Any] = [None] * int(np.prod(shape))
    for one, cell in zip(values, cells, strict=True):
        every[int(np.ravel_multi_index(cell, tuple(shape)))] = one
    return {"all": every}


def value(hole: Json, cell: Point, shape: Sequence[int]) -> Any:
    """What stands in a hole for a cell; the page does the same."""
    if not isinstance(hole, dict):
        return hole
    if "all" in hole:
        return hole["all"][int(np.ravel_multi_index(cell, tuple(shape)))]
    return cell[hole["axis"]] + hole["plus"] if "plus" in hole else hole["list"][cell[hole["axis"]]]


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────
def shaped(expression: Expression, scalar: Callable[[Any], None]) -> Any:
    """An expression with holes instead of its scalars, which `scalar` is given in order."""
    if isinstance(expression, Recorded):
        return "t", expression.name, _places(expression.index, scalar)
    if isinstance(expression, Leaf):
        assert isinstance(expression, Given)
        return _given(expression, scalar)
    if isinstance(expression, Derived):
        parts = tuple(shaped(operand, scalar) for operand in expression.operands)
        return "o", expression.operation.name, parts, expression.shape, expression.options.get("axis")
    return "p", shaped(expression.whole, scalar), _places(expression.places, scalar)


def _given(leaf: Given, scalar: Callable[[Any], None]) -> Any:
    """A constant of a formula: its name and its number, or its numbers."""
    numbers = (
        leaf.table[np.ix_(*([p] if isinstance(p, int) else list(p) for p in leaf.index))] if leaf.index else leaf.table
    )
    scalar(leaf.name)
    for number in np.ravel(numbers).tolist():
        scalar(number if np.isfinite(number) else str(number))
    return "g", HOLE, (HOLE,) * numbers.size, leaf.shape, told(leaf.origin)


def _places(places: Iterable[Place], scalar: Callable[[Any], None]) -> Any:
    found: list[Any] = []
    for place in places:
        if isinstance(place, int):
            scalar(place)
            found.append(HOLE)
        elif isinstance(place, range):
            found.append(("r", place.start, place.stop, place.step))
        else:
            for one in place:
                scalar(one)
            found.append(("l", (HOLE,) * len(place)))
    return tuple(found)


def filled(shape: Any, holes: Any) -> Json:
    """A shape with what was found in its holes, as JSON."""
    if shape is HOLE:
        return next(holes)
    return [filled(part, holes) for part in shape] if isinstance(shape, tuple) else shape


def names(shape: Any) -> set[str]:
    """The recorded tensors in a shape."""
    if not isinstance(shape, tuple):
        return set()
    if shape and shape[0] == "t":
        return {shape[1]}
    return set().union(*map(names, shape))


def _last(tensor: Tensor) -> Point:
    return tuple(size - 1 for size in tensor.shape)


__all__ = ["Made", "cross", "filled", "fit", "made", "names", "shaped", "value"]
