"""The last word of both runs: at each stop, what speaks for the likeliest word of A against that of B."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import FadeOut, Mobject

from model.numbers.tensor import Tensor, stack
from model.study.inside.comparing import stops_of
from model.study.inside.lens import LogitLens
from scenes.kit.charts.curve import GrowCurve
from scenes.kit.charts.lines import LineChart, Series
from scenes.lesson.claims import Fact, truth

if TYPE_CHECKING:
    from scenes.lessons.compare.lesson import Compare


def can_be_shown(lesson: Compare) -> bool:
    """Whether the rows of both runs can be read behind the last norm and W_U alone."""
    return all(
        config.norm_first and config.unembeds and not config.unembed_layer and not config.embed_norm
        and not config.unembed_bias and config.logit_cap is None
        for config in (run.config for run in lesson.runs)
    )  # fmt: skip


def words_in(lesson: Compare, run: int) -> tuple[int, int]:
    """The ids of `word` and `rival` in the model of a run."""
    if lesson.options.other_model is None:
        return lesson.word, lesson.rival
    return lesson.models.id_in(run, lesson.word), lesson.models.id_in(run, lesson.rival)


def gaps(lesson: Compare) -> list[Tensor]:
    """logit of `word` − logit of `rival` of either run’s last row, behind the last norm, at each stop. [stop]"""
    found = []
    for k, run in enumerate(lesson.runs):
        lens, (word, rival) = LogitLens(run, len(run) - 1), words_in(lesson, k)
        directions = run["W_U"][:, word] - run["W_U"][:, rival]
        found.append(stack([lens.row(name) @ directions for name in stops_of(run)], "stop"))
    return found


def chances(lesson: Compare, run: int) -> list[Tensor]:
    """Those of `word` and `rival` after the text of a run, as its bars have them."""
    return [lesson.probs[run][word] for word in (lesson.word, lesson.rival)]


def difference(gap: np.ndarray, one: np.ndarray, other: np.ndarray) -> bool:
    """Whether a difference of logits is the logarithm of how many times likelier one word is than the other."""
    return bool(abs(np.log(one) - np.log(other) - gap) < 1e-3 * max(1.0, abs(float(gap))))


def half_apart(a: Tensor, b: Tensor) -> int:
    """The stop from which on both lines are, and stay, at least half as far apart as at the end; 0 where they are from
    the first one on, do not go through as many layers, or end at one place."""
    if len(a) != len(b) or abs(float(a[-1]) - float(b[-1])) < 0.1:
        return 0
    near = np.flatnonzero(np.abs(a.values - b.values) < abs(float(a[-1]) - float(b[-1])) / 2)
    return int(near[-1]) + 1 if len(near) and near[-1] > 0 else 0


def stays_apart(first: float, a: np.ndarray, b: np.ndarray) -> bool:
    """The same, stop by stop."""
    apart, stop = np.abs(a - b), int(first)
    return bool((apart[stop:] >= apart[-1] / 2).all() and apart[stop - 1] < apart[-1] / 2)


def word_against_word(lesson: Compare, before: list[Mobject]) -> list[Mobject]:
    """Both lines, from the row that goes in to the one behind the last layer."""
    a, b = gaps(lesson)
    low = int(np.floor(min(a.values.min(), b.values.min(), 0)))
    high = int(np.ceil(max(a.values.max(), b.values.max(), 1)))
    most = max(len(a), len(b))
    late = half_apart(a, b)
    with lesson.step(
        "Word against word",
        ask="In the last row: what speaks for “{w}” and against “{v}”, layer by layer?",
        subtitle="logit of “{w}” − logit of “{v}” behind ln_final and W_U, at each stop",
        claims=[
            truth(
                "at the last stop it says how many times likelier the word is", [a[-1], *chances(lesson, 0)], difference
            ),
            truth("in B, too", [b[-1], *chances(lesson, 1)], difference),
            *([Fact((), "from there on half as far apart", (a, b), stays_apart, "k")] if late else []),
        ],
        keep=before,
    ):
        places = Tensor.given(np.arange(most), "stops: going in, then behind each layer", ("stop",))
        series = [Series(places[: len(one)], one, name, role, 0.05)
                  for one, name, role in ((a, "A", "target"), (b, "B", "logit"))]  # fmt: skip
        chart = LineChart(
            series, width=lesson.stage.width, height=min(lesson.stage.height, 7.0), across=(0, most - 1),
            up=(low, high), titles=("layers done", "logit difference"),
        ).move_to(lesson.stage.center)  # fmt: skip
        lesson.play(*[FadeOut(m, run_time=0.5) for m in before], GrowCurve(chart, after=0.08, run_time=2.6))
        lesson.answer(
            "{x:+.1f} in A and {y:+.1f} in B at the end; half as far apart only from stop {k} on."
            if late
            else "{x:+.1f} in A and {y:+.1f} in B at the end; they begin at {p:+.1f} and {q:+.1f}."
            if len(a) == len(b)
            else "{x:+.1f} in A at the end, behind {n} layers; {y:+.1f} in B, behind {m}.",
            x=a[-1],
            y=b[-1],
            p=a[0],
            q=b[0],
            n=len(a) - 1,
            m=len(b) - 1,
            k=late,
        )
    return [chart]


__all__ = ["can_be_shown", "word_against_word"]
