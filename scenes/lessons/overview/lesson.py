"""The loop that all of it serves: predict, sample, repeat."""

from __future__ import annotations

from functools import cached_property, lru_cache

from manim import PI, Arrow, FadeIn, FadeOut, LaggedStart, Transform, VGroup

from model.numbers.tensor import Tensor
from model.numbers.tensor import stack as stack_tensors
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.cumulative import LayEndToEnd
from scenes.kit.depth.blocks import BlockDiagram
from scenes.kit.ground.layout import Box, stack
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import LABEL, Formula, Label, smallest
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.moves.travel import Fly
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.strips import HeatStrips
from scenes.kit.words.tokens import TokenRow, display
from scenes.lesson.lesson import TextLesson
from scenes.lessons.overview.loop import FinishedRun, LoopScreen, mark_end

TURNS = 8  # words that are written at most
COOL, WARM = 0.5, 1.5  # the two temperatures that are compared
SHOWN_WEIGHTS = 2000  # columns of W_U that are painted


@lru_cache(maxsize=32)
def turns_of(model: str, text: str, **choices) -> tuple:
    """The turns of one run of the loop; kept, because every replay asks for the same ones."""
    from model import generate

    return tuple(generate(model, text, TURNS, **choices))


class PredictSampleRepeat(TextLesson):
    """What a language model does: it reads a text, gives every word it knows a chance to come next, and one is drawn.

    Afterwards you know what goes into a transformer and what comes out, where chance comes in and how a seed fixes it,
    why a long text is the same small step over and over, and what greedy choice and temperature change.
    """

    tokens = (1, 24)
    controls = ("temperature", "seed")
    text = "A fluffy blue creature"

    def construct(self):
        self.question()
        self.rows_go_in()
        self.first_block()
        self.other_blocks()
        self.last_row()
        self.logits()
        self.probabilities()
        self.sample()
        if self.lens_needed(self.turns[0]):
            self.closer_look()
        self.append()
        if len(self.turns) > 1:
            self.repeat()
        if len(self.turns) > 2:
            self.again()
        self.compare()
        self.temperatures()

    @property
    def named(self) -> int:
        """How many words get a bar of their own."""
        return 7 if self.portrait else 5

    # ── the runs ─────────────────────────────────────────────────────────────────────────────────
    def prepare(self) -> None:
        """All runs of the loop that the lesson shows: sampled, greedy, another seed, and two other temperatures."""
        super().prepare()
        seed, heat = self.options.seed, self.options.temperature
        self.seed, self.heat = seed, 1.0 if heat is None else heat
        self.turns = self.turns_with(temperature=self.heat, seed=seed)
        self.greedy = self.turns_with(greedy=True)
        self.other_seed = self.turns_with(temperature=self.heat, seed=seed + 1)
        self.cool, self.warm = (self.turns_with(temperature=t, seed=seed) for t in (COOL, WARM))
        self.T = Tensor.given(self.heat, "temperature")
        self.depth = self.trace.config.n_layers
        self.bright = (
            3 * abs(self.trace[f"blocks.{self.depth - 1}.resid_mid"]).mean()
        )  # from here on a cell of a strip is fully bright
        self.word = self.words[-1]

    def turns_with(self, **choices) -> tuple:
        text = self.text_asked
        turns = turns_of(self.model_asked, text, **choices)
        for turn in turns:
            self.keep_run(turn.trace)
        return turns

    # ── the map ──────────────────────────────────────────────────────────────────────────────────
    def question(self):
        with self.step(
            "Predict, sample, repeat",
            "A text goes in; every word that the model knows gets a chance to come next.",
            keep=(),
            subtitle="model {model} · {layers} blocks · {v} words",
            model=self.model_name,
            layers=self.depth,
            v=len(self.trace.vocabulary),
        ):
            top, low = self.stage.rows(1, 1.1, gap=0.8)
            slots = TokenRow(
                [*self.trace.tokens, "which?"],
                unknown=self.trace.unknown,
                width=self.stage.width,
                size=0.66,
                lines=2 if self.wide else 5,
            )
            row = top.fit(slots.show_only(len(self.words)))
            diagram = low.fit(self.diagram(3.0 if self.portrait else 0.42 * self.stage.height))
            slot = Frame(row.corners(len(self.words)))
            ends = [(diagram.center_of(part)[0], diagram.get_top()[1], 0) for part in (0, -1)]
            ways = [
                self.arrow((row.edge_point(0, (0.5, 1))[0], row.get_bottom()[1], 0), ends[0]),
                self.arrow(ends[1], row.edge_point(len(self.words), (0.5, 1))),
            ]
            self.play(FadeIn(row), run_time=0.8)
            self.play(FadeIn(diagram), FadeIn(ways[0]), run_time=0.8)
            self.play(FadeIn(ways[1]), FadeIn(slot), run_time=0.8)
        self.row, self.blocks, self.leaving = row, diagram, [slot, *ways]
        if self.trace.unknown:
            self.unknown_words()

    def unknown_words(self):
        with self.step(
            "Unknown words",
            "{words}: not among the words that {model} knows, so read as <unk>.",
            words=", ".join(f"“{self.words[k]}”" for k in self.trace.unknown[:3]),
            model=self.model_name,
        ):
            dimmed = self.row.copy().dim_others(*self.trace.unknown)
            dimmed.emphasis[-1] = 0
            bright = self.row.copy()
            self.play(Transform(self.row, dimmed), run_time=0.8)
            self.play(Transform(self.row, bright), run_time=0.6)

    def arrow(self, start, end) -> Arrow:
        return Arrow(
            start,
            end,
            buff=0.15,
            stroke_width=4,
            color=self.theme.hex["secondary"],
            max_tip_length_to_length_ratio=0.4,
            tip_length=0.2,
        )

    def diagram(self, height: float) -> BlockDiagram:
        return BlockDiagram(self.depth, width=self.stage.width, height=height)

    # ── through the model ────────────────────────────────────────────────────────────────────────
    @property
    def inside(self) -> Box:
        """The room below the model's blocks, while we follow the text through them."""
        return Box(self.stage.left, self.stage.bottom, self.stage.right, self.stage.top - self.diagram_height - 0.3)

    @property
    def diagram_height(self) -> float:
        return 1.5 if self.wide else 1.7

    def strips(self, tensor, kind: str = "data", part: int = 0) -> HeatStrips:
        """All positions of a [position, d_model] tensor: the stream above (part 0), what is added to it below (part 1)."""
        box = self.inside.rows(1, 1, gap=0.35)[part]
        room = 1.15 * smallest() / 0.9  # of a strip with a label
        labels = None if part else self.words
        grid = HeatStrips(
            tensor,
            kind,
            width=box.width,
            height=box.height,
            pitch=0.9 if self.portrait else 0.62,
            rows=max(3, int(box.height / room)),
            keep_row=len(self.words) - 1,
            row_labels=labels,
            target_row=None if part else len(self.words) - 1,
            scale=float(self.bright),
            label_room=self.label_room,
        )
        return grid.move_to(box.center)

    @property
    def label_room(self) -> float:
        return 2.3 if self.wide else 1.6

    def scale_says(self) -> Said:
        return say("brightness ∝ √|x|, full from {m:.1f}", m=self.bright)

    def rows_go_in(self):
        names = self.trace.names
        with self.step(
            "Rows of numbers",
            "Each token becomes a row of {d} numbers: its word’s, plus its position’s."
            if "pos_embed" in names
            else "Each token becomes a row of {d} numbers: its word’s row of the embedding.",
            d=self.trace.config.d_model,
            keep=(self.row, self.blocks),
            subtitle="embed + pos_embed = blocks.0.resid_pre · {scale}" if "pos_embed" in names else "embed · {scale}",
            scale=self.scale_says(),
        ):
            top = self.diagram(self.diagram_height)
            top.move_to((0, self.stage.top - self.diagram_height / 2, 0))
            stream = self.strips(self.trace["embed"])
            self.play(Transform(self.blocks, top), *self.tokens_to_rows(stream), run_time=1.2)
            self.play(self.blocks.animate.light(0), Introduce(stream, "rows", lag=0.3), run_time=1.2)
            self.stream, self.added = stream, None
            if "pos_embed" in names:
                self.add_to_stream(
                    self.trace["pos_embed"], say("+ position"), self.trace["blocks.0.resid_pre"], 0, pace=1.0
                )

    def tokens_to_rows(self, stream: HeatStrips) -> list:
        """The words fly from the text to the rows that stand for them."""
        moves = []
        for i in range(len(self.words)):
            piece = self.row.piece(i)
            if i in stream.rows:
                corners = stream.row_corners(stream.shown_row(i))
                there = (corners[0] + corners[3]) / 2 - (0.6, 0, 0)
                moves.append(FadeOut(piece, target_position=there, scale=stream.header / self.row.size))
            else:
                moves.append(FadeOut(piece))
        self.remove(self.row)
        return moves

    def add_to_stream(self, change, name: Said, after, part: int, pace: float):
        """What a part of the model adds: it comes out of the part, and a copy of it is added to the stream."""
        strips = self.strips(change, "delta", 1)
        label = self.name_of_change(name, strips)
        old = [] if self.added is None else [FadeOut(m) for m in self.added]
        self.play(
            *old,
            FadeIn(strips, target_position=self.blocks.center_of(part), scale=0.1),
            FadeIn(label),
            run_time=0.8 * pace,
        )
        copy = strips.copy()
        self.play(
            FadeOut(copy, target_position=self.stream.get_center()),
            Transform(self.stream, self.strips(after)),
            run_time=0.9 * pace,
        )
        self.added = [strips, label]

    def name_of_change(self, name: Said, strips: HeatStrips) -> Label:
        label = Label(name, LABEL, "delta")
        if label.width > self.label_room - 0.15:
            label.scale((self.label_room - 0.15) / label.width)
        left = strips.row_corners(0)[0][0]
        return label.move_to((left - 0.15 - label.width / 2, strips.get_center()[1], 0))

    def first_block(self):
        with self.step(
            "The first block",
            "Attention lets the rows exchange information; the MLP works on each row alone. Both add.",
            subtitle="resid_pre + attn_out + mlp_out = resid_post · {scale}",
            scale=self.scale_says(),
        ):
            self.pass_block(0, pace=1.0, copies=True)

    def pass_block(self, layer: int, pace: float, copies: bool = False):
        """The stream goes through one block: attention, then MLP, each adds what it has computed."""
        block = f"blocks.{layer}."
        for which, (change, after, name) in enumerate(
            (("attn_out", "resid_mid", "+ attention"), ("mlp_out", "resid_post", "+ MLP"))
        ):
            part = self.blocks.part(layer, which)
            going = (
                [FadeOut(self.stream.copy(), target_position=self.blocks.center_of(part), scale=0.1)] if copies else []
            )
            self.play(*going, self.blocks.animate.light(part), run_time=(1.1 if copies else 0.3) * pace)
            self.add_to_stream(self.trace[block + change], say(name), self.trace[block + after], part, pace)

    def other_blocks(self):
        if self.depth == 1:
            return
        with self.step(
            "Block after block",
            "All {n} blocks in turn: each adds to what the ones before it have left.",
            n=self.depth,
            subtitle="resid_post of blocks {first} to {last} · {scale}",
            first=0,
            last=self.depth - 1,
            scale=self.scale_says(),
        ):
            rest = self.depth - 1
            for layer in range(1, self.depth):
                if rest <= 6:
                    self.pass_block(layer, pace=0.45 if rest > 3 else 0.6)
                    continue
                after = self.strips(self.trace[f"blocks.{layer}.resid_post"])
                lit = self.blocks.copy().light(self.blocks.part(layer, 0), self.blocks.part(layer, 1))
                self.play(Transform(self.blocks, lit), Transform(self.stream, after), run_time=max(7 / rest, 0.2))

    # ── one row ──────────────────────────────────────────────────────────────────────────────────
    def journey(self, trace, box: Box, labels: bool = True) -> HeatStrips:
        """The last token's row: as it went in, after every block, and normalised at the end."""
        rows = [
            trace["blocks.0.resid_pre"][-1],
            *[trace[f"blocks.{layer}.resid_post"][-1] for layer in range(self.depth)],
        ]
        names = [Said("embedding"), *[say("block {l}", l=layer) for layer in range(self.depth)]]
        if "ln_final.normalized" in trace:
            rows.append(trace["ln_final.normalized"][-1])
            names.append(Said("norm"))
        return HeatStrips(
            stack_tensors(rows, "depth"),
            width=box.width,
            height=box.height,
            pitch=1.3 if self.portrait else 0.85,
            rows=max(3, int(box.height / (1.15 * smallest() / 0.9))),
            row_labels=names,
            target_row=len(rows) - 1,
            scale=float(self.bright),
        ).move_to(box.center)

    def last_row(self):
        with self.step(
            "The last row",
            "What comes next is read off the last row, that of “{word}”, as it leaves the last block.",
            word=self.word,
            keep=(self.blocks, self.stream),
            subtitle="position {i} “{word}” · resid_pre, resid_post {first} to {last}, ln_final",
            i=len(self.words) - 1,
            first=0,
            last=self.depth - 1,
        ):
            journey = self.journey(self.trace, self.inside)
            parts = [0, *[self.blocks.part(layer, 1) for layer in range(self.depth)], -1]
            rows = [k for k, row in enumerate(journey.rows) if row is not None]
            pieces = [journey.strip(k) for k in rows]
            empty = journey.copy().reveal(0)
            here = self.stream.shown_row(len(self.words) - 1)
            frame, row = Frame(self.stream.row_corners(here)), self.stream.strip(here)
            self.play(FadeIn(frame), run_time=0.5)
            own = (
                journey.shown_row(self.depth) if self.depth in journey.rows else rows[-1]
            )  # the stream's own row, as the last block left it
            left = rows.index(own)
            self.play(
                FadeOut(self.stream),
                FadeOut(frame),
                FadeIn(empty),
                Fly(row, pieces[left]),
                self.blocks.animate.light(*parts),
                run_time=1,
            )
            arriving = [
                FadeIn(piece, target_position=self.blocks.center_of(parts[journey.rows[k]]), scale=0.1)
                for piece, k in zip(pieces, rows, strict=True)
            ]
            self.play(LaggedStart(*arriving[:left], *arriving[left + 1 :], lag_ratio=0.4, run_time=2.8))
            self.swap([empty, *pieces], journey)
            frame = Frame(journey.row_corners(len(journey.rows) - 1))
            self.play(FadeIn(frame), run_time=0.5)
        self.rows, self.row_frame = journey, frame

    def swap(self, old: list, new) -> None:
        """The same picture, from now on one mobject."""
        self.remove(*old)
        self.add(new)

    def logits(self):
        logits = self.trace["logits"][-1]
        with self.step(
            "Logits",
            "This row meets the column of each word: one logit for each of {v} words.",
            v=len(logits),
            keep=(self.rows, self.row_frame),
            subtitle="logits = x W_U · position {i}"
            + (" · the first {n} of {v} columns" if len(logits) > SHOWN_WEIGHTS else ""),
            i=len(self.words) - 1,
            n=SHOWN_WEIGHTS,
        ):
            left, right = self.stage.columns(2.1, 1, gap=0.5) if not self.portrait else self.stage.rows(1, 1, gap=0.5)
            weights, strip = self.unembedding(left, logits)
            x = self.rows.strip(len(self.rows.rows) - 1)
            upright = x.copy().rotate(-PI / 2).stretch_to_fit_height(weights.height).stretch_to_fit_width(0.32)
            upright.next_to(weights, (-1, 0, 0), buff=0.3)
            names = VGroup(
                Formula("x", LABEL).next_to(upright, (0, 1, 0), buff=0.15),
                Formula("W_U", LABEL, "positive").next_to(weights, (0, 1, 0), buff=0.15),
                Label("logits", LABEL, "logit").next_to(strip, (0, -1, 0), buff=0.12),
            )
            self.play(
                FadeOut(self.rows), FadeOut(self.row_frame), Transform(x, upright), FadeIn(names[0]), run_time=1.2
            )
            self.play(FadeIn(weights), FadeIn(names[1]), run_time=0.8)
            self.play(Introduce(strip, "columns", lag=0.02), FadeIn(names[2]), run_time=1.4)
            self.rank(strip, logits, right)

    def unembedding(self, box: Box, logits) -> tuple[HeatStrips, HeatStrips]:
        """W_U as a texture and, aligned under it, the logits: one for each column."""
        painted = min(len(logits), SHOWN_WEIGHTS)
        W_U = self.trace["W_U"][:, :painted]
        room = Box(box.left + 0.8, box.bottom + 0.5, box.right, box.top - 0.5)
        high = 0.78 * room.height
        weights = HeatStrips(W_U, "weight", width=room.width, height=high, rows=10**9)
        strip = HeatStrips(logits[:painted], "logit", width=room.width, height=0.5, pitch=0.5)
        stack(weights, strip, gap=0.3).move_to(room.center)
        return weights, strip

    def rank(self, strip: HeatStrips, logits, box: Box):
        """The largest logits come out of the strip, with their words; the smallest of all stands below."""
        ranking, pitch = self.turns[0].ranking, self.bars_of(self.turns[0], self.beside_logits, total=True).pitch
        grid = TensorGrid(
            logits[ranking],
            "logit",
            upright=True,
            row_labels=[display(self.trace.vocabulary[k]) for k in ranking],
            cell=(1.05 if self.portrait else 1.25, pitch),
            rows=self.named + 2,
            width=box.width,
            height=99,
            brackets=False,
            size=LABEL,
        )
        box.fit(grid)
        rows = [k for k, row in enumerate(grid.rows) if row is not None]
        pieces, empty = [grid.piece([k], [0]) for k in rows], grid.copy().reveal(0)
        ids = [int(ranking[grid.rows[k]]) for k in rows]
        places = [strip.cell_center(0, k) if k < strip.values.shape[1] else strip.get_right() for k in ids]
        self.play(
            FadeIn(empty),
            LaggedStart(
                *[FadeIn(p, target_position=at, scale=0.2) for p, at in zip(pieces, places, strict=True)], lag_ratio=0.3
            ),
            run_time=2,
        )
        self.swap([empty, *pieces], grid)
        self.logit_grid = grid

    # ── chances ──────────────────────────────────────────────────────────────────────────────────
    def bars_of(self, turn, box: Box, total: bool = False, **kwargs) -> ProbabilityBars:
        return ProbabilityBars(
            turn.probs,
            turn.trace.vocabulary,
            count=self.named,
            width=box.width,
            height=box.height,
            total=total,
            size=(0.46 if self.portrait else 0.42) if total else LABEL,
            **kwargs,
        )

    @property
    def beside_logits(self) -> Box:
        return self.logits_and_bars[1]

    @property
    def logits_and_bars(self) -> list[Box]:
        return self.stage.columns(1, 1.95, gap=0.3) if self.portrait else self.stage.columns(1, 2.2, gap=0.6)

    def probabilities(self):
        turn = self.turns[0]
        best = turn.probs[int(turn.ranking[0])]
        with self.step(
            "Probabilities",
            "Softmax turns logits into chances that add up to {all:.0%}: “{word}” gets {p:.1%}.",
            p=best,
            all=turn.probs.sum(),
            word=display(turn.trace.vocabulary[turn.ranking[0]]),
            keep=(self.logit_grid,),
            subtitle="probs = softmax(logits / T) · temperature T = {t:.2g} · {v} words",
            t=self.T,
            v=len(turn.probs),
        ):
            left, right = self.logits_and_bars
            bars = self.bars_of(turn, right, total=True)
            bars.move_to(right.center)
            grid = self.logit_grid.copy()
            grid.scale(bars.pitch / (grid.ch * grid.zoom()))
            if grid.width > left.width:
                grid.scale(left.width / grid.width)
            grid.move_to((left.right - grid.width / 2, bars.get_top()[1] - grid.height / 2, 0))
            self.play(Transform(self.logit_grid, grid), run_time=1)
            self.play(Grow(bars, "values", lag=0.2), run_time=2)
        self.bars = bars

    # ── the loop ─────────────────────────────────────────────────────────────────────────────────
    @cached_property
    def loop(self) -> LoopScreen:
        return LoopScreen(
            self.stage,
            self.trace.tokens,
            self.turns,
            named=self.named,
            unknown=self.trace.unknown,
            wide=self.wide,
            tall=self.portrait,
        )

    def sample(self):
        turn = self.turns[0]
        line = self.loop.line(turn)
        with self.step(
            "Sample",
            "A random number picks: u = {u:" + line.spec + "} falls into the interval of “{word}”.",
            u=turn.u,
            word=display(turn.word),
            keep=(self.bars,),
            subtitle=self.draw_says(),
            seed=self.seed,
            k=1,
        ):
            text, small = self.loop.text, self.journey(self.trace, self.loop.inside)
            slot = Frame(text.corners(len(self.words)))
            self.play(
                FadeIn(text),
                FadeIn(slot),
                FadeIn(small),
                Transform(self.bars, self.loop.bars(turn, picked=False)),
                run_time=1.2,
            )
            self.play(LayEndToEnd(self.bars, line), run_time=1.8)
            self.play(line.animate.aim(), run_time=0.8)
            self.play(line.animate.land(), run_time=0.7)
            self.play(line.animate.pick(), Transform(self.bars, self.loop.bars(turn)), run_time=0.6)
        self.written, self.slot, self.small, self.line = text, slot, small, line

    def draw_says(self) -> str:
        return "u: draw {k} of NumPy’s default_rng({seed}) · likeliest words first"

    def lens_needed(self, turn) -> bool:
        """Whether the interval that was hit is too thin to be read."""
        return (float(turn.upper) - float(turn.lower)) * self.loop.foot.width < 0.8

    def closer_look(self):
        turn = self.turns[0]
        with self.step(
            "A closer look",
            "Enlarged: “{word}” has {p:.2%} of the bar, from {a:" + self.line.spec + "} to {b:" + self.line.spec + "}.",
            word=display(turn.word),
            p=turn.probs[turn.id],
            a=turn.lower,
            b=turn.upper,
            keep=(self.written, self.slot, self.line),
            subtitle=self.draw_says(),
            seed=self.seed,
            k=1,
        ):
            lens, rays, window = self.loop.lens(turn, self.line)
            spot = self.line.interval_corners(*window)
            self.play(
                self.line.animate.settle(),
                FadeIn(lens, target_position=(spot[0] + spot[2]) / 2, scale=0.05),
                FadeIn(rays),
                run_time=1.5,
            )

    def write(self, k: int, run_time: float):
        """The word that turn k has drawn flies from its interval to the end of the text."""
        place = len(self.words) + k
        turn, target = self.turns[k], self.written.piece(place)
        corners = self.line.word_corners(turn.place)
        start = target.copy().move_to((corners[0] + corners[2]) / 2)
        moves = [Transform(start, target)]
        if k + 1 < len(self.turns):
            moves.append(Transform(self.slot, Frame(self.written.corners(place + 1))))
        else:
            moves.append(FadeOut(self.slot))
        self.play(*moves, run_time=run_time)
        self.remove(start)
        self.written.show_only(place + 1)

    def append(self):
        turn = self.turns[0]
        caption = (
            "It is written at the end, and the text with “{word}” is the next input."
            if not turn.last
            else "“{word}” was drawn: here the model ends the text, and the loop stops."
        )
        with self.step(
            "Append", caption, word=display(turn.word), keep=(self.written, self.slot, self.line, self.bars, self.small)
        ):
            if self.bars not in self.mobjects:  # after a closer look
                self.play(self.line.animate.pick(), FadeIn(self.bars), FadeIn(self.small), run_time=0.6)
            self.write(0, 1.4)

    def repeat(self):
        turn = self.turns[1]
        line = self.loop.line(turn)
        with self.step(
            "Repeat",
            "The same again with {n} tokens: new rows, new chances, a new u = {u:" + line.spec + "}: “{word}”.",
            n=len(turn.trace.tokens),
            u=turn.u,
            word=display(turn.word),
            subtitle=self.draw_says(),
            seed=self.seed,
            k=2,
        ):
            small = self.journey(turn.trace, self.loop.inside)
            self.play(FadeOut(self.small), Introduce(small, "rows", lag=0.6), run_time=1.4)
            self.small = small
            self.play(Transform(self.bars, self.loop.bars(turn, picked=False)), run_time=1)
            self.play(Transform(self.line, line), run_time=0.8)
            self.play(self.line.animate.land(), run_time=0.8)
            self.play(self.line.animate.pick(), Transform(self.bars, self.loop.bars(turn)), run_time=0.5)
            self.write(1, 0.9)

    def again(self):
        rest = range(2, len(self.turns))
        ended = self.turns[-1].last
        caption = (
            "And again, {n} more times, until it draws “{word}”: there the text ends."
            if ended
            else "And again, {n} more times: each turn is a run of the whole model and a new u."
        )
        with self.step(
            "Again and again",
            caption,
            n=len(rest),
            word=display(self.turns[-1].word),
            subtitle=self.draw_says().replace("draw {k}", "draws {k} to {m}"),
            seed=self.seed,
            k=3,
            m=len(self.turns),
        ):
            for k in rest:
                turn = self.turns[k]
                self.play(
                    Transform(self.small, self.journey(turn.trace, self.loop.inside)),
                    Transform(self.bars, self.loop.bars(turn)),
                    Transform(self.line, self.loop.line(turn).pick()),
                    run_time=0.9,
                )
                self.write(k, 0.5)

    # ── other ways to choose ─────────────────────────────────────────────────────────────────────
    def prompt(self, box: Box, lines: int) -> TokenRow:
        row = TokenRow(self.trace.tokens, unknown=self.trace.unknown, width=box.width, size=0.5, lines=lines)
        return box.fit(row)

    def compare(self):
        with self.step(
            "Greedy or sampled",
            "Greedy takes the likeliest word each time; sampling, at temperature {t:.2g}, leaves it to u.",
            t=self.T,
            keep=(),
            subtitle="three runs on one prompt · with each word, its chance",
        ):
            if self.wide:
                top, *boxes = self.stage.rows(0.7, 1, 1, 1, gap=0.1)
            else:
                top, rest = self.stage.rows(1 if len(self.words) <= 10 else 1.8, 6)
                boxes = rest.columns(1, 1, 1, gap=0.25)
            prompt = self.prompt(top, 4 if self.portrait else 2)
            runs = [
                (Said("greedy"), self.greedy, "logit"),
                (say("sampled, seed {s}", s=self.seed), self.turns, "probability"),
                (say("sampled, seed {s}", s=self.seed + 1), self.other_seed, "probability"),
            ]
            lanes = FinishedRun.together(
                boxes,
                runs,
                size=0.46 if self.wide else 0.44,
                down=not self.wide,
                gap=0.35 if self.portrait else 0.3 if self.wide else 0.14,
            )
            self.play(FadeIn(prompt), *[FadeIn(lane.label) for lane in lanes], run_time=0.8)
            self.play(
                *[Grow(lane.row, "emphasis", lag=0.8) for lane in lanes],
                *[Grow(lane.numbers, "shown_opacity", lag=0.8) for lane in lanes],
                run_time=4.5,
            )

    def temperatures(self):
        order = self.turns[0].ranking[: self.named].tolist()
        first = int(self.turns[0].ranking[0])
        cool, warm = self.cool[0], self.warm[0]
        with self.step(
            "Temperature",
            "A low T favours what is likely (“{word}”: {a:.1%}), a high T evens the chances out ({b:.1%}).",
            word=display(self.trace.vocabulary[first]),
            a=cool.probs[first],
            b=warm.probs[first],
            keep=(),
            subtitle="softmax(logits / T) · both with seed {s}: the same u at every turn",
            s=self.seed,
        ):
            halves = self.stage.columns(1, 1, gap=0.8) if not self.portrait else self.stage.rows(1, 1, gap=0.6)
            longest = max(
                float(b) for t in (cool, warm) for b in (*[t.probs[k] for k in order], 1 - t.probs[order].sum(0))
            )
            panels = [
                self.panel(box, heat, turns, order, longest)
                for box, heat, turns in zip(halves, (COOL, WARM), (self.cool, self.warm), strict=True)
            ]
            self.play(
                *[FadeIn(title) for title, _, _ in panels],
                *[Grow(bars, "values", lag=0.1) for _, bars, _ in panels],
                run_time=1.6,
            )
            self.play(*[Grow(row, "emphasis", lag=0.8) for _, _, row in panels], run_time=2.5)

    def panel(self, box: Box, heat: float, turns, order: list[int], longest: float):
        """The first distribution at one temperature, and the text that comes of it."""
        head, middle, foot = box.rows(0.45, 2.7, 1.3, gap=0.15)
        title = Label(say("T = {t:.2g}", t=Tensor.given(heat, "temperature")), 0.46, "probability").move_to(head.center)
        bars = ProbabilityBars(
            turns[0].probs,
            self.trace.vocabulary,
            order=order,
            width=middle.width,
            height=middle.height,
            longest=longest,
        )
        bars.move_to(middle.center)
        row = TokenRow([turn.word for turn in turns], width=foot.width, size=0.42, lines=2)
        return title, bars, foot.fit(mark_end(row, turns))


__all__ = ["PredictSampleRepeat", "turns_of"]
