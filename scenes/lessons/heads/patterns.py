"""What heads look at: one of them, those of its layer, and all of the model on one wall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, LaggedStart, Transform, VGroup

from model.numbers.tensor import Tensor
from scenes.kit.attention.pattern import DotPattern
from scenes.kit.attention.wall import PatternWall, shape_of, tiles, wall_of_layers
from scenes.kit.ground.say import say
from scenes.kit.ground.style import smallest
from scenes.kit.ground.text import Label
from scenes.kit.ground.typesetting import fitting_size
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.recipes import FULL, Look, attention_bars, dots, frame_row
from scenes.lesson.claims import Fact, count, most, share

if TYPE_CHECKING:
    from scenes.lessons.heads.lesson import MultiHead

ANSWER = 1.2  # room beside a panel for the word that it looks at most


def one_head(lesson: MultiHead) -> tuple[DotPattern, Frame]:
    query, stage, i = lesson.query, lesson.stage, lesson.position
    key = query.strongest
    with lesson.step(
        "One head",
        "One attention head at work: {asks} gives {share:.1%} of its attention to {b}.",
        keep=(),
        claims=[share(query.weights), most(query.weights, key)],
        b="itself" if key == i else lesson.called(key),
        share=query.weights[key],
        x=lesson.off.effects[lesson.layer, lesson.head],
        subtitle="model {model} · layer {l} · head {h} · dot area ∝ weight",
    ):
        columns = stage.columns(1.5, 1)
        square = columns if len(lesson.words) <= FULL else [stage]  # many dots need all the room
        boxes = lesson.by(wide=columns, square=square, tall=stage.rows(1.5, 1))
        picture = dots(boxes[0], query.of.pattern, lesson.words, i, largest=1.15)
        lesson.play(Introduce(picture, "rows", lag=0.3), run_time=2)
        frame = frame_row(picture, i)
        beside = []
        if len(boxes) > 1:
            title, bars = attention_bars(boxes[1], query.weights, lesson.trace.tokens, i, query.seen)
            beside = [FadeIn(title), Grow(bars, "values")]
        lesson.play(FadeIn(frame), *beside, run_time=1.2)
    return picture, frame


def siblings(lesson: MultiHead, dots: DotPattern, frame: Frame) -> PatternWall:
    h, n, stage = lesson.head, lesson.block.n_heads, lesson.stage
    with lesson.step(
        "Heads of a layer",
        "Layer {l} has {n} heads. All read this sentence, each in its own way.",
        subtitle="blocks.{l}.attn.pattern [head, query, key]: rows ask, columns are asked · framed: head {h}",
        keep=(dots, frame),
    ):
        size = lesson.by(wide=0.3, square=0.26, tall=0.26)
        room: Look = dict(above=1.3 * size, right=ANSWER + 0.05, gap=0.16)
        places = tiles(stage, *shape_of(stage, n, **room), **room)[:n]
        wall = PatternWall(stage, list(lesson.block.pattern), places, row=lesson.position)
        panels = [wall.panel(k) for k in range(n)]
        titles = [
            Label(say("head {k}", k=k), size).next_to((panel.center[0], panel.top, 0), UP, buff=0.07)
            for k, panel in enumerate(panels)
        ]
        wall.framed[h] = 1.0
        alone, beside = wall.copy(), wall.copy()  # ours where the dots are, then at its place, then all
        left_top, right_top, right_bottom, _ = dots.corners()
        alone.places[h] = (*((left_top + right_bottom) / 2)[:2], right_top[0] - left_top[0])
        alone.framed[:] = 0.0
        alone.shown[:] = np.arange(n) == h
        beside.shown = alone.shown.copy()
        lesson.play(FadeOut(dots), FadeOut(frame), FadeIn(alone), run_time=0.5)
        lesson.play(Transform(alone, beside), FadeIn(titles[h]), run_time=1.4)
        others = [FadeIn(title) for k, title in enumerate(titles) if k != h]
        lesson.play(Transform(alone, wall), *others, run_time=1.4)
    return alone


def caption_of_answers(lesson: MultiHead, first: set[str]) -> str:
    """first: the words that come first in at least one head."""
    if lesson.position == 0 and lesson.trace.config.causal:
        return "{asks} comes first: in every head it can look at nothing but itself."
    if len(first) == 1:
        return "{asks} in {n} heads: {b} comes first in all, with {low:.0%} to {high:.0%}."
    return "{asks} in {n} heads: {k} different words come first."


def answers(lesson: MultiHead, wall: PatternWall) -> None:
    queries = [lesson.block.head(k).query(lesson.position) for k in range(lesson.block.n_heads)]
    words = [lesson.words[query.strongest] for query in queries]
    one = len({query.strongest for query in queries}) == 1  # not the same word at several places
    shares = [query.weights[query.strongest] for query in queries]
    with lesson.step(
        "One word, many views",
        caption_of_answers(lesson, set(words)),
        k=len(set(words)),
        b=lesson.called(queries[0].strongest) if one else say("“{w}”", w=words[0]),
        low=min(shares, key=float),
        high=max(shares, key=float),
        subtitle="pattern [:, {i}, :] of layer {l} · beside: the key with the most attention",
        claims=[*[most(query.weights, query.strongest) for query in queries], different(lesson)],
    ):
        lit = wall.copy()
        lit.lit, lit.framed = 1.0, np.zeros(len(queries))
        size = max(fitting_size(words, ANSWER, 0.36), smallest())
        notes = [answer(wall, k, word, share, size) for k, (word, share) in enumerate(zip(words, shares, strict=True))]
        lesson.play(Transform(wall, lit), run_time=1)
        lesson.play(LaggedStart(*[FadeIn(note, shift=0.1 * UP) for note in notes], lag_ratio=0.3), run_time=2)


def different(lesson: MultiHead) -> Fact:
    """{k} different words come first in the heads of the layer."""
    weights = lesson.block.pattern[:, lesson.position]
    return count("different words", "k", [weights], lambda rows: len({lesson.words[key] for key in rows.argmax(-1)}))


def answer(wall: PatternWall, k: int, word: str, share: Tensor, size: float) -> VGroup:
    """The word that a panel's row looks at most, and its share, beside the panel."""
    panel = wall.panel(k)
    lines = VGroup(Label(word, size, "key"), Label(say("{s:.0%}", s=share), max(size, 0.26), "probability"))
    lines.arrange(DOWN, buff=0.02, aligned_edge=LEFT)
    return lines.next_to((panel.right, panel.center[1], 0), RIGHT, buff=0.12)


# ── all heads ────────────────────────────────────────────────────────────────────────────────────
def flat(lesson: MultiHead, layer: int, head: int) -> int:
    """The panel of a head on the wall of all."""
    return layer * lesson.block.n_heads + head


def lay_out_wall(lesson: MultiHead, above: Any = None) -> tuple[PatternWall, list[Label]]:
    """Every pattern of the model, and the labels at the edges. above: room over each row of the wall."""
    size = lesson.by(wide=0.26, square=0.24, tall=0.24)
    patterns = [block.pattern for block in lesson.blocks]
    return wall_of_layers(lesson.stage, patterns, row=lesson.position, size=size, above=above)


def wall_of_all(lesson: MultiHead, layer: PatternWall) -> PatternWall:
    count = len(lesson.blocks)
    with lesson.step(
        "All heads",
        "{m} layers × {n} heads: {all} patterns of one and the same sentence.",
        m=count,
        all=count * lesson.block.n_heads,
        subtitle="model {model} · each pattern [query, key] · framed: layer {l}, head {h}",
        keep=(layer,),
    ):
        wall, labels = lay_out_wall(lesson)
        mine = [flat(lesson, lesson.layer, k) for k in range(lesson.block.n_heads)]
        lesson.play(Transform(layer, wall.piece(mine)), *map(FadeIn, labels), run_time=1.6)
        full = wall.copy()
        full.framed[flat(lesson, lesson.layer, lesson.head)] = 1.0
        wall.shown[:] = 0.0
        wall.shown[mine] = 1.0
        lesson.remove(layer)
        lesson.add(wall)
        lesson.play(Transform(wall, full), run_time=1.6)
    return wall
