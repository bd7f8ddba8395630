"""A text goes through the picture; then another one does, through the same weights."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import numpy as np
from manim import Animation, FadeOut, LaggedStart, Transform

from model.numbers.tensor import Tensor
from model.study.inside.parameters import weights
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.depth.arcs import Flash
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.words.tokens import TokenRow, display
from scenes.lesson.claims import Fact, count, most, truth
from scenes.lessons.anatomy.picture import FIRST, LAST, Picture

if TYPE_CHECKING:
    from scenes.lessons.anatomy.lesson import Anatomy


def rows_go_in(lesson: Anatomy, picture: Picture, row: TokenRow) -> None:
    """The words become rows of numbers."""
    with lesson.step(
        "A text goes in",
        "Now a text comes: each of its tokens becomes a row of {d} numbers.",
        subtitle="resid_pre · grey: by magnitude, {scale}",
        d=lesson.trace.config.d_model,
        scale=picture.scale("weights", "rows"),
    ):
        card = picture.rows[FIRST] = picture.card(FIRST, picture.after(lesson.trace, FIRST))
        ends = {i: card.row_corners(i)[[0, 3]].mean(axis=0) for i in row.shown}
        flights = [FadeOut(row.piece(i), target_position=end, scale=0.3) for i, end in ends.items()]
        lesson.play(LaggedStart(*flights, lag_ratio=0.3), run_time=2)
        lesson.play(Introduce(card, "rows", lag=0.5), run_time=1.2)


def blocks(lesson: Anatomy, picture: Picture) -> None:
    """The rows pass all blocks: in attention they give to each other, in the MLP each is by itself."""
    with lesson.step(
        "Through the blocks",
        "In every block attention moves something from row to row, then the MLP works on each row.",
        subtitle="arcs: attn.pattern · {scale}",
        scale=picture.scale("weights", "rows"),
    ):
        at: Hashable = FIRST
        for layer in picture.shown:
            attention, mlp = (layer, 0), (layer, 1)
            lesson.play(picture.carry(at, attention), *lights(picture, attention), run_time=0.5)
            arcs = picture.arcs(lesson.trace, layer)
            lesson.play(Flash(arcs), run_time=0.8)
            lesson.play(FadeOut(arcs), picture.become(attention, lesson.trace), run_time=0.4)
            lesson.play(picture.carry(attention, mlp), *lights(picture, mlp), run_time=0.4)
            lesson.play(picture.become(mlp, lesson.trace), run_time=0.4)
            at = mlp
        lesson.play(*lights(picture), run_time=0.3)


def lights(picture: Picture, *keys: Hashable) -> list[Animation]:
    """The edges of these parts are lit, and of no others."""
    changed = [(slab, float(key in keys)) for key, slab in picture.stack.slabs.items() if slab.lit != (key in keys)]
    return [slab.animate.set(lit=lit) for slab, lit in changed]


def next_word(lesson: Anatomy, picture: Picture) -> ProbabilityBars:
    """The last row meets the unembedding: a logit, and so a probability, for each word."""
    probs, vocabulary = lesson.trace["probs"][-1], lesson.trace.vocabulary
    likeliest = int(np.argmax(probs.values))
    with lesson.step(
        "The next word",
        ask="{v} words could come next. Which one does all this arithmetic expect?",
        subtitle="probs after position {i} “{last}” · {scale}",
        v=len(vocabulary),
        i=len(lesson.words) - 1,
        last=lesson.words[-1],
        scale=picture.scale("rows", "logits"),
        claims=[most(probs, likeliest)],
        quiz=lesson.quiz("Which word will it be?", probs, lesson.called_next),
    ):
        lesson.play(picture.carry((picture.shown[-1], 1), LAST), *lights(picture, LAST), run_time=0.6)
        lesson.play(picture.become(LAST, lesson.trace), run_time=0.8)
        bars = lesson.bars()[0]
        lesson.play(Grow(bars, "values"), *lights(picture), run_time=1.6)
        lesson.answer("“{w}”, {p:.0%}: it is likeliest.", w=display(vocabulary[likeliest]), p=probs[likeliest])
    return bars


def other_text(lesson: Anatomy, picture: Picture, row: TokenRow, bars: ProbabilityBars) -> None:
    """Another text goes through: all that is grey becomes another, nothing in colour moves."""
    changes = [(picture.after(lesson.trace, key), picture.after(lesson.other, key)) for key in picture.rows]
    changed = sum(int((a.values != b.values).sum()) for a, b in changes)
    with lesson.step(
        "Another text",
        ask="One word exchanged, the same model. What changes in the picture, and what does not?",
        subtitle="“{old}” → “{new}” · {scale}",
        old=lesson.words[lesson.exchange.place],
        new=display(lesson.other.tokens[lesson.exchange.place]),
        scale=picture.scale("weights", "rows", "logits"),
        claims=[exchanged(lesson), others(changes), *unmoved(lesson)],
    ):
        lesson.play(Transform(row, lesson.sentence(lesson.other)), run_time=1.2)
        keys = list(picture.rows)
        moves = [Transform(picture.rows[key], picture.card(key, picture.after(lesson.other, key))) for key in keys]
        lesson.play(LaggedStart(*moves, lag_ratio=0.5), run_time=2.6)
        lesson.play(Transform(bars, lesson.bars()[1]), run_time=1)
        lesson.answer(
            "{k} of {n} grey numbers are others, not one in colour. Both answers lie in the same weights.",
            k=changed,
            n=sum(a.size for a, _ in changes),
        )


def exchanged(lesson: Anatomy) -> Fact:
    """That the two texts differ at one place."""
    place = lesson.exchange.place
    a, b = lesson.trace["tokens"][place], lesson.other["tokens"][place]
    return truth(f"the texts differ at {place}", (a, b), lambda a, b: bool(a != b))


def others(changes: list[tuple[Tensor, Tensor]]) -> Fact:
    """How many grey numbers differ between the two texts."""
    flat = [tensor for pair in changes for tensor in pair]

    def differ(*values: np.ndarray) -> int:
        return sum(int((a != b).sum()) for a, b in zip(values[::2], values[1::2], strict=True))

    return count("are others", "k", flat, differ)


def unmoved(lesson: Anatomy) -> list[Fact]:
    """That the weights of both runs are the same, number by number."""
    both = [weights(trace, lesson.ledger) for trace in (lesson.trace, lesson.other)]
    return [
        truth(f"{a.source()} is the same in both runs", (a, b), lambda a, b: bool((a == b).all()))
        for a, b in zip(*both, strict=True)
    ]


__all__ = ["blocks", "lights", "next_word", "other_text", "rows_go_in"]
