"""Heads of two models: which of one looks most like which of the other, where most alike and where least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from manim import Mobject

from model.numbers.tensor import Tensor, concatenate
from model.study.inside.models import Head, overlaps
from scenes.kit.ground.say import Said, say
from scenes.lesson.claims import CLOSE, Fact, fact, truth
from scenes.lessons.compare.bases import important
from scenes.lessons.compare.heads import heads_in_a_table, patterns_side_by_side

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
        table = heads_in_a_table(lesson, alike, (layer, head), before)
        lesson.answer("{pair}: {x:.0%} on the same words.", pair=called_pair((layer, head), found.partner(layer, head)),
                      x=alike[layer, head])  # fmt: skip
    return table


@dataclass(frozen=True)
class Pair:
    """A head of A and its partner in B: how much they share, their patterns, and the query and the key at which they
    differ most. most: whether it is the pair that shares most of all heads of A with their partners, else least."""

    lesson: Compare
    most: bool

    @property
    def ours(self) -> Head:
        return self.lesson.models.most_alike if self.most else self.lesson.models.least_alike

    @property
    def theirs(self) -> Head:
        return self.lesson.models.partner(*self.ours)

    @cached_property
    def patterns(self) -> tuple[Tensor, Tensor, Tensor]:
        """Of A, of B, and B − A. [query, key]"""
        a, b = self.lesson.models.pattern(0, *self.ours), self.lesson.models.pattern(1, *self.theirs)
        gap = b - a
        return a, b, gap

    @property
    def told(self) -> tuple[int, int]:
        """(query, key)."""
        gaps = np.abs(self.patterns[2].values)
        query = int(gaps.sum(axis=1).argmax())
        return query, int(gaps[query].argmax())

    def step(self) -> dict[str, Any]:
        """What the step that shows it says and claims."""
        (a, b, gap), (query, key) = self.patterns, self.told
        shared, every = self.lesson.models.overlap(self.ours, self.theirs), self.lesson.models.alike
        told = f"no pair of a head of A and its partner shares {'more' if self.most else 'less'}"
        row = gap[query]
        claims = [
            fact(("most", "least"), told, [every, shared],
                 lambda all, one: bool(abs(one - (all.max() if self.most else all.min())) < CLOSE)),
            truth("nothing differs more in that row", [row], lambda g: bool(abs(g[key]) >= abs(g).max() - CLOSE)),
            truth("it is what B has more than A", [gap, a, b], lambda g, p, q: bool(np.allclose(g, q - p, atol=CLOSE))),
        ]  # fmt: skip
        return dict(
            subtitle="attn.pattern in A and in B · area: weight · then B − A · {x:.0%} on the same words",
            x=shared,
            claims=claims,
        )

    def show(self, before: list[Mobject], order: list[int], stay: Sequence[Mobject] = ()) -> list[Mobject]:
        """The three patterns, and the answer. order, stay: as `patterns_side_by_side` takes them."""
        lesson, (query, key), (a, b, _) = self.lesson, self.told, self.patterns
        names = [say("{run}: layer {l}, head {h}", run=run, l=layer, h=head)
                 for run, (layer, head) in zip("AB", (self.ours, self.theirs), strict=True)]  # fmt: skip
        pictures = patterns_side_by_side(lesson, before, self.patterns, names, (query, key), order, stay)
        common = lesson.models.common
        lesson.answer(
            "{x} gives {y} {p:.0%} in A, {q:.0%} in B."
            if lesson.models.same_words
            else "{x} gives {y} {p:.0%} in A, {u} gives {v} {q:.0%} in B.",
            x=lesson.called(common[query][0]),
            y=lesson.called(common[key][0]),
            u=lesson.called_second(common[query][1]),
            v=lesson.called_second(common[key][1]),
            p=a[query, key],
            q=b[query, key],
        )
        return pictures


def both_pairs(lesson: Compare, before: list[Mobject]) -> list[Mobject]:
    """The pair that is most alike; then the head of A that has no counterpart, with the head of B that is nearest."""
    most, least = Pair(lesson, True), Pair(lesson, False)
    order = [*most.told, *least.told, *important(lesson)]
    with lesson.step(
        "Most alike", ask="These two, side by side. Where do they differ most?", keep=before, **most.step()
    ):
        pictures = most.show(before, order)
    if most.ours == least.ours:
        return pictures
    stay = pictures[2:4] if most.theirs == least.theirs else ()
    ask = "And the head of A least like any of B: where is it alone?"
    with lesson.step("Least alike", ask=ask, keep=pictures, **least.step()):
        return least.show(pictures, order, stay)


__all__ = ["both_pairs", "every_head"]
