"""Rows of two models: why one is not subtracted from the other, and what can be compared within each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from manim import UP, FadeIn, Mobject

from model.numbers.tensor import Tensor
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import Look
from scenes.lesson.claims import truth
from scenes.lesson.steps import give_way
from scenes.lessons.compare.heads import places_of, room_for_words, under_title
from scenes.lessons.compare.rows import label_of

if TYPE_CHECKING:
    from scenes.lessons.compare.lesson import Compare


def name_of(lesson: Compare, k: int, of: Tensor) -> Label:
    """“A: tiny”, over what is of that run."""
    return Label(say("{run}: {m}", run="AB"[k], m=lesson.runs[k].info["checkpoint"]), 0.4, "secondary", of=of)


def two_bases(lesson: Compare, before: list[Mobject]) -> list[Mobject]:
    """The last word's row as it goes into either model."""
    at = lesson.models.common[-1]
    name = "blocks.0.resid_pre"
    rows = [run[name][place] for run, place in zip(lesson.runs, at, strict=True)]
    alike = len(rows[0]) == len(rows[1])
    cosine = (
        (rows[0] * rows[1]).sum(0) / rows[0].square().sum(0).sqrt() / rows[1].square().sum(0).sqrt() if alike else 0
    )
    with lesson.step(
        "Two bases",
        ask="The row of {x} goes in. Can that of B be subtracted from that of A?",
        subtitle="{name} of {x} in A and in B",
        name=name,
        x=lesson.called_column(len(lesson.models.common) - 1),
        keep=before,
    ):
        boxes = lesson.stage.rows(1, 1, gap=0.4)
        strongest = max(float(np.abs(row.values).max()) for row in rows)
        made: list[Mobject] = []
        for k, (row, box) in enumerate(zip(rows, boxes, strict=True)):
            look: Look = dict(columns=lesson.by(wide=8, square=6, tall=4), cell=(1.6, 2.0), width=box.width)
            look |= dict(height=lesson.by(wide=1.2, square=1.6, tall=2.0), spec="+.2f", scale=strongest, size=0.4)
            grid = TensorGrid(row, "data", **look).move_to(box.center)
            made += [name_of(lesson, k, row).next_to(grid, UP, buff=0.2), grid]
        lesson.play(*give_way(before, made[0]), Introduce(made[1], "columns", lag=0.1), run_time=1.4)
        lesson.play(FadeIn(made[2]), Introduce(made[3], "columns", lag=0.1), run_time=1.4)
        lesson.answer(
            "No: an entry of A need not mean what it means in B. The cosine of the two is {c:+.2f}."
            if alike
            else "No: that of A has {n} numbers, that of B {m}; and an entry need not mean the same in both.",
            c=cosine,
            n=len(rows[0]),
            m=len(rows[1]),
        )
    return made


def within_each(lesson: Compare, before: list[Mobject]) -> list[Mobject]:
    """Cosines between the words' rows behind the last layer, in A and in B."""
    found = lesson.models
    tables = found.cosines(0), found.cosines(1)
    i, j = furthest(*(table.values for table in tables))
    with lesson.step(
        "Within each model",
        ask="Angles within one model are its own. Which words lie near each other in A, which in B?",
        subtitle="cosines behind the last layer: {p} in A, {q} in B",
        p=found.last_stop(0),
        q=found.last_stop(1),
        claims=[
            truth(
                "no two words differ more", list(tables), lambda a, b: bool(abs(a - b)[i, j] >= abs(a - b).max() - 1e-9)
            )
        ],
        keep=before,
    ):
        boxes = lesson.stage.columns(1, 1, gap=0.5) if lesson.wide else lesson.stage.rows(1, 1, gap=0.3)
        names = [label_of(lesson, k) for k in range(len(found.common))]
        places = places_of(important(lesson), room_for_words(boxes[0]), i, j)
        made, frames = list[Mobject](), list[Mobject]()
        for k, (table, box) in enumerate(zip(tables, boxes, strict=True)):
            grid = cosine_table(table, names, places, under_title(box))
            corner = grid.rows.index(i), grid.columns.index(j)
            made += [name_of(lesson, k, table).next_to(grid, UP, buff=0.1), grid]
            frames.append(Frame(grid.corners(*corner, *corner)))
        lesson.play(*give_way(before, made[0]), Introduce(made[1], "rows"), run_time=1.4)
        lesson.play(FadeIn(made[2]), Introduce(made[3], "rows"), run_time=1.4)
        lesson.play(*[FadeIn(frame, scale=1.3) for frame in frames], run_time=0.6)
        lesson.answer(
            "{x} and {y}: {p:+.2f} in A, {q:+.2f} in B. No two words differ more.",
            x=lesson.called_column(i),
            y=lesson.called_column(j),
            p=tables[0][i, j],
            q=tables[1][i, j],
        )
    return [*made, *frames]


def cosine_table(table: Tensor, names: Sequence[str], places: list[int | None], room: Box) -> TensorGrid:
    """Word by word."""
    look: Look = dict(width=room.width, height=room.height, cell=(1.1, 0.8), rows=places, columns=places)
    look |= dict(row_labels=names, column_labels=names, spec="+.2f", scale=1.0, brackets=False)
    return TensorGrid(table, "score", **look).move_to(room.center)


def furthest(a: np.ndarray, b: np.ndarray) -> tuple[int, int]:
    """The pair of two words, the later one first, whose numbers differ most."""
    gaps = np.tril(np.abs(a - b), -1)
    i, j = np.unravel_index(int(gaps.argmax()), gaps.shape)
    return int(i), int(j)


def important(lesson: Compare) -> list[int]:
    """All common columns: that of the parting, the last, the first, then those after which the models differ most."""
    values = lesson.models.elsewhere.values
    far = [int(k) for k in np.argsort(-values, kind="stable")]
    return list(dict.fromkeys([lesson.column, len(values) - 1, 0, *far]))


__all__ = ["important", "two_bases", "within_each"]
