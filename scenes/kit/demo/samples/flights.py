"""Samples of what flies and meets."""

from __future__ import annotations

from manim import RIGHT

from scenes.kit.attention.pattern import DotPattern
from scenes.kit.demo import real
from scenes.kit.demo.drawing import Move, Sample
from scenes.kit.demo.laying import fill
from scenes.kit.ground.layout import Box
from scenes.kit.ground.text import Formula, Number
from scenes.kit.moves.assemble import Assemble
from scenes.kit.moves.flight import Chip, FillStrip, Fly
from scenes.kit.moves.meet import Meet, MeetAll
from scenes.kit.moves.travel import Carry
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.words.strip import SentenceStrip


def strip(box: Box) -> SentenceStrip:
    """The words with the chips of their queries and of one key."""
    head, query = real.head(), real.query()
    shown = SentenceStrip(real.trace().tokens, width=9, chips=2, target=query.position)
    shown.add("q", head.q, "query")
    shown.add("k", head.k, "key")
    shown.show("q").show("k", query.other)
    return fill(box, shown)


def fly(box: Box) -> Move:
    """The pattern's squares shrink to dots."""
    left, right = box.columns(1, 1)
    pattern = real.head().pattern
    grid = fill(left, TensorGrid(pattern, "probability", spec=".2f", scale=1.0, brackets=False))
    return Move([Fly(grid, fill(right, DotPattern(pattern)), lag=0.01)])


def chip(box: Box) -> Move:
    """A query opens out of its chip."""
    upper, lower = box.rows(1, 1)
    shown, position = strip(upper), real.query().position
    row = TensorGrid(real.head().q[position], "query", fit=lower, cell=(1.4, 1.0))
    return Move([Fly(Chip(shown, "q", position), row, keep=True)], [shown])


def fill_strip(box: Box) -> Move:
    """The chips come, word after word."""
    shown = strip(box)
    shown.show("q", seen=0.0).show("k", seen=0.0)
    return Move([FillStrip(shown, ("q", "k"))], [shown])


def assemble(box: Box) -> Move:
    """The chips' names become the letters of the formula."""
    upper, lower = box.rows(1, 1)
    shown, formula = strip(upper), fill(lower, Formula("{{ Q : q }} {{ K^T : k }} / sqrt(d)", 0.8, q="query", k="key"))
    return Move([Assemble(formula, {name: shown.place_of_name(name) for name in "qk"})], [shown])


def carry(box: Box) -> Move:
    """A copy of the sentence's strip goes whole."""
    upper, lower = box.rows(1, 1)
    shown = strip(upper)
    return Move([Carry(shown, shown.copy().move_to(lower.center))], [shown])


def meet(box: Box) -> Move:
    """The query meets the key: eight products, one score."""
    head, query = real.head(), real.query()
    i, j = query.position, query.other
    rows = ((head.q_met[i], "query"), (head.k_met[j], "key"), (head.q_met[i] * head.k_met[j], "score"))
    rooms = Box(box.left, box.bottom, box.right - 0.16 * box.width, box.top).rows(1, 1, 1)
    grids = [TensorGrid(t, kind, fit=room, cell=(1.2, 0.8)) for room, (t, kind) in zip(rooms, rows, strict=True)]
    total = Number(head.raw[i, j], size=0.06 * box.width).next_to(grids[2], RIGHT, buff=0.15)
    first, second, products = grids
    return Move([Meet(first, second, products, total)], [first, second])


def meet_all(box: Box) -> Move:
    """Every query meets every key."""
    left, right = box.columns(1, 1.6)
    upper, lower = left.rows(1, 1)
    head = real.head()
    grids = [TensorGrid(t, kind, fit=room, digits=False) for t, kind, room in
             ((head.q_met, "query", upper), (head.k_met, "key", lower))]  # fmt: skip
    scores = TensorGrid(head.raw, "score", fit=right, cell=(0.9, 0.6), brackets=False)
    scores.reveal(0)
    asked, offered = grids
    return Move([MeetAll(asked, offered, scores)], [asked, offered, scores])


SAMPLES: dict[str, Sample] = {
    "SentenceStrip": strip,
    "Fly": fly,
    "Chip": chip,
    "FillStrip": fill_strip,
    "Carry": carry,
    "Meet": meet,
    "MeetAll": meet_all,
    "Assemble": assemble,
}
