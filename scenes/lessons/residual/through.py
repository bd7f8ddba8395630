"""Through all blocks: how long the rows become, where they turn, and who has written what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import Mobject

from scenes.kit.charts.signed import SignedBars
from scenes.kit.depth.rails import StreamRails
from scenes.kit.ground.layout import Box
from scenes.kit.numbers.rows import Rows
from scenes.kit.recipes import Look
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.writers import name_of
from scenes.lesson.claims import truth
from scenes.lesson.steps import give_way, grow_after

if TYPE_CHECKING:
    from scenes.lessons.residual.lesson import ResidualStream


def all_blocks(lesson: ResidualStream, strip: SentenceStrip, rows: Rows) -> StreamRails:
    lengths, i = lesson.lengths, lesson.position
    with lesson.step(
        "Block after block",
        ask="Every block adds twice, to every word’s row. What becomes of the rows?",
        subtitle="length √Σ x² of the rows at each stop · equal steps up are equal factors",
        quiz=lesson.quiz(
            "How long is the row of {asks} in the end?", lengths[:, i], place=len(lengths) - 1, spec=".1f"
        ),
        keep=(strip, rows),
    ):
        stops = [name_of(name, short=True) for name in lesson.stream.stops]
        room: Look = dict(width=lesson.stage.width, height=lesson.stage.height)
        rails = StreamRails(lengths, lesson.words, stops, target=i, **room).move_to(lesson.stage.center)
        rails.travelled = rails.travelled * 0
        lesson.play(*give_way([strip, rows], rails), run_time=0.7)
        lesson.play(rails.animate(run_time=4.5).travel(len(stops) - 1))
        lesson.answer("They grow: {asks} from length {a:.1f} to {b:.1f}.", a=lengths[0, i], b=lengths[-1, i])
    return rails


def direction(lesson: ResidualStream, rails: StreamRails) -> Mobject:
    """How much the row points at each stop where it will point in the end."""
    cosines = lesson.stream.turning
    with lesson.step(
        "And they turn",
        ask="Longer is not all. When does it point where it points in the end?",
        subtitle="cosine of the row at each stop with the last row, blocks.{last}.resid_post [{i}, :]",
        last=lesson.trace.config.n_layers - 1,
        quiz=lesson.quiz("Which cosine has the first row with the last?", cosines, place=0, spec="+.2f"),
        claims=[truth("the last row points where it points", [cosines], lambda row: abs(row[-1] - 1) < 1e-4)],
        keep=(rails,),
    ):
        names = [name_of(name) for name in lesson.stream.stops]
        room: Look = dict(
            width=lesson.stage.width, height=lesson.stage.height, reach=(min(0.0, cosines.values.min()), 1.0)
        )
        bars = SignedBars(
            cosines, names, fill="data", below="negative", size=0.42, besides=[len(names) - 3], **room
        ).move_to(lesson.stage.center)
        grow_after(lesson, [rails], bars, lag=0.4, run_time=3)
        lesson.answer(
            "At first at {c:+.2f}, before the last block at {e:+.2f}: it turns write by write.",
            c=cosines[0],
            e=cosines[-3],
        )
    return bars


def shares(lesson: ResidualStream, box: Box) -> SignedBars:
    """How much of the last row each write makes up, in their order."""
    names = [name_of(name) for name in lesson.stream.names]
    room: Look = dict(width=box.width, height=box.height, spec="+.0%", fill="delta", size=0.42)
    largest = int(np.argmax(lesson.stream.shares.values))
    return SignedBars(lesson.stream.shares, names, besides=[largest], **room).move_to(box.center)
