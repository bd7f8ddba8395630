"""SpreadBars: a measure of several things, with its spread over several runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Length, Place
from scenes.kit.ground.painting import Mix, Painted
from scenes.kit.ground.pen import Pen
from scenes.kit.ground.readings import Cell, Shown
from scenes.kit.ground.say import number
from scenes.kit.ground.style import color, smallest


class SpreadBars(Painted):
    """The mean of several runs as a bar for each of some things, and every run as a dot on it.

    runs: Tensor [thing, run]; labels: one for each thing; fills: their roles. Bars start at 0. The numbers beside are
    the mean and, in grey, the smallest and the largest."""

    grown: Mix[np.ndarray]
    dots: Mix[np.ndarray]

    def __init__(
        self,
        runs: Tensor,
        labels: Sequence[str],
        *,
        width: float,
        height: float,
        fills: Sequence[str],
        spec: str = ".3f",
        size: float = 0.42,
    ):
        self.runs, self.means = runs, runs.mean(1)
        self.least, self.most, self.labels, self.spec = runs.min(1), runs.max(1), list(labels), spec
        self.values = np.asarray(runs.values, dtype=float)
        self.rgbs = [color(fill) for fill in fills]
        self.grown, self.dots = np.ones(len(self.labels)), np.ones(len(self.labels))
        self.pitch = min(height / len(self.labels), 0.3 * width)
        self.size = max(
            min(size, 0.34 * self.pitch, typesetting.fitting_size(self.labels, 0.3 * width, size)), smallest()
        )
        self.small = max(0.72 * self.size, smallest())
        self.label_width = max(typesetting.width(label, self.size) for label in self.labels) + 0.25
        spread = f"{number(float(self.values.max()), spec)} to {number(float(self.values.max()), spec)}"
        number_width = (
            max(typesetting.width(spread, self.small), typesetting.width(number(9.0, spec), self.size)) + 0.35
        )
        self.bar_width = max(width - self.label_width - number_width, 0.5)
        super().__init__(self.label_width + self.bar_width + number_width, self.pitch * len(self.labels))

    def x_of(self, value: float) -> float:
        return self.label_width + self.bar_width * value / self.values.max()

    def draw(self, pen: Pen) -> None:
        for k, label in enumerate(self.labels):
            middle, mean = (k + 0.5) * self.pitch, float(self.means.values[k])
            grown, seen = float(self.grown[k]), float(self.dots[k])
            left, per_unit = self.label_width, self.bar_width / float(self.values.max())
            of = Cell(self.means, (k,))
            pen.text(label, left - 0.2, middle, self.size, align=1.0, level="letters", of=of)
            wide, length = (self.x_of(mean) - left) * grown, Length(Cell(self.means, (k,)), left, per_unit)
            pen.rectangle(left, middle - 0.3 * self.pitch, wide, 0.6 * self.pitch, self.rgbs[k], 0.8, shows=length)
            for j, value in enumerate(self.values[k]):
                y = middle + (j - (len(self.values[k]) - 1) / 2) * 0.16 * self.pitch
                place = Place(Cell(self.runs, (k, j)), left, per_unit)
                pen.circle(self.x_of(value), y, 0.06, "ink", seen, shows=place)
            x = left + self.bar_width + 0.3
            pen.number(self.means, (k,), self.spec, x, middle - 0.02 * self.size, self.size, "ink", seen)
            self._draw_spread(pen, k, x, middle + 1.0 * self.small, seen)

    def _draw_spread(self, pen: Pen, k: int, x: float, y: float, opacity: float) -> None:
        ends = [Shown(number(float(t.values[k]), self.spec), Cell(t, (k,)), self.spec) for t in (self.least, self.most)]
        pen.text(" to ".join(end.text for end in ends), x, y, self.small, "secondary", opacity, numbers=tuple(ends))
