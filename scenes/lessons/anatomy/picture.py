"""The picture of the lesson: the model's parts in depth; on each its weights in colour, and a text's rows in grey."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from manim import Animation, Mobject, Transform

from model.numbers.tensor import Tensor, concatenate
from model.numbers.trace import Trace
from model.study.inside.parameters import matrices
from scenes.kit.depth.arcs import RowArcs
from scenes.kit.depth.slabs import NEAR, Card, Part, Stack
from scenes.kit.ground.layout import Box, View
from scenes.kit.ground.pen import Rectangle
from scenes.kit.ground.readings import Index
from scenes.kit.ground.say import Said, say
from scenes.kit.numbers.cells import elide
from scenes.kit.recipes import Look

if TYPE_CHECKING:
    from scenes.lessons.anatomy.lesson import Anatomy

MOST = 6  # blocks that are drawn; of more, ⋯ stands for those in the middle
ROWS, COLUMNS = 96, 2048  # of a face, at most: what lies beyond could not be seen
POWER = 1 / 3  # of |x|, in the brightness of a cell
FIRST, LAST = "embedding", "unembedding"


@dataclass(eq=False)
class Picture:
    """The model in a box: `stack`, its parts; `faces`, the weights on them; `rows`, what a text makes of itself there.

    Keys: "embedding", (layer, 0) for attention, (layer, 1) for the MLP, "unembedding"."""

    scene: Anatomy
    box: Box
    rows: dict[Hashable, Card] = field(default_factory=dict)

    # ── what stands where ────────────────────────────────────────────────────────────────────────
    @property
    def trace(self) -> Trace:
        return self.scene.trace

    @cached_property
    def shown(self) -> list[int]:
        """The blocks that are drawn."""
        asked = self.scene.layer
        return [layer for layer in elide(self.trace.config.n_layers, MOST, asked) if layer is not None]

    @cached_property
    def stack(self) -> Stack:
        """The parts one behind the other, without anything on them."""
        scene = self.scene
        wide = scene.by(wide=1.9, square=1.15, tall=1.15)  # from block to block
        parts: dict[Hashable, Part] = {FIRST: Part(FIRST)}
        for before, layer in zip([-1, *self.shown], self.shown, strict=False):
            skipped = layer - before > 1
            title = say("block {l}", l=layer)
            parts[layer, 0] = Part(title, wide * (2.0 if skipped else 1.0), Index("layer", layer), skipped)
            parts[layer, 1] = Part("", 0.75 * wide)
        parts[LAST] = Part(LAST, wide)
        turn, tilt = scene.by(wide=(62, 9), square=(30, 42), tall=(26, 48))
        size = scene.by(wide=(5.0, 2.6), square=(6.6, 1.4), tall=(6.6, 1.5))
        return Stack(self.box, parts, turn=turn, tilt=tilt, size=size)

    @cached_property
    def faces(self) -> dict[Hashable, Card]:
        """The weights of every part, all on one scale."""
        look: Look = dict(kind="weight", scale=float(self.full), power=POWER, within=self.lower)
        return {key: self.stack.card(key, table(self.tables(key)), **look) for key in self.stack.slabs}

    @property
    def full(self) -> Tensor:
        """From here on a weight is fully coloured, in the whole model."""
        return self.scene.bright_weights

    @property
    def lower(self) -> Rectangle:
        """Where the weights lie on a face: below, in tall frames at the right."""
        return self.scene.by(wide=(0.0, 0.5, 1.0, 0.5), square=(0.42, 0.0, 0.58, 1.0), tall=(0.42, 0.0, 0.58, 1.0))

    @property
    def upper(self) -> Rectangle:
        """Where a text's rows lie on it."""
        return self.scene.by(wide=(0.0, 0.0, 1.0, 0.44), square=(0.0, 0.0, 0.38, 1.0), tall=(0.0, 0.0, 0.38, 1.0))

    def tables(self, key: Hashable) -> dict[str, Tensor]:
        """The matrices of a part, side by side on its face. [d_model, n] each"""
        if isinstance(key, tuple):
            layer, part = key
            return matrices(self.trace, ("attention", "MLP")[part], layer)
        return matrices(self.trace, str(key))

    def place_of(self, key: Hashable, name: str) -> Rectangle:
        """Which part of the face a matrix takes (left, top, width, height)."""
        tables = self.tables(key)
        names, counts = list(tables), np.array([t.shape[1] for t in tables.values()], dtype=float)
        ends = np.concatenate([[0.0], np.cumsum(counts / counts.sum())])
        left, top, wide, high = self.lower
        k = names.index(name)
        return left + wide * ends[k], top, wide * (ends[k + 1] - ends[k]), high

    # ── a text's rows ────────────────────────────────────────────────────────────────────────────
    def after(self, trace: Trace, key: Hashable) -> Tensor:
        """A text's rows as they leave a part: of the last one the logits. [position, n]"""
        if key == FIRST:
            return trace["blocks.0.resid_pre"]
        if isinstance(key, tuple):
            layer, part = key
            return trace[f"blocks.{layer}.{('resid_mid', 'resid_post')[part]}"]
        return trace["logits"][:, :COLUMNS] if trace.shape("logits")[1] > COLUMNS else trace["logits"]

    def bright(self, key: Hashable) -> Tensor:
        """From here on a number of a text's rows is fully bright: one scale for all rows, and one for logits."""
        return self.bright_logits if key == LAST else self.bright_rows

    @cached_property
    def bright_rows(self) -> Tensor:
        return 2 * abs(self.trace[f"blocks.{self.trace.config.n_layers - 1}.resid_post"]).mean()

    @cached_property
    def bright_logits(self) -> Tensor:
        return 4 * abs(self.trace["logits"]).mean()

    def card(self, key: Hashable, values: Tensor) -> Card:
        """Rows on a part."""
        look: Look = dict(kind="data", scale=float(self.bright(key)), power=POWER, within=self.upper)
        return self.stack.card(key, values, **look)

    def fill(self, trace: Trace) -> Picture:
        """All rows of a text are there."""
        self.rows = {key: self.card(key, self.after(trace, key)) for key in self.stack.slabs}
        return self

    # ── moves ────────────────────────────────────────────────────────────────────────────────────
    def carry(self, start: Hashable, to: Hashable) -> Animation:
        """A copy of the rows goes on to the next part."""
        card = self.rows[start].copy()
        end = self.card(to, card.tensor)
        end.strongest = card.strongest
        self.rows[to] = card.set_z_index(end.z_index)
        return Transform(card, end)

    def become(self, key: Hashable, trace: Trace) -> Animation:
        """The rows on a part become what leaves it."""
        return Transform(self.rows[key], self.card(key, self.after(trace, key)))

    def arcs(self, trace: Trace, layer: int) -> RowArcs:
        """What the rows of a block's attention give to each other in each head."""
        return RowArcs(self.rows[layer, 0], trace[f"blocks.{layer}.attn.pattern"]).set_z_index(NEAR)

    def focus(self, *keys: Hashable, seen: float = 0.12, named: bool = True) -> list[Animation]:
        """These parts are seen as they are, all others step back. named: whether those have their titles."""
        moves: list[Animation] = []
        for key, slab in self.stack.slabs.items():
            opacity = 1.0 if key in keys or not keys else seen
            moves.append(slab.animate.see(opacity).set(named=float(named and opacity > 0.5)))
            moves += [cards[key].animate.set_opacity(opacity) for cards in (self.faces, self.rows) if key in cards]
        return moves

    def zoom(self, box: Box) -> float:
        """How large the camera sees a box that it goes to."""
        return View.onto(box, self.scene.stage).zoom

    def all(self) -> tuple[Mobject, ...]:
        """All that stands there."""
        return self.stack, *self.faces.values(), *self.rows.values()

    def scale(self, *what: str) -> Said:
        """From where on what is shown ("weights", "rows", "logits") is fully bright."""
        forms = {"weights": "{m:.2f}", "rows": "{r:.1f}", "logits": "{n:.1f}"}
        fields = dict(m=self.full, r=self.bright_rows, n=self.bright_logits)
        named = ", ".join(f"{forms[name]} ({name})" for name in what)
        return say("full from " + named, **fields)


def table(tables: dict[str, Tensor]) -> Tensor:
    """Matrices [d_model, n] side by side, as much as can be seen."""
    whole = concatenate(list(tables.values()), 1) if len(tables) > 1 else next(iter(tables.values()))
    rows, columns = whole.shape
    return whole[:ROWS, :COLUMNS] if rows > ROWS or columns > COLUMNS else whole


__all__ = ["FIRST", "LAST", "Picture", "table"]
