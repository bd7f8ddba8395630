"""What comes where others are leaving waits for them; what takes another shape keeps its lines."""

import numpy as np
import pytest
from manim import RIGHT, FadeIn, FadeOut, LaggedStart, Scene, linear

from model.numbers.tensor import Tensor
from scenes import kit
from scenes.kit import Box, Frame, TensorGrid
from scenes.kit.ground.text import Label
from scenes.kit.moves.handover import GONE, LONGEST, hand_over
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


def handed(new, where=0.0, run_time=1.0):
    """What of a word is seen at twenty moments of a play: of the one that leaves, of the one that comes beside it."""
    scene, old = Scene(), Label("before")
    scene.add(old)
    coming = Label("after").shift(where * RIGHT)
    animations = hand_over([FadeOut(old, run_time=run_time), new(coming, run_time)], scene.get_mobject_family_members())
    found = []
    for animation in animations:
        animation._setup_scene(scene)
        animation.begin()
    for time in np.linspace(0, run_time, 21):
        for animation in animations:
            animation.interpolate(time / run_time)
        found.append((time, old.opacity, coming.opacity))
    return np.array(found).T


def fade_in(label, run_time):
    return FadeIn(label, run_time=run_time, rate_func=linear)


def one_by_one(label, run_time):
    return LaggedStart(FadeIn(label, rate_func=linear), run_time=run_time)


@pytest.mark.parametrize("new", (fade_in, one_by_one))
@pytest.mark.parametrize("run_time", (0.6, 1.0, 3.0))
def test_what_comes_where_something_leaves_is_not_read_before_that_is_gone(new, run_time):
    time, old, coming = handed(new, run_time=run_time)
    assert not ((old > GONE) & (coming > GONE)).any()
    assert (old[-1], coming[-1]) == (0, 1)
    assert (old[time > LONGEST + 0.1] < GONE).all()  # nobody waits long


def test_what_comes_elsewhere_waits_for_nobody():
    time, old, coming = handed(fade_in, where=4.0)
    assert coming == pytest.approx(time)
    assert old.max() == 1 and old[10] == pytest.approx(0.5)


def test_what_is_there_already_waits_for_nobody():
    scene, old, new = Scene(), Label("before"), Label("after")
    scene.add(old, new)
    moves = [FadeOut(old), FadeIn(new)]
    assert hand_over(moves, scene.get_mobject_family_members()) == moves


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
