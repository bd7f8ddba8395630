"""Waterfall: each part begins where the one before it ended, and what is shown adds up as it is shown."""

import numpy as np
import pytest

from model.numbers.tensor import Tensor
from scenes.kit import SignedBars, Waterfall
from scenes.kit.ground.say import say
from scenes.kit.numbers.decimals import adds_up

WORDS = ("word", "attention", "MLP", "norm")


def fall_of(*values, **look):
    parts = Tensor.recorded("t", np.asarray(values, dtype=np.float32), ["part"])
    return Waterfall(parts, WORDS, parts.sum(0), say("all"), width=8.0, **look)


def spans(fall):
    """(left, right) of the bars, and where the lines between them stand."""
    marks = [mark for mark in fall.marks() if mark.shows]
    bars = [np.sort(m.points[:, 0])[[0, -1]] for m in marks if m.kind == "rectangle"]
    return bars, [m.points[:, 0].mean() for m in marks if m.kind == "line" and m.shows[0].cell != 0]


@pytest.mark.parametrize(
    "values", [(1.5, -2, 0.7, 0.25), (-1, -2, -0.5, -3), (4, 2, 1, 3), (0.004, 0.004, 0.004, 0.004)]
)
def test_each_bar_begins_where_the_last_one_ended(values):
    fall = fall_of(*values)
    bars, lines = spans(fall)
    ends = fall.get_left()[0] + fall.zero + fall.unit * np.cumsum(values)
    starts = np.concatenate([[fall.get_left()[0] + fall.zero], ends[:-1]])
    assert len(bars) == 5 and len(lines) == 4
    for bar, start, end, line in zip(bars, starts, ends, lines, strict=False):
        assert line == pytest.approx(end, abs=1e-6)
        assert bar[0] == pytest.approx(min(start, end), abs=0.013) and bar[1] == pytest.approx(
            max(start, end), abs=0.013
        )
    assert abs(bars[-1][1] - bars[-1][0]) == pytest.approx(abs(fall.unit * sum(values)), abs=0.013)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_shown_adds_up_as_it_is_shown_or_is_about_so(seed):
    fall = fall_of(*np.random.default_rng(seed).normal(0, 3, 4))
    (claim,) = fall.claims()
    shown = [[part.text for part in term] for term in claim.parts]
    assert claim.about or adds_up(shown, claim.total.text)
    assert claim.about == fall.words[-1].startswith("≈")
    numbers = [r.text for r in fall.readings() if r.numbers]
    assert numbers == [*[term[0] for term in shown], claim.total.text]


def test_numbers_stand_at_the_right_of_their_bars_and_inside():
    fall = fall_of(0.5, -0.4, -0.05, 6)
    bars, _ = spans(fall)
    numbers = [np.sort(r.corners[:, 0])[[0, -1]] for r in fall.readings() if r.numbers]
    for bar, number in zip(bars, numbers, strict=True):
        assert number[0] > bar[1] and number[1] <= fall.get_right()[0] + 0.01


def test_of_many_parts_numbers_stand_at_the_edge_where_no_later_bar_passes_behind_them():
    values = np.random.default_rng(0).normal(0, 1, 60)
    parts = Tensor.recorded("t", values.astype(np.float32), ["part"])
    fall = Waterfall(parts, [f"part {k}" for k in range(60)], parts.sum(0), say("all"), width=8.0, height=4.0)
    bars, _ = spans(fall)
    numbers = [r.corners[:, 0] for r in fall.readings() if r.numbers]
    assert fall.crowded and 10 < len(numbers) < 40
    assert min(map(min, numbers)) > max(bar[1] for bar in bars) and max(map(max, numbers)) <= fall.get_right()[0] + 0.01


def test_lines_come_when_their_bar_has_grown():
    fall = fall_of(1, 2, 3, 4)
    fall.values = fall.values * np.array([1, 1, 0.5, 0, 0])
    assert len(spans(fall_of(1, 2, 3, 4))[1]) == 4 and len(spans(fall)[1]) == 2


def test_it_is_a_kind_of_signed_bars():
    assert issubclass(Waterfall, SignedBars)


def test_the_line_of_zero_goes_through_no_number():
    fall = fall_of(-0.3, -0.02, -0.02, 4)
    zero = fall.get_left()[0] + fall.zero
    spans = [np.sort(r.corners[:, 0])[[0, -1]] for r in fall.readings() if any(n.spec for n in r.numbers)]
    assert len(spans) == 5 and not any(left < zero < right for left, right in spans)
