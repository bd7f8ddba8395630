"""Every word by itself, and other activations on the same numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manim import Mobject

from scenes.kit.charts.activation import ActivationCurve, Fall
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.ground.text import LABEL, Label
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.strips import HeatStrips, labelled
from scenes.kit.recipes import Look
from scenes.lesson.steps import come, leave
from scenes.lessons.mlp.asking import curve_of

if TYPE_CHECKING:
    from scenes.lessons.mlp.lesson import FeedForward

KINDS = (("relu", "ReLU"), ("gelu", "GELU"), ("swiglu", "SiLU"))


def every_word(lesson: FeedForward, before: Mobject) -> HeatStrips:
    post = lesson.neuron["mlp.post"]
    bright = abs(post).max()
    with lesson.step(
        "Every word by itself",
        "The same for every word, at once: no row sees another here. Only attention does that.",
        subtitle="blocks.{l}.mlp.post [position, neuron], {m} numbers a word · full colour from {b:.2f}",
        b=bright,
        keep=(before,),
    ):
        stage = lesson.stage
        room: Look = dict(width=stage.width, height=stage.height, rows=labelled(stage.height), pitch=0.8)
        marks: Look = dict(row_labels=lesson.words, keep_row=lesson.position, target_row=lesson.position)
        strips = HeatStrips(post, "data", scale=float(bright), **marks, **room).move_to(stage.center)
        lesson.play(*leave(before), Introduce(strips, "rows", lag=0.4, after=0.2), run_time=2.4)
    return strips


def other_curves(lesson: FeedForward, before: Mobject) -> None:
    """The same pre-activations on three curves."""
    with lesson.step(
        "Other curves",
        "ReLU cuts off, GELU bends, and in SwiGLU the bent number is a gate for a second one.",
        subtitle="layer {l} · mlp.pre [{i}, :] of this run on each of the curves",
        keep=(before,),
    ):
        stage = lesson.stage
        boxes = lesson.by(wide=stage.columns(1, 1, 1), square=stage.rows(1, 1, 1), tall=stage.rows(1, 1, 1))
        pairs = [titled(lesson, box, *kind) for box, kind in zip(boxes, KINDS, strict=True)]
        lesson.play(*leave(before), *come(*[part for pair in pairs for part in pair]), run_time=0.8)
        for _, curve in pairs:
            lesson.play(Fall(curve), run_time=1.2)
            lesson.wait(0.4)


def titled(lesson: FeedForward, box: Box, kind: str, name: str) -> tuple[Label, ActivationCurve]:
    room = Box(box.left, box.bottom, box.right, box.top - 0.5)
    curve = curve_of(lesson, room, range(lesson.trace.config.d_mlp), kind)
    return Label(say(name), LABEL, "ink").move_to((box.center[0], box.top - 0.2, 0)), curve
