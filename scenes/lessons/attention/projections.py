"""From the rows that enter a layer to queries, keys and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut

from model.numbers.tensor import Tensor
from scenes.kit.ground.layout import Box, row, stack
from scenes.kit.ground.text import Formula
from scenes.kit.moves.flight import Fly
from scenes.kit.moves.products import DotProduct
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.cells import readable_width
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.product import Product
from scenes.kit.numbers.terms import TermSum
from scenes.kit.recipes import LOWEST_ROW, Look, bring_weights, frame_row, multiply, room_for

if TYPE_CHECKING:
    from scenes.lessons.attention.lesson import SelfAttention

COLUMNS_OF_HEAD = 8  # a head of up to as many entries is shown whole


def halves(lesson: SelfAttention) -> list[Box]:
    """The stage with a product above, and room for one of its entries below."""
    return lesson.by(wide=lesson.stage.rows(5, 1), square=lesson.stage.rows(4, 1), tall=lesson.stage.rows(4, 1))


def depth(lesson: SelfAttention) -> int:
    """How many rows of a tall matrix are shown."""
    return lesson.by(wide=9, square=12, tall=16)


def columns_of_head(lesson: SelfAttention) -> int:
    """How many of the d_head columns are shown."""
    return COLUMNS_OF_HEAD if lesson.view.q.shape[1] <= COLUMNS_OF_HEAD else 6


def projection(lesson: SelfAttention, letter: str, position: int) -> Product:
    """A position's row times the matrix of "Q", "K" or "V"."""
    role, weights, made = {
        "Q": ("query", lesson.view.W_Q, lesson.view.q),
        "K": ("key", lesson.view.W_K, lesson.view.k),
        "V": ("value", lesson.view.W_V, lesson.view.v),
    }[letter]
    return Product(
        halves(lesson)[0],
        lesson.view.X[position],
        weights,
        made[position],
        kinds=("data", "weight", role),
        names=(("x", position), f"W_{letter}", (letter.lower(), position)),
        roles=("ink", "positive", role),
        rows=depth(lesson),
    )


def query(lesson: SelfAttention, grid: TensorGrid, frame: Frame) -> Product:
    i = lesson.position
    with lesson.step(
        "Query",
        "The row of “{word}” meets each column of the query matrix: {n} products, one sum.",
        n=lesson.view.X.shape[1],
        subtitle="position {i} “{word}” · {where} · its row times the query matrix",
        keep=(grid, frame),
    ):
        product = projection(lesson, "Q", i)
        arrival = Fly(grid.row(grid.shown_row(i)), product.x)
        lesson.play(FadeOut(grid), FadeOut(frame), arrival, FadeIn(product.labels[0]), run_time=1.3)
        lesson.play(*bring_weights(product), run_time=1)
        multiply(lesson, product, run_time=4.2)
    return product


def one_entry(lesson: SelfAttention, product: Product) -> None:
    view, i, c = lesson.view, lesson.position, lesson.query.entry
    with lesson.step(
        "One entry",
        "Entry {c} of the query, worked out: {n} products add up to {q:+.2f}.",
        c=c,
        n=view.X.shape[1],
        q=view.q[i, c],
    ):
        room, lines = halves(lesson)[1], lesson.by(wide=1, square=3, tall=3)
        terms = TermSum(view.X[i], view.W_Q[:, c], view.q[i, c], width=room.width, lines=lines, size=0.4)
        room.fit(terms)
        frames = [Frame(g.corners(0, j, None, j)) for g, j in ((product.x, 0), (product.weights, c))]
        frames.append(Frame(product.y.corners(c, 0, c, 0)))
        lesson.play(*map(FadeIn, frames), run_time=0.6)
        lesson.play(DotProduct(terms), run_time=4)


def key(lesson: SelfAttention) -> Product:
    j = lesson.query.other
    with lesson.step(
        "Key",
        "Every word also has a key, to be met by queries. That of “{word}”:",
        word=lesson.words[j],
        keep=(),
        subtitle="position {j} “{word}” · {where} · its row times the key matrix",
    ):
        product = projection(lesson, "K", j)
        lesson.play(Introduce(product.x), *bring_weights(product), FadeIn(product.labels[0]), run_time=1)
        multiply(lesson, product, run_time=2.6)
    return product


def value(lesson: SelfAttention, old: Product) -> None:
    j = lesson.query.other
    with lesson.step(
        "Value",
        "And a value: what “{word}” hands over to those who attend to it.",
        word=lesson.words[j],
        keep=(old.x, old.labels[0], old.signs),
        subtitle="position {j} “{word}” · {where} · its row times the value matrix",
    ):
        product = projection(lesson, "V", j)
        lesson.play(Introduce(product.weights, "columns", lag=0.1), FadeIn(product.labels[1]), run_time=0.8)
        multiply(lesson, product, run_time=2.6)


def all_positions(lesson: SelfAttention) -> tuple[TensorGrid, TensorGrid]:
    view = lesson.view
    with lesson.step(
        "All positions",
        "The same for every word: queries, keys and values, row by row.",
        keep=(),
        subtitle="{where} · one row for each word, {d} numbers each",
        d=view.q.shape[1],
    ):
        grids, labels = side_by_side(lesson, {"Q": view.q, "K": view.k, "V": view.v})
        lesson.play(*map(FadeIn, labels), *[Introduce(g, "rows", lag=0.3) for g in grids], run_time=3)
        queries, keys, _ = grids
        pair = ((queries, lesson.position), (keys, lesson.query.other))
        lesson.play(*[FadeIn(frame_row(grid, p)) for grid, p in pair if p in grid.rows], run_time=0.6)
    return queries, keys


def side_by_side(lesson: SelfAttention, tensors: dict[str, Tensor]) -> tuple[list[TensorGrid], list[Formula]]:
    """Q, K and V with their names: side by side in a wide frame, else one below the other."""
    stage, wide = lesson.stage, lesson.wide
    share = (stage.width - room_for(lesson.words) - 0.3) / (3 if wide else 1) - 0.65
    narrowest = max(readable_width(tensor, "+.1f") for tensor in tensors.values())
    columns = min(columns_of_head(lesson), int(share / narrowest))
    height = stage.height - 0.8 if wide else stage.height / 3 - 0.5
    cell = (min(1.0, share / (columns + 0.05)), lesson.row_height)
    room: Look = dict(width=99, height=height, cell=cell, rows=int(height / LOWEST_ROW), columns=columns)
    grids, labels = [], []
    for (letter, tensor), role in zip(tensors.items(), ("query", "key", "value"), strict=True):
        kept = lesson.position if letter == "Q" or wide else lesson.query.other
        beside = None if wide and letter != "Q" else lesson.words
        marks: Look = dict(keep_row=kept, row_labels=beside, target_row=kept)
        grids.append(TensorGrid(tensor, role, spec="+.1f", **marks, **room))
        labels.append(Formula(f"{letter} = X W_{letter}" if wide else letter, 0.5, role))
    table = row(*grids, gap=0.35) if wide else stack(*grids, gap=0.4)
    stage.fit(table, 0.4).shift(0.35 * DOWN if wide else 0.35 * LEFT)
    for label, grid in zip(labels, grids, strict=True):
        if wide:  # over the cells, not over the words beside them
            left, right, *_ = grid.corners()
            label.next_to((left + right) / 2, UP, buff=0.2)
        else:
            label.next_to(grid, RIGHT, buff=0.2)
    return grids, labels
