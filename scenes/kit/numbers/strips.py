"""Heat strips: wide tensors as rows of colour without digits, such as the residual stream."""

from __future__ import annotations

from typing import Any

import numpy as np

from model.numbers.tensor import Tensor
from model.recent import Recent, digest
from scenes.kit.ground.encodings import Shade
from scenes.kit.ground.painting import Pen
from scenes.kit.ground.readings import Cells
from scenes.kit.ground.style import color, smallest
from scenes.kit.numbers.grid import SIGNED, TensorGrid

ROOM = 2**26  # bytes of colours that stay at hand: a table that only stands, or is looked at anew, costs none
SEAM = 0.16  # of a row's pitch that stays empty between two strips


def labelled(height: float) -> int:
    """As many strips as can have a label each in a height."""
    return max(3, int(height / (1.15 * smallest() / 0.9)))


class HeatStrips(TensorGrid):
    """A Tensor [rows, n] (or [n]: one strip; `upright`: a standing one) as strips in which brightness is magnitude.

    All n numbers of a strip are drawn, however many: each strip is one nearest-neighbour image, in which a pixel that
    several numbers share shows the strongest. Brightness grows with
    |x| to the `power` (√|x|), so that small entries show beside large ones; `scale` is the magnitude from which a cell
    is fully bright (say it on the screen). Signed kinds are blue and red. Rows are elided as in a TensorGrid.
    `label_room`: the least width of the row labels, where several are to line up.
    """

    def __init__(
        self,
        tensor: Tensor,
        kind: str = "data",
        *,
        width: float = 13.0,
        height: float = 5.0,
        pitch: float = 0.5,
        label_room: float = 0.0,
        power: float = 0.5,
        **kwargs: Any,
    ):
        self.label_room, self.power = label_room, power
        super().__init__(
            tensor,
            kind,
            width=width,
            height=height,
            cell=(99.0, pitch),
            columns=10**9,
            digits=False,
            brackets=False,
            **kwargs,
        )

    def _row_label_width(self) -> float:
        return max(super()._row_label_width(), self.label_room)

    def fills(self) -> np.ndarray:
        hues = (color("positive"), color("negative")) if self.kind in SIGNED else (self.tint, self.tint)
        colors = np.array([color("cell"), *hues], dtype=float)
        values = np.ascontiguousarray(self.values, dtype=float)
        look = float(self.strongest), float(self.power)
        key = digest(values), values.shape, *look, colors.tobytes()
        return FILLS.get(key, lambda: _fills(values, *look, colors), lambda fills: fills.nbytes)

    def _shade(self, cells: Cells, lit: float | np.ndarray = 0.0) -> Shade:
        return Shade(cells, self.strongest, self.kind, self.power)

    def _draw_cells(self, pen: Pen, fills: np.ndarray) -> None:
        """Each row as an image in its strip; what lies between the strips is cut out."""
        seam = 0.0 if self.upright and self.flat or len(self.rows) > 40 else SEAM * self.ch
        count, rows = len(self.columns), [i for i, row in enumerate(self.rows) if row is not None]
        width, heights, strength = self.cw * count, self.ch * self.units_y, np.abs(self.values)
        if not seam and not self.gap_cells.any():  # nothing lies between: one image is quicker
            self._draw_whole(pen, fills)
            return
        with pen.clipped([(self.left, self._y(i) + seam / 2, width, heights[i] - seam) for i in rows]):
            for i in rows:
                shade = self._shade(self._cells(np.full(count, i), np.arange(count)))
                box, one = (self.left, self._y(i), width, heights[i]), slice(i, i + 1)
                pen.image(*box, fills[one], self.cell_opacity[one], shows=shade, peaks=strength[one])

    _draw_image = _draw_cells

    def _draw_whole(self, pen: Pen, fills: np.ndarray) -> None:
        rows, columns = self.values.shape
        shade = self._shade(Cells(self.tensor, self._shown()))
        box = self.left, self.above, self.cw * columns, self.ch * rows
        pen.image(*box, fills, self.cell_opacity, shows=shade, peaks=np.abs(self.values))

    def _draw_dots(self, pen: Pen) -> None:
        """One ⋮ for all that is left out."""
        for i, row in enumerate(self.rows):
            if row is None:
                x, y = self.left + self.cw * len(self.columns) / 2, self._y(i) + self.ch * self.units_y[i] / 2
                for k in (-1, 0, 1):
                    pen.circle(x + 0.1 * k, y, 0.02, "secondary", self.cell_opacity[i, 0])

    def strip(self, i: int) -> HeatStrips:
        """The shown row i as a strip of its own, lying exactly on top of this one."""
        tensor = self.tensor if self.flat else self.tensor[self.rows[i]]
        corners = self.row_corners(i)
        room: dict[str, Any] = dict(width=self.cw * len(self.columns), height=self.ch, pitch=self.ch)
        twin = HeatStrips(tensor, self.kind, scale=self.strongest, power=self.power, **room)
        return twin.scale(self.zoom()).move_to((corners[0] + corners[2]) / 2)


FILLS = Recent[np.ndarray](ROOM)


def _fills(numbers: np.ndarray, strongest: float, power: float, colors: np.ndarray) -> np.ndarray:
    """Colours [rows, columns, channels] of an empty cell's, of positive and of negative numbers, mixed by magnitude."""
    cell, positive, negative = colors
    with np.errstate(invalid="ignore"):
        strength = (np.clip(np.abs(numbers) / strongest, 0, 1) ** power)[..., None]
    fills: np.ndarray = cell + (np.where((numbers >= 0)[..., None], positive, negative) - cell) * strength
    fills.flags.writeable = False
    return fills


__all__ = ["HeatStrips", "labelled"]
