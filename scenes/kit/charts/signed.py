"""SignedBars: numbers of either sign as bars from one line of zero. Waterfall: each begins where the last one ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil
from typing import Any

import numpy as np

from model.errors import UsageError
from model.numbers.tensor import Tensor, concatenate, stack
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Length, Place, Side
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.pen import Rectangle
from scenes.kit.ground.readings import Cell, Claim, shown_at
from scenes.kit.ground.say import Said, number
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import LABEL
from scenes.kit.numbers.decimals import Tries, decimals
from scenes.kit.words.tokens import display

TEXTS = 0.7  # of the width at most for words and numbers
AIR = 0.1  # between a bar and its number
READ = 0.24  # em of texts where there are more bars than lines of text
UNTOLD = 0.5  # opacity of a bar without a text, beside those that have one
BEGUN = 0.03  # of a bar of a sum, from which on it is seen
TRIES: Tries = ((0, 0), (0, -1), (1, -1), (2, -1))  # of a sum of many parts


class SignedBars(Painted):
    """One line a number: its word, and a bar from the line of zero, to the right above zero and to the left below it,
    with the number at its end.

    values: Tensor [n]; words: n strings (UsageError if there are not n). width, height: in scene units at most; size:
    the em. fill, below: the colours of bars above and below zero. reach: the lowest and the highest number that there
    is room for, where several lists are to have one scale (default: those of the values, and 0). label_room: width of
    the words. mark: a Tensor of one number, such as their mean, where a dashed line stands after `show_mark`. Of more
    numbers than lines can be read all have a bar, the first, the last, those of `besides` and some at even distances
    (`told`) also their word, and their number at the right edge.
    In a Transform to another list of the same words, and with CountUp, the bars grow and shrink.
    """

    values: Mix[np.ndarray]
    emphasis: Mix[np.ndarray]
    mark_opacity: Mix[float]
    mark_at: Mix[float]

    def __init__(
        self,
        values: Tensor,
        words: Sequence[str],
        *,
        width: float = 6.0,
        height: float = 4.5,
        fill: str = "positive",
        below: str = "negative",
        spec: str = "+.2f",
        size: float = LABEL,
        reach: tuple[float, float] = (0.0, 0.0),
        label_room: float = 0.0,
        mark: Tensor | None = None,
        besides: Iterable[int] = (),
    ):
        if values.shape != (len(words),):
            raise UsageError(f"SignedBars: {len(words)} words for numbers of shape {list(values.shape)}.")
        self.tensor, self.spec, self.words = values, spec, [_shown(word) for word in words]
        self.values = np.array(values.values, dtype=float)
        self.emphasis = np.ones(len(self.words))
        self.mark, self.mark_opacity, self.mark_at = mark, 0.0, 0.0 if mark is None else float(mark)
        self.roles, self.fills = (fill, below), (color(fill), color(below))
        low, high = min(self.values.min(), reach[0], 0.0), max(self.values.max(), reach[1], 0.0)
        self.pitch = min(height / len(self.words), 1.55 * size)
        self.crowded = 0.78 * self.pitch < smallest()
        self.told = self._with_texts(besides) if self.crowded else list(range(len(self.words)))
        label, left, right = self._texts(1.0, low, high, label_room)
        legible = max(smallest(), min(size, READ if self.crowded else 0.78 * self.pitch))
        self.size = max(min(legible, TEXTS * width / (label + left + right)), smallest())
        label, left, right = self._texts(self.size, low, high, label_room)
        self.label_width = label
        self.unit = max(width - label - left - right, 0.3) / ((high - low) or 1.0)
        self.zero = label + left - low * self.unit
        super().__init__(self.zero + high * self.unit + right, self.pitch * len(self.words))

    def _with_texts(self, besides: Iterable[int]) -> list[int]:
        """Which bars have a text: as many as can be read one below the other."""
        last, apart, told = len(self.words) - 1, ceil(1.3 * READ / self.pitch), list[int]()
        for i in (*besides, 0, last, *range(0, last, apart)):
            if all(abs(i - other) >= apart for other in told):
                told.append(i)
        return sorted(told)

    def _texts(self, size: float, low: float, high: float, room: float) -> tuple[float, float, float]:
        """How wide the words are, and the numbers on the left and on the right of the bars; none where no bar is."""
        words = max(typesetting.width(self.words[k], size) for k in self.told) + 0.5 * size
        each = max(typesetting.width(number(v, self.spec), size) for v in (low, high, *self.values)) + AIR
        if self.crowded:
            return max(room, words), 0.0, each
        return max(room, words), each if low < 0 else 0.0, each if high > 0 or low == 0 else 0.0

    def show_mark(self) -> SignedBars:
        """Let the line at the mark be seen."""
        self.mark_opacity = 1.0
        return self

    def mixes(self, start: SignedBars, end: SignedBars) -> bool:
        return start.words == end.words and super().mixes(start, end)

    def bar_corners(self, i: int, pad: float = 0.0) -> np.ndarray:
        """Scene corners [4, 3] of the i-th bar, clockwise from upper left."""
        return self.corners_of(self._bar(i), pad)

    def _bar(self, i: int) -> Rectangle:
        end = self.unit * float(self.values[i])
        start = self.zero + self.unit * self._start(i)
        return start + min(end, 0.0), (i + 0.16) * self.pitch, abs(end), 0.68 * self.pitch

    def _start(self, i: int) -> float:
        """The number at which the i-th bar begins."""
        return 0.0

    def _roles(self, i: int) -> tuple[str, str]:
        """The colours of a bar above and below zero."""
        return self.roles

    def _fill(self, i: int) -> np.ndarray:
        return self.fills[int(self.values[i] < 0)]

    def _seen(self, i: int) -> float:
        """How much of a bar and its number is seen."""
        return float(self.emphasis[i]) * self.has_begun(i) * (1.0 if i in self.told else UNTOLD)

    def draw(self, pen: Pen) -> None:
        for i, word in enumerate(self.words):
            (x, y, w, h), cell, seen = self._bar(i), Cell(self.tensor, (i,)), self._seen(i)
            if i in self.told:
                pen.text(word, self.label_width - 0.5 * self.size, y + h / 2, self.size, "ink", float(self.emphasis[i]),
                         align=1.0, level="letters", of=cell)  # fmt: skip
            shows = Length(cell, self.zero + self.unit * self._start(i), self.unit), Side(cell, *self._roles(i))
            pen.rectangle(x, y, max(w, 0.012), h, self._fill(i), 0.85 * seen, shows=shows)
        nought = Place(0, self.zero, self.unit)
        pen.line([(self.zero, 0.0), (self.zero, self.natural[1])], "secondary", 0.02, shows=nought)
        if self.mark is not None:
            x, place = self.zero + self.unit * self.mark_at, Place(Cell(self.mark), self.zero, self.unit)
            ends = [(x, 0.0), (x, self.natural[1])]
            pen.line(ends, "target", 0.04, self.mark_opacity, dashed=True, shows=place)
        for i in self.told:
            self._draw_number(pen, i, float(self.values[i]))

    def _draw_number(self, pen: Pen, i: int, value: float) -> None:
        """At the end of a bar, of many at the right edge; where the mark comes, it steps aside or covers the mark."""
        (x, y, w, h), seen = self._bar(i), self._seen(i)
        at, align = (x - AIR, 1.0) if value < 0 else (x + w + AIR, 0.0)
        if self.crowded:  # at the end of its bar longer ones would lie behind it
            at, align = self.natural[0], 1.0
        wide = typesetting.width(number(value, self.spec), self.size)
        left, line = at - align * wide, self.zero + self.unit * self.mark_at
        if self.mark is not None and left - 0.5 * AIR <= line <= left + wide + 0.5 * AIR:
            if self.crowded:
                plate = left - 0.03, y + 0.1 * h, wide + 0.06, 0.8 * h
                pen.rectangle(*plate, "background", 0.9 * self.mark_opacity)
            else:  # to the other side of the line
                at += self.mark_opacity * (line - AIR - at if value < 0 else line + AIR - at)
        pen.number(self.tensor, (i,), self.spec, at, y + h / 2, self.size, "secondary", seen, value=value,
                   align=align, level="letters")  # fmt: skip


def _shown(word: str) -> str:
    """A token as it is written on screen; a text with its numbers as it is."""
    return word if isinstance(word, Said) else display(word)


class Waterfall(SignedBars):
    """A sum as bars: each part begins where the one before it ended, and the total, in the last line, spans them all.

    parts: Tensor [n]; words: n strings; total: Tensor of one number = Σ parts, called `name_of_total`. The numbers get
    the decimals with which they add up as they are displayed, else the total's name gets ≈. Other arguments: as of
    SignedBars; total_fill: the colour of the total.
    """

    def __init__(
        self,
        parts: Tensor,
        words: Sequence[str],
        total: Tensor,
        name_of_total: Said,
        *,
        spec: str = "+.2f",
        total_fill: str = "logit",
        **look: Any,
    ):
        self.form = decimals([([(float(v),) for v in parts.values], float(total))], spec, TRIES)
        self.parts, self.total, self.ends = parts, total, parts.cumsum(0)
        ends = np.asarray(self.ends.values, dtype=float)
        self.bases = np.concatenate([[0.0], ends[:-1], [0.0]])
        name = Said("≈ ") + name_of_total if self.form.about else name_of_total
        everything, reach = concatenate([parts, stack([total], "part")]), (ends.min(), ends.max())
        super().__init__(everything, [*words, name], spec=self.form.parts, reach=reach, **look)
        self.total_role, self.total_fill = total_fill, color(total_fill)

    def _texts(self, size: float, low: float, high: float, room: float) -> tuple[float, float, float]:
        words, left, right = super()._texts(size, low, high, room)
        return words, 0.0, max(left, right)  # all numbers stand at the right of their bars

    def claims(self) -> list[Claim]:
        parts = tuple((shown_at(self.parts, self.form.parts, (i,)),) for i in range(len(self.parts)))
        return [Claim(parts, shown_at(self.total, self.form.total), about=self.form.about)]

    def _start(self, i: int) -> float:
        return float(self.bases[i])

    def _roles(self, i: int) -> tuple[str, str]:
        return (self.total_role, self.total_role) if i == len(self.parts) else super()._roles(i)

    def _fill(self, i: int) -> np.ndarray:
        return self.total_fill if i == len(self.parts) else super()._fill(i)

    def _grown(self, i: int) -> float:
        """How much of a bar is there while they grow, 0…1."""
        final = abs(float(self.tensor.values[i]))
        return min(abs(float(self.values[i])) / final, 1.0) if final else 1.0

    def _seen(self, i: int) -> float:
        """A bar that has not begun to grow would stand where none is yet."""
        return super()._seen(i) * float(self._grown(i) > BEGUN)

    def draw(self, pen: Pen) -> None:
        super().draw(pen)
        for i, value in enumerate(self.values[:-1]):
            x, y = self.zero + self.unit * (self._start(i) + value), (i + 0.84) * self.pitch
            place, seen = Place(Cell(self.ends, (i,)), self.zero, self.unit), float(self._grown(i) > 0.999)
            pen.line([(x, y), (x, y + 0.32 * self.pitch)], "secondary", 0.016, seen, shows=place)

    def _draw_number(self, pen: Pen, i: int, value: float) -> None:
        """At the right of a bar, whatever its sign: at its left another one may have ended. Of many, at the edge. Where
        the line of zero would go through it, beyond that."""
        (x, y, w, h), seen = self._bar(i), self._seen(i)
        tensor, spec = (self.total, self.form.total) if i == len(self.parts) else (self.parts, self.form.parts)
        index = (i,) if tensor.ndim else ()
        at, align = (self.natural[0], 1.0) if self.crowded else (x + w + AIR, 0.0)
        wide = typesetting.width(number(value, spec), self.size)
        if not self.crowded and at - AIR / 2 < self.zero < at + wide:
            at = self.zero + AIR / 2
        pen.number(tensor, index, spec, at, y + h / 2, self.size, "secondary", seen, value=value, align=align,
                   level="letters")  # fmt: skip


__all__ = ["SignedBars", "Waterfall"]
