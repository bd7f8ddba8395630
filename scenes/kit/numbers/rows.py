"""Rows: a few tensors of one length, entry under entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from manim import LEFT, UP, VGroup

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.layout import Box, row, stack
from scenes.kit.ground.text import LABEL, Label
from scenes.kit.ground.typesetting import fitting_size
from scenes.kit.numbers.cells import Law
from scenes.kit.numbers.decimals import Decimals, decimals
from scenes.kit.numbers.grid import TensorGrid, elide, readable_width


class Rows(VGroup):
    """Tensors [n] one below the other (`upright`: side by side), so that equal entries stand in line, each with its
    name.

    parts: (tensor, kind, name) each. adds: the last is the sum of the others, to the last digit that is displayed: all
    get the decimals that this takes, or its name gets ≈ for =.
    beside: all such tuples of tensors that are compared with one another: they get the same decimals and colours.
    cell: the least width of a cell; upright: how many entries are shown; keep: entries that are to be among them, as
    many as fit (`elide`). Parts of the group: `.grids`, `.labels`."""

    def __init__(
        self,
        box: Box,
        parts: Sequence[tuple[Tensor, str, str]],
        *,
        adds: bool = False,
        cell: float = 1.05,
        upright: int = 0,
        spec: str = "+.2f",
        keep: Sequence[int] | None = None,
        beside: Sequence[Sequence[Tensor]] = (),
    ):
        self.keep = keep
        self.all = [*beside] or [[tensor for tensor, _, _ in parts]]
        self.adds, self.decimals = adds, Decimals(spec, spec)
        scale = float(max(np.abs(tensor.values).max() for tensors in self.all for tensor in tensors))
        self.options: dict[str, Any] = dict(scale=scale)
        self._side_by_side(box, parts, upright) if upright else self._stacked(box, parts, cell)
        if adds:
            self.grids[-1].law = sum_of(self.grids[:-1], self.decimals)
        super().__init__(*self.grids, *self.labels)

    def _stacked(self, box: Box, parts: Sequence[tuple[Tensor, str, str]], cell: float) -> None:
        left, count = max(typesetting.width(name, LABEL) for *_, name in parts) + 0.2, len(parts)
        columns = max(int((box.width - left - 0.3) / cell + 0.4), 3)
        places = elide(len(parts[0][0]), columns, self.keep)
        width = min((box.width - left - 0.3) / sum(0.6 if c is None else 1 for c in places), 1.6)
        height = min(1.1, (box.height - 0.2) / (1.1 * count))
        self._choose(parts, places, width)
        self.grids = [
            TensorGrid(t, kind, exact=(width, height), columns=places, size=0.36, spec=spec, **self.options)
            for (t, kind, _), spec in zip(parts, self._specs(count), strict=True)
        ]
        gap = min(0.5, (box.height - count * self.grids[0].height) / max(count - 1, 1))
        stack(*self.grids, gap=gap).move_to(box.center).shift((left / 2, 0, 0))
        self.labels = [
            Label(name, LABEL, _role(kind), of=tensor).next_to(grid, LEFT, buff=0.2)
            for grid, (tensor, kind, name) in zip(self.grids, self._signed(parts), strict=True)
        ]

    def _side_by_side(self, box: Box, parts: Sequence[tuple[Tensor, str, str]], rows: int) -> None:
        places = elide(len(parts[0][0]), rows, self.keep)
        height = (box.height - 0.6) / sum(0.6 if r is None else 1 for r in places)
        cell = (box.width / len(parts) - 0.35, min(height, 1.1))
        self._choose(parts, places, cell[0])
        self.grids = [
            TensorGrid(t, kind, exact=cell, rows=places, upright=True, size=0.4, spec=spec, **self.options)
            for (t, kind, _), spec in zip(parts, self._specs(len(parts)), strict=True)
        ]
        row(*self.grids, gap=0.2).move_to(box.center).shift((0, -0.25, 0))
        size = fitting_size([name for *_, name in parts], box.width / len(parts) - 0.15, LABEL)
        self.labels = [
            Label(name, size, _role(kind), of=tensor).next_to(grid, UP, buff=0.12)
            for grid, (tensor, kind, name) in zip(self.grids, self._signed(parts), strict=True)
        ]

    def _choose(self, parts: Sequence[tuple[Tensor, str, str]], places: Sequence[int | None], width: float) -> None:
        """The decimals in which the sums at these places hold, in cells of that width."""
        if self.adds:
            self.decimals = decimals_of(self.all, places, self.decimals.parts, width)

    def _signed(self, parts: Sequence[tuple[Tensor, str, str]]) -> list[tuple[Tensor, str, str]]:
        """The parts; the name of the last with the sign that holds."""
        *others, (tensor, kind, name) = parts
        return [*others, (tensor, kind, self.decimals.signed(name))]

    def _specs(self, count: int) -> list[str]:
        return [self.decimals.parts] * (count - 1) + [self.decimals.total]


def sum_of(grids: Sequence[TensorGrid], form: Decimals) -> Law:
    """Of a grid that is the sum of others, in these decimals."""
    return Law(tuple((grid.tensor, grid.spec) for grid in grids), about=form.about)


def decimals_of(
    all_sums: Sequence[Sequence[Tensor]], places: Sequence[int | None], spec: str, width: float
) -> Decimals:
    """In which the last of each row of vectors is the sum of the others at all places shown, in cells so wide."""

    def fits(spec: str) -> bool:
        return max(readable_width(tensor, spec) for tensors in all_sums for tensor in tensors) <= width

    shown = [i for i in places if i is not None]
    sums = []
    for *parts, total in all_sums:
        sums += [([(float(part.values[i]),) for part in parts], float(total.values[i])) for i in shown]
    return decimals(sums, spec, fits=fits)


def _role(kind: str) -> str:
    return kind if kind in ("delta", "position") else "ink"
