"""How softmax turns with its scores: one slope worked out, all of them, and how they vanish and come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, Mobject, Transform

from model.numbers.tensor import Tensor, stack
from model.study.inside.scaling import jacobian, sizes
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import worked_out
from scenes.kit.ground.text import Formula, Label
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import Look, kept_and_rest
from scenes.lesson.claims import fact, truth
from scenes.lesson.steps import come, leave
from scenes.lessons.scaling.factors import FactorCurves, MoveCursor
from scenes.lessons.scaling.softening import LAST, bars_of, stops, weights_at

if TYPE_CHECKING:
    from scenes.lessons.scaling.lesson import WhyScale

SLOPES = "they are the slopes of softmax at these weights"
MOST = 6  # keys of the grid, the rest is ⋯
SIDES = 0.45  # room over the grid for what its sides are called


def rooms(lesson: WhyScale) -> tuple[Box, Box]:
    """For the grid, and for what is beside or below it."""
    stage = lesson.stage
    first, second = lesson.by(
        wide=stage.columns(1.15, 1, gap=0.5), square=stage.rows(1.15, 1, gap=0.2), tall=stage.rows(1.2, 1, gap=0.4)
    )
    return first, second


def grid_of(lesson: WhyScale, weights: Tensor, box: Box) -> TensorGrid:
    """The Jacobian of softmax at these weights; all grids have one scale of colour, ¼."""
    kept, rest = kept_and_rest(lesson.row.divided, MOST)
    shown: list[int | None] = []
    for k in range(len(weights)):
        if k not in rest:
            shown.append(k)
        elif shown and shown[-1] is not None:
            shown.append(None)
    words = list(lesson.words[: len(weights)])
    room: Look = dict(width=box.width, height=box.height - SIDES, cell=(2.4, 1.4), size=0.4, brackets=False)
    labels: Look = dict(row_labels=words, column_labels=words, column_label_color="key")
    grid = TensorGrid(jacobian(weights), "score", rows=shown, columns=shown, scale=0.25, spec="+.2f", **room, **labels)
    return grid.move_to(box.center - (0, SIDES / 2, 0))


def sides_of(grid: TensorGrid) -> list[Label]:
    """What the words beside the rows and over the columns are of."""
    upper_left, upper_right, *_ = grid.corners()
    weight = Label("weight of ↓", 0.32, "secondary").align_to(grid, LEFT)
    score = Label("score of →", 0.32, "key").move_to((upper_left + upper_right) / 2)
    return [side.align_to(grid, UP).shift((SIDES - 0.05) * UP) for side in (weight, score)]


def one_slope(lesson: WhyScale, before: list[Mobject]) -> list[Mobject]:
    """The grid at the model's own weights, and one entry worked out."""
    weights, j = lesson.row.divided, lesson.key
    slopes = jacobian(weights)
    with lesson.step(
        "A slope for every pair",
        ask="Learning follows slopes. If one score rises a little, which weights move, how much?",
        subtitle="pattern [{i}, :] of layer {l}, head {h} · a row for each weight, a column for each score",
        claims=[truth(SLOPES, [slopes, weights], are_slopes)],
        keep=before,
    ):
        (left, right), (curves, bars) = rooms(lesson), before
        grid = grid_of(lesson, weights, left)
        sides = sides_of(grid)
        own = bars_of(lesson, [weights_at(lesson, factor) for factor, _ in stops(lesson)])[0]
        lesson.play(*leave(curves), Transform(bars, own), run_time=1)
        lesson.play(Introduce(grid, "rows", lag=0.3), *come(*sides), run_time=1.4)
        place = grid.shown_row(j), grid.shown_column(j)
        frame = Frame(grid.corners(*place, *place))
        rule = Formula("(partial p_i) / (partial s_j) = p_i (delta_(i j) - p_j)", 0.5)
        worked = Label(
            worked_out("{p:%} × (1 − {p:%}) = {s:%}".replace("1", "{one}"), 2, p=weights[j], s=slopes[j, j], one=1),
            0.46,
            "target",
        )
        worked.scale(min(1.0, right.width / worked.width))
        rule.move_to(right.center + (0, 0.6, 0)), worked.move_to(right.center - (0, 0.5, 0))
        lesson.play(*leave(bars), *come(rule, frame), run_time=1)
        lesson.play(FadeIn(worked, shift=0.4 * lesson.by(wide=RIGHT, square=DOWN, tall=DOWN)), run_time=1)
        lesson.answer(
            "The score of {asked} up by a little moves its own weight up by {s:.2f} times that.", s=slopes[j, j]
        )
    return [grid, frame, rule, worked, *sides]


def are_slopes(matrix: np.ndarray, weights: np.ndarray) -> bool:
    """Whether a matrix is what softmax does when one score is moved a little up, and a little down."""
    scores, step = np.log(np.maximum(weights, 1e-300)), 1e-4 * np.eye(len(weights))

    def softmax(s: np.ndarray) -> np.ndarray:
        return np.asarray(np.exp(s) / np.exp(s).sum(axis=-1, keepdims=True))

    moved = (softmax(scores + step) - softmax(scores - step)) / 2e-4  # a row for each score
    return bool(np.allclose(matrix, moved.T, atol=1e-6))


def are_largest(*values: np.ndarray) -> bool:
    """Whether the last half of the values are the largest in size of the matrices before."""
    half = len(values) // 2
    return all(np.isclose(np.abs(m).max(), one, atol=1e-9) for m, one in zip(values[:half], values[half:], strict=True))


def all_slopes(lesson: WhyScale, before: list[Mobject]) -> list[Mobject]:
    """The same grid as the scores grow, its largest entry on a curve; then back."""
    places = stops(lesson)
    rows = [weights_at(lesson, factor) for factor, _ in places]
    slopes = [jacobian(weights) for weights in rows]
    largest = [matrix.max() for matrix in slopes]
    grid, frame, rule, worked, *_ = before
    with lesson.step(
        "What becomes of the slopes",
        ask="And undivided? Watch the slopes as the same scores grow, then are divided again.",
        subtitle="layer {l}, head {h}, position {i} · softmax of a factor × scores_raw · curve: the largest slope",
        keep=before,
        a=largest[0],
        b=largest[1],
        c=largest[2],
        u=largest[0] / lesson.root,
        t=LAST,
        claims=[
            *[truth(SLOPES, [matrix, p], are_slopes) for matrix, p in zip(slopes, rows, strict=True)],
            fact(("largest",), "these are the largest slopes", [*slopes, *largest], are_largest),
        ],
    ):
        left, right = rooms(lesson)
        factors, curves = lesson.row.along(LAST)
        quarter = Tensor.given(1, "1") / 4
        points = [(factor, name, stack([size], "one")) for (factor, name), size in zip(places, largest, strict=True)]
        column = stack([sizes(curves)], "one").T
        curve = FactorCurves(factors, column, points, top=quarter, title="largest slope", fill="delta",
                             width=right.width, height=right.height).move_to(right.center)  # fmt: skip
        lesson.play(FadeOut(frame), *leave(rule, worked), *come(curve), run_time=0.9)
        lesson.play(MoveCursor(curve, places[0][0]), run_time=0.8)
        for k in (1, 2, 0):
            target = grid_of(lesson, rows[k], left)
            lesson.play(MoveCursor(curve, places[k][0]), Transform(grid, target), run_time=1.5)
            lesson.wait(0.3)
        lesson.answer("Largest slope: {b:.3f} undivided, {c:.3f} at {t} times that, {a:.3f} again at ÷ √{d}.")
    return [grid, curve]
