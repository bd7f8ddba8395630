"""Things that move keep their form: no text is stretched on the way, and none is seen through another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from scenes.kit.ground.readings import Reading
from scenes.kit.moves.flight import Flock
from studio.audit.checks.layout import SAME_PLACE, depth, short
from studio.audit.film.sight import Look, Sight
from studio.audit.findings import Defect

LONGER = 1.08  # by which factor a text may be stretched
READ = 0.25  # opacity from which a text is seen in mid-play
WITHIN = 0.35  # of the smaller em: how deep two texts lie in each other that are seen as one muddle
BY = 0.5  # of the smaller em: what moves further from one moment to the next flies across
SOLID = 0.9  # opacity from which a copy and its original are one text


class Motion:
    """Looks at what moves; each mobject, and each pair of them, is told of once a play."""

    def __init__(self) -> None:
        self.found: dict[tuple[int, ...], Defect] = {}  # by the ids of the mobjects, in the play that runs
        self.middles: dict[int, np.ndarray] = {}  # where the texts of each mobject were at the last moment

    def at(self, sight: Sight) -> None:
        """Looks at a moment inside a play."""
        for look in sight.looks:
            if id(look.mobject) in sight.moving and look.stretch > LONGER:
                self.note([look], stretched(look))
        looks = [look for look in sight.looks if any(r.opacity >= READ for r in look.readings)]
        for below, above in combinations(looks, 2):
            if {id(below.mobject), id(above.mobject)} & sight.moving and meet(below, above):
                if not self.pass_by(below, above):
                    self.note([below, above], doubled(below.readings, over(above)))
        self.middles = middles(sight)

    def pass_by(self, one: Look, other: Look) -> bool:
        """Whether one flies across the other: where they stand to each other has changed since the last moment."""
        before = [self.middles.get(id(look.mobject)) for look in (one, other)]
        if before[0] is None or before[1] is None:
            return True  # it has just come: the next moment will tell
        way = (one.middle - other.middle) - (before[0] - before[1])
        return float(np.hypot(*way)) > BY * min(reading.size for look in (one, other) for reading in look.readings)

    def note(self, looks: list[Look], defects: Iterator[Defect]) -> None:
        """Keep the first of the defects, if these have none yet."""
        key = tuple(id(look.mobject) for look in looks)
        first = None if key in self.found else next(defects, None)
        if first is not None:
            self.found[key] = first

    def ended(self, sight: Sight) -> list[Defect]:
        """After the play: what was wrong in it. Texts that stay in each other are for the check of layout to find."""
        looks = {id(look.mobject): look for look in sight.looks}
        self.middles = middles(sight)
        found, self.found = self.found, {}
        return [defect for key, defect in found.items() if not stay([looks[k] for k in key if k in looks])]


def stretched(look: Look) -> Iterator[Defect]:
    """A text that is longer along one direction than it was set."""
    for reading in look.readings:
        if reading.opacity >= READ:
            what = f"“{short(reading.text)}” is stretched while it moves"
            yield Defect("stretched text", what, shown=f"{look.stretch:.2f} times").at(reading.corners.mean(axis=0))


def middles(sight: Sight) -> dict[int, np.ndarray]:
    return {id(look.mobject): look.middle for look in sight.looks if look.readings}


def stay(looks: list[Look]) -> bool:
    """Whether two mobjects have texts that lie in each other."""
    return len(looks) == 2 and any(True for _ in in_each_other(looks[0].readings, over(looks[1])))


def meet(one: Look, other: Look) -> bool:
    """Whether the boxes of all their texts lie over each other."""
    (low, high), (left, right) = one.box, other.box
    return bool((low < right).all() and (left < high).all())


def over(look: Look) -> list[Reading]:
    """Its texts, where they may lie over others: the numbers of a flock are in cells."""
    return [] if isinstance(look.mobject, Flock) else look.readings


def doubled(below: list[Reading], above: list[Reading]) -> Iterator[Defect]:
    """Pairs of texts that are seen through each other."""
    for one, other in in_each_other(below, above):
        if not leaves(one, other):
            what = f"“{short(one.text, 30)}” and “{short(other.text, 30)}” are seen through each other on the way"
            shown = f"{one.opacity:.0%} and {other.opacity:.0%} visible"
            yield Defect("double exposure", what, shown=shown).at(other.corners.mean(axis=0))


def in_each_other(below: list[Reading], above: list[Reading]) -> Iterator[tuple[Reading, Reading]]:
    """Pairs of texts that can both be seen where they lie over each other."""
    below, above = ([r for r in each if r.opacity >= READ] for each in (below, above))
    if not below or not above:
        return
    a, b = (np.array([r.corners for r in each]) for each in (below, above))
    apart = (a.max(axis=1)[:, None] <= b.min(axis=1)[None]) | (b.max(axis=1)[None] <= a.min(axis=1)[:, None])
    for i, j in np.argwhere(~apart.any(axis=2)):
        one, other = below[i], above[j]
        cover = other.opacity if other.area is not None else 0.0  # the cell around a number hides what is behind it
        if one.opacity * (1 - cover) >= READ and depth(one.corners, other.corners) > WITHIN * min(one.size, other.size):
            yield one, other


def leaves(one: Reading, other: Reading) -> bool:
    """Whether one is a copy of the other, or of a part of it, that lies on it or is just leaving it."""
    same = one.text in other.text or other.text in one.text
    return (
        same
        and min(one.opacity, other.opacity) >= SOLID
        or (one.text == other.text and float(np.abs(one.corners - other.corners).max()) < SAME_PLACE)
    )


__all__ = ["Motion"]
