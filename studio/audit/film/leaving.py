"""What leaves the stage has been on it: nothing pops up in order to fade."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from manim import Animation, Mobject

from studio.audit.film.canvas import DARK
from studio.audit.film.sight import Sight, every
from studio.audit.findings import Defect

NEAR = 0.15  # scene units: what lay within the box of something else may be a part of it


def popped(last: Sight, now: Sight, animations: Iterable[Animation]) -> Iterator[Defect]:
    """What an animation takes away that was not on the stage before it; a copy lies where the original was.

    last: the end of the play before; now: a moment of the play that runs."""
    seen = {id(look.mobject): look for look in now.looks if look.light >= DARK}
    there = {id(look.mobject) for look in last.looks if look.light >= DARK}
    boxes = [box_of(look.mobject) for look in last.looks if look.light >= DARK and len(look.mobject.points)]
    for mobject, start in leaving(animations):
        if id(mobject) in seen and id(mobject) not in there:
            low, high = box_of(start)
            if not any((low > a - NEAR).all() and (high < b + NEAR).all() for a, b in boxes):
                what = f"{type(mobject).__name__} comes all at once, and leaves"
                yield Defect("pops up", what).at((low + high) / 2)


def leaving(animations: Iterable[Animation]) -> Iterator[tuple[Mobject, Mobject]]:
    """What fades or shrinks away, part by part, and how each part was when it began to."""
    for animation in every(animations):
        start = getattr(animation, "starting_mobject", None)
        if start is not None and animation.is_remover() and not animation.is_introducer():
            family = zip(animation.mobject.get_family(), start.get_family(), strict=False)
            yield from (pair for pair in family if len(pair[1].points))


def box_of(mobject: Mobject) -> tuple[np.ndarray, np.ndarray]:
    """The lower left and the upper right corner [2] of its points."""
    points = np.asarray(mobject.points)[:, :2]
    return points.min(axis=0), points.max(axis=0)


__all__ = ["popped"]
