"""How samples fill their boxes."""

from __future__ import annotations

from typing import TypeVar

from manim import Mobject

from scenes.kit.ground.layout import Box

M = TypeVar("M", bound=Mobject)
MOST = 2.5  # how much larger than it is made a small piece is shown


def fill(box: Box, mobject: M, most: float = MOST) -> M:
    """In the middle of the box, as large as it can be there."""
    mobject.scale(min(most, box.width / mobject.width, box.height / mobject.height))
    return mobject.move_to(box.center)


def larger(box: Box, factor: float) -> Box:
    """A box of the same shape, so much larger: what is laid out in it and then put into `box` has room to breathe."""
    x, y, _ = box.center
    wide, high = factor * box.width / 2, factor * box.height / 2
    return Box(x - wide, y - high, x + wide, y + high)


def wide(box: Box) -> bool:
    """Whether there is room side by side."""
    return box.width > 1.2 * box.height
