"""Both heads in one picture: what the first wrote into a word is what the second finds it by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manim import DOWN, LEFT, RIGHT, UP, FadeIn, Mobject, Transform

from model.numbers.tensor import Tensor
from scenes.kit.attention.pattern import AttentionArcs
from scenes.kit.ground.layout import Box
from scenes.kit.ground.readings import Cell
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Grow
from scenes.kit.moves.travel import Carry
from scenes.kit.words.links import Threads
from scenes.kit.words.strip import SentenceStrip
from scenes.lesson.steps import give_way
from scenes.lessons.induction.random_words import soon

if TYPE_CHECKING:
    from scenes.lessons.induction.lesson import Induction

HIGHEST = 2.0  # scene units of the arcs
TITLE = 0.45  # room over them for the head's name


def one_after_the_other(lesson: Induction, strip: SentenceStrip, before: Mobject) -> list[Mobject]:
    """The sentence twice, the earlier layer below: arcs of the first head, the row that goes up, arcs of the second."""
    one, ours = lesson.one, (lesson.layer, lesson.head)
    first = lesson.trace[f"blocks.{lesson.before[0]}.attn.pattern"][lesson.before[1], one.key]
    second = lesson.trace[f"blocks.{ours[0]}.attn.pattern"][ours[1], one.query]
    with lesson.step(
        "One after the other",
        ask="What one head writes, a later one reads. How do the two find “{b}”?",
        subtitle="rows of attn.pattern: below from “{b}”, above from {asks}",
        keep=(strip, before),
    ):
        above, under = lesson.stage.rows(1, 1)
        late, early = two_strips(lesson, above, under)
        low, high = arcs_over(early, first, one.key, under), arcs_over(late, second, one.query, above)
        start, end = early.edge_point(one.key, (0.5, 0)), late.edge_point(one.key, (0.5, 1))
        left = float(start[0]) > lesson.stage.center[0]  # where nothing passes
        names = [name_of(under, low, lesson.before, left), name_of(above, high, ours, left)]
        path = Threads(start[None, :2], end[None, :2], down=False, fill="probability", line=0.05)
        if strip.row.boxes == late.row.boxes:
            lesson.play(*soon([before], 1.4), Carry(strip, early), Transform(strip, late), run_time=1.4)
        else:
            lesson.play(*give_way([strip, before], early, late), run_time=1)
        lesson.play(FadeIn(names[0]), Grow(low, "grown", lag=0.0), run_time=1.2)
        lesson.play(Grow(path, "grown", lag=0.0), run_time=1)
        lesson.play(FadeIn(names[1]), Grow(high, "grown", lag=0.0), run_time=1.2)
        lesson.answer(
            "The first tells “{b}” what came before it: {x:.0%}. By that the second finds it: {y:.0%}."
            if lesson.composes and float(first[one.before]) > 0.5 and float(second[one.key]) > 0.5
            else "From “{b}” the first gives “{a}” {x:.0%}; from there the second gives “{b}” {y:.0%}.",
            x=first[one.before],
            y=second[one.key],
        )
    return [strip if strip in lesson.mobjects else late, early, low, high, path, *names]


def two_strips(lesson: Induction, above: Box, under: Box) -> tuple[SentenceStrip, SentenceStrip]:
    """The sentence in one line at the bottom of each box, marked as each head meets it: its query and its key."""
    late = lesson.strip(lines=1)
    early = late.marked(lesson.one.key, lesson.one.before)
    for strip, box in ((late, above), (early, under)):
        strip.move_to(box.center).align_to((0, box.bottom, 0), DOWN)
    return late, early


def arcs_over(strip: SentenceStrip, weights: Tensor, query: int, box: Box) -> AttentionArcs:
    room = box.top - TITLE - float(strip.get_top()[1])
    return AttentionArcs(strip, weights, query, height=min(HIGHEST, room), widest=0.16)


def name_of(box: Box, arcs: AttentionArcs, head: tuple[int, int], left: bool) -> Label:
    """A head's name over its arcs, at one side of the stage."""
    side = ((box.left, 0, 0), LEFT) if left else ((box.right, 0, 0), RIGHT)
    name = Label(
        say("layer {a}, head {b}", a=head[0], b=head[1]), 0.36, "secondary", of=Cell(arcs.tensor, (arcs.query,))
    )
    return name.move_to(box.center).next_to(arcs, UP, buff=0.1).align_to(*side)


__all__ = ["one_after_the_other"]
