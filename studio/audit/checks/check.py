"""What a check is: it follows a lesson and tells what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable

from scenes.lesson.lesson import Lesson
from scenes.lesson.steps import Step
from studio.audit.findings import Defect
from studio.audit.numbers.sources import Sources
from studio.audit.reader import Reader
from studio.audit.report import Report
from studio.audit.screen import Screen

Defects = Iterable[Defect]


class Check:
    """Follows one lesson. Every hook returns the defects that it sees; what is counted goes into the report."""

    def __init__(self, lesson: Lesson, report: Report, sources: Sources, reader: Reader):
        self.lesson, self.report, self.sources, self.reader = lesson, report, sources, reader

    def step_started(self, step: Step) -> Defects:
        """Before a step's first play."""
        return ()

    def step_ended(self, step: Step) -> Defects:
        """After a step's last play."""
        return ()

    def passing(self) -> Defects:
        """At a few moments inside every play."""
        return ()

    def fading(self) -> Defects:
        """Ten times a second inside a play in which something fades out."""
        return ()

    def played(self) -> Defects:
        """After every play and wait, even if the screen is what it was."""
        return ()

    def seen(self, screen: Screen) -> Defects:
        """After a play that has changed the screen."""
        return ()

    def finished(self) -> Defects:
        """After the last step of a lesson that came to its end."""
        return ()
