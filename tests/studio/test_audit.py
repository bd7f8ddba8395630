"""The audit must find what is planted, one defect at a time, and nothing in a lesson without defects."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
from manim import DOWN, LEFT, RIGHT, UP, DecimalNumber, FadeIn, FadeOut, Rectangle, Square, Text, Transform

from model import run
from model.numbers.tensor import Tensor
from scenes.kit.attention.pattern import AttentionArcs, DotPattern
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.readings import Cell, Claim, Shown
from scenes.kit.ground.say import Said, Span, say
from scenes.kit.ground.text import Formula, Label, Number, Total
from scenes.kit.moves.products import DotProduct
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.terms import TermSum
from scenes.kit.words.tokens import TokenNumbers, TokenRow
from scenes.lesson import Options, TextLesson
from studio.audit import as_json, audit, audit_lesson, cases, command, show
from studio.cli.main import main

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
        return TokenRow(self.trace.tokens, **kwargs)


def found(put=None, lesson=Planted, **options):
    """What the audit finds where a lesson shows `put(lesson)`."""
    planted = type("Planted", (lesson,), {} if put is None else {"put": put})
    return audit_lesson(Entry(planted), Options(**options)).findings


def kinds(*args, **kwargs) -> set[str]:
    return {f.kind for f in found(*args, **kwargs)}


def shows(*mobjects):
    """The body of a step that shows these: functions of the lesson."""

    def put(lesson):
        lesson.play(*[FadeIn(make(lesson)) for make in mobjects], run_time=0.3)

    return put


# ── nothing where nothing is wrong ───────────────────────────────────────────────────────────────
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
        self.play(FadeOut(bars), FadeIn(formula), run_time=0.5)
        panel = (
            Rectangle(width=5, height=0.8, fill_opacity=1, color="#203050", stroke_width=0)
            .move_to(formula)
            .shift(1.0 * DOWN)
        )
        label = Label(say("{d} numbers", d=8), 0.4, np.ones(3)).move_to(panel)
        self.play(FadeIn(panel), FadeIn(label), run_time=0.4)
        self.play(Transform(label, label.copy().shift(0.1 * UP)), run_time=0.4)


@pytest.mark.parametrize("theme", ["night", "day"])
@pytest.mark.parametrize("aspect", ["16:9", "9:16", "1:1"])
def test_a_clean_lesson_has_no_findings(aspect, theme):
    report = audit_lesson(Entry(Clean), Options(aspect=aspect, theme=theme))
    assert report.findings == [] and not report.skipped
    assert (
        report.steps == 1 and report.plays >= 9 and report.readings > 100 and report.numbers > 50 and report.sums >= 3
    )


# ── provenance ───────────────────────────────────────────────────────────────────────────────────
def test_a_wrong_digit():
    def put(lesson):
        grid = TensorGrid(lesson.Q, "query", width=5, height=3)
        grid.values[1, 3] += 0.01 if lesson.Q.values[1, 3] > 0 else -0.01
        lesson.play(FadeIn(grid))

    wrong = [f for f in found(put) if f.kind == "wrong number"]
    assert len(wrong) == 1 and "blocks.0.attn.q[head=0, position=1, d_head=3]" in wrong[0].what
    assert (
        wrong[0].expected != wrong[0].shown
        and abs(float(wrong[0].expected.replace("−", "-")) - float(wrong[0].shown.replace("−", "-"))) < 0.011
    )


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
        lambda lesson: Number(Tensor.given(0.42, "temperature")),
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


# ── sums ─────────────────────────────────────────────────────────────────────────────────────────
def test_a_sum_that_does_not_add_up():
    put = shows(lambda lesson: TermSum(lesson.Q[1], lesson.Q[2], (lesson.Q[1] * lesson.Q[3]).sum(0), width=9, lines=3))
    (finding,) = found(put)
    assert finding.kind == "wrong sum" and finding.expected != finding.shown


def test_a_whole_that_is_not_whole():
    assert kinds(shows(lambda lesson: Total(lesson.A[2, [0, 1]], whole=1))) == {"wrong sum"}
    assert kinds(shows(lambda lesson: Total(lesson.A[2], whole=1))) == set()


def test_bars_that_are_no_distribution():
    put = shows(lambda lesson: ProbabilityBars(lesson.A[2] / 2, lesson.trace.tokens, order=[0, 1, 2], width=5))
    assert kinds(put) == {"wrong sum"}


def test_a_sum_that_is_right_but_looks_wrong():
    class Slip(Label):
        def claims(self):
            half = Shown("0.5", Cell(Tensor.given(0.5, "half")), ".1f")
            return [Claim(((half,), (half,)), Shown("1.2", Cell(Tensor.given(1.0, "whole")), ".1f"))]

    (finding,) = found(shows(lambda lesson: Slip("two halves")))
    assert finding.kind == "wrong sum" and finding.shown == "1.2"


# ── layout ───────────────────────────────────────────────────────────────────────────────────────
def test_text_over_text():
    put = shows(
        lambda lesson: Label("one word", 0.5), lambda lesson: Label("another", 0.5).shift(0.3 * RIGHT + 0.1 * UP)
    )
    assert kinds(put) == {"overlap"}


def test_slanted_text_over_text_is_measured_along_its_slant():
    apart = shows(
        lambda lesson: Label("slanted text", 0.4).rotate(np.pi / 4),
        lambda lesson: Label("slanted text", 0.4).rotate(np.pi / 4).shift(0.6 * RIGHT),
    )
    close = shows(
        lambda lesson: Label("slanted text", 0.4).rotate(np.pi / 4),
        lambda lesson: Label("slanted text", 0.4).rotate(np.pi / 4).shift(0.2 * RIGHT),
    )
    assert kinds(apart) == set()
    assert kinds(close) == {"overlap"}


def test_text_under_text_that_is_dimmed_is_allowed():
    assert (
        kinds(shows(lambda lesson: Label("one word", 0.5), lambda lesson: Label("another", 0.5).set_opacity(0.1)))
        == set()
    )


@pytest.mark.parametrize("aspect", ["16:9", "9:16"])
def test_text_cut_by_the_frame(aspect):
    def put(lesson):
        lesson.play(FadeIn(Label("a long line of words", 0.5).move_to(lesson.frame.right * RIGHT)))

    findings = found(put, aspect=aspect)
    assert {f.kind for f in findings} == {"outside"}
    assert any("“a long line of words” is cut by the frame" in f.what for f in findings)


def test_text_too_near_the_edge():
    def put(lesson):
        label = Label("words", 0.5)
        lesson.play(FadeIn(label.move_to((lesson.frame.right + 0.25) * RIGHT + label.width / 2 * LEFT)))

    assert kinds(put) == {"outside"}


def test_a_shape_cut_by_the_frame():
    assert kinds(shows(lambda lesson: Square(2, color="#FFFFFF").move_to(lesson.frame.right * RIGHT))) == {"outside"}


def test_text_too_small():
    assert kinds(shows(lambda lesson: Label("tiny words", 0.12))) == {"too small"}
    assert kinds(shows(lambda lesson: Label("scaled words", 0.4).scale(0.3))) == {"too small"}
    assert kinds(shows(lambda lesson: Label("words", 0.13))) == set()


def test_low_contrast():
    (finding,) = found(shows(lambda lesson: Label("grey words", 0.5, "faint")))
    assert finding.kind == "contrast" and finding.expected == "4.5 : 1"
    assert float(finding.shown.split()[0]) == pytest.approx(2.0, abs=0.3)


def test_contrast_against_what_lies_behind():
    light = shows(
        lambda lesson: Rectangle(width=5, height=1, fill_opacity=1, color="#FFFFFF", stroke_width=0),
        lambda lesson: Label("white words", 0.5, "ink"),
    )
    assert kinds(light) == {"contrast"}


def test_a_thin_line_behind_a_text_is_no_matter():
    assert (
        kinds(
            shows(
                lambda lesson: Rectangle(width=6, height=0.01, color="#FFFFFF", stroke_width=1),
                lambda lesson: Label("words on a line", 0.5),
            )
        )
        == set()
    )


def test_what_moves_behind_a_text_is_seen():
    def put(lesson):
        panel = Rectangle(width=2, height=1, fill_opacity=1, color="#FFFFFF", stroke_width=0).shift(2 * UP + 4 * LEFT)
        lesson.play(FadeIn(panel), run_time=0.2)
        lesson.play(FadeIn(Label("words", 0.5)), run_time=0.2)
        lesson.play(panel.animate.move_to((0, 0, 0)), run_time=0.2)

    assert kinds(put) == {"contrast"}


def test_dimmed_text_is_exempt_from_contrast():
    assert kinds(shows(lambda lesson: Label("put aside", 0.5).set_opacity(0.25))) == set()


def test_text_covered_by_a_shape():
    def cover(width, shift):
        return shows(
            lambda lesson: Label("a line of several words", 0.5),
            lambda lesson: Rectangle(width=width, height=1, fill_opacity=1, color="#203050", stroke_width=0).shift(
                shift * RIGHT
            ),
        )

    assert kinds(cover(6, 0)) == {"covered"}
    assert kinds(cover(1, 1.5)) == {"covered"}
    assert kinds(cover(1, 4.5)) == set()


# ── honesty and contract ─────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("caption", ["It is 42 of all.", "It is {w:.2f}, or 0.42.", "A third, 33 %."])
def test_a_caption_with_a_typed_number(caption):
    class Typed(Planted):
        caption_text = caption

    assert kinds(lesson=Typed) == {"typed number"}


def test_a_heading_with_a_typed_number():
    class Typed(Planted):
        def construct(self):
            with self.step("Layer 3", "Words."):
                pass

    assert kinds(lesson=Typed) == {"typed number"}


def test_a_caption_that_is_gone_too_soon():
    class Hasty(Planted):
        def wait(self, duration=1.0, *args, **kwargs):
            super().wait(min(duration, 0.3))

    (finding,) = found(lesson=Hasty)
    assert finding.kind == "caption too short-lived" and finding.step == "Only"
    assert float(finding.expected.split()[0]) == pytest.approx(46 / 15, abs=0.3)


def test_a_caption_that_is_replaced_too_soon():
    def put(lesson):
        hasty = type(lesson.caption)("These are many words that nobody can read in so little time.", 9).move_to(
            lesson.caption
        )
        lesson.play(FadeOut(lesson.caption), FadeIn(hasty), run_time=0.3)
        lesson.play(FadeOut(hasty), FadeIn(lesson.caption), run_time=0.3)

    assert "caption too short-lived" in kinds(put)


def test_a_caption_of_three_lines():
    class Long(Planted):
        caption_text = "Words that go on and on, " * 16

    assert "caption too long" in kinds(lesson=Long, aspect="9:16")


def test_a_step_without_a_caption():
    class Silent(Planted):
        caption_text = ""

    assert kinds(lesson=Silent) == {"no caption"}


def test_a_caption_that_has_left_the_screen():
    assert "no caption" in kinds(lambda lesson: lesson.play(FadeOut(lesson.caption)))


def test_a_lesson_without_steps():
    class Empty(Planted):
        def construct(self):
            self.play(FadeIn(Square(0.5)))

    assert kinds(lesson=Empty) == {"no steps"}


def test_a_lesson_that_breaks_down():
    def put(lesson):
        lesson.play(FadeIn(Label("0.42")))
        raise IndexError("no such thing")

    findings = found(put)
    assert [f.kind for f in findings] == ["no source", "crash"]
    assert "IndexError: no such thing (test_audit.py:" in findings[-1].what


# ── the report ───────────────────────────────────────────────────────────────────────────────────
def bad(lesson):
    lesson.play(FadeIn(Label("0.42").shift(2 * LEFT + UP)))


BAD = Entry(type("Bad", (Planted,), {"put": bad}))


def test_a_finding_says_where_it_is():
    (finding,) = audit_lesson(BAD, Options(theme="day", aspect="1:1", text="The dog ran")).findings
    assert (finding.lesson, finding.text, finding.model) == ("planted", "The dog ran", "tiny")
    assert (finding.aspect, finding.theme, finding.step, finding.room) == ("1:1", "day", "Only", "provenance")
    assert finding.play >= 1 and finding.where == pytest.approx((-2, 1), abs=0.1) and finding.shown == "0.42"


def test_a_defect_that_stays_is_found_once():
    def put(lesson):
        bad(lesson)
        for _ in range(3):
            lesson.play(FadeIn(Square(0.3, color="#FFFFFF")), run_time=0.2)

    assert len(found(put)) == 1


def test_a_text_that_the_lesson_cannot_show_is_skipped():
    report = audit_lesson(Entry(Planted), Options(text="word"))
    assert "2 to 24 tokens" in report.skipped and not report.findings and not report.plays


def test_cases_are_every_combination():
    todo = cases(
        [Entry(Planted), Entry(Clean, id="clean")], [None, "The dog ran"], ["16:9", "1:1"], ["night", "day"], [None]
    )
    assert len(todo) == len(set((c.entry.id, c.options) for c in todo)) == 16
    assert {c.options.text for c in todo} == {"The cat sat on the mat", "The dog ran"}


def test_json_and_table(capsys):
    reports = audit(cases([BAD], [None], ["16:9"], ["night", "day"], [None]))
    about = json.loads(as_json(reports))
    assert about["runs"] == 2 and about["findings"] == 2 and about["numbers"] > 0
    assert (
        about["reports"][0]["findings"][0]["room"] == "provenance" and about["reports"][1]["options"]["theme"] == "day"
    )
    show(reports)
    text = capsys.readouterr().out
    assert "“0.42” in “0.42” has no source" in text and "2 findings: 2 × provenance: no source" in text


def test_the_command_says_with_its_exit_code_whether_something_was_found(tmp_path, capsys):
    file = tmp_path / "deep" / "audit.json"
    assert command([BAD], json_file=file, workers=1) == 1
    assert json.loads(file.read_text())["findings"] == 1
    assert command([Entry(Planted)], workers=1) == 0
    assert "no findings" in capsys.readouterr().out


@pytest.mark.slow
def test_several_processes_find_the_same():
    todo = cases([BAD, Entry(Planted)], [None], ["16:9", "1:1"], ["night"], [None])
    todo = [type(c)(Shipped(c.entry.id, bad=c.entry is BAD), c.options) for c in todo]
    alone, together = audit(todo), audit(todo, workers=2)
    assert [r.findings for r in alone] == [r.findings for r in together]
    assert sum(len(r.findings) for r in alone) == 2


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


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["audit", "attentoin"], "did you mean “attention”?"),
        (["audit", "attention", "--theme", "dusk"], "dusk"),
        (["audit", "attention", "--model", "nothing"], "nothing"),
        (["audit", "attention", "--text", "one"], "2 to 24 tokens"),
        (["audit", "attention", "--aspect", "4:3"], "16:9"),
    ],
)
def test_wrong_requests(arguments, says, capsys):
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert says in printed.err and printed.err.count("\n") == 1 and printed.out == ""
