"""BarChange: what a second run changed, beside its bars."""

from __future__ import annotations

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Length
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell
from scenes.kit.ground.say import number
from scenes.kit.ground.style import color, smallest


class BarChange(Painted):
    """Beside bars of a second run: a thin line under each as long as its bar was in the first, and the change in
    percentage points.

    bars: ProbabilityBars of the second run; before: the first run's probabilities [n]. width: room for the column of
    changes, at the right of the bars. grown: how much of each row is there.
    """

    grown: Mix[np.ndarray]

    def __init__(
        self, bars: ProbabilityBars, before: Tensor, *, width: float, spec: str = "+.1f", was: str = "secondary"
    ):
        self.ids, self.before, self.spec, self.rgb = list(bars.ids), before, spec, color(was)
        self.pitch, self.left, self.per_unit = bars.pitch, bars.label_width, bars.bar_width / bars.longest
        rest = sorted(set(range(len(before))) - set(bars.ids))
        self.others = before[rest].sum(0) if bars.others is not None else None
        self.changes = (bars.probs[bars.ids] - before[bars.ids]) * 100
        self.change_of_others = (
            (bars.others - self.others) * 100 if bars.others is not None and self.others is not None else None
        )
        self.was = np.append(
            np.asarray(before.values, dtype=float)[bars.ids], [] if self.others is None else [float(self.others)]
        )
        self.size = max(0.95 * bars.size, smallest())
        self.grown = np.ones(len(self.was))
        super().__init__(bars.natural[0] + width, bars.natural[1])
        self.move_to(bars.to_scene(self.natural[0] / 2, self.natural[1] / 2))

    def _cell(self, i: int) -> Cell:
        if i < len(self.ids) or self.change_of_others is None:
            return Cell(self.changes, (i,))
        return Cell(self.change_of_others)

    def _was(self, i: int) -> Cell:
        if i < len(self.ids) or self.others is None:
            return Cell(self.before, (self.ids[i],))
        return Cell(self.others)

    def draw(self, pen: Pen) -> None:
        for i, grown in enumerate(self.grown):
            cell, w = self._cell(i), max(self.per_unit * self.was[i], 0.012)
            top, length = (i + 0.9) * self.pitch, Length(self._was(i), self.left, self.per_unit)
            pen.rectangle(self.left, top, w * min(1.0, 2 * grown), 0.06 * self.pitch, self.rgb, 0.9, shows=length)
            role = "secondary" if abs(cell.value()) < 0.05 else "positive" if cell.value() > 0 else "negative"
            at = self.natural[0], (i + 0.5) * self.pitch, self.size
            pen.number(cell.tensor, cell.index, self.spec, *at, role, float(grown), align=1.0, level="words")

    @staticmethod
    def width_of(spec: str, size: float) -> float:
        """The room that a column of changes takes."""
        return typesetting.width(number(-100.0, spec), size) + 0.3


__all__ = ["BarChange"]
