"""Samples of planes, dials and blocks."""

from __future__ import annotations

import math

from manim import Transform

from model.study.inside.stream import lengths
from model.study.positions import turn
from model.study.rotary import hand
from model.study.space import pca
from scenes.kit.demo import real
from scenes.kit.demo.drawing import Move, Sample
from scenes.kit.demo.laying import fill
from scenes.kit.depth.blocks import BlockDiagram
from scenes.kit.depth.rails import StreamRails
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Label
from scenes.kit.recipes import Look
from scenes.kit.space.dial import Dial, DialRow, Turn
from scenes.kit.space.vectorspace import VectorSpace

KINDS = {"value": "dog cat horse bird", "key": "red blue green white", "query": "king queen man woman boy girl"}


def vector_space(box: Box) -> Move:
    """Words of W_E in the space in which they vary most, some as arrows from the origin; it turns."""
    table, vocabulary = real.trace()["W_E"], real.trace().vocabulary
    rows = [row for words in KINDS.values() for row in real.rows_of(words)]
    roles = [role for role, words in KINDS.items() for _ in words.split()]
    axes = pca(table[rows], "the words shown", n=3)
    told = say("three axes of a PCA: {v:.0%} of the variance", v=axes.explained.sum(0))
    room: Look = dict(width=box.width, height=box.height, titles=("", told), stems=range(len(rows) - 6, len(rows)))
    names = [vocabulary[row] for row in rows]
    space = VectorSpace(table[rows] @ axes.axes, names, roles=roles, turn=0.9, **room).move_to(box.center)
    return Move([Transform(space, space.turned(0.9))], [space])


def dial(box: Box) -> Dial:
    """A pair of a query, and how far its position turns it."""
    head, side = real.rotary(), min(box.width, box.height)
    before, after = hand(head.q, 0), hand(turn(head.q, head.angles[head.query]), 0)
    start = [math.atan2(*before.values[::-1])]
    look: Look = dict(longest=math.hypot(*after.values), starts=start, ghosts=True)
    return Dial([(after, "query")], diameter=side, **look).move_to(box.center)


def dial_row(box: Box) -> DialRow:
    """Four pairs of a query and of a key."""
    head, dials = real.rotary(), []
    for pair in head.pairs:
        hands = [(hand(head.q, pair), "query"), (hand(head.k, pair), "key")]
        dials.append((hands, say("pair {k}", k=pair), dict(longest=head.longest(pair), between=True)))
    return DialRow(box, Label("q and k, before they are turned"), dials)


def turning(box: Box) -> Move:
    shown = dial(box)
    return Move([Turn(shown, [float(shown.angles[0] - shown.starts[0])])], [shown])


def stream_rails(box: Box) -> StreamRails:
    """How long the rows of the words are at every stop of the stream."""
    stops = [say("block {l}", l=k // 2) if k % 2 else "" for k in range(2 * real.trace().config.n_layers + 1)]
    room: Look = dict(width=box.width, height=min(box.height, box.width))
    return StreamRails(lengths(real.trace()), real.words(), stops, target=1, **room).move_to(box.center)


def blocks(box: Box) -> BlockDiagram:
    shown = BlockDiagram(real.trace().config.n_layers, width=box.width, height=min(0.4 * box.width, box.height))
    return fill(box, shown.light(shown.part(real.head().layer, 0)))


SAMPLES: dict[str, Sample] = {
    "VectorSpace": vector_space,
    "Dial": dial,
    "DialRow": dial_row,
    "Turn": turning,
    "BlockDiagram": blocks,
    "StreamRails": stream_rails,
}
