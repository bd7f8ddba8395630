"""A table of words: every word and number is in its row and column, none on another, and the audit checks both."""

import numpy as np
import pytest
from manim import FadeIn

from model.errors import UsageError
from model.numbers.tensor import Tensor, stack
from scenes.kit import WordTable
from scenes.kit.ground.say import say
from scenes.kit.ground.style import color, smallest
from tests.studio.audit.planted import kinds

WORDS = (("cat", "dog", "a"), ("extraordinary", " sat", "the"))
NUMBERS = Tensor.recorded("t", np.array([[0.5, 0.25, 1], [0.125, 0.75, 0]], np.float32), ["row", "column"])
NAMES = {"row_labels": ("first", "second"), "column_labels": ("one", "two", "the third of all columns")}


def boxes(table):
    """(text, left, right, bottom, top) of all that is written."""
    edges = [(reading.text, reading.corners.min(axis=0), reading.corners.max(axis=0)) for reading in table.readings()]
    return [(text, low[0], high[0], low[1], high[1]) for text, low, high in edges]


@pytest.mark.parametrize("numbers", [None, NUMBERS])
@pytest.mark.parametrize("names", [{}, NAMES])
@pytest.mark.parametrize("width", [4.0, 9.0])
def test_no_text_lies_on_another_or_outside(numbers, names, width):
    table = WordTable(WORDS, numbers, width=width, **names)
    shown = boxes(table)
    assert len(shown) == 6 * (1 if numbers is None else 2) + sum(map(len, names.values()))
    assert table.width <= width + 1e-6 and table.size >= smallest()
    for k, (text, left, right, bottom, top) in enumerate(shown):
        assert table.get_left()[0] - 0.05 <= left and right <= table.get_right()[0] + 0.05, text
        assert table.get_bottom()[1] <= bottom and top <= table.get_top()[1], text
        assert all(r < left or right < l or t < bottom or top < b for _, l, r, b, t in shown[:k]), text  # noqa: E741


def test_words_and_numbers_stand_in_their_place():
    table = WordTable(WORDS, NUMBERS, **NAMES)
    cells = [reading for reading in table.readings() if reading.numbers or reading.of is not None]
    texts = {}
    for reading in cells:
        index = reading.of.index if reading.of else reading.numbers[0].value.index
        middle, corners = reading.corners.mean(axis=0), table.place(*index)
        assert (corners.min(axis=0)[:2] < middle).all() and (middle < corners.max(axis=0)[:2]).all()
        texts.setdefault(index, []).append(reading.text)
    assert texts[1, 0] == ["extraordinary", "12%"] and texts[1, 1] == ["sat", "75%"] and len(texts) == 6


def test_a_marked_word_has_its_colour():
    table = WordTable(WORDS).mark(1, 2)
    rgb = {reading.text: reading.rgb for reading in table.readings()}
    assert np.allclose(rgb["the"], color("target")) and np.allclose(rgb["a"], color("ink"))


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ((("a", "b"), ("c",)), {}),
        (WORDS, {"row_labels": ("one",)}),
        (WORDS, {"column_labels": ("one", "two")}),
        (WORDS, {"numbers": NUMBERS[:, [0, 1]]}),
    ],
)
def test_what_does_not_go_together_is_refused(words, options):
    with pytest.raises(UsageError, match="WordTable: "):
        WordTable(words, **options)


# ── the audit ────────────────────────────────────────────────────────────────────────────────────
def played(change=lambda words: None):
    def put(lesson):
        keys = [0, 1]
        words = [[lesson.words[k] for k in keys] for _ in range(2)]
        change(words)
        weights = stack([stack([lesson.A[i, k] for k in keys], "column") for i in (2, 3)], "row")
        table = WordTable(words, weights, column_labels=[say("place {n}", n=k) for k in keys], spec=".1%")
        lesson.play(FadeIn(table))

    return kinds(put)


def test_the_audit_knows_whose_number_stands_beside_a_word():
    assert not played()
    assert "wrong label" in played(lambda words: words[0].reverse())
