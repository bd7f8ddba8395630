"""A number for each letter, a number for each word: the two ends between which pieces lie."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from manim import FadeIn, Mobject, Transform

from model.numbers.trace import Trace
from model.study.pieces import Cut
from model.text.bpe import as_bytes as utf8
from scenes.kit.ground.say import Said, say
from scenes.kit.recipes import Look
from scenes.kit.words.pieces import PieceRow, words_of
from scenes.kit.words.regroup import Regroup
from scenes.kit.words.tokens import display
from scenes.kit.words.wordlist import WordList
from scenes.lesson.claims import Fact, count
from scenes.lesson.quiz import Question
from scenes.lesson.steps import come, leave

if TYPE_CHECKING:
    from scenes.lessons.tokens.lesson import Tokens

LIST = 0.42  # em of the words in the list
HALF = 0.5  # of its size: how small a word comes out of the text
SMALL = 0.6  # em of the text above something else


def many(count: int, noun: str, field: str = "n") -> Said:
    """“1 piece”, “2 pieces”, the number in a field of that name."""
    return say("{" + field + "} " + noun + ("" if count == 1 else "s"), **{field: count})


def pieces_of(field: str, cut: Cut) -> Fact:
    """That a field says how many pieces a cut has."""
    return count("pieces", field, [cut["tokens"]], len)


def out_of(row: PieceRow, text: str, word: str, new: Mobject, **how: Any) -> FadeIn:
    """A word comes out of where it stands in a row of the text; where it does not stand there, in its place."""
    found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)  # “happy”, not that of “unhappy”
    start, end = (len(utf8(text[:place])) for place in found.span()) if found else (0, 0)
    there = [k for k, part in enumerate(row.parts[: row.shown]) if part.start < end and part.end > start]
    if there:
        middle = np.mean([row.corners(k) for k in there], axis=(0, 1))
        how |= dict(target_position=middle, scale=HALF)
    return FadeIn(new, **how)


def as_bytes(lesson: Tokens, row: PieceRow) -> PieceRow:
    with lesson.step(
        "A number for each letter",
        "A computer keeps it as {bytes} bytes: one number for a letter or a blank, more for rarer signs.",
        subtitle="UTF-8 · each number a byte, {zero} … {last}",
        keep=(row,),
        claims=[pieces_of("bytes", lesson.raw)],
    ):
        after = lesson.row(lesson.body, lesson.raw)
        lesson.play(Regroup(row, after, lag=0.02), run_time=2)
    return after


def as_words(lesson: Tokens, row: PieceRow) -> tuple[PieceRow, WordList]:
    """The letters of each word come together, and its id comes from the list."""
    top, low = lesson.boxes
    after = lesson.words_row(top)
    with lesson.step(
        "A number for each word",
        "Or one number for each word: its place in a list of the {v} words that {model} knows.",
        subtitle="tokens [position] = place in the vocabulary of {model}, capital or not · blanks are left out",
        keep=(row,),
        quiz=in_the_list(lesson, after),
    ):
        entries = WordList.around(low, lesson.trace.vocabulary, lesson.trace.ids, LIST)
        lit = entries.copy()
        lit.lit = 1.0
        bare = after.copy()
        bare.number_opacity = 0.0
        lesson.play(Regroup(row, bare), run_time=1.6)
        lesson.play(FadeIn(entries), run_time=0.8)
        lesson.play(Transform(entries, lit), run_time=0.6)
        size = after.number_size * after.zoom()
        shown = [k for k, part in enumerate(after.parts[: after.shown]) if part.index is not None]
        ids = [lesson.trace.ids[after.parts[k].index or 0] for k in shown]
        flying, flight = entries.flying(ids, [after.number_place(k) for k in shown], size)
        lesson.play(flight, run_time=1.8)
        lesson.remove(*flying, bare)
        lesson.add(after)
    return after, entries


def in_the_list(lesson: Tokens, row: PieceRow) -> Question | None:
    """Which word comes last in the list, or first where the number of the last one has been seen, as a byte?"""
    ids, known = lesson.trace.ids, [k for k in shown_words(row) if k not in lesson.trace.unknown]
    asked = [("last", max), ("first", min)]
    end = next((word for word, of in asked if known and of(ids[k] for k in known) not in lesson.raw.ids), None)
    if end is None:
        return None
    return lesson.quiz(
        "Which of these words comes {end} in the model’s list of words?",
        lesson.trace["tokens"],
        lambda k: lesson.called_next(ids[k]),
        among=known,
        smallest=end == "first",
        end=end,
    )


def shown_words(row: PieceRow) -> list[int]:
    """The positions of the words that are not left out of a row."""
    return [part.index for part in row.parts[: row.shown] if part.index is not None]


def repeated(trace: Trace) -> dict[int, int]:
    """The ids of known words that come more than once, and how often."""
    times = Counter(i for k, i in enumerate(trace.ids) if k not in trace.unknown)
    return {i: n for i, n in times.items() if n > 1}


def same_id(lesson: Tokens, row: PieceRow) -> None:
    """A word that comes twice has one id."""
    trace = lesson.trace
    times = repeated(trace)
    typed = {i: {trace.tokens[k] for k, other in enumerate(trace.ids) if other == i} for i in times}
    common = max(times, key=lambda i: (len(typed[i]) == 1, len(trace.vocabulary[i]), times[i]))  # written alike, long
    places = [k for k, part in enumerate(row.parts) if part.index is not None and trace.ids[part.index] == common]
    with lesson.step(
        "Same word, same id",
        "“{word}” stands here {n} times. Each time it is id {id}: the same word, the same number.",
        word=display(trace.vocabulary[common]),
        n=len(places),
        id=common,
        claims=[count("times", "n", [trace["tokens"]], lambda ids: int((ids == common).sum()))],
    ):
        bright, lit = row.copy(), row.copy().dim_others(*places).mark(*places)
        lesson.play(Transform(row, lit), run_time=0.8)
        lesson.wait(1.5)
        lesson.play(Transform(row, bright), run_time=0.6)


def unknown(lesson: Tokens, row: PieceRow, entries: Mobject) -> tuple[PieceRow, Mobject]:
    """What happens to a word that is not in the list; what is on the stage below the text then."""
    stranger = lesson.trace if lesson.stranger_in_text else lesson.run(lesson.model_asked, lesson.stranger)
    first = stranger.unknown[0] if not lesson.stranger_in_text else lesson.words.index(lesson.stranger)
    with lesson.step(
        "A word that is not in the list",
        ask="And “{stranger}”? It is not in the list.",
        stranger=lesson.stranger,
        keep=(row, entries),
        claims=[count("id", "id", [stranger["tokens"]], lambda ids: int(ids[first]))],
    ):
        below = entries
        if lesson.stranger_in_text:
            lit = row.copy()
            places = [k for k, part in enumerate(row.parts) if part.index in lesson.trace.unknown]
            lesson.play(Transform(row, lit.dim_others(*places).mark(*places)), run_time=0.8)
        else:
            box = lesson.boxes[1]
            room: Look = dict(width=box.width, height=box.height, size=0.8)
            below = PieceRow(words_of(lesson.stranger, stranger.tokens), stranger["tokens"], **room)
            below.move_to(box.center)
            lesson.play(*leave(entries), *come(below), run_time=1)
        lesson.answer(
            "“{stranger}” gets id {id}, <unk>, like every word it does not know: what it was is lost.",
            id=stranger.ids[first],
        )
    return row, below
