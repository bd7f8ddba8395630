"""Single heads: what each adds to the logit, and what each carries over when it comes from the other text's run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import Mobject

from model.numbers.tensor import Tensor, concatenate, stack
from scenes.kit.charts.signed import SignedBars
from scenes.kit.ground.say import say
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import Look
from scenes.lesson.claims import Fact, fact, most
from scenes.lesson.steps import grow_after

if TYPE_CHECKING:
    from scenes.lessons.facts.lesson import Facts


def every_head(lesson: Facts, before: Mobject) -> TensorGrid | Mobject:
    """What each head adds to the logit. [layer, head]"""
    found, config = lesson.parts, lesson.trace.config
    heads = [[k for k, p in enumerate(found.parts) if p.layer == layer and p.head is not None]
             for layer in range(config.n_layers)]  # fmt: skip
    if not heads[0]:
        return before
    shares = stack([found.contributions[k] for k in heads], "layer")
    layer, head = (int(k) for k in np.unravel_index(int(shares.values.argmax()), shares.shape))
    with lesson.step(
        "Every head",
        ask="Attention is {n} heads. What does each add to “{w}”?",
        subtitle="position {i} · share of attn.result in the logit of “{w}”, head by head",
        n=shares.size,
        keep=(),
        claims=[largest(shares, layer, head)],
        quiz=None
        if float(shares[layer, head]) == float(found.contributions.values.max())  # then it has been worked out
        else lesson.quiz(
            "Which head adds most to the logit of “{w}”?",
            concatenate(list(shares), 0),
            lambda k: say("head {h} of layer {l}", h=k % shares.shape[1], l=k // shares.shape[1]),
        ),
    ):
        room: Look = dict(width=lesson.stage.width, height=lesson.stage.height, cell=(1.5, 1.3))
        grid = TensorGrid(
            shares, "logit", row_labels=[say("layer {l}", l=k) for k in range(len(heads))],
            column_labels=[say("head {h}", h=k) for k in range(len(heads[0]))], **room,
        ).move_to(lesson.stage.center)  # fmt: skip
        lesson.play(Introduce(grid, "cells", lag=0.6), run_time=3)
        lesson.answer(
            "{s:+.2f} together; the largest is {t:+.2f}, head {h} of layer {l}.",
            s=shares.sum(1).sum(0),
            t=shares[layer, head],
            h=head,
            l=layer,
        )
    return grid


def largest(shares: Tensor, layer: int, head: int) -> Fact:
    return fact("largest", "no head adds more", [shares], lambda s: bool(s[layer, head] >= s.max()))


def who_carries(lesson: Facts, before: list[Mobject]) -> SignedBars:
    """The attention of the layer in which the way goes on, carried over as a whole and head by head."""
    layer, taker = lesson.crossing, lesson.taker
    whole, each = lesson.carrying.writes(layer, taker)
    runs = [lesson.keep_run(run) for run in (whole, *each)]
    values = stack([run["probs"][lesson.position, lesson.other] for run in runs], "run")
    head = int(np.argmax(values.values[1:]))
    alone = float(values[1 + head]) < float(values[0]) / 2
    with lesson.step(
        "Who carries it?",
        ask="Is it enough to carry over what attention writes at “{y}” in layer {c}?",
        subtitle="chance of “{v}” with what layer {c} writes at “{y}” carried over · dashed: without",
        y=lesson.words[taker],
        c=layer,
        keep=before,
        claims=[most(values[1:], head)],
    ):
        names = [say("all heads"), *[say("head {h}", h=h) for h in range(len(each))]]
        room: Look = dict(width=lesson.stage.width, height=lesson.stage.height, size=0.44, reach=(0.0, 1.0))
        bars = SignedBars(
            values, names, spec=".1%", fill="probability", mark=lesson.probs[lesson.other], **room
        ).show_mark()
        bars.move_to(lesson.stage.center)
        grow_after(lesson, before, bars, lag=0.5, run_time=3)
        told = "All heads: {a:.1%}. Alone, head {h} does most, {b:.1%}" + (
            ": none carries it by itself." if alone else "."
        )
        lesson.answer(told, a=values[0], h=head, b=values[1 + head])
    return bars
