"""Samples of grids, sums and frames."""

from __future__ import annotations

from manim import VGroup

from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.demo import real
from scenes.kit.demo.drawing import Sample
from scenes.kit.demo.laying import fill, larger, wide
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.ground.style import color
from scenes.kit.numbers.chain import RowChain
from scenes.kit.numbers.frames import Frame, Plate
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.heights import Heights
from scenes.kit.numbers.product import Product, SoftmaxTable
from scenes.kit.numbers.rows import Rows
from scenes.kit.numbers.strips import HeatStrips
from scenes.kit.numbers.sums import RowBars, SumTable, norms
from scenes.kit.numbers.terms import TermSum
from scenes.kit.recipes import Look, frame_row


def queries(box: Box) -> TensorGrid:
    """The queries of a head, a row for each word."""
    marks: Look = dict(row_labels=real.words(), target_row=real.query().position)
    return TensorGrid(real.head().q, "query", fit=box, cell=(1.6, 0.9), columns=8 if wide(box) else 4, **marks)


def heat_strips(box: Box) -> HeatStrips:
    room: Look = dict(width=box.width, height=box.height, pitch=1.0, row_labels=real.words())
    return fill(box, HeatStrips(real.trace()["blocks.0.resid_pre"], "data", **room))


def rows(box: Box) -> Rows:
    """Embedding + position = what goes in."""
    trace, i = real.trace(), real.query().position
    parts = [(trace["embed"][i], "data", "E"), (trace["pos_embed"][i], "position", "+ P")]
    return Rows(box, [*parts, (trace["blocks.0.resid_pre"][i], "data", "= x")], adds=True)


def row_chain(box: Box) -> RowChain:
    """One word's row: less its mean, divided by its spread, times the weights of the layer norm, plus its bias."""
    trace = real.trace()
    x = trace["blocks.0.resid_pre"][real.query().position]
    centred = x - x.mean(0)
    deviation = centred.square().mean(0).sqrt()
    operations = [("−", x.mean(0), "μ"), ("÷", deviation, "σ"), ("·", trace["blocks.0.ln1.w"], "w"),
                  ("+", trace["blocks.0.ln1.b"], "b")]  # fmt: skip
    return RowChain(box, (x, "x"), operations)


def row_bars(box: Box) -> VGroup:
    values = real.head().v
    look: Look = dict(cell=(1.1, 0.9), columns=4, row_labels=real.words())
    grid = TensorGrid(values, "value", width=0.66 * box.width, height=box.height, **look)
    grid.move_to(box.center)
    return fill(box, VGroup(grid, RowBars(grid, norms(values), width=0.3 * box.width, fill="value")))


def heights(box: Box) -> VGroup:
    """A query, entry by entry, and how far each lies from zero."""
    grid = TensorGrid(real.query().of.q[real.query().position], "logit", exact=(box.width / 9, 0.5), brackets=False)
    return fill(box, VGroup(grid, Heights(grid, room=0.6 * box.height)))


def sum_table(box: Box) -> SumTable:
    """What each head adds, and their sum."""
    head, i = real.head(), real.query().position
    parts, total = head.block.result[:, i], head.block.attn_out[i]
    names = [say("head {k}", k=k) for k in range(len(parts))]
    return SumTable(box, parts, total, names, name_of_total="attn_out", keep=head.head, bars=1.7, height=0.9)


def term_sum(box: Box) -> TermSum:
    """q · k, worked out."""
    head, i, j = real.head(), real.query().position, real.query().other
    return fill(box, TermSum(head.q[i], head.k[j], head.raw[i, j], width=box.width, lines=3, size=0.44))


def product(box: Box) -> Product:
    """x · W_Q = q"""
    head, i = real.head(), real.query().position
    names: list[str | tuple[str, int]] = [("x", i), "W_Q", ("q", i)]
    return Product(box, head.X[i], head.W_Q, head.q[i], names=names, rows=8, columns=8 if wide(box) else 4)


def softmax_table(box: Box) -> SoftmaxTable:
    scores = real.head().masked[real.query().position]
    return fill(box, SoftmaxTable(larger(box, 1.6), scores, real.words(), down=not wide(box)))


def frame(box: Box) -> VGroup:
    grid = queries(box)
    return VGroup(grid, frame_row(grid, real.query().position))


def plate(box: Box) -> VGroup:
    """A slab in the place of a bar."""
    bars = ProbabilityBars(real.next_word(), real.prompt().vocabulary, width=box.width, height=box.height, count=5)
    fill(box, bars)
    return VGroup(bars, Plate(bars.bar_corners(0), color("target")), Frame(bars.bar_corners(0, pad=0.06)))


SAMPLES: dict[str, Sample] = {
    "TensorGrid": queries,
    "HeatStrips": heat_strips,
    "Rows": rows,
    "RowChain": row_chain,
    "RowBars": row_bars,
    "norms": row_bars,
    "SumTable": sum_table,
    "Heights": heights,
    "TermSum": term_sum,
    "Product": product,
    "SoftmaxTable": softmax_table,
    "Frame": frame,
    "Plate": plate,
}
