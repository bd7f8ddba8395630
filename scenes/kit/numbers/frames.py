"""Rectangles around something, or in its place: they travel from cell to cell."""

from __future__ import annotations

import numpy as np

from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.style import color


class Frame(Painted):
    """A yellow box around something: corners [4, 3] in scene coordinates. Moves from cell to cell in a Transform.

    stroke: its colour; line: its width."""

    rgb: Mix[np.ndarray]

    def __init__(self, corners: np.ndarray, stroke: str = "target", line: float = 0.035):
        corners = np.asarray(corners, dtype=float)
        if corners.shape[1] == 2:
            corners = np.hstack([corners, np.zeros((4, 1))])
        self.line, self.rgb = line, color(stroke)
        super().__init__(*_size(corners))
        self.set_points_as_corners([*corners, corners[0]])

    def draw(self, pen: Pen) -> None:
        m, (wide, high) = self.matrix(), self.natural
        across, down = max(float(np.hypot(m.xx, m.yx)), 1e-6), max(float(np.hypot(m.xy, m.yy)), 1e-6)
        if abs(across - down) < 0.02 * across:
            pen.frame(0, 0, wide, high, self.rgb, self.line / max(self.zoom(), 1e-6))
            return
        x, y = self.line / across, self.line / down  # on its way to another shape: its lines stay as they are
        for left, top, w, h in ((0, 0, wide, y), (0, high - y, wide, y), (0, 0, x, high), (wide - x, 0, x, high)):
            pen.rectangle(left, top, w, h, self.rgb)


class Plate(Painted):
    """A filled rectangle: corners [4, 3] in scene coordinates, clockwise from upper left.

    It moves and changes colour in a Transform. rgb: a triple in 0…1."""

    rgb: Mix[np.ndarray]

    def __init__(self, corners: np.ndarray, rgb: np.ndarray):
        self.rgb = np.array(rgb, dtype=float)
        super().__init__(*_size(corners))
        self.set_points_as_corners([*corners, corners[0]])

    def draw(self, pen: Pen) -> None:
        pen.rectangle(0, 0, *self.natural, self.rgb)


def _size(corners: np.ndarray) -> tuple[float, float]:
    """Width and height of a rectangle with these corners."""
    wide, high = (float(np.linalg.norm(corners[k] - corners[0])) for k in (1, 3))
    return max(wide, 0.01), max(high, 0.01)


__all__ = ["Frame", "Plate"]
