"""Samples of the pieces that one lesson alone draws with; they stand beside it, in `scenes.lessons`."""

from __future__ import annotations

from itertools import islice

import numpy as np
from manim import Animation, Mobject, VGroup

from model.numbers.tensor import Tensor, concatenate
from model.study.inside.carrying import Carrying, crossing
from model.study.inside.comparing import Comparison
from model.study.inside.exchange import exchanges, telling
from model.study.inside.parameters import GPT2, of_run, total
from model.study.inside.scaling import SIZES, RandomPairs, ScoreRow, allowed, root, spreads
from model.study.loop import turns_of
from model.study.positions import heldout_losses
from scenes.kit.demo import real
from scenes.kit.demo.drawing import Move, Sample
from scenes.kit.demo.laying import fill, larger, wide
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.recipes import Look
from scenes.lesson.runs import trace_of
from scenes.lessons.anatomy.counting import Ledger, Sum
from scenes.lessons.anatomy.scales import CountSquare
from scenes.lessons.compare.aligned import AlignedRow, AlignedTexts
from scenes.lessons.embedding.ids import NumberedTokens
from scenes.lessons.embedding.table import TablePicture
from scenes.lessons.encoder_decoder.figure import KEYS, Figure, Room
from scenes.lessons.facts.way import Way, Written
from scenes.lessons.generation.table import KeptTable
from scenes.lessons.heads.names import row_of
from scenes.lessons.heads.scores import NameScores
from scenes.lessons.overview.loop import FinishedRun
from scenes.lessons.position.heatmap import HeatMap
from scenes.lessons.position.spread import SpreadBars
from scenes.lessons.scaling.factors import FactorCurves, MoveCursor
from scenes.lessons.scaling.pile import Pile, Pour
from scenes.lessons.scaling.spreads import SpreadChart
from scenes.lessons.tokens.smiley import Smiley

LAST = 3  # the largest factor of scores
NAMES, FIRST = 3, 5  # of heads; the first word of the text that counts as new


def ledger(box: Box) -> VGroup:
    """What the model has learned, and its sum."""
    lines = of_run(real.trace())
    shown = Ledger(lines, width=box.width, height=box.height, tied=real.trace().config.tied).move_to(box.center)
    return VGroup(shown, Sum(shown, lines))


def count_square(box: Box) -> VGroup:
    """This model in the corner of a larger one."""
    counts = [total(lines) for lines in (GPT2.ledger, of_run(real.trace()))]
    unit = min(box.width, box.height) ** 2 / float(counts[0])
    large, small = (CountSquare(count, unit) for count in counts)
    large.bright = 0.3
    large.move_to(box.center)
    corner = large.get_corner(np.array([-1.0, -1.0, 0.0]))
    return VGroup(large, small.move_to(corner + np.array([small.width / 2, small.height / 2, 0])))


def numbered_tokens(box: Box) -> NumberedTokens:
    trace = real.trace()
    return fill(box, NumberedTokens(trace.tokens, trace["tokens"], width=box.width, height=box.height))


def table_picture(box: Box) -> TablePicture:
    """The whole table of words."""
    return TablePicture(real.trace()["W_E"], width=box.width, height=box.height).move_to(box.center)


def figure(box: Box) -> Figure:
    """With all of its parts, and both frames."""
    from model import load

    shown = Figure(box, load("translator").config.n_layers, Room(words=0.3, gap=1.0, side=0.55))
    shown.shown[:], shown.framed[:] = 1.0, 1.0
    return shown.show(*KEYS).lighting(["decoder.cross"])


def kept_table(box: Box) -> KeptTable:
    """Keys and values that stay, and the rows of the last words."""
    table = KeptTable(box, real.head(), FIRST, real.words(), list(range(len(real.words()))))
    table.remove(table.scores)
    return table


def name_scores(box: Box) -> NameScores:
    """The names that heads of the model come nearest to."""
    from model import head_scores, load

    scores = islice(head_scores(load("tiny")).values(), NAMES if wide(box) else 2)
    return fill(box, NameScores(larger(box, 1.7), [row_of(score) for score in scores], stacked=not wide(box)))


def finished_run(box: Box) -> FinishedRun:
    """What a seed goes on to."""
    turns = turns_of("tiny", real.PROMPT, 4, temperature=1.0, seed=0)
    return fill(box, FinishedRun(box, say("seed {s}", s=0), turns, role="probability", down=not wide(box)))


def heat_map(box: Box) -> HeatMap:
    """Waves of positions against each other."""
    table = real.sinusoids()
    return HeatMap(table @ table.T, "score", width=box.width, height=box.height).move_to(box.center)


def spread_bars(box: Box) -> SpreadBars:
    """How well models with positions of several kinds predict, each of several seeds."""
    kinds = {"tiny-none": "secondary", "tiny-sinusoidal": "position", "tiny-learned": "positive"}
    labels = [name.removeprefix("tiny-") for name in kinds]
    room: Look = dict(width=box.width, height=box.height)
    return fill(box, SpreadBars(heldout_losses(list(kinds)), labels, fills=list(kinds.values()), **room))


def pile(box: Box) -> Pile:
    """The scores of all heads of a layer, over all pairs of words that may meet."""
    trace, layer = real.trace(), real.head().layer
    scores = concatenate([allowed(trace, layer, head) for head in range(trace.config.n_heads)], 0)
    reach = int(np.ceil(np.abs(scores.values).max()))
    name = say("q · k, layer {l}", l=layer)
    return Pile(scores, name, reach=reach, width=box.width, height=min(box.height, box.width)).move_to(box.center)


def pour(box: Box) -> Move:
    return Move([Pour(pile(box))])


def spread_chart(box: Box) -> SpreadChart:
    """How far random sums stray, and the scores of the model's own heads."""
    trace, pairs = real.trace(), RandomPairs(0)
    names = (say("random, seed {s}", s=pairs.seed), say("law: √d"), say("{m}’s heads", m=trace.info["checkpoint"]))
    room: Look = dict(width=1.4 * box.width, height=1.4 * min(box.height, box.width))
    chart = SpreadChart(SIZES, pairs.spreads, spreads(trace), root(trace).square(), names, **room)
    chart.arrived[:] = 1.0
    return fill(box, chart)


def factor_curves(box: Box) -> FactorCurves:
    """The weights of a row of scores, as these are multiplied by more and more."""
    row, one = score_row(), Tensor.given(1, "1")
    factors, curves = row.along(LAST)
    stops = [(1 / root(real.trace()), say("÷ √{d}", d=real.trace().config.d_head)), (one, "undivided")]
    points = [(factor, name, (row.raw * factor).softmax()) for factor, name in stops]
    room: Look = dict(width=box.width, height=min(box.height, box.width), bright=real.query().other)
    shown = FactorCurves(factors, curves, points, top=one, title="weight p of each word", **room)
    shown.cursor = 1.0
    return shown.move_to(box.center)


def move_cursor(box: Box) -> Move:
    shown = factor_curves(box)
    return Move([MoveCursor(shown, shown.stops[0][0])], [shown])


def score_row() -> ScoreRow:
    head = real.head()
    return ScoreRow(real.trace(), head.layer, head.head, real.query().position)


def aligned_row(box: Box) -> AlignedTexts:
    """Two texts of which one has a word more."""
    runs = trace_of("tiny", real.TEXT), trace_of("tiny", real.TEXT.replace("old ", ""))
    return fill(box, AlignedTexts(Comparison(*runs), width=box.width, size=0.5, lines=3))


def way(box: Box) -> Way:
    """What single rows of a text with one word exchanged bring about, and the way through the largest."""
    trace = trace_of("tiny", "The capital of Italy is")
    found = Carrying("tiny", trace, telling(trace, exchanges("tiny", trace)))
    last = found.exchange.run["probs"][-1]
    word, layers = int(np.argmax(last.values)), trace.config.n_layers
    path, names = found.path(word), [say("before layer {k}", k=k) for k in range(layers)]
    layer = crossing(path)
    whole, _ = found.writes(layer, found.positions[path[layer + 1]])
    carried = whole["probs"][found.last, word]
    written = [Written(layer, say("attention {k}: {p:.1%}", k=layer, p=carried), carried)]
    words = [trace.tokens[k].strip() for k in found.positions]
    room: Look = dict(width=box.width, height=min(box.height, box.width))
    return Way(found.chances(word), words, found.positions, path, [*names, say("at the end")], carried,
               written=written, asked=path[0], **room).move_to(box.center)  # fmt: skip


def smiley(box: Box) -> Smiley:
    return Smiley(min(box.width, box.height)).move_to(box.center)


OWN: dict[type[Mobject] | type[Animation], Sample] = {
    FinishedRun: finished_run,
    NumberedTokens: numbered_tokens,
    TablePicture: table_picture,
    HeatMap: heat_map,
    SpreadBars: spread_bars,
    Pile: pile,
    SpreadChart: spread_chart,
    FactorCurves: factor_curves,
    NameScores: name_scores,
    Way: way,
    KeptTable: kept_table,
    Ledger: ledger,
    Sum: ledger,
    CountSquare: count_square,
    Figure: figure,
    Smiley: smiley,
    AlignedRow: aligned_row,
    AlignedTexts: aligned_row,
    Pour: pour,
    MoveCursor: move_cursor,
}
SAMPLES: dict[str, Sample] = {piece.__name__: sample for piece, sample in OWN.items()}
