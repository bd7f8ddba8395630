"""Words in no order, said twice: what the model makes of the second time, and the heads that look at the first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from manim import FadeIn, FadeOut, Mobject, Transform, smooth
from manim.utils.rate_functions import squish_rate_func

from model.numbers.tensor import Tensor, concatenate
from model.study.inside.induction import best, earning, heads_of
from scenes.kit.attention.pattern import DotPattern
from scenes.kit.charts.curve import GrowCurve
from scenes.kit.charts.lines import LineChart, Series
from scenes.kit.ground.say import say
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import Look, rows_that_fit
from scenes.kit.words.tokens import TokenRow
from scenes.lesson.claims import truth
from scenes.lesson.steps import give_way
from scenes.lessons.induction import facts

if TYPE_CHECKING:
    from scenes.lessons.induction.lesson import Induction

NAMED, NAMED_HEADER = 5, 0.24  # of many rows each fifth has a name; its em
LEAVING = 0.75  # seconds


def soon(gone: Iterable[Mobject], run_time: float) -> list[FadeOut]:
    """They leave in the first moments of a play, before what comes in it has got far."""
    return [FadeOut(m, rate_func=squish_rate_func(smooth, 0, min(1.0, LEAVING / run_time))) for m in gone]


def said_twice(lesson: Induction, before: list[Mobject]) -> list[Mobject]:
    """The words, and over their places the probability of the right next word."""
    run = lesson.list
    half, first, again = run.half, run.next_words(False), run.next_words(True)
    series = series_of(lesson, first, again)
    with lesson.step(
        "Words in no order",
        ask="Is it known by heart? {n} random words are not. Said twice, are they foretold?",
        subtitle="from {model}’s own words of letters, NumPy’s default generator, seed {s}",
        n=half,
        s=lesson.options.seed,
        claims=[
            truth(
                "the second half says the words of the first",
                [run.trace["tokens"]],
                lambda ids: bool((ids[:half] == ids[half:]).all() and len(set(ids)) == half),
            ),
            *[facts.foretold(run, each.ys, half * k) for k, each in enumerate(series)],
        ],
        keep=before,
    ):
        upper, lower = lesson.stage.rows(1, lesson.by(wide=2.8, square=2.2, tall=1.8))
        words = TokenRow(run.trace.tokens[:half], width=upper.width, height=upper.height, size=0.36,
                         lines=lesson.by(wide=2, square=3, tall=5)).move_to(upper.center)  # fmt: skip
        lesson.play(*give_way(before, words), run_time=0.8)
        chart = chart_of(lesson, series, lower.width, lower.height).move_to(lower.center)
        lesson.play(GrowCurve(chart), run_time=3.2)
        lesson.answer(
            "On average the right word gets {x:.1%} the first time, {y:.0%} the second: it must look back."
            if float(again.mean(0)) > 0.5
            else "On average the right word gets {x:.1%} the first time, {y:.1%} the second.",
            x=first.mean(0),
            y=again.mean(0),
        )
    return [words, chart]


def series_of(lesson: Induction, first: Tensor, again: Tensor) -> list[Series]:
    """The probability of each next word, over its place in the text: the first time and the second."""
    half = lesson.list.half
    places = [Tensor.given(range(start, start + half - 1), "place", ("word",)) for start in (1, half + 1)]
    return [
        Series(places[0], first, "the first time", "secondary", 0.04),
        Series(places[1], again, "the second time", "probability", 0.04),
    ]


def chart_of(lesson: Induction, series: list[Series], width: float, height: float) -> LineChart:
    half = lesson.list.half
    titles = ("place in the text", "probability of the right next word")
    return LineChart(series, width=width, height=height, across=(0, 2 * half), up=(0, 1), titles=titles)


# ── all heads ────────────────────────────────────────────────────────────────────────────────────
def grid_of(lesson: Induction, scores: Tensor, spec: str, kind: str) -> tuple[TensorGrid, tuple[int, int]]:
    """Scores [layer, head], layers down in a wide frame and across in others, and the place of our head.

    Of more rows than can be read as numbers all are shown as colours, and some are named."""
    stage, config, place = lesson.stage, lesson.trace.config, (lesson.layer, lesson.head)
    names = (
        [say("layer {k}", k=k) for k in range(config.n_layers)],
        [say("head {k}", k=k) for k in range(config.n_heads)],
    )
    if not lesson.wide and config.n_layers <= config.n_heads:
        scores, names, place = scores.T, names[::-1], place[::-1]
    room: Look = dict(width=stage.width, height=stage.height, cell=(1.6, 1.05), spec=spec, size=0.36, brackets=False)
    shown: Look = dict(rows=scores.shape[0], columns=scores.shape[1])
    labels: Look = dict(row_label_color="secondary", column_label_color="secondary")
    if scores.shape[0] > rows_that_fit(stage.height - 0.8):
        labels |= dict(header=NAMED_HEADER)
        apart = [k for k in range(0, len(names[0]), NAMED) if abs(k - place[0]) > 1]  # no name touches ours
        names = [name if k in (*apart, place[0]) else say("") for k, name in enumerate(names[0])], names[1]
    grid = TensorGrid(scores, kind, row_labels=names[0], column_labels=names[1], **labels, **room, **shown)
    return stage.fit(grid), place


def fill(lesson: Induction, before: Iterable[Mobject], grid: TensorGrid) -> None:
    """A grid takes the place of what was there, row after row; one without numbers, of which whole rows are dark,
    column after column, while what was there stays longer."""
    cells = Introduce(grid, "cells", lag=0.12) if grid.digits else Introduce(grid, "columns", lag=0.5)
    lesson.play(*soon(before, 2.6 if grid.digits else 1.4), cells, run_time=2.6)


def framed(grid: TensorGrid, place: Sequence[int]) -> Frame:
    row, column = grid.shown_row(place[0]), grid.shown_column(place[1])
    return Frame(grid.corners(row, column, row, column))


def all_heads(lesson: Induction, before: list[Mobject]) -> list[Mobject]:
    """How much of its attention each head gives to what followed the last time."""
    run, ours = lesson.list, (lesson.layer, lesson.head)
    most = best(run.matching, heads_of(lesson.trace, range(lesson.trace.config.n_layers)), 1)[0]
    with lesson.step(
        "Who looks there?",
        ask="Which head looks from a word to what followed it the last time?",
        subtitle="prefix-matching score: mean attention to it, second time · even attention: {c:.1%}",
        c=run.chance,
        claims=[facts.of_stripe(run), facts.even(run), facts.looks_most(run, most)],
        keep=before,
        quiz=lesson.quiz(
            "Which head looks most to what followed the word the last time?",
            concatenate(list(run.matching), 0),
            lambda k: say("layer {l}, head {h}", l=k // run.matching.shape[1], h=k % run.matching.shape[1]),
        ),
    ):
        grid, place = grid_of(lesson, run.matching, ".0%", "probability")
        fill(lesson, before, grid)
        frame = framed(grid, place)
        lesson.play(FadeIn(frame), run_time=0.6)
        lesson.answer(
            "Layer {m}, head {n} most: {y:.0%}. We follow layer {l}, head {h}: {x:.0%}."
            if ours != most and not grid.digits
            else "Layer {l}, head {h} gives it {x:.0%}: an induction head."
            if ours in named(lesson)
            else "None of them much. We follow layer {l}, head {h}: {x:.0%}."
            if not named(lesson)
            else "We follow layer {l}, head {h}: {x:.0%}.",
            x=run.matching[ours],
            m=most[0],
            n=most[1],
            y=run.matching[most],
        )
    return [grid, frame]


def named(lesson: Induction) -> list[tuple[int, int]]:
    """The heads that have earned the name."""
    every = heads_of(lesson.trace, range(lesson.trace.config.n_layers))
    return earning(lesson.list.matching, lesson.list.chance, every)


def stripe(lesson: Induction, before: list[Mobject]) -> list[Mobject]:
    """The head's pattern on the random words."""
    run = lesson.list
    pattern = run.trace[f"blocks.{lesson.layer}.attn.pattern"][lesson.head]
    there = facts.rows_on_the_stripe(pattern.values, run.half)
    with lesson.step(
        "The stripe",
        "A row a word, a dot where it looks: the second time, always {k} back."
        if there == run.half
        else "A row a word, a dot where it looks: the second time {k} back, {n} of {m} times."
        if there > run.half / 2
        else "A row a word, a dot where it looks. What followed stands {k} back.",
        subtitle="blocks.{l}.attn.pattern [{h}, :, :] on the {t} random words",
        k=run.half - 1,
        claims=[facts.back(run), facts.of_the_rows(run, pattern, there)],
        t=2 * run.half,
        n=there,
        m=run.half,
        keep=before,
    ):
        room: Look = dict(width=lesson.stage.width, height=lesson.stage.height)
        dots = lesson.stage.fit(DotPattern(pattern, **room))
        grid, frame = before
        opened = Frame(dots.corners(0, 0, 2 * run.half - 1, 2 * run.half - 1))  # the cell of our head opens
        opens = Transform(frame, opened, rate_func=squish_rate_func(smooth, 0, 0.35))
        lesson.play(*soon([grid], 2.6), opens, Introduce(dots, "rows", lag=0.3), run_time=2.6)
    return [dots, frame]


__all__ = ["all_heads", "fill", "framed", "grid_of", "named", "said_twice", "soon", "stripe"]
