"""Two models on one text: what they say after each of its words, where they first part, and the lesson around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import FadeIn, Mobject

from model.numbers.tensor import Tensor
from model.study.inside.models import HALF
from scenes.kit.charts.signed import SignedBars
from scenes.kit.ground.say import Said, say
from scenes.kit.moves.reveal import Grow
from scenes.kit.numbers.frames import Frame
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import display
from scenes.lesson.claims import Fact, fact, most
from scenes.lesson.steps import give_way, grow_after
from scenes.lessons.compare import last
from scenes.lessons.compare.aligned import AlignedTexts
from scenes.lessons.compare.bases import two_bases, within_each
from scenes.lessons.compare.partners import both_pairs, every_head
from scenes.lessons.compare.rows import label_of

if TYPE_CHECKING:
    from scenes.lessons.compare.lesson import Compare


def of_two_models(lesson: Compare) -> None:
    """The whole lesson."""
    texts = question(lesson)
    picture = lesson.stakes(texts)
    picture = after_every_word(lesson, picture)
    if parted(lesson) and lesson.column < len(lesson.models.common) - 1:
        picture = what_they_say_there(lesson, picture)
    picture = two_bases(lesson, picture)
    if len(lesson.models.common) > 1:
        picture = within_each(lesson, picture)
    if last.can_be_shown(lesson):
        picture = last.word_against_word(lesson, picture)
    picture = every_head(lesson, picture)
    picture = both_pairs(lesson, picture)
    where_they_part(lesson, picture)


def run_name(lesson: Compare, k: int) -> Said:
    """“A: tiny”."""
    return say("{run}: {m}", run="AB"[k], m=lesson.runs[k].info["checkpoint"])


def both_names(lesson: Compare) -> Said:
    return run_name(lesson, 0) + say(" · ") + run_name(lesson, 1)


def parted(lesson: Compare) -> bool:
    """Whether more than half of the probability goes elsewhere anywhere."""
    return float(lesson.models.elsewhere[lesson.column]) > HALF


def shape_of(lesson: Compare, k: int) -> Said:
    """“A: tiny, 4 layers of 8 heads”."""
    config = lesson.runs[k].config
    layers, heads = say("{n} layers", n=config.n_layers), say("{n} heads", n=config.n_heads)
    return run_name(lesson, k) + say(", {a} of {b}", a=layers, b=heads)


def question(lesson: Compare) -> AlignedTexts:
    """Both texts, and which model reads which."""
    off = lesson.difference if lesson.off and lesson.models.same_words else say("")
    with lesson.step(
        "Two models",
        ask=("One text, two models" if lesson.models.same_words else "Two texts, two models")
        + ": A is {model}, B is {o}{off}. Where do they part?",
        off=say(" without ") + off if off else off,
        subtitle="{a} · {b}",
        a=shape_of(lesson, 0),
        b=shape_of(lesson, 1),
        keep=(),
    ):
        texts = lesson.show_texts()
    if lesson.trace.unknown:
        lesson.unknown_words(texts.rows[0])
    return texts


# ── after every word ─────────────────────────────────────────────────────────────────────────────
def after_every_word(lesson: Compare, before: list[Mobject]) -> list[Mobject]:
    """How much of the next word's probability goes elsewhere after each word, and where first more than half does."""
    found, column, far = lesson.models, lesson.column, parted(lesson)
    names = [label_of(lesson, k) for k in range(len(found.common))]
    with lesson.step(
        "After every word",
        ask="And after each word before? How much of the probability goes elsewhere in B?",
        subtitle="{both} · half of Σ |a − b| over the next words",
        both=both_names(lesson),
        claims=[first_place(lesson)],
        keep=before,
    ):  # fmt: skip
        room: Look = dict(width=lesson.stage.width, height=lesson.stage.height, size=0.44, besides=[column])
        half: Tensor = Tensor.given(1, "a whole") / 2
        bars = SignedBars(found.elsewhere, names, spec=".0%", fill="delta", mark=half, reach=(0.0, 0.6), **room)
        bars.move_to(lesson.stage.center)
        grow_after(lesson, before, bars, lag=0.5, run_time=2.6)
        lesson.play(bars.animate.show_mark(), run_time=0.8)
        frame = Frame(bars.bar_corners(column, min(0.06, 0.08 * bars.pitch)))
        lesson.play(FadeIn(frame, scale=1.3), run_time=0.6)
        lesson.answer(
            "After {place} it is more than {limit} for the first time: {x:.0%}."
            if far
            else "Nowhere more than {limit}. They differ most after {place}: {x:.0%}.",
            limit=say("half"),
            x=found.elsewhere[column],
        )
    return [bars, frame]


def first_place(lesson: Compare) -> Fact:
    """That the models part at `column`."""
    found, column = lesson.models, lesson.column
    told = "it is the first with more than half, or the furthest"
    return fact("most", told, [found.elsewhere, found.elsewhere[column]], lambda v, there: is_first(v, there, column))


def is_first(values: np.ndarray, there: np.ndarray, column: int) -> bool:
    """Whether a value is the first above HALF or, where none is, the largest."""
    same = bool(values[column] == there)
    return same and (not (values[:column] > HALF).any() if there > HALF else bool(there >= values.max()))


def what_they_say_there(lesson: Compare, before: list[Mobject]) -> list[Mobject]:
    """The likeliest next words at the first place."""
    found, column = lesson.models, lesson.column
    at, (p, q) = found.common[column], found.probs(column)
    word, other = (int(np.argmax(probs.values)) for probs in (p, q))
    with lesson.step(
        "The first place",
        ask="What does A say there, and what B?",
        subtitle="next word after {x}, in A and in B"
        if found.same_words
        else "next word after {x} in A, after {u} in B",
        x=lesson.called(at[0]),
        u=lesson.called_second(at[1]),
        claims=[most(p, word), most(q, other)],
        keep=before,
    ):
        titles, bars = lesson.bars(lesson.stage, (p, q), at)
        lesson.play(*give_way(before, *titles), run_time=0.7)
        lesson.play(*[Grow(one, "values") for one in bars], run_time=1.4)
        lesson.answer(
            "Likeliest: “{y}” with {a:.0%} in A, “{z}” with {b:.0%} in B.",
            y=display(lesson.trace.vocabulary[word]),
            z=display(lesson.trace.vocabulary[other]),
            a=p[word],
            b=q[other],
        )
    return [*titles, *bars]


def where_they_part(lesson: Compare, before: list[Mobject]) -> None:
    """The bars of the beginning again."""
    found, column = lesson.models, lesson.column
    end = abs(lesson.probs[0] - lesson.probs[1]).sum(0) / 2
    at_end = found.common[column] == (len(lesson.trace) - 1, len(lesson.second) - 1)
    with lesson.step(
        "Where they part",
        ask="So where do they part?",
        subtitle="{both} · next word",
        both=both_names(lesson),
        claims=[first_place(lesson)],
        keep=before,
    ):  # fmt: skip
        texts = lesson.texts()
        titles, bars = lesson.bars(lesson.below(texts), lesson.probs)
        lesson.play(*give_way(before, texts, *titles), run_time=0.8)
        lesson.play(*[Grow(one, "values") for one in bars], run_time=1.4)
        lesson.answer(
            "Nowhere by more than {limit}: after {place} {x:.0%} goes elsewhere, after the last word {t:.0%}."
            if not parted(lesson)
            else "Only after the last word more than {limit} of the probability goes elsewhere: {x:.0%}."
            if at_end
            else "After {place}: {x:.0%} of the next word’s probability goes elsewhere. After the last word {t:.0%}.",
            limit=say("half"),
            x=found.elsewhere[column],
            t=end,
        )


__all__ = ["both_names", "of_two_models", "run_name"]
