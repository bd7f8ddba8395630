"""Induction: what followed the last time comes again, by two heads of which the one reads what the other wrote."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from manim import UP, FadeIn, Mobject, Transform, smooth
from manim.utils.rate_functions import squish_rate_func

from model.errors import UsageError
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.study.inside import induction as study
from model.study.inside.induction import Pair, Repeat, TwiceOver
from model.text.tokenizer import Encoding
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import Box
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Emerge
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import display
from scenes.lesson.following import below, next_word_title, strip_of, two_bars
from scenes.lesson.lesson import TextLesson
from scenes.lesson.options import Choice
from scenes.lesson.runs import tokens_run, tokens_runs
from scenes.lesson.steps import come
from scenes.lessons.induction import circuit, copying, facts, random_words, two_heads

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint

TRIED, FEW = 8, 3  # heads that are switched off to choose one; of a large model, whose runs take long
LONGEST = 23  # tokens of a text that is said twice


class Induction(TextLesson):
    """Induction heads (Elhage et al. 2021, Olsson et al. 2022): A B … A, and B comes again.

    Afterwards you can say how two heads together find what followed a word the last time, work out the score of the
    second one, and tell by what is switched off which head made its key and which its query. It opens with a word that
    was said once and is expected again, and closes with the same picture.
    """

    controls = ("layer", "head", "token", "seed")
    predicts = True
    text = "Ben met Clara Taylor. Then Paul saw Clara"

    def prepare(self) -> None:
        """`one` is the repetition that is followed; `list` the run of random words, said twice; (`layer`, `head`) the
        head that looks at what followed, `before` the one that looks one word back."""
        super().prepare()
        self.position = self.one.query
        self.followed = self.trace.ids[self.one.key]
        self.list = TwiceOver(self.keep_run(tokens_run(self.model_asked, self.random_words())))
        self.layer, self.head = self.choose()
        self.before = self.choose_before()
        w = display(self.trace.vocabulary[self.followed])
        a, b = self.words[self.one.before], self.words[self.one.key]
        self.phrases |= dict(a=a, b=b, w=w, asks=self.called(self.position))
        self.phrases |= dict(i=self.position, j=self.one.key, l=self.layer, h=self.head, model=self.model_name)
        self.phrases |= dict(pl=self.before[0], ph=self.before[1], d=self.trace.config.d_head)

    # ── what is run ──────────────────────────────────────────────────────────────────────────────
    def make_trace(self) -> Trace:
        """The run of the text; of a text without a repetition that the model goes by, that of its words said twice."""
        trace = super().make_trace()
        if trace.config.n_layers < 2:
            raise UsageError("An induction head reads what an earlier layer wrote: take a model of two layers or more.")
        self.own, asked = trace, self.options.token
        found = study.telling(trace, asked)
        if found is None:
            self.keep_run(trace)
            whole = Encoding(trace.ids, trace.tokens, trace.unknown)
            trace = tokens_run(self.model_asked, study.twice(whole, min(LONGEST, trace.config.n_ctx)))
            found = study.telling(trace, None if asked is None else self.within("token", 0, len(trace)), least=0.0)
        if found is None:
            half = len(trace) // 2 + 1
            raise UsageError(f"Token {asked} was not said before: tokens {half} to {len(trace) - 1} come again here.")
        self.one: Repeat = found
        return trace

    @property
    def said_twice(self) -> bool:
        """Whether the text is the user's own, said twice."""
        return self.trace.ids != self.own.ids

    def encoding(self, start: int = 0, end: int | None = None) -> Encoding:
        """The text, or a part of it, as the model reads it."""
        trace, places = self.trace, range(len(self.trace))[start:end]
        unknown = tuple(places.index(k) for k in trace.unknown if k in places)
        return Encoding(trace.ids[start:end], trace.tokens[start:end], unknown)

    def random_words(self) -> Encoding:
        return study.random_words(self.loaded, self.options.seed)

    @property
    def loaded(self) -> Checkpoint:
        """The model, with its weights."""
        from model.runs.checkpoints import load

        return load(self.model_asked)

    @property
    def tried(self) -> int:
        """How many heads are switched off, one at a time, to choose one."""
        return FEW if self.loaded.large else TRIED

    @cached_property
    def alone(self) -> Trace:
        """The run of the last words without those of the first time."""
        return self.keep_run(tokens_run(self.model_asked, self.encoding(self.one.key + 1, self.position + 1)))

    def without(self, *heads: Pair) -> Trace:
        """The run of the text with these heads off."""
        if len(heads) == 1 and heads[0][0] == self.before[0]:
            return self.runs_of_layer[heads[0]]
        return self.keep_run(tokens_run(self.model_asked, self.encoding(), tuple(sorted(heads))))

    @cached_property
    def runs_of_layer(self) -> dict[Pair, Trace]:
        """A run without each head of the layer that writes."""
        runs = self.each_without(study.heads_of(self.trace, [self.before[0]]), self.reader)
        return {head: self.keep_run(run) for head, run in runs.items()}

    def each_without(self, heads: Sequence[Pair], keep: str | None = None) -> dict[Pair, Trace]:
        """A run without each of these heads; of a large model with what comes out, and what `keep` names."""
        return tokens_runs(self.model_asked, self.encoding(), tuple(heads), keep)

    @property
    def reader(self) -> str:
        """How names in the attention of the layer that reads begin."""
        return f"blocks.{self.layer}.attn."

    def choose(self) -> Pair:
        """The head that was asked for. Else, of the heads that look at what followed, the one without which that is
        least likely to come again."""
        asked, config, scores = self.options, self.trace.config, self.list.matching
        layer = None if asked.layer is None else self.within("layer", 0, config.n_layers)
        head = None if asked.head is None else self.within("head", 0, config.n_heads)
        if layer == 0:
            last = config.n_layers - 1
            raise UsageError(f"An induction head reads what an earlier layer wrote: choose a layer from 1 to {last}.")
        layers = range(1, config.n_layers) if layer is None else [layer]
        among = [one for one in study.heads_of(self.trace, layers) if head in (None, one[1])]
        named = study.earning(scores, self.list.chance, among)
        tried = study.best(scores, named or among, self.tried if named else 1)
        return tried[0] if len(tried) == 1 else study.deciding(self.trace, self.one, self.each_without(tried))

    def choose_before(self) -> Pair:
        """Of earlier heads that look at the word before, the one without which the key fits least."""
        run, among = self.list, study.heads_of(self.trace, range(self.layer))
        named = study.earning(run.previous, run.chance_before, among)
        tried = study.best(run.previous, named or among, self.tried if named else 1)
        return study.key_maker(self.trace, (self.layer, self.head), self.one, self.each_without(tried, self.reader))

    @property
    def composes(self) -> bool:
        """Whether the head's key fits less, and what followed is less likely, without the earlier head."""
        ours, cut = (self.layer, self.head), self.without(self.before)
        with_it, without = (float(study.score(self.trace, run, ours, self.one)) for run in (self.trace, cut))
        return without < with_it and float(study.followed(cut, self.one)) < float(self.both[1][self.followed])

    @property
    def alike(self) -> list[Pair]:
        """All heads that have earned the name, and ours."""
        every = study.heads_of(self.trace, range(1, self.trace.config.n_layers))
        return sorted({*study.earning(self.list.matching, self.list.chance, every), (self.layer, self.head)})

    def choices(self) -> dict[str, Choice]:
        return {**super().choices(), "token": Choice.of_words(self.position, self.words)}

    # ── the lesson ───────────────────────────────────────────────────────────────────────────────
    def construct(self) -> None:
        strip, bars = self.question()
        chart = random_words.said_twice(self, [strip, *bars])
        grid = random_words.all_heads(self, chart)
        stripe = random_words.stripe(self, grid)
        strip, weights = circuit.where_it_looks(self, stripe)
        dots = circuit.one_word_back(self, strip, weights)
        terms = circuit.they_meet(self, strip, dots)
        made = circuit.whose_key(self, strip, terms)
        asked = circuit.whose_query(self, strip, made)
        said = copying.what_it_says(self, strip, asked)
        off = copying.switched_off(self, strip, said)
        self.answer_to_the_question(strip, off)

    def strip(self, lines: int = 4, width: float | None = None) -> SentenceStrip:
        """The sentence at the top of the stage. lines: how many it may take in a tall frame; width: of its box, where
        that is not the stage's."""
        one = self.one
        return strip_of(self, self.position, offered=one.key, besides=[one.before], lines=lines, width=width)

    # ── the question, and its answer ─────────────────────────────────────────────────────────────
    @property
    def both(self) -> tuple[Tensor, Tensor]:
        """The next word after the last words alone, and after all."""
        return self.alone["probs"][-1], self.trace["probs"][self.position]

    @property
    def goes_by_it(self) -> bool:
        """Whether what followed comes again because it was said before."""
        alone, whole = (float(probs[self.followed]) for probs in self.both)
        return whole >= study.COPIED and whole > alone

    def opening(self) -> tuple[SentenceStrip, Label, list[ProbabilityBars]]:
        strip = self.strip()
        bars = two_bars(self, self.both, below(self, strip), 4, 6)
        return strip, next_word_title(self, self.position).next_to(bars[0], UP, buff=0.2), bars

    def what_comes(self, box: Box) -> tuple[Label, ProbabilityBars]:
        """The bars of the whole text in a box, few of them, with their title."""
        bars = two_bars(self, self.both, box, 3, 4)[1]
        return next_word_title(self, self.position).next_to(bars, UP, buff=0.2), bars

    def question(self) -> tuple[SentenceStrip, list[Mobject]]:
        shown = [self.say_it_twice()] if self.said_twice else []
        alone, whole = (probs[self.followed] for probs in self.both)
        with self.step(
            "Said once",
            ask="What comes after {asks}? The model reads the bright words first, then all of them.",
            subtitle="model {model} · two runs: of the end of the text, then of all of it",
            claims=[facts.comes_again(self.trace, self.one), facts.read_alone(self.alone, self.trace, self.one)],
            keep=shown,
        ):
            strip, title, (bars, after) = self.opening()
            dim = strip.copy()
            dim.emphasis[: self.one.key + 1] = 0.25
            soon = squish_rate_func(smooth, 0, 0.4)
            comes = FadeIn(dim, shift=0.2 * UP) if not shown else Transform(*shown, dim, rate_func=soon)
            self.play(comes, *come(title), Emerge(bars, "values", after=0.12), run_time=2.2)
            dim = shown[0] if shown else dim
            self.wait(0.6)
            self.play(Transform(dim, strip), Transform(bars, after), run_time=1.8)
            self.answer(
                "“{w}” rises from {p:.1%} to {q:.0%}. It was said once: how does the model know?"
                if self.goes_by_it
                else "“{w}” goes from {p:.1%} to {q:.1%}: this model does not go by what it heard. Why?",
                p=alone,
                q=whole,
            )
        if self.trace.unknown:
            self.unknown_words(dim)
        return dim, [title, bars]

    def say_it_twice(self) -> SentenceStrip:
        """Of a text in which nothing comes again."""
        with self.step(
            "Nothing comes again",
            "In this text {model} finds no word again that it would go by. So it is read twice, from “{f}” on.",
            subtitle="model {model} · the same again, but for what comes last",
            keep=(),
            f=self.words[0],
        ):
            strip = self.strip()
            strip.scale(min(1.8, self.stage.width / strip.width)).move_to(self.stage.center)
            half = strip.copy()
            half.emphasis[len(self.trace) // 2 + 1 :] = 0.0
            self.play(FadeIn(half, shift=0.2 * UP), run_time=1)
            self.play(Transform(half, strip), run_time=1.4)
        return half

    def answer_to_the_question(self, strip: SentenceStrip, before: Mobject) -> None:
        with self.step(
            "Said once, found again",
            ask="So how do two heads find “{w}”? What one writes, the other reads.",
            subtitle="attn.pattern, layer {pl} below layer {l} · probs [{i}, :]",
            keep=(strip, before),
        ):
            two_heads.circuit(self, strip, before)
            self.answer(
                "One head wrote what stood before “{w}”, another found that and copied it: once is enough."
                if self.goes_by_it and self.composes and copying.says_it(self)
                else "One head wrote what stood before “{w}”, another found that, later blocks say it: once is enough."
                if self.goes_by_it and self.composes
                else "One head looks back, another looks there, and more than these two are at work."
                if self.goes_by_it
                else "Two heads could do it in this way: this model’s do not."
            )


__all__ = ["Induction"]
