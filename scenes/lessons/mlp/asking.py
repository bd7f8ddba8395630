"""What a neuron asks: its column of W_in meets the row, a bias is added, and the activation lets it through or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from manim import FadeIn, FadeOut, Mobject

from model.study.inside.neurons import activated
from scenes.kit.charts.activation import ActivationCurve, Fall
from scenes.kit.ground.layout import Box
from scenes.kit.moves.products import DotProduct
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.rows import Rows
from scenes.kit.numbers.terms import TermSum
from scenes.kit.recipes import Look
from scenes.kit.words.strip import SentenceStrip
from scenes.lesson.claims import count
from scenes.lesson.following import below
from scenes.lesson.steps import come, give_way, leave

if TYPE_CHECKING:
    from scenes.lessons.mlp.lesson import FeedForward

CALLED = {"relu": "ReLU", "gelu": "GELU", "gelu_tanh": "GELU", "swiglu": "SiLU", "geglu_tanh": "GELU"}


def one_neuron(lesson: FeedForward, strip: SentenceStrip, bars: list[Mobject]) -> list[Mobject]:
    """The row above, what the neuron asks below, and their product as a sum."""
    neuron = lesson.neuron
    product = neuron.x @ neuron.asks
    with lesson.step(
        "A neuron asks",
        ask="A neuron is a row of {d} weights. How much of it is in the row of {asks}?",
        subtitle="position {i} “{word}” · layer {l}, neuron {n} · x · its column of "
        + ("W_gate" if neuron.gated else "W_in"),
        keep=(strip, *bars),
    ):
        upper, lower = lesson.by(wide=(2.2, 1), square=(2.2, 1), tall=(1.6, 1))
        top, bottom = below(lesson, strip).rows(upper, lower)
        rows = Rows(top, [(neuron.x, "data", "x"), (neuron.asks, "weight", "its weights")], cell=1.2)
        first = Introduce(rows.grids[0], "columns", lag=0.1, after=0.3)
        lesson.play(*leave(*bars), first, *come(rows.labels[0]), run_time=1.2)
        lesson.play(Introduce(rows.grids[1], "columns", lag=0.1), FadeIn(rows.labels[1]), run_time=1)
        lines = lesson.by(wide=2, square=3, tall=4)
        terms = TermSum(neuron.x, neuron.asks, product, width=bottom.width, lines=lines, size=0.4)
        bottom.fit(terms)
        lesson.play(DotProduct(terms), run_time=2.4)
        if neuron.bias is None:
            lesson.answer("{k} products add up to {p:+.2f}.", k=len(neuron.x), p=neuron.pre)
        else:
            lesson.answer(
                "{k} products: {s:+.2f}. With its bias, {b:+.2f}, they make {p:+.2f}.",
                k=len(neuron.x),
                s=product,
                b=neuron.bias,
                p=neuron.pre,
            )
    return [rows, terms]


def fires(lesson: FeedForward, strip: SentenceStrip, before: list[Mobject]) -> ActivationCurve:
    """The number falls onto the curve of the activation."""
    neuron, kind = lesson.neuron, CALLED[lesson.trace.config.activation]
    after = activated(lesson.trace, neuron.pre)
    with lesson.step(
        "Does it answer?",
        ask="Is that much, or nothing? The activation decides, here {kind}.",
        subtitle="layer {l}, neuron {n} · across mlp.pre [{i}, {n}], up what {kind} makes of it",
        kind=kind,
        keep=(strip, *before),
    ):
        curve = curve_of(lesson, lesson.stage, [lesson.index])
        lesson.play(*give_way([strip, *before], curve), run_time=0.7)
        lesson.play(Fall(curve), run_time=1.6)
        lesson.answer(
            "Below nought it lets hardly anything through; {p:+.2f} becomes {q:.2f}: it answers."
            if float(after) > 0.1
            else "Below nought it lets hardly anything through: {p:+.2f} becomes {q:+.2f}.",
            p=neuron.pre,
            q=after,
        )
    return curve


def all_neurons(lesson: FeedForward, before: ActivationCurve) -> ActivationCurve:
    pre = lesson.neuron["mlp.pre"][lesson.position]
    with lesson.step(
        "All of them",
        ask="And the other neurons of this layer, for the same word?",
        subtitle="layer {l} · mlp.pre [{i}, :], {m} neurons, and what {kind} makes of them",
        kind=CALLED[lesson.trace.config.activation],
        keep=(before,),
    ):
        curve = curve_of(lesson, lesson.stage, range(len(pre)))
        curve.fallen[lesson.index] = 1.0  # its answer has been found: it stays on the curve
        lesson.play(FadeOut(before), FadeIn(curve), run_time=0.8)
        lesson.play(Fall(curve), run_time=2.4)
        above = int((pre.values > 0).sum())
        lesson.answer(
            "{k} of {m} stand above nought; for this word the others say next to nothing.",
            k=above,
            claims=[count("above", "k", [pre], lambda values: int((values > 0).sum()))],
        )
    return curve


def curve_of(lesson: FeedForward, box: Box, places: Sequence[int], kind: str = "") -> ActivationCurve:
    """The activation's curve with the pre-activations of some neurons over it, not yet fallen."""
    neuron = lesson.neuron
    pre = neuron["mlp.pre"][lesson.position]
    room: Look = dict(width=box.width, height=box.height)
    which = lesson.trace.config.activation if not kind else kind
    return ActivationCurve(pre, which, places, target=lesson.index, **room).move_to(box.center)
