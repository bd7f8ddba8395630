"""Recipes: what is kept, what is put together, and what shares a scale."""

import numpy as np
import pytest
from manim import VGroup

from model.numbers.tensor import Tensor
from scenes.kit.ground.layout import Box
from scenes.kit.ground.text import Label
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.recipes import (
    and_more,
    attention_bars,
    bars_on_one_scale,
    dots,
    formula_over_sentence,
    frame_row,
    kept_and_rest,
    longest_bar,
)

WEIGHTS = np.array([0.05, 0.3, 0.1, 0.2, 0.25, 0.1], dtype=np.float32)
WORDS = ["The", "old", "dog", "saw", "a", "cat"]


@pytest.fixture
def weights():
    return Tensor.recorded("weights", WEIGHTS, ("key",))


@pytest.mark.parametrize(
    ("limit", "among", "expected"),
    [
        (6, None, ([0, 1, 2, 3, 4, 5], [])),
        (4, None, ([1, 3, 4], [0, 2, 5])),
        (3, [0, 2, 3, 5], ([2, 3], [0, 5])),
        (4, range(4), ([0, 1, 2, 3], [])),
    ],
)
def test_the_largest_are_kept_in_their_order(weights, limit, among, expected):
    assert kept_and_rest(weights, limit, among) == expected


def test_the_rest_is_counted():
    assert and_more(["a", "b"], [4, 7, 9]) == ["a", "b", "3 more"] and and_more(["a"], []) == ["a"]
    assert and_more([], [1, 2])[0].spans[0].value == 2


def test_attention_bars_add_up_in_their_box_however_many_there_are(weights):
    title, bars = attention_bars(Box(0, 0, 4, 2.7), weights, WORDS, 5, range(6))
    assert title.text == "attention of “cat”"
    assert len(bars.ids) == 3 and bars.words[-1] == "all others" and bars.values.sum() == pytest.approx(1)
    both = VGroup(title, bars)
    assert both.get_left()[0] >= -1e-6 and both.get_right()[0] <= 4 + 1e-6 and both.height <= 2.7 + 1e-6


def test_only_keys_that_are_seen_have_a_bar():
    seen = Tensor.recorded("weights", np.array([0.4, 0.6, 0, 0, 0, 0], dtype=np.float32), ("key",))
    _, bars = attention_bars(Box(0, 0, 4, 4), seen, WORDS, 1, range(2))
    assert bars.words == ["The", "old"]


def test_the_longest_bar_may_be_that_of_all_others(weights):
    assert longest_bar([(weights, [1, 4])]) == pytest.approx(0.45)
    assert longest_bar([(weights, range(6))]) == pytest.approx(0.3)


def test_distributions_on_one_scale_have_the_same_words_and_scale(weights):
    other = Tensor.recorded("other", WEIGHTS[::-1].copy(), ("key",))
    first, second = bars_on_one_scale([weights, other], WORDS, [3, 1], width=4, height=3)
    assert first.words == second.words and first.longest == second.longest == pytest.approx(0.65)
    np.testing.assert_allclose([first.values[:2], second.values[:2]], [[0.2, 0.3], [0.1, 0.25]], rtol=1e-6)


def test_a_pattern_fits_its_box_and_its_row_is_framed():
    pattern = Tensor.recorded("pattern", np.tile(WEIGHTS, (6, 1)), ("query", "key"))
    picture = dots(Box(-2, -1, 2, 1), pattern, WORDS, 3, largest=1)
    assert picture.width <= 4 + 1e-6 and picture.height <= 2 + 1e-6 and picture.target_row == 3
    grid = TensorGrid(pattern, rows=4, keep_row=3)
    assert grid.rows == [None, 3, 4, 5]
    grid = TensorGrid(pattern, rows=5, keep_row=3)
    assert grid.rows == [0, None, 3, 4, 5]
    assert frame_row(grid, 5).get_center()[1] == pytest.approx(grid.cell_center(4, 0)[1])


def test_a_formula_stands_over_its_sentence():
    formula = Label("y = x", 0.6)
    sentence = formula_over_sentence(Box(-3, -2, 3, 2), formula, WORDS, lines=2, gap=0.5, target=1, unknown=[2])
    assert formula.get_bottom()[1] - sentence.get_top()[1] == pytest.approx(0.5)
    assert sentence.words == WORDS and sentence.unknown == {2}
