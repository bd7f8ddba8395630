"""WordTable: words in rows and columns, each with its number if there are numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.errors import UsageError
from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.pen import Rectangle
from scenes.kit.ground.readings import Cell
from scenes.kit.ground.say import Said, number
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import LABEL
from scenes.kit.words.tokens import display

LINE, AIR, BESIDE = 1.55, 1.1, 0.35  # em: a row's height, between columns, between a word and its number


class WordTable(Painted):
    """Words in rows and columns, under a line with the columns' names, beside the rows' names.

    words: [row][column] strings; numbers: Tensor [row, column], each written after its word, or None; row_labels,
    column_labels: strings, one for each index, or none (UsageError where counts differ). width, height: in scene units
    at most; size: the em, smaller where there is no room, but never too small to read.
    """

    emphasis: Mix[np.ndarray]
    tint: Mix[np.ndarray]

    def __init__(
        self,
        words: Sequence[Sequence[str]],
        numbers: Tensor | None = None,
        *,
        row_labels: Sequence[str] = (),
        column_labels: Sequence[str] = (),
        width: float = 9.0,
        height: float = 5.0,
        spec: str = ".0%",
        size: float = LABEL,
    ):
        self.words = [[word if isinstance(word, Said) else display(word) for word in row] for row in words]
        self.numbers, self.spec, self.row_labels, self.column_labels = numbers, spec, row_labels, column_labels
        self.shape = len(self.words), len(self.words[0])
        self._check_counts()
        self.emphasis, self.tint = np.ones(self.shape), np.tile(color("ink"), (*self.shape, 1))
        side = max((typesetting.width(label, 1.0) for label in row_labels), default=-AIR) + AIR
        self.word_room = [max(typesetting.width(row[j], 1.0) for row in self.words) for j in range(self.shape[1])]
        rooms = [max(self._room(j), self._label_room(j)) for j in range(self.shape[1])]
        lines = self.shape[0] + bool(column_labels)
        across = side + sum(rooms) + AIR * (len(rooms) - 1)
        self.size = max(min(size, width / across, height / (LINE * lines)), smallest())
        self.lefts = [side + sum(rooms[:j]) + AIR * j for j in range(len(rooms))]
        self.rooms, self.top = rooms, LINE * bool(column_labels)
        super().__init__(across * self.size, LINE * lines * self.size)

    def _check_counts(self) -> None:
        rows, columns = self.shape
        counts = {len(row) for row in self.words} | {len(self.column_labels) or columns}
        if counts != {columns} or len(self.row_labels) not in (0, rows):
            raise UsageError(f"WordTable: not all rows, columns and labels go with {rows} × {columns} words.")
        if self.numbers is not None and self.numbers.shape != self.shape:
            raise UsageError(f"WordTable: {rows} × {columns} words for numbers of shape {list(self.numbers.shape)}.")

    def _room(self, j: int) -> float:
        """How wide a column's words and numbers are, in ems."""
        if self.numbers is None:
            return self.word_room[j]
        values = np.asarray(self.numbers.values, dtype=float)[:, j]
        return self.word_room[j] + BESIDE + max(typesetting.width(number(value, self.spec), 1.0) for value in values)

    def _label_room(self, j: int) -> float:
        return typesetting.width(self.column_labels[j], 1.0) if self.column_labels else 0.0

    def mark(self, row: int, column: int, role: str = "target") -> WordTable:
        """Colour one word."""
        self.tint[row, column] = color(role)
        return self

    def place(self, row: int, column: int) -> np.ndarray:
        """Scene corners [4, 3] of a word with its number, clockwise from upper left."""
        return self.corners_of(self._box(row, column))

    def _box(self, i: int, j: int) -> Rectangle:
        x, y = self.lefts[j] * self.size, (self.top + LINE * i) * self.size
        return x, y, self.rooms[j] * self.size, LINE * self.size

    def mixes(self, start: WordTable, end: WordTable) -> bool:
        return start.words == end.words and super().mixes(start, end)

    def draw(self, pen: Pen) -> None:
        size = self.size
        for j, label in enumerate(self.column_labels):
            pen.text(label, self.lefts[j] * size, 0.45 * LINE * size, size, "secondary", level="letters")
        if self.column_labels:
            y = (self.top - 0.1) * size
            pen.line([(0.0, y), (self.natural[0], y)], "faint", 0.02)
        for i, label in enumerate(self.row_labels):
            pen.text(label, 0.0, (self.top + LINE * (i + 0.5)) * size, size, "secondary", level="letters")
        for i, j in np.ndindex(self.shape):
            self._draw_word(pen, i, j)

    def _draw_word(self, pen: Pen, i: int, j: int) -> None:
        (x, y, _, h), seen = self._box(i, j), float(self.emphasis[i, j])
        of = None if self.numbers is None else Cell(self.numbers, (i, j))
        pen.text(self.words[i][j], x, y + h / 2, self.size, self.tint[i, j], seen, level="letters", of=of)
        if self.numbers is not None:
            at = x + (self.word_room[j] + BESIDE) * self.size, y + h / 2, self.size
            pen.number(self.numbers, (i, j), self.spec, *at, "secondary", seen, level="letters")


__all__ = ["WordTable"]
