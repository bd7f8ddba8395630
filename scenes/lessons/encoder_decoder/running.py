"""The run in the figure: in every box the rows that leave it, in brightness."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from manim import Animation, FadeIn, FadeOut, Mobject, Transform

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from scenes.kit.depth.slabs import Card
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.words.tokens import TokenRow
from scenes.lessons.encoder_decoder.figure import KEYS, Figure, Room

if TYPE_CHECKING:
    from scenes.lessons.encoder_decoder.lesson import EncoderDecoder

NAMES = {  # what leaves a part of a block
    "encoder.attn": "encoder.blocks.{}.attn_out",
    "encoder.norm1": "encoder.blocks.{}.resid_mid",
    "encoder.mlp": "encoder.blocks.{}.mlp_out",
    "encoder.norm2": "encoder.blocks.{}.resid_post",
    "decoder.attn": "decoder.blocks.{}.attn_out",
    "decoder.norm1": "decoder.blocks.{}.resid_self",
    "decoder.cross": "decoder.blocks.{}.cross_attn_out",
    "decoder.norm_cross": "decoder.blocks.{}.resid_mid",
    "decoder.mlp": "decoder.blocks.{}.mlp_out",
    "decoder.norm2": "decoder.blocks.{}.resid_post",
    "encoder.embed": "encoder.embed",
    "encoder.place": "encoder.blocks.0.resid_pre",
    "decoder.embed": "decoder.embed",
    "decoder.place": "decoder.blocks.0.resid_pre",
    "decoder.linear": "logits",
    "decoder.softmax": "probs",
}
SMALL = 0.15  # of its size, what is still in its box
PALE, DIM = 0.3, 0.5  # opacity of rows while the camera moves, and while they themselves move
POWER = 1 / 2  # of |x|, in the brightness of a cell


class Running:
    """The figure on the stage, `figure`, and the rows in its boxes, `cards`, by the keys of its parts."""

    def __init__(self, lesson: EncoderDecoder, box: Box, room: Room):
        self.lesson, self.cards = lesson, dict[str, Card]()
        self.words_of: tuple[TokenRow, ...] = ()  # below both stacks
        self.bars: list[Mobject] = []  # what may come next, in the free place over the encoder
        self.opened: tuple[str, Mobject] | None = None  # a part, and what has come out of it
        self.figure = Figure(box, lesson.trace.config.n_layers, room)

    @property
    def trace(self) -> Trace:
        return self.lesson.trace

    def tensor(self, key: str, layer: int) -> Tensor:
        """The rows that leave a part when a block is gone through. [position, n]"""
        return self.trace[NAMES[key].format(layer)]

    @cached_property
    def full(self) -> dict[str, Tensor]:
        """From here on a number is fully bright: of rows in blocks, of logits, of probabilities."""
        last = self.trace[f"encoder.blocks.{self.trace.config.n_layers - 1}.resid_post"]
        logits, probs = self.trace["logits"], self.trace["probs"]
        return {"rows": 4 * abs(last).mean(), "logits": 4 * abs(logits).mean(), "probs": probs.max(-1).max(-1)}

    def scale(self, *what: str) -> Said:
        """From where on a number is fully bright, as it is said."""
        named = ", ".join(f"{{{name}:.2f}} ({name})" for name in what)
        return say("full from " + named, **{name: self.full[name] for name in what})

    def card(self, key: str, tensor: Tensor, figure: Figure | None = None) -> Card:
        """Rows in a box of the figure."""
        kind = {"decoder.linear": "logits", "decoder.softmax": "probs"}.get(key, "rows")
        look = {"rows": "data", "logits": "logit", "probs": "probability"}[kind]
        corners = (figure or self.figure).rows_of(key)
        return Card(tensor, corners, look, scale=float(self.full[kind]), power=POWER)

    def words(self, column: int) -> TokenRow:
        """The text that goes in below a stack."""
        box, tokens = self.figure.words_box(column), (self.trace.source_tokens, self.trace.tokens)[column]
        rows = [TokenRow(tokens, width=box.width, size=0.36, lines=lines, gap=0.07) for lines in range(1, 7)]
        return box.fit(max(rows, key=lambda row: row.size * min(1.0, box.height / row.height)))

    # ── moves ────────────────────────────────────────────────────────────────────────────────────
    def build(self, *keys: str) -> Animation:
        """These parts come."""
        return Transform(self.figure, self.figure.show(*keys))

    def light(self, *keys: str) -> Animation:
        """The edges of these parts are lit, and of no others."""
        return Transform(self.figure, self.figure.lighting(keys))

    def frame(self, column: int) -> Animation:
        """The frame comes around what is repeated in a stack."""
        return Transform(self.figure, self.figure.framing(column))

    def place(self, key: str, layer: int = 0) -> Card:
        """A part's rows lie in it."""
        self.cards[key] = self.card(key, self.tensor(key, layer))
        return self.cards[key]

    def carry(self, start: str, to: str) -> Animation:
        """A copy of a part's rows goes on to another, in place of what is there."""
        moving = self.cards[start].copy()
        end = self.card(to, moving.tensor)
        end.strongest, end.tint, end.kind = moving.strongest, moving.tint, moving.kind
        if to in self.cards:
            self.lesson.remove(self.cards[to])
        self.cards[to] = moving
        return Transform(moving, end)

    def become(self, key: str, layer: int) -> Animation:
        """The rows in a part become what leaves it."""
        return Transform(self.cards[key], self.card(key, self.tensor(key, layer)))

    def go(self, key: str, start: str, layer: int, run_time: float, *more: Animation) -> None:
        """Rows go from one part into another, which comes if it is not there, and leave it as others."""
        there = self.figure.shown[KEYS.index(key)] > 0.5
        coming = self.light(key) if there else self.build(key)
        self.lesson.play(coming, self.carry(start, key), *more, run_time=0.55 * run_time)
        self.lesson.play(self.become(key, layer), run_time=0.45 * run_time)

    def to(self, box: Box, room: Room) -> list[Animation]:
        """All of it goes to another box, and is laid out anew."""
        target = Figure(box, self.trace.config.n_layers, room)
        target.shown, target.framed = np.copy(self.figure.shown), np.copy(self.figure.framed)
        moves: list[Animation] = [Transform(self.figure, target)]
        for key, card in self.cards.items():
            end = self.card(key, card.tensor, target).set_opacity(card.opacity)
            moves.append(Transform(card, end))
        return moves

    def see(self, opacity: float = 1.0) -> list[Animation]:
        """The rows are seen so well: what the camera or they themselves pass would flicker."""
        return [card.animate.set_opacity(opacity) for card in self.cards.values()]

    def open(self, key: str, thing: Mobject) -> Animation:
        """Something comes out of a part."""
        self.opened = key, thing
        return FadeIn(thing, scale=SMALL, target_position=self.figure.around(key).center)

    def close(self) -> list[Animation]:
        """What has come out of a part goes back."""
        if self.opened is None:
            return []
        (key, thing), self.opened = self.opened, None
        return [FadeOut(thing, scale=SMALL, target_position=self.figure.around(key).center)]

    def all(self) -> list[Mobject]:
        """All that stands there."""
        out = [] if self.opened is None else [self.opened[1]]
        return [self.figure, *self.cards.values(), *self.words_of, *self.bars, *out]


__all__ = ["DIM", "PALE", "Running"]
