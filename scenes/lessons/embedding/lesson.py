"""Embedding: how a word becomes a row of numbers, and what can be read off such rows."""

from __future__ import annotations

from model.study.probes import ANALOGIES
from model.study.vectors import load_vectors
from model.study.words import Word, WordTable, closest_word, find_twin, one_of_each
from scenes.course import own_run
from scenes.kit.words.tokens import display
from scenes.lesson.options import Choice
from scenes.lesson.stacks import StackLesson
from scenes.lessons.embedding.analogies import NEAR, Analogies
from scenes.lessons.embedding.directions import Directions
from scenes.lessons.embedding.lookup import LookUp
from scenes.lessons.embedding.maps import Maps
from scenes.lessons.embedding.rows import TextRows

# Where to look for a second occurrence of a word when a text repeats none: default texts of the course.
ELSEWHERE = (
    "The cat sat on the mat because it was tired",
    "The animal did not cross the street because it was too tired",
    "A fluffy blue creature roamed the verdant forest",
)
TRANSLATED = ("The animal did not cross the street because it was too tired.", "The cat is old.")  # for a translator
EVERYDAY = 3  # words of the text that GloVe is asked about


class Embedding(StackLesson):
    """How a word becomes numbers: its id picks a row of a learned table, and the rows of words used alike lie close.

    Afterwards you can look a word up by hand, compute the cosine of two rows, and read a dot product with a direction
    as the answer to a question; and you know what a map of such a space hides, and that analogies often fail.
    """

    tokens = (1, 24)
    controls = ("token",)
    text, model = own_run("embedding")

    def construct(self) -> None:
        look_up = LookUp(self, self.word, self.table)
        sentence = look_up.ids()
        if self.trace.unknown:
            look_up.unknown_words(sentence)
        sentence, rows_around = look_up.open_table(sentence)
        row = look_up.look_up(sentence, rows_around)
        if self.twin:
            look_up.same_row(self.twin, sentence, row)
        rows = TextRows(self, self.word, self.table)
        text = rows.every_word()

        maps = Maps(self, self.word, self.table)
        shown = maps.whole(text)
        maps.closer(shown)
        space = maps.neighbours(shown)
        maps.worked_cosine(space)

        directions = Directions(self, self.word, self.table)
        if self.probes:
            space = directions.pairs(self.probes[0])
            line, product = directions.probe_line(self.probes[0], space)
            directions.sentence_on_line(self.probes[0], line, product)
        if len(self.probes) > 1:
            directions.more_questions(self.probes[1:3])

        if self.analogies:
            Analogies(self, self.table).model_table(self.analogies)
        glove = Analogies(self, self.glove)
        if self.everyday:
            glove.everyday_words(self.everyday)
        glove.king_and_queen()
        glove.hits_and_misses()
        rows.into_the_model()

    def choices(self) -> dict[str, Choice]:
        return self.choice_of_stack() | {"token": Choice.of_words(self.word.position, self.words)}

    def prepare(self) -> None:
        """The word that is followed: the one whose nearest neighbours lie nearest, unless --token says another."""
        super().prepare()
        trace = self.trace
        self.word = Word.of(trace, self.within("token", closest_word(trace, NEAR), len(self.words)), NEAR)
        others = TRANSLATED if self.translates else ELSEWHERE
        self.twin = find_twin(trace, (self.run(self.model_asked, text) for text in others))
        self.table = WordTable(trace["W_E"], trace.vocabulary)
        self.probes = self.table.probes()
        self.analogies = one_of_each(self.table.analogies(ANALOGIES, NEAR))
        vectors = self.keep_run(load_vectors())
        self.glove = WordTable(vectors.table, vectors.vocabulary)
        english = [display(token) for token in self.whole.source_tokens] or self.words
        self.everyday = self.glove.rarest(english, EVERYDAY)
        v, d = self.table.size
        self.phrases |= dict(model=self.model_name, v=v, d=d, word=self.words[self.word.position])


__all__ = ["Embedding"]
