"""Straight arrows: how they are drawn, and one that is carried from one place of a space to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scenes.kit.ground.encodings import Shows
from scenes.kit.ground.pen import Fill, Pen

LIFT = 0.18  # how high a carried arrow rises on its way, in parts of the way and of itself


@dataclass(frozen=True)
class Carried:
    """The arrow from point `start` to point `end`, carried to where it starts at point `to`."""

    start: int
    end: int
    to: int

    def ends(self, points: np.ndarray, grown: float, moved: float) -> tuple[np.ndarray, np.ndarray]:
        """Tail and tip [3] in space, when so much of it is grown and so much of its way is done."""
        way, arrow = points[self.to] - points[self.start], points[self.end] - points[self.start]
        rise = LIFT * (np.linalg.norm(way) + np.linalg.norm(arrow)) * 4 * moved * (1 - moved)
        tail = points[self.start] + moved * way + (0, rise, 0)
        return tail, tail + grown * arrow


def draw_arrow(
    pen: Pen,
    start: Any,
    end: Any,
    rgb: Fill,
    opacity: float = 1.0,
    *,
    line: float = 0.035,
    tip: float = 0.17,
    short: float = 0.0,
    shows: Shows = None,
    head: Shows = None,
) -> None:
    """A straight arrow; it ends `short` of its end, so as not to cover the dot there. shows: where it starts; head:
    where its tip is."""
    start, end = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
    length = float(np.hypot(*(end - start)))
    if opacity <= 0.002 or length < 0.05:
        return
    along = (end - start) / length
    across = np.array([-along[1], along[0]])
    point, tip = end - short * along, min(tip, 0.6 * length)
    pen.line([start, point - 0.8 * tip * along], rgb, line, opacity, shows=shows)
    sides = [point - tip * along + side * 0.42 * tip * across for side in (1, -1)]
    pen.polygon([point, *sides], rgb, opacity, shows=head)


__all__ = ["Carried", "draw_arrow"]
