"""Layout: text that cannot be read, what sticks out."""

import numpy as np
import pytest
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, Rectangle, Square

from scenes.kit.ground.text import Label
from tests.studio.audit.planted import found, kinds, shows


def test_text_over_text():
    put = shows(
        lambda lesson: Label("one word", 0.5), lambda lesson: Label("another", 0.5).shift(0.3 * RIGHT + 0.1 * UP)
    )
    assert kinds(put) == {"overlap"}


@pytest.mark.parametrize(("lower", "kind"), [(0.0, set()), (0.6, {"overlap"})], ids=["under it", "through its border"])
def test_a_chip_that_reaches_into_the_caption(lower, kind):
    """Its word may stand clear of the text."""

    def put(lesson):
        row = lesson.row(size=0.4)
        lesson.play(FadeIn(row.move_to(lesson.stage.center).align_to([0, lesson.stage.bottom - lower, 0], DOWN)))

    assert kinds(put) == kind


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
    assert {f.defect.kind for f in findings} == {"outside"}
    assert any("“a long line of words” is cut by the frame" in f.defect.what for f in findings)


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
    assert finding.defect.kind == "contrast" and finding.defect.expected == "4.5 : 1"
    assert float(finding.defect.shown.split()[0]) == pytest.approx(2.0, abs=0.3)


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
