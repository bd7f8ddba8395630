"""What lessons that follow one word share: its sentence at the top, and what the model expects after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from manim import UP, Mobject

from model.numbers.tensor import Tensor
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Label
from scenes.kit.recipes import bars_on_one_scale, telling_words
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import TokenRow
from scenes.lesson.lesson import TextLesson
from scenes.lesson.quiz import Question
from scenes.lesson.stacks import StackLesson

Chip = tuple[str, Tensor, str]  # name, tensor [position, d], kind
SIZES = (0.38, 0.32, 0.38)  # em of the words in wide, square and tall frames
LOOKED_AT = 8  # words that a word looks at most, of a long sentence
TITLE = 0.6  # room over bars for their title


def strip_of(
    lesson: TextLesson,
    position: int,
    chips: Sequence[Chip] = (),
    *,
    sizes: tuple[float, float, float] = SIZES,
    offered: int | None = None,
    besides: Sequence[int] = (),
    lines: int = 4,
    width: float | None = None,
) -> SentenceStrip:
    """The sentence at the top of the stage, with room for these chips. position: of the word that is followed; offered:
    of the one that is asked; besides: of others that must be seen; lines: how many there may be in a tall frame; width:
    of the stage unless given."""
    wide, square, tall = sizes
    strip = SentenceStrip(
        lesson.trace.tokens,
        width=width or lesson.stage.width,
        size=lesson.by(wide=wide, square=square, tall=tall),
        lines=lesson.by(wide=1, square=1, tall=lines),
        chips=len(chips),
        unknown=lesson.trace.unknown,
        target=position,
        offered=offered,
        besides=besides,
    )
    for chip in chips:
        strip.add(*chip)
    return strip.move_to(lesson.stage.center).align_to((0, lesson.stage.top, 0), UP)


def looked_at(lesson: TextLesson, weights: Tensor, target: int | None, width: float, size: float) -> SentenceStrip:
    """Of a sentence that is too long to stand under arcs: the word that looks, those at which it looks most, and of
    their neighbours as many as can be read; ⋯ for the others. weights: [key]; target: the word that looks."""
    most = np.argsort(-weights.values, kind="stable")[: lesson.by(wide=LOOKED_AT, square=4, tall=3)]
    marks: dict[str, Any] = dict(unknown=lesson.trace.unknown, target=target, besides=[int(k) for k in most])
    return SentenceStrip(lesson.trace.tokens, width=width, size=size, chips=0, **marks)


def rest_of(weights: Tensor, row: TokenRow | SentenceStrip) -> Tensor:
    """The weights [key] of the words that a row does not show, together."""
    return weights[[k for k in range(len(weights)) if k not in row.shown]].sum(0)


def behind(row: TokenRow | SentenceStrip) -> str:
    """What a grey line adds of words that a row does not show: what they get (`rest_of`, as the field `rest`)."""
    return " · words behind ⋯: {rest:.0%}" if isinstance(row, SentenceStrip) and "⋯" in row.row.words else ""


def below(lesson: TextLesson, strip: Mobject, air: float = 0.15) -> Box:
    """The stage without the strip."""
    stage = lesson.stage
    return Box(stage.left, stage.bottom, stage.right, float(strip.get_bottom()[1]) - air)


def next_word_title(lesson: TextLesson, position: int) -> Label:
    """What bars of the next word are called."""
    return Label(say("next word after {w}", w=before_next(lesson, position)), 0.36, "secondary")


def before_next(lesson: TextLesson, position: int) -> Said:
    """How a caption speaks of the word after which the next word of a position comes."""
    return lesson.before_next(position) if isinstance(lesson, StackLesson) else say("“{w}”", w=lesson.words[position])


def quiz_without(lesson: TextLesson, text: str, both: tuple[Tensor, Tensor]) -> Question | None:
    """Which word is likeliest in the second of two distributions [vocab]? None where `two_bars` may not show it."""
    best = int(np.argmax(both[1].values))
    if best not in telling_words(*both, 3):
        return None
    return lesson.quiz(text, both[1], lesson.called_next, before=before_next(lesson, lesson.position))


def two_bars(lesson: TextLesson, both: tuple[Tensor, Tensor], box: Box, least: int, most: int) -> list[ProbabilityBars]:
    """Two distributions [vocab] of the next word, as bars for the same words on one scale, in the middle of a box.

    least, most: how many words have a bar of their own."""
    ids = telling_words(*both, max(least, min(most, int(box.height / 0.5))))
    room = Box(box.left, box.bottom, box.right, box.top - TITLE)
    size: dict[str, float] = dict(width=min(room.width, 9.0), height=room.height, size=0.42)
    words = lesson.whole.vocabulary if isinstance(lesson, StackLesson) else lesson.trace.vocabulary
    pair = bars_on_one_scale(both, words, ids, fill="probability", **size)
    return [bars.move_to(room.center) for bars in pair]
