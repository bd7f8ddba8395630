"""From space to the picture: parallel projection, in which equal lengths stay equal and nothing vanishes far away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scenes.kit.ground.layout import Box

Array = np.ndarray
STEEP = 0.4  # how far up the way into depth goes, by how far to the right, so that it counts as steep
ISOMETRIC = (45.0, float(np.degrees(np.arcsin(np.tan(np.pi / 6)))))  # turn and tilt: all three axes are as long


@dataclass(frozen=True)
class Projection:
    """Space (x to the right, y up, z away from the viewer) → scene coordinates.

    turn, tilt: by how many degrees the viewer stands to the right, and looks down; as they are here the projection is
    isometric. scale: scene units to one of space, where nothing is foreshortened. origin: where (0, 0, 0) is seen."""

    turn: float = ISOMETRIC[0]
    tilt: float = ISOMETRIC[1]
    scale: float = 1.0
    origin: tuple[float, float] = (0.0, 0.0)

    @property
    def axes(self) -> Array:
        """Where the unit vectors of space point in the scene [3, 2]."""
        a, t = np.radians(self.turn), np.radians(self.tilt)
        across, away = (np.cos(a), -np.sin(a) * np.sin(t)), (np.sin(a), np.cos(a) * np.sin(t))
        return self.scale * np.array([across, (0.0, np.cos(t)), away])

    @property
    def is_steep(self) -> bool:
        """Whether what stands further away is seen more above than beside."""
        across, up = self.axes[2]
        return bool(up > STEEP * across)

    def __call__(self, points: Any) -> Array:
        """Points of space [..., 3] in the scene [..., 3]."""
        flat = np.asarray(points, dtype=float) @ self.axes + self.origin
        return np.concatenate([flat, np.zeros((*flat.shape[:-1], 1))], axis=-1)

    def front(self, at: Any, width: float, height: float) -> Array:
        """Scene corners [4, 3], clockwise from upper left, of a face that stands upright at a point of space, its
        lower left corner."""
        x, y, z = at
        return self([(x, y + height, z), (x + width, y + height, z), (x + width, y, z), (x, y, z)])

    def fitting(self, box: Box, points: Any) -> Projection:
        """The same directions, so large that points of space [n, 3] just lie in the box, in its middle."""
        flat = replace(self, scale=1.0, origin=(0.0, 0.0))(points)[:, :2]
        low, high = flat.min(axis=0), flat.max(axis=0)
        scale = min(box.width / max(high[0] - low[0], 1e-9), box.height / max(high[1] - low[1], 1e-9))
        x, y = box.center[:2] - scale * (low + high) / 2
        return replace(self, scale=float(scale), origin=(float(x), float(y)))


__all__ = ["ISOMETRIC", "Projection"]
