"""What comes where others are leaving waits for them; what takes another shape keeps its lines."""

import numpy as np
import pytest
from manim import Scene

from model.numbers.tensor import Tensor
from scenes import kit
from scenes.kit import Box, Frame, TensorGrid
from scenes.kit.numbers.rows import Rows
from scenes.kit.space.dial import Dial, Turn
from tests.scenes.kit.pieces import tensor


def seen(animation, *alphas):
    """How much of the mobject is seen at moments of an animation on an empty stage."""
    animation._setup_scene(Scene())
    animation.begin()
    found = []
    for alpha in alphas:
        animation.interpolate(alpha)
        found.append(animation.mobject.opacity)
    return found


def test_a_table_waits_and_then_comes_whole():
    grid = TensorGrid(tensor(4, 3, seed=1))
    before, early, late, end = seen(kit.Introduce(grid, after=0.3, run_time=2), 0.0, 0.29, 0.5, 1.0)
    assert before == early == 0 < late <= end == 1
    assert grid.cell_opacity.min() == grid.text_opacity.min() == 1


def test_a_dial_waits_and_then_turns_to_where_its_hands_stand():
    dial = Dial([(Tensor.given([0.6, -0.8], "pair", ("entry",)), "query")], diameter=2, longest=2.0)
    there = dial.angles.copy()
    before, early, end = seen(Turn(dial, [1.0], after=0.4, run_time=2), 0.0, 0.39, 1.0)
    assert (before, early, end) == (0, 0, 1) and dial.angles == pytest.approx(there)


def test_the_lines_of_a_frame_keep_their_width_on_its_way_to_another_shape():
    frame = Frame(np.array([(-2, 0.25), (2, 0.25), (2, -0.25), (-2, -0.25)]), line=0.04)
    frame.stretch(0.25, 0).stretch(4, 1)  # as a Transform to a tall one does half-way and at its end
    points = np.concatenate([mark.points for mark in frame.marks()])
    sides = [np.ptp(mark.points, axis=0) for mark in frame.marks()]
    assert np.ptp(points, axis=0) == pytest.approx([1.0, 2.0])
    assert sorted(float(side.min()) for side in sides) == pytest.approx([0.04] * 4)


def test_rows_beside_one_another_have_the_same_decimals_and_colours():
    small, large = (Tensor.given(np.array([-0.277, 0.1, 0.2]) * k, "made up", ("n",)) for k in (1, 20))
    both = [(small, large), (large, small)]
    pair = [Rows(Box(-6, -2, 6, 2), [(a, "data", "a"), (b, "data", "b")], beside=both) for a, b in both]
    left, right = ({r.text for r in rows.grids[k].readings()} for rows, k in zip(pair, (0, 1), strict=True))
    assert left == right and len({grid.strongest for rows in pair for grid in rows.grids}) == 1
