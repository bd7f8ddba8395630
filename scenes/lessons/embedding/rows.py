"""A text as rows of numbers: looked up, and on its way into the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from manim import DOWN, LEFT, UP, FadeIn, LaggedStart

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.study.words import Word, WordTable
from scenes.kit.ground import typesetting
from scenes.kit.ground.layout import Box, stack
from scenes.kit.ground.text import Formula, Label
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import UNBOUNDED, Look
from scenes.kit.words.links import Threads
from scenes.kit.words.tokens import display
from scenes.lesson.stacks import StackLesson
from scenes.lessons.embedding.ids import NumberedTokens
from scenes.lessons.embedding.table import MOST, TablePicture

SENTENCE = 0.5  # em of a text over its rows
DIGITS = 0.34  # em of the numbers in cells
WORDS = 0.34  # em of the words beside them
LOWEST = 0.27  # a row of the text
MANY = 40  # words; more take half of the room that their rows have
FEW, MOST_GROWN = 8, 2.2  # words from which on cells have their usual size, and how much larger they are at most


@dataclass(frozen=True, eq=False)
class TextRows:
    """Steps over the rows of all words of a text."""

    scene: StackLesson
    word: Word
    table: WordTable

    @property
    def trace(self) -> Trace:
        return self.word.trace

    def every_word(self) -> TensorGrid:
        """All words are looked up at once, in a picture of the whole table."""
        every = "" if self.table.size[0] <= MOST else ", thinned out"
        with self.scene.step(
            "Every word",
            "All {n} words at once: the text has become {n} rows of {d} numbers."
            if len(self.trace) > 1
            else "So the text has become {n} row of {d} numbers.",
            subtitle="left W_E, all {v} × {d}{every}, right embed [position, d_model]",
            keep=(),
            n=len(self.trace),
            every=every,
        ):
            share, gap = self.scene.by(wide=(2.2, 0.9), square=(3, 0.7), tall=(3, 0.7))
            left, right = self.scene.stage.columns(1, share, gap=gap)
            picture = TablePicture(self.table.table, "weight", width=left.width, height=left.height - 0.6)
            left.fit(picture).align_to((0, self.scene.stage.bottom, 0), DOWN)
            title = Formula("W_E", 0.5, "positive").next_to(picture, UP, buff=0.12)
            grid = self.grid(right)
            self.scene.play(FadeIn(picture), FadeIn(title), FadeIn(grid.pale()), run_time=0.8)
            self.fly(picture, grid)
        return grid

    def fly(self, picture: TablePicture, grid: TensorGrid) -> None:
        """Rows fly out of the table, each on a thread to its word."""
        shown = [(k, p) for k, p in enumerate(grid.rows) if p is not None]
        starts = np.array([picture.row_point(self.trace.ids[p])[:2] + (0.06, 0) for _, p in shown])
        ends = np.array([(label_left(grid, p), grid.row_corners(k).mean(axis=0)[1]) for k, p in shown])
        threads = Threads(starts, ends, fill="target", line=0.02, opacity=0.75)
        pieces = [grid.strip(k) for k, _ in shown]
        flights = [
            FadeIn(piece, target_position=(*start, 0), scale=0.1) for piece, start in zip(pieces, starts, strict=True)
        ]
        self.scene.play(Grow(threads, "grown", lag=0.5), LaggedStart(*flights, lag_ratio=0.5), run_time=3)
        self.scene.remove(*pieces)
        grid.reveal(1)

    def grid(self, box: Box) -> TensorGrid:
        """embed, one row a word."""
        grown = max(1.0, min(FEW / len(self.trace), MOST_GROWN))  # a short text gets larger cells
        cell = (1.05 * grown, self.scene.row_height * grown)
        room: Look = dict(
            width=box.width, height=box.height, cell=cell, columns=self.scene.by(wide=8, square=4, tall=4)
        )
        words, place = [display(token) for token in self.trace.tokens], self.word.position
        rows: Look = dict(rows=int(box.height / LOWEST), keep_row=place, row_labels=words, target_row=place)
        if grown > 1:
            rows["header"] = WORDS * grown
        return box.fit(TensorGrid(self.trace["embed"], "weight", size=DIGITS * grown, **rows, **room))

    def into_the_model(self) -> None:
        """The sentence as it stood at the beginning, and what has become of it: its rows, by one formula."""
        adds = self.trace.config.positions in ("learned", "sinusoidal")
        next_part = "; next, each gets its position added." if adds else "; where each word stands comes in later."
        with self.scene.step(
            "Into the model",
            "So each word is {d} numbers" + next_part,
            subtitle="model {model}" + self.scene.of_stack + " · embed [position, d_model] = {n} × {d}",
            keep=(),
            n=len(self.trace),
        ):
            stage = self.scene.stage
            times = 'sqrt(d_"model") ' if self.trace.config.embed_scale else ""
            typst = "{{ x_i : x }} = " + times + '{{ W_E : w }} ["id"_i]'
            formula = Formula(typst, 0.6, x="target", w="positive")
            share = (2.4 if self.scene.wide else 1.8) / (1 if len(self.trace) <= MANY else 2)
            top, low = stage.rows(1, share, gap=formula.height + 0.6)
            room: Look = dict(width=top.width, height=top.height, size=SENTENCE, unknown=self.trace.unknown)
            sentence = NumberedTokens(self.trace.tokens, self.trace["tokens"], **room)
            stack(top.fit(sentence), formula, gap=0.3).move_to((0, stage.top, 0), aligned_edge=UP)
            grid = self.grid(Box(low.left, low.bottom, low.right, formula.get_bottom()[1] - 0.3))
            self.scene.play(FadeIn(sentence), run_time=0.6)
            self.scene.play(FadeIn(formula), Introduce(grid, "rows", lag=0.3), run_time=1.6)


def label_left(grid: TensorGrid, row: int) -> float:
    """Where a row's label begins."""
    label = grid.row_labels[row] if grid.row_labels is not None else ""
    return grid.to_scene(grid.row_room - 0.2 - typesetting.width(label, grid.header), 0)[0]


def labelled_rows(
    box: Box,
    parts: Sequence[tuple[Label, Tensor, str]],
    *,
    columns: int,
    cell: tuple[float, float],
    air: float,
    gap: float,
    room: float,
    **look: float | str,
) -> list[tuple[Label, TensorGrid]]:
    """Tensors [n] one below the other in a box, each (label, tensor, kind) with its label at the left.

    cell: the largest cell. air: height that the rows leave free. gap: between rows; room: at the labels' right."""
    left = max(label.width for label, *_ in parts) + room
    size = min(cell[0], (box.width - left - 0.3) / (columns - 0.4)), min(cell[1], (box.height - air) / len(parts))
    how: Look = dict(cell=size, columns=columns, **UNBOUNDED, **look)
    grids = [TensorGrid(tensor, kind, **how) for _, tensor, kind in parts]
    stack(*grids, gap=gap).move_to(box.center).shift((left / 2, 0, 0))
    labels = [label.next_to(grid, LEFT, buff=0.2) for (label, *_), grid in zip(parts, grids, strict=True)]
    return list(zip(labels, grids, strict=True))
