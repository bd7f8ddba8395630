"""Embedding: how a word becomes a row of numbers, and what can be read off such rows."""

from __future__ import annotations

from itertools import zip_longest

import numpy as np
from manim import DOWN, LEFT, UP, FadeIn, FadeOut, LaggedStart, Transform, rush_into

from model.study.probes import ANALOGIES, QUESTIONS, known, probe
from model.study.space import analogy, cosine, index_of, length, nearest, pca
from model.study.vectors import load_vectors
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.ranking import Ranking
from scenes.kit.ground import typesetting
from scenes.kit.ground.layout import Box, stack
from scenes.kit.ground.say import say
from scenes.kit.ground.text import LABEL, Formula, Label
from scenes.kit.moves.products import DotProduct
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.moves.travel import Fly
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.terms import TermSum
from scenes.kit.space.vectorspace import VectorSpace
from scenes.kit.words.links import Threads
from scenes.kit.words.tokens import display
from scenes.lessons.embedding.analogies import WordGeometry
from scenes.lessons.embedding.ids import NumberedTokens, WordList
from scenes.lessons.embedding.table import TablePicture

# Where to look for a second occurrence of a word when a text repeats none: default texts of the course.
ELSEWHERE = (
    "The cat sat on the mat because it was tired",
    "The animal did not cross the street because it was too tired",
    "A fluffy blue creature roamed the verdant forest",
)
NEAR = 5  # neighbours that are listed
MAPPED = 4000  # rows that a map of the whole vocabulary shows


class Embedding(WordGeometry):
    """How a word becomes numbers: its id picks a row of a learned table, and the rows of words that are used alike lie close.

    Afterwards you can look a word up by hand, compute the cosine of two rows, and read a dot product with a direction
    as the answer to a question; and you know what a map of such a space hides, and that analogies often fail.
    """

    tokens = (1, 24)
    controls = ("token",)

    def construct(self):
        self.ids()
        self.table()
        self.look_up()
        if self.twin:
            self.same_row()
        self.every_word()
        self.whole_map()
        self.closer()
        self.neighbours()
        self.worked_cosine()
        if self.probes:
            self.pairs()
            self.probe_line()
            self.sentence_on_line()
        if len(self.probes) > 1:
            self.more_questions()
        if self.analogies:
            self.own_analogies()
        if self.everyday:
            self.everyday_words()
        self.king_and_queen()
        self.hits_and_misses()
        self.recap()

    # ── what is shown ────────────────────────────────────────────────────────────────────────────
    def prepare(self) -> None:
        """The word that is followed: the one whose five nearest neighbours lie nearest, unless --token says another."""
        super().prepare()
        trace = self.trace
        self.E, self.X, self.ids_tensor = trace["W_E"], trace["embed"], trace["tokens"]
        self.vocabulary = trace.vocabulary
        self.position = self.within("token", self.best_position(), len(self.words))
        self.word, self.id = self.words[self.position], trace.ids[self.position]
        self.own = list(dict.fromkeys([self.id, *trace.ids]))  # the sentence's rows, each once
        self.near = nearest(self.E, self.E[self.id], NEAR, [self.id])
        self.twin = self.find_twin()
        rows = index_of(self.vocabulary)
        self.probes = [found for found in (probe(self.E, rows, question) for question in QUESTIONS) if found]
        self.analogies = self.one_of_each(
            [analogy(self.E, *found, n=NEAR) for found in (known(words, rows) for words in ANALOGIES) if found]
        )
        self.glove = load_vectors()
        self.keep_run(self.glove)
        self.glove_rows = index_of(self.glove.vocabulary)
        self.everyday = self.words_in_glove()

    def best_position(self) -> int:
        """The first occurrence of the known word with the largest mean cosine to its neighbours."""
        ids = self.trace.ids
        near = {row: float(nearest(self.E, self.E[row], NEAR, [row]).cosines.mean()) for row in set(ids)}
        known_places = [k for k in range(len(ids)) if k not in self.trace.unknown] or range(len(ids))
        return max(known_places, key=lambda k: (near[ids[k]], -k))

    def find_twin(self):
        """(trace, place, other trace, other place) of a word that comes twice: in this text, else in another sentence of the course."""
        ids, unknown = self.trace.ids, self.trace.unknown
        for k, row in enumerate(ids):
            if k not in unknown and row in ids[k + 1 :]:
                return self.trace, k, self.trace, ids.index(row, k + 1)
        others = [self.run(self.model_asked, text) for text in ELSEWHERE]
        found = [
            (place != k, self.trace, k, other, place)
            for other in others
            for place, row in enumerate(other.ids)
            for k, mine in enumerate(ids)
            if mine == row and k not in unknown and place not in other.unknown
        ]
        return max(found, key=lambda each: each[0])[1:] if found else None

    @staticmethod
    def one_of_each(found: list) -> list:
        """One analogy that holds and one that fails, as far as there are such."""
        return [
            next((a for a in found if a.holds == holds), None)
            for holds in (True, False)
            if any(a.holds == holds for a in found)
        ]

    def words_in_glove(self) -> list[int]:
        """GloVe's rows of the sentence's words: the rarest three, in the order of the text."""
        rows = [self.glove_rows[w.lower()] for w in dict.fromkeys(self.words) if w.lower() in self.glove_rows]
        rarest = sorted(set(rows), reverse=True)[:3]
        return [row for row in dict.fromkeys(rows) if row in rarest]

    # ── the look-up ──────────────────────────────────────────────────────────────────────────────
    def ids(self):
        with self.step(
            "Embedding",
            "A model computes with numbers. Each word that it knows has one: its id.",
            keep=(),
            subtitle="model {model} · {v} words, ids {first} to {last}",
            model=self.model_name,
            v=len(self.vocabulary),
            first=0,
            last=len(self.vocabulary) - 1,
        ):
            top, low = self.stage.rows(1 if self.short else 1.6, 2 if self.wide else 1.5, gap=0.45)
            tokens = top.fit(self.numbered(top, 0.6, target=None))
            entries = self.word_list(low)
            lit = entries.copy()
            lit.lit = 1.0
            self.play(LaggedStart(*[FadeIn(row, shift=0.2 * UP) for row in tokens.rows], lag_ratio=0.3), run_time=0.8)
            self.play(FadeIn(entries), run_time=0.8)
            self.play(Transform(entries, lit), run_time=0.6)
            size = tokens.numbers[0].size * tokens.numbers[0].zoom()
            flying = [Label(say("{i}", i=row), size, "target").move_to(entries.id_place(row)) for row in self.trace.ids]
            self.play(
                LaggedStart(*[m.animate.move_to(tokens.number_place(k)) for k, m in enumerate(flying)], lag_ratio=0.15),
                run_time=1.6,
            )
            self.remove(*flying)
            self.add(*tokens.numbers)
        if self.trace.unknown:
            with self.step(
                "Unknown words",
                "{words}: not among the words of {model}, so all read as id {id}, <unk>.",
                words=", ".join(f"“{self.words[k]}”" for k in self.trace.unknown[:3]),
                model=self.model_name,
                id=self.trace.ids[self.trace.unknown[0]],
            ):
                self.play(*self.change(tokens, tokens.copy().dim_others(*self.trace.unknown)), run_time=0.8)
        self.sentence = tokens

    def word_list(self, box: Box) -> WordList:
        """The vocabulary around the sentence's words, as much of it as is easily read."""
        last, ids = len(self.vocabulary) - 1, set(self.trace.ids)
        for reach in (2, 1, 0):
            shown = sorted(
                {0, last} | {row + k for row in ids for k in range(-reach, reach + 1) if 0 <= row + k <= last}
            )
            entries = WordList(self.vocabulary, shown, width=box.width, height=box.height, marked=ids, size=0.4)
            if entries.size >= 0.3:
                break
        return box.fit(entries)

    @staticmethod
    def change(tokens: NumberedTokens, other: NumberedTokens) -> list[Transform]:
        """The sentence turns into itself in another look or size; its mobjects stay on the stage."""
        return [
            Transform(a, b) for a, b in zip([*tokens.rows, *tokens.numbers], [*other.rows, *other.numbers], strict=True)
        ]

    def numbered(self, box: Box, size: float, target: int | None) -> NumberedTokens:
        return NumberedTokens(
            self.trace.tokens,
            self.ids_tensor,
            width=box.width,
            height=box.height,
            size=size,
            unknown=self.trace.unknown,
            target=target,
        )

    def table(self):
        with self.step(
            "The table",
            "W_E has a row for each of the {v} words: {d} numbers, found in training.",
            keep=(self.sentence,),
            subtitle="W_E  [vocab, d_model] = {v} × {d} · a few of its rows, around the id of “{word}”",
            v=self.E.shape[0],
            d=self.E.shape[1],
            word=self.word,
        ):
            top, low = self.look_up_boxes()
            tokens = self.numbered(top, 0.46, self.position).move_to(top.center)
            tokens = top.fit(tokens)
            grid = self.rows_around(low)
            if len(tokens.rows) == len(self.sentence.rows):
                self.play(*self.change(self.sentence, tokens), run_time=1)
            else:
                self.play(FadeOut(self.sentence), FadeIn(tokens), run_time=1)
                self.sentence = tokens
            self.play(Introduce(grid, "rows", lag=0.2), run_time=1.8)
        self.table_grid = grid

    def look_up_boxes(self) -> tuple[Box, Box]:
        """For the sentence (and the row under it), and for the table."""
        return tuple(
            self.stage.rows(1 if self.short else 1.4, 2.3 if self.wide else 1.8, gap=0.9 if self.wide else 1.3)
        )

    @property
    def short(self) -> bool:
        """Whether the sentence fits in a line, or in a few of a narrow frame."""
        return len(self.words) <= 12

    @property
    def entries(self) -> int:
        """How many entries of a row are shown."""
        return min(11 if self.wide else 6, self.E.shape[1])

    def rows_around(self, box: Box) -> TensorGrid:
        """The table: first and last row, those around the id, and ⋯ between."""
        last, half = self.E.shape[0] - 1, max(int((box.height / (0.42 if self.wide else 0.5) - 4.2) / 2), 1)
        window = [r for r in range(self.id - half, self.id + half + 1) if 0 <= r <= last]
        rows, shown = [], sorted({0, *window, last})
        for row in shown:
            rows += [None, row] if rows and row > rows[-1] + 1 else [row]
        labels = {row: say("{i}  {w}", i=row, w=display(self.vocabulary[row])) for row in shown}
        room = dict(width=box.width, height=box.height, cell=(1.05, self.row_height), columns=self.entries, rows=rows)
        return box.fit(TensorGrid(self.E, "weight", row_labels=labels, target_row=self.id, size=0.34, **room))

    def look_up(self):
        i = self.position
        with self.step(
            "Look-up",
            "“{word}” has id {id}: row {id} is its embedding, and that is all there is to it.",
            word=self.word,
            id=self.id,
            subtitle="embed [{i}, :] = W_E [{id}, :]",
            i=i,
        ):
            grid, place = self.table_grid, self.table_grid.shown_row(self.id)
            frame = Frame(grid.row_corners(place, pad=0.02))
            start, end = (
                self.sentence.number_place(i),
                grid.row_corners(place).mean(axis=0) * (0, 1, 0) + (grid.get_left()[0] + 0.3, 0, 0),
            )
            number = Label(say("{id}", id=self.id), 0.4, "target").move_to(start)
            lit = grid.copy()
            lit.cell_opacity[:], lit.text_opacity[:] = 0.25, 0.25
            lit.cell_opacity[place], lit.text_opacity[place] = 1.0, 1.0
            self.play(FadeOut(number, target_position=end, rate_func=rush_into), run_time=1.2)
            self.play(FadeIn(frame), Transform(grid, lit), run_time=0.8)
            row = self.lifted(grid, place)
            self.play(Fly(grid.strip(place), row), FadeIn(self.row_label(row)), run_time=1.6)
        self.row_of_word = row

    def lifted(self, grid: TensorGrid, place: int) -> TensorGrid:
        """The row, under the sentence."""
        top, low = self.look_up_boxes()
        row = TensorGrid(
            self.X[self.position],
            "weight",
            cell=(grid.cw * grid.zoom(), max(grid.ch * grid.zoom(), 0.4)),
            columns=self.entries,
            scale=grid.strongest,
            width=99,
            height=99,
            size=0.34,
        )
        row.set_y((low.top + min(top.bottom, self.sentence.get_bottom()[1])) / 2)
        return row.shift(((grid.cell_center(place, 0) - row.cell_center(0, 0))[0], 0, 0))

    def row_label(self, row: TensorGrid) -> Label:
        return Label(say("{word}", word=self.word), 0.4, "target").next_to(row, LEFT, buff=0.15)

    def same_row(self):
        mine, k, other, j = self.twin
        word, inside = display(mine.tokens[k]), other is mine
        a, b = mine["embed"][k], other["embed"][j]
        with self.step(
            "Same word, same row",
            "“{word}” at position {j}"
            + ("" if inside else " of another text")
            + ": the same id, the same {d} numbers.",
            word=word,
            j=j,
            d=len(a),
            most=abs(a - b).max(),
            keep=(),
            subtitle="embed [{k}, :] − embed [{j}, :] is {most:.2f} everywhere · positions come in later"
            if inside
            else "embed [{k}, :] here, embed [{j}, :] of a second run, on the text below · largest difference {most:.2f}",
            k=k,
        ):
            self.two_occurrences(mine, k, other, j, a, b)

    def two_occurrences(self, mine, k, other, j, a, b):
        """Sentence, row; row, sentence; and their difference between the two rows."""
        outer = self.stage.rows(1, 1.5, 1, gap=0.2)
        rows = []
        for trace, place, box in ((mine, k, outer[0]), (other, j, outer[2])):
            tokens = NumberedTokens(
                trace.tokens,
                trace["tokens"],
                width=box.width,
                height=box.height,
                size=0.46,
                unknown=trace.unknown,
                target=place,
            )
            rows.append(box.fit(tokens.dim_others(place)))
        box = outer[1]
        labels = [Label(say("position {i}", i=i), LABEL, "target") for i in (k, j)] + [
            Label("difference", LABEL, "secondary")
        ]
        left = max(label.width for label in labels) + 0.2
        cell = dict(
            cell=(
                min(1.1, (box.width - left - 0.3) / (self.entries - 0.4)),
                min(self.row_height, (box.height - 0.5) / 3),
            ),
            width=99,
            height=99,
            columns=self.entries,
            size=0.34,
        )
        scale = float(np.abs(a.values).max())
        grids = [
            TensorGrid(a, "weight", scale=scale, **cell),
            TensorGrid(a - b, "delta", scale=scale, spec="+.2f", **cell),
            TensorGrid(b, "weight", scale=scale, **cell),
        ]
        stack(*grids, gap=0.22).move_to(box.center).shift((left / 2, 0, 0))
        for label, grid in zip(labels, (grids[0], grids[2], grids[1]), strict=True):
            label.next_to(grid, LEFT, buff=0.2)
        self.play(*[FadeIn(m) for m in rows], run_time=0.8)
        ways = [(labels[0], grids[0], rows[0].corners(k)), (labels[1], grids[2], rows[1].corners(j))]
        self.play(
            *[
                move
                for label, grid, box in ways
                for move in (FadeIn(label), FadeIn(grid, target_position=box.mean(axis=0), scale=0.1))
            ],
            run_time=1.6,
        )
        self.play(FadeIn(labels[2]), Introduce(grids[1], "columns", lag=0.2), run_time=1.2)

    def every_word(self):
        with self.step(
            "Every word",
            "All {n} words at once: the text has become {n} rows of {d} numbers."
            if len(self.words) > 1
            else "So the text has become {n} row of {d} numbers.",
            n=len(self.words),
            d=self.E.shape[1],
            keep=(),
            subtitle="left W_E, all {v} × {d}{every}, right embed [position, d_model]",
            v=self.E.shape[0],
            every=self.every_note(),
        ):
            boxes = self.stage.columns(1, 2.2, gap=0.9) if self.wide else self.stage.columns(1, 3, gap=0.7)
            picture = TablePicture(self.E, "weight", width=boxes[0].width, height=boxes[0].height - 0.6)
            boxes[0].fit(picture).align_to((0, self.stage.bottom, 0), DOWN)
            grid = self.sentence_grid(boxes[1])
            title = Formula("W_E", 0.5, "positive").next_to(picture, UP, buff=0.12)
            shown = [p for p in grid.rows if p is not None]
            starts = np.array([picture.row_point(self.trace.ids[p])[:2] + (0.06, 0) for p in shown])
            ends = np.array(
                [(self.label_left(grid, p), grid.row_corners(grid.shown_row(p)).mean(axis=0)[1]) for p in shown]
            )
            threads = Threads(starts, ends, fill="target", line=0.02, opacity=0.75)
            self.play(FadeIn(picture), FadeIn(title), run_time=0.8)
            pieces = [grid.strip(k) for k, p in enumerate(grid.rows) if p is not None]
            flights = [
                FadeIn(piece, target_position=(*start, 0), scale=0.1)
                for piece, start in zip(pieces, starts, strict=True)
            ]
            self.play(FadeIn(grid.reveal(0)), run_time=0.5)
            self.play(Grow(threads, "grown", lag=0.5), LaggedStart(*flights, lag_ratio=0.5), run_time=3)
            self.remove(*pieces)
            grid.reveal(1)
        self.sentence_rows = grid

    @staticmethod
    def label_left(grid: TensorGrid, row: int) -> float:
        """Where a row's label begins."""
        return grid.to_scene(grid.row_room - 0.2 - typesetting.width(grid.row_labels[row], grid.header), 0)[0]

    def every_note(self) -> str:
        return "" if self.E.shape[0] <= 4000 else ", thinned out"

    def sentence_grid(self, box: Box) -> TensorGrid:
        """embed, one row a word."""
        columns = 8 if self.wide else 4
        limit = int(box.height / 0.27)
        grid = TensorGrid(
            self.X,
            "weight",
            width=box.width,
            height=box.height,
            cell=(1.05, self.row_height),
            columns=columns,
            rows=limit,
            keep_row=self.position,
            row_labels=self.words,
            target_row=self.position,
            size=0.34,
        )
        return box.fit(grid)

    # ── the space ────────────────────────────────────────────────────────────────────────────────
    @property
    def crowd(self) -> int:
        """How many words a map holds with their labels."""
        return 40

    def around(self) -> list[int]:
        """Rows of the sentence's words, then their nearest neighbours in turn, as many as a map holds."""
        wanted = list(self.own)
        lists = [nearest(self.E, self.E[row], NEAR + 3, [row]).ids for row in self.own]
        turns = [row for ring in zip_longest(*lists) for row in ring if row is not None]
        wanted += [*self.near.ids, *turns]
        return list(dict.fromkeys(wanted))[: max(self.crowd, len(self.own) + NEAR)]

    def map_boxes(self) -> list[Box]:
        """For the map, and for what stands beside it."""
        return (
            self.stage.columns(1.75, 1, gap=0.5)
            if self.wide
            else self.stage.rows(1.9 if self.portrait else 1.4, 1, gap=0.35)
        )

    def map_of(self, found, **kwargs) -> VectorSpace:
        """The rows around the sentence, seen along two axes of a PCA."""
        box, others = self.map_boxes()[0], len(self.shown_rows) - len(self.own)
        space = VectorSpace(
            found.project(self.E[self.shown_rows])[:, :2],
            [self.vocabulary[row] for row in self.shown_rows],
            width=box.width,
            height=box.height,
            must=range(len(self.own)),
            roles=["target"] * len(self.own) + ["ink"] * others,
            links=[(0, self.shown_rows.index(row)) for row in self.near.ids],
            link_fill="target",
            **kwargs,
        )
        space.link_grown[:] = 0
        return space.move_to(box.center)

    def shares_of(self, found) -> ProbabilityBars:
        """How much of the variance the two axes keep, and what the map does not show."""
        box = self.map_boxes()[1]
        bars = ProbabilityBars(
            found.explained,
            ["across", "up", *[""] * (len(found.explained) - 2)],
            order=(0, 1),
            rest="not shown",
            fill="target",
            width=box.width,
            height=min(box.height, 2.6),
            size=0.42,
            longest=1.0,
        )
        return bars.move_to(box.center)

    def whole_map(self):
        self.shown_rows = self.around()
        every = -(-self.E.shape[0] // MAPPED)
        found = pca(self.E[::every], "W_E", n=self.E.shape[1])
        with self.step(
            "A space",
            "A row is a point in {d} dimensions. A map shows two: {share:.0%} of what varies.",
            d=self.E.shape[1],
            share=found.explained[[0, 1]].sum(),
            subtitle="PCA of {n} rows of W_E: the two directions in which they vary most, each dot a word",
            n=len(self.E[::every]),
            keep=(self.sentence_rows,),
        ):
            n = len(self.own)
            space = self.map_of(
                found, cloud=found.project(self.E[::every])[:, :2], around="cloud", quiet=range(n, len(self.shown_rows))
            )
            space.emphasis[n:] = 0.0
            lit, grid, bars = space.copy(), self.sentence_rows, self.shares_of(found)
            space.emphasis = np.zeros_like(lit.emphasis)
            flights = [
                FadeOut(grid.strip(k), target_position=space.dot_place(self.own.index(self.trace.ids[p])), scale=0.05)
                for k, p in enumerate(grid.rows)
                if p is not None
            ]
            self.play(FadeIn(space), FadeOut(grid), LaggedStart(*flights, lag_ratio=0.1), run_time=2)
            self.play(Transform(space, lit), run_time=0.6)
            self.play(Grow(bars, "values", lag=0.2), run_time=1)
        self.space, self.shares = space, bars

    def closer(self):
        found = pca(self.E[self.shown_rows], "the rows shown", n=self.E.shape[1])
        with self.step(
            "Around the sentence",
            "Seen along axes made for these {n} words alone, the map keeps {share:.0%}.",
            n=len(self.shown_rows),
            share=found.explained[[0, 1]].sum(),
            subtitle="PCA of {n} rows of W_E: the sentence’s words and the nearest in all {d} dimensions",
            d=self.E.shape[1],
        ):
            self.play(
                Transform(self.space, self.map_of(found)), Transform(self.shares, self.shares_of(found)), run_time=3
            )
        self.local = found

    def neighbours(self):
        near = self.near
        with self.step(
            "Neighbours",
            "Nearest to “{word}” in all {d} dimensions is “{other}”: cosine {c:.2f}.",
            word=self.word,
            other=display(self.vocabulary[near.ids[0]]),
            c=near.cosines[0],
            d=self.E.shape[1],
            subtitle="cosine a · b / (|a| |b|) with all {v} rows of W_E, but its own · not read off the map",
            v=self.E.shape[0],
        ):
            box, small = self.map_boxes()[1], self.map_of(self.local)
            kept = [0, *(self.shown_rows.index(row) for row in near.ids)]
            small.emphasis = np.array([1.0 if k in kept else 0.25 for k in range(len(small.words))])
            small.link_grown[:] = 1
            bars = Ranking(
                near.cosines,
                [self.vocabulary[row] for row in near.ids],
                width=box.width,
                height=box.height,
                title=say("nearest to “{w}”", w=self.word),
                title_fill="target",
                size=0.42,
            )
            box.fit(bars)
            self.play(FadeOut(self.shares), Transform(self.space, small), run_time=1.4)
            self.play(Grow(bars, "bar_opacity", lag=0.4), run_time=1.5)
        self.bars = bars

    def worked_cosine(self):
        a, b = self.E[self.id], self.E[self.near.ids[0]]
        other = display(self.vocabulary[self.near.ids[0]])
        dot = (a * b).sum(0)
        with self.step(
            "Cosine",
            "Multiply entry by entry, add up, divide by both lengths: that is {c:.2f}.",
            c=self.near.cosines[0],
            keep=(self.space,),
            subtitle="rows {i} and {j} of W_E · {d} products",
            i=self.id,
            j=self.near.ids[0],
            d=len(a),
        ):
            box = self.stage.rows(2.4, 1.2)[0] if self.wide else self.stage.rows(1.7, 1)[0]
            low = self.stage.rows(2.4, 1.2)[1] if self.wide else self.stage.rows(1.7, 1)[1]
            labels = [
                Label(say("{w}", w=w), 0.44, role)
                for w, role in ((self.word, "target"), (other, "ink"), ("product", "secondary"))
            ]
            left = max(label.width for label in labels) + 0.25
            columns = 9 if self.wide else 5
            cell = dict(
                cell=(
                    min(1.2, (box.width - left - 0.3) / (columns - 0.4)),
                    min(1.4 * self.row_height, (box.height - 0.8) / 3),
                ),
                width=99,
                height=99,
                columns=columns,
                size=0.36,
            )
            grids = [
                TensorGrid(a, "weight", **cell),
                TensorGrid(b, "weight", **cell),
                TensorGrid(a * b, "score", **cell),
            ]
            stack(*grids, gap=0.3).move_to(box.center).shift((left / 2, 0, 0))
            for label, grid in zip(labels, grids, strict=True):
                label.next_to(grid, LEFT, buff=0.2)
            places = [self.space.dot_place(0), self.space.dot_place(self.shown_rows.index(self.near.ids[0]))]
            flights = [FadeIn(g, target_position=place, scale=0.1) for g, place in zip(grids[:2], places, strict=True)]
            self.play(FadeOut(self.space), *[FadeIn(m) for m in labels[:2]], *flights, run_time=1.2)
            terms = TermSum(a, b, dot, width=low.width, lines=1 if self.wide else 4, size=0.4)
            quotient = Label(
                say("{dot:+.3f} ÷ ({a:.3f} × {b:.3f}) = {c:.2f}", dot=dot, a=length(a), b=length(b), c=cosine(b, a)),
                0.48,
                "target",
            )
            low.fit(stack(terms, quotient, gap=0.4))
            self.play(FadeIn(labels[2]), Introduce(grids[2], "columns", lag=0.3), DotProduct(terms), run_time=3)
            self.play(FadeIn(quotient, shift=0.2 * DOWN), run_time=0.8)

    def recap(self):
        adds = self.trace.config.positions in ("learned", "sinusoidal")
        with self.step(
            "Into the model",
            "These rows go into the model"
            + ("; next, each gets its position added." if adds else "; where each word stands comes in later."),
            keep=(),
            subtitle="model {model} · embed [position, d_model] = {n} × {d}",
            model=self.model_name,
            n=len(self.words),
            d=self.E.shape[1],
        ):
            formula = Formula('{{ x_i : x }} = {{ W_E : w }} ["id"_i]', 0.8, x="target", w="positive")
            room = Box(self.stage.left, self.stage.bottom, self.stage.right, self.stage.top - formula.height - 0.4)
            grid = self.sentence_grid(room)
            formula.move_to((0, self.stage.top - formula.height / 2, 0))
            self.play(FadeIn(formula), run_time=0.8)
            self.play(Introduce(grid, "rows", lag=0.3), run_time=1.6)
