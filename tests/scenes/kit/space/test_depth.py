"""Space, slabs and cards, and the camera: values against computations of their own."""

import numpy as np
import pytest
from manim import FadeIn, Rectangle, tempconfig

from scenes.kit.depth.arcs import Flash, RowArcs
from scenes.kit.depth.projection import Projection
from scenes.kit.depth.slabs import Card, Part, Stack, row_names
from scenes.kit.ground.encodings import Shade, Thickness
from scenes.kit.ground.layout import HOME, Box, View
from scenes.kit.ground.painting import PaintingCamera
from scenes.kit.ground.style import current
from scenes.kit.ground.text import Caption, Label
from scenes.kit.moves.travel import Travel
from scenes.kit.numbers.grid import TensorGrid
from scenes.lesson import Lesson
from scenes.lesson.runs import trace_of
from studio.audit.numbers.sources import Sources
from studio.page.places import shapes
from studio.play.playback import Playback
from studio.preview.processes.readings import on_screen

TEXT = "A fluffy blue creature"


@pytest.fixture(scope="module")
def trace():
    return trace_of("tiny", TEXT)


def turned(degrees: float, axis: int) -> np.ndarray:
    """A rotation of space about one of its axes."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i, j = (k for k in range(3) if k != axis)
    matrix = np.eye(3)
    matrix[i, i], matrix[i, j], matrix[j, i], matrix[j, j] = c, -s, s, c
    return matrix


# ── projection ───────────────────────────────────────────────────────────────────────────────────
def test_the_isometric_axes_are_as_long_and_as_far_apart():
    axes = Projection().axes
    np.testing.assert_allclose(np.linalg.norm(axes, axis=1), np.sqrt(2 / 3))
    x, y, z = axes
    assert np.degrees(np.arccos(x @ y / (2 / 3))) == pytest.approx(120)  # z goes away: its other end is the third
    assert np.degrees(np.arccos(-z @ y / (2 / 3))) == pytest.approx(120)
    assert x[0] > 0 > x[1] and z[0] > 0 < z[1] and y[1] > 0 and y[0] == 0


@pytest.mark.parametrize(("turn", "tilt"), [(45, 35.264), (60, 14), (28, 50), (0, 0)])
def test_a_projection_is_a_turn_a_tilt_and_a_look_along_the_axis(turn, tilt):
    points = np.random.default_rng(0).normal(size=(20, 3))
    rotated = points @ turned(-turn, 1).T @ turned(-tilt, 0).T  # about the upright axis, then about the horizontal one
    np.testing.assert_allclose(Projection(turn, tilt)(points)[:, :2], rotated[:, :2], atol=1e-12)


def test_fitting_fills_the_box():
    box, points = Box(-3, -1, 4, 2), np.random.default_rng(1).normal(size=(30, 3))
    seen = Projection(60, 14).fitting(box, points)(points)[:, :2]
    low, high = seen.min(axis=0), seen.max(axis=0)
    assert (low >= (box.left - 1e-9, box.bottom - 1e-9)).all() and (high <= (box.right + 1e-9, box.top + 1e-9)).all()
    assert max((high - low) / (box.width, box.height)) == pytest.approx(1)
    np.testing.assert_allclose((low + high) / 2, box.center[:2], atol=1e-9)


# ── slabs and cards ──────────────────────────────────────────────────────────────────────────────
def stack_of(count: int = 3) -> Stack:
    return Stack(
        Box(-6, -2.5, 6, 2.5), {k: Part(f"part {k}", 1.0 if k else 0.0) for k in range(count)}, turn=60, tilt=14
    )


def test_slabs_stand_behind_each_other():
    stack = stack_of()
    heights = [slab.z_index for slab in stack.slabs.values()]
    assert heights == sorted(heights, reverse=True) and len(set(heights)) == 3
    steps = np.diff([slab.face()[0] for slab in stack.slabs.values()], axis=0)
    np.testing.assert_allclose(steps[0], steps[1], atol=1e-9)
    np.testing.assert_allclose(steps[0][:2], stack.projection.axes[2], atol=1e-9)  # one unit further away
    whole = stack.whole()
    assert whole.left >= -6.001 and whole.right <= 6.001 and whole.top <= 2.501 and whole.bottom >= -2.501


def test_a_card_lies_on_its_slab_and_hides_it(trace):
    stack = stack_of()
    card = stack.card(1, trace["blocks.0.resid_post"], scale=12.0)
    np.testing.assert_allclose(card.corners(), stack.slabs[1].face(), atol=1e-9)
    assert stack.slabs[1].z_index < card.z_index < stack.slabs[0].z_index
    row = card.strip(2)
    np.testing.assert_allclose(row.corners(), card.row_corners(2), atol=1e-9)
    np.testing.assert_array_equal(row.values[0], trace.array("blocks.0.resid_post")[2])


def test_names_of_many_rows_end_with_the_last(trace):
    card = stack_of().card(0, trace["blocks.0.resid_post"])
    few, many = (row_names(card, list("abcd"), size, 3) for size in (0.1, 0.9))
    assert all(few) and many[3] is not None and many.count(None) >= 2
    middle = card.row_corners(3)[[0, 3]].mean(axis=0)
    assert few[3].get_right()[0] < middle[0] and few[3].get_center()[1] == pytest.approx(middle[1])


def test_arcs_are_as_thick_as_weights(trace):
    card = stack_of().card(0, trace["blocks.0.resid_pre"])
    arcs = RowArcs(card, trace["blocks.1.attn.pattern"])
    assert not [mark for mark in arcs.marks() if mark.shows]
    arcs.shine[2] = 1.0
    marks = [mark for mark in arcs.marks() if mark.shows]
    weights = trace.array("blocks.1.attn.pattern")[2]
    wanted = sorted(float(w) for (q, k), w in np.ndenumerate(weights) if q != k and w >= 0.02)
    assert sorted(float(m.line) / m.shows[0].unit for m in marks) == pytest.approx(wanted)
    for mark in marks:
        (shows,) = mark.shows
        assert isinstance(shows, Thickness)
        head, query, key = shows.cell.index
        ends = [card.row_corners(i)[1:3].mean(axis=0)[:2] for i in (key, query)]
        np.testing.assert_allclose(mark.points[[0, -1]], ends, atol=1e-6)
    flash = Flash(arcs, run_time=1)
    flash.begin()
    shine = []
    for alpha in np.linspace(0, 1, 200):
        flash.interpolate(float(alpha))
        shine.append(arcs.shine.copy())
    assert (np.diff(np.argmax(shine, axis=0)) > 0).all() and np.max(shine, axis=0).min() > 0.95  # one after the other
    assert (arcs.shine == arcs.shine[0]).all() and 0 < arcs.shine[0] < 0.5


# ── the camera ───────────────────────────────────────────────────────────────────────────────────
class Trip(Lesson):
    """A card in depth, a grid, something of Manim's own, a caption; the camera goes to the card."""

    def construct(self) -> None:
        self.trace = self.run("tiny", TEXT)
        stack = Stack(self.stage, {"a": Part("first")}, turn=60, tilt=14)
        self.card = stack.card("a", self.trace["blocks.0.resid_post"], scale=12.0, power=1 / 3)
        self.grid = TensorGrid(self.trace["embed"][:2, :3], cell=(0.8, 0.5)).move_to((-4, 2, 0))
        self.box = Rectangle(width=0.5, height=0.5, fill_opacity=1, stroke_width=0).move_to((5, -1, 0))
        with self.step("Trip", "It goes there."):
            self.play(FadeIn(self.card), FadeIn(self.grid), FadeIn(self.box))
            for way in self.ways():
                self.play(way)
                self.seen.append((self.camera.view, self.renderer.picture(self), on_screen(self)))

    seen: list

    def ways(self):
        x, y = self.card.get_center()[:2]
        yield Travel(to=Box(x - 2, y - 0.8, x + 2, y + 0.8))
        yield Travel(to=self.grid)
        yield Travel()


@pytest.fixture(scope="module")
def trip():
    size = dict(frame_width=8 * 16 / 9, frame_height=8.0, pixel_width=854, pixel_height=480)
    with tempconfig(dict(dry_run=True, frame_rate=15, **size)):
        lesson = Trip(renderer=Playback(PaintingCamera))
        lesson.seen = []
        lesson.render()
    return lesson


def test_a_view_fills_the_window():
    view = View.onto(Box(1, 1, 3, 2), Box(-6, -3, 6, 3))
    np.testing.assert_allclose(view.seen([[1, 1.5], [3, 1.5], [2, 1.5]]), [[-6, 0], [6, 0], [0, 0]], atol=1e-12)
    half = HOME.towards(view, 0.5)
    assert half.zoom == pytest.approx(np.sqrt(6))
    fixed = np.array([view.x, view.y]) / (1 - view.zoom)  # what both see at one place
    np.testing.assert_allclose(half.seen(fixed), fixed)
    assert HOME.towards(View(1.0, 2.0, 0.0), 0.25) == View(1.0, 0.5, 0.0)


def test_it_goes_there_and_comes_home(trip):
    views = [view for view, _, _ in trip.seen]
    assert views[-1] == HOME and views[0].zoom > 1.5 and views[1].zoom > 2
    assert views[1] == View.onto(Box.around(trip.grid), trip.stage)
    corners = views[1].seen(trip.grid.get_corner((-1, 1, 0)))
    assert trip.stage.left - 1e-6 <= corners[0] and corners[1] <= trip.stage.top + 1e-6


def pixel(picture, points):
    """The colours at points of the frame [n, 2], 0…1."""
    high, wide = picture.shape[:2]
    columns = (points[:, 0] / (8 * 16 / 9) + 0.5) * wide
    rows = (0.5 - points[:, 1] / 8) * high
    return picture[rows.astype(int), columns.astype(int), :3] / 255


def middles(card, view, cells):
    """Where cells (row, column) of a card are seen, from its corners."""
    ul, ur, _, ll = (view.seen(corner) for corner in card.corners())
    rows, columns = card.values.shape
    return np.array([ul + (j + 0.5) / columns * (ur - ul) + (i + 0.5) / rows * (ll - ul) for i, j in cells])


def test_values_are_read_back_from_what_was_drawn(trip):
    """The colour in the middle of each cell, on the picture from close by, is that of the tensor's number."""
    view, picture, _ = trip.seen[0]
    values, theme = trip.trace.array("blocks.0.resid_post"), trip.theme
    cells = [(i, j) for i in range(4) for j in range(64)]
    places = middles(trip.card, view, cells)
    inside = np.abs(places) < (7, 2.2)
    cells = [cell for cell, ok in zip(cells, inside.all(axis=1), strict=True) if ok]
    places = places[inside.all(axis=1)]
    assert len(cells) > 60
    strength = np.minimum(np.abs([values[c] for c in cells]) / 12.0, 1)[:, None] ** (1 / 3)
    hue = np.array([theme["positive"] if values[c] >= 0 else theme["negative"] for c in cells])
    wanted = theme["cell"] + (hue - theme["cell"]) * strength
    assert np.abs(pixel(picture, places) - wanted).max() < 0.03


def test_marks_are_where_the_picture_has_them(trip):
    view, picture, _ = trip.seen[0]
    marks = [mark for mark in trip.card.marks(view) if mark.shows]
    assert len(marks) == 4 and all(isinstance(mark.shows[0], Shade) for mark in marks)
    for row, mark in enumerate(marks):
        np.testing.assert_allclose(mark.points, view.seen(trip.card.row_corners(row)), atol=1e-6)
        np.testing.assert_allclose(mark.local[0], (0, row * trip.card.ch), atol=1e-6)
    sources = Sources([trip.trace], ())
    assert not isinstance(sources.again(marks[0].shows[0].cell.tensor), str)


def inside(polygon, point):
    """Whether a point lies in a polygon, by the rule of even and odd."""
    x, y = point
    crossed = False
    for (ax, ay), (bx, by) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            crossed = not crossed
    return crossed


def test_a_click_finds_the_cell(trip):
    view, _, told = trip.seen[0]
    for i, j in ((0, 20), (1, 33), (3, 40)):
        (place,) = middles(trip.card, view, [(i, j)])
        at = place * (1, -1) / (8 * 16 / 9, 8) + 0.5
        hit = [each for each in told if inside(np.array(each["area"]), at)]
        assert hit[0]["numbers"][0]["source"] == f"blocks.0.resid_post[position={i}, d_model={j}]"


def test_what_is_written_is_read_where_it_is_seen(trip):
    view = trip.seen[1][0]
    near, far = trip.grid.readings(view), trip.grid.readings()
    for seen, made in zip(near, far, strict=True):
        np.testing.assert_allclose(seen.corners, view.zoom * made.corners + (view.x, view.y))
        assert seen.size == pytest.approx(view.zoom * made.size) and seen.numbers == made.numbers
    picture = trip.seen[1][1]
    x, y = near[0].corners.mean(axis=0)
    assert abs(x) < 7.2 and abs(y) < 4 and pixel(picture, near[0].corners[:1] + (0.05, -0.05)).shape == (1, 3)


def test_what_is_pinned_stays(trip):
    caption = trip.caption
    assert isinstance(caption, Caption) and caption.pinned and not Label("x").pinned
    view = trip.seen[0][0]
    np.testing.assert_array_equal(caption.readings(view)[0].corners, caption.readings()[0].corners)
    (near, far) = (trip.seen[k][1] for k in (0, 2))
    low = slice(400, 480)  # the caption's rows of the picture
    ink = np.array(current().theme["ink"])
    found = [np.abs(p[low, :, :3] / 255 - ink).max(axis=2) < 0.2 for p in (near, far)]
    assert found[0].any() and (found[0] & found[1]).sum() > 0.8 * found[1].sum()


def test_manim_s_own_mobjects_are_seen_by_the_camera_too(trip):
    view, picture, _ = trip.seen[1]
    where = view.seen(trip.box.get_center())[None]
    white = pixel(trip.seen[2][1], trip.box.get_center()[None, :2])
    assert white.min() > 0.9
    if np.abs(where).max() < 3:
        assert pixel(picture, where).min() > 0.9


def test_images_of_cells_can_be_pointed_at(trace):
    card = Card(trace["embed"], Projection().front((0, 0, 0), 3.0, 1.0))
    found = list(shapes(card.marks()))
    assert len(found) == trace["embed"].size
    assert {cell.index for _, cell in found} == {(i, j) for i in range(4) for j in range(64)}
    outline, cell = found[70]
    np.testing.assert_allclose(outline.mean(axis=0), middles(card, HOME, [cell.index])[0], atol=1e-6)
