"""Which head makes two rows part, where it looks, the runs without it, and the patterns that change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from manim import DOWN, UP, FadeIn, FadeOut, Mobject, Transform, VGroup

from model.numbers.tensor import Tensor, concatenate
from scenes.kit.attention.pattern import DotPattern
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.signed import SignedBars
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import Look, attention_bars
from scenes.kit.words.tokens import display
from scenes.lesson.claims import fact, most, share, truth
from scenes.lesson.steps import give_way, grow_after
from scenes.lessons.compare.rows import important, with_gaps

if TYPE_CHECKING:
    from scenes.lessons.compare.lesson import Compare

SMALLEST = 0.3  # side of a cell with a word beside it
FEWEST = 6  # words of a long text that a pattern shows at least
DIGITS = 0.55  # side of a cell from which on it has a number
SAME = "It looks the same way"
ALIKE = 0.1  # of a head’s attention: up to this it looks the same way in both runs


def who_writes(lesson: Compare, before: list[Mobject]) -> list[Mobject]:
    """How far apart lies what each head writes where the rows part."""
    writes = lesson.found.writes(lesson.block, lesson.column)
    with lesson.step(
        "Who writes it?",
        ask="Heads write into that row in layer {l}. Whose write differs most?",
        subtitle="blocks.{l}.attn.result at {place} · ‖a − b‖ ÷ ‖row before the layer‖",
        claims=[most(writes, lesson.carrier)],
        keep=before,
        quiz=lesson.quiz(
            "Which head of layer {l} writes most differently at {place}?", writes, lambda k: say("head {k}", k=k)
        ),
    ):
        room: Look = dict(width=lesson.stage.width, height=lesson.stage.height, size=0.44)
        names = [say("head {k}", k=k) for k in range(len(writes))]
        bars = SignedBars(writes, names, spec=".2f", fill="delta", **room).move_to(lesson.stage.center)
        grow_after(lesson, before, bars, lag=0.5, run_time=2.6)
        lesson.answer("Head {h}: {x:.2f} of the row’s length.", x=writes[lesson.carrier])
    return [bars]


def where_it_looks(lesson: Compare, before: list[Mobject]) -> list[Mobject]:
    """That head’s weights from the place where the rows part, in A and in B."""
    i, j = lesson.found.common[lesson.column]
    name = f"blocks.{lesson.block}.attn.pattern"
    both = [run[name][lesson.carrier, at] for run, at in zip(lesson.runs, (i, j), strict=True)]
    keys = [int(np.argmax(row.values)) for row in both]
    ours, others = ([pair[k] for pair in lesson.found.common] for k in (0, 1))
    gap = abs(both[0][ours] - both[1][others]).sum(0) / 2
    in_line = tuple(keys) in lesson.found.common
    told = SAME if in_line and float(gap) <= ALIKE else "It looks elsewhere"
    with lesson.step(
        "Where it looks",
        ask="Does head {h} of layer {l} look at other words in B, or find another row in the same place?",
        subtitle="{name} [{h}] · weights of {place} in A and in B",
        name=name,
        a=both[0][keys[0]],
        b=both[1][keys[1]],
        claims=[*[share(row) for row in both],
                truth(told, [gap], lambda g: (told == SAME) == bool(g <= ALIKE and in_line))],
        keep=before,
    ):  # fmt: skip
        boxes = lesson.stage.columns(1, 1, gap=0.6) if lesson.wide else lesson.stage.rows(1, 1, gap=0.3)
        pictures = on_one_scale(lesson, both, (i, j), boxes)
        names = [say("{run}: attention of “{x}”", run="AB"[k], x=display(run.tokens[at]))
                 for k, (run, at) in enumerate(zip(lesson.runs, (i, j), strict=True))]  # fmt: skip
        titles = [Label(name, 0.4, "query", of=row) for name, row in zip(names, both, strict=True)]
        for title, bars in zip(titles, pictures, strict=True):
            title.next_to(bars, UP, buff=0.15)
        lesson.play(*give_way(before, *titles), run_time=0.7)
        lesson.play(*[Grow(bars, "values") for bars in pictures], run_time=1.6)
        lesson.answer(
            told + ": {a:.0%} of its attention on {x} in A, {b:.0%} on {u} in B.",
            x=lesson.called(keys[0]),
            u=lesson.called_second(keys[1]),
        )
    return [*titles, *pictures]


def on_one_scale(lesson: Compare, both: list[Tensor], at: tuple[int, int], boxes: list[Box]) -> list[ProbabilityBars]:
    """The weights of a word in A and in B, as bars of which the longer one is the larger weight."""

    def made(**scale: float) -> list[ProbabilityBars]:
        each = zip(boxes, both, lesson.runs, at, strict=True)
        return [attention_bars(box, row, run.tokens, k, range(k + 1), **scale)[1] for box, row, run, k in each]

    alone = made()
    room = max(bars.label_width for bars in alone)
    return made(longest=max(bars.longest for bars in alone), label_room=room)


def without_it(lesson: Compare, before: list[Mobject]) -> list[Mobject]:
    """What comes next in A and in B when that head is off in both."""
    with_it, without = (abs(p - q).sum(0) / 2 for p, q in (lesson.probs, lesson.without))
    less = float(without) < float(with_it)
    with lesson.step(
        "Without it",
        ask="Both runs again, without head {h} of layer {l}. Does the difference go away?",
        subtitle="next word with all heads · then without layer {l}, head {h}",
        a=with_it,
        b=without,
        claims=[truth("less differs, or more", [with_it, without], lambda a, b: bool(b < a) == less)],
        keep=before,
    ):
        titles, bars = lesson.bars(lesson.stage, lesson.probs)
        _, after = lesson.bars(lesson.stage, lesson.without)
        lesson.play(*give_way(before, *titles), run_time=0.7)
        lesson.play(*[Grow(one, "values") for one in bars], run_time=1.2)
        lesson.play(*[Transform(one, two) for one, two in zip(bars, after, strict=True)], run_time=2)
        lesson.answer("With all heads {a:.0%} of the probability goes elsewhere, without this one {b:.0%}.")
    return [*titles, *bars]


# ── the patterns ─────────────────────────────────────────────────────────────────────────────────
def every_pattern(lesson: Compare, before: list[Mobject]) -> list[Mobject]:
    """How much of each head’s attention goes elsewhere in B."""
    changes, (layer, head) = lesson.found.changes, lesson.found.most_changed
    with lesson.step(
        "Every pattern",
        ask="And which of all {n} heads looks at other words in B?",
        n=changes.size,
        subtitle="share of each head’s attention that goes elsewhere in B, the mean over all words",
        claims=[fact("most", "no head moves more", [changes], lambda c: bool(c[layer, head] >= c.max()))],
        keep=before,
        quiz=lesson.quiz(
            "Whose attention changes most?",
            concatenate(list(changes), 0),
            lambda k: say("head {a} of layer {b}", a=k % changes.shape[1], b=k // changes.shape[1]),
        ),
    ):
        table = heads_in_a_table(lesson, changes, (layer, head), before)
        lesson.answer(
            "Most of all head {a} of layer {b}: {x:.0%} goes elsewhere.", a=head, b=layer, x=changes[layer, head]
        )
    return table


def heads_in_a_table(lesson: Compare, numbers: Tensor, chosen: tuple[int, int], before: list[Mobject]) -> list[Mobject]:
    """A number for every head [layer, head] comes in place of what stood before, and a frame around the chosen one's;
    layers go down where the picture is wide, else across."""
    rows = [say("layer {k}", k=k) for k in range(numbers.shape[0])]
    columns = [say("head {k}", k=k) for k in range(numbers.shape[1])]
    table, place = (numbers, chosen) if lesson.wide else (numbers.T, chosen[::-1])
    labels = (rows, columns) if lesson.wide else (columns, rows)
    room: Look = dict(width=lesson.stage.width, height=lesson.stage.height, cell=(1.5, 1.1), size=0.36)
    grid = TensorGrid(
        table, "delta", row_labels=labels[0], column_labels=labels[1], spec=".0%", brackets=False,
        keep_row=place[0], keep_column=place[1], rows=14, columns=14, **room,
    ).move_to(lesson.stage.center)  # fmt: skip
    lesson.play(*[FadeOut(m, run_time=0.5) for m in before], Introduce(grid, "cells", lag=0.6, run_time=2.6))
    corner = grid.rows.index(place[0]), grid.columns.index(place[1])
    frame = Frame(grid.corners(*corner, *corner))
    lesson.play(FadeIn(frame, scale=1.3), run_time=0.6)
    return [grid, frame]


def two_patterns(lesson: Compare, before: list[Mobject]) -> list[Mobject]:
    """That head’s pattern in A, in B, and their difference."""
    layer, head = lesson.found.most_changed
    a, b = (lesson.found.pattern(k, layer, head) for k in (0, 1))
    gap = b - a
    query = int(np.abs(gap.values).sum(axis=1).argmax())
    key = int(np.abs(gap.values[query]).argmax())
    with lesson.step(
        "Pattern and difference",
        ask="Here it is in A, then in B. What changed?",
        subtitle="blocks.{b}.attn.pattern [{a}] in A and in B · area: weight · then B − A",
        a=head,
        b=layer,
        claims=[
            truth("nothing changes more in that row", [gap[query]], lambda g: bool(abs(g[key]) >= abs(g).max() - 1e-6)),
            truth("it is what B has more than A", [gap, a, b], lambda g, p, q: bool(np.allclose(g, q - p, atol=1e-6))),
        ],
        keep=before,
    ):
        names = [say("{run}", run="AB"[k]) for k in (0, 1)]
        pictures = patterns_side_by_side(lesson, before, (a, b, gap), names, (query, key), important(lesson))
        lesson.answer(
            "{x} gives {y} {p:.0%} in A, {u} gives {v} {q:.0%} in B.",
            x=lesson.called(lesson.found.common[query][0]),
            y=lesson.called(lesson.found.common[key][0]),
            u=lesson.called_second(lesson.found.common[query][1]),
            v=lesson.called_second(lesson.found.common[key][1]),
            p=a[query, key],
            q=b[query, key],
        )
    return pictures


def patterns_side_by_side(lesson: Compare, before: list[Mobject], patterns: tuple[Tensor, Tensor, Tensor],
                          names: list[Said], told: tuple[int, int], order: list[int],
                          stay: Sequence[Mobject] = ()) -> list[Mobject]:  # fmt: skip
    """One after the other: a pattern of A, one of B, and B − A. told: the query and the key that are spoken of; order:
    of the common columns, those that matter first; stay: the name and the pattern of B where they stand already."""
    boxes, most = pattern_boxes(lesson), room_for_words(pattern_boxes(lesson)[0])
    while True:
        places = places_of(order, most, *told)
        grids = [dots(lesson, k, box, patterns[k], told[0], places) for k, box in enumerate(boxes[:2])]
        if all(grid.legible for grid in grids) or most <= FEWEST:
            break
        most -= 1
    cell = min(side for grid in grids for side in (grid.cw, grid.ch))  # dots of one size
    grids = [dots(lesson, k, box, patterns[k], told[0], places, cell) for k, box in enumerate(boxes[:2])]
    if lesson.wide:
        grids[1].align_to(grids[0], DOWN)
    titles = [Label(name, 0.4, "secondary", of=pattern).next_to(grid, UP, buff=0.1)
              for name, pattern, grid in zip(names, patterns, grids, strict=False)]  # fmt: skip
    lesson.play(*give_way([m for m in before if m not in stay], titles[0], grids[0]), run_time=0.8)
    second: list[Mobject] = [titles[1], grids[1]]
    if stay:
        lesson.play(*[Transform(one, two) for one, two in zip(stay, second, strict=True)], run_time=0.6)
        second = [*stay]
    else:
        lesson.play(FadeIn(*second), run_time=1)
    title, last = difference(boxes[2], patterns[2], places)
    if lesson.wide:
        VGroup(title, last).align_to(grids[0], DOWN)
    lesson.play(FadeIn(title), Introduce(last, "rows"), run_time=1.4)
    return [titles[0], grids[0], *second, title, last]


def dots(lesson: Compare, k: int, box: Box, pattern: Tensor, query: int, places: list[int | None],
         cell: float = 0.9) -> DotPattern:  # fmt: skip
    """A pattern of one of the runs, of the common columns, under the room for its title."""
    words = [display(lesson.runs[k].tokens[pair[k]]) for pair in lesson.beside.common]
    room = under_title(box)
    look: Look = dict(width=room.width, height=room.height, cell=(cell, cell), rows=places, columns=places)
    grid = DotPattern(pattern, row_labels=words, column_labels=words, target_row=query, **look)
    grid.move_to(room.center)
    return grid


def under_title(box: Box) -> Box:
    """A box without the room for a title."""
    return Box(box.left, box.bottom, box.right, box.top - 0.5)


def pattern_boxes(lesson: Compare) -> tuple[Box, ...]:
    """Of the pattern in A, of that in B, and of their difference."""
    if lesson.wide:
        return tuple(lesson.stage.columns(1.15, 1.15, 0.9, gap=0.3))
    if lesson.portrait:
        return tuple(lesson.stage.rows(1, 1, 1, gap=0.3))
    upper, lower = lesson.stage.rows(1, 1, gap=0.3)
    return *upper.columns(1, 1, gap=0.3), lower


def room_for_words(box: Box) -> int:
    """How many words a pattern in a box may have."""
    return int(min(box.width, box.height) / SMALLEST)


def places_of(order: list[int], most: int, *wanted: int) -> list[int | None]:
    """The words of a pattern: all or, of a long text, those that are `wanted` and the first ones of an `order`, None
    for a gap."""
    order = list(dict.fromkeys([*wanted, *order]))
    return with_gaps(sorted(order[: most if len(order) <= most else most * 2 // 3]))


def difference(box: Box, gap: Tensor, places: list[int | None]) -> tuple[Label, TensorGrid]:
    """B − A: blue where B looks more, red where it looks less."""
    room, side = under_title(box), min(0.9, min(box.width, box.height - 0.5) / len(places))
    look: Look = dict(exact=(side, side), rows=places, columns=places, brackets=False, digits=side > DIGITS)
    grid = TensorGrid(gap, "score", **look).move_to(room.center)
    return Label(say("B − A"), 0.4, "secondary").next_to(grid, UP, buff=0.1), grid


__all__ = [
    "every_pattern",
    "patterns_side_by_side",
    "places_of",
    "two_patterns",
    "where_it_looks",
    "who_writes",
    "without_it",
]
