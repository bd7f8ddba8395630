"""The check of what is on the way: numbers that count, and sums that grow, inside a play.

Only what plays is looked at. A number there is its source, or lies between what it was and what it becomes (and zero);
of a running sum, between the sums of what is below and of what is above zero (`TensorGrid.reach`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from manim import Mobject

from scenes.kit.ground.painting import Painted
from scenes.kit.ground.readings import Cell, Claim, Reading, Shown
from scenes.kit.ground.text import Caption, Formula, Heading
from scenes.lesson.lesson import Lesson
from studio.audit.checks.check import Check
from studio.audit.findings import Defect
from studio.audit.numbers.sources import Sources, read, source
from studio.audit.report import Report
from studio.audit.screen import Screen, claims_of, is_painted, readings_of


@dataclass(frozen=True)
class Count:
    """A number that is not its source: the k-th of a mobject, and between what it may be, where that is known."""

    mobject: Mobject
    place: int
    of: int  # numbers of the mobject at that moment
    shown: Shown
    reach: tuple[float, float] | None


class Passing(Check):
    """Looks at what plays, and compares what counted there with where it began and ended."""

    def __init__(self, lesson: Lesson, report: Report, sources: Sources):
        super().__init__(lesson, report, sources)
        self.before: dict[int, list[Shown]] = {}  # by the mobject's id: its numbers when it was seen last
        self.counts: list[Count] = []

    def passing(self) -> Iterator[Defect]:
        for trace in self.lesson.traces:
            self.sources.add(trace)
        for mobject in in_play(self.lesson):
            readings = readings_of(mobject)
            for reading in readings:
                unsourced = (d for d in self.sources.check_reading(reading) if d.kind == "no source")
                yield from (defect.at(mobject.get_center()) for defect in unsourced)
            self.note(mobject, readings)
            for claim in filter(self.stands, claims_of(mobject)):
                if (defect := self.sources.check_claim(claim)) is not None:
                    yield defect.at(mobject.get_center())

    def stands(self, claim: Claim) -> bool:
        """Whether the parts of a sum are what they will be: while they count, only their total is promised."""
        return all(self.sources.check_number(shown) is None for part in claim.parts for shown in part)

    def note(self, mobject: Mobject, readings: list[Reading]) -> None:
        """Keep the numbers that are not their sources."""
        numbers = numbers_in(readings)
        reach = getattr(mobject, "reach", None)
        for k, shown in enumerate(numbers):
            if self.sources.check_number(shown) is not None:
                known = reach[k] if reach is not None and len(reach) == len(numbers) else None
                self.counts.append(Count(mobject, k, len(numbers), shown, known))

    def seen(self, screen: Screen) -> Iterator[Defect]:
        after = {number: numbers_in(readings) for number, readings in screen.readings.items() if readings}
        for count in self.counts:
            if count.shown.text in [shown.text for shown in self.sides(count, after)]:
                continue  # −∞ does not count: it comes at once
            low, high = count.reach or self.ends(count, after)
            value, half = map(float, read(count.shown))
            if not low - half - 1e-9 <= value <= high + half + 1e-9:
                what = f"on the way to {source(count.shown.value)}, “{count.shown.text}” is shown"
                yield Defect("wrong number", what, expected=f"{low:.4g} … {high:.4g}").at(count.mobject.get_center())
        self.counts, self.before = [], after

    def ends(self, count: Count, after: dict[int, list[Shown]]) -> tuple[float, float]:
        """The least and the largest of zero, what the number was, and what it becomes."""
        sides = [0.0, float(self.sources.value(count.shown.value))]
        sides += [value for shown in self.sides(count, after) if isfinite(value := float(read(shown)[0]))]
        return min(sides), max(sides)

    def sides(self, count: Count, after: dict[int, list[Shown]]) -> list[Shown]:
        """The number before the play, and after it."""
        both = (self.before.get(id(count.mobject), []), after.get(id(count.mobject), []))
        return [numbers[count.place] for numbers in both if len(numbers) == count.of]


def numbers_in(readings: list[Reading]) -> list[Shown]:
    return [shown for reading in readings for shown in reading.numbers if isinstance(shown.value, Cell)]


def in_play(lesson: Lesson) -> Iterator[Painted]:
    """The kit's mobjects that an animation moves or changes, each once; not captions, which only fade."""
    family = (part for animation in lesson.animations or () for part in animation.mobject.get_family())
    for mobject in dict.fromkeys(family):
        if is_painted(mobject) and not isinstance(mobject, (Caption, Heading, Formula)):
            yield mobject
