"""The run: its losses, and the same sentence at each snapshot of the model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from manim import UP, Mobject, Transform

from model.learning import record
from model.numbers.tensor import Tensor, concatenate
from model.study.space import cosine, nearest, pca
from scenes.kit.charts.lines import LineChart, Series
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Label
from scenes.kit.recipes import Look, dots
from scenes.kit.space.vectorspace import VectorSpace
from scenes.kit.words.tokens import display
from scenes.lesson.claims import Fact, fact, share
from scenes.lesson.following import next_word_title
from scenes.lesson.runs import taught
from scenes.lesson.steps import come, give_way, grow_after, leave
from scenes.lessons.training.loss import drawn_after

if TYPE_CHECKING:
    from scenes.lessons.training.lesson import Training

TOP = 0.6  # room for the counter over what changes
MAPPED = 24  # words on the map


def history(lesson: Training, before: Mobject) -> LineChart:
    told = record.history(lesson.checkpoint)
    first, last = told.heldout.losses[0], told.heldout.losses[-1]
    with lesson.step(
        "And again",
        "{end:,} such steps, each on other sentences: on text never read, from {a:.2f} to {b:.2f}.",
        subtitle="recorded run of {model} · loss of each step’s batch, and on held-out text",
        a=first,
        b=last,
        keep=(before,),
    ):
        pairs = [(told.training, "batch", "secondary", 0.018), (told.heldout, "held out", "target", 0.04)]
        series = [Series(one.steps, one.losses, name, role, line) for one, name, role, line in pairs]
        high = math.ceil(max(float(one.losses.values.max()) for one, *_ in pairs))
        chart = chart_of(lesson, series, (0, high), "nats a word")
        drawn_after(lesson, [before], chart, 4)
    return chart


def chart_of(lesson: Training, series: list[Series], up: tuple[int, int], title: str, **how: Any) -> LineChart:
    """Lines over the steps of the run."""
    stage = lesson.stage
    room: Look = dict(width=stage.width, height=min(stage.height, 8.0), counter="step", log=True, **how)
    return LineChart(series, across=(0, lesson.marks[-1]), up=up, titles=("", title), **room).move_to(stage.center)


# ── the same sentence, at each snapshot ──────────────────────────────────────────────────────────
def counter(lesson: Training, step: int) -> Label:
    """At which step of the run something is."""
    label, stage = Label(say("step {s:,}", s=step), 0.46, "target"), lesson.stage
    x = lesson.by(wide=stage.right - label.width / 2, square=stage.center[0], tall=stage.center[0])
    return label.move_to((x, stage.top - 0.25, 0))


def under(lesson: Training) -> Box:
    """The stage without the counter, which in wide frames stands in a corner."""
    stage = lesson.stage
    return Box(stage.left, stage.bottom, stage.right, stage.top - lesson.by(wide=0.0, square=TOP, tall=TOP))


def through(lesson: Training, shown: list[Mobject], number: Label, seconds: float = 0.42) -> Label:
    """One picture becomes the next, the counter with it. shown: of all snapshots, the first one on the stage."""
    now = shown[0]
    for picture, step in zip(shown[1:], lesson.marks[1:], strict=True):
        following = counter(lesson, step)
        lesson.play(Transform(now, picture), *leave(number), *come(following), run_time=seconds)
        number = following
    return number


def next_words(lesson: Training, before: Mobject) -> list[Mobject]:
    probs = [run["probs"][lesson.position] for run in lesson.runs]
    tops = [int(np.argmax(p.values)) for p in probs]
    early = max((k for k in range(len(tops)) if tops[k] != tops[-1]), default=0)
    with lesson.step(
        "What it would say",
        ask="What does it say after “{word}”, at {m} moments of that run?",
        subtitle="{model} · probs [{i}, :] at each of its snapshots · yellow: the word that does come next",
        m=len(probs),
        i=lesson.position,
        claims=[comes_first(probs[k], tops[k]) for k in (early, -1)],
        quiz=lesson.quiz("Which word is likeliest after “{word}” in the end?", probs[-1], lesson.called_next),
        keep=(before,),
    ):
        bars = lesson.bars_of(probs, under(lesson))
        title = next_word_title(lesson, lesson.position).next_to(bars[0], UP, buff=0.15)
        number = counter(lesson, lesson.marks[0])
        grow_after(lesson, [before], bars[0], number, title, lag=0.1, run_time=1.4)
        number = through(lesson, list(bars), number)
        lesson.answer(
            "At step {s:,} “{a}” comes first, {x:.1%}; at last “{b}”, {y:.1%}.",
            s=lesson.marks[early],
            a=display(lesson.trace.vocabulary[tops[early]]),
            b=display(lesson.trace.vocabulary[tops[-1]]),
            x=probs[early][tops[early]],
            y=probs[-1][tops[-1]],
        )
    return [title, bars[0], number]


def comes_first(probs: Tensor, word: int) -> Fact:
    return fact("comes first", "no word is likelier there", [probs], lambda p: bool(p[word] >= p.max()))


def pattern(lesson: Training, before: list[Mobject]) -> list[Mobject]:
    name, i = f"blocks.{lesson.layer}.attn.pattern", lesson.position
    patterns = [run[name][lesson.head] for run in lesson.runs]
    key = int(np.argmax(patterns[-1].values[i]))
    with lesson.step(
        "Who looks where",
        "Layer {l}, head {h}: “{word}” gives “{u}” {a:.0%} of its attention at first, {b:.0%} in the end.",
        subtitle="{name} [{h}, :, :] · rows ask, columns are asked · area: weight",
        name=name,
        u=lesson.words[key],
        a=patterns[0][i, key],
        b=patterns[-1][i, key],
        taught=taught(lesson.model_asked, lesson.layer, lesson.head),
        claims=[share(patterns[0][i]), share(patterns[-1][i])],
        keep=before,
    ):
        box, words = under(lesson), lesson.words
        grids: list[Mobject] = [dots(box, each, words, i, 1.0) for each in patterns]
        number = counter(lesson, lesson.marks[0])
        lesson.play(*give_way(before, grids[0], number), run_time=0.8)
        number = through(lesson, grids, number)
    return [grids[0], number]


def embedding(lesson: Training, before: list[Mobject]) -> list[Mobject]:
    """The rows of the text's words and of those near them, on the axes of the end."""
    tables = [run["W_E"] for run in lesson.runs]
    ids = words_of(lesson, tables[-1])
    friend = nearest(tables[-1], tables[-1][lesson.word], 1, [lesson.word]).ids[0]
    found = pca(tables[-1][ids], "the rows shown, at the end")
    alike = [cosine(table[friend], table[lesson.word]) for table in (tables[0], tables[-1])]
    with lesson.step(
        "Where words lie",
        "What is used alike comes together: “{w}” and “{u}”, cosine {a:+.2f}, then {b:+.2f}.",
        subtitle="PCA of {m} rows of W_E as they are in the end: the text’s words, and some near them",
        m=len(ids),
        u=display(lesson.trace.vocabulary[friend]),
        a=alike[0],
        b=alike[1],
        keep=before,
    ):
        maps = maps_of(lesson, [found.project(table[ids]) for table in tables], ids)
        number = counter(lesson, lesson.marks[0])
        lesson.play(*give_way(before, maps[0], number), run_time=0.8)
        number = through(lesson, list(maps), number)
    return [maps[0], number]


def words_of(lesson: Training, table: Tensor) -> list[int]:
    """The words of the text, and for each some whose rows are near in the end."""
    vocabulary = lesson.trace.vocabulary
    own = [k for k in dict.fromkeys([lesson.word, *lesson.trace.ids]) if any(map(str.isalnum, vocabulary[k]))]
    own = own or [lesson.word]
    each = max(1, (MAPPED - len(own)) // len(own))
    near = [row for word in own for row in nearest(table, table[word], each, [word]).ids]
    return list(dict.fromkeys([*own, *near]))[:MAPPED]


def maps_of(lesson: Training, coords: list[Tensor], ids: list[int]) -> list[VectorSpace]:
    """A map for each snapshot, all on one scale."""
    box = under(lesson)
    own = set(lesson.trace.ids)
    words = [lesson.trace.vocabulary[k] for k in ids]
    roles = ["target" if k == lesson.word else "ink" if k in own else "secondary" for k in ids]
    how: Look = dict(width=box.width, height=box.height, roles=roles, must=[0])
    maps = []
    for each in coords:
        space = VectorSpace(each, words, cloud=concatenate(coords), around="cloud", **how).move_to(box.center)
        space.cloud_opacity = 0.0  # it only makes the scale
        maps.append(space)
    return maps


__all__ = ["chart_of", "embedding", "history", "next_words", "pattern"]
