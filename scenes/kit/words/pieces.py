"""A text in pieces, whatever they are (bytes, pieces of words, words), and how it goes from one cut to another."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from model.numbers.tensor import Tensor
from model.study.pieces import Cut, spans
from model.text.bpe import as_bytes, as_text
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Shade
from scenes.kit.ground.painting import Mix, Painted
from scenes.kit.ground.pen import Pen, Rectangle
from scenes.kit.ground.readings import Cell, Index, Of
from scenes.kit.ground.say import number
from scenes.kit.ground.style import color, smallest

NUMBER = 0.7  # em of an id by that of its piece
BLANK = 0.34  # em: the width of a blank
PAD, TALL, UNDER = 0.16, 1.42, 1.15  # em: beside the letters, height of a box, room for an id by its em
SPEC = ",.0f"
LONG = 18  # bytes without a blank that stay in one line


@dataclass(frozen=True)
class Part:
    """A piece of a text: where it begins in its bytes, what they are. index: of its id, if it has one.

    unit: what it stays in one line with."""

    start: int
    data: bytes
    unit: int
    index: int | None = None

    @property
    def end(self) -> int:
        return self.start + len(self.data)

    @property
    def letters(self) -> str | None:
        """As it is written; None for bytes that are no text by themselves."""
        text = as_text(self.data)
        return None if "�" in text else text


def parts_of(cut: Cut) -> list[Part]:
    """The pieces of a cut, each with its id."""
    starts, units = np.cumsum([0, *map(len, cut.pieces)]), units_of(cut.text)
    pieces = zip(starts, cut.pieces, strict=False)
    return [Part(int(start), piece, bisect(units, start), k) for k, (start, piece) in enumerate(pieces)]


def words_of(text: str, tokens: Sequence[str], numbered: bool = True) -> list[Part]:
    """The tokens of a run, and the blanks between them. numbered: whether tokens have ids; blanks have none."""
    data, units, parts, at = as_bytes(text), units_of(text), list[Part](), 0
    for k, (start, end) in enumerate(spans(text, tokens)):
        if start > at:
            parts.append(Part(at, data[at:start], bisect(units, at)))
        parts.append(Part(start, data[start:end], bisect(units, start), k if numbered else None))
        at = end
    return parts


def units_of(text: str) -> list[int]:
    """The bytes at which a line may begin: at every blank, and anywhere in what has none for a long time."""
    found, at = [0], 0
    for chunk in re.findall(r" *[^ ]+| +", text):
        signs = [len(as_bytes(sign)) for sign in chunk]
        ends = [at + sum(signs[: k + 1]) for k in range(len(signs))] if sum(signs) > LONG else []
        at += sum(signs)
        found += [*ends, at]
    return sorted(set(found) - {at})


class PieceRow(Painted):
    """A text in pieces, in reading order, each in its box with its number below; blanks are seen as ⎵.

    parts: `parts_of(cut)` or `words_of(text, tokens)`. ids: Tensor [position], or None. bits: Tensor [byte, bit]; what
    is no text by itself is shown by them, a square for each. width, height: the room; size: the largest em. plain: no
    boxes, as text is written. breaks: the bytes at which lines begin, where they are to be those of another row
    (`line_starts`). What does not fit in the smallest letters is left out, after ⋯ (`shown`: how many parts
    are there). emphasis: opacity of each part; tint: its colour;
    number_opacity: of all numbers."""

    emphasis: Mix[np.ndarray]
    tint: Mix[np.ndarray]
    number_opacity: Mix[float]

    def __init__(
        self,
        parts: Sequence[Part],
        ids: Tensor | None = None,
        *,
        width: float,
        height: float = 5.0,
        size: float = 0.6,
        bits: Tensor | None = None,
        plain: bool = False,
        align: float = 0.5,
        breaks: Sequence[int] = (),
    ):
        self.parts, self.ids, self.bits, self.plain = list(parts), ids, bits, plain
        self.align, self.shown, self.breaks = align, len(self.parts), list(breaks)
        self.size = size
        while not self._place(width, height) and self.size > smallest():
            self.size = max(0.96 * self.size, smallest())
        while not self._place(width, height) and self.shown > 1:
            self.shown -= 1
        self.emphasis = np.ones(len(self.parts))
        self.tint = np.tile(color("ink"), (len(self.parts), 1))
        self.number_opacity = 1.0
        super().__init__(self.reach, self.line_height * self.lines - self.between)

    # ── layout ───────────────────────────────────────────────────────────────────────────────────
    @property
    def numbered(self) -> bool:
        return self.ids is not None and any(part.index is not None for part in self.parts)

    @property
    def number_size(self) -> float:
        return max(NUMBER * self.size, smallest())

    @property
    def between(self) -> float:
        return 0.4 * self.size

    @property
    def line_height(self) -> float:
        return TALL * self.size + (UNDER * self.number_size if self.numbered else 0.0) + self.between

    def _place(self, width: float, height: float) -> bool:
        """Lays out the boxes in lines; whether they fit."""
        lines, reach = [[]], [0.0]  # type: tuple[list[list[tuple[float, float]]], list[float]]
        for word in self._units():
            wide = [self._width(part) for part in word]
            gap = (0.0 if self.plain else 0.22) * self.size
            total = sum(wide) + self._gap * (len(word) - 1)
            full = reach[-1] + gap + total > width
            if self.breaks:
                full = bisect(self.breaks, word[0].start) > len(lines)
            if lines[-1] and full:
                lines.append([])
                reach.append(0.0)
            x = reach[-1] + gap * bool(lines[-1])
            for w in wide:
                lines[-1].append((x, w))
                x += w + self._gap
            reach[-1] = x - self._gap
        self.lines, self.reach = len(lines), max(reach)
        self.boxes = [
            (x + self.align * (self.reach - end), line, w)
            for line, (row, end) in enumerate(zip(lines, reach, strict=True))
            for x, w in row
        ]
        dots = 0.0 if self.shown == len(self.parts) else 1.2 * self.size
        return self.reach + dots <= width + 1e-6 and self.line_height * self.lines - self.between <= height + 1e-6

    @property
    def line_starts(self) -> list[int]:
        """The bytes at which its lines begin."""
        places = [[k for k, box in enumerate(self.boxes) if box[1] == line] for line in range(self.lines)]
        return [self.parts[line[0]].start for line in places]

    def _units(self) -> Iterator[list[Part]]:
        word: list[Part] = []
        for part in self.parts[: self.shown]:
            if word and part.unit != word[-1].unit:
                yield word
                word = []
            word.append(part)
        if word:
            yield word

    @property
    def _gap(self) -> float:
        """Between two parts of a word."""
        return 0.0 if self.plain else 0.08 * self.size

    def _width(self, part: Part) -> float:
        wide = self._advance(part, len(part.data)) + (0.0 if self.plain else 2 * PAD * self.size)
        if self.ids is None or part.index is None:
            return wide
        return max(wide, typesetting.width(self._number(part), self.number_size) + 0.12 * self.size)

    def _number(self, part: Part) -> str:
        assert self.ids is not None and part.index is not None
        return number(float(self.ids.values[part.index]), SPEC)

    def _advance(self, part: Part, count: int) -> float:
        """How wide the first `count` bytes of a part are."""
        if part.letters is None:
            return 0.62 * self.size * count
        before = as_text(part.data[:count])
        if "�" in before:  # within a sign of several bytes
            return self._advance(part, len(part.data)) * count / len(part.data)
        bare = before.lstrip(" ")
        return (len(before) - len(bare)) * BLANK * self.size + typesetting.width(bare, self.size)

    def value(self, k: int) -> float | None:
        """The number of a part."""
        index = self.parts[k].index
        return None if self.ids is None or index is None else float(self.ids.values[index])

    def box(self, k: int) -> Rectangle:
        """x, y, w, h of a part's box in local units."""
        x, line, w = self.boxes[k]
        return x, line * self.line_height, w, TALL * self.size

    def corners(self, k: int, pad: float = 0.0) -> np.ndarray:
        """Scene corners [4, 3] of a part's box, clockwise from upper left."""
        return self.corners_of(self.box(k), pad)

    def number_place(self, k: int) -> np.ndarray:
        """Scene coordinates [3] of the middle of a part's number."""
        x, y, w, h = self.box(k)
        return self.to_scene(x + w / 2, y + h + 0.56 * self.number_size)

    def stretch_of(self, k: int, start: int, end: int) -> tuple[float, float]:
        """From where to where, in local units, some bytes of a part lie in it (counted from the text's beginning)."""
        part, (x, _, w, _) = self.parts[k], self.box(k)
        left = x + (w - self._advance(part, len(part.data))) / 2
        a, b = (left + self._advance(part, at - part.start) for at in (start, end))
        return (x if start == part.start else a), (x + w if end == part.end else b)

    # ── looks ────────────────────────────────────────────────────────────────────────────────────
    def mixes(self, start: PieceRow, end: PieceRow) -> bool:
        return (start.parts, start.shown, start.plain) == (end.parts, end.shown, end.plain) and super().mixes(
            start, end
        )

    def mark(self, *places: int, role: str = "target") -> PieceRow:
        """Colour some parts."""
        self.tint[list(places)] = color(role)
        return self

    def dim_others(self, *kept: int, opacity: float = 0.25) -> PieceRow:
        """All parts but these step back."""
        self.emphasis = np.array([1.0 if k in kept else opacity for k in range(len(self.parts))])
        return self

    # ── drawing ──────────────────────────────────────────────────────────────────────────────────
    def boxed(self, k: int) -> bool:
        """Whether a part has a box: blanks between words have none."""
        part = self.parts[k]
        return not self.plain and bool(part.index is not None or part.data.strip(b" "))

    def draw(self, pen: Pen) -> None:
        for k, part in enumerate(self.parts[: self.shown]):
            (x, y, w, h), opacity = self.box(k), float(self.emphasis[k])
            if self.boxed(k):
                draw_box(pen, (x, y, w, h), self.size, opacity, self.tint[k])
            of = None if self.ids is None or part.index is None else Cell(self.ids, (part.index,))
            self.draw_letters(pen, part, x + w / 2, y, self.size, self.tint[k], opacity, of)
            self.draw_number(pen, k, x + w / 2, y + h, self.number_size, opacity)
        if self.shown < len(self.parts):
            x, y, w, h = self.box(self.shown - 1)
            pen.text("⋯", x + w + 0.2 * self.size, y + h / 2, self.size, "secondary", level="words")

    def draw_letters(
        self,
        pen: Pen,
        part: Part,
        middle: float,
        top: float,
        size: float,
        tint: np.ndarray,
        opacity: float,
        of: Of = None,
    ) -> None:
        """What a part of the text is, around a middle: letters after ⎵ for a blank, or its bits."""
        x = middle - size / self.size * self._advance(part, len(part.data)) / 2
        if part.letters is None:
            for n in range(len(part.data)):
                self._draw_bits(pen, part.start + n, x + 0.62 * n * size, top, size, opacity)
            return
        bare = part.letters.lstrip(" ")
        blanks = len(part.letters) - len(bare)
        for n in range(blanks):
            draw_blank(pen, x + n * BLANK * size, top + 1.0 * size, size, opacity)
        at = x + blanks * BLANK * size, top + (TALL / 2 + 0.29) * size
        pen.text(bare, *at, size, tint, opacity, of=of or Index("byte", part.start))

    def _draw_bits(self, pen: Pen, byte: int, x: float, top: float, size: float, opacity: float) -> None:
        """Eight squares, two rows of four, bright for 1."""
        if self.bits is None:
            return
        side, hue = 0.125 * size, color("key")
        for bit, value in enumerate(self.bits.values[byte]):
            row, column = divmod(bit, 4)
            at = x + 0.05 * size + column * 1.05 * side, top + (TALL / 2 - 0.27) * size + row * 2.2 * side
            fill = color("cell") + (hue - color("cell")) * float(value)
            shows = Shade(Cell(self.bits, (byte, bit)), 1.0, "key")
            pen.rectangle(*at, 0.94 * side, 2 * side, fill, opacity, shows=shows)

    def draw_number(self, pen: Pen, k: int, middle: float, bottom: float, size: float, opacity: float) -> None:
        """The id of a part, below its box."""
        index = self.parts[k].index
        if self.ids is not None and index is not None and opacity > 0:
            how = (size, "secondary", opacity * self.number_opacity)
            pen.number(self.ids, (index,), SPEC, middle, bottom + 0.9 * size, *how, align=0.5)


def draw_box(pen: Pen, box: Rectangle, size: float, opacity: float, tint: np.ndarray | None = None) -> None:
    """The box around a piece; its edge has the colour of what is talked about."""
    edge = color("box_edge") if tint is None or np.allclose(tint, color("ink")) else tint
    pen.rectangle(*box, "box", opacity, radius=0.14 * size)
    pen.frame(*box, edge, 0.018, opacity, radius=0.14 * size)


def draw_blank(pen: Pen, x: float, y: float, size: float, opacity: float) -> None:
    """⎵, in the room of a blank."""
    left, right, up = x + 0.04 * size, x + (BLANK - 0.04) * size, y - 0.13 * size
    pen.line([(left, up), (left, y), (right, y), (right, up)], "secondary", max(0.035 * size, 0.012), opacity)


__all__ = ["Part", "PieceRow", "draw_blank", "draw_box", "parts_of", "words_of"]
