"""How moves run: one thing after the other, slowly in and out, several mobjects at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from manim import Animation, Group, Mobject, Scene

COME = 0.6  # seconds in which the frame around something new comes
SOON = 0.15  # … in which words and axes of what grows come, and what has waited for others to leave


def stagger(alpha: float, count: int, lag: float) -> np.ndarray:
    """Progress [count] of things that start one after the other: `lag` as in Manim's lag_ratio."""
    full = 1 + lag * (count - 1)
    return np.clip(alpha * full - lag * np.arange(count), 0, 1)


def ease(progress: Any) -> Any:
    """Slow in, slow out, for arrays: the minimum-jerk curve 10t³ − 15t⁴ + 6t⁵."""
    t = np.asarray(progress, dtype=float)
    return t**3 * (10 - 15 * t + 6 * t**2)


def waited(alpha: float, after: float) -> float:
    """How far something has come that begins after that part of a play."""
    return max(0.0, alpha - after) / (1 - after)


def come_so_far(alpha: float, run_time: float, seconds: float = COME) -> float:
    """How much is seen of what comes, in so many seconds or in all the time there is."""
    return float(ease(min(1.0, alpha * max(run_time / seconds, 1.0))))


def seen_so_far(alpha: float, run_time: float, after: float, seconds: float = COME) -> float:
    """How much is seen of what comes, in so many seconds, after that part of a play; what has waited is there soon."""
    return come_so_far(waited(alpha, after), (1 - after) * run_time, SOON if after else seconds)


class Together(Animation):
    """An animation that plays on several mobjects at once, each of which stays by itself on the stage.

    Subclasses set what is shown at `alpha` in `interpolate_mobject`. helpers: mobjects that are there only while it
    plays."""

    def __init__(self, *mobjects: Mobject, helpers: Iterable[Mobject] = (), **kwargs: Any):
        self.helpers = list(helpers)
        super().__init__(Group(*mobjects, *self.helpers), introducer=True, **kwargs)

    def _setup_scene(self, scene: Scene) -> None:
        there = scene.get_mobject_family_members()
        scene.add(*[m for m in self.mobject.submobjects if m not in there])

    def create_starting_mobject(self) -> Group:
        return self.mobject  # what is interpolated is kept by the subclass

    def clean_up_from_scene(self, scene: Scene) -> None:
        super().clean_up_from_scene(scene)
        scene.remove(*self.helpers)


__all__ = ["Together", "come_so_far", "ease", "seen_so_far", "stagger", "waited"]
