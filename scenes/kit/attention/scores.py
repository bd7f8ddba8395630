"""ScoreTable: queries down the side, keys along the top, and where they cross what has become of q · k."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from manim import LEFT, UP, VGroup

from model.numbers.tensor import Tensor
from scenes.kit.attention.pattern import DotPattern
from scenes.kit.ground import typesetting
from scenes.kit.ground.layout import Box
from scenes.kit.ground.style import smallest
from scenes.kit.ground.text import Label
from scenes.kit.numbers.cells import readable_height, readable_width
from scenes.kit.numbers.grid import HEADER, TensorGrid, elide
from scenes.kit.words.strip import CELLS

ENTRY = 0.085  # side of an entry of a query or key beside the cells
LOW = 0.27  # the least height of a row
AIR = 0.1


class ScoreTable(VGroup):
    """Queries [position, d] as coloured blocks beside the rows, keys over the columns, scores [query, key] where they
    cross; the corner says which axis asks.

    words: of the run, one for each position. cell: the largest. keep: (query, key or several) that are not left out.
    Parts: `.queries .keys .scores .corner`; `asking` marks a word, `alike` makes another table of the same places,
    `dots` one of dots."""

    def __init__(
        self,
        box: Box,
        queries: Tensor,
        keys: Tensor,
        scores: Tensor,
        words: Sequence[str],
        *,
        cell: tuple[float, float] = (1.05, 0.56),
        keep: tuple[int, int | Sequence[int]] = (0, 0),
    ):
        depth = min(queries.shape[1], CELLS)
        side = max(typesetting.width(word, HEADER) for word in words) + 0.16 + depth * ENTRY + AIR
        fitting = int((box.width - side - 0.4) / readable_width(scores, "+.2f"))
        columns = elide(len(words), fitting, keep[1])
        wide = min(cell[0], (box.width - side - 0.4) / _units(columns))
        look: dict[str, Any] = dict(brackets=False, digits=False)
        self.keys = TensorGrid(
            keys.T, "key", exact=(wide, ENTRY), rows=depth, columns=columns, **look,
            column_labels=words, column_label_color="key", header=HEADER,
        )  # fmt: skip
        left = box.height - self.keys.height - AIR
        rows = elide(len(words), int(left / max(LOW, readable_height())), keep[0])
        self.cell = wide, min(cell[1], left / _units(rows))
        self.queries = TensorGrid(
            queries, "query", exact=(ENTRY, self.cell[1]), rows=rows, columns=depth, **look,
            row_labels=words, target_row=keep[0],
        )  # fmt: skip
        self.places: dict[str, Any] = dict(exact=self.cell, rows=rows, columns=columns, brackets=False)
        self.scores = TensorGrid(scores, "score", spec="+.2f", **self.places)
        _under(self.keys, self.scores)
        _beside(self.queries, self.scores)
        self.corner = self._corner()
        super().__init__(self.keys, self.queries, self.scores, self.corner)
        box.fit(self)

    def _corner(self) -> VGroup:
        """What the axes do: keys are asked, queries ask."""
        size = max(0.26, smallest())
        asked, asks = Label("key", size, "key"), Label("query", size, "query")
        left = self.scores.corners()[0]
        asked.next_to(self.keys.corners(0, 0)[0], LEFT, buff=0.12).set_y(np.mean(self.keys.corners()[[0, 2], 1]))
        asks.next_to((self.queries.corners()[0] + self.queries.corners()[1]) / 2, UP, buff=0.06)
        asks.set_x(min(asks.get_x(), left[0] - asks.width / 2 - 0.05))
        if asks.get_top()[1] > asked.get_bottom()[1]:  # too low for two lines: side by side
            asks.next_to(asked, LEFT, buff=0.15)
        return VGroup(asked, asks)

    def asking(self, row: int) -> TensorGrid:
        """The queries with this word marked and no other: what they become when the talk goes on to it."""
        twin: TensorGrid = self.queries.copy()
        twin.target_row = row
        return twin

    def alike(self, tensor: Tensor, kind: str = "score", **look: Any) -> TensorGrid:
        """Another tensor [query, key] in the same cells."""
        grid = TensorGrid(tensor, kind, **(self.places | dict(spec="+.2f") | look))
        return grid.scale(self.scores.zoom()).move_to(self.scores)

    def dots(self, pattern: Tensor) -> DotPattern:
        """A pattern [query, key] as dots in the same cells."""
        places = {name: value for name, value in self.places.items() if name != "brackets"}
        return DotPattern(pattern, **places).scale(self.scores.zoom()).move_to(self.scores)


def _units(places: Sequence[int | None]) -> float:
    return sum(0.6 if place is None else 1.0 for place in places)


def _under(keys: TensorGrid, scores: TensorGrid) -> None:
    """Put the scores under the keys, column under column."""
    corner = keys.corners(len(keys.rows) - 1, 0)[3]
    scores.shift(corner - scores.corners()[0] - AIR * UP)


def _beside(queries: TensorGrid, scores: TensorGrid) -> None:
    """Put the queries left of the scores, row beside row."""
    queries.shift(scores.corners()[0] - queries.corners()[1] + AIR * LEFT)
