"""CardFan: attention patterns as cards that lie on each other, and fan out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.attention.wall import PatternWall
from scenes.kit.ground.layout import Box
from scenes.kit.ground.painting import Mix
from scenes.kit.ground.pen import Pen

PAD, ROUND = 0.08, 0.1  # of a card around its pattern; radius of its corners
LIFT = 0.09  # of a card's side: how much higher the next one stands
FARTHER = 0.97  # how large the next one looks


class CardFan(PatternWall):
    """A PatternWall whose panels are cards, one behind the other: the front one hides what it lies on.

    front: the panel that lies on top. plate: how much of the cards is there: with 0 it is the wall of the same places.
    Takes the arguments of PatternWall; `stacked` and `fanned` are places for it."""

    plate: Mix[float]

    def __init__(self, box: Box, patterns: Iterable[Tensor], places: Any, *, front: int = 0, **kwargs: Any):
        super().__init__(box, patterns, places, **kwargs)
        self.front, self.plate = front, 1.0

    def depth(self, k: int) -> int:
        """How many cards lie before the k-th."""
        return (k - self.front) % len(self.patterns)

    def stacked(self, place: Any) -> CardFan:
        """A copy with all cards at one place (x, y, side)."""
        return self.at([place] * len(self.patterns))

    def fanned(self, side: float) -> CardFan:
        """A copy fanned out over the box, the front card, of that side, at the left and all others behind it."""
        count = len(self.patterns)
        depths = np.array([self.depth(k) for k in range(count)])
        sides = side * FARTHER**depths
        reach = self.box.width - side - 2 * PAD
        step = min(reach / max(count - 1, 1), 0.55 * side)
        x = self.box.center[0] + step * (depths - (count - 1) / 2)
        y = self.box.center[1] + LIFT * side * (depths - (count - 1) / 2) + (sides - side) / 2
        return self.at(np.column_stack([x, y, sides]))

    def draw(self, pen: Pen) -> None:
        for k in sorted(range(len(self.patterns)), key=self.depth, reverse=True):
            x, y, side = self.places[k]
            opacity = float(self.shown[k])
            if opacity > 0.002:
                left, top = x - self.box.left - side / 2, self.box.top - y - side / 2
                card = left - PAD, top - PAD, side + 2 * PAD, side + 2 * PAD
                pen.rectangle(*card, "background", self.plate * opacity, radius=ROUND)
                pen.frame(*card, "box_edge", 0.025, self.plate * opacity, radius=ROUND)
                self._draw_panel(pen, k, left, top, side, opacity)


__all__ = ["CardFan"]
