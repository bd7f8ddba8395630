"""The check of what is on the way: it looks at what plays at three moments, and at the end compares that with what it
was before and with what it has become."""

from __future__ import annotations

from collections.abc import Iterator

from scenes.kit.ground.encodings import Mark
from scenes.kit.ground.painting import Painted
from scenes.kit.ground.readings import Reading
from scenes.kit.numbers.frames import Frame
from scenes.lesson.lesson import Lesson
from studio.audit.checks.check import Check
from studio.audit.checks.geometry import check_ink
from studio.audit.checks.labels import compare_labels
from studio.audit.checks.spots import Spot, spots_of
from studio.audit.findings import Defect
from studio.audit.numbers.sources import Sources
from studio.audit.passing.counting import Counting
from studio.audit.passing.flying import Flying
from studio.audit.passing.growing import Growing
from studio.audit.passing.moving import heirs, in_play
from studio.audit.passing.together import check_together
from studio.audit.reader import Reader
from studio.audit.report import Report
from studio.audit.screen import VISIBLE, Screen


class Passing(Check):
    """Numbers, sums, labels, inks and shapes of what moves."""

    def __init__(self, lesson: Lesson, report: Report, sources: Sources, reader: Reader):
        super().__init__(lesson, report, sources, reader)
        self.counting, self.growing = Counting(sources), Growing(sources, lesson.theme)
        self.flying = Flying(sources)
        self.last: Screen | None = None  # at the end of the last play
        self.ended = False  # whether a play has ended and its moments have not been compared yet

    def passing(self) -> Iterator[Defect]:
        for trace in self.lesson.traces:
            self.sources.add(trace)
        yield from self.settle(self.last)  # of a play that has left the screen as it was
        then, drawn, cells = heirs(self.lesson), list[Mark](), list[Spot]()
        for mobject in in_play(self.lesson):
            readings, marks = self.look(mobject)
            spots = list(spots_of(marks, readings, self.sources.traces))
            found = [*self.counting.at(mobject, readings), *self.stands(readings, spots)]
            yield from (defect.at(mobject.get_center()) for defect in found)
            self.growing.at(mobject, then.get(id(mobject), mobject), marks)
            drawn += [mark for mark in marks if mark.kind != "frame" or isinstance(mobject, Frame)]
            cells += spots
        yield from check_together(drawn, cells, self.lesson.theme["target"], self.sources.traces)
        yield from self.flying.at(self.lesson)

    def look(self, mobject: Painted) -> tuple[list[Reading], list[Mark]]:
        """The texts that can be seen, and all shapes."""
        readings, marks = self.reader.seen(mobject)
        near = mobject.zoom() >= 1e-3
        return [r for r in readings if near and r.opacity > VISIBLE and r.text.strip()], marks

    def stands(self, readings: list[Reading], spots: list[Spot]) -> Iterator[Defect]:
        """What must be right at every moment: labels beside cells, and the colours of signed numbers."""
        yield from compare_labels(readings, spots, self.sources)
        inks = (check_ink(reading, self.sources, self.lesson.theme) for reading in readings)
        yield from (defect for defect in inks if defect is not None)

    def played(self) -> Iterator[Defect]:
        self.ended = True
        return iter(())

    def seen(self, screen: Screen) -> Iterator[Defect]:
        yield from self.settle(screen)
        self.last = screen

    def finished(self) -> Iterator[Defect]:
        yield from self.settle(self.last)

    def settle(self, screen: Screen | None) -> Iterator[Defect]:
        """The play that has ended, with the screen at its end."""
        if self.ended and screen is not None:
            yield from self.counting.settle(self.last, screen)
            yield from self.growing.settle(self.last, screen)
            yield from self.flying.settle(self.last, screen)
        self.ended = False


__all__ = ["Passing"]
