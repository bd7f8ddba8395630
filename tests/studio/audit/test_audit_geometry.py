"""Geometry: values are read back from shapes and colours; what is painted otherwise than its cell is found."""

import numpy as np
import pytest
from manim import FadeIn

from scenes.kit.ground.encodings import Angle, Area, Length, Place, Shade, Thickness
from scenes.kit.ground.painting import Painted
from scenes.kit.ground.readings import Cell, Cells
from scenes.kit.ground.style import color
from scenes.kit.numbers.grid import TensorGrid
from tests.studio.audit.planted import found, kinds


class Drawing(Painted):
    """A box of 4 × 2 in which a function draws: draw_in(pen, weights)."""

    def __init__(self, weights, draw_in):
        self.weights, self.draw_in = weights, draw_in
        super().__init__(4, 2)

    def draw(self, pen):
        self.draw_in(pen, self.weights)


def wrong(draw_in, scale=1.0) -> set[str]:
    """The kinds of findings where a drawing of the weights of one query is shown."""

    def put(lesson):
        lesson.play(FadeIn(Drawing(lesson.A[2], draw_in).scale(scale).rotate(0.3)))

    return kinds(put)


def cell(weights, k=1):
    return Cell(weights, (k,))


SHAPES = {
    "length": lambda f: lambda pen, w: pen.rectangle(
        0.5, 0, 3 * f(float(w[1])), 0.5, "key", shows=Length(cell(w), 0.5, 3.0)
    ),
    "area": lambda f: lambda pen, w: pen.circle(
        1, 1, np.sqrt(f(float(w[1]))), "key", shows=Area(cell(w), np.pi)
    ),
    "place": lambda f: lambda pen, w: pen.circle(4 * f(float(w[1])), 1, 0.1, "key", shows=Place(cell(w), 0.0, 4.0)),
    "place of a line": lambda f: lambda pen, w: pen.line(
        [(4 * f(float(w[1])), 0), (4 * f(float(w[1])), 1)], "key", shows=Place(cell(w), 0.0, 4.0)
    ),
    "width": lambda f: lambda pen, w: pen.line(
        [(0, 0), (1, 1)], "key", 0.5 * f(float(w[1])), shows=Thickness(cell(w), 0.5)
    ),
    "angle": lambda f: lambda pen, w: pen.line(
        [(1, 1), (1 + np.cos(f(float(w[1]))), 1 - np.sin(f(float(w[1]))))], "key", shows=Angle(cell(w))
    ),
    "many": lambda f: lambda pen, w: pen.circles(
        np.stack([np.arange(3), f(w.values[:3])], axis=-1), 0.1, "key", shows=Place(Cells(w, ([0, 1, 2],)), 0, 1, "y")
    ),
    "colour": lambda f: lambda pen, w: pen.rectangle(
        0, 0, 1, 1, color("cell") + (color("key") - color("cell")) * f(float(w[1])), shows=Shade(cell(w), 1.0, "key")
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_shape_that_is_right_and_one_that_is_not(shape):
    assert wrong(shape(lambda value: value)) == wrong(shape(lambda value: value), scale=0.7) == set()
    assert wrong(shape(lambda value: value * 0.8)) == {"wrong shape"}


def test_a_bar_that_does_not_start_at_zero():
    def bar(pen, w):
        pen.rectangle(1.0, 0, 3 * float(w[1]) - 0.5, 0.5, "key", shows=Length(cell(w), 0.5, 3.0))

    assert wrong(bar) == {"wrong shape"}


def test_the_finding_says_what_a_viewer_reads():
    def put(lesson):
        lesson.play(FadeIn(Drawing(lesson.A[2], SHAPES["length"](lambda value: 2 * value))))

    (finding,) = found(put)
    shown, expected = float(finding.defect.shown), float(finding.defect.expected)
    assert shown == pytest.approx(2 * expected, rel=1e-3) and "pattern[head=0, query=2, key=1]" in finding.defect.what


@pytest.mark.parametrize("kind", ["weight", "query"])
def test_the_colours_of_a_grid(kind):
    class Exchanged(TensorGrid):
        def fills(self):
            return super().fills()[::-1]

    def put(grid):
        def show(lesson):
            lesson.play(FadeIn(grid(lesson.Q, kind, width=6, height=3, digits=False)))

        return show

    assert kinds(put(TensorGrid)) == set()
    assert kinds(put(Exchanged)) == {"wrong shape"}


def test_what_cannot_be_seen_shows_nothing():
    def bar(pen, w):
        pen.rectangle(0.5, 0, 1.0, 0.5, "key", 0.01, shows=Length(cell(w), 0.5, 3.0))

    assert wrong(bar) == set()


def test_a_loss_in_the_colour_of_gains():
    def number(role):
        return lambda pen, w: pen.number((w - 1)[:2], (1,), "+.2f", 1, 1, 0.4, role)

    assert wrong(number("negative")) == wrong(number("ink")) == set()
    assert wrong(number("positive")) == {"wrong shape"}
