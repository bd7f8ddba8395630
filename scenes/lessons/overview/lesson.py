"""The loop that all of it serves: predict, sample, repeat."""

from __future__ import annotations

import numpy as np
from manim import Arrow, FadeIn

from model.study.loop import Loop
from scenes.course import own_run
from scenes.kit.depth.blocks import BlockDiagram
from scenes.kit.numbers.frames import Frame
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import TokenRow
from scenes.lesson.lesson import TextLesson
from scenes.lessons.overview.choosing import Choosing
from scenes.lessons.overview.depth import Depth
from scenes.lessons.overview.logits import Logits
from scenes.lessons.overview.turns import Turns

TURNS = 8  # words that are written at most
COOL, WARM = 0.5, 1.5  # the two temperatures that are compared
WORD_SIZE = 0.66  # of the question's words

Point = np.ndarray | tuple[float, float, float]


class PredictSampleRepeat(TextLesson):
    """What a language model does: it reads a text, gives every word it knows a chance to come next, and one is drawn.

    Afterwards you know what goes into a transformer and what comes out, where chance comes in and how a seed fixes it,
    why a long text is the same small step over and over, and what greedy choice and temperature change.
    """

    tokens = (1, 24)
    controls = ("temperature", "seed")
    text, model = own_run("overview")

    def construct(self) -> None:
        row, blocks = self.question()
        if self.trace.unknown:
            self.unknown_words(row)

        depth = Depth(self, self.trace)
        stream = depth.rows_go_in(row, blocks)
        stream = depth.first_block(stream)
        if depth.layers > 1:
            stream = depth.other_blocks(stream)
        last_row = depth.last_row(stream)

        logits = Logits(self, self.loop.sampled[0], self.loop.temperature, self.named)
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
        choosing.temperatures((COOL, WARM))

    def prepare(self) -> None:
        """All runs of the loop that the lesson shows."""
        super().prepare()
        heat = 1.0 if self.options.temperature is None else self.options.temperature
        ways: Look = dict(seed=self.options.seed, temperature=heat, cool=COOL, warm=WARM)
        self.loop = Loop.run(self.model_asked, self.text_asked, TURNS, **ways)
        for trace in self.loop.traces():
            self.keep_run(trace)

    @property
    def named(self) -> int:
        """How many words get a bar of their own."""
        return self.by(wide=5, square=5, tall=7)

    # ── the map ──────────────────────────────────────────────────────────────────────────────────
    def question(self) -> tuple[TokenRow, BlockDiagram]:
        """The text with room for one more word, and the model's blocks."""
        layers, vocabulary = self.trace.config.n_layers, self.trace.vocabulary
        with self.step(
            "Predict, sample, repeat",
            "A text goes in; every word that the model knows gets a chance to come next.",
            subtitle="model {model} · {layers} blocks · {v} words",
            keep=(),
            model=self.model_name,
            layers=layers,
            v=len(vocabulary),
        ):
            top, low = self.stage.rows(1, 1.1, gap=0.8)
            words = [*self.trace.tokens, "which?"]
            room: Look = dict(width=self.stage.width, size=WORD_SIZE, lines=self.by(wide=2, square=5, tall=5))
            row = top.fit(TokenRow(words, unknown=self.trace.unknown, **room).show_only(len(self.words)))
            height = self.by(wide=0.42 * self.stage.height, square=0.42 * self.stage.height, tall=3.0)
            blocks = low.fit(BlockDiagram(layers, width=self.stage.width, height=height))
            slot = Frame(row.corners(len(self.words)))
            into, out = [(blocks.center_of(part)[0], blocks.get_top()[1], 0) for part in (0, -1)]
            way_in = self.arrow((row.edge_point(0, (0.5, 1))[0], row.get_bottom()[1], 0), into)
            way_out = self.arrow(out, row.edge_point(len(self.words), (0.5, 1)))
            self.play(FadeIn(row), run_time=0.8)
            self.play(FadeIn(blocks), FadeIn(way_in), run_time=0.8)
            self.play(FadeIn(way_out), FadeIn(slot), run_time=0.8)
        return row, blocks

    def arrow(self, start: Point, end: Point) -> Arrow:
        """From the text into the model, or out of it."""
        tip: Look = dict(max_tip_length_to_length_ratio=0.4, tip_length=0.2)
        return Arrow(start, end, buff=0.15, stroke_width=4, color=self.theme.hex["secondary"], **tip)


__all__ = ["PredictSampleRepeat"]
