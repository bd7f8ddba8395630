"""Position: how a transformer is told which word comes first."""

from __future__ import annotations

import math

import numpy as np
from manim import UP, FadeIn, FadeOut, Transform, VGroup

from model.errors import UsageError
from model.numbers.tensor import Tensor
from model.numbers.tensor import stack as stack_tensors
from model.runs.ablation import moved
from model.study.positions import BASE, frequencies, heldout_losses, shuffle, wave, wavelengths
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.change import BarChange
from scenes.kit.charts.curve import Curve, GrowCurve, ReadOff, Waves
from scenes.kit.ground.layout import Box, row, stack
from scenes.kit.ground.say import say
from scenes.kit.ground.text import LABEL, Formula, Label, Number, smallest
from scenes.kit.moves.products import ResidualAdd
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.rows import Rows
from scenes.kit.space.dial import Dial, Turn
from scenes.kit.words.links import Links
from scenes.kit.words.tokens import TokenNumbers, TokenRow, display
from scenes.lessons.position.heatmap import HeatMap
from scenes.lessons.position.rotary import Turning
from scenes.lessons.position.spread import SpreadBars

KINDS = ("none", "sinusoidal", "learned", "rotary")
ATTENTION = "model {m} · layer {l} · attention of “{last}” in head {h}, and its attn_out"
NAMES = {kind: f"tiny-{kind}" for kind in KINDS}  # checkpoints of one size, trained on the same data for as many steps


class Position(Turning):
    """Positional encoding (Vaswani et al. 2017, § 3.5; Su et al. 2021).

    Afterwards you can say what attention cannot see without positions, and what it can; read a position off its
    waves; compute an input entry as embedding plus position; and explain why a rotary product knows only distances.
    `--model` takes the place of the variant of its own kind; token: the position that is read off.
    """

    tokens = (3, 24)
    controls = ("layer", "head", "token", "seed")
    text = "The old dog chased the young cat and the cat"
    model = "tiny-sinusoidal"

    def construct(self):
        self.order()
        self.without()
        self.with_positions()
        self.prediction()
        self.waves()
        self.clocks()
        self.table()
        self.add_entries()
        self.add_rows()
        self.same_word()
        self.likeness()
        self.learned()
        self.rotary()
        self.distance()
        self.by_distance()
        self.compare()

    # ── what is drawn ────────────────────────────────────────────────────────────────────────────
    def prepare(self) -> None:
        """The four variants' traces, the shuffled runs, the position that is read off, and the rotary head."""
        super().prepare()
        text, kind = self.trace.info["text"], self.trace.config.positions
        if "embed" not in self.trace:
            raise UsageError(f"Position shows models of one stack; {self.model_name} is an encoder–decoder.")
        self.checkpoints = {**NAMES, kind: self.model_asked}
        self.of = {k: self.trace if k == kind else self.run(NAMES[k], text) for k in KINDS}
        self.shown = self.of["sinusoidal"] if kind == "none" else self.trace
        self.adds = self.shown if kind in ("sinusoidal", "learned") else self.of["sinusoidal"]
        if min(len(trace) for trace in self.of.values()) < 3:
            raise UsageError("Position shuffles the words before the last one: give at least three words.")
        self.words = [display(token) for token in self.adds.tokens]
        self.pair = repeated(self.adds.ids)
        self.position = self.within("token", self.pair[1] if self.pair else len(self.words) - 1, len(self.words))
        self.P = self.of["sinusoidal"]["W_pos"]
        self.choose_head()

    def choose_head(self) -> None:
        """The rotary head that looks most at the word before, on average, and the query that does so most."""
        trace = self.of["rotary"]
        layers, heads, n = trace.config.n_layers, trace.config.n_heads, len(trace)
        weights = np.array([trace.array(f"blocks.{l}.attn.pattern") for l in range(layers)])
        before = weights[
            :, :, np.arange(2, n), np.arange(1, n - 1)
        ]  # [layer, head, query from 2 on]: its weight on the word before
        for axis, asked in enumerate((self.within("layer", -1, layers), self.within("head", -1, heads))):
            if asked >= 0:
                before = np.where(
                    np.expand_dims(np.arange(before.shape[axis]) == asked, [k for k in range(3) if k != axis]),
                    before,
                    -1.0,
                )
        self.layer, self.head = map(int, np.unravel_index(before.mean(axis=2).argmax(), before.shape[:2]))
        self.query = max(self.within("token", 2 + int(before[self.layer, self.head].argmax()), n), 1)
        pattern = trace[f"blocks.{self.layer}.attn.pattern"][self.head]
        self.looks_back = stack_tensors([pattern[i, i - 1] for i in range(2, n)], "query").mean(0)

    def shuffled(self, trace):
        """(order, the same model's run on the shuffled text)."""
        order = shuffle(len(trace), self.options.seed)
        return order, self.run(self.checkpoints[trace.config.positions], trace.info["text"], order=order)

    # ── the words, shuffled ──────────────────────────────────────────────────────────────────────
    def order(self):
        trace = self.of["none"]
        order, _ = self.shuffled(trace)
        with self.step(
            "Position",
            "Shuffle the words before “{last}”: same words, other meaning. Does attention notice?",
            keep=(),
            last=display(trace.tokens[-1]),
            subtitle="model {m} · order drawn with seed {s} · “{last}” stays last",
            m=trace.info["checkpoint"],
            s=self.options.seed,
        ):
            first, second, links = self.two_orders(trace, order, self.stage)
            self.play(FadeIn(first, shift=0.2 * UP), run_time=1)
            self.play(Grow(links, "grown", lag=0.3), run_time=1.5)
            self.play(FadeIn(second), run_time=0.8)
        self.rows = (first, second, links)

    def two_orders(self, trace, order, box: Box, largest: float = 0.62):
        """The tokens as written, the shuffled ones, and the links between them, in a box."""
        tokens, n = trace.tokens, len(trace)
        unknown = trace.unknown
        moved = [k for k, i in enumerate(order) if i in unknown]
        if self.wide:
            rows = [
                TokenRow(t, width=box.width, size=min(largest, 0.23 * box.height), target=n - 1, unknown=u)
                for t, u in ((tokens, unknown), ([tokens[i] for i in order], moved))
            ]
            stack(*rows, gap=min(2.2, box.height - 2 * rows[0].height)).move_to(box.center)
        else:
            rows = [
                TokenRow(
                    t,
                    width=0.4 * box.width,
                    height=box.height,
                    size=largest,
                    gap=0.04,
                    target=n - 1,
                    unknown=u,
                    down=True,
                )
                for t, u in ((tokens, unknown), ([tokens[i] for i in order], moved))
            ]
            row(*rows, gap=min(0.4 * box.width, box.width - sum(r.width for r in rows))).move_to(box.center)
        return (*rows, Links(*rows, order))

    # ── what attention sees of it ────────────────────────────────────────────────────────────────
    def without(self):
        trace = self.of["none"]
        order, other = self.shuffled(trace)
        before, after = (t["blocks.0.attn_out"][-1] for t in (trace, other))
        most = abs(before - after).max()
        with self.step(
            "Without positions",
            "In one layer, “{last}” gathers the same from both: its {d} numbers "
            + ("agree to {few} decimals." if float(most) < 5e-7 else "differ by at most {most:.6f}."),
            last=display(trace.tokens[-1]),
            d=len(before),
            few=6,
            most=most,
            subtitle=ATTENTION,
            l=0,
            m=trace.info["checkpoint"],
            h=self.widest_head(trace),
            keep=self.rows,
        ):
            self.experiment(trace, other, order, before, after)

    def widest_head(self, trace) -> int:
        """The head of layer 0 whose last query gives the most weight to one other word."""
        return int(trace.array("blocks.0.attn.pattern")[:, -1, :-1].max(axis=1).argmax())

    def experiment(self, trace, other, order, before, after):
        """Both orders with the last word's weights, and what it gathers in each."""
        boxes = (
            self.stage.columns(1.45, 1, gap=0.3)
            if self.square
            else self.stage.rows(1.8 if self.wide else max(1.2, len(trace) / 10), 1, gap=0.3)
        )
        margin = (0, 0.5) if self.wide else (0.95, 0)  # for the weights on both sides
        place = self.two_orders(
            trace,
            order,
            Box(
                boxes[0].left + margin[0],
                boxes[0].bottom + margin[1],
                boxes[0].right - margin[0],
                boxes[0].top - margin[1],
            ),
            0.46,
        )
        head = self.widest_head(trace)
        numbers = [
            self.weights_beside(r, t["blocks.0.attn.pattern"][head, -1], k)
            for k, (r, t) in enumerate(zip(place, (trace, other), strict=False))
        ]
        if self.rows[0] not in self.mobjects:
            self.play(*[FadeIn(m) for m in place], run_time=1)
            self.rows = place
        elif np.abs(self.rows[0].points - place[0].points).max() > 1e-3:
            self.play(*[Transform(a, b) for a, b in zip(self.rows, place, strict=True)], run_time=1)
        self.play(*[Grow(n, "shown_opacity", lag=0.2) for n in numbers], run_time=1.2)
        parts = ((before, "data", "as written"), (after, "data", "shuffled"), (before - after, "delta", "difference"))
        rows = Rows(boxes[1], parts, upright=10 if self.square else 0)
        self.play(
            *[FadeIn(m) for m in rows.labels[:2]],
            *[Introduce(g, "cells", lag=0.2) for g in rows.grids[:2]],
            run_time=1.5,
        )
        self.play(FadeIn(rows.labels[2]), Introduce(rows.grids[2], "cells", lag=0.2), run_time=1.2)

    @property
    def square(self) -> bool:
        return not self.wide and not self.portrait

    def weights_beside(self, tokens: TokenRow, weights, which: int) -> TokenNumbers:
        """The weights outside of the two rows: above or left of the first, below or right of the second."""
        numbers = TokenNumbers(tokens, weights)
        if which == 0:
            numbers.shift(
                (-tokens.width - numbers.width - 0.3, 0, 0)
                if tokens.down
                else (0, tokens.height + 1.5 * numbers.size, 0)
            )
        return numbers

    def with_positions(self):
        trace = self.shown
        order, other = self.shuffled(trace)
        before, after = (t["blocks.0.attn_out"][-1] for t in (trace, other))
        changed = float(abs(before - after).max()) > 5e-4
        with self.step(
            "With positions",
            "Told where each word stands, it gathers something else: up to {most:.2f} of difference."
            if changed
            else "All words before “{last}” are the same here, so no order can differ.",
            last=display(trace.tokens[-1]),
            most=abs(before - after).max(),
            subtitle=ATTENTION,
            l=0,
            m=trace.info["checkpoint"],
            h=self.widest_head(trace),
            keep=self.rows if trace.tokens == self.of["none"].tokens else (),
        ):
            self.experiment(trace, other, order, before, after)

    def prediction(self):
        traces = (self.of["none"], self.shown)
        others = [self.shuffled(t)[1] for t in traces]
        shares = [moved(t, o) for t, o in zip(traces, others, strict=True)]
        with self.step(
            "The whole model",
            "Shuffling moves {a:.0%} of the prediction without positions (the mask leaks some order), {b:.0%} with."
            if float(shares[0]) < 0.5 * float(shares[1])
            else "Over all layers the mask tells order, too: shuffling moves {a:.0%} of the prediction without positions, {b:.0%} with.",
            a=shares[0],
            b=shares[1],
            subtitle="next word after “{last}” · bar: shuffled, line: as written · right: points gained",
            last=display(traces[0].tokens[-1]),
            keep=(),
        ):
            boxes = self.stage.columns(1, 1, gap=0.8) if self.wide else self.stage.rows(1, 1, gap=0.5)
            pairs = [(t["probs"][-1], o["probs"][-1]) for t, o in zip(traces, others, strict=True)]
            few = 4 if self.square else 5
            orders = [
                sorted(
                    map(int, np.argsort(-np.maximum(p.values, q.values), kind="stable")[:few]),
                    key=lambda i, p=p: -p.values[i],
                )
                for p, q in pairs
            ]
            longest = max(
                max(float(t.values.max()), 1 - float(t.values[order].sum()))
                for both, order in zip(pairs, orders, strict=True)
                for t in both
            )
            for box, trace, (p, q), order, what in zip(
                boxes, traces, pairs, orders, ("without positions", "with positions"), strict=True
            ):
                column = BarChange.width_of("+.1f", LABEL)
                title = Label(
                    say("{what} · {m}", what=what, m=trace.info["checkpoint"]), min(0.4, box.width / 15), "ink"
                )
                bars = ProbabilityBars(
                    q, trace.vocabulary, order=order, width=box.width - column, height=box.height - 0.8, longest=longest
                )
                title.move_to((box.center[0], box.top - title.height / 2, 0))
                bars.move_to((box.left + bars.width / 2, (box.bottom + box.top - 0.7) / 2, 0))
                change = BarChange(bars, p, width=column)
                self.play(FadeIn(title), Grow(bars, "values"), run_time=1.2)
                self.play(Grow(change, "grown", lag=0.2), run_time=1)

    # ── the sinusoids ────────────────────────────────────────────────────────────────────────────
    def waves(self):
        P, p, d = self.P, self.position, self.P.shape[1]
        entries = list(range(0, d, 2 * max(1, d // 32)))[: 7 if self.wide else 10]
        with self.step(
            "Waves",
            "Each entry of a position’s row is a wave over all positions, slower from pair to pair.",
            keep=(),
            subtitle="model {m} · P [position, entry], entries {a} to {b} of {d} · right: row {p}, “{w}”",
            m=NAMES["sinusoidal"],
            a=0,
            b=entries[-1],
            d=d,
            p=p,
            w=self.words[p],
        ):
            box = self.stage
            lines = np.array([wave(d, e, np.linspace(0, P.shape[0] - 1, 600)) for e in entries])
            column_width = 1.3
            waves = Waves(
                P[:, entries],
                lines,
                [say("entry {e}", e=e) for e in entries],
                width=box.width - column_width - 0.5,
                height=box.height - 0.75,
            )
            waves.move_to((box.left + waves.width / 2, box.bottom + waves.height / 2, 0))
            last = len(P) - 1
            first, end, column = [
                TensorGrid(
                    P[r][entries],
                    "position",
                    upright=True,
                    cell=(1.05, waves.row_height),
                    width=99,
                    height=99,
                    size=0.34,
                    scale=1.0,
                    spec="+.2f",
                )
                for r in (0, last, p)
            ]
            for grid in (first, end, column):
                grid.move_to(
                    (
                        waves.get_right()[0] + 0.4 + grid.width / 2,
                        waves.row_center(0)[1] / 2 + waves.row_center(len(entries) - 1)[1] / 2,
                        0,
                    )
                )
            name = Formula(f"P_{p}", 0.5, "position", says=say("P_{p}", p=p)).next_to(column, UP, buff=0.12)
            law = Formula(
                "P_(p, 2i) = sin(p \\/ 10000^(2i\\/d))",
                0.4,
                "secondary",
                says=say("P[p, {two}i] = sin(p / {base}^({two}i / d))", two=2, base=BASE),
            )
            law.scale(min(1, 0.7 / law.height)).move_to(
                (waves.x_of(0) + waves.length / 2 + waves.get_left()[0], name.get_y(), 0)
            )
            self.play(Grow(waves, "emphasis", lag=0.3), run_time=1.5)
            self.play(FadeIn(first), FadeIn(law), run_time=0.5)
            self.remove(first)
            self.play(ReadOff(waves, end, 0, last), run_time=3)
            self.remove(end)
            self.play(ReadOff(waves, column, last, p), run_time=2)
            self.play(FadeIn(name), run_time=0.4)

    def clocks(self):
        P, p, d = self.P, self.position, self.P.shape[1]
        count = 5 if self.wide else 6
        pairs = sorted({round(k * (d // 2 - 1) / (count - 1)) for k in range(count)})
        length, speed = wavelengths(d), frequencies(d)
        with self.step(
            "Clocks",
            "Sine and cosine make a clock hand: fast ones tell neighbours apart, slow ones early from late.",
            keep=(),
            subtitle="like second, minute and hour hands · grey: positions for one round",
            p=p,
            w=self.words[p],
        ):
            box = self.stage
            boxes = grid_of(
                Box(box.left, box.bottom, box.right, box.top - 0.55),
                len(pairs),
                5 if self.wide else 3 if self.square else 2,
            )
            dials, notes, values = [], VGroup(), VGroup()
            for box, i in zip(boxes, pairs, strict=True):
                hand = stack_tensors([P[p, 2 * i], P[p, 2 * i + 1]], "entry")
                size = min(0.34, box.width / 7) if self.wide else 0.28
                count = "{n:,.1f} positions" if float(length[i]) < 100 else "{n:,.0f} positions"
                label = stack(
                    Label(say("pair {i}", i=i), 1.06 * size, "ink"),
                    Label(say(count, n=length[i]), size, "secondary"),
                    gap=0.04,
                )
                value = Label(say("{s:+.2f}, {c:+.2f}", s=hand[0], c=hand[1]), 1.06 * size, "position")
                diameter = min(box.width - 0.2, box.height - label.height - value.height - 0.2)
                dial = Dial([(hand, "position")], diameter=diameter, starts=[math.pi / 2], marks=12)
                stack(label, dial, value, gap=0.08).move_to(box.center)
                dials.append(dial), notes.add(label), values.add(value)
            # The hand starts at twelve o'clock and turns clockwise: across is the sine, up is the cosine.
            speeds, far = [float(speed.values[i]) for i in pairs], len(P) - 1
            last = [
                Dial(
                    [(stack_tensors([P[far, 2 * i], P[far, 2 * i + 1]], "entry"), "position")],
                    diameter=d.natural[0],
                    starts=[math.pi / 2],
                    marks=12,
                ).move_to(d)
                for d, i in zip(dials, pairs, strict=True)
            ]
            for dial, end, by in zip(dials, last, speeds, strict=True):
                dial.angles, end.angles = np.array([math.pi / 2 - p * by]), np.array([math.pi / 2 - far * by])
            place, *places = [self.place_label(at) for at in (0, far, p)]
            self.play(*[FadeIn(m, run_time=0.6) for m in (*notes, place)], run_time=0.6)
            self.play(
                Transform(place, places[0], run_time=4),
                *[Turn(dial, [-far * by], run_time=4) for dial, by in zip(last, speeds, strict=True)],
            )
            self.remove(*last)
            self.play(
                Transform(place, places[1], run_time=2.5),
                *[Turn(dial, [(far - p) * by], run_time=2.5) for dial, by in zip(dials, speeds, strict=True)],
            )
            self.play(FadeIn(values), run_time=0.6)

    def place_label(self, place: int) -> Number:
        """The position that the clocks show, at the top of the stage."""
        label = Number(Tensor.given(place, "position"), ".0f", 0.44, "target", before="position ")
        return label.move_to((0, self.stage.top - label.height / 2, 0))

    def table(self):
        P, p = self.P, self.position
        with self.step(
            "The table",
            "All waves side by side, one column each. Row {p} is the mark that “{w}” gets.",
            p=p,
            w=self.words[p],
            keep=(),
            subtitle="W_pos of {m} [{n} positions, {d} entries] · blue +, red −, from −{one} to {one}",
            m=NAMES["sinusoidal"],
            n=P.shape[0],
            d=P.shape[1],
            one=1,
        ):
            heat = HeatMap(
                P, width=self.stage.width, height=self.stage.height, titles=("position", "entry"), square=False
            )
            self.stage.fit(heat)
            self.play(Introduce(heat, "columns", lag=0.15), run_time=2)
            frame = Frame(heat.row_corners(p, pad=0.02))
            self.play(FadeIn(frame), run_time=0.6)
        self.table_map, self.table_row = heat, frame

    # ── added ────────────────────────────────────────────────────────────────────────────────────
    def summands(self, i: int):
        """Embedding, position and input of a position."""
        trace = self.adds
        return trace["embed"][i], trace["pos_embed"][i], self.input[i]

    @property
    def input(self):
        trace = self.adds
        return trace["embed"] + trace["pos_embed"] if trace.config.embed_norm else trace["blocks.0.resid_pre"]

    @property
    def scaled(self) -> str:
        """What a subtitle says where the embedding is multiplied first, as in the paper."""
        return " · E = √{d} × its row of W_E" if self.adds.config.embed_scale else ""

    def add_entries(self):
        p = self.position
        e, pos, x = self.summands(p)
        with self.step(
            "Added",
            "The row is added to the embedding, entry by entry: x = E + P.",
            keep=(self.table_map, self.table_row),
            subtitle="{m} · position {p}, “{w}” · {d} entries" + self.scaled,
            m=self.adds.info["checkpoint"],
            p=p,
            w=self.words[p],
            d=len(e),
        ):
            parts = ((e, "data", "embedding E"), (pos, "position", "+ position P"), (x, "data", "= input x"))
            rows = Rows(self.stage, parts, adds=True, cell=1.25, upright=0 if self.wide else 10 if self.square else 15)
            if self.adds is self.of["sinusoidal"]:  # the marked row of the table becomes the row that is added
                self.play(
                    FadeOut(self.table_map),
                    Transform(self.table_row, Frame(rows.grids[1].corners(pad=0.04))),
                    run_time=1,
                )
            else:
                self.play(FadeOut(self.table_map), FadeOut(self.table_row), run_time=0.5)
            self.add_up([rows], gone=[self.table_row])

    def add_up(self, sums: list[Rows], *with_them, gone=()):
        """The parts appear, then their sums, entry by entry. with_them: what comes with the first; gone: what leaves with the last."""
        for k in range(len(sums[0].grids)):
            arrive = [
                ResidualAdd(*r.grids) if k == len(r.grids) - 1 else Introduce(r.grids[k], "cells", lag=0.2)
                for r in sums
            ]
            self.play(
                *[FadeIn(r.labels[k], run_time=0.5) for r in sums],
                *[FadeIn(m, run_time=0.5) for m in with_them if k == 0],
                *[FadeOut(m, run_time=0.5) for m in gone if k == 2 and m in self.mobjects],
                *arrive,
            )
        self.add(*sums)

    def add_rows(self):
        with self.step(
            "Every word",
            "The same for all {n} words at once: what they mean, plus where they stand.",
            n=len(self.words),
            keep=(),
            subtitle="model {m} · E + P = x [position, d_model] · blue +, red −, one scale",
            m=self.adds.info["checkpoint"],
        ):
            tensors = (self.adds["embed"], self.adds["pos_embed"], self.input)
            scale = float(max(np.abs(t.values).max() for t in tensors))
            boxes = self.stage.columns(1.25, 1, 1, gap=0.6) if self.wide else self.stage.rows(1, 1, 1, gap=0.3)
            for k, (box, tensor, name) in enumerate(zip(boxes, tensors, ("E", "+ P", "= x"), strict=True)):
                readable = 0.9 * (box.height - 0.7) / len(self.words) >= smallest()
                words = self.words if k == 0 or not self.wide else ["" for _ in self.words]
                heat = HeatMap(
                    tensor,
                    width=box.width,
                    height=box.height,
                    titles=("", "entry"),
                    square=False,
                    scale=scale,
                    row_labels=words if readable else None,
                )
                heat.move_to(box.center)
                sign = Formula(name, 0.46, "position" if k == 1 else "ink")
                sign.move_to((heat.corners()[1][0] - sign.width / 2 - 0.1, heat.get_top()[1] - 0.15, 0))
                self.play(FadeIn(sign), Introduce(heat, "rows", lag=0.3), run_time=1.2)

    def same_word(self):
        trace, pair, text = self.adds, self.pair, None
        if pair is None:  # no word comes twice: the lesson's own text has one that does
            trace, text = self.run(self.checkpoints[self.adds.config.positions], self.text), self.text
            pair = repeated(trace.ids)
        i, j = pair
        e, pos = trace["embed"], trace["pos_embed"]
        x = e + pos if trace.config.embed_norm else trace["blocks.0.resid_pre"]
        word = display(trace.tokens[i])
        with self.step(
            "Twice the same word",
            "“{w}” at {i} and at {j}: E differs by {a:.2f}, the input x by up to {b:.2f}.",
            w=word,
            i=i,
            j=j,
            a=abs(e[i] - e[j]).max(),
            b=abs(x[i] - x[j]).max(),
            subtitle="model {m} · {d} entries" + (" · in “{t}”" if text else self.scaled),
            m=trace.info["checkpoint"],
            d=e.shape[1],
            t=text or "",
            keep=(),
        ):
            boxes = self.stage.columns(1, 1, gap=0.6) if self.wide else self.stage.rows(1, 1, gap=0.5)
            sums, titles = [], []
            for box, place in zip(boxes, (i, j), strict=True):
                titles.append(
                    Label(say("“{w}” at position {p}", w=word, p=place), 0.44, "target").move_to(
                        (box.center[0], box.top - 0.25, 0)
                    )
                )
                parts = ((e[place], "data", "E"), (pos[place], "position", "+ P"), (x[place], "data", "= x"))
                sums.append(Rows(Box(box.left, box.bottom, box.right, box.top - 0.7), parts, adds=True))
            self.add_up(sums, *titles)

    # ── likeness of positions ────────────────────────────────────────────────────────────────────
    def likeness(self):
        p, likeness = self.position, self.P @ self.P.T
        q, r = (p + 1, p + 20) if p + 20 < len(likeness) else (max(p - 1, 0), max(p - 20, 0))
        with self.step(
            "Likeness of positions",
            "A diagonal band: row {p} gives {a:.1f} with itself, {b:.1f} with row {q}, {c:.1f} with row {r}.",
            p=p,
            a=likeness[p, p],
            q=q,
            b=likeness[p, q],
            r=r,
            c=likeness[p, r],
            keep=(),
            subtitle="W_pos of {m}, times its transpose: each row with every row · brightest: {d}",
            m=NAMES["sinusoidal"],
            d=self.P.shape[1] // 2,
        ):
            boxes = (
                self.stage.rows(1.6, 1, gap=0.5)
                if self.portrait
                else self.stage.columns(1, 1.5 if self.wide else 1, gap=0.7 if self.wide else 0.3)
            )
            heat = boxes[0].fit(HeatMap(likeness, width=boxes[0].width, height=boxes[0].height, kind="position"))
            top = 10 * math.ceil(float(likeness.values.max()) / 10)
            bottom = min(0, 10 * math.floor(float(likeness.values.min()) / 10))
            curve = Curve(
                likeness[p],
                width=boxes[1].width,
                height=min(boxes[1].height, 4.6),
                lowest=bottom,
                highest=top,
                cursor=p,
                titles=("position", say("row {p} of the map", p=p)),
            )
            boxes[1].fit(curve)
            self.play(Introduce(heat, "diagonal", lag=0.05), run_time=2)
            frame = Frame(heat.row_corners(p, pad=0.02))
            self.play(FadeIn(frame), run_time=0.5)
            curve.grown = 0.0
            self.play(FadeIn(curve), run_time=0.4)
            self.play(GrowCurve(curve), run_time=1.8)

    def learned(self):
        W = self.of["learned"]["W_pos"]
        likeness = W @ W.T
        n = len(likeness)
        near, far = (
            stack_tensors([likeness[k, k + step] for k in range(n - step)], "position").mean(0) for step in (1, n // 4)
        )
        with self.step(
            "Learned rows",
            "Learned from text instead: products of neighbours average {a:.2f}, of rows {k} apart {b:.2f}.",
            a=near,
            b=far,
            k=n // 4,
            keep=(),
            subtitle="W_pos times its transpose in both models · blue +, red −, each its own scale",
        ):
            boxes = self.stage.columns(1, 1, gap=0.8) if not self.portrait else self.stage.rows(1, 1, gap=0.4)
            for box, tensor, name in zip(boxes, (self.P @ self.P.T, likeness), ("sinusoidal", "learned"), strict=True):
                title = Label(self.of[name].info["checkpoint"], LABEL, "ink")
                heat = HeatMap(tensor, width=box.width, height=box.height - 0.6)
                box.fit(stack(title, heat, gap=0.12))
                self.play(FadeIn(title), Introduce(heat, "diagonal", lag=0.05), run_time=1.5)

    # ── compared ─────────────────────────────────────────────────────────────────────────────────
    def compare(self):
        losses = heldout_losses([NAMES[kind] for kind in KINDS])
        means = losses.mean(1)
        best = int(means.values.argmin())
        with self.step(
            "Four ways compared",
            "Without positions {a:.3f} nats a word; {k} positions do best, {b:.3f}. Lower is better.",
            a=means[0],
            b=means[best],
            k=KINDS[best],
            keep=(),
            subtitle="held-out loss in nats a word · {s} seeds each (dots) · same data, same steps",
            s=losses.shape[1],
        ):
            bars = SpreadBars(
                losses,
                ["no positions", "sinusoidal", "learned", "rotary"],
                width=self.stage.width,
                height=self.stage.height,
                fills=("secondary", "position", "positive", "query"),
            )
            self.stage.fit(bars)
            bars.dots[:] = 0
            self.play(Grow(bars, "grown", lag=0.3), run_time=2)
            bars.dots[:] = 1
            self.play(Grow(bars, "dots", lag=0.2), run_time=1)


def repeated(ids) -> tuple[int, int] | None:
    """The first and the last place of the word that comes again latest, a rare one rather than a frequent one; None if none does."""
    again = [(ids.index(i), last) for last, i in enumerate(ids) if i in ids[:last]]
    return max(again, key=lambda pair: (ids[pair[1]], pair[1]), default=None)


def grid_of(box: Box, count: int, across: int) -> list[Box]:
    """Boxes for so many things, that many side by side."""
    bands = box.rows(*[1] * math.ceil(count / across), gap=0.3)
    return [cell for band in bands for cell in band.columns(*[1] * across, gap=0.25)][:count]
