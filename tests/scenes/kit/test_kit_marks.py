"""What is drawn can be read back: every shape as a mark, with the number that it stands for."""

from importlib import import_module
from pkgutil import walk_packages

import numpy as np
import pytest
from manim import Animation, Mobject, PointCloudDot, tempconfig

from model.numbers.tensor import Tensor
from scenes import kit
from scenes.kit.ground.encodings import Angle, Area, Length, Place, Shade, Thickness
from scenes.kit.ground.readings import Cell
from scenes.kit.ground.style import Style

WORDS = ("A", "fluffy", "blue", "creature")


def tensor(values, name="t"):
    values = np.asarray(values, dtype=np.float32)
    return Tensor.recorded(name, values, [f"axis{k}" for k in range(values.ndim)])


def normal(*shape, seed=0):
    return tensor(np.random.default_rng(seed).normal(size=shape))


PROBS = tensor([0.05, 0.15, 0.3, 0.5])
ROWS = tensor([[0.4, 0.3, 0.2, 0.1], [0.25, 0.25, 0.3, 0.2]])


def value(what):
    return what.value() if hasattr(what, "value") else np.asarray(what, dtype=float)


def shown(mobject, kind):
    """(mark, encoding) of every shape that shows something in that way."""
    return [(mark, e) for mark in mobject.marks() for e in mark.shows if isinstance(e, kind)]


def extent(mark, axis):
    points = mark.local.reshape(-1, 2)[:, "xy".index(axis)]
    return points.min(), points.max()


def turned(mobject):
    """The same, moved, scaled and turned: what marks show must not depend on it."""
    return mobject.scale(0.7).rotate(0.4).shift((1, -2, 0))


@pytest.mark.parametrize(
    "make",
    [
        lambda: kit.ProbabilityBars(PROBS, WORDS, count=3),
        lambda: kit.Ranking(PROBS, WORDS, width=6, height=3),
        lambda: kit.RowBars(kit.TensorGrid(ROWS), ROWS.square().sum(-1).sqrt(), width=3),
        lambda: kit.SignedBars(normal(4), WORDS),
    ],
    ids=["probability", "ranking", "rows", "signed"],
)
def test_bars_are_as_long_as_their_numbers(make):
    bars = shown(turned(make()), Length)
    assert len(bars) >= 2
    for mark, length in bars:
        low, high = extent(mark, length.axis)
        ends = sorted((length.zero, length.zero + length.unit * float(value(length.cell))))
        assert (low, high) == pytest.approx(ends, abs=1e-5)


def test_dots_of_a_pattern_have_their_weights_as_area():
    ((mark, area),) = shown(turned(kit.DotPattern(ROWS)), Area)
    local = np.pi * (mark.radius / mark.zoom) ** 2
    assert local == pytest.approx(area.unit * value(area.cell), 1e-5) and len(local) == 8


def test_dots_of_a_wall_fill_its_path():
    wall = kit.PatternWall(kit.Box(-3, -2, 3, 2), [ROWS[[0, 1]][:, [0, 1]]], [(0, 0, 2)], row=1)
    rows = [value(area.cell) for _, area in shown(wall, Area)]
    assert [r.shape for r in rows] == [(2,), (2,)] and rows[1] == pytest.approx([0.25, 0.25])


def test_arcs_are_as_thick_as_their_weights_and_end_at_their_tokens():
    row = kit.TokenRow(WORDS)
    arcs = kit.AttentionArcs(row, PROBS, 3)
    found = shown(arcs, Thickness)
    assert [thick.cell.index for _, thick in found] == [(0,), (1,), (2,)]
    for mark, thick in found:
        assert mark.line == pytest.approx(max(0.012, thick.unit * value(thick.cell)))
        ends = np.array([row.edge_point(i, (0.5, 0.0))[:2] for i in (thick.cell.index[0], 3)])
        assert mark.points[[0, -1]] == pytest.approx(ends, abs=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: kit.Curve(normal(6), width=6, height=4, lowest=-3, highest=3),
        lambda: kit.Waves(normal(6, 2), np.zeros((2, 12)), ("a", "b"), width=6, height=4),
        lambda: kit.VectorSpace(normal(4, 2), WORDS, width=6, height=4, cloud=normal(30, 2, seed=1), around="cloud"),
        lambda: number_line(),
    ],
    ids=["curve", "waves", "space", "line"],
)
def test_dots_lie_at_their_numbers(make):
    places = shown(turned(make()), Place)
    assert len(places) >= 2
    for mark, place in places:
        at = mark.local.reshape(-1, 2)[:, "xy".index(place.axis)]
        assert at == pytest.approx(place.zero + place.unit * value(place.cell), abs=1e-5)


def number_line():
    from scenes.kit.charts.numberline import Group

    return kit.NumberLine([Group(normal(4), list(WORDS), "query")], width=9, height=4)


def test_hands_of_a_dial_point_where_their_pairs_do():
    dial = kit.Dial([(tensor([0.3, 0.4]), "query"), (tensor([-0.6, 0.1]), "key")], diameter=3)
    middle = np.array([1.5, 1.5])
    for mark, angle in shown(turned(dial), Angle):
        across, up = (mark.local[0] - middle) * (1, -1)  # the tip comes first
        assert np.arctan2(up, across) == pytest.approx(np.arctan2(*value(angle.cell)[::-1]), abs=1e-6)
    for mark, length in shown(dial, Length):
        reach = np.hypot(*(mark.local[0] - middle))
        assert reach == pytest.approx(length.unit * np.hypot(*value(length.cell)), 1e-5)


def test_intervals_end_at_the_cumulative_probabilities():
    from model.runs.sampling import generate

    turn = next(iter(generate("tiny", "The dog", 1, seed=1)))
    bar = kit.CumulativeBar(turn, turn.trace.vocabulary, width=10)
    places = shown(bar.land(), Place)
    assert {place.at for _, place in places} == {"start", "end", "middle"}
    for mark, place in places:
        low, high = extent(mark, "x")
        at = {"start": low, "end": high, "middle": (low + high) / 2}[place.at]
        assert at == pytest.approx(place.zero + place.unit * value(place.cell), abs=0.02)  # seams


@pytest.mark.parametrize("kind", ["weight", "query", "data"])
def test_the_cells_of_a_grid_say_their_scale(kind):
    grid = kit.TensorGrid(normal(20, 30), kind, rows=5, columns=6)
    ((mark, shade),) = shown(grid, Shade)
    numbers = value(shade.cell)
    assert mark.points.shape == (len(numbers), 4, 2) and shade.kind == kind
    strength = np.minimum(np.abs(numbers) / shade.scale, 1) ** shade.power * shade.most
    empty, hues = grid.style.theme["cell"], [grid.style.theme[h] for h in ("positive", "negative")]
    hue = np.where((numbers >= 0)[:, None], *hues) if kind == "weight" else grid.style.theme[kind]
    assert mark.rgb == pytest.approx(empty + (hue - empty) * strength[:, None], abs=1e-6)


def test_an_image_has_a_colour_for_every_cell():
    for grid in (kit.TensorGrid(normal(64, 64), "weight", cell=(0.05, 0.05)), kit.HeatStrips(normal(3, 64), "data")):
        found = shown(grid, Shade)
        assert {mark.kind for mark, _ in found} == {"image"}
        assert sum(value(shade.cell).size for _, shade in found) == grid.tensor.values.size
        assert all(mark.rgb.shape[:2] == mark.opacity.shape for mark, _ in found)


def test_marks_are_in_scene_coordinates():
    frame = kit.Frame(np.array([(1, 2), (3, 2), (3, 1), (1, 1)]))
    (mark,) = frame.marks()
    assert mark.kind == "frame" and mark.points == pytest.approx(np.array([(1, 2), (3, 2), (3, 1), (1, 1)]))
    assert frame.scale(2).marks()[0].line == pytest.approx(mark.line)  # a frame's line stays as thin


def test_the_angles_of_an_arc_turn_with_the_mobject():
    dial = kit.Dial([(tensor([1.0, 0.0]), "query")], diameter=2, starts=[-0.5])
    (sector,) = [m for m in dial.marks() if m.kind == "arc"]
    assert sector.angles == pytest.approx((-0.5, 0.0))
    (sector,) = [m for m in dial.rotate(0.3).marks() if m.kind == "arc"]
    assert sector.angles == pytest.approx((-0.2, 0.3))


def test_reading_texts_notes_no_shapes():
    pen = kit.TensorGrid(ROWS).read(marking=False)
    assert pen.lines and not pen.marks


def test_the_camera_can_leave_out_the_text_on_another_sheet():
    camera, style = kit.PaintingCamera(), Style.of("night")
    bars = [kit.Label("text"), kit.Plate(np.array([(-1, 1, 0), (1, 1, 0), (1, 0.8, 0), (-1, 0.8, 0)]), np.ones(3))]
    with camera.drawing_on(style.theme, (False, 0), (True, 0)) as (ground, same):
        camera.capture_mobjects([bars[0], kit.Formula("x")])
        assert camera.pixel_array[..., :3].any() and not ground[..., :3].any()
        camera.capture_mobjects([bars[1], PointCloudDot(radius=0.5)])
    assert np.array_equal(same, camera.pixel_array) and 0 < ground[..., :3].any(-1).sum() < same[..., :3].any(-1).sum()
    camera.capture_mobjects([bars[0]])
    assert not camera.sheets


def test_what_interpolates_is_declared_with_its_type():
    class Plain(kit.Painted):
        value: kit.Mix[float]
        note: str

    class More(Plain):
        shade: kit.Mix[np.ndarray]

    assert (Plain.look, More.look) == (("value",), ("value", "shade"))


def test_a_cell_is_the_same_in_a_reading_and_a_mark():
    bars = kit.ProbabilityBars(PROBS, WORDS, count=4)
    read = [r.numbers[0].value for r in bars.readings() if r.numbers]
    assert [e.cell for _, e in shown(bars, Length)] == read and all(isinstance(cell, Cell) for cell in read)


# ── style ────────────────────────────────────────────────────────────────────────────────────────
def lesson(theme, aspect):
    from scenes.lesson import Lesson, Options

    width, height = {"16:9": (14.2222, 8), "9:16": (8, 14.2222), "1:1": (10, 10)}[aspect]
    with tempconfig({"frame_width": width, "frame_height": height}):
        return Lesson(Options(theme=theme, aspect=aspect))


def test_two_lessons_share_neither_theme_nor_frame():
    night, day = lesson("night", "16:9"), lesson("day", "1:1")
    made = {}
    for scene in (night, day, night):  # in turn, the second time over what is there
        with scene.style.used():
            made[scene] = made.get(scene, []) + [kit.Label("word"), kit.TensorGrid(ROWS, "weight")]
    for scene, mobjects in made.items():
        ink = scene.style.theme["ink"]
        assert all(m.style is scene.style for m in mobjects)
        assert all(r.rgb == pytest.approx(ink) for label in mobjects[::2] for r in label.readings())
        assert all(m.marks()[0].rgb[0] != pytest.approx(ink) for m in mobjects[1::2])
        brackets = [mark for m in mobjects[1::2] for mark in m.marks() if mark.kind == "line"]
        assert brackets and all(mark.rgb == pytest.approx(ink) for mark in brackets)  # taken when it is read
    assert (night.stage.width, day.stage.width) == (pytest.approx(13.4222, abs=1e-3), pytest.approx(9.2))
    assert night.wide and not day.wide and not day.portrait


def test_a_lesson_plays_in_its_own_style_beside_another():
    from scenes.kit.ground.style import smallest
    from scenes.lesson import Lesson, Options

    seen = []

    class Seen(Lesson):
        def construct(self):
            seen.append((self.style.theme.name, kit.Label("a").style.theme.name, smallest()))
            if self.options.theme == "night":
                Seen(Options(theme="day", aspect="1:1")).render()
                seen.append((self.style.theme.name, kit.Label("a").style.theme.name, smallest()))

    Seen(Options(theme="night")).render()
    small, large = pytest.approx(0.1296), pytest.approx(0.162)
    assert seen == [("night", "night", small), ("day", "day", large), ("night", "night", small)]


def test_every_exported_name_is_listed_and_there():
    assert set(dir(kit)) == set(kit.__all__)
    assert all(getattr(kit, name) is not None for name in kit.__all__)
    assert {"Rows", "RowBars", "HeatStrips", "Curve", "SignedBars", "norms", "cosine"} <= set(dir(kit))


def test_every_mobject_and_every_move_is_exported():
    # what moves draw with, what stands in a Stack for what is left out, an animation that waits
    inner = {"Flock", "Dots", "Veil", "Regrouping", "Later"}
    found = set()
    for module in walk_packages(kit.__path__, "scenes.kit."):
        if not module.name.startswith("scenes.kit.demo"):
            for name, piece in vars(import_module(module.name)).items():
                own = getattr(piece, "__module__", "") == module.name and not name.startswith("_")
                if own and isinstance(piece, type) and issubclass(piece, (Mobject, Animation)):
                    found.add(name)
    assert len(found) > 40 and found - inner <= set(dir(kit))


def test_every_weight_that_reads_as_a_percent_has_an_arc():
    row = kit.TokenRow(WORDS, size=0.4)
    arcs = kit.AttentionArcs(row, tensor([0.006, 0.1, 0.004, 0.89]), 3)
    assert [float(mark.shows[0].cell.value()) for mark in arcs.marks()] == pytest.approx([0.006, 0.1])
