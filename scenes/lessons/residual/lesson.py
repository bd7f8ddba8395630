"""The residual stream: a word's row on its way through the model, and what is written into it."""

from __future__ import annotations

from typing import Any

import numpy as np
from manim import UP, FadeIn, Mobject

from model.errors import UsageError
from model.numbers.origins import Setting
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.study.inside.stream import Norm, Stream, lengths
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import Box, stack
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Grow
from scenes.kit.recipes import Look
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import display
from scenes.kit.words.writers import name_of
from scenes.lesson.claims import most, truth
from scenes.lesson.following import below, next_word_title, strip_of
from scenes.lesson.lesson import TextLesson
from scenes.lesson.steps import give_way
from scenes.lessons.residual import norms, through, writing


class ResidualStream(TextLesson):
    """The residual stream (He et al. 2016; Elhage et al. 2021) and the norms before what reads it (Ba et al. 2016).

    Afterwards you can say what a block does to a row (it adds to it, and nothing else), how the row grows and turns
    until it says the next word, and work out a layer norm by hand. It opens with what comes next and closes with who
    has written it.
    """

    controls = ("layer", "token")
    text = "The capital of Italy is"

    def prepare(self) -> None:
        """`stream` is the row that is followed; `norms` are the first that reads it and the last of `layer`."""
        super().prepare()
        trace = self.trace
        self.position = self.within("token", len(trace) - 1, len(trace))
        self.layer = self.within("layer", trace.config.n_layers - 1, trace.config.n_layers)
        self.stream = Stream(trace, self.position)
        places = (
            ("blocks.0.ln1", "blocks.0.resid_pre"),
            (f"blocks.{self.layer}.ln2", f"blocks.{self.layer}.resid_mid"),
        )
        self.norms = [Norm(trace, name, trace[before][self.position], self.position) for name, before in places]
        self.lengths = lengths(trace)
        self.phrases |= dict(word=self.words[self.position], asks=self.called(self.position), i=self.position)
        self.phrases |= dict(l=self.layer, d=trace.config.d_model, layers=trace.config.n_layers, zero=0)

    def make_trace(self) -> Trace:
        trace = super().make_trace()
        if trace.config.kind != "decoder" or not trace.config.norm_first:
            raise UsageError(
                f"{type(self).__name__} needs a model that predicts the next word and norms what its blocks read, not "
                "the stream itself."
            )
        return trace

    def construct(self) -> None:
        strip, bars = self.question()
        rows = writing.enters(self, strip, bars)
        rows = writing.attention(self, strip, rows)
        rows = writing.mlp(self, strip, rows)
        rails = through.all_blocks(self, strip, rows)
        cosines = through.direction(self, rails)
        lanes = norms.how_different(self, cosines)
        if self.norms[0].mean is not None:
            norms.centre(self, lanes)
        norms.divide(self, lanes)
        norms.scale(self, lanes)
        chain = norms.by_hand(self, lanes)
        chain = norms.other_norm(self, chain)
        norms.where_the_norm_stands(self, chain)
        self.answer_to_the_question()

    # ── where things are ─────────────────────────────────────────────────────────────────────────
    def strip(self) -> SentenceStrip:
        """The sentence at the top of the stage, with room for a chip of the row that is followed."""
        return strip_of(self, self.position, [("x", self.trace["blocks.0.resid_pre"], "data")])

    def below(self, strip: Mobject) -> Box:
        """The stage without the strip."""
        return below(self, strip)

    # ── the question, and its answer ─────────────────────────────────────────────────────────────
    def next_word(self, box: Box) -> tuple[Label, ProbabilityBars]:
        """What the model expects after the word that is followed, as bars that fill a box."""
        title = next_word_title(self, self.position)
        count = max(3, min(5, int((box.height - 0.7) / 0.55)))
        room: Look = dict(width=min(box.width, 9.0), height=box.height - 0.7, size=0.44)
        bars = ProbabilityBars(
            self.trace["probs"][self.position], self.trace.vocabulary, count=count, fill="probability", **room
        )
        box.fit(stack(title, bars, gap=0.2))
        return title, bars

    @property
    def root_d(self) -> Tensor:
        """√d_model: how long a row is whose numbers have the mean square 1."""
        return Tensor.given(self.trace.config.d_model, "d_model", origin=Setting("d_model")).sqrt()

    @property
    def likeliest(self) -> int:
        return int(np.argmax(self.trace["probs"].values[self.position]))

    @property
    def foretold(self) -> dict[str, Any]:
        """Fields of what is said about the next word."""
        return dict(
            w=display(self.trace.vocabulary[self.likeliest]), p=self.trace["probs"][self.position][self.likeliest]
        )

    def question(self) -> tuple[SentenceStrip, list[Mobject]]:
        with self.step(
            "The residual stream",
            ask="{asks} goes in, “{w}” comes out: {p:.0%}. Who wrote that?",
            keep=(),
            subtitle="model {model} · {layers} blocks, counted from {zero} · what is followed: position {i}, “{word}”",
            model=self.model_name,
            claims=[most(self.trace["probs"][self.position], self.likeliest)],
            **self.foretold,
        ):
            strip = self.strip()
            title, bars = self.next_word(self.below(strip))
            self.play(FadeIn(strip, shift=0.2 * UP), run_time=1)
            self.play(FadeIn(title), Grow(bars, "values"), run_time=1.6)
        if self.trace.unknown:
            self.unknown_words(strip)
        return strip, [title, bars]

    def answer_to_the_question(self) -> None:
        shares = self.stream.shares
        first = int(np.argmax(shares.values))
        with self.step(
            "Who wrote it",
            ask="The last row is the sum of all that was written. Who wrote most of it?",
            keep=(),
            claims=[truth("the shares are all of the last row", [shares], lambda s: abs(s.sum() - 1) < 1e-3)],
            subtitle="share of each write in the last row x: write · x ÷ x · x, at position {i}; together {one}",
            one=say("{s:.0%}", s=shares.sum(0)),
            quiz=self.quiz("Who wrote most of the last row?", shares, lambda k: name_of(self.stream.names[k])),
            **self.foretold,
        ):
            left, right = self.by(wide=self.stage.columns, square=self.stage.columns, tall=self.stage.rows)(1.3, 1)
            title, bars = self.next_word(right)
            written = through.shares(self, left)
            self.play(*self.giving_way(), *give_way((), title, bars), run_time=0.6)
            self.play(Grow(written, "values", lag=0.4), run_time=2.4)
            self.answer(
                "{name}: {s:.0%} of it. Nothing was overwritten; the answer is what all of it adds up to.",
                name=name_of(self.stream.names[first]),
                s=shares[first],
                claims=[most(shares, first)],
            )
