"""SpreadBars: a measure of several things, with its spread over several runs."""

from __future__ import annotations

import numpy as np

from scenes.kit.ground import typesetting
from scenes.kit.ground.painting import Cell, Drawn, Painted, Pen, Shown
from scenes.kit.ground.say import number
from scenes.kit.ground.text import smallest
from scenes.kit.ground.theme import color


class SpreadBars(Painted):
    """The mean of several runs as a bar for each of some things, and every run as a dot on it.

    runs: Tensor [thing, run]; labels: one for each thing; fills: their roles. Bars start at 0. The numbers beside are
    the mean and, in grey, the smallest and the largest."""

    look = ("grown", "dots")

    def __init__(self, runs, labels, *, width: float, height: float, fills, spec: str = ".3f", size: float = 0.42):
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
            pen.text(label, self.label_width - 0.2, middle + 0.3 * self.size, self.size, "ink", align=1.0)
            pen.rectangle(
                self.label_width,
                middle - 0.3 * self.pitch,
                (self.x_of(mean) - self.label_width) * grown,
                0.6 * self.pitch,
                self.rgbs[k],
                0.8,
            )
            for j, value in enumerate(self.values[k]):
                pen.circle(
                    self.x_of(value),
                    middle + (j - (len(self.values[k]) - 1) / 2) * 0.16 * self.pitch,
                    0.06,
                    "ink",
                    seen,
                )
            x = self.label_width + self.bar_width + 0.3
            text = number(mean, self.spec)
            pen.text(
                text,
                x,
                middle - 0.02 * self.size,
                self.size,
                "ink",
                seen,
                numbers=(Shown(text, Cell(self.means, (k,)), self.spec),),
            )
            self._draw_spread(pen, k, x, middle + 1.0 * self.small, seen)

    def _draw_spread(self, pen: Pen, k: int, x: float, y: float, opacity: float) -> None:
        ends = [Shown(number(float(t.values[k]), self.spec), Cell(t, (k,)), self.spec) for t in (self.least, self.most)]
        pen.text(" to ".join(end.text for end in ends), x, y, self.small, "secondary", opacity, numbers=tuple(ends))

    def drawn(self) -> list[Drawn]:
        return [
            Drawn(np.where(self.grown > 0, self.means.values * self.grown, np.nan), self.means, (slice(None),)),
            Drawn(np.where(self.dots[:, None] > 0.002, self.values, np.nan), self.runs, (slice(None), slice(None))),
        ]
