"""The loop that all of it serves: predict, sample, repeat."""

from __future__ import annotations

from manim import FadeIn, LaggedStart

from model.study.loop import Loop
from scenes.course import own_run
from scenes.kit.depth.slabs import Stack
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import TokenRow, display
from scenes.lesson.lesson import TextLesson
from scenes.lessons.overview.choosing import Choosing
from scenes.lessons.overview.depth import Depth
from scenes.lessons.overview.logits import Logits
from scenes.lessons.overview.turns import Turns

TURNS = 8  # words that are written at most
HEATS = (0.5, 1.0, 1.5, 2.0, 3.0)  # the temperatures that are gone through
WORD_SIZE = 0.66  # of the question's words


class PredictSampleRepeat(TextLesson):
    """What a language model does: it reads a text, gives every word it knows a chance to come next, and one is drawn.

    Afterwards you know what goes into a transformer and what comes out, where chance comes in and how a seed fixes it,
    why a long text is the same small step over and over, and what greedy choice and temperature change.
    """

    tokens = (1, 24)
    controls = ("temperature", "seed")
    text, model = own_run("overview")

    def construct(self) -> None:
        depth = Depth(self, self.trace)
        row, stack = self.question(depth)
        if self.trace.unknown:
            self.unknown_words(row)

        inside = depth.rows_go_in(row, stack)
        depth.first_block(inside)
        if depth.layers > 1:
            depth.other_blocks(inside)
        last_row = depth.last_row(inside)

        logits = Logits(self, self.loop.first, self.loop.temperature, self.named)
        largest = logits.logits(last_row)
        bars = logits.probabilities(largest)

        turns = Turns(self, self.loop, depth.journey, self.named)
        screen = turns.sample(bars)
        if turns.lens_needed:
            turns.closer_look(screen)
        turns.append(screen)
        if len(self.loop.sampled) > 1:
            screen = turns.repeat(screen)
        if len(self.loop.sampled) > 2:
            turns.again(screen)

        choosing = Choosing(self, self.loop, self.named)
        choosing.compare()
        choosing.temperatures()
        self.once_more(depth)

    def prepare(self) -> None:
        """The loop, of which only the first turn is run before the first picture."""
        super().prepare()
        heat = 1.0 if self.options.temperature is None else self.options.temperature
        asked = self.model_asked, self.text_asked, TURNS, self.options.seed, heat
        self.loop = Loop(*asked, HEATS, self.keep_run)
        _ = self.loop.first  # refuses what is out of range

    @property
    def named(self) -> int:
        """How many words get a bar of their own."""
        return self.by(wide=5, square=5, tall=7)

    # ── the map ──────────────────────────────────────────────────────────────────────────────────
    def question(self, depth: Depth) -> tuple[TokenRow, Stack]:
        """The text with room for one more word, and the model's slabs."""
        layers, vocabulary = self.trace.config.n_layers, self.trace.vocabulary
        with self.step(
            "Predict, sample, repeat",
            ask="A text goes in. Which of the words that the model knows comes next?",
            subtitle="model {model} · {layers} blocks · {v} words",
            keep=(),
            model=self.model_name,
            layers=layers,
            v=len(vocabulary),
        ):
            row, stack = self.picture(depth)
            row.show_only(len(self.words))
            slot = Frame(row.corners(len(self.words)))
            self.play(FadeIn(row), run_time=0.8)
            self.play(LaggedStart(*[FadeIn(slab) for slab in stack], lag_ratio=0.3), run_time=1.6)
            self.play(FadeIn(slot), run_time=0.8)
        return row, stack

    def picture(self, depth: Depth) -> tuple[TokenRow, Stack]:
        """The text with the word that comes next, over the model."""
        top, low = self.stage.rows(1, self.by(wide=5.5, square=4, tall=4), gap=0.1)
        words = [*self.trace.tokens, self.loop.first.word]
        room: Look = dict(width=self.stage.width, size=WORD_SIZE, unknown=self.trace.unknown)
        lines = range(self.by(wide=2, square=5, tall=5), 0, -1)  # in fewer of them words may be larger, once they fit
        rows = [top.fit(TokenRow(words, lines=most, **room)) for most in lines]
        row = max(rows, key=lambda one: one.size * one.zoom())
        return row.mark(len(self.words), "prediction"), depth.stack(low)

    def once_more(self, depth: Depth) -> None:
        """The picture of the beginning, with the answer."""
        turn = self.loop.first
        with self.step(
            "One word longer",
            "So “{word}” came next: it had a chance of {p:.1%}, and u fell on it. Then all begins again.",
            subtitle="model {model} · temperature T = {t:.2g} · u = {u:.3f}",
            keep=(),
            word=display(turn.word),
            p=turn.probs[turn.id],
            t=self.loop.temperature,
            u=turn.u,
            model=self.model_name,
        ):
            row, stack = self.picture(depth)
            cards = [stack.card(key, depth.after(key), **depth.look) for key in stack.slabs if depth.leaves(key)]
            last = row.piece(len(self.words))
            self.play(FadeIn(row.show_only(len(self.words))), FadeIn(stack), run_time=0.8)
            self.play(LaggedStart(*[Introduce(card, "rows") for card in cards], lag_ratio=0.3), run_time=2)
            self.play(FadeIn(last, target_position=stack.slabs["softmax"].get_center(), scale=0.5), run_time=1)


__all__ = ["PredictSampleRepeat"]
