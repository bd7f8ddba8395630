"""Through the model: the text's rows of numbers go from slab to slab, and the last one is followed."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from manim import PI, UP, Animation, FadeIn, FadeOut, LaggedStart, Mobject, Transform, VGroup

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.study.inside.stream import NORMALIZED, journey
from scenes.kit.depth.arcs import Flash, RowArcs
from scenes.kit.depth.slabs import NEAR, Card, Part, Stack, row_names
from scenes.kit.ground.layout import Box, View
from scenes.kit.ground.readings import Index
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import Label, Number
from scenes.kit.ground.theme import legible_on
from scenes.kit.moves.reveal import Introduce
from scenes.kit.moves.travel import Travel
from scenes.kit.numbers.cells import elide
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.strips import HeatStrips, labelled
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import TokenRow, display
from scenes.lesson.lesson import TextLesson
from scenes.lesson.steps import COME, LEAVE

MOST = 6  # blocks that are drawn; of more, ⋯ stands for those in the middle
POWER = 1 / 3  # of |x|, in the brightness of a cell
EM = 0.13  # of names beside rows, by the height of a slab
CELLS = 8  # whose numbers are read
LEGIBLE = 2.0  # times the smallest letters: theirs from close by, where a row has many of them
ABOVE = 1.08  # heights of a slab: where what is added stands before it falls into place


@dataclass
class Inside:
    """On stage: the model's slabs, the rows that stand in them, the names of the rows, and of what is close by."""

    stack: Stack
    cards: dict[Hashable, Card] = field(default_factory=dict)
    names: VGroup = field(default_factory=VGroup)
    near: VGroup = field(default_factory=VGroup)

    @property
    def at(self) -> Hashable:
        """Where the rows have come to."""
        return list(self.cards)[-1]

    def all(self) -> tuple[Mobject, ...]:
        return self.stack, *self.cards.values()


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

    @cached_property
    def shown(self) -> list[int]:
        """The blocks that are drawn."""
        return [layer for layer in elide(self.layers, MOST) if layer is not None]

    @property
    def words(self) -> list[str]:
        return [display(token) for token in self.trace.tokens]

    @cached_property
    def bright(self) -> Tensor:
        """From here on a cell is fully bright, in the whole model."""
        return 2 * abs(self.trace[f"blocks.{self.layers - 1}.resid_post"]).mean()

    # ── rows and blocks ──────────────────────────────────────────────────────────────────────────
    def rows_go_in(self, row: TokenRow, stack: Stack) -> Inside:
        """The words become rows; their positions are added."""
        trace, play, inside = self.trace, self.scene.play, Inside(stack)
        adds = "pos_embed" in trace.names
        with self.scene.step(
            "Rows of numbers",
            "Each token becomes a row of {d} numbers: its word’s, plus its position’s."
            if adds
            else "Each token becomes a row of {d} numbers: its word’s row of the embedding.",
            subtitle="embed + pos_embed · {scale}" if adds else "embed · {scale}",
            keep=(row, stack),
            d=trace.config.d_model,
            scale=self.scale_says,
        ):
            card = stack.card("embedding", trace["embed"], **self.look)
            box = self.close_to(stack, "embedding", above=ABOVE if adds else 0.0)
            em = self.em(self.close_to(stack, "embedding", above=ABOVE), card)  # as far as it is ever read from
            names = row_names(card, self.words, em, len(self.words) - 1)
            inside.names.add(*[name for name in names if name is not None])
            self.scene.remove(row)
            play(LaggedStart(*self.words_to_rows(row, card), lag_ratio=0.4), run_time=1.8)
            focus = self.focus(inside, "embedding", box=box)
            play(Travel(to=box), *focus, FadeIn(inside.names, rate_func=COME), run_time=1.6)
            play(Introduce(card, "rows", lag=0.5), run_time=1.5)
            inside.cards["embedding"] = card
            if adds:
                self.add(inside, "embedding", trace["pos_embed"], say("+ position"))
            self.to_a_cell(inside)
        return inside

    def words_to_rows(self, row: TokenRow, card: Card) -> list[Animation]:
        """The words fly from the text to the rows that stand for them."""
        ends = [card.row_corners(i)[[0, 3]].mean(axis=0) for i in range(len(self.words))]
        return [FadeOut(row.piece(i), target_position=end, scale=0.3) for i, end in enumerate(ends)]

    def to_a_cell(self, inside: Inside) -> None:
        """From the rows to a few numbers of the last one, and back."""
        card, row = inside.cards["embedding"], len(self.words) - 1
        whole, alone = card.copy(), card.copy()
        alone.cell_opacity[:] = 0.06
        alone.cell_opacity[row, :CELLS] = 1.0
        numbers = self.numbers_in(card, row)
        box = self.readable(Box.around(Frame(card.corners(row, 0, row, CELLS - 1))), numbers[0].size)
        back = Travel(to=self.close_to(inside.stack, "embedding"))
        names = [name.animate(rate_func=LEAVE).set_opacity(0.0) for name in inside.names]
        self.scene.play(Travel(to=box), Transform(card, alone), *names, FadeIn(numbers, rate_func=COME), run_time=2)
        self.scene.wait(1.2)
        names = [name.animate(rate_func=COME).set_opacity(1.0) for name in inside.names]
        self.scene.play(back, Transform(card, whole), *names, FadeOut(numbers, rate_func=LEAVE), run_time=1.6)

    def numbers_in(self, card: Card, row: int) -> VGroup:
        """The first numbers of a row, along the cells that show them."""
        corners = card.corners(row, 0, row, 0)
        wide, high = float(np.ptp(corners[:, 0])), float(np.linalg.norm(corners[3] - corners[0]))
        inks, numbers = legible_on(card.fills()[row], color("ink")), VGroup()
        for k in range(CELLS):
            size = min(0.7 * wide, 0.32 * high)  # with sign and point it is not quite three em long
            shown = Number(card.tensor[row, k], "+.2f", size, inks[k]).rotate(PI / 2)
            numbers.add(shown.move_to(card.cell_center(row, k)).set_z_index(NEAR))
        return numbers

    def add(self, inside: Inside, key: Hashable, change: Tensor, called: Said, *more: Animation) -> None:
        """Rows that are added stand above a slab, and fall into those that have come to it."""
        stack, card = inside.stack, inside.cards[key]
        titled = [slab for slab in stack.slabs.values() if slab.named > 0]  # their titles would be in the way
        rows = stack.card(key, change, raised=ABOVE, **self.look).set_z_index(NEAR)
        name = Label(called, inside.names[0].size, "delta", of=change).set_z_index(NEAR)
        corners = rows.corners()
        name.move_to((inside.names.get_right()[0] - name.width / 2, (corners[0] + corners[3])[1] / 2, 0))
        self.scene.play(
            FadeIn(rows, shift=-0.3 * UP), FadeIn(name), *[slab.animate.set(named=0.0) for slab in titled], run_time=0.9
        )
        falling = [FadeOut(rows, target_position=card.get_center()), FadeOut(name)]
        show = [slab.animate.set(named=1.0) for slab in titled]
        self.scene.play(*falling, *show, self.become(inside, key), *more, run_time=1.2)

    def first_block(self, inside: Inside) -> None:
        """Both parts of it, slowly and from close by."""
        attention, mlp = (self.shown[0], 0), (self.shown[0], 1)
        before = "resid_pre" if "pos_embed" in self.trace.names else "embed"
        with self.scene.step(
            "The first block",
            "Attention lets the rows exchange information; the MLP works on each row alone. Both add.",
            subtitle=f"{before} + attn_out + mlp_out = resid_post · full from {{m:.1f}}",
            m=self.bright,
        ):
            play, box = self.scene.play, self.close_to(inside.stack, attention, mlp)
            further = self.close_to(inside.stack, attention, mlp, above=ABOVE)
            names = self.name_parts(inside, attention, mlp, box)
            focus = [*self.focus(inside, attention, mlp, box=box), FadeIn(names)]
            play(Travel(to=box), *focus, *self.carry(inside, attention, named=True), run_time=1.8)
            arcs = self.arcs(inside, attention)
            play(Flash(arcs), run_time=2.8)
            play(Travel(to=further), run_time=0.9)
            added = [(attention, "attn_out", "+ attention"), (mlp, "mlp_out", "+ MLP")]
            changes = [(key, self.trace[f"blocks.{key[0]}.{name}"], say(called)) for key, name, called in added]
            self.add(inside, *changes[0])
            play(FadeOut(arcs), *self.carry(inside, mlp), run_time=0.9)
            self.add(inside, *changes[1])

    def other_blocks(self, inside: Inside) -> None:
        """The others, seen from where the whole model is seen."""
        with self.scene.step(
            "Block after block",
            "All {n} blocks in turn: each adds to what the ones before it have left.",
            subtitle="resid_post of blocks {first} to {last} · {scale}",
            n=self.layers,
            first=0,
            last=self.layers - 1,
            scale=self.scale_says,
        ):
            self.step_back(inside)
            for layer in self.shown[1:]:
                self.pass_block(inside, layer)

    def step_back(self, inside: Inside) -> None:
        """From close by to where the whole model is seen."""
        whole = inside.stack.whole()
        leaving = [FadeOut(inside.names), FadeOut(inside.near)]
        back = self.focus(inside, *inside.stack.slabs, box=whole)
        self.scene.play(Travel(to=whole), *leaving, *back, run_time=1.6)
        inside.names, inside.near = VGroup(), VGroup()

    def pass_block(self, inside: Inside, layer: int) -> None:
        """The rows go through one block: the patterns of its heads flash, what comes out stays behind in its slabs."""
        play, attention, mlp = self.scene.play, (layer, 0), (layer, 1)
        came = self.trace[f"blocks.{layer}.resid_pre"]
        play(*self.carry(inside, attention, came), run_time=0.5)
        arcs = self.arcs(inside, attention)
        play(Flash(arcs), run_time=0.9)
        play(FadeOut(arcs), self.become(inside, attention), run_time=0.4)
        play(*self.carry(inside, mlp), run_time=0.4)
        play(self.become(inside, mlp), run_time=0.4)

    # ── one row ──────────────────────────────────────────────────────────────────────────────────
    def last_row(self, inside: Inside) -> LastRow:
        """The last row of every slab leaves it: they come to lie below each other."""
        last, play = len(self.words) - 1, self.scene.play
        with self.scene.step(
            "The last row",
            "What comes next is read off the last row, that of “{word}”, as it leaves the last block.",
            subtitle="position {i} “{word}” · resid_pre, resid_post {first} to {last}, ln_final · full from {m:.1f}",
            word=self.words[last],
            i=last,
            first=0,
            last=self.layers - 1,
            m=self.bright,
        ):
            if len(inside.names):
                self.step_back(inside)
            if "norm" in inside.stack.slabs:
                play(*self.carry(inside, "norm"), run_time=0.6)
                play(self.become(inside, "norm"), run_time=0.4)
            frame = Frame(inside.cards[inside.at].row_corners(last)).set_z_index(NEAR)
            play(FadeIn(frame), run_time=0.5)
            journey, back = self.journey(self.trace, self.scene.stage), self.focus(inside)  # all step back
            names = journey.copy().reveal(0)
            flights, landed = self.rows_fly(inside, journey)
            play(Travel(), FadeOut(frame), run_time=1)
            play(*back, LaggedStart(*flights, lag_ratio=0.3), FadeIn(names, rate_func=COME), run_time=3)
            self.scene.remove(names, *landed)
            self.scene.add(journey)
            frame = Frame(journey.row_corners(len(journey.rows) - 1))
            play(FadeIn(frame), *[FadeOut(m) for m in inside.all()], run_time=0.6)
        return LastRow(journey, frame)

    def rows_fly(self, inside: Inside, journey: HeatStrips) -> tuple[list[Animation], list[Mobject]]:
        """The last row of each slab goes to its place among the strips; those of blocks that are left out come."""
        keys = ["embedding", *[(layer, 1) for layer in range(self.layers)], "norm"]
        flights: list[Animation] = []
        landed: list[Mobject] = []
        for k, depth in enumerate(journey.rows):
            if depth is None:
                continue
            end = Card(journey.tensor[depth], journey.row_corners(k), **self.look).set_z_index(NEAR)
            landed.append(end)
            if keys[depth] in inside.cards:
                start = inside.cards[keys[depth]].strip(len(self.words) - 1).set_z_index(NEAR)
                flights.append(Transform(start, end, replace_mobject_with_target_in_scene=True))
            else:
                flights.append(FadeIn(end))
        return flights, landed

    # ── moves ────────────────────────────────────────────────────────────────────────────────────
    def carry(self, inside: Inside, to: Hashable, values: Tensor | None = None, named: bool = False) -> list[Animation]:
        """A copy of the rows goes on to the next slab (`named`: their names with it)."""
        start = inside.cards[inside.at].copy()
        end = inside.stack.card(to, start.tensor if values is None else values, **self.look)
        if values is not None and not np.allclose(start.tensor.values, values.values):  # blocks between are left out
            inside.cards[to] = end
            return [FadeOut(start, target_position=end.get_center()), FadeIn(end)]
        way = end.get_center() - start.get_center()
        inside.cards[to] = start.set_z_index(end.z_index)
        return [Transform(start, end), *[name.animate.shift(way) for name in inside.names if named]]

    def become(self, inside: Inside, key: Hashable) -> Animation:
        """The rows in a slab become what leaves it."""
        return Transform(inside.cards[key], inside.stack.card(key, self.after(key), **self.look))

    def after(self, key: Hashable) -> Tensor:
        """The rows as they leave a slab. [position, d_model]"""
        if key == "embedding":
            return self.trace["blocks.0.resid_pre"]
        if isinstance(key, tuple):
            layer, part = key
            return self.trace[f"blocks.{layer}.{('resid_mid', 'resid_post')[part]}"]
        return self.trace[NORMALIZED]

    def leaves(self, key: Hashable) -> bool:
        """Whether rows of d_model numbers leave a slab."""
        return key not in ("unembedding", "softmax")

    def arcs(self, inside: Inside, key: tuple[int, int]) -> RowArcs:
        """What the rows in a slab give to each other in each head."""
        return RowArcs(inside.cards[key], self.trace[f"blocks.{key[0]}.attn.pattern"]).set_z_index(NEAR)

    def focus(self, inside: Inside, *keys: Hashable, box: Box | None = None) -> list[Animation]:
        """These slabs are seen as they are; all others step back. box: what the camera goes close to."""
        moves, size = [], inside.stack.em / (1.0 if box is None else self.zoom(box))
        for key, slab in inside.stack.slabs.items():
            seen = 1.0 if key in keys else 0.1
            moves.append(slab.animate.see(seen, size))
            if key in inside.cards:
                moves.append(inside.cards[key].animate.set_opacity(seen))
        return moves

    def name_parts(self, inside: Inside, attention: Hashable, mlp: Hashable, box: Box) -> VGroup:
        """The names of a block's two slabs, at their feet, out of the way of the arcs beside the first."""
        size = inside.names[0].size
        faces = [inside.stack.slabs[key].face() for key in (attention, mlp)]
        feet, reach = [face[2] for face in faces], RowArcs.REACH * abs(faces[0][1][1] - faces[0][2][1])
        names = [Label(word, size, "secondary").set_z_index(NEAR) for word in ("attention", "MLP")]
        names[0].move_to(feet[0] + ((-names[0].width / 2), -0.8 * size, 0))
        names[1].move_to(feet[1] + ((0.8 * size + names[1].width / 2), -0.8 * size, 0))
        if names[1].get_left()[0] < feet[0][0] + reach:
            names[1].set_y(min(names[0].get_y(), names[1].get_y()))
        inside.near = VGroup(*names)
        return inside.near

    # ── what is drawn ────────────────────────────────────────────────────────────────────────────
    @property
    def look(self) -> Look:
        """All rows are drawn on one scale."""
        return dict(scale=float(self.bright), power=POWER)

    @property
    def scale_says(self) -> Said:
        return say("blue +, red −, brightness ∝ cube root of |x|, full from {m:.1f}", m=self.bright)

    def stack(self, box: Box) -> Stack:
        """The model: what its parts are called, one behind the other."""
        wide = self.scene.by(wide=1.25, square=1.0, tall=1.0)  # from block to block
        parts: dict[Hashable, Part] = {"embedding": Part("embedding")}
        for before, layer in zip([-1, *self.shown], self.shown, strict=False):
            skipped = layer - before > 1
            title = say("block {l}", l=layer)
            parts[layer, 0] = Part(title, wide * (2.0 if skipped else 1.0), Index("layer", layer), skipped)
            parts[layer, 1] = Part("", 0.55 * wide)
        if NORMALIZED in self.trace:
            parts["norm"] = Part("norm", wide)
        parts |= {"unembedding": Part("unembedding", 0.9 * wide), "softmax": Part("softmax", 0.9 * wide)}
        turn, tilt = self.scene.by(wide=(60, 14), square=(45, 33), tall=(28, 50))
        return Stack(box, parts, turn=turn, tilt=tilt)

    def close_to(self, stack: Stack, *keys: Hashable, above: float = 0.0) -> Box:
        """Slabs with room for names at their left, for arcs and names at their right, and above them."""
        box = Box.around(*[stack.slabs[key] for key in keys])
        high = float(np.linalg.norm(stack.slabs[keys[0]].face()[0] - stack.slabs[keys[0]].face()[3]))
        left = 0.4 * EM * high + max(Label(word, EM * high).width for word in (*self.words, "+ position"))
        foot = 0.0 if len(keys) == 1 else 1.6 * EM * high
        near = Box(box.left - left, box.bottom - foot, box.right + 0.3 * high, box.top + max(above, 0.1) * high)
        titles = stack.whole(*keys, zoom=0.7 * self.zoom(near))
        return Box(min(near.left, titles.left), near.bottom, near.right, max(near.top, titles.top))

    def em(self, box: Box, card: Card) -> float:
        """Of names beside rows, that are read from close by."""
        corners = card.corners()
        high = float(np.linalg.norm(corners[0] - corners[3]))
        return float(np.clip(0.6 * high / len(self.words), 1.1 * smallest() / self.zoom(box), EM * high))

    def readable(self, box: Box, size: float) -> Box:
        """A box, or a smaller one in its middle where letters of that size could not be read from the whole."""
        if self.zoom(box) * size >= smallest():
            return box
        zoom = LEGIBLE * smallest() / size
        (x, y, *_), stage = box.center, self.scene.stage
        wide, high = stage.width / zoom, stage.height / zoom
        return Box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)

    def zoom(self, box: Box) -> float:
        """How large the camera sees a box that it goes to."""
        return View.onto(box, self.scene.stage).zoom

    def journey(self, trace: Trace, box: Box) -> HeatStrips:
        """The last token's row: as it went in, after every block, and normalised at the end."""
        rows = journey(trace)
        names = [Said("embedding"), *[say("block {l}", l=layer) for layer in range(self.layers)], Said("norm")]
        labels: Look = dict(row_labels=names[: len(rows)], target_row=len(rows) - 1)
        return self.strips_in(box, rows, "score", pitch=self.scene.by(wide=0.85, square=0.85, tall=1.3), **labels)

    def strips_in(self, box: Box, tensor: Tensor, kind: str, **how: Any) -> HeatStrips:
        """Rows of a tensor as strips of one brightness, as many as can have labels."""
        room: Look = dict(width=box.width, height=box.height, rows=labelled(box.height), **self.look)
        return HeatStrips(tensor, kind, **room, **how).move_to(box.center)
