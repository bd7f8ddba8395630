"""Multi-head attention: what the lesson must show, for any text, head and aspect; and its parts in the kit."""

import numpy as np
import pytest
from manim import Transform

from model import load, run
from model.errors import UsageError
from model.numbers.tensor import Tensor
from model.study.heads.naming import earns
from scenes.kit.attention.pattern import AttentionArcs
from scenes.kit.attention.wall import PatternWall, Tag, shape_of, tiles
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.change import BarChange
from scenes.kit.depth.fan import CardFan
from scenes.kit.ground.layout import Box
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.sums import SumTable
from scenes.kit.words.tokens import TokenRow
from scenes.lesson import FRAME, Options
from scenes.lessons.heads.examples import EXAMPLES
from scenes.lessons.heads.lesson import MultiHead, measured
from scenes.lessons.heads.scores import NameScores, counted
from studio.audit.numbers.sources import Sources
from tests.playing import find, only, player, texts

LONG = "The little girl who lived in the old house saw a big dog and ran to her mother because she was afraid"


KEPT, PICTURE = (ProbabilityBars, NameScores, AttentionArcs), [TokenRow, AttentionArcs, ProbabilityBars]
play = player(MultiHead, lambda lesson: [m.copy() for m in lesson.mobjects if type(m) in KEPT])


# ── the lesson as a whole ────────────────────────────────────────────────────────────────────────
def test_steps_and_length():
    lesson = play()
    assert [step.name for step in lesson.steps] == [
        "What comes next?",
        "One head",
        "Heads of a layer",
        "One word, many views",
        "All heads",
        "Names",
        "Names on the wall",
        "Concatenate",
        "Output matrix",
        "Who adds what",
        "Multi-head attention",
        "Which head matters?",
        "Switch it off",
        "What changed",
    ]
    assert 90 <= lesson.steps[-1].end <= 150
    assert lesson.controls == ("layer", "head", "token")


@pytest.mark.parametrize(
    ("aspect", "text", "model"), [("9:16", LONG, "tiny"), ("1:1", "The cat", "tiny"), ("16:9", LONG, "tiny-rotary")]
)
def test_everything_stays_inside_the_frame_and_can_be_read(aspect, text, model):
    lesson = play(aspect, text=text, model=model)
    width, height = FRAME[aspect]
    for step, shown in lesson.watched.shown.items():
        for reading in (r for m in shown if hasattr(m, "readings") for r in m.readings()):
            assert (np.abs(reading.corners) <= (width / 2 - 0.3, height / 2 - 0.3)).all(), f"{step}: {reading.text}"
            assert reading.size >= 0.016 * min(width, height), f"{step}: {reading.text}"


def test_a_model_without_a_next_word_is_refused(monkeypatch):
    from dataclasses import replace

    trace = run("tiny", "The cat sat")
    encoder = replace(trace, config=replace(trace.config, kind="encoder"))
    monkeypatch.setattr("scenes.lesson.lesson.trace_of", lambda model, text: encoder)
    with pytest.raises(UsageError, match="predicts the next word"):
        MultiHead(Options())


# ── patterns ─────────────────────────────────────────────────────────────────────────────────────
def test_the_wall_is_every_pattern_of_the_run():
    lesson = play()
    trace = lesson.trace
    (wall,) = find(lesson, "All heads", PatternWall)
    expected = [
        trace.array(f"blocks.{layer}.attn.pattern")[head]
        for layer in range(trace.config.n_layers)
        for head in range(trace.config.n_heads)
    ]
    assert len(wall.patterns) == len(expected) and (wall.shown == 1).all()
    for tensor, pattern in zip(wall.patterns, expected, strict=True):
        np.testing.assert_array_equal(tensor.values, pattern)
    assert list(np.nonzero(wall.framed)[0]) == [lesson.layer * trace.config.n_heads + lesson.head]
    places = wall.places.reshape(trace.config.n_layers, trace.config.n_heads, 3)
    assert (np.diff(places[..., 0], axis=1) > wall.places[0, 2]).all() and (
        np.diff(places[..., 1], axis=0) < -wall.places[0, 2]
    ).all()


def test_the_layer_s_answers_are_its_largest_weights():
    lesson = play()
    weights = lesson.trace.array(f"blocks.{lesson.layer}.attn.pattern")[:, lesson.position]
    here = texts(lesson, "One word, many views")
    for head, row in enumerate(weights):
        assert f"head {head}" in here
        assert lesson.words[row.argmax()] in here and f"{row.max():.0%}" in here


def test_the_caption_says_how_many_words_come_first():
    lesson = play()
    weights = lesson.trace.array(f"blocks.{lesson.layer}.attn.pattern")[:, lesson.position]
    first = {lesson.words[k] for k in weights.argmax(axis=1)}
    caption = next(s.caption for s in play().steps if s.name == "One word, many views")
    assert len(first) > 1 and f"{len(first)} different words" in caption
    assert "nothing but itself" in next(
        s.caption for s in play(text="The cat sat", token=0).steps if s.name == "One word, many views"
    )


# ── names ────────────────────────────────────────────────────────────────────────────────────────
def pages(lesson):
    """The pages of names, with the arcs that stood on each."""
    whole = [kept for kept in lesson.watched.kept if any(type(m) is NameScores and m.grown.min() == 1 for m in kept)]
    last = {next(m for m in kept if type(m) is NameScores).scores[0].name: kept for kept in whole}
    return [(next(m for m in kept if type(m) is NameScores), kept) for kept in last.values()]


@pytest.mark.parametrize(("aspect", "most"), [("16:9", 4), ("9:16", 4), ("1:1", 2)])
def test_names_are_shown_with_score_sample_and_threshold(aspect, most):
    lesson, scores = play(aspect), measured("tiny")
    shown = [table for table, _ in pages(lesson)]
    assert [row.name for table in shown for row in table.scores] == list(scores)
    assert max(len(table.scores) for table in shown) <= most
    for table in shown:
        here = [reading.text for reading in table.readings()]
        for row in table.scores:
            score = scores[row.name]
            value, chance = score.scores.values.max(), float(score.chance)
            assert float(row.value) == pytest.approx(value) and row.passed == (value >= (1 + chance) / 2)
            assert {
                f"{value:.0%}",
                f"chance {chance:.0%}",
                f"needs {(1 + chance) / 2:.0%}",
                "layer {}, head {}".format(*score.best),
            } <= set(here)
            assert all(word in " ".join(here) for word in f"{score.meaning} {score.sample}".split())


def test_what_a_name_means_can_be_read_from_afar():
    lesson, scores = play(), measured("tiny")
    for table, _ in pages(lesson):
        lines = [r for r in table.readings() if r.text in {scores[row.name].meaning for row in table.scores}]
        assert len(lines) == len(table.scores)  # one line each
        assert all(reading.size >= 24 / 1080 * 8 for reading in lines)  # pixels of a 1080p frame


def test_beside_each_name_its_best_head_looks_in_one_sentence():
    lesson, scores = play(), measured("tiny")
    arcs = [m for _, kept in pages(lesson) for m in kept if type(m) is AttentionArcs]
    assert len(arcs) == len(EXAMPLES) == len(scores)
    for shown, (name, score) in zip(arcs, scores.items(), strict=True):
        text, position = EXAMPLES[name]
        layer, head = score.best
        expected = run("tiny", text).array(f"blocks.{layer}.attn.pattern")[head, position]
        np.testing.assert_array_equal(shown.values, expected)
        assert shown.query == position and shown.tensor.runs() == {run("tiny", text).run_id}


def test_the_last_picture_is_the_first_one():
    lesson = play()
    pictures = (
        sorted((m for m in lesson.watched.shown[step] if type(m) in PICTURE), key=lambda m: PICTURE.index(type(m)))
        for step in ("What comes next?", "Switch it off")
    )
    first, last = pictures
    assert [type(m) for m in first] == [type(m) for m in last] == PICTURE
    for one, other in zip(first, last, strict=True):
        np.testing.assert_allclose(one.points, other.points)
        assert getattr(one, "ids", None) == getattr(other, "ids", None)


def test_only_heads_that_earned_a_name_have_one():
    lesson = play()
    scores, trace = measured("tiny"), lesson.trace
    earned = {
        (layer, head): [s.name for s in scores.values() if earns(s, (layer, head))]
        for layer in range(trace.config.n_layers)
        for head in range(trace.config.n_heads)
    }
    wanted = sorted(
        f"{name} {scores[name].scores.values[pair]:.0%}" for pair, names in earned.items() for name in names
    )
    shown = sorted(str(line) for tag in find(lesson, "Names on the wall", Tag) for line in tag.lines)
    assert shown == wanted and wanted
    (wall,) = find(lesson, "Names on the wall", PatternWall)
    bright = {divmod(int(k), trace.config.n_heads) for k in np.nonzero(wall.shown == 1)[0]}
    assert bright == {pair for pair, names in earned.items() if names}


# ── z, W_O, and the sum ──────────────────────────────────────────────────────────────────────────
def test_the_concatenation_times_w_o_is_attn_out():
    lesson = play()
    trace, layer, i = lesson.trace, lesson.layer, lesson.position
    z = trace.array(f"blocks.{layer}.attn.z")[:, i].reshape(-1)
    (strip,) = [grid for grid in find(lesson, "Concatenate", TensorGrid) if grid.flat]
    np.testing.assert_array_equal(strip.values[0], z)
    W = trace.array(f"blocks.{layer}.attn.W_O").reshape(z.size, -1).astype(float)
    shown = {grid.kind: grid.tensor.values for grid in find(lesson, "Output matrix", TensorGrid)}
    np.testing.assert_array_equal(shown["value"], z)
    np.testing.assert_array_equal(shown["weight"], W)
    np.testing.assert_allclose(shown["delta"], z @ W, atol=1e-5)
    np.testing.assert_array_equal(shown["delta"], trace.array(f"blocks.{layer}.attn_out")[i])


@pytest.mark.parametrize("aspect", ["16:9", "9:16"])
def test_the_heads_rows_add_up_on_screen(aspect):
    lesson = play(aspect)
    (table,) = find(lesson, "Who adds what", SumTable)
    claims, sources = table.claims(), Sources(lesson.traces)
    assert len(claims) == sum(c is not None for c in table.total.columns) >= 3
    assert all(len(claim.parts) == lesson.block.n_heads and sources.check_claim(claim) is None for claim in claims)
    results = lesson.trace.array(f"blocks.{lesson.layer}.attn.result")[:, lesson.position].astype(float)
    np.testing.assert_allclose(table.bars.values, np.linalg.norm(results, axis=1), rtol=1e-6)


def test_rows_that_do_not_fit_are_one_term_and_the_sum_still_holds():
    rng = np.random.default_rng(0)
    parts = Tensor.recorded("parts", rng.normal(size=(20, 30)).astype(np.float32), ("head", "d_model"))
    table = SumTable(
        Box(-6, -1.5, 6, 1.5),
        parts,
        parts.sum(0),
        [f"part {chr(97 + k)}" for k in range(20)],
        name_of_total="sum",
        keep=13,
    )
    assert 13 in table.kept and len(table.kept) < 20
    assert any(text.endswith("more") for text in (r.text for r in table.parts.readings()))
    for claim in table.claims():
        assert sum(part[0].value.value() for part in claim.parts) == pytest.approx(claim.total.value.value())
    table.total.reveal(0)
    assert table.claims() == []


# ── one head off ─────────────────────────────────────────────────────────────────────────────────
def test_the_head_is_the_one_that_looks_at_others_and_matters_most_of_all_that_were_run():
    lesson = play()
    trace, checkpoint = lesson.trace, load("tiny")
    p = trace.array("probs")[lesson.position].astype(float)
    shape = (trace.config.n_layers, trace.config.n_heads)
    moved, elsewhere = np.zeros(shape), np.zeros(shape)
    for pair in np.ndindex(shape):
        elsewhere[pair] = trace.array(f"blocks.{pair[0]}.attn.pattern")[pair[1], lesson.position, 1:-1].sum()
        q = run(checkpoint, trace.info["text"], ablate=[pair]).array("probs")[lesson.position].astype(float)
        moved[pair] = np.clip(q - p, 0, None).sum()
    assert (lesson.layer, lesson.head) == np.unravel_index((elsewhere * moved).argmax(), shape)
    (grid,) = find(lesson, "Which head matters?", TensorGrid)
    np.testing.assert_allclose(grid.tensor.values, moved, atol=1e-6)
    assert f"{moved[lesson.layer, lesson.head]:.0%}" in next(
        s.caption for s in lesson.steps if s.name == "Which head matters?"
    )


def test_bars_go_from_one_real_run_to_the_other_over_the_same_words():
    lesson = play()
    off = run("tiny", lesson.trace.info["text"], ablate=[(lesson.layer, lesson.head)])
    p, q = (trace.array("probs")[lesson.position].astype(float) for trace in (lesson.trace, off))
    ids = only(lesson, "Switch it off", ProbabilityBars).ids
    bars = [b for kept in lesson.watched.kept for b in kept if type(b) is ProbabilityBars and b.ids == ids]
    np.testing.assert_allclose(bars[0].values[:-1], p[bars[0].ids], rtol=1e-5)
    np.testing.assert_allclose(bars[-1].values[:-1], q[bars[0].ids], rtol=1e-5)
    assert {p.argmax(), q.argmax()} <= set(bars[0].ids) and bars[0].longest == bars[-1].longest
    assert bars[-1].values.sum() == pytest.approx(1)
    (change,) = find(lesson, "What changed", BarChange)
    np.testing.assert_allclose(change.changes.values, 100 * (q - p)[change.ids], atol=1e-4)
    caption = next(s.caption for s in lesson.steps if s.name == "What changed")
    d = 100 * (q - p)[change.ids]
    assert f"gains {d.max():.1f}" in caption and f"loses {-d.min():.1f}" in caption


def test_what_the_head_adds_is_zero_in_the_second_run():
    lesson = play()
    row = next(g for g in find(lesson, "Switch it off", TensorGrid) if g.kind == "delta")
    assert not row.values.any() and row.tensor.runs() == {lesson.off.without[lesson.layer, lesson.head].run_id}


def test_options_choose_the_head_and_the_word():
    lesson = play(layer=1, token=2)
    assert lesson.layer == 1 and lesson.position == 2
    weights = lesson.trace.array("blocks.1.attn.pattern")[:, 2, 1]  # on the one word that is neither first nor its own
    worth = [float(weights[h] * lesson.off.effects[1, h].values) for h in range(lesson.block.n_heads)]
    assert worth[lesson.head] == max(worth) > 0
    with pytest.raises(UsageError, match="heads go from 0 to"):
        play(head=99)
    with pytest.raises(UsageError, match="tokens go from 0 to"):
        play(token=40)


def test_a_model_with_too_many_heads_tries_one_layer(monkeypatch):
    monkeypatch.setattr("scenes.lessons.heads.lesson.MOST_RUNS", 8)
    lesson = MultiHead(Options(text="The cat sat", layer=2))
    assert lesson.off.heads == tuple((2, head) for head in range(lesson.trace.config.n_heads)) and lesson.layer == 2


# ── parts in the kit ─────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def wall():
    trace = run("tiny", "The cat sat on the mat")
    box = Box(-6, -2, 6, 2)
    return PatternWall(box, [trace["blocks.0.attn.pattern"][head] for head in range(6)], tiles(box, 2, 3), row=4)


def test_panels_travel_in_a_transform(wall):
    target = wall.at(wall.places[::-1])
    target.shown[0] = 0.0
    moving = Transform(wall, target)
    start = wall.places.copy()
    moving.begin()
    moving.interpolate(0.5)
    np.testing.assert_allclose(wall.places, (start + start[::-1]) / 2)
    assert wall.shown[0] == 0.5
    moving.interpolate(1.0)
    np.testing.assert_allclose(wall.places, start[::-1])
    assert sum(bool(mark.shows) for mark in wall.marks()) >= 5


def test_a_piece_lies_on_its_wall(wall):
    twin = wall.piece([4, 1])
    assert twin.panel(0) == wall.panel(4) and twin.panel(1) == wall.panel(1)
    np.testing.assert_array_equal(twin.patterns[0].values, wall.patterns[4].values)


def test_cards_fan_out_of_one_and_lie_down_as_the_wall(wall):
    fan = CardFan(wall.box, wall.patterns, wall.places, row=4, front=2)
    assert [fan.depth(k) for k in range(6)] == [4, 5, 0, 1, 2, 3]
    stacked, fanned = fan.stacked((0.0, 0.0, 2.0)), fan.fanned(2.0)
    assert np.ptp(stacked.places, axis=0).max() == 0
    order = sorted(range(6), key=fan.depth)
    x, _, side = fanned.places[order].T
    assert (np.diff(x) > 0.1).all() and (np.diff(side) < 0).all() and side[0] == 2.0
    assert (x - side / 2 >= wall.box.left).all() and (x + side / 2 <= wall.box.right).all()
    fan.plate = 0.0
    frames = [mark for mark in fan.marks() if mark.kind == "frame"]
    assert all(np.max(mark.opacity) == 0 for mark in frames)  # what is left is the wall


@pytest.mark.parametrize("count", [2, 8, 12, 32])
def test_tiles_stay_in_their_box_and_apart(count):
    box, room = Box(-3, -4, 3, 4), dict(above=0.4, right=0.5)
    places = tiles(box, *shape_of(box, count, **room), **room)[:count]
    x, y, side = places.T
    assert (x - side / 2 >= -3 - 1e-9).all() and (x + side / 2 + 0.5 <= 3 + 1e-9).all()
    assert (y - side / 2 >= -4 - 1e-9).all() and (y + side / 2 + 0.4 <= 4 + 1e-9).all()
    apart = np.maximum(abs(x[:, None] - x), abs(y[:, None] - y)) + 10 * np.eye(count)
    assert apart.min() > side[0]


def test_counts_in_a_text_are_its_fields():
    said = counted("200 sequences of 20 words")
    assert [(span.value, said[span.start : span.end]) for span in said.spans] == [(200, "200"), (20, "20")]
