"""Query meets key: the products flash one after the other, the total counts; then the same for rows and whole grids."""

from __future__ import annotations

from typing import Any

import numpy as np
from manim import linear

from scenes.kit.ground.text import Number
from scenes.kit.ground.timing import Together, ease, stagger
from scenes.kit.numbers.grid import TensorGrid


class Meet(Together):
    """Two rows of one length meet entry by entry: both entries flash, their product appears, the total counts on.

    first, second, products: grids of one row with the same columns on screen; total: the Number that counts (its value
    at the end is its own). What is behind a ⋯ is added when the flash passes it."""

    def __init__(
        self,
        first: TensorGrid,
        second: TensorGrid,
        products: TensorGrid,
        total: Number,
        *,
        lag: float = 0.7,
        **kwargs: Any,
    ):
        self.rows, self.products, self.total, self.lag = (first, second), products, total, lag
        self.sum = total.value
        self.running = _running(products, self.sum)
        parts = np.asarray(products.tensor.values, dtype=float)
        total.reach = [(float(np.minimum(parts, 0).sum()), float(np.maximum(parts, 0).sum()))]
        products.reveal(0.0)
        kwargs.setdefault("rate_func", linear)
        super().__init__(first, second, products, total, **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        done = alpha >= 1
        progress = ease(stagger(min(1.0, alpha / 0.94), self.products.values.shape[1], self.lag))
        flash = np.zeros_like(progress) if done else np.sin(np.pi * progress)
        for row in self.rows:
            row.glow[0, :] = flash
        seen = np.clip(2 * progress - 0.6, 0, 1)
        self.products.cell_opacity[0, :] = self.products.text_opacity[0, :] = 1.0 if done else seen
        arrived = int((progress > 0.5).sum())
        before = self.running[arrived - 1] if arrived else 0.0
        self.total.value = self.sum if done else float(before)
        self.total.opacity = 1.0 if arrived or done else 0.0


def _running(products: TensorGrid, total: float) -> np.ndarray:
    """The running total after each shown place [columns]; at a ⋯ it takes in what is not shown."""
    all_values = np.asarray(products.tensor.values, dtype=float)
    ends = list(products.columns)
    sums, k = [], 0
    for place, column in enumerate(ends):
        following = next((c for c in ends[place + 1 :] if c is not None), len(all_values))
        k = column + 1 if column is not None else following
        sums.append(float(all_values[:k].sum()))
    sums[-1] = total
    return np.array(sums)


class MeetAll(Together):
    """Every query meets every key, row after row: both rows flash, the score lands in its cell.

    queries, keys: grids [position, d]; scores: the grid [query, key] that fills. standing: the keys are [d, position],
    over the columns of the scores. Cells that are there already stay. The flash in one row of scores takes `run_time`
    ÷ rows: half a second each is quick enough to be a wave."""

    def __init__(
        self, queries: TensorGrid, keys: TensorGrid, scores: TensorGrid, *, standing: bool = False, **kwargs: Any
    ):
        self.queries, self.keys, self.scores, self.standing = queries, keys, scores, standing
        self.before = scores.cell_opacity.copy(), scores.text_opacity.copy()
        kwargs.setdefault("rate_func", linear)
        super().__init__(queries, keys, scores, **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        done = alpha >= 1
        rows, columns = self.scores.values.shape
        at = min(alpha, 1 - 1e-9) * rows
        row, within = int(at), at - int(at)
        arrived = ease(stagger(within, columns, 0.8))
        for before, opacity in zip(self.before, (self.scores.cell_opacity, self.scores.text_opacity), strict=True):
            opacity[:row] = 1.0
            opacity[row] = np.maximum(before[row], arrived)
            opacity[row + 1 :] = before[row + 1 :]
            if done:
                opacity[:] = 1.0
        for grid in (self.queries, self.keys, self.scores):
            grid.glow[:] = 0.0
        if done:
            return
        flash = np.sin(np.pi * arrived)
        self.scores.glow[row] = flash
        _flash(self.queries, self.scores.rows[row], 0.8)
        for place, column in enumerate(self.scores.columns):
            _flash(self.keys, column, float(flash[place]), self.standing)


def _flash(grid: TensorGrid, index: int | None, glow: float, column: bool = False) -> None:
    """A tensor row (or column) of a grid glows, if it is on screen."""
    if index is not None and index in (grid.columns if column else grid.rows):
        grid.glow[(slice(None), grid.shown_column(index)) if column else grid.shown_row(index)] = glow
