"""The loss: what each true next word costs, and the mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from manim import FadeOut, Mobject, smooth
from manim.utils.rate_functions import squish_rate_func

from model.numbers.origins import Setting
from model.numbers.tensor import Tensor, stack
from model.numbers.trace import Trace
from scenes.kit.charts.activation import Fall
from scenes.kit.charts.curve import GrowCurve
from scenes.kit.charts.lines import LineChart
from scenes.kit.charts.signed import SignedBars
from scenes.kit.charts.surprise import SurpriseCurve
from scenes.kit.ground.say import say
from scenes.kit.recipes import Look
from scenes.lesson.claims import truth
from scenes.lesson.steps import give_way, grow_after

if TYPE_CHECKING:
    from scenes.lessons.training.lesson import Training


def drawn_after(lesson: Training, gone: Iterable[Mobject], chart: LineChart, run_time: float) -> None:
    """What was there leaves; a chart comes as that is pale, so that no words lie on others, and is drawn."""
    going = squish_rate_func(smooth, 0, 0.7 / run_time)
    drawing = GrowCurve(chart, after=0.2 / run_time)
    lesson.play(*[FadeOut(m, rate_func=going) for m in gone], drawing, run_time=run_time)


def true_words(run: Trace) -> Tensor:
    """The probabilities that the true next words had [position]."""
    return stack([run["probs"][k, run.ids[k + 1]] for k in range(len(run) - 1)], "position")


def curve_of(lesson: Training, run: Trace, highest: int = 0) -> SurpriseCurve:
    """The curve of −log p, with the probabilities that the true next words had in a run."""
    stage, room = lesson.stage, dict[str, float]()
    room = dict(width=min(stage.width, lesson.by(wide=9.5, square=9.0, tall=7.0)), height=min(stage.height, 7.0))
    how: Look = dict(target=lesson.position, highest=highest, **room)
    return SurpriseCurve(true_words(run), lesson.pairs, **how).move_to(stage.center)


def curve(lesson: Training, before: list[Mobject]) -> SurpriseCurve:
    """The dots rise onto the curve."""
    cost, probs = -lesson.first["probs"][lesson.position, lesson.word].log(), true_words(lesson.first)
    with lesson.step(
        "How surprised is it?",
        "Each word that did come had a probability p, and costs −log p: “{w}” {c:.2f}.",
        subtitle="{model} at step {begin} · a dot for each of {n} true next words · in nats",
        keep=before,
        c=cost,
        quiz=lesson.quiz(
            "Which word that did come surprises it most?", probs, lambda k: lesson.called(k + 1), smallest=True
        ),
    ):
        chart = curve_of(lesson, lesson.first)
        lesson.play(*give_way(before, chart), run_time=0.8)
        lesson.play(Fall(chart), run_time=1.8)
    return chart


def costs_of(lesson: Training, losses: Tensor, mean: Tensor, reach: float = 0.0) -> SignedBars:
    """A bar for each true next word, and the line of their mean."""
    words = [say("{a} → {b}", a=lesson.words[k], b=lesson.words[k + 1]) for k in range(len(losses))]
    room: Look = dict(width=lesson.stage.width, height=lesson.stage.height, size=0.44, reach=(0.0, reach))
    return SignedBars(losses, words, spec=".2f", fill="loss", mark=mean, **room).move_to(lesson.stage.center)


def mean(lesson: Training, before: SurpriseCurve) -> SignedBars:
    losses, of_all = lesson.first["losses"], lesson.first["loss"]
    chance = Tensor.given(lesson.trace.config.vocab_size, "vocab_size", origin=Setting("vocab_size")).log()
    with lesson.step(
        "The loss",
        "Their mean, {m:.2f}, is the loss. Whoever guesses among {v:,} words pays {g:.2f}.",
        subtitle="−log p of each true next word, in nats · dashed: the mean of {n}",
        m=of_all,
        g=chance,
        claims=[
            truth("the line is at the mean of the bars", [losses, of_all], lambda x, m: bool(np.isclose(x.mean(), m)))
        ],
        keep=(before,),
    ):
        bars = costs_of(lesson, losses, of_all)
        grow_after(lesson, [before], bars, lag=0.3, run_time=1.8)
        lesson.play(bars.animate.show_mark(), run_time=0.8)
    return bars


__all__ = ["costs_of", "curve", "curve_of", "drawn_after", "mean"]
