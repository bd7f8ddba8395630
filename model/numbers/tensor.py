"""A number that knows where it comes from.

A `Tensor` is either *recorded* (a slice of a tensor that a trace holds, known by name and index), *given* (a
constant that a lesson states, such as a temperature), or *derived* from other Tensors by arithmetic. A derived
Tensor keeps its expression, so that every number can be told in words (`source`) and computed again from the
trace alone (`evaluate`), which is what the audit compares with the screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from model.numbers.again import Memo, Run, evaluate
from model.numbers.operations import OPERATIONS
from model.numbers.tree import Derived, Expression, Given, Leaf, Operation, Origin, Place, Recorded, Values, plain_index
from model.numbers.words import describe

Axis = str | int
LARGE = 2**20  # bytes of a table


class Tensor:
    """Values with named axes and their origin. Recorded values are float32, derived ones float64; both read-only.

    Arithmetic: + − * / (Tensor or int), negation, @, and the methods below. A float has no source and is refused:
    state it with `Tensor.given`. Indices are ints, slices and lists of ints, each axis on its own.

    >>> q, k = Tensor.given([1, 2], "q", ("d_head",)), Tensor.given([3, 4], "k", ("d_head",))
    >>> (q * k).sum()
    Tensor('Σ of 2 products: q × k'; 11.0)
    >>> (q * k).source(1)
    'q[d_head=1] × k[d_head=1]'
    >>> float((q @ k).evaluate())
    11.0
    """

    __slots__ = ("values", "axes", "expression", "__weakref__")
    __array_ufunc__ = None  # an ndarray beside a Tensor would lose the origin: NumPy must not take over

    def __init__(self, values: Values, axes: Sequence[str], expression: Expression):
        self.values, self.axes, self.expression = values, tuple(axes), expression

    @classmethod
    def recorded(cls, name: str, values: Values, axes: Sequence[str], run: str = "") -> Tensor:
        """A whole recorded tensor; `run` tells which forward pass it belongs to."""
        values = values.view()
        values.flags.writeable = False
        return cls(values, axes, Recorded(name, tuple(axes), tuple(map(range, values.shape)), run))

    @classmethod
    def given(cls, values: ArrayLike, name: str, axes: Sequence[str] = (), origin: Origin | None = None) -> Tensor:
        """Numbers from outside the trace, with a name that says what they are ("temperature", "u, seed 7").

        origin: how they can be had again. The audit refuses numbers that have none; whole ones speak for themselves.
        """
        table = np.array(values, dtype=np.float64)
        table.flags.writeable = False
        return cls(table, axes, Given(name, tuple(axes), tuple(map(range, table.shape)), table, origin))

    # — what it is —————————————————————————————————————————————————————————————————

    @property
    def name(self) -> str | None:
        """The recorded or given name; None where derived."""
        return self.expression.name if isinstance(self.expression, Leaf) else None

    @property
    def index(self) -> dict[str, Place] | None:
        """The index along every axis of the recorded tensor; None where derived."""
        expression = self.expression
        return dict(zip(expression.axes, expression.index, strict=True)) if isinstance(expression, Leaf) else None

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.values.shape)

    @property
    def ndim(self) -> int:
        return self.values.ndim

    @property
    def size(self) -> int:
        return self.values.size

    @property
    def is_derived(self) -> bool:
        return not isinstance(self.expression, Leaf)

    def source(self, *index: int) -> str:
        """In words, where one number comes from; the tensor as a whole where no index is given."""
        if index and len(index) != self.ndim:
            raise IndexError(f"source() takes {self.ndim} indices, one an axis, not {len(index)}")
        index = tuple(place + size if place < 0 else place for place, size in zip(index, self.shape, strict=False))
        return describe(self.expression, index if index or not self.ndim else None)

    def leaves(self) -> set[str]:
        """The names of all recorded and given tensors that it is made of (plain whole numbers do not count)."""
        return {leaf.name for leaf in self.expression.leaves() if not leaf.name.lstrip("-").isdigit()}

    def runs(self) -> set[str]:
        """The forward passes (`Trace.run_id`) that it is made of."""
        return {leaf.run for leaf in self.expression.leaves() if isinstance(leaf, Recorded)}

    def evaluate(self, *traces: Run, memo: Memo | None = None) -> Values:
        """Its values in float64, computed again from the traces' tensors and nothing else.

        `memo` (a dict of the caller's) keeps what was computed for other Tensors of the same traces.
        Raises LookupError when it comes from a run that is not among the traces.
        """
        return evaluate(self.expression, {trace.run_id: trace for trace in traces}, {} if memo is None else memo)

    # — pieces —————————————————————————————————————————————————————————————————————

    def __getitem__(self, index: Any) -> Tensor:
        places = plain_index(index, self.shape, self.axes)
        values = _taken(self.values, places)
        axes = tuple(axis for axis, place in zip(self.axes, places, strict=True) if not isinstance(place, int))
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
        return float(self.values.item())

    def __float__(self) -> float:
        return float(self.values.item())

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Values:
        return np.array(self.values, dtype=dtype) if copy else np.asarray(self.values, dtype=dtype)

    def __copy__(self) -> Tensor:
        return self  # immutable: a copy of what shows it shows the same

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        return self

    def __repr__(self) -> str:
        shape = ", ".join(f"{axis}={size}" for axis, size in zip(self.axes, self.shape, strict=True))
        return f"Tensor({self.source()!r}; {shape or float(self)})"

    # — arithmetic —————————————————————————————————————————————————————————————————

    def __add__(self, other: Operand) -> Tensor:
        return _binary("add", self, other)

    def __radd__(self, other: Operand) -> Tensor:
        return _binary("add", other, self)

    def __sub__(self, other: Operand) -> Tensor:
        return _binary("subtract", self, other)

    def __rsub__(self, other: Operand) -> Tensor:
        return _binary("subtract", other, self)

    def __mul__(self, other: Operand) -> Tensor:
        return _binary("multiply", self, other)

    def __rmul__(self, other: Operand) -> Tensor:
        return _binary("multiply", other, self)

    def __truediv__(self, other: Operand) -> Tensor:
        return _binary("divide", self, other)

    def __rtruediv__(self, other: Operand) -> Tensor:
        return _binary("divide", other, self)

    def __neg__(self) -> Tensor:
        return _derived("negative", (self,), self.axes)

    def __abs__(self) -> Tensor:
        return _derived("absolute", (self,), self.axes)

    def exp(self) -> Tensor:
        return _derived("exp", (self,), self.axes)

    def log(self) -> Tensor:
        return _derived("log", (self,), self.axes)

    def sqrt(self) -> Tensor:
        return _derived("sqrt", (self,), self.axes)

    def square(self) -> Tensor:
        return _derived("square", (self,), self.axes)

    def sin(self) -> Tensor:
        return _derived("sin", (self,), self.axes)

    def cos(self) -> Tensor:
        return _derived("cos", (self,), self.axes)

    def tanh(self) -> Tensor:
        return _derived("tanh", (self,), self.axes)

    def relu(self) -> Tensor:
        """The larger of x and 0."""
        return _derived("relu", (self,), self.axes)

    def gelu(self) -> Tensor:
        """x Φ(x), with the share Φ(x) of a normal distribution that lies below x."""
        return _derived("gelu", (self,), self.axes)

    def gelu_tanh(self) -> Tensor:
        """GELU as GPT-2 approximates it: x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2."""
        return _derived("gelu_tanh", (self,), self.axes)

    def silu(self) -> Tensor:
        """x / (1 + exp(−x))."""
        return _derived("silu", (self,), self.axes)

    def __matmul__(self, other: Tensor) -> Tensor:
        """Rows times columns; leading axes, if any, must agree."""
        if not isinstance(other, Tensor):
            return NotImplemented
        axes = self.axes[:-1] + (other.axes[-1:] if other.ndim > 1 else ())
        if other.ndim > 2 and self.ndim < 3:
            axes = other.axes[:-2] + axes
        return _derived("matmul", (self, other), axes)

    def sum(self, axis: Axis | None = None) -> Tensor:
        return _reduced("sum", self, axis)

    def mean(self, axis: Axis | None = None) -> Tensor:
        return _reduced("mean", self, axis)

    def max(self, axis: Axis | None = None) -> Tensor:
        return _reduced("max", self, axis)

    def min(self, axis: Axis | None = None) -> Tensor:
        return _reduced("min", self, axis)

    def cumsum(self, axis: Axis = -1) -> Tensor:
        """Running totals along an axis."""
        return _derived("cumsum", (self,), self.axes, axis=self.axis(axis))

    def softmax(self, axis: Axis = -1) -> Tensor:
        """exp(x) / Σ exp(x) along an axis; −∞ gives 0."""
        return _derived("softmax", (self,), self.axes, axis=self.axis(axis))

    @property
    def T(self) -> Tensor:
        return _derived("transpose", (self,), self.axes[::-1])


Operand = Tensor | int | np.integer[Any]


def concatenate(parts: Sequence[Tensor], axis: Axis = 0) -> Tensor:
    """Several tensors end to end along an axis that they have."""
    return _derived("concatenate", tuple(parts), parts[0].axes, axis=parts[0].axis(axis))


def stack(parts: Sequence[Tensor], axis: str) -> Tensor:
    """Several tensors of one shape side by side along a new first axis."""
    return _derived("stack", tuple(parts), (axis, *parts[0].axes))


def _derived(name: str, operands: tuple[Tensor, ...], axes: Sequence[str], **options: Any) -> Tensor:
    """An operation done: in float64, but for what only moves numbers, which leaves them as they are."""
    operation = OPERATIONS[name]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        values = np.asarray(_computed(operation, [operand.values for operand in operands], options)).view()
    values.flags.writeable = False
    expressions = tuple(operand.expression for operand in operands)
    return Tensor(values, axes, Derived(operation, expressions, values.shape, options))


def _computed(operation: Operation, arrays: list[Values], options: dict[str, Any]) -> Values:
    forward = operation.forward
    if operation.moves:
        return forward(*arrays, **options)
    if isinstance(forward, np.ufunc) and forward.signature is None:  # entry by entry: no table is converted as a whole
        return cast(Values, forward(*arrays, dtype=np.float64, **options))
    return forward(*[np.asarray(array, dtype=np.float64) for array in arrays], **options)


def _binary(name: str, left: Operand, right: Operand) -> Tensor:
    a, b = _operand(left), _operand(right)
    if a is None or b is None:
        return cast(Tensor, NotImplemented)
    return _derived(name, (a, b), _joint_axes(a, b))


def _operand(value: object) -> Tensor | None:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return Tensor.given(value, str(value))
    if isinstance(value, (float, np.floating)):
        raise TypeError(f"{value} has no source: wrap it in Tensor.given({value}, 'what it is')")
    return None


def _joint_axes(left: Tensor, right: Tensor) -> tuple[str, ...]:
    """The names after broadcasting: the longer tensor's, but the other's where it is stretched from 1."""
    long, short = (left, right) if left.ndim >= right.ndim else (right, left)
    axes = list(long.axes)
    for back in range(1, short.ndim + 1):
        if long.shape[-back] == 1 and short.shape[-back] > 1:
            axes[-back] = short.axes[-back]
    return tuple(axes)


def _reduced(name: str, operand: Tensor, axis: Axis | None) -> Tensor:
    number = None if axis is None else operand.axis(axis)
    axes = () if number is None else operand.axes[:number] + operand.axes[number + 1 :]
    return _derived(name, (operand,), axes, axis=number)


def _taken(values: Values, places: tuple[Place, ...]) -> Values:
    """Outer indexing: each axis by its own int, range or tuple of ints."""
    out = values[tuple(map(_basic, places))]
    axis = 0
    for place in places:
        if isinstance(place, tuple):
            out = out.take(place, axis=axis)
        axis += not isinstance(place, int)
    out = np.asarray(out)
    if values.nbytes > LARGE and out.nbytes * 8 <= values.nbytes:
        out = out.copy()  # a view would keep all of the table in memory
    out.flags.writeable = False
    return out


def _basic(place: Place) -> int | slice:
    """What NumPy can take without a copy; a tuple is left whole at first."""
    if isinstance(place, range):
        return slice(place.start, place.stop if place.stop >= 0 else None, place.step)
    return place if isinstance(place, int) else slice(None)
