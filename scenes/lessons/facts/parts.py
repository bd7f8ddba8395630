"""The logit as a sum: what one part adds to it, what all of them add, and what they add to one word against another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import FadeIn, FadeOut, Mobject

from model.numbers.tensor import Tensor
from model.study.inside.attribution import Part
from scenes.kit.charts.signed import Waterfall
from scenes.kit.ground.say import Said, say
from scenes.kit.moves.products import DotProduct
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.rows import Rows
from scenes.kit.numbers.terms import TermSum
from scenes.kit.recipes import Look
from scenes.lesson.claims import above, most, truth
from scenes.lesson.steps import come, grow_after
from scenes.lessons.facts.layers import called

if TYPE_CHECKING:
    from scenes.lessons.facts.lesson import Facts


def name_of_part(part: Part) -> Said:
    """What a part is called: a head by its layer and number."""
    if part.head is None:
        return called(part.name)
    return say("head {h} of layer {l}", h=part.head, l=part.layer)


def telling_part(lesson: Facts) -> int:
    """The place of the part that writes a row and adds most."""
    found = lesson.parts
    rows = [k for k, part in enumerate(found.parts) if part.name not in ("ln_final.b", "b_U")]
    return max(rows, key=lambda k: float(found.contributions[k]))


def one_part(lesson: Facts, table: Mobject) -> list[Mobject]:
    """The part that adds most, worked out: its write behind the norm's division, times the word's direction."""
    found = lesson.parts
    part = found.parts[telling_part(lesson)]
    row, adds = found.divided(part), found.adds(part)
    with lesson.step(
        "One part’s share",
        ask="The last row is a sum of writes. What does {name} add to the logit of “{w}”?",
        subtitle="{tensor} [{i}, :], behind the last norm’s ÷ σ · times w · W_U [:, “{w}”]",
        name=name_of_part(part),
        tensor=part.name,
        keep=(table,),
    ):
        upper, lower = lesson.by(wide=(2.2, 1), square=(2.2, 1), tall=(1.6, 1))
        top, bottom = lesson.stage.rows(upper, lower)
        names = name_of_part(part), say("“{w}”", **word(lesson))
        lines = lesson.by(wide=2, square=3, tall=4)
        terms = TermSum(row, found.direction, adds, width=bottom.width, lines=lines, size=0.4, total_color="logit")
        bottom.fit(terms)
        parts = [(row, "delta", names[0]), (found.direction, "weight", names[1])]
        both = Rows(top, parts, cell=1.2, keep=terms.order[: terms.count])  # what is multiplied below is to be seen
        lesson.play(FadeOut(table), Introduce(both.grids[0], "columns", lag=0.1), *come(both.labels[0]), run_time=1)
        lesson.play(Introduce(both.grids[1], "columns", lag=0.1), FadeIn(both.labels[1]), run_time=1)
        lesson.play(DotProduct(terms), run_time=2.4)
        lesson.answer("{d} products add up to {s:+.2f}: that is its share.", s=adds)
    return [both, terms]


def word(lesson: Facts) -> dict[str, str]:
    return dict(w=lesson.phrases["w"])


def fall_of(lesson: Facts, adds: Tensor, names: list[str], total: Tensor, name: Said) -> Waterfall:
    """Parts one after the other, each from where the one before it ended, and their total."""
    stage = lesson.stage
    room: Look = dict(width=stage.width, height=stage.height, size=0.42)
    return Waterfall(adds, [called(each) for each in names], total, name, **room).move_to(stage.center)


def all_parts(lesson: Facts, before: list[Mobject]) -> Waterfall:
    """All writes, and the logit that they add up to."""
    names, adds = lesson.parts.of_writes
    first = int(np.argmax(adds.values))
    logit, lowered = lesson.parts.logit, bool((adds.values < 0).any())
    with lesson.step(
        "All shares",
        ask="And what do all the others add?",
        subtitle="position {i} · share of each write in the logit of “{w}” · red: it lowers it",
        keep=before,
        claims=[
            most(adds, first),
            truth("some lower it, or none", [adds], lambda a: bool((a < 0).any()) == lowered),
            truth("together they are the logit", [adds, logit], lambda a, s: bool(abs(a.sum() - s) < 1e-3)),
        ],
    ):
        fall = fall_of(lesson, adds, names, logit, say("logit of “{w}”", **word(lesson)))
        known = lesson.parts.parts[telling_part(lesson)].name
        there = [names.index(known)] if known in names else []
        grow_after(lesson, before, fall, lag=0.8, run_time=4, there=there)
        lesson.answer(
            f"Together they are the logit, {{s:{fall.form.total}}}. {{name}} adds most"
            + ("; some lower it." if lowered else "."),
            s=logit,
            name=called(names[first]),
        )
    return fall


def why_not_the_other(lesson: Facts, before: Mobject) -> Waterfall:
    """What each part does for the word against the other one."""
    names, gaps = lesson.for_one_against_the_other
    total = lesson.parts.logit - lesson.rival.logit
    first, times = int(np.argmax(gaps.values)), lesson.probs[lesson.word] / lesson.probs[lesson.other]
    with lesson.step(
        "Why not the other?",
        ask="Why “{w}” and not “{v}”? The difference, part by part:",
        subtitle="share in the logit of “{w}” − share in the logit of “{v}” · position {i}",
        keep=(before,),
        claims=[
            most(gaps, first),
            truth("they add up to the difference", [gaps, total], lambda a, s: bool(abs(a.sum() - s) < 1e-3)),
            truth("e to it is the ratio", [total, times], lambda s, r: bool(abs(np.exp(s) / r - 1) < 1e-3)),
            above("difference", lesson.parts.logit, lesson.rival.logit),
        ],
        quiz=lesson.quiz("Which part speaks most for “{w}” against “{v}”?", gaps, lambda k: called(names[k])),
    ):
        fall = fall_of(lesson, gaps, names, total, say("difference"))
        grow_after(lesson, [before], fall, lag=0.8, run_time=4)
        lesson.answer(
            f"{{s:{fall.form.total}}} together, most from {{name}}: “{{w}}” is {{r:,.0f}} times as likely.",
            s=total,
            name=called(names[first]),
            r=times,
        )
    return fall
