"""From the whole model to a block, to a matrix, to one number of it, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from manim import FadeIn, FadeOut, Mobject, Transform, VGroup, rush_from

from model.numbers.tensor import Tensor
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.depth.slabs import NEAR, Card, part_of
from scenes.kit.ground.layout import Box, View
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import Label, Number
from scenes.kit.ground.theme import legible_on
from scenes.kit.moves.travel import Travel
from scenes.kit.numbers.frames import Frame
from scenes.kit.words.tokens import TokenRow
from scenes.lesson.claims import most
from scenes.lesson.steps import COME, LEAVE
from scenes.lessons.anatomy.picture import POWER, ROWS, Picture

if TYPE_CHECKING:
    from scenes.lessons.anatomy.lesson import Anatomy

NAME = "W_Q"
READ = 3  # rows whose numbers are read, in wide frames; in others more
PASSED = 0.4  # opacity of cells past which the camera flies
LETTERS = 0.22  # em of a matrix's name, in the frame


class Cell(NamedTuple):
    """A place in a matrix."""

    row: int
    column: int


def to_a_matrix(lesson: Anatomy, picture: Picture, row: TokenRow, bars: ProbabilityBars) -> None:
    """The camera goes to a block, one of its matrices turns to us, one of its numbers is read; and back."""
    aside = [row, bars]
    box, names = to_a_block(lesson, picture, aside)
    matrix, start = to_the_front(lesson, picture, box, names)
    digits = to_a_cell(lesson, matrix)
    and_back(lesson, picture, box, digits, matrix, start, aside)


def to_a_block(lesson: Anatomy, picture: Picture, aside: list[Mobject]) -> tuple[Box, VGroup]:
    """Close to a block: its matrices, each with its name."""
    keys = block_of(picture)
    with lesson.step(
        "One block",
        "Closer: block {l}. {a} matrices are its attention, {b} its MLP; none of them knows the text.",
        subtitle="layer {l} · W_Q, W_K, W_V, W_O · {scale}",
        scale=picture.scale("weights"),
        a=len(picture.tables(keys[0])),
        b=len(picture.tables(keys[1])),
    ):
        box = close_to(picture)
        names = names_of(picture, box)
        away = [thing.animate.set_opacity(0.0) for thing in aside]
        moves = [*picture.focus(*keys, named=False), FadeIn(names, rate_func=rush_from), *away]
        lesson.play(Travel(to=box), *moves, run_time=2.2)
    return box, names


def close_to(picture: Picture) -> Box:
    """The block, with room for the names below it."""
    keys = block_of(picture)
    box = Box.around(*[picture.stack.slabs[key] for key in keys])
    return Box(box.left, box.bottom - 0.12 * box.height, box.right + 0.12 * box.width, box.top + 0.04 * box.height)


def names_of(picture: Picture, box: Box) -> VGroup:
    """The names of a block's matrices, at the foot of each."""
    size, names = max(LETTERS, smallest()) / picture.zoom(box), VGroup()
    attention, mlp = block_of(picture)
    for name, table in picture.tables(attention).items():
        corners = part_of(picture.stack.slabs[attention].face(), picture.place_of(attention, name))
        label = Label(name, size, "secondary", of=table).set_z_index(NEAR)
        label.move_to(corners[2:].mean(axis=0) - (0, 0.9 * size, 0))
        if len(names) and overlap(names[-1], label):  # of narrow matrices, as where heads share keys: one line lower
            label.shift((0, -1.15 * size, 0))
        names.add(label)
    label = Label("MLP", size, "secondary").set_z_index(NEAR)
    return names.add(label.move_to(picture.stack.slabs[mlp].face()[2] + (size + label.width / 2, 0.5 * size, 0)))


def overlap(one: Label, other: Label) -> bool:
    """Whether two labels of one height would touch."""
    x, y, _ = abs(one.get_center() - other.get_center())
    return bool(x < (one.width + other.width) / 2 and y < one.height)


def block_of(picture: Picture) -> list[tuple[int, int]]:
    """Attention and MLP of the block that is looked at."""
    return [(picture.scene.layer, part) for part in (0, 1)]


def to_the_front(lesson: Anatomy, picture: Picture, box: Box, names: VGroup) -> tuple[Card, Card]:
    """A matrix leaves its place and turns to us."""
    key = (lesson.layer, 0)
    whole = picture.tables(key)[NAME]
    table = shown_of(whole)
    with lesson.step(
        "One matrix",
        "One of them turns to us: {r} rows of {c} numbers. Each head has {k} columns of its own."
        if table.shape == whole.shape
        else "One of them turns to us: {r} of its {a} rows, of {c} numbers each. Each head has {k} columns.",
        subtitle="layer {l} · W_Q of all heads side by side · in the frame: head {h}",
        r=table.shape[0],
        a=whole.shape[0],
        c=table.shape[1],
        k=lesson.trace.config.d_head,
    ):
        look = dict(scale=float(picture.full), power=POWER)
        corners = part_of(picture.stack.slabs[key].face(), picture.place_of(key, NAME))
        start = Card(table, corners, "weight", **look).set_z_index(NEAR)
        end = Card(table, flat(lesson, table, box), "weight", **look).set_z_index(NEAR)
        moving = start.copy()
        lesson.play(
            Transform(moving, end), *picture.focus("none", seen=0.0), FadeOut(names, rate_func=LEAVE), run_time=2.2
        )
        first, last = columns_of(lesson)
        frame = Frame(moving.corners(0, first, table.shape[0] - 1, last), line=0.03 / picture.zoom(box))
        lesson.play(FadeIn(frame.set_z_index(NEAR)), run_time=0.6)
        lesson.frame_of_head = frame
    return moving, start


def flat(lesson: Anatomy, table: Tensor, box: Box) -> np.ndarray:
    """Scene corners [4, 3] of a matrix that faces us, as large as can be in what the camera sees."""
    view, stage = View.onto(box, lesson.stage), lesson.stage.inset(0.1)
    rows, columns = table.shape
    cell = min(stage.width / columns, stage.height / rows)
    wide, high, middle = columns * cell / 2, rows * cell / 2, stage.center
    seen = middle + np.array([[-wide, high, 0], [wide, high, 0], [wide, -high, 0], [-wide, -high, 0]])
    return np.array([((x - view.x) / view.zoom, (y - view.y) / view.zoom, 0.0) for x, y, _ in seen])


def shown_of(table: Tensor) -> Tensor:
    """Of a large matrix the first rows."""
    return table[:ROWS] if table.shape[0] > ROWS else table


def columns_of(lesson: Anatomy) -> tuple[int, int]:
    """The first and the last column of the head."""
    each = lesson.trace.config.d_head
    return lesson.head * each, (lesson.head + 1) * each - 1


def to_a_cell(lesson: Anatomy, matrix: Card) -> VGroup:
    """Its largest number, of that head, and some beside it, are read."""
    first, last = columns_of(lesson)
    strength = abs(matrix.tensor[:, first : last + 1])
    place = np.unravel_index(int(np.argmax(strength.values)), strength.shape)
    cell = Cell(int(place[0]), first + int(place[1]))
    with lesson.step(
        "One number",
        "One number of it, by size the largest of this head: {w:+.3f}. Training found it, no text changes it.",
        subtitle="W_Q of layer {l}, head {h} · row {r}, column {c} of the head, counted from {zero}",
        w=matrix.tensor[cell.row, cell.column],
        r=cell.row,
        c=int(place[1]),
        zero=0,
        claims=[most(strength, (cell.row, cell.column - first))],
    ):
        high = lesson.by(wide=READ, square=READ, tall=READ + 2)
        wide = max(2, int(high * lesson.stage.width / lesson.stage.height))
        rows, columns = (window(*each) for each in zip(cell, (high, wide), matrix.tensor.shape, strict=True))
        around = Box.around(Frame(matrix.corners(rows[0], columns[0], rows[-1], columns[-1])))
        numbers = numbers_in(matrix, rows, columns)
        frame = Frame(matrix.corners(cell.row, cell.column, cell.row, cell.column), line=0.02 * around.height)
        near = matrix.copy()  # what the camera flies past would flicker
        near.cell_opacity[:] = PASSED
        near.cell_opacity[np.ix_(rows, columns)] = 1.0
        lesson.play(Transform(matrix, near), FadeOut(lesson.frame_of_head), run_time=0.6)
        lesson.play(Travel(to=around), FadeIn(numbers, rate_func=COME), run_time=2.6)
        lesson.play(FadeIn(frame.set_z_index(NEAR)), run_time=0.6)
    return VGroup(*numbers, frame)


def window(at: int, count: int, size: int) -> list[int]:
    """So many places around one, of those that there are."""
    first = max(min(at - count // 2, size - count), 0)
    return list(range(first, min(first + count, size)))


def numbers_in(card: Card, rows: list[int], columns: list[int]) -> VGroup:
    """The numbers of some cells, in them."""
    corners = card.corners(rows[0], columns[0], rows[0], columns[0])
    wide, high = float(np.ptp(corners[:, 0])), float(np.ptp(corners[:, 1]))
    inks, numbers = legible_on(card.fills(), color("ink")), VGroup()
    for i in rows:
        for j in columns:
            shown = Number(card.tensor[i, j], "+.3f", min(0.26 * wide, 0.5 * high), inks[i, j])
            numbers.add(shown.move_to(card.cell_center(i, j)).set_z_index(NEAR))
    return numbers


def and_back(
    lesson: Anatomy, picture: Picture, box: Box, digits: VGroup, matrix: Card, start: Card, aside: list[Mobject]
) -> None:
    """The matrix goes back to its place, the camera to where the whole model is seen."""
    with lesson.step(
        "And back",
        "Back to its place among the others. Every coloured dot of the picture is such a number.",
        subtitle="blue +, red − · {scale}",
        scale=picture.scale("weights", "rows", "logits"),
    ):
        back = [thing.animate(rate_func=COME).set_opacity(1.0) for thing in aside]
        gone = [FadeOut(digit, rate_func=LEAVE) for digit in digits]
        lesson.play(Travel(to=box), *gone, run_time=2)
        lesson.play(Transform(matrix, start), *picture.focus(*block_of(picture), named=False), run_time=1.4)
        lesson.play(Travel(), *picture.focus(), *back, run_time=2)
        lesson.remove(matrix)


__all__ = ["to_a_matrix"]
