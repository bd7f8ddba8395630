"""Geometry of word vectors, each measure against a second way of computing it."""

import numpy as np
import pytest

from model import run
from model.numbers.tensor import Tensor
from model.study.probes import GLOVE_ANALOGIES, QUESTIONS, Question, known, probe
from model.study.space import analogy, cosine, direction, index_of, middle, nearest, pca, rank
from model.study.vectors import load_vectors


@pytest.fixture(scope="module")
def trace():
    return run("tiny", "A fluffy blue creature roamed the verdant forest")


@pytest.fixture(scope="module")
def table(trace):
    return trace["W_E"]


def made(rows: int = 40, columns: int = 7, seed: int = 0) -> Tensor:
    values = np.random.default_rng(seed).normal(size=(rows, columns)) * np.arange(1, columns + 1)
    return Tensor.given(values, "made up", ("word", "dimension"))


@pytest.mark.parametrize("rows", [40, 3])  # also fewer rows than dimensions
def test_pca_against_the_singular_values(rows):
    x = made(rows)
    found = pca(x, "x")
    centred = x.values - x.values.mean(0)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(found.explained.values, (s**2 / (s**2).sum())[:2], rtol=1e-9)
    np.testing.assert_allclose(np.abs(found.axes.values), np.abs(vt[:2].T), atol=1e-9)
    np.testing.assert_allclose(np.abs(found.project(x).values), np.abs(u[:, :2] * s[:2]), atol=1e-9)


def test_pca_of_the_model_can_be_computed_again(trace, table):
    found = pca(table, "W_E")
    s = np.linalg.svd(table.values.astype(np.float64) - table.values.astype(np.float64).mean(0), compute_uv=False)
    np.testing.assert_allclose(found.explained.evaluate(trace), (s**2 / (s**2).sum())[:2], rtol=1e-9)
    np.testing.assert_allclose(
        found.project(table[[3, 9]]).evaluate(trace), found.project(table[[3, 9]]).values, atol=1e-12
    )


def test_pca_with_a_first_axis_of_ones_own():
    x, first = made(), np.eye(7)[2]
    found = pca(x, "x", first=Tensor.given(first, "third", ("dimension",)))
    np.testing.assert_allclose(found.axes.values.T @ found.axes.values, np.eye(2), atol=1e-9)
    others = np.delete(x.values - x.values.mean(0), 2, axis=1)
    s = np.linalg.svd(others, compute_uv=False)
    assert float(found.explained[1]) == pytest.approx(s[0] ** 2 / x.values.var(0).sum() / len(x.values))


def test_rows_that_are_all_the_same_have_no_spread():
    found = pca(Tensor.given(np.ones((3, 4)), "ones", ("word", "dimension")), "ones")
    assert found.explained.values.tolist() == [0, 0]


def test_nearest_against_a_loop(table):
    query, x = 11, table.values.astype(np.float64)
    by_hand = sorted(
        (
            (
                sum(a * b for a, b in zip(x[query], row, strict=False))
                / (sum(a * a for a in x[query]) ** 0.5 * sum(b * b for b in row) ** 0.5),
                -k,
            )
            for k, row in enumerate(x)
            if k != query
        ),
        reverse=True,
    )[:5]
    found = nearest(table, table[query], 5, [query])
    assert found.ids == tuple(-k for _, k in by_hand)
    np.testing.assert_allclose(found.cosines.values, [value for value, _ in by_hand])
    assert [rank(table, table[query], row, [query]) for row in found.ids] == [1, 2, 3, 4, 5]


def test_cosines_of_single_rows(trace, table):
    a, b = table[5], table[8]
    angle = np.arccos(np.dot(a.values, b.values) / np.linalg.norm(a.values) / np.linalg.norm(b.values))
    assert float(cosine(a, b)) == pytest.approx(np.cos(angle), abs=1e-6)
    assert float(cosine(a, a)) == pytest.approx(1)
    assert cosine(table[[5, 8]], a).evaluate(trace) == pytest.approx([1, float(cosine(a, b))])


def test_direction_and_border():
    x, pairs = made(), [(0, 1), (2, 3), (4, 9)]
    along = direction(x, pairs)
    by_hand = sum(x.values[b] - x.values[a] for a, b in pairs)
    np.testing.assert_allclose(along.values, by_hand / np.linalg.norm(by_hand))
    ends = [x.values[row] @ along.values for pair in pairs for row in pair]
    assert float(middle(x, pairs, along)) == pytest.approx(sum(ends) / 6)


def test_a_planted_direction_is_found_and_a_missing_one_is_not():
    rng = np.random.default_rng(3)
    noise, offset = rng.normal(size=(24, 16)), 9 * np.eye(16)[5]
    rows = {f"{side}{k}": k + 12 * j for j, side in enumerate("ab") for k in range(12)}
    question = Question(
        ("a", "b"),
        tuple(f"a{k} b{k}" for k in range(6)),
        tuple(" ".join(f"{s}{k}" for k in range(6, 12)) for s in "ab"),
        "words",
    )
    planted = Tensor.given(noise + np.repeat([[0.0], [1.0]], 12, axis=0) * offset, "planted", ("word", "dimension"))
    found = probe(planted, rows, question)
    assert (found.right, found.total, len(found.pairs)) == (12, 12, 6)
    assert probe(Tensor.given(noise, "noise", ("word", "dimension")), rows, question).right < 12
    assert probe(planted, {name: row for name, row in rows.items() if name.startswith("a")}, question) is None


def test_words_tested_are_not_among_the_pairs():
    for question in QUESTIONS:
        spanning = {word.lower() for pair in question.pairs for word in pair.split()}
        assert not spanning & {word.lower() for side in question.tested for word in side.split()}


def test_ranks_of_analogies_against_a_full_sort():
    glove = load_vectors()
    rows, x = index_of(glove.vocabulary), glove.values.astype(np.float64)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    outcomes = []
    for words in GLOVE_ANALOGIES:
        a, b, c, expected = known(words, rows)
        order = [row for row in np.argsort(-(unit @ (x[b] - x[a] + x[c])), kind="stable") if row not in (a, b, c)]
        found = analogy(glove.table, a, b, c, expected)
        assert found.rank == order.index(expected) + 1 and list(found.found.ids) == order[:5]
        outcomes.append(found.holds)
    assert any(outcomes) and not all(outcomes)  # the lesson shows one that holds and one that fails


def test_rows_by_word():
    assert index_of(("cat", " cat", " Dog", "King")) == {"cat": 1, "dog": 2, "king": 3}
