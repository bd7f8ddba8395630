"""Self-attention, number by number: the flagship lesson."""

from __future__ import annotations

from typing import Any

from manim import RIGHT, UP, FadeIn, FadeOut, FadeTransform, Transform

from model.numbers.tensor import Tensor
from model.study.views import AttentionHead
from scenes.kit.attention.pattern import AttentionArcs
from scenes.kit.ground.say import say
from scenes.kit.ground.style import color
from scenes.kit.ground.text import Formula
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import Look, formula_over_sentence, frame_row, rows_that_fit
from scenes.kit.words.tokens import TokenNumbers, TokenRow
from scenes.lesson.attention_lesson import AttentionLesson
from scenes.lesson.claims import most
from scenes.lessons.attention import outcome, projections, scores

SMALLEST_TOKEN = 0.2  # em below which a sentence is set one word below the other


class SelfAttention(AttentionLesson):
    """Scaled dot-product attention, one query followed all the way through (Vaswani et al. 2017, § 3.2.1).

    Afterwards you can recompute any number of it by hand: a query and a key from their rows, a score from
    the two, a weight from the scores, the output from weights and values, and what it adds to the word.
    """

    controls = ("layer", "head", "token")

    def prepare(self) -> None:
        """`view` is the head that is shown, `query` the query that is followed."""
        super().prepare()
        self.view = AttentionHead(self.trace, self.layer, self.head)
        self.query = self.view.query(self.position)
        i, j = self.position, self.query.other
        where = say("layer {l} · head {h}", l=self.layer, h=self.head)
        self.phrases |= dict(where=where, l=self.layer, h=self.head, i=i, j=j)
        self.phrases |= dict(word=self.words[i], a=self.words[i], b=self.words[j])

    def construct(self) -> None:
        tokens = self.sentence()
        grid, frame = self.enter_layer(tokens)
        product = projections.query(self, grid, frame)
        projections.one_entry(self, product)
        product = projections.key(self)
        projections.value(self, product)
        queries, keys = projections.all_positions(self)
        terms = scores.one_score(self, queries, keys)
        grid, frame = scores.all_scores(self, terms)
        scores.scale(self, grid)
        frame = scores.mask(self, grid, frame)
        table = scores.softmax(self, grid, frame)
        weights = scores.all_rows(self, table)
        outcome.pattern(self, weights)
        self.arcs()
        weighted, z = outcome.weigh(self)
        outcome.one_sum(self, weighted, z)
        delta = outcome.output(self, z)
        outcome.add_back(self, delta)
        self.recap()

    # ── the words ────────────────────────────────────────────────────────────────────────────────
    def sentence(self) -> TokenRow:
        config = self.trace.config
        sides = "back at the words before it" if config.causal else "at the words around it"
        with self.step(
            "Self-attention",
            f"How “{{word}}” looks {sides}, number by number.",
            keep=(),
            subtitle="model {model} · {layers} layers × {heads} heads · here: layer {l}, head {h}",
            model=self.model_name,
            layers=config.n_layers,
            heads=config.n_heads,
        ):
            tokens, arcs, numbers = self.sentence_with_arcs()
            plain = tokens.copy()
            plain.tint[:], plain.edge[:] = color("ink"), color("box_edge")
            self.play(FadeIn(plain, shift=0.2 * UP), run_time=1)
            self.play(FadeTransform(plain, tokens), run_time=0.6)
            self.play(Grow(arcs, "grown", lag=0.2), Grow(numbers, "shown_opacity", lag=0.2), run_time=1.5)
        if self.trace.unknown:
            self.unknown_words(tokens, arcs, numbers)
        return tokens

    def unknown_words(self, tokens: TokenRow, arcs: AttentionArcs, numbers: TokenNumbers) -> None:
        with self.step(
            "Unknown words",
            "{words}: not among the words that {model} knows, so read as <unk>.",
            words=", ".join(f"“{self.words[k]}”" for k in self.trace.unknown[:3]),
            model=self.model_name,
        ):
            bright, dimmed = tokens.copy(), tokens.copy().dim_others(*self.trace.unknown)
            self.play(FadeOut(arcs), FadeOut(numbers), Transform(tokens, dimmed), run_time=0.8)
            self.play(Transform(tokens, bright), run_time=0.8)

    def sentence_with_arcs(self) -> tuple[TokenRow, AttentionArcs, TokenNumbers]:
        """The sentence, the arcs of the query that we follow, and the weights beside the words."""
        weights, stage = self.query.weights, self.stage
        options: Look = dict(unknown=self.trace.unknown, target=self.position, size=0.6)
        tokens = TokenRow(self.trace.tokens, width=stage.width, **options)
        if tokens.size < SMALLEST_TOKEN or self.portrait:
            left = stage.columns(1.3, 1)[0]
            options |= dict(width=left.width - 1, height=stage.height, down=True, gap=0.08)
            tokens = left.fit(TokenRow(self.trace.tokens, **options))
            numbers = TokenNumbers(tokens, weights)
            edge = numbers.get_right()[0]
            arcs = AttentionArcs(tokens, weights, self.position, height=min(2.4, 0.9 * (stage.right - edge)))
            return tokens, arcs.shift((edge - arcs.get_left()[0]) * RIGHT), numbers
        below = 0.55  # the numbers under the words
        height = min(3.6, stage.height - tokens.height - 0.7)
        tokens.move_to(stage.center).set_y(stage.bottom + below + (stage.height - height - below) / 2)
        arcs = AttentionArcs(tokens, weights, self.position, height=height)
        return tokens, arcs, TokenNumbers(tokens, weights)

    def enter_layer(self, tokens: TokenRow) -> tuple[TensorGrid, Frame]:
        X = self.view.X
        with self.step(
            "Input",
            "In layer {l} every word arrives as a row of {d} numbers, x.",
            keep=(tokens,),
            subtitle="blocks.{l}.ln1.normalized  [position, d_model] · first columns of {d}",
            d=X.shape[1],
        ):
            rows, columns = rows_that_fit(self.stage.height - 0.2), self.by(wide=10, square=6, tall=6)
            grid = self.grid(X, "data", columns=columns, rows=rows, row_labels=self.words)
            self.play(FadeOut(tokens, target_position=grid.get_left(), scale=0.3), run_time=0.7)
            self.play(Introduce(grid, "rows", lag=0.2), run_time=1.6)
            frame = frame_row(grid, self.position)
            self.play(FadeIn(frame), run_time=0.6)
        return grid, frame

    def grid(self, tensor: Tensor, kind: str, **options: Any) -> TensorGrid:
        """A grid of the stage's size in which the row that we follow is marked and never left out."""
        room: Look = dict(width=self.stage.width, height=self.stage.height, cell=(1.0, self.row_height))
        return self.stage.fit(
            TensorGrid(tensor, kind, keep_row=self.position, target_row=self.position, **(room | options))
        )

    # ── what was seen ────────────────────────────────────────────────────────────────────────────
    def arcs(self) -> None:
        with self.step(
            "Who looks where",
            "Line width is weight: “{a}” looks at “{b}” most, {w:.0%}.",
            w=self.query.weights[self.query.other],
            subtitle="{where} · line width ∝ attention weight",
            keep=(),
            claims=[most(self.query.weights, self.query.other, among=self.query.others)],
        ):
            tokens, arcs, numbers = self.sentence_with_arcs()
            self.play(FadeIn(tokens), run_time=0.8)
            self.play(Grow(arcs, "grown", lag=0.2), Grow(numbers, "shown_opacity", lag=0.2), run_time=2)

    def recap(self) -> None:
        with self.step(
            "Attention",
            "Who looks where, what is passed on: “{a}” took {w:.0%} from “{b}”.",
            w=self.query.weights[self.query.other],
            keep=(),
            subtitle="{where} · softmax along each row" + (", later words masked" if self.trace.config.causal else ""),
        ):
            typst = 'op("softmax")( ({{ Q : q }} {{ K^T : k }}) / sqrt(d_"head") ) {{ V : v }}'
            formula = Formula(typst, 0.9, q="query", k="key", v="value")
            lines = self.by(wide=1, square=8, tall=8)
            marks: Look = dict(target=self.position, unknown=self.trace.unknown)
            tokens = formula_over_sentence(self.stage, formula, self.trace.tokens, lines=lines, gap=0.9, **marks)
            self.play(FadeIn(formula), run_time=1)
            self.play(FadeIn(tokens), run_time=0.8)
