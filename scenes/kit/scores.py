"""ScoreTable: what was measured, on which sample, how high, and how much of it would be chance."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenes.kit import type as typesetting
from scenes.kit.layout import Box
from scenes.kit.painting import Cell, Drawn, Painted, Pen, Shown
from scenes.kit.say import Said, Span, number, say
from scenes.kit.text import smallest
from scenes.kit.theme import color


@dataclass(frozen=True)
class Score:
    """One row: name, who has it, what it means and on what it was measured, and two Tensors of one number between 0 and 1."""

    name: str
    who: Said
    about: Said
    value: Any
    chance: Any
    passed: bool


def counted(text: str) -> Said:
    """A text of ours with whole numbers in it ("200 sentences"): each becomes a field of that count."""
    return Said(text, tuple(Span(m.start(), m.end(), int(m[0]), "d") for m in re.finditer(r"\d+", text)))


class ScoreTable(Painted):
    """Rows of scores as bars on one scale 0 … 100 %, a tick at chance, a line at the least that counts.

    With `stacked` each bar lies below its text. `margin` is the room kept free at the left of each row, for a picture: `picture(i)`.
    grown: how much of each row is there. Rows that did not pass are grey.
    """

    look = ("grown",)

    def __init__(self, box: Box, scores: list[Score], least, *, stacked: bool = False, spec: str = ".0%"):
        self.scores, self.least, self.spec, self.stacked = scores, least, spec, stacked
        self.box, self.head = box, 0.3
        self.pitch = min((box.height - self.head) / len(scores), 1.75 if stacked else 0.95)
        self.margin = min(0.86 * self.pitch, 1.3) + 0.2
        width = box.width - self.margin
        shares = (1, 0, 0) if stacked else (0.22, 0.4, 0.38)
        self.text_widths = (width, width) if stacked else (width * shares[0] - 0.2, width * shares[1] - 0.3)
        self.x = (self.margin, self.margin, self.margin) if stacked else tuple(self.margin + width * s for s in (0, shares[0], shares[0] + shares[1]))
        names = [score.name for score in scores]
        self.size = max(min(0.34, 0.36 * self.pitch, typesetting.fitting_size(names, self.text_widths[0], 0.34)), smallest())
        self.small = self._small_size()
        self.number_width = typesetting.width(number(1.0, spec), self.size) + 0.2
        self.bar_width = width - (self.x[2] - self.margin) - self.number_width
        self.grown = np.ones(len(scores))
        super().__init__(box.width, self.head + self.pitch * len(scores))
        self.move_to(box.center)

    def _small_size(self) -> float:
        """The em at which every explanation fits its place."""
        size, room = 0.24, self.pitch * (0.36 if self.stacked else 0.92)
        while size > smallest():
            if all(len(typesetting.wrap(s.about, self.text_widths[1], size)) * 1.18 * size <= room for s in self.scores):
                return size
            size *= 0.97
        return smallest()

    def picture(self, i: int) -> np.ndarray:
        """(x, y, side) of the free square in row i, in scene coordinates."""
        side = self.margin - 0.2
        return np.array([*self.to_scene(side / 2, self.head + (i + 0.5) * self.pitch)[:2], side])

    def draw(self, pen: Pen) -> None:
        x, top, bottom = self.x[2] + self.bar_width * float(self.least), self.head, self.natural[1]
        for i, score in enumerate(self.scores):
            self._draw_texts(pen, score, self.head + i * self.pitch, float(self.grown[i]))
            self._draw_bar(pen, i, score, float(self.grown[i]))
        for y in np.arange(top, bottom - 0.05, 0.16):
            pen.line([(x, y), (x, min(y + 0.08, bottom))], "secondary", 0.018)
        pen.text(say("a name from {least:.0%}", least=self.least), x, 0.62 * self.head, max(0.22, smallest()), "secondary", align=0.5)

    def _draw_texts(self, pen: Pen, score: Score, y: float, opacity: float) -> None:
        size, small = self.size, self.small
        about = score.about
        lines = [about.cut(*line) for line in typesetting.wrap(about, self.text_widths[1], small)]
        role = "target" if score.passed else "ink"
        if self.stacked:
            base = y + 0.06 * self.pitch + 0.8 * size
            pen.text(score.name, self.x[0], base, size, role, opacity)
            pen.text(score.who, self.x[0] + self.text_widths[0], base, 0.8 * size, "ink" if score.passed else "secondary", opacity, align=1.0)
            first = base + 1.25 * small
        else:
            middle = y + self.pitch / 2
            pen.text(score.name, self.x[0], middle - 0.1 * size, size, role, opacity)
            pen.text(score.who, self.x[0], middle + 0.95 * size, 0.8 * size, "ink" if score.passed else "secondary", opacity)
            first = middle + (0.34 - 0.59 * (len(lines) - 1)) * small
        for k, line in enumerate(lines):
            pen.text(line, self.x[1], first + 1.18 * small * k, small, "secondary", opacity)

    def _draw_bar(self, pen: Pen, i: int, score: Score, grown: float) -> None:
        y = self.head + (i + (0.78 if self.stacked else 0.4)) * self.pitch
        thick, value = min(0.3 * self.pitch, 0.34), float(score.value) * grown
        pen.rectangle(self.x[2], y - thick / 2, max(self.bar_width * value, 0.012), thick, "probability" if score.passed else "faint", min(1.0, 2 * grown))
        tick = self.x[2] + self.bar_width * float(score.chance)
        pen.line([(tick, y - thick / 2 - 0.05), (tick, y + thick / 2 + 0.05)], "secondary", 0.035, grown)
        end = max(self.x[2] + self.bar_width * value, tick) + 0.12
        shown = Shown(number(value, self.spec), Cell(score.value), self.spec)
        pen.text(shown.text, end, y + 0.33 * self.size, self.size, "ink" if score.passed else "secondary", grown, numbers=(shown,) if grown >= 1 else ())
        small = max(0.62 * self.size, smallest())
        below = say("chance {c:" + self.spec + "}", c=score.chance)
        pen.text(below, tick, y + thick / 2 + 0.08 + 0.8 * small, small, "secondary", grown, align=0.5 if float(score.chance) > 0.12 else 0.0)

    def drawn(self) -> list[Drawn]:
        values = [np.array(float(s.value) * g if g > 0 else np.nan) for s, g in zip(self.scores, self.grown, strict=True)]
        return [Drawn(value, score.value, ()) for value, score in zip(values, self.scores, strict=True)]


__all__ = ["Score", "ScoreTable", "counted"]
