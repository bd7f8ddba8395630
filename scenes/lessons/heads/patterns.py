"""What heads look at: one of them, those of its layer, and all of the model on one wall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, LaggedStart, Mobject, Transform, VGroup, smooth
from manim.utils.rate_functions import squish_rate_func

from model.numbers.tensor import Tensor
from scenes.kit.attention.pattern import DotPattern
from scenes.kit.attention.wall import PatternWall, shape_of, tiles, wall_of_layers
from scenes.kit.depth.fan import CardFan
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.ground.style import smallest
from scenes.kit.ground.text import Label
from scenes.kit.ground.typesetting import fitting_size
from scenes.kit.moves.reveal import Introduce
from scenes.kit.recipes import Look, frame_row, legible_dots
from scenes.lesson.claims import Fact, count, most, share
from scenes.lesson.runs import taught
from scenes.lesson.steps import AWAY

if TYPE_CHECKING:
    from scenes.lessons.heads.lesson import MultiHead

LATE = squish_rate_func(smooth, 0.6, 1)  # when names come where cards pass before
ANSWER = 1.2  # room beside a panel for the word that it looks at most


def one_head(lesson: MultiHead, before: list[Mobject]) -> DotPattern:
    """before: the arcs of the query, and all else that stood there."""
    query, i, (arcs, *others) = lesson.query, lesson.position, before
    with lesson.step(
        "One head",
        "So does each word: what this head looks at, row by row.",
        keep=before,
        claims=[share(query.weights)],
        subtitle="layer {l} · head {h} · pattern [query, key]: dot area ∝ weight",
        taught=taught(lesson.model_asked, lesson.layer, lesson.head),
    ):
        most_looked_at = int(np.argmax(query.weights.values))
        picture = legible_dots(lesson.stage, query.of.pattern, lesson.words, i, most_looked_at, largest=1.15)
        lag = 0.1 / len(lesson.words)  # all rows soon: our row’s arcs have just gone
        gone = [FadeOut(m, rate_func=AWAY) for m in (*others, arcs)]
        lesson.play(*gone, Introduce(picture, "rows", lag=lag), run_time=1.6)
        lesson.play(FadeIn(frame_row(picture, i)), run_time=0.6)
    return picture


def siblings(lesson: MultiHead, dots: DotPattern) -> PatternWall:
    """The pattern is a card of many, which fan out and lie down side by side."""
    h, n, stage = lesson.head, lesson.block.n_heads, lesson.stage
    with lesson.step(
        "Heads of a layer",
        "Layer {l} has {n} heads. All read this sentence, each in its own way.",
        subtitle=lesson.prefix
        + "blocks.{l}.attn.pattern"
        + " [head, query, key]" * (lesson.stack is None)
        + ": rows ask, columns are asked · framed: head {h}",
        keep=(dots,),
    ):
        size = lesson.by(wide=0.3, square=0.26, tall=0.26)
        room: Look = dict(above=1.3 * size, right=ANSWER + 0.05, gap=0.16)
        places = tiles(stage, *shape_of(stage, n, **room), **room)[:n]
        flat = PatternWall(stage, list(lesson.block.pattern), places, row=lesson.position)
        fan = CardFan(stage, flat.patterns, places, front=h, row=lesson.position)
        flat.framed[h] = 1.0
        panels = [flat.panel(k) for k in range(n)]
        titles = [
            Label(say("head {k}", k=k), size).next_to((panel.center[0], panel.top, 0), UP, buff=0.07)
            for k, panel in enumerate(panels)
        ]
        left_top, right_top, right_bottom, _ = dots.corners()
        cards = fan.stacked((*((left_top + right_bottom) / 2)[:2], right_top[0] - left_top[0]))
        lesson.play(FadeOut(dots), FadeIn(cards), run_time=0.5)
        side = 0.62 * min(stage.width, stage.height)
        lesson.play(Transform(cards, cards.fanned(side)), run_time=1.6)
        lesson.wait(0.6)
        fan.plate, fan.framed = 0.0, flat.framed.copy()
        lesson.play(Transform(cards, fan), *[FadeIn(title, rate_func=LATE) for title in titles], run_time=1.6)
        lesson.remove(cards)
        lesson.add(flat)
    return flat


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


def lay_out_wall(lesson: MultiHead, above: Any = None, box: Box | None = None) -> tuple[PatternWall, list[Label]]:
    """Every pattern of the model, and the labels at the edges. above: room over each row of the wall; box: where it
    stands (default: on the whole stage)."""
    size = lesson.by(wide=0.26, square=0.24, tall=0.24)
    patterns = [block.pattern for block in lesson.blocks]
    return wall_of_layers(box or lesson.stage, patterns, row=lesson.position, size=size, above=above)


def wall_of_all(lesson: MultiHead, layer: PatternWall) -> tuple[PatternWall, list[Label]]:
    count = len(lesson.blocks)
    with lesson.step(
        "All heads",
        "{m} layers × {n} heads: {all} patterns of one and the same sentence.",
        m=count,
        all=count * lesson.block.n_heads,
        subtitle="model {model}" + lesson.of_stack + " · each pattern [query, key] · framed: layer {l}, head {h}",
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
    return wall, labels
