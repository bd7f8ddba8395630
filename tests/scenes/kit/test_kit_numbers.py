"""What the kit's mobjects say of their tensors, and the moves that end with it in place."""

import cairo
import numpy as np
import pytest
from manim import DOWN, Group, Scene, config

from model.errors import UsageError
from model.numbers.tensor import Tensor
from scenes import kit
from scenes.kit import Box, DotPattern, Frame, Label, SoftmaxTable, TensorGrid
from scenes.kit.ground import typesetting
from scenes.kit.ground.painting import Painted
from scenes.kit.ground.say import number
from scenes.kit.ground.style import theme
from scenes.kit.ground.theme import contrast, legible_on, load
from scenes.kit.numbers.cells import elide, strongest
from tests.scenes.kit.pieces import WORDS, make, picture, play, tensor


@pytest.mark.parametrize(
    "kind", ["grid", "row", "column", "elided", "headed", "numbers", "bars", "terms", "label", "number"]
)
def test_numbers_shown_are_the_tensors(kind):
    """Every number that a mobject writes is the value of the Tensor that it names, formatted."""
    seen = 0
    for reading in make(kind).readings():
        for shown in reading.numbers:
            if not isinstance(shown.value, (int, str)):
                assert shown.text == number(shown.value.value(), shown.spec) and shown.text in reading.text
                seen += 1
    assert seen


def test_elided_products_add_up():
    terms = make("terms")
    assert "more" in " ".join(str(p) for p in terms.pieces) or terms.count == 8
    (claim,) = terms.claims()
    total = sum(np.prod([f.value.value() for f in factors]) for factors in claim.parts)
    assert total == pytest.approx(claim.total.value.value(), abs=1e-9)


@pytest.mark.parametrize(("n", "limit", "keep"), [(4, 8, None), (64, 5, None), (64, 6, 30), (10, 3, 9), (7, 6, 0)])
def test_elide_keeps_ends_and_the_asked_for(n, limit, keep):
    shown = elide(n, limit, keep)
    indices = [i for i in shown if i is not None]
    assert indices == sorted(set(indices)) and indices[0] == 0 and indices[-1] == n - 1
    assert keep is None or keep in indices
    for a, b in zip(shown, shown[1:], strict=False):
        assert None in (a, b) or b == a + 1  # a gap is marked, always


def test_dot_area_is_proportional_to_weight():
    n = 2
    pattern = Tensor.recorded("p", np.array([[1.0, 0.0], [0.25, 0.75]], dtype=np.float32), ("query", "key"))
    dots = DotPattern(pattern, cell=(2.5, 2.5)).move_to((0, 0, 0))
    gold = np.abs(picture(dots) - load("night")["probability"] * 255).sum(axis=-1) < 12
    areas = []
    for i in range(n):
        for j in range(n):
            x, y, _ = dots.cell_center(i, j)
            px, py = (
                (x / config.frame_width + 0.5) * config.pixel_width,
                (0.5 - y / config.frame_height) * config.pixel_height,
            )
            half = dots.cw / config.frame_width * config.pixel_width / 2
            areas.append(gold[int(py - half) : int(py + half), int(px - half) : int(px + half)].sum())
    assert np.array(areas) / areas[0] == pytest.approx(pattern.values.ravel(), abs=0.03)


@pytest.mark.parametrize("theme", ["night", "day"])
def test_ink_is_legible_on_every_cell(theme):
    colors = load(theme)
    steps = np.linspace(0, 1, 101)[:, None]
    for hue in ("positive", "negative", "query", "key", "value", "data", "probability", "delta", "logit"):
        cells = colors["cell"] + (colors[hue] - colors["cell"]) * steps
        assert contrast(cells, legible_on(cells, colors["ink"])).min() >= 4.5
    for role in ("ink", "secondary", "query", "key", "value", "target", "probability", "delta", "positive", "negative"):
        assert contrast(colors["background"], colors[role]) >= (4.5 if theme == "night" else 3.0)


def test_matrix_product_ends_with_every_entry_in_place():
    x, w = tensor(6, seed=2), tensor(6, 4, seed=3)
    y = x @ w
    grids = TensorGrid(x, upright=True), TensorGrid(w, "weight"), TensorGrid(y, "query", upright=True).reveal(0)
    scene, frames = play(lambda: kit.MatrixProduct(*grids), before=grids)
    assert grids[2].values[:, 0] == pytest.approx(y.values) and grids[2].text_opacity.min() == 1
    assert not any(isinstance(m, (Frame, Group)) for m in scene.mobjects), "helpers leave the stage"
    assert len({frame.tobytes() for frame in frames}) == len(frames)


def test_dot_product_counts_up_to_the_total():
    terms = make("terms")
    scene, _ = play(lambda: kit.DotProduct(terms))
    assert terms.lit.min() == 1 and np.isnan(terms.running) and terms in scene.mobjects


def test_carry_leaves_the_original_and_lands_on_the_target():
    source, target = make("label"), make("label", seed=1).shift(2 * DOWN)
    scene, _ = play(lambda: kit.Carry(source, target), before=[source])
    assert source in scene.mobjects and target in scene.mobjects and len(scene.mobjects) == 2


def test_highlight_dims_the_others():
    a, b = make("grid"), make("label")
    play(lambda: kit.Highlight(a, [a, b]), before=[a, b])
    assert (a.opacity, b.opacity) == (1.0, pytest.approx(0.25))


def test_grow_and_residual_add_reach_their_ends():
    bars = make("bars")
    values = bars.values.copy()
    play(lambda: kit.Grow(bars, "values"))
    assert bars.values == pytest.approx(values)
    a, b = tensor(5, seed=1), tensor(5, seed=2)
    grids = [TensorGrid(t) for t in (a, b, a + b)]
    play(lambda: kit.ResidualAdd(*grids), before=grids[:2])
    assert grids[2].text_opacity.min() == 1 and grids[2].values[0] == pytest.approx(a.values + b.values)


@pytest.mark.parametrize("there", [False, True])
def test_what_grows_on_an_empty_place_comes_softly_and_what_stands_there_stays(there):
    bars, scene = make("bars"), Scene()
    if there:
        scene.add(bars)
    grow = kit.Grow(bars, "values", run_time=0.1)
    grow._setup_scene(scene)
    grow.begin()
    seen = []
    for alpha in (0.0, 0.5, 1.0):
        grow.interpolate(alpha)
        seen.append(bars.opacity)
    assert seen == ([1.0, 1.0, 1.0] if there else [0.0, pytest.approx(0.5), 1.0])


def test_softmax_row_and_weighted_sum_reach_their_ends():
    scores = Tensor.recorded("scores", np.array([0.5, -1.0, 2.0, -np.inf], dtype=np.float32), ("key",))
    table = SoftmaxTable(Box(-6, -2, 6, 2), scores, list(WORDS))
    play(lambda: kit.SoftmaxRow(table), before=[table.scores])
    assert table.weights.values.ravel() == pytest.approx(np.exp(scores.values) / np.exp(scores.values).sum(), rel=1e-6)
    assert table.weights.text_opacity.min() == 1 and table.one.opacity == pytest.approx(1)
    rows = tensor(4, 3, seed=4)
    grids = TensorGrid(rows, "value"), TensorGrid(rows.sum(0), "value")
    play(lambda: kit.WeightedSum(*grids), before=grids[:1])
    assert grids[1].values.ravel() == pytest.approx(rows.values.sum(0), rel=1e-5) and grids[0].glow.max() == 0


def test_a_typed_in_float_is_refused():
    with pytest.raises(TypeError, match="source"):
        tensor(3) * 0.5


def test_number_format():
    assert [number(v) for v in (-0.5, 0.004, -0.004, -np.inf)] == ["−0.50", "+0.00", "+0.00", "−∞"]
    assert number(0.604, ".0%") == "60%" and number(-3.21, ".1f") == "−3.2"


def test_labels_of_one_size_share_a_baseline():
    """“fluffy” and “nose” aligned by their boxes stand on one line, though their ink does not."""
    heights = []
    for word in ("nnn", "fnf", "nyn"):
        image = picture(Label(word, 2.0))
        stem = np.argwhere(image[:, :, 0] > 128)
        column = stem[np.abs(stem[:, 1] - np.median(stem[:, 1])) < 200]
        heights.append(column)
    baseline = [np.bincount(h[:, 0]).argmax() for h in heights[:2]]
    assert abs(baseline[0] - baseline[1]) <= 2
    assert Label("nnn").height == Label("fyg").height


def test_painted_needs_a_draw():
    with pytest.raises(NotImplementedError):
        picture(Painted(1, 1))


def test_a_character_without_a_font_is_its_code_in_a_box():
    """Pango draws the frame as a rectangle; filled, it would hide the code."""
    drawn = typesetting.outline("\ue123")  # for private use: no font has it
    left, top, right, bottom = drawn.ink
    surface = cairo.ImageSurface(cairo.FORMAT_A8, 64, 64)
    ctx = cairo.Context(surface)
    ctx.scale(64 / (right - left), 64 / (bottom - top))
    ctx.translate(-left, -top)
    ctx.append_path(drawn.path)
    ctx.fill()
    inked = np.frombuffer(surface.get_data(), np.uint8).reshape(64, surface.get_stride())[:, :64] / 255
    assert inked[:2].mean() > 0.9 and inked[:, :2].mean() > 0.9, "a frame"
    assert 0.1 < inked[8:-8, 8:-8].mean() < 0.6, "and a code in it"


def test_an_overlay_is_not_taken_for_the_letter_that_gives_the_scale():
    left, top, right, bottom = typesetting.outline("\u0336").ink  # a stroke through the letter before it
    assert right - left > 2 * (bottom - top), "a stroke, no letter"


def test_a_line_begins_with_a_dot_only_where_there_is_no_other_way():
    text = "one two · three four"
    whole = typesetting.width(text, 1.0)
    assert not any(
        text[start:end].startswith("·")
        for limit in (0.8, 0.6, 0.5)
        for start, end in typesetting.wrap(text, limit * whole, 1.0)
    )
    narrow = typesetting.width("abcdefgh", 1.0) + 0.1
    assert all(
        typesetting.width("abcdefgh · xyz"[start:end], 1.0) <= narrow
        for start, end in typesetting.wrap("abcdefgh · xyz", narrow, 1.0)
    )


def test_a_line_is_broken_beside_an_equals_sign_only_where_there_is_no_other_way():
    text, limit = "seed 1, T = 1 · lit", typesetting.width("seed 1, T =", 1.0)
    lines = [text[start:end] for start, end in typesetting.wrap(text, limit, 1.0)]
    assert any("T = 1" in line for line in lines) and " ".join(lines) == text
    assert typesetting.wrap("a = b", 0.1, 1.0) == [(0, 1), (2, 3), (4, 5)] and typesetting.wrap("", 1.0, 1.0) == [
        (0, 0)
    ]


@pytest.mark.parametrize(
    ("values", "most"), [([1, 3], 3), ([-4, 3], 4), ([-np.inf, -2, 1], 2), ([np.nan, -5], 5), ([np.nan], 0), ([], 0)]
)
def test_the_strongest_of_a_table_is_its_largest_finite_magnitude(values, most):
    assert strongest(np.array(values, np.float32)) == most


@pytest.mark.parametrize("colour", ["#FF8800", "red", "quary"])
def test_a_colour_is_a_role_of_the_theme(colour):
    for use in (lambda: Label("x", fill=colour), lambda: Label("x").set_color(colour), lambda: theme()[colour]):
        with pytest.raises(UsageError, match=f"“{colour}” is no colour of the theme “night”; its roles: .*query"):
            use()
