"""How far sums of products stray: one score, piles of random ones, the law, and the model's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import FadeIn, FadeOut, Mobject, Transform

from model.numbers.tensor import Tensor
from model.study.inside.scaling import PAIRS, SIZES, allowed, spread, spreads
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Formula, Number
from scenes.kit.moves.flight import Chip, Fly
from scenes.kit.moves.products import DotProduct
from scenes.kit.moves.reveal import Grow
from scenes.kit.numbers.rows import Rows
from scenes.kit.numbers.terms import TermSum
from scenes.kit.words.strip import SentenceStrip
from scenes.lesson.claims import count, truth
from scenes.lesson.following import below
from scenes.lesson.steps import leave
from scenes.lessons.scaling.pile import Pile, Pour
from scenes.lessons.scaling.spreads import SpreadChart

if TYPE_CHECKING:
    from scenes.lessons.scaling.lesson import Picture, WhyScale

SHOWN = SIZES[:5]  # of the piles
OVER = 1.3  # room over a pile for a formula
FORMULA = 'op("softmax")( ({{ q : q }} dot.op {{ k : k }}) / {{ sqrt(d_"head") : root }} )'
AIR = 0.4  # beside the line, for the numbers at its ends


def one_score(lesson: WhyScale, strip: SentenceStrip, picture: Picture) -> None:
    """The query meets the key: a sum of d products."""
    view, i, j = lesson.view, lesson.position, lesson.key
    q, k, score = view.q_met[i], view.k_met[j], view.raw[i, j]
    turned = ", turned by their positions" if view.rotary else ""
    with lesson.step(
        "A score is a sum",
        "A score is a sum of {d} products: the query meets the key of {asked}, entry by entry.",
        subtitle="layer {l}, head {h} · q{i} · k{j} = scores_raw [{i}, {j}]" + turned,
        keep=(strip, *picture.parts),
    ):
        parts = lesson.by(wide=(2.2, 0.5, 1.1), square=(2, 0.5, 1.2), tall=(1.4, 0.4, 1))
        top, middle, bottom = below(lesson, strip).rows(*parts)
        rows = Rows(top, [(q, "query", f"q · “{lesson.words[i]}”"), (k, "key", f"k · “{lesson.words[j]}”")], cell=1.1)
        size = picture.raw.size
        known = Number(score, "+.2f", size, "target", before=f"“{lesson.words[j]}” ", of=score)
        at = picture.raw.bar_corners(picture.kept.index(j)).mean(axis=0)
        known.move_to((picture.raw.get_center()[0], at[1], 0))
        lesson.play(*leave(*picture.parts), FadeIn(known), run_time=0.6)
        flights = [
            Fly(Chip(strip, name, p), grid, keep=True) for name, p, grid in zip("qk", (i, j), rows.grids, strict=True)
        ]
        lesson.play(known.animate.move_to(middle.center), flights[0], FadeIn(rows.labels[0]), run_time=1.4)
        lesson.play(flights[1], FadeIn(rows.labels[1]), run_time=1.2)
        lines = lesson.by(wide=2, square=3, tall=4)
        terms = TermSum(q, k, score, width=bottom.width, lines=lines, size=0.4)
        bottom.fit(terms)
        lesson.play(DotProduct(terms), run_time=2.4)


def pile(lesson: WhyScale) -> Pile:
    """Random scores, with ever more products."""
    sums = [lesson.random.scores(d) for d in SHOWN]
    with lesson.step(
        "Random sums",
        ask="Of {n} random queries and keys: how far from nought do sums of d products stray?",
        subtitle="not the model’s: random numbers, seed {s}, mean {zero}, spread {one} · a grain is one sum",
        n=PAIRS,
        s=lesson.seed,
        zero=0,
        one=1,
        claims=[truth("each grain is one q · k", [lesson.random.vectors, *sums], are_products)],
        keep=(),
    ):
        first, *others = piles_of(lesson)
        lesson.play(Pour(first), run_time=2)
        lesson.wait(0.8)
        for other in others:
            lesson.play(Transform(first, other), run_time=0.7)
        lesson.answer(
            "Plus and minus cancel, but not quite: spread {a:.2f} with {one} product, {b:.2f} with {k}.",
            a=lesson.random.spreads[0],
            b=lesson.random.spreads[len(SHOWN) - 1],
            k=SHOWN[-1],
        )
    return first


def are_products(vectors: np.ndarray, *sums: np.ndarray) -> bool:
    """Whether the sums are those of the first products of queries and keys, for all sizes that are shown."""
    q, k = vectors
    return all(np.allclose(s, np.einsum("nd,nd->n", q[:, :d], k[:, :d])) for d, s in zip(SHOWN, sums, strict=True))


def are_spreads(spreads: np.ndarray, *numbers: np.ndarray) -> bool:
    """Whether they are the standard deviations of the numbers."""
    return bool(np.allclose(spreads, [np.std(each) for each in numbers]))


def piles_of(lesson: WhyScale) -> list[Pile]:
    """One for each of the sizes that are shown, on one line."""
    scores = [lesson.random.scores(d) for d in SHOWN]
    return [pile_of(lesson, numbers, say("d = {d}", d=d)) for numbers, d in zip(scores, SHOWN, strict=True)]


def pile_of(lesson: WhyScale, numbers: Tensor, name: Said) -> Pile:
    """A pile of some numbers, on the line on which the widest fits."""
    room, _ = rooms_of(lesson)
    reach = int(np.ceil(max(np.abs(lesson.random.scores(d).values).max() for d in SHOWN)))
    return Pile(numbers, name, reach=reach, width=room.width, height=room.height).move_to(room.center)


def rooms_of(lesson: WhyScale) -> tuple[Box, Box]:
    """For a pile, and for a formula: over it, in wide frames beside its top."""
    stage = lesson.stage
    whole = Box(stage.left + AIR, stage.bottom, stage.right - AIR, stage.top)
    over = Box(whole.left, whole.top - OVER, whole.right, whole.top)
    below = Box(whole.left, whole.bottom, whole.right, over.bottom)
    return lesson.by(
        wide=(whole, Box(whole.left, over.bottom, whole.left + whole.width / 3, over.top)),
        square=(below, over),
        tall=(below, over),
    )


def law(lesson: WhyScale, before: Pile) -> SpreadChart:
    """The spread against d, and the law."""
    sizes, last, sums = len(SIZES), SIZES[-1], [lesson.random.scores(d) for d in SIZES]
    with lesson.step(
        "The law",
        ask="And for other d? Each step doubles the number of products.",
        subtitle="spread (standard deviation) of {n} random sums for each d up to {last}, seed {s} · law: √d",
        n=PAIRS,
        s=lesson.seed,
        last=last,
        one=1,
        claims=[truth("they are standard deviations", [lesson.random.spreads, *sums], are_spreads)],
        quiz=lesson.quiz(
            "How far do sums of {last} products stray?", lesson.random.spreads, place=sizes - 1, spec=".1f", last=last
        ),
        keep=(before,),
    ):
        chart = chart_of(lesson)
        number = before.number()
        lesson.add(number)
        before.number_opacity = 0.0  # it is on its way
        lesson.play(*leave(before), FadeIn(chart), number.animate.move_to(chart.spot(SHOWN[-1])), run_time=1.1)
        lesson.play(FadeOut(number, scale=0.3), chart.animate.grow(), run_time=2.4)
        lesson.answer(
            "Squares add up, so d products stray √d times as far. At d = {last}: {m:.2f}, by the law {t:.0f}.",
            m=lesson.random.spreads[sizes - 1],
            t=Tensor.given(last, str(last)).sqrt(),
        )
    return chart


def chart_of(lesson: WhyScale) -> SpreadChart:
    trace, at = lesson.trace, lesson.root.square()
    names = (
        say("random q and k, seed {s}", s=lesson.seed),
        say("law: √d"),
        say("the {n} heads of {m}", n=trace.config.n_layers * trace.config.n_heads, m=lesson.model_name),
    )
    room = dict(width=lesson.stage.width, height=lesson.stage.height)
    chart = SpreadChart(SIZES, lesson.random.spreads, spreads(trace), at, names, **room)
    chart.grown = 0.0
    return chart.move_to(lesson.stage.center)


def heads(lesson: WhyScale, chart: SpreadChart) -> None:
    """The model's own queries and keys."""
    own = spreads(lesson.trace)
    config = lesson.trace.config
    heads = [(at, which) for at in range(config.n_layers) for which in range(config.n_heads)]
    scores = [allowed(lesson.trace, *pair) for pair in heads]
    low, high = int(own.values.argmin()), int(own.values.argmax())
    with lesson.step(
        "Real heads",
        ask="And the model’s own queries and keys? Each head is a dot, at d = {d}.",
        subtitle="spread of scores_raw over the pairs of this sentence that may meet, for all {n} heads",
        n=len(own),
        k=int((own.values > float(lesson.root)).sum()),
        claims=[
            count("above", "k", [own, lesson.root], lambda values, r: int((values > r).sum())),
            truth("they are standard deviations", [own, *scores], are_spreads),
        ],
        keep=(chart,),
    ):
        lesson.play(Grow(all_arrive(chart), "arrived", lag=0.1, introducer=False), run_time=2.4)
        lesson.answer(
            "Trained q and k are not random: from {a:.2f} to {b:.2f}, {k} of {n} heads above √{d} = {r:.2f}.",
            a=own[low],
            b=own[high],
            r=lesson.root,
        )


def all_arrive(chart: SpreadChart) -> SpreadChart:
    """With all dots where they belong: what `Grow` goes to."""
    chart.arrived = np.ones(len(chart.arrived))
    return chart


def divided(lesson: WhyScale, before: SpreadChart) -> list[Mobject]:
    """The widest pile comes out of its dot, and is divided by the root."""
    d = SHOWN[-1]
    many = lesson.random.scores(d)
    by = Tensor.given(d, str(d)).sqrt()
    with lesson.step(
        "Divide",
        ask="So divide each sum by √d. What becomes of the pile?",
        subtitle="random sums, seed {s}, d = {k} · then each of them divided by √d = {r:.0f}",
        s=lesson.seed,
        k=d,
        r=by,
        claims=[
            truth("divided, it is as wide as one product is, or nearly", [spread(many / by)], lambda s: 0.5 < s < 2)
        ],
        keep=(before,),
    ):
        wide = pile_of(lesson, many, say("d = {d}", d=d))
        lesson.play(*leave(before), FadeIn(wide, target_position=before.spot(d), scale=0.02), run_time=1.2)
        lesson.wait(0.4)
        lesson.play(Transform(wide, pile_of(lesson, many / by, say("d = {d}, ÷ {r:.0f}", d=d, r=by))), run_time=2)
        formula = rooms_of(lesson)[1].fit(Formula(FORMULA, 0.6, q="query", k="key", root="target"))
        lesson.play(FadeIn(formula, target_position=wide.place_of_name(), scale=0.3), run_time=1.4)
        lesson.answer("From {a:.2f} to {b:.2f}: divided, sums stray about as far as one product.",
                      a=spread(many), b=spread(many / by))  # fmt: skip
    return [wide, formula]
