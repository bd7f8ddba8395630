"""The table that grows: kept keys and values as columns, and one row of scores for each new word."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import LEFT, UP, VGroup

from model.numbers.tensor import Tensor
from model.study.views import AttentionHead
from scenes.kit.attention.kept import KeptColumns
from scenes.kit.ground import typesetting
from scenes.kit.ground.layout import Box
from scenes.kit.ground.text import Label
from scenes.kit.numbers.grid import HEADER, TensorGrid
from scenes.kit.recipes import Look
from scenes.kit.words.strip import CELLS

ENTRY, ACROSS, AIR = 0.085, 1.3, 0.12  # an entry of a query, the widest cell, between the parts
NAMES = 0.3  # em of the parts' names


class KeptTable(VGroup):
    """Keys over values, one column a word, in a box; below them a row for each new word: its query, and its weights.

    view: of the run; first: the position of the first new word; words: one for each position; columns: the positions
    that are shown, None for each ⋯. Parts: `.keys .values .names`, `.queries` and `.rows` (a list each), and `.scores`,
    which lie where the weights of the first row do."""

    def __init__(self, box: Box, view: AttentionHead, first: int, words: Sequence[str], columns: list[int | None]):
        self.view, self.first, self.columns = view, first, columns
        depth, new = min(view.q.shape[1], CELLS), range(first, len(words))
        wide = min((box.width - self.side(words[first:], depth)) / len(columns), ACROSS)
        slab = min(0.3, 0.17 * box.height / depth)
        self.keys = KeptColumns(view.k_met, "key", cell=(wide, slab), columns=columns, words=words, header=HEADER)
        self.values = KeptColumns(view.v, "value", cell=(wide, slab), columns=columns)
        left = box.height - self.keys.height - self.values.height - 3 * AIR
        self.cell = wide, min(0.9, left / len(new) - 0.05)
        self.scores = self._row(view.masked, first, "score", "+.2f")
        self.rows = [self._row(view.pattern, p, "probability", ".2f", 1.0) for p in new]
        self.queries = [
            TensorGrid(
                view.q_met[p], "query", exact=(ENTRY, self.cell[1]), columns=depth, brackets=False, digits=False,
                row_labels=[words[p]], header=min(HEADER, 0.85 * self.cell[1]),
            )
            for p in new
        ]  # fmt: skip
        self._under(self.keys, self.values, AIR)
        above: TensorGrid = self.values
        for row, query in zip(self.rows, self.queries, strict=True):
            self._under(above, row, AIR if above is self.values else 0.05)
            query.shift(row.corners()[0] - query.corners()[1] + 0.1 * LEFT)
            above = row
        self.names = [self._name("keys", self.keys), self._name("values", self.values)]
        self.scores.move_to(self.rows[0])
        super().__init__(self.keys, self.values, *self.names, *self.rows, *self.queries, self.scores)
        box.fit(self)

    @staticmethod
    def side(new: Sequence[str], depth: int) -> float:
        """What queries of new words take beside the columns, and the air at both sides."""
        queries = max(typesetting.width(word, HEADER) for word in new) + 0.16 + depth * ENTRY
        return max(queries, typesetting.width("values", NAMES)) + 0.6

    def _row(self, table: Tensor, position: int, kind: str, spec: str, scale: float | None = None) -> TensorGrid:
        seen = table[position, list(range(position + 1))]
        look: Look = dict(brackets=False, spec=spec, scale=scale)
        return TensorGrid(seen, kind, exact=self.cell, columns=up_to(self.columns, position), **look)

    def _name(self, text: str, grid: KeptColumns) -> Label:
        label = Label(text, NAMES, grid.kind, of=grid.tensor)
        middle = np.mean(grid.corners()[[0, 3], 1])
        return label.next_to(grid.corners()[0], LEFT, buff=0.12).set_y(middle)

    @staticmethod
    def _under(above: TensorGrid, below: TensorGrid, air: float) -> None:
        corner = above.corners(len(above.rows) - 1, 0)[3]
        below.shift(corner - below.corners()[0] - air * UP)

    @staticmethod
    def under(part: TensorGrid, stage: Box) -> Box:
        """The room under a part of the table."""
        return Box(stage.left, stage.bottom, stage.right, float(part.corners()[3][1]) - 0.2)


def up_to(columns: list[int | None], position: int) -> list[int | None]:
    """The columns as far as that of a position, which is among them."""
    return columns[: columns.index(position) + 1]


__all__ = ["KeptTable", "up_to"]
