"""Moves that compute: products, sums and the softmax, as they are worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from manim import Animation, linear

from scenes.kit.ground.timing import Together, ease, stagger
from scenes.kit.numbers.cells import Law
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.product import SoftmaxTable
from scenes.kit.numbers.terms import TermSum


class MatrixProduct(Together):
    """x · W = y, the signature move: x meets one column of W after the other, each lands as an entry of y.

    x: grid, upright beside W, so that each entry lines up with the row it multiplies; W, y: grids whose shown
    columns (of W) correspond to the shown entries of y. A yellow frame walks along the columns; the entries of
    the column light up one after the other while y's entry counts up to its value.
    """

    def __init__(
        self, x: TensorGrid, weights: TensorGrid, y: TensorGrid, *, columns: list[int] | None = None, **kwargs: Any
    ):
        self.x, self.weights, self.y = x, weights, y
        self.columns = columns if columns is not None else [j for j, c in enumerate(weights.columns) if c is not None]
        self.frame = Frame(weights.column_corners(self.columns[0]))
        self.frame_y = Frame(self._y_corners(self.columns[0]))
        self.frame_x = Frame(x.column_corners(0))
        kwargs.setdefault("rate_func", linear)
        super().__init__(x, weights, y, helpers=(self.frame, self.frame_x, self.frame_y), **kwargs)

    def _y_place(self, column: int) -> tuple[int, int]:
        return (column, 0) if self.y.upright else (0, column)

    def _y_corners(self, column: int) -> np.ndarray:
        i, j = self._y_place(column)
        return self.y.corners(i, j, i, j)

    def begin(self) -> None:
        self.total = self.y.values.copy()
        self.before = (self.y.cell_opacity.copy(), self.y.text_opacity.copy())
        super().begin()

    def interpolate_mobject(self, alpha: float) -> None:
        progress = self.rate_func(alpha) * len(self.columns)
        current = min(int(progress), len(self.columns) - 1)
        within = min(progress - current, 1.0)
        column = self.columns[current]
        shown = ease(stagger(within, self.weights.values.shape[0], 0.5))
        done = alpha >= 1
        self.weights.glow[:] = 0
        self.x.glow[:] = 0
        if not done:
            wave = np.sin(np.pi * np.clip(shown, 0, 1)) + 0.4 * (shown >= 1)
            self.weights.glow[:, column], self.x.glow[:, 0] = wave, wave
        for k, j in enumerate(self.columns):
            place = self._y_place(j)
            arrived = 1.0 if k < current or done else (ease(min(1.0, 1.6 * within)) if k == current else 0.0)
            self.y.cell_opacity[place] = max(self.before[0][place], arrived)
            self.y.text_opacity[place] = max(self.before[1][place], arrived)
            self.y.values[place] = self.total[place] * (1.0 if done or k != current else float(np.mean(shown)))
        gaps = self.y.gap_cells  # the ⋮ of entries that are not shown come as their neighbours do
        self.y.cell_opacity[gaps] = np.maximum(self.before[0][gaps], alpha)
        self.frame.points = Frame(self.weights.column_corners(column)).points
        self.frame_y.points = Frame(self._y_corners(column)).points
        for frame in (self.frame, self.frame_x, self.frame_y):
            frame.opacity = 0.0 if done else 1.0


class DotProduct(Animation):
    """The terms of a TermSum light up one after the other, with the running total; the last beat is the total."""

    def __init__(self, terms: TermSum, **kwargs: Any):
        products = np.asarray(terms.products.values, dtype=float)
        steps = [float(products[: i + 1].sum()) for i in range(terms.count)]
        if terms.rest is not None:
            steps.append(float(terms.total))
        self.totals = np.array([0.0] * terms.first + steps)
        terms.lit[:] = 0.0
        kwargs.setdefault("rate_func", linear)
        super().__init__(terms, introducer=True, **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        terms: TermSum = self.mobject
        if alpha >= 1:
            terms.lit[:], terms.running = 1.0, float("nan")
            return
        pieces = len(terms.pieces) - 1
        progress = ease(stagger(min(1.0, alpha / 0.92), pieces, 0.8))
        terms.lit[:pieces] = progress
        arrived = int((progress > 0.5).sum())
        terms.running = float(self.totals[arrived - 1]) if arrived else 0.0
        terms.counted = max(arrived - terms.first, 0)
        terms.lit[-1] = 1.0 if arrived > terms.first else 0.0


class SoftmaxRow(Together):
    """The softmax of a row, played on a SoftmaxTable whose scores stand already: e to each, their sum, each divided
    by it; their heights grow with them."""

    def __init__(self, table: SoftmaxTable, *, lag: float = 0.4, **kwargs: Any):
        self.table, self.lag = table, lag
        for grid in (table.exps, table.weights):
            grid.reveal(0.0)
        self.charts = [(chart, chart.values.copy()) for chart in table.heights[1:]]
        self.words = (
            (table.labels[1], 0.0),
            (table.sum, 0.4),
            (table.labels[2], 0.5),
            (table.one, 0.9),
        )  # (what, when it appears)
        for word, _ in self.words:
            word.set_opacity(0.0)
        kwargs.setdefault("rate_func", linear)
        charts = (chart for chart, _ in self.charts)
        super().__init__(table.exps, table.weights, *charts, *[word for word, _ in self.words], **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        rows = zip((self.table.exps, self.table.weights), (0.0, 0.5), self.charts, strict=True)
        for grid, start, (chart, heights) in rows:
            progress = ease(stagger(np.clip((alpha - start) / 0.4, 0, 1), grid.values.size, self.lag)).reshape(
                grid.values.shape
            )
            grid.cell_opacity, grid.text_opacity = progress, progress.copy()
            chart.values, chart.opacity = heights * progress.ravel(), float(min(1.0, 5 * progress.max()))
        for word, start in self.words:
            word.set_opacity(float(ease(np.clip((alpha - start) / 0.1, 0, 1))))


class WeightedSum(Together):
    """Rows are added up: each glows in turn while the row below, at first the running total, becomes their sum.

    rows: a grid; total: a grid of one row with the same columns, the sum."""

    def __init__(self, rows: TensorGrid, total: TensorGrid, *, lag: float = 0.8, **kwargs: Any):
        self.rows, self.total, self.lag, self.sum = rows, total, lag, total.values.copy()
        total.reveal(0.0)
        parts = rows.values[:, ~total.gap_cells[0]].T
        total.reach = [(float(np.minimum(each, 0).sum()), float(np.maximum(each, 0).sum())) for each in parts]
        kwargs.setdefault("rate_func", linear)
        super().__init__(rows, total, **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        progress = ease(stagger(alpha, len(self.rows.values), self.lag))
        self.rows.glow = np.sin(np.pi * progress)[:, None] * np.ones_like(self.rows.values)
        done = alpha >= 1
        self.total.values = (
            self.sum.copy() if done else (progress[:, None] * self.rows.values).sum(axis=0, keepdims=True)
        )
        self.total.reveal(1.0 if done else float(ease(min(1.0, 8 * alpha))))
        if done:
            self.rows.glow[:] = 0


class ResidualAdd(Together):
    """x + Δ + … = x′, entry by entry: the entries that are added glow, their sum appears below. The last grid is the
    sum."""

    def __init__(self, *grids: TensorGrid, lag: float = 0.35, **kwargs: Any):
        *self.parts, self.total = grids
        self.lag = lag
        if all(part.tensor.shape == self.total.tensor.shape for part in self.parts):  # else a table, with its own claim
            self.total.law = self.total.law or Law(tuple((part.tensor, part.spec) for part in self.parts))
        if self.total.cell_opacity.max() >= 1:
            self.total.reveal(0.0)
        self.before = self.total.cell_opacity.copy()  # what waits, pale, for its numbers
        super().__init__(*grids, **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        count = self.total.values.size
        progress = ease(stagger(self.rate_func(alpha), count, self.lag)).reshape(self.total.values.shape)
        for part in self.parts:
            part.glow = np.sin(np.pi * progress)
        self.total.cell_opacity, self.total.text_opacity = np.maximum(self.before, progress), progress.copy()


__all__ = ["DotProduct", "MatrixProduct", "ResidualAdd", "SoftmaxRow", "WeightedSum"]
