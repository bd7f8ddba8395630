"""What leaves the stage has been on it, and is gone before what comes in its place can be read.

Such a hand-over is short, and may lie before the first moment at which a play is looked at; so one in which something
fades out is looked at again and again (`crossing`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from manim import Animation, FadeOut, Mobject

from scenes.kit.ground.painting import Painted
from scenes.kit.ground.readings import Reading
from scenes.kit.moves.flight import Flock
from scenes.kit.moves.handover import comes
from studio.audit.film.canvas import DARK
from studio.audit.film.motion import doubled
from studio.audit.film.sight import Look, Sight, Sights, every, moved
from studio.audit.findings import Defect

Box = tuple[np.ndarray, np.ndarray]  # its lower left and its upper right corner

READABLE = 0.3  # opacity from which a text that comes, and one that leaves, can be read
NEAR = 0.15  # scene units: what lay within the box of something else may be a part of it


def popped(last: Sight, now: Sight, animations: Iterable[Animation], theme: int = 0) -> Iterator[Defect]:
    """What an animation takes away that was not on the stage before it; a copy lies where the original was, or where
    its parts were.

    last: the end of the play before; now: a moment of the play that runs. theme: the number of the one that is looked
    at."""
    seen = {id(look.mobject): look for look in now.looks if is_lit(look, theme)}
    there = {id(look.mobject) for look in last.looks if is_lit(look, theme)}
    stood = [look.mobject for look in last.looks if is_lit(look, theme) and len(look.mobject.points)]
    for mobject, start in leaving(animations):
        if id(mobject) in seen and id(mobject) not in there:
            box, boxes = box_of(start), [box_of(each) for each in stood]
            parts = [part for each, part in zip(stood, boxes, strict=True) if type(each) is type(mobject)]
            parts = [part for part in parts if holds(box, part)]
            together = [(np.min(parts, axis=0)[0], np.max(parts, axis=0)[1])] if parts else []
            if not any(holds(each, box) for each in (*boxes, *together)):
                what = f"{type(mobject).__name__} comes all at once, and leaves"
                yield Defect("pops up", what).at((box[0] + box[1]) / 2)


def is_lit(look: Look, theme: int) -> bool:
    """Whether something can be made out in a theme."""
    return bool(look.light[min(theme, len(look.light) - 1)] >= DARK)


def leaving(animations: Iterable[Animation]) -> Iterator[tuple[Mobject, Mobject]]:
    """What fades or shrinks away, part by part, and how each part was when it began to."""
    for animation in every(animations):
        start = getattr(animation, "starting_mobject", None)
        if start is not None and animation.is_remover() and not animation.is_introducer():
            family = zip(animation.mobject.get_family(), start.get_family(), strict=False)
            yield from (pair for pair in family if len(pair[1].points))


def holds(box: Box, other: Box) -> bool:
    """Whether one box lies within another."""
    return bool((other[0] > box[0] - NEAR).all() and (other[1] < box[1] + NEAR).all())


def box_of(mobject: Mobject) -> Box:
    """The lower left and the upper right corner [2] of its points."""
    points = np.asarray(mobject.points)[:, :2]
    return points.min(axis=0), points.max(axis=0)


def crossing(last: Sight, sights: Sights, animations: Iterable[Animation]) -> Iterator[Defect]:
    """Texts that come over such as leave, at a moment inside a play. last: the end of the play before."""
    animations = list(animations)
    stood = {id(look.mobject) for look in last.looks}
    below = readable(moved(each for each in every(animations) if isinstance(each, FadeOut)), sights)
    if below:
        coming = moved(each for each in every(animations) if comes(each, stood))
        above = readable((part for part in coming if not isinstance(part, Flock)), sights)  # whose numbers are in cells
        yield from doubled(below, above)


def readable(mobjects: Iterable[Mobject], sights: Sights) -> list[Reading]:
    """The texts on these that can be read."""
    parts = {id(part): part for part in mobjects if isinstance(part, Painted) and part.opacity >= READABLE}
    shown = (reading for part in parts.values() for reading in sights.texts_of(part))
    return [reading for reading in shown if reading.opacity >= READABLE]


__all__ = ["crossing", "popped"]
