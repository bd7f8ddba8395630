"""The word that is followed, where it comes again, and what a table of words can be asked."""

import numpy as np
import pytest

from model import run
from model.study.probes import ANALOGIES
from model.study.vectors import load_vectors
from model.study.words import Word, WordTable, closest_word, find_twin, one_of_each, repeated

TEXT = "A fluffy blue creature roamed the verdant forest"


@pytest.fixture(scope="module")
def trace():
    return run("tiny", TEXT)


def cosines(trace, row: int) -> np.ndarray:
    x = trace.array("W_E").astype(np.float64)
    found = x @ x[row] / np.linalg.norm(x, axis=1) / np.linalg.norm(x[row])
    found[row] = -1
    return found


def test_a_word_its_row_and_its_neighbours(trace):
    word = Word.of(trace, 1, 5)
    assert word.id == trace.ids[1] and word.own[0] == word.id and set(word.own) == set(trace.ids)
    assert list(word.near.ids) == np.argsort(-cosines(trace, word.id))[:5].tolist()


def test_the_word_that_is_followed_lies_nearest_to_its_neighbours(trace):
    means = [np.sort(cosines(trace, row))[-5:].mean() for row in trace.ids]
    assert closest_word(trace, 5) == int(np.argmax(means))


def test_an_unknown_word_is_followed_only_if_there_is_no_other():
    assert closest_word(run("tiny", "zorgon cat"), 5) == 1
    assert closest_word(run("tiny", "zorgon blark"), 5) == 0


def test_a_map_has_the_own_rows_then_the_neighbours_each_once(trace):
    word = Word.of(trace, 1, 5)
    rows, own = word.around(40), word.own
    assert len(rows) == len(set(rows)) == 40 and rows[: len(own)] == own
    assert set(word.near.ids) <= set(rows[: len(own) + 5])
    assert len(word.around(3)) == len(own) + 5


def test_a_twin_in_the_text_comes_before_one_in_another():
    text = run("tiny", "The old man saw the young man")
    twin = find_twin(text, (pytest.fail("another text was looked at") for _ in range(1)))
    assert twin.inside and text.ids[twin.place] == text.ids[twin.other_place] and twin.place < twin.other_place
    assert (twin.rows[0].values == twin.rows[1].values).all()


def test_else_another_text_has_it_best_at_another_place(trace):
    other = run("tiny", "The cat sat on the mat")
    twin = find_twin(trace, [trace, other])
    assert not twin.inside and twin.other is other and twin.place != twin.other_place
    assert trace.ids[twin.place] == other.ids[twin.other_place]
    assert find_twin(run("tiny", "zorgon"), [other]) is None


def test_the_word_that_comes_again_latest():
    assert repeated([5, 3, 5, 3, 4]) == (0, 2)  # 5 is rarer than 3
    assert repeated([3, 3, 3]) == (0, 2)
    assert repeated([1, 2, 3]) is None


def test_a_table_answers_what_it_has_the_words_for(trace):
    table = WordTable(trace["W_E"], trace.vocabulary)
    assert table.size == trace.array("W_E").shape
    known = [words for words in ANALOGIES if all(word.lower() in table.rows for word in words.split())]
    found = table.analogies([*ANALOGIES, "zorgon blark cat dog"], 5)
    assert [table.vocabulary[each.b].lower().strip() for each in found] == [words.split()[1].lower() for words in known]
    both = one_of_each(found)
    assert [each.holds for each in both] == sorted({each.holds for each in found}, reverse=True)
    assert all(probe.total > 0 for probe in table.probes())


def test_the_rarest_words_in_the_order_of_the_text():
    glove = load_vectors()
    table = WordTable(glove.table, glove.vocabulary)
    words = ["the", "creature", "of", "Forest", "zorgon", "creature", "blue"]
    assert [table.vocabulary[row] for row in table.rarest(words, 3)] == ["creature", "forest", "blue"]
