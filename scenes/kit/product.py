"""Compositions of grids that several lessons use: x · W = y, and the softmax of a row."""

from __future__ import annotations

import numpy as np
from manim import VGroup

from scenes.kit import type as typesetting
from scenes.kit.grid import BRACKET, TensorGrid, elide
from scenes.kit.layout import Box
from scenes.kit.painting import Claim, Shown, Cell
from scenes.kit.say import number, say
from scenes.kit.text import LABEL, Formula, Label


class Product(VGroup):
    """x · W = y laid out in a box: x upright beside W, so that each entry lines up with the row that it meets.

    x [n], weights [n, m], y [m]: Tensors. kinds: of the three. names: Typst of the three labels on top.
    Shown columns of W and shown entries of y are the same ones. Parts: `.x .weights .y .labels .signs`."""

    def __init__(self, box: Box, x, weights, y, *, kinds=("data", "weight", "query"), names=("x", "W", "y"), roles=("ink", "positive", "query"), rows: int = 9, columns: int = 9):
        n, m = weights.shape
        units_y = max(_units(n, rows), _units(m, columns))
        units_x = _units(m, columns) + 2
        gap, label_room = 0.5, 0.62
        cw = min(0.95, (box.width - 6 * (BRACKET + 0.06) - 4 * gap) / units_x)
        ch = min(0.52, (box.height - label_room) / units_y)
        cell = dict(cell=(cw, ch), width=99, height=99)
        self.x = TensorGrid(x, kinds[0], upright=True, rows=rows, **cell)
        self.weights = TensorGrid(weights, kinds[1], rows=rows, columns=columns, **cell)
        self.y = TensorGrid(y, kinds[2], upright=True, rows=columns, **cell)
        times, equals = Label("·", 0.6), Label("=", 0.6)
        grids = VGroup(self.x, times, self.weights, equals, self.y).arrange(buff=0.5 * gap)
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

    scores: Tensor [key] (−∞ where masked). Lies across (keys side by side) or, with `down`, upright. If a score is so
    large that e^score would not fit, the largest is subtracted first (which changes no weight), and the label says so.
    Parts: `.scores .exps .weights` (grids), `.sum .one` (the totals), `.labels`."""

    def __init__(self, box: Box, scores, words: list[str], *, down: bool = False):
        largest = float(np.max(scores.values))
        self.shifted = scores - scores.max(0) if largest > 7 else scores
        exps = self.shifted.exp()
        weights = exps / exps.sum(0)
        formulas = ("s", "e^(s - max)" if largest > 7 else "e^s", "e^s / Σ")
        if down:
            self._upright(box, (scores, exps, weights), words)
        else:
            self._across(box, (scores, exps, weights), words)
        names = ["score", "e to the (score − max)" if largest > 7 else "e to the score", "divided by the sum"]
        self._name(names, formulas, down)
        spec = ".2f"
        self.sum = Label(say("Σ = {s:" + spec + "}", s=exps.sum(0)), self.total_size, "secondary")
        self.one = Label(say("Σ = {s:" + spec + "}", s=weights.sum(0)), self.total_size, "probability")
        for label, grid in ((self.sum, self.exps), (self.one, self.weights)):
            label.next_to(grid, (0, -1, 0) if down else (1, 0, 0), buff=0.12)
        super().__init__(self.scores, self.exps, self.weights, self.labels, self.sum, self.one)

    total_size = 0.32

    def _across(self, box: Box, tensors, words) -> None:
        left, right = 1.95, 1.75
        cell = dict(cell=((box.width - left - right) / len(words), 0.62), width=99, height=99, brackets=False)
        kinds, specs = ("score", "data", "probability"), ("+.2f", ".2f", ".2f")
        self.scores = TensorGrid(tensors[0], kinds[0], spec=specs[0], column_labels=words, column_label_color="key", **cell)
        self.exps = TensorGrid(tensors[1], kinds[1], spec=specs[1], **cell)
        self.weights = TensorGrid(tensors[2], kinds[2], spec=specs[2], scale=1.0, **cell)
        pitch = min(0.75, (box.height - self.scores.height - 2 * 0.62) / 2)
        self.scores.move_to((box.left + left + self.scores.width / 2, box.top - self.scores.height / 2, 0))
        x = self.exps.width / 2 + box.left + left
        y = self.scores.get_bottom()[1]
        for k, grid in enumerate((self.exps, self.weights)):
            grid.move_to((x, y - (k + 1) * pitch - (k + 0.5) * 0.62, 0))

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

    def _name(self, names, formulas, down: bool) -> None:
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

    def claims(self) -> list[Claim]:
        return []


def total_of(tensor, spec: str) -> Shown:
    """The sum of a Tensor, as it is displayed."""
    total = tensor.sum(0)
    return Shown(number(float(total), spec), Cell(total), spec)


__all__ = ["LABEL", "Product", "SoftmaxTable", "total_of"]
