"""Where a Tensor's numbers come from: an expression tree, its words, and its second computation.

`evaluate` shares no arithmetic with model/numbers/tensor.py: it reads the leaves from the traces by name and index and
computes with loops, `einsum` and `fsum`-like sums in float64, so that a fault in one does not hide in the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np

Place = int | range | tuple


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """A slice of a tensor that a trace holds; `index` has an entry for every axis of the whole tensor."""

    name: str
    run: str
    axes: tuple[str, ...]
    index: tuple[Place, ...]

    def take(self, places: tuple[Place, ...]) -> Recorded:
        return Recorded(self.name, self.run, self.axes, _compose(self.index, places))

    def leaves(self) -> Iterator:
        yield self


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A constant, or a slice of a table, that a lesson states by name."""

    name: str
    table: np.ndarray
    axes: tuple[str, ...]
    index: tuple[Place, ...]

    def take(self, places: tuple[Place, ...]) -> Given:
        return Given(self.name, self.table, self.axes, _compose(self.index, places))

    def leaves(self) -> Iterator:
        yield self


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """An operation on other expressions."""

    operation: str
    operands: tuple
    shape: tuple[int, ...]
    axes: tuple[str, ...]
    options: dict = field(default_factory=dict)

    def take(self, places: tuple[Place, ...]) -> Derived:
        kept = tuple((axis, len(place)) for axis, place in zip(self.axes, places) if not isinstance(place, int))
        return Derived(
            "take", (self,), tuple(size for _, size in kept), tuple(axis for axis, _ in kept), {"places": places}
        )

    def leaves(self) -> Iterator:
        for operand in self.operands:
            yield from operand.leaves()


Expression = Recorded | Given | Derived


def plain_index(index, shape: tuple[int, ...], axes: tuple[str, ...]) -> tuple[Place, ...]:
    """Any index as one int ≥ 0, range or tuple of ints for every axis. Raises IndexError when out of range."""
    index = index if isinstance(index, tuple) else (index,)
    if Ellipsis in [entry for entry in index if entry is Ellipsis]:
        where = next(i for i, entry in enumerate(index) if entry is Ellipsis)
        index = index[:where] + (slice(None),) * (len(shape) - len(index) + 1) + index[where + 1 :]
    if len(index) > len(shape):
        raise IndexError(f"{len(index)} indices for {len(shape)} axes ({', '.join(axes)})")
    return tuple(_place(entry, size, axis) for entry, size, axis in zip(index, shape, axes)) + tuple(
        map(range, shape[len(index) :])
    )


def _place(entry, size: int, axis: str) -> Place:
    if isinstance(entry, slice):
        return range(size)[entry]
    if isinstance(entry, range):
        entry = tuple(entry)
    if isinstance(entry, (list, tuple, np.ndarray)):
        return tuple(_place(int(one), size, axis) for one in entry)
    place = entry.__index__()
    if not -size <= place < size:
        raise IndexError(f"{axis} {place} is out of range: it has {size} entries")
    return place % size


def _compose(index: tuple[Place, ...], places: tuple[Place, ...]) -> tuple[Place, ...]:
    """The index of an index: `places` has an entry for every axis of `index` that is not a single int."""
    rest = iter(places)
    return tuple(old if isinstance(old, int) else _pick(old, next(rest)) for old in index)


def _pick(old: range | tuple, place: Place) -> Place:
    if isinstance(place, int):
        return old[place]
    if isinstance(place, range) and isinstance(old, range):
        return range(old.start + old.step * place.start, old.start + old.step * place.stop, old.step * place.step)
    return tuple(old[i] for i in place)


# — in words ———————————————————————————————————————————————————————————————————————

SIGNS = {"add": "+", "subtract": "−", "multiply": "×", "divide": "÷"}


def describe(expression: Expression, index: tuple[int, ...] | None) -> str:
    """The origin of the number at `index`, or of the whole where it is None."""
    if index is not None:
        expression, index = origin(expression, index)
    if not isinstance(expression, Derived):
        return _describe_leaf(expression, index)
    operation, operands, options = expression.operation, expression.operands, expression.options
    if operation == "take":
        return _describe_taken(operands[0], options["places"])
    if operation in SIGNS:
        return f" {SIGNS[operation]} ".join(
            _factor(operand, _broadcast(operand, index), operation) for operand in operands
        )
    if operation == "matmul":
        return _describe_product(operands, index)
    if operation in ("sum", "mean", "max", "min", "cumsum", "softmax"):
        return _describe_reduction(expression, index)
    if operation == "transpose":
        return describe(operands[0], None)
    if operation == "stack":
        return f"({describe(operands[0], None)}, … {len(operands)} in all)"
    if operation == "concatenate":
        return f"({describe(operands[0], None)}, … {len(operands)} end to end)"
    return f"{WORDS.get(operation, operation)}({describe(operands[0], index)})"


def origin(expression: Expression, index: tuple[int, ...]) -> tuple[Expression, tuple[int, ...]]:
    """The expression, and the place in it, that a number comes from: seen through pieces, transposes and things put together."""
    while isinstance(expression, Derived):
        operands, options = expression.operands, expression.options
        if expression.operation == "take":
            expression, index = operands[0], _compose_point(options["places"], index)
        elif expression.operation == "transpose":
            expression, index = operands[0], index[::-1]
        elif expression.operation == "stack":
            expression, index = operands[index[0]], index[1:]
        elif expression.operation == "concatenate":
            expression, index = _part(operands, index, options["axis"])
        else:
            break
    return expression, index


def _describe_taken(expression: Expression, places: tuple[Place, ...]) -> str:
    """A piece of an expression as a whole: the index moves inwards where that is plain to read."""
    if not isinstance(expression, Derived):
        return describe(expression.take(places), None)
    if expression.operation == "transpose":
        return _describe_taken(expression.operands[0], places[::-1])
    if expression.operation in SIGNS and all(
        shape_of(operand) in ((), expression.shape) for operand in expression.operands
    ):
        taken = Derived(
            expression.operation,
            tuple(o.take(places) if shape_of(o) else o for o in expression.operands),
            tuple(len(place) for place in places if not isinstance(place, int)),
            (),
            expression.options,
        )
        return describe(taken, None)
    return f"{_bracketed(expression)}[{', '.join(map(_place_in_words, places))}]"


LOOSE = (*SIGNS, "matmul", "sum", "mean", "max", "min", "cumsum")  # what is told in several words
WORDS = {"negative": "−", "absolute": "abs", "square": "square"}


def _describe_leaf(leaf: Recorded | Given, index: tuple[int, ...] | None) -> str:
    places = leaf.index if index is None else _compose(leaf.index, index)
    if not places:
        return leaf.name
    if index is None and all(isinstance(place, range) and place.start == 0 for place in places):
        return leaf.name
    return f"{leaf.name}[{', '.join(f'{axis}={_place_in_words(place)}' for axis, place in zip(leaf.axes, places))}]"


def _place_in_words(place: Place) -> str:
    if isinstance(place, int):
        return str(place)
    if isinstance(place, range) and place.step == 1:
        return f"{place.start}:{place.stop}"
    if len(place) > 9:  # a whole vocabulary in some order
        return "{" + ",".join(map(str, place[:3])) + f",… {len(place)} in all" + "}"
    return "{" + ",".join(map(str, place)) + "}"


def _factor(operand: Expression, index: tuple[int, ...] | None, operation: str) -> str:
    words = describe(operand, index)
    loose = isinstance(_root(operand), Derived) and _root(operand).operation in (
        set(LOOSE) - {"multiply", "divide"} if operation == "multiply" else LOOSE
    )
    return f"({words})" if loose and operation != "add" else words


def _root(expression: Expression) -> Expression:
    while isinstance(expression, Derived) and expression.operation in ("take", "transpose"):
        expression = expression.operands[0]
    return expression


def _describe_product(operands: tuple, index: tuple[int, ...] | None) -> str:
    left, right = operands
    count = shape_of(left)[-1]
    if index is None:
        return f"{_bracketed(left)} @ {_bracketed(right)}"
    rows, columns = len(shape_of(left)), len(shape_of(right))
    index = list(index)
    column = index.pop() if columns > 1 else None
    row = index.pop() if rows > 1 else None
    left_places = (*_leading(left, index), *(() if row is None else (row,)), range(count))
    right_places = (*_leading(right, index), range(count), *(() if column is None else (column,)))
    return f"Σ of {count} products: {_bracketed(left.take(left_places))} · {_bracketed(right.take(right_places))}"


def _bracketed(expression: Expression) -> str:
    """The whole in words; in brackets where what stands beside it would bind stronger."""
    root, words = _root(expression), describe(expression, None)
    return f"({words})" if isinstance(root, Derived) and root.operation in LOOSE else words


def _leading(operand: Expression, index: list[int]) -> tuple[int, ...]:
    """The part of a batch index that an operand of a matrix product has."""
    extra = max(len(shape_of(operand)) - 2, 0)
    return tuple(index[len(index) - extra :]) if extra else ()


def _describe_reduction(expression: Derived, index: tuple[int, ...] | None) -> str:
    operand, axis = expression.operands[0], expression.options["axis"]
    operation, shape = expression.operation, shape_of(operand)
    if operation == "softmax":
        row = None if index is None else tuple(range(size) if i == axis else index[i] for i, size in enumerate(shape))
        return f"softmax({describe(operand if row is None else operand.take(row), None)})" + (
            "" if index is None else f" at {index[axis]}"
        )
    if operation == "cumsum":
        count, row = (
            ("n", None)
            if index is None
            else (index[axis] + 1, tuple(range(index[i] + 1) if i == axis else index[i] for i in range(len(shape))))
        )
    else:
        count = math.prod(shape) if axis is None else shape[axis]
        row = None if index is None or axis is None else (*index[:axis], range(shape[axis]), *index[axis:])
    inner = operand if row is None else operand.take(row)
    what = "products" if isinstance(_root(operand), Derived) and _root(operand).operation == "multiply" else "terms"
    words = {
        "sum": f"Σ of {count} {what}",
        "cumsum": f"Σ of the first {count} {what}",
        "mean": f"mean of {count} {what}",
    }.get(operation, f"{operation} of {count} {what}")
    return f"{words}: {describe(inner, None)}"


def _part(operands: tuple, index: tuple[int, ...], axis: int) -> tuple[Expression, tuple[int, ...]]:
    place = index[axis]
    for operand in operands:
        size = shape_of(operand)[axis]
        if place < size:
            return operand, (*index[:axis], place, *index[axis + 1 :])
        place -= size
    raise IndexError(f"{index[axis]} is out of range")


def _broadcast(operand: Expression, index: tuple[int, ...] | None) -> tuple[int, ...] | None:
    if index is None:
        return None
    shape = shape_of(operand)
    return (
        tuple(0 if size == 1 else place for size, place in zip(shape, index[len(index) - len(shape) :]))
        if shape
        else ()
    )


def _compose_point(places: tuple[Place, ...], index: tuple[int, ...]) -> tuple[int, ...]:
    rest = iter(index)
    return tuple(place if isinstance(place, int) else place[next(rest)] for place in places)


def shape_of(expression: Expression) -> tuple[int, ...]:
    if isinstance(expression, Derived):
        return expression.shape
    return tuple(len(place) for place in expression.index if not isinstance(place, int))


# — a second time ——————————————————————————————————————————————————————————————————


def evaluate(expression: Expression, traces: Mapping[str, object], memo: dict) -> np.ndarray:
    """The values in float64, from the traces alone. Raises LookupError for a run that is not among them."""
    key = id(expression)
    if key not in memo:
        memo[key] = (
            _evaluate(expression, traces, memo),
            expression,
        )  # holding the expression keeps its id from being used again
    return memo[key][0]


def _evaluate(expression: Expression, traces: Mapping[str, object], memo: dict) -> np.ndarray:
    if isinstance(expression, Given):
        return _outer(expression.table, expression.index)
    if isinstance(expression, Recorded):
        if expression.run not in traces:
            raise LookupError(f"{expression.name} was recorded in another run than the traces given")
        return _outer(traces[expression.run].array(expression.name), expression.index).astype(np.float64)
    values = [evaluate(operand, traces, memo) for operand in expression.operands]
    with np.errstate(divide="ignore", invalid="ignore"):
        return (
            AGAIN[expression.operation](*values, **expression.options)
            if expression.operation not in ("stack", "concatenate")
            else AGAIN[expression.operation](values, **expression.options)
        )


def _outer(values: np.ndarray, places: tuple[Place, ...]) -> np.ndarray:
    if not places:
        return values
    grid = values[np.ix_(*([place] if isinstance(place, int) else list(place) for place in places))]
    return grid.reshape([len(place) for place in places if not isinstance(place, int)])


def _matmul(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    a = "k" if left.ndim == 1 else "...rk"
    b = "k" if right.ndim == 1 else "...kc"
    return np.einsum(f"{a},{b}->...{'r' if left.ndim > 1 else ''}{'c' if right.ndim > 1 else ''}", left, right)


def _softmax(x: np.ndarray, axis: int) -> np.ndarray:
    return np.exp(x - np.logaddexp.reduce(x, axis=axis, keepdims=True))


def _sum(x: np.ndarray, axis: int | None) -> np.ndarray:
    """Sums rounded once, by the exact algorithm of math.fsum."""
    rows = x.reshape(-1, x.size) if axis is None else np.moveaxis(x, axis, -1)
    return np.array([math.fsum(row) for row in rows.reshape(-1, rows.shape[-1])]).reshape(
        rows.shape[:-1] if axis is not None else ()
    )


def _cumsum(x: np.ndarray, axis: int) -> np.ndarray:
    rows = np.moveaxis(x, axis, -1)
    totals = [list(accumulate(row)) for row in rows.reshape(-1, rows.shape[-1]).tolist()]
    return np.moveaxis(np.array(totals).reshape(rows.shape), -1, axis)


AGAIN = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a + -b,
    "multiply": lambda a, b: b * a,
    "divide": lambda a, b: a / b,
    "negative": lambda a: 0.0 - a,
    "absolute": lambda a: np.sqrt(a * a),
    "exp": lambda a: np.power(math.e, a),
    "log": lambda a: np.log2(a) * math.log(2),
    "sqrt": lambda a: np.power(a, 0.5),
    "square": lambda a: np.power(a, 2),
    "sin": lambda a: np.exp(1j * a).imag,
    "cos": lambda a: np.exp(1j * a).real,
    "matmul": _matmul,
    "softmax": _softmax,
    "sum": _sum,
    "mean": lambda x, axis: _sum(x, axis) / (x.size if axis is None else x.shape[axis]),
    "max": lambda x, axis: np.sort(x, axis=axis).take(-1, axis=-1 if axis is None else axis),
    "min": lambda x, axis: np.sort(x, axis=axis).take(0, axis=-1 if axis is None else axis),
    "cumsum": _cumsum,
    "transpose": lambda x: np.einsum(x, list(range(x.ndim)), list(range(x.ndim))[::-1]),
    "take": lambda x, places: _outer(x, places),
    "stack": lambda parts: np.array(parts),
    "concatenate": lambda parts, axis: np.concatenate(parts, axis=axis),
}
