"""The second computation of a Tensor's values, from the traces alone.

It shares no arithmetic with the first (`forward` in operations.py): it reads the leaves from the traces by name and
index and computes with loops, `einsum`, exact sums and other formulas in float64, so that a fault in one does not hide
in the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import accumulate
from typing import Any, Protocol

import numpy as np

from model.numbers.tree import Expression, Given, Leaf, Place, Recorded, Taken, Values

LARGE = 1 << 14  # numbers, from which on exact sums would take too long
Memo = dict[Any, tuple[Values, Expression]]  # by the id of an expression; of recorded ones, by what they are of


class Run(Protocol):
    """What holds recorded numbers: a Trace, or a table of word vectors."""

    @property
    def run_id(self) -> str: ...

    def array(self, name: str) -> Values: ...


def evaluate(expression: Expression, runs: Mapping[str, Run], memo: Memo) -> Values:
    """The values in float64. Raises LookupError for a run that is not among them."""
    key = key_of(expression)
    if key not in memo:  # holding the expression keeps its id from being used again
        memo[key] = _evaluate(expression, runs, memo), expression
    return memo[key][0]


def key_of(expression: Expression) -> Any:
    """Under what the values of an expression are kept in a memo."""
    return (expression.run, expression.name, expression.index) if isinstance(expression, Recorded) else id(expression)


def _evaluate(expression: Expression, runs: Mapping[str, Run], memo: Memo) -> Values:
    if isinstance(expression, Leaf):
        return _leaf(expression, runs)
    if isinstance(expression, Taken):
        return outer(evaluate(expression.whole, runs, memo), expression.places)
    values = [evaluate(operand, runs, memo) for operand in expression.operands]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return expression.operation.again(*values, **expression.options)


def _leaf(leaf: Leaf, runs: Mapping[str, Run]) -> Values:
    if isinstance(leaf, Given):
        return outer(leaf.table, leaf.index)
    assert isinstance(leaf, Recorded)
    if leaf.run not in runs:
        raise LookupError(f"{leaf.name} was recorded in another run than the traces given")
    return outer(runs[leaf.run].array(leaf.name), leaf.index).astype(np.float64)


def outer(values: Values, places: tuple[Place, ...]) -> Values:
    """A piece of a table, by a place along each axis."""
    if not places:
        return values
    grid = values[np.ix_(*([place] if isinstance(place, int) else list(place) for place in places))]
    return grid.reshape([len(place) for place in places if not isinstance(place, int)])


# — operations that take more than a line ——————————————————————————————————————————


def matmul(left: Values, right: Values) -> Values:
    a = "k" if left.ndim == 1 else "...rk"
    b = "k" if right.ndim == 1 else "...kc"
    out = f"...{'r' if left.ndim > 1 else ''}{'c' if right.ndim > 1 else ''}"
    return np.asarray(np.einsum(f"{a},{b}->{out}", left, right))


def softmax(x: Values, axis: int) -> Values:
    return np.asarray(np.exp(x - np.logaddexp.reduce(x, axis=axis, keepdims=True)))


def sum_of(x: Values, axis: int | None) -> Values:
    """Sums rounded once, by the exact algorithm of math.fsum; of large tables, in extended precision."""
    if x.size > LARGE:
        return np.asarray(x.sum(axis=axis, dtype=np.longdouble), dtype=np.float64)
    rows = x.reshape(-1, x.size) if axis is None else np.moveaxis(x, axis, -1)
    sums = np.array([math.fsum(row) for row in rows.reshape(-1, rows.shape[-1])])
    return sums.reshape(() if axis is None else rows.shape[:-1])


def mean_of(x: Values, axis: int | None) -> Values:
    return sum_of(x, axis) / (x.size if axis is None else x.shape[axis])


def smallest(x: Values, axis: int | None, place: int = 0) -> Values:
    return np.asarray(np.sort(x, axis=axis).take(place, axis=-1 if axis is None else axis))


def largest(x: Values, axis: int | None) -> Values:
    return smallest(x, axis, -1)


def cumsum(x: Values, axis: int) -> Values:
    rows = np.moveaxis(x, axis, -1)
    totals = [list(accumulate(row)) for row in rows.reshape(-1, rows.shape[-1]).tolist()]
    return np.moveaxis(np.array(totals).reshape(rows.shape), -1, axis)


def transpose(x: Values) -> Values:
    axes = list(range(x.ndim))
    return np.asarray(np.einsum(x, axes, axes[::-1]))


def concatenate(*parts: Values, axis: int) -> Values:
    moved = [np.moveaxis(part, axis, 0) for part in parts]
    whole, start = np.empty((sum(map(len, moved)), *moved[0].shape[1:])), 0
    for part in moved:
        whole[start : start + len(part)] = part
        start += len(part)
    return np.moveaxis(whole, 0, axis)


def gelu(x: Values) -> Values:
    """x (1 + erf(x/√2)) / 2, erf by the series 2/√π e^(−t²) Σ 2ⁿ t²ⁿ⁺¹ / (1·3·…·(2n+1)) (Abramowitz & Stegun 7.1.6)."""
    t = np.clip(x / math.sqrt(2), -6, 6)  # beyond, erf is ±1 in float64
    term: Any = t
    total: Any = t
    for n in range(1, 150):
        term = term * 2 * t * t / (2 * n + 1)
        total = total + term
    return np.asarray(x * (0.5 + total * np.power(math.e, -t * t) / math.sqrt(math.pi)))


def gelu_tanh(x: Values) -> Values:
    """(1 + tanh u) / 2 = 1 / (1 + e^(−2u)) with u = √(2/π) (x + 0.044715 x³)."""
    return np.asarray(x / (1 + np.power(math.e, -math.sqrt(8 / math.pi) * x * (1 + 0.044715 * x * x))))
