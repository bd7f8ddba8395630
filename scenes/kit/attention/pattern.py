"""The attention pattern: as dots in a grid, and as arcs over the sentence."""

from __future__ import annotations

import numpy as np

from scenes.kit.ground.painting import Drawn, Painted, Pen, set_source
from scenes.kit.ground.theme import color
from scenes.kit.numbers.grid import GAP, TensorGrid
from scenes.kit.words.tokens import TokenRow


class DotPattern(TensorGrid):
    """A pattern [query, key] as dots whose area is proportional to the weight; queries down, keys across.

    Weight 1 is a dot that fills its cell. Takes the arguments of TensorGrid; `sum` of a row is 1."""

    def __init__(self, pattern, *, fill: str = "probability", column_label_color: str = "key", **kwargs):
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
        side = min(self.cw, self.ch)  # square cells: lay out once more, so that the headers fit them
        self._lay_out(99, 99, (side, side), False, 0)
        self.reset_box(
            self.left + side * self.units_x.sum() + self.right, self.above + side * self.units_y.sum() + self.below
        )

    def _draw_cells(self, pen: Pen, fills: np.ndarray) -> None:
        ctx, cell = pen.ctx, color("cell")
        causal = np.isfinite(self.values)
        for i in range(len(self.rows)):
            for j in range(len(self.columns)):
                if self.gap_cells[i, j] or self.cell_opacity[i, j] <= 0.002:
                    continue
                x, y, w, h = self._rectangle(i, j)
                set_source(ctx, cell, pen.opacity * self.cell_opacity[i, j] * 0.75)
                ctx.rectangle(x, y, w, h)
                ctx.fill()
                weight = self.values[i, j] if causal[i, j] else 0.0
                radius = np.sqrt(max(weight, 0.0)) * (self.cw - GAP) / 2
                if radius > 0.004:
                    set_source(ctx, self.fill_rgb, pen.opacity * self.text_opacity[i, j])
                    ctx.arc(x + w / 2, y + h / 2, radius, 0, 2 * np.pi)
                    ctx.fill()


class AttentionArcs(Painted):
    """Arcs from every key to one query, over a TokenRow (to its right if the row goes down).

    weights: Tensor [key]. Line width is proportional to the weight (`widest` scene units for weight 1)."""

    look = ("values", "grown")

    def __init__(
        self,
        row: TokenRow,
        weights,
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
        ends = np.array([row.edge_point(i, side)[:2] for i in range(len(row.words))])
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
        if pen.reading:
            return
        for i, weight in enumerate(self.values):
            if i == self.query or weight < self.least or self.grown[i] <= 0:
                continue
            self._arc(pen, self.ends[i], self.ends[self.query], weight * self.grown[i], self.grown[i])

    def _arc(self, pen: Pen, start: float, end: float, weight: float, grown: float) -> None:
        room = self.natural[0] if self.down else self.natural[1]
        height = 1.3 * room * (0.18 + 0.82 * np.sqrt(abs(end - start) / self.longest))
        pen.color(self.rgb, (0.35 + 0.5 * min(1.0, 2 * weight)) * min(1.0, 2 * grown))
        pen.ctx.set_line_width(max(0.012, self.widest * weight))
        if self.down:
            pen.ctx.move_to(0, start)
            pen.ctx.curve_to(height, start, height, end, 0, end)
        else:
            pen.ctx.move_to(start, self.natural[1])
            pen.ctx.curve_to(start, self.natural[1] - height, end, self.natural[1] - height, end, self.natural[1])
        pen.ctx.stroke()

    def drawn(self) -> list[Drawn]:
        return [Drawn(np.where(self.grown > 0, self.values * self.grown, np.nan), self.tensor, (slice(None),))]
