"""On the way: inside a play numbers and shapes lie between their ends, running sums are sums, and labels stay."""

import numpy as np
import pytest
from manim import FadeIn, Transform

from scenes.kit.attention.pattern import DotPattern
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.moves.products import DotProduct, WeightedSum
from scenes.kit.moves.reveal import Grow, Reveal
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.sums import RowBars
from scenes.kit.numbers.terms import TermSum
from scenes.kit.space.dial import Dial, Turn
from tests.studio.audit.planted import found as findings
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


@pytest.mark.parametrize(("move", "found"), [(WeightedSum, set()), (Double, {"wrong number", "wrong shape"})])
def test_rows_on_the_way_to_their_sum(move, found):
    def put(lesson):
        rows = abs(lesson.Q)
        grids = [TensorGrid(t, "query", scale=9.0, exact=(0.8, 0.4)) for t in (rows, rows.sum(0))]
        grids[1].next_to(grids[0], (0, -1, 0))
        lesson.play(FadeIn(grids[0]))
        lesson.play(move(*grids), run_time=1)

    assert kinds(put) == found


@pytest.mark.parametrize(("most", "found"), [(1.0, set()), (2.5, {"wrong number", "wrong shape"})])
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


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────
def swelling(animation, name, by):
    """The same animation, at whose middle an array of its mobject is larger by a factor."""
    plain, there = animation.interpolate_mobject, np.array(getattr(animation.mobject, name))

    def interpolate(alpha):
        setattr(animation.mobject, name, there.copy())
        plain(alpha)
        now = getattr(animation.mobject, name)
        setattr(animation.mobject, name, now * (1 + (by - 1) * 4 * alpha * (1 - alpha)))

    animation.interpolate_mobject = interpolate
    return animation


@pytest.mark.parametrize(("by", "found"), [(1.0, set()), (2.0, {"wrong shape"})])
@pytest.mark.parametrize("kind", ["dots", "bars", "hands", "cells"])
def test_shapes_on_the_way(kind, by, found):
    def put(lesson):
        if kind == "dots":
            dots = DotPattern(lesson.A, width=5, height=4)
            lesson.play(swelling(Reveal(dots, cells=False), "values", by), run_time=1)
        elif kind == "bars":
            grid = TensorGrid(lesson.Q, "query", width=6, height=3)
            bars = RowBars(grid, (lesson.Q * lesson.Q).sum(1), width=3, spec=".0f")
            bars.number_width = 0.0
            lesson.play(FadeIn(grid))
            lesson.play(swelling(Grow(bars, "values"), "values", by), run_time=1)
        elif kind == "hands":
            dial = Dial([(lesson.Q[1, :2], "query")], diameter=3, longest=20.0)
            lesson.play(swelling(Turn(dial, 2.0), "lengths", by), run_time=1)
        else:
            grid = TensorGrid(lesson.Q, "query", width=6, height=3, digits=False, scale=20.0)
            lesson.play(swelling(Reveal(grid), "values", by), run_time=1)

    assert kinds(put) - {"wrong number"} == found


def test_what_grows_does_not_turn_back():
    def put(lesson):
        bars = ProbabilityBars(lesson.trace["probs"][-1], lesson.trace.vocabulary, width=7, height=3)
        lesson.play(
            Grow(bars, "values", rate_func=lambda t: 0.8 * np.sin(np.pi * t) if t < 1 else 1.0, lag=0.0), run_time=1
        )

    assert any("turns back" in f.defect.what for f in findings(put))


def test_a_cell_glows_only_in_its_ink():
    def put(lesson):
        class Wrong(TensorGrid):
            def fills(self):
                return super().fills() + 0.3 * self.glow[..., None]

        grid = Wrong(lesson.Q, "query", width=6, height=3)
        move = Reveal(grid)
        plain = move.interpolate_mobject

        def interpolate(alpha):
            plain(alpha)
            grid.glow[:] = 4 * alpha * (1 - alpha)

        move.interpolate_mobject = interpolate
        lesson.play(move, run_time=1)

    assert "wrong shape" in kinds(put)


def test_a_label_that_is_beside_another_row_on_the_way():
    def put(lesson):
        grid = TensorGrid(lesson.Q, "query", row_labels=lesson.words, width=6, height=3)
        right, wrong = list(grid.row_labels), list(grid.row_labels[::-1])
        move = Reveal(grid)
        plain = move.interpolate_mobject

        def interpolate(alpha):
            plain(alpha)
            grid.row_labels = right if alpha in (0, 1) else wrong

        move.interpolate_mobject = interpolate
        lesson.play(move, run_time=1)

    assert "wrong label" in kinds(put)
