"""Position: how a transformer is told which word comes first."""

from __future__ import annotations

import math

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, Transform, VGroup

from model.errors import UsageError
from model.positions import BASE, frequencies, heldout_losses, product_by_distance, shuffle, turn, turning, wave, wavelengths
from model.tensor import Tensor
from model.tensor import stack as stack_tensors
from scenes.kit.animations import Grow, Introduce, ResidualAdd
from scenes.kit.compare import PairedBars, SpreadBars
from scenes.kit.curve import Curve, GrowCurve, ReadOff, Waves
from scenes.kit.dial import Dial, Turn
from scenes.kit.grid import TensorGrid
from scenes.kit.heatmap import HeatMap
from scenes.kit.layout import Box, row, stack
from scenes.kit.links import Links
from scenes.kit.say import say
from scenes.kit.terms import Frame, TermSum
from scenes.kit.text import LABEL, Formula, Label, smallest
from scenes.kit.tokens import TokenNumbers, TokenRow, display
from scenes.lesson import Lesson

KINDS = ("none", "sinusoidal", "learned", "rotary")
ATTENTION = "model {m} · layer {l} · attention of “{last}” in head {h}, and its attn_out"
NAMES = {kind: f"tiny-{kind}" for kind in KINDS}  # checkpoints that differ in nothing else


class Position(Lesson):
    """Positional encoding (Vaswani et al. 2017, § 3.5; Su et al. 2021).

    Afterwards you can say what attention cannot see without positions, and what it can; read a position off its
    waves; compute an input entry as embedding plus position; and explain why a rotary product knows only distances.
    `--model` takes the place of the variant of its own kind; token: the position that is read off.
    """

    tokens = (3, 24)
    controls = ("layer", "head", "token", "seed")
    text = "The dog chased the cat and the cat ran"
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
    def choose(self) -> None:
        """The four variants' traces, the shuffled runs, the position that is read off, and the rotary head."""
        text, kind = self.trace.info["text"], self.trace.config.positions
        if "embed" not in self.trace:
            raise UsageError(f"Position shows models of one stack; {self.model_name} is an encoder–decoder.")
        self.checkpoints = {**NAMES, kind: self.options.model or self.model}
        self.of = {k: self.trace if k == kind else self.another_trace(NAMES[k], text) for k in KINDS}
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
        before = weights[:, :, np.arange(2, n), np.arange(1, n - 1)]  # [layer, head, query from 2 on]: its weight on the word before
        for axis, asked in enumerate((self.within("layer", -1, layers), self.within("head", -1, heads))):
            if asked >= 0:
                before = np.where(np.expand_dims(np.arange(before.shape[axis]) == asked, [k for k in range(3) if k != axis]), before, -1.0)
        self.layer, self.head = map(int, np.unravel_index(before.mean(axis=2).argmax(), before.shape[:2]))
        self.query = max(self.within("token", 2 + int(before[self.layer, self.head].argmax()), n), 1)
        pattern = trace[f"blocks.{self.layer}.attn.pattern"][self.head]
        self.looks_back = stack_tensors([pattern[i, i - 1] for i in range(2, n)], "query").mean(0)

    def shuffled(self, trace):
        """(order, the same model's run on the shuffled text)."""
        order = shuffle(len(trace), self.options.seed)
        return order, self.another_trace(self.checkpoints[trace.config.positions], trace.info["text"], order=order)

    # ── the words, shuffled ──────────────────────────────────────────────────────────────────────
    def order(self):
        trace = self.of["none"]
        order, _ = self.shuffled(trace)
        with self.step(
            "Position", "Shuffle the words before “{last}”: same words, other meaning. Does attention notice?", keep=(),
            last=display(trace.tokens[-1]), subtitle="model {m} · order drawn with seed {s} · “{last}” stays last", m=trace.info["checkpoint"], s=self.options.seed,
        ):
            first, second, links = self.two_orders(trace, order, self.stage)
            self.play(FadeIn(first, shift=0.2 * UP), run_time=1)
            self.play(Grow(links, "grown", lag=0.3), run_time=1.5)
            self.play(FadeIn(second), run_time=0.8)
        self.rows = (first, second, links)

    def two_orders(self, trace, order, box: Box):
        """The tokens as written, the shuffled ones, and the links between them, in a box."""
        tokens, n = trace.tokens, len(trace)
        unknown = trace.unknown
        moved = [k for k, i in enumerate(order) if i in unknown]
        if self.wide:
            rows = [TokenRow(t, width=box.width, size=min(0.62, 0.23 * box.height), target=n - 1, unknown=u)
                    for t, u in ((tokens, unknown), ([tokens[i] for i in order], moved))]
            stack(*rows, gap=min(2.2, box.height - 2 * rows[0].height)).move_to(box.center)
        else:
            size = min(0.62, (box.height + 0.04) / n / 1.5)
            rows = [TokenRow(t, width=0.36 * box.width, height=box.height, size=size, gap=0.06 * size, target=n - 1, unknown=u, down=True)
                    for t, u in ((tokens, unknown), ([tokens[i] for i in order], moved))]
            row(*rows, gap=0.26 * box.width).move_to(box.center)
        return (*rows, Links(*rows, order))

    # ── what attention sees of it ────────────────────────────────────────────────────────────────
    def without(self):
        trace = self.of["none"]
        order, other = self.shuffled(trace)
        before, after = (t["blocks.0.attn_out"][-1] for t in (trace, other))
        with self.step(
            "Without positions", "“{last}” gathers the same from both: its {d} numbers differ by at most {most:.6f}.",
            last=display(trace.tokens[-1]), d=len(before), most=abs(before - after).max(), subtitle=ATTENTION, l=0, m=trace.info["checkpoint"],
            h=self.widest_head(trace), keep=self.rows,
            notes="In the first layer a word's query, key and value depend on the word alone, and the causal mask lets the last word see all of them: "
            "a sum over a set, in whatever order. That is exact; later layers see a little more, as the next steps show.",
        ):
            self.experiment(trace, other, order, before, after)

    def widest_head(self, trace) -> int:
        """The head of layer 0 whose last query gives the most weight to one other word."""
        return int(trace.array("blocks.0.attn.pattern")[:, -1, :-1].max(axis=1).argmax())

    def experiment(self, trace, other, order, before, after):
        """Both orders with the last word's weights, and what it gathers in each."""
        boxes = self.stage.columns(1.45, 1, gap=0.3) if self.square else self.stage.rows(*((1.8, 1) if self.wide else (1.2, 1)), gap=0.3)
        margin = (0, 0.5) if self.wide else (0.75, 0)  # for the weights on both sides
        place = self.two_orders(trace, order, Box(boxes[0].left + margin[0], boxes[0].bottom + margin[1], boxes[0].right - margin[0], boxes[0].top - margin[1]))
        old = getattr(self, "rows", ())
        head = self.widest_head(trace)
        numbers = [self.weights_beside(r, t["blocks.0.attn.pattern"][head, -1], k) for k, (r, t) in enumerate(zip(place, (trace, other), strict=False))]
        moves = [Transform(a, b) for a, b in zip(old, place, strict=True)] if old[0] in self.mobjects else [FadeIn(m) for m in place]
        self.play(*moves, run_time=1)
        self.play(*[Grow(n, "shown_opacity", lag=0.2) for n in numbers], run_time=1.2)
        grids, labels = self.three_rows(boxes[1], ((before, "data", "as written"), (after, "data", "shuffled"), (before - after, "delta", "difference")), upright=self.square)
        self.play(*[FadeIn(m) for m in labels[:2]], *[Introduce(g, "cells", lag=0.2) for g in grids[:2]], run_time=1.5)
        self.play(FadeIn(labels[2]), Introduce(grids[2], "cells", lag=0.2), run_time=1.2)
        self.rows = (*(old if old[0] in self.mobjects else place),)
        self.shown_numbers = (*numbers, *grids, *labels)

    @property
    def square(self) -> bool:
        return not self.wide and not self.portrait

    def weights_beside(self, tokens: TokenRow, weights, which: int) -> TokenNumbers:
        """The weights outside of the two rows: above or left of the first, below or right of the second."""
        numbers = TokenNumbers(tokens, weights)
        if which == 0:
            numbers.shift((-tokens.width - 0.3 - 2.3 * numbers.size, 0, 0) if tokens.down else (0, tokens.height + 1.5 * numbers.size, 0))
        return numbers

    def three_rows(self, box: Box, parts, columns: int = 12, upright: bool = False):
        """Three tensors of one length, entry under entry (or upright: beside entry), with labels."""
        scale = float(max(np.abs(np.asarray(t.values)).max() for t, _, _ in parts))
        if upright:
            rows = 10 if self.square else 15
            cell = dict(cell=(box.width / 3 - 0.35, (box.height - 0.6) / (rows - 0.4)), width=99, height=99, rows=rows, upright=True, scale=scale, spec="+.2f", size=0.4)
            grids = [TensorGrid(t, kind, **cell) for t, kind, _ in parts]
            row(*grids, gap=0.2).move_to(box.center).shift((0, -0.25, 0))
            size = min(LABEL, 0.26 * box.width / 3)
            labels = [Label(text, size, "delta" if kind == "delta" else "ink").next_to(g, UP, buff=0.12) for g, (_, kind, text) in zip(grids, parts, strict=True)]
            return grids, labels
        labels = [Label(text, LABEL, "delta" if kind == "delta" else "ink") for _, kind, text in parts]
        left = max(label.width for label in labels) + 0.2
        columns = columns if self.wide else 5
        cell = dict(cell=((box.width - left - 0.3) / (columns - 0.4), min(1.1, (box.height - 0.2) / 3.3)), width=99, height=99, columns=columns,
                    scale=scale, spec="+.2f", size=0.36)
        grids = [TensorGrid(t, kind, **cell) for t, kind, _ in parts]
        gap = min(0.5, (box.height - 3 * grids[0].height) / 2)
        stack(*grids, gap=gap).move_to(box.center).shift((left / 2, 0, 0))
        for label, grid in zip(labels, grids, strict=True):
            label.next_to(grid, LEFT, buff=0.2)
        return grids, labels

    def with_positions(self):
        trace = self.shown
        order, other = self.shuffled(trace)
        before, after = (t["blocks.0.attn_out"][-1] for t in (trace, other))
        changed = float(abs(before - after).max()) > 5e-4
        with self.step(
            "With positions",
            "Told where each word stands, it gathers something else: up to {most:.2f} of difference." if changed else "All words before “{last}” are the same here, so no order can differ.",
            last=display(trace.tokens[-1]), most=abs(before - after).max(), subtitle=ATTENTION, l=0, m=trace.info["checkpoint"],
            h=self.widest_head(trace), keep=(),
        ):
            self.experiment(trace, other, order, before, after)

    def prediction(self):
        traces = (self.of["none"], self.shown)
        others = [self.shuffled(t)[1] for t in traces]
        moved = [abs(t["probs"][-1] - o["probs"][-1]).sum(0) / 2 for t, o in zip(traces, others, strict=True)]
        with self.step(
            "The whole model", "Shuffling moves {a:.0%} of the prediction without positions (the mask leaks some order), {b:.0%} with.", a=moved[0], b=moved[1],
            subtitle="next word after “{last}”, {n} layers · each bar pair: as written, shuffled", last=display(traces[0].tokens[-1]), n=traces[0].config.n_layers, keep=(),
            notes="From the second layer on the order leaks in even without positions: under the causal mask every earlier word has itself gathered "
            "only from the words before it, so shuffling changes what it holds.",
        ):
            boxes = self.stage.columns(1, 1, gap=0.8) if not self.portrait else self.stage.rows(1, 1, gap=0.5)
            groups = []
            longest = max(float(t["probs"].values[-1].max()) for t in (*traces, *others))
            for box, trace, other, what in zip(boxes, traces, others, ("without positions", "with positions"), strict=True):
                p, q = trace["probs"][-1], other["probs"][-1]
                order = np.argsort(-np.maximum(p.values, q.values), kind="stable")[: 5 if not self.portrait else 6]
                title = Label(say("{what} · {m}", what=what, m=trace.info["checkpoint"]), min(LABEL, box.width / 15), "ink")
                legend = row(Label("■ as written", 0.3, "probability"), Label("■ shuffled", 0.3, "position"), gap=0.5)
                bars = PairedBars(p, q, trace.vocabulary, order=sorted(order, key=lambda i: -p.values[i]), width=box.width, height=box.height - 1.2, longest=longest)
                groups.append((box.fit(stack(title, legend, bars, gap=0.18)), bars))
            self.play(*[FadeIn(m) for group, _ in groups for m in group[:2]], *[Grow(b, "bar_opacity") for _, b in groups], run_time=1.5)

    # ── the sinusoids ────────────────────────────────────────────────────────────────────────────
    def waves(self):
        P, p, d = self.P, self.position, self.P.shape[1]
        entries = list(range(0, d, 2 * max(1, d // 32)))[: 7 if self.wide else 10]
        with self.step(
            "Waves", "Each entry of a position’s row is a wave over all positions, slower from pair to pair.", keep=(),
            subtitle="model {m} · P [position, entry], entries {a} to {b} of {d} · right: row {p}, “{w}”", m=NAMES["sinusoidal"], a=0, b=entries[-1], d=d, p=p, w=self.words[p],
        ):
            box = self.stage
            lines = np.array([wave(d, e, np.linspace(0, P.shape[0] - 1, 600)) for e in entries])
            column_width = 1.3
            waves = Waves(P[:, entries], lines, [say("entry {e}", e=e) for e in entries], width=box.width - column_width - 0.5, height=box.height - 0.75)
            waves.move_to((box.left + waves.width / 2, box.bottom + waves.height / 2, 0))
            column = TensorGrid(P[p][entries], "position", upright=True, cell=(1.05, waves.row_height), width=99, height=99, brackets=True, size=0.34)
            column.move_to((waves.get_right()[0] + 0.4 + column.width / 2, waves.row_center(0)[1] / 2 + waves.row_center(len(entries) - 1)[1] / 2, 0))
            name = Formula(f"P_{p}", 0.5, "position").next_to(column, UP, buff=0.12)
            law = Formula("P_(p, 2i) = sin(p \\/ 10000^(2i\\/d))", 0.4, "secondary", says=say("P[p, {two}i] = sin(p / {base}^({two}i / d))", two=2, base=BASE))
            law.scale(min(1, 0.7 / law.height)).move_to((waves.x_of(0) + waves.length / 2 + waves.get_left()[0], name.get_y(), 0))
            self.play(Grow(waves, "emphasis", lag=0.3), run_time=1.5)
            self.play(FadeIn(column), FadeIn(name), FadeIn(law), run_time=0.5)
            self.play(ReadOff(waves, column, 0, P.shape[0] - 1), run_time=3)
            self.play(ReadOff(waves, column, P.shape[0] - 1, p), run_time=2)

    def clocks(self):
        P, p, d = self.P, self.position, self.P.shape[1]
        count = 5 if self.wide else 6
        pairs = sorted({round(k * (d // 2 - 1) / (count - 1)) for k in range(count)})
        length, speed = wavelengths(d), frequencies(d)
        with self.step(
            "Clocks", "Sine and cosine make a clock hand: fast ones tell neighbours apart, slow ones early from late.", keep=(),
            subtitle="like second, minute and hour hands · position {p}, “{w}” · below: its two entries of P", p=p, w=self.words[p],
        ):
            box = self.stage
            boxes = grid_of(Box(box.left, box.bottom, box.right, box.top - 0.55), len(pairs), 5 if self.wide else 3 if self.square else 2)
            dials, notes, values = [], VGroup(), VGroup()
            for box, i in zip(boxes, pairs, strict=True):
                hand = stack_tensors([P[p, 2 * i], P[p, 2 * i + 1]], "entry")
                size = min(0.32, box.width / 8)
                label = stack(Label(say("pair {i}", i=i), 0.36, "ink"), Label("once round in", size, "secondary"), Label(say("{n:,.1f} positions", n=length[i]), size, "ink"), gap=0.04)
                value = Label(say("{s:+.2f}, {c:+.2f}", s=hand[0], c=hand[1]), 0.36, "position")
                diameter = min(box.width - 0.2, box.height - label.height - value.height - 0.35)
                dial = Dial([(hand, "position")], diameter=diameter, starts=[math.pi / 2], marks=12)
                stack(label, dial, value, gap=0.15).move_to(box.center)
                dials.append(dial), notes.add(label), values.add(value)
            # The hand starts at twelve o'clock and turns clockwise: across is the sine, up is the cosine.
            speeds, far = [float(speed.values[i]) for i in pairs], len(P) - 1
            last = [Dial([(stack_tensors([P[far, 2 * i], P[far, 2 * i + 1]], "entry"), "position")], diameter=d.natural[0], starts=[math.pi / 2], marks=12).move_to(d)
                    for d, i in zip(dials, pairs, strict=True)]
            for dial, end, by in zip(dials, last, speeds, strict=True):
                dial.angles, end.angles = np.array([math.pi / 2 - p * by]), np.array([math.pi / 2 - far * by])
            place = [self.place_label(at) for at in (far, p)]
            self.play(*[FadeIn(m, run_time=0.6) for m in (*notes, place[0])], *[Turn(dial, [-far * by], run_time=4) for dial, by in zip(last, speeds, strict=True)])
            self.remove(*last)
            self.play(FadeOut(place[0], run_time=0.4), FadeIn(place[1], run_time=0.4), *[Turn(dial, [(far - p) * by], run_time=2.5) for dial, by in zip(dials, speeds, strict=True)])
            self.play(FadeIn(values), run_time=0.6)

    def place_label(self, place: int) -> Label:
        """The position that the clocks show, at the top of the stage."""
        label = Label(say("position {p}", p=place), 0.44, "target")
        return label.move_to((0, self.stage.top - label.height / 2, 0))

    def table(self):
        P, p = self.P, self.position
        with self.step(
            "The table", "All waves side by side, one column each. Row {p} is the mark that “{w}” gets.", p=p, w=self.words[p], keep=(),
            subtitle="W_pos of {m} [{n} positions, {d} entries] · blue +, red −, from −{one} to {one}", m=NAMES["sinusoidal"], n=P.shape[0], d=P.shape[1], one=1,
        ):
            heat = HeatMap(P, width=self.stage.width, height=self.stage.height, titles=("position", "entry"), square=False)
            self.stage.fit(heat)
            self.play(Introduce(heat, "columns", lag=0.15), run_time=2)
            frame = Frame(heat.row_corners(p, pad=0.02))
            self.play(FadeIn(frame), run_time=0.6)

    # ── added ────────────────────────────────────────────────────────────────────────────────────
    def summands(self, i: int):
        """Embedding, position and input of a position."""
        trace = self.adds
        return trace["embed"][i], trace["pos_embed"][i], self.input[i]

    @property
    def input(self):
        trace = self.adds
        return trace["embed"] + trace["pos_embed"] if trace.config.embed_norm else trace["blocks.0.resid_pre"]

    def add_entries(self):
        p = self.position
        e, pos, x = self.summands(p)
        with self.step(
            "Added", "The row is added to the embedding, entry by entry: x = E + P.", keep=(),
            subtitle="model {m} · position {p}, “{w}” · first entries of {d}", m=self.adds.info["checkpoint"], p=p, w=self.words[p], d=len(e),
        ):
            grids, labels = self.three_rows(self.stage, ((e, "data", "embedding E"), (pos, "position", "+ position P"), (x, "data", "= input x")), columns=9, upright=not self.wide)
            self.play(FadeIn(labels[0]), Introduce(grids[0], "cells", lag=0.2), run_time=1)
            self.play(FadeIn(labels[1]), Introduce(grids[1], "cells", lag=0.2), run_time=1)
            self.play(FadeIn(labels[2]), ResidualAdd(*grids), run_time=3)

    def add_rows(self):
        with self.step(
            "Every word", "The same for all {n} words at once: what they mean, plus where they stand.", n=len(self.words), keep=(),
            subtitle="model {m} · E + P = x [position, d_model] · blue +, red −, one scale", m=self.adds.info["checkpoint"],
        ):
            tensors = (self.adds["embed"], self.adds["pos_embed"], self.input)
            scale = float(max(np.abs(t.values).max() for t in tensors))
            boxes = self.stage.columns(1.25, 1, 1, gap=0.6) if self.wide else self.stage.rows(1, 1, 1, gap=0.3)
            for k, (box, tensor, name) in enumerate(zip(boxes, tensors, ("E", "+ P", "= x"), strict=True)):
                readable = 0.9 * (box.height - 0.7) / len(self.words) >= smallest()
                words = self.words if k == 0 or not self.wide else ["" for _ in self.words]
                heat = HeatMap(tensor, width=box.width, height=box.height, titles=("", "entry"), square=False, scale=scale, row_labels=words if readable else None)
                heat.move_to(box.center)
                sign = Formula(name, 0.46, "position" if k == 1 else "ink")
                sign.move_to((heat.corners()[0][0] + sign.width / 2 + 0.5, heat.get_top()[1] - 0.15, 0))
                self.play(FadeIn(sign), Introduce(heat, "rows", lag=0.3), run_time=1.2)

    def same_word(self):
        trace, pair, text = self.adds, self.pair, None
        if pair is None:  # no word comes twice: the lesson's own text has one that does
            trace, text = self.another_trace(self.checkpoints[self.adds.config.positions], self.text), self.text
            pair = repeated(trace.ids)
        i, j = pair
        e, pos = trace["embed"], trace["pos_embed"]
        x = e + pos if trace.config.embed_norm else trace["blocks.0.resid_pre"]
        word = display(trace.tokens[i])
        with self.step(
            "Twice the same word", "“{w}” at {i} and at {j}: E differs by {a:.2f}, the input x by up to {b:.2f}.", w=word, i=i, j=j,
            a=abs(e[i] - e[j]).max(), b=abs(x[i] - x[j]).max(), subtitle="model {m} · first entries of {d}" + (" · in “{t}”" if text else ""),
            m=trace.info["checkpoint"], d=e.shape[1], t=text or "", keep=(),
        ):
            boxes = self.stage.columns(1, 1, gap=0.6) if self.wide else self.stage.rows(1, 1, gap=0.5)
            blocks = [self.block(box, word, place, e, pos, x) for box, place in zip(boxes, (i, j), strict=True)]
            for k in range(3):
                plays = []
                for title, grids, labels in blocks:
                    plays += [FadeIn(labels[k])] + ([FadeIn(title)] if k == 0 else [])
                    plays.append(Introduce(grids[k], "columns", lag=0.2) if k < 2 else ResidualAdd(*grids))
                self.play(*plays, run_time=1.2 if k < 2 else 2)

    def block(self, box: Box, word: str, place: int, e, pos, x):
        """Title, the three rows and their names: one place of a word that comes twice."""
        title = Label(say("“{w}” at position {p}", w=word, p=place), 0.44, "target")
        labels = [Formula(t, 0.46, r) for t, r in (("E", "ink"), ("+ P", "position"), ("= x", "ink"))]
        columns = 6
        left = 0.85
        scale = float(max(np.abs(t.values).max() for t in (e, pos, x)))
        cell = dict(cell=(min(1.05, (box.width - left - 0.3) / (columns - 0.4)), min(1.1 if not self.wide else 0.8, (box.height - 1.2) / 3.6)), width=99, height=99,
                    columns=columns, scale=scale, spec="+.2f", size=0.3)
        grids = [TensorGrid(t[place], k, **cell) for t, k in ((e, "data"), (pos, "position"), (x, "data"))]
        body = stack(*grids, gap=0.28)
        stack(title, body, gap=0.3).move_to(box.center).shift((left / 2, 0, 0))
        for label, grid in zip(labels, grids, strict=True):
            label.next_to(grid, LEFT, buff=0.2)
        return title, grids, labels

    # ── likeness of positions ────────────────────────────────────────────────────────────────────
    def likeness(self):
        p, likeness = self.position, self.P @ self.P.T
        q, r = (p + 1, p + 20) if p + 20 < len(likeness) else (max(p - 1, 0), max(p - 20, 0))
        with self.step(
            "Likeness of positions", "A diagonal band: row {p} gives {a:.1f} with itself, {b:.1f} with row {q}, {c:.1f} with row {r}.", p=p, a=likeness[p, p], q=q, b=likeness[p, q],
            r=r, c=likeness[p, r], keep=(),
            subtitle="W_pos of {m}, times its transpose: each row with every row · brightest: {d}", m=NAMES["sinusoidal"], d=self.P.shape[1] // 2,
        ):
            boxes = self.stage.rows(1.6, 1, gap=0.5) if self.portrait else self.stage.columns(1, 1.5 if self.wide else 1, gap=0.7 if self.wide else 0.3)
            heat = boxes[0].fit(HeatMap(likeness, width=boxes[0].width, height=boxes[0].height, kind="position"))
            top = 10 * math.ceil(float(likeness.values.max()) / 10)
            bottom = min(0, 10 * math.floor(float(likeness.values.min()) / 10))
            curve = Curve(likeness[p], width=boxes[1].width, height=min(boxes[1].height, 4.6), lowest=bottom, highest=top, cursor=p,
                          titles=("position", say("row {p} of the map", p=p)))
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
        near, far = (stack_tensors([likeness[k, k + step] for k in range(n - step)], "position").mean(0) for step in (1, n // 4))
        with self.step(
            "Learned rows", "Learned from text instead: products of neighbours average {a:.2f}, of rows {k} apart {b:.2f}.", a=near, b=far, k=n // 4, keep=(),
            subtitle="W_pos times its transpose in both models · blue +, red −, each its own scale",
        ):
            boxes = self.stage.columns(1, 1, gap=0.8) if not self.portrait else self.stage.rows(1, 1, gap=0.4)
            for box, tensor, name in zip(boxes, (self.P @ self.P.T, likeness), ("sinusoidal", "learned"), strict=True):
                title = Label(self.of[name].info["checkpoint"], LABEL, "ink")
                heat = HeatMap(tensor, width=box.width, height=box.height - 0.6)
                box.fit(stack(title, heat, gap=0.12))
                self.play(FadeIn(title), Introduce(heat, "diagonal", lag=0.05), run_time=1.5)

    # ── turned ───────────────────────────────────────────────────────────────────────────────────
    def rotary_parts(self):
        """The query and the key of the rotary head, the speeds of its pairs, and the pairs that are shown."""
        trace, attn = self.of["rotary"], f"blocks.{self.layer}.attn."
        q, k = trace[attn + "q"][self.head, self.query], trace[attn + "k"][self.head, self.query - 1]
        speed = turning(trace)
        pairs = list(range(len(speed))) if len(speed) <= 4 else [0, 1, len(speed) // 2, len(speed) - 1]
        return q, k, speed, pairs

    def hand(self, vector, pair: int):
        """Entries i and i + d_head/2: the two numbers that turn together."""
        return stack_tensors([vector[pair], vector[pair + len(vector) // 2]], "entry")

    def longest(self, q, k, pair: int) -> float:
        """The longer of the two hands of a pair: what reaches the circle."""
        return max(float(np.hypot(*self.hand(v, pair).values)) for v in (q, k))

    def rotary(self):
        trace = self.of["rotary"]
        q, k, speed, pairs = self.rotary_parts()
        words = [display(token) for token in trace.tokens]
        i, j = self.query, self.query - 1
        angles = trace["rotary_angles"]
        with self.step(
            "Rotary", "Nothing is added: pairs of entries of q and k are turned, from faint to bright.", keep=(),
            subtitle="model {m} · layer {l}, head {h}: {w:.0%} on the word before · each circle its own scale", m=trace.info["checkpoint"], l=self.layer, h=self.head,
            w=self.looks_back,
        ):
            rows = ((q, turn(q, angles[i]), "query", say("q of “{w}”, position {i}", w=words[i], i=i), i),
                    (k, turn(k, angles[j]), "key", say("k of “{w}”, position {j}", w=words[j], j=j), j))
            boxes = self.dial_boxes(len(pairs), 2)
            for r, (v, turned, role, name, at) in enumerate(rows):
                title = Label(name, LABEL, role)
                self.title_of_row(title, boxes[r])
                dials, notes = [], []
                for box, s in zip(boxes[r], pairs, strict=True):
                    start = math.atan2(*self.hand(v, s).values[::-1])
                    note = Label(say("{a:+.3f} rad", a=angles[at, s]), 0.32, "secondary")
                    dial = Dial([(self.hand(turned, s), role)], diameter=min(box.width, box.height - note.height - 0.1), longest=self.longest(q, k, s), starts=[start], ghosts=True)
                    dial.angles = np.array([start + float(angles.values[at, s])])
                    stack(dial, note, gap=0.08).move_to(box.center)
                    dials.append(dial), notes.append(note)
                self.play(*[FadeIn(m, run_time=0.5) for m in (title, *notes)], *[Turn(dial, [float(angles.values[at, s])], run_time=2.2) for dial, s in zip(dials, pairs, strict=True)])

    def dial_boxes(self, count: int, rows: int):
        """Boxes [row][dial], with room for a title at the left (wide) or above each row."""
        found = []
        for band in self.stage.rows(*[1] * rows, gap=0.25):
            room = Box(band.left + 3.2, band.bottom, band.right, band.top) if self.wide else Box(band.left, band.bottom, band.right, band.top - 0.6)
            if self.portrait and count > 2:
                upper, lower = room.rows(1, 1, gap=0.15)
                half = (count + 1) // 2
                found.append([*upper.columns(*[1] * half), *lower.columns(*[1] * half)][:count])
            else:
                found.append(room.columns(*[1] * count, gap=0.2))
        return found

    def title_of_row(self, title: Label, boxes) -> None:
        if self.wide:
            title.scale(min(1.0, 3.1 / title.width))
            title.move_to((self.stage.left + title.width / 2, boxes[0].center[1], 0))
        else:
            title.move_to((0, boxes[0].top + 0.3, 0))

    def distance(self):
        trace = self.of["rotary"]
        q, k, speed, pairs = self.rotary_parts()
        i, j = self.query, self.query - 1
        further = 5
        words = [display(token) for token in trace.tokens]
        raw = trace[f"blocks.{self.layer}.attn.scores_raw"][self.head, i, j]
        places = ((i, j), (i + further, j + further))
        turned = [(turn(q, place[0] * speed), turn(k, place[1] * speed)) for place in places]
        with self.step(
            "Distance only", "{s} places later both hands turn alike: the angle between them stays, and so does q · k: {v:+.2f}.", s=further, v=raw, keep=(),
            subtitle="model {m} · layer {l} · head {h} · q of “{a}”, k of “{b}”, {n} apart", m=trace.info["checkpoint"], l=self.layer, h=self.head, a=words[i], b=words[j], n=i - j,
        ):
            boxes = self.dial_boxes(len(pairs), 2)
            for r, ((at_q, at_k), (a, b)) in enumerate(zip(places, turned, strict=True)):
                title = Label(say("q at {i}, k at {j}", i=at_q, j=at_k), LABEL, "ink")
                self.title_of_row(title, boxes[r])
                half = len(q) // 2
                products = a[:half] * b[:half] + a[half:] * b[half:]
                dials = []
                notes = []
                for box, s in zip(boxes[r], pairs, strict=True):
                    note = Label(say("{v:+.2f}", v=products[s]), 0.32, "ink")
                    dial = Dial([(self.hand(a, s), "query"), (self.hand(b, s), "key")], diameter=min(box.width, box.height - note.height - 0.1), longest=self.longest(q, k, s), between=True)
                    stack(dial, note, gap=0.08).move_to(box.center)
                    dials.append(dial), notes.append(note)
                total = Label(say("Σ = {v:+.2f}", v=products.sum(0)), 0.42, "target")
                total.next_to(title, DOWN, buff=0.15) if self.wide else total.next_to(title, RIGHT, buff=0.4)
                if r == 0:
                    self.play(FadeIn(title), *[FadeIn(m) for m in (*dials, *notes)], run_time=1)
                else:
                    self.play(FadeIn(title, run_time=0.5), *[Turn(dial, [further * float(speed.values[s])] * 2, run_time=2.5) for dial, s in zip(dials, pairs, strict=True)])
                    self.play(*[FadeIn(m) for m in notes], run_time=0.4)
                self.play(FadeIn(total), run_time=0.4)

    def by_distance(self):
        trace = self.of["rotary"]
        q, k, speed, _ = self.rotary_parts()
        reach = range(min(trace.config.n_ctx, 64))
        curve = product_by_distance(q, k, speed, reach)
        n = 1
        words = [display(token) for token in trace.tokens]
        with self.step(
            "One curve", "One curve for all positions: {n} apart, “{a}” and “{b}” give {v:+.2f}, wherever they stand.", n=n, a=words[self.query], b=words[self.query - 1], v=curve[n],
            subtitle="model {m} · layer {l} · head {h} · q · k against the distance", m=trace.info["checkpoint"], l=self.layer, h=self.head, keep=(),
        ):
            low, high = math.floor(float(curve.values.min())), math.ceil(float(curve.values.max()))
            box = self.stage
            plot = box.fit(Curve(curve, width=box.width, height=min(box.height, 9.0), lowest=min(low, 0), highest=max(high, 1), titles=("distance from key to query", "q · k"), cursor=n))
            plot.grown = 0.0
            self.play(FadeIn(plot), run_time=0.3)
            self.play(GrowCurve(plot), run_time=2)

    # ── compared ─────────────────────────────────────────────────────────────────────────────────
    def compare(self):
        losses = heldout_losses([NAMES[kind] for kind in KINDS])
        means = losses.mean(1)
        best = int(means.values.argmin())
        with self.step(
            "Four ways compared", "Without positions {a:.3f} nats a word; {k} positions do best, {b:.3f}. Lower is better.", a=means[0], b=means[best], k=KINDS[best], keep=(),
            subtitle="held-out loss in nats a word · {s} seeds each (dots) · same data, same steps", s=losses.shape[1],
        ):
            bars = SpreadBars(losses, ["no positions", "sinusoidal", "learned", "rotary"], width=self.stage.width, height=self.stage.height,
                              fills=("secondary", "position", "positive", "query"))
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
