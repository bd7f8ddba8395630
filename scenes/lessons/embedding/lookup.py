"""The look-up: a word's id picks a row of W_E, the same id the same row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manim import LEFT, UP, Animation, FadeIn, FadeOut, LaggedStart, Transform, rush_into, smooth
from manim.utils.rate_functions import squish_rate_func

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.study.words import Twin, Word, WordTable
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.ground.text import LABEL, Label
from scenes.kit.moves.flight import Fly
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import UNBOUNDED, Look
from scenes.kit.words.tokens import display
from scenes.kit.words.wordlist import WordList
from scenes.lesson.claims import fact, truth
from scenes.lesson.stacks import StackLesson
from scenes.lessons.embedding.ids import NumberedTokens
from scenes.lessons.embedding.rows import DIGITS, labelled_rows

LARGE, SMALL = 0.6, 0.46  # em of the sentence's words, alone and above a table
WORD_LIST = 0.4  # em of the words around the sentence's own in the vocabulary
ASIDE = 0.45  # opacity of the words around the one that comes twice
SHORT = 12  # words that fit in a line, or in a few of a narrow frame
FIRST, THEN = squish_rate_func(smooth, 0, 0.6), squish_rate_func(smooth, 0.3, 1)  # one text gives way to another


@dataclass(frozen=True, eq=False)
class LookUp:
    """Steps over a word of a text and the table that it is looked up in."""

    scene: StackLesson
    word: Word
    table: WordTable

    @property
    def trace(self) -> Trace:
        return self.word.trace

    # ── ids ──────────────────────────────────────────────────────────────────────────────────────
    def ids(self) -> NumberedTokens:
        """Every word finds its id in the vocabulary."""
        play = self.scene.play
        with self.scene.step(
            "Embedding",
            ask="A model computes with numbers. Which does it get here?",
            subtitle="model {model}" + self.scene.of_stack + " · {v} words, ids {first} to {last}",
            keep=(),
            first=0,
            last=len(self.table.vocabulary) - 1,
        ):
            top, low = self.scene.stage.rows(1 if self.short else 1.6, 2 if self.scene.wide else 1.5, gap=0.45)
            tokens = top.fit(numbered(self.trace, top, LARGE))
            entries = WordList.around(low, self.table.vocabulary, self.trace.ids, WORD_LIST)
            lit = entries.copy()
            lit.lit = 1.0
            play(LaggedStart(*[FadeIn(row, shift=0.2 * UP) for row in tokens.rows], lag_ratio=0.3), run_time=0.8)
            play(FadeIn(entries), run_time=0.8)
            play(Transform(entries, lit), run_time=0.6)
            size = tokens.numbers[0].size * tokens.numbers[0].zoom()
            places = [tokens.number_place(k) for k in range(len(self.trace))]
            flying, flight = entries.flying(self.trace.ids, places, size)
            play(flight, run_time=1.6)
            self.scene.remove(*flying)
            self.scene.add(*tokens.numbers)
            self.scene.answer("First an id: its place in the vocabulary.")
        return tokens

    def unknown_words(self, tokens: NumberedTokens) -> None:
        """All words that are not in the vocabulary have one id."""
        unknown = self.trace.unknown
        words = ", ".join(f"“{display(self.trace.tokens[k])}”" for k in unknown[:3])
        with self.scene.step(
            "Unknown words",
            "{words}: not among the words of {model}, so all read as id {id}, <unk>.",
            words=words,
            id=self.trace.ids[unknown[0]],
        ):
            self.scene.play(*change(tokens, tokens.copy().dim_others(*unknown)), run_time=0.8)

    # ── the table ────────────────────────────────────────────────────────────────────────────────
    def open_table(self, sentence: NumberedTokens) -> tuple[NumberedTokens, TensorGrid]:
        """The table below the sentence, which may be set anew in other lines."""
        with self.scene.step(
            "The table",
            "W_E has a row for each of the {v} words: {d} numbers, found in training.",
            subtitle="W_E  [vocab, d_model] = {v} × {d} · a few of its rows, around the id of “{word}”",
            keep=(sentence,),
        ):
            top, low = self.boxes
            tokens = top.fit(numbered(self.trace, top, SMALL, self.word.position).move_to(top.center))
            grid = self.rows_around(low)
            self.scene.play(*set_anew(sentence, tokens), run_time=1)
            sentence = sentence if tokens.is_like(sentence) else tokens
            self.scene.play(Introduce(grid, "rows", lag=0.2), run_time=1.8)
        return sentence, grid

    def rows_around(self, box: Box) -> TensorGrid:
        """The table: first and last row, those around the id, and ⋯ between."""
        row_height = self.scene.by(wide=0.42, square=0.5, tall=0.5)
        last, half = self.table.size[0] - 1, max(int((box.height / row_height - 4.2) / 2), 1)
        window = [r for r in range(self.word.id - half, self.word.id + half + 1) if 0 <= r <= last]
        rows: list[int | None] = []
        shown = sorted({0, *window, last})
        for before, row in zip([0, *shown], shown, strict=False):
            rows += [None, row] if row > before + 1 else [row]
        labels = {row: say("{i}  {w}", i=row, w=display(self.table.vocabulary[row])) for row in shown}
        cell = (1.05, self.scene.row_height)
        room: Look = dict(width=box.width, height=box.height, cell=cell, columns=self.entries, rows=rows)
        look: Look = dict(row_labels=labels, target_row=self.word.id, size=DIGITS)
        return box.fit(TensorGrid(self.table.table, "weight", **look, **room))

    def look_up(self, sentence: NumberedTokens, grid: TensorGrid) -> TensorGrid:
        """The id goes to its row, which comes out and lies under the sentence."""
        position, play, scaled = self.word.position, self.scene.play, self.trace.config.embed_scale
        with self.scene.step(
            "Look-up",
            "“{word}” has id {id}: row {id}, times √{d}, is its embedding. That is all."
            if scaled
            else "“{word}” has id {id}: row {id} is its embedding. That is all.",
            subtitle="embed [{i}, :] = " + "√{d} · " * scaled + "W_E [{id}, :]",
            i=position,
            id=self.word.id,
            claims=[
                truth(
                    "the embedding is the row" + " times √d" * scaled,
                    [self.trace["embed"][position], self.trace["W_E"][self.word.id]],
                    lambda x, row: bool(np.allclose(x, row * (len(row) ** 0.5 if scaled else 1), rtol=1e-5)),
                )
            ],
        ):
            place = grid.shown_row(self.word.id)
            frame = Frame(grid.row_corners(place, pad=0.02))
            end = grid.row_corners(place).mean(axis=0) * (0, 1, 0) + (grid.get_left()[0] + 0.3, 0, 0)
            number = Label(say("{id}", id=self.word.id), 0.4, "target").move_to(sentence.number_place(position))
            lit = grid.copy()
            lit.cell_opacity[:], lit.text_opacity[:] = 0.25, 0.25
            lit.cell_opacity[place], lit.text_opacity[place] = 1.0, 1.0
            play(FadeOut(number, target_position=end, rate_func=rush_into), run_time=1.2)
            play(FadeIn(frame), Transform(grid, lit), run_time=0.8)
            row = self.lifted(sentence, grid, place)
            name = Label(say("{w}", w=display(self.trace.tokens[position])), 0.4, "target").next_to(
                row, LEFT, buff=0.15
            )
            play(Fly(grid.strip(place), row), FadeIn(name), run_time=1.6)
        return row

    def lifted(self, sentence: NumberedTokens, grid: TensorGrid, place: int) -> TensorGrid:
        """The row, between the sentence and the table, column over column."""
        top, low = self.boxes
        cell = (grid.cw * grid.zoom(), max(grid.ch * grid.zoom(), 0.4))
        room: Look = dict(cell=cell, columns=self.entries, scale=grid.strongest, size=DIGITS, **UNBOUNDED)
        row = TensorGrid(self.trace["embed"][self.word.position], "weight", **room)
        row.set_y((low.top + min(top.bottom, sentence.get_bottom()[1])) / 2)
        return row.shift(((grid.cell_center(place, 0) - row.cell_center(0, 0))[0], 0, 0))

    @property
    def boxes(self) -> tuple[Box, Box]:
        """For the sentence (and the row under it), and for the table."""
        low, gap = self.scene.by(wide=(2.3, 0.9), square=(1.8, 1.3), tall=(1.8, 1.3))
        top, bottom = self.scene.stage.rows(1 if self.short else 1.4, low, gap=gap)
        return top, bottom

    @property
    def short(self) -> bool:
        return len(self.trace) <= SHORT

    @property
    def entries(self) -> int:
        """How many entries of a row are shown."""
        return min(self.scene.by(wide=11, square=6, tall=6), self.table.size[1])

    # ── twice the same word ──────────────────────────────────────────────────────────────────────
    def same_row(self, twin: Twin, sentence: NumberedTokens, row: TensorGrid) -> None:
        """The word at two places: two equal rows, and their difference. sentence, row: of the word, on the stage."""
        a, b = twin.rows
        fields: Look = dict(word=display(twin.trace.tokens[twin.place]), k=twin.place, j=twin.other_place, d=len(a))
        where = ", position {k} and position {j}" if twin.inside else " at position {j} of another text"
        inside = "embed [{k}, :] − embed [{j}, :] is {most:.2f} everywhere · positions come in later"
        across = (
            "embed [{k}, :] here, embed [{j}, :] of a second run, on the text below · largest difference {most:.2f}"
        )
        with self.scene.step(
            "Same word, same row",
            "“{word}”" + where + ": one id, same {d} numbers.",
            subtitle=inside if twin.inside else across,
            keep=(sentence, row) if twin.place == self.word.position else (sentence,),
            claims=[fact("largest", "the two rows are equal", [a, b], lambda x, y: bool((x == y).all()))],
            **fields,
            most=abs(a - b).max(),
        ):
            self.two_occurrences(twin, sentence, row, a, b)

    def two_occurrences(self, twin: Twin, sentence: NumberedTokens, row: TensorGrid, a: Tensor, b: Tensor) -> None:
        """Sentence, row; row, sentence; and their difference between the two rows."""
        above, middle, below = self.scene.stage.rows(1, 1.5, 1, gap=0.2)
        places = ((twin.trace, twin.place, above), (twin.other, twin.other_place, below))
        first, second = [
            box.fit(numbered(trace, box, SMALL, place).dim_others(place, opacity=ASIDE)) for trace, place, box in places
        ]
        both = zip((twin.place, twin.other_place), (a, b), strict=True)
        names = [Label(say("position {i}", i=i), LABEL, "target", of=row) for i, row in both]
        parts = (
            (names[0], a, "weight"),
            (Label("difference", LABEL, "secondary"), a - b, "delta"),
            (names[1], b, "weight"),
        )
        cell: Look = dict(cell=(1.1, self.scene.row_height), air=0.5, columns=self.entries)
        look: Look = dict(scale=float(np.abs(a.values).max()), size=DIGITS, spec="+.2f")
        above_row, difference, below_row = labelled_rows(middle, parts, gap=0.22, room=0.2, **cell, **look)
        self.scene.play(*set_anew(sentence, first), FadeIn(second), run_time=0.8)
        ways = ((above_row, first.corners(twin.place)), (below_row, second.corners(twin.other_place)))
        moves = [
            move
            for (label, grid), box in ways
            for move in (FadeIn(label), FadeIn(grid, target_position=box.mean(axis=0), scale=0.1))
        ]
        if row in self.scene.mobjects:  # it is the first of the two
            moves[1] = Transform(row, above_row[1])
        self.scene.play(*moves, run_time=1.6)
        label, grid = difference
        self.scene.play(FadeIn(label), Introduce(grid, "columns", lag=0.2), run_time=1.2)


def set_anew(sentence: NumberedTokens, other: NumberedTokens) -> list[Animation]:
    """The sentence turns into itself in another look, or gives way to it where the lines are others."""
    if other.is_like(sentence):
        return list(change(sentence, other))
    return [FadeOut(sentence, rate_func=FIRST), FadeIn(other, rate_func=THEN)]


def numbered(trace: Trace, box: Box, size: float, target: int | None = None) -> NumberedTokens:
    """A text with its ids, in a box."""
    room: Look = dict(width=box.width, height=box.height, size=size)
    return NumberedTokens(trace.tokens, trace["tokens"], unknown=trace.unknown, target=target, **room)


def change(tokens: NumberedTokens, other: NumberedTokens) -> list[Transform]:
    """The sentence turns into itself in another look or size; its mobjects stay on the stage."""
    pairs = zip([*tokens.rows, *tokens.numbers], [*other.rows, *other.numbers], strict=True)
    return [Transform(a, b) for a, b in pairs]
