"""One canvas: the stage is never empty between the first step and the last, and what stays does not go meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scenes.lesson.steps import Step
from studio.audit.film.places import Home, Homes, Numbers, once
from studio.audit.film.sight import Sight
from studio.audit.findings import Defect

DARK = 1.5  # contrast to the background below which nothing can be made out on the stage
LONGEST = 0.1  # seconds for which nothing may be there
NAMED = 3  # of the tensors that vanish, so many are named


class Blackouts:
    """For how long the stage is empty. Between two moments its light changes evenly.

    theme: the number of the one in which it is looked at."""

    def __init__(self, theme: int = 0) -> None:
        self.theme = theme
        self.before: tuple[float, float] | None = None  # when and how light, since something is on the stage
        self.dark, self.since = 0.0, 0.0

    def at(self, sight: Sight) -> Iterator[Defect]:
        """Looks at the next moment; the defect comes when there is light again."""
        lights = sight.light
        last, light = self.before, float(lights[min(self.theme, len(lights) - 1)])
        if last is None and light < DARK:
            return  # nothing has been there yet
        self.before = sight.time, light
        if last is None:
            return
        part = share_below(DARK, last[1], light)
        if self.dark == 0:
            self.since = sight.time - part * (sight.time - last[0])
        self.dark += part * (sight.time - last[0])
        if light >= DARK:
            if self.dark > LONGEST:
                what = f"the stage is empty from second {self.since:.1f} on"
                yield Defect("blank stage", what, expected=f"at most {LONGEST} s", shown=f"{self.dark:.1f} s")
            self.dark = 0.0


def share_below(level: float, a: float, b: float) -> float:
    """The part of a straight way from a to b that lies below a level."""
    low, high = sorted((a, b))
    if high < level:
        return 1.0
    return 0.0 if low >= level else (level - low) / (high - low)


class Vanishing:
    """Which numbers stood at the end of the last step and of this one, and were gone meanwhile."""

    def __init__(self, homes: Homes) -> None:
        self.homes = homes
        self.stood: Numbers = {}  # at the end of the last step
        self.gone: dict[Home, tuple[np.ndarray, float]] = {}  # those of them that have gone, and when

    def at(self, sight: Sight) -> None:
        """Looks at the next moment."""
        there = sight.numbers()
        for home, places in self.stood.items():
            here = there.get(home)
            if here is places or here is not None and np.array_equal(here, places):
                continue
            missing = places if here is None else np.setdiff1d(places, here, assume_unique=True)
            if len(missing):
                known, since = self.gone.get(home, (missing, sight.time))
                self.gone[home] = once(np.concatenate([known, missing])), since

    def step_ended(self, step: Step, sight: Sight) -> Iterator[Defect]:
        """At the end of a step."""
        there = sight.numbers()
        back = {home: np.intersect1d(gone, there.get(home, ())) for home, (gone, _) in self.gone.items()}
        back = {home: places for home, places in back.items() if len(places)}
        if back:
            most = sorted(back, key=lambda home: -len(back[home]))
            names = ", ".join(f"{len(back[home])} of {short(self.homes.names[home])}" for home in most[:NAMED])
            more = f" and of {len(most) - NAMED} more" if len(most) > NAMED else ""
            since = min(self.gone[home][1] for home in back) - step.start
            what = f"numbers vanish and come back: {names}{more}"
            yield Defect("vanish and return", what, shown=f"gone {since:.1f} s after the step’s beginning")
        self.stood, self.gone = there, {}


def short(text: str, most: int = 50) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


__all__ = ["Blackouts", "Vanishing"]
