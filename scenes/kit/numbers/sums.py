"""Rows that add up: a table of parts and their sum, and bars beside its rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from manim import VGroup

from model.numbers.tensor import Tensor, concatenate, stack
from model.study.space import cosine
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Length
from scenes.kit.ground.layout import Box
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell, Claim, shown_at
from scenes.kit.ground.say import number, say
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import LABEL, Label
from scenes.kit.numbers.grid import HEADER, TensorGrid, elide, readable_height, readable_width
from scenes.kit.numbers.rows import decimals_of


class RowBars(Painted):
    """One bar beside each row of a grid, linear in a number ≥ 0 of that row, with the number.

    tensor: [row]. width: of bar and number together; longest: the number whose bar fills it (default: the largest)."""

    values: Mix[np.ndarray]
    rgb: Mix[np.ndarray]
    bar_width: Mix[float]
    natural: Mix[tuple[float, float]]  # numbers of fewer digits need less

    def __init__(
        self,
        grid: TensorGrid,
        tensor: Tensor,
        *,
        width: float,
        fill: str = "delta",
        spec: str = ".2f",
        longest: float | None = None,
        size: float = LABEL,
    ):
        self.tensor, self.spec, self.values = tensor, spec, np.asarray(tensor.values, dtype=float).copy()
        self.pitch = grid.ch * grid.zoom()
        self.size = max(min(size, 0.62 * self.pitch), smallest())
        self.longest = longest or float(self.values.max()) or 1.0
        self.number_width = max(typesetting.width(number(v, spec), self.size) for v in self.values) + 0.12
        self.bar_width = max(width - self.number_width, 0.2)
        self.rgb = np.tile(color(fill), (len(self.values), 1))
        super().__init__(self.bar_width + self.number_width, self.pitch * len(self.values))
        corners = grid.corners()
        self.move_to((corners[1] + corners[2]) / 2).shift((self.width / 2 + 0.25, 0, 0))

    def draw(self, pen: Pen) -> None:
        for i, value in enumerate(self.values):
            w = max(self.bar_width * min(value / self.longest, 1.0), 0.012)
            length = Length(Cell(self.tensor, (i,)), 0.0, self.bar_width / self.longest)
            seen = self.has_begun(i)
            pen.rectangle(0, (i + 0.2) * self.pitch, w, 0.6 * self.pitch, self.rgb[i], 0.85 * seen, shows=length)
            base = (i + 0.5) * self.pitch + 0.32 * self.size
            pen.number(self.tensor, (i,), self.spec, w + 0.1, base, self.size, "secondary", seen, value=value)


class SumTable(VGroup):
    """Rows of numbers and, below them, their sum: every column that is shown adds up.

    parts: Tensor [row, n]; total: Tensor [n] = Σ parts; names: of the rows. If not all rows can be read, the longest
    are shown and the others stand together as "k more". Beside each row a bar is as long as the row is as a vector,
    √Σ x². height: of a row at most. Parts of the group: `.parts .total .name_of_total .bars .bar_of_total`;
    `kept`: the rows that are shown.
    """

    def __init__(
        self,
        box: Box,
        parts: Tensor,
        total: Tensor,
        names: Sequence[str],
        *,
        name_of_total: str,
        keep: int,
        kind: str = "delta",
        bars: float = 2.4,
        spec: str = "+.2f",
        height: float = 0.62,
    ):
        room = box.height - 0.25
        limit = max(box.rows_of(max(readable_height(), 0.3), less=0.25) - 1, 3)
        self.kept, rest = longest_rows(parts, limit, keep)
        shown, labels = parts, list(names)
        if rest:
            shown = concatenate([parts[self.kept], stack([parts[rest].sum(0)], parts.axes[0])], 0)
            labels = [names[k] for k in self.kept] + [say("{k} more", k=len(rest))]
        ch = min(height, room / (len(labels) + 1))
        side = max(typesetting.width(label, min(HEADER, 0.9 * ch)) for label in [*labels, f"≈ {name_of_total}"]) + 0.2
        free = box.width - side - bars - 0.5
        narrow = max(readable_width(parts, spec), readable_width(total, spec))
        columns = max(int(free / max(narrow, 0.64)), 3)
        places = elide(len(total), columns)
        self.decimals = decimals_of(
            [[*shown, total]], places, spec, free / sum(0.6 if c is None else 1 for c in places)
        )
        scale = float(max(np.abs(shown.values).max(), np.abs(total.values).max()))
        options: dict[str, Any] = dict(columns=columns, scale=scale, brackets=False)
        rows: dict[str, Any] = dict(row_labels=labels, spec=self.decimals.parts)
        self.parts = TensorGrid(shown, kind, cell=(1.0, ch), width=side + free, height=math.inf, **rows, **options)
        self.total = TensorGrid(total, kind, exact=(self.parts.cw, ch), spec=self.decimals.total, **options)
        names_room = self.parts.corners()[0][0] - self.parts.get_left()[0]
        self.parts.move_to((box.left + self.parts.width / 2 + side - names_room, 0, 0))
        self.total.align_to(self.parts, (1, 0, 0)).next_to(self.parts, (0, -1, 0), buff=0.16, coor_mask=(0, 1, 0))
        self.name_of_total = Label(self.decimals.signed(name_of_total), self.parts.header, "ink").next_to(
            self.total, (-1, 0, 0), buff=0.12
        )
        lengths = concatenate([norms(shown), stack([norms(total)], parts.axes[0])], 0)
        longest = float(lengths.values.max())
        self.bars = RowBars(self.parts, lengths[list(range(len(labels)))], width=bars, longest=longest)
        self.bar_of_total = RowBars(self.total, lengths[[len(labels)]], width=bars, longest=longest)
        super().__init__(self.parts, self.total, self.name_of_total, self.bars, self.bar_of_total)
        self.move_to(box.center)

    def claims(self) -> list[Claim]:
        if min(self.total.text_opacity.min(), self.parts.text_opacity.min()) < 0.99 or not self.total.digits:
            return []
        form, found = self.decimals, []
        for column in (c for c in self.total.columns if c is not None):
            rows = range(self.parts.tensor.shape[0])
            parts = tuple((shown_at(self.parts.tensor, form.parts, (i, column)),) for i in rows)
            found.append(Claim(parts, shown_at(self.total.tensor, form.total, (column,)), about=form.about))
        return found


def norms(rows: Tensor) -> Tensor:
    """The length √Σ x² of a vector, or of each row of a matrix. […, n] → […]"""
    return rows.square().sum(-1).sqrt()


def longest_rows(parts: Tensor, limit: int, keep: int) -> tuple[list[int], list[int]]:
    """(rows to show, rows to put together): all if they fit, else `keep` and the longest, in their order."""
    n = parts.shape[0]
    if n <= limit:
        return list(range(n)), []
    length = np.linalg.norm(parts.values, axis=1)
    length[keep] = np.inf
    kept = sorted(int(k) for k in np.argsort(-length, kind="stable")[: limit - 1])
    return kept, [k for k in range(n) if k not in kept]


__all__ = ["RowBars", "SumTable", "cosine", "longest_rows", "norms"]
