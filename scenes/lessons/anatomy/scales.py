"""Other models by the same count: squares of one scale, and a camera that steps back from the one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from manim import FadeIn, FadeOut, Mobject

from model.numbers.tensor import Tensor
from model.study.inside.parameters import GPT2, GPT3, Known, Line, only_matrices, total
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Area
from scenes.kit.ground.layout import HOME, Box, View
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import LABEL, Label
from scenes.kit.moves.travel import Travel
from scenes.lesson.claims import Fact, said
from scenes.lesson.steps import COME, LEAVE
from scenes.lessons.anatomy.counting import Counted, Ledger, Sum, boxes
from scenes.lessons.anatomy.picture import Picture

if TYPE_CHECKING:
    from scenes.lessons.anatomy.lesson import Anatomy

PALE = 0.3  # how blue the square of the model is that is looked at; those within it are wholly blue
ALIKE = 1.5  # times as large, at most: what is not much larger is told with decimals
ASK, HOW_LARGE = "By the same count: how much larger is {name}?", "By the same count: how large is {name}?"
ANSWER, NEARLY = "{n:,.0f} numbers: {k:,.0f} times this model", "{n:,.0f} numbers: {k:.2f} times this model"
SIZES = "{source}: n_layers {b:,.0f}, d_model {d:,.0f} · {says}"
FURTHER = -3.0  # z_index: each square lies behind the smaller ones


class CountSquare(Painted):
    """A square whose area is a count. unit: area for one. bright: how blue it is."""

    bright: Mix[float]

    def __init__(self, count: Tensor, unit: float):
        self.tensor, self.unit, self.bright = count, unit, 1.0
        side = float(np.sqrt(unit * float(count)))
        super().__init__(side, side)

    def draw(self, pen: Pen) -> None:
        wide, high = self.natural
        fill = color("background") + self.bright * (color("positive") - color("background"))
        pen.rectangle(0.0, 0.0, wide, high, fill, shows=Area(Cell(self.tensor), self.unit))
        pen.frame(0.0, 0.0, wide, high, "positive", 0.006 * wide)


@dataclass(frozen=True)
class Scale:
    """How the squares stand: their common lower left corner, the side of the first, and its count."""

    corner: np.ndarray
    unit: float
    first: Tensor

    def square(self, count: Tensor) -> CountSquare:
        square = CountSquare(count, self.unit)
        return square.move_to(self.corner + np.array([square.width / 2, square.height / 2, 0]))

    def told(self, lines: list[Line]) -> dict[str, Tensor]:
        """How many numbers a ledger has, and how many times those of the first."""
        return dict(n=total(lines), k=total(lines) / self.first)

    def claims(self, lines: list[Line]) -> list[Fact]:
        """That these are the numbers which are told."""
        return [said("n", total(lines)), said("k", total(lines) / self.first)]

    def smaller(self, lines: list[Line]) -> bool:
        """Whether a ledger has fewer numbers than the first."""
        return float(total(lines)) < float(self.first)

    def view(self, count: Tensor) -> View:
        """Where the camera looks so that the square of a count is seen where the first one was, or that one whole."""
        if float(count) < float(self.first):
            return HOME
        zoom = float(np.sqrt(float(self.first) / float(count)))
        x, y, _ = (1 - zoom) * self.corner
        return View(zoom, float(x), float(y))


def larger_models(lesson: Anatomy, picture: Picture, counted: Counted) -> list[Mobject]:
    """GPT-2 small and GPT-3 beside this model."""
    left = boxes(lesson)[0]
    side = min(left.width, left.height - 0.7)
    corner = np.array([left.center[0] - side / 2, left.center[1] - side / 2 - 0.3, 0])
    scale = Scale(corner, side**2 / float(total(lesson.ledger)), total(lesson.ledger))
    with lesson.step(
        "As an area",
        "As an area: one square for all that this model has learned.",
        subtitle="model {model} · area ∝ numbers",
    ):
        mine = scale.square(scale.first).set_z_index(FURTHER)
        name = titled(lesson.model_name, mine, HOME)
        gone = [FadeOut(thing, target_position=mine.get_center(), scale=0.3) for thing in picture.all()]
        lesson.play(*gone, FadeIn(mine, scale=0.3), run_time=1.4)
        lesson.play(FadeIn(name), run_time=0.6)
    squares, before = [mine], list[Mobject]([name, *counted])
    second, third = GPT2.ledger, only_matrices(GPT3.ledger)
    claims = scale.claims(second)
    told = scale.told(second)
    ask, answer = (ASK, ANSWER) if float(told["k"]) >= ALIKE else (HOW_LARGE, NEARLY)
    where = ". The bright square is {name}." if scale.smaller(second) else ", which is the bright corner."
    with lesson.step("GPT-2 small", ask=ask, subtitle=SIZES, claims=claims, **sizes_of(GPT2, "all weights")):
        before = step_back(lesson, scale, GPT2, second, squares, before)
        lesson.answer(answer + where, **told)
    claims, says = scale.claims(third), "only matrices, unembedding apart"
    with lesson.step("GPT-3", ask=ASK, subtitle=SIZES, claims=claims, **sizes_of(GPT3, says)):
        before = step_back(lesson, scale, GPT3, third, squares, before)
        lesson.answer(ANSWER + "; the bright corner is {first}.", first=GPT2.name, **scale.told(third))
    return [*squares, *before]


def sizes_of(known: Known, says: str) -> dict[str, Any]:
    """What a step tells of a model. says: what of it is counted."""
    sizes = dict(b=known.size("n_layers"), d=known.size("d_model"))
    return dict(name=known.name, source=known.source, says=says, **sizes)


def step_back(
    lesson: Anatomy, scale: Scale, known: Known, lines: list[Line], squares: list[CountSquare], before: list[Mobject]
) -> list[Mobject]:
    """The camera steps back until a larger model is seen, with its ledger; `squares` has its square, too. One that is
    smaller after all appears in the square that is there."""
    view, inner, smaller = scale.view(total(lines)), squares[-1], scale.smaller(lines)
    square = scale.square(total(lines)).set_z_index(FURTHER + (1 if smaller else -len(squares)))
    square.bright = 1.0 if smaller else PALE
    bright = PALE if smaller else 1.0  # of the one that is there
    lesson.play(
        Travel(to=seen_from(view, lesson.stage)),
        FadeIn(square, rate_func=COME),
        *([] if inner.bright == bright else [inner.animate.set(bright=bright)]),
        *[FadeOut(thing, rate_func=LEAVE) for thing in before],
        run_time=3,
    )
    ledger, number = ledger_of(lesson, lines, view)
    told = f"{known.name} within {lesson.model_name}" if smaller else known.name
    name = titled(told, inner if smaller else square, view)
    lesson.play(FadeIn(name), FadeIn(ledger), FadeIn(number), run_time=1.2)
    squares.append(square)
    return [name, ledger, number]


def ledger_of(lesson: Anatomy, lines: list[Line], view: View) -> tuple[Ledger, Sum]:
    """The ledger of another model, where that of this model stood."""
    room = boxes(lesson)[1]
    ledger = Ledger(lines, width=room.width, height=room.height - 0.6).move_to(room.center + (0, 0.25, 0))
    number = Sum(ledger, lines)
    return placed(ledger, view), placed(number, view)


def titled(name: str, square: CountSquare, view: View) -> Label:
    """The name of a model over its square."""
    share = min(1.0, square.width * view.zoom / typesetting.width(name, LABEL))  # as wide as the square, at most
    label = Label(name, max(share * LABEL, smallest()), "ink")
    at = view.seen(square.get_corner(np.array([-1.0, 1.0, 0.0])))
    label.move_to((at[0] + label.width / 2, at[1] + 0.3, 0))
    return placed(label, view)


def placed(mobject: Painted, view: View) -> Painted:
    """What was laid out in the frame, where the camera will see it so."""
    x, y, _ = mobject.get_center()
    return mobject.scale(1 / view.zoom).move_to(((x - view.x) / view.zoom, (y - view.y) / view.zoom, 0))


def seen_from(view: View, stage: Box) -> Box:
    """The box of the scene that a view shows on the stage."""
    (left, bottom), (right, top) = (
        ((x - view.x) / view.zoom, (y - view.y) / view.zoom)
        for x, y in ((stage.left, stage.bottom), (stage.right, stage.top))
    )
    return Box(left, bottom, right, top)


__all__ = ["CountSquare", "larger_models"]
