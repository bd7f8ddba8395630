"""Questions to the viewer: the right number is not shown before, and is shown by the step that answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from model.numbers.tensor import Tensor
from model.numbers.tree import Recorded
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

SAME = 1e-6  # of its size: numbers of one run that differ by less are one; those of two runs may do so by chance

Runs = frozenset[str]  # that a number comes from


class Quizzes(Check):
    """Keeps every number that was written, or drawn as a length, an area or a place; colours are read by nobody."""

    def __init__(self, lesson: Lesson, report: Report, sources: Sources, reader: Reader):
        super().__init__(lesson, report, sources, reader)
        self.shown: dict[Runs, list[np.ndarray]] = {}

    def step_started(self, step: Step) -> Iterator[Defect]:
        right = self.right_of(step)
        self.report.questions += right is not None
        if right is not None and self.has_shown(right):
            asked = self.lesson.questions[step.index]
            what = f"“{asked.answers[asked.right]}” is on screen before “{short(str(asked.text), 50)}” is asked"
            yield Defect("given away", what, shown=f"{right.number:.6g}")

    def seen(self, screen: Screen) -> Iterator[Defect]:
        for mobject in screen.mobjects:
            if id(mobject) in screen.changed and is_painted(mobject) and not isinstance(mobject, QuestionCard):
                values = (n.value for r in screen.readings[id(mobject)] if r.opacity > SEEN for n in r.numbers)
                cells = [each for each in values if isinstance(each, Cell) and isinstance(each.tensor, Tensor)]
                for cell in cells:
                    self.keep(cell.tensor, np.array([cell.value()]))
                for mark in screen.marks(mobject):
                    for each in mark.shows:
                        if isinstance(each.cell, (Cell, Cells)):
                            self.keep(each.cell.tensor, drawn(mark, each))
        return iter(())

    def keep(self, tensor: Tensor, values: np.ndarray) -> None:
        """Numbers of a tensor that have been on the screen."""
        self.shown.setdefault(runs_of(tensor), []).append(values)

    def step_ended(self, step: Step) -> Iterator[Defect]:
        if (right := self.right_of(step)) is not None and not self.has_shown(right):
            asked = self.lesson.questions[step.index]
            what = f"the step “{step.name}” does not show the number that answers “{short(str(asked.text), 50)}”"
            yield Defect("not answered", what, expected=f"{right.number:.6g}")

    def right_of(self, step: Step) -> Right | None:
        """The number behind the right answer, computed again; None where nothing is asked."""
        asked = self.lesson.questions.get(step.index)
        if asked is None:
            return None
        cell = asked.cells[asked.right]
        again = self.sources.again(cell)
        return Right(runs_of(cell), float(cell), float("nan") if isinstance(again, str) else float(again))

    def has_shown(self, right: Right) -> bool:
        for runs, parts in self.shown.items():
            self.shown[runs] = [values] = [np.concatenate(parts)]
            one = not (runs and right.runs) or bool(runs & right.runs)
            same = np.isclose(values, right.number, rtol=SAME, atol=0) if one else values == right.as_shown
            if same.any():
                return True
        return False


@dataclass(frozen=True)
class Right:
    """The number behind a right answer: the runs it comes from, as it is shown, and computed again."""

    runs: Runs
    as_shown: float
    number: float


def runs_of(tensor: Tensor) -> Runs:
    """The runs in which the numbers that it is made of were recorded; none of what is given."""
    return frozenset(leaf.run for leaf in tensor.expression.leaves() if isinstance(leaf, Recorded))


def drawn(mark: Mark, encoding: Encoding) -> np.ndarray:
    """The numbers that a shape, or many alike, shows so that they can be read off it."""
    what = encoding.cell
    if isinstance(encoding, Shade) or not isinstance(what, (Cell, Cells)):
        return np.empty(0)
    values = np.ravel(what.tensor.values[what.index])
    seen = np.ravel(mark.opacity) > SEEN
    return values[seen] if len(seen) == len(values) else values[: len(values) * bool(seen.any())]


__all__ = ["Quizzes"]
