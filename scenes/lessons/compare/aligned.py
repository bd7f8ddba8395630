"""Two texts one above the other, so that words that belong together stand in line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from manim import DOWN, VGroup

from model.numbers.trace import Trace
from model.study.inside.comparing import Aligned
from scenes.kit.ground import typesetting
from scenes.kit.ground.text import Label
from scenes.kit.words.tokens import TokenRow, display

NAME = 0.45  # room left of the words for what a text is called
SMALLER = 0.85  # the name’s em by that of the words


class AlignedRow(TokenRow):
    """One of two texts, its boxes in columns that are as wide as the wider word; where it has no word there is none.

    words, other: a token or None for each column. Between two lines there is room for the other text’s line."""

    def __init__(self, words: Sequence[str | None], other: Sequence[str | None], *, width: float, size: float,
                 lines: int, unknown: Iterable[int] = ()):  # fmt: skip
        self.there = [word is not None for word in words]
        self.pairs = [[display(word or "") for word in pair] for pair in zip(words, other, strict=True)]
        super().__init__([word or "" for word in words], width=width, size=size, lines=lines, unknown=unknown)
        self.emphasis = np.array([1.0 if there else 0.0 for there in self.there])

    @property
    def between(self) -> float:
        return self.tall * self.size + 3 * self.air

    def _place(self, width: float) -> list[tuple[float, int, float]]:
        boxes: list[tuple[float, int, float]] = []
        x, line = 0.0, 0
        for pair, word in zip(self.pairs, self.words, strict=True):
            room = (2 * self.pad + 0.22) * self.size
            wide = max(typesetting.width(each, self.size) for each in pair) + room
            if boxes and x + wide > width:
                x, line = 0.0, line + 1
            boxes.append((x, line, typesetting.width(word, self.size) + room))
            x += wide + self.gap
        return boxes

    def _center_lines(self, right: float) -> None:
        """Lines begin at the left, under their names."""


class AlignedTexts(VGroup):
    """Both texts, A above and B below; words that only one has, or that differ, are coloured.

    `.rows`: the two AlignedRows; `.names`: their names."""

    def __init__(self, found: Aligned, *, width: float, size: float, lines: int):
        runs, columns = (found.one, found.other), found.columns
        words = [[word_at(run, column[k]) for column in columns] for k, run in enumerate(runs)]
        self.rows = []
        for k, run in enumerate(runs):
            unknown = [at for at, column in enumerate(columns) if column[k] in run.unknown]
            row = AlignedRow(words[k], words[1 - k], width=width - NAME, size=size, lines=lines, unknown=unknown)
            for at, column in enumerate(columns):
                if not found.is_kept(column):
                    row.mark(at, "key")
            self.rows.append(row)
        upper, lower = self.rows
        step = upper.tall * upper.size + upper.air
        lower.move_to(upper).shift(step * DOWN)
        self.names = [Label(name, SMALLER * upper.size, "secondary") for name in ("A", "B")]
        for row, name in zip(self.rows, self.names, strict=True):
            x, y, _, h = row.box(0)
            name.move_to(row.to_scene(x - NAME / 2, y + h / 2))
        super().__init__(*self.rows, *self.names)


def word_at(run: Trace, position: int | None) -> str | None:
    return None if position is None else run.tokens[position]


__all__ = ["AlignedRow", "AlignedTexts"]
