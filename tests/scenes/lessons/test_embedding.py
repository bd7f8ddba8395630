"""The lesson on embeddings: rows of the real table, neighbours of the full space, ranks that are true."""

import re

import numpy as np
import pytest

from model import run
from model.errors import UsageError
from model.numbers.tensor import Tensor
from model.study.vectors import load_vectors
from scenes.kit.charts.ranking import Ranking
from scenes.kit.ground import typesetting
from scenes.kit.ground.say import number
from scenes.kit.ground.style import smallest
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.space.vectorspace import VectorSpace
from scenes.lesson import FRAME, Options
from scenes.lessons.embedding.ids import NumberedTokens
from scenes.lessons.embedding.lesson import ELSEWHERE, Embedding
from scenes.lessons.embedding.maps import CROWD
from scenes.lessons.embedding.table import TablePicture
from tests.playing import caption, only, player, texts

pytestmark = pytest.mark.slow

TEXT = Embedding.text
LONG = (
    "The little girl who lived in the old house saw a big dog and ran to her mother because she was very afraid today"
)
STEPS = [
    "Embedding",
    "The table",
    "Look-up",
    "Same word, same row",
    "Every word",
    "A space",
    "Around the sentence",
    "Neighbours",
    "Cosine",
    "A direction",
    "A probe",
    "Any word",
    "Other questions",
    "Analogies",
    "One that fails",
    "Everyday words",
    "King and queen",
    "Hits and misses",
    "Into the model",
]


play = player(Embedding)


# ── the lesson as a whole ────────────────────────────────────────────────────────────────────────
def test_the_steps_and_how_long_they_last():
    lesson = play()
    assert [step.name for step in lesson.steps] == STEPS
    assert 90 <= lesson.steps[-1].end <= 150
    assert all(len(step.caption) <= 90 for step in lesson.steps)


@pytest.mark.parametrize("aspect", ["16:9", "9:16", "1:1"])
@pytest.mark.parametrize("text", ["dog", "Zyxqw blorft", LONG])
def test_any_length_in_any_aspect(text, aspect):
    lesson = play(aspect, text=text)
    assert ("Unknown words" in [step.name for step in lesson.steps]) == bool(lesson.trace.unknown)
    assert lesson.steps[-1].end <= 150


def test_too_many_tokens_and_no_such_token():
    with pytest.raises(UsageError, match="1 to 24"):
        Embedding(Options(text="a " * 25))
    with pytest.raises(UsageError, match="0 to 1"):
        Embedding(Options(text="a cat", token=5))


# ── the look-up ──────────────────────────────────────────────────────────────────────────────────
def test_the_id_picks_its_row():
    lesson, trace = play(token=1), run("tiny", TEXT)
    assert lesson.words[lesson.word.position] == "fluffy" and lesson.word.id == trace.ids[1]
    assert f"{lesson.word.id:,}" in texts(lesson, "Embedding")
    row = next(m for m in lesson.watched.shown["Look-up"] if type(m) is TensorGrid and m.flat)
    np.testing.assert_array_equal(row.values[0][[0, 1, -1]], trace.array("W_E")[lesson.word.id][[0, 1, -1]])
    table = next(m for m in lesson.watched.shown["The table"] if type(m) is TensorGrid)
    assert {0, lesson.word.id, len(trace.vocabulary) - 1, None} <= set(table.rows)


def test_a_word_that_comes_twice_has_one_row():
    text = "The old man saw the young man and the dog"
    lesson, trace = play(text=text), run("tiny", text)
    assert "of another text" not in caption(lesson, "Same word, same row")
    twin = lesson.twin
    mine, k, other, j = twin.trace, twin.place, twin.other, twin.other_place
    assert other is mine and k != j and trace.ids[k] == trace.ids[j]
    difference = next(
        m for m in lesson.watched.shown["Same word, same row"] if type(m) is TensorGrid and m.kind == "delta"
    )
    assert not difference.values.any()


def test_else_it_is_found_in_another_real_sentence():
    lesson = play()
    twin = lesson.twin
    mine, k, other, j = twin.trace, twin.place, twin.other, twin.other_place
    assert other is not mine and other in lesson.traces and other.info["text"] in ELSEWHERE
    assert mine.ids[k] == other.ids[j] and k != j
    np.testing.assert_array_equal(mine.array("embed")[k], other.array("embed")[j])


def test_nothing_is_made_up_when_no_sentence_has_the_word():
    lesson = play(text="Zyxqw blorft")
    assert lesson.twin is None and "Same word, same row" not in lesson.watched.shown


def test_every_word_gets_its_row():
    lesson = play()
    trace, shown = lesson.trace, lesson.watched.shown["Every word"]
    grid = next(m for m in shown if type(m) is TensorGrid)
    assert grid.rows == list(range(len(trace))) and (grid.cell_opacity == 1).all()
    np.testing.assert_array_equal(grid.values[:, 0], trace.array("W_E")[list(trace.ids), 0])
    picture = only(lesson, "Every word", TablePicture)
    np.testing.assert_array_equal(picture.values, trace.array("W_E"))


# ── the space ────────────────────────────────────────────────────────────────────────────────────
def test_neighbours_come_from_the_full_space_not_from_the_map():
    lesson = play()
    x = lesson.trace.array("W_E").astype(np.float64)
    cosines = x @ x[lesson.word.id] / np.linalg.norm(x, axis=1) / np.linalg.norm(x[lesson.word.id])
    order = [row for row in np.argsort(-cosines) if row != lesson.word.id]
    ranking = only(lesson, "Neighbours", Ranking)
    assert ranking.words == [lesson.trace.vocabulary[row] for row in order[:5]]
    np.testing.assert_allclose(ranking.values, cosines[order[:5]])
    assert f"{cosines[order[0]]:.2f}" in caption(lesson, "Neighbours") and f"{cosines[order[0]]:.2f}" in caption(
        lesson, "Cosine"
    )


@pytest.mark.parametrize("step", ["A space", "Around the sentence"])
def test_the_variance_a_map_keeps_is_printed(step):
    lesson = play()
    rows = lesson.trace.array("W_E").astype(np.float64)
    if step != "A space":
        rows = rows[lesson.word.around(CROWD)]
    shares = np.linalg.svd(rows - rows.mean(0), compute_uv=False) ** 2
    shares /= shares.sum()
    axes = 3 if step == "A space" else 2
    assert f"{shares[:axes].sum():.0%}" in caption(lesson, step)
    told = [*shares[:axes], shares[axes:].sum()]
    assert {f"{share:.1%}" for share in told} <= set(texts(lesson, step))


def test_every_word_of_the_sentence_is_labelled_on_the_map():
    for aspect in FRAME:
        lesson = play(aspect)
        shown = set(texts(lesson, "Around the sentence"))
        assert {lesson.table.vocabulary[row] for row in lesson.word.own} <= shown
        assert len(only(lesson, "Around the sentence", VectorSpace).labelled()) > len(lesson.word.own) + 8


# ── directions and analogies ─────────────────────────────────────────────────────────────────────
def test_the_probe_counts_what_it_got_right():
    lesson = play()
    found, x = lesson.probes[0], lesson.trace.array("W_E").astype(np.float64)
    along = np.mean([x[j] - x[i] for i, j in found.pairs], axis=0)
    along /= np.linalg.norm(along)
    border = np.mean([x[row] @ along for pair in found.pairs for row in pair])
    right = sum(x[row] @ along < border for row in found.tested[0]) + sum(
        x[row] @ along > border for row in found.tested[1]
    )
    assert f"{right} of {found.total}" in caption(lesson, "A probe")
    assert right > 0.8 * found.total  # tiny knows: else the lesson has nothing to show


def test_ranks_on_screen_are_true():
    lesson = play()
    x = lesson.trace.array("W_E").astype(np.float64)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    raw, steps = lesson.trace.array("W_E").astype(np.float64), ("Analogies", "One that fails")
    for found, step in zip(lesson.analogies, steps, strict=True):
        ranking = only(lesson, step, Ranking)
        cosines = x @ (raw[found.b] - raw[found.a] + raw[found.c])
        order = [row for row in np.argsort(-cosines) if row not in (found.a, found.b, found.c)]
        assert ranking.words[0] == lesson.table.vocabulary[order[0]]
        place = order.index(found.expected) + 1
        assert ranking.ranks[ranking.words.index(lesson.table.vocabulary[found.expected])] == place
        assert place == 1 or f"number {place}" in caption(lesson, step)


@pytest.mark.parametrize("step", ["Analogies", "One that fails", "King and queen"])
def test_the_arrow_lands_on_the_vector_that_is_asked(step):
    lesson = play()
    space, table = only(lesson, step, VectorSpace), lesson.glove if step == "King and queen" else lesson.table
    a, b, c = (table.rows[word.lower()] for word in space.words[:3])
    rows = [table.rows[str(word).lower()] for word in space.words[:-1]]
    x = table.table.values.astype(np.float64)
    _, s, vt = np.linalg.svd(x[rows] - x[rows].mean(0), full_matrices=False)
    assert f"{(s[:3] ** 2).sum() / (s**2).sum():.0%} of the variance" in " ".join(texts(lesson, step))
    target = space.values[-1]
    np.testing.assert_allclose(np.abs(target), np.abs((x[b] - x[a] + x[c]) @ vt[:3].T), atol=1e-4)
    assert space.carry_moved[0] == 1 and len(space.words) - 1 in space.hollow
    _, tip = space.carried[0].ends(space.values, 1.0, 1.0)
    np.testing.assert_allclose(tip, target, atol=1e-6)


def test_the_words_of_the_text_answer_below_the_line():
    lesson = play()
    found, x = lesson.probes[0], lesson.trace.array("W_E").astype(np.float64)
    along = np.mean([x[j] - x[i] for i, j in found.pairs], axis=0)
    answers = x[list(lesson.trace.ids)] @ along / np.linalg.norm(along)
    shown = texts(lesson, "Any word")
    assert all(number(value) in shown for value in answers)


def test_everyday_words_are_those_that_glove_knows():
    lesson = play()
    known = set(load_vectors().vocabulary)
    asked = [m.title for m in lesson.watched.shown["Everyday words"] if type(m) is Ranking]
    assert asked and all(word in known and word in TEXT.lower().split() for word in asked)
    grey = lesson.watched.shown["Everyday words"]
    assert any(
        word not in known and any(word in r.text for m in grey for r in m.readings()) for word in TEXT.lower().split()
    )
    assert "Everyday words" not in play(text="Zyxqw blorft").watched.shown


def test_what_was_left_out_is_said_and_a_failure_is_shown():
    lesson = play()
    subtitle = " ".join(texts(lesson, "King and queen"))
    assert "left out: man, king, woman" in subtitle and only(lesson, "King and queen", Ranking).words[0] == "queen"
    places = [int(t) for t in texts(lesson, "Hits and misses") if re.fullmatch(r"\d+", t)]
    assert places.count(1) == 4 and max(places) > 1 and f"number {max(places)}" in caption(lesson, "Hits and misses")


@pytest.mark.parametrize(("model", "words"), [("tiny", "gets its position added"), ("tiny-rotary", "comes in later")])
def test_the_end_says_what_the_model_does_next(model, words):
    assert words in play(model=model).steps[-1].caption


def test_under_many_words_each_number_has_room():
    tokens, ids = (
        [" the", ",", " frightened", "s"] * 16,
        Tensor.given(np.arange(64) * 500 + 10000, "ids", ("position",)),
    )
    made = NumberedTokens(tokens, ids, width=11.0, height=2.6, size=0.46)
    assert made.height <= 2.6 and len(made.rows) > 2
    for row, numbers in zip(made.rows, made.numbers, strict=True):
        assert {line for _, line, _ in row.boxes} == {0} and numbers.size >= smallest()
        half = np.array([typesetting.width(number(value, ",.0f"), numbers.size) / 2 for value in numbers.values])
        middles = np.array([numbers.spot(k)[0] for k in range(len(half))])
        assert (middles[1:] - half[1:] - middles[:-1] - half[:-1]).min() > 0.02
