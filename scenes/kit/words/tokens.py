"""The sentence on screen: tokens in boxes, on one baseline, and numbers under them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.pen import LEVELS, Rectangle
from scenes.kit.ground.say import number
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import TOKEN

NUMBER = 0.72  # em of a number by that of its token
LONGEST = 16  # characters of a token that are shown

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@lru_cache(maxsize=1 << 16)  # the words of a large vocabulary
def display(token: str) -> str:
    """How a token is written on screen: without its leading space, control characters visible, long ones cut.

    >>> display(" forest"), display("\\n"), display("\\x07"), display("a" * 20)
    ('forest', '\\\\n', '<0x07>', 'aaaaaaaaaaaaaaa…')
    """
    word = token.strip(" ").replace("\n", "\\n").replace("\t", "\\t") or "␣"
    word = CONTROL.sub(lambda found: f"<0x{ord(found[0]):02X}>", word)
    return word if len(word) <= LONGEST else word[: LONGEST - 1] + "…"


class TokenRow(Painted):
    """Tokens as boxes in reading order, in as few lines as fit in `width`; with `down`, one below the other.

    emphasis: opacity of each token; tint: its colour. `target`: index of the token that is talked about (yellow).
    `unknown`: indices that the model cannot tell apart (read as <unk>), drawn with a dashed edge. `numbered`: leaves
    room between lines for TokenNumbers in their full size; they fit without it, too, in smaller letters. `least`: the
    least width of a box, in which its number has room, or of each box. `shown`: the positions that have a box (default:
    all), ⋯ stands for each run of others.
    """

    emphasis: Mix[np.ndarray]
    tint: Mix[np.ndarray]
    edge: Mix[np.ndarray]

    def __init__(
        self,
        tokens: Sequence[str],
        *,
        width: float = 13.0,
        height: float = 5.0,
        size: float = TOKEN,
        lines: int = 1,
        target: int | None = None,
        unknown: Iterable[int] = (),
        down: bool = False,
        gap: float = 0.14,
        numbered: bool = False,
        least: float | Sequence[float] = 0.0,
        shown: Iterable[int] | None = None,
    ):
        self.tokens = tuple(tokens)
        self.shown: Sequence[int] = range(len(self.tokens)) if shown is None else sorted(shown)
        self.least = [least] * len(tokens) if isinstance(least, (int, float)) else list(least)
        self.words = [display(token) for token in tokens]
        self.spaced = [token.startswith(" ") for token in tokens]
        crowded = len(self.words) > 13 and lines == 1  # less air in and between the boxes, for larger letters
        self.unknown, self.down, self.numbered = frozenset(unknown), down, numbered
        self.gap, self.pad, self.tall = (0.05, 0.12, 1.18) if crowded else (gap, 0.2, 1.42)
        self.air = max(self.gap, smallest())
        self.emphasis = np.ones(len(self.words))
        self.tint = np.tile(color("ink"), (len(self.words), 1))
        self.edge = np.tile(color("box_edge"), (len(self.words), 1))
        if target is not None:
            self.mark(target)
        self.size = size
        while True:
            self.boxes = self._place(width)
            right = max(x + w for x, _, w in self.boxes)
            fits = self._line_count() <= lines and right <= width + 1e-6
            if down:
                fits = right <= width and self._line_count() * self._line_height() <= height + self.between
            if fits or self.size <= smallest():  # in more lines rather than in letters that nobody can read
                break
            self.size = max(0.97 * self.size, min(smallest(), self.size))
        self._center_lines(right)
        super().__init__(right, self._line_count() * self._line_height() - self.between)

    def mixes(self, start: TokenRow, end: TokenRow) -> bool:
        same = start.words == end.words and list(start.shown) == list(end.shown)
        return same and super().mixes(start, end)

    @property
    def between(self) -> float:
        """The room between two lines, in which the smallest number fits at least."""
        if self.down:
            return self.gap
        return max(self.air, 1.2 * NUMBER * self.size if self.numbered else 0.0)

    def _line_height(self) -> float:
        return self.tall * self.size + self.between

    def _line_count(self) -> int:
        return 1 + max(line for _, line, _ in self.boxes)

    def _place(self, width: float) -> list[tuple[float, int, float]]:
        """(x, line, width) of every box; of words that are not shown, that of their ⋯."""
        boxes: list[tuple[float, int, float]] = []
        x, line, there = 0.0, 0, set(self.shown)
        for i in range(len(self.words)):
            if i and not {i - 1, i} & there:
                boxes.append(boxes[-1])
                continue
            w = max(self._own_width(i), self.least[i]) if i in there else 2 * typesetting.width("⋯", self.size)
            if i and (self.down or x + w > width):
                x, line = 0.0, line + 1
            boxes.append((x, line, w))
            x += w + self.gap * min(1.0, self.size / 0.3)
        return boxes

    def _own_width(self, i: int) -> float:
        """What a word takes, with the air at its sides."""
        lead = 0.22 * self.size if self.spaced[i] else 0.0
        return typesetting.width(self.words[i], self.size) + 2 * self.pad * self.size + lead

    def _center_lines(self, right: float) -> None:
        if self.down:
            return
        ends: dict[int, float] = {}
        for x, line, w in self.boxes:
            ends[line] = max(ends.get(line, 0), x + w)
        self.boxes = [(x + (right - ends[line]) / 2, line, w) for x, line, w in self.boxes]

    def mark(self, index: int, role: str = "target") -> TokenRow:
        """Colour one token (the target, a query, a key …)."""
        self.tint[index], self.edge[index] = color(role), color(role)
        return self

    def marked(self, index: int, role: str = "target") -> TokenRow:
        """The same row with this token coloured and no other: what it becomes when the talk goes on to it."""
        twin: TokenRow = self.copy()
        twin.tint[:], twin.edge[:] = color("ink"), color("box_edge")
        return twin.mark(index, role)

    def dim_others(self, *kept: int, opacity: float = 0.25) -> TokenRow:
        self.emphasis = np.array([1.0 if i in kept else opacity for i in range(len(self.words))])
        return self

    def show_only(self, count: int) -> TokenRow:
        """Lay out all tokens, but show only the first `count`: room for a text that grows."""
        self.emphasis = np.array([1.0 if i < count else 0.0 for i in range(len(self.words))])
        return self

    def piece(self, i: int) -> TokenRow:
        """One token as a row of its own, lying exactly on top of this one: what flies away or arrives."""
        twin = TokenRow(
            [self.tokens[i]],
            width=math.inf,
            size=self.size,
            unknown=[0] if i in self.unknown else (),
            least=self.least[i : i + 1],
        )
        twin.tint, twin.edge = self.tint[i : i + 1].copy(), self.edge[i : i + 1].copy()
        corners = self.corners(i)
        return twin.scale(self.zoom()).move_to((corners[0] + corners[2]) / 2)

    def box(self, i: int) -> Rectangle:
        """x, y, w, h of a token's box in local units."""
        x, line, w = self.boxes[i]
        return x, line * self._line_height(), w, self.tall * self.size

    def edge_point(self, i: int, side: tuple[float, float]) -> np.ndarray:
        """Scene point on a box: side (½, 0) is the middle of its top, (½, 1) of its bottom, (1, ½) of its right."""
        x, y, w, h = self.box(i)
        return self.to_scene(x + side[0] * w, y + side[1] * h)

    def corners(self, i: int, pad: float = 0.0) -> np.ndarray:
        """Scene corners [4, 3] of a token's box, clockwise from upper left."""
        return self.corners_of(self.box(i), pad)

    def draw(self, pen: Pen) -> None:
        for x, y, w, _ in dict.fromkeys(self.box(i) for i in range(len(self.words)) if i not in self.shown):
            pen.text("⋯", x + w / 2, y + (self.tall / 2 + 0.29) * self.size, self.size, "secondary", align=0.5)
        for i in self.shown:
            self._draw_token(pen, i)

    def _draw_token(self, pen: Pen, i: int) -> None:
        x, y, w, h = self.box(i)
        opacity = float(self.emphasis[i])
        pen.rectangle(x, y, w, h, "box", opacity, radius=0.14 * self.size)
        pen.frame(x, y, w, h, self.edge[i], 0.018, opacity, radius=0.14 * self.size, dashed=i in self.unknown)
        lead = 0.22 * self.size if self.spaced[i] else 0.0
        if lead:
            pen.rectangle(
                x + 0.1 * self.size, y + 1.02 * self.size, 0.22 * self.size, 0.03 * self.size, "secondary", opacity
            )
        pen.text(
            self.words[i],
            x + (w - self._own_width(i)) / 2 + self.pad * self.size + lead,
            y + (self.tall / 2 + 0.29) * self.size,
            self.size,
            self.tint[i],
            opacity,
        )


class Words(Protocol):
    """A row of words under which numbers can stand: a TokenRow, or a SentenceStrip, which may show some of them."""

    down: bool

    @property
    def shown(self) -> Sequence[int]: ...
    @property
    def size(self) -> float: ...
    @property
    def between(self) -> float: ...
    @property
    def natural(self) -> tuple[float, float]: ...
    def box(self, i: int, /) -> Rectangle: ...
    def zoom(self) -> float: ...
    def to_scene(self, x: float, y: float, /) -> np.ndarray: ...


class TokenNumbers(Painted):
    """One number under (or, for a column of tokens, beside) each token that a row shows: weights, ids, norms …

    Numbers whose displayed value is below `least` are left out, as in "3% … 60%". Under a row of several lines they
    stand between the lines, in letters that fit there (`TokenRow(…, numbered=True)` leaves room for large ones)."""

    values: Mix[np.ndarray]
    shown_opacity: Mix[np.ndarray]

    def __init__(self, row: Words, tensor: Tensor, spec: str = ".0%", fill: str = "probability", least: float = 0.005):
        self.row_boxes = {i: row.box(i) for i in row.shown}
        self.down, self.tensor, self.spec, self.least = row.down, tensor, spec, least
        self.values = np.asarray(tensor.values, dtype=float)
        self.shown_opacity = np.ones(len(self.values))
        self.rgb = color(fill)
        size = NUMBER * row.size
        self.between = math.inf if len({y for _, y, _, _ in self.row_boxes.values()}) == 1 else row.between
        self.ink = self._ink()
        self.size = max(size if self.down else self._size_without_touching(size), smallest())
        width = (
            row.natural[0]
            if not self.down
            else max(typesetting.width(number(v, self.spec), self.size) for v in self.values)
        )
        super().__init__(width, row.natural[1] if self.down else row.natural[1] + 1.3 * self.size)
        self.scale(row.zoom())
        self.row_width = row.natural[0]
        ul = row.to_scene(0, 0)
        self.shift(
            row.to_scene(self.row_width + 0.15, 0) - self.to_scene(0, 0) if self.down else ul - self.to_scene(0, 0)
        )

    def _size_without_touching(self, size: float) -> float:
        """The em at which neighbouring numbers keep a gap."""
        shown = [i for i in self.row_boxes if abs(self.values[i]) >= self.least]
        middles = [self.row_boxes[i][0] + self.row_boxes[i][2] / 2 for i in shown]
        widths = [typesetting.width(number(self.values[i], self.spec), 1.0) for i in shown]
        pairs = zip(pairwise(middles), pairwise(widths), strict=True)
        room = [(b - a) / (0.35 + (u + v) / 2) for (a, b), (u, v) in pairs if b > a]
        return min([size, *room, 0.9 * self.between / (self.ink[1] - self.ink[0])])

    def _ink(self) -> tuple[float, float]:
        """How far the numbers reach above and below their baseline, in ems, y down."""
        texts = [number(value, self.spec) for value in self.values]
        _, top, _, bottom = typesetting.outline("".join(["0123456789", *texts])).ink
        return top / typesetting.EM, bottom / typesetting.EM

    def _drop(self) -> float:
        """From a box to the baseline of its number: in the middle between two lines, if they are near."""
        top, bottom = self.ink
        return min(1.05 * self.size, (self.between - (top + bottom) * self.size) / 2)

    def spot(self, i: int) -> tuple[float, float]:
        """Where the i-th number begins (in a column) or has its middle, and its baseline, in local units."""
        x, y, w, h = self.row_boxes[i]
        return (0.0, y + 0.5 * h + LEVELS["letters"] * self.size) if self.down else (x + w / 2, y + h + self._drop())

    def draw(self, pen: Pen) -> None:
        for i in self.row_boxes:
            if abs(value := self.values[i]) >= self.least:
                (x, base), align = self.spot(i), 0.0 if self.down else 0.5
                how = (self.size, self.rgb, float(self.shown_opacity[i]))
                pen.number(self.tensor, (i,), self.spec, x, base, *how, value=value, align=align)
