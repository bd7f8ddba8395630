"""Samples of what stands in space, and of the camera that goes close to it."""

from __future__ import annotations

from collections.abc import Hashable

from manim import VGroup

from scenes.kit.demo import real
from scenes.kit.demo.drawing import Move, Sample
from scenes.kit.demo.laying import wide
from scenes.kit.depth.arcs import Flash, RowArcs
from scenes.kit.depth.projection import Projection
from scenes.kit.depth.slabs import Card, Part, Slab, Stack
from scenes.kit.ground.layout import Box
from scenes.kit.ground.readings import Index
from scenes.kit.ground.say import say
from scenes.kit.moves.travel import Travel
from scenes.kit.recipes import Look

LAYERS = range(3)
CUBE = [(x, y, z) for x in (0.0, 1.0) for y in (0.0, 1.0) for z in (0.0, 1.0)]


def rows_after(layer: int) -> Look:
    """What a card takes for the rows that leave a block."""
    return dict(tensor=real.trace()[f"blocks.{layer}.resid_post"], scale=6.0, power=1 / 3)


def projection(box: Box) -> VGroup:
    """A cube with equal edges: isometric."""
    projected = Projection().fitting(box.inset(0.4), CUBE)
    return VGroup(Slab(projected, (0, 0, 0), (1, 1, 1)))


def card(box: Box) -> Card:
    """The rows that leave the first block, standing aslant."""
    corners = [(x, y, 0.0) for x in (0.0, 3.0) for y in (0.0, 1.4)]
    standing = Projection().fitting(box, corners).front((0, 0, 0), 3.0, 1.4)
    return Card(corners=standing, **rows_after(0))


def slab(box: Box) -> VGroup:
    """A block, and the rows that it holds."""
    shown = stack(box)
    return VGroup(shown.slabs[0], shown.card(0, **rows_after(0)))


def stack(box: Box) -> Stack:
    parts: dict[Hashable, Part] = {k: Part(say("block {k}", k=k), float(bool(k)), Index("layer", k)) for k in LAYERS}
    turn, tilt = (60, 14) if wide(box) else (45, 33)
    return Stack(box, parts, turn=turn, tilt=tilt)


def filled(box: Box) -> VGroup:
    """Slabs and their cards, drawn from the back."""
    shown = stack(box)
    parts = [part for k in reversed(LAYERS) for part in (shown.slabs[k], shown.card(k, **rows_after(k)))]
    return VGroup(*parts)


def arcs_of(box: Box) -> tuple[VGroup, RowArcs]:
    shown = stack(box)
    rows = shown.card(0, **rows_after(0))
    return VGroup(shown.slabs[0], rows), RowArcs(rows, real.trace()["blocks.0.attn.pattern"])


def row_arcs(box: Box) -> VGroup:
    """What the rows give each other in all heads of the first block."""
    standing, arcs = arcs_of(box)
    arcs.shine[:] = 0.6
    return VGroup(standing, arcs)


def flash(box: Box) -> Move:
    standing, arcs = arcs_of(box)
    return Move([Flash(arcs)], [standing])


def travel(box: Box) -> Move:
    """From three blocks to the second."""
    shown = filled(box)
    return Move([Travel(to=stack(box).slabs[1])], [shown])


SAMPLES: dict[str, Sample] = {
    "Projection": projection,
    "Card": card,
    "Slab": slab,
    "Stack": filled,
    "RowArcs": row_arcs,
    "Flash": flash,
    "Travel": travel,
}
