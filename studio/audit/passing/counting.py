"""Numbers that count, and sums that grow, inside a play.

Only what plays is looked at. A number there is its source, or lies between what it was and what it becomes (and zero);
of a running sum, between the sums of what is below and of what is above zero (`TensorGrid.reach`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from manim import Mobject

from scenes.kit.ground.painting import Painted
from scenes.kit.ground.readings import Cell, Claim, Reading, Shown
from studio.audit.findings import Defect
from studio.audit.numbers.sources import Sources, read, source
from studio.audit.screen import Screen, claims_of


@dataclass(frozen=True)
class Count:
    """A number that is not its source: the k-th of a mobject, and between what it may be, where that is known."""

    mobject: Mobject
    place: int
    of: int  # numbers of the mobject at that moment
    shown: Shown
    reach: tuple[float, float] | None


class Counting:
    """Compares what counts inside a play with where it began and where it ends."""

    def __init__(self, sources: Sources):
        self.sources = sources
        self.counts: list[Count] = []

    def at(self, mobject: Painted, readings: list[Reading]) -> Iterator[Defect]:
        """What a mobject shows at a moment."""
        for reading in readings:
            yield from (defect for defect in self.sources.check_reading(reading) if defect.kind == "no source")
        self.note(mobject, readings)
        for claim in filter(self.stands, claims_of(mobject)):
            if (defect := self.sources.check_claim(claim)) is not None:
                yield defect

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

    def settle(self, before: Screen | None, after: Screen) -> Iterator[Defect]:
        """After the play, when it is known what everything has become."""
        counts, self.counts = self.counts, []
        for count in counts:
            sides = [shown for screen in (before, after) for shown in side(count, screen)]
            if count.shown.text in [shown.text for shown in sides]:
                continue  # −∞ does not count: it comes at once
            low, high = count.reach or self.ends(count, sides)
            value, half = map(float, read(count.shown))
            if not low - half - 1e-9 <= value <= high + half + 1e-9:
                what = f"on the way to {source(count.shown.value)}, “{count.shown.text}” is shown"
                yield Defect("wrong number", what, expected=f"{low:.4g} … {high:.4g}").at(count.mobject.get_center())

    def ends(self, count: Count, sides: list[Shown]) -> tuple[float, float]:
        """The least and the largest of zero, what the number was, and what it becomes."""
        ends = [0.0, float(self.sources.value(count.shown.value))]
        ends += [value for shown in sides if isfinite(value := float(read(shown)[0]))]
        return min(ends), max(ends)


def side(count: Count, screen: Screen | None) -> list[Shown]:
    """The number as it stood at the end of a play."""
    numbers = [] if screen is None else numbers_in(screen.readings.get(id(count.mobject), []))
    return [numbers[count.place]] if len(numbers) == count.of else []


def numbers_in(readings: list[Reading]) -> list[Shown]:
    return [shown for reading in readings for shown in reading.numbers if isinstance(shown.value, Cell)]
