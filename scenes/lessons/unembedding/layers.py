"""The logit lens: what the model would say if it stopped earlier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import Mobject

from model.numbers.tensor import stack
from scenes.kit.charts.signed import SignedBars
from scenes.kit.ground.say import Said, say
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import display
from scenes.kit.words.writers import name_of
from scenes.lesson.claims import alike, count, most, truth
from scenes.lesson.steps import grow_after

if TYPE_CHECKING:
    from scenes.lessons.unembedding.cutting import Chart
    from scenes.lessons.unembedding.lesson import Unembedding


def when_did_it_know(lesson: Unembedding, chart: Chart) -> Mobject:
    lens = lesson.lens
    ranks, best = lens.ranks(lesson.word), [int(np.argmax(row)) for row in lens.probs.values]
    told = zip("ab", (0, -3), strict=True)
    proved = [
        count("is number", field, [lens.probs[k]], lambda row: int((row >= row[lesson.word]).sum()))
        for field, k in told
    ]
    with lesson.step(
        "When did it know?",
        ask="What would it say if it stopped earlier? W_U can be asked after every write.",
        subtitle="likeliest word at each stop of the stream, behind ln_final and W_U · position {i}",
        keep=chart,
        claims=[
            truth("at the last stop it is what the model says", [lens.probs[-1], lesson.probs], alike),
            *proved,
            *[most(lens.probs[k], word) for k, word in enumerate(best)],
        ],
    ):
        values = stack([lens.probs[k, word] for k, word in enumerate(best)], "stop")
        names = [named(lesson, stop, word) for stop, word in zip(lens.stops, best, strict=True)]
        room: Look = dict(
            width=lesson.stage.width, height=lesson.stage.height, spec=".0%", fill="probability", size=0.44
        )
        bars = SignedBars(values, names, **room).move_to(lesson.stage.center)
        grow_after(lesson, chart, bars, lag=0.5, run_time=3.2)
        lesson.answer(
            "“{w}”, {p:.0%} in the end, is number {a} of {v} at first and {b} before the last block.",
            p=lens.probs[-1, lesson.word],
            a=ranks[0],
            b=ranks[-3],
        )
    return bars


def named(lesson: Unembedding, stop: str, word: int) -> Said:
    """A stop, and the word that is likeliest there."""
    return name_of(stop, short=True) + say(": “{w}”", w=display(lesson.trace.vocabulary[word]))
