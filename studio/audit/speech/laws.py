"""What a text says of shapes: how many there are of something, what stands for what, who asks whom, whose q it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.numbers.tree import Given, Leaf, Recorded
from scenes.kit.ground.encodings import Area, Encoding, Shade, Thickness
from scenes.kit.ground.readings import Cell, Cells
from scenes.kit.ground.say import Said
from studio.audit.checks.naming import vocabularies_of
from studio.audit.findings import Defect
from studio.audit.speech.places import WORD_AXES, Spot, Where

COUNTED = re.compile(r"\s+(?:held-out )?(numbers|products|entries|dimensions|words|rows|seeds|columns)\b")
HIDDEN = re.compile(r"\s+words behind ⋯")
INSIDE = ("numbers", "products", "entries", "dimensions")  # of a vector …
OUTSIDE = (
    *WORD_AXES,
    "head",
    "layer",
    "vocab",
    "word",
)  # … and these are the axes along which vectors follow each other
INTO = re.compile(r"(\d[\d,]*) numbers (?:in, (\d[\d,]*) out|into (\d[\d,]*))")
ROOT = re.compile(r"√(\d+)\b")
SIDES = re.compile(r"\b(rows|columns) (?:are (queries|keys)|(ask)\b)|\b(rows|columns) are (asked)\b")
ASKS = {"queries": "query", "keys": "key", "ask": "query", "asked": "key"}
PROPORTIONAL = re.compile(r"([a-z]+(?: [a-z]+)?) ∝ (√|cube root|)")
POWERS = {"": 1.0, "√": 1 / 2, "cube root": 1 / 3}
SIGNS = re.compile(r"\b(blue|red) ([+−])")
OWNED = re.compile(r"\b([qkvx])(\d+)\b|\b([qkvx]) of “([^”]+)”")
MADE = {"q": {"q", "rot_q"}, "k": {"k", "rot_k"}, "v": {"v"}, "x": {"normalized", "ln1.normalized", "resid_pre"}}


Shape = tuple[tuple[str, int], ...]


# ── how many ─────────────────────────────────────────────────────────────────────────────────────
def check_sizes(text: Said, tensors: Sequence[Tensor], where: Where) -> Iterator[Defect]:
    """“64 numbers”, “1,646 words”: something that is shown or spoken of has so many."""
    shapes = list(shapes_of(tensors, where))
    matrices = {(a[1], b[1]) for shape in shapes for a, b in combinations(shape, 2)}
    for span in getattr(text, "spans", ()):
        noun = COUNTED.match(text, span.end)
        if (
            noun
            and not HIDDEN.match(text, span.end)
            and isinstance(span.value, int)
            and span.value not in sizes_for(noun[1], shapes, where)
        ):
            yield Defect("false claim", f"nothing that is shown has {span.value} {noun[1]}, as “{text}” says")
    for match in INTO.finditer(text):
        pair = tuple(int(digits.replace(",", "")) for digits in match.groups() if digits)
        if matrices and pair not in matrices:
            yield Defect("false claim", f"no matrix that is shown makes {pair[0]} numbers {pair[1]}, as “{text}” says")
    configs: list[Any] = [getattr(trace, "config", None) for trace in where.traces.values()]
    roots = {size for config in configs if config is not None for size in (config.d_head, config.d_model)}
    for root in ROOT.findall(text):
        if roots and int(root) not in roots:
            there = " or ".join(map(str, sorted(roots)))
            yield Defect(
                "false claim", f"“√{root}” in “{text}”: no row has so many numbers", expected=there, shown=root
            )


def check_hidden(text: Said, drawn: Iterable[Encoding], rows: Iterable[int], where: Where) -> Iterator[Defect]:
    """“40 words behind ⋯”: of something that is drawn so many words have no place. rows: how many words stand in each
    row of words that has a ⋯."""
    said = [span for span in getattr(text, "spans", ()) if HIDDEN.match(text, span.end)]
    left = left_out(drawn) if said else set()
    left |= {len(trace) - count for trace in where.traces.values() for count in rows}
    for span in said:
        if span.value not in left:
            what, there = f"not so many words are left out, as “{text}” says", " or ".join(map(str, sorted(left)))
            yield Defect("false claim", what, expected=there, shown=str(span.value))


def left_out(drawn: Iterable[Encoding]) -> set[int]:
    """Of how many words each tensor has no number drawn, where it has of others."""
    seen: dict[tuple[int, int], tuple[int, set[int]]] = {}  # by tensor and axis: all words, and those that are there
    for cell in [part for one in drawn if isinstance(part := one.cell, (Cell, Cells))]:
        for axis, (name, place) in enumerate(zip(cell.tensor.axes, cell.index, strict=False)):
            if name in WORD_AXES:
                _, there = seen.setdefault((id(cell.tensor), axis), (cell.tensor.shape[axis], set()))
                there.update(np.ravel(place).tolist())
    return {count - len(there) for count, there in seen.values()}


def sizes_for(noun: str, shapes: Sequence[Shape], where: Where) -> set[int]:
    """How many there may be of something: numbers of rows, products and dimensions of vectors, and so on."""
    sizes = {size for shape in shapes for axis, size in shape if noun not in INSIDE or axis not in OUTSIDE}
    if noun == "words":
        return sizes | {len(words) for trace in where.traces.values() for words in vocabularies_of(trace)}
    both = {a[1] * b[1] for shape in shapes for a, b in combinations(shape, 2) if a[0] == "head" or noun not in INSIDE}
    return sizes | both


def shapes_of(tensors: Iterable[Tensor], where: Where) -> Iterator[Shape]:
    """(axis, size) along all axes of tensors, and of what they are made of, both the piece and the whole."""
    for tensor in tensors:
        yield tuple(zip(tensor.axes, tensor.shape, strict=True))
        for leaf in where.leaves(tensor):
            pieces = zip(leaf.axes, leaf.index, strict=True)
            yield tuple((axis, len(place)) for axis, place in pieces if not isinstance(place, int))
            trace = where.traces.get(leaf.run) if isinstance(leaf, Recorded) else None
            yield tuple(zip(leaf.axes, whole_shape(leaf, trace), strict=False))


def whole_shape(leaf: Leaf, trace: Any) -> tuple[int, ...]:
    """That of the table which a leaf is a piece of."""
    if isinstance(leaf, Given):
        return leaf.table.shape
    if trace is None:
        return ()
    return trace.shape(leaf.name) if isinstance(trace, Trace) else trace[leaf.name].shape


# ── what stands for what ─────────────────────────────────────────────────────────────────────────
def check_laws(text: Said, drawn: Iterable[Encoding]) -> Iterator[Defect]:
    """“dot area ∝ weight”: something that is shown is drawn like that. “blue +, red −”: so are signs."""
    drawn = list(drawn)
    for match in PROPORTIONAL.finditer(text):
        phrase, power = match[1], POWERS[match[2]]
        kind = next((kind for word, kind in LAWS.items() if phrase.endswith(word)), None)
        shades = [one.power for one in drawn if isinstance(one, Shade)]
        right = any(abs(power - one) < 1e-6 for one in shades) if kind is Shade else kind is not None and power == 1
        if not right or not any(isinstance(one, kind or Shade) for one in drawn):
            yield Defect("false claim", f"“{match[0].strip()}” in “{text}”: nothing is drawn like that")
    for match in SIGNS.finditer(text):
        if (match[1] == "blue") != (match[2] == "+"):
            yield Defect("false claim", f"“{match[0]}” in “{text}”: blue is above zero, red below", shown=match[0])


LAWS: Mapping[str, type] = {"area": Area, "line width": Thickness, "brightness": Shade}


def check_sides(text: Said, shown: Iterable[Tensor]) -> Iterator[Defect]:
    """“rows are queries”, “columns are asked”: so do the tables that are shown."""
    tables = [tensor for tensor in shown if {"query", "key"} <= set(tensor.axes)]
    for match in SIDES.finditer(text):
        side, axis = match[1] or match[4], ASKS[match[2] or match[3] or match[5]]
        other = "key" if axis == "query" else "query"
        first, last = (axis, other) if side == "rows" else (other, axis)
        for table in tables:
            if table.axes.index(first) > table.axes.index(last):
                drawn = ", ".join(table.axes)
                yield Defect("false claim", f"“{match[0]}” in “{text}”: {table.source()} is drawn as [{drawn}]")


# ── whose ────────────────────────────────────────────────────────────────────────────────────────
def check_owners(text: Said, tensors: Sequence[Tensor], where: Where) -> Iterator[Defect]:
    """“q8 · k1”, “q of “cat””: the query that is shown is that of position 8, that of “cat”."""
    spots = [spot for spot in where.spots(tensors) if spot.axis in WORD_AXES]
    for match in OWNED.finditer(text):
        own = [spot for spot in spots if spot.tensor in MADE[match[1] or match[3]]]
        there: set[Any] = {spot.place for spot in own} if match[2] else where.words(own)
        said: Any = int(match[2]) if match[2] else match[4]
        if own and said not in there:
            right = ", ".join(sorted(map(str, there)))
            yield Defect("false claim", f"“{match[0]}” in “{text}”: what is shown is of {right}", expected=right)


__all__ = ["Spot", "check_hidden", "check_laws", "check_owners", "check_sides", "check_sizes"]
