"""Drawn frames: a stage on which nothing can be made out counts as blank."""

import numpy as np
import pytest
from manim import RIGHT, FadeIn

from scenes.kit.ground.text import Label
from scenes.kit.numbers.grid import TensorGrid
from scenes.lesson import Options
from studio.audit import audit_lesson
from studio.audit.film.drawn import LEAST, Blanks, visible
from tests.studio.audit.planted import Entry, Planted


def long(*shares, rate=15):
    blanks = Blanks()
    for k, share in enumerate(shares):
        blanks.frame(k / rate, (k + 1) / rate, share)
    return [(round(start * rate), round(end * rate)) for start, end in blanks.long]


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([0, 0, 0, 0, 1], []),  # nothing has come yet
        ([1, 0, 0, 1], []),  # a blink
        ([1, 0, 0, 0, 1, 0, 0, 0, 0], [(1, 4), (5, 9)]),
        ([1, LEAST / 2, LEAST / 2, LEAST / 2, LEAST], [(1, 4)]),
    ],
)
def test_how_long(shares, expected):
    assert long(*shares) == expected


@pytest.mark.parametrize(
    ("light", "background", "share"), [(0.02, 0, 0.0), (0.06, 0, 0.5), (0.9, 1, 0.0), (0.4, 1, 0.5)]
)
def test_what_stands_out(light, background, share):
    assert visible(np.array([[light, background]]), background) == share


def dimmed(opacity, theme="night", words=()):
    """The findings where a grid is dimmed to that opacity for a second, in both kinds of look at it."""

    class Dimmed(Planted):
        def put(self):
            grid = TensorGrid(self.Q[:2], "query", width=6, height=1)
            self.play(FadeIn(grid), *map(FadeIn, words))
            self.play(grid.animate.set_opacity(opacity), run_time=0.5)
            self.wait(1)
            self.play(grid.animate.set_opacity(1), run_time=0.5)

    report = audit_lesson(Entry(Dimmed), Options(theme=theme), drawn=True)
    return [f.defect for f in report.findings if f.defect.kind == "blank stage"]


@pytest.mark.parametrize("theme", ["night", "day"])
def test_a_stage_on_which_everything_is_dimmed(theme):
    assert not dimmed(0.6, theme)
    found = [defect.what for defect in dimmed(0.1, theme)]
    assert len(found) == 2 and any("nothing can be made out" in what for what in found)


def test_a_few_bright_dots_are_no_picture():
    (found,) = dimmed(0.1, words=[Label("·", 0.3).shift(5 * RIGHT)])
    assert "nothing can be made out" in found.what
