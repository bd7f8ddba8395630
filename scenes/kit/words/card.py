"""QuestionCard: a question to the viewer with its answers, and the time that is left to think."""

from __future__ import annotations

from collections.abc import Sequence

from scenes.kit.ground import typesetting
from scenes.kit.ground.painting import Mix, Painted
from scenes.kit.ground.pen import Pen
from scenes.kit.ground.say import Said
from scenes.kit.ground.style import smallest
from scenes.kit.ground.text import CAPTION

LETTERS = "ABCD"
PAD, LETTER, GAP, HIGH = 0.45, 1.3, 0.7, 1.6  # in em: inside a chip, of its letter, between two, its height
LEADING, AIR = 1.25, 0.35  # in em: from line to line, between the question and its answers
BAR = 0.04  # scene units


class QuestionCard(Painted):
    """In the caption's place: the question, its answers A, B, C … in a row, and a bar that runs out.

    answers: two to four. width, height: of the room; letters are as large as fit, at most as a caption's. `left`: how
    much of the bar is left, from 1 to 0; `over()` is the card when it has run out. text: the question; said: with its
    answers."""

    pinned = True
    left: Mix[float]

    def __init__(self, question: Said, answers: Sequence[Said], width: float, height: float, size: float = CAPTION):
        self.text, self.answers, self.left = question, tuple(answers), 1.0
        while size > smallest() and not self._fits(question, size, width, height):
            size = max(0.97 * size, smallest())
        self.size = size
        self.lines = [question.cut(*line) for line in typesetting.wrap(question, width, size)]
        super().__init__(width, height)

    @property
    def said(self) -> str:
        """All that it says."""
        return " ".join([self.text, *(f"{k}: {answer}" for k, answer in zip(LETTERS, self.answers, strict=False))])

    def over(self) -> QuestionCard:
        """The card when the time to think is over."""
        card: QuestionCard = self.copy()
        card.left = 0.0
        return card

    def _fits(self, question: Said, size: float, width: float, height: float) -> bool:
        lines = len(typesetting.wrap(question, width, size))
        high = (1 + LEADING * (lines - 1) + AIR + HIGH) * size + 3 * BAR
        return lines <= 2 and high <= height and self._across(size) <= width

    def _widths(self, size: float) -> list[float]:
        """Of the chips."""
        return [typesetting.width(answer, size) + (2 * PAD + LETTER) * size for answer in self.answers]

    def _across(self, size: float) -> float:
        return sum(self._widths(size)) + GAP * size * (len(self.answers) - 1)

    def draw(self, pen: Pen) -> None:
        size, (width, height) = self.size, self.natural
        pen.rectangle(0, 0, width, BAR, "faint", radius=BAR / 2)
        pen.rectangle(0, 0, width * self.left, BAR, "secondary", radius=BAR / 2)
        y = 3 * BAR
        for k, line in enumerate(self.lines):
            pen.text(line, width / 2, y + (typesetting.ASCENT + LEADING * k) * size, size, "ink", align=0.5)
        x, y = (width - self._across(size)) / 2, height - HIGH * size
        for letter, answer, wide in zip(LETTERS, self.answers, self._widths(size), strict=False):
            pen.frame(x, y, wide, HIGH * size, "secondary", radius=0.3 * size)
            middle = y + HIGH * size / 2
            pen.text(f"{letter})", x + PAD * size, middle, size, "secondary", level="letters")
            pen.text(answer, x + (PAD + LETTER) * size, middle, size, "ink", level="letters")
            x += wide + GAP * size


__all__ = ["QuestionCard"]
