"""Cells fly upright and whole; queries meet keys; what is on its way is what was there and what will be."""

import numpy as np
import pytest
from manim import RIGHT, Scene

from model import run
from scenes.kit.attention.pattern import DotPattern
from scenes.kit.ground.text import Number
from scenes.kit.moves.flight import Chip, Fly, paired, perch, row_of
from scenes.kit.moves.meet import Meet, MeetAll
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import TokenNumbers, TokenRow


def halfway(animation, alpha: float = 0.5):
    scene = Scene()
    animation._setup_scene(scene)
    animation.begin()
    animation.interpolate(alpha)
    return scene


def end(animation, scene) -> None:
    animation.finish()
    animation.clean_up_from_scene(scene)


@pytest.fixture
def row(tensors):
    return tensors(row=(8,))["row"]


def test_digits_keep_their_shape_on_the_way_from_row_to_column(row):
    across, down = TensorGrid(row, "query"), TensorGrid(row, "query", upright=True, cell=(1.3, 0.7)).shift(4 * RIGHT)
    wanted = [r.text for r in across.readings()]
    fly = Fly(across, down, lag=0.1)
    halfway(fly)
    readings = fly.flock.readings()
    assert [r.text for r in sorted(readings, key=lambda r: r.numbers[0].value.index)] == wanted
    for reading in readings:  # upright: the ink's box has no tilt; its shape is that of the same digits elsewhere
        upper, lower = reading.corners[0], reading.corners[2]
        assert reading.corners[0][1] == pytest.approx(reading.corners[1][1])
        tall = (upper[1] - lower[1]) / reading.size
        assert 0.5 < tall < 0.9 and 0 < (lower[0] - upper[0]) / reading.size < 3


def test_what_flies_is_the_target_when_it_lands_and_the_source_is_gone(row):
    source, target = TensorGrid(row, "query"), TensorGrid(row, "query", upright=True).shift(3 * RIGHT)
    wanted = [r.text for r in target.readings()]
    fly = Fly(source, target)
    scene = halfway(fly)
    assert not target.readings() and not source.readings(), "nothing is there twice"
    end(fly, scene)
    assert [r.text for r in target.readings()] == wanted
    assert source not in scene.mobjects and fly.flock not in scene.mobjects


def test_what_is_used_stays(row):
    source, target = TensorGrid(row, "query"), TensorGrid(row, "query").shift(2 * RIGHT)
    fly = Fly(source, target, keep=True)
    halfway(fly)
    assert len(source.readings()) == len(row)


def test_squares_become_dots_of_the_right_area(tensors):
    pattern = tensors(pattern=(4, 4))["pattern"].softmax(1)
    dots = DotPattern(pattern)
    bits = perch(dots).bits()
    for index, bit in bits.items():
        full = (dots.cw - 0.03) / 2 * dots.zoom()
        assert (bit.radius / full) ** 2 == pytest.approx(float(pattern.values[index]), rel=1e-6)


def test_pairs_by_index_or_in_order():
    assert paired([(0,), (1,), (7,)], [(1,), (7,)]) == {(1,): (1,), (7,): (7,)}
    assert paired([(2, 0), (2, 1)], [(0,), (1,)]) == {(2, 0): (0,), (2, 1): (1,)}
    chip, shown = [(k,) for k in range(8)], [(k, 0) for k in (16, 40, 46, 63)]
    assert paired(chip, shown) == {}  # of one vector, and nothing is in both


def test_a_row_closes_into_its_chip_and_opens_again(tensors):
    table = tensors(q=(3, 8))["q"]
    strip = SentenceStrip(["a", "b", "c"], width=8)
    strip.add("q", table, "query")
    grid = TensorGrid(table[1], "query")
    fly = Fly(grid, Chip(strip, "q", 1))
    scene = halfway(fly)
    assert strip.chips["q"].seen.tolist() == [0, 0, 0]
    end(fly, scene)
    assert strip.chips["q"].seen.tolist() == [0, 1, 0]
    again = TensorGrid(table[1], "query")
    fly = Fly(Chip(strip, "q", 1), again, keep=True)
    scene = halfway(fly)
    assert strip.chips["q"].seen.tolist() == [0, 1, 0], "an opened chip stays where it is"
    end(fly, scene)
    assert len(again.readings()) == 8


def test_chips_have_the_colours_of_the_grid(tensors):
    table = tensors(w=(3, 8))["w"]
    strip = SentenceStrip(["a", "b", "c"], width=8)
    assert strip.add("w", table, "weight").fills() == pytest.approx(TensorGrid(table, "weight").fills())


def test_the_total_counts_what_has_met(tensors):
    both = tensors(q=(20,), k=(20,))
    products = both["q"] * both["k"]
    grids = [
        TensorGrid(t, kind, columns=6) for t, kind in ((both["q"], "query"), (both["k"], "key"), (products, "score"))
    ]
    total = Number(products.sum(0))
    meet = Meet(*grids, total)
    assert meet.running[-1] == pytest.approx(float(products.sum(0)))
    assert meet.running[0] == pytest.approx(float(products.values[0]))
    scene = halfway(meet, 0.99)
    end(meet, scene)
    assert total.text == Number(products.sum(0)).text and all(grid.glow.max() == 0 for grid in grids[:2])


def test_scores_land_row_by_row(tensors):
    made = tensors(q=(4, 3), k=(4, 3))
    scores = TensorGrid(made["q"] @ made["k"].T, "score").reveal(0)
    wave = MeetAll(TensorGrid(made["q"], "query"), TensorGrid(made["k"], "key"), scores)
    halfway(wave, 0.5)
    assert (scores.text_opacity[:2] == 1).all() and (scores.text_opacity[3] == 0).all()


@pytest.mark.parametrize("down", [False, True])
def test_weights_fly_under_words_and_from_there_into_a_column(down):
    trace = run("tiny", "The cat sat on the mat")
    pattern, i = trace["blocks.1.attn.pattern"][2], 5
    dots = DotPattern(pattern)
    numbers = TokenNumbers(TokenRow(trace.tokens, down=down), pattern[i])
    column = TensorGrid(pattern[i], "probability", upright=True, spec=".2f")
    there = {k for k, value in enumerate(pattern.values[i]) if value >= numbers.least}
    ways = (
        Fly(row_of(dots, i), numbers, pairs={(i, k): (k,) for k in range(6)}),
        Fly(numbers, column, pairs={(k,): (k,) for k in range(6)}),
    )
    for fly in ways:
        assert len(fly.flock.starts) == len(there) > 1
        fly.begin()
        for alpha in np.linspace(0, 1, 11):
            fly.interpolate(alpha)
            sizes = [reading.size for reading in fly.flock.readings()]
            assert all(0.8 * numbers.size <= size <= 1.2 * max(numbers.size, column.digits) for size in sizes), alpha
            if 0 < alpha < 1:  # what flies is not also there
                assert not numbers.shown_opacity[sorted(there)].any()
        fly.finish()
    assert column.text_opacity.min() == 1
