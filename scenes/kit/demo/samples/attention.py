"""Samples of attention patterns."""

from __future__ import annotations

import numpy as np
from manim import VGroup

from scenes.kit.attention.kept import Gather, KeptColumns
from scenes.kit.attention.meeting import Meeting
from scenes.kit.attention.pattern import AttentionArcs, DotPattern
from scenes.kit.attention.scores import ScoreTable
from scenes.kit.attention.wall import PatternWall, Tag, shape_of, tiles
from scenes.kit.demo import real
from scenes.kit.demo.drawing import Move, Sample
from scenes.kit.demo.laying import fill, wide
from scenes.kit.depth.fan import CardFan
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import TokenRow


def attention_arcs(box: Box) -> VGroup:
    tokens = TokenRow(real.trace().tokens, width=box.width, down=not wide(box), target=real.query().position)
    arcs = AttentionArcs(tokens, real.query().weights, real.query().position, height=1.6 if wide(box) else 2.6)
    return fill(box, VGroup(tokens, arcs))


def meeting(box: Box) -> Meeting:
    """q · k, entry by entry."""
    head, i, j = real.head(), real.query().position, real.query().other
    return Meeting(box, head.q[i], head.k[j], head.raw[i, j], at=(i, j), height=0.7, beside=wide(box))


def dot_pattern(box: Box) -> DotPattern:
    room: Look = dict(width=box.width, height=box.height, cell=(1.2, 1.2), target_row=real.query().position)
    return fill(box, DotPattern(real.head().pattern, row_labels=real.words(), column_labels=real.words(), **room))


def wall(box: Box) -> PatternWall:
    """All heads of a layer, with one row lit."""
    patterns = list(real.head().block.pattern)
    places = tiles(box, *shape_of(box, len(patterns)))[: len(patterns)]
    shown = PatternWall(box, patterns, places, row=real.query().position)
    shown.lit = 1.0
    shown.framed[real.head().head] = 1.0
    return shown


def card_fan(box: Box) -> CardFan:
    """The same, as cards that fan out of one."""
    patterns, front = list(real.head().block.pattern), real.head().head
    places = tiles(box, *shape_of(box, len(patterns)))[: len(patterns)]
    return CardFan(box, patterns, places, front=front).fanned(0.45 * min(box.width, 2 * box.height))


def tag(box: Box) -> VGroup:
    """What the query looks at most in each head, on the head's panel."""
    panels, i = wall(box.inset(0.2)), real.query().position
    panels.lit = 0.0
    tags = []
    for k, pattern in enumerate(panels.patterns):
        key, room = int(np.argmax(pattern.values[i])), panels.panel(k)
        each = Tag([real.words()[key], say("{w:.0%}", w=pattern[i, key])], 0.16 * room.width)
        tags.append(each.move_to(room.center))
    return VGroup(panels, *tags)


def score_table(box: Box) -> ScoreTable:
    """Queries at the side, keys along the top, and what they come to."""
    head, query = real.head(), real.query()
    return ScoreTable(box, head.q_met, head.k_met, head.raw, real.words(), keep=(query.position, query.other))


def kept_columns(box: Box) -> KeptColumns:
    """The keys of the first words, and room for those of the others."""
    head, words = real.head(), real.words()
    cell = 0.95 * box.width / len(words), 0.9 * (box.height - 1.0) / head.k.shape[1]
    return fill(box, KeptColumns(head.k, "key", cell=(cell[0], min(cell[1], 0.4)), words=words).show(4))


def gather(box: Box) -> Move:
    """The values add up to z, by the query's weights."""
    upper, lower = box.rows(3, 1)
    head, query = real.head(), real.query()
    cell = 0.9 * box.width / len(real.words()), 0.9 * upper.height / head.v.shape[1]
    columns = fill(upper, KeptColumns(head.v, "value", cell=(cell[0], min(cell[1], 0.5))))
    total = TensorGrid(head.z[query.position], "data", fit=lower, cell=(1.2, 0.8))
    return Move([Gather(columns, query.weights, total)], [columns])


SAMPLES: dict[str, Sample] = {
    "KeptColumns": kept_columns,
    "Gather": gather,
    "AttentionArcs": attention_arcs,
    "ScoreTable": score_table,
    "Meeting": meeting,
    "DotPattern": dot_pattern,
    "PatternWall": wall,
    "CardFan": card_fan,
    "Tag": tag,
}
