"""The gradient: of all weights as a wall, and of one by the chain rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import UP, FadeIn, Mobject, VGroup

from model.learning.wall import Line, slopes
from scenes.kit.depth.slabs import Card
from scenes.kit.ground.layout import Box, row
from scenes.kit.ground.say import say
from scenes.kit.ground.style import smallest
from scenes.kit.ground.text import Label
from scenes.kit.moves.products import DotProduct
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.grid import TensorGrid, elide
from scenes.kit.numbers.terms import TermSum
from scenes.kit.recipes import Look
from scenes.lesson.claims import Test, fact, truth
from scenes.lesson.steps import come, give_way, leave

if TYPE_CHECKING:
    from scenes.lessons.training.lesson import Training

NAMES = 0.3  # em
POWER = 0.25  # brightness by |slope| to this power


# ── all of them ──────────────────────────────────────────────────────────────────────────────────
def every_slope(lesson: Training, before: Mobject) -> VGroup:
    lines = slopes(lesson.first, lesson.by(wide=1, square=2, tall=3))
    tensors = [tensor for _, parts in lines for _, tensor in parts]
    bright = max(float(np.abs(tensor.values).max()) for tensor in tensors)
    strongest = max(tensors, key=lambda tensor: float(np.abs(tensor.values).max()))
    with lesson.step(
        "Every slope",
        ask="If a weight grows a little, does the loss rise? Ask all {k:,.0f}.",
        subtitle="grad: d loss / d weight · blue: rises, red: falls · full colour from {b:.2g}",
        b=abs(strongest).max(),
        claims=[
            truth("every weight is there once", [lesson.numbers], lambda k: int(k) == sum(t.size for t in tensors))
        ],
        keep=(before,),
    ):
        cards, names = wall(lesson.stage, lines, bright)
        lesson.play(*give_way([before], names, *cards[-1]), run_time=0.6)
        for line in reversed(cards[:-1]):  # from the end of the model to its beginning
            lesson.play(*[FadeIn(card) for card in line], run_time=0.45)
        lesson.answer("One pass back from the loss gives all slopes: the gradient.")
    return VGroup(names, *[card for line in cards for card in line])


def wall(box: Box, lines: list[Line], bright: float) -> tuple[list[list[Card]], VGroup]:
    """A line of cards for each part of the model, with its name at the left."""
    em = max(NAMES, smallest())
    called = [say("block {l}", l=name) if isinstance(name, int) else say(name) for name, _ in lines]
    labels = [Label(name, em, "secondary", of=parts[0][1]) for name, (_, parts) in zip(called, lines, strict=True)]
    left = box.left + max(label.width for label in labels) + 0.2
    heights = [1.0 if len(parts[0][1].shape) > 1 and parts[0][1].shape[0] > 1 else 0.3 for _, parts in lines]
    gap, cards, names = 0.16, [], VGroup()
    unit = (box.height - gap * (len(lines) - 1)) / sum(heights)
    top = box.top
    for (_, parts), label, share in zip(lines, labels, heights, strict=True):
        high, wide = unit * share, sum(tensor.shape[-1] for _, tensor in parts)
        room = box.right - left - 0.1 * (len(parts) - 1)
        line, x = [], left
        for _, tensor in parts:
            width = room * tensor.shape[-1] / wide
            corners = np.array([(x, top, 0), (x + width, top, 0), (x + width, top - high, 0), (x, top - high, 0)])
            line.append(Card(tensor, corners, "weight", scale=bright, power=POWER))
            x += width + 0.1
        names.add(label.move_to((box.left + label.width / 2, top - high / 2, 0)))
        cards.append(line)
        top -= high + gap
    return cards, names


# ── one of them ──────────────────────────────────────────────────────────────────────────────────
def blame(lesson: Training, before: Mobject) -> VGroup:
    """By how much the word's probability is too much or too little, word for word, and what the weight meets."""
    one = lesson.one
    place = int(np.argmax(np.abs(one.blame.values)))
    with lesson.step(
        "One of them",
        "One weight: entry {e} of a row, for “{u}”. After “{a}” it did come: p is too small by {b:.3f}."
        if one.truth.values[place] > 0
        else "One weight: entry {e} of a row, for “{u}”. It never came: p is too much, after “{a}” by {b:.4f}.",
        subtitle="{name} [{c}]: the largest slope by size, of words not read before the end",
        e=one.entry,
        u=lesson.trace.vocabulary[one.word].strip(),
        name=one.place[0],
        c=say("{a}, {b}", a=one.place[1][0], b=one.place[1][1]),
        a=lesson.words[place],
        b=abs(one.blame[place]),
        claims=[
            fact("largest", "no slope of W_U is larger", [lesson.first["grad.W_U"]], largest(lesson)),
            truth("the true word is 1, all others are 0", [one.truth], lambda t: bool(t.sum() == came(lesson))),
        ],
        keep=(before,),
    ):
        table = table_of(lesson, upper(lesson))
        grids, labels = table
        lesson.play(*leave(before), *come(labels[0]), Introduce(grids[0], "rows", lag=0.1, after=0.2), run_time=1)
        for grid, label in zip(grids[1:], labels[1:], strict=True):
            lesson.play(FadeIn(label), Introduce(grid, "rows", lag=0.1), run_time=0.7)
    return table


def upper(lesson: Training) -> Box:
    return lesson.stage.rows(lesson.by(wide=2.4, square=2.4, tall=2.2), 1)[0]


def came(lesson: Training) -> int:
    """How often the word of the weight is a true next word."""
    return list(lesson.trace.ids[1:]).count(lesson.one.word)


def largest(lesson: Training) -> Test:
    """Whether the slope of the weight is the largest of those that are chosen from."""
    one, read = lesson.one, list(set(lesson.trace.ids[:-1]))

    def holds(grads: np.ndarray) -> bool:
        sizes = np.abs(grads)
        sizes[:, read] = 0.0
        return bool(sizes[one.entry, one.word] >= sizes.max() - 1e-9)

    return holds


def table_of(lesson: Training, box: Box) -> VGroup:
    """Columns with a line for each word that has a true next one: p, whether the word came, the difference, and x."""
    one = lesson.one
    names = [lesson.words[k] for k in range(one.count)]
    columns = [
        (one.p, "probability", ".4f", say("p of “{u}”", u=lesson.trace.vocabulary[one.word].strip())),
        (one.truth, "data", ".0f", say("came")),
        (one.blame, "score", "+.4f", say("excess")),
        (one.x, "data", "+.3f", say("x, entry {e}", e=one.entry)),
    ]
    rows = elide(one.count, max(3, int((box.height - 0.6) / 0.46)))
    high = min(0.62, (box.height - 0.6) / sum(0.6 if k is None else 1 for k in rows))
    wide = min(2.4, (box.width - 1.8) / len(columns) - 0.3)
    grids = []
    for k, (tensor, kind, spec, _) in enumerate(columns):
        labels: Look = dict(row_labels=names) if k == 0 else {}
        how: Look = dict(exact=(wide, high), rows=rows, upright=True, size=0.4, spec=spec, **labels)
        grids.append(TensorGrid(tensor, kind, **how))
    row(*grids, gap=0.25).move_to(box.center).shift((0, -0.3, 0))
    titles = [
        Label(name, 0.34, "secondary", width=wide + 0.2).next_to(grid, UP, buff=0.14)
        for grid, (*_, name) in zip(grids, columns, strict=True)
    ]
    first = grids[0]
    titles[0].set_x(float(first.cell_center(0, 0)[0]))
    return VGroup(VGroup(*grids), VGroup(*titles))


def chain(lesson: Training, table: VGroup) -> list[Mobject]:
    """x times what is too much, added up over the words, and shared out among them: the slope."""
    one = lesson.one
    with lesson.step(
        "The chain rule",
        "x moves the logit, the excess moves the loss: {t:+.3f}, shared out among {n}: the slope, {g:+.3f}.",
        subtitle="weight → logit → loss: Σ x · (p − came) over {n} words, divided by {n}",
        t=one.total,
        g=one.grad,
        claims=[
            truth(
                "the sum shared out is the slope that the pass back gave",
                [one.total, one.grad],
                lambda total, grad: bool(np.isclose(total / one.count, grad, rtol=1e-4, atol=1e-9)),
            )
        ],
        keep=(table,),
    ):
        bottom = lesson.stage.rows(lesson.by(wide=2.4, square=2.4, tall=2.2), 1)[1]
        lines = lesson.by(wide=2, square=3, tall=4)
        terms = TermSum(one.x, one.blame, one.total, width=bottom.width, lines=lines, size=0.42, spec="+.3f")
        bottom.fit(terms)
        lesson.play(DotProduct(terms), run_time=2.4)
    return [table, terms]


__all__ = ["blame", "chain", "every_slope"]
