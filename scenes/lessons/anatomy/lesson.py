"""The whole model at once: what is learned, what is computed, and how many numbers it is."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from manim import FadeIn, FadeOut, LaggedStart, Mobject

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.study.choice import consequence, telling_row
from model.study.inside.exchange import exchanges, telling
from model.study.inside.parameters import numel, of_run, total
from scenes.course import own_run
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.depth.slabs import Card
from scenes.kit.ground.layout import Box
from scenes.kit.ground.style import smallest
from scenes.kit.moves.reveal import Introduce
from scenes.kit.moves.travel import Travel
from scenes.kit.recipes import Look, bars_on_one_scale
from scenes.kit.words.strip import READABLE, legible_part
from scenes.kit.words.tokens import TokenRow
from scenes.lesson.lesson import TextLesson
from scenes.lesson.runs import MOST_RUNS, second_runs
from scenes.lesson.steps import COME, LEAVE
from scenes.lessons.anatomy import closer, counting, scales, through
from scenes.lessons.anatomy.picture import Picture

WORD_SIZE = 0.46  # of the sentence's words


class Anatomy(TextLesson):
    """The whole model in depth, with the real weights on its parts and the rows of a text over them.

    Afterwards you can tell what was learned from what is computed, have seen one learned number, and can count all of
    them for any model whose sizes you know.
    """

    controls = ("layer", "head")
    predicts = True
    names = ("GPT-2", "GPT-3")
    text, model = own_run("anatomy")

    def prepare(self) -> None:
        """`other` is the run of another text; `layer`, `head`: whose weights are looked at from close by."""
        super().prepare()
        self.exchange = telling(self.trace, exchanges(self.model_asked, self.trace))
        self.other = self.keep_run(self.exchange.run)
        self.ledger, self.numel = of_run(self.trace), numel(self.model_asked)
        self.layer, self.head = self.consequential()
        self.phrases |= dict(model=self.model_name, l=self.layer, h=self.head)

    @cached_property
    def bright_weights(self) -> Tensor:
        """From here on a weight is fully coloured, in all pictures."""
        return 4 * abs(self.trace["W_E"]).mean()

    def consequential(self) -> tuple[int, int]:
        """The head without which most probability of the next word goes elsewhere, of those that are asked for; of more
        than can be switched off, the one with the most telling row of attention."""
        config = self.trace.config
        layer, head = self.within("layer", -1, config.n_layers), self.within("head", -1, config.n_heads)
        layers = range(config.n_layers) if layer < 0 else [layer]
        heads = range(config.n_heads) if head < 0 else [head]
        pairs = tuple((one, each) for one in layers for each in heads)
        if len(pairs) == 1:
            return pairs[0]
        if len(pairs) > MOST_RUNS:
            return telling_row(self.trace, (self.options.layer, self.options.head, None))[:2]
        moved = consequence(self.trace, second_runs(self.model_asked, self.text_asked, pairs))[..., -1]
        return max(pairs, key=lambda pair: float(moved[pair]))

    def construct(self) -> None:
        picture, row = self.question()
        if self.trace.unknown:
            self.unknown_words(row)
        self.learned(picture)
        through.rows_go_in(self, picture, row)
        through.blocks(self, picture)
        bars = through.next_word(self, picture)
        closer.to_a_matrix(self, picture, row, bars)
        through.other_text(self, picture, row, bars)
        table = counting.parameters(self, picture, row, bars)
        last = scales.larger_models(self, picture, table)
        self.answer_to_the_question(last)

    # ── the picture ──────────────────────────────────────────────────────────────────────────────
    def boxes(self) -> tuple[Box, Box, Box]:
        """Of the sentence, of what comes next, and of the model."""
        top, low = self.stage.rows(1, self.by(wide=7, square=2.8, tall=2.6), gap=0.1)
        if self.wide:
            left, right = low.columns(2.6, 1, gap=0.2)
            return top, Box(right.left, right.bottom, right.right, right.top - 0.2 * low.height), left
        left, right = self.by(wide=[], square=top.columns(1.2, 1), tall=top.rows(1, 1.2))
        return left, right, low

    def sentence(self, trace: Trace) -> TokenRow:
        """A text as it goes in."""
        return self.row_of(trace, self.shown)

    def row_of(self, trace: Trace, shown: list[int]) -> TokenRow:
        """These of its words, ⋯ for the others; of a part many rather than large ones."""
        box, size = self.boxes()[0], WORD_SIZE if len(shown) == len(trace) else READABLE
        room: Look = dict(width=box.width, size=size, lines=self.by(wide=2, square=4, tall=3))
        return box.fit(TokenRow(trace.tokens, unknown=trace.unknown, shown=shown, **room))

    @cached_property
    def shown(self) -> list[int]:
        """Of a text that is too long to be read here: the word that is exchanged, the last one, and others."""

        def size(shown: list[int]) -> float:
            row = self.row_of(self.trace, shown)
            return row.size * row.zoom()

        whole, needed = list(range(len(self.words))), [self.exchange.place, len(self.words) - 1, 0]
        return whole if size(whole) > smallest() else legible_part(len(whole), needed, size)

    def bars(self) -> list[ProbabilityBars]:
        """What comes next after the last word of either text, on one scale: the likeliest words of both."""
        box, both = self.boxes()[1], [self.trace["probs"][-1], self.other["probs"][-1]]
        many = self.by(wide=2, square=2, tall=2)
        likeliest = [int(k) for probs in both for k in np.argsort(-probs.values, kind="stable")[:many]]
        ids, room = (
            list(dict.fromkeys(likeliest)),
            dict(width=box.width, height=box.height, size=0.36, fill="probability"),
        )
        return [box.fit(bars) for bars in bars_on_one_scale(both, self.trace.vocabulary, ids, **room)]

    @property
    def behind(self) -> str:
        """What a grey line adds where words are left out."""
        return " · of the text {hidden} words behind ⋯" if len(self.shown) < len(self.words) else ""

    def question(self) -> tuple[Picture, TokenRow]:
        layers, vocabulary = self.trace.config.n_layers, self.trace.vocabulary
        with self.step(
            "The whole model",
            ask="Where in all this is what the model knows? And how many numbers is it?",
            subtitle="model {model} · {n} blocks, each with attention and an MLP · {v} words" + self.behind,
            hidden=len(self.words) - len(self.shown),
            keep=(),
            n=layers,
            v=len(vocabulary),
        ):
            row, picture = self.sentence(self.trace), Picture(self, self.boxes()[2])
            slabs = LaggedStart(*[FadeIn(slab) for slab in picture.stack], lag_ratio=0.3, run_time=2)
            self.play(FadeIn(row, run_time=0.6), slabs)
        return picture, row

    def learned(self, picture: Picture) -> None:
        with self.step(
            "What was learned",
            "On each part lie the numbers that training has found: its weights.",
            subtitle="W_E, W_Q, W_K … W_out, W_U · blue +, red − · {scale}",
            scale=picture.scale("weights"),
        ):
            self.play(coming(list(picture.faces.values())), run_time=4)

    def answer_to_the_question(self, gone: list[Mobject]) -> None:
        """The picture of the beginning, with the answer."""
        row, picture = self.sentence(self.other), Picture(self, self.boxes()[2]).fill(self.other)
        with self.step(
            "Where it is",
            ask="So where in all this is what the model knows?",
            subtitle="blue +, red − · {scale}",
            scale=picture.scale("weights", "rows", "logits"),
        ):
            mine, stack, bars = gone[0], picture.stack, self.bars()[1]
            self.play(Travel(), *[FadeOut(thing) for thing in gone[1:]], FadeIn(row, rate_func=COME), run_time=2)
            grown = [FadeIn(slab, target_position=mine.get_center(), scale=0.3) for slab in stack]
            self.play(FadeOut(mine, rate_func=LEAVE), *grown, run_time=1.2)
            self.play(coming(list(picture.faces.values())), run_time=1.6)
            self.play(coming(list(picture.rows.values())), run_time=1.6)
            self.play(FadeIn(bars), run_time=0.6)
            self.answer(
                "In the {n:,.0f} learned numbers, which no text changes; the grey is computed for this one.",
                n=total(self.ledger),
            )


def coming(cards: list[Card]) -> LaggedStart:
    """Cards come one after the other, each column after column."""
    return LaggedStart(*[Introduce(card, "columns", lag=0.5) for card in cards], lag_ratio=0.3)


__all__ = ["Anatomy"]
