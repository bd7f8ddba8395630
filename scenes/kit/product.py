"""Compositions of grids that several lessons use: x · W = y, and the softmax of a row."""

from __future__ import annotations

import numpy as np
from manim import VGroup

from scenes.kit import type as typesetting
from scenes.kit.grid import BRACKET, TensorGrid, elide
from scenes.kit.layout import Box
from scenes.kit.say import say
from scenes.kit.text import Formula, Label


class Product(VGroup):
    """x · W = y laid out in a box: x upright beside W, so that each entry lines up with the row that it meets.

    x [n], weights [n, m], y [m]: Tensors. kinds: of the three. names: Typst of the three labels on top.
    Shown columns of W and shown entries of y are the same ones. Parts: `.x .weights .y .labels .signs`."""

    def __init__(self, box: Box, x, weights, y, *, kinds=("data", "weight", "query"), names=("x", "W", "y"), roles=("ink", "positive", "query"), rows: int = 9, columns: int = 9):
        n, m = weights.shape
        units_y = max(_units(n, rows), _units(m, columns))
        units_x = _units(m, columns) + 2
        gap, label_room = (0.5, 0.62) if box.width > 10 else (0.22, 0.62)
        cw = min(0.95, (box.width - 6 * (BRACKET + 0.06) - 4 * gap) / units_x)
        ch = min(0.52 if box.width > 10 else 0.8, (box.height - label_room) / units_y)
        cell = dict(cell=(cw, ch), width=99, height=99)
        self.x = TensorGrid(x, kinds[0], upright=True, rows=rows, **cell)
        self.weights = TensorGrid(weights, kinds[1], rows=rows, columns=columns, **cell)
        self.y = TensorGrid(y, kinds[2], upright=True, rows=columns, **cell)
        times, equals = Label("·", 0.6), Label("=", 0.6)
        grids = VGroup(self.x, times, self.weights, equals, self.y).arrange(buff=gap / 2)
        grids.move_to(box.center).shift((0, -label_room / 2, 0))
        self.labels = VGroup(*[
            Formula(name, 0.5, role).next_to(grid, (0, 1, 0), buff=0.18)
            for name, role, grid in zip(names, roles, (self.x, self.weights, self.y), strict=True)
        ])
        top = max(label.get_top()[1] for label in self.labels)
        for label in self.labels:  # one line for all three, at the height of the tallest grid
            label.set_y(top - 0.2)
        self.signs = VGroup(times, equals)
        super().__init__(self.x, times, self.weights, equals, self.y, self.labels)


def _units(n: int, limit: int) -> float:
    return sum(0.6 if i is None else 1.0 for i in elide(n, limit))


class SoftmaxTable(VGroup):
    """A row of scores turns into weights: score, e^score, and each divided by the sum.

    scores: Tensor [key] (−∞ where masked). Lies across (keys side by side) or, with `down`, upright. If
    e^score would be too large or too small to show, the largest score is subtracted first (which changes no weight), and the label says so.
    Parts: `.scores .exps .weights` (grids), `.sum .one` (the totals), `.labels`."""

    def __init__(self, box: Box, scores, words: list[str], *, down: bool = False):
        largest = float(np.max(scores.values))
        shift = not -0.5 <= largest <= 6
        self.shifted = scores - scores.max(0) if shift else scores
        exps = self.shifted.exp()
        weights = exps / exps.sum(0)
        formulas = ("s", "e^(s - max)" if shift else "e^s", "e^s / Σ")
        if down:
            self._upright(box, (scores, exps, weights), words)
        else:
            self._across(box, (scores, exps, weights), words)
        self._name(formulas, down)
        spec = ".2f"
        self.sum = Label(say("Σ = {s:" + spec + "}", s=exps.sum(0)), self.total_size, "secondary")
        self.one = Label(say("Σ = {s:" + spec + "}", s=weights.sum(0)), self.total_size, "probability")
        for label, grid in ((self.sum, self.exps), (self.one, self.weights)):
            label.next_to(grid, (0, -1, 0) if down else (1, 0, 0), buff=0.12)
        super().__init__(self.scores, self.exps, self.weights, self.labels, self.sum, self.one)
        box.fit(self)

    total_size = 0.32

    def _across(self, box: Box, tensors, words) -> None:
        left, right = 1.6, 1.9
        ch = min(0.95, (box.height - 1.9) / 3)
        cell = dict(cell=(min(1.4, (box.width - left - right) / len(words)), ch), width=99, height=99, brackets=False, size=0.36)
        self.scores = TensorGrid(tensors[0], "score", spec="+.2f", column_labels=words, column_label_color="key", **cell)
        self.exps = TensorGrid(tensors[1], "data", spec=".2f", **cell)
        self.weights = TensorGrid(tensors[2], "probability", spec=".2f", scale=1.0, **cell)
        pitch = min(0.7, (box.height - self.scores.height - 2 * ch) / 2)
        x = box.left + left + (box.width - left - right) / 2
        for grid in (self.scores, self.exps, self.weights):
            middle = (grid.corners()[0] + grid.corners()[1]) / 2
            grid.shift((x - middle[0], 0, 0))
        self.scores.align_to((0, box.top, 0), (0, 1, 0))
        for above, grid in ((self.scores, self.exps), (self.exps, self.weights)):
            grid.next_to(above.get_bottom(), (0, -1, 0), buff=pitch, coor_mask=(0, 1, 0))

    def _upright(self, box: Box, tensors, words) -> None:
        head = 0.9
        room = max(typesetting.width(w, 0.34) for w in words) + 0.2
        cw = min(1.6, (box.width - room) / 3 - 0.45)
        ch = min(0.6, (box.height - head - 0.5) / len(words))
        cell = dict(cell=(cw, ch), width=99, height=99, brackets=False, upright=True)
        self.scores = TensorGrid(tensors[0], "score", row_labels=words, row_label_color="key", **cell)
        self.exps = TensorGrid(tensors[1], "data", spec=".2f", **cell)
        self.weights = TensorGrid(tensors[2], "probability", spec=".2f", scale=1.0, **cell)
        grids = VGroup(self.scores, self.exps, self.weights).arrange(buff=0.5, aligned_edge=(0, -1, 0))
        grids.move_to(box.center).shift((0, -head / 2 + 0.25, 0))

    def _name(self, formulas, down: bool) -> None:
        grids = (self.scores, self.exps, self.weights)
        if down:
            self.labels = VGroup(*[Formula(f, 0.46, "ink") for f in formulas])
            for label, grid in zip(self.labels, grids, strict=True):
                middle = (grid.corners()[0] + grid.corners()[1]) / 2
                label.move_to(middle + (0, 0.45, 0))
            return
        self.labels = VGroup(*[Formula(f, 0.5, "ink") for f in formulas])
        for label, grid in zip(self.labels, grids, strict=True):
            corners = grid.corners()
            label.move_to(((corners[0] + corners[3]) / 2)).shift((-0.35 - label.width / 2, 0, 0))
