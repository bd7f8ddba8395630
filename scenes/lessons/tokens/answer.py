"""The answer: the text in its three cuts, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from manim import FadeIn

from scenes.kit.ground.layout import Box
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.text import Label
from scenes.kit.words.pieces import PieceRow
from scenes.kit.words.regroup import Regroup
from scenes.lesson.claims import count
from scenes.lessons.tokens.words import pieces_of

if TYPE_CHECKING:
    from scenes.lessons.tokens.lesson import Tokens

SIZE = 0.5
NAMES = 0.5  # height of a cut's name above it


def how_many(lesson: Tokens, row: PieceRow) -> None:
    counts = len(lesson.raw), len(lesson.whole), len(lesson.trace)
    with lesson.step(
        "How many numbers?",
        ask="So how many numbers is this text?",
        subtitle="how many the text takes, of how many there are to choose from",
        keep=(row,),
        claims=[
            pieces_of("a", lesson.raw),
            pieces_of("b", lesson.whole),
            count("words", "c", [lesson.trace["tokens"]], len),
        ],
    ):
        boxes = lesson.stage.rows(*[max(1.0, (count / 12) ** 0.5) for count in counts], gap=0.3)
        names = (
            say("{n} of {all} bytes", n=counts[0], all=256),
            say("{n} of {list} pieces", n=counts[1], list=len(lesson.pairs.vocabulary)),
            say("{n} of {v} words", n=counts[2], v=len(lesson.trace.vocabulary)),
        )
        rooms = [room(lesson, box) for box in boxes]
        lines: Sequence[int] = lesson.by(wide=row.line_starts, square=(), tall=())  # the same ones, where there is room
        made = (lesson.row(rooms[0][1], lesson.raw, SIZE, lines), lesson.row(rooms[1][1], lesson.whole, SIZE))
        rows = [*made, lesson.words_row(rooms[2][1], SIZE)]
        for k, (name, (place, _), after) in enumerate(zip(names, rooms, rows, strict=True)):
            before = rows[k - 1] if k else row  # each cut comes out of the one above
            lesson.play(Regroup(before, after, keep=k > 0), FadeIn(named(name, place)), run_time=1.6)
        lesson.answer(
            "{a}, {b} or {c}: many from a short list, or few from a long one. Letters it never sees.",
            a=counts[0],
            b=counts[1],
            c=counts[2],
        )


def room(lesson: Tokens, box: Box) -> tuple[Box, Box]:
    """For the name of a cut, and for the text in it."""
    if lesson.wide:
        name, text = box.columns(1, 3.6)
    else:
        name, text = box.rows(1, max(box.height / NAMES - 1, 1), gap=0.05)
    return name, text


def named(name: Said, box: Box) -> Label:
    label = Label(name, 0.38, "secondary")
    box.fit(label)
    return label
