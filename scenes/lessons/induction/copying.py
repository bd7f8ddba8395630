"""What the head passes on: the word that it looked at; and what is lost when heads are switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import Mobject

from model.numbers.tensor import Tensor, stack
from model.study.inside import induction as study
from model.study.inside.lens import shown as largest
from scenes.kit.charts.signed import SignedBars
from scenes.kit.ground.say import Said, say
from scenes.kit.recipes import Look
from scenes.kit.words.strip import SentenceStrip
from scenes.lesson.claims import MOST, Fact, count, fact, least
from scenes.lesson.following import below
from scenes.lesson.steps import grow_after
from scenes.lessons.induction import facts

if TYPE_CHECKING:
    from scenes.lessons.induction.lesson import Induction

WORDS = 5  # raised most, with a bar of their own


def says_it(lesson: Induction) -> bool:
    """Whether what followed is among the words that the head itself raises most."""
    logits = study.raised(lesson.trace, (lesson.layer, lesson.head), lesson.one).values
    return int((logits >= logits[lesson.followed]).sum()) <= WORDS


def what_it_says(lesson: Induction, strip: SentenceStrip, before: Mobject) -> SignedBars:
    """What it carries over from the word that followed, in words; and what becomes of it in the end."""
    ours = lesson.layer, lesson.head
    logits = study.raised(lesson.trace, ours, lesson.one)
    chosen = largest(logits, WORDS, lesson.followed)
    without = lesson.without(ours)
    end = [run["logits"][lesson.position, lesson.followed] for run in (lesson.trace, without)]
    rank = int((logits.values >= logits.values[lesson.followed]).sum())
    with lesson.step(
        "What it passes on",
        ask="Found. Which words does what it fetched from “{b}” raise?",
        subtitle="v [{j}, :] · W_O · W_U · a random word is raised by {z:+.2f} standard deviations",
        z=lesson.list.copying[ours],
        claims=[
            count("is number", "rank", [logits], lambda values: int((values >= values[lesson.followed]).sum())),
            highest(logits, chosen),
            facts.same_text(lesson.trace, without, (ours,)),
            facts.of_copies(lesson.list, lesson.layer),
        ],
        keep=(strip, before),
    ):
        words = [lesson.trace.vocabulary[k] for k in chosen]
        box = below(lesson, strip)
        room: Look = dict(width=box.width, height=box.height, fill="logit", size=0.44)
        bars = SignedBars(logits[chosen], words, **room).move_to(box.center)
        grow_after(lesson, [before], bars, run_time=2.6)
        lesson.answer(
            "“{w}” is number {rank} of {m:,}, by {x:+.2f}. What later blocks make of it: {y:+.2f} in all.",
            x=logits[lesson.followed],
            y=end[0] - end[1],
            m=len(lesson.trace.vocabulary),
            rank=rank,
        )
    return bars


def switched_off(lesson: Induction, strip: SentenceStrip, before: Mobject) -> SignedBars:
    """The probability of what followed: as it is, and in runs without heads."""
    ours = lesson.layer, lesson.head
    idle = study.best(-lesson.list.matching, study.heads_of(lesson.trace, [lesson.layer]))[0]
    alike = lesson.alike
    runs: list[tuple[Said, tuple[study.Pair, ...]]] = [
        (say("without layer {a}, head {b}", a=ours[0], b=ours[1]), (ours,))
    ]
    if len(alike) > 1:
        runs.append((say("without all {n} of its kind", n=len(alike)), tuple(alike)))
    for head in (lesson.before, idle):
        if head != ours:
            runs.append((say("without layer {a}, head {b}", a=head[0], b=head[1]), (head,)))
    values = [study.followed(lesson.trace, lesson.one)]
    values += [study.followed(lesson.without(*heads), lesson.one) for _, heads in runs]
    with lesson.step(
        "Switched off",
        ask="The model runs again without them. What is left of “{w}”?",
        subtitle="probability of “{w}” · a bar a run · last: the head of layer {l} that looks there least",
        claims=[
            least(lesson.list.matching[lesson.layer], idle[1]),
            *[facts.same_text(lesson.trace, lesson.without(*heads), heads) for _, heads in runs],
        ],
        keep=(strip, before),
    ):
        box = below(lesson, strip)
        room: Look = dict(width=box.width, height=box.height, spec=".1%", fill="probability", size=0.44)
        bars = SignedBars(stack(values, "run"), [say("as it is"), *[name for name, _ in runs]], **room)
        grow_after(lesson, [before], bars.move_to(box.center), lag=0.4, run_time=2.8)
        whole, one, *others = values
        lesson.answer(
            "{p:.1%} with all, {q:.1%} without ours, {r:.1%} without the one that looks back."
            if float(one) < float(whole) / 2
            else "{p:.1%} with all, {q:.1%} without ours: others do it too. Without the one that looks back: {r:.1%}.",
            p=whole,
            q=one,
            r=others[-2] if ours != idle else others[-1],
        )
    return bars


def highest(logits: Tensor, chosen: list[int]) -> Fact:
    """That the words shown first are those that are raised most."""

    def holds(values: np.ndarray) -> bool:
        return bool(values[chosen[:WORDS]].min() >= np.delete(values, chosen).max() - 1e-6)

    return fact(MOST, "these words are raised most", [logits], holds)


__all__ = ["switched_off", "what_it_says"]
