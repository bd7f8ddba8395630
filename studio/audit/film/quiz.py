"""Questions to the viewer: the right number is not shown before, and is shown by the step that answers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground.encodings import Encoding, Mark, Shade
from scenes.kit.ground.readings import Cell, Cells
from scenes.kit.words.card import QuestionCard
from scenes.lesson.lesson import Lesson
from scenes.lesson.steps import Step
from studio.audit.checks.check import Check
from studio.audit.checks.layout import short
from studio.audit.film.places import SEEN
from studio.audit.findings import Defect
from studio.audit.numbers.sources import Sources
from studio.audit.reader import Reader
from studio.audit.report import Report
from studio.audit.screen import Screen, is_painted

SAME = 1e-6  # of its size: numbers that differ by less are one


class Quizzes(Check):
    """Keeps every number that was written, or drawn as a length, an area or a place; colours are read by nobody."""

    def __init__(self, lesson: Lesson, report: Report, sources: Sources, reader: Reader):
        super().__init__(lesson, report, sources, reader)
        self.shown: list[np.ndarray] = []

    def step_started(self, step: Step) -> Iterator[Defect]:
        right = self.right_of(step)
        self.report.questions += right is not None
        if right is not None and self.has_shown(right):
            asked = self.lesson.questions[step.index]
            what = f"“{asked.answers[asked.right]}” is on screen before “{short(str(asked.text), 50)}” is asked"
            yield Defect("given away", what, shown=f"{right:.6g}")

    def seen(self, screen: Screen) -> Iterator[Defect]:
        for mobject in screen.mobjects:
            if id(mobject) in screen.changed and is_painted(mobject) and not isinstance(mobject, QuestionCard):
                values = (n.value for r in screen.readings[id(mobject)] if r.opacity > SEEN for n in r.numbers)
                cells = [each for each in values if isinstance(each, Cell) and isinstance(each.tensor, Tensor)]
                self.shown.append(np.array([cell.value() for cell in cells]))
                self.shown += [drawn(mark, each) for mark in screen.marks(mobject) for each in mark.shows]
        return iter(())

    def step_ended(self, step: Step) -> Iterator[Defect]:
        if (right := self.right_of(step)) is not None and not self.has_shown(right):
            asked = self.lesson.questions[step.index]
            what = f"the step “{step.name}” does not show the number that answers “{short(str(asked.text), 50)}”"
            yield Defect("not answered", what, expected=f"{right:.6g}")

    def right_of(self, step: Step) -> float | None:
        """The number behind the right answer, computed again; None where nothing is asked."""
        asked = self.lesson.questions.get(step.index)
        if asked is None:
            return None
        again = self.sources.again(asked.cells[asked.right])
        return float("nan") if isinstance(again, str) else float(again)

    def has_shown(self, number: float) -> bool:
        self.shown = [np.concatenate(self.shown)] if self.shown else []
        return any(bool(np.isclose(values, number, rtol=SAME, atol=0).any()) for values in self.shown)


def drawn(mark: Mark, encoding: Encoding) -> np.ndarray:
    """The numbers that a shape, or many alike, shows so that they can be read off it."""
    what = encoding.cell
    if isinstance(encoding, Shade) or not isinstance(what, (Cell, Cells)):
        return np.empty(0)
    values = np.ravel(what.tensor.values[what.index])
    seen = np.ravel(mark.opacity) > SEEN
    return values[seen] if len(seen) == len(values) else values[: len(values) * bool(seen.any())]


__all__ = ["Quizzes"]
