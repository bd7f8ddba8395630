"""Samples of bars, curves and lines of numbers, and of the moves that go with them."""

from __future__ import annotations

import math

import numpy as np
from manim import VGroup

from model.numbers.tensor import stack
from model.study.inside.attribution import Attribution
from model.study.positions import wave
from model.study.space import direction, nearest
from scenes.kit.charts.activation import ActivationCurve, Fall
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.change import BarChange
from scenes.kit.charts.cumulative import CumulativeBar, LayEndToEnd
from scenes.kit.charts.curve import Curve, GrowCurve, ReadOff, Waves
from scenes.kit.charts.lanes import Lanes
from scenes.kit.charts.lines import LineChart, Series
from scenes.kit.charts.numberline import Arrive, Group, NumberLine
from scenes.kit.charts.ranking import Ranking
from scenes.kit.charts.signed import SignedBars, Waterfall
from scenes.kit.charts.surprise import SurpriseCurve
from scenes.kit.charts.wire import ResidualWire
from scenes.kit.demo import real
from scenes.kit.demo.drawing import Move, Sample
from scenes.kit.demo.laying import fill, larger
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.ground.text import LABEL
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.rows import Rows
from scenes.kit.numbers.sums import cosine
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import display
from scenes.kit.words.writers import name_of

DISTANCES = range(41)
MEN, WOMEN = "man boy king father brother", "woman girl queen mother sister"


def probability_bars(box: Box) -> ProbabilityBars:
    room: Look = dict(width=box.width, height=box.height, size=0.44)
    return fill(box, ProbabilityBars(real.next_word(), real.prompt().vocabulary, count=5, total=True, **room))


def bar_change(box: Box) -> VGroup:
    """The next word without four heads, beside what it was with them."""
    width = BarChange.width_of("+.1f", LABEL)
    room: Look = dict(width=box.width - width, height=box.height, fill="probability")
    after = ProbabilityBars(real.next_word_without(), real.prompt().vocabulary, count=5, **room)
    after.move_to(box.center)
    return fill(box, VGroup(after, BarChange(after, real.next_word(), width=width)))


def ranking(box: Box) -> Ranking:
    """The nearest rows of W_E."""
    table, vocabulary = real.trace()["W_E"], real.trace().vocabulary
    (row,) = real.rows_of("dog")
    near = nearest(table, table[row], 6, exclude=[row])
    room: Look = dict(width=box.width, height=box.height, title="dog", title_fill="target")
    return fill(box, Ranking(near.cosines, [vocabulary[k] for k in near.ids], **room))


def residual_wire(box: Box) -> VGroup:
    """Embedding and position are added: the row that enters the model."""
    trace, i = real.trace(), real.query().position
    names = (("embed", "E", "data"), ("pos_embed", "+ P", "position"), ("blocks.0.resid_pre", "= x", "data"))
    parts = [(trace[tensor][i], kind, name) for tensor, name, kind in names]
    rows = Rows(Box(box.left + 0.9, box.bottom, box.right, box.top), parts, adds=True)
    heights = [float(grid.get_y()) for grid in rows.grids]
    return VGroup(
        rows, ResidualWire(heights, box.left + 0.3, [float(name.get_left()[0]) - 0.1 for name in rows.labels])
    )


def signed_bars(box: Box) -> SignedBars:
    """The entries of one query, above and below zero."""
    query = real.head().q[real.query().position]
    names = [say("entry {e}", e=entry) for entry in range(len(query))]
    return fill(box, SignedBars(query, names, width=box.width, height=box.height, size=0.44))


def waterfall(box: Box) -> Waterfall:
    """What the parts of the model add to the logit of its next word."""
    trace = real.trace()
    word = int(np.argmax(trace.array("probs")[-1]))
    found = Attribution(trace, len(trace) - 1, word)
    names, adds = found.of_writes
    title = say("logit of “{w}”", w=display(trace.vocabulary[word]))
    room: Look = dict(width=box.width, height=box.height, size=0.44)
    return fill(box, Waterfall(adds, [name_of(name) for name in names], found.logit, title, **room))


def cosines(box: Box) -> SignedBars:
    """What the words of the text have to do with “dog”, as the cosines of their rows of W_E."""
    trace, words = real.trace(), real.words()
    (row,) = real.rows_of("dog")
    near = cosine(trace["embed"], trace["W_E"][row])
    return fill(box, SignedBars(near, words, width=box.width, height=box.height, size=0.44, reach=(-1, 1)))


def lanes(box: Box) -> Lanes:
    """A row of the stream, with its mean and its spread."""
    trace, position = real.trace(), 1
    row, norm = trace["blocks.1.resid_pre"][position], "blocks.1.ln1"
    marks: Look = dict(mean=trace[f"{norm}.mean"][position], spread=trace[f"{norm}.scale"][position])
    title = say("{w}, block {b}", w=real.words()[position], b=1)
    return Lanes(row, title, width=box.width, height=min(box.height, box.width), **marks).move_to(box.center)


def activation_curve(box: Box) -> ActivationCurve:
    """What GELU makes of the pre-activations of an MLP, for one word."""
    pre = real.trace()["blocks.2.mlp.pre"][-1]
    room: Look = dict(width=box.width, height=min(box.height, box.width), target=int(pre.values.argmax()))
    curve = ActivationCurve(pre, "gelu", range(len(pre)), **room).move_to(box.center)
    curve.fallen[:] = 1.0
    return curve


def fall(box: Box) -> Move:
    curve = activation_curve(box)
    curve.fallen[:] = 0.0
    return Move([Fall(curve)], [curve])


def cumulative_bar(box: Box) -> CumulativeBar:
    line = CumulativeBar(real.turn(), real.prompt().vocabulary, width=box.width, height=0.8, size=0.4)
    return fill(box, line.pick())


def lay_end_to_end(box: Box) -> Move:
    upper, lower = box.rows(1.4, 1)
    room: Look = dict(width=upper.width, height=upper.height)
    standing = ProbabilityBars(real.next_word(), real.prompt().vocabulary, count=4, **room).move_to(upper.center)
    line = CumulativeBar(real.turn(), real.prompt().vocabulary, width=box.width, named=4)
    return Move([LayEndToEnd(standing, fill(lower, line))], [standing])


def curve(box: Box) -> Curve:
    """q · k by the distance between the two, in a head with rotary positions."""
    products = real.rotary().by_distance(DISTANCES)
    lowest, highest = math.floor(products.values.min()), math.ceil(products.values.max())
    titles = ("how far the query is behind the key", "q · k")
    room: Look = dict(width=box.width, height=min(box.height, box.width), lowest=lowest, highest=highest)
    return Curve(products, titles=titles, cursor=1, **room).move_to(box.center)


def grow_curve(box: Box) -> Move:
    return Move([GrowCurve(curve(box))])


def waves(box: Box) -> Waves:
    table, entries = real.sinusoids(), [0, 8, 16, 24]
    lines = np.array([wave(table.shape[1], entry, np.linspace(0, len(table) - 1, 600)) for entry in entries])
    names = [say("entry {e}", e=entry) for entry in entries]
    room: Look = dict(width=box.width, height=min(box.height, 1.2 * box.width))
    return Waves(table[:, entries], lines, names, cursor=6, **room).move_to(box.center)


def read_off(box: Box) -> Move:
    """The cursor runs to the row of a position."""
    left, right = box.columns(6, 1)
    shown, end = waves(left), 30
    cell: Look = dict(exact=(1.05, shown.row_height), upright=True, scale=1.0, spec="+.2f", brackets=False)
    column = TensorGrid(shown.tensor[end], "position", **cell)
    column.move_to((right.center[0], 0, 0)).align_to(shown, (0, 1, 0))
    return Move([ReadOff(shown, column, 0, end)], [shown])


def number_line(box: Box) -> NumberLine:
    """Words of W_E along the mean difference of pairs of words."""
    table, (men, women) = real.trace()["W_E"], [real.rows_of(names) for names in (MEN, WOMEN)]
    along = direction(table, list(zip(men, women, strict=True)))
    groups = [
        Group(table[men] @ along, MEN.split(), "value", above=False),
        Group(table[women] @ along, WOMEN.split(), "key", above=True),
    ]
    room = larger(box, 1.4)
    line = NumberLine(groups, width=room.width, height=min(room.height, 0.6 * room.width), ends=("men", "women"))
    return fill(box, line)


def arrive(box: Box) -> Move:
    return Move([Arrive(number_line(box))])


def line_chart(box: Box) -> LineChart:
    """The losses of a training run, on a scale of steps that is logarithmic."""
    told = real.losses()
    pairs = ((told.training, "batch", "secondary", 0.018), (told.heldout, "held out", "target", 0.04))
    series = [Series(one.steps, one.losses, name, role, line) for one, name, role, line in pairs]
    room: Look = dict(width=box.width, height=min(box.height, box.width), titles=("", "nats a word"), counter="step")
    ends = (0, int(told.heldout.steps.values[-1]))
    return LineChart(series, across=ends, up=(0, 8), log=True, **room).move_to(box.center)


def surprise_curve(box: Box) -> SurpriseCurve:
    """What each word of the text costs the model that reads those before it."""
    trace = real.trace()
    probs = stack([trace["probs"][k, trace.ids[k + 1]] for k in range(len(trace) - 1)], "position")
    room: Look = dict(width=box.width, height=min(box.height, box.width), target=len(trace) - 2)
    return SurpriseCurve(probs, trace.tokens[1:], **room).move_to(box.center).slid()


SAMPLES: dict[str, Sample] = {
    "ProbabilityBars": probability_bars,
    "BarChange": bar_change,
    "Ranking": ranking,
    "SignedBars": signed_bars,
    "Waterfall": waterfall,
    "ResidualWire": residual_wire,
    "cosine": cosines,
    "CumulativeBar": cumulative_bar,
    "LayEndToEnd": lay_end_to_end,
    "Curve": curve,
    "GrowCurve": grow_curve,
    "Waves": waves,
    "ReadOff": read_off,
    "NumberLine": number_line,
    "Lanes": lanes,
    "ActivationCurve": activation_curve,
    "Fall": fall,
    "Arrive": arrive,
    "LineChart": line_chart,
    "SurpriseCurve": surprise_curve,
}
