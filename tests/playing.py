"""Lessons played without drawing, for tests: what was on screen at the end of every step is kept.

play = player(MultiHead)
lesson = play("9:16", text="The cat sat")
texts(lesson, "One head")
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from manim import tempconfig

from scenes.kit import PaintingCamera
from scenes.lesson import FRAME, Observer, Options
from studio.play.playback import Playback


class Keeper(Observer):
    """Keeps, for each step, the mobjects on screen at its end (`lesson.watched.shown`) and their `.readings`.

    each_play: what else is to be kept at the end of every play; its values are gathered in `.kept`."""

    def __init__(self, each_play: Callable[[Any], Any] | None = None):
        self.each_play = each_play

    def began(self, lesson) -> None:
        lesson.watched, self.readings, self.shown, self.kept = self, {}, {}, []

    def step_ended(self, lesson, step) -> None:
        self.shown[step.name] = [part for m in lesson.mobjects for part in m.copy().get_family()]
        self.readings[step.name] = [
            r for part in self.shown[step.name] if hasattr(part, "readings") for r in part.readings(lesson.camera.view)
        ]

    def played(self, lesson) -> None:
        if self.each_play is not None:
            self.kept.append(self.each_play(lesson))


PLAYERS: list[Any] = []


def forget() -> None:
    """Let go of all that has been played: gigabytes, once many lessons have been."""
    for play in PLAYERS:
        play.cache_clear()


def player(lesson: type, each_play: Callable[[Any], Any] | None = None):
    """play(aspect, **options) → the lesson after it has been played, without drawing; once for the same options."""

    @cache
    def play(aspect: str = "16:9", **options):
        width, height = FRAME[aspect]
        size = {"pixel_width": 320, "pixel_height": round(320 * height / width)}
        with tempconfig({"frame_width": width, "frame_height": height, "frame_rate": 15, "dry_run": True, **size}):
            played = lesson(Options(aspect=aspect, **options), renderer=Playback(PaintingCamera))
            keeper = Keeper(each_play)
            played.observers.append(keeper)
            keeper.began(played)
            played.render()
        return played

    PLAYERS.append(play)
    return play


def texts(lesson, step: str) -> list[str]:
    """All that can be read at the end of a step."""
    return [r.text for r in lesson.watched.readings[step]]


def caption(lesson, step: str) -> str:
    """The caption of a step."""
    return next(s.caption for s in lesson.steps if s.name == step)


def find(lesson, step: str, kind: type) -> list:
    """The mobjects of that very type at the end of a step."""
    return [m for m in lesson.watched.shown[step] if type(m) is kind]


def only(lesson, step: str, kind: type):
    """The first of them."""
    return find(lesson, step, kind)[0]
