"""The encoder–decoder of “Attention Is All You Need”: its figure, running, and what a pronoun reads in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from manim import LEFT, FadeIn, Mobject

from model.errors import UsageError
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.runs.ablation import moved
from model.study.inside.contrast import Contrast, between
from scenes.kit.ground.layout import Box
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import TokenRow, display
from scenes.lesson.runs import second_runs, trace_of, translation_of, twins_of
from scenes.lesson.stacks import TranslationLesson
from scenes.lessons.encoder_decoder import growing, opening, pronoun

TWIN = "The animal did not cross the street because it was too wide."
TRIED = 6  # twins of which the most telling is taken
Texts = tuple[tuple[str, str], tuple[str, str]]  # English and French of both sentences


class Pairing(NamedTuple):
    """A sentence with its twin: both texts, the twin's run, how they differ, and the head that tells most of it."""

    texts: Texts
    other: Trace
    contrast: Contrast
    measure: float
    place: tuple[int, int, int]  # layer, head, English word


class EncoderDecoder(TranslationLesson):
    """The figure of the paper (Vaswani et al. 2017, figure 1) grows out of a run; its boxes open into their tensors.

    Afterwards you can draw the figure, say which of its attentions has a mask and what would leak without it, and show
    in which of its boxes a pronoun finds what it stands for. Two sentences that differ in one word open it; the same
    words with what the head reads in both close it.
    """

    controls = ("layer", "head", "token")
    text = "The animal did not cross the street because it was too tired."

    def prepare(self) -> None:
        """`other`: the run of the twin; `contrast`: how they differ; `layer`, `head`: of the encoder, and `position`,
        the English word whose row in it is looked at; `without`: both runs with that head off."""
        super().prepare()
        found = max(self.pairings(), key=lambda one: (one.contrast.elsewhere, one.measure))
        self.other, self.contrast, self.texts = found.other, found.contrast, found.texts
        self.layer, self.head, self.position = found.place
        self.keep_run(self.other)
        off: Look = dict(ablate=((self.layer, self.head),), stack="encoder")
        self.without = [self.translation(*pair, **off) for pair in self.texts]
        self.phrases |= dict(model=self.model_name, l=self.layer, h=self.head, n=self.trace.config.n_layers)
        self.phrases |= dict(old=self.source_words[self.contrast.place], new=self.english(1)[self.contrast.place])
        self.phrases |= dict(a=self.written(0), b=self.written(1), read=self.source_words[self.position])

    def pairings(self) -> list[Pairing]:
        """The sentence with its twins: of the lesson's own, with that which everybody knows, else with the first ones
        that are found. UsageError where there is none."""
        known = [TWIN] if self.text_asked == EncoderDecoder.text else []
        found = self.paired(known) or self.paired(twins_of(self.model_asked, self.target, self.source)[:TRIED])
        if not found:
            raise UsageError(
                f"No exchange of one word changes only words of what {self.model_asked} makes of this sentence; "
                f"try “{EncoderDecoder.text}”."
            )
        return found

    def paired(self, twins: Iterable[str]) -> list[Pairing]:
        """The sentence with those of these that are twins of it."""
        found, model = list[Pairing](), self.model_asked
        for text in twins:
            texts = (self.source, self.target), (text, translation_of(model, text))
            other = trace_of(model, texts[1][1], source=text)
            contrast = between(self.trace, other)
            if contrast is not None:
                found.append(Pairing(texts, other, contrast, *self.telling(texts, other, contrast)))
        return found

    def telling(self, texts: Texts, other: Trace, contrast: Contrast) -> tuple[float, tuple[int, int, int]]:
        """(measure, (layer, head, English word)): the head of the encoder for which the measure is largest: how much of
        the word's attention goes elsewhere in the twin, times the probability of the French word that goes elsewhere
        without the head, in the mean of both sentences; of those that were asked for."""
        config, both = self.trace.config, (self.trace, other)
        word = self.within("token", contrast.asked, len(self.source_words))
        layer, head = self.within("layer", -1, config.n_layers), self.within("head", -1, config.n_heads)
        every = tuple((one, each) for one in range(config.n_layers) for each in range(config.n_heads))
        off = [second_runs(self.model_asked, french, every, english, "encoder") for english, french in texts]

        def measure(pair: tuple[int, int]) -> float:
            one, two = (run.array(f"encoder.blocks.{pair[0]}.attn.pattern")[pair[1], word] for run in both)
            apart = float(np.abs(one - two).sum()) / 2
            falls = sum(float(moved(run, runs[pair], contrast.row)) for run, runs in zip(both, off, strict=True)) / 2
            return apart * falls

        best = max((pair for pair in every if layer in (-1, pair[0]) and head in (-1, pair[1])), key=measure)
        return measure(best), (*best, word)

    def construct(self) -> None:
        rows = self.question()
        running = growing.encoder(self, rows)
        growing.decoder(self, running)
        growing.next_word(self, running)
        opening.boxes(self, running)
        opening.add_and_norm(self, running)
        walls = opening.masks(self, running)
        grid = opening.leak(self, walls)
        rows = pronoun.looks(self, grid)
        bars = pronoun.without(self, rows)
        pronoun.answer(self, bars)

    # ── what several steps use ───────────────────────────────────────────────────────────────────
    @property
    def both(self) -> tuple[Trace, Trace]:
        """The runs of the sentence and of its twin."""
        return self.trace, self.other

    def english(self, k: int) -> list[str]:
        """What the encoder reads in one of the two runs, as it is shown."""
        return [display(token) for token in self.both[k].source_tokens]

    def french(self, k: int) -> list[str]:
        """What the decoder writes in one of the two runs, without <start>."""
        return [display(token) for token in self.both[k].tokens[1:]]

    def written(self, k: int) -> str:
        """The French word that is asked about."""
        return self.french(k)[self.contrast.row]

    def pattern(self, k: int) -> Tensor:
        """What the head gives from the row that is looked at, in one of the two runs. [key]"""
        return self.both[k][f"encoder.blocks.{self.layer}.attn.pattern"][self.head, self.position]

    def looked_at(self, k: int) -> int:
        """The word that weighs most there."""
        return int(np.argmax(self.pattern(k).values))

    @property
    def itself(self) -> bool:
        """Whether the word that is looked at is the exchanged one."""
        return self.position == self.contrast.place

    @property
    def ids(self) -> tuple[int, int]:
        """The ids of the French word that is asked about, in both runs."""
        one, two = (run.ids[self.contrast.row + 1] for run in self.both)
        return one, two

    # ── the question, and its answer ─────────────────────────────────────────────────────────────
    @property
    def reach(self) -> float:
        """How far arcs go from the words."""
        return self.by(wide=0.85, square=0.7, tall=0.8)

    def boxes(self, k: int) -> tuple[Box, Box]:
        """Of one of the two sentences, with room for arcs over it (or to its right), and its translation."""
        if self.wide:
            part = self.stage.rows(1, 1, gap=0.3)[k]
            upper, lower = Box(part.left, part.bottom, part.right, part.top - self.reach).rows(1, 1, gap=0.08)
            return upper, lower
        part = self.stage.columns(1, 1, gap=0.3)[k]
        left, right = Box(part.left, part.bottom, part.right - self.reach, part.top).columns(1, 1, gap=0.0)
        return left, Box(right.left + self.reach, right.bottom, right.right + self.reach, right.top)

    def pair(self, k: int) -> list[TokenRow]:
        """A sentence and its translation, below it or beside it; the words that differ stand out."""
        rows = []
        for box, words in zip(self.boxes(k), (self.english(k), self.french(k)), strict=True):
            room: Look = dict(width=box.width, height=box.height, size=self.by(wide=0.6, square=0.34, tall=0.42))
            rows.append(box.fit(TokenRow(words, down=not self.wide, **room), 0.03))
        if not self.wide:
            rows[0].align_to((self.boxes(k)[0].left, 0, 0), LEFT)
            rows[1].align_to((self.boxes(k)[1].left, 0, 0), LEFT)
        rows[0].mark(self.contrast.place, "target")
        rows[1].mark(self.contrast.row, "prediction")
        return rows

    def pairs(self) -> list[list[TokenRow]]:
        """Both sentences with their translations."""
        return [self.pair(0), self.pair(1)]

    def question(self) -> list[Mobject]:
        with self.step(
            "One word exchanged",
            ask="Only “{old}” became “{new}”. How does the French get from “{a}” to “{b}”?"
            if self.itself
            else "Only “{old}” became “{new}”. Why does the French now say “{b}”, not “{a}”?",
            subtitle="model {model} · English that it reads, and the French that it writes of it",
            keep=(),
        ):
            first, second = self.pairs()
            self.play(FadeIn(first[0]), run_time=0.8)
            self.play(FadeIn(first[1], target_position=first[0].get_center()), run_time=1)
            self.play(FadeIn(second[0], target_position=first[0].get_center()), run_time=1)
            self.play(FadeIn(second[1], target_position=second[0].get_center()), run_time=1)
        return [*first, *second]


__all__ = ["EncoderDecoder"]
