"""SurpriseCurve: −log p of what did come, as dots on the curve."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from model.numbers.origins import CHOSEN
from model.numbers.tensor import Tensor
from scenes.kit.charts.activation import POINTS, TICK, ActivationCurve
from scenes.kit.charts.curve import ticks
from scenes.kit.ground import typesetting
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell
from scenes.kit.ground.say import say
from scenes.kit.ground.style import smallest
from scenes.kit.words.labels import LED, place_labels
from scenes.kit.words.tokens import display

DOT = 0.11
NAME = 0.34  # em of the words


class SurpriseCurve(ActivationCurve):
    """The curve of −log p over p from 0 to 1, and a dot for each word at the probability that it had.

    probs: Tensor [n], all above 0; words: n strings. target: the one that is followed (yellow). highest: a whole number
    that the axis goes to (default: what the largest needs), where several are to share a scale. fallen [dot]: how far
    each has come from the axis to the curve; 0 when it is made, see `Fall`. In a Transform to a curve of as many words
    of the same scale the dots slide along it."""

    ys: Mix[np.ndarray]
    before: Mix[Tensor]
    after: Mix[Tensor]
    offsets: Mix[np.ndarray]
    named: Mix[np.ndarray]

    def __init__(
        self, probs: Tensor, words: Sequence[str], *, width: float, height: float, target: int, highest: int = 0
    ):
        self.places, self.followed, self.words = np.arange(len(words)), target, [display(word) for word in words]
        self.before, self.after = probs, -probs.log()
        self.ys = np.asarray(self.after.values, dtype=float)
        reach = max(highest, 1, math.ceil(float(self.ys.max())))
        self.low, self.high = 0.0, float(reach)
        heights = np.linspace(reach, 0, POINTS)
        self.curve_y = Tensor.given(heights, "heights along the axis", ("place",), CHOSEN)
        self.curve_x = (-self.curve_y).exp()
        self.fallen = np.zeros(len(words))
        self.size, self.name_size = max(TICK, smallest()), max(NAME, smallest())
        self.left = max(typesetting.width(say("{i}", i=reach), self.size), 0.2) + 0.3
        self.right, self.top, self.floor = width - 0.25, 1.5 * self.size, height - 2.6 * self.size
        self.up, self.across = (self.floor - self.top) / reach, self.right - self.left
        self.zero_x, self.zero_y = self.left, self.floor
        self._place_names(width, height)
        Painted.__init__(self, width, height)

    @property
    def xs(self) -> np.ndarray:
        """Where the dots stand across: on the curve, also while they slide."""
        return np.exp(-self.ys)

    def _place_names(self, width: float, height: float) -> None:
        """Where the words stand beside their dots, the followed one first."""
        dots = np.stack([self.zero_x + self.across * self.xs, self.zero_y - self.up * self.ys], axis=-1)
        sizes = np.array([(typesetting.width(w, self.name_size) + 0.08, 0.92 * self.name_size) for w in self.words])
        line = np.stack([np.asarray(t.values) for t in (self.curve_x, self.curve_y)], axis=-1)
        curve = np.stack([self.zero_x + self.across * line[:, 0], self.zero_y - self.up * line[:, 1]], axis=-1)
        taken = np.vstack(
            [
                np.hstack([curve - 0.02, curve + 0.02]),
                [(0, 0, self.left, height), (0, 0, 4 * self.size, 1.3 * self.size)],
            ]
        )
        room, must = (width, self.floor), [k for k in self.places if k == self.followed]
        centres, placed = place_labels(dots, sizes, room, radius=DOT, taken=taken, must=must)
        self.offsets, self.named = centres - dots, placed.astype(float)

    def draw(self, pen: Pen) -> None:
        super().draw(pen)
        heights = self.fallen * self.ys
        for k, word in enumerate(self.words):
            seen = float(self.named[k] * np.clip(2 * self.fallen[k] - 1, 0, 1))
            if seen <= 0.002:
                continue
            x, y = self.zero_x + self.across * self.xs[k], self.zero_y - self.up * heights[k]
            (dx, dy), role = self.offsets[k], "target" if k == self.followed else "ink"
            half = typesetting.width(word, self.name_size) / 2
            far = np.array(
                [dx - np.clip(dx, -half, half), dy - np.clip(dy, -0.4 * self.name_size, 0.4 * self.name_size)]
            )
            if np.hypot(*far) > DOT + LED:
                pen.line([(x, y), (x + far[0], y + far[1])], role, 0.014, 0.6 * seen)
            of = Cell(self.before, (k,))
            pen.text(word, x + dx, y + dy, self.name_size, role, seen, align=0.5, level="letters", of=of)

    def _draw_axes(self, pen: Pen) -> None:
        pen.line([(self.left, self.zero_y), (self.right, self.zero_y)], "secondary", 0.015, shows=self._y(0))
        pen.line([(self.zero_x, self.top), (self.zero_x, self.floor)], "secondary", 0.015, shows=self._x(0))
        for mark in (0, 1):
            x = self.zero_x + self.across * mark
            pen.line([(x, self.floor), (x, self.floor + 0.08)], "secondary", 0.015, shows=self._x(mark))
            pen.text(say("{i}", i=mark), x, self.floor + 0.12 + self.size, self.size, "secondary", align=0.5)
        for mark in ticks(1, int(self.high), max(1, int(self.up * self.high / (1.6 * self.size)))):
            y = self.zero_y - self.up * mark
            pen.line([(self.left, y), (self.right, y)], "faint", 0.012, shows=self._y(mark))
            pen.text(say("{i}", i=mark), self.left - 0.14, y + 0.33 * self.size, self.size, "secondary", align=1.0)
        pen.text("−log p", 0, 0.9 * self.size, self.size, "loss")
        middle = (self.left + self.right) / 2
        pen.text(
            "p of the word that did come", middle, self.floor + 0.12 + self.size, self.size, "secondary", align=0.5
        )

    def slid(self) -> SurpriseCurve:
        """With its dots on the curve."""
        self.fallen[:] = 1.0
        return self


__all__ = ["SurpriseCurve"]
