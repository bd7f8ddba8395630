"""The unembedding: from the last row of numbers to the next word."""

from __future__ import annotations

import numpy as np
from manim import UP, FadeIn, Mobject

from model.errors import UsageError
from model.numbers.origins import Setting
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.study.inside.lens import LogitLens
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import Box, stack
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import UNBOUNDED
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import display
from scenes.lesson.claims import most
from scenes.lesson.following import below, next_word_title, strip_of
from scenes.lesson.lesson import TextLesson
from scenes.lessons.unembedding import cutting, layers, logits, prefixes


class Unembedding(TextLesson):
    """Logits, softmax and its temperature, top-k and top-p (Holtzman et al. 2020), the logit lens, and the loss.

    Afterwards you can work out the logit of a word, say what a temperature does, and read off what a text costs the
    model. It opens with a row of numbers that is to become a word, and closes with the word.
    """

    controls = ("temperature", "top_k", "top_p")
    text = "The tired old grey wolf"

    def prepare(self) -> None:
        """`row` is the last row behind the last norm, `word` the likeliest next word."""
        super().prepare()
        trace = self.trace
        self.position = len(trace) - 1
        self.row: Tensor = trace["ln_final.normalized"][self.position]
        self.logits, self.probs = trace["logits"][self.position], trace["probs"][self.position]
        self.word = int(np.argmax(self.probs.values))
        self.lens = LogitLens(trace, self.position)
        self.phrases |= dict(asks=self.called(self.position), last=self.words[self.position], i=self.position)
        self.phrases |= dict(d=trace.config.d_model, v=trace.config.vocab_size, w=display(trace.vocabulary[self.word]))

    def make_trace(self) -> Trace:
        trace = super().make_trace()
        if trace.config.kind != "decoder" or not trace.config.norm_first:
            raise UsageError(f"{type(self).__name__} needs a model that predicts the next word and has a last norm.")
        return trace

    def construct(self) -> None:
        strip, grid = self.question()
        terms = logits.one_word(self, strip, grid)
        bars = logits.all_words(self, strip, terms)
        table = logits.softmax(self, bars)
        chart = cutting.temperature(self, table)
        chart = cutting.top_k(self, chart)
        chart = cutting.top_p(self, chart)
        last = layers.when_did_it_know(self, chart)
        costs = prefixes.every_prefix(self, last)
        prefixes.mean(self, costs)
        self.answer_to_the_question()

    @property
    def by_chance(self) -> Tensor:
        """What a word would cost if all were equally likely: log of how many there are."""
        return Tensor.given(self.trace.config.vocab_size, "vocab_size", origin=Setting("vocab_size")).log()

    # ── where things are ─────────────────────────────────────────────────────────────────────────
    def strip(self) -> SentenceStrip:
        """The sentence at the top of the stage."""
        return strip_of(self, self.position)

    def below(self, strip: Mobject) -> Box:
        """The stage without the strip."""
        return below(self, strip)

    # ── the question, and its answer ─────────────────────────────────────────────────────────────
    def numbers(self, box: Box) -> TensorGrid:
        """The whole last row, in as many lines as it takes."""
        columns = self.by(wide=9, square=7, tall=5)
        cell = ((box.width - 0.3) / columns, min(1.5, 0.8 * box.height))
        return TensorGrid(self.row, "data", cell=cell, columns=columns, **UNBOUNDED).move_to(box.center)

    def question(self) -> tuple[SentenceStrip, TensorGrid]:
        with self.step(
            "The unembedding",
            ask="After all blocks {asks} is a row of {d} numbers. How does that become a word?",
            keep=(),
            subtitle="model {model} · ln_final.normalized [{i}, :], position {i}, “{last}”",
            model=self.model_name,
        ):
            strip = self.strip()
            grid = self.numbers(self.below(strip))
            self.play(FadeIn(strip, shift=0.2 * UP), run_time=1)
            self.play(Introduce(grid, "columns", lag=0.1), run_time=1.6)
        if self.trace.unknown:
            self.unknown_words(strip)
        return strip, grid

    def answer_to_the_question(self) -> None:
        with self.step(
            "A word",
            "One row times W_U, one softmax: after {asks} “{w}” is likeliest, {p:.0%}.",
            subtitle="ln_final.normalized [{i}, :] above, probs [{i}, :] below",
            keep=(),
            p=self.probs[self.word],
            claims=[most(self.probs, self.word)],
        ):
            strip = self.strip()
            upper, lower = self.below(strip).rows(1, 2.6)
            grid = self.numbers(upper)
            count = max(3, min(5, int((lower.height - 0.6) / 0.55)))
            bars = ProbabilityBars(
                self.probs, self.trace.vocabulary, count=count, fill="probability", width=min(lower.width, 9.0),
                height=lower.height - 0.6, size=0.44,
            )  # fmt: skip
            title = next_word_title(self, self.position)
            lower.fit(stack(title, bars, gap=0.2))
            self.play(FadeIn(strip), FadeIn(grid), run_time=0.5)
            self.play(FadeIn(title), Grow(bars, "values"), run_time=1.8)
