"""Beam search: the likeliest beginnings go on, as a tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from manim import UP, Mobject

from model.numbers.tensor import Tensor, stack
from model.study.turns.branching import Branch
from scenes.kit.recipes import Look
from scenes.kit.words.branches import WordTree
from scenes.kit.words.tokens import TokenRow
from scenes.lesson.claims import Fact, fact, truth
from scenes.lesson.following import below
from scenes.lesson.steps import grow_after

if TYPE_CHECKING:
    from model.runs.translation import Beam, Hypothesis
    from scenes.lessons.cross_attention.lesson import CrossAttention

WIDTH = 3  # of the beam
LANE = 0.54  # room that the end of a branch needs, in scene units


@dataclass
class Found:
    """The first levels of a search: its branches, and log p of each beginning that ends one."""

    branches: list[Branch]
    totals: list[Tensor]


def logs(lesson: CrossAttention, one: Hypothesis) -> list[Tensor]:
    """log p of each word of a beginning, and of its end where it has ended, as a run of it gives them."""
    tokenizer = lesson.checkpoint.tokenizer
    run = lesson.translation(lesson.source, " ".join(tokenizer.vocabulary[k] for k in one.ids))
    ids = [*one.ids, tokenizer.end_id][: len(one.logs)]
    return [run["probs"][place, word].log() for place, word in enumerate(ids)]


def total(lesson: CrossAttention, one: Hypothesis) -> Tensor:
    """log p of all of it."""
    return stack(logs(lesson, one), "position").sum(0)


def levels_of(lesson: CrossAttention, found: Beam, levels: int) -> Found:
    """Every beginning that was kept is a branch of the one that it goes on from."""
    above: list[Branch | None] = [None]
    branches, totals = list[Branch](), list[Tensor]()
    tokenizer = lesson.checkpoint.tokenizer
    for depth, kept in enumerate(found.kept[:levels]):
        here: list[Branch | None] = []
        for one in kept:
            parent, last = above[one.parent], logs(lesson, one)[-1]
            word = (*one.ids, tokenizer.end_id)[len(one.logs) - 1]
            assert word is not None
            branch = Branch(lesson.trace.vocabulary[word], last.exp(), depth, parent, one.ended, [len(totals)])
            totals.append(total(lesson, one))
            branches.append(branch)
            here.append(branch)
            if parent is not None:
                parent.children.append(branch)
        above = here
    return Found(branches, totals)


def adds_up(branch: Branch, total: Tensor) -> Fact:
    """log p of a beginning is the sum of the logarithms along its branch."""
    way: list[Branch] = []
    at: Branch | None = branch
    while at is not None:
        way.append(at)
        at = at.parent
    added = lambda whole, *p: bool(abs(whole - np.log(p).sum()) < 1e-4)  # noqa: E731
    return truth("log p of all is the sum along its branch", [total, *[each.chance for each in way]], added)


def ends(found: Found) -> int:
    """How many branches nothing goes on from."""
    return sum(not branch.children for branch in found.branches)


def beam_search(lesson: CrossAttention, before: list[Mobject]) -> list[Mobject]:
    """What was kept in the first steps of the search, and what it finds in the end."""
    from model.runs.translation import beam

    found = beam(lesson.checkpoint, lesson.source, WIDTH)
    text = TokenRow(lesson.source_words, width=lesson.stage.width, size=0.4, lines=lesson.by(wide=1, square=2, tall=3))
    text.move_to(lesson.stage.center).align_to((0, lesson.stage.top, 0), UP)
    room = below(lesson, text)
    lanes = int(room.height / LANE)
    most = min(len(found.kept), lesson.by(wide=9, square=6, tall=5))
    shown = next(tree for n in range(most, 0, -1) if ends(tree := levels_of(lesson, found, n)) <= lanes or n == 1)
    kept = [stack([total(lesson, one) for one in step], "beginning") for step in found.kept]
    best, greedy = total(lesson, found.best), -stack(costs(lesson), "position").sum(0)
    same = found.best.ids == tuple(lesson.trace.ids[1:])
    with lesson.step(
        "Beam search",
        ask="One word at a time may miss a better sentence. What if the {w} likeliest beginnings go on?",
        subtitle="beam of {w}, first {n} steps · p of each word · at an end: log p of all",
        w=WIDTH,
        n=1 + max(branch.depth for branch in shown.branches),
        claims=[
            fact(
                "likeliest",
                "those kept stand in order",
                kept,
                lambda *rows: all((np.diff(r) < 1e-4).all() for r in rows),
            ),
            *[adds_up(found_one, whole) for found_one, whole in zip(shown.branches, shown.totals, strict=True)],
            *([truth("twice the same", [best, greedy], lambda a, b: bool(abs(a - b) < 1e-4))] if same else []),
        ],
        keep=before,
    ):
        size: Look = dict(width=room.width, height=room.height, size=0.46, widest=0.2)
        tree = WordTree(shown.branches, lesson.trace.tokens[0], totals=shown.totals, **size).move_to(room.center)
        grow_after(lesson, before, tree, text, lag=0.85, run_time=1.2 + 0.45 * tree.levels, name="grown",
                   there=(0,))  # fmt: skip
        lesson.answer(
            "In the end it says the same as one word at a time: log p {s:.2f}."
            if same
            else "In the end it says something else: log p {s:.2f}; one word at a time, {g:.2f}.",
            s=best,
            **({} if same else {"g": greedy}),
        )
    return [text, tree]


def costs(lesson: CrossAttention) -> list[Tensor]:
    """−log p of each word that is written, in the one pass over all of them."""
    return [-lesson.trace["probs"][i, word].log() for i, word in enumerate(lesson.targets)]


__all__ = ["beam_search", "costs"]
