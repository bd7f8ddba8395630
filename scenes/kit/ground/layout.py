"""Laying out: boxes of the frame, mobjects in rows and columns, and where a camera looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from manim import DOWN, RIGHT, Mobject, VGroup


@dataclass(frozen=True)
class Box:
    """A rectangle in scene coordinates: room that is divided, and that mobjects are fitted into."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.top - self.bottom

    @property
    def center(self) -> np.ndarray:
        return np.array([(self.left + self.right) / 2, (self.bottom + self.top) / 2, 0.0])

    def inset(self, margin: float) -> Box:
        return Box(self.left + margin, self.bottom + margin, self.right - margin, self.top - margin)

    def columns(self, *shares: float, gap: float = 0.4) -> list[Box]:
        """Side by side, left to right, with widths in proportion to the shares."""
        room = self.width - gap * (len(shares) - 1)
        edges, x = [], self.left
        for share in shares:
            w = room * share / sum(shares)
            edges.append(Box(x, self.bottom, x + w, self.top))
            x += w + gap
        return edges

    def rows(self, *shares: float, gap: float = 0.3) -> list[Box]:
        """One above the other, top to bottom."""
        room = self.height - gap * (len(shares) - 1)
        edges, y = [], self.top
        for share in shares:
            h = room * share / sum(shares)
            edges.append(Box(self.left, y - h, self.right, y))
            y -= h + gap
        return edges

    def rows_of(self, height: float, less: float = 0.0) -> int:
        """How many rows of that height fit, where `less` of the box's height is needed for something else."""
        return int((self.height - less) / height)

    def fit(self, mobject: Mobject, margin: float = 0.0) -> Any:
        """Put the mobject in the middle, made smaller if it is too large; returns it."""
        scale = min(
            (self.width - 2 * margin) / max(mobject.width, 1e-6), (self.height - 2 * margin) / max(mobject.height, 1e-6)
        )
        if scale < 1:
            mobject.scale(scale)
        return mobject.move_to(self.center)

    @classmethod
    def around(cls, *mobjects: Mobject) -> Box:
        """The smallest that holds all of them."""
        points = np.concatenate([part.points[:, :2] for m in mobjects for part in m.get_family() if len(part.points)])
        return cls(*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


@dataclass(frozen=True)
class View:
    """Where a camera looks: a point of the scene is seen at zoom · point + (x, y) of the frame."""

    zoom: float = 1.0
    x: float = 0.0
    y: float = 0.0

    @classmethod
    def onto(cls, what: Box, window: Box) -> View:
        """In which the box `what` is as large as can be in the window, middle on middle."""
        zoom = min(window.width / max(what.width, 1e-6), window.height / max(what.height, 1e-6))
        x, y, _ = window.center - zoom * what.center
        return cls(float(zoom), float(x), float(y))

    @property
    def matrix(self) -> np.ndarray:
        """Scene → frame [2, 3]."""
        return np.array([[self.zoom, 0.0, self.x], [0.0, self.zoom, self.y]])

    def seen(self, points: Any) -> np.ndarray:
        """Where scene points [..., 2 or 3] are seen in the frame [..., 2]."""
        return self.zoom * np.asarray(points, dtype=float)[..., :2] + (self.x, self.y)

    def towards(self, end: View, t: float) -> View:
        """On the way: each moment is as much closer as the one before, straight at what stays where it is."""
        zoom = self.zoom ** (1 - t) * end.zoom**t
        far = end.zoom - self.zoom
        part = (zoom - self.zoom) / far if abs(far) > 1e-3 * self.zoom else t
        return View(zoom, self.x + part * (end.x - self.x), self.y + part * (end.y - self.y))


HOME = View()


def row(*mobjects: Mobject, gap: float = 0.4) -> VGroup:
    """Mobjects side by side, centres on one line. gap: between them, in scene units."""
    return VGroup(*mobjects).arrange(RIGHT, buff=gap)


def stack(*mobjects: Mobject, gap: float = 0.3) -> VGroup:
    """Mobjects one below the other, centres on one line. gap: between them, in scene units."""
    return VGroup(*mobjects).arrange(DOWN, buff=gap)
