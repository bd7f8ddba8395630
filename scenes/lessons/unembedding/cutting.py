"""One chart of the next word, turned warmer and colder, and cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import Mobject, Transform

from model.numbers.origins import CHOSEN
from model.numbers.tensor import Tensor
from model.study.inside.lens import next_word, shown
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Emerge
from scenes.kit.recipes import Look, longest_bar
from scenes.lesson.claims import count, fact
from scenes.lesson.steps import come, leave

if TYPE_CHECKING:
    from scenes.lessons.unembedding.lesson import Unembedding

TEMPERATURES = (2.0, 0.5)
TOP_K, TOP_P = 3, 0.6
Chart = tuple[Label, ProbabilityBars]


def kept(lesson: Unembedding) -> list[int]:
    """The words that have a bar of their own: as many of the likeliest as find room."""
    return shown(lesson.probs, max(4, min(7, int((lesson.stage.height - 0.8) / 0.6))))


def chart_of(lesson: Unembedding, title: Said, probs: Tensor, longest: float) -> Chart:
    """The next word as bars for always the same words, under a title."""
    stage = lesson.stage
    room = Box(stage.left, stage.bottom, stage.right, stage.top - 0.7)
    look: Look = dict(width=min(room.width, 10.0), height=room.height, size=0.46, longest=longest, fill="probability")
    bars = ProbabilityBars(probs, lesson.trace.vocabulary, order=kept(lesson), whole=True, **look).move_to(room.center)
    return Label(title, 0.46, "probability", of=probs).move_to((room.center[0], stage.top - 0.3, 0)), bars


def change(lesson: Unembedding, old: Chart, new: Chart, seconds: float = 1.8) -> Chart:
    """The bars become others, the title gives way to the next."""
    lesson.play(*leave(old[0]), *come(new[0]), Transform(old[1], new[1]), run_time=seconds)
    lesson.remove(old[1])
    lesson.add(new[1])
    return new


def temperature(lesson: Unembedding, before: Mobject) -> Chart:
    asked = lesson.options.temperature
    warm, cool = (asked, TEMPERATURES[1]) if asked else TEMPERATURES
    heats = [Tensor.given(t, "temperature", origin=CHOSEN) for t in (1.0, warm, cool)]
    all_probs = [lesson.probs, *[next_word(lesson.trace, t) for t in (warm, cool)]]
    longest = longest_bar((probs, kept(lesson)) for probs in all_probs)
    word = lesson.word
    with lesson.step(
        "Temperature",
        ask="Divide the logits by a temperature T first. What becomes of the bars?",
        subtitle="softmax(logits [{i}, :] / T)",
        keep=(before,),
        quiz=lesson.quiz("What chance has “{w}” at T = {t:.2g}?", all_probs[1], place=word, t=heats[1]),
    ):
        charts = [
            chart_of(lesson, say("T = {t:.2g}", t=t), probs, longest) for t, probs in zip(heats, all_probs, strict=True)
        ]
        title, bars = charts[0]
        lesson.play(*leave(before), *come(title), Emerge(bars, "values"), run_time=1.8)
        chart = charts[0]
        for following in charts[1:]:
            chart = change(lesson, chart, following)
            lesson.wait(0.6)
        first, second, third = (probs[word] for probs in all_probs)
        lesson.answer(
            "“{w}”: {a:.0%} at T = {t:.2g}, {b:.0%} at {s:.2g}, {c:.0%} at {r:.2g}.",
            a=first, b=second, c=third, t=heats[0], s=heats[1], r=heats[2],
        )  # fmt: skip
    return chart


def top_k(lesson: Unembedding, chart: Chart) -> Chart:
    k = lesson.options.top_k or TOP_K
    cut = next_word(lesson.trace, top_k=k)
    with lesson.step(
        "Top-k",
        "Top-k keeps the {k} likeliest words, however many are good; their bars are stretched to {one:.0%}.",
        subtitle="probs [{i}, :], cut off and made to add up again",
        k=k,
        one=cut.sum(0),
        claims=[fact("likeliest", "none that is cut off is likelier than one that is kept", [lesson.probs, cut], best)],
        keep=chart,
    ):
        return cut_off(lesson, chart, cut, say("top-k, k = {k}", k=k))


def best(probs: np.ndarray, cut: np.ndarray) -> bool:
    """Whether those that are left are the largest."""
    return bool(probs[cut > 0].min() >= probs[cut == 0].max(initial=0.0) - 1e-9)


def top_p(lesson: Unembedding, chart: Chart) -> Chart:
    p = lesson.options.top_p or TOP_P
    cut, given = next_word(lesson.trace, top_p=p), Tensor.given(p, "top-p", origin=CHOSEN)
    with lesson.step(
        "Top-p",
        "Top-p keeps as few as reach {p:.0%} together, here {n}: few where the model is sure.",
        subtitle="probs [{i}, :], cut off and made to add up again",
        p=given,
        n=int((cut.values > 0).sum()),
        claims=[count("keeps", "n", [cut], lambda values: int((values > 0).sum()))],
        keep=chart,
    ):
        return cut_off(lesson, chart, cut, say("top-p, p = {p:.2g}", p=given))


def cut_off(lesson: Unembedding, chart: Chart, cut: Tensor, title: Said) -> Chart:
    """From the whole distribution at T = 1 to one that is cut off."""
    longest = longest_bar((probs, kept(lesson)) for probs in (lesson.probs, cut))
    one = Tensor.given(1.0, "temperature", origin=CHOSEN)
    if not np.array_equal(chart[1].probs.values, cut.values):  # else both ways of cutting keep the same words
        chart = change(lesson, chart, chart_of(lesson, say("T = {t:.2g}", t=one), lesson.probs, longest), 1.0)
        lesson.wait(0.5)
    return change(lesson, chart, chart_of(lesson, title, cut, longest))
