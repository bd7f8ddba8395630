"""WordList: the list in which a tokenizer looks words up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from manim import LaggedStart

from scenes.kit.ground import typesetting
from scenes.kit.ground.layout import Box
from scenes.kit.ground.painting import Mix, Painted
from scenes.kit.ground.pen import Pen
from scenes.kit.ground.readings import Index
from scenes.kit.ground.say import say
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import LABEL, Label
from scenes.kit.words.tokens import display

READABLE = 0.3  # em from which an entry is easily read


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

    @classmethod
    def around(cls, box: Box, vocabulary: Sequence[str], ids: Iterable[int], size: float = LABEL) -> WordList:
        """In a box: these entries, marked, the first and the last, and as many beside them as are easily read."""
        last, marked = len(vocabulary) - 1, set(ids)
        for reach in (2, 1, 0):
            near = {row + k for row in marked for k in range(-reach, reach + 1)}
            shown = sorted({0, last} | {row for row in near if 0 <= row <= last})
            entries = cls(vocabulary, shown, width=box.width, height=box.height, marked=marked, size=size)
            if entries.size >= READABLE:
                break
        fitted: WordList = box.fit(entries)
        return fitted

    def flying(self, ids: Sequence[int], places: Sequence[np.ndarray], size: float) -> tuple[list[Label], LaggedStart]:
        """Ids in letters of that size that leave the list for these scene points, one after the other."""
        labels = [Label(say("{i}", i=row), size, "target").move_to(self.id_place(row)) for row in ids]
        ways = [label.animate.move_to(place) for label, place in zip(labels, places, strict=True)]
        return labels, LaggedStart(*ways, lag_ratio=0.15)

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
