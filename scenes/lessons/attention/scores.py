"""From a query and the keys to weights: scores, scaled, masked, and their softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from manim import LEFT, FadeIn, FadeOut, Transform

from model.numbers.tensor import Tensor
from scenes.kit.ground.layout import stack
from scenes.kit.ground.text import Formula, symbol
from scenes.kit.moves.flight import Fly, row_of
from scenes.kit.moves.products import DotProduct, SoftmaxRow
from scenes.kit.moves.reveal import Introduce, Reveal
from scenes.kit.numbers.cells import readable_width
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.product import SoftmaxTable
from scenes.kit.numbers.terms import TermSum
from scenes.kit.recipes import Look, frame_row, room_for, rows_that_fit
from scenes.lesson.claims import most

if TYPE_CHECKING:
    from scenes.lessons.attention.lesson import SelfAttention

HEADER = 1.3  # room for the words over a grid of scores


def one_score(lesson: SelfAttention, queries: TensorGrid, keys: TensorGrid) -> TermSum:
    view, i, j = lesson.view, lesson.position, lesson.query.other
    q, k, score = view.q_met[i], view.k_met[j], view.raw[i, j]
    extra = ", both turned by the angles of their positions (rotary)" if view.rotary else ""
    with lesson.step(
        "One score",
        "The query of “{a}” times the key of “{b}”: {n} products add up to {s:+.2f}.",
        keep=(queries, keys),
        subtitle="{where} · q{i} · k{j}" + extra,
        n=len(q),
        s=score,
    ):
        cell = (min(1.25, (lesson.stage.width - 2.1) / 8.8), 1.3 * lesson.row_height)
        room: Look = dict(cell=cell, columns=8 if len(q) <= 8 else 7)
        grids = [TensorGrid(t, kind, **room) for t, kind in ((q, "query"), (k, "key"), (q * k, "score"))]
        lines = lesson.by(wide=2, square=4, tall=4)
        terms = TermSum(q, k, score, width=lesson.stage.width, lines=lines, size=0.4)
        stack(stack(*grids, gap=0.35), terms, gap=0.6).move_to(lesson.stage.center).shift((0.3, 0, 0))
        terms.set_x(0)
        names = (symbol("q", i, 0.52, "query"), symbol("k", j, 0.52, "key"), Formula("q dot.o k", 0.52))
        labels = [label.next_to(grid, LEFT, buff=0.25) for label, grid in zip(names, grids, strict=True)]
        flights = []
        for source, p, target in ((queries, i, grids[0]), (keys, j, grids[1])):
            same = p in source.rows and source.columns == target.columns and not view.rotary
            flights.append(Fly(source.row(source.shown_row(p)), target) if same else Introduce(target))
        lesson.play(FadeOut(queries), FadeOut(keys), *flights, *map(FadeIn, labels[:2]), run_time=1.4)
        lesson.play(FadeIn(labels[2]), Introduce(grids[2], "columns", lag=0.5), run_time=1.6)
        lesson.play(DotProduct(terms), run_time=2.8)
    return terms


def word_by_word(
    lesson: SelfAttention, tensor: Tensor, widest: Tensor, kind: str = "score", **options: Any
) -> TensorGrid:
    """An n × n grid with words as headers, as many as can be read with their numbers.

    widest: the tensor whose numbers decide how many columns there are, so that several grids have the same."""
    stage = lesson.stage
    columns = int((stage.width - room_for(lesson.words) - 0.8) / readable_width(widest, options.get("spec", "+.2f")))
    look: Look = dict(brackets=False, cell=(1.05, lesson.row_height), spec="+.2f", column_label_color="key")
    look |= dict(row_labels=lesson.words, column_labels=lesson.words, keep_column=lesson.query.other)
    return lesson.grid(tensor, kind, columns=columns, rows=rows_that_fit(stage.height - HEADER), **(look | options))


def score_grid(lesson: SelfAttention, scores: Tensor) -> TensorGrid:
    """The scores as they are, scaled, or masked: grids of one shape."""
    return word_by_word(lesson, scores, lesson.view.raw)


def all_scores(lesson: SelfAttention, terms: TermSum) -> tuple[TensorGrid, Frame]:
    i, j = lesson.position, lesson.query.other
    with lesson.step(
        "Scores",
        "Each query meets each key; “{a}” · “{b}” lands here: {s:+.2f}.",
        s=lesson.view.raw[i, j],
        subtitle="{where} · scores_raw [query, key] · rows are queries, columns are keys",
        keep=(terms,),
    ):
        grid = score_grid(lesson, lesson.view.raw)
        place = (grid.shown_row(i), grid.shown_column(j))
        grid.reveal(0)
        frame = Frame(grid.corners(*place, *place))
        landing = FadeOut(terms, target_position=grid.cell_center(*place), scale=0.3)
        lesson.play(landing, FadeIn(grid), FadeIn(frame), run_time=1.4)
        grid.cell_opacity[place], grid.text_opacity[place] = 1.0, 1.0
        lesson.play(Reveal(grid, "cells", lag=0.08), run_time=3)
    return grid, frame


def scale(lesson: SelfAttention, grid: TensorGrid) -> None:
    view, i, j = lesson.view, lesson.position, lesson.query.other
    with lesson.step(
        "Scale",
        "All are divided by √{d}: {a:+.2f} becomes {b:+.2f}.",
        subtitle="{where} · scores = scores_raw / √{d}, lest they grow with the number of entries",
        d=view.q.shape[1],
        a=view.raw[i, j],
        b=view.scores[i, j],
    ):
        lesson.play(Transform(grid, score_grid(lesson, view.scores)), run_time=2)


def mask(lesson: SelfAttention, grid: TensorGrid, frame: Frame) -> Frame:
    masked = lesson.view.masked
    with lesson.step(
        "Mask",
        "No word may look ahead: what comes later is set to {never}."
        if lesson.trace.config.causal
        else "Nothing is masked here: every word sees every other.",
        never=masked[0, len(lesson.words) - 1],
        subtitle="{where} · scores_masked",
    ):
        lesson.play(FadeOut(frame), Transform(grid, score_grid(lesson, masked)), run_time=2)
        frame = frame_row(grid, lesson.position)
        lesson.play(FadeIn(frame), run_time=0.6)
    return frame


def softmax(lesson: SelfAttention, grid: TensorGrid, frame: Frame) -> SoftmaxTable:
    scores = lesson.view.masked[lesson.position]
    with lesson.step(
        "Softmax",
        "The row of “{word}” becomes weights: raise e to each score{less}, divide by the sum.",
        subtitle="{where} · scores_masked [{i}, :] → pattern [{i}, :]",
        less=" less the largest" if SoftmaxTable.shifts(scores) else "",
        claims=[most(scores, int(scores.values.argmax()))],
        keep=(grid, frame),
    ):
        table = SoftmaxTable(lesson.stage, scores, lesson.words, down=not lesson.wide)
        row = grid.row(grid.shown_row(lesson.position))
        lesson.play(FadeOut(grid), FadeOut(frame), Fly(row, table.scores), FadeIn(table.labels[0]), run_time=1.2)
        lesson.play(SoftmaxRow(table), run_time=5)
    return table


def all_rows(lesson: SelfAttention, table: SoftmaxTable) -> TensorGrid:
    pattern = lesson.view.pattern
    with lesson.step(
        "All rows",
        "Every query has its row of weights; each adds up to {one:.0f}.",
        one=lesson.query.weights.sum(0),
        subtitle="{where} · pattern [query, key]",
        keep=(table.weights,),
    ):
        grid = word_by_word(lesson, pattern, pattern, "probability", spec=".2f", scale=1.0)
        grid.reveal(0)
        place = grid.shown_row(lesson.position)
        grid.cell_opacity[place], grid.text_opacity[place] = 1.0, 1.0
        home = row_of(grid, lesson.position)
        pairs = {(k,): (lesson.position, k) for k in grid.columns if k is not None}
        lesson.play(Fly(table.weights, home, pairs=pairs), run_time=1.4)
        lesson.play(Reveal(grid, "rows", lag=0.3), run_time=2.2)
    return grid
