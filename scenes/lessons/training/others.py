"""Runs with one thing changed: a few texts only, and half of the model frozen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from manim import FadeIn, Mobject, VGroup

from model.learning.record import Counterfactuals
from model.numbers.tensor import stack
from scenes.kit.charts.lines import LineChart, Series
from scenes.kit.charts.signed import SignedBars
from scenes.kit.ground.layout import stack as stacked
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Label
from scenes.kit.recipes import Look
from scenes.lesson.claims import truth
from scenes.lesson.steps import grow_after
from scenes.lessons.training.loss import drawn_after

if TYPE_CHECKING:
    from scenes.lessons.training.lesson import Training

Halves = list[Mobject]
RUNS = (
    ("yardstick", "all of it learns"),
    ("random decoder", "only the words’ rows"),
    ("random embedding", "only the blocks"),
)


def by_heart(lesson: Training, before: Mobject) -> LineChart:
    """A tiny corpus: what it reads costs nothing in the end, what it does not read ever more."""
    found = Counterfactuals()
    lines = [
        (found.losses("memorising", "loss"), "what it reads", "positive", 0.04),
        (found.losses("memorising", "heldout"), "other text", "loss", 0.04),
        (found.losses("yardstick", "heldout"), "other text, all texts read", "secondary", 0.025),
    ]
    read, other, usual = (one.losses for one, *_ in lines)
    with lesson.step(
        "By heart",
        "Only {d} texts, over and over: known by heart, {a:.2f}; other text, ever worse, {b:.2f}.",
        subtitle="recipe {r}, {s:,} steps, run for this lesson · mean −log p in nats a word",
        d=int(found.about["runs"]["memorising"]["documents"]),
        a=read[-1],
        b=other[-1],
        r=found.about["recipe"],
        s=int(found.about["steps"]),
        claims=[
            truth("what it reads costs less than what it does not", [read, other], lambda r, o: bool(r[-1] < o[-1])),
            truth("on other text it gets worse in the end", [other], lambda x: bool(x[-1] > x.min() + 1)),
            truth("the same recipe with all texts does not", [usual], lambda x: bool(x[-1] < x[0])),
        ],
        keep=(before,),
    ):
        series = [Series(one.steps, one.losses, name, role, line) for one, name, role, line in lines]
        stage, high = lesson.stage, math.ceil(max(float(one.losses.values.max()) for one, *_ in lines))
        room: Look = dict(width=stage.width, height=min(stage.height, 8.0), counter="step")
        ends = (0, int(found.about["steps"]))
        chart = LineChart(series, across=ends, up=(0, high), titles=("", "nats a word"), **room).move_to(stage.center)
        drawn_after(lesson, [before], chart, 3.5)
    return chart


def halves(lesson: Training, before: Mobject) -> Halves:
    """Only the embedding learns, or only the blocks: how far each comes alone, and what it says."""
    found = Counterfactuals()
    losses = stack([found.losses(run, "heldout").losses[-1] for run, _ in RUNS], "run")
    pairs = found.number("loss of counted pairs of words", "heldout", "pairs")
    with lesson.step(
        "Half of it random",
        ask="And if one half of the model stays random for ever?",
        subtitle="{r}, {s:,} steps · held-out loss, and how each goes on from “{p}”",
        r=found.about["recipe"],
        s=int(found.about["steps"]),
        p=found.about["prompt"],
        claims=[
            truth("the runs stand in this order", [losses], lambda x: bool(x[0] < x[1] < x[2])),
            truth("as far as counted pairs", [losses[1], pairs], lambda a, b: bool(abs(a - b) < 0.1)),
        ],
        keep=(before,),
    ):
        upper, lower = lesson.stage.rows(1, 1.7)
        room: Look = dict(width=upper.width, height=upper.height, size=0.46, spec=".2f", fill="loss")
        bars = SignedBars(losses, [say(name) for _, name in RUNS], **room).move_to(upper.center)
        grow_after(lesson, [before], bars, lag=0.5, run_time=2.2)
        texts = [Label(say("“{t} …”", t=found.says(run)), 0.42, "ink", width=lower.width) for run, _ in RUNS]
        names = [Label(say(name), 0.36, "secondary") for _, name in RUNS]
        block = VGroup(*stacked(*[m for pair in zip(names, texts, strict=True) for m in pair], gap=0.1))
        lower.fit(block)
        for k in range(len(RUNS)):
            lesson.play(FadeIn(block[2 * k]), FadeIn(block[2 * k + 1]), run_time=0.6)
        lesson.answer("Rows alone: about as good as counting pairs, {c:.2f}. Blocks alone: hardly any words.", c=pairs)
    return [bars, block]


__all__ = ["Halves", "by_heart", "halves"]
