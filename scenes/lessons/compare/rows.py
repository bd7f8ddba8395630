"""How far apart the rows of two runs lie: one distance worked out, then all of them, layer by layer."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from manim import FadeIn, Mobject, Transform

from model.numbers.tensor import Tensor
from model.study.inside.comparing import PARTED
from scenes.kit.ground.say import Said, say, worked_out
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.rows import Rows
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import display
from scenes.lesson.claims import truth
from scenes.lesson.steps import give_way

if TYPE_CHECKING:
    from scenes.lessons.compare.lesson import Compare

LINE = 0.44  # height of a line of the grid
STOPS = 9  # columns of the grid at most


def where(stop: int) -> Said:
    """At which stop something is, at the beginning of a sentence."""
    return say("As the rows go in") if stop == 0 else say("Behind layer {k}", k=stop - 1)


def stop_name(stop: int) -> Said:
    """What a stop is called over its column."""
    return say("going in") if stop == 0 else say("layer {k}", k=stop - 1)


def label_of(lesson: Compare, column: int) -> Said:
    """What the words of a common column are called beside their line."""
    (i, j), kept = lesson.beside.common[column], lesson.beside.kept[column]
    mine, others = lesson.words[i], display(lesson.second.tokens[j])
    return say("{x}", x=mine) if kept else say("{x} / {u}", x=mine, u=others)


def changed_column(lesson: Compare) -> int:
    """The first column with different words; where there is none, the one that parts first."""
    return next((k for k, kept in enumerate(lesson.found.kept) if not kept), lesson.column)


def one_distance(lesson: Compare, before: list[Mobject]) -> list[Mobject]:
    """Two rows that differ, entry by entry, and what is made of that: one number."""
    column = changed_column(lesson)
    stop = 0 if float(lesson.found.distances[column, 0]) > 0 else lesson.stop
    name = lesson.found.stops[stop]
    a, b = (row[column] for row in lesson.found.rows(name))
    gap, apart = a - b, lesson.found.distances[column, stop]
    sizes = gap.square().sum(0).sqrt(), a.square().sum(0).sqrt()
    with lesson.step(
        "One distance",
        ask="How far apart are two rows? Take those of {words} {at}.",
        words=lesson.called_column(column),
        at=say("as they go in") if stop == 0 else say("behind layer {k}", k=stop - 1),
        subtitle="{name} [{i}, :] of A and of B · ‖a − b‖ ÷ ‖a‖",
        name=name,
        i=lesson.found.common[column][0],
        claims=[
            truth(
                "the one divided by the other is the distance",
                [*sizes, apart],
                lambda g, s, d: bool(abs(g / s - d) < 1e-6),
            )
        ],
        keep=before,
    ):
        top, bottom = lesson.stage.rows(lesson.by(wide=2.4, square=3, tall=3), 1)
        both = Rows(top, [(a, "data", "A"), (b, "data", "B"), (gap, "delta", "A − B")], cell=1.1)
        grids = [Introduce(grid, "columns", lag=0.1) for grid in both.grids[:2]]
        lesson.play(*give_way(before, both.labels[0], both.labels[1]), *grids, run_time=1.4)
        lesson.play(Introduce(both.grids[2], "columns", lag=0.3), FadeIn(both.labels[2]), run_time=1.6)
        said = worked_out("{gap:%} ÷ {size:%} = {apart:.2f}", least=2, gap=sizes[0], size=sizes[1], apart=apart)
        total = Label(say("‖A − B‖ ÷ ‖A‖ = ") + said, 0.5, "delta")
        bottom.fit(total)
        lesson.play(FadeIn(total, target_position=both.grids[2].get_center(), scale=0.4), run_time=1.2)
        lesson.answer("They differ by {x:.2f} of A’s length.", x=apart)
    return [both, total]


# ── all words, all layers ────────────────────────────────────────────────────────────────────────
def shown_columns(lesson: Compare) -> list[int | None]:
    """The lines of the grid: all common columns or, of a long text, those that matter, None for a gap."""
    room, order = int((lesson.stage.height - 0.8) / LINE), important(lesson)
    return with_gaps(sorted(order[: room if len(order) <= room else room * 3 // 4]))


def important(lesson: Compare) -> list[int]:
    """All common columns: that of the parting, the first that differs and the one before it, the last, the first, then
    those whose rows are furthest apart."""
    values, changed = lesson.found.distances.values, changed_column(lesson)
    far = [int(k) for k in np.argsort(-values.mean(axis=1), kind="stable")]
    return list(dict.fromkeys([lesson.column, changed, len(values) - 1, max(changed - 1, 0), 0, *far]))


def with_gaps(places: list[int]) -> list[int | None]:
    """Rising places, and None where some are left out."""
    found: list[int | None] = [places[0]]
    for one, following in pairwise(places):
        found += [following] if following == one + 1 else [None, following]
    return found


def shown_stops(lesson: Compare) -> list[int | None]:
    """The columns of the grid: all stops, or of a deep model the first, that of the parting, and the last ones."""
    count = len(lesson.found.stops)
    if count <= STOPS:
        return list(range(count))
    return with_gaps(sorted({0, 1, lesson.stop, *range(count - STOPS + 4, count)}))


def grid_of(lesson: Compare) -> TensorGrid:
    """How far apart all rows are, a line for each word, a column for each stop."""
    found, stage = lesson.found, lesson.stage
    labels = [label_of(lesson, k) for k in range(len(found.common))]
    names = [stop_name(stop) for stop in range(len(found.stops))]
    cell = (1.9, lesson.by(wide=0.9, square=1.0, tall=1.3))
    room: Look = dict(width=stage.width, height=stage.height, cell=cell, size=0.36)
    return TensorGrid(
        found.distances, "delta", row_labels=labels, column_labels=names, rows=shown_columns(lesson),
        columns=shown_stops(lesson), spec=".2f", brackets=False, **room,
    ).move_to(stage.center)  # fmt: skip


def going_in(lesson: Compare, before: list[Mobject]) -> TensorGrid:
    """The first column of the grid."""
    column = lesson.found.distances[:, 0]
    apart = [k for k, value in enumerate(column.values) if value > 0]
    exchanged = [k for k, kept in enumerate(lesson.found.kept) if not kept]
    if not apart:
        told = "They are the same, to the last digit: all distances are {zero}."
    elif apart == exchanged:
        told = "Only what was exchanged differs: all other distances are exactly {zero}."
    else:
        told = "{n} of {m} rows differ: a word’s place counts as well, where the model adds it."
    with lesson.step(
        "Going in",
        ask="And all the other words, as their rows go in?",
        subtitle="{name} · ‖a − b‖ ÷ ‖a‖, word by word",
        name=lesson.found.stops[0],
        claims=[truth(f"{len(apart)} differ", [column], lambda v: int((v > 0).sum()) == len(apart))],
        keep=before,
    ):
        grid = grid_of(lesson)
        full = grid.reveal(0.0).copy()
        full.cell_opacity[:, 0] = full.text_opacity[:, 0] = 1.0
        known = grid.rows.index(changed_column(lesson)), 0
        grid.cell_opacity[known] = grid.text_opacity[known] = 1.0
        lesson.play(*give_way(before, grid), run_time=0.9)
        lesson.play(Transform(grid, full), run_time=1.2)
        lesson.answer(told, zero=0, n=len(apart), m=len(column))
    return grid


def layer_by_layer(lesson: Compare, grid: TensorGrid) -> TensorGrid:
    """The other columns, one after the other."""
    found, before = lesson.found, lesson.found.before
    same = found.distances[:before]
    causal = 0 < before < len(found.common) and not bool(np.any(same.values))
    masked = [
        truth("before the first word that differs nothing does", [same], lambda v: not v.any()),
        truth("behind it all do", [found.distances[before:, -1]], lambda v: bool((v > 0).all())),
    ]
    with lesson.step(
        "Layer by layer",
        ask="Attention carries news from word to word. Where does it arrive?",
        subtitle="‖a − b‖ ÷ ‖a‖ of the rows behind each layer",
        claims=masked if causal else [],
        keep=(grid,),
    ):
        for k in range(1, grid.values.shape[1]):
            full = grid.copy()
            full.cell_opacity[:, k] = full.text_opacity[:, k] = 1.0
            lesson.play(Transform(grid, full), run_time=0.9)
        lesson.answer(
            "All rows from {first} on differ; those before stay exactly alike: no word looks ahead."
            if causal
            else "The last row ends {x:.2f} of its length apart.",
            first=lesson.called_column(before) if causal else "",
            x=found.distances[-1, -1],
        )
    return grid


def first_place(lesson: Compare, grid: TensorGrid) -> list[Mobject]:
    """Where rows of one word first lie further apart than the stated share."""
    found, column, stop = lesson.found, lesson.column, lesson.stop
    value: Tensor = found.distances[column, stop]
    far = float(value) > PARTED
    of = [found.distances, value]
    with lesson.step(
        "The first place",
        "{where} a word that both have is more than {limit} of its length apart, first: {place}, {x:.2f}."
        if far
        else "No word that both have comes {limit} of its length apart. Furthest is {place}: {x:.2f}.",
        limit=say("a tenth"),
        where=where(stop),
        x=value,
        subtitle="‖a − b‖ ÷ ‖a‖ of the rows behind each layer · framed: the first place, the furthest there",
        claims=[truth("no word that both have is further apart there", of, lambda d, v: first(found.kept, d, v, stop))],
        keep=(grid,),
    ):
        corner = grid.rows.index(column), grid.columns.index(stop)
        frame = Frame(grid.corners(*corner, *corner))
        lesson.play(FadeIn(frame, scale=1.3), run_time=0.8)
    return [grid, frame]


def first(kept: list[bool], distances: np.ndarray, value: np.ndarray, stop: int) -> bool:
    """Whether a value is the largest at its stop among the words that both have, and no stop before has one that
    counts as parted."""
    mine = distances[kept] if any(kept) and distances[kept].max() > 0 else distances
    parted = float(value) > PARTED
    return bool(value >= mine[:, stop].max() - 1e-9) and (not parted or not (mine[:, :stop] > PARTED).any())


__all__ = ["first_place", "going_in", "layer_by_layer", "one_distance", "where"]
