"""Embedding plus position: entry by entry, for all words, and for one word at two places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from manim import FadeIn, FadeOut, Mobject, Transform, smooth
from manim.utils.rate_functions import squish_rate_func

from model.numbers.tensor import Tensor
from model.study.variants import InputRows, Twice
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.ground.style import smallest
from scenes.kit.ground.text import Formula, Label
from scenes.kit.moves.products import ResidualAdd
from scenes.kit.moves.reveal import Reveal
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.rows import Rows
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import display
from scenes.lesson.stacks import StackLesson
from scenes.lessons.position.heatmap import HeatMap
from scenes.lessons.position.waves import MarkedTable

SCALED = " · E = √{d} × its row of W_E"  # said where the embedding is multiplied first, as in the paper
SOON = squish_rate_func(smooth, 0.15, 0.8)  # when pictures come while rows are seen a last time
TITLE = 0.7  # room over a sum for its title


@dataclass(frozen=True, eq=False)
class Adding:
    """Steps over the rows that go into a model, and one position."""

    scene: StackLesson
    rows: InputRows
    position: int

    @property
    def model(self) -> str:
        return self.rows.trace.info["checkpoint"]

    @property
    def words(self) -> list[str]:
        return [display(token) for token in self.rows.trace.tokens]

    def entries(self, table: MarkedTable, in_table: bool) -> None:
        """One row, entry by entry. in_table: whether the marked row of the table is the one that is added."""
        parts = named(self.rows.at(self.position), ("embedding E", "+ position P", "= input x"))
        fields: Look = dict(m=self.model, p=self.position, w=self.words[self.position], d=self.rows.x.shape[1])
        with self.scene.step(
            "Added",
            "The row is added to the embedding, entry by entry: x = E + P.",
            subtitle="{m}"
            + self.scene.of_stack
            + " · position {p}, “{w}” · {d} entries"
            + (SCALED if self.rows.scaled else ""),
            keep=(table.heat, table.frame) if in_table else (),
            **fields,
        ):
            upright = self.scene.by(wide=0, square=10, tall=15)
            sums = Rows(self.scene.stage, parts, adds=True, cell=1.25, upright=upright)
            if in_table:
                around = Transform(table.frame, Frame(sums.grids[1].corners(pad=0.04)))
                self.scene.play(FadeOut(table.heat), around, run_time=1)
            self.add_up([sums], gone=[table.frame] if in_table else [])

    def add_up(self, sums: list[Rows], arriving: Sequence[Mobject] = (), gone: Sequence[Mobject] = ()) -> None:
        """The parts appear, then their sums, entry by entry. arriving: before them; gone: with the last."""
        last = len(sums[0].grids) - 1
        waiting = [grid.pale() for each in sums for grid in each.grids]
        self.scene.play(*map(FadeIn, (*waiting, *arriving)), run_time=0.6)
        for k in range(last + 1):
            moves = [ResidualAdd(*r.grids) if k == last else Reveal(r.grids[k], "cells", lag=0.2) for r in sums]
            come = [r.labels[k] for r in sums]
            go = [m for m in gone if k == last and m in self.scene.mobjects]
            fades = [*[FadeIn(m, run_time=0.5) for m in come], *[FadeOut(m, run_time=0.5) for m in go]]
            self.scene.play(*fades, *moves)
        self.scene.add(*sums)

    def every_word(self) -> None:
        """The three tables as pictures of one scale."""
        with self.scene.step(
            "Every word",
            "The same for all {n} words at once: what they mean, plus where they stand.",
            subtitle="model {m}" + self.scene.of_stack + " · E + P = x [position, d_model] · blue +, red −, one scale",
            keep=(),
            n=len(self.words),
            m=self.model,
        ):
            tensors, stage = (self.rows.E, self.rows.P, self.rows.x), self.scene.stage
            scale = float(max(np.abs(tensor.values).max() for tensor in tensors))
            boxes = stage.columns(1.25, 1, 1, gap=0.6) if self.scene.wide else stage.rows(1, 1, 1, gap=0.3)
            names = (("E", "ink"), ("+ P", "position"), ("= x", "ink"))
            words = [k == 0 or not self.scene.wide for k in range(len(boxes))]
            heats = [self.heat(box, t, scale, told) for box, t, told in zip(boxes, tensors, words, strict=True)]
            self.scene.play(*[FadeIn(heat.pale(), rate_func=SOON) for heat in heats], run_time=0.7)
            for heat, (name, role) in zip(heats, names, strict=True):
                sign = Formula(name, 0.46, role)
                sign.move_to((heat.corners()[1][0] - sign.width / 2 - 0.1, heat.get_top()[1] - 0.15, 0))
                self.scene.play(FadeIn(sign), Reveal(heat, "rows", lag=0.3), run_time=1.2)

    def heat(self, box: Box, tensor: Tensor, scale: float, with_words: bool) -> HeatMap:
        """A tensor [position, d_model] as a picture, its words at the left where they can be read."""
        readable = 0.9 * (box.height - 0.7) / len(self.words) >= smallest()
        words = self.words if with_words else [""] * len(self.words)
        look: Look = dict(titles=("", "entry"), square=False, scale=scale, row_labels=words if readable else None)
        return HeatMap(tensor, width=box.width, height=box.height, **look).move_to(box.center)

    def same_word(self, twice: Twice) -> None:
        """A word at two places: equal embeddings, different inputs."""
        rows, trace = twice.rows, twice.rows.trace
        word, places = display(trace.tokens[twice.first]), (twice.first, twice.last)
        note = " · in “{t}”" if twice.borrowed else SCALED if self.rows.scaled else ""
        fields: Look = dict(w=word, i=twice.first, j=twice.last, a=twice.difference(rows.E), b=twice.difference(rows.x))
        with self.scene.step(
            "Twice the same word",
            "“{w}” at {i} and at {j}: E differs by {a:.2f}, the input x by up to {b:.2f}.",
            subtitle="model {m} · {d} entries" + note,
            keep=(),
            **fields,
            m=trace.info["checkpoint"],
            d=rows.E.shape[1],
            t=twice.borrowed,
        ):
            stage, sums, titles = self.scene.stage, [], []
            boxes = stage.columns(1, 1, gap=0.6) if self.scene.wide else stage.rows(1, 1, gap=0.5)
            both = [rows.at(place) for place in places]
            for box, place in zip(boxes, places, strict=True):
                title = Label(
                    say("“{w}” at position {p}", w=display(trace.tokens[place]), p=place),
                    0.44,
                    "target",
                    of=rows.E[place],
                )
                titles.append(title.move_to((box.center[0], box.top - 0.25, 0)))
                below = Box(box.left, box.bottom, box.right, box.top - TITLE)
                sums.append(Rows(below, named(rows.at(place), ("E", "+ P", "= x")), adds=True, beside=both))
            self.add_up(sums, arriving=titles)


def named(tensors: tuple[Tensor, Tensor, Tensor], names: tuple[str, str, str]) -> tuple[tuple[Tensor, str, str], ...]:
    """Embedding, position and input as parts of Rows."""
    return tuple(zip(tensors, ("data", "position", "data"), names, strict=True))
