"""Probabilities as bars that add up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Length
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.pen import Rectangle
from scenes.kit.ground.readings import Cell, Claim, Shown, shown_at
from scenes.kit.ground.say import number, say
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import LABEL
from scenes.kit.numbers.decimals import TOTAL, Decimals, decimals
from scenes.kit.words.tokens import display


class ProbabilityBars(Painted):
    """Horizontal bars, linear in p, each with its word and its percentage.

    probs: Tensor [n]; labels: n strings. Either the `count` most probable, largest first, and one last bar
    "all others", so that the bars add up to 100 % — or, with `order`, those indices in that order.
    `rest`: what the last bar is called; it is left out where it is 0, unless the list is to be `whole`.
    `target`: the index whose bar is yellow; `drawn`: the one whose bar is pink.
    `total` writes the sum below. `longest`: the probability of a bar that fills the width (default: the largest shown).
    `label_room`: width of the words, where several lists are to line up. In a Transform to another list the bars
    grow and shrink, the words fade over.
    """

    values: Mix[np.ndarray]
    fill_rgb: Mix[np.ndarray]
    emphasis: Mix[np.ndarray]
    bar_opacity: Mix[np.ndarray]
    words: Mix[list[str]]
    ids: Mix[list[int]]
    probs: Mix[Tensor]
    others: Mix[Tensor | None]
    sum: Mix[Tensor]
    decimals: Mix[Decimals]
    longest: Mix[float]
    label_width: Mix[float]
    bar_width: Mix[float]
    pitch: Mix[float]
    size: Mix[float]
    number_size: Mix[float]
    natural: Mix[tuple[float, float]]
    fades = ("words",)

    def __init__(
        self,
        probs: Tensor,
        labels: Sequence[str],
        *,
        width: float = 6.0,
        height: float = 4.5,
        count: int = 8,
        order: Sequence[int] | None = None,
        fill: str = "logit",
        spec: str = ".1%",
        size: float = LABEL,
        total: bool = False,
        longest: float | None = None,
        target: int | None = None,
        drawn: int | None = None,
        label_room: float = 0.0,
        rest: str = "all others",
        whole: bool = False,
    ):
        n = len(labels)
        self.probs, self.spec, self.total = probs, spec, total
        values = np.asarray(probs.values, dtype=float)
        self.ids = list(order) if order is not None else [int(i) for i in np.argsort(-values, kind="stable")[:count]]
        hidden = sorted(set(range(n)) - set(self.ids))
        if not values[hidden].any() and not whole:
            hidden = []  # nothing is left for the others (masked words)
        self.others = probs[hidden].sum(0) if hidden else None
        self.words = [display(labels[i]) for i in self.ids] + ([rest] if hidden else [])
        self.values = np.append(values[self.ids], [] if self.others is None else [float(self.others)])
        self.longest = longest or float(self.values.max()) or 1.0
        self.sum = probs.sum(0)
        self.decimals = decimals([([(float(v),) for v in self.values], float(self.sum))], spec, TOTAL)
        lines = len(self.words) + (1.2 if total else 0)
        self.pitch = min(height / lines, 1.55 * size)
        self.size = max(min(size, 0.78 * self.pitch), smallest())
        self.number_size = max(0.9 * self.size, smallest())
        self.label_width = max(label_room, max(typesetting.width(word, self.size) for word in self.words) + 0.2)
        number_width = max(typesetting.width(number(v, spec), self.number_size) for v in self.values) + 0.2
        self.bar_width = max(width - self.label_width - number_width, 0.3)
        self.fill_rgb = np.tile(color(fill), (len(self.words), 1))
        if hidden:
            self.fill_rgb[-1] = color("faint")
        for index, role in ((target, "target"), (drawn, "prediction")):
            if index in self.ids:
                self.fill_rgb[self.ids.index(index)] = color(role)
        self.emphasis = np.ones(len(self.words))
        self.bar_opacity = np.ones(len(self.words))
        super().__init__(self.label_width + self.bar_width + number_width, self.pitch * lines)

    def _cell(self, i: int) -> Cell:
        if i < len(self.ids) or self.others is None:
            return Cell(self.probs, (self.ids[i],))
        return Cell(self.others)

    def bar_corners(self, i: int, pad: float = 0.0) -> np.ndarray:
        """Scene corners [4, 3] of the i-th bar."""
        return self.corners_of(self._bar(i), pad)

    def _bar(self, i: int) -> Rectangle:
        wide = self.bar_width * min(self.values[i] / self.longest, 1.0)
        return self.label_width, (i + 0.14) * self.pitch, wide, 0.72 * self.pitch

    def draw(self, pen: Pen) -> None:
        for i, word in enumerate(self.words):
            self._draw_bar(pen, i, word)
        if self.total:
            text = say(f"Σ {self.decimals.sign} {{total:{self.decimals.total}}}", total=self.sum)
            grown = float(
                np.clip(10 * self.values.sum() / float(self.sum) - 9, 0, 1)
            )  # the sum comes with the last bars
            pen.text(
                text,
                self.label_width,
                (len(self.words) + 0.85) * self.pitch,
                self.number_size,
                "secondary",
                float(self.bar_opacity.min()) * grown,
            )

    def _draw_bar(self, pen: Pen, i: int, word: str) -> None:
        (x, y, w, h), cell = self._bar(i), self._cell(i)
        base, opacity = y + h / 2 + 0.28 * self.size, float(self.emphasis[i])
        role = "secondary" if self.others is not None and i == len(self.words) - 1 else "ink"
        pen.text(word, x - 0.12, base, self.size, role, opacity * self.word_opacity, align=1.0)
        shade, opacity = (
            0.6 + 0.4 * min(1.0, self.values[i] / self.longest),
            opacity * float(self.bar_opacity[i]) * self.has_begun(i),
        )
        length = Length(cell, x, self.bar_width / self.longest)
        pen.rectangle(x, y, max(w, 0.012), h, self.fill_rgb[i], shade * opacity, shows=length)
        at = x + w + 0.12, base, self.number_size
        pen.number(cell.tensor, cell.index, self.spec, *at, "secondary", opacity, value=self.values[i])

    def claims(self) -> list[Claim]:
        if self.bar_opacity.min() < 0.99:
            return []  # not all of them are there
        parts = tuple((Shown(number(v, self.spec), self._cell(i), self.spec),) for i, v in enumerate(self.values))
        form = self.decimals
        total = shown_at(self.sum, form.total)
        return [
            Claim(parts, total, "sum of the bars", form.about),
            Claim(((total,),), Shown(number(1.0, form.total), 1, form.total), "all bars"),
        ]
