"""Laying out: boxes of the frame, and mobjects in rows and columns."""

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


def row(*mobjects: Mobject, gap: float = 0.4) -> VGroup:
    """Mobjects side by side, centres on one line. gap: between them, in scene units."""
    return VGroup(*mobjects).arrange(RIGHT, buff=gap)


def stack(*mobjects: Mobject, gap: float = 0.3) -> VGroup:
    """Mobjects one below the other, centres on one line. gap: between them, in scene units."""
    return VGroup(*mobjects).arrange(DOWN, buff=gap)
