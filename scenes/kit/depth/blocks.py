"""The model as blocks that the text passes through."""

from __future__ import annotations

import numpy as np

from scenes.kit.ground import typesetting
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Index
from scenes.kit.ground.say import say
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import LABEL
from scenes.kit.numbers.grid import elide

PARTS = ("attention", "MLP")
GAP = 0.16  # of a block's width, for the wire between two


class BlockDiagram(Painted):
    """The blocks of a model from left to right, each with its attention and its MLP, between `first` and `last`, in a
    frame.

    lit [2 n + 2]: how far each part is lit: the first box, attention and MLP of each block in turn, the last box.
    Blocks that do not fit are left out as ⋯, which is lit for them.
    """

    lit: Mix[np.ndarray]
    size: Mix[float]
    wire: Mix[float]
    widths: Mix[np.ndarray]
    lefts: Mix[np.ndarray]
    natural: Mix[tuple[float, float]]

    def __init__(
        self,
        n_layers: int,
        *,
        width: float,
        height: float,
        first: str = "embedding",
        last: str = "norm",
        size: float = LABEL,
    ):
        self.n_layers, self.first, self.last = n_layers, first, last
        size, room = min(size, 0.17 * height), width - 0.3
        least = min(size, 1.4 * smallest())
        all_blocks = self._needed(n_layers, 1.0)
        self.size = float(np.clip(room / all_blocks, least, size))
        fit = int((room / self.size - self._needed(0, 1.0)) / (self._needed(1, 1.0) - self._needed(0, 1.0)))
        self.shown = elide(n_layers, max(3, fit if fit >= n_layers else fit - 1))
        unit, ends = self._box_width(PARTS[0]), [self._box_width(first), self._box_width(last)]
        widths = np.array([ends[0], *[unit if layer is not None else 0.5 * unit for layer in self.shown], ends[1]])
        factor = room / self.size / (widths.sum() + GAP * unit * (len(widths) - 1))
        self.wire, self.widths = GAP * unit * factor * self.size, widths * factor * self.size
        self.lefts = 0.15 + np.cumsum([0.0, *(self.widths[:-1] + self.wire)])
        self.lit = np.zeros(2 * n_layers + 2)
        super().__init__(width, height)

    @staticmethod
    def _box_width(word: str) -> float:
        """Width, in em, of the box of a word."""
        return typesetting.width(word, 1.0) + 0.7

    def _needed(self, blocks: int, size: float) -> float:
        """The width that so many blocks need at that size of letters."""
        unit = self._box_width(PARTS[0])
        return size * (self._box_width(self.first) + self._box_width(self.last) + unit * (blocks + GAP * (blocks + 1)))

    def part(self, layer: int, part: int) -> int:
        """Index in `lit` of a block's attention (0) or MLP (1)."""
        return 1 + 2 * layer + part

    def light(self, *parts: int) -> BlockDiagram:
        """Only these parts are lit."""
        self.lit = np.zeros_like(self.lit)
        self.lit[list(parts)] = 1.0
        return self

    def center_of(self, part: int) -> np.ndarray:
        """Scene coordinates of a part's box (of the ⋯ where the block is left out)."""
        x, y, w, h = self._box(part)
        return self.to_scene(x + w / 2, y + h / 2)

    def _column(self, layer: int) -> int:
        return 1 + self.shown.index(layer if layer in self.shown else None)

    def _box(self, part: int) -> tuple[float, float, float, float]:
        w, h = self.natural
        part %= len(self.lit)
        if part in (0, len(self.lit) - 1):
            column = 0 if part == 0 else len(self.widths) - 1
            return self.lefts[column], 0.3 * h, self.widths[column], 0.4 * h
        layer, which = divmod(part - 1, 2)
        column = self._column(layer)
        pad = min(0.06 * h, 0.06 * self.widths[column])
        top = 0.27 * h if which == 0 else 0.61 * h
        return self.lefts[column] + pad, top, self.widths[column] - 2 * pad, 0.29 * h

    def draw(self, pen: Pen) -> None:
        w, h = self.natural
        pen.frame(0, 0, w, h, "box_edge", 0.02, radius=0.12)
        for x in self.lefts[1:]:
            pen.line([(x - self.wire, h / 2), (x, h / 2)], "secondary", 0.025)
        for column, layer in enumerate(self.shown, 1):
            if layer is None:
                self._draw_gap(pen, column)
                continue
            x, width = self.lefts[column], self.widths[column]
            pen.frame(x, 0.05 * h, width, 0.9 * h, "box_edge", 0.02, radius=0.1)
            title, at = say("block {l}", l=layer), (x + width / 2, 0.05 * h + 0.16 * h)
            pen.text(title, *at, self.size * 0.9, "secondary", align=0.5, of=Index("layer", layer))
            for which, name in enumerate(PARTS):
                self._draw_part(pen, self.part(layer, which), name)
        self._draw_part(pen, 0, self.first)
        self._draw_part(pen, len(self.lit) - 1, self.last)

    def _draw_part(self, pen: Pen, part: int, name: str) -> None:
        x, y, w, h = self._box(part)
        lit = float(np.clip(self.lit[part], 0, 1))
        blend = (1 - lit) * color("box") + lit * (0.75 * color("box") + 0.25 * color("target"))
        pen.rectangle(x, y, w, h, blend, radius=0.07)
        pen.frame(x, y, w, h, (1 - lit) * color("box_edge") + lit * color("target"), 0.02 + 0.02 * lit, radius=0.07)
        size = min(self.size, typesetting.fitting_size([name], 0.94 * w, self.size))
        pen.text(name, x + w / 2, y + h / 2, size, "ink", align=0.5, level="letters")

    def _draw_gap(self, pen: Pen, column: int) -> None:
        hidden = [
            self.part(layer, which) for layer in range(self.n_layers) if layer not in self.shown for which in (0, 1)
        ]
        lit = float(self.lit[hidden].max()) if hidden else 0.0
        x, y = self.lefts[column] + self.widths[column] / 2, self.natural[1] / 2
        for k in (-1, 0, 1):
            pen.circle(x + 0.16 * k, y, 0.035, (1 - lit) * color("secondary") + lit * color("target"))


__all__ = ["BlockDiagram"]
