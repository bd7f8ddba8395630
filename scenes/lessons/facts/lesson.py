"""A fact: where in the model it is that Italy's capital is Rome."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from manim import UP, FadeIn, Mobject

from model.numbers.tensor import Tensor
from model.study.inside.attribution import Attribution
from model.study.inside.carrying import Carrying, crossing
from model.study.inside.exchange import exchanges, telling
from model.study.inside.lens import LogitLens
from scenes.course import own_run
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import Box
from scenes.kit.moves.reveal import Emerge, Grow
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import display
from scenes.lesson.claims import Fact, most, truth
from scenes.lesson.following import below, next_word_title, strip_of, two_bars
from scenes.lesson.lesson import TextLesson
from scenes.lesson.options import Choice
from scenes.lesson.steps import give_way
from scenes.lessons.facts import carried, heads, layers, parts
from scenes.lessons.facts.way import way_of_the_fact

Opening = tuple[SentenceStrip, list[Mobject]]


class Facts(TextLesson):
    """A fact in a model: the logit lens (nostalgebraist 2020), direct logit attribution (Elhage et al. 2021), and
    activation patching (Meng et al. 2022; Zhang & Nanda 2024) with real second runs.

    Afterwards you can say what each part adds to a word's logit, what it takes to show that a row matters, and read the
    way of a fact through the layers off a grid of such runs. It opens with a word that is foretold and closes with the
    way on which it came.
    """

    controls = ("token",)
    predicts = True
    text, model = own_run("facts")

    def prepare(self) -> None:
        """`word` is the likeliest next one, `other` that of the text in which the word at `place` is exchanged."""
        super().prepare()
        trace, vocabulary, asked = self.trace, self.trace.vocabulary, self.options.token
        self.position = len(trace) - 1
        places = None if asked is None else [self.within("token", 0, self.position)]
        exchange = telling(trace, exchanges(self.model_asked, trace, places))
        self.place, self.donor = exchange.place, self.keep_run(exchange.run)
        self.probs: Tensor = trace["probs"][self.position]
        self.others: Tensor = self.donor["probs"][self.position]
        self.word = int(np.argmax(self.probs.values))
        self.other = next_word_of_the_other(self.probs.values, self.others.values)
        self.lens = LogitLens(trace, self.position)
        self.parts, self.rival = (Attribution(trace, self.position, word) for word in (self.word, self.other))
        self.carrying = Carrying(self.model_asked, trace, exchange)
        self.phrases |= dict(
            model=self.model_name, d=trace.config.d_model, i=self.position, last=self.words[self.position]
        )
        self.phrases |= dict(w=display(vocabulary[self.word]), v=display(vocabulary[self.other]))
        self.phrases |= dict(x=self.words[self.place], u=display(self.donor.tokens[self.place]))

    @cached_property
    def chances(self) -> Tensor:
        """The other word's chance with each row that is carried over, in runs that are made when they are asked for.
        [stop, place]"""
        for run in (run for row in self.carrying.runs for run in row):
            self.keep_run(run)
        return self.carrying.chances(self.other)

    @cached_property
    def for_one_against_the_other(self) -> tuple[list[str], Tensor]:
        """What each write does for the next word against the other one: (names, [part]). What raises both alike, as the
        last layers do, does not decide."""
        (names, one), (_, other) = self.parts.of_writes, self.rival.of_writes
        return names, one - other

    @cached_property
    def path(self) -> list[int]:
        """At each stop, the word whose row changes most."""
        _ = self.chances  # whose runs may be shown from now on
        return [self.carrying.positions[k] for k in self.carrying.path(self.other)]

    @property
    def crossing(self) -> int:
        """The layer in which the way goes on to another word, `taker`."""
        return crossing(self.path)

    @property
    def taker(self) -> int:
        return self.path[self.crossing + 1]

    def choices(self) -> dict[str, Choice]:
        """The word that is exchanged: any but the last."""
        return {"token": Choice.of_words(self.place, self.words[:-1])}

    def construct(self) -> None:
        strip, bars = self.question()
        table = layers.stop_by_stop(self, [strip, *bars])
        terms = parts.one_part(self, table)
        fall = parts.all_parts(self, terms)
        grid = heads.every_head(self, fall)
        pair = carried.other_text(self, grid)
        pair = carried.one_row(self, pair)
        pair = carried.a_layer_later(self, pair)
        grid = carried.every_row(self, pair)
        ways = carried.the_way(self, grid)
        bars = heads.who_carries(self, [grid, *ways])
        fall = parts.why_not_the_other(self, bars)
        self.answer_to_the_question(fall, bars.tensor[0])

    @property
    def handed_over(self) -> tuple[Tensor, Tensor]:
        """The other word's chance with the row that changes most, before and behind the layer where the way goes on."""
        places = self.carrying.path(self.other)
        before, behind = (self.chances[k, places[k]] for k in (self.crossing, self.crossing + 1))
        return before, behind

    @property
    def one_row_is_enough(self) -> bool:
        """Whether on both sides of that layer one row brings half of the other word's chance in the other text."""
        return min(map(float, self.handed_over)) >= float(self.others[self.other]) / 2

    def claim_of_the_way(self, whole: bool) -> Fact:
        told = "on both sides of the layer one row brings half of it" if whole else "on one side no row brings half"
        of = [*self.handed_over, self.others[self.other]]
        return truth(told, of, lambda a, b, full: bool((min(a, b) >= full / 2) == whole))

    # ── the question, and its answer ─────────────────────────────────────────────────────────────
    def opening(self) -> tuple[SentenceStrip, Mobject, ProbabilityBars]:
        """The sentence, and what comes next."""
        strip = strip_of(self, self.position, offered=self.place)
        bars = self.bars(below(self, strip))[0]
        return strip, next_word_title(self, self.position).next_to(bars, UP, buff=0.2), bars

    def bars(self, box: Box, least: int = 4, most: int = 6) -> list[ProbabilityBars]:
        """What comes next after the text and after the other one, the same words on one scale."""
        return two_bars(self, (self.probs, self.others), box, least, most)

    def question(self) -> Opening:
        with self.step(
            "A fact",
            ask="After {asks} comes “{w}”, {p:.1%}. Where in the model is that known?",
            keep=(),
            subtitle="model {model} · next word after position {i}, “{last}”",
            asks=self.called(self.position),
            p=self.probs[self.word],
        ):
            strip, title, bars = self.opening()
            self.play(FadeIn(strip, shift=0.2 * UP), run_time=1)
            self.play(FadeIn(title), Grow(bars, "values"), run_time=1.6)
        if self.trace.unknown:
            self.unknown_words(strip)
        return strip, [title, bars]

    def answer_to_the_question(self, before: Mobject, carried: Tensor) -> None:
        """The sentence with the way on it, and the bars of the beginning. carried: the chance with what attention
        writes where the way goes on."""
        names, gaps = self.for_one_against_the_other
        first, whole = int(np.argmax(gaps.values)), self.one_row_is_enough
        with self.step(
            "Where it is known",
            ask="So where in the model is it known?",
            subtitle="dots: chance of “{v}” with that one row · wide line: with what attention {c} writes",
            keep=(before,),
            claims=[most(gaps, first), self.claim_of_the_way(whole)],
            c=self.crossing,
        ):
            left, right = self.stage.columns(2.3, 1, gap=0.2) if self.wide else self.stage.rows(1.5, 1)
            way = way_of_the_fact(self, left, carried, names[first], gaps[first] / gaps.sum(0))
            bars = self.bars(right, least=3, most=4)[0]
            title = next_word_title(self, self.position).next_to(bars, UP, buff=0.2)
            dots = way.at_its_words().whole("dots")
            self.play(*give_way([before], title), Emerge(dots, "dots", lag=0.5, after=0.1), run_time=1.8)
            self.play(Grow(way.whole("grown"), "grown", lag=0.9, introducer=False), run_time=2)
            self.play(Grow(bars, "values"), run_time=1.0)
            self.answer(
                "“{x}” brings it to layer {c}, there “{y}” takes it over; {name} does most against “{v}”."
                if whole
                else "At layer {c} “{x}” and “{y}” do not both bring half of it; {name} does most against “{v}”."
                if self.carrying.left_out
                else "From “{x}” to “{y}” no one row brings half of it; {name} does most against “{v}”.",
                y=self.words[self.taker],
                c=self.crossing,
                name=layers.called(names[first]),
            )


def next_word_of_the_other(before: np.ndarray, after: np.ndarray) -> int:
    """The likeliest next word of the other text, if it is another one and gains; else the one that gains most of all
    but the first text's."""
    first, likeliest = int(before.argmax()), int(after.argmax())
    if likeliest != first and after[likeliest] > before[likeliest]:
        return likeliest
    gain = after.astype(float) - before.astype(float)
    gain[first] = -np.inf
    return int(gain.argmax())


__all__ = ["Facts"]
