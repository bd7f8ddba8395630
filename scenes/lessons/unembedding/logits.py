"""One row times W_U: a logit for every word, and softmax of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import FadeIn, FadeOut, Mobject

from scenes.kit.charts.signed import SignedBars
from scenes.kit.moves.flight import Fly
from scenes.kit.moves.products import DotProduct, SoftmaxRow
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.product import SoftmaxTable
from scenes.kit.numbers.rows import Rows
from scenes.kit.numbers.terms import TermSum
from scenes.kit.recipes import Look
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import display
from scenes.lesson.claims import Fact, fact, most
from scenes.lesson.steps import come, grow_after

if TYPE_CHECKING:
    from scenes.lessons.unembedding.lesson import Unembedding

HIGH, LOW = 5, 2  # of the logits, how many are shown


def one_word(lesson: Unembedding, strip: SentenceStrip, grid: TensorGrid) -> list[Mobject]:
    """The row and the column of one word, and their product as a sum."""
    column, logit = lesson.trace["W_U"][:, lesson.word], lesson.logits[lesson.word]
    with lesson.step(
        "One word’s logit",
        ask="Every word has a column of {d} weights. How well does that of “{w}” fit?",
        subtitle="ln_final.normalized [{i}, :] · W_U [:, “{w}”] = logits [{i}, “{w}”]",
        keep=(strip, grid),
    ):
        upper, lower = lesson.by(wide=(2.2, 1), square=(2.2, 1), tall=(1.6, 1))
        top, bottom = lesson.below(strip).rows(upper, lower)
        rows = Rows(top, [(lesson.row, "data", "x"), (column, "weight", f"“{lesson.phrases['w']}”")], cell=1.2)
        lesson.play(Fly(grid, rows.grids[0]), *come(rows.labels[0]), run_time=1.2)
        lesson.play(Introduce(rows.grids[1], "columns", lag=0.1), FadeIn(rows.labels[1]), run_time=1)
        lines = lesson.by(wide=2, square=3, tall=4)
        terms = TermSum(lesson.row, column, logit, width=bottom.width, lines=lines, size=0.4, total_color="logit")
        bottom.fit(terms)
        lesson.play(DotProduct(terms), run_time=2.4)
        lesson.answer("{d} products add up to {s:+.2f}: the logit of “{w}”.", s=logit)
    return [rows, terms]


def ranked(lesson: Unembedding) -> list[int]:
    """All words, the one with the largest logit first."""
    return [int(k) for k in np.argsort(-lesson.logits.values, kind="stable")]


def all_words(lesson: Unembedding, strip: SentenceStrip, before: list[Mobject]) -> SignedBars:
    order = ranked(lesson)
    chosen = order[:HIGH] + order[-LOW:]
    others = [k for k in order if k != lesson.word]
    with lesson.step(
        "All words",
        "All {v} columns at once: {v} logits. The largest is that of “{w}”, {s:+.2f}.",
        subtitle="logits [{i}, :], the {a} largest and the {b} smallest of {v}",
        a=HIGH,
        b=LOW,
        s=lesson.logits[lesson.word],
        claims=[most(lesson.logits, lesson.word), ends(lesson, chosen)],
        keep=(strip, *before),
        quiz=lesson.quiz(
            "Which word has the largest logit but for “{w}”?", lesson.logits, lesson.called_next, among=others
        ),
    ):
        words = [lesson.trace.vocabulary[k] for k in chosen]
        room: Look = dict(width=lesson.stage.width, height=lesson.stage.height, fill="logit", size=0.44)
        bars = SignedBars(lesson.logits[chosen], words, **room).move_to(lesson.stage.center)
        grow_after(lesson, [strip, *before], bars, lag=0.3, run_time=2.4, there=[chosen.index(lesson.word)])
    return bars


def ends(lesson: Unembedding, chosen: list[int]) -> Fact:
    """That the logits shown are the largest and the smallest."""

    def holds(values: np.ndarray) -> bool:
        others = np.delete(values, chosen)
        high, low = values[chosen[:HIGH]].min(), values[chosen[HIGH:]].max()
        return bool(high >= others.max() - 1e-6 and low <= others.min() + 1e-6)

    return fact(("largest", "smallest"), "these are the largest and the smallest logits", [lesson.logits], holds)


def softmax(lesson: Unembedding, before: Mobject) -> SoftmaxTable:
    with lesson.step(
        "Softmax",
        "A power of e makes all of them positive; divided by their sum they add up to one.",
        subtitle="logits [{i}, :] → probs [{i}, :] · all other words stand together",
        keep=(before,),
        quiz=lesson.quiz("What chance does “{w}” get?", lesson.probs, place=lesson.word),
    ):
        order = ranked(lesson)
        words = [display(lesson.trace.vocabulary[k]) for k in order]
        table = SoftmaxTable(lesson.stage, lesson.logits[order], words, down=True)
        lesson.play(FadeOut(before), *come(table.scores, table.labels[0], table.heights[0]), run_time=0.6)
        lesson.wait(0.8)  # the bars that stood there, smaller
        lesson.play(SoftmaxRow(table), run_time=3.6)
    return table
