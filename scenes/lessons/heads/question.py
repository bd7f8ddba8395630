"""The picture that the lesson opens and closes with: the sentence, where one head looks, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from manim import DOWN, LEFT, UP, FadeIn, Mobject

from scenes.kit.attention.pattern import AttentionArcs
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.change import BarChange
from scenes.kit.ground.layout import Box
from scenes.kit.moves.reveal import Grow
from scenes.kit.recipes import Look, bars_on_one_scale
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import TokenRow, display
from scenes.lesson.claims import most
from scenes.lesson.following import behind, looked_at, rest_of

if TYPE_CHECKING:
    from scenes.lessons.heads.lesson import MultiHead

TEXT = 0.36  # em of numbers and titles
COLUMN_OF_CHANGES = "+.1f"
SMALLEST_TOKEN = 0.2  # em below which the sentence stands upright
ABOVE = 0.55  # room over the arcs for a title


@dataclass(frozen=True)
class Opening:
    """The sentence with its arcs, and the next word's bars with all heads and without ours. head: room for a title."""

    tokens: TokenRow | SentenceStrip
    arcs: AttentionArcs
    bars: ProbabilityBars
    without: ProbabilityBars
    head: Box

    @property
    def shown(self) -> list[Mobject]:
        """All of it as the lesson begins, the arcs first."""
        return [self.arcs, self.tokens, self.bars]


def opening(lesson: MultiHead) -> Opening:
    """Sentence and arcs over the bars; the sentence upright beside them where it is too long, and of one that is too
    long for that, too, what is looked at most."""
    stage = lesson.stage
    upper, lower = stage.rows(1, lesson.by(wide=1.25, square=1.25, tall=1.6))
    spoken = None if lesson.stack == "encoder" else lesson.position  # captions speak of a French word
    marks: Look = dict(unknown=lesson.trace.unknown, target=spoken, size=0.6)
    tokens: TokenRow | SentenceStrip = TokenRow(lesson.trace.tokens, width=upper.width, **marks)
    whole = Box(stage.left, stage.bottom, stage.right, stage.top - ABOVE - 0.1)
    left, rest = lesson.by(wide=whole.columns(1, 1.6), square=whole.columns(1, 1), tall=whole.rows(1.8, 1))
    upright = TokenRow(lesson.trace.tokens, width=0.6 * left.width, height=left.height, down=True, gap=0.06, **marks)
    if tokens.size < SMALLEST_TOKEN and upright.height <= left.height:
        head, lower, tokens = Box(stage.left, stage.top - ABOVE, stage.right, stage.top), rest, upright
        tokens.move_to(left.center).align_to((left.left, 0, 0), LEFT)
        reach = left.right - float(tokens.get_right()[0]) - 0.1
        arcs = AttentionArcs(tokens, lesson.query.weights, lesson.position, height=reach)
    else:
        if tokens.size < SMALLEST_TOKEN:
            tokens = looked_at(lesson, lesson.query.weights, spoken, upper.width, marks["size"])
        tokens.move_to(upper.center).align_to((0, upper.bottom, 0), DOWN)
        room = upper.top - ABOVE - float(tokens.get_top()[1])
        arcs = AttentionArcs(tokens, lesson.query.weights, lesson.position, height=min(room, 1.6))
        head = Box(upper.left, upper.top - ABOVE, upper.right, upper.top)
    bars, without = two_distributions(lesson, lower)
    return Opening(tokens, arcs, bars, without, head)


def two_distributions(lesson: MultiHead, box: Box) -> list[ProbabilityBars]:
    """The next word in both runs, as bars for the same words in the same order."""
    both = lesson.off.next_word((lesson.layer, lesson.head))
    few = max(3, min(5, int(box.height / 0.5)))
    p, q = (probs.values for probs in both)
    likeliest, gaining = np.argsort(-p, kind="stable")[:few], np.argsort(p - q, kind="stable")[: few - 2]
    ids = sorted({int(k) for k in (*likeliest, *gaining)}, key=lambda k: -p[k])
    wide = min(box.width, 11.0)
    room: Look = dict(width=wide - BarChange.width_of(COLUMN_OF_CHANGES, TEXT), height=box.height - 0.1)
    bars = bars_on_one_scale(both, lesson.whole.vocabulary, ids, fill="probability", size=0.4, **room)
    left = box.center[0] - wide / 2
    for one in bars:
        one.move_to(box.center).align_to((left, 0, 0), LEFT).align_to((0, box.top, 0), UP)
    return bars


def asked(lesson: MultiHead) -> str:
    """The question, and whom it is of."""
    if lesson.stack is None:
        return "After {asks} the model expects “{w}”: {p:.0%}. Which word told it so?"
    told = "What had the encoder gathered for it?" if lesson.stack == "encoder" else "Which written word told it so?"
    return "After {before} the decoder expects “{w}”: {p:.0%}. " + told


def ask(lesson: MultiHead) -> list[Mobject]:
    """What comes next, and which word told it so; leaves the sentence, the arcs and the bars."""
    query, probs = lesson.query, lesson.next_word(lesson.trace, lesson.position)
    shown = opening(lesson)
    likeliest, key = int(np.argmax(probs.values)), query.strongest
    with lesson.step(
        "What comes next?",
        ask=asked(lesson),
        keep=(),
        subtitle="model {model}"
        + lesson.of_stack
        + " · {m} layers × {n} heads, counted from {zero} · arcs: layer {l}, head {h}"
        + behind(shown.tokens),
        claims=[most(probs, likeliest), most(query.weights, key)],
        w=display(lesson.whole.vocabulary[likeliest]),
        p=probs[likeliest],
        m=len(lesson.blocks),
        zero=0,
        rest=rest_of(query.weights, shown.tokens),
        x=lesson.off.effects[lesson.layer, lesson.head],
    ):
        lesson.play(FadeIn(shown.tokens, shift=0.2 * UP), run_time=0.8)
        lesson.play(Grow(shown.bars, "values", lag=0.1), run_time=1.6)
        lesson.play(Grow(shown.arcs, "grown", lag=0.0), run_time=1.0)
        lesson.answer(
            "One head looks from {asks} to {b}: {share:.0%}.",
            b="itself" if key == lesson.position else lesson.called(key),
            share=query.weights[key],
        )
    return shown.shown
