"""Self-attention, number by number: the flagship lesson."""

from __future__ import annotations

import numpy as np
from manim import DOWN, UP, FadeIn, FadeOut, Mobject, Transform

from model.numbers.tensor import Tensor
from model.runs.ablation import moved
from model.study.choice import cross_weights
from model.study.views import AttentionHead
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Formula
from scenes.kit.moves.assemble import Assemble
from scenes.kit.moves.reveal import Grow
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import display
from scenes.lesson.attention_lesson import AttentionLesson
from scenes.lesson.claims import Fact, most, share, truth
from scenes.lesson.following import below, next_word_title, quiz_without, strip_of, two_bars
from scenes.lesson.steps import come, leave
from scenes.lessons.attention import looking, outcome, projections, scores

FORMULA = 'op("softmax")( ({{ Q : q }} {{ K^T : k }}) / sqrt(d_"head") ) {{ V : v }}'


class SelfAttention(AttentionLesson):
    """Scaled dot-product attention, one query followed all the way through (Vaswani et al. 2017, § 3.2.1).

    Afterwards you can recompute any number of it by hand: a query and a key from their rows, a score from
    the two, a weight from the scores, the output from weights and values, and what it adds to the word. It opens with
    what the model expects next and closes with what it expects when this head is off.
    """

    controls = ("layer", "head", "token")
    text = "The queen gave the king a letter because she"

    def prepare(self) -> None:
        """`view` is the head that is shown, `query` the query that is followed, `without` the run with the head off."""
        super().prepare()
        self.view = AttentionHead(self.trace, self.layer, self.head)
        self.query = self.view.query(self.position)
        pair = self.layer, self.head
        self.off = self.keep_run(self.without((pair,))[pair])
        i, j = self.position, self.query.other
        where = say("layer {l} · head {h}", l=self.layer, h=self.head)
        self.phrases |= dict(
            where=Said(f"{self.stack} ") + where if self.stack else where, l=self.layer, h=self.head, i=i, j=j
        )
        self.phrases |= dict(word=self.words[i], b=self.words[j], asks=self.called(i), asked=self.called(j))

    def construct(self) -> None:
        strip, bars = self.question()
        before, x = projections.rows(self, strip, bars)
        worked_out = projections.one_number(self, strip, before, x)
        projections.query(self, strip, *worked_out)
        product = projections.key(self, strip, worked_out[0])
        left, one = projections.value(self, strip, product)
        queries, keys = projections.every_word(self, strip, left, one)
        met, total = scores.one_score(self, strip, queries, keys)
        table, frame = scores.all_scores(self, strip, met, total)
        scores.scale(self, table, frame)
        scores.mask(self, table, frame)
        steps = scores.softmax(self, table)
        weights = scores.all_rows(self, table, steps)
        picture, around = looking.pattern(self, table, weights)
        picture, beside = looking.who_looks_where(self, picture, around)
        weighted, z = outcome.weigh(self, picture, beside)
        outcome.one_sum(self, weighted, z)
        delta = outcome.output(self, z)
        stream = outcome.add_back(self, delta)
        strip, formula = self.formula(stream)
        self.answer_to_the_question(strip, formula)

    # ── where things are ─────────────────────────────────────────────────────────────────────────
    def strip(self) -> SentenceStrip:
        """The sentence at the top of the stage, with room for the chips of x, q, k and v."""
        view = self.view
        chips = [("x", view.X, "data"), ("q", view.q, "query"), ("k", view.k, "key"), ("v", view.v, "value")]
        return strip_of(self, self.position, chips, sizes=(0.34, 0.3, 0.36), offered=self.query.other)

    def below(self, strip: Mobject) -> Box:
        """The stage without the strip."""
        return below(self, strip, 0.12)

    # ── the question, and its answer ─────────────────────────────────────────────────────────────
    @property
    def next_words(self) -> tuple[Tensor, Tensor]:
        """Probabilities of the next word that the one that we follow foretells: with this head, and without it."""
        return self.next_word(self.trace, self.position), self.next_word(self.off, self.position)

    @property
    def question_asked(self) -> str:
        """What the lesson opens with; of an encoder, by what the decoder writes."""
        if self.stack == "encoder":
            return "After {before} the decoder writes “{w}”: {p:.0%}. What told it so?"
        if self.stack == "decoder":
            return "After {asks} the decoder expects “{w}”: {p:.0%}. Which words that it has written told it so?"
        where = "After" if self.trace.config.causal else "At"
        return where + " {asks} the model expects “{w}”: {p:.0%}. Which words told it so?"

    def question(self) -> tuple[SentenceStrip, list[Mobject]]:
        config, probs = self.trace.config, self.next_words[0]
        likeliest = int(np.argmax(probs.values))
        looks = cross_weights(self.whole, self.place_of(self.position)) if self.stack == "encoder" else None
        with self.step(
            "Self-attention",
            ask=self.question_asked,
            keep=(),
            subtitle="model {model} · "
            + ("{stack}, " if self.stack else "")
            + "{layers} layers × {heads} heads, counted from {zero} · here: layer {l}, head {h}",
            model=self.model_name,
            layers=config.n_layers,
            heads=config.n_heads,
            zero=0,
            before=self.before_next(self.position),
            w=display(self.whole.vocabulary[likeliest]),
            p=probs[likeliest],
            claims=[most(probs, likeliest), *([] if looks is None else [share(looks)])],
        ):
            strip = self.strip()
            bars = two_bars(self, self.next_words, self.below(strip), 3, 5)[0]
            title = next_word_title(self, self.position).next_to(bars, UP, buff=0.2)
            self.play(FadeIn(strip, shift=0.2 * UP), run_time=1)
            self.play(FadeIn(title), Grow(bars, "values"), run_time=1.6)
            if looks is not None:
                self.answer("It looks at {asks} there: {x:.0%} of its attention.", x=looks[self.position])
        if self.trace.unknown:
            self.unknown_words(strip)
        return strip, [title, bars]

    def formula(self, stream: list[Mobject]) -> tuple[SentenceStrip, Formula]:
        with self.step(
            "Attention",
            "Who looks where, what is passed on: {asks} took {w:.0%} from {asked}.",
            w=self.query.weights[self.query.other],
            keep=stream,
            subtitle="{where} · softmax along each row" + (", later words masked" if self.trace.config.causal else ""),
        ):
            strip = self.strip()
            for name in strip.chips:
                strip.show(name)
            em = self.by(wide=0.9, square=0.7, tall=0.7)
            formula = self.below(strip).fit(Formula(FORMULA, em, q="query", k="key", v="value"))
            goes_on, name, *others = stream  # the row goes on, while all else is gathered again
            self.play(*leave(*others), *come(strip), run_time=1)
            self.play(FadeOut(goes_on, name, shift=0.3 * DOWN), run_time=0.4)
            self.play(Assemble(formula, {name: strip.place_of_name(name) for name in "qkv"}), run_time=2.4)
        return strip, formula

    @property
    def head_is_off(self) -> Fact:
        """In the run without it, the head that is shown brings nothing."""
        rows = self.part_of(self.off)[f"blocks.{self.layer}.attn.result"][self.head]
        return truth("without it this head brings nothing", [rows], lambda rows: not rows.any())

    def answer_to_the_question(self, strip: SentenceStrip, formula: Formula) -> None:
        before, after = self.next_words
        likeliest = int(np.argmax(before.values))
        with self.step(
            "Without this head",
            ask="Did it matter? The same run without this head:",
            subtitle="next word after {before} · with all heads, then without layer {l}, head {h}",
            before=self.before_next(self.position),
            keep=(strip, formula),
            claims=[self.head_is_off],
            quiz=quiz_without(self, "Without this head, which word is likeliest after {before}?", self.next_words),
        ):
            with_head, without = two_bars(self, self.next_words, self.below(strip), 3, 5)
            title = next_word_title(self, self.position).next_to(with_head, UP, buff=0.2)
            self.play(FadeOut(formula, shift=0.3 * DOWN), run_time=0.5)
            self.play(FadeIn(title), Grow(with_head, "values"), run_time=1.2)
            self.wait(0.4)
            self.play(Transform(with_head, without), run_time=1.8)
            self.answer(
                "“{w}”: {q:.0%} instead of {p:.0%}; {x:.0%} of the probability moved.",
                w=display(self.whole.vocabulary[likeliest]),
                p=before[likeliest],
                q=after[likeliest],
                x=moved(self.whole, self.off, self.place_of(self.position)),
            )
