"""Lessons with one defect, or none, and what the audit finds in them."""

from dataclasses import dataclass

import numpy as np
from manim import DOWN, LEFT, UP, FadeIn, FadeOut, Rectangle, Transform

from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Formula, Label
from scenes.kit.moves.products import DotProduct
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.terms import TermSum
from scenes.kit.words.tokens import TokenNumbers, TokenRow
from scenes.lesson import Options, TextLesson
from scenes.lesson.steps import come, leave
from studio.audit import audit_lesson

CAPTION = "The cat looks at “{word}” with a weight of {w:.2f}."


@dataclass
class Entry:
    """As scenes.course() has it."""

    lesson: type
    id: str = "planted"
    title: str = "Planted"
    text: str = "The cat sat on the mat"
    model: str = "tiny"

    def load(self):
        return self.lesson


class Planted(TextLesson):
    """One step with one caption; `put` is what a test shows in it."""

    caption_text = CAPTION
    names = ("GPT-2",)

    def construct(self):
        with self.step("Only", self.caption_text, word=self.words[1], w=self.A[2, 1], subtitle="layer {l}", l=0):
            self.put()

    @property
    def A(self):
        return self.trace["blocks.0.attn.pattern"][0]

    @property
    def Q(self):
        return self.trace["blocks.0.attn.q"][0]

    def put(self):
        pass

    def row(self, **kwargs):
        return TokenRow(self.trace.tokens, unknown=self.trace.unknown, **kwargs)


def found(put=None, lesson=Planted, **options):
    """What the audit finds where a lesson shows `put(lesson)`."""
    planted = type("Planted", (lesson,), {} if put is None else {"put": put})
    return audit_lesson(Entry(planted), Options(**options)).findings


def kinds(*args, **kwargs) -> set[str]:
    return {f.defect.kind for f in found(*args, **kwargs)}


def shows(*mobjects):
    """The body of a step that shows these: functions of the lesson."""

    def put(lesson):
        lesson.play(*[FadeIn(make(lesson)) for make in mobjects], run_time=0.3)

    return put


class Clean(Planted):
    """A bit of everything, moved about."""

    def put(self):
        row = self.row(size=0.4, target=1).move_to(self.stage.center + 0.8 * UP)
        numbers = TokenNumbers(row, self.A[2])
        grid = TensorGrid(self.Q, "query", width=6.5, height=2.6, row_labels=self.words).move_to(
            self.stage.center + 1.1 * DOWN
        )
        self.play(FadeIn(row), Grow(numbers, "shown_opacity"), Introduce(grid), run_time=1)
        self.play(FadeOut(numbers), grid.animate.scale(0.95).rotate(0.03), run_time=1)
        self.play(grid.animate.set_opacity(0.25), run_time=0.5)
        terms = TermSum(self.Q[1], self.Q[2], (self.Q[1] * self.Q[2]).sum(0), width=7, lines=3, size=0.3)
        terms.move_to(self.stage.center + 2.2 * UP * (1 if self.wide else 0.9))
        self.play(FadeOut(grid), DotProduct(terms), run_time=1)
        bars = ProbabilityBars(self.A[2], self.trace.tokens, order=[0, 1, 2], width=5, height=2.2, total=True)
        bars.move_to(self.stage.center + 1.4 * DOWN)
        self.play(Grow(bars, "values"), run_time=1)
        formula = Formula(say("q_{i} = x_{i} W_Q", i=2), 0.5).move_to(bars)
        self.play(*leave(bars), *come(formula), run_time=0.5)
        panel = (
            Rectangle(width=5, height=0.8, fill_opacity=1, color="#203050", stroke_width=0)
            .move_to(formula)
            .shift(1.0 * DOWN)
        )
        label = Label(say("{d} numbers", d=8), 0.4, np.ones(3)).move_to(panel)
        self.play(FadeIn(panel), FadeIn(label), run_time=0.4)
        self.play(Transform(label, label.copy().shift(0.1 * UP)), run_time=0.4)


def bad(lesson):
    lesson.play(FadeIn(Label("0.42").shift(2 * LEFT + UP)))


BAD = Entry(type("Bad", (Planted,), {"put": bad}))


@dataclass(frozen=True)
class Shipped:
    """An entry that can be sent to another process."""

    id: str
    bad: bool
    title: str = "Shipped"
    text: str = "The cat sat on the mat"
    model: str = "tiny"

    def load(self):
        return BAD.lesson if self.bad else Planted
