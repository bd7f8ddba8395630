"""Tokens: what the lesson must show, for any text and aspect."""

import pytest

from model import load, run
from model.text.bpe import WORD, shipped
from scenes.kit.words.pieces import PieceRow
from scenes.lessons.tokens.lesson import Tokens
from tests.playing import find, player, texts

MIXED = "Hello, 猫 and 🙂"

play = player(Tokens)


@pytest.fixture(scope="module")
def pairs():
    return shipped(load("tiny").path)


def rows(lesson, step: str) -> list[PieceRow]:
    return [m for m in lesson.watched.shown[step] if type(m) is PieceRow]


def ids(row: PieceRow) -> list[int]:
    return [int(reading.text.replace(",", "")) for reading in row.readings() if reading.numbers]


def test_steps_and_length():
    lesson = play()
    assert [step.name for step in lesson.steps] == [
        "Tokens",
        "A number for each letter",
        "A number for each word",
        "Same word, same id",
        "A word that is not in the list",
        "Which pairs come most often?",
        "One word, merge by merge",
        "The whole text",
        "A blank belongs to its word",
        "No word is unknown",
        "Down to bytes",
        "And back",
        "How many numbers?",
    ]
    assert 80 <= lesson.steps[-1].end <= 150


@pytest.mark.parametrize(("aspect", "text"), [("16:9", Tokens.text), ("9:16", MIXED)])
def test_the_last_picture_is_the_text_in_its_three_cuts(aspect, text, pairs):
    lesson = play(aspect, text=text)
    data = list(text.encode())
    assert [ids(row) for row in rows(lesson, "How many numbers?")] == [
        data, pairs.encode(text), list(run("tiny", text).ids)
    ]  # fmt: skip
    assert lesson.steps[-1].caption.startswith(f"{len(data)}, {len(pairs.encode(text))} or {len(run('tiny', text))}:")


def test_the_text_comes_back_from_its_ids(pairs):
    (row,) = rows(play(text=MIXED), "And back")
    assert row.plain and b"".join(part.data for part in row.parts).decode() == MIXED == pairs.decode(
        pairs.encode(MIXED)
    )


def test_the_merges_of_the_word_are_told_in_the_order_in_which_they_were_learned(pairs):
    lesson = play()
    told = [text for text in texts(lesson, "One word, merge by merge") if text.startswith("merge ")]
    ranks = [int(text.split(":")[0].split()[1].replace(",", "")) - 1 for text in told]
    assert ranks == sorted(ranks) == pairs.merges_of(" happy")
    for text, rank in zip(told, ranks, strict=True):
        left, right = (piece.decode().replace(" ", "␣") for piece in pairs.merges[rank].pair)
        assert text.endswith(f"{left} + {right} → {left}{right}")


def test_a_blank_before_a_word_gives_other_ids_and_an_emoji_is_four_bytes(pairs):
    lesson = play()
    shown = [ids(row) for row in rows(lesson, "A blank belongs to its word")]
    assert shown[-2:] == [pairs.encode("cat"), pairs.encode(" cat")]
    assert ids(rows(lesson, "Down to bytes")[-1]) == [240, 159, 153, 130]
    assert ids(rows(lesson, "No word is unknown")[-1]) == pairs.encode(" unhappy")


def test_the_batches_of_the_whole_text_are_its_cuts(pairs):
    lesson = play()
    stages = [cut.merges for cut in lesson.batches]
    assert stages == sorted(stages) and lesson.batches[-1].ids == tuple(pairs.encode(lesson.said))
    taken = {rank + 1 for word in WORD.findall(lesson.said) for rank in pairs.merges_of(word)}
    assert set(stages) <= taken and max(taken) == stages[-1]


def test_a_text_of_known_words_that_come_once_borrows_a_word_and_skips_the_repeat():
    lesson = play("1:1", text="The cat")
    names = [step.name for step in lesson.steps]
    assert "Same word, same id" not in names and "unhappiest" in lesson.steps[3].caption
    assert find(lesson, "A word that is not in the list", PieceRow)
