"""The shipped word vectors are what SOURCE.md says, and say where their numbers come from."""

import re

import numpy as np
import pytest

from model.errors import ClearheadError
from model.study.space import analogy, index_of, nearest
from model.study.vectors import FOLDER, VECTORS, WORDS, checksums, load_vectors


@pytest.fixture(scope="module")
def glove():
    return load_vectors()


def test_files_are_those_of_the_source_note():
    stated = dict(
        reversed(line.split()) for line in re.findall(r"^[0-9a-f]{64}  \S+$", (FOLDER / "SOURCE.md").read_text(), re.M)
    )
    assert checksums() == {name: stated[name] for name in (VECTORS, WORDS)}
    assert "Public Domain Dedication" in (FOLDER / "LICENSE.txt").read_text()


def test_words_and_numbers(glove):
    assert glove.values.shape == (20_000, 50) and len(glove) == 20_000
    assert glove.vocabulary[:4] == ("the", "of", "to", "and")
    # the first numbers of "the" in Stanford's glove.6B.50d.txt
    np.testing.assert_allclose(glove.values[0, :5], [0.418, 0.24968, -0.41242, 0.1217, 0.34527], atol=3e-4)
    assert (glove.values == glove.values.astype(np.float16)).all()


def test_numbers_know_their_source(glove):
    number = glove.table[7, 3]
    assert number.source() == "glove.vectors[word=7, dimension=3]"
    assert (number * 2).evaluate(glove) == pytest.approx(2 * glove.values[7, 3])
    with pytest.raises(ClearheadError):
        glove.array("W_E")


def test_the_best_known_analogy(glove):
    rows = index_of(glove.vocabulary)
    found = analogy(glove.table, *(rows[word] for word in ("man", "king", "woman", "queen")))
    assert found.holds and found.rank == 1
    assert float(found.cosine) == pytest.approx(0.861, abs=5e-4)
    assert glove.vocabulary[found.nearest_of_all] == "king"  # nothing excluded: the query word itself
    assert rows["king"] not in found.found.ids


def test_neighbours_of_a_word(glove):
    rows = index_of(glove.vocabulary)
    found = nearest(glove.table, glove.table[rows["blue"]], 3, [rows["blue"]])
    assert [glove.vocabulary[row] for row in found.ids] == ["red", "black", "pink"]


def test_files_that_do_not_belong_together(tmp_path):
    (tmp_path / WORDS).write_text("one\ntwo\n")
    (tmp_path / VECTORS).write_bytes((FOLDER / VECTORS).read_bytes())
    with pytest.raises(ClearheadError, match="2 words"):
        load_vectors(tmp_path)
    with pytest.raises(ClearheadError, match="cannot be read"):
        load_vectors(tmp_path / "nowhere")
