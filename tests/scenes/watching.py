"""Lessons that are played without drawing and keep what was on screen, for tests."""

from functools import cache

from manim import tempconfig

from scenes.kit import PaintingCamera
from scenes.lesson import FRAME, Options
from studio.playback import Playback


class Watched:
    """Mixed into a lesson: keeps, for each step, the mobjects on screen at its end and what can be read there."""

    def __init__(self, *args, **kwargs):
        self.readings, self.shown = {}, {}
        super().__init__(*args, **kwargs)

    def on_step_end(self, step):
        self.shown[step.name] = [part for m in self.mobjects for part in m.copy().get_family()]
        self.readings[step.name] = [r for part in self.shown[step.name] if hasattr(part, "readings") for r in part.readings()]


def player(lesson: type):
    """play(aspect, **options) → the lesson after it has been played, without drawing; played once for the same options."""

    @cache
    def play(aspect: str = "16:9", **options):
        width, height = FRAME[aspect]
        with tempconfig({"frame_width": width, "frame_height": height, "pixel_width": 320, "pixel_height": round(320 * height / width), "dry_run": True}):
            played = lesson(Options(aspect=aspect, **options), renderer=Playback(PaintingCamera))
            played.render()
        return played

    return play


def texts(lesson, step: str) -> list[str]:
    """All that can be read at the end of a step."""
    return [r.text for r in lesson.readings[step]]


def find(lesson, step: str, kind: type) -> list:
    """The mobjects of that very type at the end of a step."""
    return [m for m in lesson.shown[step] if type(m) is kind]


def only(lesson, step: str, kind: type):
    """The first of them."""
    return find(lesson, step, kind)[0]
