"""One step: a nudge that proves the slope, what AdamW makes of it, and what the model says after all weights moved."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from manim import LEFT, FadeIn, Mobject, Transform, VGroup

from model.numbers.origins import CHOSEN
from model.numbers.tensor import Tensor
from scenes.kit.charts.lines import LineChart, Series
from scenes.kit.charts.signed import SignedBars
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Label, Number
from scenes.kit.ground.typesetting import fitting_size, width
from scenes.kit.recipes import Look
from scenes.lesson.claims import truth
from scenes.lesson.runs import nudged_run
from scenes.lesson.steps import give_way, grow_after
from scenes.lessons.training.loss import costs_of, drawn_after

if TYPE_CHECKING:
    from scenes.lessons.training.lesson import Training

REACH, POINTS, NUDGE = 3, 25, 0.5  # of the nudges that are drawn; the one that is run


def nudge(lesson: Training, before: list[Mobject]) -> LineChart:
    """The loss over a nudge of the one weight, the slope as a line, and one nudge that is really run."""
    one = lesson.one
    by = Tensor.given(NUDGE, "nudge", origin=CHOSEN)
    moved = lesson.keep_run(nudged_run(lesson.model_asked, lesson.trace.info["text"], *one.place, NUDGE))
    change = moved["loss"] - lesson.first["loss"]
    all_of_them = Tensor.given(np.linspace(-REACH, REACH, POINTS), "nudges", ("nudge",), CHOSEN)
    place = int(np.flatnonzero(all_of_them.values == NUDGE)[0])
    near = all_of_them[[k for k, x in enumerate(all_of_them.values) if abs(x) <= 1 + 1e-9]]
    with lesson.step(
        "Nudge it",
        ask="Is that so? Move this one weight by {t:+.1f}, and run again:",
        subtitle="loss over a change of {name} [{c}] · line: loss + slope × change",
        name=one.place[0],
        c=say("{a}, {b}", a=one.place[1][0], b=one.place[1][1]),
        t=by,
        claims=[
            truth(
                "the run with the weight moved has the loss that is ringed on the curve",
                [moved["loss"], one.losses(all_of_them)[place], all_of_them[place], by],
                lambda run, line, at, nudge: bool(abs(run - line) < 1e-4 and at == nudge),
            )
        ],
        keep=before,
    ):
        chart = chart_of(lesson, all_of_them, near, place)
        drawn_after(lesson, before, chart, 2)
        ringed = chart.copy()
        ringed.ringed = 1.0
        lesson.play(Transform(chart, ringed), run_time=0.8)
        lesson.answer("The loss moves by {d:+.4f}; slope × nudge foretold {e:+.4f}.", d=change, e=one.grad * by)
    return chart


def chart_of(lesson: Training, by: Tensor, near: Tensor, place: int) -> LineChart:
    """The loss over the nudges, its slope near no nudge, and the nudge that is ringed."""
    one = lesson.one
    losses, line = one.losses(by), one.tangent(near)
    low = math.floor(min(losses.values.min(), line.values.min()))
    high = math.ceil(max(losses.values.max(), line.values.max()))
    stage = lesson.stage
    series = [Series(by, losses, "loss", "loss"), Series(near, line, "slope", "target", 0.025)]
    room: Look = dict(width=stage.width, height=min(stage.height, 7.5))
    titles = (say("change of the weight"), say("nats a word"))
    chart = LineChart(series, across=(-REACH, REACH), up=(low, high), titles=titles, marked=(0, place), **room)
    chart.ringed = 0.0
    return chart.move_to(stage.center)


def adamw(lesson: Training, before: Mobject) -> VGroup:
    """What the optimiser makes of the slope, line by line."""
    one = lesson.one
    with lesson.step(
        "AdamW",
        "Momentum keeps the way, the scale takes out the size: all weights move about as far.",
        subtitle="{name} [{c}] · rate {r:.3f}, β {b:.2f} and {d:.2f}, as in its run; both begin at nought",
        name=one.place[0],
        c=say("{a}, {b}", a=one.place[1][0], b=one.place[1][1]),
        r=one.setting("rate"),
        b=one.setting("beta1"),
        d=one.setting("beta2"),
        keep=(before,),
    ):
        lines = lines_of(lesson)
        lesson.play(*give_way([before], lines[0]), run_time=0.9)
        for line in lines[1:]:
            lesson.play(FadeIn(line, shift=0.15 * LEFT), run_time=0.7)
    return lines


def lines_of(lesson: Training) -> VGroup:
    """Slope, clipping, momentum, scale, step and weight: what each is called, how it is made, and its value."""
    one, first, box = lesson.one, lesson.first, lesson.stage
    g, m, v = one.moments
    b1, b2 = 1 - one.setting("beta1"), 1 - one.setting("beta2")
    cut = (
        say("all slopes: {l:.2f} long, {o:.0f} is let by: · {s:.3f}", l=first["grad_norm"], o=one.setting("clip"),
            s=first["clip"])
        if float(first["clip"]) < 1
        else say("all slopes: {l:.2f} long, let by", l=first["grad_norm"])
    )  # fmt: skip
    ratio = say("−rate · (m / {a:.1f} / √(v / {b:.2f}) + {d:.2f} · w)", a=b1, b=b2, d=one.setting("decay"))
    rows: list[tuple[str, Said, Tensor, str, str]] = [
        ("slope", say("as worked out"), one.grad, finely(one.grad, "+"), "ink"),
        ("clipped g", cut, g, finely(g, "+"), "ink"),
        ("momentum m", say("{b:.1f} · g", b=b1), m, finely(m, "+"), "ink"),
        ("scale v", say("{b:.2f} · g²", b=b2), v, finely(v), "ink"),
        ("step", ratio, one.update, finely(one.update, "+"), "target"),
        ("weight w", say("{x:+.4f} + step", x=one.weight), one.after, "+.4f", "ink"),
    ]
    size, drop = lesson.by(wide=0.48, square=0.38, tall=0.42), lesson.by(wide=0.0, square=0.0, tall=0.55)
    pitch, lines = min(box.height / len(rows), 1.2), VGroup()
    left = box.left + 0.02 * box.width
    middle = left + max(width(name, size) for name, *_ in rows) + 0.35
    values = [Number(value, spec, size, role) for _, _, value, spec, role in rows]
    right = box.right - 0.02 * box.width
    room = right - max(value.width for value in values) - 0.25 - middle
    if drop:  # how it is made stands below
        middle, room = left, right - left
    small = fitting_size([row[1] for row in rows], lesson.by(wide=0.97, square=1.6, tall=0.97) * room, 0.8 * size)
    for k, ((name, how, _, _, role), value) in enumerate(zip(rows, values, strict=True)):
        y = box.center[1] + (len(rows) / 2 - k - 0.5) * pitch
        parts = (Label(name, size, role), Label(how, small, "secondary", width=room, align=0.0), value)
        for part, x, down in zip(parts, (left, middle, right - value.width), (0, drop, 0), strict=True):
            part.move_to((x + part.width / 2, y - down, 0))
        lines.add(VGroup(*parts))
    return lines


def finely(number: Tensor, sign: str = "") -> str:
    """A format with three digits that count."""
    size = abs(float(number))
    return f"{sign}.{min(12, max(2, 2 - math.floor(math.log10(size)))) if size else 2}f"


def one_step(lesson: Training, before: VGroup) -> SignedBars:
    """The losses of the words again, and after the step of all weights."""
    first = lesson.first
    with lesson.step(
        "One step",
        "All {k:,.0f} weights step at once: the loss goes from {a:.2f} to {b:.2f}.",
        subtitle="−log p of the true next words, then after the step · p of “{w}”: {p:.3%}, then {q:.3%}",
        p=first["probs"][lesson.position, lesson.word],
        q=first["after.probs"][lesson.position, lesson.word],
        a=first["loss"],
        b=first["after.loss"],
        claims=[
            truth(
                "the loss is the mean",
                [first["after.losses"], first["after.loss"]],
                lambda x, m: bool(np.isclose(x.mean(), m)),
            )
        ],
        keep=before,
    ):
        reach = max(float(first[name].values.max()) for name in ("losses", "after.losses"))
        bars = costs_of(lesson, first["losses"], first["loss"], reach).show_mark()
        after = costs_of(lesson, first["after.losses"], first["after.loss"], reach).show_mark()
        grow_after(lesson, before, bars, lag=0.1, run_time=1.4)
        lesson.wait(0.5)
        lesson.play(Transform(bars, after), run_time=1.8)
    return bars


__all__ = ["adamw", "nudge", "one_step"]
