"""Two runs: what the lesson must show of distances, of the first place, of heads and of what comes next."""

import numpy as np
import pytest

from model import run
from model.errors import UsageError
from scenes.kit.attention.pattern import DotPattern
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.lines import LineChart
from scenes.kit.charts.signed import SignedBars
from scenes.kit.numbers.frames import Frame
from scenes.kit.numbers.grid import TensorGrid
from scenes.lessons.compare.aligned import AlignedRow
from scenes.lessons.compare.lesson import OTHER, Compare, likeliest_in_either
from scenes.lessons.compare.second import heads_of
from tests.playing import caption, find, only, player, texts

play = player(Compare)
LONG = "The little girl who lived in the old house saw a big dog and ran to her mother in the garden last night because"
INSERTED = dict(text="The dog saw the cat", other="The old dog saw the cat")


def norm(rows: np.ndarray) -> np.ndarray:
    return np.linalg.norm(rows.astype(float), axis=-1)


def test_steps_and_length():
    lesson = play()
    names = [step.name for step in lesson.steps]
    assert names[0] == "Two runs" and names[-1] == "Where they part" and len(names) == 13
    assert 90 <= lesson.steps[-1].end <= 150
    asked = [line.start for step in lesson.steps for line in step.lines if line.kind == "asks"]
    assert max(np.diff(asked)) < 90 and asked[0] < 1


def test_the_example_is_the_one_that_was_measured():
    lesson = play()
    vocabulary, (p, q) = lesson.trace.vocabulary, (probs.values for probs in lesson.probs)
    assert (vocabulary[lesson.word], vocabulary[lesson.rival]) == ("ate", "rested")
    assert p[lesson.word] > 0.45 and q[lesson.word] < 0.001 and q[lesson.rival] > 0.2
    assert lesson.found.parting == (5, 1) and (lesson.block, lesson.carrier) == (0, 1)
    with_it, without = (np.abs(a.values - b.values).sum() / 2 for a, b in (lesson.probs, lesson.without))
    assert with_it > 0.98 and without < 0.45, "without the head most of the difference goes away"


def test_the_grid_has_the_distances_of_all_words_at_all_stops():
    lesson = play()
    grid, other = only(lesson, "Layer by layer", TensorGrid), run("tiny", OTHER)
    names = ["blocks.0.resid_pre", *[f"blocks.{k}.resid_post" for k in range(4)]]
    a, b = (np.stack([trace.array(name) for name in names], 1) for trace in (lesson.trace, other))
    np.testing.assert_allclose(grid.values, norm(a - b) / norm(a), atol=1e-5)
    assert [str(label) for label in grid.row_labels] == ["Lucy", "was", "hungry / tired", ",", "so", "she"]
    assert grid.text_opacity.min() == 1 and not grid.values[:2].any()
    only_first = only(lesson, "Going in", TensorGrid)
    assert only_first.text_opacity[:, 0].all() and not only_first.text_opacity[:, 1:].any()


def test_the_frame_is_around_the_first_place():
    lesson = play()
    grid, frame = only(lesson, "The first place", TensorGrid), only(lesson, "The first place", Frame)
    np.testing.assert_allclose(frame.get_center(), grid.corners(5, 1, 5, 1).mean(axis=0), atol=1e-3)
    assert "“she”, 0.56" in caption(lesson, "The first place")


def test_the_head_its_weights_and_the_runs_without_it():
    lesson = play()
    bars = only(lesson, "Who writes it?", SignedBars)
    assert len(bars.values) == 8 and int(bars.values.argmax()) == lesson.carrier
    for trace, shown in zip(lesson.runs, find(lesson, "Where it looks", ProbabilityBars), strict=True):
        np.testing.assert_allclose(shown.probs.values, trace.array("blocks.0.attn.pattern")[1, 5], atol=1e-6)
    for text, shown in zip((lesson.text, OTHER), find(lesson, "Without it", ProbabilityBars), strict=True):
        np.testing.assert_allclose(shown.probs.values, run("tiny", text, ablate=[(0, 1)]).array("probs")[-1], atol=1e-6)


def test_the_patterns_and_their_difference():
    lesson = play()
    layer, head = lesson.found.most_changed
    a, b = (pattern.values for pattern in find(lesson, "Pattern and difference", DotPattern))
    for trace, shown in zip(lesson.runs, (a, b), strict=True):
        np.testing.assert_allclose(shown, trace.array(f"blocks.{layer}.attn.pattern")[head], atol=1e-6)
    np.testing.assert_allclose(only(lesson, "Pattern and difference", TensorGrid).values, b - a, atol=1e-6)


def test_the_lines_end_at_the_logits():
    lesson = play()
    for trace, one in zip(lesson.runs, only(lesson, "Word against word", LineChart).series, strict=True):
        logits = trace.array("logits")[-1]
        assert one.ys.values[-1] == pytest.approx(logits[lesson.word] - logits[lesson.rival], abs=1e-3)


def test_it_ends_with_the_picture_of_the_beginning():
    lesson = play()
    first, last = ([*map(str, texts(lesson, name))] for name in ("What comes next", "Where they part"))
    assert set(first[3:-3]) <= set(last)


def test_a_word_that_only_one_text_has_stands_alone():
    lesson = play(**INSERTED)
    upper, lower = find(lesson, "Two runs", AlignedRow)
    assert upper.emphasis.tolist() == [1, 0, 1, 1, 1, 1] and lower.emphasis.all()
    assert [a[0] for a in upper.boxes] == [b[0] for b in lower.boxes], "columns stand in line"
    assert [lesson.trace.tokens[i] for i, _ in lesson.found.common] == [*lesson.trace.tokens]


def test_of_a_long_text_what_matters_is_shown():
    lesson = play(text=LONG)
    grid = only(lesson, "Layer by layer", TensorGrid)
    changed = next(k for k, kept in enumerate(lesson.found.kept) if not kept)
    assert {lesson.column, changed, 23} <= set(grid.rows) and grid.rows[0] == 0


def test_with_a_head_off_there_is_one_text_and_no_step_on_where_it_looks():
    lesson = play(without="0.1")
    names = [step.name for step in lesson.steps]
    assert "Without it" not in names and [*map(tuple, lesson.second.info["ablate"])] == [(0, 1)]
    assert lesson.second.ids == lesson.trace.ids and "head 1 of layer 0 is off" in caption(lesson, "Two runs")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (dict(other=Compare.text), "the same"),
        (dict(text="Lucy was", other="Lucy was tired"), "differs earlier"),
        (dict(without="1"), "LAYER.HEAD"),
        (dict(without="9.0"), "layers are 0 to 3"),
        (dict(text="Lucy", other="Lucy"), "2 to 24 tokens"),
        (dict(other="so"), "2 to 24 tokens"),
        (dict(model="translator"), "translates"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_line(options, told):
    with pytest.raises(UsageError, match=told):
        play(**options)


def test_heads_are_read():
    assert heads_of(None) == () and heads_of("0.1, 2.3,0.1") == ((0, 1), (2, 3))


def test_the_bars_have_the_likeliest_words_of_either():
    lesson = play()
    ids = likeliest_in_either(*lesson.probs, 6)
    orders = [np.argsort(-probs.values, kind="stable")[:3].tolist() for probs in lesson.probs]
    assert (
        set(ids) == {*orders[0], *orders[1]} and len(ids) == len(set(likeliest_in_either(*lesson.probs[:1] * 2, 5))) + 1
    )
