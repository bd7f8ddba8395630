"""Samples of texts, of the layout, and of what own mobjects are made of."""

from __future__ import annotations

import numpy as np
from manim import Mobject, SurroundingRectangle, Transform, VGroup

from model.numbers.tensor import Tensor
from scenes.kit.demo import real
from scenes.kit.demo.drawing import Move, Sample
from scenes.kit.demo.laying import fill, wide
from scenes.kit.demo.samples.charts import probability_bars
from scenes.kit.demo.samples.numbers import queries, term_sum
from scenes.kit.ground.encodings import Area, Length
from scenes.kit.ground.layout import Box, row, stack
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell
from scenes.kit.ground.say import say
from scenes.kit.ground.style import Style, current
from scenes.kit.ground.text import Caption, Formula, Heading, Label, Number, symbol
from scenes.kit.numbers.frames import Frame, Plate
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.total import Total


# ── texts ────────────────────────────────────────────────────────────────────────────────────────
def said() -> str:
    """A sentence with a word, a number and a count in it."""
    query, words = real.query(), real.words()
    fields = dict(a=words[query.position], w=query.weights[query.other], b=words[query.other], n=len(words))
    return say("“{a}” gives {w:.0%} of its attention to “{b}”, one of {n} words.", **fields)


def label(box: Box) -> Label:
    return fill(box, Label(said(), width=0.55 * box.width, parts={real.words()[real.query().other]: "target"}))


def caption(box: Box) -> Caption:
    text = Caption(said(), box.width)
    return text.move_to((0, box.bottom + text.height / 2, 0))


def heading(box: Box) -> Heading:
    where = say("layer {l} · head {h} · pattern [query, key]", l=real.head().layer, h=real.head().head)
    text = Heading("Attention", where, box.width)
    return text.move_to((box.left + text.width / 2, box.top - text.height / 2, 0))


def number(box: Box) -> Number:
    return fill(box, Number(real.query().weights[real.query().other], ".1%", before="weight "))


def formula(box: Box) -> Formula:
    source = '"softmax"(({{ Q : q }} {{ K^top : k }}) / sqrt(d)) {{ V : v }}'
    return fill(box, Formula(source, q="query", k="key", v="value"))


def total(box: Box) -> VGroup:
    weights = real.query().weights
    grid = TensorGrid(weights, "probability", scale=1.0, column_labels=real.words(), brackets=False)
    return fill(box, row(grid, Total(weights, whole=1), gap=0.2))


def letter(box: Box) -> Formula:
    return fill(box, symbol("q", real.query().position, fill="query"))


# ── layout ───────────────────────────────────────────────────────────────────────────────────────
def framed(box: Box, name: str) -> VGroup:
    """A box with its name in it."""
    ul, dr = (box.left, box.top), (box.right, box.bottom)
    return VGroup(Frame(np.array([ul, (dr[0], ul[1]), dr, (ul[0], dr[1])])), Label(name).move_to(box.center))


def boxes(box: Box) -> VGroup:
    left, right = box.columns(1, 2)
    upper, lower = right.rows(1, 1)
    return VGroup(framed(left, "left"), framed(upper, "upper"), framed(lower, "lower"))


def some() -> list[Mobject]:
    """Three small things to arrange."""
    query = real.query()
    weight = Number(query.weights[query.other], ".0%")
    return [symbol("q", query.position), weight, Label(real.words()[query.other], fill="target")]


def side_by_side(box: Box) -> VGroup:
    return fill(box, row(*some()))


def one_below_the_other(box: Box) -> VGroup:
    return fill(box, stack(*some()))


def style(box: Box) -> VGroup:
    """The same rows by night and by day."""
    halves, found = box.columns(1, 1) if wide(box) else box.rows(1, 1), []
    for half, name in zip(halves, ("night", "day"), strict=True):
        with Style.of(name, current().frame).used() as used:
            corners = framed(half, "")[0].points[[0, 4, 8, 12]]
            found += [Plate(corners, used.theme["background"]), queries(half.inset(0.15))]
    return VGroup(*found)


# ── own mobjects, and what is read off them ──────────────────────────────────────────────────────
class Lengths(Painted):
    """A mobject of one's own: each number of a Tensor [n], 0 to 1, as a bar of that length, and as a number."""

    values: Mix[np.ndarray]

    def __init__(self, tensor: Tensor, *, width: float, pitch: float = 0.5):
        self.tensor, self.pitch = tensor, pitch
        self.values = np.array(tensor.values, dtype=float)
        super().__init__(width, pitch * len(self.values))

    def draw(self, pen: Pen) -> None:
        for k, value in enumerate(self.values):
            top, unit = (k + 0.3) * self.pitch, self.natural[0] - 0.9
            length = Length(Cell(self.tensor, (k,)), 0.0, unit)  # what the bar stands for: the audit measures it
            pen.rectangle(0, top, unit * value, 0.4 * self.pitch, "probability", shows=length)
            at = unit * value + 0.15, (k + 0.5) * self.pitch, 0.3
            pen.number(self.tensor, (k,), ".2f", *at, value=value, level="digits")


def painted(box: Box) -> Lengths:
    return fill(box, Lengths(real.query().weights, width=5))


def mix(box: Box) -> Move:
    """One query's weights become another's."""
    before, after = (fill(box, Lengths(real.head().pattern[i], width=5)) for i in (2, real.query().position))
    return Move([Transform(before, after)], [before])


class Strokes(Painted):
    """What a pen can draw; the areas of the two circles are weights of attention."""

    def __init__(self) -> None:
        super().__init__(6, 3)

    def draw(self, pen: Pen) -> None:
        weights = real.query().weights
        first, second = (int(key) for key in np.argsort(-weights.values)[:2])
        pen.rectangle(0, 0, 1.2, 0.8, "query", radius=0.1)
        pen.frame(1.5, 0, 1.2, 0.8, "key", 0.04, radius=0.1, dashed=True)
        pen.line([(3.1, 0.7), (3.5, 0.1), (3.9, 0.7), (4.3, 0.1)], "value", 0.05)
        pen.curve([(4.7, 0.7), (4.9, -0.3), (5.7, 1.1), (5.9, 0.1)], "truth", 0.05)
        pen.polygon([(0.1, 1.9), (0.6, 1.1), (1.1, 1.9)], "position")
        for x, key, line in ((2.1, first, 0.0), (3.7, second, 0.04)):
            radius, area = 0.5 * float(weights.values[key]) ** 0.5, Area(Cell(weights, (key,)), 0.25 * np.pi)
            pen.circle(x, 1.5, radius, "probability", line=line, shows=area)
        pen.arc(5.3, 1.55, 0.6, 0, 1.5 * np.pi, "prediction")
        pen.text(real.words()[first], 0, 2.7, 0.5, "ink")
        pen.number(weights, (first,), ".1%", 2.1, 2.7, 0.5, "probability", align=0.5)
        pen.text("words", 4.4, 2.85, 0.5, "secondary", face="mono", angle=0.15)


def strokes(box: Box) -> Strokes:
    return fill(box, Strokes())


def readings(box: Box) -> VGroup:
    """A frame around each text that can be read off some bars."""
    bars = probability_bars(box.inset(0.1))
    inks = [reading.corners for reading in bars.readings()]
    return VGroup(bars, *[Frame(ink + 0.06 * np.sign(ink - ink.mean(axis=0)), line=0.02) for ink in inks])


def cell(box: Box) -> VGroup:
    """A number, and where it comes from."""
    upper, lower = box.rows(4, 1)
    grid, query = queries(upper), real.query()
    source = Cell(real.head().q, (query.position, 0)).source()
    place = grid.shown_row(query.position), 0
    words = Label(say("{n:+.2f} is ", n=real.head().q[query.position, 0]) + source, width=0.95 * box.width)
    return VGroup(grid, Frame(grid.corners(*place, *place)), fill(lower, words, 1.0))


def claim(box: Box) -> VGroup:
    """What a sum claims: its parts, and its total."""
    upper, lower = box.rows(3, 1)
    terms = term_sum(upper)
    (claimed,) = terms.claims()
    text = Label(say("{n} numbers add up to ", n=len(claimed.parts)) + claimed.total.text, fill="truth")
    return VGroup(terms, fill(lower, text, 1.2))


def camera(box: Box) -> VGroup:
    """Painted mobjects and Manim's own in one picture."""
    grid = queries(box.inset(0.3))
    return VGroup(grid, SurroundingRectangle(grid, color="#58A6FF"))


SAMPLES: dict[str, Sample] = {
    "Label": label,
    "Caption": caption,
    "Heading": heading,
    "Number": number,
    "Formula": formula,
    "Total": total,
    "symbol": letter,
    "say": label,
    "Box": boxes,
    "row": side_by_side,
    "stack": one_below_the_other,
    "Style": style,
    "Painted": painted,
    "Mix": mix,
    "Pen": strokes,
    "PaintingCamera": camera,
    "Reading": readings,
    "Cell": cell,
    "Claim": claim,
}
