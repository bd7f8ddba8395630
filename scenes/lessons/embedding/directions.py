"""Directions in a space of words: the mean difference of pairs, and dot products with it as answers to a question."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from manim import FadeIn, FadeOut, Transform, rush_from, smooth
from manim.utils.rate_functions import squish_rate_func

from model.numbers.tensor import stack as stack_tensors
from model.study.probes import Probe
from model.study.space import cosine, pca
from model.study.words import Word, WordTable
from scenes.kit.charts.numberline import Arrive, Group, NumberLine
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.moves.products import DotProduct
from scenes.kit.numbers.terms import TermSum
from scenes.kit.recipes import Look
from scenes.kit.space.vectorspace import VectorSpace
from scenes.kit.words.tokens import display
from scenes.lesson.lesson import TextLesson
from scenes.lesson.steps import come, leave
from scenes.lessons.embedding.claims import on_their_side
from scenes.lessons.embedding.ids import NumberedTokens

SIDES = ("position", "prediction")  # colours of the two ends of a direction
TALLEST = 5.2  # a line of words
LARGE = 0.62  # em of the words of a text
ASIDE = 0.4  # free beside them, for numbers that are wider than their words
OVER_WORDS = 0.7  # from a line down to the words of a text
BESIDE_DOTS, IN_SUM = 0.36, 0.38  # em
FLAT = 0.02  # what is left of a map's height when it is pressed onto a line
FAINT = 0.4  # the words tested, when others are looked at
PRESSED = 0.95  # the pairs' dots, pressed onto the line


@dataclass(frozen=True, eq=False)
class Directions:
    """Steps over questions asked of a table of words, and over the words of a text."""

    scene: TextLesson
    word: Word
    table: WordTable

    def pairs(self, found: Probe) -> VectorSpace:
        """Pairs as arrows, all roughly one way."""
        a, b = (display(self.table.vocabulary[row]) for row in found.pairs[0])
        arrows = stack_tensors([self.table.table[j] - self.table.table[i] for i, j in found.pairs], "pair")
        alike = cosine(arrows, found.along)
        with self.scene.step(
            "A direction",
            "The mean difference of {n} pairs like “{a}”, “{b}” is a direction.",
            subtitle="across: W_E [id, :] · direction · cosine of each arrow with the mean: {low:.2f} to {high:.2f}",
            keep=(),
            a=a,
            b=b,
            n=len(found.pairs),
            low=alike.min(),
            high=alike.max(),
        ):
            space = self.pairs_map(found, self.scene.stage)
            grown = space.copy()
            space.arrow_grown = np.zeros(len(found.pairs))
            self.scene.play(FadeIn(space), run_time=0.8)
            self.scene.play(Transform(space, grown), run_time=1.8)
        return space

    def pairs_map(self, found: Probe, box: Box) -> VectorSpace:
        """The pairs as arrows: across their dot product with the direction, up what varies most besides."""
        rows = [row for pair in found.pairs for row in pair]
        points = self.table.table[rows]
        axes = pca(points, "the pairs, across fixed", first=found.along).axes
        arrows = [(2 * k, 2 * k + 1) for k in range(len(found.pairs))]
        look: Look = dict(roles=list(SIDES) * len(arrows), size=BESIDE_DOTS, titles=("the direction →", ""))
        room: Look = dict(width=box.width, height=box.height, stretched=True)
        return VectorSpace(points @ axes, self.words(rows), arrows=arrows, **look, **room).move_to(box.center)

    def probe_line(self, found: Probe, space: VectorSpace) -> tuple[NumberLine, TermSum]:
        """The map is pressed flat; words that are not among the pairs fall onto the line. One product worked out."""
        play = self.scene.play
        with self.scene.step(
            "A probe",
            ask="{what}, not among the {n} pairs: do they lie on their side?",
            subtitle="dot product W_E [id, :] · direction of each word · dashed: the middle of the {n} pairs",
            keep=(space,),
            claims=[on_their_side(found)],
            **counts(found),
            what=found.question.what.capitalize(),
            n=len(found.pairs),
        ):
            own = Group(self.table.table[self.word.own] @ found.along, self.words(self.word.own), "target")
            box, strip = self.above_strip(self.scene.by(wide=0.5, square=1.3, tall=1.3))
            boxes = box.rows(1.4, 1, gap=0.3) if self.scene.portrait else [box]
            line = self.line_of(found, boxes[-1], own)
            line.sight[2] = 0.0
            line.arrived[:] = 0.0
            if self.scene.portrait:  # the map stays, above the line
                play(Transform(space, self.pairs_map(found, boxes[0])), FadeIn(line), run_time=1.2)
            else:
                bare = space.copy()
                bare.label_on[:], bare.arrow_grown[:], bare.title_opacity = 0.0, 0.0, 0.0
                play(Transform(space, bare), run_time=0.5)
                flat = bare.pressed(FLAT, line.get_y())
                flat.emphasis[:] = PRESSED
                play(Transform(space, flat), FadeIn(line), run_time=1)
            gone = [] if self.scene.portrait else [FadeOut(space, rate_func=squish_rate_func(smooth, 0.1, 0.5))]
            play(Arrive(line, rate_func=rush_from), *gone, run_time=2)
            product = self.outermost(found, strip)
            play(DotProduct(product), run_time=1.8)
            self.scene.answer("{right} of {total} lie on their side.")
        return line, product

    def outermost(self, found: Probe, box: Box) -> TermSum:
        """The dot product of the word that lies furthest to the right, worked out."""
        k = int(found.values[1].values.argmax())
        row = found.tested[1][k]
        lead = say("{w}:  ", w=display(self.table.vocabulary[row]))
        look: Look = dict(width=box.width, lines=self.scene.by(wide=1, square=3, tall=3), size=IN_SUM, lead=lead)
        return box.fit(TermSum(self.table.table[row], found.along, found.values[1][k], **look))

    def sentence_on_line(self, found: Probe, line: NumberLine, product: TermSum) -> None:
        """The words of the text come onto the same line."""
        values = self.table.table[self.word.own] @ found.along
        far = int(np.abs(values.values - float(found.border)).argmax())
        with self.scene.step(
            "Any word",
            "A direction answers for any word, fitting or not: “{w}” gets {v:+.2f}.",
            subtitle="the words of this sentence on the same line · W_E [id, :] · direction",
            w=display(self.table.vocabulary[self.word.own[far]]),
            v=values[far],
        ):
            stage, axis = self.scene.stage, line.get_y()
            below = Box(stage.left + ASIDE, stage.bottom, stage.right - ASIDE, axis - OVER_WORDS)
            answers, trace = self.table.table[list(self.word.trace.ids)] @ found.along, self.word.trace
            room: Look = dict(width=below.width, height=below.height, size=LARGE, spec="+.2f", fill="target")
            sentence = below.fit(NumberedTokens(trace.tokens, answers, unknown=trace.unknown, **room))
            shown = line.copy()
            shown.sight, shown.label_sight = np.array([FAINT, FAINT, 1.0]), np.array([0.0, 0.0, 1.0])
            self.scene.play(*leave(product), *come(sentence), Transform(line, shown), run_time=1.6)

    def more_questions(self, found: list[Probe]) -> None:
        """Other directions, a line each."""
        fields = {
            f"{name}{k}": value
            for k, each in enumerate(found)
            for name, value in dict(counts(each), what=each.question.what).items()
        }
        told = ", ".join(f"{{right{k}}} of {{total{k}}} {{what{k}}}" for k in range(len(found)))
        with self.scene.step(
            "Other questions",
            "Other pairs: " + told + " on their side.",
            subtitle="W_E [id, :] · direction · words not among the pairs · dashed: the pairs’ middle",
            keep=(),
            claims=[on_their_side(each, f"right{k}") for k, each in enumerate(found)],
            **fields,
        ):
            boxes = panes(self.scene, len(found), 0.5)
            lines = [self.line_of(each, box) for each, box in zip(found, boxes, strict=True)]
            self.scene.play(*map(Arrive, lines), run_time=2.5)

    def line_of(self, found: Probe, box: Box, extra: Group | None = None) -> NumberLine:
        """The words tested at their dot products with the direction."""
        tested = zip(found.values, found.tested, SIDES, strict=True)
        groups = [Group(values, self.words(rows), role, above=k == 1) for k, (values, rows, role) in enumerate(tested)]
        look: Look = dict(mark=found.border, ends=found.question.sides, size=IN_SUM)
        room: Look = dict(width=box.width, height=min(box.height, TALLEST))
        return NumberLine(groups + ([extra] if extra else []), **look, **room).move_to(box.center)

    def words(self, rows: list[int] | tuple[int, ...]) -> list[str]:
        return [self.table.vocabulary[row] for row in rows]

    def above_strip(self, height: float) -> tuple[Box, Box]:
        """The stage without a strip at its foot, and the strip."""
        stage = self.scene.stage
        foot = stage.bottom + height
        return Box(stage.left, foot + 0.1, stage.right, stage.top), Box(stage.left, stage.bottom, stage.right, foot)


def counts(found: Probe) -> Look:
    """What a caption says of a probe."""
    return dict(right=found.right, total=found.total)


def panes(scene: TextLesson, count: int, gap: float) -> list[Box]:
    """So many equal boxes of the stage: side by side, or in a tall frame one below the other."""
    split = partial(scene.stage.rows if scene.portrait else scene.stage.columns, gap=gap)
    return split(*[1] * count)
