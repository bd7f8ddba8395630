"""The check of drawn frames: a lesson that flashes, and a stage on which nothing can be made out.

Every frame is drawn, small. What is seen is measured on its pixels, however it came there: dimmed, behind something
else, too thin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
from manim import Camera

from scenes.lesson.steps import Step
from studio.audit.film.flash import AREA, MOST, Counter, light_of
from studio.audit.findings import Defect
from studio.play.playback import Pixels, Play, Playback
from studio.play.session import Job, perform

VISIBLE = 2.0  # contrast to the background from which ink is made out in a small picture, whose thin lines are paler
LEAST = 0.002  # of the stage that must be visible: about a word
BLINK = 0.15  # seconds for which less may be: one thing gives way to the next


class Blanks:
    """When less than LEAST of the stage could be made out: [from, to] in seconds, once something had come."""

    def __init__(self) -> None:
        self.begun, self.dark = False, False
        self.found: list[list[float]] = []

    def frame(self, start: float, end: float, share: float) -> None:
        """A frame that stands from start to end, and the share of the stage that is visible on it."""
        was, self.dark = self.dark, share < LEAST and self.begun
        self.begun = self.begun or share >= LEAST
        if self.dark and was:
            self.found[-1][1] = end
        elif self.dark:
            self.found.append([start, end])

    @property
    def long(self) -> list[tuple[float, float]]:
        """Those that are longer than a blink. The last is the lesson's end, if it is dark there."""
        return [(start, end) for start, end in self.found if end - start > BLINK]


def visible(light: np.ndarray, background: float) -> float:
    """The share of pixels, of relative luminance [height, width], that stand out from the background's."""
    high, low = np.maximum(light, background), np.minimum(light, background)
    return float(((high + 0.05) / (low + 0.05) >= VISIBLE).mean())


class Drawing(Playback):
    """Draws every frame, keeps when too much of it flashed, (second, share of the frame), and how long it was blank."""

    def __init__(self, camera_class: type[Camera]):
        super().__init__(camera_class)
        self.counter: Counter | None = None
        self.flashes: list[tuple[float, float]] = []
        self.blanks = Blanks()

    def shoot(self, scene: Any, play: Play) -> bool:
        background = np.rint(255 * np.array([[[*scene.theme["background"], 1.0]]])).astype(np.uint8)
        ground = float(light_of(background)[0, 0])
        for pixels, number, shown in self.frames(scene, play):
            light, time = light_of(pixels), number / self.rate
            self.counter = self.counter or Counter(light)
            share = self.counter.frame(time, light)
            if share > AREA:
                self.flashes.append((time, share))
            self.blanks.frame(time, time + shown / self.rate, visible(light[rows_of_stage(scene, pixels)], ground))
        return True


def rows_of_stage(scene: Any, pixels: Pixels) -> slice:
    """The rows of a picture between heading and caption."""
    height, stage = scene.style.frame[1], scene.stage
    top, bottom = (round((0.5 - y / height) * len(pixels)) for y in (stage.top, stage.bottom))
    return slice(top, bottom)


def drawn(job: Job) -> Iterator[tuple[Step, Defect]]:
    """Where a lesson flashes, at most once a step, and where its stage is blank."""
    lesson = perform(job, Drawing)
    drawing = cast(Drawing, lesson.renderer)
    for step in lesson.steps:
        yield from ((step, defect) for defect in _flash(drawing, step))
        yield from ((step, defect) for defect in _blank(drawing, step))


def _flash(drawing: Drawing, step: Step) -> Iterator[Defect]:
    seen = [(share, time) for time, share in drawing.flashes if step.start <= time < step.end]
    if seen:
        share, time = max(seen)
        what = f"the picture flashes more than {MOST} times a second around second {time:.1f}"
        yield Defect("flash", what, expected=f"at most {AREA:.1%} of the frame", shown=f"{share:.1%}")


def _blank(drawing: Drawing, step: Step) -> Iterator[Defect]:
    for start, end in drawing.blanks.long:
        if step.start <= start < step.end:
            what = f"nothing can be made out on the stage from second {start:.1f} on"
            yield Defect("blank stage", what, expected=f"at most {BLINK} s", shown=f"{end - start:.1f} s")


__all__ = ["BLINK", "LEAST", "Blanks", "drawn", "visible"]
