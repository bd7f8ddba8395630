"""On the way: inside a play numbers lie between their ends, and running sums are sums."""

import numpy as np
import pytest
from manim import FadeIn, Transform

from scenes.kit.moves.products import DotProduct, WeightedSum
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.terms import TermSum
from tests.studio.audit.planted import kinds


def terms(lesson):
    return TermSum(lesson.Q[1], lesson.Q[2], (lesson.Q[1] * lesson.Q[2]).sum(0), width=9, lines=3, size=0.3)


@pytest.mark.parametrize(("off", "found"), [(0.0, set()), (0.5, {"wrong number", "wrong sum"})])
def test_a_running_total(off, found):
    def put(lesson):
        move = DotProduct(terms(lesson))
        move.totals = move.totals + off
        lesson.play(move, run_time=1)

    assert kinds(put) == found


class Double(WeightedSum):
    """Every row counts twice, but at the end."""

    def interpolate_mobject(self, alpha):
        super().interpolate_mobject(alpha)
        if alpha < 1:
            self.total.values = 2 * self.total.values


@pytest.mark.parametrize(("move", "found"), [(WeightedSum, set()), (Double, {"wrong number"})])
def test_rows_on_the_way_to_their_sum(move, found):
    def put(lesson):
        rows = abs(lesson.Q)
        grids = [TensorGrid(t, "value", scale=9.0, exact=(0.8, 0.4)) for t in (rows, rows.sum(0))]
        grids[1].next_to(grids[0], (0, -1, 0))
        lesson.play(FadeIn(grids[0]))
        lesson.play(move(*grids), run_time=1)

    assert kinds(put) == found


@pytest.mark.parametrize(("most", "found"), [(1.0, set()), (2.5, {"wrong number"})])
def test_a_number_that_counts(most, found):
    """From one tensor's numbers to another's: on the way in between, or beyond."""

    class Beyond(Transform):
        def interpolate_mobject(self, alpha):
            super().interpolate_mobject(alpha)
            if alpha < 1:
                self.mobject.values = self.mobject.values * most

    def put(lesson):
        before, after = (TensorGrid(t, "query", width=6, height=2) for t in (lesson.Q[:2], 1 + abs(lesson.Q[:2])))
        lesson.play(FadeIn(before))
        lesson.play(Beyond(before, after), run_time=1)

    assert kinds(put) == found


def test_masked_numbers_do_not_count():
    def put(lesson):
        block = "blocks.0.attn."
        grids = [
            TensorGrid(lesson.trace[block + name][0], "score", width=7, height=3, spec="+.2f")
            for name in ("scores", "scores_masked")
        ]
        assert np.isinf(grids[1].values).any()
        lesson.play(FadeIn(grids[0]))
        lesson.play(Transform(*grids), run_time=1)

    assert kinds(put) == set()
