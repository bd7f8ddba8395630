"""Rows carried over from the run of another text: one, the same a layer later, and all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from manim import DOWN, UP, FadeIn, Mobject, Transform

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.moves.flight import Chip, Fly
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import UNBOUNDED, Look, bars_on_one_scale, telling_words
from scenes.kit.words.strip import SentenceStrip
from scenes.lesson.claims import count, most
from scenes.lesson.following import TITLE, next_word_title
from scenes.lesson.steps import give_way, leave

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


def strips(lesson: Facts, own: Trace, name: str) -> tuple[SentenceStrip, SentenceStrip]:
    """The two sentences, one below the other, with a chip for each word’s row of a tensor."""
    made, top = [], lesson.stage.top
    for run in (own, lesson.donor):
        strip = SentenceStrip(
            run.tokens, width=lesson.stage.width, size=lesson.by(wide=0.4, square=0.34, tall=0.4), chips=1,
            lines=lesson.by(wide=1, square=1, tall=3), target=lesson.position, offered=lesson.place,
            unknown=run.unknown,
        )  # fmt: skip
        strip.add("x", run[name], "data")
        strip.move_to(lesson.stage.center).align_to((0, top, 0), UP)
        top = float(strip.get_bottom()[1]) - SLOT
        made.append(strip)
    return made[0], made[1]


def bars_of(lesson: Facts, runs: list[Trace], box: Box) -> list[ProbabilityBars]:
    """What comes next in several runs, the same words on one scale."""
    probs = [run["probs"][lesson.position] for run in runs]
    ids = telling_words(lesson.probs, lesson.others, 4)
    room = Box(box.left, box.bottom, box.right, box.top - TITLE)
    size: Look = dict(width=min(room.width, 9.0), height=room.height, size=0.42)
    bars = bars_on_one_scale(probs, lesson.trace.vocabulary, ids, fill="probability", **size)
    return [one.move_to(room.center) for one in bars]


def under(lesson: Facts, strip: Mobject) -> Box:
    stage = lesson.stage
    return Box(stage.left, stage.bottom, stage.right, float(strip.get_bottom()[1]) - 0.15)


def other_text(lesson: Facts, before: Mobject) -> Pair:
    """The text with one word exchanged, and what comes next there."""
    with lesson.step(
        "Another text",
        ask="Shares do not say where it comes from. What if “{x}” were “{u}”?",
        subtitle="next word after position {i}, “{last}” · then with “{u}” in place of “{x}”",
        keep=(before,),
    ):
        own, other = strips(lesson, lesson.trace, lesson.carrying.stops[lesson.crossing])
        bars, after = bars_of(lesson, [lesson.trace, lesson.donor], under(lesson, other))
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
    ):
        pair, value = carry(lesson, pair, lesson.crossing, opens=True)
        lesson.answer(
            "“{v}” has {b:.1%} with the row of “{u}” {where}, {a:.1%} without.", a=lesson.probs[lesson.other], b=value
        )
    return pair


def a_layer_later(lesson: Facts, pair: Pair) -> Pair:
    stop = lesson.crossing + 1
    early, late = (lesson.chances[k, lesson.carrying.positions.index(lesson.place)] for k in (lesson.crossing, stop))
    with lesson.step(
        "A layer later",
        ask="And the same word’s row one layer later?",
        subtitle="next word after position {i}, “{last}” · then with the row of “{u}” {where}",
        where=stop_name(lesson, stop),
        keep=pair,
    ):
        pair, value = carry(lesson, pair, stop)
        less = float(late) < float(early) / 2
        lesson.answer(
            "“{v}” has {b:.1%} with the row of “{u}” {where}" + (": too late." if less else ": still much."), b=value
        )
    return pair


def carry(lesson: Facts, pair: Pair, stop: int, opens: bool = False) -> tuple[Pair, Tensor]:
    """The row of the exchanged word flies from the other sentence into the first; the run goes on from there.

    opens: whether its numbers are seen on the way."""
    run, place = carried_over(lesson, stop), lesson.place
    name = lesson.carrying.stops[stop]
    (plain, other), (changed, _) = strips(lesson, lesson.trace, name), strips(lesson, run, name)
    before, after = bars_of(lesson, [lesson.trace, run], under(lesson, other))
    plain.show("x"), other.show("x"), changed.show("x")
    lesson.play(*leave(pair.own, pair.other), *[FadeIn(s) for s in (plain, other)], Transform(pair.bars, before),
                run_time=1.2)  # fmt: skip
    gap = plain.copy().show("x", place, seen=0.0)
    lesson.play(Transform(plain, gap), run_time=0.5)
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
    columns, box = lesson.by(wide=9, square=7, tall=6), under(lesson, start.mobject)
    grid = TensorGrid(row, "data", cell=((box.width - 1) / columns, 0.5), columns=columns, **UNBOUNDED)
    grid.move_to((box.center[0], float(start.mobject.get_top()[1]) + SLOT / 2, 0))
    lesson.play(Fly(start, grid, keep=True), run_time=1)
    lesson.wait(0.4)
    lesson.play(Fly(grid, end), run_time=1)


def every_row(lesson: Facts, pair: Pair) -> TensorGrid:
    chances, reached = lesson.chances, lesson.others[lesson.other]
    enough = int((chances.values >= float(reached) / 2).sum())
    with lesson.step(
        "Every row",
        ask="Every row, one at a time: {n} second runs. Which of them bring “{v}”?",
        subtitle="chance of “{v}” with that one row from the other text",
        n=chances.size,
        keep=pair,
        claims=[count("runs", "m", [chances, reached], lambda p, q: int((p >= q / 2).sum()))],
    ):
        names = [stop_name(lesson, stop) for stop in range(len(chances))]
        words = [lesson.words[k] for k in lesson.carrying.positions]
        room: Look = dict(width=lesson.stage.width, height=lesson.stage.height, cell=(2.0, 1.1))
        grid = TensorGrid(
            chances, "probability", row_labels=names, column_labels=words, spec=".1%", scale=1.0, **room
        ).move_to(lesson.stage.center)
        lesson.play(*leave(*pair), Introduce(grid, "cells", lag=0.8), run_time=5)
        lesson.answer("{m} of {n} runs bring it at least half of the {q:.1%} of the other text.", m=enough, q=reached)
    return grid


def the_way(lesson: Facts, grid: TensorGrid) -> list[Mobject]:
    """In each line the row that does most, framed one after the other."""
    places = lesson.carrying.path(lesson.other)
    with lesson.step(
        "The way",
        say("In each line one row does most: ") + in_order(lesson, lesson.path) + say("."),
        subtitle="chance of “{v}” with that one row from the other text · framed: the largest of a line",
        claims=[most(lesson.chances[k], place) for k, place in enumerate(places)],
        keep=(grid,),
    ):
        frames = [Frame(grid.corners(k, place, k, place)) for k, place in enumerate(places)]
        lesson.play(FadeIn(frames[0]), run_time=0.6)
        shown = [frames[0]]
        for following in frames[1:]:
            mover = shown[-1].copy()
            lesson.add(mover)
            lesson.play(Transform(mover, following), run_time=0.6)
            shown.append(mover)
    return list(shown)


def in_order(lesson: Facts, path: list[int]) -> Said:
    """The words of a way, each once, in its order: that of “Italy”, then that of “is”."""
    told = [say("that of {w}", w=lesson.called(place)) for place in dict.fromkeys(path)]
    said = told[0]
    for following in told[1:]:
        said = said + say(", then ") + following
    return said


__all__ = ["a_layer_later", "every_row", "one_row", "other_text", "stop_name", "the_way"]
