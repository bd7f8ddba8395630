"""ResidualWire: rows that are added up, drawn as a wire into which each of them is soldered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scenes.kit.ground.painting import Mix, Painted
from scenes.kit.ground.pen import Pen

NODE = 0.17  # radius of a ⊕
LINE = 0.045
ARROW = 0.13


class ResidualWire(Painted):
    """A wire from the height of the first row down to that of the last; at every row between them a ⊕, where what the
    row holds comes in from the right.

    heights: y of the rows; x: of the wire; branches: x to which each row's branch reaches. grown [rows − 1]: how far
    the wire has come on the way from each row to the next."""

    grown: Mix[np.ndarray]

    def __init__(self, heights: Sequence[float], x: float, branches: Sequence[float], fill: str = "delta"):
        self.fill = fill
        self.left, self.top = x - NODE, max(heights) + NODE
        self.ys = [self.top - y for y in heights]
        self.ends = [end - self.left for end in branches]
        self.grown = np.ones(len(heights) - 1)
        width, height = max(branches) - self.left, self.ys[-1] + NODE
        super().__init__(width, height)
        self.move_to((self.left + width / 2, self.top - height / 2, 0))

    def draw(self, pen: Pen) -> None:
        last = len(self.ys) - 1
        pen.line([(self.ends[0], self.ys[0]), (NODE, self.ys[0])], self.fill, LINE)
        for k, grown in enumerate(self.grown):
            start = self.ys[k] + (NODE if k else -LINE / 2)
            end = self.ys[k + 1] - (NODE if k + 1 < last else -LINE / 2)
            if grown > 0:
                pen.line([(NODE, start), (NODE, start + grown * (end - start))], self.fill, LINE)
            if grown >= 1 and k + 1 < last:
                self._node(pen, self.ys[k + 1], self.ends[k + 1])
        if self.grown[-1] >= 1:
            tip = self.ends[last], self.ys[last]
            pen.line([(NODE, tip[1]), tip], self.fill, LINE)
            pen.polygon([tip, (tip[0] - ARROW, tip[1] - ARROW / 2), (tip[0] - ARROW, tip[1] + ARROW / 2)], self.fill)

    def _node(self, pen: Pen, y: float, end: float) -> None:
        pen.circle(NODE, y, NODE, self.fill, line=LINE)
        pen.line([(NODE, y - NODE), (NODE, y + NODE)], self.fill, 0.6 * LINE)
        pen.line([(0, y), (2 * NODE, y)], self.fill, 0.6 * LINE)
        pen.line([(2 * NODE, y), (end, y)], self.fill, LINE)


__all__ = ["ResidualWire"]
