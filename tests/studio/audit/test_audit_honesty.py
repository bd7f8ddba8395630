"""Honesty and contract: captions, steps, lessons that break down."""

import pytest
from manim import FadeIn, FadeOut, Square

from scenes.kit.ground.text import Label
from tests.studio.audit.planted import Planted, found, kinds


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
    assert finding.defect.kind == "caption too short-lived" and finding.moment.step == "Only"
    assert float(finding.defect.expected.split()[0]) == pytest.approx(46 / 13 + 0.3, abs=0.3)


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
    assert [f.defect.kind for f in findings] == ["no source", "crash"]
    assert "IndexError: no such thing (test_audit_honesty.py:" in findings[-1].defect.what
