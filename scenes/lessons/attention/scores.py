"""From a query and the keys to weights: scores, scaled, masked, and their softmax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from manim import FadeIn, FadeOut, Mobject, Transform

from model.numbers.tensor import Tensor
from model.numbers.tensor import stack as stack_tensors
from scenes.kit.attention.meeting import Meeting
from scenes.kit.attention.scores import ScoreTable
from scenes.kit.ground.text import Number
from scenes.kit.moves.flight import Chip, Fly, column_of, row_of
from scenes.kit.moves.meet import Meet, MeetAll
from scenes.kit.moves.products import SoftmaxRow
from scenes.kit.moves.reveal import Grow, Introduce, Reveal
from scenes.kit.moves.sweep import MaskSweep
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.product import SoftmaxTable
from scenes.kit.recipes import frame_row
from scenes.kit.words.strip import SentenceStrip
from scenes.lesson.claims import share
from scenes.lesson.steps import come, leave

if TYPE_CHECKING:
    from scenes.lessons.attention.lesson import SelfAttention


def one_score(
    lesson: SelfAttention, strip: SentenceStrip, queries: TensorGrid, keys: TensorGrid
) -> tuple[list[Mobject], Number]:
    """The query meets the key, entry by entry; leaves all that stands there, and the sum."""
    view, i, j = lesson.view, lesson.position, lesson.query.other
    q, k, score = view.q_met[i], view.k_met[j], view.raw[i, j]
    extra = ", both turned by the angles of their positions (rotary)" if view.rotary else ""
    with lesson.step(
        "One score",
        ask="Does the key of {asked} fit the query of {asks}?",
        keep=(strip, queries, keys),
        subtitle="{where} · q{i} · k{j}" + extra,
    ):
        grids, labels, total = meeting(lesson, strip, q, k, score)
        flights = []
        for source, p, target in ((queries, i, grids[0]), (keys, j, grids[1])):
            same = p in source.rows and source.columns == target.columns and not view.rotary
            flights.append(Fly(row_of(source, p), target) if same else Introduce(target))
        lesson.play(*leave(queries, keys), *flights, *come(*labels[:2]), run_time=1.4)
        first, second, products = grids
        lesson.play(*map(FadeIn, labels[2:]), Meet(first, second, products, total, run_time=3))
        lesson.answer("{n} products add up to {s:+.2f}: the score.", n=len(q), s=score)
    return [*grids, *labels], total


def meeting(
    lesson: SelfAttention, strip: SentenceStrip, q: Tensor, k: Tensor, score: Tensor
) -> tuple[list[TensorGrid], list[Mobject], Number]:
    """Query, key and products under one another, with their names, and the sum at the end of the products."""
    room, at = lesson.below(strip), (lesson.position, lesson.query.other)
    height = min(1.3 * lesson.row_height, room.height / 4.5)
    met = Meeting(room, q, k, score, at=at, height=height, size=0.46, beside=lesson.wide)
    return [met.query, met.key, met.products], [*met.names, met.sum_of], met.total


def all_scores(
    lesson: SelfAttention, strip: SentenceStrip, left: list[Mobject], total: Number
) -> tuple[ScoreTable, Frame]:
    """Each query meets each key; leaves the table and a frame around the score that was worked out."""
    view, i, j, seen = lesson.view, lesson.position, lesson.query.other, lesson.query.seen
    least = int(np.argmin(view.raw[i, seen].values))
    with lesson.step(
        "Scores",
        "Each query meets each key: rows ask, columns are asked.",
        subtitle="{where} · scores_raw [query, key] · rows are queries, columns are keys",
        keep=(strip, *left[:-1], total),  # the sign of the sum goes first
        quiz=lesson.quiz(
            "Which word’s key fits the query of {asks} least?", view.raw[i, seen], lesson.called, smallest=True
        ),
    ):
        keep = (i, (j, least))
        table = ScoreTable(lesson.stage, view.q_met, view.k_met, view.raw, lesson.words, cell=(1.05, 0.56), keep=keep)
        place = (table.scores.shown_row(i), table.scores.shown_column(j))
        frame = Frame(table.scores.corners(*place, *place))
        table.scores.reveal(0)
        small = table.scores.digits * table.scores.zoom() / (total.size * total.zoom())
        landing = total.animate.scale(small).move_to(table.scores.cell_center(*place))
        sides = (table.queries, table.keys, table.corner, table.scores, frame)
        rows = {"q": i, "k": j} if view.rotary else {}  # chips hold them as they were before they turned
        flights = chips_into(strip, table, rows)
        turned = [Fly(left[0], row_of(table.queries, i)), Fly(left[1], column_of(table.keys, j))] if rows else []
        others = left[2:-1] if rows else left[:-1]
        lesson.play(*leave(*others, strip), landing, *come(*sides), *flights, *turned, run_time=1.8)
        lesson.remove(total)
        table.scores.cell_opacity[place], table.scores.text_opacity[place] = 1.0, 1.0
        waves = min(len(table.scores.rows) * 0.45, 3.4)
        lesson.play(MeetAll(table.queries, table.keys, table.scores, standing=True), run_time=waves)
    return table, frame


def chips_into(strip: SentenceStrip, table: ScoreTable, but: Mapping[str, int]) -> list[Fly]:
    """The words' q and k fly to the side and to the top of the table; but: one of each that comes from elsewhere."""
    asks = [p for p in strip.shown if p in table.queries.rows and p != but.get("q")]
    asked = [p for p in strip.shown if p in table.keys.columns and p != but.get("k")]
    sides = [Fly(Chip(strip, "q", p), row_of(table.queries, p)) for p in asks]
    return [*sides, *[Fly(Chip(strip, "k", p), column_of(table.keys, p)) for p in asked]]


def scale(lesson: SelfAttention, table: ScoreTable, frame: Frame) -> None:
    view = lesson.view
    with lesson.step(
        "Scale",
        "Sums of {d} products stray √{d} times as far as one: divide.",
        subtitle="{where} · scores = scores_raw / √{d} · {a:+.2f} becomes {b:+.2f}",
        d=view.q.shape[1],
        a=view.raw[lesson.position, lesson.query.other],
        b=view.scores[lesson.position, lesson.query.other],
        keep=(table, frame),
    ):
        lesson.play(Transform(table.scores, table.alike(view.scores)), run_time=1.6)


def mask(lesson: SelfAttention, table: ScoreTable, frame: Frame) -> None:
    """What words would take from those to come, and the mask that forbids it."""
    if not lesson.trace.config.causal or len(lesson.words) < 2:
        return unmasked(lesson, table, frame)
    view, last = lesson.view, len(lesson.words) - 1
    free, never = view.scores.softmax(-1), view.masked[0, last]
    r, rows = looking_ahead(table, free), list(range(last))
    leaks = stack_tensors([free[k, list(range(k + 1, last + 1))].sum(0) for k in rows], "query")
    leak, who = leaks[r], lesson.called(r)
    among, place = (leaks, rows.index(r)) if last > 1 else (free[r], last)  # of two words: or does it take the rest?
    with lesson.step(
        "Mask",
        ask="What if words could look ahead?",
        subtitle="{where} · softmax of scores [query, key] · then scores_masked",
        keep=(table, frame),
        claims=[share(free[r])],
        quiz=lesson.quiz("What share would {who} take from later words?", among, place=place, who=who),
    ):
        scores, weights = table.scores, table.alike(free, "probability", spec=".2f", scale=1.0)
        lesson.play(*leave(frame, scores), *come(weights), run_time=1.2)
        ahead = frame_ahead(weights, r)
        lesson.play(FadeIn(ahead), Transform(table.queries, table.asking(r)), run_time=0.5)
        lesson.answer(
            "{who} would take {leak:.0%} from words still to come: forbidden, {never}.", who=who, leak=leak, never=never
        )
        lesson.play(*leave(weights), *come(scores), run_time=0.9)
        lesson.play(MaskSweep(scores, table.alike(view.masked)), FadeOut(ahead), run_time=1.8)


def unmasked(lesson: SelfAttention, table: ScoreTable, frame: Frame) -> None:
    """Where nothing is masked, and that is said."""
    with lesson.step(
        "Mask",
        "Nothing is masked here: every word sees every other.",
        subtitle="{where} · scores_masked [query, key]",
        keep=(table, frame),
    ):
        lesson.play(FadeOut(frame), Transform(table.scores, table.alike(lesson.view.masked)), run_time=2)


def looking_ahead(table: ScoreTable, free: Tensor) -> int:
    """The word that would give most to later ones, of those shown that have one before them, if there are any."""
    shown = [r for r in table.scores.rows if r is not None and r < free.shape[1] - 1]
    return max([r for r in shown if r] or [0], key=lambda r: float(free.values[r, r + 1 :].sum()))


def frame_ahead(weights: TensorGrid, row: int) -> Frame:
    """A frame around a row's cells behind its own."""
    first = next(place for place, c in enumerate(weights.columns) if c is None or c > row)
    place = weights.shown_row(row)
    return Frame(weights.corners(place, first, place, len(weights.columns) - 1), "loss")


def softmax(lesson: SelfAttention, table: ScoreTable) -> SoftmaxTable:
    scores, weights, strongest = lesson.view.masked[lesson.position], lesson.query.weights, lesson.query.strongest
    with lesson.step(
        "Softmax",
        ask="How do scores become shares? e to each{less}, divided by the sum.",
        subtitle="{where} · scores_masked [{i}, :] → pattern [{i}, :]",
        less=" less the largest" if SoftmaxTable.shifts(scores) else "",
        keep=(table,),
        claims=[share(weights)],
    ):
        steps = SoftmaxTable(lesson.stage, scores, lesson.words, down=not lesson.wide)
        frame, asked = frame_row(table.scores, lesson.position), row_of(table.scores, lesson.position)
        lesson.play(FadeIn(frame), Transform(table.queries, table.asking(lesson.position)), run_time=0.5)
        seen = [k for k in table.scores.columns if k is not None]
        pairs = {(lesson.position, k): (n,) for n, k in enumerate(steps.kept) if k in seen}
        arrival = Fly(asked, steps.scores, pairs=pairs)
        lesson.play(*leave(table, frame), arrival, *come(steps.labels[0]), run_time=1.2)
        lesson.play(Grow(steps.heights[0], "values"), run_time=0.8)
        lesson.play(SoftmaxRow(steps), run_time=3.6)
        lesson.answer("“{c}” takes {p:.0%} of its attention.", c=lesson.words[strongest], p=weights[strongest])
    return steps


def all_rows(lesson: SelfAttention, table: ScoreTable, steps: SoftmaxTable) -> TensorGrid:
    """The softmax of every row, where the scores stood; leaves the pattern as a grid."""
    pattern = lesson.view.pattern
    with lesson.step(
        "All rows",
        "Every query has its row of weights; each adds up to {one:.0f}.",
        one=lesson.query.weights.sum(0),
        subtitle="{where} · pattern [query, key] · rows are queries, columns are keys",
        keep=(steps.weights,),
    ):
        grid = table.alike(pattern, "probability", spec=".2f", scale=1.0)
        grid.reveal(0)
        place = grid.shown_row(lesson.position)
        grid.cell_opacity[place], grid.text_opacity[place] = 1.0, 1.0
        home = row_of(grid, lesson.position)
        pairs = {(n,): (lesson.position, k) for n, k in enumerate(steps.kept) if k in grid.columns}
        sides = [FadeIn(part.set_opacity(1)) for part in (table.queries, table.keys, table.corner)]
        lesson.play(Fly(steps.weights, home, pairs=pairs), *sides, run_time=1.4)
        lesson.play(Reveal(grid, "rows", lag=0.3), run_time=1.8)
    return grid
