"""ScoreTable: what was measured, on which sample, how high, and how much of it would be chance."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Length, Place
from scenes.kit.ground.layout import Box
from scenes.kit.ground.painting import Mix, Painted
from scenes.kit.ground.pen import Pen
from scenes.kit.ground.readings import Cell, Shown
from scenes.kit.ground.say import Said, Span, number, say
from scenes.kit.ground.style import smallest


@dataclass(frozen=True)
class Score:
    """One row: name, who has it, what it means and on what it was measured, and three Tensors of one number between 0
    and 1."""

    name: str
    who: Said
    about: tuple[Said, ...]  # paragraphs
    value: Any
    chance: Any
    needed: Any

    @property
    def passed(self) -> bool:
        return float(self.value) >= float(self.needed)


def counted(text: str) -> Said:
    """A text of ours with whole numbers in it ("200 sentences"): each becomes a field of that count."""
    return Said(text, tuple(Span(m.start(), m.end(), int(m[0]), "d") for m in re.finditer(r"\d+", text)))


class ScoreTable(Painted):
    """Rows of scores as bars on one scale 0 … 100 %, with a mark at chance and one at what is needed to pass.

    With `stacked` each bar lies below its text. At the left of each row a square is kept free for a picture:
    `picture(i)`. grown: how much of each row is there. Rows that did not pass are grey.
    """

    grown: Mix[np.ndarray]

    def __init__(self, box: Box, scores: list[Score], *, stacked: bool = False, spec: str = ".0%"):
        self.scores, self.spec, self.stacked = scores, spec, stacked
        self.pitch = min(box.height / len(scores), 1.75 if stacked else 0.95)
        self.margin = min(0.86 * self.pitch, 1.3) + 0.2
        width = box.width - self.margin
        shares = (1, 0, 0) if stacked else (0.22, 0.4, 0.38)
        self.text_widths = (width, width) if stacked else (width * shares[0] - 0.2, width * shares[1] - 0.3)
        self.x = (
            (self.margin, self.margin, self.margin)
            if stacked
            else tuple(self.margin + width * s for s in (0, shares[0], shares[0] + shares[1]))
        )
        names = [score.name for score in scores]
        self.size = max(
            min(0.34, 0.36 * self.pitch, typesetting.fitting_size(names, self.text_widths[0], 0.34)), smallest()
        )
        self.small, self.mark_size = self._small_size(), max(0.66 * self.size, smallest())
        self.number_width = typesetting.width(number(1.0, spec), self.size) + 0.2
        self.bar_width = width - (self.x[2] - self.margin) - self.number_width
        self.grown = np.ones(len(scores))
        super().__init__(box.width, self.pitch * len(scores))
        self.move_to(box.center)

    def _small_size(self) -> float:
        """The em at which every explanation fits its place."""
        size, room = 0.24, self.pitch * (0.36 if self.stacked else 0.92)
        while size > smallest():
            if all(len(self._lines(score, size)) * 1.18 * size <= room for score in self.scores):
                return size
            size *= 0.97
        return smallest()

    def _lines(self, score: Score, size: float) -> list[Said]:
        return [part.cut(*line) for part in score.about for line in typesetting.wrap(part, self.text_widths[1], size)]

    def picture(self, i: int) -> np.ndarray:
        """(x, y, side) of the free square in row i, in scene coordinates."""
        side = self.margin - 0.2
        return np.array([*self.to_scene(side / 2, (i + 0.5) * self.pitch)[:2], side])

    def draw(self, pen: Pen) -> None:
        for i, score in enumerate(self.scores):
            self._draw_texts(pen, score, i * self.pitch, float(self.grown[i]))
            self._draw_bar(pen, i, score, float(self.grown[i]))

    def _draw_texts(self, pen: Pen, score: Score, y: float, opacity: float) -> None:
        size, small = self.size, self.small
        lines = self._lines(score, small)
        role = "target" if score.passed else "ink"
        if self.stacked:
            base = y + 0.06 * self.pitch + 0.8 * size
            pen.text(score.name, self.x[0], base, size, role, opacity)
            pen.text(
                score.who,
                self.x[0] + self.text_widths[0],
                base,
                0.8 * size,
                "ink" if score.passed else "secondary",
                opacity,
                align=1.0,
            )
            first = base + 1.25 * small
        else:
            middle = y + self.pitch / 2
            pen.text(score.name, self.x[0], middle - 0.1 * size, size, role, opacity)
            pen.text(
                score.who, self.x[0], middle + 0.95 * size, 0.8 * size, "ink" if score.passed else "secondary", opacity
            )
            first = middle + (0.34 - 0.59 * (len(lines) - 1)) * small
        for k, line in enumerate(lines):
            pen.text(line, self.x[1], first + 1.18 * small * k, small, "secondary", opacity)

    def _draw_bar(self, pen: Pen, i: int, score: Score, grown: float) -> None:
        y = (i + (0.7 if self.stacked else 0.38)) * self.pitch
        thick, value = min((0.17 if self.stacked else 0.3) * self.pitch, 0.34), float(score.value) * grown
        pen.rectangle(self.x[2], y - thick / 2, self.bar_width, thick, "box", grown)
        pen.rectangle(
            self.x[2],
            y - thick / 2,
            max(self.bar_width * value, 0.012),
            thick,
            "probability" if score.passed else "faint",
            min(1.0, 2 * grown),
            shows=Length(Cell(score.value), self.x[2], self.bar_width),
        )
        self._draw_marks(pen, score, y, thick, grown)
        shown = Shown(number(value, self.spec), Cell(score.value), self.spec)
        pen.text(
            shown.text,
            self.natural[0],
            y + 0.33 * self.size,
            self.size,
            "target" if score.passed else "ink",
            grown,
            align=1.0,
            numbers=(shown,),
        )

    def _draw_marks(self, pen: Pen, score: Score, y: float, thick: float, opacity: float) -> None:
        """Where chance is, and what is needed; the words below move apart where they would touch."""
        small = self.mark_size
        said = [
            say("{n} {c:" + self.spec + "}", n=name, c=value)
            for name, value in (("chance", score.chance), ("needs", score.needed))
        ]
        at = [self.x[2] + self.bar_width * float(value) for value in (score.chance, score.needed)]
        halves = [typesetting.width(text, small) / 2 for text in said]
        places = [max(at[0], self.x[2] + halves[0]), min(at[1], self.x[2] + self.bar_width - halves[1])]
        apart = max(0.0, places[0] + halves[0] + 0.12 - (places[1] - halves[1])) / 2
        for k, role in enumerate(("secondary", "ink")):
            shows = Place(Cell((score.chance, score.needed)[k]), self.x[2], self.bar_width)
            pen.line([(at[k], y - thick / 2 - 0.04), (at[k], y + thick / 2 + 0.06)], role, 0.03, opacity, shows=shows)
            pen.text(
                said[k],
                places[k] + (apart if k else -apart),
                y + thick / 2 + 0.09 + 0.8 * small,
                small,
                "secondary",
                opacity,
                align=0.5,
            )


__all__ = ["Score", "ScoreTable", "counted"]
