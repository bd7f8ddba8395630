"""What the heads of a layer add together: their results side by side, times one matrix, as a sum of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import Animation, FadeIn, FadeOut, LaggedStart, Transform

from model.numbers.tensor import Tensor, concatenate
from model.numbers.tensor import stack as stack_tensors
from scenes.kit.attention.wall import PatternWall
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.style import smallest
from scenes.kit.ground.text import Label
from scenes.kit.ground.typesetting import width
from scenes.kit.moves.flight import Fly, row_of
from scenes.kit.moves.products import ResidualAdd
from scenes.kit.moves.reveal import Grow, Introduce
from scenes.kit.numbers.cells import elide
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.product import Product
from scenes.kit.numbers.sums import SumTable, norms
from scenes.kit.recipes import UNBOUNDED, Look, bring_weights, multiply, rows_that_fit
from scenes.lesson.steps import come, leave
from scenes.lessons.heads.patterns import flat

if TYPE_CHECKING:
    from scenes.lessons.heads.lesson import MultiHead

NAME = 0.22  # em of the names below the strip
DIM = 0.35  # of what waits
AFTER = 0.45  # part of a play when rows come beside patterns that have nearly arrived
MOST = 96  # numbers in the line of all heads; of longer heads some, and ⋯
PATTERN_SIDE = 0.86  # side of a pattern beside its row, of the row's height


def head_labels(lesson: MultiHead) -> list[Said]:
    return [say("head {h}", h=h) for h in range(lesson.block.n_heads)]


def gathered(lesson: MultiHead) -> Tensor:
    """What each head hands to the word that we follow [head, d_head]."""
    return lesson.block.z[:, lesson.position]


def side_by_side(lesson: MultiHead) -> Tensor:
    """The same end to end [head × d_head]."""
    return concatenate(list(gathered(lesson)), 0)


# ── concatenate ──────────────────────────────────────────────────────────────────────────────────
def concatenated(lesson: MultiHead, wall: PatternWall) -> TensorGrid:
    Z = gathered(lesson)
    with lesson.step(
        "Concatenate",
        "Every head hands {asks} its own {d} numbers; side by side they are {n}.",
        d=Z.shape[1],
        n=Z.size,
        subtitle=lesson.prefix + "blocks.{l}.attn.z [:, {i}, :] · one row for each head",
        keep=(wall,),
    ):
        upper, lower = lesson.stage.rows(5, 1, gap=0.35)
        grid, side = grid_beside_patterns(lesson, upper)
        strip = strip_in(lower, gathered(lesson), grid.strongest)
        shown = [h for h in grid.rows if h is not None]
        patterns = wall.piece([flat(lesson, lesson.layer, h) for h in shown])
        patterns.framed[:] = 0.0
        x = grid.get_left()[0] - side / 2 - 0.1
        places = [(x, grid.cell_center(grid.shown_row(h), 0)[1], side) for h in shown]
        rows = Introduce(grid, "rows", lag=0.3, after=AFTER, run_time=2.6)
        lesson.play(FadeOut(wall, run_time=1), Transform(patterns, patterns.at(places), run_time=1.4), rows)
        line_up(lesson, grid, strip)
    return strip


def grid_beside_patterns(lesson: MultiHead, box: Box) -> tuple[TensorGrid, float]:
    """One row for each head, and the side of the square that is free beside each row."""
    room: Look = dict(width=box.width - 1.0, height=box.height, cell=(1.15, 0.9))
    marks: Look = dict(row_labels=head_labels(lesson), keep_row=lesson.head, target_row=lesson.head)
    grid = TensorGrid(gathered(lesson), "value", rows=max(rows_that_fit(box.height), 3), columns=8, **marks, **room)
    side = PATTERN_SIDE * grid.ch
    return Box(box.left + side + 0.15, box.bottom, box.right, box.top).fit(grid), side


def shown_of_head(n_heads: int, d_head: int) -> list[int | None]:
    """Which of a head's numbers have a place in the line of all: None is a ⋯."""
    return elide(d_head, max(MOST // n_heads, 3))


def strip_in(box: Box, z: Tensor, scale: float) -> TensorGrid:
    """The numbers of all heads in one line at the top of the box, as colours. z: [head, d_head]; scale: of the grid
    that they come from."""
    n_heads, d_head = z.shape
    own = shown_of_head(n_heads, d_head)
    columns = [None if c is None else h * d_head + c for h in range(n_heads) for c in own]
    cell = ((box.width - 0.3) / len(columns), min(0.5, box.height - 0.3))
    flat = concatenate(list(z), 0)
    strip = TensorGrid(flat, "value", cell=cell, columns=columns, digits=False, scale=scale, **UNBOUNDED)
    return strip.move_to((box.center[0], box.top - strip.height / 2, 0))


def segment_names(lesson: MultiHead, strip: TensorGrid, each: int) -> list[Label]:
    """Whose numbers they are, below the strip: all heads if there is room, else by number only. each: places of one."""
    texts = head_labels(lesson)
    if width(texts[-1], NAME) > strip.width / len(texts) - 0.1:
        texts = [say("{h}", h=h) for h in range(len(texts))]
    labels = []
    for h, text in enumerate(texts):
        first, last = (strip.cell_center(0, h * each + k) for k in (0, each - 1))
        label = Label(text, max(NAME, smallest()), "target" if h == lesson.head else "secondary")
        labels.append(label.move_to((*((first + last) / 2)[:2], 0)).shift((0, -strip.height / 2 - 0.2, 0)))
    return labels


def line_up(lesson: MultiHead, grid: TensorGrid, strip: TensorGrid) -> None:
    """The rows of the grid fly down one after the other and become the strip."""
    heads, each = range(lesson.block.n_heads), len(shown_of_head(*gathered(lesson).shape))
    segments = [segment_of(strip, h, each) for h in heads]
    flights: list[Animation] = []
    for h, segment in enumerate(segments):
        shown = h in grid.rows
        flights.append(Fly(row_of(grid, h), segment, keep=True) if shown else FadeIn(segment))
    names = segment_names(lesson, strip, each)
    lesson.play(LaggedStart(*flights, lag_ratio=0.25), LaggedStart(*map(FadeIn, names), lag_ratio=0.25), run_time=3)
    lesson.remove(*segments)
    lesson.add(strip)


def segment_of(strip: TensorGrid, head: int, each: int) -> TensorGrid:
    """The numbers of one head as a grid of its own, ⋯ and all, lying exactly on top of the strip; they count from its
    first."""
    first, last = head * each, (head + 1) * each - 1
    columns = strip.columns[first : last + 1]
    start, end = columns[0] or 0, columns[-1] or 0
    own = [None if c is None else c - start for c in columns]
    look: Look = dict(scale=strip.strongest, digits=False, brackets=False, exact=(strip.cw, strip.ch))
    segment = TensorGrid(strip.tensor[list(range(start, end + 1))], "value", columns=own, **look)
    corners = strip.corners(0, first, 0, last)
    return segment.move_to((corners[0] + corners[2]) / 2)


# ── multiply, add up ─────────────────────────────────────────────────────────────────────────────
def output_matrix(lesson: MultiHead, strip: TensorGrid) -> Product:
    block, i = lesson.block, lesson.position
    z, W = side_by_side(lesson), concatenate(list(block.W_O), 0)
    total = block.attn_out[i] if block.b_O is None else block.result[:, i].sum(0)
    with lesson.step(
        "Output matrix",
        "One matrix mixes them: {n} numbers in, {m} out. Each head has its own {d} rows of it.",
        n=z.size,
        m=W.shape[1],
        d=block.z.shape[-1],
        subtitle="z of all heads · W_O of layer {l} = attn_out [{i}, :]",
        keep=(strip,),
    ):
        product = Product(
            lesson.stage,
            z,
            W,
            total,
            kinds=("value", "weight", "delta"),
            names=("z", "W_O", "Δ x"),
            roles=("value", "positive", "delta"),
            rows=lesson.by(wide=9, square=11, tall=16),
            columns=lesson.by(wide=9, square=6, tall=6),
        )
        lesson.play(Fly(strip, product.x, keep=True, lag=0.05, arc=-0.1), *come(product.labels[0]), run_time=1.2)
        lesson.play(*leave(strip), *bring_weights(product), run_time=0.8)
        multiply(lesson, product, run_time=3.5)
    return product


def terms_of(lesson: MultiHead) -> tuple[Tensor, list[Said]]:
    """What is added up for the word that we follow [term, d_model], and what each term is called."""
    block, names = lesson.block, head_labels(lesson)
    results = block.result[:, lesson.position]
    if block.b_O is None:
        return results, names
    return concatenate([results, stack_tensors([block.b_O], "head")], 0), [*names, say("b_O")]


def contributions(lesson: MultiHead, product: Product) -> SumTable:
    parts, names = terms_of(lesson)
    with lesson.step(
        "Who adds what",
        "So the output is a sum with one row from each head: every column adds up.",
        subtitle=lesson.prefix
        + "blocks.{l}.attn.result [:, {i}, :]"
        + ", their sum attn_out [{i}, :]" * (lesson.stack is None)
        + " · bar: length √Σx² of the row",
        keep=(product.y,),
        quiz=lesson.quiz("Who adds the longest row?", norms(parts), names.__getitem__),
    ):
        room: Look = dict(bars=lesson.by(wide=2.6, square=1.7, tall=1.7), height=1.15 * lesson.row_height)
        total = lesson.block.attn_out[lesson.position]
        table = SumTable(lesson.stage, parts, total, names, name_of_total="attn_out", keep=lesson.head, **room)
        expected = table.total.copy().set_opacity(DIM)  # what the rows must add up to waits below them
        lesson.play(Fly(product.y, expected), Introduce(table.parts, "rows", lag=0.4), run_time=2)
        lesson.play(FadeIn(table.name_of_total), ResidualAdd(table.parts, table.total), run_time=2.4)
        table.parts.glow = np.zeros_like(table.parts.values)
        lesson.play(Grow(table.bars, "values", lag=0.2), Grow(table.bar_of_total, "values"), run_time=1.4)
        lesson.remove(expected, *table.submobjects)
        lesson.add(table)
        lesson.play(FadeIn(Frame(table.parts.row_corners(table.kept.index(lesson.head)))), run_time=0.5)
    return table
