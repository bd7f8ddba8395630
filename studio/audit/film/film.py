"""The check of film: it looks at a lesson at moments inside every play, and at the end of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from scenes.kit.words.card import QuestionCard
from scenes.lesson.lesson import Lesson
from scenes.lesson.steps import Step
from studio.audit.checks.check import Check
from studio.audit.film.canvas import Blackouts, Vanishing
from studio.audit.film.colours import alike
from studio.audit.film.leaving import crossing, popped
from studio.audit.film.motion import Motion
from studio.audit.film.order import Answers, unasked
from studio.audit.film.sight import Sight, Sights
from studio.audit.findings import Defect
from studio.audit.numbers.sources import Sources
from studio.audit.reader import Reader
from studio.audit.report import Report
from studio.audit.screen import Screen, on_screen


class Film(Check):
    """Whether a lesson is one film: see docs/audit.md, “Film”."""

    def __init__(self, lesson: Lesson, report: Report, sources: Sources, reader: Reader):
        super().__init__(lesson, report, sources, reader)
        self.sights = Sights(lesson, reader)
        self.themes = range(len(lesson.theme.each))
        self.blackouts, self.vanishing = [Blackouts(k) for k in self.themes], Vanishing(self.sights.homes)
        self.motion = Motion()
        self.answers = Answers(self.sights.homes)
        self.last = Sight(0.0, [])  # at the end of a play
        self.due: float | None = None  # the end of a play that is still to be looked at
        self.still = True  # whether nothing moves in the play
        self.fresh = False  # whether a step's first play is still to end

    def step_started(self, step: Step) -> Iterator[Defect]:
        self.fresh = True
        yield from self.settle()
        if step.index == 0:
            for theme in self.lesson.theme.each:
                yield from alike(theme)

    def passing(self) -> Iterator[Defect]:
        yield from self.settle()
        first, self.still = self.still, False
        sight = self.sights.inside()
        if first:
            for k in self.themes:
                yield from popped(self.last, sight, self.lesson.animations or (), k)
        self.motion.at(sight)
        yield from self.follow(sight)

    def fading(self) -> Iterator[Defect]:
        yield from self.settle()
        yield from crossing(self.last, self.sights, self.lesson.animations or ())

    def played(self) -> Iterator[Defect]:
        yield from self.settle()
        self.due = self.lesson.time

    def seen(self, screen: Screen) -> Iterator[Defect]:
        self.last = replace(self.sights.after(on_screen(self.lesson), screen.changed), time=self.last.time)
        yield from self.settle()

    def step_ended(self, step: Step) -> Iterator[Defect]:
        yield from self.settle()
        yield from self.vanishing.step_ended(step, self.last)
        yield from self.answers.step_ended(self.lesson, step)

    def finished(self) -> Iterator[Defect]:
        if self.lesson.steps:
            yield from unasked(self.lesson.steps, self.lesson.options.pace)

    def settle(self) -> Iterator[Defect]:
        """Look at the end of the last play, once it is known what is seen there."""
        if self.due is None:
            return
        began, self.last, self.due = self.last.time, replace(self.last, time=self.due), None
        if self.fresh and not isinstance(self.lesson.caption, QuestionCard):  # whose answers may be read
            self.fresh = False
            self.answers.asked(self.lesson, self.last)
        yield from self.motion.ended(self.last)
        if self.still:  # it has looked like this from its beginning
            yield from self.follow(replace(self.last, time=began))
        yield from self.follow(self.last)
        self.still = True

    def follow(self, sight: Sight) -> Iterator[Defect]:
        """Look at the next moment."""
        self.vanishing.at(sight)
        for blackouts in self.blackouts:
            yield from blackouts.at(sight)
