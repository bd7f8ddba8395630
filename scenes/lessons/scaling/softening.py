"""What softmax makes of one row of scores as it grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import Mobject, Transform

from model.numbers.tensor import Tensor
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.moves.reveal import Emerge
from scenes.kit.recipes import Look, bars_on_one_scale
from scenes.lesson.claims import truth
from scenes.lesson.steps import come, leave
from scenes.lessons.scaling.factors import FactorCurves, MoveCursor

if TYPE_CHECKING:
    from scenes.lessons.scaling.lesson import WhyScale

LAST = 3  # the largest factor
ALL = 0.9  # of the weight: one bar is left


def stops(lesson: WhyScale) -> list[tuple[Tensor, Said | str]]:
    """Where the cursor may stand: 1 ÷ √d, one, and the largest factor; and what their lines are called."""
    one = Tensor.given(1, "1")
    return [(1 / lesson.root, say("÷ √{d}", d=lesson.trace.config.d_head)), (one, "undivided"),
            (Tensor.given(LAST, str(LAST)), "")]  # fmt: skip


def weights_at(lesson: WhyScale, factor: Tensor) -> Tensor:
    """softmax(factor · q · k) [key]."""
    return (lesson.row.raw * factor).softmax()


def close(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two rows are the same, within what float32 keeps."""
    return bool(np.allclose(one, other, atol=1e-5))


def ever_larger(lesson: WhyScale, before: list[Mobject]) -> list[Mobject]:
    """The row times a factor that grows: the bars become one bar."""
    places = stops(lesson)
    rows = [weights_at(lesson, factor) for factor, _ in places]
    with lesson.step(
        "Softmax of large scores",
        ask="The same row of scores, times ever larger numbers: what becomes of the bars?",
        subtitle="layer {l}, head {h}, query “{word}”, position {i} · softmax of a factor × scores_raw [{i}, :]",
        claims=[truth("divided by √d they are the model’s own weights", [rows[0], lesson.row.divided], close)],
        keep=before,
    ):
        curves = curves_of(lesson, rooms(lesson)[0])
        bars = bars_of(lesson, rows)
        lesson.play(*leave(*before), *come(curves), Emerge(bars[0], "values", after=0.35), run_time=1.4)
        for (factor, _), other in zip(places, [None, *bars[1:]], strict=True):
            grown = [] if other is None else [Transform(bars[0], other)]
            lesson.play(MoveCursor(curves, factor), *grown, run_time=1.3)
            lesson.wait(0.2)
        lesson.answer(
            "{b} has {p:.0%} at ÷ √{d}, {q:.0%} undivided, {r:.0%} at {t} times that"
            + (": one bar is left." if float(rows[2][lesson.key]) > ALL else ": the first take more and more."),
            b=lesson.phrases["asked"],
            p=rows[0][lesson.key],
            q=rows[1][lesson.key],
            r=rows[2][lesson.key],
            t=LAST,
        )
    return [curves, bars[0]]


def rooms(lesson: WhyScale) -> tuple[Box, Box]:
    """For the curves, and for the bars."""
    stage = lesson.stage
    left, right = lesson.by(
        wide=stage.columns(1.35, 1, gap=0.5), square=stage.rows(1.25, 1, gap=0.25), tall=stage.rows(1.2, 1, gap=0.4)
    )
    return left, right


def curves_of(lesson: WhyScale, box: Box) -> FactorCurves:
    """Every key's weight over the factor."""
    factors, curves = lesson.row.along(LAST)
    points = [(factor, name, weights_at(lesson, factor)) for factor, name in stops(lesson)]
    room: Look = dict(width=box.width, height=box.height)
    one = Tensor.given(1, "1")
    made = FactorCurves(factors, curves, points, top=one, title="weight p of each word", bright=lesson.key, **room)
    return made.move_to(box.center)


def bars_of(lesson: WhyScale, rows: list[Tensor]) -> list[ProbabilityBars]:
    """The row of weights at each factor, on one scale."""
    box = rooms(lesson)[1]
    look: Look = dict(fill="probability", spec=".0%", width=box.width, height=box.height, size=0.4)
    bars = bars_on_one_scale(rows, lesson.seen, lesson.kept(int(box.height / 0.42) - 1), **look)
    return [each.move_to(box.center) for each in bars]
