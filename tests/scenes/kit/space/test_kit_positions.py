"""The kit's curves, dials, maps, links, rows and spreads: they show what they hold, and nothing else."""

import numpy as np
import pytest
from manim import Transform

from model.numbers.tensor import Tensor
from scenes.kit.charts.curve import Curve, GrowCurve, ReadOff, Waves, ticks
from scenes.kit.ground.encodings import Angle, Length
from scenes.kit.ground.layout import Box
from scenes.kit.ground.text import Label
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.rows import Rows
from scenes.kit.space.dial import Dial, DialRow, Turn
from scenes.kit.words.links import Links, along_threads
from scenes.kit.words.tokens import TokenRow
from scenes.lessons.position.heatmap import HeatMap
from scenes.lessons.position.spread import SpreadBars
from tests.scenes.kit.matching import matches, speaking


@pytest.mark.parametrize(
    ("first", "last", "most", "marks"),
    [(0, 7, 7, list(range(8))), (0, 63, 7, [0, 10, 20, 30, 40, 50, 60]), (-12, 9, 5, [-10, -5, 0, 5]), (0, 0, 7, [0])],
)
def test_ticks_are_round_and_few(first, last, most, marks):
    assert ticks(first, last, most) == marks


@pytest.fixture
def waves(tensors):
    table = tensors(table=(20, 3))["table"]
    return Waves(table, table.values.T, ["a", "b", "c"], width=10, height=4)


def test_a_cursor_reads_off_the_row_where_it_stands(waves):
    for place in (0, 7, 19):
        waves.cursor = place
        assert [waves.at_cursor(k) for k in range(3)] == pytest.approx(list(waves.values[place]), abs=1e-6)


def test_reading_off_ends_at_the_columns_own_row(waves):
    column = TensorGrid(waves.tensor[12], "position", upright=True)
    run = ReadOff(waves, column, 3, 12)
    run.begin()
    run.interpolate_mobject(0.0)
    assert waves.cursor == 3 and column.values[:, 0] == pytest.approx(waves.values[3])
    run.interpolate_mobject(1.0)
    assert waves.cursor == 12
    matches(column), matches(waves)


def test_a_curve_grows_and_its_spots_lie_on_the_scale(tensors):
    curve = Curve(tensors(v=(10,))["v"], width=8, height=4, lowest=-4, highest=4, cursor=2)
    grow = GrowCurve(curve)
    grow.interpolate_mobject(0.5)
    assert 5 in [len(mark.points) for mark in speaking(curve) if mark.kind == "circle"]
    grow.interpolate_mobject(1.0)
    matches(curve)
    heights = np.array([curve.spot(i)[1] for i in range(10)])
    np.testing.assert_allclose(np.diff(heights) / np.diff(curve.values), curve.rise / 8, rtol=1e-6)  # linear


def test_dials_show_pairs_and_turn_to_where_they_stand():
    pair = Tensor.given([0.6, -0.8], "pair", ("entry",))
    dial = Dial([(pair, "query")], diameter=2, longest=2.0)
    matches(dial)
    assert dial.tip() == pytest.approx([0.92 * 0.3, -0.92 * 0.4, 0], abs=1e-9)
    turn = Turn(dial, [5 * np.pi])  # two rounds and a half
    turn.interpolate_mobject(0.0)
    assert dial.tip() == pytest.approx([-0.92 * 0.3, 0.92 * 0.4, 0], abs=1e-9)
    turn.interpolate_mobject(1.0)
    matches(dial)


@pytest.mark.parametrize(("box", "lines"), [(Box(-6, -1, 6, 1), 1), (Box(-3, -3, 3, 3), 2)])
def test_a_narrow_box_takes_dials_in_two_lines(box, lines):
    pair = Tensor.given([1.0, 0.0], "pair", ("entry",))
    made = DialRow(box, Label("title"), [([(pair, "key")], "note", {})] * 4)
    assert len({round(float(d.get_y()), 3) for d in made.dials}) == lines
    assert (
        made.get_left()[0] >= box.left - 1e-6
        and made.get_top()[1] <= box.top + 1e-6
        and made.get_bottom()[1] >= box.bottom - 1e-6
    )


def test_a_heat_map_numbers_its_edges_with_sourced_numbers(tensors):
    heat = HeatMap(tensors(m=(64, 64))["m"], width=5, height=5)
    assert heat.width == pytest.approx(heat.height, rel=0.2)
    numbers = [r for r in heat.readings() if any(c.isdigit() for c in r.text)]
    assert numbers and all(r.numbers and r.numbers[0].value == int(r.text) for r in numbers)
    matches(heat)


@pytest.mark.parametrize("down", [False, True])
def test_links_go_from_each_token_to_its_new_place(down):
    words, order = ["one", "two", "three"], (2, 0, 1)
    first, second = (TokenRow(w, down=down) for w in (words, [words[i] for i in order]))
    second.shift((3, 0, 0) if down else (0, -3, 0))
    links = Links(first, second, order)
    for k, i in enumerate(order):
        start, end = links.to_scene(*links.starts[i]), links.to_scene(*links.ends[i])
        axis = 1 if down else 0
        assert start[axis] == pytest.approx(first.edge_point(i, (0.5, 0.5))[axis]) and end[axis] == pytest.approx(
            second.edge_point(k, (0.5, 0.5))[axis]
        )


@pytest.mark.parametrize("down", [False, True])
def test_a_word_flies_along_its_line(down):
    words, order = ["one", "two", "three"], (2, 0, 1)
    first, second = (TokenRow(w, down=down) for w in (words, [words[i] for i in order]))
    second.shift((3, 0, 0) if down else (0, -3, 0))
    links, path = Links(first, second, order), along_threads(down)
    line = next(mark for mark in links.marks() if mark.kind == "line").points  # of the first word
    for t, point in zip(np.linspace(0, 1, len(line)), line, strict=True):
        start, end = np.append(line[0], 0), np.append(line[-1], 0)
        np.testing.assert_allclose(path(start, end, t)[:2], point, atol=1e-6)


def test_links_to_other_places_keep_their_tokens():
    words = ["one", "two", "three"]
    first, second = TokenRow(words), TokenRow(words).shift((0, -3, 0))
    links, others = Links(first, second, (0, 1, 2)), Links(first, second, (2, 1, 0))
    change = Transform(links, others)
    change.begin()
    change.interpolate(0.5)
    for k in range(3):  # half-way, every line starts at its token, and ends between two places
        np.testing.assert_allclose(links.to_scene(*links.starts[k])[:2], first.edge_point(k, (0.5, 1.0))[:2], atol=1e-6)
        middle = (second.edge_point(k, (0.5, 0.0)) + second.edge_point(2 - k, (0.5, 0.0))) / 2
        np.testing.assert_allclose(links.to_scene(*links.ends[k])[:2], middle[:2], atol=1e-6)


# ── hands ────────────────────────────────────────────────────────────────────────────────────────
def hand_at(angle: float) -> Tensor:
    return Tensor.given(np.array([np.cos(angle), np.sin(angle)]), "hand", ("entry",))


@pytest.mark.parametrize("swept", [0.5, -3.0, 6.0, 9.0, -20.0])
def test_a_turn_of_more_than_a_round_is_a_spiral_of_as_many_windings(swept):
    dial = Dial([(hand_at(swept), "position")], diameter=3, starts=[0.0])
    dial.angles = np.array([swept])
    matches(dial)
    shown = [mark for mark in dial.marks() if any(isinstance(each, Angle) for each in mark.shows)]
    assert [mark.kind for mark in shown] == ["arc" if abs(swept) <= 2 * np.pi else "line"]
    if abs(swept) > 2 * np.pi:
        away = shown[0].points - shown[0].points[0]
        turned = np.unwrap(np.arctan2(away[1:, 1], away[1:, 0]))
        assert turned[-1] - turned[0] == pytest.approx(swept, rel=0.02)
        assert (np.diff(np.hypot(*away.T)) > 0).all()


def test_a_hand_stands_on_its_two_numbers():
    dial = Dial([(hand_at(2.1), "position")], diameter=3, legs=True)
    matches(dial)
    across, up = [mark for mark in dial.marks() if any(isinstance(each, Length) for each in mark.shows)]
    np.testing.assert_allclose(across.points[1] - across.points[0], (np.cos(2.1) * 0.92 * 1.5, 0), atol=1e-9)
    np.testing.assert_allclose(up.points[1] - up.points[0], (0, np.sin(2.1) * 0.92 * 1.5), atol=1e-9)
    np.testing.assert_allclose(up.points[1], dial.tip()[:2], atol=1e-9)
    dial.hand_grown, dial.leg_grown = 0.5, np.array([1.0, 0.5])
    matches(dial)  # what is on its way does not say that it is there


@pytest.mark.parametrize("upright", [0, 6])
def test_rows_claim_that_every_shown_entry_adds_up(tensors, upright):
    t = tensors(a=(40,), b=(40,))
    rows = Rows(
        Box(-6, -2, 6, 2),
        ((t["a"], "data", "a"), (t["b"], "position", "+ b"), (t["a"] + t["b"], "data", "= c")),
        adds=True,
        upright=upright,
    )
    shown = [i for i in (rows.grids[2].rows if upright else rows.grids[2].columns) if i is not None]
    total = rows.grids[-1]
    assert len(total.claims()) == len(shown) < 40
    for claim in total.claims():
        assert sum(part[0].value.value() for part in claim.parts) == pytest.approx(claim.total.value.value(), abs=1e-5)
    total.reveal(0)
    assert total.claims() == []  # nothing is claimed before it is there


def test_bars_with_spread():
    runs = Tensor.given([[2.0, 2.2, 2.4], [1.0, 1.1, 1.2]], "loss", ("variant", "seed"))
    bars = SpreadBars(runs, ["a", "b"], width=8, height=3, fills=("secondary", "query"))
    matches(bars)
    texts = [r.text for r in bars.readings()]
    assert "2.200" in texts and "1.000 to 1.200" in texts
    assert bars.x_of(2.4) - bars.x_of(0) == pytest.approx(2 * (bars.x_of(1.2) - bars.x_of(0)))  # from zero, linear
