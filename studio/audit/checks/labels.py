"""The check of labels: a word beside a row, a column or a bar is the name of what stands there.

A label that names an index (“head 3”, a word of the text or of the vocabulary) is compared with the cells in its line:
each cell knows, through pieces and moves, which places of recorded tensors it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.numbers.trace import Trace
from model.numbers.tree import Derived, Expression, Leaf, Point, Recorded
from model.numbers.words import origin
from scenes.kit.attention.wall import PatternWall
from scenes.kit.ground.encodings import Area, Mark, Place
from scenes.kit.ground.painting import Painted
from scenes.kit.ground.readings import Cell, Cells, Reading
from scenes.kit.ground.text import Label
from scenes.kit.words.tokens import TokenNumbers, TokenRow, display
from studio.audit.checks.sources import Sources
from studio.audit.findings import Defect
from studio.audit.screen import VISIBLE, Screen, is_painted

NUMBERED = re.compile(r"(?:(head|layer|block|position|entry) )(\d+)")
AXES = {"block": "layer", "entry": "d_model"}  # what a word on screen calls an axis
WORDS = ("position", "query", "key")  # axes whose places are words of the text
NEAR = 2.5  # em: how far a number may stand from its word
BESIDE = 0.42  # em: how far the middles of a label and of a cell in its line may lie apart
LAYER = re.compile(r"blocks\.(\d+)\.")

Names = dict[str, tuple[int, str]]  # axis → (place, run)


@dataclass(frozen=True)
class Spot:
    """A cell on screen: its middle, and what it is a cell of."""

    x: float
    y: float
    names: Names

    @classmethod
    def at(cls, middle: Any, names: Names) -> Spot:
        x, y = middle
        return cls(float(x), float(y), names)


def check_labels(mobject: Painted, readings: list[Reading], sources: Sources) -> Iterator[Defect]:
    """Every label of a mobject against the cells in its row and in its column."""
    labels = [r for r in readings if r.opacity > VISIBLE and not any(isinstance(n.value, Cell) for n in r.numbers)]
    if not labels:
        return
    spots = list(spots_of(mobject, readings))
    for label in labels:
        x, y = _foot(label)
        reach = BESIDE * label.size
        lines = ([s for s in spots if abs(s.y - y) < reach], [s for s in spots if abs(s.x - x) < reach])
        yield from _compared(label, [common(line) for line in lines if line], sources)


def check_neighbours(mobject: Painted, readings: list[Reading], screen: Screen, sources: Sources) -> Iterator[Defect]:
    """A label of its own over or beside a panel; numbers under (or beside) the words of a row of tokens."""
    if isinstance(mobject, Label) and NUMBERED.fullmatch(mobject.text):
        walls = [other for other in screen.mobjects if isinstance(other, PatternWall) and is_painted(other)]
        for label in readings:
            spots = [spot for wall in walls for spot in spots_of(wall, ())]
            yield from _compared(label, _nearest(label, spots), sources)
    if isinstance(mobject, TokenNumbers):
        rows = [other for other in screen.mobjects if isinstance(other, TokenRow)]
        words = [word for row in rows for word in screen.readings[id(row)]]
        for spot in spots_of(mobject, readings):
            near = [w for w in words if np.hypot(*(w.corners.mean(axis=0) - (spot.x, spot.y))) < NEAR * w.size]
            if near:
                word = min(near, key=lambda w: float(np.hypot(*(w.corners.mean(axis=0) - (spot.x, spot.y)))))
                yield from _compared(word, [spot.names], sources)


def _nearest(label: Reading, spots: list[Spot]) -> list[Names]:
    """Of the spots below a label, and of those at its right, the nearest."""
    x, y = _foot(label)
    reach = BESIDE * label.size
    below = [s for s in spots if abs(s.x - x) < reach and s.y < y]
    right = [s for s in spots if abs(s.y - y) < reach and s.x > x]
    nearest = [*sorted(below, key=lambda s: -s.y)[:1], *sorted(right, key=lambda s: s.x)[:1]]
    return [spot.names for spot in nearest]


def _compared(label: Reading, named: list[Names], sources: Sources) -> Iterator[Defect]:
    """A label, or each word that is said in it, against the names of what stands in its lines."""
    said = [number.value for number in label.numbers if isinstance(number.value, str)]
    for text in (label.text, *said):
        if named and (right := _right(text, named, sources.traces)) is not None:
            yield Defect("wrong label", f"“{text}” stands beside {right}", expected=right, shown=text)


def spots_of(mobject: Painted, readings: Iterable[Reading]) -> Iterator[Spot]:
    """All cells that a mobject shows as digits or shapes."""
    for reading in readings:
        for shown in reading.numbers:
            if isinstance(shown.value, Cell):
                middle = (reading.corners if reading.area is None else reading.area).mean(axis=0)
                yield Spot.at(middle, names_of(shown.value.tensor.expression, shown.value.index))
    for mark in mobject.marks():
        yield from _spots_of_mark(mark)


def _spots_of_mark(mark: Mark) -> Iterator[Spot]:
    if mark.kind == "path":
        yield from _spots_of_parts(mark)
    if mark.kind not in ("rectangle", "circle", "image"):
        return
    for encoding in mark.shows:
        if isinstance(encoding, Place) and encoding.at != "end":
            continue  # a dot on an axis stands beside its value, not in a line with a label
        what = encoding.cell
        if isinstance(what, Cell):
            middle = mark.points.reshape(-1, 2).mean(axis=0)
            yield Spot.at(middle, names_of(what.tensor.expression, what.index))
        elif isinstance(what, Cells):
            yield from _spots_of_cells(mark, what)


def _spots_of_cells(mark: Mark, cells: Cells) -> Iterator[Spot]:
    index = np.broadcast_arrays(*(np.asarray(part) for part in cells.index))
    places = np.stack([part.ravel() for part in index], axis=-1)
    if mark.kind == "image":  # a strip: one spot at the middle of its row
        if index[0].ndim == 1 or index[0].shape[0] == 1:
            names = [names_of(cells.tensor.expression, tuple(map(int, place))) for place in places[[0, -1]]]
            yield Spot.at(mark.points.mean(axis=0), _shared(names))
        return
    middles = mark.points if mark.kind == "circle" else mark.points.mean(axis=-2)
    for middle, place in zip(middles, places, strict=True):
        yield Spot.at(middle, names_of(cells.tensor.expression, tuple(map(int, place))))


def _spots_of_parts(mark: Mark) -> Iterator[Spot]:
    """A panel of dots is one spot: its middle, and what all of its cells have in common."""
    places = {encoding.axis: encoding for encoding in mark.shows if isinstance(encoding, Place)}
    areas = [encoding.cell for encoding in mark.shows if isinstance(encoding, Area)]
    if len(places) == 2 and areas and isinstance(areas[0], Cells):
        count = areas[0].tensor.shape[-1] - 1
        local = [places[axis].zero + places[axis].unit * count / 2 for axis in "xy"]
        x, y = mark.matrix[:, :2] @ local + mark.matrix[:, 2]
        corners = [names_of(areas[0].tensor.expression, (i, j)) for i, j in ((0, 0), (count, count))]
        yield Spot.at((x, y), _shared(corners))


def common(spots: list[Spot]) -> Names:
    """The places that all of them have in common."""
    return _shared([spot.names for spot in spots])


def _shared(names: list[Names]) -> Names:
    return {axis: place for axis, place in names[0].items() if all(other.get(axis) == place for other in names[1:])}


def names_of(expression: Expression, index: Point) -> Names:
    """axis → (place, run) of the recorded tensors that one number comes from, where it has one place along an axis."""
    expression, index = origin(expression, index)
    if isinstance(expression, Leaf):
        places = expression.take(index).index
        run = expression.run if isinstance(expression, Recorded) else ""
        names: Names = {axis: (p, run) for axis, p in zip(expression.axes, places, strict=True) if isinstance(p, int)}
        if layer := LAYER.match(expression.name):
            names["layer"] = (int(layer[1]), run)
        return names
    if not isinstance(expression, Derived):
        return {}
    if expression.operation.name in ("softmax", "cumsum"):
        return names_of(expression.operands[0], index)
    inner = expression.operation.inwards(expression, index)
    if isinstance(inner, Derived):
        found = [names_of(operand, ()) for operand in inner.operands if operand.shape == ()]
        return {axis: place for names in reversed(found) for axis, place in names.items()}
    return {}


def _right(text: str, lines: list[Names], traces: dict[str, Trace]) -> str | None:
    """What a label should be, if it is no name of the cells in its lines; None where it is, or names nothing."""
    if numbered := NUMBERED.fullmatch(text):
        axis, place = AXES.get(numbered[1], numbered[1]), int(numbered[2])
        there = [names[axis][0] for names in lines if axis in names]
        return f"{numbered[1]} {there[0]}" if there and place not in there else None
    expected = [word for names in lines for word in _words(names, text, traces)]
    return f"“{expected[0]}”" if expected and text not in expected else None


def _words(names: Names, text: str, traces: dict[str, Trace]) -> Iterator[str]:
    """The words of the text or of the vocabulary that stand at these places, where `text` is such a word itself."""
    for axis, (place, run) in names.items():
        trace: Any = traces.get(run)
        words = () if trace is None else trace.vocabulary if axis == "vocab" else trace.tokens if axis in WORDS else ()
        if place < len(words) and text in {display(word) for word in words}:
            yield display(words[place])


def _foot(label: Reading) -> tuple[float, float]:
    """The middle of a label; of a slanted one, where it begins."""
    upper_left, upper_right, _, lower_left = label.corners
    slanted = abs(upper_right[1] - upper_left[1]) > 0.1 * label.size
    x, y = (upper_left + lower_left) / 2 if slanted else label.corners.mean(axis=0)
    return float(x), float(y)
