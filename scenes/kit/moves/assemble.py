"""Symbols that stand on the stage come together as a formula."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from manim import Mobject, linear

from scenes.kit.ground.text import Formula
from scenes.kit.ground.timing import Together, ease, stagger


class Assemble(Together):
    """Each named part of a formula leaves from where its symbol stands and flies to its place; the rest appears.

    formula: whose parts were named (`Formula("{{ Q : q }} …", q="query")`). symbols: {name of a part: the mobject, or
    the point in the scene, that it comes from}; mobjects stay where they are. lag: from one part to the next."""

    def __init__(
        self, formula: Formula, symbols: Mapping[str, Mobject | np.ndarray], *, lag: float = 0.9, **kwargs: Any
    ):
        self.formula, self.lag = formula, lag
        self.parts = [formula.part(name) for name in symbols]
        starts = [s.get_center() if isinstance(s, Mobject) else np.asarray(s) for s in symbols.values()]
        self.ways = [start - formula.middle_of(name) for name, start in zip(symbols, starts, strict=True)]
        self.home = [part.get_center() for part in self.parts]
        self.rest = formula.part(*symbols, without=True)
        formula.opacity = 0.0
        kwargs.setdefault("rate_func", linear)
        super().__init__(formula, helpers=(*self.parts, self.rest), **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        done = alpha >= 1
        progress = ease(stagger(min(1.0, alpha / 0.75), len(self.parts), self.lag))
        for part, home, way, t in zip(self.parts, self.home, self.ways, progress, strict=True):
            part.move_to(home + (1 - t) * way)
            part.opacity = 0.0 if done else float(min(1.0, 4 * t))
        self.rest.opacity = 0.0 if done else float(ease(np.clip((alpha - 0.6) / 0.4, 0, 1)))
        self.formula.opacity = 1.0 if done else 0.0


__all__ = ["Assemble"]
