"""The sentence as a thin strip that stays: under each word, chips of the rows that have been computed for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.painting import Mix, Painted
from scenes.kit.ground.pen import Pen
from scenes.kit.ground.style import color, smallest, theme
from scenes.kit.numbers.grid import SIGNED
from scenes.kit.words.tokens import TokenRow

CHIP = 0.16  # height of a chip
AIR = 0.05  # between chips
NAMES = 0.45  # room for the chips' names, left of the strip
CELLS = 8  # cells of a chip at most


@dataclass
class Chips:
    """A row for every word as small coloured cells: a tensor [position, d], and how much of each row is seen."""

    name: str
    tensor: Tensor
    kind: str
    line: int
    values: np.ndarray = field(init=False)
    seen: np.ndarray = field(init=False)  # [position] 0…1
    strongest: float = field(init=False)

    def __post_init__(self) -> None:
        values = np.asarray(self.tensor.values, dtype=float)
        self.values = values[:, :CELLS]
        self.seen = np.zeros(len(values))
        self.strongest = float(np.abs(values).max()) or 1.0

    def fills(self) -> np.ndarray:
        """Colour [position, cell, 3], as TensorGrid colours the same numbers."""
        strength = np.clip(np.abs(self.values) / self.strongest, 0, 1)[..., None] ** 0.8
        if self.kind in SIGNED:
            hue = np.where((self.values >= 0)[..., None], color("positive"), color("negative"))
        else:
            hue = color(self.kind if self.kind in theme() else "data")
        return color("cell") + (hue - color("cell")) * strength * (0.5 if self.kind == "data" else 0.78)


class SentenceStrip(Painted):
    """The words of a run in small boxes; `add("q", Q, "query")` makes room for a chip under each, `show` shows it.

    Chips have no digits: what they hold is read when they open into a row (`Fly`)."""

    emphasis: Mix[np.ndarray]

    def __init__(
        self,
        tokens: Sequence[str],
        *,
        width: float,
        size: float = 0.3,
        lines: int = 4,
        unknown: Iterable[int] = (),
        target: int | None = None,
    ):
        self.row = TokenRow(tokens, width=width - NAMES, size=size, unknown=unknown, target=target)
        self.emphasis = np.ones(len(self.row.words))
        self.chips: dict[str, Chips] = {}
        super().__init__(NAMES + self.row.natural[0], self.row.natural[1] + lines * (CHIP + AIR) + AIR)

    def add(self, name: str, tensor: Tensor, kind: str) -> Chips:
        """A line of chips for a tensor [position, d]: laid out, not yet seen."""
        self.chips[name] = Chips(name, tensor, kind, len(self.chips))
        return self.chips[name]

    def show(self, name: str, *positions: int, seen: float = 1.0) -> SentenceStrip:
        """Let the chips of these words be seen (of all, if none is named)."""
        where = list(positions) or slice(None)
        self.chips[name].seen[where] = seen
        return self

    def cell(self, name: str, position: int, k: int) -> tuple[float, float, float, float]:
        """x, y, w, h of a chip's cell in local units."""
        x, _, w, _ = self.row.box(position)
        count = self.chips[name].values.shape[1]
        y = self.row.natural[1] + AIR + self.chips[name].line * (CHIP + AIR)
        return NAMES + x + 0.04 + k * (w - 0.08) / count, y, (w - 0.08) / count, CHIP

    def place(self, name: str, position: int) -> np.ndarray:
        """The middle of a chip, in scene coordinates."""
        x, y, w, h = self.cell(name, position, 0)
        count = self.chips[name].values.shape[1]
        return self.to_scene(x + count * w / 2, y + h / 2)

    def draw(self, pen: Pen) -> None:
        row = self.row
        for i, word in enumerate(row.words):
            x, y, w, h = row.box(i)
            opacity = float(self.emphasis[i])
            pen.rectangle(NAMES + x, y, w, h, "box", opacity, radius=0.14 * row.size)
            pen.frame(NAMES + x, y, w, h, row.edge[i], 0.014, opacity, radius=0.14 * row.size)
            middle = NAMES + x + w / 2
            pen.text(word, middle, y + (row.tall / 2 + 0.29) * row.size, row.size, row.tint[i], opacity, align=0.5)
        for chips in self.chips.values():
            self._draw_chips(pen, chips)

    def _draw_chips(self, pen: Pen, chips: Chips) -> None:
        if not chips.seen.any():
            return
        fills = chips.fills()
        for i, seen in enumerate(chips.seen):
            for k in range(chips.values.shape[1] if seen > 0.002 else 0):
                x, y, w, h = self.cell(chips.name, i, k)
                pen.rectangle(x, y, w, h, fills[i, k], float(seen) * self.emphasis[i])
        _, y, _, h = self.cell(chips.name, 0, 0)
        size = max(1.5 * CHIP, smallest())
        role = chips.kind if chips.kind in theme() else "secondary"
        pen.text(
            chips.name, NAMES - 0.12 - typesetting.width(chips.name, size), y + h / 2 + 0.25 * size, size, role,
            float(chips.seen.max()),
        )  # fmt: skip
