"""The way of a fact, drawn onto the sentence: a dot for every row that was carried over, a line from dot to dot."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Area, Thickness
from scenes.kit.ground.layout import Box
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell, Cells
from scenes.kit.ground.say import number, say
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import LABEL
from scenes.kit.words.writers import name_of
from scenes.lessons.facts.carried import stop_name

if TYPE_CHECKING:
    from scenes.lessons.facts.lesson import Facts

SPEC = ".1%"
READ = 0.24  # em of the words, where there are many
TALL = 1.42  # height of a word's box, in em
LARGEST = 0.26  # radius of the dot of a chance of 1
WIDEST = 0.3  # of the line that attention draws, for a chance of 1
WIRE, RAIL = 0.05, 0.014  # width of the way where it stays at a word, and of each word's rail
AIR = 0.1  # between a dot and its number
BESIDE = 0.25  # between the last rail and what is written there
OUT = 0.5  # how far the way leads on, behind the last stop


@dataclass(frozen=True)
class Written:
    """What is written to a word between two stops: its name with its number, beside the way. of: the number."""

    stop: int
    text: str
    of: Tensor


class Way(Painted):
    """Words side by side, each with a rail that goes down through the layers; at every stop a dot for each word, whose
    area is what that one row does. The way leads through the largest of each line.

    chances: Tensor [stop, word]; words, positions: of its columns; path: the column of each stop; stops: what the stops
    are called, at the left. carried: Tensor of one number, the width of the line where the way goes on to another word.
    written: what stands at the right, between stops. asked: the column of the word that was exchanged. down: whether
    the way leads on downwards, not to the right. Of more columns than can be read those of the way stay, and the last.

    dots: how much of each line of dots is there; grown: of each piece of the way (its last leads on)."""

    dots: Mix[np.ndarray]
    grown: Mix[np.ndarray]

    def __init__(
        self,
        chances: Tensor,
        words: Sequence[str],
        positions: Sequence[int],
        path: Sequence[int],
        stops: Sequence[str],
        carried: Tensor,
        *,
        width: float,
        height: float,
        written: Sequence[Written] = (),
        asked: int | None = None,
        down: bool = False,
        size: float = LABEL,
    ):
        self.path, self.words, self.positions = list(path), list(words), list(positions)
        self.tensor = chances
        self.stops, self.carried, self.written, self.asked, self.down = list(stops), carried, written, asked, down
        self.small = max(0.64 * size, smallest())
        self.left = max(typesetting.width(name, self.small) for name in self.stops) + 0.2
        right = max([BESIDE + typesetting.width(each.text, self.small) for each in written], default=0.0)
        self.columns = self._that_fit(width - self.left - right)
        self.names = self.left - 0.2
        if self.columns[0] in self.path:  # room for the numbers at its left
            self.left += max(typesetting.width(number(float(v), SPEC), self.small) for v in chances.values.ravel())
        self.pitch = (width - self.left - right) / (len(self.columns) - 0.5)  # what is written begins within the last
        self.size = max(min(size, self.pitch / self._apart(self.columns)), smallest())
        self.top = TALL * self.size + 0.1
        self.line = (height - self.top - (OUT if down else 0.0)) / len(self.stops)
        self.unit = min(LARGEST, 0.42 * self.line, 0.42 * self.pitch)
        self.dots, self.grown = np.ones(len(self.stops)), np.ones(len(self.stops))
        super().__init__(width, height)

    def at_its_words(self) -> Way:
        """Only the words yet."""
        self.dots, self.grown = np.zeros(len(self.stops)), np.zeros(len(self.stops))
        return self

    def whole(self, name: str) -> Way:
        """Its dots ("dots"), or its way ("grown"), to the last: what a `Grow` of that name grows to."""
        setattr(self, name, np.ones(len(self.stops)))
        return self

    def _that_fit(self, room: float) -> list[int]:
        """The columns that are shown: all, or as many as have room, those of the way first."""
        needed = dict.fromkeys([*self.path, len(self.words) - 1])
        order = [*needed, *[k for k in range(len(self.words)) if k not in needed]]
        for count in range(len(order), len(needed), -1):
            columns = sorted(order[:count])
            if READ * self._apart(columns) * (count - 0.5) <= room:
                return columns
        return sorted(needed)

    def _apart(self, columns: list[int]) -> float:
        """How far apart the middles of two words must be at least, in em: where words are left out, a ⋯ has room."""
        wide = [typesetting.width(self.words[k], 1.0) for k in columns]
        between = [1.2 if self._leaves_out(a, b) else 0.6 for a, b in pairwise(columns)]
        return max([(u + v) / 2 + room for (u, v), room in zip(pairwise(wide), between, strict=True)], default=1.0)

    def _leaves_out(self, column: int, following: int) -> bool:
        return self.positions[following] - self.positions[column] > 1

    def x_of(self, column: int) -> float:
        """The rail of a column, in local units."""
        return self.left + (self.columns.index(column) + 0.5) * self.pitch

    def y_of(self, stop: int) -> float:
        return self.top + (stop + 0.5) * self.line

    def draw(self, pen: Pen) -> None:
        for column in self.columns:
            self._draw_word(pen, column)
        every, last = ceil(1.3 * self.small / self.line), len(self.stops) - 1
        for stop, name in enumerate(self.stops):
            if stop == last or stop % every == 0 and stop + every <= last:
                pen.text(name, self.names, self.y_of(stop), self.small, "secondary", self.dots[stop], align=1.0,
                         level="letters", of=Cell(self.tensor, (stop, self.path[stop])))  # fmt: skip
            self._draw_piece(pen, stop)
        for stop in range(len(self.stops)):
            arrives = (
                every > 1 and stop > 0 and self.path[stop] != self.path[stop - 1]
            )  # a line lies where it would stand
            self._draw_dots(pen, stop, stop % every == 0 and not arrives)
        lowest = np.inf
        for each in sorted(self.written, key=lambda one: one.stop)[::-1]:  # from below, none on another
            x = self.x_of(self.columns[-1]) + BESIDE
            y = min(self.y_of(each.stop + 1) - max(0.5 * self.line, 0.8 * self.small), lowest - 1.3 * self.small)
            pen.text(each.text, x, y, self.small, "ink", self.grown[each.stop], level="letters", of=Cell(each.of))
            lowest = y

    def _draw_word(self, pen: Pen, column: int) -> None:
        x, em = self.x_of(column), self.size
        wide = typesetting.width(self.words[column], em) + 0.4 * em
        role = {self.asked: "key", len(self.words) - 1: "target"}.get(column)
        box = x - wide / 2, 0.0, wide, TALL * em
        pen.rectangle(*box, "box", radius=0.14 * em)
        pen.frame(*box, role or "box_edge", 0.016, radius=0.14 * em)
        pen.text(self.words[column], x, (TALL / 2 + 0.29) * em, em, role or "ink", align=0.5,
                 of=Cell(self.tensor, (0, column)))  # fmt: skip
        place = self.columns.index(column)
        if place and self._leaves_out(self.columns[place - 1], column):
            before = self.columns[place - 1]
            edge = self.x_of(before) + typesetting.width(self.words[before], em) / 2 + 0.2 * em
            pen.text("⋯", (edge + x - wide / 2) / 2, (TALL / 2 + 0.29) * em, 0.8 * em, "secondary", align=0.5)
        pen.line([(x, TALL * em), (x, self.y_of(len(self.stops) - 1))], "faint", RAIL, float(self.dots.max()))

    def _draw_dots(self, pen: Pen, stop: int, numbered: bool) -> None:
        """A line of dots, and the number of the one through which the way leads."""
        columns, y = np.array(self.columns), self.y_of(stop)
        radii = self.unit * np.sqrt(np.asarray(self.tensor.values[stop, columns], dtype=float))
        middles = np.array([(self.x_of(column), y) for column in self.columns])
        area = Area(Cells(self.tensor, (np.full(len(columns), stop), columns)), pi * self.unit**2)
        pen.circles(middles, radii, color("probability"), float(self.dots[stop]), shows=area)
        at = stop, self.path[stop]
        text = number(self.tensor.values[at], SPEC)
        reach = self.unit * sqrt(float(self.tensor.values[at])) + AIR
        if numbered and reach + typesetting.width(text, self.small) < self.pitch:
            pen.number(self.tensor, at, SPEC, self.x_of(at[1]) - reach, y, self.small, "secondary",
                       float(self.dots[stop]), align=1.0, level="digits")  # fmt: skip

    def _draw_piece(self, pen: Pen, stop: int) -> None:
        """The way from a stop to the next, upright at both ends; behind the last one it leads on."""
        start = np.array([self.x_of(self.path[stop]), self.y_of(stop)])
        last = stop == len(self.stops) - 1
        end = np.array([self.x_of(self.path[stop if last else stop + 1]), self.y_of(stop + 1)])
        if last:
            end = np.array([start[0], self.natural[1]]) if self.down else np.array([self.natural[0], start[1]])
        t = np.linspace(0, 1, 33)[:, None]
        bend = np.array([0.0, 0.0 if last else (end - start)[1] * 0.6])
        a, b = start + bend, end - bend
        points = (1 - t) ** 3 * start + 3 * (1 - t) ** 2 * t * a + 3 * (1 - t) * t**2 * b + t**3 * end
        shown = points[: int(np.ceil(self.grown[stop] * len(points)))]
        if len(shown) < 2:
            return
        if last or self.path[stop] == self.path[stop + 1]:
            pen.line(shown, "delta", WIRE, 0.9)
            return
        wide = WIDEST * float(self.carried)
        pen.line(shown, "delta", wide, 0.7, shows=Thickness(Cell(self.carried), WIDEST))


def way_of_the_fact(lesson: Facts, box: Box, carried: Tensor, first: str, share: Tensor) -> Way:
    """The grid of all second runs as a Way. carried: the chance with what attention writes where the way goes on;
    first, share: the write that does most for the word against the other one, and how much of all that."""
    found, last = lesson.carrying, lesson.trace.config.n_layers
    attention = f"blocks.{lesson.crossing}.attn_out"
    written = [Written(lesson.crossing, say("{name}: {a:.1%}", name=name_of(attention), a=carried), carried)]
    if layer := re.match(r"blocks\.(\d+)\.", first):
        told = say("{name}: {s:.0%} of the gap", name=name_of(first), s=share)
        written.append(Written(int(layer[1]), told, share))
    return Way(
        lesson.chances, [lesson.words[k] for k in found.positions], found.positions, found.path(lesson.other),
        [stop_name(lesson, stop) for stop in range(last + 1)], carried, width=box.width, height=box.height,
        written=written, asked=found.positions.index(lesson.place), down=not lesson.wide,
        size=lesson.by(wide=0.42, square=0.36, tall=0.42),
    ).move_to(box.center)  # fmt: skip


__all__ = ["Way", "Written", "way_of_the_fact"]
