"""Cells that fly: each on its own arc, upright, scaled as a whole, a little after its neighbour.

A row becomes a column, a row of a grid becomes a grid of its own, squares become dots, a chip opens into eight numbers:
what is moved is never a picture of the whole that is stretched, but every cell by itself. `bits_of` says of what
bits a mobject sit, and how what they sit on looks meanwhile; `Fly` moves them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any, cast

import numpy as np
from manim import Mobject, linear

from scenes.kit.attention.kept import KeptColumns
from scenes.kit.attention.pattern import DotPattern
from scenes.kit.ground import typesetting
from scenes.kit.ground.painting import Painted
from scenes.kit.ground.pen import Pen
from scenes.kit.ground.readings import Cell, Shown
from scenes.kit.ground.say import number
from scenes.kit.ground.style import color
from scenes.kit.ground.theme import legible_on
from scenes.kit.ground.timing import Together, ease, stagger
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import TokenNumbers

Key = tuple[Any, ...]
BASELINE = 0.34  # of the em, from the middle of a digit down to its baseline


@dataclass(frozen=True)
class Bit:
    """A cell as it is painted, in scene coordinates: a rounded rectangle and the number in it.

    rgb, ink: colours [3]. radius: of its corners (half its width: a dot). em: of the number, 0 without one."""

    x: float
    y: float
    width: float
    height: float
    rgb: np.ndarray
    opacity: float = 1.0
    radius: float = 0.0
    text: str = ""
    em: float = 0.0
    ink: np.ndarray | None = None
    shown: Shown | None = None
    cell: Cell | None = None  # which number it is

    def towards(self, end: Bit, t: float, arc: float) -> Bit:
        """The bit at progress t from here to `end`; arc: how far the way bends, in parts of its length."""
        dx, dy = end.x - self.x, end.y - self.y
        bend = 2 * t * (1 - t) * arc  # a quadratic curve whose middle stands off to the left of the way
        words, there = (self, t < 0.5) if t < 0.5 or not end.text else (end, True)
        width = between(self.width, end.width, t)
        scale = width / words.width if words.width > 0 else 1.0  # digits without a cell keep their size
        em = between(self.em, end.em, t) if self.text and end.text else words.em * scale
        return Bit(
            x=self.x + t * dx - bend * dy,
            y=self.y + t * dy + bend * dx,
            width=width,
            height=between(self.height, end.height, t),
            rgb=between(self.rgb, end.rgb, t),
            opacity=between(self.opacity, end.opacity, t),
            radius=between(self.radius, end.radius, t),
            text=words.text if there else "",  # a number that only one end has is there for its half of the way
            em=em,
            ink=words.ink,
            shown=words.shown,
        )


def between(a: Any, b: Any, t: float) -> Any:
    return (1 - t) * a + t * b


class Perch:
    """Where bits sit: what they are now, and how the mobject under them looks while they are on their way.

    `look(frame, cells)`: the frame around the cells (brackets, headers) at that opacity, the cells there or not."""

    def __init__(self, mobject: Painted):
        self.mobject = mobject

    def bits(self) -> dict[Key, Bit]:
        raise NotImplementedError

    def fly_only(self, keys: Iterable[Key]) -> None:
        """These bits fly; what else is there comes and goes with the frame."""

    def look(self, frame: float, cells: bool) -> None:
        raise NotImplementedError


class GridPerch(Perch):
    """The cells of a TensorGrid; of one tensor row or column only, if it is named: then the frame around them stays."""

    hidden: tuple[str, ...] = ("cell_opacity", "text_opacity")

    def __init__(self, mobject: TensorGrid, row: int | None = None, column: int | None = None):
        super().__init__(mobject)
        self.part, self.opacity = row is not None or column is not None, mobject.opacity
        self.texts = [(text, text.get_fill_opacity()) for text in mobject.get_family()[1:]]  # what stands beside it
        self.mask = np.full(mobject.values.shape, not self.part)
        if row is not None:
            self.mask[mobject.shown_row(row)] = True
        if column is not None:
            self.mask[:, mobject.shown_column(column)] = True
        self.flying = self.mask.copy()
        self.there = {name: getattr(mobject, name).copy() for name in self.hidden}

    def places(self) -> Iterator[tuple[int, int, float, float, float, float]]:
        """(i, j, x, y, width, height) of every cell that is seen, in scene coordinates."""
        grid = self.mobject
        zoom = grid.zoom()
        for i, j in zip(*np.nonzero(~grid.gap_cells & self.mask & (grid.cell_opacity > 0.002)), strict=True):
            x, y, w, h = grid._rectangle(i, j)
            middle = grid.to_scene(x + w / 2, y + h / 2)
            yield int(i), int(j), float(middle[0]), float(middle[1]), w * zoom, h * zoom

    def bits(self) -> dict[Key, Bit]:
        grid, found = self.mobject, {}
        fills = grid.fills()
        inks = legible_on(fills, color("ink"))
        for i, j, x, y, w, h in self.places():
            index = grid._index(i, j)
            bit = Bit(
                x, y, w, h, fills[i, j], float(grid.cell_opacity[i, j]) * grid.opacity, cell=Cell(grid.tensor, index)
            )
            if grid.digits and grid.text_opacity[i, j] > 0.002:
                text = number(float(grid.values[i, j]), grid.spec)
                shown = Shown(text, Cell(grid.tensor, index), grid.spec)
                bit = replace(bit, text=text, em=float(grid.digits) * grid.zoom(), ink=inks[i, j], shown=shown)
            found[index] = bit
        return found

    def fly_only(self, keys: Iterable[Key]) -> None:
        wanted = set(keys)
        self.flying[:] = False
        for i, j in np.argwhere(self.mask & ~self.mobject.gap_cells):
            self.flying[i, j] = self.mobject._index(int(i), int(j)) in wanted

    def look(self, frame: float, cells: bool) -> None:
        if not self.part:
            self.mobject.opacity = self.opacity * frame
            for text, opacity in self.texts:
                text.set_opacity(opacity * frame, family=False)
        for name, there in self.there.items():
            now, staying = getattr(self.mobject, name), self.mask & ~self.flying
            now[self.flying] = there[self.flying] if cells else 0.0
            now[staying] = there[staying] * (frame if self.part else 1.0)  # else the frame's opacity is theirs


class KeptPerch(GridPerch):
    """Columns that are kept: their words come and go with the frame, not when the last cell lands."""

    def look(self, frame: float, cells: bool) -> None:
        super().look(frame, cells)
        seen = 0.0 if cells else frame if self.part else 1.0
        self.mobject.ahead[:] = seen * self.flying.any(axis=0)


class DotPerch(GridPerch):
    """The dots of a DotPattern; their cells belong to the frame."""

    hidden = ("text_opacity",)

    def bits(self) -> dict[Key, Bit]:
        dots, zoom, found = self.mobject, self.mobject.zoom(), {}
        for i, j, x, y, _, _ in self.places():
            weight = float(dots.values[i, j])
            radius = np.sqrt(max(weight, 0.0) if np.isfinite(weight) else 0.0) * dots.unit * zoom
            opacity = float(dots.text_opacity[i, j]) * dots.opacity
            cell = Cell(dots.tensor, index := dots._index(i, j))
            found[index] = Bit(x, y, 2 * radius, 2 * radius, dots.fill_rgb, opacity, radius, cell=cell)
        return found


class Chip(Perch):
    """One word's chip in a SentenceStrip, of the tensor that is called `name` there."""

    def __init__(self, strip: SentenceStrip, name: str, position: int):
        super().__init__(strip)
        self.chips, self.position = strip.chips[name], position

    def bits(self) -> dict[Key, Bit]:
        strip, zoom, found = self.mobject, self.mobject.zoom(), {}
        for k, rgb in enumerate(self.chips.fills()[self.position]):
            x, y, w, h = strip.cell(self.chips.name, self.position, k)
            middle = strip.to_scene(x + w / 2, y + h / 2)
            cell = Cell(self.chips.tensor, (self.position, k))
            found[(k,)] = Bit(float(middle[0]), float(middle[1]), w * zoom, h * zoom, rgb, cell=cell)
        return found

    def look(self, frame: float, cells: bool) -> None:
        self.chips.seen[self.position] = float(cells)


class NumbersPerch(Perch):
    """The numbers under (beside) tokens: digits without a cell."""

    def __init__(self, mobject: TokenNumbers):
        super().__init__(mobject)
        self.there, self.flying = mobject.shown_opacity.copy(), np.ones(len(mobject.values), dtype=bool)

    def bits(self) -> dict[Key, Bit]:
        numbers, zoom, found = self.mobject, self.mobject.zoom(), {}
        for k in numbers.row_boxes:
            if abs(value := numbers.values[k]) >= numbers.least:
                text, (x, base) = number(float(value), numbers.spec), numbers.spot(k)
                half = typesetting.width(text, numbers.size) / 2 if numbers.down else 0.0
                middle = numbers.to_scene(x + half, base - BASELINE * numbers.size)
                shown, em = Shown(text, Cell(numbers.tensor, (k,)), numbers.spec), float(numbers.size) * zoom
                place = float(middle[0]), float(middle[1])
                found[(k,)] = Bit(*place, 0.0, 0.0, numbers.rgb, text=text, em=em, ink=numbers.rgb, shown=shown)
        return found

    def fly_only(self, keys: Iterable[Key]) -> None:
        wanted = set(keys)
        self.flying = np.array([(k,) in wanted for k in range(len(self.flying))])

    def look(self, frame: float, cells: bool) -> None:
        self.mobject.shown_opacity = np.where(self.flying, float(cells), frame) * self.there


@singledispatch
def perch(mobject: Any) -> Perch:
    """What the bits of a mobject sit on."""
    raise TypeError(f"{type(mobject).__name__} is not made of cells that could fly")


perch.register(TensorGrid, GridPerch)
perch.register(DotPattern, DotPerch)
perch.register(KeptColumns, KeptPerch)
perch.register(TokenNumbers, NumbersPerch)
perch.register(Perch, lambda already: already)


def row_of(grid: TensorGrid, row: int) -> GridPerch:
    """One tensor row of a grid, or of a pattern of dots, as what bits leave or come to."""
    return cast(GridPerch, perch.dispatch(type(grid))(grid, row))


class Flock(Painted):
    """Bits on their way, painted in scene coordinates."""

    def __init__(self, starts: list[Bit], ends: list[Bit], arc: float):
        self.starts, self.ends, self.arc = starts, ends, arc
        self.progress = np.zeros(len(starts))
        every = [*starts, *ends]
        margin = 1.0
        x, y = ([getattr(bit, axis) for bit in every] or [0.0] for axis in "xy")
        self.left, self.top = min(x) - margin, max(y) + margin
        width, height = max(x) + margin - self.left, self.top - min(y) + margin
        super().__init__(width, height)
        self.move_to((self.left + width / 2, self.top - height / 2, 0))

    def now(self) -> list[Bit]:
        return [a.towards(b, t, self.arc) for a, b, t in zip(self.starts, self.ends, self.progress, strict=True)]

    def draw(self, pen: Pen) -> None:
        for bit in sorted(self.now(), key=lambda b: b.em):
            x, y = bit.x - self.left, self.top - bit.y
            pen.rectangle(
                x - bit.width / 2, y - bit.height / 2, bit.width, bit.height, bit.rgb, bit.opacity, radius=bit.radius
            )
            if bit.text and bit.em > 0 and bit.ink is not None:
                numbers = (bit.shown,) if bit.shown is not None else ()
                pen.text(
                    bit.text, x, y + BASELINE * bit.em, bit.em, bit.ink, bit.opacity, align=0.5, numbers=numbers
                )  # fmt: skip


class Fly(Together):
    """The cells of `source` fly to those of `target`, which is there when they have landed.

    source, target: a TensorGrid, a DotPattern, TokenNumbers, or a Chip of the sentence strip. pairs: {key in the
    source: key in the target}, keys as indices into the tensor; without them, equal keys where all of one are in the
    other, else in order. keep: the source stays (its values are used, not moved); else its cells leave and it is gone
    at the end. arc: bend of the ways; lag: how long after its neighbour each cell starts, as in Manim's lag_ratio."""

    def __init__(
        self,
        source: Mobject | Perch,
        target: Mobject | Perch,
        *,
        pairs: Mapping[Key, Key] | None = None,
        keep: bool = False,
        arc: float = 0.15,
        lag: float = 0.05,
        **kwargs: Any,
    ):
        self.source, self.target, self.keep, self.lag = perch(source), perch(target), keep, lag
        starts, ends = self.source.bits(), self.target.bits()
        wanted = pairs if pairs is not None else paired(list(starts), list(ends))
        ways = {a: b for a, b in wanted.items() if a in starts and b in ends}  # what is behind a ⋯ does not fly
        self.source.fly_only(ways)
        self.target.fly_only(ways.values())
        self.flock = Flock([starts[a] for a in ways], [ends[b] for b in ways.values()], arc)
        kwargs.setdefault("rate_func", linear)
        part = isinstance(self.source, Chip) or getattr(self.source, "part", False)
        gone = [] if keep or part else [self.source.mobject]
        super().__init__(self.target.mobject, helpers=(*gone, self.flock), **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        progress, done = self.rate_func(alpha), alpha >= 1
        self.flock.progress = ease(stagger(progress, len(self.flock.starts), self.lag))
        self.flock.opacity = 0.0 if done else 1.0
        self.target.look(1.0 if done else float(ease(np.clip(1.6 * progress - 0.6, 0, 1))), done)
        if not self.keep:
            self.source.look(float(1 - ease(min(1.0, 2.5 * progress))), False)


def column_of(grid: TensorGrid, column: int) -> GridPerch:
    """One tensor column of a grid, as what bits leave or come to."""
    return cast(GridPerch, perch.dispatch(type(grid))(grid, column=column))


class FillStrip(Together):
    """The chips of a sentence strip come, word after word; those that are there already stay.

    names: of the lines of chips. positions: of the words whose chips come (default: all). seen: how much of them is
    seen at the end; with 0 they go. lag: from one word to the next, as in Manim's lag_ratio."""

    def __init__(
        self,
        strip: SentenceStrip,
        names: Iterable[str],
        *,
        positions: Iterable[int] | None = None,
        seen: float = 1.0,
        lag: float = 0.4,
        **kwargs: Any,
    ):
        self.strip, self.names, self.lag, self.seen = strip, list(names), lag, seen
        everyone = range(len(strip.emphasis))
        self.mine = np.isin(everyone, list(everyone if positions is None else positions))
        self.before = {name: strip.chips[name].seen.copy() for name in self.names}
        kwargs.setdefault("rate_func", linear)
        super().__init__(strip, **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        words = self.mine * ease(stagger(self.rate_func(alpha), len(self.strip.emphasis), self.lag))
        for name, before in self.before.items():
            self.strip.chips[name].seen = (1 - words) * before + words * self.seen


def paired(starts: Iterable[Key], ends: Iterable[Key]) -> dict[Key, Key]:
    """Which bit becomes which: the one of the same index where they share any; of a row and a vector that do not show
    as many, the one of the same place along it; else in order."""
    starts, ends = list(starts), list(ends)
    if shared := set(starts) & set(ends):  # an index that only one of them shows does not fly
        return {key: key for key in starts if key in shared}
    if len(starts) != len(ends):  # a ⋯ stands in one of them for what the other shows
        here, there = along(starts), along(ends)
        if here and there:  # perhaps none: then nothing flies
            return {here[place]: there[place] for place in here if place in there}
    return dict(zip(starts, ends, strict=False))


def along(keys: Sequence[Key]) -> dict[int, Key]:
    """The keys of one row or column, or of a vector, by their place along it; nothing of a whole matrix.

    >>> along([(4, 0), (4, 7)]), along([(0, 0), (1, 1)])
    ({0: (4, 0), 7: (4, 7)}, {})
    """
    varying = [axis for axis in range(len(keys[0]) if keys else 0) if len({key[axis] for key in keys}) > 1]
    return {key[varying[0]]: key for key in keys} if len(varying) == 1 else {}


__all__ = ["Bit", "Chip", "FillStrip", "Flock", "Fly", "column_of", "paired", "perch", "row_of"]
