"""Keys and values that stay: why they may, and what is left to do for a new word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import DOWN, LEFT, RIGHT, FadeIn, FadeOut, Mobject, Transform, VGroup

from model.numbers.tensor import Tensor
from model.study.views import AttentionHead
from scenes.kit.attention.kept import Gather, KeptColumns
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground import typesetting
from scenes.kit.ground.layout import Box, row, stack
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import LABEL, Label
from scenes.kit.moves.flight import Fly, column_of
from scenes.kit.moves.meet import MeetAll
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.grid import HEADER, TensorGrid
from scenes.kit.numbers.rows import Rows
from scenes.kit.recipes import Look, bars_on_one_scale
from scenes.kit.words.strip import CELLS
from scenes.kit.words.tokens import TokenRow
from scenes.lesson.steps import come, grow_after, leave
from scenes.lessons.generation.table import KeptTable, up_to

if TYPE_CHECKING:
    from scenes.lessons.generation.lesson import Generation


def nothing_changes(lesson: Generation, before: list[Mobject]) -> list[Mobject]:
    """The keys of the words in two readings, one word apart, and their difference."""
    first, second = (AttentionHead(turn.trace, lesson.layer, lesson.head) for turn in lesson.turns[:2])
    change = second.k[: lesson.n] - first.k
    with lesson.step(
        "Read twice",
        ask="“{w}” is new. What does it change in the keys of the words before it?",
        subtitle="{where} · k [position, :] as columns · two readings, their difference" + lesson.behind,
        keep=before,
    ):
        names = [say("{n} words", n=lesson.n), say("{m} words", m=lesson.n + 1), Said("difference")]
        grids, labels = under_one_another(lesson, names, (first.k, second.k, change))
        lesson.play(*[FadeOut(m) for m in before], *come(labels[0], grids[0]), run_time=0.8)
        lesson.play(FadeIn(labels[1]), Introduce(grids[1], "columns", lag=0.3), run_time=1.8)
        lesson.play(FadeIn(labels[2]), Introduce(grids[2], "columns", lag=0.3), run_time=1.8)
        lesson.answer("Nothing ({d:.6f} at most): each word looks back only, and sees no “{w}”.", d=abs(change).max())
    return [*grids, *labels]


def under_one_another(
    lesson: Generation, names: list[Said], tables: tuple[Tensor, ...]
) -> tuple[list[KeptColumns], list[Label]]:
    """Keys of readings as columns, one below the other, with their names before (or over) them."""
    stage, labels = lesson.stage, [Label(name, LABEL, of=t) for name, t in zip(names, tables, strict=True)]
    words, depth = lesson.read[: lesson.n + 1], min(tables[0].shape[1], CELLS)
    shown = up_to(lesson.columns, lesson.n)
    side = max(label.width for label in labels) + 0.3 if lesson.wide else 0.0
    wide = min((stage.width - side - 0.6) / len(shown), 2.2)
    written = (max(typesetting.width(word, HEADER) for word in words) < 0.94 * wide, True, False)  # upright, else once
    look: Look = dict(header=HEADER, scale=float(np.abs(tables[1].values).max()))

    def made(high: float) -> list[KeptColumns]:
        return [
            KeptColumns(
                table,
                kind,
                cell=(wide, high),
                words=words[: len(table)] if named else None,
                columns=[k for k in shown if k is None or k < len(table)],
                **look,
            )
            for table, kind, named in zip(tables, ("key", "key", "delta"), written, strict=True)
        ]

    over = sum(grid.above for grid in made(0.1)) + 0.5 + (0.0 if lesson.wide else 3 * (LABEL + 0.1))
    grids = made(min((stage.height - over) / (3 * depth), 0.3))
    parts = zip(labels, grids, strict=True)
    blocks = grids if lesson.wide else [VGroup(*part).arrange(DOWN, buff=0.1, aligned_edge=LEFT) for part in parts]
    stage.fit(VGroup(*blocks).arrange(DOWN, buff=0.25, aligned_edge=LEFT)).shift(side / 2 * RIGHT)
    for label, grid in zip(labels, grids, strict=True) if lesson.wide else ():
        label.next_to(grid.corners()[0], LEFT, buff=0.25).set_y(np.mean(grid.corners()[[0, 3], 1]))
    return grids, labels


def they_stay(lesson: Generation, twice: list[Mobject]) -> KeptTable:
    """Keys and values of the words that were read become the columns that stay."""
    with lesson.step(
        "They stay",
        "So keys and values are computed once and kept: one column a word.",
        subtitle="{where} · k and v of the {n} words that were read: the cache" + lesson.behind,
        keep=twice,
    ):
        table = KeptTable(lesson.stage, lesson.view, lesson.n, lesson.read, lesson.columns)
        table.keys.show(lesson.n)
        table.values.show(lesson.n)
        first, *others = twice
        lesson.play(*leave(*others), Fly(first, table.keys), *come(table.names[0]), run_time=1.8)
        values = table.values.copy()
        table.values.show(0).opacity = 0.0  # so that its empty places come with its columns
        lesson.add(table.values)
        lesson.play(Transform(table.values, values), FadeIn(table.names[1]), run_time=1.2)
    return table


def only_the_new_word(lesson: Generation, table: KeptTable) -> tuple[Rows, TokenRow]:
    """Query, key and value of the new word, in numbers; the word waits where its column will be."""
    view, i = lesson.view, lesson.n
    with lesson.step(
        "Only the new word",
        "“{w}” alone goes through the model: its query, its key, its value.",
        subtitle="{where} · q, k, v [{i}, :]" + (" · q and k turned by their position" if turned(lesson) else ""),
        keep=(table,),
    ):
        parts = [(view.q_met[i], "query", "q"), (view.k_met[i], "key", "k"), (view.v[i], "value", "v")]
        rows = Rows(table.under(table.values, lesson.stage), parts)
        word = TokenRow([lesson.new], size=HEADER).mark(0, "prediction")
        left, middle = table.keys.column_corners(table.keys.shown_column(i))[0][0], float(table.keys.corners()[3][1])
        left = min(left, lesson.stage.right - word.width)
        word.move_to((left + word.width / 2, middle, 0))
        lesson.play(FadeIn(word), run_time=0.6)
        for grid, label in zip(rows.grids, rows.labels, strict=True):
            lesson.play(Introduce(grid, "columns", lag=0.1), FadeIn(label), run_time=0.9)
    return rows, word


def turned(lesson: Generation) -> bool:
    return lesson.trace.config.positions == "rotary"


def one_new_row(lesson: Generation, table: KeptTable, rows: Rows, word: TokenRow) -> None:
    """The new key and value join the others; the query meets all keys."""
    i, count = lesson.n, lesson.n + 1
    with lesson.step(
        "One new row",
        "Key and value join the columns. The query meets them all: one new row of scores.",
        subtitle="{where} · scores_masked [{i}, :], read with the cache",
        keep=(table, rows, word),
    ):
        table.keys.show(count)
        table.values.show(count)
        flights = []
        for source, target in ((rows.grids[1], table.keys), (rows.grids[2], table.values)):
            pairs = {(k,): (k, i) for k in source.columns if k is not None}
            flights.append(Fly(source, column_of(target, i), pairs=pairs))
        lesson.play(*leave(*rows.labels, word), *flights, Fly(rows.grids[0], table.queries[0]), run_time=1.8)
        table.scores.reveal(0)
        lesson.add(table.scores)
        lesson.play(MeetAll(table.queries[0], table.keys, table.scores, standing=True), run_time=2.4)


def weights(lesson: Generation, table: KeptTable) -> None:
    """Scores become weights, in place; by these the kept values add up to the new word's z."""
    shares, z = lesson.view.pattern[lesson.n], lesson.view.z[lesson.n]
    strongest = int(np.argmax(shares.values))
    with lesson.step(
        "Weights, then values",
        "Softmax: {p:.0%} for “{asked}”. By these weights the kept values add up to z.",
        subtitle="{where} · pattern [{i}, :] · z [{i}, :] · "
        + ("words behind ⋯: {rest:.0%}" if lesson.hidden else "the other words’ rows are not needed again"),
        keep=(table,),
        p=shares[strongest],
        rest=shares[lesson.hidden].sum(0) if lesson.hidden else None,
        asked=lesson.read[strongest],
        quiz=lesson.quiz("What share goes to “{a}”?", shares, place=strongest, a=lesson.read[strongest]),
    ):
        lesson.play(Transform(table.scores, table.rows[0]), run_time=1.6)
        lesson.remove(table.scores)
        lesson.add(table.rows[0])
        box = table.under(table.rows[0], lesson.stage)
        grid = TensorGrid(z, "data", width=box.width - 1.2, height=min(box.height, 0.8), cell=(1.2, 0.6), columns=8)
        name = Label("z =", 0.46, of=z)
        box.fit(row(name, grid, gap=0.2))
        lesson.play(FadeIn(name), Gather(table.values, shares, grid), run_time=3)


def again_and_again(lesson: Generation, table: KeptTable) -> None:
    """All other turns: a column and a row each."""
    with lesson.step(
        "Turn after turn",
        "Each turn adds one column and one row; what stands there is not touched again.",
        subtitle="{where} · pattern [query, key], one row a turn · seed {seed}" + lesson.behind,
        keep=(table,),
    ):
        for turn in range(1, len(lesson.turns) - 1):
            count = lesson.n + turn + 1
            columns = [grid.animate.show(count) for grid in (table.keys, table.values)]
            lesson.play(*columns, FadeIn(table.queries[turn]), run_time=0.6)
            weights = table.rows[turn].reveal(0)
            lesson.add(weights)
            lesson.play(MeetAll(table.queries[turn], table.keys, weights, standing=True), run_time=0.9)


def same_answer(lesson: Generation, table: KeptTable) -> list[Mobject]:
    """The next word's probabilities, all read again and with what was kept."""
    last = len(lesson.read) - 1
    plain, cached = lesson.turns[-1].trace["probs"][last], lesson.cached["probs"][last]
    with lesson.step(
        "The same answer",
        ask="Does the model say the same as if it had read all {count} words again?",
        subtitle="next word after “{after}” · probs [{last}, :] of two runs",
        keep=(table,),
        count=last + 1,
        last=last,
        after=lesson.read[last],
    ):
        halves = lesson.by(wide=lesson.stage.columns, square=lesson.stage.rows, tall=lesson.stage.rows)(1, 1)
        told = (say("all {m} words read", m=last + 1), say("{n} words kept, {one} read", n=last, one=1))
        ids = [int(k) for k in np.argsort(-plain.values, kind="stable")[: 5 if lesson.wide else 4]]
        first, second = side_by_side(halves, told, (plain, cached), ids, lesson.trace.vocabulary)
        there = [m for m in lesson.mobjects if m in table.submobjects or m in table.rows]
        grow_after(lesson, there, first[1], run_time=1.8)
        lesson.play(FadeIn(first[0]), run_time=0.4)
        lesson.play(FadeIn(second[0]), Grow(second[1], "values"), run_time=1.4)
        lesson.answer("Yes: no probability differs by more than {d:.6f}.", d=abs(cached - plain).max())
    return [*first, *second]


def side_by_side(
    boxes: list[Box], titles: tuple[Said, Said], both: tuple[Tensor, Tensor], ids: list[int], labels: tuple[str, ...]
) -> list[tuple[Label, ProbabilityBars]]:
    """Two distributions as bars under their titles."""
    size = dict(width=boxes[0].width, height=boxes[0].height - 0.7, size=0.44)
    bars = bars_on_one_scale(both, labels, ids, fill="probability", **size)
    found = []
    for box, title, one, probs in zip(boxes, titles, bars, both, strict=True):
        label = Label(title, 0.4, "secondary", of=probs)
        box.fit(stack(label, one, gap=0.25))
        found.append((label, one))
    return found
