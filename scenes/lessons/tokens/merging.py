"""Merges: how they are learned, and what they make of a word and of the whole text, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manim import UP, FadeIn, Mobject, Transform

from model.numbers.tensor import Tensor
from model.study.pieces import Cut
from model.text.bpe import Merge, as_text
from scenes.kit.charts.signed import SignedBars
from scenes.kit.ground.layout import Box, stack
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Label
from scenes.kit.moves.reveal import Grow
from scenes.kit.recipes import Look
from scenes.kit.words.pieces import PieceRow, parts_of
from scenes.kit.words.regroup import Regroup
from scenes.lesson.claims import most
from scenes.lesson.steps import come, leave
from scenes.lessons.tokens.words import many, out_of, pieces_of

if TYPE_CHECKING:
    from scenes.lessons.tokens.lesson import Tokens

FIRST = 6  # merges that are listed
RUNGS = 6  # merges of one word that are shown, at most


def visible(piece: bytes) -> str:
    """A piece as it is written in a sentence, ␣ for a blank."""
    return as_text(piece).replace(" ", "␣")


def told(merge: Merge) -> Said:
    """“t + h → th”."""
    left, right = visible(merge.left), visible(merge.right)
    return say("{a} + {b} → {c}", a=left, b=right, c=left + right)


def pairs(lesson: Tokens, row: PieceRow, below: Mobject) -> list[Mobject]:
    """The pairs that were joined first, and how often each stood in the training text."""
    times: Tensor = lesson.whole["times"]
    first = lesson.pairs.merges[0]
    with lesson.step(
        "Which pairs come most often?",
        ask="Is there something between? Which two pieces stand side by side most often?",
        subtitle="the first {n} merges of {merges} · how often in the training text of {learner}",
        n=FIRST,
        learner=lesson.learned_by,
        keep=(row, below),
        claims=[most(times, 0)],
        quiz=lesson.quiz("Which pair comes most often?", times[:FIRST], lambda k: told(lesson.pairs.merges[k])),
    ):
        box = lesson.boxes[1]
        room: Look = dict(width=min(box.width, 10.0), height=box.height, spec=",.0f", fill="key", size=0.44)
        words = [told(merge) for merge in lesson.pairs.merges[:FIRST]]
        bars = SignedBars(times[:FIRST], words, **room).move_to(box.center)
        back = [Transform(row, lesson.words_row(lesson.boxes[0]))]
        lesson.play(*leave(below), *back, run_time=0.8)
        lesson.play(Grow(bars, "values", lag=0.5, least=0.02), run_time=2.6)
        lesson.answer(
            "“{a}” before “{b}”: {t:,.0f} times. They become one piece with its own id; so on, {merges} times.",
            a=visible(first.left),
            b=visible(first.right),
            t=times[0],
        )
    return [bars]


def one_word(lesson: Tokens, row: PieceRow, bars: list[Mobject]) -> list[Mobject]:
    """A word as bytes, and what each of its merges makes of it, with the list of them beside it."""
    merges = lesson.pairs.merges_of(lesson.word)
    merges = merges[: max(RUNGS, 1)]
    with lesson.step(
        "One word, merge by merge",
        ask="What do they make of “{word}”? Of its pairs, the one learned first goes first.",
        subtitle="merges of “{word}”, numbered in the order in which they were learned, from {one}",
        word=lesson.word.strip(),
        one=1,
        keep=(row, *bars),
    ):
        low = lesson.boxes[1]
        left, right = lesson.by(wide=low.columns, square=low.columns, tall=low.rows)(1, 1.2)
        lines = merge_lines(lesson, left, merges)
        cuts = [lesson.cut(lesson.word, stop) for stop in (0, *[rank + 1 for rank in merges])]
        now = piece_row(right, cuts[0])
        lesson.play(*leave(*bars), out_of(row, lesson.said, lesson.word.strip(), now), run_time=1)
        for line, cut in zip(lines, cuts[1:], strict=True):
            after = piece_row(right, cut)
            lesson.play(FadeIn(line, shift=0.15 * UP), run_time=0.5)
            lesson.play(Regroup(now, after), run_time=1)
            now = after
        lesson.answer("{n}: that is all the model is told of “{word}”.", n=told_ids(now))
    return [*lines, now]


def told_ids(row: PieceRow) -> Said:
    return many(len(row.parts), "id") if len(row.parts) > 1 else say("One id")


def piece_row(box: Box, cut: Cut, size: float = 1.2) -> PieceRow:
    """A cut in the middle of a box."""
    room: Look = dict(width=box.width, height=box.height, size=size, bits=cut["bits"])
    return PieceRow(parts_of(cut), cut["tokens"], **room).move_to(box.center)


def merge_lines(lesson: Tokens, box: Box, merges: list[int]) -> list[Label]:
    """One line a merge: its number, and the two pieces that it joins."""
    texts = [say("merge {r}:  ", r=rank + 1) + told(lesson.pairs.merges[rank]) for rank in merges]
    widest = max(Label(text, 1.0).width for text in texts)
    size = min(0.5, box.width / widest, box.height / len(texts) / 1.5)
    lines = [Label(text, size) for text in texts]
    stack(*lines, gap=0.5 * size).move_to(box.center)
    left = min(line.get_left()[0] for line in lines)
    for line in lines:
        line.shift((left - line.get_left()[0], 0, 0))
    return lines


def whole_text(lesson: Tokens, row: PieceRow, rungs: list[Mobject]) -> PieceRow:
    """All merges that the text takes, in a few batches."""
    with lesson.step(
        "The whole text",
        ask="And the whole text, by all the merges in their order?",
        subtitle="tokens [position] after the first merges, in the order in which they were learned",
        keep=(row, *rungs),
        claims=[pieces_of("n", lesson.whole), pieces_of("bytes", lesson.raw)],
    ):
        now = lesson.row(lesson.body, lesson.raw)
        label = stage_label(lesson.above, 0, len(lesson.raw))
        lesson.play(*leave(*rungs), Regroup(row, now), *come(label), run_time=1.6)
        for cut in lesson.batches:
            after, told_now = lesson.row(lesson.body, cut), stage_label(lesson.above, cut.merges or 0, len(cut))
            lesson.play(Regroup(now, after, lag=0.01), Transform(label, told_now), run_time=1.5)
            lesson.wait(0.3)
            now = after
        lesson.answer(
            "{n} pieces are left of {bytes} bytes: what is frequent is one piece, what is rare is several."
            if lesson.batches
            else "Not one of them fits: its training text had no such signs. All {n} pieces are bytes.",
            n=len(lesson.whole),
        )
    return now


def stage_label(box: Box, merges: int, pieces: int) -> Label:
    """After how many merges there are how many pieces."""
    return Label(say("after {m} merges: {n} pieces", m=merges, n=pieces), 0.46, "secondary").move_to(box.center)
