"""The check of labels: a word beside a row, a column or a bar is the name of what stands there.

A label that says of what it is the name (`of=`) is compared with that; every other with the cells in its line. Each
cell knows, through pieces and moves, which places of recorded tensors it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from types import NoneType

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.attention.pattern import AttentionArcs
from scenes.kit.attention.wall import PatternWall
from scenes.kit.ground.painting import Painted
from scenes.kit.ground.readings import Array, Cell, Index, Reading
from scenes.kit.ground.text import Caption, Heading, Label
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.sums import RowBars
from scenes.kit.words.links import Links
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import TokenNumbers, TokenRow
from studio.audit.checks.identity import Names, names_of, names_of_cell
from studio.audit.checks.naming import NUMBERED, misdirected, misnamed
from studio.audit.checks.repeated import elsewhere
from studio.audit.checks.spots import Spot, common
from studio.audit.findings import Defect
from studio.audit.numbers.sources import Sources
from studio.audit.screen import VISIBLE, Screen, is_painted

WEIGHT = re.compile(r"[Wb]_[A-Za-z]+")
NEAR = 2.5  # em: how far a number may stand from its word
GAP = 0.5  # scene units between a row of words and the end of a line that leads to it, at most
BESIDE = 0.42  # em: how far the middles of a label and of a cell in its line may lie apart


def check_labels(mobject: Painted, readings: list[Reading], screen: Screen, sources: Sources) -> Iterator[Defect]:
    """Every label of a mobject against what it says that it names, or the cells in its row and in its column."""
    if isinstance(mobject, (Caption, Heading)):
        return
    beside = any(isinstance(r.of, Index) or (r.of is None and not has_cells(r)) for r in readings)
    yield from compare_labels(readings, screen.spots(mobject, sources.traces) if beside else [], sources)


def compare_labels(readings: list[Reading], spots: list[Spot], sources: Sources) -> Iterator[Defect]:
    """The same for its texts, and its cells where they are."""
    labels = [r for r in readings if r.opacity > VISIBLE and (r.of is not None or not has_cells(r))]
    for reading in readings:
        yield from (_defect(*found) for found in misdirected(reading, sources.traces))
    boxes = Boxes(labels)
    for place, label in enumerate(labels):
        if label.of is not None:
            yield from _compared(label, [named(label, sources)], sources)
            yield from _weight(label)
        if not isinstance(label.of, (Index, NoneType)) or not spots:
            continue
        x, y = _foot(label)
        reach = BESIDE * label.size
        beside = boxes.in_column(place)
        lines = (
            [s for s in spots if abs(s.y - y) < reach],
            [
                s
                for s in spots
                if abs(s.x - x) < reach and not boxes.parted(place, s) and not any(begins(labels[k], s) for k in beside)
            ],
        )
        if label.of is None:
            told = [line for line in lines if line]
            if len(label.numbers) > 1 and len(lines[1]) == 1:  # “king − man + woman” over the end of one bar
                told.remove(lines[1])
            yield from _compared(label, [common(line) for line in told], sources)
        else:
            yield from _displaced(
                label, label.of, [common(line) for line in (lines[0], _under(label, lines[1])) if line]
            )


class Boxes:
    """Where labels stand, all at once: there may be hundreds, each of which is held against all others."""

    def __init__(self, labels: Sequence[Reading]):
        corners = np.array([label.corners for label in labels]).reshape(-1, 4, 2)
        (self.left, low), (self.right, high) = corners.min(axis=1).T, corners.max(axis=1).T
        self.height = (low + high) / 2
        self.middle = corners[..., 1].mean(axis=1)
        self.air = np.array([label.size for label in labels]) / 2

    def in_column(self, label: int) -> list[int]:
        """The other labels over or under a label."""
        over = np.maximum(self.left, self.left[label]) < np.minimum(self.right, self.right[label])
        over[label] = False
        return [int(other) for other in np.flatnonzero(over)]

    def parted(self, label: int, spot: Spot) -> bool:
        """Whether another label stands between a label and a cell below it, or above it: whose cell that is. Cells are
        up to an em wider than the word over them."""
        y = self.middle[label]
        over = (self.left - self.air < spot.x) & (spot.x < self.right + self.air)
        between = over & (min(y, spot.y) < self.height) & (self.height < max(y, spot.y))
        between[label] = False  # its own middle may be rounded off y
        return bool(between.any())


def _under(label: Reading, spots: list[Spot]) -> list[Spot]:
    """Those of them below a label: what stands above a word is the word's above."""
    return [spot for spot in spots if spot.y < _foot(label)[1]]


def _displaced(label: Reading, of: Index, lines: Sequence[Names]) -> Iterator[Defect]:
    """A label that says at which place it is, beside cells of another place."""
    for place in {names.get(of.axis, (of.place, ""))[0] for names in lines} - {of.place}:
        yield _defect(f"{label.text}, {of.axis} {of.place}", f"{of.axis} {place}")


def _weight(label: Reading) -> Iterator[Defect]:
    """“W_Q” as the name of another weight."""
    if isinstance(label.of, Tensor) and WEIGHT.fullmatch(label.text):
        there = {name.rpartition(".")[2] for name in label.of.leaves()}
        if label.text not in there:
            yield _defect(label.text, ", ".join(sorted(there)))


def begins(label: Reading, spot: Spot) -> bool:
    """Whether a label stands on the line of a cell, at its left: a short bar is the one of its own name."""
    x, y = _foot(label)
    return abs(spot.y - y) < BESIDE * label.size and x < spot.x


def named(label: Reading, sources: Sources) -> Names:
    """What a label says that it is the name of."""
    if isinstance(label.of, Index):
        return {label.of.axis: (label.of.place, "")}
    if isinstance(label.of, Cell):
        return names_of_cell(label.of, sources.traces)
    return {} if label.of is None else names_of(label.of.expression, None, sources.traces)


def has_cells(reading: Reading) -> bool:
    return any(isinstance(shown.value, Cell) for shown in reading.numbers)


def check_neighbours(mobject: Painted, readings: list[Reading], screen: Screen, sources: Sources) -> Iterator[Defect]:
    """What belongs to another mobject: a panel under a title, words over numbers, names of rows beside bars, the words
    at both ends of a line."""
    if isinstance(mobject, Label) and NUMBERED.fullmatch(mobject.text):
        walls = [other for other in screen.mobjects if isinstance(other, PatternWall) and is_painted(other)]
        for label in readings:
            spots = [spot for wall in walls for spot in screen.spots(wall, sources.traces)]
            yield from _compared(label, _nearest(label, spots), sources)
    if isinstance(mobject, TokenNumbers):
        words = words_of(mobject, screen)
        for spot in screen.spots(mobject, sources.traces):
            for word in word_at((spot.x, spot.y), words, NEAR, 0.0 if mobject.down else 1.0):
                yield from _of_a_row(words, word, spot.names, sources)
    if isinstance(mobject, RowBars):
        yield from _beside_rows(mobject, screen, sources)
    if isinstance(mobject, AttentionArcs):
        yield from _ends_of_arcs(mobject, screen, sources)
    if isinstance(mobject, Links):
        yield from _ends_of_links(mobject, screen)


def _beside_rows(bars: RowBars, screen: Screen, sources: Sources) -> Iterator[Defect]:
    """The names of a grid's rows against the bars in their lines."""
    grids = [grid for grid in screen.mobjects if isinstance(grid, TensorGrid)]
    labels = [r for grid in grids for r in screen.readings[id(grid)] if not has_cells(r)]
    for spot in screen.spots(bars, sources.traces):
        for label in labels:
            if abs(_foot(label)[1] - spot.y) < BESIDE * label.size and _foot(label)[0] < spot.x:
                yield from _compared(label, [spot.names], sources)


def _ends_of_arcs(arcs: AttentionArcs, screen: Screen, sources: Sources) -> Iterator[Defect]:
    """An arc leads from the word that is its weight's key to the word that is its query."""
    for mark in screen.marks(arcs):
        cells = [encoding.cell for encoding in mark.shows if isinstance(encoding.cell, Cell)]
        names = names_of_cell(cells[0], sources.traces) if cells else {}
        for axis, end in (("key", mark.points[0]), ("query", mark.points[-1])):
            row, words = word_beside(end, screen, arcs.down) if axis in names else ([], [])
            for word in words:
                yield from _of_a_row(row, word, {axis: names[axis]}, sources)


def _ends_of_links(links: Links, screen: Screen) -> Iterator[Defect]:
    """A link leads from a word to the same word, and no two to one."""
    seen: set[int] = set()
    for mark in screen.marks(links) if links.grown.min() > 0.99 else ():
        words = [word for end in (0, -1) for word in word_beside(mark.points[end], screen, links.down)[1]]
        texts = [word.text for word in words]
        if len(set(texts)) > 1:
            what = f"a line leads from “{texts[0]}” to “{texts[1]}”"
            yield Defect("wrong label", what, expected=texts[0], shown=texts[1])
        if seen & set(map(id, words)):
            yield Defect("wrong label", f"two lines lead from or to one “{texts[0]}”", shown=texts[0])
        seen |= set(map(id, words))


def _of_a_row(row: list[Reading], word: Reading, names: Names, sources: Sources) -> Iterator[Defect]:
    """A word of a row against the names of what belongs to it."""
    yield from _compared(word, [names], sources)
    yield from (_defect(*found) for found in elsewhere(row, word, names, sources.traces))


def words_of(numbers: TokenNumbers, screen: Screen) -> list[Reading]:
    """The words of the row of tokens that lies nearest to the numbers."""

    def away(row: Painted) -> tuple[float, float]:
        (low, high), (left, right) = ((m.points.min(axis=0), m.points.max(axis=0)) for m in (numbers, row))
        between = np.maximum(np.maximum(left - high, low - right), 0)
        return float(np.hypot(*between[:2])), float(np.hypot(*((low + high - left - right) / 2)[:2]))

    rows = [m for m in screen.mobjects if isinstance(m, (TokenRow, SentenceStrip)) and screen.readings[id(m)]]
    return screen.readings[id(min(rows, key=away))] if rows else []


def word_at(
    place: Array | tuple[float, float], words: list[Reading], within: float, across: float = 1.0
) -> list[Reading]:
    """The word nearest to a place, if one is within so many em. across: what a step sideways counts."""
    away = [float(np.hypot(*((w.corners.mean(axis=0) - place) * (across, 1.0)))) / w.size for w in words]
    nearest = int(np.argmin(away)) if away else 0
    return [words[nearest]] if away and away[nearest] < within else []


def word_beside(place: Array, screen: Screen, down: bool) -> tuple[list[Reading], list[Reading]]:
    """The words of the nearest row of tokens, and the one that a line at this place leads to. down: of a column."""

    def away(row: Painted) -> float:
        low, high = row.points.min(axis=0)[:2], row.points.max(axis=0)[:2]
        return float(np.hypot(*np.maximum(np.maximum(low - place, place - high), 0)))

    rows = [row for row in screen.mobjects if isinstance(row, (TokenRow, SentenceStrip))]
    rows = [row for row in rows if screen.readings[id(row)] and away(row) < GAP]
    words = screen.readings[id(min(rows, key=away))] if rows else []
    scale = np.array([0.0 if down else 1.0, 1.0])
    return words, sorted(words, key=lambda w: float(np.hypot(*((w.corners.mean(axis=0) - place) * scale))))[:1]


def _nearest(label: Reading, spots: list[Spot]) -> list[Names]:
    """Of the spots below a label, and of those at its right, the nearest."""
    x, y = _foot(label)
    reach = BESIDE * label.size
    below = [s for s in spots if abs(s.x - x) < reach and s.y < y]
    right = [s for s in spots if abs(s.y - y) < reach and s.x > x]
    nearest = [*sorted(below, key=lambda s: -s.y)[:1], *sorted(right, key=lambda s: s.x)[:1]]
    return [spot.names for spot in nearest]


def _compared(label: Reading, lines: Sequence[Names], sources: Sources) -> Iterator[Defect]:
    """A label against the names of what stands in its lines."""
    yield from (_defect(*found) for found in (misnamed(label, lines, sources.traces) if lines else ()))


def _defect(text: str, right: str) -> Defect:
    return Defect("wrong label", f"“{text}” stands beside {right}", expected=right, shown=text)


def _foot(label: Reading) -> tuple[float, float]:
    """The middle of a label; of a slanted one, where it begins."""
    upper_left, upper_right, _, lower_left = label.corners
    slanted = abs(upper_right[1] - upper_left[1]) > 0.1 * label.size
    x, y = (upper_left + lower_left) / 2 if slanted else label.corners.mean(axis=0)
    return float(x), float(y)
