"""Words give way to words: what leaves is gone before what comes in its place can be read.

Such a moment is short, and may lie before the first of those at which a play is looked at; so a play in which something
fades out is looked at again and again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from manim import Animation, FadeOut, Mobject

from scenes.kit.ground.painting import Painted
from scenes.kit.moves.handover import comes
from studio.audit.film.motion import doubled
from studio.audit.film.sight import Look, Sight, Sights, every, moved
from studio.audit.findings import Defect

READABLE = 0.3  # opacity from which a text that comes, and one that leaves, can be read


def crossing(last: Sight, sights: Sights, animations: Iterable[Animation]) -> Iterator[Defect]:
    """Texts that come over such as leave, at a moment inside a play. last: the end of the play before."""
    animations = list(animations)
    leaving = {id(part): part for part in moved(each for each in every(animations) if isinstance(each, FadeOut))}
    stood = {id(look.mobject) for look in last.looks}
    coming = {id(part): part for part in moved(each for each in every(animations) if comes(each, stood))}
    old = list(readable(leaving.values(), sights))
    for above in readable(coming.values(), sights) if old else ():
        for below in old:
            yield from doubled(below, above)


def readable(mobjects: Iterable[Mobject], sights: Sights) -> Iterator[Look]:
    """Those that show texts which can be read, with these texts."""
    for mobject in mobjects:
        if isinstance(mobject, Painted) and mobject.opacity >= READABLE:
            look = sights.at(mobject)
            look.readings = [reading for reading in look.readings if reading.opacity >= READABLE]
            if look.readings:
                yield look


__all__ = ["crossing"]
