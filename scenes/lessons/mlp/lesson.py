"""The MLP: what one neuron asks of a row, what it answers, and what all of them write."""

from __future__ import annotations

import numpy as np
from manim import UP, FadeIn, Mobject, Transform

from model.numbers.tensor import Tensor
from model.runs.ablation import moved, without_neurons
from model.study.inside.neurons import Neuron, candidates, most_telling
from scenes.kit.moves.reveal import Grow
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import display
from scenes.lesson.claims import most
from scenes.lesson.following import below, next_word_title, quiz_without, strip_of, two_bars
from scenes.lesson.lesson import TextLesson
from scenes.lesson.options import Choice
from scenes.lessons.mlp import answering, asking, others

TRIED = 24  # neurons that are switched off to choose one; of one layer if a layer is asked for


class FeedForward(TextLesson):
    """The MLP of a block (Vaswani et al. 2017, § 3.3), read as rows that ask and rows that answer (Geva et al. 2021).

    Afterwards you can work out one neuron by hand, say what it asks and what it answers as far as that can be said,
    and know that all of them are added up. It opens with what comes next and closes with what comes next when the
    neuron is off.
    """

    controls = ("layer", "neuron", "token")
    predicts = True
    text = "The hungry dog ate the"

    def prepare(self) -> None:
        """`neuron` is the one that is followed, `without` the run with it off."""
        super().prepare()
        trace, asked = self.trace, self.options
        self.position = self.within("token", len(trace) - 1, len(trace))
        layer = None if asked.layer is None else self.within("layer", 0, trace.config.n_layers)
        if asked.neuron is not None:
            tried = [(layer or 0, self.within("neuron", 0, trace.config.d_mlp))]
        else:
            tried = sorted(candidates(trace, self.position, TRIED, layer))
        runs = without_neurons(self.model_asked, trace.info["text"], tried)
        self.layer, self.index = chosen = most_telling(trace, self.position, runs)
        self.neuron = Neuron(trace, self.layer, self.index, self.position)
        self.without = self.keep_run(runs[chosen])
        self.phrases |= dict(word=self.words[self.position], asks=self.called(self.position), i=self.position)
        self.phrases |= dict(l=self.layer, n=self.index, d=trace.config.d_model, m=trace.config.d_mlp)

    def choices(self) -> dict[str, Choice]:
        neurons = Choice.numbered(self.index, self.trace.config.d_mlp)
        return {**super().choices(), "neuron": neurons}

    def construct(self) -> None:
        strip, bars = self.question()
        terms = asking.one_neuron(self, strip, bars)
        curve = asking.fires(self, strip, terms)
        curve = asking.all_neurons(self, curve)
        rows = answering.writes(self, curve)
        words = answering.says(self, rows)
        places = answering.where_it_is_loud(self, words)
        table = answering.all_writes(self, places)
        added = answering.onto_the_wire(self, table)
        strips = others.every_word(self, added)
        others.other_curves(self, strips)
        self.answer_to_the_question()

    # ── the question, and its answer ─────────────────────────────────────────────────────────────
    @property
    def next_words(self) -> tuple[Tensor, Tensor]:
        """Probabilities of the next word with the neuron, and without it."""
        return self.trace["probs"][self.position], self.without["probs"][self.position]

    def question(self) -> tuple[SentenceStrip, list[Mobject]]:
        probs = self.next_words[0]
        likeliest = int(np.argmax(probs.values))
        with self.step(
            "The MLP",
            ask="After {asks} “{w}” is likeliest, {p:.0%}. What have the model’s neurons to do with it?",
            keep=(),
            subtitle="model {model} · {m} neurons a block · here: layer {l}, neuron {n}, counted from {zero}",
            model=self.model_name,
            zero=0,
            w=display(self.trace.vocabulary[likeliest]),
            p=probs[likeliest],
            claims=[most(probs, likeliest)],
        ):
            strip = strip_of(self, self.position)
            bars = two_bars(self, self.next_words, below(self, strip), 4, 6)[0]
            title = next_word_title(self, self.position).next_to(bars, UP, buff=0.2)
            self.play(FadeIn(strip, shift=0.2 * UP), run_time=1)
            self.play(FadeIn(title), Grow(bars, "values"), run_time=1.6)
        if self.trace.unknown:
            self.unknown_words(strip)
        return strip, [title, bars]

    def answer_to_the_question(self) -> None:
        before, after = self.next_words
        change = after.values - before.values
        gained = int(np.argmax(change))
        with self.step(
            "Without this neuron",
            ask="Did it matter? The same run once more, with this one neuron off:",
            subtitle="next word after “{word}” · with all neurons, then without layer {l}, neuron {n}",
            quiz=quiz_without(self, "Without it, which word is likeliest after {asks}?", self.next_words),
            keep=(),
        ):
            strip = strip_of(self, self.position)
            with_it, without = two_bars(self, self.next_words, below(self, strip), 4, 6)
            title = next_word_title(self, self.position).next_to(with_it, UP, buff=0.2)
            self.play(FadeIn(strip), FadeIn(title), FadeIn(with_it), run_time=1)
            self.wait(0.6)
            self.play(Transform(with_it, without), run_time=1.8)
            self.answer(
                "“{w}” rises from {p:.0%} to {q:.0%}; {x:.0%} of the probability moved.",
                w=display(self.trace.vocabulary[gained]),
                p=before[gained],
                q=after[gained],
                x=moved(self.trace, self.without, self.position),
            )
