"""Signed bars: to both sides of zero, with their numbers outside, and held to them by the audit."""

import numpy as np
import pytest
from manim import FadeIn

from model.errors import UsageError
from model.numbers.tensor import Tensor
from scenes.kit import CountUp, SignedBars
from scenes.kit.ground.say import say
from scenes.kit.ground.style import color
from tests.studio.audit.planted import kinds

WORDS = ("A", "fluffy", "blue", "creature")


def tensor(*values):
    return Tensor.recorded("t", np.asarray(values, dtype=np.float32), ["entry"])


def drawn(bars):
    """(low, high) across of every bar, of its number, and of its word; local units are scene units here."""
    spans = [np.sort(mark.points[:, 0])[[0, -1]] for mark in bars.marks() if mark.shows and mark.kind == "rectangle"]
    texts = [(r.text, bool(r.numbers), np.sort(r.corners[:, 0])[[0, -1]]) for r in bars.readings()]
    return spans, [t for t in texts if t[1]], [t for t in texts if not t[1]]


@pytest.mark.parametrize(
    "values", [(1.5, -2, 0, 0.25), (-1, -2, -0.5, -3), (4, 2, 1, 3), (0, 0, 0, 0), (-1e4, 1, 2, 3)]
)
@pytest.mark.parametrize("width", [3.0, 6.0])
def test_numbers_stand_outside_of_their_bars_and_words_outside_of_both(values, width):
    bars = SignedBars(tensor(*values), WORDS, width=width)
    spans, numbers, words = drawn(bars)
    left, right = bars.get_left()[0], bars.get_right()[0]
    assert len(spans) == len(numbers) == len(words) == 4 and right - left <= width + 0.01
    for value, span, (_, _, at), (word, _, name) in zip(values, spans, numbers, words, strict=True):
        assert at[1] < span[0] if value < 0 else at[0] > span[1], word
        assert name[1] < min(span[0], at[0]) and left - 0.01 <= name[0] and at[1] <= right + 0.01, word


def test_the_colour_tells_the_sign():
    bars = SignedBars(tensor(1, -1, 2, -2), WORDS, fill="key", below="query")
    rgb = [mark.rgb for mark in bars.marks() if mark.shows and mark.kind == "rectangle"]
    assert np.allclose(rgb, [color("key"), color("query")] * 2)


def test_lists_of_one_reach_have_one_scale():
    one, other = (SignedBars(tensor(*v), WORDS, reach=(-1, 1)) for v in ((0.5, -0.5, 0, 1), (0.1, 0.2, 0.1, 0.3)))
    assert one.unit == pytest.approx(other.unit) and one.zero == pytest.approx(other.zero)


def test_bars_grow_from_zero():
    bars = SignedBars(tensor(1, -1, 2, -2), WORDS)
    full = drawn(bars)[0]
    move = CountUp(bars, lag=0.0)
    move.begin()
    assert all(np.ptp(span) < 0.02 for span in drawn(bars)[0])
    move.finish()
    assert np.allclose(drawn(bars)[0], full)


def test_every_number_has_a_word():
    with pytest.raises(UsageError, match="3 words for numbers of shape"):
        SignedBars(tensor(1, 2), WORDS[:3])


# ── the audit ────────────────────────────────────────────────────────────────────────────────────
def played(change=lambda bars: None):
    def put(lesson):
        entries = lesson.Q[2]
        bars = SignedBars(entries, [say("entry {k}", k=k) for k in range(len(entries))])
        change(bars)
        lesson.play(FadeIn(bars))

    return kinds(put)


def test_the_audit_holds_bars_to_their_numbers():
    def longer(bars):
        bars.values[1] *= 1.3

    def mirrored(bars):
        bars.values = -bars.values

    assert not played()
    assert "wrong shape" in played(longer) and "wrong shape" in played(mirrored)


def test_of_more_bars_than_can_be_read_all_stand_and_some_are_told():
    """61 stops of a stream in the room of a stage: the first, the last and what the caption speaks of have texts."""
    values = np.sin(np.arange(61) / 9)
    words = [f"stop {chr(97 + k // 8)}{chr(97 + k % 8)}" for k in range(61)]
    bars = SignedBars(tensor(*values), words, width=12, height=3.9, besides=[24])
    spans, numbers, named = drawn(bars)
    assert bars.crowded and len(spans) == 61 and {0, 24, 60} <= set(bars.told)
    assert len(numbers) == len(named) == len(bars.told) < 20
    lines = sorted(r.corners[:, 1].mean() for r in bars.readings() if not r.numbers)
    size = next(iter(bars.readings())).size
    assert np.diff(lines).min() > 1.1 * size, "no two lines of text touch"
    longest = max(span[1] for span in spans)
    assert all(at[0] > longest for _, _, at in numbers), "numbers stand clear of all bars"
    few = SignedBars(tensor(*values[:9]), words[:9], width=12, height=3.9)
    assert not few.crowded and few.told == list(range(9))


def line_of_the_mark(bars):
    """Where the dashed line stands, across."""
    return [mark for mark in bars.marks() if mark.kind == "line"][-1].points[:, 0].mean()


def test_the_mark_moves_as_its_bars_do():
    rows = tensor(6, 7, 8, 7), tensor(2, 3, 2, 1)
    first, last = (SignedBars(row, WORDS, reach=(0, 8), mark=row.mean(0)).show_mark() for row in rows)
    half = first.copy()
    half.interpolate(first, last, 0.5)
    ends = line_of_the_mark(first), line_of_the_mark(last)
    assert ends[1] < ends[0] - 1 and np.isclose(line_of_the_mark(half), np.mean(ends))
