"""Questions to the viewer: right and wrong answers are numbers of one row, and the card has room for them."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from model import run
from model.errors import UsageError
from model.numbers.tensor import Tensor
from scenes import course
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.style import Style, smallest
from scenes.kit.words.card import QuestionCard
from scenes.lesson.options import FRAME, Options
from scenes.lesson.quiz import ANSWERS, CLEAR, how_much, which
from studio.audit.matrix import small_picture
from studio.play.playback import Playback
from studio.play.session import Job, perform
from studio.preview.processes.lessons import asked

TEXTS = ("The old dog chased the cat", "The cat sat", "A fluffy blue creature roamed the verdant forest")


OTHERS = {  # of two to twenty words
    "tiny": (
        "The dog",
        *TEXTS[:1],
        "The little girl in the old house saw a big dog and ran to her mother and her mother ran",
    ),
    "translator": ("The cat sleeps.", "The tired dog saw the cat.", "The old woman sees the black cat in the house."),
}


def row_of(*values: float) -> Tensor:
    return Tensor.given(np.array(values), "values", ("n",))


def letter(k: int) -> str:
    return "abcdefgh"[k]


@pytest.mark.parametrize("text", TEXTS)
def test_right_is_the_largest_and_wrong_are_the_next(text):
    trace = run("tiny", text)
    probs = trace["probs"][-1]
    asked = which(say("Which word?"), probs, lambda k: trace.vocabulary[k])
    by_hand = sorted(range(len(probs)), key=lambda k: float(probs[k]), reverse=True)
    apart = [k for k in by_hand[1:] if float(probs[by_hand[0]]) - float(probs[k]) > CLEAR * float(probs[by_hand[0]])]
    expected = [trace.vocabulary[k] for k in (by_hand[0], *apart[: ANSWERS - 1])]
    assert sorted(asked.answers) == sorted(expected) and len(set(asked.answers)) == ANSWERS
    assert asked.answers[asked.right] == trace.vocabulary[int(np.argmax(probs.values))]
    for answer, cell in zip(asked.answers, asked.cells, strict=True):
        assert float(cell) == float(probs[trace.vocabulary.index(answer)])
    assert asked.fact.holds(probs.values) and not asked.fact.holds(-probs.values)
    assert asked.asked.answers[asked.asked.right] == asked.answers[asked.right]


def test_the_smallest_and_those_that_count():
    row = row_of(3.0, 1.0, 2.0, 9.0)
    assert (
        which(say("?"), row, letter, smallest=True).asked.answers[which(say("?"), row, letter, smallest=True).right]
        == "b"
    )
    asked = which(say("?"), row, letter, among=[0, 1, 2])
    assert asked.answers[asked.right] == "a" and "d" not in asked.answers
    assert asked.fact.holds(row.values)  # the largest is not among those that count


def test_what_is_nearly_as_large_or_called_the_same_is_no_wrong_answer():
    asked = which(say("?"), row_of(1.0, 0.99, 0.5, 0.4), letter)
    assert set(asked.answers) == {"a", "c", "d"}
    names = ["dog", "cat", "dog", "cat"]
    assert sorted(which(say("?"), row_of(1.0, 0.5, 0.4, 0.3), names.__getitem__).answers) == ["cat", "dog"]
    assert which(say("?"), row_of(1.0, 0.999), letter) is None
    assert which(say("?"), row_of(1.0, 0.5), lambda k: "dog") is None
    assert which(say("?"), row_of(-np.inf, -np.inf), letter) is None


def test_how_much_is_told_by_other_numbers_of_the_row():
    row = row_of(0.5, 0.31, 0.312, 0.3, 0.1, 0.02)
    asked = how_much(say("?"), row, 1, ".0%")
    assert asked.answers[asked.right] == "31%" and set(asked.answers) == {"31%", "30%", "50%", "10%"}
    assert all(len(answer.spans) == 1 for answer in asked.answers)  # each knows its number
    assert how_much(say("?"), row_of(0.301, 0.2999), 0, ".0%") is None  # both would be written 30%


def test_the_order_is_the_runs_own():
    found = []
    for text in (*TEXTS, "The queen gave the king a letter", "The keys on the table", "The tired old grey wolf"):
        row = run("tiny", text)["probs"][-1]
        first, again = (which(say("?"), row, str) for _ in range(2))
        assert first.asked == again.asked
        found.append(first.right)
    assert len(set(found)) > 1


@pytest.mark.parametrize("aspect", FRAME)
@pytest.mark.parametrize(
    "answers", [["“is”", "“are”"], ["“remembered”", "“trusted”", "“the second “creature””", "“was”"]]
)
def test_all_of_a_card_is_in_its_room(aspect, answers):
    with Style.of("night", FRAME[aspect]).used():
        width = FRAME[aspect][0] - 0.8
        question = Said("Without this head, which word is likeliest after the second “creature”?")
        card = QuestionCard(question, [Said(a) for a in answers], width, 1.05)
        assert (card.width, card.height) == pytest.approx((width, 1.05))
        low, high = card.get_corner((-1, -1, 0)), card.get_corner((1, 1, 0))
        readings = card.readings()
        assert [r.text for r in readings if r.text in answers] == answers and "A)" in [r.text for r in readings]
        for reading in readings:
            assert reading.size >= smallest() - 1e-9
            assert (reading.corners >= low[:2] - 1e-6).all() and (reading.corners <= high[:2] + 1e-6).all()
        assert card.over().left == 0 and card.left == 1
        assert all(answer in card.said for answer in answers) and card.said.startswith(card.text)


def test_the_preview_is_told_a_question_with_the_models_numbers_and_their_run():
    trace = run("tiny", "The cat sat")
    probs, logits = trace["probs"][-1], trace["logits"][-1]
    masked = trace["blocks.0.attn.scores_masked"][0, 0]  # the first word sees no later one: −∞
    named = trace.vocabulary.__getitem__
    questions = {
        0: which(say("Which?"), probs, named),
        1: which(say("Which?"), logits, named),
        2: how_much(say("How much?"), masked, 0, "+.2f"),
    }
    told = [asked(SimpleNamespace(questions=questions, traces=[trace]), k) for k in range(4)]
    assert told[3] is None
    kinds = [(quiz["compares"], quiz["shares"], quiz["signed"]) for quiz in told[:3]]
    assert kinds == [(True, True, False), (True, False, True), (False, False, True)]
    for row, quiz in zip((probs, logits), told, strict=False):
        by_name = {row[k].source(): float(row.values[k]) for k in range(len(row))}
        assert quiz["values"] == [by_name[source] for source in quiz["sources"]]
        assert quiz["values"][quiz["right"]] == float(row.values.max())
    assert None in told[2]["values"] and told[2]["values"][told[2]["right"]] == float(masked.values[0])
    info = trace.info
    assert told[0]["run"] == {name: info[name] for name in ("text", "checkpoint", "checkpoint_hash")}
    assert json.loads(json.dumps(told, allow_nan=False)) == json.loads(json.dumps(told))


@pytest.mark.slow
@pytest.mark.parametrize("entry", course(), ids=lambda entry: entry.id)
def test_every_lesson_asks_two_to_four_times_whatever_the_text(entry, tmp_path):
    for text in OTHERS[entry.model.partition("-")[0]]:
        job = Job(entry, Options(text=text), small_picture("16:9", fps=15), segments=tmp_path)
        try:
            lesson = perform(job, Playback)
        except UsageError as error:
            assert "shows texts of 3 to" in str(error) and entry.id == "position"
            continue
        assert 2 <= len(lesson.questions) <= 4, text
        assert all(2 <= len(each.answers) <= ANSWERS for each in lesson.questions.values())
