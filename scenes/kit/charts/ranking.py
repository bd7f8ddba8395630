"""Ranking: what lies nearest, as bars from 0 to 1 with the cosine beside, and the place of the one that was looked
for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Length
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.pen import Fill
from scenes.kit.ground.readings import Cell
from scenes.kit.ground.say import say
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import LABEL
from scenes.kit.words.tokens import display

WORDS = 0.66  # of the width at most for words and numbers


class Ranking(Painted):
    """Words in order of a similarity. values: Tensor [n]; words: n strings; ranks: their places, 1 for the nearest
    (default 1 … n).

    A gap in the ranks is drawn as ⋮; without `numbered` the places are not written. marked: index of the one that was
    looked for, in the colour `mark`. title: stands on top. label_room: width of the words in em, lines: how many lines
    to leave room for, where several lists are to look alike. Bars start at 0 and end at 1 at the right edge; a negative
    similarity has none.
    """

    bar_opacity: Mix[np.ndarray]
    values: Mix[np.ndarray]

    def __init__(
        self,
        values: Tensor,
        words: Sequence[str],
        *,
        width: float,
        height: float,
        ranks: Sequence[int] | None = None,
        marked: int | None = None,
        mark: str = "truth",
        fill: str = "logit",
        title: str = "",
        title_fill: Fill = "ink",
        size: float = LABEL,
        spec: str = ".2f",
        label_room: float = 0.0,
        numbered: bool = True,
        lines: float = 0.0,
    ):
        self.tensor, self.spec, self.title, self.title_fill = values, spec, title, title_fill
        self.values = np.array(values.values, dtype=float)
        self.words = [display(word) for word in words]
        self.ranks = list(ranks) if ranks is not None else list(range(1, len(self.words) + 1))
        self.gaps = [i > 0 and rank > self.ranks[i - 1] + 1 for i, rank in enumerate(self.ranks)]
        lines = max(lines, self.lines_of(self.ranks)) + (1.35 if title else 0)
        self.pitch = min(height / lines, 1.6 * size)
        self.size = max(min(size, 0.74 * self.pitch), smallest())
        self.number_width = typesetting.width("−0.00", self.size) + 0.1
        self.rank_width = (
            max(typesetting.width(f"{rank:,}", self.size) for rank in self.ranks) + 0.2 if numbered else 0.0
        )
        self.label_width = (
            self.rank_width
            + max(label_room * self.size, max(typesetting.width(word, self.size) for word in self.words))
            + 0.15
        )
        if self.label_width + self.number_width > WORDS * width:  # narrow: smaller letters rather than no bars
            factor = max(WORDS * width / (self.label_width + self.number_width), smallest() / self.size)
            self.size *= factor
            self.label_width, self.number_width, self.rank_width = (
                factor * w for w in (self.label_width, self.number_width, self.rank_width)
            )
        self.title_size = (
            max(typesetting.fitting_size([str(title)], width, max(1.15 * self.size, LABEL)), smallest())
            if title
            else 0.0
        )
        self.bar_width = max(width - self.label_width - self.number_width, 0.2)
        self.rgb = np.tile(color(fill), (len(self.words), 1))
        self.ink = np.tile(color("ink"), (len(self.words), 1))
        if marked is not None:
            self.rgb[marked] = self.ink[marked] = color(mark)
        self.numbered = numbered
        self.bar_opacity = np.ones(len(self.words))
        super().__init__(width, self.pitch * lines)

    @staticmethod
    def lines_of(ranks: Sequence[int]) -> float:
        """How many lines a list takes, gaps included."""
        return len(ranks) + 0.6 * sum(b > a + 1 for a, b in pairwise(ranks))

    def _top(self, i: int) -> float:
        return self.pitch * (i + 0.6 * sum(self.gaps[: i + 1]) + (1.35 if self.title else 0))

    def word_place(self, i: int) -> np.ndarray:
        """Scene coordinates [3] of the middle of a word."""
        return self.to_scene(self.label_width - 0.15, self._top(i) + self.pitch / 2)

    def draw(self, pen: Pen) -> None:
        if self.title:
            pen.text(self.title, 0, 0.8 * self.title_size, self.title_size, self.title_fill)
        for i, word in enumerate(self.words):
            self._draw_line(pen, i, word)

    def _draw_line(self, pen: Pen, i: int, word: str) -> None:
        top, seen = self._top(i), float(self.bar_opacity[i])
        base = top + self.pitch / 2 + 0.29 * self.size
        if self.gaps[i]:
            for k in (-1, 0, 1):
                pen.circle(self.label_width - 0.3, top + (-0.3 + 0.16 * k) * self.pitch, 0.025, "secondary", seen)
        if self.numbered:
            size = 0.85 * self.size if 0.85 * self.size > smallest() else self.size
            pen.text(say("{r}", r=self.ranks[i]), self.rank_width - 0.15, base, size, "secondary", seen, align=1.0)
        pen.text(word, self.rank_width, base, self.size, self.ink[i], seen, of=Cell(self.tensor, (i,)))
        w, box = self.bar_width * max(min(self.values[i], 1.0), 0.0), (top + 0.16 * self.pitch, 0.68 * self.pitch)
        length = Length(Cell(self.tensor, (i,)), self.label_width, self.bar_width) if self.values[i] >= 0 else None
        pen.rectangle(self.label_width, box[0], max(w, 0.012), box[1], self.rgb[i], 0.85 * seen, shows=length)
        at = self.label_width + w + 0.1, base, self.size
        pen.number(self.tensor, (i,), self.spec, *at, "ink", seen, value=self.values[i])


__all__ = ["Ranking"]
