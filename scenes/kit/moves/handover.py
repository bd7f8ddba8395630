"""One thing gives way to another: what comes where something leaves waits until that has gone.

No lesson has to say so. `hand_over` looks at the animations of a play, and lets those wait that would be seen through
what still leaves; then they come quickly, so that the stage is not dark meanwhile."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from manim import Animation, AnimationGroup, FadeIn, FadeOut, Group, Mobject
from manim.utils.rate_functions import squish_rate_func

from scenes.kit.moves.travel import travels

GONE = 0.3  # of its opacity: what leaves and is paler is not read any more when what comes can be
BEGUN, DONE = 0.05, 0.99  # of its opacity: what comes is seen from the one on, and there from the other on
QUICK = 0.25  # seconds in which what has waited fades in
LONGEST = 0.5  # seconds for which it waits at most: what leaves slower than that hurries
AIR = 0.05  # scene units by which boxes may lie in each other: they only touch
STOPS = np.linspace(0, 1, 101)  # at which the way of a fade is looked at


class Later(AnimationGroup):
    """An animation at a pace of its own: at each of these times [n], 0 … 1, it is as far as `shares` [n] says."""

    def __init__(self, animation: Animation, times: list[float], shares: list[float]):
        def pace(alpha: float) -> float:
            return float(np.interp(alpha, times, shares))

        super().__init__(animation, group=Group(*played(animation)), rate_func=pace, introducer=True)


def hand_over(animations: Iterable[Animation], there: Iterable[Mobject]) -> list[Animation]:
    """The animations of a play; those whose mobjects come where others fade out wait for these.

    there: all that is on the stage, part by part. Where the camera travels nobody waits: it leaves what it saw."""
    every, known = list(animations), set(map(id, there))
    if any(map(travels, every)):
        return every
    leaving = [each for each in every if isinstance(each, FadeOut)]
    coming = [each for each in every if leaving and comes(each, known)]
    met = {new: [old for old in leaving if meet(Group(*played(new)), old.mobject)] for new in coming}
    for old in leaving if any(met.values()) else []:
        hurry(old)
    return [late(each, max(map(gone, met[each]))) if met.get(each) else each for each in every]


def played(animation: Animation) -> list[Mobject]:
    """What it plays on: a group of animations does not tell what it brings."""
    inside = getattr(animation, "animations", None)
    return [animation.mobject] if inside is None else [part for each in inside for part in played(each)]


def comes(animation: Animation, known: set[int]) -> bool:
    """Whether it brings only what is new on the stage. known: the ids of all that is there."""
    inside = getattr(animation, "animations", None)
    if inside is not None:
        return all(comes(each, known) for each in inside)
    return animation.is_introducer() and known.isdisjoint(map(id, animation.mobject.get_family()))


def gone(leaving: FadeOut) -> float:
    """The seconds after which what leaves is gone."""
    return first(leaving, 1 - GONE) * float(leaving.run_time)


def first(fade: Animation, share: float) -> float:
    """The part of its time after which a fade has gone that far."""
    return float(STOPS[np.argmax([fade.rate_func(stop) >= share for stop in STOPS])])


def hurry(leaving: FadeOut) -> None:
    """It is gone after the longest time that others wait."""
    seconds = gone(leaving)
    if seconds > LONGEST:
        leaving.rate_func = squish_rate_func(leaving.rate_func, 0, LONGEST / seconds)


def late(animation: Animation, seconds: float) -> Animation:
    """The animation, of which nothing is seen before so many seconds."""
    run_time = float(animation.run_time)
    after = min(seconds / run_time, 1.0)
    if hasattr(animation, "after"):  # it knows how to wait
        animation.after = max(animation.after, after)
        return animation
    fades = isinstance(animation, FadeIn)
    begun, done = (first(animation, BEGUN), first(animation, DONE)) if fades else (0.0, 1.0)
    start, length = max(begun, after), min(done - begun, QUICK / run_time) if fades else 1.0
    end = min(start + length, 1.0)
    return Later(animation, [0.0, start, end, 1.0], [0.0, begun, done if end < 1 else 1.0, 1.0])


def boxes(mobject: Mobject) -> np.ndarray:
    """The lower left and the upper right corner of each of its parts [n, 2, 2]."""
    parts = [np.asarray(part.points)[:, :2] for part in mobject.get_family() if len(part.points)]
    return np.array([(part.min(axis=0), part.max(axis=0)) for part in parts]).reshape(-1, 2, 2)


def meet(one: Mobject, other: Mobject) -> bool:
    """Whether a part of the one lies in a part of the other."""
    some, others = boxes(one), boxes(other)
    low = np.maximum(some[:, None, 0], others[None, :, 0])
    high = np.minimum(some[:, None, 1], others[None, :, 1])
    return bool((high - low > AIR).all(axis=2).any())


__all__ = ["Later", "hand_over"]
