"""Which places of which recorded tensors a number, or a whole tensor, comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model.numbers.tensor import Tensor
from model.numbers.tree import Derived, Expression, Leaf, Place, Recorded, Taken
from scenes.kit.words.tokens import display
from studio.audit.checks.naming import vocabulary_along

LAYER = re.compile(r"(?:encoder\.|decoder\.)?blocks\.(\d+)\.")
VOCABULARY = ("vocab", "word")  # axes whose places are words of the vocabulary
GIVEN_OUT = ("logits", "probs")  # tensors of what comes out
WORD_AXES = ("position", "query", "key")  # axes whose places are words of the text


@dataclass(frozen=True)
class Spot:
    """One place along an axis of a recorded tensor of a run; `axis` is also "layer", and "head" of one switched off.

    name: the tensor's whole name, `tensor` as texts on screen have it."""

    tensor: str
    axis: str
    place: int
    run: str
    name: str = ""


def reach(expression: Expression, places: Sequence[Place]) -> Iterator[Leaf]:
    """The leaves that a piece of an expression is made of, each cut to the part that is needed, as far as that is
    plain."""
    if isinstance(expression, Leaf):
        yield expression.take(places)
    elif isinstance(expression, Taken):
        yield from reach(expression.whole, _composed(expression.places, places))
    else:
        for operand, inner in _operands(expression, places):
            yield from reach(operand, inner)


def whole(expression: Expression) -> tuple[Place, ...]:
    return tuple(map(range, expression.shape))


def _operands(derived: Derived, places: Sequence[Place]) -> Iterator[tuple[Expression, Sequence[Place]]]:
    """What a piece of an operation's result needs of its operands."""
    name, operands = derived.operation.name, derived.operands
    if name == "transpose":
        yield operands[0], places[::-1]
    elif name == "stack":
        first, *rest = places
        for k in [first] if isinstance(first, int) else first:
            yield operands[k], rest
    elif derived.operation.moves:
        inner = derived.operation.inwards(derived, places)
        pairs = [(operand, whole(operand)) for operand in operands]
        yield from pairs if inner is None else [(inner, whole(inner))]
    elif name == "matmul":
        yield from _factors(operands, list(places))
    elif name in ("sum", "mean", "max", "min"):
        axis, operand = derived.options["axis"], operands[0]
        cut = whole(operand) if axis is None else (*places[:axis], range(operand.shape[axis]), *places[axis:])
        yield operand, cut
    else:
        yield from ((operand, _broadcast(operand, places)) for operand in operands)


def _factors(operands: tuple[Expression, ...], batch: list[Place]) -> Iterator[tuple[Expression, Sequence[Place]]]:
    left, right = operands
    count = range(left.shape[-1])
    column = [batch.pop()] if len(right.shape) > 1 else []
    row = [batch.pop()] if len(left.shape) > 1 else []
    for operand, own in ((left, [*row, count]), (right, [count, *column])):
        extra = max(len(operand.shape) - 2, 0)
        yield operand, [*batch[len(batch) - extra :], *own] if extra else own


def _broadcast(operand: Expression, places: Sequence[Place]) -> list[Place]:
    inner = places[len(places) - len(operand.shape) :] if operand.shape else ()
    pairs = zip(operand.shape, inner, strict=True)
    return [place if size > 1 or isinstance(place, int) and not place else 0 for size, place in pairs]


def _composed(outer: Sequence[Place], inner: Sequence[Place]) -> list[Place]:
    """The places of places."""
    rest = iter(inner)
    return [old if isinstance(old, int) else _picked(old, next(rest)) for old in outer]


def _picked(old: range | tuple[int, ...], place: Place) -> Place:
    return old[place] if isinstance(place, int) else tuple(old[i] for i in place)


class Where:
    """Remembers the leaves of tensors, and the words at places.

    traces: run → Trace."""

    def __init__(self, traces: Mapping[str, Any]):
        self.traces = traces
        self.known: dict[int, tuple[Tensor, tuple[Leaf, ...]]] = {}

    def leaves(self, tensor: Tensor) -> tuple[Leaf, ...]:
        """What a tensor as a whole is made of."""
        if id(tensor) not in self.known:
            self.known[id(tensor)] = tensor, tuple(reach(tensor.expression, whole(tensor.expression)))
        return self.known[id(tensor)][1]

    def spots(self, tensors: Iterable[Tensor]) -> set[Spot]:
        """Where along their axes the recorded tensors that they are made of have one place."""
        leaves = (leaf for tensor in tensors for leaf in self.leaves(tensor))
        return {spot for leaf in leaves if isinstance(leaf, Recorded) for spot in self._of(leaf)}

    def _of(self, leaf: Recorded) -> Iterator[Spot]:
        short = short_name(leaf.name)
        patch = self.patch(leaf.run)
        for axis, place in zip(leaf.axes, leaf.index, strict=True):
            if isinstance(place, int) and not (patch and axis == "position" and short in GIVEN_OUT):
                yield Spot(short, axis, place, leaf.run, leaf.name)
        if patch:
            yield from self._carried(short, leaf.run, patch)
        if layer := LAYER.match(leaf.name):
            yield Spot(short, "layer", int(layer[1]), leaf.run)
        for layer_off, head in self.switched_off(leaf.run):
            yield Spot(short, "layer", layer_off, leaf.run)
            yield Spot(short, "head", head, leaf.run)

    def patch(self, run: str) -> dict[str, Any] | None:
        """What was carried over into a run (`Carried.told`)."""
        found: dict[str, Any] | None = getattr(self.traces.get(run), "info", {}).get("patch")
        return found

    def _carried(self, short: str, run: str, patch: dict[str, Any]) -> Iterator[Spot]:
        """Where a row was carried over: what comes out of such a run is told by it."""
        places = {"position": patch["position"], "layer": int(patch["name"].split(".")[1]), "head": patch["head"]}
        for axis, place in places.items():
            if place is not None:
                yield Spot(short, axis, place, run)
        yield Spot(short, "position", patch["position"], patch["donor"])

    def switched_off(self, run: str) -> list[tuple[int, int]]:
        """The (layer, head) without which a run was made."""
        info = getattr(self.traces.get(run), "info", {})
        return [(int(layer), int(head)) for layer, head in info.get("ablate") or ()]

    def words(self, spots: Iterable[Spot]) -> set[str]:
        """The words of the texts and vocabularies at these places, as they are shown."""
        return {word for spot in spots for word in self.word(spot)}

    def words_of(self, tensors: Iterable[Tensor]) -> set[str]:
        """The words at the single places of tensors; where there are none, those of a vocabulary that are listed."""
        tensors = list(tensors)
        if single := self.words(self.spots(tensors)):
            return single
        leaves = (leaf for tensor in tensors for leaf in self.leaves(tensor) if isinstance(leaf, Recorded))
        listed = {
            Spot(leaf.name, axis, place, leaf.run)
            for leaf in leaves
            for axis, places in zip(leaf.axes, leaf.index, strict=True)
            if axis in VOCABULARY and isinstance(places, tuple)
            for place in places
        }
        return self.words(listed)

    def word(self, spot: Spot) -> Iterator[str]:
        trace: Any = self.traces.get(spot.run)
        words = (
            () if trace is None or spot.axis not in VOCABULARY else vocabulary_along(trace, spot.name or spot.tensor)
        )
        if trace is not None and spot.axis in WORD_AXES:
            along = getattr(trace, "tokens_along", None)
            words = getattr(trace, "tokens", ()) if along is None else along(spot.name, spot.axis)
        if spot.place < len(words):
            yield display(words[spot.place])


def short_name(name: str) -> str:
    """The last part of a tensor's name, as texts on screen have it: "pattern", "ln1.normalized"."""
    parts = name.split(".")
    return ".".join(parts[-2:]) if parts[-1] in ("normalized", "w", "b", "scale", "mean") else parts[-1]
