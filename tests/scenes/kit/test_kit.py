"""The kit's mobjects behave as Manim's own: moved, scaled, rotated, faded, transformed, grouped, updated, cached."""

import copy
import gc
import tracemalloc

import numpy as np
import pytest
from manim import DOWN, RIGHT, UP, Create, FadeIn, FadeOut, Rotate, Transform, Uncreate, VGroup, Write, config
from manim.utils.hashing import get_json

from model.numbers.tensor import Tensor
from scenes.kit import HeatStrips
from scenes.kit.ground import cairopen
from scenes.kit.numbers import strips
from tests.scenes.kit.pieces import KINDS, WITH_TEXT, make, picture, play, tensor


@pytest.mark.parametrize("kind", KINDS)
def test_it_draws_something_inside_its_box(kind):
    mobject = make(kind)
    lit = np.argwhere(picture(mobject).sum(axis=-1) > 30)
    assert len(lit) > 20
    to_x = lambda px: (px + 0.5) / config.pixel_width * config.frame_width - config.frame_width / 2  # noqa: E731
    to_y = lambda py: config.frame_height / 2 - (py + 0.5) / config.pixel_height * config.frame_height  # noqa: E731
    slack = 0.2  # line widths, brackets' feet
    assert (
        mobject.get_left()[0] - slack <= to_x(lit[:, 1].min())
        and to_x(lit[:, 1].max()) <= mobject.get_right()[0] + slack
    )
    assert (
        mobject.get_bottom()[1] - slack <= to_y(lit[:, 0].max())
        and to_y(lit[:, 0].min()) <= mobject.get_top()[1] + slack
    )


@pytest.mark.parametrize("kind", KINDS)
def test_shift_moves_the_picture(kind):
    mobject = make(kind)
    step = config.frame_width / config.pixel_width * 20
    here, there = picture(mobject), picture(mobject.copy().shift(step * RIGHT))
    apart = np.abs(np.roll(here, 20, axis=1) - there)
    # An image's cells are a pixel or two wide here: nearest-neighbour sampling may move single ones.
    assert (apart.max() < 40 or kind == "image" and apart.mean() < 0.2) and np.abs(here - there).max() > 60


@pytest.mark.parametrize("kind", WITH_TEXT)
def test_scale_and_rotate_reach_the_text(kind):
    mobject = make(kind)
    first = mobject.readings()[0]
    larger = mobject.copy().scale(1.5).readings()[0]
    assert larger.size == pytest.approx(1.5 * first.size, rel=1e-4)
    turned = mobject.copy().rotate(np.pi / 2).readings()[0]
    side = first.corners[1] - first.corners[0]
    assert turned.corners[1] - turned.corners[0] == pytest.approx([-side[1], side[0]], abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_next_to_and_vgroup(kind):
    a, b = make(kind), make(kind, seed=1)
    b.next_to(a, DOWN, buff=0.5)
    assert a.get_bottom()[1] - b.get_top()[1] == pytest.approx(0.5)
    group = VGroup(a, b)
    before = b.get_center()
    group.shift(UP)
    assert b.get_center() == pytest.approx(before + UP)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("animation", [FadeIn, FadeOut, Create, Write, Uncreate, Rotate], ids=lambda a: a.__name__)
def test_manims_animations_play(kind, animation):
    mobject = make(kind)
    whole = picture(mobject).sum()
    outwards = animation in (FadeOut, Uncreate)
    scene, frames = play(lambda: animation(mobject), before=[mobject] if outwards or animation is Rotate else [])
    light = [frame.sum() for frame in frames]
    if outwards:
        assert light[0] == pytest.approx(whole, rel=0.05) and mobject not in scene.mobjects
    elif animation is not Rotate:
        assert light[0] < 0.6 * whole and light[-1] > light[0] and mobject in scene.mobjects
        assert picture(mobject).sum() == pytest.approx(whole, rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_transform_ends_as_the_target(kind):
    a, b = make(kind), make(kind, seed=1).shift(DOWN)
    play(lambda: Transform(a, b), before=[a])
    assert np.abs(picture(a) - picture(b)).max() < 3


@pytest.mark.parametrize("kind", KINDS)
def test_animate_syntax(kind):
    mobject = make(kind)
    wanted = mobject.copy().scale(0.5).shift(UP).set_opacity(0.5)
    play(lambda: mobject.animate.scale(0.5).shift(UP).set_opacity(0.5), before=[mobject])
    assert np.abs(picture(mobject) - picture(wanted)).max() < 3


def test_transform_mixes_values_and_shows_them():
    a, b = make("grid"), make("grid", seed=1)
    start, end = a.values.copy(), b.values.copy()
    a.interpolate(make("grid"), b, 0.25)
    assert a.values == pytest.approx(0.75 * start + 0.25 * end)


def test_updaters_run():
    label = make("label")
    label.add_updater(lambda m, dt: m.shift(dt * RIGHT))
    play(lambda: FadeIn(make("grid")), before=[label])
    assert label.get_center()[0] > 0.3


@pytest.mark.parametrize("kind", KINDS)
def test_copies_share_nothing_that_changes(kind):
    mobject = make(kind)
    twin = copy.deepcopy(mobject)
    before = picture(mobject)
    for name in mobject.look:
        value = getattr(twin, name)
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            value[...] = 0.123
    assert np.abs(picture(mobject) - before).max() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_manims_cache_tells_looks_apart(kind):
    """The hash that names a cached clip changes with what is shown, and only then."""
    assert get_json(make(kind)) == get_json(make(kind))
    other = make(kind).set_opacity(0.3)
    assert get_json(make(kind)) != get_json(other)
    if kind not in ("formula", "frame", "heading"):
        assert get_json(make(kind)) != get_json(make(kind, seed=1))


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_does_not_carry_where_the_last_animation_led(kind):
    mobject = make(kind)
    mobject.animate.shift(UP)
    assert mobject.target.get_center() == pytest.approx(mobject.get_center() + UP)
    assert mobject.copy().target is None and mobject.target is not None


def test_looks_that_are_gone_take_no_memory(monkeypatch):
    """Images and colours stay at hand up to a size, whatever the size of the table they are of."""
    monkeypatch.setattr(cairopen.SURFACES, "room", 2**20)
    monkeypatch.setattr(strips.FILLS, "room", 2**20)
    table = HeatStrips(tensor(50, 2000), rows=50)
    picture(table)
    tracemalloc.start()
    try:
        for k in range(30):
            table.values[0, k], table.opacity = 9.0, 1 - k / 100
            picture(table)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 10e6, "looks are kept"
    finally:
        tracemalloc.stop()


def test_what_stays_at_hand_is_what_would_be_made(monkeypatch):
    table, other = HeatStrips(tensor(4, 300)), HeatStrips(tensor(4, 300, seed=1))
    first, again = picture(table), picture(table)
    for kept in (cairopen.SURFACES, strips.FILLS):
        monkeypatch.setattr(kept, "room", 0)
    assert not (picture(other) == first).all()
    assert (first == again).all() and (picture(table) == first).all()


def hues(values, scale):
    """How many pixels of a table of that many numbers are blue, and how many red."""
    table = Tensor.recorded("t", values.astype(np.float32), ("row", "column"))
    drawn = picture(HeatStrips(table, "score", rows=len(values), width=6.0, height=4.0, pitch=0.1, scale=scale))
    hue = drawn[..., 2].astype(int) - drawn[..., 0]
    return (hue > 30).sum(), (hue < -30).sum()


def test_where_numbers_share_a_pixel_neither_sign_is_put_before_the_other():
    """Many numbers a pixel: the strongest shows, blue as often as red."""
    values = np.random.default_rng(0).uniform(-1, 1, size=(40, 6000))
    blue, red = hues(values, 2.0)
    assert blue + red > 2000 and 0.85 < blue / red < 1.18
    values[:, ::2], values[:, 1::2] = 0.9, -1.0  # all are fully coloured
    blue, red = hues(values, 0.3)
    assert red > 2000 and blue == 0
