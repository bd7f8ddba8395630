"""TablePicture: all of a large table as one picture, whose rows can be pointed at."""

from __future__ import annotations

from typing import Any

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.charts.curve import ticks
from scenes.kit.ground import typesetting
from scenes.kit.ground.pen import Pen
from scenes.kit.ground.say import say
from scenes.kit.ground.style import smallest
from scenes.kit.numbers.grid import TensorGrid

MOST = 4000  # rows that are painted


class TablePicture(TensorGrid):
    """A Tensor [row, column] as colours only, with round row numbers at the left edge.

    Of a table of more than MOST rows every `every`-th is painted; say so where it is shown."""

    def __init__(
        self, table: Tensor, kind: str = "weight", *, width: float, height: float, tick: float = 0.3, **kwargs: Any
    ):
        self.every, self.count = -(-table.shape[0] // MOST), table.shape[0]
        self.tick = max(tick, smallest())
        self.tick_room = typesetting.width(f"{self.count:,}", self.tick) + 0.2
        super().__init__(
            table[:: self.every],
            kind,
            width=width,
            height=height,
            cell=(99, 99),
            digits=False,
            rows=MOST,
            columns=table.shape[1],
            **kwargs,
        )

    def _row_label_width(self) -> float:
        return self.tick_room

    def row_point(self, row: int, side: float = 1.0) -> np.ndarray:
        """Scene coordinates [3] of the right (or, with side 0, left) end of a row of the whole table."""
        x = self.left + side * self.cw * len(self.columns)
        return self.to_scene(x, self.above + self.ch * min((row + 0.5) / self.every, len(self.rows)))

    def _draw_cells(self, pen: Pen, fills: np.ndarray) -> None:
        self._draw_image(pen, fills)

    def _draw_labels(self, pen: Pen) -> None:
        bottom = self.above + self.ch * len(self.rows)
        for place in ticks(0, self.count - 1, max(2, int((bottom - self.above) / (2.5 * self.tick)))):
            y = self.above + self.ch * (place + 0.5) / self.every
            if y + 0.3 * self.tick > bottom + 0.2:
                continue
            at = self.left - 0.15, y, self.tick
            pen.text(say("{i}", i=place), *at, "secondary", align=1.0, level="letters")


__all__ = ["TablePicture"]
