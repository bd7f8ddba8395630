"""Numbers under a row of tokens stand clear of every token, in one line or several, and under their own."""

from itertools import pairwise

import numpy as np
import pytest

from model.numbers.tensor import Tensor
from scenes.kit import Links, SentenceStrip, TokenNumbers, TokenRow
from scenes.kit.ground.style import smallest
from scenes.kit.words.strip import READABLE, legible_part

TEXT = "The fluffy blue creature roamed the verdant forest while a lazy dog slept under the only tree"
WORDS = TEXT.replace(" ", "| ").split("|")


def numbers(count):
    values = np.random.default_rng(0).uniform(1000, 9000, count).astype(np.float32)
    return Tensor.recorded("ids", values, ["token"])


def laid(lines, **options):
    """A row that takes so many lines."""
    return TokenRow(WORDS, width=27.0 / lines, lines=lines, size=0.5, **options)


def apart(a, b):
    """Whether two boxes (corners) have no point in common."""
    (al, at), (ar, ab) = np.min(a, axis=0)[:2], np.max(a, axis=0)[:2]
    (bl, bt), (br, bb) = np.min(b, axis=0)[:2], np.max(b, axis=0)[:2]
    return ar < bl or br < al or ab < bt or bb < at


@pytest.mark.parametrize("spec", [",.0f", ".0f", ".1%"])
@pytest.mark.parametrize("zoom", [1.0, 0.7])
@pytest.mark.parametrize("options", [{}, {"numbered": True}, {"gap": 0.05}])
@pytest.mark.parametrize("lines", [1, 2, 3, 4])
def test_no_number_touches_a_token(lines, options, zoom, spec):
    row = laid(lines, **options).scale(zoom).shift((1, 0.5, 0))
    assert row.boxes[-1][1] == lines - 1
    below = TokenNumbers(row, numbers(len(WORDS)), spec)
    boxes = [row.corners(i) for i in range(len(WORDS))]
    shown = [reading.corners for reading in below.readings()]
    assert len(shown) == len(WORDS) and below.size >= smallest()
    for k, number in enumerate(shown):
        assert all(apart(number, box) for box in boxes)
        assert all(apart(number, other) for other in shown[:k])
        middle, foot = number.mean(axis=0), row.edge_point(k, (0.5, 1))
        assert middle[0] == pytest.approx(foot[0], abs=0.03) and 0 < foot[1] - middle[1] < 0.4


@pytest.mark.parametrize("lines", [2, 3, 4])
def test_a_row_leaves_room_for_large_numbers(lines):
    def size(row):
        return TokenNumbers(row, numbers(len(WORDS))).size / row.size

    assert size(laid(lines, numbered=True)) > 1.5 * size(laid(lines))
    assert laid(lines, numbered=True).height > laid(lines).height


def test_one_line_is_as_high_with_numbers_as_without():
    assert laid(1, numbered=True).height == laid(1).height


def test_under_a_strip_the_words_that_it_shows_have_numbers():
    strip = SentenceStrip(WORDS, width=6, size=0.5, target=9, besides=[1]).scale(0.8).shift((1, 0.5, 0))
    ids = numbers(len(WORDS))
    below = TokenNumbers(strip, ids, ",.0f")
    assert {1, 9} < set(strip.shown) < set(range(len(WORDS)))
    readings = below.readings()
    assert len(readings) == len(strip.shown)
    for k, reading in zip(strip.shown, readings, strict=True):
        middle, foot = reading.corners.mean(axis=0), strip.edge_point(k, (0.5, 1))
        assert reading.text == f"{ids.values[k]:,.0f}" and middle[0] == pytest.approx(foot[0], abs=0.03)
        assert 0 < foot[1] - middle[1] < 0.4


def test_in_boxes_of_the_least_width_numbers_under_short_words_stand_apart():
    words = ["a", ",", "I"] * 8
    ids = numbers(len(words))
    crowded, wide = (TokenRow(words, width=12, size=0.2, least=least) for least in (0.0, 0.45))
    touching, apart_ = (TokenNumbers(row, ids, ",.0f").readings() for row in (crowded, wide))
    boxes = [[reading.corners for reading in readings] for readings in (touching, apart_)]
    near = [[apart(a, b) for a, b in pairwise(of)] for of in boxes]
    assert not any(near[0]) and all(near[1])
    assert all(w == pytest.approx(0.45) for _, _, w in wide.boxes)
    word = next(r for r in wide.readings() if r.text == ",").corners.mean(axis=0)
    assert word[0] == pytest.approx(wide.corners(1).mean(axis=0)[0], abs=0.02)  # in the middle of its box
    assert wide.piece(1).width == pytest.approx(0.45)


@pytest.mark.parametrize("down", [False, True])
def test_a_row_shows_some_words_and_dots_for_each_run_of_others(down):
    row = TokenRow(WORDS, width=8.0, height=4.0, down=down, shown=[0, 4, 5, 16]).scale(0.8).shift((1, 0.5, 0))
    assert [reading.text for reading in row.readings()].count("⋯") == 2
    assert {reading.text for reading in row.readings()} == {"⋯", *(WORDS[k].strip() for k in row.shown)}
    assert all(apart(row.corners(a), row.corners(b)) for a, b in pairwise([0, 2, 4, 5, 9, 16]))
    assert np.array_equal(row.corners(1), row.corners(3)), "what is behind ⋯ stands where that stands"
    assert len(TokenNumbers(row, numbers(len(WORDS))).readings()) == 4
    assert not row.mixes(row, TokenRow(WORDS, width=8.0, height=4.0, down=down))


def test_links_lead_from_words_that_are_shown_to_the_same_words():
    order = [2, 0, 3, 1]
    rows = [
        TokenRow([WORDS[k] for k in places], width=8.0, shown=shown)
        for places, shown in ((range(4), [0, 3]), (order, [1, 2]))
    ]
    rows[1].shift((0, -2, 0))
    links = Links(*rows, order)
    ends = [links.to_scene(*end)[0] for end in links.ends]
    assert ends == pytest.approx([rows[1].edge_point(k, (0.5, 0))[0] for k in (1, 2)], abs=0.05)


def test_as_many_words_are_shown_as_can_be_read():
    def size_of(width):
        return lambda shown: TokenRow(WORDS, width=width, lines=1, shown=shown).size

    assert legible_part(len(WORDS), [9, 0], size_of(20.0)) == list(range(len(WORDS)))
    shown = legible_part(len(WORDS), [9, 0], size_of(4.0))
    assert {9, 0} < set(shown) and size_of(4.0)(shown) >= READABLE
    assert any(size_of(4.0)(sorted([*shown, more])) < READABLE for more in set(range(len(WORDS))) - set(shown))
