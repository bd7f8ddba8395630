"""An emoji, drawn: fonts with pictures are not used, and others rarely have it."""

from __future__ import annotations

from scenes.kit.ground.painting import Painted
from scenes.kit.ground.pen import Pen


class Smiley(Painted):
    """🙂, as large as asked for (scene units)."""

    def __init__(self, side: float):
        self.side = side
        super().__init__(side, side)

    def draw(self, pen: Pen) -> None:
        s = self.side
        pen.circle(0.5 * s, 0.5 * s, 0.46 * s, "target", line=0.05 * s)
        for x in (0.34, 0.66):
            pen.circle(x * s, 0.4 * s, 0.055 * s, "target")
        smile = [(0.28 * s, 0.6 * s), (0.38 * s, 0.76 * s), (0.62 * s, 0.76 * s), (0.72 * s, 0.6 * s)]
        pen.curve(smile, "target", 0.05 * s)


__all__ = ["Smiley"]
