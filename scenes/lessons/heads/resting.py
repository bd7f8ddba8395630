"""Where attention rests: of a model that looks at the first token most, what it looks at besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import FadeIn, FadeOut

from model.study.heads.sinks import Sink
from scenes.kit.attention.wall import PatternWall
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Label
from scenes.lesson.claims import truth
from scenes.lessons.heads.patterns import flat

if TYPE_CHECKING:
    from scenes.lessons.heads.lesson import MultiHead

PAUSE = 2.0  # seconds for which the rest of the patterns stands


def on_the_first_word(lesson: MultiHead, wall: PatternWall, labels: list[Label]) -> PatternWall:
    """All patterns without their first column, each row stretched to 100 % again. Leaves the wall that stands."""
    sink, i = Sink(lesson.trace), lesson.position
    if i == 0 or not sink.there:
        return wall
    share, (first, others) = sink.share, sink.lengths
    layer, head = sink.typical(i)
    with lesson.step(
        "Where attention rests",
        ask="{s:.0%} of all attention is on “{b}”, the first token. What else do the heads look at?",
        subtitle="then without that column: each row stretched to {one:.0%} · framed: {where}",
        where=say("layer {l}, head {h}", l=layer, h=head),
        keep=(wall, *labels),
        s=share,
        b=lesson.words[0],
        one=sink.rest(layer)[head, i - 1].sum(0),
        claims=[truth("its values are shorter than the others’", [first, others], np.less)],
    ):
        panels = [sink.rest(one)[each] for one in range(len(lesson.blocks)) for each in range(lesson.block.n_heads)]
        rest = PatternWall(wall.box, panels, wall.places, row=i - 1)
        rest.framed[flat(lesson, layer, head)] = 1.0
        lesson.play(FadeOut(wall), FadeIn(rest), run_time=1.6)
        lesson.wait(PAUSE)
        lesson.answer(
            "It is where they rest: its values are {a:.1f} long, the others’ {c:.1f}. Framed, {w}’s row: × {f:.1f}.",
            a=first,
            c=others,
            w=lesson.called(i),
            f=sink.factor(layer, head, i),
        )
    return rest
