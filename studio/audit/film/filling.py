"""How full the stage is: the share of it that lies in the boxes of what is on it. Measured, not judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from manim import Mobject

from scenes.kit.ground.layout import HOME, Box, View
from scenes.kit.ground.painting import Painted
from scenes.kit.ground.text import Caption, Heading
from scenes.lesson.steps import Step
from studio.audit.checks.check import Check, Defects
from studio.audit.screen import is_visible, on_screen, outline, view_of

FAINT = 0.3  # opacity below which a thing is put aside, and is no main thing


class Filling(Check):
    """Writes into the report how full the stage is at the end of each step."""

    def step_ended(self, step: Step) -> Defects:
        self.report.fills.append(
            (step.name, filled(self.lesson.stage, boxes(on_screen(self.lesson), view_of(self.lesson))))
        )
        return ()


def boxes(mobjects: Iterable[Mobject], view: View = HOME) -> Iterator[Box]:
    """Of all main things: what can be seen well, but for heading and caption."""
    for mobject in mobjects:
        points = outline(mobject, view)
        aside = isinstance(mobject, (Caption, Heading)) or isinstance(mobject, Painted) and mobject.opacity < FAINT
        if len(points) and is_visible(mobject) and not aside:
            (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
            yield Box(left, bottom, right, top)


def filled(stage: Box, things: Iterable[Box]) -> float:
    """The share of the stage that lies in one box or more, 0 … 1."""
    low, high = (stage.left, stage.bottom), (stage.right, stage.top)
    corners = np.array([((box.left, box.bottom), (box.right, box.top)) for box in things]).reshape(-1, 2, 2)
    corners = np.clip(corners, low, high)
    xs, ys = (np.unique(np.append(corners[..., axis], (low[axis], high[axis]))) for axis in (0, 1))
    covered = np.zeros((len(xs) - 1, len(ys) - 1), dtype=bool)  # the stage, cut at every edge of a box
    for (left, bottom), (right, top) in corners:
        x0, x1, y0, y1 = *np.searchsorted(xs, (left, right)), *np.searchsorted(ys, (bottom, top))
        covered[x0:x1, y0:y1] = True
    return float(np.diff(xs) @ covered @ np.diff(ys)) / (stage.width * stage.height)


__all__ = ["Filling", "boxes", "filled"]
