"""Heads of two models: which of one looks most like which of the other, where most alike and where least."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from manim import FadeIn, FadeOut, Mobject

from model.numbers.tensor import concatenate
from model.study.inside.models import Head, overlaps
from scenes.kit.ground.say import Said, say
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import Look
from scenes.lesson.claims import Fact, fact, truth
from scenes.lessons.compare.bases import important
from scenes.lessons.compare.heads import patterns_side_by_side

if TYPE_CHECKING:
    from scenes.lessons.compare.lesson import Compare


def partnered(lesson: Compare) -> Fact:
    """That what each head of A shares with its partner is the most that it shares with any head of B."""
    found = lesson.models
    first = found.one.config.n_layers
    of = [
        lesson.runs[k][f"blocks.{layer}.attn.pattern"]
        for k in (0, 1)
        for layer in range(lesson.runs[k].config.n_layers)
    ]
    at = [[pair[k] for pair in found.common] for k in (0, 1)]

    def holds(alike: np.ndarray, *patterns: np.ndarray) -> bool:
        mine, theirs = (np.stack([layer[:, where][:, :, where][:, found.queries] for layer in part])
                        for part, where in ((patterns[:first], at[0]), (patterns[first:], at[1])))  # fmt: skip
        return bool(np.allclose(overlaps(mine, theirs).max((2, 3)), alike, atol=1e-5))

    return truth("no head of B is more like one of A than its partner", [found.alike, *of], holds)


def called_pair(ours: Head, theirs: Head) -> Said:
    """Head 0 of layer 1 in A and head 4 of layer 0 in B."""
    named = [say("ead {h} of layer {l} in {run}", h=head, l=layer, run=run)
             for run, (layer, head) in zip("AB", (ours, theirs), strict=True)]  # fmt: skip
    return Said("H") + named[0] + " and h" + named[1]


def every_head(lesson: Compare, before: list[Mobject]) -> list[Mobject]:
    """How much each head of A shares with the head of B that looks most like it."""
    found, alike = lesson.models, lesson.models.alike
    (layer, head), config = found.most_alike, found.one.config
    with lesson.step(
        "Every head",
        ask="Weights go to the same words. Which of the {n} heads of A looks most like one of B?",
        n=alike.size,
        subtitle="attn.pattern: share on the same words, Σ min(a, b), with the head of B that is most alike",
        claims=[fact("most", "no head of A shares more", [alike], lambda v: bool(v[layer, head] >= v.max())),
                partnered(lesson)],
        keep=before,
        quiz=lesson.quiz(
            "Which head of A looks most like one of B?",
            concatenate(list(alike), 0),
            lambda k: say("head {a} of layer {b}", a=k % config.n_heads, b=k // config.n_heads),
        ),
    ):  # fmt: skip
        rows = [say("layer {k}", k=k) for k in range(config.n_layers)]
        columns = [say("head {k}", k=k) for k in range(config.n_heads)]
        table, place = (alike, (layer, head)) if lesson.wide else (alike.T, (head, layer))
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
        lesson.answer("{pair}: {x:.0%} on the same words.", pair=called_pair((layer, head), found.partner(layer, head)),
                      x=alike[layer, head])  # fmt: skip
    return [grid, frame]


def most_alike(lesson: Compare, before: list[Mobject]) -> list[Mobject]:
    """The patterns of those two, and their difference."""
    return two_patterns(lesson, before, "Most alike", "These two, side by side. Where do they differ most?", ())


def least_alike(lesson: Compare, before: list[Mobject]) -> list[Mobject]:
    """The patterns of the head of A that has no counterpart, and of the head of B that is still most like it."""
    found = lesson.models
    same = found.partner(*found.most_alike) == found.partner(*found.least_alike)
    return two_patterns(lesson, before, "Least alike", "And the head of A least like any of B: where is it alone?",
                        before[2:4] if same else ())  # fmt: skip


def told_of(lesson: Compare, ours: Head) -> tuple[int, int]:
    """The query whose weights differ most between a head of A and its partner, and the key at which they do."""
    found = lesson.models
    gaps = np.abs(found.pattern(0, *ours).values - found.pattern(1, *found.partner(*ours)).values)
    query = int(gaps.sum(axis=1).argmax())
    return query, int(gaps[query].argmax())


def two_patterns(lesson: Compare, before: list[Mobject], title: str, ask: str,
                 stay: Sequence[Mobject]) -> list[Mobject]:  # fmt: skip
    """A head of A, its partner in B, and B − A. stay: as `patterns_side_by_side` takes it."""
    found, least = lesson.models, title == "Least alike"
    ours = found.least_alike if least else found.most_alike
    theirs = found.partner(*ours)
    a, b = found.pattern(0, *ours), found.pattern(1, *theirs)
    gap = b - a
    query, key = told_of(lesson, ours)
    order = [*told_of(lesson, found.most_alike), *told_of(lesson, found.least_alike), *important(lesson)]
    alike = found.overlap(ours, theirs)
    with lesson.step(
        title,
        ask=ask,
        subtitle="attn.pattern in A and in B · area: weight · then B − A · {x:.0%} on the same words",
        x=alike,
        claims=[
            fact(("most", "least"), f"it is the {title.lower()} of A", [found.alike, alike],
                 lambda every, one: bool(abs(one - (every.min() if least else every.max())) < 1e-6)),
            truth("nothing differs more in that row", [gap[query]], lambda g: bool(abs(g[key]) >= abs(g).max() - 1e-6)),
            truth("it is what B has more than A", [gap, a, b], lambda g, p, q: bool(np.allclose(g, q - p, atol=1e-6))),
        ],
        keep=before,
    ):  # fmt: skip
        names = [say("{run}: layer {l}, head {h}", run=run, l=layer, h=head)
                 for run, (layer, head) in zip("AB", (ours, theirs), strict=True)]  # fmt: skip
        pictures = patterns_side_by_side(lesson, before, (a, b, gap), names, (query, key), order, stay)
        lesson.answer(
            "{x} gives {y} {p:.0%} in A, {q:.0%} in B."
            if found.same_words
            else "{x} gives {y} {p:.0%} in A, {u} gives {v} {q:.0%} in B.",
            x=lesson.called(found.common[query][0]),
            y=lesson.called(found.common[key][0]),
            u=lesson.called_second(found.common[query][1]),
            v=lesson.called_second(found.common[key][1]),
            p=a[query, key],
            q=b[query, key],
        )
    return pictures


__all__ = ["every_head", "least_alike", "most_alike"]
