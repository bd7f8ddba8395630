"""Every prefix of the text at once: the word that did come, its probability, and what that costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import Mobject

from model.study.inside.lens import loss, surprises
from scenes.kit.charts.signed import SignedBars
from scenes.kit.ground.say import Said, say
from scenes.kit.recipes import Look
from scenes.lesson.claims import Test, truth
from scenes.lesson.steps import grow_after

if TYPE_CHECKING:
    from scenes.lessons.unembedding.lesson import Unembedding


def every_prefix(lesson: Unembedding, before: Mobject) -> SignedBars:
    """A bar for each word but the first: −log p."""
    costs = surprises(lesson.trace)
    known = [k for k in range(len(costs)) if k + 1 not in lesson.trace.unknown] or range(len(costs))
    worst = max(known, key=lambda k: float(costs[k]))
    with lesson.step(
        "Every prefix at once",
        ask="One run foretells a next word at every word. How surprised is it by what did come?",
        subtitle="−log p of each word of the text after the words before it, in nats · {n} words",
        n=len(costs),
        claims=[truth("each is −log p of the word that comes next", [costs, lesson.trace["probs"]], follows(lesson))],
        keep=(before,),
        quiz=lesson.quiz("Which word surprises the model most?", costs, lambda k: lesson.called(k + 1)),
    ):
        names = [pair(lesson, k) for k in range(len(costs))]
        room: Look = dict(width=lesson.stage.width, height=lesson.stage.height, spec=".2f", fill="loss", size=0.44)
        bars = SignedBars(costs, names, mark=loss(lesson.trace), **room).move_to(lesson.stage.center)
        grow_after(lesson, [before], bars, lag=0.4, run_time=2.6)
        lesson.answer(
            "“{x}” had a chance of {p:.2%}; −log of that is {c:.2f}.",
            x=lesson.words[worst + 1],
            p=lesson.trace["probs"][worst, lesson.trace.ids[worst + 1]],
            c=costs[worst],
        )
    return bars


def follows(lesson: Unembedding) -> Test:
    """Whether costs are those of the words of the text."""
    ids = list(lesson.trace.ids[1:])
    return lambda costs, probs: np.allclose(np.exp(-costs), probs[np.arange(len(ids)), ids], atol=1e-6)


def pair(lesson: Unembedding, position: int) -> Said:
    """A word, and the one that comes after it."""
    return say("{a} → {b}", a=lesson.words[position], b=lesson.words[position + 1])


def mean(lesson: Unembedding, bars: SignedBars) -> None:
    """The mean of all, as a line across the bars: the loss that training makes small."""
    with lesson.step(
        "The loss",
        "Their mean, {m:.2f} nats a word, is the loss: all that training ever tries to make small.",
        subtitle="Σ −log p = {s:.2f}, divided by {n} words · a guess among all {v} would cost {g:.2f}",
        m=loss(lesson.trace),
        s=surprises(lesson.trace).sum(0),
        n=len(lesson.trace) - 1,
        g=lesson.by_chance,
        keep=(bars,),
    ):
        lesson.play(bars.animate.show_mark(), run_time=1.2)
