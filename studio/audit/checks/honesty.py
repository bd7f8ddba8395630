"""The check of honesty: steps say in a caption what they show, in few lines that stand as long as they take to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scenes.kit.ground.say import Said
from scenes.kit.ground.text import Caption
from scenes.lesson.lesson import Lesson
from scenes.lesson.steps import Step, reading_time
from studio.audit.checks.check import Check, Defects
from studio.audit.checks.layout import short
from studio.audit.findings import Defect
from studio.audit.numbers.sources import Sources
from studio.audit.reader import Reader
from studio.audit.report import Report
from studio.audit.screen import Screen, on_screen

SETTLED = 0.9  # opacity from which a caption can be read
LINES = 2  # of a caption, at most


@dataclass
class Stay:
    """How long a caption stood there whole: first and last time, in seconds."""

    caption: Caption  # so that its id is not given to another meanwhile
    text: Said  # as it then was
    step: str
    first: float
    last: float


class Honesty(Check):
    """Captions: there, short, and long enough on the screen. (Their numbers are checked with all others.)"""

    def __init__(self, lesson: Lesson, report: Report, sources: Sources, reader: Reader):
        super().__init__(lesson, report, sources, reader)
        self.step = ""
        self.stays: dict[tuple[int, str], Stay] = {}

    def step_started(self, step: Step) -> Iterator[Defect]:
        self.step = step.name
        if not step.caption.strip():
            yield Defect("no caption", f"the step “{step.name}” has no caption")

    def step_ended(self, step: Step) -> Iterator[Defect]:
        if step.caption.strip() and all(str(caption.text) != step.caption for caption in self.settled()):
            what = f"the caption of “{step.name}” is not on the screen at its end"
            yield Defect("no caption", what, expected=step.caption)

    def played(self) -> Defects:
        now = self.lesson.time
        for caption in self.settled():
            if caption.text:
                key = (id(caption), str(caption.text))
                stay = self.stays.setdefault(key, Stay(caption, caption.text, self.step, now, now))
                stay.last = now
        return ()

    def seen(self, screen: Screen) -> Iterator[Defect]:
        for mobject in screen.mobjects:
            if id(mobject) in screen.changed and isinstance(mobject, Caption) and len(mobject.lines) > LINES:
                what = f"“{short(str(mobject.text), 60)}” takes {len(mobject.lines)} lines"
                yield Defect("caption too long", what, expected=f"at most {LINES}").at(mobject.get_center())

    def finished(self) -> Iterator[Defect]:
        for stay in self.stays.values():
            needed = reading_time(stay.text) * min(1.0, self.lesson.options.pace)
            stood = stay.last - stay.first
            if stood < needed - 1 / 60:
                what = f"“{short(str(stay.text), 60)}” cannot be read in the time it stands"
                yield Defect("caption too short-lived", what, None, f"{needed:.1f} s", f"{stood:.1f} s", stay.step)
        if not self.lesson.steps:
            yield Defect("no steps", "the lesson has no steps")

    def settled(self) -> list[Caption]:
        """The captions that can be read now."""
        return [m for m in on_screen(self.lesson) if isinstance(m, Caption) and m.opacity >= SETTLED]
