"""Words and their ids: a sentence with a number under each word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from manim import VGroup

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.say import number
from scenes.kit.ground.style import smallest
from scenes.kit.ground.text import TOKEN
from scenes.kit.words.tokens import TokenNumbers, TokenRow, display

MOST = 8  # lines of a sentence
CROWDED = 40  # words; of more, short ones stand so near that the least numbers would touch
AIR = 0.35  # em between two numbers
BELOW, LINE = 1.1, 2.3  # em of a number with its air, and of a line of words with their numbers


def room_of(numbers: Tensor, spec: str) -> np.ndarray:
    """The room that each of some numbers takes in the smallest letters, with air at its sides."""
    size = smallest()
    return np.array([typesetting.width(number(float(one), spec), size) + AIR * size for one in numbers.values])


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
        largest, none = size, np.zeros(len(tokens))
        for self.least in (none if len(tokens) <= CROWDED else room_of(tensor, spec), none):
            size, self.starts = self._cut(tokens, width, height, largest, gap)
            ends = [*self.starts[1:], len(tokens)]
            lines = [self._row(tokens, a, b, width, size) for a, b in zip(self.starts, ends, strict=True)]
            if all(row.boxes[-1][1] == 0 for row in lines):  # no line has become two
                break
        self.rows, self.numbers = [], []
        for a, b in zip(self.starts, ends, strict=True):
            here = target - a if target is not None and a <= target < b else None
            self.rows.append(
                self._row(tokens, a, b, width, size, unknown=[k - a for k in unknown if a <= k < b], target=here)
            )
        stacked = VGroup(*self.rows).arrange((0, -1, 0), buff=gap + BELOW * size)
        for row, a, b in zip(stacked, self.starts, ends, strict=True):
            self.numbers.append(TokenNumbers(row, tensor[a:b], spec, fill, least=0))
        super().__init__(*self.rows, *self.numbers)

    def _row(self, tokens: Sequence[str], a: int, b: int, width: float, size: float, **kwargs: Any) -> TokenRow:
        return TokenRow(tokens[a:b], width=width, size=size, least=self.least[a:b].tolist(), **kwargs)

    def _cut(
        self, tokens: Sequence[str], width: float, height: float, size: float, gap: float
    ) -> tuple[float, list[int]]:
        """(em, where lines begin) with the largest letters; of equal ones, the fewest lines."""
        widths = np.maximum([typesetting.width(display(token), 1.0) + 0.75 for token in tokens], self.least / size)
        found, crowded = [], bool(self.least.any())
        for lines in range(1, min(len(tokens), MOST) + 1):
            middles = (np.cumsum(widths) - widths / 2) / widths.sum() * lines
            starts = sorted({int(np.searchsorted(middles, k)) for k in range(lines)})
            ends = [*starts[1:], len(tokens)]
            rows = [self._row(tokens, a, b, width, size) for a, b in zip(starts, ends, strict=True)]
            line = max(row.tall for row in rows) + BELOW if crowded else LINE  # of many words every bit of room counts
            room = ((height + gap * crowded) / lines - gap) / line
            fits = not crowded or room >= smallest() and all(row.boxes[-1][1] == 0 for row in rows)
            found.append((fits, round(min(*[row.size for row in rows], room), 3), -lines, starts))
        best = max(found)
        return max(best[1], smallest()), best[3]

    def is_like(self, other: NumberedTokens) -> bool:
        """Whether it is the same in another size: in the same lines, its boxes as wide as their words."""
        return self.starts == other.starts and not self.least.any()

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


__all__ = ["NumberedTokens"]
