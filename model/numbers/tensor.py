"""A number that knows where it comes from.

A `Tensor` is either *recorded* (a slice of a tensor that a trace holds, known by name and index), *given* (a
constant that a lesson states, such as a temperature), or *derived* from other Tensors by arithmetic. A derived
Tensor keeps its expression, so that every number can be told in words (`source`) and computed again from the
trace alone (`evaluate`), which is what the audit compares with the screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from model.numbers.expression import Derived, Expression, Given, Recorded, describe, evaluate, plain_index

if TYPE_CHECKING:
    from model.numbers.trace import Trace

Axis = str | int


class Tensor:
    """Values with named axes and their origin. Recorded values are float32, derived ones float64; both read-only.

    Arithmetic: + − * / (Tensor or int), negation, @, and the methods below. A float has no source and is refused:
    state it with `Tensor.given`. Indices are ints, slices and lists of ints, each axis on its own.
    """

    __slots__ = ("values", "axes", "expression", "__weakref__")
    __array_ufunc__ = None  # an ndarray beside a Tensor would lose the origin: NumPy must not take over

    def __init__(self, values: np.ndarray, axes: Sequence[str], expression: Expression):
        self.values, self.axes, self.expression = values, tuple(axes), expression

    @classmethod
    def recorded(cls, name: str, values: np.ndarray, axes: Sequence[str], run: str = "") -> Tensor:
        """A whole recorded tensor; `run` tells which forward pass it belongs to."""
        values = values.view()
        values.flags.writeable = False
        return cls(values, axes, Recorded(name, run, tuple(axes), tuple(range(size) for size in values.shape)))

    @classmethod
    def given(cls, values: float | np.ndarray, name: str, axes: Sequence[str] = ()) -> Tensor:
        """Numbers from outside the trace, with a name that says what they are ("temperature", "u, seed 7")."""
        values = np.array(values, dtype=np.float64)
        values.flags.writeable = False
        return cls(values, axes, Given(name, values, tuple(axes), tuple(range(size) for size in values.shape)))

    # — what it is —————————————————————————————————————————————————————————————————

    @property
    def name(self) -> str | None:
        """The recorded or given name; None where derived."""
        return getattr(self.expression, "name", None)

    @property
    def index(self) -> dict[str, int | range | tuple[int, ...]] | None:
        """The index along every axis of the recorded tensor; None where derived."""
        expression = self.expression
        return None if isinstance(expression, Derived) else dict(zip(expression.axes, expression.index))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    @property
    def ndim(self) -> int:
        return self.values.ndim

    @property
    def size(self) -> int:
        return self.values.size

    @property
    def is_derived(self) -> bool:
        return isinstance(self.expression, Derived)

    def source(self, *index: int) -> str:
        """In words, where one number comes from; the tensor as a whole where no index is given."""
        if index and len(index) != self.ndim:
            raise IndexError(f"source() takes {self.ndim} indices, one an axis, not {len(index)}")
        index = tuple(place + size if place < 0 else place for place, size in zip(index, self.shape))
        return describe(self.expression, index if index or not self.ndim else None)

    def leaves(self) -> set[str]:
        """The names of all recorded and given tensors that it is made of (plain whole numbers do not count)."""
        return {leaf.name for leaf in self.expression.leaves() if not leaf.name.lstrip("-").isdigit()}

    def runs(self) -> set[str]:
        """The forward passes (`Trace.run_id`) that it is made of."""
        return {leaf.run for leaf in self.expression.leaves() if isinstance(leaf, Recorded)}

    def evaluate(self, *traces: Trace, memo: dict | None = None) -> np.ndarray:
        """Its values in float64, computed again from the traces' tensors and nothing else.

        `memo` (a dict of the caller's) keeps what was computed for other Tensors of the same traces.
        Raises LookupError when it comes from a run that is not among the traces.
        """
        return evaluate(self.expression, {trace.run_id: trace for trace in traces}, {} if memo is None else memo)

    # — pieces —————————————————————————————————————————————————————————————————————

    def __getitem__(self, index) -> Tensor:
        places = plain_index(index, self.shape, self.axes)
        values = _take(self.values, places)
        axes = tuple(axis for axis, place in zip(self.axes, places) if not isinstance(place, int))
        return Tensor(values, axes, self.expression.take(places))

    def at(self, **places: int | slice | Sequence[int]) -> Tensor:
        """Indexing by axis name: q.at(head=2, position=5)."""
        for axis in places:
            self.axis(axis)
        return self[tuple(places.get(axis, slice(None)) for axis in self.axes)]

    def axis(self, axis: Axis) -> int:
        """The number of an axis given by name or number."""
        if isinstance(axis, str):
            if axis not in self.axes:
                raise ValueError(
                    f"{self.name or 'this tensor'} has no axis {axis!r}; it has {', '.join(self.axes) or 'none'}"
                )
            return self.axes.index(axis)
        if not -self.ndim <= axis < self.ndim:
            raise ValueError(f"axis {axis} is out of range for {self.ndim} axes")
        return axis % self.ndim

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("a single number has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[place] for place in range(len(self)))

    def item(self) -> float:
        return self.values.item()

    def __float__(self) -> float:
        return float(self.values.item())

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.array(self.values, dtype=dtype) if copy else np.asarray(self.values, dtype=dtype)

    def __copy__(self) -> Tensor:
        return self  # immutable: a copy of what shows it shows the same

    def __deepcopy__(self, memo: dict) -> Tensor:
        return self

    def __repr__(self) -> str:
        shape = ", ".join(f"{axis}={size}" for axis, size in zip(self.axes, self.shape))
        return f"Tensor({self.source()!r}; {shape or float(self)})"

    # — arithmetic —————————————————————————————————————————————————————————————————

    def __add__(self, other):
        return _binary("add", self, other)

    def __radd__(self, other):
        return _binary("add", other, self)

    def __sub__(self, other):
        return _binary("subtract", self, other)

    def __rsub__(self, other):
        return _binary("subtract", other, self)

    def __mul__(self, other):
        return _binary("multiply", self, other)

    def __rmul__(self, other):
        return _binary("multiply", other, self)

    def __truediv__(self, other):
        return _binary("divide", self, other)

    def __rtruediv__(self, other):
        return _binary("divide", other, self)

    def __neg__(self):
        return _unary("negative", self)

    def __abs__(self):
        return _unary("absolute", self)

    def exp(self) -> Tensor:
        return _unary("exp", self)

    def log(self) -> Tensor:
        return _unary("log", self)

    def sqrt(self) -> Tensor:
        return _unary("sqrt", self)

    def square(self) -> Tensor:
        return _unary("square", self)

    def sin(self) -> Tensor:
        return _unary("sin", self)

    def cos(self) -> Tensor:
        return _unary("cos", self)

    def __matmul__(self, other: Tensor) -> Tensor:
        """Rows times columns; leading axes, if any, must agree."""
        if not isinstance(other, Tensor):
            return NotImplemented
        left, right = self.values.astype(np.float64), other.values.astype(np.float64)
        axes = self.axes[:-1] + (other.axes[-1:] if other.ndim > 1 else ())
        if other.ndim > 2 and self.ndim < 3:
            axes = other.axes[:-2] + axes
        return _derived("matmul", left @ right, axes, (self, other))

    def sum(self, axis: Axis | None = None) -> Tensor:
        return _reduce("sum", self, axis)

    def mean(self, axis: Axis | None = None) -> Tensor:
        return _reduce("mean", self, axis)

    def max(self, axis: Axis | None = None) -> Tensor:
        return _reduce("max", self, axis)

    def min(self, axis: Axis | None = None) -> Tensor:
        return _reduce("min", self, axis)

    def cumsum(self, axis: Axis = -1) -> Tensor:
        """Running totals along an axis."""
        number = self.axis(axis)
        return _derived(
            "cumsum", np.cumsum(self.values, axis=number, dtype=np.float64), self.axes, (self,), axis=number
        )

    def softmax(self, axis: Axis = -1) -> Tensor:
        """exp(x) / Σ exp(x) along an axis; −∞ gives 0."""
        number = self.axis(axis)
        wide = self.values.astype(np.float64)
        powers = np.exp(wide - wide.max(axis=number, keepdims=True))
        return _derived("softmax", powers / powers.sum(axis=number, keepdims=True), self.axes, (self,), axis=number)

    @property
    def T(self) -> Tensor:
        return _derived("transpose", self.values.T, self.axes[::-1], (self,), dtype=None)


def concatenate(parts: Sequence[Tensor], axis: Axis = 0) -> Tensor:
    """Several tensors end to end along an axis that they have."""
    number = parts[0].axis(axis)
    return _derived(
        "concatenate",
        np.concatenate([part.values for part in parts], axis=number),
        parts[0].axes,
        tuple(parts),
        axis=number,
        dtype=None,
    )


def stack(parts: Sequence[Tensor], axis: str) -> Tensor:
    """Several tensors of one shape side by side along a new first axis."""
    return _derived(
        "stack", np.stack([part.values for part in parts]), (axis, *parts[0].axes), tuple(parts), dtype=None
    )


def _take(values: np.ndarray, places: tuple) -> np.ndarray:
    """Outer indexing: each axis by its own int, range or tuple of ints."""
    index = tuple(
        slice(p.start, p.stop if p.stop >= 0 else None, p.step)
        if isinstance(p, range)
        else p
        if isinstance(p, int)
        else slice(None)
        for p in places
    )
    out = values[index]
    axis = 0
    for place in places:
        if isinstance(place, tuple):
            out = out.take(place, axis=axis)
        axis += not isinstance(place, int)
    out = np.asarray(out)
    out.flags.writeable = False
    return out


def _derived(
    operation: str, values: np.ndarray, axes: Sequence[str], operands: tuple, dtype=np.float64, **options
) -> Tensor:
    values = np.asarray(values, dtype=dtype)
    values = values.view()
    values.flags.writeable = False
    return Tensor(
        values,
        axes,
        Derived(operation, tuple(operand.expression for operand in operands), values.shape, tuple(axes), options),
    )


def _unary(operation: str, operand: Tensor) -> Tensor:
    with np.errstate(divide="ignore", invalid="ignore"):
        return _derived(operation, getattr(np, operation)(operand.values.astype(np.float64)), operand.axes, (operand,))


def _binary(operation: str, left: Tensor | int, right: Tensor | int) -> Tensor:
    left, right = _operand(left), _operand(right)
    if left is None or right is None:
        return NotImplemented
    with np.errstate(divide="ignore", invalid="ignore"):
        values = getattr(np, operation)(left.values, right.values, dtype=np.float64)
    return _derived(operation, values, _joint_axes(left, right), (left, right))


def _joint_axes(left: Tensor, right: Tensor) -> tuple[str, ...]:
    """The names after broadcasting: the longer tensor's, but the other's where it is stretched from 1."""
    long, short = (left, right) if left.ndim >= right.ndim else (right, left)
    axes = list(long.axes)
    for back in range(1, short.ndim + 1):
        if long.shape[-back] == 1 and short.shape[-back] > 1:
            axes[-back] = short.axes[-back]
    return tuple(axes)


def _operand(value) -> Tensor | None:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return Tensor.given(value, str(value))
    if isinstance(value, (float, np.floating)):
        raise TypeError(f"{value} has no source: wrap it in Tensor.given({value}, 'what it is')")
    return None


def _reduce(operation: str, operand: Tensor, axis: Axis | None) -> Tensor:
    if axis is None:
        return _derived(operation, getattr(np, operation)(operand.values.astype(np.float64)), (), (operand,), axis=None)
    number = operand.axis(axis)
    values = getattr(np, operation)(operand.values.astype(np.float64), axis=number)
    return _derived(operation, values, operand.axes[:number] + operand.axes[number + 1 :], (operand,), axis=number)
