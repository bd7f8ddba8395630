"""Learning: how the numbers of a model got there."""

from __future__ import annotations

import numpy as np
from manim import UP, FadeIn, Transform

from model.learning.one_weight import OneWeight
from model.learning.record import snapshots
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.study.choice import telling_row
from model.study.inside.parameters import numel
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import Box
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Grow
from scenes.kit.recipes import Look, bars_on_one_scale
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import display
from scenes.lesson.following import TITLE, below, next_word_title, strip_of
from scenes.lesson.lesson import TextLesson
from scenes.lesson.options import Choice
from scenes.lesson.runs import MOST_RUNS, first_step, second_runs, snapshot_runs
from scenes.lesson.steps import give_way
from scenes.lessons.training import gradient, jumps, loss, others, running, stepping

SHOWN = 6  # words that have a bar of their own


class Training(TextLesson):
    """One step of learning worked out, and then the recorded run: loss, gradient, AdamW (Loshchilov & Hutter 2019), and
    what a model can do at each of its snapshots.

    Afterwards you can work out the loss of a text and the slope of one weight by hand, say what an optimiser makes of
    it, and read the curves of a training run. It opens with a model that is random and closes with the same model at
    the end of its training.
    """

    controls = ("layer", "head", "token")
    predicts = True
    text = "The capital of Italy is Rome"

    def prepare(self) -> None:
        """`first` is the step of learning at the first snapshot, `runs` are those of the text at all of them; `one` is
        the weight that is worked out; `word` the true next word after `position`."""
        from model.runs.checkpoints import load

        super().prepare()
        self.checkpoint, model, text = load(self.model_asked), self.model_asked, self.trace.info["text"]
        self.marks = snapshots(self.checkpoint)
        self.runs: list[Trace] = [self.keep_run(run) for run in snapshot_runs(model, text)]
        self.first: Trace = self.keep_run(first_step(model, text))
        self.one = OneWeight.telling(self.first)
        count, asked, config = len(self.trace), self.options, self.trace.config
        self.position = self.within("token", count - 2, count - 1)
        self.within("layer", 0, config.n_layers), self.within("head", 0, config.n_heads)
        heads = tuple((layer, head) for layer in range(config.n_layers) for head in range(config.n_heads))
        without = second_runs(model, text, heads) if len(heads) <= MOST_RUNS else None
        self.layer, self.head, _, _ = telling_row(self.trace, (asked.layer, asked.head, self.position), without)
        self.word = self.trace.ids[self.position + 1]
        self.numbers = numel(self.checkpoint)
        self.phrases |= dict(w=display(self.trace.vocabulary[self.word]), word=self.words[self.position])
        self.phrases |= dict(model=self.model_name, k=self.numbers, n=count - 1, v=config.vocab_size)
        self.phrases |= dict(begin=self.marks[0], end=self.marks[-1], l=self.layer, h=self.head)

    def make_trace(self) -> Trace:
        """The last of the runs: that of the model as it is."""
        return snapshot_runs(self.model_asked, super().make_trace().info["text"])[-1]

    def choices(self) -> dict[str, Choice]:
        return {**super().choices(), "token": Choice.of_words(self.position, self.words[:-1])}

    def construct(self) -> None:
        strip, bars = self.question()
        curve = loss.curve(self, [strip, *bars])
        costs = loss.mean(self, curve)
        wall = gradient.every_slope(self, costs)
        table = gradient.blame(self, wall)
        terms = gradient.chain(self, table)
        chart = stepping.nudge(self, terms)
        lines = stepping.adamw(self, chart)
        costs = stepping.one_step(self, lines)
        history = running.history(self, costs)
        said = running.next_words(self, history)
        pattern = running.pattern(self, said)
        space = running.embedding(self, pattern)
        scores = jumps.a_jump(self, space)
        verbs = jumps.agreement(self, scores)
        heart = others.by_heart(self, verbs)
        halves = others.halves(self, heart)
        self.answer_to_the_question(halves)

    # ── what several steps show ──────────────────────────────────────────────────────────────────
    @property
    def pairs(self) -> list[str]:
        """The true next words, in their order, as the model reads them."""
        trace = self.trace
        return [trace.vocabulary[trace.ids[k]] if k in trace.unknown else trace.tokens[k] for k in range(1, len(trace))]

    @property
    def kept(self) -> list[int]:
        """The words that have a bar: the true one, and what is likeliest at the snapshots, the last ones first."""
        tops = [int(np.argmax(run.array("probs")[self.position])) for run in reversed(self.runs)]
        return list(dict.fromkeys([self.word, *tops]))[:SHOWN]

    def bars_of(self, distributions: list[Tensor], box: Box) -> list[ProbabilityBars]:
        """Distributions of the next word, always the same words on one scale."""
        room: Look = dict(width=min(box.width, 9.5), height=box.height - TITLE, size=0.44, target=self.word)
        bars = bars_on_one_scale(
            distributions, self.trace.vocabulary, self.kept, fill="probability", spec=".2%", **room
        )
        return [one.move_to(box.center).shift((0, -TITLE / 2, 0)) for one in bars]

    def opening(self) -> tuple[SentenceStrip, Label, list[ProbabilityBars]]:
        """The sentence, and the next word at the first snapshot and at the last."""
        strip = strip_of(self, self.position)
        bars = self.bars_of([run["probs"][self.position] for run in (self.first, self.runs[-1])], below(self, strip))
        return strip, next_word_title(self, self.position).next_to(bars[0], UP, buff=0.2), bars

    # ── the question, and its answer ─────────────────────────────────────────────────────────────
    def question(self) -> tuple[SentenceStrip, list[Label | ProbabilityBars]]:
        with self.step(
            "Before training",
            ask="{k:,.0f} random numbers: “{w}” has {p:.2%}. How will this model learn what comes next?",
            keep=(),
            subtitle="model {model} at step {begin} of its training · yellow: the word that does come next",
            p=self.first["probs"][self.position, self.word],
        ):
            strip, title, (bars, _) = self.opening()
            self.play(
                FadeIn(strip, shift=0.2 * UP, run_time=0.6),
                FadeIn(title, run_time=0.6),
                Grow(bars, "values"),
                run_time=1.6,
            )
        if self.trace.unknown:
            self.unknown_words(strip)
        return strip, [title, bars]

    def answer_to_the_question(self, before: others.Halves) -> None:
        probs = [run["probs"][self.position, self.word] for run in (self.first, self.runs[-1])]
        with self.step(
            "After training",
            "Nobody typed a number in: “{w}”, {p:.2%} then, {q:.1%} now, by {end:,} small steps downhill.",
            subtitle="model {model} · the same sentence at step {begin}, then at step {end:,}",
            keep=before,
            p=probs[0],
            q=probs[1],
        ):
            strip, title, (bars, after) = self.opening()
            gone = list(before)
            self.play(*give_way(gone, strip, title, bars), run_time=1)
            self.wait(0.4)
            self.play(Transform(bars, after), run_time=2)


__all__ = ["Training"]
