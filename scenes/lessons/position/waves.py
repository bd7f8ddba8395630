"""The sinusoids: a wave for each entry, a clock for each pair, and the table that they make."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from manim import UP, FadeIn, FadeOut, Mobject, Transform, VGroup, smooth
from manim.utils.rate_functions import squish_rate_func

from model.numbers.tensor import Tensor
from model.numbers.tensor import stack as stack_tensors
from model.study.positions import BASE, frequencies, wave, wavelengths
from scenes.kit.charts.curve import ReadOff, Waves
from scenes.kit.ground.layout import Box, stack
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Formula, Label, Number
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import UNBOUNDED, Look
from scenes.kit.space.dial import Dial, Turn
from scenes.lesson.lesson import TextLesson
from scenes.lesson.steps import come, leave
from scenes.lessons.position.heatmap import HeatMap

COLUMN = 1.3  # room at the waves' right for a row of the table, upright
DIGITS = 0.34  # em of its numbers
SAMPLES = 600  # points of a wave
TALLEST = 1.2  # a cell of it
DIM = 0.35  # of numbers that wait
LATE, LATER = squish_rate_func(smooth, 0.4, 0.65), squish_rate_func(smooth, 0.6, 1)
NOON = math.pi / 2  # where a hand points at position 0
LABELS_OVER = 0.55  # room over the clocks for the position that they show


@dataclass(frozen=True)
class MarkedTable:
    """On stage: the table of positions, and the frame around the row that is read off."""

    heat: HeatMap
    frame: Frame


@dataclass(frozen=True, eq=False)
class Waving:
    """Steps over the sinusoids P [position, d_model] of a model, and the row of one position, `word`'s."""

    scene: TextLesson
    P: Tensor
    position: int
    word: str
    model: str

    def fields(self, **more: object) -> Look:
        return dict(m=self.model, p=self.position, w=self.word, d=self.P.shape[1], **more)

    # ── waves ────────────────────────────────────────────────────────────────────────────────────
    def waves(self) -> VGroup:
        """A cursor goes over the waves and stops at the position; its row is read off, and stays with its name."""
        d, last, play = self.P.shape[1], len(self.P) - 1, self.scene.play
        entries = list(range(0, d, 2 * max(1, d // 32)))[: self.scene.by(wide=7, square=10, tall=10)]
        with self.scene.step(
            "Waves",
            "Each entry of a position’s row is a wave over all positions, slower from pair to pair.",
            subtitle="model {m} · P [position, entry], entries {a} to {b} of {d} · right: row {p}, “{w}”",
            keep=(),
            **self.fields(a=0, b=entries[-1]),
        ):
            waves = self.drawn_waves(entries, self.scene.stage)
            first, end, column = [self.column(waves, entries, row) for row in (0, last, self.position)]
            says = say("P_{p}", p=self.position)
            name = Formula(f"P_{self.position}", 0.5, "position", says=says).next_to(column, UP, buff=0.12)
            law = self.law(waves, name.get_y())
            play(Grow(waves, "emphasis", lag=0.3), run_time=1.5)
            play(FadeIn(first), FadeIn(law), run_time=0.5)
            self.scene.remove(first)
            play(ReadOff(waves, end, 0, last), run_time=3)
            self.scene.remove(end)
            play(ReadOff(waves, column, last, self.position), run_time=2)
            play(FadeIn(name), run_time=0.4)
        return VGroup(column, name)

    def drawn_waves(self, entries: list[int], box: Box, names: list[Said] | None = None) -> Waves:
        """Columns of the table as dots on the waves that they lie on, with room at their right for a column."""
        places = np.linspace(0, len(self.P) - 1, SAMPLES)
        lines = np.array([wave(self.P.shape[1], entry, places) for entry in entries])
        room: Look = dict(width=box.width - COLUMN - 0.5, height=box.height - 0.75)
        names = names or [say("entry {e}", e=entry) for entry in entries]
        waves = Waves(self.P[:, entries], lines, names, **room)
        return waves.move_to((box.left + waves.width / 2, box.bottom + waves.height / 2, 0))

    def column(self, waves: Waves, entries: list[int], row: int) -> TensorGrid:
        """Entries of a row of the table at the waves' right, each at the height of its wave."""
        room: Look = dict(cell=(1.05, min(waves.row_height, TALLEST)), size=DIGITS, **UNBOUNDED)
        grid = TensorGrid(self.P[row][entries], "position", upright=True, scale=1.0, spec="+.2f", **room)
        middle = waves.row_center(0)[1] / 2 + waves.row_center(len(entries) - 1)[1] / 2
        return grid.move_to((waves.get_right()[0] + 0.4 + grid.width / 2, middle, 0))

    def law(self, waves: Waves, y: float) -> Formula:
        """The sine of § 3.5 above the waves."""
        says = say("P[p, {two}i] = sin(p / {base}^({two}i / d))", two=2, base=BASE)
        law = Formula("P_(p, 2i) = sin(p \\/ 10000^(2i\\/d))", 0.4, "secondary", says=says)
        middle = waves.x_of(0) + waves.length / 2 + waves.get_left()[0]
        return law.scale(min(1, 0.7 / law.height)).move_to((middle, y, 0))

    # ── clocks ───────────────────────────────────────────────────────────────────────────────────
    def clocks(self, row: VGroup) -> None:
        """One hand grows out of a sine and a cosine; then hands turn to the last position, and back.

        row: that of the position, on the stage with its name."""
        d, p, far = self.P.shape[1], self.position, len(self.P) - 1
        count = self.scene.by(wide=5, square=6, tall=6)
        pairs = sorted({round(k * (d // 2 - 1) / (count - 1)) for k in range(count)})
        with self.scene.step(
            "Clocks",
            "Sine and cosine make a clock hand: fast ones tell neighbours apart, slow ones early from late.",
            subtitle="across: sine, up: cosine of a pair of entries · grey: positions for one round",
            keep=row,
            **self.fields(),
        ):
            stage = self.scene.stage
            room = Box(stage.left, stage.bottom, stage.right, stage.top - LABELS_OVER)
            boxes = cells_of(room, len(pairs), self.scene.by(wide=5, square=3, tall=2))
            clocks = [self.clock(box, pair) for box, pair in zip(boxes, pairs, strict=True)]
            dials, speeds = [dial for _, dial, _ in clocks], [float(frequencies(d).values[i]) for i in pairs]
            for dial, speed in zip(dials, speeds, strict=True):
                dial.angles = np.array([NOON - p * speed])
            place, at_end, back = [self.place_label(at) for at in (p, far, p)]
            values = VGroup(*(value for _, _, value in clocks))
            self.first_hand(room, pairs, dials, [*(note for note, _, _ in clocks), place, values], row)
            last = [self.dial(far, i, at.natural[0]).move_to(at) for at, i in zip(dials, pairs, strict=True)]
            for end, speed in zip(last, speeds, strict=True):
                end.angles = np.array([NOON - far * speed])
            bright = values.copy()
            on = [Turn(dial, [(p - far) * by], run_time=4) for dial, by in zip(last, speeds, strict=True)]
            dim = values.animate(run_time=0.5).set_opacity(DIM)  # what the hands do not show meanwhile
            self.scene.remove(*dials)
            self.scene.play(Transform(place, at_end, run_time=4), dim, *on)
            self.scene.remove(*last)
            home = [Turn(dial, [(far - p) * by], run_time=2.5) for dial, by in zip(dials, speeds, strict=True)]
            self.scene.play(Transform(place, back, run_time=2.5), *home)
            self.scene.play(Transform(values, bright), run_time=0.6)

    def first_hand(self, room: Box, pairs: list[int], dials: list[Dial], waiting: list[Mobject], row: VGroup) -> None:
        """A hand whose two numbers are both large: across its sine, up its cosine. It takes its place as the other
        dials come, with all that waits, and the row goes."""
        k = max(range(len(pairs)), key=lambda k: np.abs(self.hand(self.position, pairs[k]).values).min())
        room = Box(room.left, room.bottom, row.get_left()[0] - 0.5, room.top)
        left, right = room.columns(1.6, 1, gap=0.6) if self.scene.wide else room.rows(1, 1, gap=0.4)
        entries, final = [2 * pairs[k], 2 * pairs[k] + 1], dials[k].copy()
        names = [say(f"{name}, entry {{e}}", e=entry) for name, entry in zip(("sine", "cosine"), entries, strict=True)]
        waves, size = self.drawn_waves(entries, left, names), min(right.width, right.height) / dials[k].natural[0]
        waves.cursor = float(self.position)
        column = self.column(waves, entries, self.position)
        dial = dials[k].scale(size).move_to(right.center)
        dial.hand_grown, dial.starts[:], dial.leg_sight, dial.leg_grown[:] = 0.0, np.nan, 1.0, 0.0
        self.scene.play(*map(FadeIn, (waves, column, dial)), run_time=0.8)
        for leg in ([1.0, 0.0], [1.0, 1.0]):
            self.scene.play(become(dial, leg_grown=np.array(leg)), run_time=0.8)
        self.scene.play(become(dial, hand_grown=1.0), run_time=0.8)
        others = [other for other in dials if other is not dial]
        last = [FadeOut(m, rate_func=LATE) for m in row]  # until its numbers stand under the dials
        told, values = [*others, *waiting[:-1]], waiting[-1]
        under = [m for m in told if m.get_right()[0] > row.get_left()[0]]  # what stands where the row does
        new = [*[FadeIn(m, rate_func=LATER) for m in under], *come(*[m for m in told if m not in under], values)]
        self.scene.play(*leave(waves, column), *last, Transform(dial, final), *new, run_time=1.8)

    def clock(self, box: Box, pair: int) -> tuple[VGroup, Dial, Label]:
        """What a clock is called, its dial, and the two numbers that its hand shows."""
        length, sine, cosine = wavelengths(self.P.shape[1])[pair], *self.hand(self.position, pair)
        size = min(0.34, box.width / 7) if self.scene.wide else 0.28
        count = "{n:,.1f} positions" if float(length) < 100 else "{n:,.0f} positions"
        name = Label(say("pair {i}", i=pair), 1.06 * size, "ink", of=sine)
        label = stack(name, Label(say(count, n=length), size, "secondary"), gap=0.04)
        value = Label(say("{s:+.2f}, {c:+.2f}", s=sine, c=cosine), 1.06 * size, "position")
        dial = self.dial(self.position, pair, min(box.width - 0.2, box.height - label.height - value.height - 0.2))
        stack(label, dial, value, gap=0.08).move_to(box.center)
        return label, dial, value

    def dial(self, position: int, pair: int, diameter: float) -> Dial:
        """The hand starts at twelve o'clock and turns clockwise: across is the sine, up is the cosine."""
        hand = self.hand(position, pair)
        turned = -(frequencies(self.P.shape[1])[pair] * position)
        return Dial([(hand, "position")], diameter=diameter, starts=[NOON], turned=[turned], marks=12)

    def hand(self, position: int, pair: int) -> Tensor:
        """Sine and cosine of a pair. [2]"""
        return stack_tensors([self.P[position, 2 * pair], self.P[position, 2 * pair + 1]], "entry")

    def place_label(self, place: int) -> Number:
        """The position that the clocks show, at the top of the stage."""
        label = Number(Tensor.given(place, "position"), ".0f", 0.44, "target", before="position ")
        return label.move_to((0, self.scene.stage.top - label.height / 2, 0))

    # ── the table ────────────────────────────────────────────────────────────────────────────────
    def table(self) -> MarkedTable:
        """All waves as columns of a picture, and the position's row."""
        stage = self.scene.stage
        with self.scene.step(
            "The table",
            "All waves side by side, one column each. Row {p} is the mark that “{w}” gets.",
            subtitle="W_pos of {m} [{n} positions, {d} entries] · blue +, red −, from −{one} to {one}",
            keep=(),
            **self.fields(n=len(self.P), one=1),
        ):
            titles = ("position", "entry")
            heat = stage.fit(HeatMap(self.P, width=stage.width, height=stage.height, titles=titles, square=False))
            comes = Introduce(heat, "columns", lag=0.003)  # all soon: one row stood there, as waves
            self.scene.play(comes, *self.scene.giving_way(), run_time=0.8)
            frame = Frame(heat.row_corners(self.position, pad=0.02))
            self.scene.play(FadeIn(frame), run_time=0.6)
        return MarkedTable(heat, frame)


def become(dial: Dial, **look: object) -> Transform:
    """The dial takes another look."""
    other = dial.copy()
    for name, value in look.items():
        setattr(other, name, value)
    return Transform(dial, other)


def cells_of(box: Box, count: int, across: int) -> list[Box]:
    """Boxes for so many things, that many side by side."""
    bands = box.rows(*[1] * math.ceil(count / across), gap=0.3)
    return [cell for band in bands for cell in band.columns(*[1] * across, gap=0.25)][:count]
