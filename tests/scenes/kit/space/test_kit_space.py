"""The kit's maps, lines and lists of words: labels keep apart, and what is drawn is what the tensors hold."""

import numpy as np
import pytest
from manim import Transform

from model.numbers.tensor import Tensor
from scenes.kit.charts.numberline import Group, NumberLine
from scenes.kit.charts.ranking import Ranking
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.space.vectorspace import VectorSpace
from scenes.kit.words.labels import place_labels, spread, thin
from scenes.kit.words.links import Threads
from scenes.kit.words.wordlist import WordList
from scenes.lessons.embedding.ids import NumberedTokens
from scenes.lessons.embedding.table import TablePicture
from studio.audit.checks.layout import depth
from tests.scenes.kit.matching import matches, speaking

WORDS = [f"word{chr(97 + k % 26) * (k % 5)}" for k in range(40)]


def apart(readings) -> None:
    for i, one in enumerate(readings):
        for other in readings[i + 1 :]:
            assert depth(one.corners, other.corners) <= 0.02, (one.text, other.text)


def plane(n: int, seed: int = 0) -> Tensor:
    return Tensor.given(np.random.default_rng(seed).normal(size=(n, 2)), "made up", ("word", "axis"))


# ── placing labels ───────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("seed", range(6))
def test_labels_overlap_neither_each_other_nor_any_dot(seed):
    rng = np.random.default_rng(seed)
    dots, sizes = (
        rng.uniform((0.5, 0.5), (9.5, 4.5), (40, 2)),
        np.column_stack([rng.uniform(0.4, 1.6, 40), np.full(40, 0.3)]),
    )
    taken = [(4.0, 2.0, 6.0, 2.5)]
    centres, placed = place_labels(dots, sizes, (10, 5), radius=0.08, taken=taken)
    assert placed.sum() > 20
    boxes = np.hstack([centres - sizes / 2, centres + sizes / 2])[placed]
    solid = [*np.hstack([dots - 0.08, dots + 0.08])[~placed], *taken]
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert left >= 0 and top >= 0 and right <= 10 and bottom <= 5
        for other in [*boxes[i + 1 :], *solid]:
            assert left >= other[2] or right <= other[0] or top >= other[3] or bottom <= other[1]


def test_those_that_must_be_labelled_come_first():
    dots = np.array([[1.0, 1.0], [1.05, 1.0], [1.0, 1.05]])
    _, placed = place_labels(dots, np.array([[1.4, 0.3]] * 3), (2, 1.5), must=(2,), rings=1)
    assert placed[2] and not placed.all()


def test_spread_is_the_least_squares_solution():
    assert spread(np.array([0.0, 1.0, 5.0]), 1.0, 0, 9).tolist() == [0, 1, 5]  # nothing to do
    np.testing.assert_allclose(spread(np.array([2.0, 2.0, 2.0]), 1.0, 0, 9), [1, 2, 3])  # apart, around where they were
    found = spread(np.sort(np.random.default_rng(0).uniform(0, 4, 9)), 0.5, 0.0, 9.0)
    assert (np.diff(found) >= 0.5 - 1e-9).all()
    assert spread(np.array([8.9, 9.0]), 1.0, 0, 9).max() <= 9


def test_thin_keeps_both_ends():
    assert thin(5, 9) == [0, 1, 2, 3, 4]
    assert thin(20, 4)[0] == 0 and thin(20, 4)[-1] == 19 and len(thin(20, 4)) == 4


# ── maps ─────────────────────────────────────────────────────────────────────────────────────────
def test_a_map_shows_its_coordinates_on_one_scale():
    coords = plane(12)
    space = VectorSpace(coords, WORDS[:12], width=10, height=4, titles=("across", "up"))
    matches(space)
    places = np.array([space.dot_place(k)[:2] for k in range(12)])
    there, here = (
        np.linalg.norm(coords.values - coords.values[0], axis=1)[1:],
        np.linalg.norm(places - places[0], axis=1)[1:],
    )
    np.testing.assert_allclose(here / there, here[0] / there[0])  # distances in proportion
    apart(space.readings())


def test_stretched_fills_its_room():
    wide = Tensor.given(np.array([[0, 0], [100, 1], [50, 0.5]]), "wide", ("word", "axis"))
    tall = {
        stretched: VectorSpace(wide, ["a", "b", "c"], width=10, height=5, stretched=stretched)
        for stretched in (False, True)
    }
    span = {key: space.dot_place(1)[1] - space.dot_place(0)[1] for key, space in tall.items()}
    assert span[True] > 4 > 0.2 > span[False]


def test_labels_keep_off_arrows():
    space = VectorSpace(plane(6), WORDS[:6], width=10, height=4, arrows=[(0, 1), (2, 3)])
    for i, j in space.arrows:
        for t in np.linspace(0, 1, 40):
            x, y = ((1 - t) * space.dot_place(i) + t * space.dot_place(j))[:2]
            for reading in space.readings():
                low, high = reading.corners.min(axis=0), reading.corners.max(axis=0)
                assert not (low[0] < x < high[0] and low[1] < y < high[1]), reading.text


def test_the_view_turns(monkeypatch):
    first, second = (VectorSpace(plane(9, seed), WORDS[:9], width=8, height=4) for seed in (1, 2))
    between = Transform(first, second)
    between.begin()
    between.interpolate(0.5)
    np.testing.assert_allclose(first.values[:, :2], (plane(9, 1).values + plane(9, 2).values) / 2)
    between.finish()
    assert first.tensor is second.tensor
    matches(first)


def test_points_that_are_all_the_same():
    space = VectorSpace(Tensor.given(np.ones((2, 2)), "ones", ("word", "axis")), ["a", "b"], width=6, height=3)
    assert np.isfinite(space.dot_place(0)).all() and len(space.readings()) >= 1


# ── lines and lists ──────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("width", "height"), [(13.4, 4.6), (7.2, 4.0), (4.4, 5.0)])
def test_a_number_line(width, height):
    rng = np.random.default_rng(1)
    groups = [
        Group(Tensor.given(rng.normal(m, 0.1, 22), "made up", ("word",)), WORDS[:22], above=m > 0) for m in (-0.3, 0.3)
    ]
    line = NumberLine(groups, width=width, height=height, mark=Tensor.given(0.0, "border"), ends=("low", "high"))
    matches(line)
    assert sum(mark.kind == "circle" for mark in speaking(line)) == 44
    shown = line.readings()
    apart(shown)
    for group in groups:  # both ends of each are told with their values
        for k in (group.values.values.argmin(), group.values.values.argmax()):
            assert any(r.text.startswith(group.words[k] + " ") and r.numbers for r in shown)
    assert all((np.abs(r.corners[:, 0]) <= width / 2 + 0.05).all() for r in shown)


def test_dots_on_their_way_are_over_their_values():
    line = NumberLine([Group(Tensor.given(np.arange(3.0), "n", ("word",)), ["a", "b", "c"])], width=8, height=4)
    line.arrived[:] = 0.5
    matches(line)


def test_a_ranking_shows_the_gap_to_the_one_expected():
    values = Tensor.given(np.array([0.9, 0.8, 0.2]), "cosine", ("word",))
    ranking = Ranking(
        values, ["one", "two", "far"], ranks=[1, 2, 39], marked=2, mark="loss", width=6, height=4, title="asked"
    )
    matches(ranking)
    texts = [r.text for r in ranking.readings()]
    assert "39" in texts and "0.20" in texts and ranking.gaps == [False, False, True]
    apart(ranking.readings())


def test_the_nearest_is_number_one():
    values = Tensor.given(np.array([0.9, 0.8]), "cosine", ("word",))
    texts = [r.text for r in Ranking(values, ["one", "two"], width=6, height=4).readings()]
    assert texts == ["1", "one", "0.90", "2", "two", "0.80"]


def test_a_table_as_a_picture_points_at_its_rows():
    table = Tensor.given(np.zeros((9000, 4)), "large", ("vocab", "d_model"))
    picture = TablePicture(table, width=3, height=4)
    assert picture.every == 3 and len(picture.rows) == 3000
    heights = [picture.row_point(row)[1] for row in (0, 4500, 8999)]
    assert heights[0] > heights[1] > heights[2]
    np.testing.assert_allclose(heights[1], (heights[0] + heights[2]) / 2, atol=0.01)
    matches(picture)


def test_threads_end_where_they_should():
    starts, ends = np.array([[0.0, 1.0], [0.0, -1.0]]), np.array([[3.0, 0.5], [3.0, 2.0]])
    threads = Threads(starts, ends)
    for k in range(2):
        np.testing.assert_allclose(threads.to_scene(*threads.starts[k])[:2], starts[k], atol=1e-9)
        np.testing.assert_allclose(threads.to_scene(*threads.ends[k])[:2], ends[k], atol=1e-9)


@pytest.mark.parametrize(("count", "width"), [(1, 13.4), (8, 13.4), (24, 13.4), (8, 7.2), (24, 7.2)])
def test_a_sentence_with_numbers(count, width):
    ids = Tensor.given(np.arange(count) * 61, "ids", ("position",))
    tokens = NumberedTokens(WORDS[:count], ids, width=width, height=3)
    readings = [r for part in (*tokens.rows, *tokens.numbers) for r in part.readings()]
    assert [r.text for row in tokens.rows for r in row.readings()] == WORDS[:count]
    assert [r.text for r in readings][count:] == [f"{61 * k:,}" for k in range(count)]
    apart(readings)
    last = tokens.piece(count - 1).get_center()
    np.testing.assert_allclose(last, tokens.corners(count - 1).mean(axis=0), atol=1e-6)


def test_a_list_of_words_has_dots_where_words_are_left_out():
    words = WordList(WORDS, [0, 3, 4, 39], width=8, height=3, marked=[4])
    assert words.entries == [0, None, 3, 4, None, 39]
    texts = [r.text for r in words.readings()]
    assert texts == [t for row in (0, 3, 4, 39) for t in (str(row), WORDS[row])]
    apart(words.readings())


def test_a_strip_lies_on_its_row(tensors):
    grid = TensorGrid(tensors(w=(30, 20))["w"], "weight", rows=[0, None, 7, 8, None, 29], columns=6, width=8, height=3)
    assert grid.rows == [0, None, 7, 8, None, 29]
    strip = grid.strip(2)
    np.testing.assert_allclose(strip.corners(), grid.row_corners(2), atol=1e-6)
    assert strip.columns == grid.columns
    assert [r.text for r in strip.readings()] == [
        r.text for r in grid.readings() if np.isclose(r.corners.mean(axis=0)[1], strip.get_y(), atol=0.02)
    ]
