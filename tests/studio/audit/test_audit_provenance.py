"""Provenance: numbers without a source, wrong ones, wrong shapes, sums that do not hold."""

import pytest
from manim import DOWN, LEFT, DecimalNumber, FadeIn, Square, Text

from model import run
from model.numbers.origins import CHOSEN
from model.numbers.tensor import Tensor
from scenes.kit.attention.pattern import AttentionArcs, DotPattern
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.readings import Cell, Claim, Shown
from scenes.kit.ground.say import Said, Span, say
from scenes.kit.ground.text import Formula, Label, Number
from scenes.kit.moves.reveal import Grow
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.terms import TermSum
from scenes.kit.numbers.total import Total
from scenes.kit.words.tokens import TokenRow
from tests.studio.audit.planted import Planted, found, kinds, shows


def test_a_wrong_digit():
    def put(lesson):
        grid = TensorGrid(lesson.Q, "query", width=5, height=3)
        grid.values[1, 3] += 0.01 if lesson.Q.values[1, 3] > 0 else -0.01
        lesson.play(FadeIn(grid))

    (wrong,) = [f.defect for f in found(put) if f.defect.kind == "wrong number"]
    assert "blocks.0.attn.q[head=0, position=1, d_head=3]" in wrong.what
    expected, shown = (float(text.replace("−", "-")) for text in (wrong.expected, wrong.shown))
    assert expected != shown and abs(expected - shown) < 0.011


def test_a_wrong_digit_in_a_sentence():
    put = shows(lambda lesson: Label(Said("It is 0.99.", (Span(6, 10, lesson.A[2, 1], ".2f"),))))
    assert kinds(put) == {"wrong number"}


def test_values_are_computed_again_and_not_just_compared_with_themselves():
    def put(lesson):
        true = lesson.Q[1] * 2
        lesson.play(FadeIn(TensorGrid(Tensor(true.values + 0.5, true.axes, true.expression), "query", width=6)))

    assert kinds(put) == {"wrong number", "wrong shape"}


def test_a_wrong_count():
    assert kinds(shows(lambda lesson: Label(Said("7 words", (Span(0, 1, 6, ""),))))) == {"wrong number"}


@pytest.mark.parametrize(
    "make",
    [
        lambda lesson: Label("0.42"),
        lambda lesson: Label("half of it: ½"),
        lambda lesson: Label("to −∞"),
        lambda lesson: Label("x₂"),
        lambda lesson: Label(say("{w:.2f} and 0.42", w=lesson.A[2, 1])),
        lambda lesson: Label(say("{n} %", n=42)),
        lambda lesson: Label(say("{n}%", n=42)),
        lambda lesson: Label(say("{w:.2f}", w=0.42)),
        lambda lesson: Label(say("{w}", w="0.42")),
        lambda lesson: Label(say("{w}", w=f"head {3}")),
        lambda lesson: Number(Tensor.given(0.42, "0.42")),
        lambda lesson: Number(Tensor.given(0.42, "a share")),
        lambda lesson: Number(Tensor.given(0.42, "0.42", origin=CHOSEN)),
        lambda lesson: Number(run("tiny", "The dog ran")["blocks.0.attn.pattern"][0, 1, 0]),
        lambda lesson: Formula("x_3"),
        lambda lesson: Text("42"),
        lambda lesson: DecimalNumber(0.42, mob_class=Text),
        lambda lesson: TokenRow(["The", "42"]),
        lambda lesson: TensorGrid(lesson.Q, row_labels=[f"q{i}" for i in range(6)], width=5, height=3, digits=False),
    ],
)
def test_a_number_with_no_source(make):
    assert kinds(shows(make)) == {"no source"}


@pytest.mark.parametrize(
    "make",
    [
        lambda lesson: Number(Tensor.given(0.42, "temperature", origin=CHOSEN)),
        lambda lesson: Number(lesson.run("tiny", "The dog ran")["blocks.0.attn.pattern"][0, 1, 0]),
        lambda lesson: Label(say("{model} · blocks.{l}.ln1.normalized", model=lesson.model_name, l=1)),
        lambda lesson: Label(say("{a:.0%} of {b:,}", a=lesson.A[2, 1], b=1234)),
        lambda lesson: Label(say("{s:+.2f}", s=lesson.trace["blocks.0.attn.scores_masked"][0, 0, 1])),
        lambda lesson: Label("√Σx² in % of all, by GPT-2"),
        lambda lesson: Formula(say("x_{i}^2", i=3), says=say("x{i} to the power of {p}", i=3, p=2)),
    ],
)
def test_a_number_with_a_source(make):
    assert found(shows(make)) == []


def test_names_with_digits_are_those_of_the_lesson():
    put = shows(lambda lesson: Label("as GPT-2 has it"))
    assert kinds(put) == set() and Planted.names == ("GPT-2",)
    assert kinds(put, lesson=type("Nameless", (Planted,), {"names": ()})) == {"no source"}


def test_numbers_that_are_words_of_the_text():
    assert found(shows(lambda lesson: lesson.row()), text="The 3 cats sat on 12 mats") == []


def test_values_that_have_not_arrived():
    def half(lesson):
        lesson.play(Grow(bars := ProbabilityBars(lesson.A[2], lesson.trace.tokens, order=[0, 1, 2], width=5), "values"))
        bars.values = bars.values / 2
        lesson.play(FadeIn(Square(0.2).shift(3 * LEFT)))

    assert {"wrong number", "wrong shape"} <= kinds(half)


def test_dots_that_are_not_those_of_the_pattern():
    def put(lesson):
        dots = DotPattern(lesson.A, width=4, height=4)
        dots.values[2, 1] += 0.1
        lesson.play(FadeIn(dots))

    assert kinds(put) == {"wrong shape"}


def test_arcs_that_are_half_grown():
    def put(lesson):
        row = lesson.row(size=0.3).shift(2 * DOWN)
        arcs = AttentionArcs(row, lesson.A[4], 4, height=2)
        arcs.grown[:] = 0.5
        lesson.play(FadeIn(row), FadeIn(arcs))

    assert kinds(put) == {"wrong shape"}


def test_foreign_text():
    assert kinds(shows(lambda lesson: Text("words"))) == {"foreign text"}


def test_a_sum_that_does_not_add_up():
    put = shows(lambda lesson: TermSum(lesson.Q[1], lesson.Q[2], (lesson.Q[1] * lesson.Q[3]).sum(0), width=9, lines=3))
    (finding,) = found(put)
    assert finding.defect.kind == "wrong sum" and finding.defect.expected != finding.defect.shown


def test_a_whole_that_is_not_whole():
    assert kinds(shows(lambda lesson: Total(lesson.A[2, [0, 1]], whole=1))) == {"wrong sum"}
    assert kinds(shows(lambda lesson: Total(lesson.A[2], whole=1))) == set()


def test_bars_that_are_no_distribution():
    put = shows(lambda lesson: ProbabilityBars(lesson.A[2] / 2, lesson.trace.tokens, order=[0, 1, 2], width=5))
    assert kinds(put) == {"wrong sum"}


def test_a_sum_that_is_right_but_looks_wrong():
    class Slip(Label):
        def claims(self):
            half = Shown("0.5", Cell(Tensor.given(0.5, "half", origin=CHOSEN)), ".1f")
            return [Claim(((half,), (half,)), Shown("1.2", Cell(Tensor.given(1.0, "whole")), ".1f"))]

    (finding,) = found(shows(lambda lesson: Slip("two halves")))
    assert finding.defect.kind == "wrong sum" and finding.defect.shown == "1.2"
