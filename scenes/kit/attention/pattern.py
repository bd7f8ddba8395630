"""The attention pattern: as dots in a grid, and as arcs over the sentence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Area, Thickness
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell
from scenes.kit.ground.style import color, smallest
from scenes.kit.numbers.cells import GAP
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import TokenRow


class DotPattern(TensorGrid):
    """A pattern [query, key] as dots whose area is proportional to the weight; queries down, keys across.

    Weight 1 is a dot that fills its cell. Cells are squares, unless they are given as `exact`. Takes the arguments of
    TensorGrid."""

    def __init__(self, pattern: Tensor, *, fill: str = "probability", column_label_color: str = "key", **kwargs: Any):
        kwargs.setdefault("cell", (0.6, 0.6))
        self.fill_rgb = color(fill)
        super().__init__(
            pattern,
            "probability",
            digits=False,
            brackets=False,
            scale=1.0,
            column_label_color=column_label_color,
            **kwargs,
        )
        if "exact" in kwargs:
            return
        side = min(self.cw, self.ch)  # square cells: lay out once more, so that the headers fit them
        self._lay_out(math.inf, math.inf, (side, side), False, 0)
        self.reset_box(
            self.left + side * self.units_x.sum() + self.right, self.above + side * self.units_y.sum() + self.below
        )

    def _row_label_width(self) -> float:
        """Of the widest row label, and of the names of the axes above them."""
        size, words = self._axes()
        return max(super()._row_label_width(), sum(typesetting.width(word, size) + 0.12 for word in words))

    def _axes(self) -> tuple[float, tuple[str, ...]]:
        """The em of what the axes are called, and the names, where rows and columns have labels."""
        named = self.row_labels is not None and self.column_labels is not None
        return max(0.72 * self.header, smallest()), ("query", "key") if named else ()

    def _draw_labels(self, pen: Pen) -> None:
        """Rows ask, columns are asked: the corner says so."""
        super()._draw_labels(pen)
        size, words = self._axes()
        x = self.left - 0.12
        for word in reversed(words):
            x -= typesetting.width(word, size)
            pen.text(word, x, self.above - 0.14, size, word, float(self.cell_opacity.max()))
            x -= 0.12

    @property
    def legible(self) -> bool:
        """Whether its labels, and the names of its axes, are large enough to be read."""
        axes = self._axes()[0] if self._axes()[1] else self.header
        return self.zoom() * min(self.header, self.column_header if self.slanted else self.header, axes) >= smallest()

    @property
    def unit(self) -> float:
        """The radius of weight 1, in local units."""
        return (min(self.cw, self.ch) - GAP) / 2

    def _draw_cells(self, pen: Pen, fills: np.ndarray) -> None:
        i, j = np.nonzero((self.cell_opacity > 0.002) & ~self.gap_cells)
        boxes, empty = self._boxes(i, j), np.tile(color("cell"), (len(i), 1))
        pen.rectangles(boxes, empty, 0.75 * self.cell_opacity[i, j])
        weights = np.where(np.isfinite(self.values), self.values, 0.0)[i, j]
        radii = np.sqrt(np.maximum(weights, 0.0)) * self.unit
        seen = radii > 0.004
        i, j, middles = i[seen], j[seen], boxes[seen, :2] + boxes[seen, 2:] / 2
        area = Area(self._cells(i, j), np.pi * self.unit**2)
        pen.circles(middles, radii[seen], self.fill_rgb, self.text_opacity[i, j], shows=area)


class AttentionArcs(Painted):
    """Arcs from every key to one query, over a SentenceStrip or a TokenRow (to its right if the row goes down).

    weights: Tensor [key]. Line width is proportional to the weight (`widest` scene units for weight 1); weights below
    `least` have no arc, nor have keys that the strip does not show. height: room above (or beside) the words."""

    values: Mix[np.ndarray]
    grown: Mix[np.ndarray]

    def __init__(
        self,
        row: TokenRow | SentenceStrip,
        weights: Tensor,
        query: int,
        *,
        height: float = 2.6,
        fill: str = "probability",
        widest: float = 0.3,
        least: float = 0.005,
    ):
        self.tensor, self.values = weights, np.asarray(weights.values, dtype=float)
        self.query, self.widest, self.least, self.rgb, self.down = query, widest, least, color(fill), row.down
        side = (1.0, 0.5) if row.down else (0.5, 0.0)
        self.shown = list(row.shown)
        ends = np.array([row.edge_point(i, side)[:2] for i in self.shown])
        if row.down:
            ends[:, 0] = ends[:, 0].max() + 0.1  # arcs start on one line, whatever the words' lengths
        lowest, highest = ends.min(axis=0), ends.max(axis=0)
        self.grown = np.ones(len(self.values))
        if row.down:
            self.ends = highest[1] - ends[:, 1]
            super().__init__(height, max(highest[1] - lowest[1], 0.02))
            self.move_to((lowest[0] + height / 2, (lowest[1] + highest[1]) / 2, 0))
        else:
            self.ends = ends[:, 0] - lowest[0]
            super().__init__(max(highest[0] - lowest[0], 0.02), height)
            self.move_to(((lowest[0] + highest[0]) / 2, lowest[1] + height / 2, 0))
        self.longest = max(np.ptp(self.ends), 1e-6)

    def draw(self, pen: Pen) -> None:
        for i, weight in enumerate(self.values):
            if i == self.query or i not in self.shown or weight < self.least or self.grown[i] <= 0:
                continue
            self._arc(pen, i, weight * self.grown[i], self.grown[i])

    def _arc(self, pen: Pen, key: int, weight: float, grown: float) -> None:
        start, end = (self.ends[self.shown.index(i)] for i in (key, self.query))
        room = self.natural[0] if self.down else self.natural[1]
        height = 1.3 * room * (0.18 + 0.82 * np.sqrt(abs(end - start) / self.longest))
        opacity = (0.35 + 0.5 * min(1.0, 2 * weight)) * min(1.0, 2 * grown)
        points = [(0, start), (height, start), (height, end), (0, end)]
        if not self.down:
            points = [(along, self.natural[1] - up) for up, along in points]
        thick = Thickness(Cell(self.tensor, (key,)), self.widest)
        pen.curve(points, self.rgb, max(0.012, self.widest * weight), opacity, shows=thick)
