"""Compositions of grids that several lessons use: x · W = y, and the softmax of a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, VGroup

from model.numbers.tensor import Tensor, concatenate, stack
from scenes.kit.ground import typesetting
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import number, say
from scenes.kit.ground.text import Formula, Label, symbol
from scenes.kit.numbers.cells import Law
from scenes.kit.numbers.decimals import QUOTIENT, Decimals, adds_up, decimals
from scenes.kit.numbers.grid import BRACKET, HEADER, TensorGrid, elide, readable_height, readable_width
from scenes.kit.numbers.heights import Heights
from scenes.kit.numbers.total import Total

SPEC = ".2f"  # of e^score and of weights, where that is enough


class Product(VGroup):
    """x · W = y laid out in a box: x upright beside W, so that each entry lines up with the row that it meets.

    x [n], weights [n, m], y [m]: Tensors. kinds: of the three. names: of the three labels on top, Typst or (letter,
    index). rows, columns: of W that are shown at most; shown columns of W and shown entries of y are the same ones, and
    `keep` is among them; shown rows of W and shown entries of x are, and of `keep_rows` as many as fit.
    Parts: `.x .weights .y .labels .signs`."""

    def __init__(
        self,
        box: Box,
        x: Tensor,
        weights: Tensor,
        y: Tensor,
        *,
        kinds: Sequence[str] = ("data", "weight", "query"),
        names: Sequence[str | tuple[str, int]] = ("x", "W", "y"),
        roles: Sequence[str] = ("ink", "positive", "query"),
        rows: int = 9,
        columns: int = 9,
        keep: int | None = None,
        keep_rows: Sequence[int] | None = None,
    ):
        n, m = weights.shape
        entries = elide(n, rows, keep_rows)
        units_y = max(_units(entries), _units(elide(m, columns, keep)))
        units_x = _units(elide(m, columns, keep)) + 2
        gap, label_room = (0.5, 0.62) if box.width > 10 else (0.22, 0.62)
        cw = min(0.95, (box.width - 6 * (BRACKET + 0.06) - 4 * gap) / units_x)
        ch = min(0.52 if box.width > 10 else 0.8, (box.height - label_room) / units_y)
        cell: dict[str, Any] = dict(exact=(cw, ch))
        self.x = TensorGrid(x, kinds[0], upright=True, rows=entries, **cell)
        self.weights = TensorGrid(weights, kinds[1], rows=entries, columns=columns, keep_column=keep, **cell)
        self.y = TensorGrid(y, kinds[2], upright=True, rows=columns, keep_row=keep, **cell)
        times, equals = Label("·", 0.6), Label("=", 0.6)
        grids = VGroup(self.x, times, self.weights, equals, self.y).arrange(buff=gap / 2)
        grids.move_to(box.center).shift((0, -label_room / 2, 0))
        self.labels = VGroup(
            *[
                (symbol(*name, 0.5, role) if isinstance(name, tuple) else Formula(name, 0.5, role)).next_to(
                    grid, UP, buff=0.18
                )
                for name, role, grid in zip(names, roles, (self.x, self.weights, self.y), strict=True)
            ]
        )
        top = max(label.get_top()[1] for label in self.labels)
        for label in self.labels:  # one line for all three, at the height of the tallest grid
            label.set_y(top - 0.2)
        self.signs = VGroup(times, equals)
        super().__init__(self.x, times, self.weights, equals, self.y, self.labels)


def _units(indices: Sequence[int | None]) -> float:
    return sum(0.6 if i is None else 1.0 for i in indices)


EASE = 1.7  # times the lowest cell in which a number can be read


class SoftmaxTable(VGroup):
    """A row of scores turns into weights: score, e^score, and each divided by the sum.

    scores: Tensor [key] (−∞ where masked). Lies across (keys side by side) or, with `down`, upright. If e^score would
    be too large or too small to show, the largest score is subtracted first (which changes no weight), and the label
    says so. If not all keys fit, the largest are shown and the others stand together in one last cell, so that the
    sums still add up (`kept`: the keys that stand alone). Under (beside) each row stand its numbers as heights. Parts:
    `.scores .exps .weights` (grids), `.heights` (of the three), `.sum .one` (the totals), `.labels`."""

    total_size = 0.32

    def __init__(self, box: Box, scores: Tensor, words: list[str], *, down: bool = False):
        shift = self.shifts(scores)
        exps = (scores - scores.max(0) if shift else scores).exp()
        total = exps.sum(0)
        kept, rest = _largest(scores, self._room(box, scores, down))
        names = [words[k] for k in kept] + ([say("{k} more", k=len(rest))] if rest else [])
        self.kept, parts = kept, exps[kept]
        if rest:
            parts = concatenate([parts, stack([exps[rest].sum(0)], "rest")], 0)
        self.form, about = _decimals(parts, parts / total)
        (self._upright if down else self._across)(box, (scores[kept], parts, parts / total), names)
        self._name(("s", "e^(s - max)" if shift else "e^s", "e^(s - max) / Σ" if shift else "e^s / Σ"), down)
        self.sum = Total(parts, size=self.total_size, form=self.form)
        self.weights.law = Law(((parts, self.form.parts),), (total, self.form.total), about)
        self.one = Total(parts / total, size=self.total_size, fill="probability", whole=1)
        for label, grid in ((self.sum, self.exps), (self.one, self.weights)):
            label.next_to(grid, DOWN if down else RIGHT, buff=0.12)
        self.heights = [Heights(grid, room=self.chart) for grid in (self.scores, self.exps, self.weights)]
        super().__init__(self.scores, self.exps, self.weights, *self.heights, self.labels, self.sum, self.one)
        box.fit(self)

    @staticmethod
    def shifts(scores: Tensor) -> bool:
        """Whether the largest score is subtracted first."""
        return not -0.5 <= float(np.max(scores.values)) <= 6

    LEFT_ROOM, RIGHT_ROOM, HEAD, AIR = 1.6, 1.9, 1.5, 0.22  # beside and above the cells; from a chart to the next row

    def _room(self, box: Box, scores: Tensor, down: bool) -> int:
        """How many keys can be read; where not all of them, so many as can be read with ease."""
        if down:
            most = box.rows_of(readable_height(), less=self.HEAD)
            return most if len(scores) <= most else box.rows_of(EASE * readable_height(), less=self.HEAD)
        return int((box.width - self.LEFT_ROOM - self.RIGHT_ROOM) / readable_width(scores, "+.2f"))

    def _across(self, box: Box, tensors: Sequence[Tensor], words: Sequence[str]) -> None:
        cw = min(1.4, (box.width - self.LEFT_ROOM - self.RIGHT_ROOM) / len(words))
        widest = max(typesetting.width(word, HEADER) for word in words)
        block = (box.height - (0.7 * widest + 0.35 if widest > 0.9 * cw else 0.45)) / 3
        ch = min(0.45, 0.3 * block)
        self.chart = block - ch - self.AIR
        cell: dict[str, Any] = dict(exact=(cw, ch), brackets=False, size=0.36)
        self.scores = TensorGrid(tensors[0], "score", spec="+.2f", **cell)
        exps: dict[str, Any] = dict(spec=self.form.parts, **cell)
        self.exps = TensorGrid(tensors[1], "data", column_labels=words, column_label_color="key", **exps)
        self.weights = TensorGrid(tensors[2], "probability", spec=".2f", scale=1.0, **cell)
        grids = (self.scores, self.exps, self.weights)
        if len(tensors[0]) == len(words):  # the words stand over the first row that has all of them
            self.scores = TensorGrid(
                tensors[0], "score", spec="+.2f", column_labels=words, column_label_color="key", **cell
            )
            self.exps = TensorGrid(tensors[1], "data", **exps)
            grids = (self.scores, self.exps, self.weights)
        left = box.left + self.LEFT_ROOM
        for k, grid in enumerate(grids):
            grid.shift((left - grid.corners()[0][0], 0, 0))
            if k:
                grid.next_to(grids[k - 1], DOWN, buff=self.chart + self.AIR, coor_mask=(0, 1, 0))
            else:
                grid.align_to((0, box.top, 0), UP)

    def _upright(self, box: Box, tensors: Sequence[Tensor], words: Sequence[str]) -> None:
        side = max(typesetting.width(w, 0.34) for w in words) + 0.2
        block = (box.width - side) / 3
        cw = min(1.6, 0.58 * block)
        self.chart = block - cw - 0.3
        ch = min(0.75, (box.height - self.HEAD) / len(words))
        cell: dict[str, Any] = dict(exact=(cw, ch), brackets=False, upright=True)
        self.weights = TensorGrid(tensors[2], "probability", spec=".2f", scale=1.0, **cell)
        self.exps = TensorGrid(tensors[1], "data", spec=self.form.parts, **cell)
        self.scores = TensorGrid(tensors[0], "score", row_labels=words, row_label_color="key", **cell)
        gap = self.chart + 0.25
        if len(tensors[0]) < len(words):
            rest = Label(words[-1], self.scores.header, "secondary")
            grids = VGroup(self.scores, self.exps, self.weights).arrange(buff=gap, aligned_edge=UP)
            rest.next_to(self.exps.cell_center(len(words) - 1, 0), LEFT, buff=cw / 2 + 0.2)
            self.scores.add(rest)
        else:
            grids = VGroup(self.scores, self.exps, self.weights).arrange(buff=gap, aligned_edge=UP)
        grids.move_to(box.center)

    def _name(self, formulas: Sequence[str], down: bool) -> None:
        self.labels = VGroup(*[Formula(f, 0.46, "ink") for f in formulas])
        for label, grid in zip(self.labels, (self.scores, self.exps, self.weights), strict=True):
            ul, ur, _, dl = grid.corners()
            if down:
                label.next_to((ul + ur) / 2, UP, buff=0.2)
            else:
                label.next_to((ul + dl) / 2, LEFT, buff=0.3)


def _decimals(parts: Tensor, weights: Tensor) -> tuple[Decimals, bool]:
    """In which parts add up to their sum and, divided by it, give the weights as displayed; whether only about so."""
    values = [float(v) for v in parts.values]
    whole = [([(value,) for value in values], sum(values))]
    for each in QUOTIENT:
        form = Decimals.of(SPEC, *each)
        shares = [(number(v, form.parts), number(float(w), SPEC)) for v, w in zip(values, weights.values, strict=True)]
        over = number(sum(values), form.total)
        if form.hold(whole) and all(adds_up([[part]], weight, over) for part, weight in shares):
            return form, False
    return decimals(whole, SPEC), True


def _largest(scores: Tensor, limit: int) -> tuple[list[int], list[int]]:
    """(indices to show, indices to put together): all if they fit, else the largest in their order."""
    n = len(scores)
    if n <= limit:
        return list(range(n)), []
    order = np.argsort(-np.asarray(scores.values), kind="stable")
    kept = sorted(int(k) for k in order[: max(limit - 1, 1)])
    return kept, [k for k in range(n) if k not in kept]
