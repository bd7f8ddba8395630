"""Analogies and neighbours asked of a table of words: the model's own, and real vectors of everyday words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manim import DOWN, LEFT, UP, FadeIn, LaggedStart, Transform, VGroup

from model.numbers.tensor import concatenate
from model.numbers.tensor import stack as stack_tensors
from model.study.probes import GLOVE_ANALOGIES
from model.study.space import Analogy, cosine, pca
from model.study.words import WordTable
from scenes.kit.charts.ranking import Ranking
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.style import color
from scenes.kit.ground.text import LABEL, Label
from scenes.kit.ground.typesetting import width
from scenes.kit.moves.reveal import Grow
from scenes.kit.recipes import Look
from scenes.kit.space.vectorspace import VectorSpace
from scenes.kit.words.tokens import display
from scenes.lesson.claims import Fact
from scenes.lesson.lesson import TextLesson
from scenes.lesson.quiz import Question
from scenes.lessons.embedding.claims import answers, holding, nearest
from scenes.lessons.embedding.directions import panes

NEAR = 5  # neighbours that are listed
BAR_TEXT, DOT_TEXT = 0.46, 0.36  # em of the words beside bars and dots
ASKED = 3  # words of an analogy that are given
TURN = 0.9  # radians that a space turns while it is looked at
WIDEST = 6.5  # bars of a word's neighbours
FIRST_ANALOGY = "man king woman queen"  # the one that everybody tells
COLUMNS = ("", "nearest", "expected", "place")
LEAST_GAP, MOST_GAP = 0.25, 1.2  # between the columns of a table of labels
FILLED = 0.8  # of the stage's width, up to which such a table grows …
LARGEST = 1.35  # … by this factor at most


@dataclass(frozen=True, eq=False)
class Analogies:
    """Steps over what a table of words answers."""

    scene: TextLesson
    table: WordTable

    def model_table(self, shown: list[Analogy]) -> None:
        """One or two analogies in the model's own table, with what really lies nearest."""
        subtitle = "rows of W_E · cosines with all {v} rows but those of the three words asked"
        with self.scene.step("Analogies", **self.asked(shown[0]), subtitle=subtitle):
            self.flight(shown[0])
        if len(shown) > 1:
            with self.scene.step("One that fails", **self.asked(shown[1]), subtitle=subtitle, quiz=self.quiz(shown[1])):
                self.flight(shown[1])

    def king_and_queen(self) -> None:
        """The best-known analogy."""
        words, (found,) = self.table.vocabulary, self.table.analogies([FIRST_ANALOGY], NEAR)
        left_out = {name: words[getattr(found, name)] for name in "abc"}
        of_all = nearest(self.table.table, found.target, found.nearest_of_all, [])
        with self.scene.step(
            "King and queen",
            **self.asked(found, of_all),
            quiz=self.quiz(found),
            subtitle="GloVe, {n} words · left out: {a}, {b}, {c}; else “{raw}” is nearest",
            n=len(words),
            raw=words[found.nearest_of_all],
            **left_out,
        ):
            self.flight(found)

    def asked(self, found: Analogy, *claims: Fact) -> Look:
        """A step's question, with what makes its answer true."""
        facts = [*answers(self.table.table, found), *claims]
        return dict(ask="{e}: to which word does that lead?", keep=(), claims=facts, e=self.expression(found))

    def quiz(self, found: Analogy) -> Question | None:
        """Which of the nearest words is the nearest?"""
        names = [say("“{w}”", w=display(self.table.vocabulary[row])) for row in found.found.ids]
        e, cosines = self.expression(found), found.found.cosines
        return self.scene.quiz("To which word does {e} lead?", cosines, names.__getitem__, e=e)

    def flight(self, found: Analogy) -> None:
        """The arrow from one word to another lifts off and flies to the third; what lies where it leads comes last."""
        stage, play = self.scene.stage, self.scene.play
        left, right = stage.columns(1.5, 1, gap=0.5) if self.scene.wide else stage.rows(1.5, 1, gap=0.3)
        space, bars = self.map_of(found, left), self.ranking(found, right)
        lit, target = space.tint.copy(), len(space.words) - 1
        asked, there, every = (upto(target + 1, count) for count in (ASKED, ASKED, target + 1))
        there[target] = 1.0
        space.tint[ASKED:target] = color("ink")  # none of them stands out yet
        space.emphasis = asked
        space.stem_grown[:], space.carry_grown[:], space.ring_grown[:] = 0.0, 0.0, 0.0
        play(FadeIn(space), run_time=0.6)
        play(change(space, stem_grown=asked), run_time=0.7)
        play(change(space, carry_grown=np.ones(1)), run_time=0.6)
        play(change(space, TURN / 4, carry_moved=np.ones(1)), run_time=1.6)
        play(change(space, emphasis=there, ring_grown=every), run_time=0.6)
        play(change(space, TURN / 4, emphasis=every), Grow(bars, "bar_opacity", lag=0.4), run_time=1.5)
        play(change(space, tint=lit), run_time=0.5)
        self.told_of(found)
        play(change(space, TURN / 2), run_time=3.5)

    def told_of(self, found: Analogy) -> None:
        """The step's answer."""
        words = self.table.vocabulary
        nearest, expected = display(words[found.found.ids[0]]), display(words[found.expected])
        if found.holds:
            told = "To “{w}”, cosine {v:.2f}: nearest but for the words asked."
            self.scene.answer(told, w=nearest, v=found.found.cosines[0])
        else:
            told = "Nearest is “{w}”; the word expected, “{x}”, is number {r}."
            self.scene.answer(told, w=nearest, x=expected, r=found.rank)

    def everyday_words(self, rows: list[int]) -> None:
        """The neighbours of words of the text."""
        words, vectors = self.table.vocabulary, self.table.table
        missing = [w for w in dict.fromkeys(self.scene.words) if w.lower() not in self.table.rows]
        with self.scene.step(
            "Everyday words",
            "GloVe, from six billion words: neighbours share meaning and theme.",
            subtitle="glove.vectors = {v} words × {d}" + (" · not among them: {missing}" if missing else ""),
            keep=(),
            missing=", ".join(missing[:4]),
            v=len(words),
            d=vectors.shape[1],
        ):
            found = [self.table.near(row, NEAR) for row in rows]
            boxes = panes(self.scene, len(rows), self.scene.by(wide=0.6, square=0.4, tall=0.4))
            widest = max(width(words[k], 1.0) for near in found for k in near.ids)
            look: Look = dict(numbered=False, label_room=widest, title_fill="target", size=BAR_TEXT)
            bars = []
            for row, near, box in zip(rows, found, boxes, strict=True):
                room: Look = dict(width=min(box.width, WIDEST), height=box.height, title=say("{w}", w=words[row]))
                bars.append(box.fit(Ranking(near.cosines, [words[k] for k in near.ids], **look, **room)))
            self.show(bars, 2.2, 0.15)

    def hits_and_misses(self) -> None:
        """Several analogies, with the place of the word expected."""
        words, found = self.table.vocabulary, self.table.analogies(GLOVE_ANALOGIES, 1)
        worst = max(found, key=lambda each: each.rank)
        fields: Look = dict(e=self.expression(worst), x=words[worst.expected], r=worst.rank)
        with self.scene.step(
            "Hits and misses",
            ask="Which of these {n} hold?",
            subtitle="GloVe · nearest of the {v} other words, its cosine, and the place of the word expected",
            keep=(),
            claims=self.claimed(found),
            **fields,
            hits=sum(each.holds for each in found),
            n=len(found),
            v=len(words) - 3,
        ):
            rows, head = [self.told(each) for each in found], [Label(t, LABEL, "secondary") for t in COLUMNS]
            if self.scene.portrait:
                rows = set_lines(self.scene.stage, rows)
            else:
                head, *rows = set_table(self.scene.stage, [head, *rows])
            asked = [row[0] for row in rows]
            self.scene.play(*map(FadeIn, (*asked, *([] if self.scene.portrait else head))), run_time=0.5)
            arriving = [FadeIn(VGroup(*row[1:]), shift=0.15 * UP) for row in rows]
            self.scene.play(LaggedStart(*arriving, lag_ratio=0.5), run_time=2.2)
            self.scene.answer("{hits} of them hold. For {e}, “{x}” is number {r}.")

    def claimed(self, found: list[Analogy]) -> list[Fact]:
        """What is said of several analogies."""
        each = [claim for one in found for claim in answers(self.table.table, one)]
        return [*each, holding(self.table.table, found)]

    # ── what is drawn ────────────────────────────────────────────────────────────────────────────
    def expression(self, found: Analogy) -> Said:
        names = {name: display(self.table.vocabulary[getattr(found, name)]) for name in "abc"}
        return say("{b} − {a} + {c}", **names)

    def told(self, found: Analogy) -> list[Label]:
        """An analogy in the columns COLUMNS."""
        role, words = "truth" if found.holds else "loss", self.table.vocabulary
        nearest = say("{w} {v:.2f}", w=words[found.found.ids[0]], v=found.found.cosines[0])
        expected = (say("{w}", w=words[found.expected]), say("{r}", r=found.rank))
        return [Label(self.expression(found), LABEL), Label(nearest, LABEL), *[Label(t, LABEL, role) for t in expected]]

    def ranking(self, found: Analogy, box: Box, **alike: float) -> Ranking:
        """What really lies nearest to b − a + c; the expected word with its true rank, if it is not among them."""
        near = found.found
        ids, ranks, values = list(near.ids), list(range(1, len(near.ids) + 1)), near.cosines
        if found.expected not in ids:
            ids, ranks = [*ids, found.expected], [*ranks, found.rank]
            values = cosine(self.table.table[ids], found.target)
        mark: Look = dict(marked=ids.index(found.expected), mark="truth" if found.holds else "loss")
        title: Look = dict(title=self.expression(found), title_fill="target")
        room: Look = dict(width=box.width, height=box.height, size=BAR_TEXT, **alike)
        words = [self.table.vocabulary[row] for row in ids]
        return box.fit(Ranking(values, words, ranks=ranks, **mark, **title, **room))

    def show(self, bars: list[Ranking], run_time: float, lag: float) -> None:
        """One ranking after the other, line by line."""
        growing = [Grow(each, "bar_opacity", lag=0.4, there=(0,)) for each in bars]
        self.scene.play(LaggedStart(*growing, lag_ratio=lag), *self.scene.giving_way(), run_time=run_time)

    def map_of(self, found: Analogy, box: Box) -> VectorSpace:
        """The three words asked as arrows, what lies near the target, and a ring there; in a space of their own."""
        words = self.table.vocabulary
        rows = list(dict.fromkeys([found.a, found.b, found.c, found.expected, *found.found.ids]))
        points, target = self.table.table[rows], len(rows)
        axes = pca(points, "the words shown", n=3)
        note = say("three axes of a PCA: {v:.0%} of the variance", v=axes.explained.sum(0))
        roles = ["ink"] * ASKED + ["truth" if found.holds else "loss"] + ["ink"] * (len(rows) - ASKED - 1) + ["target"]
        arrows: Look = dict(stems=range(ASKED), carried=[(0, 1, 2)], arrow_fill="target", hollow=[target])
        room: Look = dict(width=box.width, height=box.height, size=DOT_TEXT, must=[ASKED, 0, 1, 2])
        with_target = concatenate([points, stack_tensors([found.target], "word")], 0) @ axes.axes
        names = [*(words[row] for row in rows), ""]
        look: Look = dict(roles=roles, titles=("", note), turn=TURN)
        return VectorSpace(with_target, names, **look, **arrows, **room).move_to(box.center)


def change(space: VectorSpace, by: float = 0.0, **look: np.ndarray) -> Transform:
    """The space takes another look, and turns by so many radians."""
    other = space.turned(by)
    for name, value in look.items():
        setattr(other, name, value)
    return Transform(space, other)


def upto(size: int, count: int) -> np.ndarray:
    """Ones up to a place, then noughts. [size]"""
    return (np.arange(size) < count).astype(float)


def set_lines(stage: Box, rows: list[list[Label]]) -> list[list[Label]]:
    """Each row in two lines: the question, and below it what is nearest, what was expected, and its place."""
    lines = []
    for question, near, expected, place in rows:
        notes = [Label(text, LABEL, "secondary") for text in ("· expected", "at place")]
        answer = VGroup(near, notes[0], expected, notes[1], place).arrange(buff=0.2)
        lines.append(VGroup(question.scale(1.25), answer).arrange(DOWN, buff=0.1, aligned_edge=LEFT))
    stage.fit(VGroup(*lines).arrange(DOWN, buff=0.55, aligned_edge=LEFT))
    return [[question, *answer] for question, answer in lines]


def set_table(stage: Box, rows: list[list[Label]]) -> list[list[Label]]:
    """Labels in columns over a stage, as large and as far apart as is good to read."""
    widths = [max(row[k].width for row in rows) for k in range(len(rows[0]))]
    gaps, factor = len(widths) - 1, 1.0
    gap = min(MOST_GAP, (stage.width - sum(widths)) / gaps)
    if gap < LEAST_GAP:
        factor = (stage.width - LEAST_GAP * gaps) / sum(widths)
        widths, gap = [w * factor for w in widths], LEAST_GAP
    elif sum(widths) + gap * gaps < FILLED * stage.width:
        factor = min(LARGEST, FILLED * stage.width / (sum(widths) + gap * gaps))
        widths, gap = [w * factor for w in widths], gap * factor
    pitch = min(stage.height / len(rows), 2.4 * LABEL * factor)
    left, top = -(sum(widths) + gap * gaps) / 2, stage.center[1] + pitch * (len(rows) - 1) / 2
    for i, row in enumerate(rows):
        x = left
        for label, room in zip(row, widths, strict=True):
            label.scale(factor).move_to((x + label.width / 2, top - i * pitch, 0))
            x += room + gap
    return rows
