"""What comes at once, and when: a head that finds what followed, a verb that agrees with its subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import Mobject, Transform, linear

from model.learning import record
from model.numbers.tensor import Tensor, concatenate
from scenes.kit.charts.lines import LineChart, Series
from scenes.kit.ground.say import say
from scenes.lesson.claims import truth
from scenes.lessons.training.loss import drawn_after
from scenes.lessons.training.running import chart_of

if TYPE_CHECKING:
    from scenes.lessons.training.lesson import Training


def a_jump(lesson: Training, before: list[Mobject]) -> LineChart:
    scores = record.induction(lesson.checkpoint)
    last = scores.values[-1]
    layer, head = (int(k) for k in np.unravel_index(int(last.argmax()), last.shape))
    ours = scores[:, layer, head]
    at = record.jump(ours)
    with lesson.step(
        "A jump",
        ask="Does it all come slowly? Induction, by head:",
        subtitle="induction score on random words, twice over · all {m} heads at {c} snapshots",
        m=last.size,
        c=len(scores),
        claims=[
            truth("between no other snapshots does it rise more", [ours], lambda s: int(np.diff(s).argmax()) == at - 1),
            truth("in the end no head has more", [scores], lambda s: bool(s[-1, layer, head] >= s[-1].max())),
        ],
        keep=before,
        quiz=lesson.quiz(
            "Which head has the highest score in the end?",
            concatenate(list(scores[-1]), 0),
            lambda k: say("layer {a}, head {b}", a=k // last.shape[1], b=k % last.shape[1]),
        ),
    ):
        steps = Tensor.given(lesson.marks, "steps of the snapshots", ("step",))
        others = [(a, b) for a in range(last.shape[0]) for b in range(last.shape[1]) if (a, b) != (layer, head)]
        series = [Series(steps, scores[:, a, b], "", "secondary", 0.012) for a, b in others]
        series.append(Series(steps, ours, say("layer {a}, head {b}", a=layer, b=head), "target", 0.045))
        chart = chart_of(lesson, series, (0, 1), "score", marked=(len(others), at))
        drawn_after(lesson, before, chart, 3)
        lesson.answer(
            "One of them jumps from {x:.0%} to {y:.0%}, between steps {s:,} and {t:,}."
            if float(ours[at]) - float(ours[at - 1]) > 0.25
            else "None jumps: {x:.0%} and {y:.0%} at steps {s:,} and {t:,}.",
            x=ours[at - 1],
            y=ours[at],
            s=lesson.marks[at - 1],
            t=lesson.marks[at],
        )
    return chart


def agreement(lesson: Training, before: LineChart) -> LineChart:
    """When a verb agrees with its subject past another noun, beside the head of the step before. Only where that was
    measured: the sentences are of the world of `tiny`."""
    told, head = record.agreement(lesson.checkpoint), before.series[-1]
    if told is None:
        return before
    at = record.jump(told.apart)
    with lesson.step(
        "Is or are?",
        ask="“{said} …”: is or are?",
        subtitle="right verb likelier · nearer noun alike, unlike: {n} sentences each, never read",
        said=told.examples[1].rsplit(" ", 1)[0],
        n=told.count,
        claims=[
            truth(
                "between no other snapshots does it rise more",
                [told.apart],
                lambda s: int(np.diff(s).argmax()) == at - 1,
            ),
            truth(
                "alike was right more often then", [told.alike[at - 1], told.apart[at - 1]], lambda a, b: bool(a > b)
            ),
        ],
        keep=(before,),
    ):
        series = [
            head,
            Series(told.steps, told.alike, "alike", "ink", 0.03),
            Series(told.steps, told.apart, "unlike", "positive", 0.045),
        ]
        chart = chart_of(lesson, series, (0, 1), "score", marked=(2, at), whole=1)
        over_the_same_axes(lesson, before, chart)
        lesson.answer(
            "Past an unlike noun it guesses, {x:.0%}, until step {s:,}; at {t:,}: {y:.0%}.",
            x=told.apart[at - 1],
            y=told.apart[at],
            s=lesson.marks[at - 1],
            t=lesson.marks[at],
        )
    return chart


def over_the_same_axes(lesson: Training, before: LineChart, chart: LineChart) -> None:
    """All lines of a chart leave but its last one, which is the first of the new chart; the new ones are drawn."""
    alone = before.copy()
    alone.emphasis, alone.ringed = np.eye(len(before.series))[-1], 0.0
    lesson.play(Transform(before, alone), run_time=0.6)
    drawn = chart.copy()
    chart.grown, chart.emphasis = 0.0, np.eye(len(chart.series))[0]
    lesson.remove(before).add(chart)
    lesson.play(Transform(chart, drawn, rate_func=linear), run_time=2.6)


__all__ = ["a_jump", "agreement"]
