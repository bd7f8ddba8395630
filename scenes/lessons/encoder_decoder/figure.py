"""Figure 1 of the paper: encoder at the left, decoder at the right, both read from below."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from scenes.kit.ground import typesetting
from scenes.kit.ground.layout import Box
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.pen import Rectangle
from scenes.kit.ground.say import say
from scenes.kit.ground.style import color, smallest

ADD, FEED = "Add & norm", "Feed forward"
PARTS = {  # what stands in each stack, from below: key → title
    "encoder.embed": "Input embedding",
    "encoder.place": "Positional encoding",
    "encoder.attn": "Multi-head attention",
    "encoder.norm1": ADD,
    "encoder.mlp": FEED,
    "encoder.norm2": ADD,
    "decoder.embed": "Output embedding",
    "decoder.place": "Positional encoding",
    "decoder.attn": "Masked multi-head attention",
    "decoder.norm1": ADD,
    "decoder.cross": "Multi-head attention",
    "decoder.norm_cross": ADD,
    "decoder.mlp": FEED,
    "decoder.norm2": ADD,
    "decoder.linear": "Linear",
    "decoder.softmax": "Softmax",
}
KEYS = list(PARTS)
LEVELS = 10  # of the decoder; the encoder has fewer
FILLED = 0.72  # of a level's height, by its box
BESIDE, EDGE = 0.16, 0.02  # from a stack to the wire that goes round a part; width of lines
NAME = 0.25  # em of a title


class Room(NamedTuple):
    """How a figure is laid out. words: height below the stacks; gap: between them; side: left of each; upright: whether
    a box's rows lie below its title, not at its right; titles: whether there are any."""

    words: float
    gap: float
    side: float
    upright: bool = False
    titles: bool = True


class Figure(Painted):
    """The boxes of the figure, and the wires between them, in a box of the scene.

    n_layers: how often the framed parts are gone through. shown, lit [part]: how far each part is there, and its edge
    yellow; framed [2]: the frames around what is repeated, of the encoder and of the decoder. A wire comes with the
    part that it leads to. In a Transform to a figure in another box every part goes to its place."""

    rects: Mix[np.ndarray]
    shown: Mix[np.ndarray]
    lit: Mix[np.ndarray]
    framed: Mix[np.ndarray]
    named: Mix[float]
    natural: Mix[tuple[float, float]]

    def __init__(self, box: Box, n_layers: int, room: Room):
        self.n_layers, self.room, self.box = n_layers, room, box
        width = (box.width - room.gap) / 2 - room.side - BESIDE
        pitch = (box.height - room.words) / LEVELS
        self.rects = np.zeros((len(KEYS), 4))
        for k, key in enumerate(KEYS):
            column, level = place_of(key)
            left = room.side + column * (room.side + width + BESIDE + room.gap)
            top = box.height - room.words - (level + 1) * pitch + (1 - FILLED) * pitch / 2
            self.rects[k] = left, top, width, FILLED * pitch
        self.shown, self.lit = np.zeros(len(KEYS)), np.zeros(len(KEYS))
        self.framed, self.named = np.zeros(2), float(room.titles)
        tall = 0.4 if room.upright else 0.75  # of a box, for its title
        share = 0.94 if room.upright else 0.6
        fits = typesetting.fitting_size(list(PARTS.values()), share * width, min(NAME, tall * FILLED * pitch))
        self.em = max(fits, smallest())
        super().__init__(box.width, box.height)
        self.move_to(box.center)

    # ── what stands where ────────────────────────────────────────────────────────────────────────
    def rows_of(self, key: str) -> np.ndarray:
        """Scene corners [4, 3] of the part of a box in which its rows of numbers lie."""
        x, y, w, h = self.rects[KEYS.index(key)]
        pad = min(0.05, 0.1 * h)
        start = self.title_width if self.room.titles and not self.room.upright else 0.0
        top = 1.5 * self.em if self.room.titles and self.room.upright else 0.0
        return self.corners_of((x + start + pad, y + top + pad, w - start - 2 * pad, h - top - 2 * pad))

    @property
    def title_width(self) -> float:
        return max(typesetting.width(title, self.em) for title in PARTS.values()) + 0.3

    def words_box(self, column: int) -> Box:
        """Below a stack, in the scene."""
        x, _, w, _ = self.rects[KEYS.index(("encoder.embed", "decoder.embed")[column])]
        corners = self.corners_of((x, self.natural[1] - self.room.words + 0.02, w, self.room.words - 0.02))
        return Box(corners[3][0], corners[3][1], corners[1][0], corners[1][1])

    def around(self, *keys: str) -> Box:
        """The box of some parts, in the scene."""
        corners = np.concatenate([self.corners_of(self._rect(key)) for key in keys])
        (left, bottom, _), (right, top, _) = corners.min(axis=0), corners.max(axis=0)
        return Box(float(left), float(bottom), float(right), float(top))

    def _rect(self, key: str) -> Rectangle:
        x, y, w, h = self.rects[KEYS.index(key)].tolist()
        return x, y, w, h

    # ── how it looks ─────────────────────────────────────────────────────────────────────────────
    def show(self, *keys: str) -> Figure:
        """A copy in which these parts are there as well, and lit, and no others are."""
        twin = self.copy()
        places = [KEYS.index(key) for key in keys]
        twin.shown[places], twin.lit = 1.0, np.zeros(len(KEYS))
        twin.lit[places] = 1.0
        return twin

    def lighting(self, keys: Iterable[str] = ()) -> Figure:
        """A copy in which the edges of these parts are lit, and of no others."""
        twin, lit = self.copy(), np.zeros(len(KEYS))
        lit[[KEYS.index(key) for key in keys]] = 1.0
        twin.lit = lit
        return twin

    def framing(self, column: int) -> Figure:
        """A copy with the frame around what is repeated in a stack."""
        twin = self.copy()
        twin.framed[column] = 1.0
        return twin

    def draw(self, pen: Pen) -> None:
        for column in (0, 1):
            self._draw_frame(pen, column)
        for k, key in enumerate(KEYS):
            if self.shown[k] > 0.002:
                self._draw_wires(pen, key, float(self.shown[k]))
        for k, key in enumerate(KEYS):
            if self.shown[k] > 0.002:
                self._draw_box(pen, key, float(self.shown[k]), float(self.lit[k]))

    def _draw_box(self, pen: Pen, key: str, seen: float, lit: float) -> None:
        x, y, w, h = self._rect(key)
        pen.rectangle(x, y, w, h, "box", seen, radius=0.06)
        edge = (1 - lit) * color("box_edge") + lit * color("target")
        pen.frame(x, y, w, h, edge, EDGE * (1 + lit), seen, radius=0.06)
        title = PARTS[key]
        if self.named > 0.002:
            if self.room.upright:
                at = x + w / 2, y + 0.85 * self.em
            else:
                at = x + self.title_width / 2, y + h / 2
            pen.text(title, *at, self.em, "ink", seen * self.named, align=0.5, level="letters")

    def _draw_wires(self, pen: Pen, key: str, seen: float) -> None:
        """What leads into a part: from below, round the part below it, from the other stack."""
        (x, y, w, h), stack = self._rect(key), key.partition(".")[0]
        below = [k for k in KEYS if k.startswith(stack)][: place_of(key)[1]]
        gap = (1 / FILLED - 1) * h
        start = self._rect(below[-1])[1] if below else y + h + gap
        self._arrow(pen, [(x + w / 2, start), (x + w / 2, y + h)], seen)
        if PARTS[key] == ADD:
            under = self._rect(below[-1])
            low, right = under[1] + under[3] + gap / 2, x + w + BESIDE / 1.6
            self._arrow(pen, [(x + w / 2, low), (right, low), (right, y + h / 2), (x + w, y + h / 2)], seen)
        if key == "decoder.cross":
            left, top, wide, _ = self._rect("encoder.norm2")
            middle, high = left + wide + BESIDE + 0.15 * (x - left - wide), top - gap / 2
            way = [(left + wide / 2, top), (left + wide / 2, high), (middle, high), (middle, y + h / 2), (x, y + h / 2)]
            self._arrow(pen, way, seen, "target")

    def _arrow(self, pen: Pen, way: list[tuple[float, float]], seen: float, fill: str = "secondary") -> None:
        (x0, y0), (x, y) = way[-2], way[-1]
        size = min(0.07, 0.5 * max(abs(x - x0), abs(y - y0)))
        along = np.sign([x - x0, y - y0])
        side = np.array([-along[1], along[0]])
        tip, foot = np.array([x, y]), np.array([x, y]) - size * along
        pen.line([*way[:-1], tuple(foot)], fill, EDGE, seen)
        pen.polygon([tip, foot + 0.6 * size * side, foot - 0.6 * size * side], fill, seen)

    def _draw_frame(self, pen: Pen, column: int) -> None:
        seen = float(self.framed[column])
        if seen <= 0.002:
            return
        stack = ("encoder", "decoder")[column]
        (x, bottom, w, h), top = self._rect(f"{stack}.attn"), self._rect(f"{stack}.norm2")[1]
        gap = (1 / FILLED - 1) * h / 2
        left, right = x - min(0.1, self.room.side), x + w + BESIDE
        pen.frame(left, top - gap, right - left, bottom + h + 2 * gap - top, "box_edge", EDGE, seen, radius=0.1)
        if self.named > 0.002:
            size = max(min(0.34, 0.9 * self.room.side), smallest())
            text = say("{n}×", n=self.n_layers)
            pen.text(text, left - 0.08, (top + bottom + h) / 2, size, "ink", seen * self.named, align=1.0)


def place_of(key: str) -> tuple[int, int]:
    """The stack of a part, 0 the encoder, and how many parts lie below it."""
    stack = key.partition(".")[0]
    return int(stack == "decoder"), [k for k in KEYS if k.startswith(stack)].index(key)


__all__ = ["KEYS", "PARTS", "Figure", "Room", "place_of"]
