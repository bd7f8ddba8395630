"""Pile: numbers as grains over a line, heaped up where many are alike, and how far they spread."""

from __future__ import annotations

from typing import Any

import numpy as np
from manim import Animation

from model.numbers.tensor import Tensor
from model.study.inside.scaling import spread
from scenes.kit.charts.curve import ticks
from scenes.kit.ground.encodings import Length, Place
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell, Cells
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import Number
from scenes.kit.ground.timing import SOON, come_so_far, ease, stagger

GRAIN = 0.075  # radius
LETTERS = 0.42  # em of what stands below


class Pile(Painted):
    """A grain for each number of a Tensor [n], at its place on a line from −reach to reach; grains that would lie on
    one another are heaped up. Below the line a bar as long as their spread, with its number.

    called: what they are. fallen [n]: how far each has come down (`Pour`). number_opacity: of the number of the spread.
    In a Transform to another pile each grain goes to its place there."""

    values: Mix[np.ndarray]
    levels: Mix[np.ndarray]
    fallen: Mix[np.ndarray]
    bar: Mix[float]
    pitch: Mix[float]
    number_opacity: Mix[float]
    called: Mix[Said]
    fades = ("called",)

    def __init__(self, numbers: Tensor, called: Said, *, width: float, height: float, reach: int):
        self.tensor, self.sigma, self.called = numbers, spread(numbers), called
        self.values, self.reach_of_line = np.asarray(numbers.values, dtype=float), reach
        self.bar, self.size = float(self.sigma), max(LETTERS, smallest())
        self.small = max(0.3, smallest())
        self.unit, self.zero = width / (2 * reach), width / 2
        self.levels = levels(self.values, 2 * GRAIN / self.unit)
        self.floor = height - 1.5 * self.small - 2.9 * self.size
        self.pitch = min(2 * GRAIN, (self.floor - 0.1) / (self.levels.max() + 1))
        self.fallen, self.number_opacity = np.ones(len(self.values)), 1.0
        super().__init__(width, height)

    def draw(self, pen: Pen) -> None:
        width, seen = self.natural[0], float(self.fallen.min())
        pen.line([(0, self.floor), (width, self.floor)], "secondary", 0.02)
        for mark in ticks(-self.reach_of_line, self.reach_of_line, 7):
            x = self.zero + self.unit * mark
            shows = Place(mark, self.zero, self.unit)
            pen.line([(x, self.floor), (x, self.floor + 0.1)], "secondary", 0.02, shows=shows)
            pen.text(say("{m}", m=mark), x, self.floor + 0.1 + self.small, self.small, "secondary", align=0.5)
        xs = self.zero + self.unit * self.values
        heaped = self.floor - GRAIN - self.pitch * self.levels
        points = np.stack([xs, heaped * self.fallen + GRAIN * (1 - self.fallen)], axis=-1)
        shows = Place(Cells(self.tensor, (np.arange(len(xs)),)), self.zero, self.unit)
        pen.circles(points, GRAIN, color("data"), 0.8 * np.minimum(1.0, 8 * self.fallen), shows=shows)
        self._draw_spread(pen, seen)

    @property
    def _number_at(self) -> tuple[float, float]:
        """Where the number of the spread begins, and its baseline."""
        return self.zero + 0.3 + 3.3 * self.size, self.natural[1] - 0.35 * self.size

    def place_of_name(self) -> np.ndarray:
        """The end of what the pile is called, in scene coordinates."""
        return self.to_scene(self.zero - 0.6, self.natural[1] - 0.6 * self.size)

    def number(self) -> Number:
        """The number of the spread, lying on the one that stands here: what flies from it."""
        x, y = self._number_at
        number = Number(self.sigma, ".2f", self.size, "target")
        return number.move_to(self.to_scene(x + number.width / 2, y - 0.3 * self.size))

    def _draw_spread(self, pen: Pen, seen: float) -> None:
        """From nought to the right: as long as the spread."""
        y, text = self.floor + 1.5 * self.small + 0.3 * self.size, self.natural[1] - 0.35 * self.size
        shows = Length(Cell(self.sigma), self.zero, self.unit)
        pen.rectangle(self.zero, y, self.unit * self.bar, 0.35 * self.size, "target", seen, shows=shows)
        pen.text(self.called, self.zero - 0.3, text, self.size, "ink", seen * self.word_opacity, align=1.0)
        pen.text("spread", self.zero + 0.3, text, self.size, "target", seen)
        sight = seen * self.number_opacity
        pen.number(self.sigma, (), ".2f", *self._number_at, self.size, "target", sight, value=self.bar)


def levels(values: np.ndarray, width: float) -> np.ndarray:
    """How many others lie below each number [n], where those within a `width` are heaped up, the inmost first."""
    columns, found = np.round(values / width), np.zeros(len(values))
    for column in np.unique(columns):
        here = np.flatnonzero(columns == column)
        found[here] = np.arange(len(here))
    return found


class Pour(Animation):
    """The grains of a pile fall, one after the other; the line is there first."""

    def __init__(self, pile: Pile, lag: float = 0.03, **kwargs: Any):
        self.lag = lag
        pile.fallen = np.zeros(len(pile.values))
        super().__init__(pile, introducer=True, **kwargs)
        self.opacity = pile.opacity

    def interpolate_mobject(self, alpha: float) -> None:
        count = len(self.mobject.values)
        self.mobject.fallen = ease(stagger(self.rate_func(alpha), count, self.lag)) if alpha < 1 else np.ones(count)
        self.mobject.opacity = self.opacity * come_so_far(alpha, self.run_time, SOON)


__all__ = ["Pile", "Pour", "levels"]
