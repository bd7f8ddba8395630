"""Watching a lesson play: at the end of every play, everything on the screen is checked that has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from scenes.kit.ground.theme import Themes
from scenes.lesson.lesson import Lesson
from scenes.lesson.observer import Observer
from scenes.lesson.steps import Step, SteppedScene
from studio.audit.checks.check import Check, Defects
from studio.audit.checks.honesty import Honesty
from studio.audit.checks.ink import Inked
from studio.audit.checks.layout import Layout
from studio.audit.checks.provenance import Provenance
from studio.audit.film.filling import Filling
from studio.audit.film.film import Film
from studio.audit.film.quiz import Quizzes
from studio.audit.findings import Case, Defect, Finding, Moment
from studio.audit.numbers.parts import Parts
from studio.audit.numbers.sources import Sources
from studio.audit.passing.passing import Passing
from studio.audit.reader import Reader
from studio.audit.report import Report
from studio.audit.screen import Eye
from studio.audit.speech.said import Speech

CHECKS: tuple[type[Check], ...] = (
    *(Provenance, Parts, Layout, Inked, Honesty, Speech, Passing, Film, Quizzes, Filling),
)


class Watch(Observer):
    """Follows one lesson with all checks, and keeps each defect once for each place, however many plays it stays.

    themes: in which it is played at once; None for that of the case."""

    def __init__(self, case: Case, report: Report, themes: Themes | None = None):
        self.case, self.report, self.themes = case, report, themes
        self.lesson: Lesson | None = None
        self.step = ""
        self.checks: list[Check] = []
        self.found: dict[tuple[object, ...], Finding] = {}

    # ── hooks ────────────────────────────────────────────────────────────────────────────────────
    def began(self, lesson: SteppedScene) -> None:
        self.lesson = cast(Lesson, lesson)
        if self.themes is not None:
            lesson.style = replace(lesson.style, theme=self.themes)
        self.reader = Reader()
        self.eye = Eye(self.lesson, self.reader)
        sources = Sources(self.lesson.traces, self.lesson.names)
        self.checks = [check(self.lesson, self.report, sources, self.reader) for check in CHECKS]

    def step_started(self, lesson: SteppedScene, step: Step) -> None:
        self.step = step.name
        self.reader.turn()
        for check in self.checks:
            self.note(check.step_started(step))

    def step_ended(self, lesson: SteppedScene, step: Step) -> None:
        self.reader.turn()
        for check in self.checks:
            self.note(check.step_ended(step))

    def passing(self, lesson: SteppedScene) -> None:
        self.reader.turn()
        for check in self.checks:
            self.note(check.passing(), lesson.renderer.num_plays)

    def fading(self, lesson: SteppedScene) -> None:
        self.reader.turn()
        for check in self.checks:
            self.note(check.fading(), lesson.renderer.num_plays)

    def played(self, lesson: SteppedScene) -> None:
        self.report.plays += 1
        self.reader.turn()
        for check in self.checks:
            self.note(check.played())
        screen = self.eye.look()
        if screen is not None:
            for check in self.checks:
                self.note(check.seen(screen))

    def finish(self, crash: Defect | None = None) -> None:
        """After the last play. crash: why the lesson did not come to its end."""
        for check in self.checks if crash is None else ():
            self.note(check.finished())
        if self.lesson is not None:
            self.report.steps = len(self.lesson.steps)
        self.report.findings = list(self.found.values())
        if crash is not None:
            play = 0 if self.lesson is None else self.lesson.renderer.num_plays
            self.report.findings.append(Finding(self.case, Moment(self.step, play), crash))

    # ── notes ────────────────────────────────────────────────────────────────────────────────────
    def note(self, defects: Defects, play: int | None = None) -> None:
        """Keep what is new among these. play: in which, if it is not the one that has just ended."""
        assert self.lesson is not None
        if play is None:
            play = max(self.lesson.renderer.num_plays - 1, 0)
        for defect in defects:
            place = None
            if defect.where is not None:
                x, y = defect.where
                defect = replace(defect, where=(round(x, 2), round(y, 2)))
                place = (round(2 * round(x, 2)), round(2 * round(y, 2)))
            moment = Moment(defect.step or self.step, play)
            self.found.setdefault((defect.kind, defect.what, place), Finding(self.case, moment, defect))
