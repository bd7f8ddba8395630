"""Drawing a word: all probabilities end to end, and the random number that falls on one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from manim import linear

from model.numbers.tensor import Tensor
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Encoding, Place
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell
from scenes.kit.ground.say import Said, number, say
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import LABEL
from scenes.kit.ground.theme import legible_on
from scenes.kit.ground.timing import Together, ease, stagger
from scenes.kit.numbers.decimals import read
from scenes.kit.numbers.frames import Plate
from scenes.kit.words.tokens import display

if TYPE_CHECKING:
    from model.runs.sampling import Turn

SEAM = 0.02  # between two words, where there is room
ABOVE, BELOW = 2.3, 1.3  # em, for what stands above and below the bar
THINNEST, HAIR = 0.03, 0.015  # scene units: narrower slices are drawn as one, those of named words not at all


class CumulativeBar(Painted):
    """A bar from 0 to 1 in which every word has an interval as wide as its probability, likeliest first.

    turn: a turn of `model.runs.sampling.generate`. The first `named` words have the colour of their bars, all others
    are grey, the one that was drawn is pink; a word is written where it fits. `aim` shows u above the bar, `land` lets
    it fall, `pick` lights up the interval that it fell into, with its two ends as numbers: lower ≤ u < upper; `settle`
    leaves it lit without numbers. `window`: the part of 0…1 that is shown (a lens).
    """

    edges: Mix[np.ndarray]
    u: Mix[float]
    aimed: Mix[float]
    landed: Mix[float]
    picked: Mix[float]
    turn: Mix[Turn]
    spec: Mix[str]
    fades = ("turn",)

    def __init__(
        self,
        turn: Turn,
        labels: Sequence[str],
        *,
        width: float,
        height: float = 0.5,
        named: int = 8,
        size: float = LABEL,
        fill: str = "probability",
        window: tuple[float, float] = (0.0, 1.0),
    ):
        self.turn, self.labels, self.named, self.bar, self.fill, self.range = (
            turn,
            labels,
            named,
            height,
            color(fill),
            window,
        )
        self.size = max(min(size, 0.72 * height), smallest())
        self.edges = np.concatenate([[0.0], np.asarray(turn.cumulative.values, dtype=float)])
        self.u = float(self._random)
        self.spec = telling_apart(turn.lower, self._random, turn.upper)
        self.aimed = self.landed = self.picked = 0.0
        self.top = ABOVE * self.size
        super().__init__(width, self.room(height, self.size))

    @property
    def _random(self) -> Tensor:
        """The random number; a turn that took the likeliest word has none."""
        if self.turn.u is None:
            raise ValueError("a turn without a random number has nothing that could fall on the bar")
        return self.turn.u

    @staticmethod
    def room(height: float, size: float) -> float:
        """The height of all: the bar, u above it, the numbers below it."""
        return height + (ABOVE + BELOW) * size

    # ── states: each returns the bar, for .animate ───────────────────────────────────────────────
    def aim(self) -> CumulativeBar:
        self.aimed = 1.0
        return self

    def land(self) -> CumulativeBar:
        self.aimed = self.landed = 1.0
        return self

    def pick(self) -> CumulativeBar:
        self.aimed = self.landed = self.picked = 1.0
        return self

    def settle(self) -> CumulativeBar:
        """The interval stays lit, u and the numbers go."""
        self.aimed, self.landed, self.picked = 0.0, 1.0, 1.0
        return self

    def interpolate_color(self, start: Painted, end: Painted, alpha: float) -> Painted:
        """As all that is painted; but u of another turn comes and goes where it is, and does not slide there, and no
        word is picked while the intervals move under u."""
        super().interpolate_color(start, end, alpha)
        if isinstance(start, CumulativeBar) and isinstance(end, CumulativeBar) and start.turn is not end.turn:
            self.picked *= max(0.0, 4 * abs(alpha - 0.5) - 1)
            if start.u != end.u:
                shown = end if alpha >= 0.5 else start
                self.u, self.aimed = shown.u, shown.aimed * abs(1 - 2 * alpha)
        return self

    # ── where things are ─────────────────────────────────────────────────────────────────────────
    def _x(self, value: float) -> float:
        low, high = self.range
        return self.natural[0] * (value - low) / (high - low)

    def interval_corners(self, low: float, high: float) -> np.ndarray:
        """Scene corners [4, 3] (clockwise from upper left) of a part of the bar."""
        a, b = self._x(max(low, self.range[0])), self._x(min(high, self.range[1]))
        return self.corners_of((a, self.top, b - a, self.bar))

    def word_corners(self, place: int) -> np.ndarray:
        """Scene corners [4, 3] of the interval of the word at that place of the ranking."""
        return self.interval_corners(self.edges[place], self.edges[place + 1])

    # ── painting ─────────────────────────────────────────────────────────────────────────────────
    def draw(self, pen: Pen) -> None:
        y, h = self.top, self.bar
        low, high = self.range
        pen.rectangle(0, y, self._x(min(self.edges[-1], high)), h, "faint", 0.55)
        for place in np.flatnonzero((self.edges[1:] > low) & (self.edges[:-1] < high)):
            a, b = max(self._x(self.edges[place]), 0.0), min(self._x(self.edges[place + 1]), self.natural[0])
            if b - a < (HAIR if place < self.named else THINNEST) and place != self.turn.place:
                if place >= self.named:
                    break  # from here on all are thinner
                continue
            self._draw_word(pen, int(place), a, b)
        self._draw_rest(pen)
        self._draw_u(pen)
        self._draw_ends(pen)

    def _draw_word(self, pen: Pen, place: int, a: float, b: float) -> None:
        shade = 0.6 + 0.4 * min(1.0, (self.edges[place + 1] - self.edges[place]) / max(self.edges[1], 1e-9))
        base = color("background") + (self.fill - color("background")) * shade if place < self.named else color("faint")
        fill = base
        if place == self.turn.place:
            fill = (1 - self.picked) * base + self.picked * color("prediction")
        seam = min(SEAM, 0.2 * (b - a))
        pen.rectangle(a + seam / 2, self.top, max(b - a - seam, 0.012), self.bar, fill, shows=self._ends_of(place))
        word, size = self._word(place), self._word_size(place, b - a)
        if size:
            ink = legible_on(fill[None], color("ink"))[0]
            at = (a + b) / 2, self.top + self.bar / 2, size
            of = Cell(self.turn.cumulative, (place,))
            pen.text(word, *at, ink, self.word_opacity, align=0.5, level="words", of=of)

    def _place_of(self, cell: Cell | int, at: str = "middle") -> Place:
        return Place(cell, self._x(0.0), self.natural[0] / (self.range[1] - self.range[0]), at=at)

    def _ends_of(self, place: int) -> tuple[Encoding, ...]:
        """What the two ends of a word's interval are, where they lie in the window."""
        cells = (Cell(self.turn.cumulative, (place - 1,)) if place else 0, Cell(self.turn.cumulative, (place,)))
        (low, high), edges = self.range, self.edges[place : place + 2]
        ends = zip(cells, ("start", "end"), edges, strict=True)
        return tuple(self._place_of(cell, at) for cell, at, edge in ends if low <= edge <= high)

    def _word(self, place: int) -> str:
        return display(self.labels[self.turn.ranking[place]])

    def _word_size(self, place: int, width: float) -> float:
        """The em in which a word stands in its interval; 0 where it does not fit."""
        size = typesetting.fitting_size([self._word(place)], max(width - 0.3 * self.size, 0.01), self.size)
        return size if size >= max(0.6 * self.size, smallest()) else 0.0

    def _draw_rest(self, pen: Pen) -> None:
        """The name of what is too thin to be drawn word by word."""
        widths = np.diff(self.edges) * self.natural[0] / (self.range[1] - self.range[0])
        drawn = (widths >= THINNEST) | (np.arange(len(widths)) < self.named)
        first = len(widths) if drawn.all() else int(np.argmin(drawn))
        a, b = max(self._x(self.edges[first]), 0.0), min(self._x(self.edges[-1]), self.natural[0])
        word = "all others"
        clear = not first <= self.turn.place or not a < self._x(self.u) < b  # u needs the place
        if clear and b - a > typesetting.width(word, 0.8 * self.size) + 0.3:
            pen.text(
                word,
                (a + b) / 2,
                self.top + self.bar / 2 + 0.25 * self.size,
                0.8 * self.size,
                legible_on(color("faint")[None], color("ink"))[0],
                self.word_opacity,
                align=0.5,
            )

    def _draw_u(self, pen: Pen) -> None:
        if self.aimed <= 0:
            return
        x, s = self._x(self.u), self.size
        tip = self.top - 0.05 - (1 - self.landed) * 0.7 * s
        corners = [(x, tip), (x - 0.32 * s, tip - 0.5 * s), (x + 0.32 * s, tip - 0.5 * s)]
        pen.polygon(corners, "ink", self.aimed, shows=self._place_of(Cell(self._random)))
        self._draw_fall(pen, x)
        text = self._u_says()
        at = np.clip(x - typesetting.width(text, s) / 2, 0, self.natural[0] - typesetting.width(text, s))
        pen.text(text, at, tip - 0.7 * s, s, "ink", self.aimed * self.word_opacity)

    def _draw_fall(self, pen: Pen, x: float) -> None:
        """The line of u through the bar; a word in its way is left legible."""
        top, bottom = self.top - 0.05, self.top + self.bar + 0.1
        place = self.turn.place
        size = self._word_size(place, self._x(self.edges[place + 1]) - self._x(self.edges[place]))
        free = (self.bar - 0.95 * size) / 2
        pieces = [(top, self.top + free), (bottom - 0.1 - free, bottom)] if size else [(top, bottom)]
        for start, end in pieces:
            pen.line([(x, start), (x, end)], "ink", 0.035, self.aimed * self.landed)

    def _u_says(self) -> Said:
        u = say("u = {u:" + self.spec + "}", u=self._random)
        return u + say(" → {word}", word=display(self.turn.word)) if self.picked > 0.5 else u

    def _draw_ends(self, pen: Pen) -> None:
        """0 and 1, and the two ends of the interval, where they do not meet."""
        s, y = 0.85 * self.size, self.top + self.bar + 1.1 * self.size
        ends, taken = [], []
        if self.picked * self.aimed > 0:
            left, right = (number(float(t), self.spec) for t in (self.turn.lower, self.turn.upper))
            low, high = self._x(float(self.turn.lower)), self._x(float(self.turn.upper))
            gap, least, most = 0.25 * s, typesetting.width(left, s), self.natural[0] - typesetting.width(right, s)
            middle = np.clip((low + high) / 2, least + gap, most - gap)
            a = np.clip(low + least / 2, least, middle - gap)  # where the first number ends, and the second begins
            b = np.clip(high - typesetting.width(right, s) / 2, middle + gap, most)
            ends = [(self.turn.lower, a, 1.0), (self.turn.upper, b, 0.0)]
            taken = [(a - typesetting.width(left, s) - gap, b + typesetting.width(right, s) + gap)]
        opacity = self.picked * self.aimed * self.word_opacity
        for tensor, x, align in ends:
            pen.number(tensor, (), self.spec, x, y, s, "prediction", opacity, align=align)
        for value in (0, 1):
            x = self._x(value)
            if self.range == (0.0, 1.0) and not any(a < x < b for a, b in taken):
                pen.text(say("{v}", v=value), x, y, s, "secondary", align=float(value))


def telling_apart(lower: Tensor, u: Tensor, upper: Tensor, least: int = 3, most: int = 8) -> str:
    """The format with the fewest decimals in which lower ≤ u < upper can be read off."""
    for decimals in range(least, most):
        spec = f".{decimals}f"
        a, x, b = (read(number(float(t), spec)) for t in (lower, u, upper))
        if a <= x < b and (a < x or float(lower) == 0):
            return spec
    return f".{most}f"


class LayEndToEnd(Together):
    """Bars that add up to 100 % are laid end to end: copies of them fly to their intervals, and the line is there."""

    def __init__(self, bars: ProbabilityBars, line: CumulativeBar, **kwargs: Any):
        self.line, count = line, len(bars.ids)
        ends = [line.word_corners(k) for k in range(count)]
        if bars.others is not None:
            ends.append(line.interval_corners(line.edges[count], line.edges[-1]))
        self.ways = [
            (Plate(bars.bar_corners(i), bars.fill_rgb[i]), Plate(end, bars.fill_rgb[i])) for i, end in enumerate(ends)
        ]
        self.movers = [start.copy() for start, _ in self.ways]
        line.opacity = 0.0
        kwargs.setdefault("rate_func", linear)
        super().__init__(line, helpers=self.movers, **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        progress = ease(stagger(min(1.0, self.rate_func(alpha) / 0.85), len(self.ways), 0.35))
        for mover, (start, end), done in zip(self.movers, self.ways, progress, strict=True):
            mover.interpolate(start, end, float(done))
            mover.opacity = 0.0 if alpha >= 1 else 1.0
        self.line.opacity = float(np.clip((alpha - 0.85) / 0.15, 0, 1))


__all__ = ["CumulativeBar", "LayEndToEnd", "telling_apart"]
