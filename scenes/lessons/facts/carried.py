"""Rows carried over from the run of another text: one, the same a layer later, and all of them."""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from manim import DOWN, UP, FadeIn, Mobject, Transform

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.study.inside.carrying import Carrying
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.moves.flight import Chip, FillStrip, Fly
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import UNBOUNDED, Look, bars_on_one_scale, telling_words
from scenes.kit.words.strip import SentenceStrip
from scenes.lesson.claims import Fact, count, most, truth
from scenes.lesson.following import TITLE, next_word_title
from scenes.lesson.quiz import Question
from scenes.lesson.steps import give_way

if TYPE_CHECKING:
    from scenes.lessons.facts.lesson import Facts


SLOT = 0.85  # between the two sentences: room for a row on its way


class Pair(NamedTuple):
    """What stands there: the sentence, the other one, and what comes next."""

    own: SentenceStrip
    other: SentenceStrip
    title: Mobject
    bars: ProbabilityBars


def stop_name(lesson: Facts, stop: int) -> Said:
    """Where a row is taken: before a layer, or at the end."""
    return say("before layer {k}", k=stop) if stop < lesson.trace.config.n_layers else say("at the end")


def boxes(lesson: Facts) -> tuple[Box, Box]:
    """Of the two sentences, and of what comes next."""
    if lesson.wide:
        left, right = lesson.stage.columns(1.1, 1, gap=0.4)
        return left, right
    upper, lower = lesson.stage.rows(1, lesson.by(wide=1, square=1, tall=1.1))
    return upper, lower


def strips(lesson: Facts, own: Trace, name: str) -> tuple[SentenceStrip, SentenceStrip]:
    """The two sentences, one below the other, with a chip for each word’s row of a tensor."""
    box = boxes(lesson)[0]
    made = [
        SentenceStrip(
            run.tokens, width=box.width, size=lesson.by(wide=0.46, square=0.4, tall=0.46), chips=1,
            lines=lesson.by(wide=2, square=1, tall=2), target=lesson.position, offered=lesson.place,
            unknown=run.unknown,
        )
        for run in (own, lesson.donor)
    ]  # fmt: skip
    for strip, run, room in zip(made, (own, lesson.donor), box.rows(1, 1, gap=SLOT), strict=True):
        strip.add("x", run[name], "data")
        strip.move_to(room.center)
    return made[0], made[1]


def words_with_bars(lesson: Facts) -> list[int]:
    return telling_words(lesson.probs, lesson.others, 4)


def bars_of(lesson: Facts, runs: list[Trace]) -> list[ProbabilityBars]:
    """What comes next in several runs, the same words on one scale."""
    probs = [run["probs"][lesson.position] for run in runs]
    ids, box = words_with_bars(lesson), boxes(lesson)[1]
    room = Box(box.left, box.bottom, box.right, box.top - TITLE)
    size: Look = dict(width=min(room.width, 9.0), height=room.height, size=0.42)
    bars = bars_on_one_scale(probs, lesson.trace.vocabulary, ids, fill="probability", **size)
    return [one.move_to(room.center) for one in bars]


def other_text(lesson: Facts, before: Mobject) -> Pair:
    """The text with one word exchanged, and what comes next there."""
    with lesson.step(
        "Another text",
        ask="Shares do not say where it comes from. What if “{x}” were “{u}”?",
        subtitle="next word after position {i}, “{last}” · then with “{u}” in place of “{x}”",
        keep=(before,),
    ):
        own, other = strips(lesson, lesson.trace, lesson.carrying.stops[lesson.crossing])
        bars, after = bars_of(lesson, [lesson.trace, lesson.donor])
        title = next_word_title(lesson, lesson.position).next_to(bars, UP, buff=0.2)
        lesson.play(*give_way([before], own, title), run_time=0.8)
        lesson.play(Grow(bars, "values"), run_time=1)
        lesson.play(FadeIn(other, shift=0.3 * DOWN), run_time=0.8)
        lesson.play(Transform(bars, after), run_time=1.6)
        lesson.answer(
            "“{v}” goes from {a:.1%} to {b:.1%}, “{w}” from {p:.1%} to {q:.1%}.",
            a=lesson.probs[lesson.other],
            b=lesson.others[lesson.other],
            p=lesson.probs[lesson.word],
            q=lesson.others[lesson.word],
        )
    return Pair(own, other, title, bars)


def carried_over(lesson: Facts, stop: int) -> Trace:
    """The run into which the exchanged word's row comes from the other text at a stop."""
    return lesson.carrying.runs[stop][lesson.carrying.positions.index(lesson.place)]


def one_row(lesson: Facts, pair: Pair) -> Pair:
    with lesson.step(
        "One row carried over",
        ask="The first text again, but one row comes from the other. What follows now?",
        subtitle="next word after position {i}, “{last}” · then with the row of “{u}” {where}",
        where=stop_name(lesson, lesson.crossing),
        keep=pair,
        quiz=question_of(lesson),
    ):
        pair, value = carry(lesson, pair, lesson.crossing, opens=True)
        lesson.answer(
            "“{v}” has {b:.1%} with the row of “{u}” {where}, {a:.1%} without.", a=lesson.probs[lesson.other], b=value
        )
    return pair


def question_of(lesson: Facts) -> Question | None:
    """What follows with that row. Not asked before the first layer, where it is the other text, which has been shown,
    nor of a word that has no bar."""
    probs = carried_over(lesson, lesson.crossing)["probs"][lesson.position]
    if lesson.crossing == 0 or int(np.argmax(probs.values)) not in words_with_bars(lesson):
        return None
    return lesson.quiz(
        "With the row of “{u}” {where}, which word is likeliest?",
        probs,
        lesson.called_next,
        where=stop_name(lesson, lesson.crossing),
    )


def a_layer_later(lesson: Facts, pair: Pair) -> Pair:
    stop = lesson.crossing + 1
    early, late = (lesson.chances[k, lesson.carrying.positions.index(lesson.place)] for k in (lesson.crossing, stop))
    own = lesson.probs[lesson.other]
    told = compared(*(np.asarray(each.values) for each in (early, late, own)))
    with lesson.step(
        "A layer later",
        ask="And the same word’s row one layer later?",
        subtitle="next word after position {i}, “{last}” · then with the row of “{u}” {where}",
        where=stop_name(lesson, stop),
        claims=[truth(f"it is {told}", [early, late, own], lambda a, b, p: compared(a, b, p) == told)],
        keep=pair,
    ):
        pair, value = carry(lesson, pair, stop)
        lesson.answer("“{v}” has {b:.1%} with the row of “{u}” {where}: " + told + ".", b=value)
    return pair


def compared(early: np.ndarray, late: np.ndarray, own: np.ndarray) -> str:
    """What a row changes when it comes a layer later, in words."""
    if abs(late - own) < abs(early - own) / 2:
        return "too late"
    return "less than before" if abs(late - own) < abs(early - own) else "as much or more"


def carry(lesson: Facts, pair: Pair, stop: int, opens: bool = False) -> tuple[Pair, Tensor]:
    """The row of the exchanged word flies from the other sentence into the first; the run goes on from there.

    opens: whether its numbers are seen on the way."""
    run, place = carried_over(lesson, stop), lesson.place
    name = lesson.carrying.stops[stop]
    (plain, other), (changed, _) = strips(lesson, lesson.trace, name), strips(lesson, run, name)
    before, after = bars_of(lesson, [lesson.trace, run])
    emptied = [FillStrip(strip, "x", seen=0.0, lag=0) for strip in pair[:2] if strip.chips["x"].seen.any()]
    lesson.play(*emptied, Transform(pair.bars, before), run_time=0.8)
    lesson.remove(*pair[:2])
    lesson.add(plain, other)
    lesson.play(*[FillStrip(strip, "x") for strip in (plain, other)], run_time=1)
    lesson.play(FillStrip(plain, "x", positions=[place], seen=0.0, lag=0), run_time=0.5)
    changed.show("x")
    lesson.remove(plain)
    lesson.add(changed)
    fly_over(lesson, Chip(other, "x", place), Chip(changed, "x", place), lesson.donor[name][place] if opens else None)
    lesson.play(Transform(pair.bars, after), run_time=1.6)
    return Pair(changed, other, pair.title, pair.bars), run["probs"][lesson.position, lesson.other]


def fly_over(lesson: Facts, start: Chip, end: Chip, row: Tensor | None) -> None:
    """A chip flies to another one; row: its numbers, where it opens on the way."""
    if row is None:
        lesson.play(Fly(start, end, keep=True), run_time=1.2)
        return
    columns, box = lesson.by(wide=6, square=7, tall=6), boxes(lesson)[0]
    grid = TensorGrid(row, "data", cell=((box.width - 0.6) / columns, 0.6), columns=columns, **UNBOUNDED)
    grid.move_to(box.center)
    lesson.play(Fly(start, grid, keep=True), run_time=1)
    lesson.wait(0.4)
    lesson.play(Fly(grid, end), run_time=1)


def columns_of(found: Carrying) -> list[int | None]:
    """The places of all words whose rows are carried over, None where others are left out."""
    columns: list[int | None] = [0]
    for place, (one, following) in enumerate(pairwise(found.positions), 1):
        gap = any(one < left < following for left in found.left_out)
        columns += [None, place] if gap else [place]
    return columns


def tried(lesson: Facts, left: int) -> Fact:
    """That so many rows which differ between the two texts are not carried over."""
    stop, tried = lesson.carrying.stops[-1], lesson.carrying.positions
    others = [k for k in range(len(lesson.trace)) if k not in tried]
    return truth(
        f"{left or 'no'} rows that differ are left out",
        [lesson.trace[stop], lesson.donor[stop]],
        lambda own, other: int((abs(own - other)[others] > 1e-5).any(axis=1).sum()) == left,
    )


def every_row(lesson: Facts, pair: Pair) -> TensorGrid:
    chances, reached = lesson.chances, lesson.others[lesson.other]
    left = len(lesson.carrying.left_out)
    enough = int((chances.values >= float(reached) / 2).sum())
    with lesson.step(
        "Every row",
        ask=("The rows of {k} words" if left else "Every row")
        + ", one at a time: {n} second runs. Which of them bring “{v}”?",
        subtitle="chance of “{v}” with that one row from the other text"
        + (" · ⋯ {left} more, not tried" if left else ""),
        n=chances.size,
        k=chances.shape[1],
        left=left,
        keep=(),
        claims=[tried(lesson, left), count("runs", "m", [chances, reached], lambda p, q: int((p >= q / 2).sum()))],
    ):
        names = [stop_name(lesson, stop) for stop in range(len(chances))]
        words = [lesson.words[k] for k in lesson.carrying.positions]
        room: Look = dict(width=lesson.stage.width, height=lesson.stage.height, cell=(2.0, 1.1))
        grid = TensorGrid(
            chances, "probability", row_labels=names, column_labels=words, columns=columns_of(lesson.carrying),
            spec=".1%", scale=1.0, **room,
        ).move_to(lesson.stage.center)  # fmt: skip
        coming = Introduce(grid, "cells", lag=0.8)
        for stop in (lesson.crossing, lesson.crossing + 1):  # these two runs have been seen
            known = stop, grid.columns.index(lesson.carrying.positions.index(lesson.place))
            grid.cell_opacity[known] = grid.text_opacity[known] = 1.0
        lesson.play(coming, run_time=4)
        lesson.answer("{m} of {n} runs bring “{v}” at least half of the other text’s {q:.1%}.", m=enough, q=reached)
    return grid


def the_way(lesson: Facts, grid: TensorGrid) -> list[Mobject]:
    """In each line the row that does most, framed one after the other."""
    places, changes = lesson.carrying.path(lesson.other), lesson.carrying.changes(lesson.other)
    left = lesson.carrying.left_out
    with lesson.step(
        "The way",
        say("Of these rows one does most in each line: " if left else "In each line one row does most: ")
        + in_order(lesson, lesson.path)
        + say("."),
        subtitle="chance of “{v}” with that one row · framed: where it changes most",
        claims=[most(changes[k], place) for k, place in enumerate(places)],
        keep=(grid,),
    ):
        columns = [grid.columns.index(place) for place in places]
        frames = [Frame(grid.corners(k, column, k, column)) for k, column in enumerate(columns)]
        lesson.play(FadeIn(frames[0]), run_time=0.6)
        shown = [frames[0]]
        for following in frames[1:]:
            mover = shown[-1].copy()
            lesson.add(mover)
            lesson.play(Transform(mover, following), run_time=0.6)
            shown.append(mover)
    return list(shown)


def in_order(lesson: Facts, path: list[int]) -> Said:
    """The words of a way in its order: that of “Italy”, then that of “is”."""
    told = [say("that of {w}", w=lesson.called(place)) for place, _ in groupby(path)]
    said = told[0]
    for following in told[1:]:
        said = said + say(", then ") + following
    return said


__all__ = ["a_layer_later", "every_row", "one_row", "other_text", "stop_name", "the_way"]
