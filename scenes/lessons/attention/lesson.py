"""Self-attention, number by number: the flagship lesson."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, FadeTransform, Transform

from model.numbers.tensor import concatenate
from model.numbers.tensor import stack as stack_tensors
from scenes.kit.attention.pattern import AttentionArcs, DotPattern
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import row, stack
from scenes.kit.ground.say import say
from scenes.kit.ground.style import color
from scenes.kit.ground.text import LABEL, Formula, Label, symbol
from scenes.kit.ground.typesetting import width
from scenes.kit.moves.products import DotProduct, MatrixProduct, ResidualAdd, SoftmaxRow, WeightedSum
from scenes.kit.moves.reveal import Grow, Introduce, Reveal
from scenes.kit.moves.travel import Fly
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid, readable_height, readable_width
from scenes.kit.numbers.product import Product, SoftmaxTable
from scenes.kit.numbers.terms import TermSum
from scenes.kit.words.tokens import TokenNumbers, TokenRow
from scenes.lesson.attention_lesson import AttentionLesson


class SelfAttention(AttentionLesson):
    """Scaled dot-product attention, one query followed all the way through (Vaswani et al. 2017, § 3.2.1).

    Afterwards you can recompute any number of it by hand: a query and a key from their rows, a score from
    the two, a weight from the scores, the output from weights and values, and what it adds to the word.
    """

    controls = ("layer", "head", "token")

    def construct(self):
        self.name_tensors()
        self.sentence()
        self.enter_layer()
        self.query()
        self.one_entry()
        self.key()
        self.value()
        self.all_positions()
        self.one_score()
        self.all_scores()
        self.scale()
        self.mask()
        self.softmax()
        self.all_rows()
        self.pattern()
        self.arcs()
        self.weigh()
        self.one_sum()
        self.output()
        self.add_back()
        self.recap()

    def name_tensors(self):
        """The tensors of one head, by the names of the formula."""
        block, h, i = f"blocks.{self.layer}.", self.head, self.position
        attn, trace = block + "attn.", self.trace
        turned = "rot_" if attn + "rot_q" in trace.names else ""  # rotary positions turn q and k before they meet
        self.X = trace[block + "ln1.normalized"]
        group = trace.config.n_heads // trace[attn + "W_K"].shape[0]  # heads that share one key and value
        self.W_Q, self.W_O = trace[attn + "W_Q"][h], trace[attn + "W_O"][h]
        self.W_K, self.W_V = trace[attn + "W_K"][h // group], trace[attn + "W_V"][h // group]
        self.Q, self.K, self.V = trace[attn + "q"][h], trace[attn + "k"][h], trace[attn + "v"][h]
        self.q_met, self.k_met = trace[f"{attn}{turned}q"][h], trace[f"{attn}{turned}k"][h]
        self.rotary = bool(turned)
        self.raw, self.scaled = trace[attn + "scores_raw"][h], trace[attn + "scores"][h]
        self.masked, self.A = trace[attn + "scores_masked"][h], trace[attn + "pattern"][h]
        self.z, self.result = trace[attn + "z"][h], trace[attn + "result"]
        self.before, self.after = trace[block + "resid_pre"], trace[block + "resid_mid"]
        weights = self.A.values[i]
        self.other = int(np.argmax(np.where(np.arange(len(weights)) == i, -1, weights))) if i else 0
        self.entry = int(np.argmax(np.abs(self.Q.values[i])))  # the entry of q that is worked out by hand
        self.phrases["where"] = say("layer {l} · head {h}", l=self.layer, h=self.head)

    # ── the words ────────────────────────────────────────────────────────────────────────────────
    def sentence(self):
        config = self.trace.config
        with self.step(
            "Self-attention",
            "How “{word}” looks "
            + ("back at the words before it" if config.causal else "at the words around it")
            + ", number by number.",
            keep=(),
            subtitle="model {model} · {layers} layers × {heads} heads · here: layer {l}, head {h}",
            model=self.model_name,
            layers=config.n_layers,
            heads=config.n_heads,
            l=self.layer,
            h=self.head,
            word=self.words[self.position],
        ):
            self.tokens, arcs, numbers = self.sentence_with_arcs()
            plain = self.tokens.copy()
            plain.tint[:], plain.edge[:] = color("ink"), color("box_edge")
            self.play(FadeIn(plain, shift=0.2 * UP), run_time=1)
            self.play(FadeTransform(plain, self.tokens), run_time=0.6)
            self.play(Grow(arcs, "grown", lag=0.2), Grow(numbers, "shown_opacity", lag=0.2), run_time=1.5)
        if self.trace.unknown:
            with self.step(
                "Unknown words",
                "{words}: not among the words that {model} knows, so read as <unk>.",
                words=", ".join(f"“{self.words[k]}”" for k in self.trace.unknown[:3]),
                model=self.model_name,
            ):
                bright = self.tokens.copy()
                self.play(
                    FadeOut(arcs),
                    FadeOut(numbers),
                    Transform(self.tokens, self.tokens.copy().dim_others(*self.trace.unknown)),
                    run_time=0.8,
                )
                self.play(Transform(self.tokens, bright), run_time=0.8)

    def sentence_with_arcs(self):
        """The sentence, the arcs of the query that we follow, and the weights beside the words."""
        i, stage = self.position, self.stage
        options = dict(unknown=self.trace.unknown, target=i, size=0.6)
        tokens = TokenRow(self.trace.tokens, width=stage.width, **options)
        if tokens.size < 0.2 or self.portrait:
            left = stage.columns(1.3, 1)[0]
            tokens = left.fit(
                TokenRow(self.trace.tokens, width=left.width - 1, height=stage.height, down=True, gap=0.08, **options)
            )
            numbers = TokenNumbers(tokens, self.A[i])
            arcs = AttentionArcs(tokens, self.A[i], i, height=min(2.4, 0.9 * (stage.right - numbers.get_right()[0])))
            return tokens, arcs.shift((numbers.get_right()[0] - arcs.get_left()[0]) * RIGHT), numbers
        height = min(3.6, stage.height - tokens.height - 0.7)
        tokens.move_to(stage.center).set_y(stage.bottom + 0.55 + (stage.height - height - 0.55) / 2)
        return tokens, AttentionArcs(tokens, self.A[i], i, height=height), TokenNumbers(tokens, self.A[i])

    def enter_layer(self):
        with self.step(
            "Input",
            "In layer {l} every word arrives as a row of {d} numbers, x.",
            keep=(self.tokens,),
            subtitle="blocks.{l}.ln1.normalized  [position, d_model] · first columns of {d}",
            l=self.layer,
            d=self.X.shape[1],
        ):
            rows = self.rows_that_fit(head=0.2)
            grid = self.grid(self.X, "data", columns=10 if self.wide else 6, rows=rows, row_labels=self.words)
            self.stage.fit(grid)
            self.play(FadeOut(self.tokens, target_position=grid.get_left(), scale=0.3), run_time=0.7)
            self.play(Introduce(grid, "rows", lag=0.2), run_time=1.6)
            frame = Frame(grid.row_corners(grid.shown_row(self.position)))
            self.play(FadeIn(frame), run_time=0.6)
        self.x_grid, self.x_frame = grid, frame

    # ── query, key, value ────────────────────────────────────────────────────────────────────────
    def query(self):
        i = self.position
        with self.step(
            "Query",
            "The row of “{word}” meets each column of the query matrix: {n} products, one sum.",
            word=self.words[i],
            subtitle="position {i} “{word}” · {where} · its row times the query matrix",
            i=i,
            n=self.X.shape[1],
            keep=(self.x_grid, self.x_frame),
        ):
            product = self.product(self.X[i], self.W_Q, self.Q[i], "x", "W_Q", "q", "query", i)
            source = self.x_grid.row(self.x_grid.shown_row(i))
            self.play(
                FadeOut(self.x_grid),
                FadeOut(self.x_frame),
                Fly(source, product.x),
                FadeIn(product.labels[0]),
                run_time=1.3,
            )
            self.play(
                Introduce(product.weights, "columns", lag=0.1),
                FadeIn(product.signs),
                FadeIn(product.labels[1]),
                run_time=1,
            )
            self.multiply(product, run_time=4.2)
        self.product_of_query = product

    def product(self, x, weights, y, x_name, w_name, y_name, role, i) -> Product:
        box = self.stage.rows(5, 1)[0] if self.wide else self.stage.rows(4, 1)[0]
        names = ((x_name, i), w_name, (y_name, i))
        return Product(
            box,
            x,
            weights,
            y,
            kinds=("data", "weight", role),
            names=names,
            roles=("ink", "positive", role),
            rows=self.depth,
        )

    @property
    def depth(self) -> int:
        """How many rows of a tall matrix are shown."""
        return 9 if self.wide else 16 if self.portrait else 12

    def multiply(self, product: Product, run_time: float):
        product.y.reveal(0)
        self.play(FadeIn(product.labels[2]), FadeIn(product.y), run_time=0.4)
        self.play(MatrixProduct(product.x, product.weights, product.y), run_time=run_time)

    def one_entry(self):
        i, c, product = self.position, self.entry, self.product_of_query
        with self.step(
            "One entry",
            "Entry {c} of the query, worked out: {n} products add up to {q:+.2f}.",
            c=c,
            n=self.X.shape[1],
            q=self.Q[i, c],
        ):
            room = self.stage.rows(5, 1)[1] if self.wide else self.stage.rows(4, 1)[1]
            terms = TermSum(
                self.X[i], self.W_Q[:, c], self.Q[i, c], width=room.width, lines=1 if self.wide else 3, size=0.4
            )
            room.fit(terms)
            frames = [Frame(g.corners(0, j, None, j)) for g, j in ((product.x, 0), (product.weights, c))]
            frames.append(Frame(product.y.corners(c, 0, c, 0)))
            self.play(*[FadeIn(f) for f in frames], run_time=0.6)
            self.play(DotProduct(terms), run_time=4)

    def key(self):
        j = self.other
        with self.step(
            "Key",
            "Every word also has a key, to be met by queries. That of “{word}”:",
            word=self.words[j],
            keep=(),
            subtitle="position {j} “{word}” · {where} · its row times the key matrix",
            j=j,
        ):
            product = self.product(self.X[j], self.W_K, self.K[j], "x", "W_K", "k", "key", j)
            self.play(
                Introduce(product.x),
                Introduce(product.weights, "columns", lag=0.1),
                FadeIn(product.signs),
                FadeIn(product.labels[0]),
                FadeIn(product.labels[1]),
                run_time=1,
            )
            self.multiply(product, run_time=2.6)
        self.product_of_key = product

    def value(self):
        j, old = self.other, self.product_of_key
        with self.step(
            "Value",
            "And a value: what “{word}” hands over to those who attend to it.",
            word=self.words[j],
            keep=(old.x, old.labels[0], old.signs),
            subtitle="position {j} “{word}” · {where} · its row times the value matrix",
            j=j,
        ):
            product = self.product(self.X[j], self.W_V, self.V[j], "x", "W_V", "v", "value", j)
            self.play(Introduce(product.weights, "columns", lag=0.1), FadeIn(product.labels[1]), run_time=0.8)
            self.multiply(product, run_time=2.6)

    def all_positions(self):
        with self.step(
            "All positions",
            "The same for every word: queries, keys and values, row by row.",
            keep=(),
            subtitle="{where} · one row for each word, {d} numbers each",
            d=self.Q.shape[1],
        ):
            names = (("Q", self.Q, "query"), ("K", self.K, "key"), ("V", self.V, "value"))
            across = 3 if self.wide else 1
            side = max(width(word, 0.34) for word in self.words) + 0.3
            share = (self.stage.width - side) / across - 0.65
            narrowest = max(readable_width(tensor, "+.1f") for _, tensor, _ in names)
            columns = min(self.columns_of_head, int(share / narrowest))
            cw = min(1.0, share / (columns + 0.05))
            room = self.stage.height - 0.8 if self.wide else self.stage.height / 3 - 0.5
            grids = [
                TensorGrid(
                    tensor,
                    role,
                    width=99,
                    height=room,
                    cell=(cw, self.row_height),
                    spec="+.1f",
                    rows=int(room / 0.3),
                    keep_row=self.position if name == "Q" or self.wide else self.other,
                    columns=columns,
                    row_labels=self.words if not (self.wide and name != "Q") else None,
                    target_row=self.position,
                )
                for name, tensor, role in names
            ]
            labels = [Formula(f"{name} = X W_{name}" if self.wide else name, 0.5, role) for name, _, role in names]
            table = row(*grids, gap=0.35) if self.wide else stack(*grids, gap=0.4)
            self.stage.fit(table, 0.4).shift(0.35 * DOWN if self.wide else 0.35 * LEFT)
            for label, grid in zip(labels, grids, strict=True):
                if self.wide:
                    corners = grid.corners()
                    label.next_to((corners[0] + corners[1]) / 2, UP, buff=0.2)
                else:
                    label.next_to(grid, RIGHT, buff=0.2)
            self.play(*[FadeIn(label) for label in labels], *[Introduce(g, "rows", lag=0.3) for g in grids], run_time=3)
            marks = [
                Frame(g.row_corners(g.shown_row(p)))
                for g, p in ((grids[0], self.position), (grids[1], self.other))
                if p in g.rows
            ]
            self.play(*[FadeIn(m) for m in marks], run_time=0.6)
        self.Q_grid, self.K_grid = grids[0], grids[1]

    @property
    def columns_of_head(self) -> int:
        return 8 if self.Q.shape[1] <= 8 else 6

    # ── scores ───────────────────────────────────────────────────────────────────────────────────
    def one_score(self):
        i, j = self.position, self.other
        q, k, score = self.q_met[i], self.k_met[j], self.raw[i, j]
        extra = ", both turned by the angles of their positions (rotary)" if self.rotary else ""
        with self.step(
            "One score",
            "The query of “{a}” times the key of “{b}”: {n} products add up to {s:+.2f}.",
            keep=(self.Q_grid, self.K_grid),
            a=self.words[i],
            b=self.words[j],
            n=len(q),
            s=score,
            subtitle="{where} · q{i} · k{j}" + extra,
            i=i,
            j=j,
        ):
            cell = (min(1.25, (self.stage.width - 2.1) / 8.8), 1.3 * self.row_height)
            columns = 8 if len(q) <= 8 else 7
            grids = [
                TensorGrid(q, "query", cell=cell, columns=columns, brackets=True),
                TensorGrid(k, "key", cell=cell, columns=columns, brackets=True),
                TensorGrid(q * k, "score", cell=cell, columns=columns, brackets=True),
            ]
            table = stack(*grids, gap=0.35)
            terms = TermSum(q, k, score, width=self.stage.width, lines=2 if self.wide else 4, size=0.4)
            stack(table, terms, gap=0.6).move_to(self.stage.center).shift((0.3, 0, 0))
            terms.set_x(0)
            labels = [
                label.next_to(grid, LEFT, buff=0.25)
                for label, grid in zip(
                    (symbol("q", i, 0.52, "query"), symbol("k", j, 0.52, "key"), Formula("q dot.o k", 0.52)),
                    grids,
                    strict=True,
                )
            ]
            flights = []
            for source, p, target in ((self.Q_grid, i, grids[0]), (self.K_grid, j, grids[1])):
                if p in source.rows and source.columns == target.columns and not self.rotary:
                    flights.append(Fly(source.row(source.shown_row(p)), target))
                else:
                    flights.append(Introduce(target))
            self.play(
                FadeOut(self.Q_grid), FadeOut(self.K_grid), *flights, FadeIn(labels[0]), FadeIn(labels[1]), run_time=1.4
            )
            self.play(FadeIn(labels[2]), Introduce(grids[2], "columns", lag=0.5), run_time=1.6)
            self.play(DotProduct(terms), run_time=2.8)
        self.score_terms = terms

    def score_grid(self, tensor, kind="score", **kwargs) -> TensorGrid:
        """An n × n grid with words as headers, as many as can be read with their numbers."""
        side = max(width(word, 0.34) for word in self.words) + 0.5
        spec = kwargs.get("spec", "+.2f")
        options = dict(
            width=self.stage.width,
            height=self.stage.height,
            rows=self.rows_that_fit(head=1.3),
            columns=int(
                (self.stage.width - side - 0.3) / readable_width(self.raw if kind == "score" else tensor, spec)
            ),
            row_labels=self.words,
            column_labels=self.words,
            column_label_color="key",
            keep_row=self.position,
            keep_column=self.other,
            target_row=self.position,
            brackets=False,
            cell=(1.05, self.row_height),
            spec=spec,
        )
        return self.stage.fit(TensorGrid(tensor, kind, **{**options, **kwargs}))

    def all_scores(self):
        i, j = self.position, self.other
        with self.step(
            "Scores",
            "Each query meets each key; “{a}” · “{b}” lands here: {s:+.2f}.",
            a=self.words[i],
            b=self.words[j],
            s=self.raw[i, j],
            subtitle="{where} · scores_raw [query, key] · rows are queries, columns are keys",
            keep=(self.score_terms,),
        ):
            grid = self.score_grid(self.raw)
            place = (grid.shown_row(i), grid.shown_column(j))
            grid.reveal(0)
            frame = Frame(grid.corners(*place, *place))
            landing = self.score_terms.copy()
            self.play(
                FadeOut(self.score_terms, target_position=grid.cell_center(*place), scale=0.3),
                FadeIn(grid),
                FadeIn(frame),
                run_time=1.4,
            )
            self.remove(landing)
            grid.cell_opacity[place], grid.text_opacity[place] = 1.0, 1.0
            self.play(Reveal(grid, "cells", lag=0.08), run_time=3)
        self.scores, self.score_frame = grid, frame

    def scale(self):
        i, j = self.position, self.other
        with self.step(
            "Scale",
            "All are divided by √{d}: {a:+.2f} becomes {b:+.2f}.",
            d=self.Q.shape[1],
            a=self.raw[i, j],
            b=self.scaled[i, j],
            subtitle="{where} · scores = scores_raw / √{d}, lest they grow with the number of entries",
        ):
            self.play(Transform(self.scores, self.score_grid(self.scaled)), run_time=2)

    def mask(self):
        with self.step(
            "Mask",
            "No word may look ahead: what comes later is set to {never}."
            if self.trace.config.causal
            else "Nothing is masked here: every word sees every other.",
            never=self.masked[0, len(self.words) - 1],
            subtitle="{where} · scores_masked",
        ):
            self.play(FadeOut(self.score_frame), Transform(self.scores, self.score_grid(self.masked)), run_time=2)
            frame = Frame(self.scores.row_corners(self.scores.shown_row(self.position)))
            self.play(FadeIn(frame), run_time=0.6)
        self.score_frame = frame

    # ── softmax ──────────────────────────────────────────────────────────────────────────────────
    def softmax(self):
        i = self.position
        less = " less the largest" if SoftmaxTable.shifts(self.masked[i]) else ""
        with self.step(
            "Softmax",
            "The row of “{word}” becomes weights: raise e to each score{less}, divide by the sum.",
            word=self.words[i],
            subtitle="{where} · scores_masked [{i}, :] → pattern [{i}, :]",
            i=i,
            less=less,
            keep=(self.scores, self.score_frame),
        ):
            table = SoftmaxTable(self.stage, self.masked[i], self.words, down=not self.wide)
            row_piece = self.scores.piece(
                [self.scores.shown_row(i)], [c for c, k in enumerate(self.scores.columns) if k is not None]
            )
            self.play(
                FadeOut(self.scores),
                FadeOut(self.score_frame),
                FadeOut(row_piece, target_position=table.scores.get_center()),
                FadeIn(table.scores),
                FadeIn(table.labels[0]),
                run_time=1.2,
            )
            self.play(SoftmaxRow(table), run_time=5)
        self.softmax_table = table

    def all_rows(self):
        i = self.position
        with self.step(
            "All rows",
            "Every query has its row of weights; each adds up to {one:.0f}.",
            one=self.A[i].sum(0),
            subtitle="{where} · pattern [query, key]",
            keep=(self.softmax_table.weights,),
        ):
            grid = self.score_grid(self.A, "probability", spec=".2f", scale=1.0)
            grid.reveal(0)
            place = grid.shown_row(i)
            self.play(
                FadeOut(
                    self.softmax_table.weights,
                    target_position=grid.cell_center(place, len(grid.columns) // 2),
                    scale=0.5,
                ),
                FadeIn(grid),
                run_time=1,
            )
            grid.cell_opacity[place], grid.text_opacity[place] = 1.0, 1.0
            self.play(Reveal(grid, "rows", lag=0.3), run_time=2.2)
        self.weights = grid

    def pattern(self):
        i, j = self.position, self.other
        with self.step(
            "Pattern",
            "“{a}” gives {w:.0%} of its attention to “{b}”.",
            a=self.words[i],
            b=self.words[j],
            w=self.A[i, j],
            subtitle="{where} · pattern: dot area ∝ weight",
            keep=(self.weights,),
        ):
            crowded = len(self.words) > 12 and not self.wide and not self.portrait  # then the dots need all the room
            boxes = self.stage.columns(1.55, 1) if self.wide else [self.stage] if crowded else self.stage.rows(1.3, 1)
            dots = DotPattern(
                self.A,
                width=boxes[0].width,
                height=boxes[0].height,
                row_labels=self.words,
                column_labels=self.words,
                target_row=i,
                cell=(0.62, 0.62),
            )
            boxes[0].fit(dots)
            self.play(FadeTransform(self.weights, dots), run_time=1.2)
            if crowded:
                self.play(FadeIn(Frame(dots.row_corners(dots.shown_row(i)))), run_time=0.6)
            else:
                self.attention_bars(boxes[1])

    def attention_bars(self, box):
        """The weights of the query that we follow, as bars that add up to 100 %."""
        i = self.position
        seen = [k for k in range(len(self.words)) if k <= i or not self.trace.config.causal]
        limit = max(int((box.height - 1.2) / 0.36), 4)
        if len(seen) > limit:
            seen = sorted(sorted(seen, key=lambda k: -self.A.values[i, k])[: limit - 1])
        title = Label(say("attention of “{w}”", w=self.words[i]), 0.4, "query")
        bars = ProbabilityBars(
            self.A[i],
            self.trace.tokens,
            order=seen,
            fill="probability",
            total=True,
            width=box.width,
            height=box.height - 0.7,
        )
        box.fit(stack(title, bars, gap=0.15))
        self.play(FadeIn(title), Grow(bars, "values"), run_time=1.6)

    def arcs(self):
        i, j = self.position, self.other
        with self.step(
            "Who looks where",
            "Line width is weight: “{a}” looks at “{b}” most, {w:.0%}.",
            a=self.words[i],
            b=self.words[j],
            w=self.A[i, j],
            subtitle="{where} · line width ∝ attention weight",
            keep=(),
        ):
            tokens, arcs, numbers = self.sentence_with_arcs()
            self.play(FadeIn(tokens), run_time=0.8)
            self.play(Grow(arcs, "grown", lag=0.2), Grow(numbers, "shown_opacity", lag=0.2), run_time=2)

    # ── what comes out ───────────────────────────────────────────────────────────────────────────
    def kept_and_rest(self, limit: int):
        """Which words' terms are written out, and those that are put together (so that every sum still adds up)."""
        n = len(self.words)
        if n <= limit:
            return list(range(n)), []
        kept = sorted(sorted(range(n), key=lambda k: -self.A.values[self.position, k])[: limit - 1])
        return kept, [k for k in range(n) if k not in kept]

    def weigh(self):
        i = self.position
        with self.step(
            "Weighted values",
            "Each word’s value, scaled by its weight …",
            keep=(),
            word=self.words[i],
            subtitle="{where} · pattern [{i}, key] × v [key, :]",
            i=i,
        ):
            box = self.stage
            kept, rest = self.kept_and_rest(int((box.height - 1.4) / 0.36))
            labels = [self.words[k] for k in kept]
            weighted = (self.V.T * self.A[i]).T
            shown = weighted[kept]
            if rest:
                shown = concatenate([shown, stack_tensors([weighted[rest].sum(0)], "key")], 0)
            more = [say("{k} more", k=len(rest))] if rest else []
            side = max(width(word, 0.34) for word in labels) + 0.3
            columns, lines = self.columns_of_head, len(labels) + len(more) + 1.8
            cell = (
                min(1.1, (box.width - side - 1.1) / (columns + 1.8)),
                min(1.1 * self.row_height, (box.height - 0.6) / lines),
            )
            room = dict(width=99, height=99, cell=cell, columns=columns)
            a = TensorGrid(
                self.A[i][kept],
                "probability",
                upright=True,
                spec=".2f",
                scale=1.0,
                row_labels=labels,
                row_label_color="key",
                brackets=False,
                **{**room, "columns": 1},
            )
            v = TensorGrid(self.V[kept], "value", **room)
            times = Label("×", 0.5)
            pair = row(a, times, v, gap=0.2).move_to(box.center)
            pair.align_to((0, box.top - 0.55, 0), UP)
            strongest = float(np.abs(np.concatenate([shown.values, self.z.values[i][None]])).max())
            av = TensorGrid(
                shown, "value", scale=strongest, row_labels=[""] * len(labels) + more if rest else None, **room
            )
            av.align_to(v, UP).align_to(v, RIGHT)
            z = TensorGrid(self.z[i], "value", scale=strongest, **room)
            z.next_to(av, DOWN, buff=0.25).align_to(av, RIGHT)
            titles = [
                Formula("a", 0.46, "probability").next_to(a.cell_center(0, 0), UP, buff=cell[1] / 2 + 0.12),
                Formula("V", 0.46, "value").next_to(v, UP, buff=0.12),
            ]
            product = Formula("a_j v_j", 0.46, "value").move_to(titles[1])
            self.play(Introduce(a), Introduce(v), FadeIn(times), *map(FadeIn, titles), run_time=1.4)
            self.wait(0.4)
            self.play(
                FadeOut(v),
                FadeOut(times),
                FadeOut(titles[1]),
                FadeIn(product),
                Introduce(av, "rows", lag=0.5),
                run_time=2.5,
            )
        self.weighted, self.z_grid = av, z

    def one_sum(self):
        i = self.position
        with self.step(
            "Sum",
            "… and summed: z, what “{word}” has gathered.",
            word=self.words[i],
            subtitle="{where} · z [{i}, :] = Σ pattern [{i}, key] · v [key, :]",
            i=i,
        ):
            z = self.z_grid
            label = symbol("z", i, 0.46, "value").next_to(z, LEFT, buff=0.2)
            self.play(FadeIn(label), WeightedSum(self.weighted, z), run_time=3)

    def output(self):
        i = self.position
        with self.step(
            "Output",
            "The output matrix turns these {d} numbers into {n}, as many as x has.",
            keep=(self.z_grid,),
            d=self.z.shape[1],
            n=self.W_O.shape[1],
            subtitle="{where} · result [{i}, :]",
            i=i,
        ):
            box = self.stage
            product = Product(
                box,
                self.z[i],
                self.W_O,
                self.result[self.head, i],
                kinds=("value", "weight", "delta"),
                columns=9 if self.wide else 6,
                names=(("z", i), "W_O", "Δ x"),
                roles=("value", "positive", "delta"),
                rows=self.depth,
            )
            self.play(Fly(self.z_grid, product.x), FadeOut(self.z_grid), FadeIn(product.labels[0]), run_time=1.2)
            self.remove(self.z_grid)
            self.play(
                Introduce(product.weights, "columns", lag=0.1),
                FadeIn(product.signs),
                FadeIn(product.labels[1]),
                run_time=0.8,
            )
            self.multiply(product, run_time=3)
        self.delta_grid = product.y

    def add_back(self):
        i, h = self.position, self.head
        others = [k for k in range(self.trace.config.n_heads) if k != h]
        with self.step(
            "Residual",
            "This row and those of the other {n} heads are added to “{word}”.",
            n=len(others),
            word=self.words[i],
            subtitle="resid_mid = resid_pre + Σ heads’ results · position {i}, layer {l}",
            i=i,
            l=self.layer,
            keep=(self.delta_grid,),
        ):
            columns = 10 if self.wide else 5
            width = self.stage.width - 3.2
            room = dict(
                cell=(min(1.0, width / (columns - 0.4)), 1.4 * self.row_height), width=99, height=99, columns=columns
            )
            parts = [(self.before[i], "data", "before"), (self.result[h, i], "delta", say("+ head {h}", h=h))]
            if others:
                parts.append((self.result[others, i].sum(0), "delta", "+ other heads"))
            parts.append((self.after[i], "data", "= after"))
            scale = float(max(np.abs(np.asarray(t.values)).max() for t, _, _ in parts))
            grids = [TensorGrid(t, kind, scale=scale, **room) for t, kind, _ in parts]
            table = stack(*grids, gap=0.35).move_to(self.stage.center).shift((1.2, 0, 0))
            labels = [
                Label(text, LABEL, "delta" if "+" in text else "ink").next_to(g, (-1, 0, 0), buff=0.25)
                for g, (_, _, text) in zip(grids, parts, strict=True)
            ]
            self.play(
                Introduce(grids[0], "columns", lag=0.1),
                FadeIn(labels[0]),
                Fly(self.delta_grid, grids[1]),
                FadeOut(self.delta_grid),
                FadeIn(labels[1]),
                run_time=1.4,
            )
            self.remove(self.delta_grid)
            if others:
                self.play(Introduce(grids[2], "columns", lag=0.1), FadeIn(labels[2]), run_time=1)
            self.play(FadeIn(labels[-1]), ResidualAdd(*grids), run_time=2.5)
        del table

    def recap(self):
        i, j = self.position, self.other
        with self.step(
            "Attention",
            "Who looks where, what is passed on: “{a}” took {w:.0%} from “{b}”.",
            a=self.words[i],
            b=self.words[j],
            w=self.A[i, j],
            keep=(),
            subtitle="{where} · softmax along each row" + (", later words masked" if self.trace.config.causal else ""),
        ):
            formula = Formula(
                'op("softmax")( ({{ Q : q }} {{ K^T : k }}) / sqrt(d_"head") ) {{ V : v }}',
                0.9,
                q="query",
                k="key",
                v="value",
            )
            tokens = TokenRow(
                self.trace.tokens,
                unknown=self.trace.unknown,
                width=self.stage.width,
                size=0.5,
                target=i,
                lines=1 if self.wide else 8,
            )
            self.stage.fit(stack(formula, tokens, gap=0.9))
            self.play(FadeIn(formula), run_time=1)
            self.play(FadeIn(tokens), run_time=0.8)

    # ── sizes ────────────────────────────────────────────────────────────────────────────────────
    def rows_that_fit(self, head: float) -> int:
        """How many rows of numbers the stage holds under a header of that height."""
        return int((self.stage.height - head) / max(0.3, readable_height()))

    def grid(self, tensor, kind, **kwargs) -> TensorGrid:
        kwargs.setdefault("keep_row", self.position)
        kwargs.setdefault("target_row", self.position)
        return TensorGrid(
            tensor, kind, width=self.stage.width, height=self.stage.height, cell=(1.0, self.row_height), **kwargs
        )
