"""The check of marks: what is yellow on the screen is what heading and caption speak of.

Yellow frames, words and bars stand for the words, positions, heads and layers of the cells in them. Where heading and
caption name things of that sort, what is marked must be among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

from scenes.kit.attention.pattern import AttentionArcs
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.cumulative import CumulativeBar
from scenes.kit.charts.ranking import Ranking
from scenes.kit.depth.blocks import PARTS, BlockDiagram
from scenes.kit.ground.encodings import Mark, Place, Shade
from scenes.kit.ground.painting import Painted
from scenes.kit.ground.readings import Array, Cell, Reading, shown_in
from scenes.kit.ground.text import Caption, Heading, Label
from scenes.kit.ground.theme import by_theme
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.strips import HeatStrips
from scenes.kit.words.tokens import TokenNumbers, TokenRow
from studio.audit.checks.identity import Names, names_of_cell, shared
from studio.audit.checks.labels import has_cells
from studio.audit.checks.naming import AXES, NUMBERED, OF_WORDS, TENSORS, axes_in, whole, words_of
from studio.audit.checks.repeated import other_one
from studio.audit.checks.spots import Spot, common
from studio.audit.findings import Defect
from studio.audit.numbers.sources import Sources
from studio.audit.screen import VISIBLE, Screen, is_painted, outline, view_of

Thing = TypeVar("Thing", Spot, Reading)

TONE = 2.5 / 255  # of a colour's channel: an eye sees no difference
ROWS = (TokenRow, TensorGrid)  # in which a yellow word is the one that is talked about


class Marks:
    """What is marked on one screen, and what is said there. Places are compared where both name one.

    theme: the number of the one in which it is looked at: what is yellow in one need not be in another. differs:
    whether in another it would be seen otherwise, as far as has been asked."""

    def __init__(self, screen: Screen, sources: Sources, theme: int = 0):
        self.screen, self.sources, self.theme = screen, sources, theme
        self.view, self.differs = view_of(screen.lesson), False
        self.painted = [m for m in screen.mobjects if is_painted(m)]
        told = [r for m in self.painted if isinstance(m, (Caption, Heading)) for r in screen.readings[id(m)]]
        self.words = said_words(told)
        grey = [m.subtitle for m in self.painted if isinstance(m, Heading) and "full from" in m.subtitle]
        self.full_of = {noun: value for text in grey for noun, value in named_numbers(text)}
        full = [r for r in told if "full from" in r.text and not self.full_of]
        numbers = [shown.value for r in full for shown in r.numbers[-1:]]
        self.full_from = [value.value() for value in numbers if isinstance(value, Cell)]
        lines = [[r.text for r in screen.readings[id(m)]] for m in self.painted if isinstance(m, Caption)]
        said = [*map(" ".join, lines), *(r.text for r in told)]  # a caption's line may end between “position” and “3”
        self.numbered = [found.groups() for text in said for found in NUMBERED.finditer(text)]

    def check(self) -> Iterator[Defect]:
        for mobject in self.painted:
            if isinstance(mobject, (Caption, Heading)):
                continue
            middle = mobject.get_center()
            found = [
                *self._scale(mobject),
                *self._words(mobject),
                *self._frames(mobject),
                *self._bars(mobject),
                *self._lit(mobject),
                *self._off(mobject),
            ]
            yield from (defect.at(middle) for defect in found)

    def _scale(self, mobject: Painted) -> Iterator[Defect]:
        """“full from 4.9” says from where on strips are fully bright; “full from 0.3 (weights), 4.9 (rows)” does so by
        what they hold."""
        if not isinstance(mobject, HeatStrips):
            return
        noun = held(mobject)
        for scale in [self.full_of[noun]] if noun in self.full_of else self.full_from:
            shades = [e.scale for mark in self.screen.marks(mobject) for e in mark.shows if isinstance(e, Shade)]
            if any(abs(shade - scale) > 1e-6 * scale for shade in shades):
                what = "strips are not fully bright from the number on that is said"
                yield Defect("wrong shape", what, expected=f"{scale:.4g}", shown=f"{shades[0]:.4g}")

    # ── what is yellow ───────────────────────────────────────────────────────────────────────────
    def _words(self, mobject: Painted) -> Iterator[Defect]:
        """Words of a text in a row or beside one; in a ranking, the one that was looked for."""
        readings = self.screen.readings[id(mobject)]
        if isinstance(mobject, ROWS):
            words = self.sources.words_of_texts
        elif isinstance(mobject, Ranking):
            asked = {
                shown.value for r in readings if r.of is None for shown in r.numbers
            }  # its title's: they may be near
            words = {reading.text for reading in readings if reading.of is not None} - asked
        else:
            return
        roles = ("target",) if isinstance(mobject, ROWS) else ("truth", "loss")
        known = {word.lower() for word in self.words & words}  # the same word may begin a text
        said = {whole(place) for name, place in self.numbered if name == "position"} | self.queries
        for reading in readings:
            if not any(self._is(reading.rgb, role) for role in roles) or reading.text not in words:
                continue
            if known and reading.text.lower() not in known:
                what, right = f"“{reading.text}” is marked", f"“{min(known)}”"
                yield Defect("wrong label", what, expected=right, shown=reading.text)
            elif isinstance(mobject, TokenRow) and (other := other_one(readings, reading, said, self.sources.traces)):
                what, right = f"“{reading.text}” at position {other[0]} is marked", f"position {other[1]}"
                yield Defect("wrong label", what, expected=right, shown=reading.text)

    def _frames(self, mobject: Painted) -> Iterator[Defect]:
        """Frames around cells."""
        for mark in self.screen.marks(mobject):
            if mark.kind != "frame" or not self._yellow(mark):
                continue
            within = inside(mark.points, self.spots)
            if within:
                yield from self._place(common(within))
            x, y = mark.points.mean(axis=0)
            for grid in (m for m in self.painted if isinstance(m, TensorGrid) and self._covers(m, x, y)):
                yield from self._row(grid, mark)

    def _row(self, grid: TensorGrid, mark: Mark) -> Iterator[Defect]:
        """Where the name of a row is yellow, a frame around a row lies around that one."""
        left, top = mark.points.min(axis=0)[0], mark.points.max(axis=0)[1]
        edge = float(
            self.view.seen(grid.corners()[0])[1]
        )  # above it stand columns' labels, and what the axes are called
        names = (r for r in self.screen.readings[id(grid)] if not has_cells(r) and r.corners[:, 0].max() < left)
        labels = [r for r in names if r.corners[:, 1].mean() < edge]
        beside = [r for r in labels if mark.points.min(axis=0)[1] < r.corners[:, 1].mean() < top]
        yellow = [r for r in labels if self._is(r.rgb, "target")]
        if len(beside) == 1 and yellow and beside[0] not in yellow:
            shown, right = beside[0].text, yellow[0].text
            yield Defect("wrong label", f"a frame is around the row of “{shown}”", expected=f"“{right}”", shown=shown)

    def _place(self, names: Names) -> Iterator[Defect]:
        """The words, heads, layers and positions of what is framed."""
        words = {w for axis in OF_WORDS if axis in names for said in self.words
                 for w in words_of({axis: names[axis]}, said, self.sources.traces)}  # fmt: skip
        if words and not words & self.words:
            yield Defect("wrong label", f"a frame is around “{min(words)}”", expected=min(self.words), shown=min(words))
        yield from self._numbered(names, "a frame is around")

    def _numbered(self, names: Names, how: str) -> Iterator[Defect]:
        for what, axes in AXES.items():
            said = {whole(place) for name, place in self.numbered if name == what}
            for axis in axes_in(names, axes):
                if said and names[axis][0] not in said:
                    shown = f"{what} {names[axis][0]}"
                    yield Defect("wrong label", f"{how} {shown}", expected=f"{what} {min(said)}", shown=shown)

    def _bars(self, mobject: Painted) -> Iterator[Defect]:
        """The bar or the interval of the word that was drawn."""
        if not isinstance(mobject, (ProbabilityBars, CumulativeBar)):
            return
        said = self.words | said_words([r for m in self.painted for r in self.screen.readings[id(m)]])
        bars = [mark for mark in self.screen.marks(mobject) if mark.kind == "rectangle"]
        seen = [mark for mark in bars if float(np.max(mark.opacity)) > VISIBLE]
        drawn = [mark for mark in seen if self._is(mark.rgb, "prediction")]
        marked = drawn or ([] if isinstance(mobject, CumulativeBar) else [m for m in seen if self._yellow(m)])
        for mark in marked if len(marked) == 1 < len(bars) else ():
            ends = [e.cell for e in mark.shows if not isinstance(e, Place) or e.at == "end"]
            names = shared([names_of_cell(c, self.sources.traces) for c in ends if isinstance(c, Cell)])
            words = {word for each in said for word in words_of(names, each, self.sources.traces)}
            if words and not words & said:
                what = f"the bar of “{min(words)}” is marked"
                yield Defect("wrong label", what, expected=f"“{min(said)}”", shown=min(words))

    def _off(self, mobject: Painted) -> Iterator[Defect]:
        """The head that was off where all numbers of something come from one run."""
        common = shared([spot.names for spot in self.screen.spots(mobject, self.sources.traces)])
        off = {axis: place for axis, place in common.items() if axis.endswith(" off") and "run" in common}
        yield from self._numbered(off, "this is without")

    def _lit(self, mobject: Painted) -> Iterator[Defect]:
        """The part of a block that something comes from as it arrives."""
        if not isinstance(mobject, Label) or id(mobject) not in self.screen.fresh or str(mobject.text) not in TENSORS:
            return
        for blocks in (m for m in self.painted if isinstance(m, BlockDiagram)):
            lit = [mark for mark in self.screen.marks(blocks) if mark.kind == "frame" and self._yellow(mark)]
            readings = self.screen.readings[id(blocks)]
            named = [r.text for mark in lit for r in inside(mark.points, readings)]
            what = str(mobject.text).removeprefix("+ ")
            if what in PARTS and any(name in PARTS for name in named) and what not in named:
                yield Defect("wrong label", f"{named[0]} is lit, not {what}", expected=what, shown=named[0])

    # ── where ────────────────────────────────────────────────────────────────────────────────────
    @property
    def queries(self) -> set[int]:
        """The positions whose weights stand at the words of a text."""
        traces, found = self.sources.traces, set[int]()
        for mobject in (m for m in self.painted if isinstance(m, (AttentionArcs, TokenNumbers))):
            names = [spot.names for spot in self.screen.spots(mobject, traces)]
            drawn = (e.cell for mark in self.screen.marks(mobject) for e in mark.shows)
            names += [names_of_cell(cell, traces) for cell in drawn if isinstance(cell, Cell)]
            if query := shared(names).get("query"):
                found.add(int(query[0]))
        return found

    @property
    def spots(self) -> list[Spot]:
        """All cells that are on the screen."""
        if not hasattr(self, "_spots"):
            traces = self.sources.traces
            self._spots = [spot for m in self.painted for spot in self.screen.spots(m, traces)]
        return self._spots

    def _covers(self, mobject: Painted, x: float, y: float) -> bool:
        points = outline(mobject, self.view)
        (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
        return bool(left < x < right and bottom < y < top)

    def _yellow(self, mark: Mark) -> bool:
        return float(np.max(mark.opacity)) > VISIBLE and self._is(mark.rgb, "target")

    def _is(self, rgb: Array, role: str) -> bool:
        close = closeness(rgb, self.screen.lesson.theme[role])
        self.differs |= bool((close != close[0]).any())
        return bool(close[self.theme])


def said_words(readings: list[Reading]) -> set[str]:
    """The words that are said as such."""
    return {shown.value for reading in readings for shown in reading.numbers if isinstance(shown.value, str)}


def closeness(rgb: Array, other: Array) -> Array:
    """In which of the themes [n] a colour is another; in none, where it is many."""
    if rgb.ndim > 1:
        return np.zeros(len(by_theme(other)), dtype=bool)
    return np.asarray(np.abs(by_theme(rgb - other)).max(axis=-1) < TONE)


def inside(corners: Array, things: Sequence[Thing]) -> list[Thing]:
    """Those whose middle lies between four corners, which may lie aslant."""
    if not things:
        return []
    middles = np.array([(t.x, t.y) if isinstance(t, Spot) else t.corners.mean(axis=0) for t in things])
    along, away = corners[[1, 2, 3, 0]] - corners, middles[:, None] - corners
    sides = along[:, 0] * away[..., 1] - along[:, 1] * away[..., 0]
    within = (sides > 0).all(axis=1) | (sides < 0).all(axis=1)
    return [thing for thing, one in zip(things, within, strict=True) if one]


def named_numbers(text: str) -> Iterator[tuple[str, float]]:
    """“0.3 (weights)”: (weights, 0.3), for every number of a text that has such a name behind it."""
    for shown in shown_in(text):
        found = re.match(r" \(([a-z]+)\)", text[(shown.start or 0) + len(shown.text) :])
        if found and isinstance(shown.value, Cell):
            yield found[1], shown.value.value()


def held(strips: HeatStrips) -> str:
    """What strips hold, in a word: weights, logits, or rows of a text."""
    leaves = {leaf.name for leaf in strips.tensor.expression.leaves()}
    return "weights" if strips.kind == "weight" else "logits" if leaves == {"logits"} else "rows"


__all__ = ["Marks"]
