"""Rows: a few tensors of one length, entry under entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from manim import LEFT, UP, VGroup

from model.numbers.tensor import Tensor
from scenes.kit.ground.layout import Box, row, stack
from scenes.kit.ground.readings import Cell, Claim, Shown
from scenes.kit.ground.say import number
from scenes.kit.ground.text import LABEL, Label
from scenes.kit.ground.typesetting import fitting_size
from scenes.kit.numbers.grid import TensorGrid, elide


class Rows(VGroup):
    """Tensors [n] one below the other (`upright`: side by side), so that equal entries stand in line, each with its
    name.

    parts: (tensor, kind, name) each. adds: the last is the sum of the others, and the audit holds every shown entry
    to it. cell: the least width of a cell; upright: how many entries are shown. Parts of the group: `.grids`,
    `.labels`."""

    def __init__(
        self,
        box: Box,
        parts: Sequence[tuple[Tensor, str, str]],
        *,
        adds: bool = False,
        cell: float = 1.05,
        upright: int = 0,
        spec: str = "+.2f",
    ):
        self.adds = adds
        scale = float(max(np.abs(tensor.values).max() for tensor, _, _ in parts))
        self.options: dict[str, Any] = dict(scale=scale, spec=spec)
        self._side_by_side(box, parts, upright) if upright else self._stacked(box, parts, cell)
        super().__init__(*self.grids, *self.labels)

    def _stacked(self, box: Box, parts: Sequence[tuple[Tensor, str, str]], cell: float) -> None:
        self.labels = [Label(name, LABEL, _role(kind), of=tensor) for tensor, kind, name in parts]
        left, count = max(label.width for label in self.labels) + 0.2, len(parts)
        columns = max(int((box.width - left - 0.3) / cell + 0.4), 3)
        width = (box.width - left - 0.3) / sum(0.6 if c is None else 1 for c in elide(len(parts[0][0]), columns))
        height = min(1.1, (box.height - 0.2) / (1.1 * count))
        self.grids = [
            TensorGrid(t, kind, exact=(min(width, 1.6), height), columns=columns, size=0.36, **self.options)
            for t, kind, _ in parts
        ]
        gap = min(0.5, (box.height - count * self.grids[0].height) / (count - 1))
        stack(*self.grids, gap=gap).move_to(box.center).shift((left / 2, 0, 0))
        for label, grid in zip(self.labels, self.grids, strict=True):
            label.next_to(grid, LEFT, buff=0.2)

    def _side_by_side(self, box: Box, parts: Sequence[tuple[Tensor, str, str]], rows: int) -> None:
        height = (box.height - 0.6) / sum(0.6 if r is None else 1 for r in elide(len(parts[0][0]), rows))
        cell = (box.width / len(parts) - 0.35, min(height, 1.1))
        self.grids = [
            TensorGrid(t, kind, exact=cell, rows=rows, upright=True, size=0.4, **self.options) for t, kind, _ in parts
        ]
        row(*self.grids, gap=0.2).move_to(box.center).shift((0, -0.25, 0))
        size = fitting_size([name for *_, name in parts], box.width / len(parts) - 0.15, LABEL)
        self.labels = [
            Label(name, size, _role(kind), of=tensor).next_to(grid, UP, buff=0.12)
            for grid, (tensor, kind, name) in zip(self.grids, parts, strict=True)
        ]

    def claims(self) -> list[Claim]:
        """Σ parts = the last, for every entry that is shown."""
        return sums_in(self.grids) if self.adds else []


def sums_in(grids: Sequence[TensorGrid]) -> list[Claim]:
    """That the last grid is the sum of the others, where all of their numbers can be read."""
    total = grids[-1]
    if min(float(grid.text_opacity.min()) for grid in grids) < 0.99:
        return []
    places = [i for i in (total.rows if total.upright else total.columns) if i is not None]
    shown = [
        [Shown(number(float(g.tensor.values[i]), g.spec), Cell(g.tensor, (i,)), g.spec) for g in grids] for i in places
    ]
    return [Claim(tuple((part,) for part in cells[:-1]), cells[-1]) for cells in shown]


def _role(kind: str) -> str:
    return kind if kind in ("delta", "position") else "ink"
