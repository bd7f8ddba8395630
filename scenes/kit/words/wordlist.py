"""WordList: the list in which a tokenizer looks words up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from scenes.kit.ground import typesetting
from scenes.kit.ground.painting import Mix, Painted
from scenes.kit.ground.pen import Pen
from scenes.kit.ground.readings import Index
from scenes.kit.ground.say import say
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import LABEL
from scenes.kit.words.tokens import display


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


__all__ = ["WordList"]
