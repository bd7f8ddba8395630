"""One query worked out: a score, the weights over the English words, and what they gather."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import DOWN, LEFT, RIGHT, FadeIn, Mobject, VGroup

from model.numbers.tensor import Tensor, concatenate
from model.numbers.tensor import stack as stack_tensors
from scenes.kit.attention.meeting import Meeting
from scenes.kit.ground.say import Said
from scenes.kit.ground.text import Label, Number, symbol
from scenes.kit.moves.flight import Chip, FillStrip, Fly
from scenes.kit.moves.meet import Meet
from scenes.kit.moves.products import SoftmaxRow, WeightedSum
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.product import SoftmaxTable
from scenes.kit.recipes import ROOM_OF_LINE, UNBOUNDED, Look, and_more, kept_and_rest, room_for
from scenes.kit.words.strip import SentenceStrip
from scenes.lesson.claims import most, truth
from scenes.lesson.following import below
from scenes.lesson.steps import come, give_way, leave

if TYPE_CHECKING:
    from scenes.lessons.cross_attention.lesson import CrossAttention

Strips = tuple[SentenceStrip, SentenceStrip]


def who_asks(lesson: CrossAttention, before: list[Mobject]) -> Strips:
    """Queries lie under French words, keys and values under English ones."""
    with lesson.step(
        "Who asks whom",
        "French asks, English answers: queries come from the decoder, keys and values from the encoder.",
        subtitle="layer {l} of the decoder, head {h}, counted from {zero} · yellow: the row that is followed",
        zero=0,
        keep=before,
    ):
        english, french = lesson.strips()
        lesson.play(*give_way(before, *enlarged(lesson, english, french)), run_time=1)
        lesson.play(FillStrip(french, ["q"]), run_time=1.6)
        lesson.play(FillStrip(english, ["k", "v"]), run_time=2)
    return english, french


def enlarged(lesson: CrossAttention, *strips: SentenceStrip) -> Strips:
    """The strips, as large as they fit in the middle of the stage, English in its upper half."""
    by = min(1.9, *(lesson.stage.width / strip.width for strip in strips))
    for strip, box in zip(strips, lesson.stage.rows(1, 1, gap=0.6), strict=True):
        strip.scale(by).move_to(box.center)
    return strips[0], strips[1]


def one_score(lesson: CrossAttention, strips: Strips) -> list[Mobject]:
    """The decoder's query meets the encoder's key, entry by entry."""
    run, name, h, i, j = lesson.trace, lesson.name, lesson.head, lesson.position, lesson.asked
    q, k, score = run[f"{name}.q"][h, i], run[f"{name}.k"][h, j], run[f"{name}.scores_raw"][h, i, j]
    english, french = strips
    tops = lesson.strips()
    with lesson.step(
        "One score",
        ask="The query of “{word}”, the key of “{read}”: do they fit?",
        subtitle="{tensor} [{h}, {i}, :], of the decoder · k [{h}, {j}, :], of the encoder",
        tensor=f"{name}.q",
        n=len(q),
        s=score,
        claims=[
            truth("the products add up to the score", [q * k, score], lambda p, s: np.isclose(p.sum(), s, rtol=1e-4))
        ],
        keep=strips,
    ):
        grids, names, rest = meeting(lesson, q, k, score, VGroup(*tops))
        moved = [s.animate.scale(t.width / s.width).move_to(t) for s, t in zip(strips, tops, strict=True)]
        lesson.play(*moved, run_time=1)
        flights = [Fly(Chip(french, "q", i), grids[0], keep=True), Fly(Chip(english, "k", j), grids[1], keep=True)]
        lesson.play(*flights, *come(*names[:2]), run_time=1.6)
        lesson.play(FadeIn(names[2]), FadeIn(rest[0]), Meet(grids[0], grids[1], grids[2], rest[1], run_time=3))
        lesson.answer("{n} products add up to {s:+.2f}. All other English words are asked the same.")
    return [*grids, *names, *rest]


def meeting(
    lesson: CrossAttention, q: Tensor, k: Tensor, score: Tensor, under: Mobject
) -> tuple[list[TensorGrid], list[Mobject], tuple[Label, Number]]:
    """Query, key and products under one another, their names, and the sum at the end."""
    room = below(lesson, under)
    height = min(1.4 * lesson.row_height, room.height / 5.5)
    look: Look = dict(at=(lesson.position, lesson.asked), height=height, widest=1.3, gap=0.35, size=0.5, beside=False)
    met = Meeting(room, q, k, score, **look)
    return [met.query, met.key, met.products], met.names, (met.sum_of, met.total)


def softmax(lesson: CrossAttention, strips: Strips, before: list[Mobject]) -> SoftmaxTable:
    """The scores of one query over all English words become shares."""
    run, h, i, j = lesson.trace, lesson.head, lesson.position, lesson.asked
    scores, weights, word = run[f"{lesson.name}.scores"][h, i], lesson.weights, lesson.targets[i]
    with lesson.step(
        "Which English word?",
        ask="Each score ÷ √{d}, e to each{less}, divided by the sum: where does it look?",
        subtitle="{tensor} [{h}, {i}, :], not masked: all of the English is there"
        if lesson.wide
        else "{tensor} [{h}, {i}, :], not masked",
        tensor=f"{lesson.name}.scores",
        d=run.config.d_head,
        less=" less the largest" if SoftmaxTable.shifts(scores) else "",
        claims=[most(weights, j)],
        keep=(*strips, *before),
    ):
        table = SoftmaxTable(below(lesson, VGroup(*strips)), scores, lesson.source_words, down=not lesson.wide)
        lesson.play(*leave(*before), *come(table.scores, table.heights[0], table.labels), run_time=1)
        lesson.play(SoftmaxRow(table), run_time=4)
        lesson.answer(
            "“{read}” weighs most, {w:.0%}. In the end the next word is “{said}”, {p:.0%}.",
            w=weights[j],
            p=run["probs"][i, word],
        )
    return table


def gather(lesson: CrossAttention, strips: Strips, table: SoftmaxTable) -> list[Mobject]:
    """The English words' values, by their weights, add up to what the head brings into French."""
    run, h, i = lesson.trace, lesson.head, lesson.position
    z = run[f"{lesson.name}.z"][h, i]
    box = below(lesson, VGroup(*strips))
    shown, names = weighted_values(lesson, max(2, int((box.height - 1.3) / (ROOM_OF_LINE + 0.06))))
    with lesson.step(
        "What it brings",
        "Each English value times its weight: the sum goes into the row of “{word}”.",
        subtitle="{tensor} [{h}, {i}, key] × v [{h}, key, :] · their sum z [{h}, {i}, :]"
        if lesson.wide
        else "{tensor} [{h}, {i}, key] × v",
        tensor=f"{lesson.name}.pattern",
        claims=[truth("the rows add up to the sum", [shown, z], lambda r, s: np.allclose(r.sum(0), s, atol=1e-3))],
        keep=(*strips, table),
    ):
        columns = min(len(z), lesson.by(wide=8, square=8, tall=6))
        widest = (box.width - room_for(names) - 1.4) / (columns + 0.6)
        cell = (min(1.2, widest), min(1.1 * lesson.row_height, (box.height - 0.7) / (len(names) + 1.4)))
        look: Look = dict(cell=cell, columns=columns, scale=float(np.abs(shown.values).max()), **UNBOUNDED)
        grid = TensorGrid(shown, "value", row_labels=names, row_label_color="key", **look)
        total = TensorGrid(z, "value", **look).next_to(grid, DOWN, buff=0.4).align_to(grid, RIGHT)
        label = symbol("z", i, 0.5, "value").next_to(total, LEFT, buff=0.25)
        box.fit(VGroup(grid, total, label))
        lesson.play(*leave(table), Introduce(grid, after=0.3), run_time=1.6)
        lesson.play(FadeIn(label, run_time=0.5), WeightedSum(grid, total), run_time=2.6)
    return [*strips, grid, total, label]


def weighted_values(lesson: CrossAttention, limit: int) -> tuple[Tensor, list[str | Said]]:
    """Values times their weights, and the names of the rows; what does not fit is one row, so that sums hold."""
    values, weights = lesson.trace[f"{lesson.name}.v"][lesson.head], lesson.weights
    weighted = (values.T * weights).T
    kept, rest = kept_and_rest(weights, limit)
    shown = weighted[kept]
    if rest:
        shown = concatenate([shown, stack_tensors([weighted[rest].sum(0)], "key")], 0)
    return shown, and_more([lesson.source_words[k] for k in kept], rest)


__all__ = ["gather", "one_score", "softmax", "who_asks"]
