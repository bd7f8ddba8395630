"""NameScores: what was measured, on which sample, how high, and how much of it would be chance."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Length, Place, Side
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
    def above(self) -> Any:
        """By how much it is above what is needed."""
        return self.value - self.needed

    @property
    def passed(self) -> bool:
        return float(self.above) >= 0


def counted(text: str) -> Said:
    """A text of ours with whole numbers in it ("200 sentences"): each becomes a field of that count."""
    return Said(text, tuple(Span(m.start(), m.end(), int(m[0]), "d") for m in re.finditer(r"\d+", text)))


MEANING = 0.26  # em of what a name means, where there is room
PASSED = ("probability", "faint")  # colour of the bar of what passed, and of what did not
SMALL = 0.2  # em of who has it, and on what it was measured


class NameScores(Painted):
    """Rows of scores as bars on one scale 0 … 100 %, with a mark at chance and one at what is needed to pass.

    The name and what it means stand over an example and the bar; `stacked` is for narrow frames. At the left of each
    row a square is kept free for a picture, `picture(i)`, and under the meaning a box for the example, `example(i)`.
    grown: how much of each row is there. Rows that did not pass are grey.
    """

    grown: Mix[np.ndarray]

    def __init__(self, box: Box, scores: list[Score], *, stacked: bool = False, spec: str = ".0%"):
        self.scores, self.spec, self.stacked = scores, spec, stacked
        self.pitch = min(box.height / len(scores), 2.6 if stacked else 1.3)
        self.margin = min(0.74 * self.pitch, 1.1) + 0.25
        self.size = 0.34
        self.width_of_texts = box.width - self.margin
        names = max(typesetting.width(score.name, self.size) for score in scores)
        self.side = 0.0 if stacked else min(max(names, 2.4) + 0.3, 0.28 * self.width_of_texts)
        self.small = max(SMALL, smallest())
        self.mark_size = max(0.19, smallest())
        self.number_width = typesetting.width(number(1.0, spec), self.size) + 0.2
        share = 0.5 if stacked else 0.34
        self.bar_width = share * self.width_of_texts - self.number_width
        self.bar_x = self.margin + (0 if stacked else (1 - share) * self.width_of_texts)
        self.meaning_size = min(self._fitting(score) for score in scores)
        self.grown = np.ones(len(scores))
        super().__init__(box.width, self.pitch * len(scores))
        self.move_to(box.center)

    # ── where things are ─────────────────────────────────────────────────────────────────────────
    def _fitting(self, score: Score) -> float:
        """The em at which what a name means stands on one line, or stacked on two."""
        room = (2 * 0.94 if self.stacked else 1) * (self.width_of_texts - self.side)
        return max(typesetting.fitting_size([score.about[0]], room, MEANING), smallest())

    def _meaning(self, score: Score) -> list[Said]:
        room = self.width_of_texts - self.side
        lines = (
            typesetting.wrap(score.about[0], room, self.meaning_size) if self.stacked else [(0, len(score.about[0]))]
        )
        return [score.about[0].cut(*line) for line in lines]

    def _sample(self, score: Score) -> list[Said]:
        """On what it was measured; not stacked, below who has the name."""
        room, texts = self.side - 0.3 if self.side else self.width_of_texts, score.about[1:]
        return [part.cut(*line) for part in texts for line in typesetting.wrap(part, room, self.mark_size)]

    def picture(self, i: int) -> np.ndarray:
        """(x, y, side) of the free square in row i, in scene coordinates."""
        side = self.margin - 0.25
        return np.array([*self.to_scene(side / 2, (i + 0.5) * self.pitch)[:2], side])

    def example(self, i: int) -> Box:
        """Where the example of row i stands, in scene coordinates."""
        top, bottom = i * self.pitch + self._head(), (i + 1) * self.pitch - 0.1
        left, right = self.margin + self.side, self.bar_x - 0.4
        if self.stacked:
            left, right = self.bar_x + self.bar_width + self.number_width + 0.2, self.natural[0]
        (x0, y0, _), (x1, y1, _) = self.to_scene(left, bottom), self.to_scene(right, top)
        return Box(float(x0), float(y0), float(x1), float(y1))

    def _head(self) -> float:
        """Height of what stands over the example."""
        if not self.stacked:
            return 1.35 * self.size
        meaning = max(len(self._meaning(score)) for score in self.scores)
        return 1.3 * self.size + 1.2 * self.meaning_size * meaning + 1.4 * self.mark_size

    # ── drawing ──────────────────────────────────────────────────────────────────────────────────
    def draw(self, pen: Pen) -> None:
        for i, score in enumerate(self.scores):
            self._draw_texts(pen, score, i * self.pitch, float(self.grown[i]))
            self._draw_bar(pen, i, score, float(self.grown[i]))

    def _draw_texts(self, pen: Pen, score: Score, y: float, opacity: float) -> None:
        size, role = self.size, "target" if score.passed else "ink"
        base = y + 0.95 * size
        pen.text(score.name, self.margin, base, size, role, opacity)
        if self.stacked:
            pen.text(score.who, self.margin + self.width_of_texts, base, 0.8 * size, "secondary", opacity, align=1.0)
        else:
            pen.text(score.who, self.margin, base + 1.2 * self.small, self.small, "secondary", opacity)
        down = base + 1.25 * self.meaning_size if self.stacked else base
        for line in self._meaning(score):
            pen.text(line, self.margin + self.side, down, self.meaning_size, "ink", opacity)
            down += 1.2 * self.meaning_size
        down = down if self.stacked else base + 1.2 * self.small + 1.3 * self.mark_size
        for line in self._sample(score):
            pen.text(line, self.margin, down, self.mark_size, "secondary", opacity)
            down += 1.15 * self.mark_size

    def _draw_bar(self, pen: Pen, i: int, score: Score, grown: float) -> None:
        thick, value = min((0.1 if self.stacked else 0.24) * self.pitch, 0.3), float(score.value) * grown
        below = 0.3 * (self.pitch - self._head()) if self.stacked else 0.7 * thick
        y = i * self.pitch + self._head() + below
        pen.rectangle(self.bar_x, y - thick / 2, self.bar_width, thick, "box", grown)
        pen.rectangle(
            self.bar_x,
            y - thick / 2,
            max(self.bar_width * value, 0.012),
            thick,
            PASSED[0 if score.passed else 1],
            min(1.0, 2 * grown),
            shows=(Length(Cell(score.value), self.bar_x, self.bar_width), Side(Cell(score.above), *PASSED)),
        )
        self._draw_marks(pen, score, y, thick, grown)
        shown = Shown(number(value, self.spec), Cell(score.value), self.spec)
        pen.text(
            shown.text,
            self.bar_x + self.bar_width + self.number_width,
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
        at = [self.bar_x + self.bar_width * float(value) for value in (score.chance, score.needed)]
        halves = [typesetting.width(text, small) / 2 for text in said]
        places = [max(at[0], self.bar_x + halves[0]), min(at[1], self.bar_x + self.bar_width - halves[1])]
        apart = max(0.0, places[0] + halves[0] + 0.12 - (places[1] - halves[1])) / 2
        for k, role in enumerate(("secondary", "ink")):
            shows = Place(Cell((score.chance, score.needed)[k]), self.bar_x, self.bar_width)
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


__all__ = ["Score", "NameScores", "counted"]
