"""The logit lens: what the model would say after each part, if it stopped there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from manim import Mobject

from model.numbers.tensor import Tensor, stack
from scenes.kit.ground.say import Said
from scenes.kit.moves.reveal import Emerge
from scenes.kit.words.table import WordTable
from scenes.kit.words.writers import name_of
from scenes.lesson.claims import CLOSE, Test, count, fact
from scenes.lesson.steps import leave

if TYPE_CHECKING:
    from scenes.lessons.facts.lesson import Facts

BEST, STOPS = 3, 9  # words at each stop, and stops at most


def called(tensor: str) -> Said:
    """What a part is called in a sentence."""
    return name_of(tensor)


def spread(count: int, most: int) -> list[int]:
    """So many of `count` places at most, evenly, the first and the last among them."""
    return [int(k) for k in np.unique(np.linspace(0, count - 1, min(count, most)).round())]


def stop_by_stop(lesson: Facts, before: list[Mobject]) -> Mobject:
    """The likeliest words at each stop of the last row, its own marked."""
    lens, word = lesson.lens, lesson.word
    ranks = lens.ranks(word)
    since = next(k for k in range(len(ranks)) if all(rank == 1 for rank in ranks[k:]))
    shown = sorted({*spread(len(ranks), STOPS), since})
    table, listed = table_of(lesson, shown)
    with lesson.step(
        "Stop by stop",
        ask="What would the last row say if the model stopped earlier?",
        subtitle="the {n} likeliest words at each stop, behind ln_final and W_U · position {i}",
        n=BEST,
        keep=before,
        claims=[
            count("is number", "a", [lens.probs[0]], lambda row: int((row >= row[word]).sum())),
            fact("comes first", "from there on no word is likelier", [lens.probs[since:]], first_in_all(word)),
            fact("likeliest", "no word is likelier than those that are shown", [listed, lens.probs[shown]], largest),
        ],
    ):
        lesson.play(*leave(*before), Emerge(table, "emphasis", lag=0.6), run_time=2.8)
        lesson.answer(
            "“{w}” is number {a} of {m:,} as the row goes in; from {name} on it comes first, {p:.1%}.",
            a=ranks[0],
            m=len(lesson.trace.vocabulary),
            name=called(lens.stops[since]),
            p=lens.probs[since, word],
        )
    return table


def first_in_all(word: int) -> Test:
    return lambda probs: bool((probs[:, word] >= probs.max(axis=1)).all())


def largest(listed: np.ndarray, probs: np.ndarray) -> bool:
    """Whether the numbers listed in each line are the largest of its row."""
    return bool(np.allclose(listed, -np.sort(-probs, axis=1)[:, : listed.shape[1]], atol=CLOSE))


def table_of(lesson: Facts, stops: list[int]) -> tuple[WordTable, Tensor]:
    """The likeliest words of some stops, a line each, and their chances. [stop, word]"""
    lens = lesson.lens
    best = [[int(k) for k in np.argsort(-lens.probs.values[stop], kind="stable")[:BEST]] for stop in stops]
    numbers = stack([lens.probs[stop, ids] for stop, ids in zip(stops, best, strict=True)], "stop")
    words = [[lesson.trace.vocabulary[k] for k in ids] for ids in best]
    names = [called(lens.stops[stop]) for stop in stops]
    table = WordTable(words, numbers, row_labels=names, width=lesson.stage.width, height=lesson.stage.height,
                      spec=".1%", size=0.44)  # fmt: skip
    for i, ids in enumerate(best):
        if lesson.word in ids:
            table.mark(i, ids.index(lesson.word))
    return table.move_to(lesson.stage.center), numbers
