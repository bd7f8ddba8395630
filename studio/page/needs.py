"""Which recorded numbers others are made of: of expressions that are shown, and of a tensor's patterns.

Both answer with a `Mesh` of each tensor: its places along every axis, whose every combination is meant. It may have
more than is needed (two rows and two columns are four numbers), never less.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from model.numbers.tree import Derived, Expression, Leaf, Place, Recorded, Taken

Json = Any
Places = np.ndarray[Any, np.dtype[np.int64]]
Mesh = tuple[Places, ...]
REDUCING = {"sum", "mean", "max", "min"}


def every(size: int) -> Places:
    return np.arange(size, dtype=np.int64)


def whole(shape: Sequence[int]) -> Mesh:
    """All of a tensor."""
    return tuple(map(every, shape))


def size(mesh: Mesh) -> int:
    """How many numbers a mesh has."""
    return int(np.prod([len(places) for places in mesh], dtype=np.int64))


def union(one: Mesh, other: Mesh) -> Mesh:
    """The smallest mesh with all of both."""
    return tuple(np.union1d(a, b) for a, b in zip(one, other, strict=True))


def through(places: Sequence[Place], mesh: Mesh) -> Mesh:
    """Where the numbers of a slice are in its table."""
    rest = iter(mesh)
    return tuple(
        np.array([place]) if isinstance(place, int) else np.asarray(place, dtype=np.int64)[next(rest)]
        for place in places
    )


# ── what is shown ────────────────────────────────────────────────────────────────────────────────
def of_expression(expression: Expression, mesh: Mesh) -> Iterator[tuple[Recorded, Mesh]]:
    """The recorded tensors that the numbers at `mesh` of an expression are computed from, and where in them."""
    if isinstance(expression, Leaf):
        if isinstance(expression, Recorded):
            yield expression, through(expression.index, mesh)
    elif isinstance(expression, Taken):
        yield from of_expression(expression.whole, through(expression.places, mesh))
    else:
        for operand, inner in _operands(expression, mesh):
            yield from of_expression(operand, inner)


def _operands(derived: Derived, mesh: Mesh) -> list[tuple[Expression, Mesh]]:
    """The parts of an operation's operands that a part of its result is made of (numbers.js, `operands`)."""
    name, operands, axis = derived.operation.name, derived.operands, derived.options.get("axis")
    if name == "matmul":
        return _factors(operands[0], operands[1], mesh)
    if name == "stack":
        return [(operands[at], mesh[1:]) for at in mesh[0]]
    if name == "concatenate":
        return _parts(operands, mesh, int(axis or 0))
    (first, *_), shape = operands, operands[0].shape
    if name == "transpose":
        return [(first, mesh[::-1])]
    if name in REDUCING:
        return [(first, whole(shape) if axis is None else (*mesh[:axis], every(shape[axis]), *mesh[axis:]))]
    if name in ("softmax", "cumsum"):
        return [(first, tuple(every(shape[k]) if k == axis else places for k, places in enumerate(mesh)))]
    return [(operand, _stretched(operand.shape, mesh)) for operand in operands]


def _stretched(shape: Sequence[int], mesh: Mesh) -> Mesh:
    inner = mesh[len(mesh) - len(shape) :]
    return tuple(np.array([0]) if length == 1 else places for length, places in zip(shape, inner, strict=True))


def _factors(left: Expression, right: Expression, mesh: Mesh) -> list[tuple[Expression, Mesh]]:
    batch, a, b = list(mesh), left.shape, right.shape
    column = [batch.pop()] if len(b) > 1 else []
    row = [batch.pop()] if len(a) > 1 else []
    of_a, of_b = (_stretched(shape[:-2], tuple(batch)) for shape in (a, b))
    return [(left, (*of_a, *row, every(a[-1]))), (right, (*of_b, every(a[-1]), *column))]


def _parts(operands: Sequence[Expression], mesh: Mesh, axis: int) -> list[tuple[Expression, Mesh]]:
    found, start = [], 0
    for operand in operands:
        places = mesh[axis]
        mine = places[(places >= start) & (places < start + operand.shape[axis])] - start
        if len(mine):
            found.append((operand, (*mesh[:axis], mine, *mesh[axis + 1 :])))
        start += operand.shape[axis]
    return found


# ── how recorded numbers are made ────────────────────────────────────────────────────────────────
def of_patterns(patterns: Sequence[Json], which: Json, mesh: Mesh, shape: Sequence[int]) -> Iterator[tuple[int, Mesh]]:
    """The tensors, by their numbers, that the numbers at `mesh` of a tensor are made of, and where in them."""
    grid = np.meshgrid(*mesh, indexing="ij")
    cells = np.stack(grid, axis=-1).reshape(-1, len(mesh)) if grid else np.zeros((1, 0), dtype=np.int64)
    chosen = _filled(which, cells, shape)
    for number, pattern in enumerate(patterns):
        if len(mine := cells[np.broadcast_to(chosen == number, len(cells))]):
            for tensor, places in _leaves(pattern):
                yield tensor, tuple(_along(place, mine, shape) for place in places)


def _leaves(pattern: Json) -> Iterator[tuple[int, list[Json]]]:
    if pattern[0] == "t":
        yield pattern[1], pattern[2]
    elif pattern[0] == "o":
        for operand in pattern[2]:
            yield from _leaves(operand)
    elif pattern[0] == "p":
        yield from _leaves(pattern[1])


def _along(place: Json, cells: np.ndarray, shape: Sequence[int]) -> Places:
    """The places along an axis that cells lead to: a hole, a range, or a list of holes."""
    if isinstance(place, list) and place[0] == "r":
        return np.arange(*place[1:], dtype=np.int64)
    holes = place[1] if isinstance(place, list) else [place]
    return np.unique(np.concatenate([np.atleast_1d(_filled(hole, cells, shape)) for hole in holes]).astype(np.int64))


def _filled(hole: Json, cells: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """What stands in a hole for cells [n, axis] (patterns.py, `value`)."""
    if not isinstance(hole, dict):
        return np.asarray(hole)
    if "all" in hole:
        return np.array(hole["all"])[np.ravel_multi_index(tuple(cells.T), tuple(shape))]
    at = cells[:, hole["axis"]]
    return at + hole["plus"] if "plus" in hole else np.array(hole["list"])[at]
