"""What pieces are like: blanks belong to them, no word is unknown, bytes are below all, and the text comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manim import FadeIn, Mobject

from model.text.bpe import WORD
from scenes.kit.ground.layout import Box, stack
from scenes.kit.ground.say import say
from scenes.kit.ground.text import Label
from scenes.kit.recipes import Look
from scenes.kit.words.pieces import Part, PieceRow, parts_of
from scenes.kit.words.regroup import Regroup
from scenes.lesson.steps import COME, come, leave
from scenes.lessons.tokens.smiley import Smiley
from scenes.lessons.tokens.words import SMALL, many, out_of, pieces_of

if TYPE_CHECKING:
    from scenes.lessons.tokens.lesson import Tokens

EMOJI = "🙂"
GAP = 0.3  # between a word and what is said of it
OTHER = "the"  # where the text has no word but the one that is not in the list


def pieces(lesson: Tokens, text: str, box: Box, plain: bool = False, size: float = 1.0) -> PieceRow:
    """A word in its pieces, or as it is written."""
    cut = lesson.cut(text)
    parts = [Part(0, text.encode(), 0)] if plain else parts_of(cut)
    room: Look = dict(width=box.width, height=box.height, size=size, bits=cut["bits"], plain=plain)
    return PieceRow(parts, None if plain else cut["tokens"], **room).move_to(box.center)


def spaced_word(lesson: Tokens) -> str:
    """A word that stands in the text after a blank; best one that is a single piece there."""
    found = [word.strip() for word in WORD.findall(lesson.said) if word.startswith(" ") and word.strip().isalpha()]
    single = [word for word in found if len(lesson.pairs.cut_word(" " + word)) == 1]
    return next(word for word in (*single[::-1], *found, *lesson.words, OTHER) if word != lesson.stranger)


def blanks(lesson: Tokens, row: PieceRow) -> tuple[PieceRow, list[Mobject]]:
    """The same word without a blank before it, and with one."""
    word = spaced_word(lesson)
    with lesson.step(
        "A blank belongs to its word",
        ask="Is “{word}” the same without the blank before it?",
        subtitle="ids of “{word}” at the beginning of a text, and after a blank",
        word=word,
        keep=(row,),
        claims=[pieces_of("without", lesson.cut(word)), pieces_of("after", lesson.cut(" " + word))],
    ):
        top, low = lesson.boxes
        small = lesson.row(top, lesson.whole, SMALL)
        lesson.play(Regroup(row, small), run_time=1)
        boxes = lesson.by(wide=low.columns, square=low.columns, tall=low.rows)(1, 1)
        shown: list[Mobject] = []
        counts = []
        for box, text, name in zip(boxes, (word, " " + word), ("without a blank", "after a blank"), strict=True):
            label = Label(name, 0.4, "secondary")
            room = Box(box.left, box.bottom, box.right, box.top - label.height - GAP)
            before, after = (pieces(lesson, text, room, plain=plain) for plain in (True, False))
            stack(label, after, gap=GAP).move_to(box.center)
            before.move_to(after.get_center())
            lesson.play(FadeIn(label), out_of(small, lesson.said, word, before), run_time=0.8)
            lesson.play(Regroup(before, after), run_time=1)
            shown += [label, after]
            counts.append(len(after.parts))
        lesson.answer(
            "No: {a} without it, {b} with it. The blank is part of the piece, so the ids are others.",
            a=many(counts[0], "piece", "without"),
            b=many(counts[1], "piece", "after"),
        )
    return small, shown


def stranger(lesson: Tokens, row: PieceRow, below: list[Mobject]) -> list[Mobject]:
    """The word that the list of words did not have."""
    text = " " + lesson.stranger
    with lesson.step(
        "No word is unknown",
        ask="And “{stranger}”, which was <unk> in the list of words?",
        subtitle="tokens [position] of “{stranger}” after a blank, by all {merges} merges",
        stranger=lesson.stranger,
        keep=(row, *below),
        claims=[pieces_of("pieces", lesson.cut(text))],
    ):
        box = lesson.boxes[1]
        before, after = (pieces(lesson, text, box, plain=plain, size=1.2) for plain in (True, False))
        lesson.play(*leave(*below), out_of(row, lesson.said, lesson.stranger, before, rate_func=COME), run_time=1)
        lesson.play(Regroup(before, after), run_time=1.4)
        lesson.answer(
            "{n} that other words have given it: cut where letters are frequent, not where it makes sense."
            if len(after.parts) < len(text.encode())
            else "{n}, all of them bytes: a long way to write it, but nothing of it is lost.",
            n=many(len(after.parts), "piece", "pieces"),
        )
    return [after]


def down_to_bytes(lesson: Tokens, row: PieceRow, below: list[Mobject]) -> list[Mobject]:
    """An emoji, which no merge fits: its bytes."""
    cut = lesson.cut(EMOJI)
    with lesson.step(
        "Down to bytes",
        "No merge fits an emoji: its {n} bytes are left, each with its own id. So there is no text without ids.",
        subtitle="tokens [position] of an emoji: ids {zero} … {last} are the bytes · squares: their {eight} bits",
        n=len(cut),
        eight=8,
        keep=(row, *below),
        claims=[pieces_of("n", cut)],
    ):
        box = lesson.boxes[1]
        left, right = lesson.by(wide=box.columns, square=box.columns, tall=box.rows)(1, 2)
        face = Smiley(min(left.width, left.height, 2.2)).move_to(left.center)
        after = pieces(lesson, EMOJI, right, size=1.1)
        lesson.play(*leave(*below), *come(face), run_time=1)
        lesson.play(FadeIn(after, target_position=face.get_center(), scale=0.2), run_time=1.4)
    return [face, after]


def and_back(lesson: Tokens, row: PieceRow, below: list[Mobject]) -> PieceRow:
    """Ids, their bytes, the text."""
    with lesson.step(
        "And back",
        ask="Can the text be read again from its {n} ids?",
        subtitle="each id is looked up in the list of {list} pieces; their bytes, end to end",
        n=len(lesson.whole),
        keep=(row, *below),
        claims=[pieces_of("n", lesson.whole)],
    ):
        large = lesson.row(lesson.body, lesson.whole)
        lesson.play(*leave(*below), Regroup(row, large), run_time=1.2)
        letters = lesson.row(lesson.body, lesson.raw)
        lesson.play(Regroup(large, letters), run_time=1.4)
        text = lesson.plain(lesson.body)
        lesson.play(Regroup(letters, text), run_time=1.4)
        same = say("Yes, to the last letter") if lesson.pairs.decode(lesson.whole.ids) == lesson.said else say("No")
        lesson.answer("{same}: whatever is written, its bytes are all there.", same=same)
    return text
