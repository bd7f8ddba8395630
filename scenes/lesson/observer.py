"""Those who watch a lesson play: the audit, the preview, whoever wants the last frame of each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scenes.lesson.steps import Step, SteppedScene


class Observer:
    """Told what happens in a lesson. Any number of them can watch one lesson; each overrides what it wants to know."""

    def began(self, lesson: SteppedScene) -> None:
        """Before its first step, when it has chosen what to show."""

    def step_started(self, lesson: SteppedScene, step: Step) -> None:
        """Before a step's first play."""

    def step_ended(self, lesson: SteppedScene, step: Step) -> None:
        """After a step's last play."""

    def passing(self, lesson: SteppedScene) -> None:
        """Inside a play, at a few moments, where whoever plays the lesson stops there."""

    def fading(self, lesson: SteppedScene) -> None:
        """Again and again inside a play in which something fades out, where whoever plays the lesson stops there."""

    def played(self, lesson: SteppedScene) -> None:
        """After every play and wait, when the screen is in a state that people look at."""
