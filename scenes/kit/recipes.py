"""Recipes: arrangements of the kit's pieces that several lessons need, so that each says only what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from manim import Animation, FadeIn, Mobject, Scene

from model.numbers.tensor import Tensor
from scenes.kit.attention.pattern import DotPattern
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import Box, stack
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Label
from scenes.kit.ground.typesetting import width
from scenes.kit.moves.products import MatrixProduct
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.cells import readable_height
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import HEADER, TensorGrid
from scenes.kit.numbers.product import Product
from scenes.kit.words.tokens import TokenRow, display

Look = dict[str, Any]  # keyword arguments that several pieces share
UNBOUNDED: Look = dict(width=99, height=99)  # of a grid whose cell alone decides how large it is
LOWEST_ROW = 0.3  # of numbers in a grid, so that rows do not stand too close
ROOM_OF_LINE = 0.36  # height that a bar, or a row in a list, should have
FULL = 12  # words up to which a square frame has room for a pattern and bars beside it


def rows_that_fit(height: float) -> int:
    """How many rows of numbers can be read in that height."""
    return int(height / max(LOWEST_ROW, readable_height()))


def room_for(words: Iterable[str | Said]) -> float:
    """The width of the widest of the words as row labels."""
    return max(width(word, HEADER) for word in words)


def frame_row(grid: TensorGrid, row: int) -> Frame:
    """A frame around a row of a grid, by its place in the tensor."""
    return Frame(grid.row_corners(grid.shown_row(row)))


# ── k of n, and the rest ─────────────────────────────────────────────────────────────────────────
def kept_and_rest(weights: Tensor, limit: int, among: Sequence[int] | None = None) -> tuple[list[int], list[int]]:
    """(indices to write out, indices to put together): all if at most `limit`, else the largest in their order.

    Weights [n]. With what is put together as one more, `limit` stand there. among: those that count (default: all)."""
    counted = list(range(len(weights)) if among is None else among)
    if len(counted) <= limit:
        return counted, []
    kept = sorted(sorted(counted, key=lambda k: -weights.values[k])[: limit - 1])
    return kept, [k for k in counted if k not in kept]


def and_more(names: Sequence[str | Said], rest: Sequence[int]) -> list[str | Said]:
    """The names, and “k more” for the rest if there is one."""
    return [*names, say("{k} more", k=len(rest))] if rest else [*names]


# ── a pattern, and one row of it as bars ─────────────────────────────────────────────────────────
def dots(box: Box, pattern: Tensor, words: Sequence[str], query: int | None, largest: float) -> DotPattern:
    """A pattern [query, key] in a box, with its words at both edges and, if one is named, a query marked.

    largest: side of a cell."""
    room: Look = dict(width=box.width, height=box.height, cell=(largest, largest))
    return box.fit(DotPattern(pattern, row_labels=words, column_labels=words, target_row=query, **room))


def legible_dots(
    box: Box, pattern: Tensor, words: Sequence[str], query: int, key: int, largest: float = 1.0
) -> DotPattern:
    """The same of as many words as can be read there, with the row of a query and the column of a key."""
    room: Look = dict(width=box.width, height=box.height, cell=(largest, largest), target_row=query)
    for count in range(len(words), 1, -1):
        kept: Look = dict(rows=count, columns=count, keep_row=query, keep_column=key)
        grid = box.fit(DotPattern(pattern, row_labels=words, column_labels=words, **room, **kept))
        if grid.legible:
            break
    return grid


def attention_bars(
    box: Box, weights: Tensor, tokens: Sequence[str], query: int, seen: Sequence[int], **scale: Any
) -> tuple[Label, ProbabilityBars]:
    """One query's weights [key] as bars that add up to 100 %, under a title. seen: the keys that it may look at; scale:
    `longest` and `label_room`, where several lists stand side by side."""
    kept, _ = kept_and_rest(weights, max(int((box.height - 1.2) / ROOM_OF_LINE), 4), seen)
    title = Label(say("attention of “{w}”", w=display(tokens[query])), 0.4, "query", of=weights)
    room: Look = dict(width=box.width, height=box.height - 0.7)
    bars = ProbabilityBars(weights, tokens, order=kept, fill="probability", total=True, **room, **scale)
    box.fit(stack(title, bars, gap=0.15))
    return title, bars


# ── distributions on one scale ───────────────────────────────────────────────────────────────────
def longest_bar(distributions: Iterable[tuple[Tensor, Sequence[int]]]) -> float:
    """The probability of the longest bar in several lists of bars, “all others” included, so that they share a scale.

    distributions: (probabilities [n], the indices that have a bar of their own) each."""
    pairs = [(np.asarray(probs.values), list(ids)) for probs, ids in distributions]
    return max(max(float(values.max()), 1 - float(values[ids].sum())) for values, ids in pairs)


def telling_words(before: Tensor, after: Tensor, count: int) -> list[int]:
    """Which words show how a distribution [vocab] changes: the likeliest before, and two that gain; likeliest first."""
    p, q = before.values, after.values
    likeliest = np.argsort(-p, kind="stable")[: max(count - 2, 2)]
    gaining = [k for k in np.argsort(p - q, kind="stable") if k not in likeliest][:2]
    return sorted({int(k) for k in (*likeliest, *gaining)}, key=lambda k: -p[k])


def bars_on_one_scale(
    distributions: Sequence[Tensor], labels: Sequence[str], ids: Sequence[int], **room: Any
) -> list[ProbabilityBars]:
    """Several distributions [n] as bars for the same indices, in the same order and on one scale."""
    longest = longest_bar((probs, ids) for probs in distributions)
    return [ProbabilityBars(probs, labels, order=ids, longest=longest, **room) for probs in distributions]


# ── x · W = y ────────────────────────────────────────────────────────────────────────────────────
def bring_weights(product: Product) -> list[Animation]:
    """The matrix of a product comes, column by column, with its name and the signs."""
    return [Introduce(product.weights, "columns", lag=0.1), FadeIn(product.signs), FadeIn(product.labels[1])]


def multiply(scene: Scene, product: Product, run_time: float) -> None:
    """Play a product whose x and W stand already: its result appears, entry by entry."""
    product.y.reveal(0)
    scene.play(FadeIn(product.labels[2]), FadeIn(product.y), run_time=0.4)
    scene.play(MatrixProduct(product.x, product.weights, product.y), run_time=run_time)


# ── the end of a lesson ──────────────────────────────────────────────────────────────────────────
def formula_over_sentence(
    box: Box, formula: Mobject, tokens: Sequence[str], *, lines: int, gap: float, target: int, unknown: Sequence[int]
) -> TokenRow:
    """What was learned over what it was shown on: puts the formula in the box and the sentence below; returns it."""
    sentence = TokenRow(tokens, width=box.width, size=0.5, lines=lines, target=target, unknown=unknown)
    box.fit(stack(formula, sentence, gap=gap))
    return sentence
