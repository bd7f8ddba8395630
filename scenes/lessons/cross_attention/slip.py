"""Teacher forcing against free running: what a word costs behind the true word, and behind the model's own slip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from manim import DOWN, Mobject, VGroup

from model.numbers.tensor import Tensor, stack
from scenes.kit.charts.signed import SignedBars
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Label
from scenes.kit.recipes import Look
from scenes.kit.words.tokens import display
from scenes.lesson.claims import Fact, fact, truth
from scenes.lesson.steps import grow_after
from scenes.lessons.cross_attention.search import costs

if TYPE_CHECKING:
    from scenes.lessons.cross_attention.lesson import CrossAttention

SHOWN = 6  # words behind the slip, at most
TITLE = 0.55  # room for a line over the bars


@dataclass
class Slip:
    """A second run, in which the decoder reads its second choice in place of a word.

    place: the row that writes the word; word: what is read in place of it; true, own [behind]: −log p of each true word
    behind it, after the true words and after the slip."""

    place: int
    word: int
    true: Tensor
    own: Tensor

    @property
    def rows(self) -> range:
        """The rows behind the slip."""
        return range(self.place + 1, self.place + 1 + len(self.true))


def second_choice(lesson: CrossAttention, place: int) -> int:
    """The likeliest word at a place but for the one that is written; no mark, and not the end."""
    words, probs = lesson.trace.vocabulary, lesson.trace.array("probs")[place]
    order = np.argsort(-probs, kind="stable")
    return next(int(k) for k in order if k != lesson.targets[place] and words[k].isalpha())


def slip_at(lesson: CrossAttention, place: int) -> Slip:
    """The run in which the second choice stands at a place, and all other words are the true ones."""
    vocabulary, word = lesson.checkpoint.tokenizer.vocabulary, second_choice(lesson, place)
    ids = [*lesson.targets[:place], word, *lesson.targets[place + 1 : -1]]
    run = lesson.translation(lesson.source, " ".join(vocabulary[k] for k in ids))
    behind = range(place + 1, min(place + 1 + SHOWN, len(lesson.targets)))
    own = [-run["probs"][i, lesson.targets[i]].log() for i in behind]
    return Slip(place, word, *(stack(each, "position") for each in ([costs(lesson)[i] for i in behind], own)))


def worst(lesson: CrossAttention) -> Slip:
    """The slip that costs the words behind it most, times the chance that it happens."""
    slips = [slip_at(lesson, place) for place in range(len(lesson.targets) - 1)]
    chance = lesson.trace.array("probs")
    return max(slips, key=lambda s: float(chance[s.place, s.word]) * float(s.own.values.sum() - s.true.values.sum()))


def second(lesson: CrossAttention, slip: Slip) -> Fact:
    """That the word is the model's second choice."""
    row, said = lesson.trace["probs"][slip.place], lesson.targets[slip.place]
    words = [k for k, word in enumerate(lesson.trace.vocabulary) if word.isalpha() and k != said]
    return fact("second choice", "no other word is likelier", [row], lambda p: bool(p[slip.word] >= p[words].max()))


def against(lesson: CrossAttention, before: list[Mobject]) -> list[Mobject]:
    """The words behind a slip, where the true word is read in place of it and where it is read itself."""
    slip = worst(lesson)
    hurt = int(np.argmax((slip.own - slip.true).values))
    row = slip.rows[hurt]
    wrong, right = display(lesson.trace.vocabulary[slip.word]), lesson.said[slip.place]
    chance = lesson.trace["probs"][slip.place, slip.word]
    with lesson.step(
        "Its own words",
        ask="But writing, it reads its own words. If it slips: “{w}”, its second choice, {p:.2%}?",
        subtitle="−log p of each true word behind it · true words read, then a second run with the slip",
        w=wrong,
        p=chance,
        claims=[
            second(lesson, slip),
            truth("it is hurt most there", [slip.own, slip.true], lambda a, b: int(np.argmax(a - b)) == hurt),
        ],
        keep=before,
    ):
        parts = lesson.stage.columns(1, 1, gap=0.6) if lesson.wide else lesson.stage.rows(1, 1, gap=0.4)
        sides = (("training reads “{v}”", slip.true, right), ("writing reads “{w}”", slip.own, wrong))
        titles, bars = list[Label](), list[SignedBars]()
        reach = (0.0, float(max(slip.true.values.max(), slip.own.values.max())))
        for part, (title, numbers, first) in zip(parts, sides, strict=True):
            chart, label = charted(lesson, part, slip, numbers, first, reach), Label(say(title, v=right, w=wrong), 0.46)
            VGroup(label, chart).arrange(DOWN, buff=0.25).move_to(part.center)
            titles.append(label)
            bars.append(chart)
        grow_after(lesson, before, bars[0], titles[0], there=range(len(slip.true)), run_time=2)
        grow_after(lesson, [], bars[1], titles[1], lag=0.6, run_time=2)
        lesson.answer(
            "Behind its slip “{c}” costs {a:.2f}. In training it reads only true words.",
            c=lesson.said[row],
            a=slip.own[hurt],
        )
    return [*titles, *bars]


def charted(
    lesson: CrossAttention, box: Box, slip: Slip, numbers: Tensor, first: str, reach: tuple[float, float]
) -> SignedBars:
    """A bar for each word behind the slip; `first`: what is read before the first of them."""
    read = [first, *lesson.words[slip.place + 2 :]]
    words: list[Said] = [say("{a} → {b}", a=a, b=lesson.said[i]) for a, i in zip(read, slip.rows, strict=False)]
    room: Look = dict(width=box.width, height=box.height - TITLE, size=0.42, spec=".2f", fill="loss", reach=reach)
    return SignedBars(numbers, words, **room)


__all__ = ["against"]
