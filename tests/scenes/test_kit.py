"""The kit's mobjects behave as Manim's own: moved, scaled, rotated, faded, transformed, grouped, updated, cached."""

import copy

import cairo
import numpy as np
import pytest
from manim import (
    DOWN,
    RIGHT,
    UP,
    CairoRenderer,
    Create,
    FadeIn,
    FadeOut,
    Group,
    Rotate,
    Scene,
    Transform,
    Uncreate,
    VGroup,
    Write,
    config,
)
from manim.utils.hashing import get_json

from model.errors import UsageError
from model.numbers.tensor import Tensor
from scenes import kit
from scenes.kit import (
    AttentionArcs,
    Box,
    DotPattern,
    Formula,
    Frame,
    Heading,
    Label,
    Number,
    PaintingCamera,
    ProbabilityBars,
    SoftmaxTable,
    TensorGrid,
    TermSum,
    TokenNumbers,
    TokenRow,
)
from scenes.kit.ground import typesetting
from scenes.kit.ground.painting import Painted
from scenes.kit.ground.say import number, say
from scenes.kit.ground.style import theme
from scenes.kit.ground.theme import contrast, legible_on, load
from scenes.kit.numbers.cells import elide

WORDS = ("A", "fluffy", "blue", "creature")


def tensor(*shape, seed=0, name="t"):
    values = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return Tensor.recorded(name, values, [f"axis{k}" for k in range(len(shape))])


def weights(n, seed=0):
    scores = np.random.default_rng(seed).normal(size=(n, n)) + np.where(np.triu(np.ones((n, n)), 1), -np.inf, 0)
    exps = np.exp(scores)
    return Tensor.recorded("pattern", (exps / exps.sum(1, keepdims=True)).astype(np.float32), ("query", "key"))


def make(kind, seed=0):
    row = TokenRow(WORDS, target=3)
    return {
        "grid": lambda: TensorGrid(tensor(4, 3, seed=seed), "weight"),
        "row": lambda: TensorGrid(tensor(5, seed=seed), "query"),
        "column": lambda: TensorGrid(tensor(5, seed=seed), "data", upright=True),
        "elided": lambda: TensorGrid(tensor(64, 64, seed=seed), "weight", rows=6, columns=6),
        "image": lambda: TensorGrid(tensor(64, 64, seed=seed), "weight", cell=(0.05, 0.05)),
        "headed": lambda: TensorGrid(tensor(4, 4, seed=seed), "score", row_labels=WORDS, column_labels=WORDS),
        "dots": lambda: DotPattern(weights(4, seed), row_labels=WORDS, column_labels=WORDS),
        "arcs": lambda: AttentionArcs(row, weights(4, seed)[3], 3),
        "numbers": lambda: TokenNumbers(row, weights(4, seed)[3]),
        "tokens": lambda: TokenRow(WORDS, target=seed),
        "bars": lambda: ProbabilityBars(weights(4, seed)[3], WORDS, count=2, total=True),
        "terms": lambda: TermSum(
            tensor(8, seed=seed),
            tensor(8, seed=seed + 1),
            (tensor(8, seed=seed) * tensor(8, seed=seed + 1)).sum(0),
            width=9,
        ),
        "label": lambda: Label(say("entry {i} is {v:+.2f}", i=3, v=tensor(3, seed=seed)[0])),
        "number": lambda: Number(tensor(3, seed=seed)[0]),
        "heading": lambda: Heading("Title", say("layer {n}", n=seed)),
        "formula": lambda: Formula("q = x W_Q"),
        "frame": lambda: Frame(TensorGrid(tensor(4, 3), "weight").corners(0, 0, 1, 1)),
    }[kind]()


KINDS = (
    "grid",
    "row",
    "column",
    "elided",
    "image",
    "headed",
    "dots",
    "arcs",
    "numbers",
    "tokens",
    "bars",
    "terms",
    "label",
    "number",
    "heading",
    "formula",
    "frame",
)
WITH_TEXT = [k for k in KINDS if k not in ("image", "arcs", "formula", "frame")]


def picture(*mobjects) -> np.ndarray:
    camera = PaintingCamera()
    camera.capture_mobjects(mobjects)
    return camera.pixel_array[..., :3].astype(float)


class Silent(CairoRenderer):
    """Draws every frame and writes none."""

    def __init__(self):
        super().__init__(camera_class=PaintingCamera)
        self.frames = []

    def add_frame(self, frame, num_frames=1):
        self.frames += [frame[..., :3].astype(float)] * num_frames


def play(*makers, before=()):
    """Play animations made by the functions on a scene that shows `before`; the frames."""

    class Once(Scene):
        def construct(self):
            self.add(*before)
            for animation in makers:
                self.play(animation(), run_time=0.5)

    scene = Once(renderer=Silent())
    scene.render()
    return scene, scene.renderer.frames


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


@pytest.mark.parametrize("colour", ["#FF8800", "red", "quary"])
def test_a_colour_is_a_role_of_the_theme(colour):
    for use in (lambda: Label("x", fill=colour), lambda: Label("x").set_color(colour), lambda: theme()[colour]):
        with pytest.raises(UsageError, match=f"“{colour}” is no colour of the theme “night”; its roles: .*query"):
            use()
