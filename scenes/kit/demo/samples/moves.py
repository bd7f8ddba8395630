"""Samples of moves."""

from __future__ import annotations

from typing import Any

from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.demo import real
from scenes.kit.demo.drawing import Move, Sample
from scenes.kit.demo.laying import fill
from scenes.kit.demo.samples.numbers import product, queries, softmax_table, term_sum
from scenes.kit.demo.samples.words import token_numbers
from scenes.kit.ground.layout import Box, stack
from scenes.kit.ground.timing import Together
from scenes.kit.moves.products import DotProduct, MatrixProduct, ResidualAdd, SoftmaxRow, WeightedSum
from scenes.kit.moves.reveal import CountUp, Emerge, Grow, Highlight, Introduce, Reveal
from scenes.kit.moves.sweep import MaskSweep
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import TokenRow


def introduce(box: Box) -> Move:
    return Move([Introduce(queries(box), "diagonal")])


def reveal(box: Box) -> Move:
    """The cells are there, their numbers come."""
    grid = queries(box)
    grid.text_opacity[:] = 0
    return Move([Reveal(grid, "rows", cells=False)], [grid])


def grow(box: Box) -> Move:
    shown = ProbabilityBars(real.next_word(), real.prompt().vocabulary, width=box.width, height=box.height, count=5)
    return Move([Grow(fill(box, shown), "values")])


def emerge(box: Box) -> Move:
    shown = ProbabilityBars(real.next_word(), real.prompt().vocabulary, width=box.width, height=box.height, count=5)
    return Move([Emerge(fill(box, shown), "values")])


def count_up(box: Box) -> Move:
    tokens, numbers = token_numbers(box)
    return Move([CountUp(numbers)], [tokens])


def highlight(box: Box) -> Move:
    upper, lower = box.rows(1, 2)
    tokens = fill(upper, TokenRow(real.trace().tokens, width=upper.width))
    grid = queries(lower)
    return Move([Highlight(tokens, [grid])], [tokens, grid])


def dot_product(box: Box) -> Move:
    """A query meets a key."""
    *rooms, lower = box.rows(1, 1, 1.5)
    head, query, words = real.head(), real.query(), real.words()
    pair = ((head.q, query.position, "query"), (head.k, query.other, "key"))
    rows = [
        TensorGrid(tensor[[i]], kind, fit=room, cell=(1.2, 0.7), row_labels=[words[i]])
        for room, (tensor, i, kind) in zip(rooms, pair, strict=True)
    ]
    return Move([DotProduct(term_sum(lower))], rows)


def matrix_product(box: Box) -> Move:
    shown = product(box)
    shown.y.reveal(0)
    return Move([MatrixProduct(shown.x, shown.weights, shown.y)], [shown])


def softmax_row(box: Box) -> Move:
    table = softmax_table(box)
    return Move([SoftmaxRow(table)], [table.scores, table.labels[0]])


def mask_sweep(box: Box) -> Move:
    """No word may look ahead."""
    head = real.head()
    look: Look = dict(fit=box, cell=(1.6, 0.5), brackets=False, spec="+.1f")
    scores, masked = (TensorGrid(tensor, "score", **look) for tensor in (head.scores, head.masked))
    return Move([MaskSweep(scores, masked)], [scores])


def _rows_over_sum(box: Box, *grids: TensorGrid) -> tuple[TensorGrid, ...]:
    fill(box, stack(*grids, gap=0.25))
    return grids


def weighted_sum(box: Box) -> Move:
    """The weighted values, and their sum: what the query has gathered."""
    look: Look = dict(exact=(1.5, 0.5), columns=6)
    rows = TensorGrid(real.weighted_values(), "value", **look)
    total = TensorGrid(real.head().z[real.query().position], "value", **look)
    _rows_over_sum(box, rows, total)
    return Move([WeightedSum(rows, total)], [rows])


def residual_add(box: Box) -> Move:
    """Embedding and position: the row that enters the model."""
    trace, i = real.trace(), real.query().position
    look: Look = dict(exact=(1.0, 0.6), columns=6, spec="+.2f")
    parts = [(trace["embed"][i], "data"), (trace["pos_embed"][i], "position")]
    grids = [TensorGrid(*each, **look) for each in [*parts, (trace["blocks.0.resid_pre"][i], "data")]]
    _rows_over_sum(box, *grids)
    return Move([ResidualAdd(*grids)], grids[:-1])


class Pulse(Together):
    """A move of one's own, on several grids at once: their cells brighten and fade."""

    def __init__(self, *grids: TensorGrid, **kwargs: Any):
        self.grids = grids
        super().__init__(*grids, **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        for grid in self.grids:
            grid.glow[:] = 4 * alpha * (1 - alpha)


def together(box: Box) -> Move:
    """The rows of two words brighten."""
    upper, lower = box.rows(1, 1)
    head, query = real.head(), real.query()
    rows = ((upper, head.q[query.position], "query"), (lower, head.k[query.other], "key"))
    grids = [TensorGrid(tensor, kind, fit=room, cell=(1.4, 1.0), columns=6) for room, tensor, kind in rows]
    return Move([Pulse(*grids)], grids)


SAMPLES: dict[str, Sample] = {
    "Introduce": introduce,
    "Reveal": reveal,
    "Grow": grow,
    "Emerge": emerge,
    "CountUp": count_up,
    "Highlight": highlight,
    "DotProduct": dot_product,
    "MatrixProduct": matrix_product,
    "SoftmaxRow": softmax_row,
    "WeightedSum": weighted_sum,
    "ResidualAdd": residual_add,
    "MaskSweep": mask_sweep,
    "Together": together,
}
