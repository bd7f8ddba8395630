"""Question, motion, answer: the question comes in time, and its answer does not stand there before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from scenes.kit.ground.readings import Cell, shown_in
from scenes.kit.ground.say import Said
from scenes.lesson.steps import Step, SteppedScene
from studio.audit.checks.layout import short
from studio.audit.film.places import Homes, Numbers, together
from studio.audit.film.sight import Sight
from studio.audit.findings import Defect

PATIENCE = 90.0  # seconds without a question


def unasked(steps: Sequence[Step], pace: float) -> Iterator[Defect]:
    """Stretches of a lesson in which nothing is asked."""
    asked = [(line.start, step.name) for step in steps for line in step.lines if line.kind in ("asks", "quiz")]
    ends = [(0.0, "the beginning"), *((start, f"“{name}”") for start, name in asked)]
    for (start, after), end in zip(ends, [*(start for start, _ in ends[1:]), steps[-1].end], strict=True):
        if (end - start) / pace > PATIENCE:
            what = f"nothing is asked for {(end - start) / pace:.0f} s after {after}"
            yield Defect("no question", what, expected=f"a question every {PATIENCE:.0f} s")


class Answers:
    """Whether the numbers of an answer were written on the stage when its question was asked."""

    def __init__(self, homes: Homes):
        self.homes = homes
        self.question = Said("")
        self.there: Numbers = {}

    def asked(self, lesson: SteppedScene, sight: Sight) -> None:
        """The question of a step has come."""
        self.question = caption_of(lesson)
        self.there = sight.numbers(lambda look: look.written)

    def step_ended(self, lesson: SteppedScene, step: Step) -> Iterator[Defect]:
        """The answer of a step stands."""
        if not any(line.kind == "answers" for line in step.lines):
            return
        known = together(self.homes.cells(cell for _, cell in numbers_of(self.question)))
        for text, cell in numbers_of(caption_of(lesson)):
            for home, places in self.homes.cells([cell]):
                if np.isin(places, self.there.get(home, ())).any() and not np.isin(places, known.get(home, ())).any():
                    what = f"“{text}” is on the stage while “{short(str(self.question), 50)}” is asked"
                    yield Defect("result before cause", what)


def caption_of(lesson: SteppedScene) -> Said:
    """What is said now."""
    return Said("") if lesson.caption is None else lesson.caption.text


def numbers_of(said: Said) -> list[tuple[str, Cell]]:
    """The numbers of a sentence that have a source: how each is written, and what it is."""
    return [(shown.text, shown.value) for shown in shown_in(said) if isinstance(shown.value, Cell)]


__all__ = ["Answers", "unasked"]
