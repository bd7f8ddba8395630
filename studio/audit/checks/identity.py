"""What a number is: its places in recorded tensors, the run, the tensor, and what was given to make it.

Followed through pieces, moves and operations down to the leaves; where parts of a number have different places along an
axis, it has none there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from model.numbers.origins import Drawn, Measured
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace, of_source
from model.numbers.tree import Derived, Expression, Given, Leaf, Place, Point, Recorded, Taken
from scenes.kit.ground.readings import Cell

LAYER = re.compile(r"blocks\.(\d+)\.(?:.*\.)?(\w+)")
GIVEN_OUT = ("logits", "probs")
SOURCE = "source along"  # an axis: whether its places are words that an encoder reads
REDUCED = ("sum", "mean", "max", "min")

What = int | float | str
Names = dict[str, tuple[What, str]]  # axis → (place, run); also "run", "tensor", "layer", "seed", "temperature" …
Traces = Mapping[str, Trace]


class Runs(dict[str, Trace]):
    """The runs of a lesson by their ids; names that have been found in them are kept until there is one more."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[tuple[int, Point | None], tuple[Expression, Names]] = {}  # by the expression's id and a place

    def __setitem__(self, run: str, trace: Trace) -> None:
        self.names.clear()
        super().__setitem__(run, trace)


def names_of_cell(cell: Cell, traces: Traces | None = None) -> Names:
    """The names of a number on screen; none where it has no source."""
    return names_of(cell.tensor.expression, cell.index, traces) if isinstance(cell.tensor, Tensor) else {}


def names_of(expression: Expression, index: Point | None = None, traces: Traces | None = None) -> Names:
    """The names of one number, or of all of an expression."""
    known, key = getattr(traces, "names", {}), (id(expression), index)
    if key not in known:
        whole = expression if index is None or not expression.shape else expression.take(index)
        known[key] = expression, _names(whole, traces or {})
    return {**known[key][1]}


def _names(expression: Expression, traces: Traces) -> Names:
    if isinstance(expression, Leaf):
        return _of_leaf(expression, traces)
    if isinstance(expression, Derived):
        return merged(_names(operand, traces) for operand in expression.operands)
    if isinstance(expression.whole, Taken):
        return _names(expression.whole.whole.take(_composed(expression.whole.places, expression.places)), traces)
    if isinstance(expression.whole, Leaf):
        return _names(expression.whole.take(expression.places), traces)
    return _of_piece(expression.whole, expression.places, traces)


def _of_piece(whole: Derived, places: Sequence[Place], traces: Traces) -> Names:
    """Of a piece of a derived tensor: the index moves inwards as far as it goes."""
    name, inner = whole.operation.name, whole.operation.inwards(whole, places)
    single = [operand for operand in whole.operands if not operand.shape]
    if 0 < len(single) < len(whole.operands):  # what all numbers are divided by and the like names none of them
        others = [_names(_stretched(operand, places), traces) for operand in whole.operands if operand.shape]
        return merged(_names(operand, traces) for operand in single) | merged(others)
    if inner is not None:
        return _names(inner, traces)
    if name == "matmul":
        left, right = whole.operands
        column = [places[-1]] if len(right.shape) > 1 else []
        row = list(places[: len(left.shape) - 1])
        parts = [left.take([*row, range(left.shape[-1])])]
        batch = [range(n) for n in right.shape[: -2 if column else -1]]
        parts.append(right.take([*batch, range(right.shape[-2 if column else -1]), *column]))
        rows, columns = (_names(part, traces) for part in parts)
        return columns | rows if row else rows | columns
    axis = whole.options.get("axis")
    if name in REDUCED:
        operand = whole.operands[0]
        inside = [] if axis is None else [*places[:axis], range(operand.shape[axis]), *places[axis:]]
        return _names(operand.take(inside) if inside else operand, traces)
    if name in ("softmax", "cumsum"):
        return _names(whole.operands[0].take(places), traces)
    if name in ("stack", "concatenate"):
        return merged(_names(operand, traces) for operand in whole.operands)
    return merged(_names(_stretched(operand, places), traces) for operand in whole.operands)


def _stretched(operand: Expression, places: Sequence[Place]) -> Expression:
    """The part of an operand that a part of the result is made of; an axis of one stands for all."""
    own = places[len(places) - len(operand.shape) :]
    return operand.take([0 if n == 1 else p for n, p in zip(operand.shape, own, strict=True)]) if own else operand


def _composed(outer: Sequence[Place], inner: Sequence[Place]) -> list[Place]:
    """Places in the whole of the places of a piece."""
    rest, found = iter(inner), list[Place]()
    for place in outer:
        if isinstance(place, int):
            found.append(place)
            continue
        chosen = next(rest)
        found.append(place[chosen] if isinstance(chosen, int) else tuple(place[k] for k in chosen))
    return found


def _of_leaf(leaf: Leaf, traces: Traces) -> Names:
    run = leaf.run if isinstance(leaf, Recorded) else ""
    names: Names = {axis: (p, run) for axis, p in zip(leaf.axes, leaf.index, strict=True) if isinstance(p, int)}
    if isinstance(leaf, Given):
        return names | _of_given(leaf)
    names["run"] = (run, run)
    names["tensor"] = (leaf.name.rpartition(".")[2], run)
    names["name"] = (leaf.name, run)
    if getattr(traces.get(run), "source_tokens", ()):
        names |= {f"{SOURCE} {axis}": (of_source(leaf.name, axis), run) for axis in leaf.axes if axis in names}
    if layer := LAYER.match(leaf.name):
        names["layer"] = (int(layer[1]), run)
    names |= {f"{axis} of {run}": names[axis] for axis in ("head", "layer") if axis in names and run}
    trace = traces.get(run)
    if trace is not None and trace.info.get("patch") and names["tensor"][0] in GIVEN_OUT:
        names |= _of_patch(trace.info["patch"], run)
    for off, head in () if trace is None else trace.info.get("ablate", ())[:1]:
        names |= {"layer off": (off, ""), "head off": (head, "")}
    return names


def _of_patch(patch: Mapping[str, Any], run: str) -> Names:
    """What comes out of a run into which a row was carried over is named by that row."""
    name, head = patch["name"], {} if patch["head"] is None else {"head": (patch["head"], run)}
    layer = int(name.split(".")[1])
    return {"position": (patch["position"], run), "layer": (layer, run), "carried": (name, run), **head}


def _of_given(leaf: Given) -> Names:
    """What the name of a constant says of it."""
    if isinstance(leaf.origin, Drawn):
        return {"seed": (leaf.origin.seed, ""), "draw": (leaf.origin.draw, "")}
    if leaf.name == "temperature":
        return {"temperature": (float(np.asarray(leaf.table)), "")}
    if isinstance(leaf.origin, Measured):
        return {"positions": (settings_of(leaf.origin.folder)["positions"], "")}
    return {}


@cache
def settings_of(folder: Path) -> dict[str, Any]:
    """How the model of a checkpoint is built; one of another program, as it was read."""
    file = folder / "config.json"
    about: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    if "model" in about:
        return dict(about["model"])
    from model.runs.checkpoints import load

    return load(folder).config.to_dict()


def merged(parts: Iterable[Names]) -> Names:
    """What parts say together: where two places along an axis differ, there is none."""
    found: dict[str, Any] = {}
    for names in parts:
        for axis, place in names.items():
            before = found.get(axis, place)
            found[axis] = _one(before, place)
    return {axis: place for axis, place in found.items() if place is not None}


def _one(one: tuple[What, str] | None, other: tuple[What, str]) -> tuple[What, str] | None:
    """Two places that are the same; of one that was given (a mask, say) the run of the other counts, and of the same
    place in two runs (their difference, say) none."""
    if one is None or one[0] != other[0]:
        return None
    if one[1] and other[1] and one[1] != other[1]:
        return one[0], ""
    return one if one[1] else other


def shared(parts: Sequence[Names]) -> Names:
    """The places that all of them have."""
    first, *others = parts or [{}]
    return {axis: place for axis, place in first.items() if all(other.get(axis) == place for other in others)}


__all__ = ["Names", "Traces", "merged", "names_of", "names_of_cell", "shared"]
