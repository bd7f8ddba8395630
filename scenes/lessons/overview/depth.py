"""Through the model: the text's rows of numbers go from block to block, and the last one is followed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from manim import Animation, FadeIn, FadeOut, LaggedStart, Mobject, Transform

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.study.stream import journey
from scenes.kit.depth.blocks import BlockDiagram
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.style import smallest
from scenes.kit.ground.text import LABEL, Label
from scenes.kit.moves.reveal import Introduce
from scenes.kit.moves.travel import Carry
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.strips import HeatStrips
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import TokenRow, display
from scenes.lesson.lesson import TextLesson

ONE_BY_ONE = 6  # later blocks that are passed part by part; of more, each is one move
NAME_GAP = 0.15  # between a strip and its name


@dataclass(frozen=True)
class Stream:
    """On stage: the model's blocks, the stream below them, and what was added to it last (strips, name)."""

    blocks: BlockDiagram
    strips: HeatStrips
    added: tuple[Mobject, ...] = ()


@dataclass(frozen=True)
class LastRow:
    """On stage: the last token's row through the depth, and the frame around its end."""

    journey: HeatStrips
    frame: Frame


@dataclass(frozen=True, eq=False)
class Depth:
    """Steps over one run, from the embedding to the last row that leaves the last block."""

    scene: TextLesson
    trace: Trace

    @property
    def layers(self) -> int:
        return self.trace.config.n_layers

    @property
    def words(self) -> list[str]:
        return [display(token) for token in self.trace.tokens]

    @cached_property
    def bright(self) -> Tensor:
        """From here on a cell of a strip is fully bright."""
        return 3 * abs(self.trace[f"blocks.{self.layers - 1}.resid_mid"]).mean()

    # ── rows and blocks ──────────────────────────────────────────────────────────────────────────
    def rows_go_in(self, row: TokenRow, blocks: BlockDiagram) -> Stream:
        """The words become rows; their positions are added."""
        trace, play = self.trace, self.scene.play
        adds = "pos_embed" in trace.names
        with self.scene.step(
            "Rows of numbers",
            "Each token becomes a row of {d} numbers: its word’s, plus its position’s."
            if adds
            else "Each token becomes a row of {d} numbers: its word’s row of the embedding.",
            subtitle="embed + pos_embed = blocks.0.resid_pre · {scale}" if adds else "embed · {scale}",
            keep=(row, blocks),
            d=trace.config.d_model,
            scale=self.scale_says,
        ):
            top = BlockDiagram(self.layers, width=self.scene.stage.width, height=self.blocks_height)
            top.move_to((0, self.scene.stage.top - self.blocks_height / 2, 0))
            stream = Stream(blocks, self.strips(trace["embed"]))
            play(Transform(blocks, top), *self.words_to_rows(row, stream.strips), run_time=1.2)
            play(blocks.animate.light(0), Introduce(stream.strips, "rows", lag=0.3), run_time=1.2)
            if adds:
                stream = self.add(stream, 0, trace["pos_embed"], say("+ position"), trace["blocks.0.resid_pre"])
        return stream

    def words_to_rows(self, row: TokenRow, strips: HeatStrips) -> list[Animation]:
        """The words fly from the text to the rows that stand for them."""
        moves = []
        for i in range(len(self.words)):
            way: Look = {}
            if i in strips.rows:
                corners = strips.row_corners(strips.shown_row(i))
                there = (corners[0] + corners[3]) / 2 - (0.6, 0, 0)
                way = dict(target_position=there, scale=strips.header / row.size)
            moves.append(FadeOut(row.piece(i), **way))
        self.scene.remove(row)
        return moves

    def first_block(self, stream: Stream) -> Stream:
        """Both parts of it, slowly."""
        before = "resid_pre" if "pos_embed" in self.trace.names else "embed"
        with self.scene.step(
            "The first block",
            "Attention lets the rows exchange information; the MLP works on each row alone. Both add.",
            subtitle=f"{before} + attn_out + mlp_out = resid_post · {{scale}}",
            scale=self.scale_says,
        ):
            return self.pass_block(stream, 0, pace=1.0, copies=True)

    def other_blocks(self, stream: Stream) -> Stream:
        """The others, faster the more there are."""
        rest = self.layers - 1
        with self.scene.step(
            "Block after block",
            "All {n} blocks in turn: each adds to what the ones before it have left.",
            subtitle="resid_post of blocks {first} to {last} · {scale}",
            n=self.layers,
            first=0,
            last=rest,
            scale=self.scale_says,
        ):
            for layer in range(1, self.layers):
                if rest <= ONE_BY_ONE:
                    stream = self.pass_block(stream, layer, pace=0.45 if rest > 3 else 0.6)
                    continue
                blocks, after = stream.blocks, self.strips(self.trace[f"blocks.{layer}.resid_post"])
                lit = blocks.copy().light(blocks.part(layer, 0), blocks.part(layer, 1))
                self.scene.play(Transform(blocks, lit), Transform(stream.strips, after), run_time=max(7 / rest, 0.2))
        return stream

    def pass_block(self, stream: Stream, layer: int, pace: float, copies: bool = False) -> Stream:
        """The stream goes through one block: attention, then MLP, each adds what it has computed."""
        blocks = stream.blocks
        parts = (("attn_out", "resid_mid", "+ attention"), ("mlp_out", "resid_post", "+ MLP"))
        for which, (added, then, name) in enumerate(parts):
            part = blocks.part(layer, which)
            way: Look = dict(target_position=blocks.center_of(part), scale=0.1)
            going = [FadeOut(bare(stream.strips), **way)] if copies else []
            self.scene.play(*going, blocks.animate.light(part), run_time=(1.1 if copies else 0.3) * pace)
            change, after = (self.trace[f"blocks.{layer}.{each}"] for each in (added, then))
            stream = self.add(stream, part, change, say(name), after, pace)
        return stream

    def add(self, stream: Stream, part: int, change: Tensor, name: Said, after: Tensor, pace: float = 1.0) -> Stream:
        """What a part of the model adds: it comes out of the part, and a copy of it is added to the stream."""
        strips = self.strips(change, "delta", 1)
        label, names = self.name_of(strips, name), [FadeOut(m) for m in stream.added[:1]]
        if stream.added:
            names, label = [*names, Transform(stream.added[1], label)], stream.added[1]
        else:
            names = [FadeIn(label)]
        arriving = FadeIn(strips, target_position=stream.blocks.center_of(part), scale=0.1)
        self.scene.play(*names, arriving, run_time=0.8 * pace)
        leaving = FadeOut(bare(strips), target_position=stream.strips.get_center())
        self.scene.play(leaving, Transform(stream.strips, self.strips(after)), run_time=0.9 * pace)
        return replace(stream, added=(strips, label))

    # ── one row ──────────────────────────────────────────────────────────────────────────────────
    def last_row(self, stream: Stream) -> LastRow:
        """The last row leaves the others, and what it was before every block comes beside it."""
        last, blocks, play = len(self.words) - 1, stream.blocks, self.scene.play
        with self.scene.step(
            "The last row",
            "What comes next is read off the last row, that of “{word}”, as it leaves the last block.",
            subtitle="position {i} “{word}” · resid_pre, resid_post {first} to {last}, ln_final",
            keep=(blocks, stream.strips),
            word=self.words[last],
            i=last,
            first=0,
            last=self.layers - 1,
        ):
            journey = self.journey(self.trace, self.inside)
            empty = journey.copy().reveal(0)
            parts = [0, *[blocks.part(layer, 1) for layer in range(self.layers)], -1]
            rows = [k for k, row in enumerate(journey.rows) if row is not None]
            pieces = [journey.strip(k) for k in rows]
            # the stream's own row, as the last block left it
            left = rows.index(journey.shown_row(self.layers) if self.layers in journey.rows else rows[-1])
            here = stream.strips.shown_row(last)
            frame, row = Frame(stream.strips.row_corners(here)), stream.strips.strip(here)
            play(FadeIn(frame), run_time=0.5)
            leaving = [FadeOut(m, run_time=0.4) for m in (stream.strips, frame)]
            row_of = {k: place for k, place in enumerate(journey.rows) if place is not None}
            play(*leaving, *[FadeIn(empty), Carry(row, pieces[left]), blocks.animate.light(*parts)])
            arriving = [
                FadeIn(piece, target_position=blocks.center_of(parts[row_of[k]]), scale=0.1)
                for piece, k in zip(pieces, rows, strict=True)
            ]
            play(LaggedStart(*arriving[:left], *arriving[left + 1 :], lag_ratio=0.4, run_time=2.8))
            self.scene.remove(empty, *pieces)
            self.scene.add(journey)
            frame = Frame(journey.row_corners(len(journey.rows) - 1))
            play(FadeIn(frame), run_time=0.5)
        return LastRow(journey, frame)

    # ── what is drawn ────────────────────────────────────────────────────────────────────────────
    @property
    def blocks_height(self) -> float:
        return self.scene.by(wide=1.5, square=1.7, tall=1.7)

    @property
    def inside(self) -> Box:
        """The room below the model's blocks, while we follow the text through them."""
        stage = self.scene.stage
        return Box(stage.left, stage.bottom, stage.right, stage.top - self.blocks_height - 0.3)

    @property
    def label_room(self) -> float:
        return self.scene.by(wide=2.3, square=1.6, tall=1.6)

    @property
    def scale_says(self) -> Said:
        return say("brightness ∝ √|x|, full from {m:.1f}", m=self.bright)

    def strips(self, tensor: Tensor, kind: str = "data", part: int = 0) -> HeatStrips:
        """All positions of a [position, d_model] tensor: the stream above (part 0), what is added below (part 1)."""
        box, last = self.inside.rows(1, 1, gap=0.35)[part], len(self.words) - 1
        names: Look = dict(row_labels=None if part else self.words, target_row=None if part else last)
        names |= dict(keep_row=last, label_room=self.label_room)
        return self.strips_in(box, tensor, kind, pitch=self.scene.by(wide=0.62, square=0.62, tall=0.9), **names)

    def journey(self, trace: Trace, box: Box) -> HeatStrips:
        """The last token's row: as it went in, after every block, and normalised at the end."""
        rows = journey(trace)
        names = [Said("embedding"), *[say("block {l}", l=layer) for layer in range(self.layers)], Said("norm")]
        labels: Look = dict(row_labels=names[: len(rows)], target_row=len(rows) - 1)
        return self.strips_in(box, rows, pitch=self.scene.by(wide=0.85, square=0.85, tall=1.3), **labels)

    def strips_in(self, box: Box, tensor: Tensor, kind: str = "data", **how: Any) -> HeatStrips:
        """Rows of a tensor as strips of one brightness, as many as can have labels."""
        labelled = max(3, int(box.height / (1.15 * smallest() / 0.9)))
        room: Look = dict(width=box.width, height=box.height, rows=labelled, scale=float(self.bright))
        return HeatStrips(tensor, kind, **room, **how).move_to(box.center)

    def name_of(self, strips: HeatStrips, name: Said) -> Label:
        """The name of what is added, at the left of its strips."""
        label, room = Label(name, LABEL, "delta", of=strips.tensor), self.label_room - NAME_GAP
        if label.width > room:
            label.scale(room / label.width)
        left = strips.row_corners(0)[0][0]
        return label.move_to((left - NAME_GAP - label.width / 2, strips.get_center()[1], 0))


def bare(strips: HeatStrips) -> HeatStrips:
    """A copy without names: what leaves is what the strips hold."""
    copy = strips.copy()
    copy.row_labels = None
    return copy
