"""What is saved, and what it costs: multiply-adds, and numbers that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from manim import FadeOut, Mobject, Transform

from model.numbers.tensor import Tensor, concatenate
from model.study.turns.work import PARTS
from scenes.kit.charts.signed import SignedBars
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Introduce
from scenes.kit.numbers.strips import HeatStrips
from scenes.kit.recipes import Look, room_for
from scenes.lesson.claims import Test, truth
from scenes.lesson.steps import come, grow_after, leave

if TYPE_CHECKING:
    from scenes.lessons.generation.lesson import Generation


def one_word(lesson: Generation, before: list[Mobject]) -> list[Mobject]:
    """What reading one word costs, part by part."""
    parts = lesson.work.parts(len(lesson.read))
    with lesson.step(
        "The work of one word",
        ask="What does it cost to read a word? Count every number times a number.",
        subtitle="one word that meets {k} keys, in all {layers} layers of {model} · products of matrices",
        k=len(lesson.read),
        layers=lesson.trace.config.n_layers,
        claims=[truth("a multiply-add for each weight, and for each number of each key", [parts], of_weights(lesson))],
        keep=before,
    ):
        title, bars = counted(lesson, "for one word", parts, [say(part) for part in PARTS])
        grow_after(lesson, before, bars, title, lag=0.5, run_time=2.8)
        lesson.answer(
            "{s:,.0f} multiply-adds; only {p:.1%} of them are for looking back.",
            s=parts.sum(0),
            p=parts[1] / parts.sum(0),
        )
    return [title, bars]


def of_weights(lesson: Generation) -> Test:
    """Whether the parts are as many as the weights say: counted on the matrices themselves, not from the settings."""
    trace, config = lesson.trace, lesson.trace.config

    def entries(*names: str) -> int:
        found = [trace.array(f"blocks.{b}.{n}").size for b in range(config.n_layers) for n in names]
        return sum(found)

    own = config.kv_heads / config.n_heads  # recorded once for every head that shares them
    heads = entries("attn.W_Q", "attn.W_O") + own * entries("attn.W_K", "attn.W_V")
    gate = ["mlp.W_gate"] if "blocks.0.mlp.W_gate" in trace else []
    keys = 2 * len(lesson.read) * entries("attn.q") / len(trace)
    right = [heads, keys, entries("mlp.W_in", "mlp.W_out", *gate), trace.array("W_U").size]
    return lambda parts: bool(np.allclose(parts, right))


def counted(
    lesson: Generation, what: str, work: Tensor, names: Sequence[str], longest: float = 0.0
) -> tuple[Label, SignedBars]:
    """Multiply-adds as bars under a title. longest: what there is room for at least."""
    head, rest = lesson.stage.rows(0.5, 4, gap=0.1)
    title = head.fit(Label(say("multiply-adds " + what), 0.44, "secondary", of=work))
    room: Look = dict(width=rest.width, height=rest.height, spec=",.0f", fill="data", size=0.5)
    return title, SignedBars(work, names, reach=(0.0, longest), **room).move_to(rest.center)


def every_turn(lesson: Generation, before: list[Mobject]) -> list[Mobject]:
    """The turns' work without and with the cache, on one scale."""
    again, once, last = lesson.again.sum(1), lesson.once.sum(1), len(lesson.turns) - 1
    with lesson.step(
        "With and without",
        ask="Without a cache every turn pays for all words. And with one?",
        subtitle="{turns} turns of {model} · first all read again, then each word read once",
        quiz=lesson.quiz(
            "How many multiply-adds does turn {k} take without a cache?",
            concatenate([again, once], 0),
            place=last,
            spec=",.0f",
            k=last + 1,
        ),
        keep=before,
    ):
        names = [say("turn {k}", k=k + 1) for k in range(len(lesson.turns))]
        longest = float(again.values.max())
        title, bars = counted(lesson, "where all is read again", again, names, longest)
        other_title, other_bars = counted(lesson, "where each word is read once", once, names, longest)
        grow_after(lesson, before, bars, title, lag=0.4, run_time=2.8)
        lesson.wait(0.6)
        lesson.play(*leave(title), *come(other_title), run_time=0.6)
        lesson.play(Transform(bars, other_bars), run_time=2)
        lesson.answer(
            "Turn {k}: {b:,.0f} instead of {a:,.0f}. Only the first turn reads all.",
            k=last + 1,
            a=again[last],
            b=once[last],
        )
    return [other_title, bars]


def memory(lesson: Generation, before: list[Mobject]) -> list[Mobject]:
    """All keys and values of all layers and heads: what has to be kept."""
    config, count = lesson.trace.config, len(lesson.read)
    keys, values = (everything(lesson, name) for name in ("rot_k" if config.positions == "rotary" else "k", "v"))
    strongest = float(max(abs(keys.values).max(), abs(values.values).max()))
    with lesson.step(
        "What it costs to keep",
        "The price is memory: {k:.0f} numbers a word, {total:,.0f} for these {count} words.",
        subtitle="all {layers} layers, {heads} keys and values in each · one line a word · full from {x:.1f}",
        keep=before,
        k=lesson.work.kept,
        total=lesson.work.kept * count,
        count=count,
        layers=config.n_layers,
        heads=config.kv_heads,
        x=max((keys, values), key=lambda t: float(abs(t.values).max())).square().max().sqrt(),
    ):
        side = room_for(lesson.read)
        stage = lesson.stage
        left, right = stage.columns(1, 1, gap=0.3)
        left = Box(left.left, left.bottom, left.right + side / 2, left.top)
        right = Box(right.left + side / 2, right.bottom, right.right, right.top)
        pitch = min(0.5, (stage.height - 0.6) / count)
        rows = min(count, int((stage.height - 0.6) / 0.2))
        look: Look = dict(pitch=max(pitch, 0.2), rows=rows, scale=strongest, height=stage.height - 0.6)
        first = HeatStrips(keys, "key", width=left.width, row_labels=lesson.read, **look)
        second = HeatStrips(values, "value", width=right.width, **look)
        titles = []
        for box, grid, name, kind in ((left, first, "keys", "key"), (right, second, "values", "value")):
            grid.move_to((box.center[0], stage.center[1] - 0.3, 0))
            titles.append(Label(name, 0.4, kind, of=grid.tensor).move_to((box.center[0], stage.top - 0.25, 0)))
        gone = [FadeOut(m, run_time=0.4) for m in before]
        lesson.play(
            *gone, *come(*titles), *[Introduce(grid, "rows", lag=0.5, run_time=2.4) for grid in (first, second)]
        )
    return [first, second, *titles]


def everything(lesson: Generation, name: str) -> Tensor:
    """The keys or values of all layers and of all heads that have their own, side by side. [position, entry]"""
    config = lesson.trace.config
    heads = range(0, config.n_heads, config.n_heads // config.kv_heads)
    return concatenate(
        [lesson.cached[f"blocks.{layer}.attn.{name}"][head] for layer in range(config.n_layers) for head in heads], 1
    )
