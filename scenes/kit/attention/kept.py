"""KeptColumns: keys or values as columns that stay, with room for those that are still to come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from manim import linear

from model.numbers.tensor import Tensor
from scenes.kit.ground.pen import Pen
from scenes.kit.ground.style import color
from scenes.kit.ground.timing import Together, come_so_far, ease, stagger
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.words.strip import CELLS

WAITING_ROOM = 0.45  # opacity of the places of columns that are still to come


class KeptColumns(TensorGrid):
    """Rows [position, d] of keys or values stood up side by side as coloured cells, one column a word.

    All columns have their places from the start; `show(count)` lets those of the first words be seen, each with its
    word. cell: width and height of a cell. columns: positions to show, None for each ⋯ (default: all). words: one for
    each position, over the columns, or none. scale: the magnitude with the fullest colour."""

    def __init__(
        self,
        rows: Tensor,
        kind: str,
        *,
        cell: tuple[float, float],
        columns: list[int | None] | None = None,
        words: Sequence[str] | None = None,
        header: float | None = None,
        scale: float | None = None,
    ):
        look: dict[str, Any] = dict(brackets=False, digits=False, scale=scale, header=header)
        super().__init__(
            rows.T,
            kind,
            exact=cell,
            rows=min(rows.shape[1], CELLS),
            columns=list(range(len(rows))) if columns is None else columns,
            column_labels=words,
            column_label_color=kind,
            **look,
        )
        self.ahead = np.zeros(self.values.shape[1])  # how much of its word is seen while a column flies (`Fly`)

    def show(self, count: int) -> KeptColumns:
        """Let the columns of the first words be seen, and no others; a ⋯ with the word before it."""
        before = np.maximum.accumulate([-1 if k is None else k for k in self.columns])
        seen = (before < count).astype(float)
        self.cell_opacity = np.tile(seen, (self.values.shape[0], 1))
        return self

    def _column_seen(self, j: int) -> float:
        return max(float(self.cell_opacity[:, j].max()), float(self.ahead[j]))

    def _draw_cells(self, pen: Pen, fills: np.ndarray) -> None:
        """What is there, over the empty places of what is to come."""
        hidden = np.argwhere((self.cell_opacity < 1) & ~self.gap_cells)
        if len(hidden):
            i, j = hidden.T
            empty = np.tile(color("cell"), (len(hidden), 1))
            pen.rectangles(self._boxes(i, j), empty, WAITING_ROOM * (1 - self.cell_opacity[i, j]))
        super()._draw_cells(pen, fills)


class Gather(Together):
    """Kept columns are added up by their weights: each glows as it is taken, the row below is the running total.

    columns: of values; weights [position]; total: the grid of one row that is Σ weight · column. What is behind a ⋯ is
    counted when its turn comes."""

    def __init__(self, columns: KeptColumns, weights: Tensor, total: TensorGrid, *, lag: float = 0.6, **kwargs: Any):
        self.columns, self.total, self.lag, self.opacity = columns, total, lag, total.opacity
        self.weights, self.sum = np.asarray(weights.values, dtype=float), total.values.copy()
        shown = [entry if entry is not None else 0 for entry in total.columns]
        self.places = [k if k is not None else 0 for k in columns.columns]
        self.parts = np.asarray(columns.tensor.values, dtype=float)[shown] * self.weights  # [entry, position]
        counted = self.parts[~total.gap_cells[0]]  # a ⋯ has no number
        total.reach = [(float(np.minimum(p, 0).sum()), float(np.maximum(p, 0).sum())) for p in counted]
        total.reveal(0.0)
        kwargs.setdefault("rate_func", linear)
        super().__init__(columns, total, **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        done, count = alpha >= 1, len(self.weights)
        progress = ease(stagger(alpha, count, self.lag))
        taken = np.sqrt(self.weights) * np.sin(np.pi * progress)  # small weights show, too
        glow = taken[self.places] * (not done)
        self.columns.glow = np.tile(glow, (self.columns.values.shape[0], 1))
        self.total.values = self.sum.copy() if done else (self.parts @ progress)[None]
        self.total.opacity = self.opacity * come_so_far(alpha, self.run_time)
        self.total.reveal(1.0 if done else float(ease(min(1.0, 8 * alpha))))


__all__ = ["Gather", "KeptColumns"]
