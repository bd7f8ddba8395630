"""Cells that fly: each on its own arc, upright, scaled as a whole, a little after its neighbour.

A row becomes a column, a row of a grid becomes a grid of its own, squares become dots, a chip opens into eight numbers:
what is moved is never a picture of the whole that is stretched, but every cell by itself. `bits_of` says of what
bits a mobject is made; `Fly` moves them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
from manim import Mobject, linear

from scenes.kit.attention.pattern import DotPattern
from scenes.kit.ground.painting import Cell, Painted, Pen, Shown
from scenes.kit.ground.say import number
from scenes.kit.ground.theme import color, legible_on
from scenes.kit.moves.animations import Together, ease, stagger
from scenes.kit.numbers.grid import GAP, TensorGrid

Key = tuple[Any, ...]
BASELINE = 0.34  # of the em, from the middle of a digit down to its baseline


@dataclass(frozen=True)
class Bit:
    """A cell as it is painted, in scene coordinates: a rounded rectangle and the number in it.

    rgb, ink: colours [3]. radius: of its corners (half its width and height: a dot). em: of the number, 0 without one."""

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

    def towards(self, end: Bit, t: float, arc: float) -> Bit:
        """The bit at progress t from here to `end`; arc: how far the way bends, in parts of its length."""
        dx, dy = end.x - self.x, end.y - self.y
        bend = 2 * t * (1 - t) * arc  # a quadratic curve whose middle stands off to the left of the way
        near, far = (self, end) if t < 0.5 else (end, self)
        words = near if near.text else far
        em0, em1 = self.em or end.em, end.em or self.em
        presence = (1 - t if self.text else 0.0) + (t if end.text else 0.0)  # a number that only one end has fades
        mix = lambda a, b: (1 - t) * a + t * b  # noqa: E731
        return Bit(
            x=self.x + t * dx - bend * dy,
            y=self.y + t * dy + bend * dx,
            width=mix(self.width, end.width),
            height=mix(self.height, end.height),
            rgb=mix(self.rgb, end.rgb),
            opacity=mix(self.opacity, end.opacity),
            radius=mix(self.radius, end.radius),
            text=words.text if presence > 0.02 else "",
            em=mix(em0, em1),
            ink=None if words.ink is None else words.ink,
            shown=words.shown,
        )


@singledispatch
def bits_of(mobject: Mobject) -> dict[Key, Bit]:
    """The bits that a mobject shows now, by the index of each in its tensor."""
    raise TypeError(f"{type(mobject).__name__} is not made of cells that could fly")


@bits_of.register
def _(grid: TensorGrid) -> dict[Key, Bit]:
    fills, zoom, found = grid.fills(), grid.zoom(), {}
    inks = legible_on(fills, color("ink"))
    for i, j in zip(*np.nonzero(~grid.gap_cells & (grid.cell_opacity > 0.002)), strict=True):
        x, y, w, h = grid._rectangle(i, j)
        middle = grid.to_scene(x + w / 2, y + h / 2)
        index, value = grid._index(i, j), float(grid.values[i, j])
        visible = bool(grid.digits) and grid.text_opacity[i, j] > 0.002
        text = number(value, grid.spec) if visible else ""
        found[index] = Bit(
            float(middle[0]), float(middle[1]), w * zoom, h * zoom, fills[i, j],
            opacity=float(grid.cell_opacity[i, j]) * grid.opacity,
            text=text, em=float(grid.digits or 0.0) * zoom if text else 0.0, ink=inks[i, j],
            shown=Shown(text, Cell(grid.tensor, index), grid.spec) if text else None,
        )  # fmt: skip
    return found


@bits_of.register
def _(pattern: DotPattern) -> dict[Key, Bit]:
    zoom, found = pattern.zoom(), {}
    for i, j in zip(*np.nonzero(~pattern.gap_cells & (pattern.cell_opacity > 0.002)), strict=True):
        x, y, w, h = pattern._rectangle(i, j)
        middle, weight = pattern.to_scene(x + w / 2, y + h / 2), float(pattern.values[i, j])
        radius = np.sqrt(max(weight, 0.0) if np.isfinite(weight) else 0.0) * (pattern.cw - GAP) / 2 * zoom
        found[pattern._index(i, j)] = Bit(
            float(middle[0]), float(middle[1]), 2 * radius, 2 * radius, pattern.fill_rgb,
            opacity=float(pattern.text_opacity[i, j]) * pattern.opacity, radius=radius,
        )  # fmt: skip
    return found


class Flock(Painted):
    """Bits on their way, painted in scene coordinates."""

    def __init__(self, starts: list[Bit], ends: list[Bit], arc: float):
        self.starts, self.ends, self.arc = starts, ends, arc
        self.progress = np.zeros(len(starts))
        every = [*starts, *ends]
        margin = 1.0
        self.left, self.top = min(b.x for b in every) - margin, max(b.y for b in every) + margin
        width, height = max(b.x for b in every) + margin - self.left, self.top - min(b.y for b in every) + margin
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
            if bit.text and bit.em > 0:
                numbers = (bit.shown,) if bit.shown is not None else ()
                pen.text(
                    bit.text, x, y + BASELINE * bit.em, bit.em, bit.ink, bit.opacity, align=0.5, numbers=numbers
                )  # fmt: skip


class Fly(Together):
    """The cells of `source` fly to those of `target`, which is there when they have landed.

    source, target: mobjects made of cells (`bits_of`). pairs: {key in the source: key in the target}; without them,
    equal keys where all of one are in the other, else in order. keep: the source stays (its values are used, not
    moved); else its cells leave with their copies and it is gone at the end. arc: bend of the ways; lag: how long after
    its neighbour each cell starts, as in Manim's lag_ratio."""

    def __init__(
        self,
        source: Mobject,
        target: Mobject,
        *,
        pairs: Mapping[Key, Key] | None = None,
        keep: bool = False,
        arc: float = 0.15,
        lag: float = 0.05,
        **kwargs: Any,
    ):
        starts, ends = bits_of(source), bits_of(target)
        ways = pairs if pairs is not None else paired(list(starts), list(ends))
        self.source, self.target, self.lag, self.leaves = source, target, lag, not keep
        self.flock = Flock([starts[a] for a in ways], [ends[b] for b in ways.values()], arc)
        self.final = target.opacity, target.cell_opacity.copy(), target.text_opacity.copy()
        self.first = source.opacity
        kwargs.setdefault("rate_func", linear)
        leaving = (source, self.flock) if self.leaves else (self.flock,)
        super().__init__(target, helpers=leaving, **kwargs)

    def begin(self) -> None:
        if self.leaves:
            self.source.cell_opacity[:], self.source.text_opacity[:] = 0.0, 0.0
        super().begin()

    def interpolate_mobject(self, alpha: float) -> None:
        progress, done = self.rate_func(alpha), alpha >= 1
        self.flock.progress = ease(stagger(progress, len(self.flock.starts), self.lag))
        self.flock.opacity = 0.0 if done else 1.0
        opacity, cells, texts = self.final
        self.target.opacity = opacity if done else opacity * float(ease(np.clip(1.6 * progress - 0.6, 0, 1)))
        self.target.cell_opacity[:] = cells if done else 0.0
        self.target.text_opacity[:] = texts if done else 0.0
        if self.leaves:
            self.source.opacity = self.first * float(1 - ease(min(1.0, 2.5 * progress)))


def paired(starts: Iterable[Key], ends: Iterable[Key]) -> dict[Key, Key]:
    """Which bit becomes which: the one of the same index where every one has one, else in order."""
    starts, ends = list(starts), list(ends)
    if set(starts) <= set(ends) or set(ends) <= set(starts):
        return {key: key for key in starts if key in set(ends)}
    return dict(zip(starts, ends, strict=False))


__all__ = ["Bit", "Flock", "Fly", "bits_of", "paired"]
