"""How alike the rows of two positions are: products of all pairs, of the sinusoids and of learned rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from manim import FadeIn, Transform

from model.numbers.tensor import Tensor
from model.study.variants import Variants, mean_apart
from scenes.kit.charts.curve import Curve, GrowCurve
from scenes.kit.ground.layout import Box, stack
from scenes.kit.ground.say import say
from scenes.kit.ground.text import LABEL, Label
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.recipes import Look
from scenes.lesson.claims import CLOSE, fact
from scenes.lesson.lesson import TextLesson
from scenes.lesson.steps import come
from scenes.lessons.position.heatmap import HeatMap

TALLEST = 4.6  # a curve beside a map
APART = 20  # positions to the row that is compared, if there are so many


@dataclass(frozen=True, eq=False)
class Likeness:
    """Steps over tables of positions, each times its transpose."""

    scene: TextLesson
    variants: Variants

    def band(self, p: int) -> HeatMap:
        """The map of all products of the sinusoids, and the curve of one of its rows."""
        P = self.variants.P
        likeness = P @ P.T
        q, r = (p + 1, p + APART) if p + APART < len(likeness) else (max(p - 1, 0), max(p - APART, 0))
        products: Look = dict(a=likeness[p, p], b=likeness[p, q], c=likeness[p, r])
        with self.scene.step(
            "Likeness of positions",
            ask="Every row times every row: which positions are alike?",
            subtitle="W_pos of {m}, times its transpose: each row with every row · brightest: {d}",
            keep=(),
            **products,
            p=p,
            q=q,
            r=r,
            m=self.variants.sinusoidal.info["checkpoint"],
            d=P.shape[1] // 2,
        ):
            stage, play = self.scene.stage, self.scene.play
            wide, square = stage.columns(1, 1.5, gap=0.7), stage.columns(1, 1, gap=0.3)
            left, right = self.scene.by(wide=wide, square=square, tall=stage.rows(1.6, 1, gap=0.5))
            heat = left.fit(HeatMap(likeness, width=left.width, height=left.height))
            curve = self.curve(right, likeness, p)
            play(Introduce(heat, "diagonal", lag=0.05, after=0.15), *self.scene.giving_way(), run_time=2)
            play(FadeIn(Frame(heat.row_corners(p, pad=0.02))), run_time=0.5)
            play(GrowCurve(curve), run_time=2)
            self.scene.answer(
                "A diagonal band: row {p} gives {a:.1f} with itself, {b:.1f} with row {q}, {c:.1f} with row {r}."
            )
        return heat

    def curve(self, box: Box, likeness: Tensor, p: int) -> Curve:
        """A row of the map over the positions, between round numbers."""
        values = likeness.values
        highest, lowest = 10 * math.ceil(float(values.max()) / 10), min(0, 10 * math.floor(float(values.min()) / 10))
        room: Look = dict(width=box.width, height=min(box.height, TALLEST), lowest=lowest, highest=highest)
        return box.fit(Curve(likeness[p], cursor=p, titles=("position", say("row {p} of the map", p=p)), **room))

    def learned(self, band: HeatMap) -> None:
        """The same map of rows that were learned. band: that of the sinusoids, on the stage."""
        P, W = self.variants.P, self.variants.of["learned"]["W_pos"]
        likeness, further = W @ W.T, len(W) // 4
        near, far = mean_apart(likeness, 1), mean_apart(likeness, further)
        apart = lambda mean, all: bool(abs(mean - np.diagonal(all, further).mean()) < CLOSE)  # noqa: E731
        with self.scene.step(
            "Learned rows",
            "Learned from text instead: products of neighbours average {a:.2f}, of rows {k} apart {b:.2f}.",
            subtitle="W_pos times its transpose in both models · blue +, red −, each its own scale",
            keep=(band,),
            claims=[fact("apart", f"{far.source()} is of rows {further} apart", [far, likeness], apart)],
            a=near,
            b=far,
            k=further,
        ):
            beside = self.scene.stage.columns(1, 1, gap=0.8)
            boxes = self.scene.by(wide=beside, square=beside, tall=self.scene.stage.rows(1, 1, gap=0.4))
            both = (self.variants.sinusoidal, P @ P.T), (self.variants.of["learned"], likeness)
            for box, (trace, products) in zip(boxes, both, strict=True):
                title = Label(trace.info["checkpoint"], LABEL, of=products)
                heat = HeatMap(products, width=box.width, height=box.height - 0.6)
                box.fit(stack(title, heat, gap=0.12))
                shown = (
                    Transform(band, heat)
                    if trace is self.variants.sinusoidal
                    else Introduce(heat, "diagonal", lag=0.05)
                )
                self.scene.play(*come(title), shown, run_time=1.5)
