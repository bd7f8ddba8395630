"""What the studio asks of those it works for: entries of a course, lessons, the runs that lessons draw."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from model.numbers.trace import Trace
from scenes.lesson.observer import Observer
from scenes.lesson.options import Options

if TYPE_CHECKING:
    from scenes.lesson.steps import Step
    from studio.play.playback import Playback


class Run(Protocol):
    """A record that numbers on screen come from: a forward pass, a table of word vectors …"""

    @property
    def run_id(self) -> str:
        """Tells it from others."""

    @property
    def digest(self) -> str:
        """SHA-256 of its numbers."""


class Played(Protocol):
    """A lesson: a Manim scene made of steps, before, while or after it is played."""

    options: Options
    observers: list[Observer]
    steps: list[Step]
    renderer: Playback

    @property
    def traces(self) -> Sequence[Run]:
        """All runs that numbers on screen come from."""

    def render(self) -> Any:
        """Play it."""


class LessonClass(Protocol):
    """Makes a lesson."""

    def __call__(self, options: Options, *, renderer: Playback) -> Played: ...


class Entry(Protocol):
    """A lesson as a course lists it. `file` is where its code is."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def scene(self) -> str: ...
    @property
    def own(self) -> Path | None:
        """The file of a lesson that is not of a course."""

    @property
    def file(self) -> Path: ...

    def load(self) -> LessonClass:
        """The lesson's class."""


def main_trace(lesson: Played) -> Trace | None:
    """The forward pass that a lesson is about: its first; None where it draws none."""
    return next((run for run in lesson.traces if isinstance(run, Trace)), None)
