"""The space that the rows lie in: two maps of it, the neighbours that no map decides, and a cosine worked out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from manim import DOWN, FadeIn, FadeOut, LaggedStart, Transform, linear, rush_from

from model.numbers.tensor import Tensor
from model.study.space import Pca, cosine, length, pca
from model.study.words import Word, WordTable
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.ranking import Ranking
from scenes.kit.ground.layout import Box, stack
from scenes.kit.ground.say import say, worked_out
from scenes.kit.ground.text import Label
from scenes.kit.moves.products import DotProduct
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.terms import TermSum
from scenes.kit.recipes import Look
from scenes.kit.space.vectorspace import VectorSpace
from scenes.kit.words.tokens import display
from scenes.lesson.claims import Fact, ordered, truth
from scenes.lesson.lesson import TextLesson
from scenes.lesson.steps import COME, come, leave
from scenes.lessons.embedding.claims import nearest
from scenes.lessons.embedding.rows import labelled_rows

MAPPED = 4000  # rows that a map of the whole vocabulary shows
CROWD = 40  # words that a map holds with their labels
BAR_TEXT = 0.42  # em beside bars
TURN = 0.9  # radians that a space turns while it is looked at
DIM = 0.25  # what is not talked about


@dataclass(frozen=True)
class Shown:
    """On stage: a map, and bars for what it keeps of the variance."""

    space: VectorSpace
    shares: ProbabilityBars


def three(explained: np.ndarray, seen: np.ndarray) -> bool:
    """Whether a share is that of the first three axes."""
    return bool(abs(float(explained[:3].sum()) - float(seen)) < 1e-6)


@dataclass(frozen=True, eq=False)
class Maps:
    """Steps over the rows around a word."""

    scene: TextLesson
    word: Word
    table: WordTable

    @cached_property
    def rows(self) -> list[int]:
        """The rows of the table with a label on the maps, the text's own first."""
        return self.word.around(CROWD)

    @cached_property
    def local(self) -> Pca:
        """The axes of those rows alone."""
        return pca(self.table.table[self.rows], "the rows shown", n=self.table.size[1])

    def whole(self, grid: TensorGrid) -> Shown:
        """The rows of the text fly to their places among all others, and become arrows in a space that turns."""
        every, own = -(-self.table.size[0] // MAPPED), self.word.own
        rows = self.table.table[::every]
        found = pca(rows, "W_E", n=self.table.size[1])
        seen = found.explained[[0, 1, 2]].sum()
        with self.scene.step(
            "A space",
            "A row is an arrow in {d} dimensions. We can see three: {share:.0%} of what varies.",
            subtitle="PCA of {n} rows of W_E: the three axes along which they vary most · dots: words",
            keep=(grid,),
            claims=[
                ordered(found.explained),
                truth("the bars are those of three axes", [found.explained, seen], three),
            ],
            quiz=self.scene.quiz(
                "How much of what varies do three of {d} axes keep?", found.explained.cumsum(0), place=2
            ),
            share=seen,
            n=len(rows),
        ):
            quiet = range(len(own), len(self.rows))
            how: Look = dict(cloud=rows @ found.axes[:, :3], around="cloud", quiet=quiet, turn=TURN)
            space = self.map_of(found, **how)
            space.emphasis[len(own) :] = 0.0
            lit, bars = space.copy(), self.shares_of(found, 3)
            places = {
                k: space.dot_place(own.index(self.word.trace.ids[p])) for k, p in enumerate(grid.rows) if p is not None
            }
            strips = {k: grid.strip(k) for k in places}
            for strip in strips.values():
                strip.text_opacity[:] = 0.0  # the numbers stay behind: a point is where they lead
            flights = [FadeOut(strips[k], target_position=place, scale=0.05) for k, place in places.items()]
            play = self.scene.play
            play(FadeIn(space, rate_func=COME), FadeOut(grid), LaggedStart(*flights, lag_ratio=0.1), run_time=1.8)
            lit.stem_grown[: len(own)] = 1.0
            play(Transform(space, lit, rate_func=rush_from), run_time=0.9)
            turn = Transform(space, space.turned(TURN), rate_func=linear, run_time=2.6)
            self.scene.play(Grow(bars, "values", lag=0.2, run_time=1.5), turn)
        return Shown(space, bars)

    def closer(self, shown: Shown) -> None:
        """The view turns to the axes of the rows around the text."""
        with self.scene.step(
            "Around the sentence",
            "Flat, along two axes made for these {n} words alone, the map keeps {share:.0%}.",
            subtitle="PCA of {n} rows of W_E: the sentence’s words and the nearest in all {d} dimensions",
            claims=[self.nearest],
            n=len(self.rows),
            share=self.local.explained[[0, 1]].sum(),
        ):
            turn = Transform(shown.space, self.map_of(self.local))
            self.scene.play(turn, Transform(shown.shares, self.shares_of(self.local)), run_time=3)

    def neighbours(self, shown: Shown) -> VectorSpace:
        """The nearest rows in all dimensions, as bars and as links on the map."""
        near, words = self.word.near, [self.table.vocabulary[row] for row in self.word.near.ids]
        with self.scene.step(
            "Neighbours",
            "Nearest to “{word}” in all {d} dimensions is “{other}”: cosine {c:.2f}.",
            subtitle="cosine a · b / (|a| |b|) with all {v} rows of W_E, but its own · not read off the map",
            claims=[self.nearest],
            quiz=self.scene.quiz(
                "Which word is nearest to “{word}” in all {d} dimensions?",
                near.cosines,
                lambda k: say("“{w}”", w=display(words[k])),
            ),
            other=display(words[0]),
            c=near.cosines[0],
        ):
            box, linked = self.boxes[1], self.map_of(self.local)
            kept = [0, *(self.rows.index(row) for row in near.ids)]
            linked.emphasis = np.array([1.0 if k in kept else DIM for k in range(len(linked.words))])
            linked.link_grown[:] = 1
            title: Look = dict(title=say("nearest to “{w}”", w=self.name), title_fill="target")
            bars = Ranking(near.cosines, words, width=box.width, height=box.height, size=BAR_TEXT, **title)
            box.fit(bars)
            self.scene.play(FadeOut(shown.shares), Transform(shown.space, linked), run_time=1.4)
            self.scene.play(Grow(bars, "bar_opacity", lag=0.4), run_time=1.5)
        return shown.space

    def worked_cosine(self, space: VectorSpace) -> None:
        """Two rows come out of the map; their products, sum and lengths."""
        first, play = self.word.near.ids[0], self.scene.play
        a, b = self.table.table[self.word.id], self.table.table[first]
        with self.scene.step(
            "Cosine",
            "Multiply entry by entry, add up, divide by both lengths: that is {c:.2f}.",
            subtitle="rows {i} and {j} of W_E · {d} products",
            keep=(space,),
            c=self.word.near.cosines[0],
            i=self.word.id,
            j=first,
        ):
            shares = self.scene.by(wide=(2.4, 1.2), square=(1.7, 1), tall=(1.7, 1))
            box, low = self.scene.stage.rows(*shares)
            mine, other, products = self.three_rows(box, a, b)
            places = [space.dot_place(0), space.dot_place(self.rows.index(first))]
            flights = [
                FadeIn(grid, target_position=place, scale=0.1)
                for (_, grid), place in zip((mine, other), places, strict=True)
            ]
            play(*leave(space), *come(mine[0], other[0]), *flights, run_time=0.9)
            lines = self.scene.by(wide=1, square=4, tall=4)
            terms = TermSum(a, b, (a * b).sum(0), width=low.width, lines=lines, size=0.4)
            fields: Look = dict(dot=(a * b).sum(0), a=length(a), b=length(b), c=cosine(b, a))
            law = worked_out("{dot:+%} ÷ ({a:%} × {b:%}) = {c:.2f}", least=3, **fields)
            quotient = Label(law, 0.48, "target")
            low.fit(stack(terms, quotient, gap=0.4))
            label, grid = products
            play(FadeIn(label), Introduce(grid, "columns", lag=0.3), DotProduct(terms), run_time=3)
            play(FadeIn(quotient, shift=0.2 * DOWN), run_time=0.8)

    def three_rows(self, box: Box, a: Tensor, b: Tensor) -> list[tuple[Label, TensorGrid]]:
        """Both words' rows, and below them their products."""
        names = ((self.name, "target"), (display(self.table.vocabulary[self.word.near.ids[0]]), "ink"))
        rows = ((*names[0], a), (*names[1], b), ("product", "secondary", a * b))
        labels = [Label(say("{w}", w=name), 0.44, role, of=row) for name, role, row in rows]
        parts = list(zip(labels, (a, b, a * b), ("weight", "weight", "score"), strict=True))
        cell: Look = dict(cell=(1.2, 1.4 * self.scene.row_height), columns=self.scene.by(wide=9, square=5, tall=5))
        return labelled_rows(box, parts, air=0.8, gap=0.3, room=0.25, size=0.36, **cell)

    @property
    def nearest(self) -> Fact:
        """The word's first neighbour lies nearest of all rows but its own."""
        return nearest(self.table.table, self.table.table[self.word.id], self.word.near.ids[0], [self.word.id])

    # ── what is drawn ────────────────────────────────────────────────────────────────────────────
    @property
    def name(self) -> str:
        """The word that is followed."""
        return display(self.word.trace.tokens[self.word.position])

    @property
    def boxes(self) -> list[Box]:
        """For the map, and for what stands beside it."""
        stage = self.scene.stage
        square, tall = (stage.rows(share, 1, gap=0.35) for share in (1.4, 1.9))
        return self.scene.by(wide=stage.columns(1.75, 1, gap=0.5), square=square, tall=tall)

    def map_of(self, found: Pca, **how: Any) -> VectorSpace:
        """The rows around the text, seen along two axes of a PCA."""
        box, own = self.boxes[0], len(self.word.own)
        points = self.table.table[self.rows] @ found.axes[:, :3]
        words = [self.table.vocabulary[row] for row in self.rows]
        roles = ["target"] * own + ["ink"] * (len(self.rows) - own)
        links: Look = dict(links=[(0, self.rows.index(row)) for row in self.word.near.ids], link_fill="target")
        room: Look = dict(width=box.width, height=box.height, must=range(own))
        space = VectorSpace(points, words, roles=roles, **room, **links, **how)
        space.link_grown[:] = 0
        return space.move_to(box.center)

    def shares_of(self, found: Pca, count: int = 2) -> ProbabilityBars:
        """How much of the variance so many axes keep, and what is not shown."""
        box, others = self.boxes[1], len(found.explained) - count
        room: Look = dict(width=box.width, height=min(box.height, 2.6), size=BAR_TEXT, longest=1.0)
        look: Look = dict(order=range(count), rest="not shown", fill="target")
        names = ["across", "up"] if count == 2 else ["first axis", "second", "third"]
        return ProbabilityBars(found.explained, [*names, *[""] * others], **look, **room).move_to(box.center)
