"""Several heads side by side: what each looks at, what each adds, and what happens without one."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from manim import LEFT, RIGHT, UP, FadeIn, FadeOut, LaggedStart, Transform, VGroup

from model.errors import UsageError
from model.numbers.tensor import Tensor, concatenate
from model.numbers.tensor import stack as stack_tensors
from model.runs.ablation import ablations, moved
from model.study.naming import chance, head_names, needed
from scenes.kit.attention.pattern import DotPattern
from scenes.kit.attention.wall import PatternWall, name_tag, shape_of, tiles, wall_of_layers
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.change import BarChange
from scenes.kit.ground.layout import Box, stack
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Formula, Label, smallest
from scenes.kit.ground.typesetting import fitting_size, width
from scenes.kit.moves.products import MatrixProduct, ResidualAdd
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid, readable_height
from scenes.kit.numbers.product import Product
from scenes.kit.numbers.sums import SumTable
from scenes.kit.words.tokens import TokenRow, display
from scenes.lesson.attention_lesson import AttentionLesson
from scenes.lessons.heads.scores import Score, ScoreTable, counted

MOST_RUNS = 64  # second runs; a model with more heads has only one layer's switched off
DIM = 0.35


@lru_cache(maxsize=8)
def second_runs(model: str, text: str, heads: tuple) -> dict:
    """The runs without each of the heads; kept, because every replay asks for the same ones."""
    return ablations(model, text, heads)


@lru_cache(maxsize=8)
def measured(model: str) -> dict:
    """What the heads of a checkpoint score, over samples of texts."""
    from model import head_scores, load

    return head_scores(load(model))


class MultiHead(AttentionLesson):
    """Multi-head attention (Vaswani et al. 2017, § 3.2.2): heads side by side, each with its own pattern, all adding to one row.

    Afterwards you know what a head is called and why, that the output is a sum with one term for each head, and
    how to find out what a head is good for: switch it off and look.
    """

    controls = ("layer", "head", "token")
    text = "The capital of Italy is"

    def construct(self):
        self.name_tensors()
        self.one_head()
        self.siblings()
        self.answers()
        self.wall_of_all()
        self.names()
        self.named()
        self.concatenated()
        self.output_matrix()
        self.contributions()
        self.search()
        self.switch_off()
        self.difference()
        self.recap()

    # ── which head, and which runs ───────────────────────────────────────────────────────────────
    def make_trace(self):
        trace = super().make_trace()
        if trace.config.kind != "decoder" or trace.config.n_heads < 2:
            raise UsageError(
                f"{type(self).__name__} needs a model that predicts the next word with two heads or more in a layer."
            )
        return trace

    def telling(self) -> tuple[int, int, int, float]:
        """(layer, head, position, measure): the head without which the next word after `position` changes most, among those asked for.

        The position is the last one. The measure is the total variation distance of the two runs' distributions; all heads are
        tried, or, in a model of more than MOST_RUNS heads, those of the layer that was asked for or that attends most widely."""
        config, options = self.trace.config, self.options
        position = options.token if options.token is not None else len(self.trace.tokens) - 1
        if not 0 <= position < len(self.trace.tokens):
            return 0, 0, position, 0.0
        layers = range(config.n_layers)
        if config.n_layers * config.n_heads > MOST_RUNS:
            layers = [options.layer if options.layer in layers else super().telling()[0]]
        self.tried = tuple((layer, head) for layer in layers for head in range(config.n_heads))
        self.without = second_runs(self.model_asked, self.trace.info["text"], self.tried)
        for run in self.without.values():
            self.keep_run(run)
        self.effect = {pair: moved(self.trace, run, position) for pair, run in self.without.items()}
        wanted = [
            pair for pair in self.tried if options.layer in (None, pair[0]) and options.head in (None, pair[1])
        ] or self.tried
        layer, head = max(wanted, key=lambda pair: float(self.effect[pair]))
        return layer, head, position, float(self.effect[layer, head])

    def name_tensors(self):
        """The tensors of the layer that we follow, and the words that we speak of."""
        trace, l, i = self.trace, self.layer, self.position
        self.heads, self.layers = trace.config.n_heads, trace.config.n_layers
        self.P = [trace[f"blocks.{layer}.attn.pattern"] for layer in range(self.layers)]
        self.Z = trace[f"blocks.{l}.attn.z"][:, i]
        self.W_O = trace[f"blocks.{l}.attn.W_O"]
        self.results = trace[f"blocks.{l}.attn.result"][:, i]
        bias = f"blocks.{l}.attn.b_O"
        self.bias = trace[bias] if bias in trace else None
        self.attn_out = trace[f"blocks.{l}.attn_out"][i]
        self.word = self.words[i]
        self.before, self.after = trace["probs"][i], self.without[l, self.head]["probs"][i]
        self.scores = measured(self.model_asked)
        self.names_of = head_names(self.scores)
        self.where = "layer {l} · head {h}"

    def strongest(self, layer: int, head: int) -> int:
        """The key that the word we follow attends to most in a head."""
        return int(np.argmax(self.P[layer].values[head, self.position]))

    # ── one head, its layer, all layers ──────────────────────────────────────────────────────────
    def one_head(self):
        l, h, i = self.layer, self.head, self.position
        key = self.strongest(l, h)
        with self.step(
            "One head",
            "One attention head at work: “{a}” gives {w:.1%} of its attention to {b}.",
            keep=(),
            a=self.word,
            b="itself" if key == i else say("“{b}”", b=self.words[key]),
            w=self.P[l][h, i, key],
            l=l,
            h=h,
            model=self.model_name,
            x=self.effect[l, h],
            subtitle="model {model} · " + self.where + " · dot area ∝ weight · rows look, columns are looked at",
        ):
            crowded = len(self.words) > 12 and not self.wide and not self.portrait  # then the dots need all the room
            boxes = (
                [self.stage] if crowded else self.stage.rows(1.5, 1) if self.portrait else self.stage.columns(1.5, 1)
            )
            dots = DotPattern(
                self.P[l][h],
                width=boxes[0].width,
                height=boxes[0].height,
                row_labels=self.words,
                column_labels=self.words,
                target_row=i,
                cell=(1.15, 1.15),
            )
            boxes[0].fit(dots)
            self.play(Introduce(dots, "rows", lag=0.3), run_time=2)
            frame = Frame(dots.row_corners(dots.shown_row(i)))
            self.play(FadeIn(frame), *([] if crowded else self.row_as_bars(boxes[1])), run_time=1.2)
        self.dots, self.row_frame = dots, frame

    def row_as_bars(self, box: Box):
        """The weights of the word that we follow, as bars that add up to 100 %."""
        i, weights = self.position, self.P[self.layer][self.head, self.position]
        seen = list(range(i + 1)) if self.trace.config.causal else list(range(len(self.words)))
        limit = max(int((box.height - 1.2) / 0.36), 4)
        if len(seen) > limit:
            seen = sorted(sorted(seen, key=lambda k: -weights.values[k])[: limit - 1])
        title = Label(say("attention of “{w}”", w=self.word), 0.4, "query")
        bars = ProbabilityBars(
            weights,
            self.trace.tokens,
            order=seen,
            fill="probability",
            total=True,
            width=box.width,
            height=box.height - 0.7,
        )
        box.fit(stack(title, bars, gap=0.15))
        return [FadeIn(title), Grow(bars, "values")]

    def siblings(self):
        l, h = self.layer, self.head
        with self.step(
            "Heads of a layer",
            "Layer {l} has {n} heads. All read this sentence, each in its own way.",
            l=l,
            n=self.heads,
            h=h,
            subtitle="blocks.{l}.attn.pattern [head, query, key] · framed: head {h}",
            keep=(self.dots, self.row_frame),
        ):
            self.label_size = 0.3 if self.wide else 0.26
            room = dict(above=1.3 * self.label_size, right=1.25, gap=0.16)
            box = self.stage
            places = tiles(box, *shape_of(box, self.heads, **room), **room)[: self.heads]
            wall = PatternWall(box, [self.P[l][k] for k in range(self.heads)], places, row=self.position)
            titles = [
                Label(say("head {k}", k=k), self.label_size).next_to(
                    (wall.panel(k).center[0], wall.panel(k).top, 0), UP, buff=0.07
                )
                for k in range(self.heads)
            ]
            start = wall.copy()
            corners = self.dots.corners()
            start.places[h] = (*((corners[0] + corners[2]) / 2)[:2], corners[1][0] - corners[0][0])
            start.shown[:] = 0.0
            start.shown[h] = 1.0
            wall.framed[h] = 1.0
            moving = start.copy()
            self.play(FadeOut(self.dots), FadeOut(self.row_frame), FadeIn(moving), run_time=0.5)
            middle = wall.copy()
            middle.shown = start.shown.copy()
            self.play(Transform(moving, middle), FadeIn(titles[h]), run_time=1.4)
            self.play(Transform(moving, wall), *[FadeIn(t) for k, t in enumerate(titles) if k != h], run_time=1.4)
        self.wall = moving

    def answers(self):
        l, h, i = self.layer, self.head, self.position
        keys = [self.strongest(l, k) for k in range(self.heads)]
        largest = [self.P[l][k, i, key] for k, key in enumerate(keys)]
        first = {self.words[key] for key in keys}
        if i == 0 and self.trace.config.causal:
            caption = "“{w}” comes first: in every head it can look at nothing but itself."
        elif len(first) == 1:
            caption = "“{w}” in {n} heads: “{b}” comes first in all, with {low:.0%} to {high:.0%}."
        else:
            caption = "“{w}” in {n} heads: {k} different words come first."
        with self.step(
            "One word, many views",
            caption,
            w=self.word,
            n=self.heads,
            k=len(first),
            b=self.words[keys[0]],
            low=min(largest, key=float),
            high=max(largest, key=float),
            l=l,
            i=i,
            subtitle="pattern [:, {i}, :] of layer {l} · beside: the word with the most attention",
        ):
            lit = self.wall.copy()
            lit.lit, lit.framed = 1.0, np.zeros(self.heads)
            size = max(fitting_size([self.words[key] for key in keys], 1.2, 0.36), smallest())
            notes = []
            for k, key in enumerate(keys):
                word, share = (
                    Label(self.words[key], size, "key"),
                    Label(say("{w:.0%}", w=largest[k]), max(size, 0.26), "probability"),
                )
                panel = self.wall.panel(k)
                notes.append(
                    VGroup(word, share)
                    .arrange(-UP, buff=0.02, aligned_edge=LEFT)
                    .next_to((panel.right, panel.center[1], 0), RIGHT, buff=0.12)
                )
            self.play(Transform(self.wall, lit), run_time=1)
            self.play(LaggedStart(*[FadeIn(note, shift=0.1 * UP) for note in notes], lag_ratio=0.3), run_time=2)

    def wall_of_all(self):
        l, h = self.layer, self.head
        with self.step(
            "All heads",
            "{m} layers × {n} heads: {all} patterns of one and the same sentence.",
            m=self.layers,
            n=self.heads,
            all=self.layers * self.heads,
            subtitle="model {model} · every layer’s pattern [head, query, key] · framed: layer {l}, head {h}",
            model=self.model_name,
            l=l,
            h=h,
            keep=(self.wall,),
        ):
            wall, labels = self.lay_out_wall()
            mine = [self.flat(l, k) for k in range(self.heads)]
            target = wall.piece(mine)
            self.play(Transform(self.wall, target), *map(FadeIn, labels), run_time=1.6)
            full = wall.copy()
            full.framed[self.flat(l, h)] = 1.0
            wall.shown[:] = 0.0
            wall.shown[mine] = 1.0
            self.remove(self.wall)
            self.add(wall)
            self.play(Transform(wall, full), run_time=1.6)
        self.wall = wall

    def flat(self, layer: int, head: int) -> int:
        """The panel of a head on the wall of all."""
        return layer * self.heads + head

    def lay_out_wall(self, above=None):
        return wall_of_layers(self.stage, self.P, row=self.position, size=0.26 if self.wide else 0.24, above=above)

    # ── names ────────────────────────────────────────────────────────────────────────────────────
    def names(self):
        scores = list(self.scores.values())
        with self.step(
            "Names",
            "A name must be earned: by a measured score at least halfway from chance to {one:.0%}.",
            one=Tensor.given(1, "all attention"),
            model=self.model_name,
            keep=(self.wall,),
            subtitle="model {model} · best head for each name · mean weight over a sample",
        ):
            rows = [self.score_row(score) for score in scores]
            table = ScoreTable(self.stage, rows, stacked=self.portrait)
            best = [self.flat(*score.best) for score in scores]
            minis = self.wall.piece(best)
            minis.framed[:] = 0.0
            self.play(FadeOut(self.wall), FadeIn(minis), run_time=0.4)
            final = minis.at([table.picture(i) for i in range(len(rows))])
            table.grown[:] = 1.0
            self.play(Transform(minis, final), run_time=1.6)
            self.play(Grow(table, "grown", lag=0.5), run_time=3)
        self.minis = minis

    def score_row(self, score) -> Score:
        layer, head = score.best
        return Score(
            score.name,
            say("layer {l}, head {h}", l=layer, h=head),
            (counted(score.meaning), counted(score.sample)),
            score.scores[layer, head],
            chance(score),
            needed(score),
        )

    def named(self):
        count, all_heads = len(self.names_of), self.layers * self.heads
        caption = (
            "{k} of {n} heads earn a name. What the others do has none here."
            if count
            else "None of the {n} heads earns a name here, so none gets one."
        )
        with self.step(
            "Names on the wall",
            caption if count != 1 else "One of {n} heads earns a name. What the others do has none here.",
            k=count,
            n=all_heads,
            keep=(self.minis,),
            subtitle="a name: a score at least halfway from chance to all, on the samples just shown",
        ):
            wall, labels, tags = self.wall_with_tags()
            home = self.minis.at(wall.places[[self.flat(*score.best) for score in self.scores.values()]])
            panels = [self.flat(*pair) for pair in self.names_of]
            wall.shown[:] = DIM
            wall.shown[panels], wall.framed[panels] = 1.0, 1.0
            self.play(Transform(self.minis, home), *map(FadeIn, labels), run_time=1.4)
            self.play(FadeOut(self.minis), FadeIn(wall), run_time=0.8)
            if tags:
                self.play(*map(FadeIn, tags), run_time=0.8)
        self.wall = wall

    def wall_with_tags(self):
        """The wall with room above each row for the tags that stand there, its labels, and the tags."""
        wall, labels = self.lay_out_wall()
        columns, top = np.unique(wall.places[:, 0].round(4)), wall.places[:, 1].max() + wall.places[0, 2] / 2
        pitch = np.diff(columns).min() if len(columns) > 1 else self.stage.width
        tags = {
            self.flat(*pair): name_tag([(s.name, s.scores[pair]) for s in scores], pitch - 0.15)
            for pair, scores in self.names_of.items()
        }
        above = np.zeros(wall.rows.max() + 1)
        for k, tag in tags.items():
            above[wall.rows[k]] = max(above[wall.rows[k]], tag.height + 0.06)
        wall, labels = self.lay_out_wall(above)
        rows, half = -np.unique(-wall.places[:, 1].round(4)), wall.places[0, 2] / 2
        ceilings = [top, *(rows[:-1] - half)]
        for k, tag in tags.items():
            panel = wall.panel(k)
            y = min(
                panel.top + 0.05 + tag.height / 2, ceilings[wall.rows[k]] - tag.height / 2
            )  # where room is short, over its own panel
            tag.move_to((panel.center[0], y, 0))
        return wall, labels, list(tags.values())

    # ── concatenate, multiply, add up ────────────────────────────────────────────────────────────
    def concatenated(self):
        i, l = self.position, self.layer
        with self.step(
            "Concatenate",
            "Every head hands “{w}” its own {d} numbers; side by side they are {n}.",
            w=self.word,
            d=self.Z.shape[1],
            n=self.Z.size,
            l=l,
            i=i,
            subtitle="blocks.{l}.attn.z [:, {i}, :] · one row for each head",
            keep=(self.wall,),
        ):
            self.z = concatenate([self.Z[h] for h in range(self.heads)], 0)
            upper, lower = self.stage.rows(5, 1, gap=0.35)
            self.z_grid = TensorGrid(
                self.Z,
                "value",
                width=upper.width - 1.0,
                height=upper.height,
                cell=(1.15, 0.9),
                rows=max(int(upper.height / max(readable_height(), 0.3)), 3),
                columns=8,
                row_labels=[say("head {h}", h=h) for h in range(self.heads)],
                keep_row=self.head,
                target_row=self.head,
            )
            side = 0.86 * self.z_grid.ch
            Box(upper.left + side + 0.15, upper.bottom, upper.right, upper.top).fit(self.z_grid)
            scale = self.z_grid.strongest
            cell = (lower.width - 0.3) / self.z.size
            strip = TensorGrid(
                self.z,
                "value",
                cell=(cell, min(0.5, lower.height - 0.3)),
                width=99,
                height=99,
                digits=False,
                scale=scale,
            )
            strip.move_to((lower.center[0], lower.top - strip.height / 2, 0))
            ends = [
                strip.cell_center(0, h * self.Z.shape[1] + k)
                for h in range(self.heads)
                for k in (0, self.Z.shape[1] - 1)
            ]
            names = self.segment_names(strip, ends)
            shown = [h for h in self.z_grid.rows if h is not None]
            patterns = self.wall.piece([self.flat(l, h) for h in shown])
            patterns.framed[:] = 0.0
            x = self.z_grid.get_left()[0] - side / 2 - 0.1
            ys = [self.z_grid.cell_center(self.z_grid.shown_row(h), 0)[1] for h in shown]
            self.play(FadeOut(self.wall), Transform(patterns, patterns.at([(x, y, side) for y in ys])), run_time=1.4)
            self.play(Introduce(self.z_grid, "rows", lag=0.3), run_time=1.6)
            self.add_strip(strip, names)
        self.strip = strip

    def segment_names(self, strip: TensorGrid, ends) -> list[Label]:
        """Whose numbers they are, below the strip: all heads if there is room, else by number only."""
        room = strip.width / self.heads
        texts = [say("head {h}", h=h) for h in range(self.heads)]
        if width(texts[-1], 0.22) > room - 0.1:
            texts = [say("{h}", h=h) for h in range(self.heads)]
        return [
            Label(text, max(0.22, smallest()), "target" if h == self.head else "secondary")
            .move_to(((ends[2 * h] + ends[2 * h + 1]) / 2)[:2].tolist() + [0])
            .shift((0, -strip.height / 2 - 0.2, 0))
            for h, text in enumerate(texts)
        ]

    def add_strip(self, strip: TensorGrid, names: list[Label]):
        """The rows fly down one after the other and line up."""
        d, flights = self.Z.shape[1], []
        whole = [c for c, k in enumerate(self.z_grid.columns) if k is not None]
        for h in range(self.heads):
            segment = strip.piece([0], list(range(h * d, (h + 1) * d)))
            if h in self.z_grid.rows:
                flights.append(Transform(self.z_grid.piece([self.z_grid.shown_row(h)], whole), segment))
            else:
                flights.append(FadeIn(segment))
        self.play(LaggedStart(*flights, lag_ratio=0.25), LaggedStart(*map(FadeIn, names), lag_ratio=0.25), run_time=3)
        self.remove(*[m for f in flights for m in (f.mobject,)])
        self.add(strip)

    def output_matrix(self):
        i, l = self.position, self.layer
        W = concatenate([self.W_O[h] for h in range(self.heads)], 0)
        total = self.attn_out if self.bias is None else self.results.sum(0)
        with self.step(
            "Output matrix",
            "One matrix mixes them: {n} numbers in, {m} out. Each head has its own {d} rows of it.",
            n=self.z.size,
            m=W.shape[1],
            d=self.Z.shape[1],
            subtitle="z of all heads · W_O of layer {l} = attn_out [{i}, :]",
            i=i,
            l=l,
            keep=(self.strip,),
        ):
            product = Product(
                self.stage,
                self.z,
                W,
                total,
                kinds=("value", "weight", "delta"),
                names=("z", "W_O", "Δ x"),
                roles=("value", "positive", "delta"),
                rows=9 if self.wide else 16 if self.portrait else 11,
                columns=9 if self.wide else 6,
            )
            self.play(
                FadeOut(self.strip, target_position=product.x.get_center(), scale=0.1),
                FadeIn(product.labels[0]),
                Introduce(product.x, "rows", lag=0.2),
                run_time=1.4,
            )
            self.play(
                Introduce(product.weights, "columns", lag=0.1),
                FadeIn(product.signs),
                FadeIn(product.labels[1]),
                run_time=0.8,
            )
            product.y.reveal(0)
            self.play(FadeIn(product.labels[2]), FadeIn(product.y), run_time=0.4)
            self.play(MatrixProduct(product.x, product.weights, product.y), run_time=3.5)
        self.product = product

    def contributions(self):
        i, l, h = self.position, self.layer, self.head
        parts, names, role = self.results, [say("head {k}", k=k) for k in range(self.heads)], "attn_out"
        if self.bias is not None:
            parts, names = concatenate([parts, stack_tensors([self.bias], "head")], 0), [*names, say("b_O")]
        with self.step(
            "Who adds what",
            "So the output is a sum with one row from each head: every column adds up.",
            l=l,
            i=i,
            subtitle="blocks.{l}.attn.result [:, {i}, :], their sum attn_out [{i}, :] · bar: length √Σx² of the row",
            keep=(self.product.y,),
        ):
            table = SumTable(
                self.stage,
                parts,
                self.attn_out,
                names,
                name_of_total=role,
                keep=h,
                bars=2.6 if self.wide else 1.7,
                height=1.15 * self.row_height,
            )
            self.play(
                FadeOut(self.product.y, target_position=table.total.get_center(), scale=0.3),
                Introduce(table.parts, "rows", lag=0.4),
                run_time=2,
            )
            self.play(FadeIn(table.name_of_total), ResidualAdd(table.parts, table.total), run_time=2.4)
            table.parts.glow = np.zeros_like(table.parts.values)
            self.play(Grow(table.bars, "values", lag=0.2), Grow(table.bar_of_total, "values"), run_time=1.4)
            self.remove(*table.submobjects)
            self.add(table)
            frame = Frame(table.parts.row_corners(table.kept.index(h)))
            self.play(FadeIn(frame), run_time=0.5)

    # ── switch one off ───────────────────────────────────────────────────────────────────────────
    def search(self):
        l, h, i = self.layer, self.head, self.position
        with self.step(
            "Which head matters?",
            "Each head off once, {n} more runs: without head {h} of layer {l}, {x:.0%} of the probability moves.",
            n=len(self.tried),
            h=h,
            l=l,
            x=self.effect[l, h],
            w=self.word,
            keep=(),
            two=2,
            subtitle="next word after “{w}” · Σ|p − p′| / {two} between the run with all and each without one",
        ):
            layers = sorted({layer for layer, _ in self.tried})
            effects = stack_tensors(
                [stack_tensors([self.effect[layer, k] for k in range(self.heads)], "head") for layer in layers], "layer"
            )
            rows, columns = [say("layer {k}", k=k) for k in layers], [say("head {k}", k=k) for k in range(self.heads)]
            if not self.wide:
                effects, rows, columns = effects.T, columns, rows
            place = (layers.index(l), h) if rows[0].startswith("layer") else (h, layers.index(l))
            grid = TensorGrid(
                effects,
                "delta",
                width=self.stage.width,
                height=self.stage.height,
                cell=(1.6, 1.05),
                spec=".1%",
                row_labels=rows,
                column_labels=columns,
                row_label_color="secondary",
                column_label_color="secondary",
                brackets=False,
                size=0.36,
            )
            self.stage.fit(grid)
            self.play(Introduce(grid, "cells", lag=0.12), run_time=3.2)
            self.play(FadeIn(Frame(grid.corners(*place, *place))), run_time=0.6)
        self.effects, self.effect_place = grid, place

    def switch_off(self):
        l, h, i = self.layer, self.head, self.position
        with self.step(
            "Switch it off",
            "Head {h} of layer {l} is set to zero, and the model runs again.",
            h=h,
            l=l,
            w=self.word,
            keep=(self.effects,),
            subtitle="next word after “{w}” · first with all heads, then without layer {l}, head {h}",
        ):
            left, right = self.stage.columns(1, 2.2) if self.wide else self.stage.rows(1, 2.1)
            panel, on_row, off_row, titles = self.head_beside(left)
            bars, without = self.two_distributions(right)
            place = self.effects.piece(*[[k] for k in self.effect_place])
            self.play(FadeOut(self.effects), FadeOut(place, target_position=panel.panel(0).center), run_time=0.8)
            self.play(FadeIn(panel), FadeIn(titles[0]), FadeIn(on_row), Grow(bars, "values", lag=0.1), run_time=1.4)
            self.wait(1.2)
            dark = panel.copy()
            dark.shown[:] = 0.12
            self.play(
                Transform(panel, dark), Transform(on_row, off_row), FadeOut(titles[0]), FadeIn(titles[1]), run_time=1.4
            )
            self.play(Transform(bars, without), run_time=2.2)
        self.bars = bars

    def head_beside(self, box: Box):
        """The head that is switched off: its pattern, and what it adds in either run (the second time, zeros)."""
        l, h, i = self.layer, self.head, self.position
        own = [run[f"blocks.{l}.attn.result"][h, i] for run in (self.trace, self.without[l, h])]
        if self.wide:
            side = min(box.width, box.height - 1.45)
            middle = box.center[0]
            panel = (middle, box.top - 0.6 - side / 2, side)
            room, title_y, row_y = box.width, box.top - 0.25, box.top - 0.6 - side - 0.5
        else:
            side = min(0.45 * box.width, box.height)
            panel = (box.left + side / 2, box.center[1], side)
            room = box.width - side - 0.5
            middle, title_y, row_y = box.right - room / 2, box.center[1] + 0.45, box.center[1] - 0.35
        columns = 4
        cell = dict(
            cell=(min(1.0, (room - 0.4) / (columns - 0.3)), 0.5),
            columns=columns,
            width=99,
            height=99,
            scale=float(np.abs(own[0].values).max()),
            spec="+.2f",
        )
        rows = [TensorGrid(tensor, "delta", **cell).move_to((middle, row_y, 0)) for tensor in own]
        texts = [say("layer {l}, head {h}: on", l=l, h=h), say("layer {l}, head {h}: off", l=l, h=h)]
        size = fitting_size(texts, room, 0.36)
        titles = [
            Label(text, size, role).move_to((middle, title_y, 0))
            for text, role in zip(texts, ("target", "loss"), strict=True)
        ]
        return PatternWall(box, [self.P[l][h]], [panel]), *rows, titles

    def two_distributions(self, box: Box):
        """The next word in both runs, as bars for the same words in the same order."""
        few = max(3, min(5, int(box.height / 0.9)))
        p, q = self.before.values, self.after.values
        likeliest = [
            *np.argsort(-p, kind="stable")[:few],
            *np.argsort(p - q, kind="stable")[: few - 2],
        ]  # in the one, and those that gain most
        ids = sorted({int(k) for k in likeliest}, key=lambda k: -p[k])
        self.column = BarChange.width_of("+.1f", 0.36)
        others = [1 - float(t.values[ids].sum()) for t in (self.before, self.after)]
        longest = max(float(p.max()), float(q.max()), *others)
        options = dict(
            order=ids, width=box.width - self.column, height=box.height - 0.5, longest=longest, fill="probability"
        )
        bars = [ProbabilityBars(tensor, self.trace.vocabulary, **options) for tensor in (self.before, self.after)]
        for one in bars:
            one.move_to(box.center).align_to((box.left, 0, 0), LEFT).align_to((0, box.bottom, 0), -UP)
        return bars

    def difference(self):
        l, h = self.layer, self.head
        change = BarChange(self.bars, self.before, width=self.column)
        up, down = int(np.argmax(change.changes.values)), int(np.argmin(change.changes.values))
        words = [display(self.trace.vocabulary[change.ids[k]]) for k in (up, down)]
        with self.step(
            "What changed",
            "Without it “{a}” gains {x:.1f} percentage points, and “{b}” loses {y:.1f}.",
            a=words[0],
            b=words[1],
            x=change.changes[up],
            y=-change.changes[down],
            w=self.word,
            l=l,
            h=h,
            subtitle="next word after “{w}” · thin line: with all heads · bar: without layer {l}, head {h}",
        ):
            title = Label("percentage points", max(0.24, smallest()), "secondary")
            title.move_to((change.get_right()[0] - title.width / 2, change.get_top()[1] + 0.22, 0))
            self.play(FadeIn(title), Grow(change, "grown", lag=0.3), run_time=2.2)

    def recap(self):
        with self.step(
            "Multi-head attention",
            "{n} heads look, each in its own way; what they find is added up.",
            n=self.heads,
            keep=(),
            subtitle="Concat(z) W_O is a sum with one term for each head",
        ):
            upper, lower = self.stage.rows(1, 1)
            shape = (1, self.heads) if self.wide else shape_of(upper, self.heads)
            wall = PatternWall(
                upper,
                [self.P[self.layer][k] for k in range(self.heads)],
                tiles(upper, *shape)[: self.heads],
                row=self.position,
            )
            colors = dict(z="value", y="value", w="positive", v="positive")
            pieces = (
                '"attn_out" = op("Concat")_h ({{ z^((h)) : z }}) {{ W_O : w }}',
                "= sum_h {{ z^((h)) : y }} {{ W_O^((h)) : v }}",
            )
            pieces = [" ".join(pieces)] if self.wide else pieces
            formula = stack(
                *[Formula(piece, 0.75, **{k: c for k, c in colors.items() if f": {k} " in piece}) for piece in pieces],
                gap=0.3,
            )
            tokens = TokenRow(
                self.trace.tokens,
                unknown=self.trace.unknown,
                width=lower.width,
                size=0.5,
                target=self.position,
                lines=1 if self.wide else 8,
            )
            lower.fit(stack(formula, tokens, gap=0.45))
            self.play(FadeIn(wall), run_time=1)
            self.play(FadeIn(formula), run_time=1)
            self.play(FadeIn(tokens), run_time=0.8)
