"""From the rows that enter a layer to queries, keys and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, Mobject

from model.numbers.tensor import Tensor
from scenes.kit.ground.layout import Box, row, stack
from scenes.kit.ground.text import Formula
from scenes.kit.moves.flight import Chip, FillStrip, Fly, row_of
from scenes.kit.moves.products import DotProduct, MatrixProduct
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.cells import readable_width
from scenes.kit.numbers.chain import RowChain
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.product import Product
from scenes.kit.numbers.terms import TermSum
from scenes.kit.recipes import LOWEST_ROW, Look, bring_weights, frame_row, multiply, room_for
from scenes.kit.words.strip import SentenceStrip
from scenes.lesson.steps import come, leave

if TYPE_CHECKING:
    from scenes.lessons.attention.lesson import SelfAttention

COLUMNS_OF_HEAD = 8  # a head of up to as many entries is shown whole


def halves(lesson: SelfAttention, strip: SentenceStrip) -> list[Box]:
    """The room below the strip: a product above, and one of its entries below."""
    room = lesson.below(strip)
    return lesson.by(wide=room.rows(5.4, 1), square=room.rows(2.6, 1), tall=room.rows(4, 1))


def depth(lesson: SelfAttention) -> int:
    """How many rows of a tall matrix are shown."""
    return lesson.by(wide=8, square=8, tall=14)


def columns_of_head(lesson: SelfAttention) -> int:
    """How many of the d_head columns are shown."""
    return COLUMNS_OF_HEAD if lesson.view.q.shape[1] <= COLUMNS_OF_HEAD else 6


def projection(lesson: SelfAttention, strip: SentenceStrip, letter: str, position: int) -> Product:
    """A position's row times the matrix of "Q", "K" or "V"."""
    role, weights, made = {
        "Q": ("query", lesson.view.W_Q, lesson.view.q),
        "K": ("key", lesson.view.W_K, lesson.view.k),
        "V": ("value", lesson.view.W_V, lesson.view.v),
    }[letter]
    terms = one_entry(lesson, strip)
    return Product(
        halves(lesson, strip)[0],
        lesson.view.X[position],
        weights,
        made[position],
        kinds=("data", "weight", role),
        names=(("x", position), f"W_{letter}", (letter.lower(), position)),
        roles=("ink", "positive", role),
        rows=depth(lesson),
        keep=lesson.query.entry,
        keep_rows=terms.order[: terms.count],  # what is written out is to be seen in the matrices
    )


def one_entry(lesson: SelfAttention, strip: SentenceStrip) -> TermSum:
    """The number of the query that is worked, term by term."""
    view, i, c, room = lesson.view, lesson.position, lesson.query.entry, halves(lesson, strip)[1]
    lines = lesson.by(wide=1, square=3, tall=3)
    terms = TermSum(view.X[i], view.W_Q[:, c], view.q[i, c], width=room.width, lines=lines, size=0.4)
    room.fit(terms)
    return terms


# ── the words' rows ──────────────────────────────────────────────────────────────────────────────
def rows(lesson: SelfAttention, strip: SentenceStrip, bars: list[Mobject]) -> tuple[list[Mobject], TensorGrid]:
    """The row of the word that we follow as the layer finds it, and what the norm makes of it, operation by operation;
    leaves all that, and the row that the layer reads."""
    block, i = lesson.view.block, lesson.position
    start, operations = block.before[i], norm_of(lesson)
    with lesson.step(
        "Input",
        ask="A word is a row of {d} numbers. What does layer {l} read?",
        subtitle=lesson.prefix
        + "blocks.{l}.resid_pre [{i}, :]"
        + LAYER_NORM.get(lesson.trace.config.norm, "") * bool(operations),
        d=block.X.shape[1],
        keep=(strip, *bars),
    ):
        chain = RowChain(lesson.below(strip), (start, "arrives" if operations else "x"), operations)
        (first, *_), *made = chain.steps
        lesson.play(
            *leave(*bars), Introduce(first, "columns", lag=0.1, after=0.3), *come(chain.labels[0]), run_time=1.2
        )
        before = first
        for step in made:
            *operand, result = [part for part in step if isinstance(part, TensorGrid)]
            names = [FadeIn(part) for part in step if not isinstance(part, TensorGrid)]
            lesson.play(
                *[Introduce(each, "columns", lag=0.1) for each in operand], *names,
                Fly(before, result, keep=True, arc=0, lag=0.1), run_time=0.9,
            )  # fmt: skip
            before = result
        lesson.answer(
            "On a common scale: x, what {asks} shows this layer."
            if operations
            else "The row itself: x, what {asks} shows this layer."
        )
        lesson.play(Fly(chain.result, Chip(strip, "x", i), keep=True), run_time=0.7)
    return [part for part in (*chain.grids, *chain.labels) if part is not chain.result], chain.result


LAYER_NORM = {"layer": " · layer norm: (x − mean μ) ÷ spread σ · w + b", "rms": " · RMS norm: x ÷ spread σ · w"}


def norm_of(lesson: SelfAttention) -> list[tuple[str, Tensor, str]]:
    """What the layer's norm does to the row, operation by operation; nothing where the norm comes last."""
    trace, i, name = lesson.trace, lesson.position, f"blocks.{lesson.layer}.ln1"
    if not trace.config.norm_first:
        return []
    centre = [("−", trace[f"{name}.mean"][i], "μ")] if f"{name}.mean" in trace else []
    steps = [*centre, ("÷", trace[f"{name}.scale"][i], "σ"), ("·", trace[f"{name}.w"], "w")]
    return [*steps, ("+", trace[f"{name}.b"], "b")] if f"{name}.b" in trace else steps


# ── one query, one key, one value ────────────────────────────────────────────────────────────────
def one_number(
    lesson: SelfAttention, strip: SentenceStrip, before: list[Mobject], x: TensorGrid
) -> tuple[Product, TermSum, list[Frame]]:
    view, i, c = lesson.view, lesson.position, lesson.query.entry
    with lesson.step(
        "One number of the query",
        ask="What does {asks} look for? Its row meets a column of W_Q …",
        subtitle="position {i} “{word}” · {where} · its row times the query matrix",
        c=c,
        keep=(strip, x, *before),
    ):
        product = projection(lesson, strip, "Q", i)
        product.y.reveal(0)
        arrival = Fly(x, product.x)
        lesson.play(*leave(*before), arrival, *come(product.labels[0]), run_time=1.1)
        lesson.play(*bring_weights(product), FadeIn(product.labels[2]), FadeIn(product.y), run_time=1)
        place = product.weights.shown_column(c)
        terms = one_entry(lesson, strip)
        frames = [Frame(g.corners(0, j, None, j)) for g, j in ((product.x, 0), (product.weights, place))]
        frames.append(Frame(product.y.corners(place, 0, place, 0)))
        lesson.play(*map(FadeIn, frames), run_time=0.5)
        lesson.play(DotProduct(terms), run_time=2.4)
        lesson.play(MatrixProduct(product.x, product.weights, product.y, columns=[place]), run_time=0.6)
        lesson.answer("… {n} products add up to {q:+.2f}: one entry of its query.", n=len(view.X[i]), q=view.q[i, c])
    return product, terms, frames


def query(lesson: SelfAttention, strip: SentenceStrip, product: Product, terms: TermSum, frames: list[Frame]) -> None:
    with lesson.step(
        "Query",
        "Every column the same way: the query of {asks}, {n} numbers.",
        n=lesson.view.q.shape[1],
        keep=(strip, product, terms, *frames),
    ):
        lesson.play(*map(FadeOut, (terms, *frames)), run_time=0.4)
        others = [j for j, c in enumerate(product.weights.columns) if c not in (None, lesson.query.entry)]
        lesson.play(MatrixProduct(product.x, product.weights, product.y, columns=others), run_time=2.6)
        lesson.play(Fly(product.y, Chip(strip, "q", lesson.position), keep=True), run_time=1)


def key(lesson: SelfAttention, strip: SentenceStrip, old: Product) -> Product:
    """old: of the query, whose row stays where the word that is asked is the one that asks."""
    j = lesson.query.other
    same = [old.x, old.labels[0], old.signs] if j == lesson.position else []
    with lesson.step(
        "Key",
        "Another matrix makes a key, what {asked} offers to be found by.",
        keep=(strip, *same),
        subtitle="position {j} “{b}” · {where} · its row times the key matrix",
    ):
        strip.show("x")
        product = projection(lesson, strip, "K", j)
        arrival = [] if same else [Fly(Chip(strip, "x", j), product.x, keep=True), FadeIn(product.labels[0])]
        lesson.play(*arrival, *bring_weights(product), run_time=1.2)
        multiply(lesson, product, run_time=1.8)
        lesson.play(Fly(product.y, Chip(strip, "k", j), keep=True), run_time=0.8)
    return product


def value(lesson: SelfAttention, strip: SentenceStrip, old: Product) -> tuple[list[Mobject], TensorGrid]:
    """Leaves what stands below the strip, and the value, which goes on."""
    j = lesson.query.other
    with lesson.step(
        "Value",
        "And a third makes a value: what {asked} hands over if it is found.",
        keep=(strip, old.x, old.labels[0], old.signs),
        subtitle="position {j} “{b}” · {where} · its row times the value matrix",
    ):
        product = projection(lesson, strip, "V", j)
        lesson.play(Introduce(product.weights, "columns", lag=0.1), FadeIn(product.labels[1]), run_time=0.8)
        multiply(lesson, product, run_time=1.4)
        lesson.play(Fly(product.y, Chip(strip, "v", j), keep=True), run_time=0.8)
    return [old.x, old.labels[0], old.signs, product.weights, *product.labels[1:]], product.y


def every_word(
    lesson: SelfAttention, strip: SentenceStrip, old: list[Mobject], one: TensorGrid
) -> tuple[TensorGrid, TensorGrid]:
    """The other words' chips come word by word and open into Q, K and V, where the one value takes its place; leaves Q
    and K."""
    view, j = lesson.view, lesson.query.other
    with lesson.step(
        "Every word",
        "So for every word: each asks, offers and hands over.",
        keep=(strip, *old, one),
        subtitle="{where} · one row for each word, {d} numbers each",
        d=view.q.shape[1],
    ):
        tensors = {"q": view.q, "k": view.k, "v": view.v}
        grids, labels = side_by_side(lesson, lesson.below(strip), tensors)
        opening = [
            Fly(Chip(strip, name, p), row_of(grid, p), keep=True, arc=0)
            for name, grid in zip(tensors, grids, strict=True)
            for p in grid.rows
            if p in strip.places and (name, p) != ("v", j)
        ]
        values = grids[2]
        opening.append(Fly(one, row_of(values, j)) if j in values.rows else FadeOut(one))
        hidden = [Introduce(grid, "rows", lag=0.1) for grid in grids if not set(grid.rows) <= {*strip.places, None}]
        lesson.play(*map(FadeOut, old), FillStrip(strip, ("x", "q", "k", "v")), run_time=1.2)
        lesson.play(*map(FadeIn, (*labels, *grids)), *opening, *hidden, run_time=1.6)
        queries, keys, _ = grids
        pair = ((queries, lesson.position), (keys, lesson.query.other))
        lesson.play(*[FadeIn(frame_row(grid, p)) for grid, p in pair if p in grid.rows], run_time=0.6)
    return queries, keys


def side_by_side(
    lesson: SelfAttention, stage: Box, tensors: dict[str, Tensor]
) -> tuple[list[TensorGrid], list[Formula]]:
    """Q, K and V with their names in a box: side by side in a wide frame, else one below the other."""
    wide = lesson.wide
    share = (stage.width - room_for(lesson.words) - 0.3) / (3 if wide else 1) - 0.65
    narrowest = max(readable_width(tensor, "+.1f") for tensor in tensors.values())
    columns = min(columns_of_head(lesson), int(share / narrowest))
    height = stage.height - 0.8 if wide else stage.height / 3 - 0.5
    cell = (min(1.0, share / (columns + 0.05)), lesson.row_height)
    room: Look = dict(width=99, height=height, cell=cell, rows=int(height / LOWEST_ROW), columns=columns)
    grids, labels = [], []
    for (letter, tensor), role in zip(tensors.items(), ("query", "key", "value"), strict=True):
        kept = lesson.position if letter == "q" or wide else lesson.query.other
        beside = None if wide and letter != "q" else lesson.words
        marks: Look = dict(keep_row=kept, row_labels=beside, target_row=kept)
        grids.append(TensorGrid(tensor, role, spec="+.1f", **marks, **room))
        labels.append(Formula(f"{letter.upper()} = X W_{letter.upper()}" if wide else letter.upper(), 0.5, role))
    table = row(*grids, gap=0.35) if wide else stack(*grids, gap=0.4)
    stage.fit(table, 0.4).shift(0.35 * DOWN if wide else 0.35 * LEFT)
    for label, grid in zip(labels, grids, strict=True):
        if wide:  # over the cells, not over the words beside them
            left, right, *_ = grid.corners()
            label.next_to((left + right) / 2, UP, buff=0.2)
        else:
            label.next_to(grid, RIGHT, buff=0.2)
    if wide:  # on one line, though Q reaches below it
        for label in labels:
            label.align_to(labels[1], UP)
    return grids, labels
