"""Tokens: how a text becomes a row of numbers, as bytes, as words, and as pieces of words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from manim import UP, FadeIn

from model.numbers.tensor import Tensor
from model.study.pieces import Cut, pairs_of, reads_pieces
from model.text.bpe import WORD
from model.text.tokenizer import clean
from scenes.course import own_run
from scenes.kit.ground.layout import Box
from scenes.kit.recipes import Look
from scenes.kit.words.pieces import Part, PieceRow, parts_of, words_of
from scenes.lesson.lesson import TextLesson
from scenes.lessons.tokens import answer, merging, using, words
from scenes.lessons.tokens.words import SMALL

STRANGERS = ("unhappiest", "unlikeliest", "overcrowded", "zyzzyva")  # words that few lists have
EXAMPLE = " forest"  # for the merges of one word, where the text's own words take none
RUNGS = 5  # merges of one word that are shown, at most
BATCHES = 5  # in which the merges of the whole text are played
LARGE = 1.3  # em of the text alone


class Tokens(TextLesson):
    """How a text becomes numbers: bytes, words by a list, and byte pairs (Sennrich et al. 2016), which are in between.

    Afterwards you can cut a word by its merges, know why a blank before a word and a capital give another id, why no
    text is unknown to bytes, and why a model does not see letters. It opens and closes with how many numbers a text is.
    """

    names = ("UTF-8",)
    text, model = own_run("tokens")

    def prepare(self) -> None:
        """`raw` and `whole` are the text's bytes and its pieces; `stranger` is a word that the list does not have."""
        super().prepare()
        self.said = clean(self.text_asked)
        self.pairs, self.learned_by = pairs_of(super().model_asked)
        self.raw, self.whole = self.cut(self.said, 0), self.cut(self.said)
        self.batches = [self.cut(self.said, merges) for merges in self._batches()]
        self.word = self._word()
        unknown = [self.words[k] for k in self.trace.unknown]
        known = {word.lower() for word in self.trace.vocabulary}
        self.stranger = next(
            (word for word in unknown if word.isalpha()), next(word for word in STRANGERS if word not in known)
        )
        self.stranger_in_text = self.stranger in unknown
        self.phrases = dict(model=self.model_name, v=len(self.trace.vocabulary), merges=len(self.pairs.merges))
        self.phrases |= dict(bytes=len(self.raw), zero=0, last=255, list=len(self.pairs.vocabulary))

    @property
    def model_asked(self) -> str:
        """Whose list of words is shown: of a model that reads pieces, which has none, that of the lesson's own."""
        asked = super().model_asked
        return self.model if reads_pieces(asked) else asked

    def cut(self, text: str, merges: int | None = None) -> Cut:
        """A text by the first merges: a record whose numbers may be shown."""
        cut: Cut = self.keep_run(Cut(self.pairs, text, merges, self.learned_by))
        return cut

    def _batches(self) -> list[int]:
        """After how many merges the text is shown: as many of those that it takes between one and the next."""
        ranks = sorted({rank for word in WORD.findall(self.said) for rank in self.pairs.merges_of(word)})
        count = min(BATCHES, len(ranks))
        return [ranks[(k + 1) * len(ranks) // count - 1] + 1 for k in range(count)]

    def _word(self) -> str:
        """The word of the text that takes the most merges of those that can be shown one by one."""
        found = {word: len(self.pairs.merges_of(word)) for word in WORD.findall(self.said)}
        shown = [word for word, merges in found.items() if 2 <= merges <= RUNGS and word.strip().isalpha()]
        rest = [word for word, merges in found.items() if merges >= 2]
        return max(shown, key=lambda word: found[word], default=min(rest, key=lambda w: found[w], default=EXAMPLE))

    def construct(self) -> None:
        row = self.question()
        row = words.as_bytes(self, row)
        row, entries = words.as_words(self, row)
        if words.repeated(self.trace):
            words.same_id(self, row)
        row, below = words.unknown(self, row, entries)
        bars = merging.pairs(self, row, below)
        rungs = merging.one_word(self, row, bars)
        row = merging.whole_text(self, row, rungs)
        row, below = using.blanks(self, row)
        below = using.stranger(self, row, below)
        below = using.down_to_bytes(self, row, below)
        row = using.and_back(self, row, below)
        answer.how_many(self, row)

    # ── rows of the text ─────────────────────────────────────────────────────────────────────────
    @property
    def boxes(self) -> tuple[Box, Box]:
        """For the text, and for what is told of it below."""
        share = 1.1 if len(self.trace) <= 12 else 1.6
        top, low = self.stage.rows(share, self.by(wide=2, square=2.2, tall=2.4), gap=0.35)
        return top, low

    @property
    def above(self) -> Box:
        """For a line over the text, where it has the stage for itself."""
        return self.stage.rows(1, 7, gap=0.1)[0]

    @property
    def body(self) -> Box:
        """For the text, where it has the stage for itself: in the same lines, however it is cut."""
        return self.stage.rows(1, 7, gap=0.1)[1]

    def row(self, box: Box, cut: Cut, size: float = LARGE, breaks: Sequence[int] = ()) -> PieceRow:
        """The text in the pieces of a cut, in a box."""
        return self.laid(box, parts_of(cut), cut["tokens"], size=size, breaks=breaks)

    def laid(self, box: Box, parts: list[Part], ids: Tensor | None, **look: Any) -> PieceRow:
        """The text in parts; where it has the stage for itself, in the lines that its bytes take."""
        room: Look = dict(width=box.width, height=box.height, bits=self.raw["bits"]) | look
        if box == self.body:
            letters = PieceRow(parts_of(self.raw), self.raw["tokens"], **room | dict(plain=False))
            room["breaks"] = letters.line_starts
        return PieceRow(parts, ids, **room).move_to(box.center)

    def words_row(self, box: Box, size: float = SMALL) -> PieceRow:
        """The text in words with the ids that the model has for them."""
        return self.laid(box, words_of(self.said, self.trace.tokens), self.trace["tokens"], size=size)

    def plain(self, box: Box, size: float = LARGE) -> PieceRow:
        """The text as it is written."""
        return self.laid(box, words_of(self.said, self.trace.tokens, numbered=False), None, size=size, plain=True)

    # ── the question ─────────────────────────────────────────────────────────────────────────────
    def question(self) -> PieceRow:
        with self.step(
            "Tokens",
            ask="A model computes with numbers. How many numbers is this text?",
            keep=(),
            subtitle="the text as it is written, ⎵ for each blank · model {model}",
        ):
            row = self.plain(self.body)
            self.play(FadeIn(row, shift=0.2 * UP), run_time=1.2)
        return row


__all__ = ["Tokens"]
