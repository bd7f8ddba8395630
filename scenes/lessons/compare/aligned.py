"""Two texts one above the other, so that words that belong together stand in line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from manim import DOWN, VGroup

from model.numbers.trace import Trace
from model.study.inside.comparing import Aligned
from scenes.kit.ground import typesetting
from scenes.kit.ground.painting import Pen
from scenes.kit.ground.text import Label
from scenes.kit.numbers.cells import with_gaps
from scenes.kit.words.tokens import TokenRow, display

NAME = 0.45  # room left of the words for what a text is called
SMALLER = 0.85  # the name’s em by that of the words
GAP = "⋯"  # where columns are left out


class AlignedRow(TokenRow):
    """One of two texts, its boxes in columns that are as wide as the wider word; where it has no word there is none.

    words, other: a token or None for each column. gaps: columns that are a ⋯. Between two lines there is room for the
    other text’s line."""

    def __init__(self, words: Sequence[str | None], other: Sequence[str | None], *, width: float, size: float,
                 lines: int, unknown: Iterable[int] = (), gaps: Iterable[int] = ()):  # fmt: skip
        self.gaps = frozenset(gaps)
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

    def _draw_token(self, pen: Pen, i: int) -> None:
        if i not in self.gaps:
            return super()._draw_token(pen, i)
        x, y, w, _ = self.box(i)
        level = y + (self.tall / 2 + 0.29) * self.size
        pen.text(GAP, x + w / 2, level, self.size, "secondary", float(self.emphasis[i]), align=0.5)


class AlignedTexts(VGroup):
    """Both texts, A above and B below; words that only one has, or that differ, are coloured.

    shown: the columns that are shown, ⋯ for others; all unless given. `.rows`: the two AlignedRows; `.names`: their
    names; `.size`: the em of the words."""

    def __init__(self, found: Aligned, *, width: float, size: float, lines: int, shown: Iterable[int] | None = None):
        runs, columns = (found.one, found.other), found.columns
        places = with_gaps(range(len(columns)) if shown is None else list(shown))
        gaps = [at for at, place in enumerate(places) if place is None]
        words = [[GAP if p is None else word_at(run, columns[p][k]) for p in places] for k, run in enumerate(runs)]
        self.rows = []
        for k, run in enumerate(runs):
            unknown = [at for at, p in enumerate(places) if p is not None and columns[p][k] in run.unknown]
            row = AlignedRow(words[k], words[1 - k], width=width - NAME, size=size, lines=lines, unknown=unknown,
                             gaps=gaps)  # fmt: skip
            for at, place in enumerate(places):
                if place is not None and not found.is_kept(columns[place]):
                    row.mark(at, "key")
            self.rows.append(row)
        self.size = self.rows[0].size
        upper, lower = self.rows
        step = upper.tall * upper.size + upper.air
        lower.move_to(upper).shift(step * DOWN)
        self.names = [Label(name, SMALLER * upper.size, "secondary") for name in ("A", "B")]
        for row, name in zip(self.rows, self.names, strict=True):
            x, y, _, h = row.box(0)
            name.move_to(row.to_scene(x - NAME / 2, y + h / 2))
        super().__init__(*self.rows, *self.names)


def telling(found: Aligned, parted: int) -> list[int]:
    """All columns, those first that must be seen: the last words, where the runs part (a common column), what differs,
    the first words; then their neighbours, nearer ones first."""
    columns, ends = found.columns, (len(found.one) - 1, len(found.other) - 1)
    last = [k for k, (i, j) in enumerate(columns) if i == ends[0] or j == ends[1]]
    differ = [k for k, column in enumerate(columns) if not found.is_kept(column)]
    marked = [*last, columns.index(found.common[parted]), *differ, 0]
    return list(dict.fromkeys([*marked, *sorted(range(len(columns)), key=lambda k: min(abs(k - m) for m in marked))]))


def word_at(run: Trace, position: int | None) -> str | None:
    return None if position is None else run.tokens[position]


__all__ = ["AlignedRow", "AlignedTexts", "telling"]
