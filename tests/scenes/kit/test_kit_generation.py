"""Columns that stay, and the tree of several texts."""

import numpy as np
import pytest

from model.numbers.tensor import Tensor, stack
from model.runs.sampling import generate
from model.study.turns.branching import tree_of
from scenes import kit
from scenes.kit.ground.encodings import Shade, Thickness


def normal(*shape, seed=0):
    values = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return Tensor.recorded("t", values, [f"axis{k}" for k in range(values.ndim)])


WORDS = ("A", "fluffy", "blue", "creature")


def texts_of(mobject):
    return [reading.text for reading in mobject.readings() if reading.opacity > 0.01]


def test_a_column_comes_with_its_word_and_its_cells():
    columns = kit.KeptColumns(normal(4, 3), "key", cell=(1.2, 0.2), words=WORDS).show(2)
    assert texts_of(columns) == ["A", "fluffy"]
    marks = [mark for mark in columns.marks() if any(isinstance(e, Shade) for e in mark.shows)]
    assert sum(len(np.atleast_1d(mark.opacity)) for mark in marks) == 2 * 3
    assert texts_of(columns.show(4)) == list(WORDS)


def test_words_are_there_before_the_last_cell_of_a_flight_has_landed():
    rows = normal(4, 3)
    here, there = (kit.KeptColumns(rows, "key", cell=(1.2, 0.2), words=words) for words in (None, WORDS))
    here.show(4), there.show(4)
    flight = kit.Fly(here, there)
    flight.interpolate_mobject(0.95)
    assert texts_of(there) == list(WORDS)
    flight.interpolate_mobject(1.0)
    assert texts_of(there.show(2)) == ["A", "fluffy"]


def test_nothing_of_a_grid_is_seen_while_others_leave():
    grid = kit.TensorGrid(normal(2, 3))
    come = kit.Introduce(grid, after=0.4, run_time=1.0)
    come.begin()
    come.interpolate_mobject(0.4)
    assert texts_of(grid) == [] and grid.opacity == 0
    come.interpolate_mobject(1.0)
    assert len(texts_of(grid)) == 6 and grid.opacity == 1


def test_places_do_not_move_while_columns_come():
    columns = kit.KeptColumns(normal(4, 3), "key", cell=(1.2, 0.2), words=WORDS)
    before = columns.show(1).column_corners(0)
    assert np.allclose(columns.show(4).column_corners(0), before)


def test_gathering_runs_from_nothing_to_the_weighted_sum():
    values, weights = normal(4, 3), Tensor.given([0.1, 0.2, 0.3, 0.4], "w", ("axis0",))
    total = kit.TensorGrid((values.T * weights).sum(1), "data")
    columns = kit.KeptColumns(values, "value", cell=(1, 0.2))
    move = kit.Gather(columns, weights, total)
    sums = []
    for alpha in (0.0, 0.3, 0.6, 1.0):
        move.interpolate_mobject(alpha)
        sums.append(total.values[0].copy())
    assert not sums[0].any() and columns.glow.max() == 0
    assert sums[-1] == pytest.approx(weights.values @ np.asarray(values.values, dtype=float), abs=1e-6)
    low, high = np.array(total.reach).T
    assert all((low - 1e-9 <= each).all() and (each <= high + 1e-9).all() for each in sums)


def test_of_many_words_some_have_columns_and_all_are_gathered():
    values, weights = normal(6, 3), Tensor.given([0.1, 0.1, 0.2, 0.2, 0.3, 0.1], "w", ("axis0",))
    words = ("A", "fluffy", "blue", "creature", "roamed", "the")
    columns = kit.KeptColumns(values, "value", cell=(1.6, 0.2), columns=[0, None, 4, 5], words=words)
    assert texts_of(columns.show(5)) == ["A", "roamed"]
    assert np.array_equal(columns.cell_opacity[0], [1, 1, 1, 0])  # the ⋯ comes with the word before it
    total = kit.TensorGrid((values.T * weights).sum(1), "data")
    move = kit.Gather(columns, weights, total)
    move.interpolate_mobject(0.4)
    assert columns.glow.shape == columns.values.shape and columns.glow.any()
    move.interpolate_mobject(1.0)
    assert total.values[0] == pytest.approx(weights.values @ np.asarray(values.values, dtype=float), abs=1e-6)


def test_gathering_knows_how_far_each_of_many_numbers_may_go():
    """Of more numbers than are shown, only those that are there count: a ⋯ has none."""
    values, weights = normal(4, 20), Tensor.given([0.1, 0.2, 0.3, 0.4], "w", ("axis0",))
    total = kit.TensorGrid((values.T * weights).sum(1), "data", columns=6)
    kit.Gather(kit.KeptColumns(values, "value", cell=(1, 0.1)), weights, total)
    shown = [k for k in total.columns if k is not None]
    assert None in total.columns and len(total.reach) == len(shown)
    parts = (np.asarray(values.values, dtype=float).T * weights.values)[shown]
    assert np.allclose(total.reach, np.stack([parts.clip(max=0).sum(1), parts.clip(min=0).sum(1)], axis=1))


@pytest.fixture(scope="module")
def texts():
    return [tuple(generate("tiny", "Lucy was hungry, so she", 5, seed=seed)) for seed in range(5)]


def tree(texts, **how):
    draws = [turns[0].u for turns in texts]
    return kit.WordTree(tree_of(texts), "she", range(len(texts)), draws, **(dict(width=13, height=4.5) | how))


@pytest.mark.parametrize("down", [False, True])
def test_lines_are_as_thick_as_chances(texts, down):
    shown = tree(texts, down=down).scale(0.8).shift((1, 1, 0))
    lines = [(mark, e) for mark in shown.marks() for e in mark.shows if isinstance(e, Thickness)]
    assert len(lines) == len(tree_of(texts))
    for mark, thick in lines:
        assert mark.line / mark.zoom == pytest.approx(max(0.012, thick.unit * thick.cell.value()), abs=1e-6)


def test_totals_stand_at_the_ends_in_place_of_seeds(texts):
    totals = [stack([turn.probs[turn.id] for turn in turns], "word").log().sum(0) for turns in texts]
    shown = kit.WordTree(tree_of(texts), "she", totals=totals, width=13, height=4.5)
    said = texts_of(shown)
    right = {f"{float(totals[branch.texts[0]]):+.2f}".replace("-", "−") for branch in shown.ends}
    assert right <= set(said) and not any(text.startswith("seed") for text in said)


@pytest.mark.parametrize(("down", "width", "height"), [(False, 13, 4.5), (True, 7, 9)])
def test_all_words_and_seeds_stand_clear_of_each_other(texts, down, width, height):
    shown = tree(texts, down=down, width=width, height=height)
    readings = shown.readings()
    words = [turn.word for turns in texts for turn in turns]
    assert {w.strip() for w in words} <= set(texts_of(shown))
    named = ", ".join(t for t in texts_of(shown) if t.startswith("seed"))
    assert all(str(seed) in named for seed in range(len(texts)))
    boxes = [(r.corners.min(axis=0), r.corners.max(axis=0)) for r in readings]
    for k, (low, high) in enumerate(boxes):
        assert all((np.minimum(high, top) - np.maximum(low, bottom)).min() < 0.02 for bottom, top in boxes[:k])


def test_a_level_that_has_not_grown_is_not_seen(texts):
    shown = tree(texts)
    shown.grown = np.array([1.0] + [0.0] * (shown.levels - 1))
    firsts = {branch.word.strip() for branch in tree_of(texts) if branch.depth == 0}
    assert {t for t in texts_of(shown) if not t.endswith("%")} == firsts | {"she"}
