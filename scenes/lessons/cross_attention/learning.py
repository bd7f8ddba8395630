"""How it was learned: the learning rate that warms up, and the alignment at each snapshot."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from manim import FadeOut, Mobject, Transform, smooth
from manim.utils.rate_functions import squish_rate_func

from model.learning import record
from model.numbers.tensor import Tensor, stack
from scenes.kit.charts.curve import GrowCurve
from scenes.kit.charts.lines import LineChart, Series
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Label
from scenes.kit.recipes import Look
from scenes.lesson.claims import truth
from scenes.lesson.runs import snapshot_runs
from scenes.lesson.steps import come, give_way, leave
from scenes.lessons.cross_attention.writing import pattern_of

if TYPE_CHECKING:
    from scenes.lessons.cross_attention.lesson import CrossAttention

TOP = 0.6  # room for the counter over the grids


def warm_up(lesson: CrossAttention, before: list[Mobject]) -> list[Mobject]:
    """The learning rate as the run noted it, which is that of the paper."""
    steps, rates = record.learning_rates(lesson.checkpoint)
    told, size = lesson.checkpoint.training, lesson.trace.config.d_model
    warm, factor = int(told["warmup"]), float(told["factor"])
    thousandths = rates * 1000
    high = int(np.argmax(rates.values))

    def paper(n: np.ndarray, rate: np.ndarray) -> bool:
        """Equation 3 of the paper; steps are counted from 0."""
        n = n + 1
        return bool(np.allclose(rate, factor * size**-0.5 * np.minimum(n**-0.5, n * warm**-1.5), rtol=1e-5))

    with lesson.step(
        "Warm-up",
        "The learning rate climbs for {w:,} steps, then falls with the root of the steps.",
        subtitle="recorded run of {model} · learning rate × {k:,} · equation {three} of the paper",
        w=warm,
        k=1000,
        three=3,
        claims=[
            truth("the line is a thousand times the rate", [thousandths, rates], lambda a, b: np.allclose(a, 1000 * b)),
            truth("the rate is that of the paper", [steps, rates], paper),
            truth("it is highest at the end of the warm-up", [rates], lambda r: int(np.argmax(r)) == high),
        ],
        keep=before,
    ):
        stage = lesson.stage
        up = math.ceil(float(thousandths.values.max()))
        room: Look = dict(width=stage.width, height=min(stage.height, 8.0), counter="step")
        series = [Series(steps, thousandths, "learning rate", "target", 0.045)]
        ends = (0, int(told["steps"]))
        chart = LineChart(series, across=ends, up=(0, up), **room).move_to(stage.center)
        going = squish_rate_func(smooth, 0, 0.25)
        lesson.play(*[FadeOut(m, rate_func=going) for m in before], GrowCurve(chart, after=0.08), run_time=3)
    return [chart]


def alignment(lesson: CrossAttention, before: list[Mobject]) -> list[Mobject]:
    """The grid of the same words at each snapshot of the training."""
    marks = record.snapshots(lesson.checkpoint)
    runs = [lesson.keep_run(run) for run in snapshot_runs(lesson.model_asked, lesson.target, lesson.source)]
    patterns: list[Tensor] = [lesson.alignment(run) for run in runs]
    i = lesson.position
    j = int(np.argmax(patterns[-1].values[i]))
    with lesson.step(
        "Learning to look",
        ask="Did it always know where to look? The same words at {m} moments of its training:",
        subtitle="{tensor} · unlike the paper’s, its training was told where to look",
        tensor=f"{lesson.name}.pattern",
        m=len(runs),
        keep=before,
        quiz=lesson.quiz(
            "What share did “{word}” give “{b}” at step {s}?",
            stack([pattern[i, j] for pattern in patterns], "snapshot"),
            place=0,
            b=lesson.source_words[j],
            s=marks[0],
        ),
    ):
        stage = lesson.stage
        under = Box(stage.left, stage.bottom, stage.right, stage.top - lesson.by(wide=0.0, square=TOP, tall=TOP))
        grids = [pattern_of(lesson, under, each, i) for each in patterns]
        now, number = grids[0], counter(lesson, marks[0])
        lesson.play(*give_way(before, now, number), run_time=1)
        for grid, step in zip(grids[1:], marks[1:], strict=True):
            following = counter(lesson, step)
            lesson.play(Transform(now, grid), *leave(number), *come(following), run_time=0.6)
            number = following
        lesson.answer(
            "The row of “{word}” gave “{e}” {a:.0%} at step {s}, and {b:.0%} in the end.",
            e=lesson.source_words[j],
            a=patterns[0][i, j],
            b=patterns[-1][i, j],
            s=marks[0],
        )
    return [now, number]


def counter(lesson: CrossAttention, step: int) -> Label:
    """At which step of the run something is."""
    label, stage = Label(say("step {s:,}", s=step), 0.46, "target"), lesson.stage
    x = lesson.by(wide=stage.right - label.width / 2, square=stage.center[0], tall=stage.center[0])
    return label.move_to((x, stage.top - 0.25, 0))


__all__ = ["alignment", "warm_up"]
