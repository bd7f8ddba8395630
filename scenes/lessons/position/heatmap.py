"""HeatMap: a whole matrix as colours, with its places numbered along the edges."""

from __future__ import annotations

from typing import Any

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.charts.curve import TICK, ticks
from scenes.kit.ground import typesetting
from scenes.kit.ground.pen import Pen
from scenes.kit.ground.say import say
from scenes.kit.ground.style import smallest
from scenes.kit.numbers.grid import TensorGrid

SEPARATE = 0.3  # cells narrower than this lie side by side without gaps


class HeatMap(TensorGrid):
    """A Tensor [rows, columns] as colours only. titles: (of the rows, of the columns); both edges carry round whole
    numbers.

    square: cells as high as they are wide (a map of positions against positions). row_labels: words in place of row
    numbers."""

    def __init__(
        self,
        tensor: Tensor,
        kind: str = "weight",
        *,
        titles: tuple[str, str] = ("position", "position"),
        square: bool = True,
        width: float,
        height: float,
        **kwargs: Any,
    ):
        self.titles, self.square, self.tick = titles, square, max(TICK, smallest())
        super().__init__(
            tensor, kind, width=width, height=height, cell=(99, 99), digits=False, brackets=False, **kwargs
        )
        if square:
            side = min(self.cw, self.ch)
            self.reset_box(
                self.natural[0] - (self.cw - side) * len(self.columns),
                self.natural[1] - (self.ch - side) * len(self.rows),
            )
            self.cw = self.ch = side

    def _row_label_width(self) -> float:
        if self.row_labels is not None:
            return super()._row_label_width()
        return typesetting.width(str(self.all_shape[0]), self.tick) + 0.15 + (1.2 * self.tick if self.titles[0] else 0)

    def _column_label_room(self) -> tuple[float, float]:
        self.slanted = False
        return (2.45 if self.titles[1] else 1.25) * self.tick, 0.0

    def _draw_cells(self, pen: Pen, fills: np.ndarray) -> None:
        if min(self.cw, self.ch) < SEPARATE:
            self._draw_image(pen, fills)
        else:
            super()._draw_cells(pen, fills)

    def _draw_labels(self, pen: Pen) -> None:
        size, (rows, columns) = self.tick, self.all_shape
        middle = self._x(0) + self.cw * columns / 2
        pen.text(self.titles[1], middle, 0.8 * size, size, "secondary", align=0.5)
        for place in ticks(0, columns - 1, max(2, int(self.cw * columns / (2.2 * size)))):
            pen.text(
                say("{i}", i=place), self._x(place) + self.cw / 2, self.above - 0.3 * size, size, "secondary", align=0.5
            )
        if self.row_labels is not None:
            super()._draw_labels(pen)
            return
        pen.text(
            self.titles[0], 0.8 * size, self.above + self.ch * rows / 2, size, "secondary", align=0.5, angle=np.pi / 2
        )
        for place in ticks(0, rows - 1, max(2, int(self.ch * rows / (1.6 * size)))):
            at = self.left - 0.1, self._y(place) + self.ch / 2, size
            pen.text(say("{i}", i=place), *at, "secondary", align=1.0, level="digits")
