"""What rows say to each other: arcs between the rows of a card, one pattern of attention after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from manim import Animation, linear

from model.numbers.tensor import Tensor
from scenes.kit.depth.slabs import Card
from scenes.kit.ground.encodings import Thickness
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell
from scenes.kit.ground.style import color
from scenes.kit.ground.timing import ease, stagger

LEAST = 0.02  # weights below are not drawn
THICK = 0.3  # of a row's height, at most: an arc of weight one
STAYS = 0.35  # opacity of what stays of the arcs when all have flashed


class RowArcs(Painted):
    """Arcs from each row that is asked to the row that asks, at the right end of a card, line width ∝ weight.

    patterns: Tensor [head, query, key] over the card's rows. shine: opacity of the arcs of each head."""

    shine: Mix[np.ndarray]
    REACH = 0.55  # to the right, of the height of all rows

    def __init__(self, card: Card, patterns: Tensor):
        self.patterns = patterns
        ends = np.array([card.row_corners(i)[1:3].mean(axis=0)[:2] for i in range(len(card.rows))])
        pitch = abs(ends[0, 1] - ends[-1, 1]) / max(len(ends) - 1, 1) if len(ends) > 1 else 1.0
        self.line = min(THICK * pitch, 0.09)
        self.reach = self.REACH * abs(ends[0, 1] - ends[-1, 1])
        low, high = ends.min(axis=0), ends.max(axis=0)
        self.ends = (ends - (low[0], high[1])) * (1, -1)
        self.shine = np.zeros(len(patterns.values))
        super().__init__(max(self.reach, 0.1), max(high[1] - low[1], 0.1))
        self.shift((low[0] + self.natural[0] / 2, high[1] - self.natural[1] / 2, 0))

    def draw(self, pen: Pen) -> None:
        weights, fill = self.patterns.values, color("probability")
        for head, query, key in np.argwhere(weights >= LEAST).tolist():
            if query == key or self.shine[head] <= 0.002:
                continue
            start, end = self.ends[key], self.ends[query]
            away = np.array([self.reach * 4 / 3 * abs(query - key) / max(len(self.ends) - 1, 1), 0.0])
            shows = Thickness(Cell(self.patterns, (head, query, key)), self.line)
            line = self.line * float(weights[head, query, key])
            pen.curve([start, start + away, end + away, end], fill, line, float(self.shine[head]), shows=shows)


class Flash(Animation):
    """The arcs of one head after the other shine up; a little of all of them stays."""

    def __init__(self, arcs: RowArcs, *, lag: float = 0.4, **kwargs: Any):
        self.lag = lag
        kwargs.setdefault("rate_func", linear)
        super().__init__(arcs, introducer=True, **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        progress = ease(stagger(self.rate_func(alpha), len(self.mobject.shine), self.lag))
        self.mobject.shine = np.maximum(np.sin(np.pi * progress), STAYS * progress)


__all__ = ["Flash", "RowArcs"]
