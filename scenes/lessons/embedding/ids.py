"""Words and their ids: a sentence with a number under each word, and the list in which a tokenizer looks words up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from manim import VGroup

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.painting import Mix, Painted
from scenes.kit.ground.pen import Pen
from scenes.kit.ground.readings import Index
from scenes.kit.ground.say import say
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import LABEL, TOKEN
from scenes.kit.words.tokens import TokenNumbers, TokenRow, display

MOST = 8  # lines of a sentence


class NumberedTokens(VGroup):
    """Tokens with the numbers of `tensor` [n] below them; in the lines in which the letters are largest, words in
    balance.

    Parts: `.rows` (TokenRow) and `.numbers` (TokenNumbers), one of each a line."""

    def __init__(
        self,
        tokens: Sequence[str],
        tensor: Tensor,
        *,
        width: float,
        height: float = 9.0,
        size: float = TOKEN,
        unknown: Sequence[int] = (),
        target: int | None = None,
        spec: str = ",.0f",
        fill: str = "secondary",
        gap: float = 0.22,
    ):
        size, self.starts = self._cut(tokens, width, height, size, gap)
        ends = [*self.starts[1:], len(tokens)]
        self.rows, self.numbers = [], []
        for a, b in zip(self.starts, ends, strict=True):
            here = target - a if target is not None and a <= target < b else None
            self.rows.append(
                self._row(tokens[a:b], width, size, unknown=[k - a for k in unknown if a <= k < b], target=here)
            )
        lines = VGroup(*self.rows).arrange((0, -1, 0), buff=gap + 1.1 * size)
        for row, a, b in zip(lines, self.starts, ends, strict=True):
            self.numbers.append(TokenNumbers(row, tensor[a:b], spec, fill, least=0))
        super().__init__(*self.rows, *self.numbers)

    @staticmethod
    def _row(tokens: Sequence[str], width: float, size: float, **kwargs: Any) -> TokenRow:
        return TokenRow(tokens, width=width, size=size, **kwargs)

    def _cut(
        self, tokens: Sequence[str], width: float, height: float, size: float, gap: float
    ) -> tuple[float, list[int]]:
        """(em, where lines begin) with the largest letters; of equal ones, the fewest lines."""
        widths = np.array([typesetting.width(display(token), 1.0) + 0.75 for token in tokens])
        found = []
        for lines in range(1, min(len(tokens), MOST) + 1):
            middles = (np.cumsum(widths) - widths / 2) / widths.sum() * lines
            starts = sorted({int(np.searchsorted(middles, k)) for k in range(lines)})
            ends = [*starts[1:], len(tokens)]
            fits = min(self._row(tokens[a:b], width, size).size for a, b in zip(starts, ends, strict=True))
            found.append((round(min(fits, (height / lines - gap) / 2.3), 3), -lines, starts))
        best = max(found)
        return max(best[0], smallest()), best[2]

    def _line_of(self, i: int) -> tuple[int, int]:
        """(line, place in the line) of a token."""
        line = int(np.searchsorted(self.starts, i, side="right")) - 1
        return line, i - self.starts[line]

    def piece(self, i: int) -> TokenRow:
        """One token, lying exactly on top of this one."""
        line, place = self._line_of(i)
        return self.rows[line].piece(place)

    def edge_point(self, i: int, side: tuple[float, float]) -> np.ndarray:
        line, place = self._line_of(i)
        return self.rows[line].edge_point(place, side)

    def corners(self, i: int, pad: float = 0.0) -> np.ndarray:
        line, place = self._line_of(i)
        return self.rows[line].corners(place, pad)

    def number_place(self, i: int) -> np.ndarray:
        """Scene coordinates [3] of the number under a token."""
        line, place = self._line_of(i)
        return self.rows[line].edge_point(place, (0.5, 1.0)) + (
            0,
            -0.75 * self.numbers[line].size * self.numbers[line].zoom(),
            0,
        )

    def mark(self, i: int, role: str = "target") -> NumberedTokens:
        line, place = self._line_of(i)
        self.rows[line].mark(place, role)
        return self

    def dim_others(self, *kept: int, opacity: float = 0.25) -> NumberedTokens:
        """All tokens but these, and their numbers, step back."""
        for row, numbers, start in zip(self.rows, self.numbers, self.starts, strict=True):
            here = [i - start for i in kept if start <= i < start + len(row.words)]
            row.dim_others(*here, opacity=opacity)
            numbers.shown_opacity = row.emphasis.copy()
        return self


class WordList(Painted):
    """Entries of a vocabulary, id and word, in columns; ⋮ where some are left out.

    ids: those shown, in order; marked: those that are talked about, in the colour of the target."""

    lit: Mix[float]

    def __init__(
        self,
        vocabulary: Sequence[str],
        ids: Sequence[int],
        *,
        width: float,
        height: float,
        marked: Iterable[int] = (),
        size: float = LABEL,
    ):
        self.entries: list[int | None] = []
        for row in ids:
            last = self.entries[-1] if self.entries else None
            self.entries += [None, row] if last is not None and row > last + 1 else [row]
        self.words = {row: display(vocabulary[row]) for row in ids}
        self.marked = frozenset(marked)
        self.id_room = max(typesetting.width(f"{row:,}", 1.0) for row in ids)
        self.room = self.id_room + 0.5 + max(typesetting.width(word, 1.0) for word in self.words.values())
        self.lines, self.size = self._columns(width, height, size)
        columns = -(-len(self.entries) // self.lines)
        self.across = min(width / columns, (self.room + 1.6) * self.size)
        self.pitch = min(height / self.lines, 1.5 * self.size)
        self.lit = 0.0  # how far the marked ones have taken their colour
        super().__init__(self.across * columns, self.pitch * self.lines)

    def _columns(self, width: float, height: float, size: float) -> tuple[int, float]:
        """(lines, em) with the largest letters."""
        n = len(self.entries)
        fits = {
            lines: min(size, height / lines / 1.35, width / -(-n // lines) / (self.room + 0.7))
            for lines in range(1, n + 1)
        }
        best = max(fits, key=lambda lines: (round(fits[lines], 4), -lines))
        return best, max(fits[best], smallest())

    def _place(self, k: int) -> tuple[float, float]:
        """Where the id of the k-th entry ends, and its baseline."""
        column, line = divmod(k, self.lines)
        return (
            column * self.across + self.id_room * self.size + 0.1,
            line * self.pitch + self.pitch / 2 + 0.3 * self.size,
        )

    def id_place(self, row: int) -> np.ndarray:
        """Scene coordinates [3] of the middle of an id."""
        x, y = self._place(self.entries.index(row))
        return self.to_scene(x - typesetting.width(f"{row:,}", self.size) / 2, y - 0.3 * self.size)

    def draw(self, pen: Pen) -> None:
        for k, row in enumerate(self.entries):
            x, y = self._place(k)
            if row is None:
                for j in (-1, 0, 1):
                    at = x - 0.2 * self.size, y - 0.3 * self.size + 0.3 * j * self.size
                    pen.circle(*at, 0.05 * self.size, "secondary")
                continue
            lit = self.lit if row in self.marked else 0.0
            target = color("target")
            pen.text(say("{i}", i=row), x, y, self.size, (1 - lit) * color("secondary") + lit * target, align=1.0)
            word, ink = self.words[row], (1 - lit) * color("ink") + lit * target
            pen.text(word, x + 0.5 * self.size, y, self.size, ink, of=Index("vocab", row))


__all__ = ["NumberedTokens", "WordList"]
