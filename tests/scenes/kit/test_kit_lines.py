"""LineChart and SurpriseCurve: where lines and dots are, and what is written while they grow."""

import numpy as np
import pytest
from manim import Transform

from model.numbers.origins import CHOSEN
from model.numbers.tensor import Tensor
from scenes.kit.charts.lines import LineChart, Series
from scenes.kit.charts.surprise import SurpriseCurve


def line(xs, ys, name="") -> Series:
    return Series(Tensor.given(xs, "steps", ("step",)), Tensor.given(ys, "losses", ("step",), CHOSEN), name)


def test_a_logarithmic_scale_begins_at_nought():
    chart = LineChart([line([0, 9, 99], [7.0, 3.5, 0.0])], width=8, height=5, across=(0, 99), up=(0, 7), log=True)
    spots = np.array([chart.spot(0, k) for k in range(3)])
    assert np.diff(spots[:, 0]) == pytest.approx([chart.length / 2] * 2)  # equal steps are equal factors of 1 + x
    assert np.diff(spots[:, 1]) == pytest.approx([-chart.rise / 2] * 2)
    assert [r.text for r in chart.readings() if r.text in ("0", "1", "10")]


@pytest.mark.parametrize(("grown", "told", "dots"), [(0.0, [], 0), (0.5, ["step 9"], 2), (1.0, ["step 99"], 3)])
def test_lines_grow_and_are_counted(grown, told, dots):
    chart = LineChart([line([0, 9, 99], [7.0, 3.5, 0.0])], width=8, height=5, across=(0, 99), up=(0, 7), log=True,
                      counter="step")  # fmt: skip
    chart.grown = grown
    assert [r.text for r in chart.readings() if r.text.startswith("step")] == told
    assert sum(len(m.points) for m in chart.marks() if m.kind == "circle") == max(dots, 1)


def test_names_that_do_not_fit_take_a_second_line():
    series = [line([0, 1], [0.0, 1.0], f"a rather long name {k}") for k in "abc"]
    narrow, wide = (LineChart(series, width=w, height=5, across=(0, 1), up=(0, 1)) for w in (5, 20))
    assert len(narrow.lines_of_names) > len(wide.lines_of_names) == 1
    assert narrow.above > wide.above


def test_dots_slide_along_the_curve():
    early, late = (
        SurpriseCurve(
            Tensor.given(p, "p", ("position",), CHOSEN), ["cat", "sat"], width=8, height=5, target=1, highest=8
        )
        for p in ([0.001, 0.01], [0.5, 0.9])
    )
    early.slid(), late.slid()
    move = Transform(early, late)
    move.begin()
    for alpha in (0.0, 0.3, 1.0):
        move.interpolate(alpha)
        np.testing.assert_allclose(early.xs, np.exp(-early.ys))
    np.testing.assert_allclose(early.xs, [0.5, 0.9])
