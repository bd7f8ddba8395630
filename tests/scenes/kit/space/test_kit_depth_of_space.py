"""VectorSpace in three dimensions: its places against a singular value decomposition and a projection by hand."""

from dataclasses import replace

import numpy as np
import pytest
from manim import Transform

from model.numbers.tensor import Tensor
from model.study.space import pca
from scenes.kit.ground.encodings import Projected
from scenes.kit.space.vectorspace import VectorSpace
from scenes.kit.space.view import axes_of, beside, seen_of
from studio.audit.checks.geometry import check_marks
from tests.scenes.kit.matching import Held, matches, speaking

WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight"]


def made(rows: int = 8, columns: int = 9, seed: int = 0) -> Tensor:
    values = np.random.default_rng(seed).normal(size=(rows, columns)) * np.arange(columns, 0, -1)
    return Tensor.given(values, "made up", ("word", "dimension"))


def space_of(coords: Tensor, **how) -> VectorSpace:
    return VectorSpace(coords, WORDS[: len(coords)], **dict(dict(width=8, height=4.5, turn=0.9), **how))


def by_hand(points, azimuth: float, elevation: float) -> np.ndarray:
    """Turned about the upright axis, then tipped towards the eye; what is left is across and up. [n, 2]"""
    found = []
    for x, y, z in np.asarray(points, dtype=float):
        across = x * np.cos(azimuth) + z * np.sin(azimuth)
        depth = z * np.cos(azimuth) - x * np.sin(azimuth)
        found.append((across, y * np.cos(elevation) - depth * np.sin(elevation)))
    return np.array(found)


def test_the_places_are_those_of_the_singular_vectors():
    rows = made()
    found = pca(rows, "made up", n=3)
    coords = rows @ found.axes
    centred = rows.values - rows.values.mean(0)
    _, s, vt = np.linalg.svd(centred, full_matrices=False)
    axes = vt[:3].T * np.sign((vt[:3].T * found.axes.values).sum(0))
    np.testing.assert_allclose(found.explained.values, (s**2 / (s**2).sum())[:3], rtol=1e-9)
    space = space_of(coords)
    places = np.array([space.dot_place(k)[:2] for k in range(8)])
    flat = by_hand(rows.values @ axes, *space.view)
    np.testing.assert_allclose(places - places[0], space.scale_units[0] * (flat - flat[0]), atol=1e-8)


def test_from_the_front_it_is_the_map_of_the_first_two():
    coords = Tensor.given(np.random.default_rng(3).normal(size=(6, 3)), "points", ("word", "axis"))
    flat, front = (VectorSpace(each, WORDS[:6], width=8, height=4) for each in (coords[:, :2], coords))
    for k in range(6):
        np.testing.assert_allclose(front.dot_place(k), flat.dot_place(k), atol=1e-9)
    np.testing.assert_array_equal(front.labelled(), flat.labelled())
    matches(front)


def test_the_axes_are_at_right_angles_and_not_mirrored():
    for view in np.random.default_rng(1).uniform(-3, 3, (9, 2)):
        axes = axes_of(view)
        np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(axes) == pytest.approx(1)


@pytest.mark.parametrize("how", [{}, dict(stems=range(4), carried=[(0, 1, 2)]), dict(hollow=[7], links=[(0, 3)])])
def test_places_are_right_at_every_moment_of_a_turn(how):
    cloud = Tensor.given(np.random.default_rng(5).normal(size=(60, 3)), "cloud", ("word", "axis"))
    space = space_of(pca(made(), "made up", n=3).project(made()), cloud=cloud, **how).shift((1, 0.3, 0)).scale(0.8)
    start, zero = space.view.copy(), space.to_scene(*space.at(np.zeros(3)))[:2]
    turn = Transform(space, space.turned(0.9))
    turn.begin()
    for alpha in (0.0, 0.2, 0.5, 0.77, 1.0):
        turn.interpolate(alpha)
        matches(space)
        t = turn.rate_func(alpha)
        np.testing.assert_allclose(space.view, start + (0.9 * t, 0))
        zero = space.to_scene(*space.at(np.zeros(3)))[:2]
        wanted = zero + 0.8 * space.scale_units[0] * by_hand(space.tensor.values, *space.view)
        places = np.array([space.dot_place(k)[:2] for k in range(8)])
        np.testing.assert_allclose(places, wanted, atol=1e-8)
        readings = {reading.text: reading for reading in space.readings()}
        for k, word in enumerate(WORDS):  # a click on a word beside its point means it
            if word in readings:
                assert readings[word].of.index == (k, 0)
                assert np.linalg.norm(readings[word].corners.mean(axis=0) - places[k]) < 1.0


def test_labels_do_not_cover_each_other_at_any_moment():
    space = space_of(pca(made(seed=2), "made up", n=3).project(made(seed=2)), stems=range(8))
    shown = set()
    for by in np.linspace(0, 0.9, 13):
        readings = [reading for reading in space.turned(by).readings() if reading.opacity > 0.3]
        shown |= {reading.text for reading in readings}
        boxes = [(r.corners.min(axis=0), r.corners.max(axis=0)) for r in readings]
        for i, (low, high) in enumerate(boxes):
            for other_low, other_high in boxes[:i]:
                assert (low >= other_high).any() or (high <= other_low).any(), [r.text for r in readings]
    assert len(shown) >= 6


def test_labels_fade_without_a_jump():
    coords = pca(made(seed=4), "made up", n=3).project(made(seed=4))
    space, before = space_of(coords, stems=range(8)), None
    for by in np.linspace(0, 0.9, 900):
        dots = space.turned(by).at(space.values)
        _, seen = space.turned(by)._labels(dots)
        if before is not None:
            assert np.abs(seen - before).max() < 0.15
        before = seen


def test_the_side_is_chosen_for_its_labels():
    space = space_of(pca(made(seed=6), "made up", n=3).project(made(seed=6)), stems=range(8))

    def clear(azimuth: float) -> float:
        other = space.copy()
        other.view = np.array([azimuth, space.view[1]])
        return sum(other.turned(by)._labels(other.turned(by).at(other.values))[1].sum() for by in (0, 0.45, 0.9))

    sides = [clear(azimuth) for azimuth in np.linspace(-np.pi, np.pi, 24, endpoint=False)]
    assert clear(space.view[0]) > np.mean(sides)


def test_at_rest_no_label_stands_half_seen():
    for seed in range(20, 28):  # of one the clearest side would leave one so
        space = space_of(pca(made(seed=seed), "made up", n=3).project(made(seed=seed)), width=4.0, height=3.0)
        for by in (0.0, 0.9):
            there = space.turned(by)
            seen = there._labels(there.at(there.values))[1]
            assert ((seen < 0.02) | (seen > 0.98)).all(), (seed, by, seen)


def test_a_carried_arrow_stays_the_same_arrow():
    coords = pca(made(), "made up", n=3).project(made())
    space = space_of(coords, stems=range(3), carried=[(0, 1, 2)])
    for moved in (0.0, 0.3, 0.7, 1.0):
        space.carry_moved[:] = moved
        matches(space)
        tail, tip = space.carried[0].ends(space.values, 1.0, moved)
        np.testing.assert_allclose(tip - tail, coords.values[1] - coords.values[0])
    np.testing.assert_allclose(tail, coords.values[2])
    heads = [m for m in space.marks() if m.kind == "polygon" and any(isinstance(e, Projected) for e in m.shows)]
    tip = by_hand([coords.values[1] - coords.values[0] + coords.values[2]], *space.view)[0]
    zero = space.at(np.zeros(3))
    np.testing.assert_allclose(heads[-1].local[0], zero + space.scale_units * tip * (1, -1), atol=1e-6)


def test_what_is_far_is_smaller_and_paler():
    points = np.array([[1.0, 0, 0.1], [-1, 0.2, 0], [0, 0, 1.5], [0, 0, -1.5]])
    space = VectorSpace(
        Tensor.given(points, "points", ("word", "axis")), ["a", "b", "c", "d"], width=8, height=4, turn=0.5
    )
    depth = axes_of(space.view)[2] @ points.T
    dots = sorted((m for m in speaking(space) if m.kind == "circle"), key=lambda m: m.shows[0].cell.index[0])
    radii, opacities = np.array([m.radius for m in dots]), np.array([m.opacity for m in dots])
    order = np.argsort(depth)
    assert (np.diff(radii[order]) > 0).all() and (np.diff(opacities[order]) > 0).all()


@pytest.mark.parametrize(
    "change",
    [
        lambda each: replace(each, azimuth=-each.azimuth),
        lambda each: replace(each, elevation=0.0),
        lambda each: replace(each, unit=1.1 * each.unit),
        lambda each: replace(each, zero=(each.zero[0] + 0.1, each.zero[1])),
    ],
)
def test_the_audit_finds_another_projection(change):
    space = space_of(pca(made(), "made up", n=3).project(made()))
    marks = [replace(mark, shows=tuple(change(each) for each in mark.shows)) for mark in speaking(space)]
    found = list(check_marks(marks, Held(), space.style.theme))
    assert found and all(defect.kind == "wrong shape" and "place in space" in defect.what for defect in found)


def test_of_two_labels_in_one_place_the_first_is_seen():
    sizes, strength = np.full((3, 2), 0.5), np.ones(3)
    seen = seen_of(np.array([[0, 0], [0.1, 0], [2, 0]]), sizes, strength)
    np.testing.assert_allclose(seen, [1, 0, 1])
    np.testing.assert_allclose(seen_of(np.array([[0, 0], [0.1, 0]]), sizes[:2], np.array([0.0, 1.0])), [0, 1])


def test_labels_stand_on_the_far_side_and_inside():
    places, origin = np.array([[6.0, 2], [1, 2], [7.9, 2]]), np.array([4.0, 2])
    centres = beside(places, origin, np.array([[1.0, 0.3]] * 3), 0.1, (8.0, 4.0))
    assert centres[0][0] > 6.5 and centres[1][0] < 0.51 and centres[2][0] == pytest.approx(7.5)
