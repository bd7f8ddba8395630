"""A Tensor's origin in words: which slices it is made of, and how.

The functions that end an operation's row (`signed("+")`, `called("exp")` …) make its `words`; brackets are set by how
firmly the words of an operand bind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from model.numbers.tree import Derived, Expression, Leaf, Place, Point, Taken, point

Words = Callable[[Derived, Point | None], str]

SUM, QUOTIENT, PRODUCT, TIGHT = range(4)  # how firmly words bind: a + b, a ÷ b, a × b; a name or f(…)
MANY = 9  # listed places; more are told by the first three and their number


def describe(expression: Expression, index: Point | None) -> str:
    """The origin of the number at `index`, or of the whole where it is None."""
    if index is not None:
        expression, index = origin(expression, index)
    if isinstance(expression, Leaf):
        return _leaf(expression, index)
    if isinstance(expression, Taken):
        return _piece(expression)
    return expression.operation.words(expression, index)


def origin(expression: Expression, index: Point) -> tuple[Expression, Point]:
    """The expression, and the place in it, that a number comes from: seen through pieces and mere moves."""
    if isinstance(expression, Taken):
        return origin(expression.whole, point(expression.places, index))
    if isinstance(expression, Derived) and expression.operation.moves:
        piece = expression.operation.inwards(expression, index)
        assert piece is not None, f"{expression.operation.name} cannot tell where {index} comes from"
        return origin(piece, ())
    return expression, index


def _leaf(leaf: Leaf, index: Point | None) -> str:
    places = leaf.index if index is None else leaf.take(index).index
    if not places or index is None and all(isinstance(place, range) and place.start == 0 for place in places):
        return leaf.name
    return f"{leaf.name}[{', '.join(f'{axis}={_place(place)}' for axis, place in zip(leaf.axes, places, strict=True))}]"


def _piece(expression: Taken) -> str:
    """A piece of an expression as a whole: the index moves inwards where that is plain to read."""
    whole, places = expression.whole, expression.places
    inner = whole.operation.inwards(whole, places) if isinstance(whole, Derived) else None
    if inner is not None:
        return describe(inner, None)
    return f"{bracketed(whole)}[{', '.join(map(_place, places))}]"


def _place(place: Place) -> str:
    if isinstance(place, int):
        return str(place)
    if isinstance(place, range) and place.step == 1:
        return f"{place.start}:{place.stop}"
    if len(place) > MANY:  # a whole vocabulary in some order
        return "{" + ",".join(map(str, place[:3])) + f",… {len(place)} in all" + "}"
    return "{" + ",".join(map(str, place)) + "}"


def _binds(expression: Expression) -> int:
    if isinstance(expression, Leaf):
        return TIGHT
    if isinstance(expression, Taken):
        return _binds(expression.whole)
    binds = expression.operation.binds
    return _binds(expression.operands[0]) if binds is None else binds


def bracketed(expression: Expression) -> str:
    """The whole in words; in brackets where what stands beside it would bind stronger."""
    words = describe(expression, None)
    return words if _binds(expression) == TIGHT else f"({words})"


# — the words of operations ————————————————————————————————————————————————————————


def signed(sign: str, needs: int) -> Words:
    """a + b; an operand that binds less than it needs stands in brackets."""

    def words(derived: Derived, index: Point | None) -> str:
        told = []
        for operand in derived.operands:
            inner = describe(operand, _broadcast(operand, index))
            told.append(inner if _binds(operand) >= needs else f"({inner})")
        return f" {sign} ".join(told)

    return words


def _broadcast(operand: Expression, index: Point | None) -> Point | None:
    """The place in an operand that a place in the result was made of."""
    if index is None:
        return None
    inner = index[len(index) - len(operand.shape) :]
    return tuple(0 if size == 1 else place for size, place in zip(operand.shape, inner, strict=True))


def called(name: str) -> Words:
    """exp(a)"""
    return lambda derived, index: f"{name}({describe(derived.operands[0], index)})"


def product(derived: Derived, index: Point | None) -> str:
    """Σ of 8 products: a · b"""
    left, right = derived.operands
    if index is None:
        return f"{bracketed(left)} @ {bracketed(right)}"
    batch, count = list(index), range(left.shape[-1])
    column = [batch.pop()] if len(right.shape) > 1 else []
    row = [batch.pop()] if len(left.shape) > 1 else []
    a = left.take((*_batch(left, batch), *row, count))
    b = right.take((*_batch(right, batch), count, *column))
    return f"Σ of {len(count)} products: {bracketed(a)} · {bracketed(b)}"


def _batch(operand: Expression, batch: list[int]) -> list[int]:
    """The part of a batch index that an operand of a matrix product has."""
    extra = max(len(operand.shape) - 2, 0)
    return batch[len(batch) - extra :] if extra else []


def reduced(name: str) -> Words:
    """mean of 8 terms: a"""

    def words(derived: Derived, index: Point | None) -> str:
        operand, axis = derived.operands[0], derived.options["axis"]
        count = math.prod(operand.shape) if axis is None else operand.shape[axis]
        if index is not None and axis is not None:
            operand = operand.take((*index[:axis], range(count), *index[axis:]))
        return f"{name} of {count} {_terms(operand)}: {describe(operand, None)}"

    return words


def running(derived: Derived, index: Point | None) -> str:
    """Σ of the first 3 terms: a"""
    operand, axis = derived.operands[0], derived.options["axis"]
    if index is not None:
        operand = operand.take((*index[:axis], range(index[axis] + 1), *index[axis + 1 :]))
    count = "n" if index is None else index[axis] + 1
    return f"Σ of the first {count} {_terms(operand)}: {describe(operand, None)}"


def _terms(operand: Expression) -> str:
    return "products" if _binds(operand) == PRODUCT else "terms"


def softmaxed(derived: Derived, index: Point | None) -> str:
    """softmax(a) at 3"""
    operand, axis = derived.operands[0], derived.options["axis"]
    if index is None:
        return f"softmax({describe(operand, None)})"
    row = operand.take((*index[:axis], range(operand.shape[axis]), *index[axis + 1 :]))
    return f"softmax({describe(row, None)}) at {index[axis]}"


def transposed(derived: Derived, index: Point | None) -> str:
    """As the operand, whose axes are named anyway."""
    return describe(derived.operands[0], None)


def together(how: str) -> Words:
    """(a, … 3 in all)"""
    return lambda derived, index: f"({describe(derived.operands[0], None)}, … {len(derived.operands)} {how})"


# — pieces of an operation's result, as pieces of its operands ——————————————————————


def elementwise(derived: Derived, places: Sequence[Place]) -> Expression | None:
    """(a + b)[i] = a[i] + b[i], where neither is stretched."""
    if any(operand.shape not in ((), derived.shape) for operand in derived.operands):
        return None
    operands = tuple(operand.take(places) if operand.shape else operand for operand in derived.operands)
    shape = tuple(len(place) for place in places if not isinstance(place, int))
    return Derived(derived.operation, operands, shape, derived.options)


def turned(derived: Derived, places: Sequence[Place]) -> Expression:
    """aᵀ[i, j] = a[j, i]"""
    return derived.operands[0].take(places[::-1])


def chosen(derived: Derived, places: Sequence[Place]) -> Expression | None:
    """stack(a, b)[1] = b"""
    first, *rest = places
    return derived.operands[first].take(rest) if isinstance(first, int) else None


def part(derived: Derived, places: Sequence[Place]) -> Expression | None:
    """concatenate(a, b)[i] = a[i], or b[i − len(a)]"""
    axis = derived.options["axis"]
    place = places[axis]
    if not isinstance(place, int):
        return None
    for operand in derived.operands:
        if place < operand.shape[axis]:
            return operand.take((*places[:axis], place, *places[axis + 1 :]))
        place -= operand.shape[axis]
    raise IndexError(f"{places[axis]} is out of range")
