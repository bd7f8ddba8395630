"""The ledger: all that the model has learned, counted line by line."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from manim import Animation, FadeIn, Transform, VGroup

from model.numbers.tensor import Tensor, stack
from model.study.inside.parameters import Line, parts, total, weights
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Length
from scenes.kit.ground.layout import Box
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell, Claim, shown_at, shown_in
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.style import smallest
from scenes.kit.ground.text import Number
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import TokenRow
from scenes.lesson.claims import Fact, most, truth
from scenes.lesson.steps import leave
from scenes.lessons.anatomy.picture import FIRST, LAST, Picture
from scenes.lessons.anatomy.through import lights

if TYPE_CHECKING:
    from scenes.lessons.anatomy.lesson import Anatomy

COUNT = ",.0f"
GAP = 0.7  # em between columns
BAR = 0.14  # of the width, at least, for bars
TIED = Said("W_E once more")  # what stands in the line of an unembedding that is not counted


class Ledger(Painted):
    """Lines of a ledger: part, weights, factors, their product, and a bar as long as it; below a rule their sum.

    lines: as `model.study.inside.parameters` makes them; tied: whether a last line says that W_U is W_E. of: of each
    line a weight that it names, where a run has it. width, height: the room. sight: opacity of each line; rule: of the
    line over the sum."""

    sight: Mix[np.ndarray]
    rule: Mix[float]

    def __init__(
        self,
        lines: Sequence[Line],
        *,
        width: float,
        height: float,
        tied: bool = False,
        of: Sequence[Tensor] = (),
        em: float = 0.36,
    ):
        self.lines, self.tied, self.of = list(lines), tied, list(of)
        self.count = len(self.lines) + tied
        self.pitch = min(height / (self.count + 1.6), 1.7 * em)
        self.parts = ["" if k and line.part == lines[k - 1].part else line.part for k, line in enumerate(lines)]
        self.names = [line.name for line in lines]
        self.factors = [factors_of(line) for line in lines]
        self.total = total(lines)
        if tied:
            self.parts, self.names = [*self.parts, "unembedding"], [*self.names, "W_U"]
            self.factors = [*self.factors, TIED]
        columns: list[Sequence[str]] = [self.parts, self.names, self.factors, [f"{float(self.total):,.0f}"]]
        needed = sum(max(typesetting.width(text, 1.0) for text in column) + GAP for column in columns)
        self.size = max(min(em, 0.76 * self.pitch, (1 - BAR) * width / needed), smallest())
        widths = [max(typesetting.width(t, self.size) for t in c) + GAP * self.size for c in columns]
        self.at = np.concatenate([[0.0], np.cumsum(widths)])
        self.unit = (width - self.at[-1]) / max(float(line.count) for line in lines)
        self.sight, self.rule = np.ones(self.count), 1.0
        super().__init__(width, self.pitch * (self.count + 1.6))

    def middle(self, k: int) -> float:
        """Of a line, in local units; the sum is the line after the last."""
        return self.pitch * (k + 0.5 + 0.4 * (k >= self.count))

    def sum_place(self) -> np.ndarray:
        """Where the sum ends, in the scene."""
        return self.to_scene(self.at[4] - GAP * self.size, self.middle(self.count))

    def draw(self, pen: Pen) -> None:
        for k in range(self.count):
            y, seen = self.middle(k), float(self.sight[k])
            pen.text(self.parts[k], 0.0, y, self.size, "secondary", seen, level="letters")
            of = self.of[k] if k < len(self.of) else None
            pen.text(self.names[k], self.at[1], y, self.size, "ink", seen, level="letters", of=of)
            pen.text(self.factors[k], self.at[2], y, self.size, "secondary", seen, level="letters")
            if k < len(self.lines):
                self._draw_count(pen, k, y, seen)
        rule = self.middle(self.count) - 0.62 * self.pitch
        pen.line([(0.0, rule), (self.natural[0], rule)], "secondary", 0.02, self.rule)

    def _draw_count(self, pen: Pen, k: int, y: float, seen: float) -> None:
        count, right = self.lines[k].count, self.at[4] - GAP * self.size
        pen.number(count, (), COUNT, right, y, self.size, "ink", seen, align=1.0, level="letters")
        bar = Length(Cell(count), self.at[4], self.unit)
        wide = self.unit * float(count)
        pen.rectangle(self.at[4], y - 0.3 * self.pitch, wide, 0.6 * self.pitch, "positive", 0.85 * seen, shows=bar)

    def claims(self) -> list[Claim]:
        """Each line is the product of its factors."""
        return [
            Claim((shown_in(self.factors[k]),), shown_at(line.count, COUNT), line.name)
            for k, line in enumerate(self.lines)
            if self.sight[k] > 0.5
        ]


class Sum(Number):
    """The sum of the lines that have come, which are all that the ledger shows."""

    def __init__(self, ledger: Ledger, lines: Sequence[Line], size: float | None = None):
        self.ledger = ledger
        super().__init__(total(lines), COUNT, 1.2 * ledger.size if size is None else size, "ink")
        end = ledger.sum_place()
        self.move_to(end - (self.width / 2, 0, 0))

    def claims(self) -> list[Claim]:
        """The counts of the lines that are seen add up to it, when none is on its way."""
        sight = self.ledger.sight[: len(self.ledger.lines)]
        if ((sight > 0) & (sight < 1)).any():
            return []
        seen = (line for line, there in zip(self.ledger.lines, sight, strict=True) if there)
        shown = tuple((shown_at(line.count, COUNT),) for line in seen)
        return [Claim(shown, shown_at(self.tensor, COUNT), "the ledger")]


def factors_of(line: Line) -> Said:
    """4 × 64 × 256."""
    fields = {f"f{k}": factor for k, factor in enumerate(line.factors)}
    return say(" × ".join(f"{{{name}:{COUNT}}}" for name in fields), **fields)


class Counted(NamedTuple):
    """On stage: the ledger, its sum, and what PyTorch counts."""

    ledger: Ledger
    sum: Sum
    numel: Number


def boxes(lesson: Anatomy) -> tuple[Box, Box]:
    """Of the model, and of its ledger."""
    stage = lesson.stage
    left, right = lesson.by(
        wide=stage.columns(1, 1.3, gap=0.6), square=stage.columns(1, 1.9, gap=0.3), tall=stage.rows(1, 1.3, gap=0.3)
    )
    return left, right


def parameters(lesson: Anatomy, picture: Picture, row: TokenRow, bars: ProbabilityBars) -> Counted:
    """Part after part is counted; the sum is what PyTorch counts."""
    counts = parts(lesson.ledger)
    names, together = list(counts), stack(list(counts.values()), "part")
    largest = int(np.argmax(together.values))
    with lesson.step(
        "The ledger",
        ask="How many numbers has it learned? Each part has as many as its sizes multiply to.",
        subtitle="blocks × heads × rows × columns · norms: how many × numbers of each",
        claims=[most(together, largest), *as_stored(lesson)],
        quiz=lesson.quiz("Which part has the most numbers?", together / total(lesson.ledger), names.__getitem__),
    ):
        ledger, numel = fitted(lesson)
        smaller(lesson, picture, row, bars)
        come: list[Line] = []
        number: Sum | None = None
        for part in names:
            mine = [k for k, line in enumerate(lesson.ledger) if line.part == part]
            come += [lesson.ledger[k] for k in mine]
            number = next_part(lesson, picture, ledger, part, mine, number, come)
        if ledger.tied:
            lesson.play(*reveal(ledger, [ledger.count - 1]), *lights(picture, LAST), run_time=0.8)
        lesson.play(*lights(picture), FadeIn(numel), run_time=0.8)
        lesson.answer(
            "{n:,.0f} numbers, just as PyTorch counts them. The largest part: {part}, {x:.0%}.",
            n=total(lesson.ledger),
            part=names[largest],
            x=counts[names[largest]] / total(lesson.ledger),
        )
    assert number is not None
    return Counted(ledger, number, numel)


def fitted(lesson: Anatomy) -> tuple[Ledger, Number]:
    """The ledger in its box, nothing of it seen yet, and what PyTorch counts, at its foot."""
    room = boxes(lesson)[1]
    named = [weights(lesson.trace, [line])[0] for line in lesson.ledger]
    size: Look = dict(width=room.width, height=room.height - 0.6)
    ledger = Ledger(lesson.ledger, tied=lesson.trace.config.tied, of=named, **size)
    ledger.move_to(room.center + (0, 0.25, 0))
    ledger.sight[:], ledger.rule = 0.0, 0.0
    numel = Number(lesson.numel, COUNT, 0.85 * ledger.size, "secondary", before="Σ p.numel() = ")
    numel.move_to(ledger.sum_place() - (numel.width / 2, 1.6 * ledger.size, 0))
    return ledger, numel


def smaller(lesson: Anatomy, picture: Picture, row: TokenRow, bars: ProbabilityBars) -> None:
    """The model makes room."""
    whole = VGroup(*picture.all())
    room, now = boxes(lesson)[0], Box.around(whole)
    factor = min(room.width / now.width, room.height / now.height)
    named = [slab for slab in picture.stack.slabs.values() if slab.named]
    moves = [
        (mobject.animate.set(named=0.0) if mobject in named else mobject.animate)
        .scale(factor, about_point=now.center)
        .shift(room.center - now.center)
        for mobject in (*picture.stack, *picture.faces.values(), *picture.rows.values())
    ]
    lesson.play(*leave(row, bars), *moves, run_time=1.4)


def next_part(
    lesson: Anatomy, picture: Picture, ledger: Ledger, part: str, mine: list[int], number: Sum | None, come: list[Line]
) -> Sum:
    """The lines of a part come while it is lit, and are added."""
    now = Sum(ledger, come)
    if number is None:
        first = [FadeIn(ledger), FadeIn(now)]
        ledger.sight[mine], ledger.rule = 1.0, 1.0
        lesson.play(*first, *lights(picture, *keys_of(picture, part)), run_time=1.2)
        return now
    number.reach = [(float(number.tensor), float(now.tensor))]  # it counts on from what it was
    counts = Transform(number, now, replace_mobject_with_target_in_scene=True)
    lesson.play(*reveal(ledger, mine), *lights(picture, *keys_of(picture, part)), counts, run_time=1.2)
    return now


def reveal(ledger: Ledger, places: list[int]) -> list[Animation]:
    """These lines come."""
    sight = ledger.sight.copy()
    sight[places] = 1.0
    return [ledger.animate.set(sight=sight)]


def keys_of(picture: Picture, part: str) -> list[Hashable]:
    """Where a part of the ledger lies in the picture."""
    within = {"attention": 0, "MLP": 1}
    if part in within:
        return [(layer, within[part]) for layer in picture.shown]
    ends: dict[str, list[Hashable]] = {"embedding": [FIRST], "positions": [FIRST], "unembedding": [LAST]}
    return ends.get(part, [])


def as_stored(lesson: Anatomy) -> list[Fact]:
    """That the sum is what PyTorch counts, and as many numbers as all weights of the run have, each once."""
    n, there = total(lesson.ledger), weights(lesson.trace, lesson.ledger)

    def holds(n: np.ndarray, counted: np.ndarray, *them: np.ndarray) -> bool:
        return float(n) == float(counted) == reduce(lambda so_far, w: so_far + w.size, them, 0)

    lines = [
        truth(f"{line.name} has so many numbers", (line.count, *weights(lesson.trace, [line])), as_many)
        for line in lesson.ledger
    ]
    return [truth("the ledger is as long as the weights are many", (n, lesson.numel, *there), holds), *lines]


def as_many(count: np.ndarray, *weights: np.ndarray) -> bool:
    """Whether some weights together have so many numbers."""
    return float(count) == sum(weight.size for weight in weights)


__all__ = ["COUNT", "Counted", "Ledger", "Sum", "boxes", "parameters"]
