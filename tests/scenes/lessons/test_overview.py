"""Predict, sample, repeat: what the lesson must show, for any text, seed and temperature."""

import re

import numpy as np
import pytest
from manim import FadeIn, Transform

from model import generate, run
from model.errors import UsageError
from scenes.kit.charts.bars import ProbabilityBars
from scenes.kit.charts.cumulative import CumulativeBar, LayEndToEnd, telling_apart
from scenes.kit.depth.arcs import RowArcs
from scenes.kit.depth.blocks import BlockDiagram
from scenes.kit.depth.slabs import Card, Dots, Slab
from scenes.kit.ground.layout import HOME, View
from scenes.kit.numbers.strips import HeatStrips
from scenes.kit.words.tokens import TokenRow, display
from scenes.lesson import FRAME
from scenes.lessons.overview import depth
from scenes.lessons.overview.lesson import HEATS, TURNS, PredictSampleRepeat
from scenes.lessons.overview.loop import with_bars
from tests.playing import caption, find, only, player, texts

pytestmark = pytest.mark.slow

TEXT = PredictSampleRepeat.text
LONG = "The cat sat on the mat because it was tired . The dog looked at the cat and then it ran to the"


def written(lesson) -> tuple[str, ...] | None:
    """The words that can be seen now of the text that grows, where it is on stage."""
    words = [display(token) for token in (*lesson.trace.tokens, *[turn.word for turn in lesson.loop.sampled])]
    rows = [m for m in lesson.mobjects if type(m) is TokenRow and m.words == words]
    return next((tuple(w for w, seen in zip(words, row.emphasis, strict=True) if seen) for row in rows), None)


def watched(lesson):
    """What has come in a play: the words that are written, the arcs that shine, else where the camera looks."""
    arcs = [m for m in lesson.mobjects if isinstance(m, RowArcs) and m.opacity == 1]
    if arcs and (not lesson.watched.kept or lesson.watched.kept[-1] is not arcs[0]):
        return arcs[0]
    return written(lesson) or lesson.camera.view


play = player(PredictSampleRepeat, watched)


# ── the lesson as a whole ────────────────────────────────────────────────────────────────────────
def test_steps_and_length():
    lesson = play()
    names = [step.name for step in lesson.steps]
    wanted = [
        "Predict, sample, repeat",
        "Rows of numbers",
        "The first block",
        "Block after block",
        "The last row",
        "Logits",
        "Probabilities",
        "Sample",
        "Append",
    ]
    assert [name for name in names if name in wanted] == wanted
    assert names[-3:] == ["Greedy or sampled", "Temperature", "One word longer"]
    assert 90 <= lesson.steps[-1].end <= 150
    assert all(step.end - step.start >= len(step.caption) / 15 for step in lesson.steps)
    assert lesson.controls == ("temperature", "seed")


@pytest.mark.parametrize(
    ("text", "aspect"), [("A", "9:16"), ("I saw a", "1:1"), (LONG, "9:16"), ("zorgon blark the", "1:1")]
)
def test_any_text_in_any_aspect(text, aspect):
    lesson = play(aspect, text=text)
    width, height = FRAME[aspect]
    for step, readings in lesson.watched.readings.items():
        for reading in readings:
            assert (np.abs(reading.corners) <= (width / 2 - 0.3, height / 2 - 0.3)).all(), f"{step}: {reading.text}"
            assert reading.size >= 0.016 * min(width, height), f"{step}: {reading.text}"
    assert ("Unknown words" in lesson.watched.readings) == ("zorgon" in text)


def test_a_text_that_is_too_long_is_refused():
    with pytest.raises(UsageError, match="1 to 24 tokens"):
        play(text="cat " * 25)


# ── the model ────────────────────────────────────────────────────────────────────────────────────
def test_the_slabs_hold_the_residual_stream():
    lesson = play()
    trace, layers = lesson.trace, range(lesson.trace.config.n_layers)
    stream = ["blocks.0.resid_pre"] + [f"blocks.{k}.{name}" for k in layers for name in ("resid_mid", "resid_post")]
    for step, count in (("Rows of numbers", 1), ("The first block", 3), ("Block after block", len(stream))):
        cards = sorted(find(lesson, step, Card), key=lambda card: -card.z_index)
        assert len(cards) == count
        for card, name in zip(cards, stream, strict=False):
            np.testing.assert_array_equal(card.values, trace.array(name), err_msg=name)
        assert len({card.strongest for card in cards}) == 1  # one scale
    slabs = sorted(find(lesson, "One word longer", Slab), key=lambda slab: -slab.z_index)
    assert [slab.title for slab in slabs if slab.title] == [
        *("embedding", "block 0", "block 1", "block 2", "block 3", "norm", "unembedding", "softmax")
    ]
    journey = only(lesson, "The last row", HeatStrips)
    expected = [
        trace.array("blocks.0.resid_pre")[-1],
        *[trace.array(f"blocks.{k}.resid_post")[-1] for k in range(trace.config.n_layers)],
        trace.array("ln_final.normalized")[-1],
    ]
    np.testing.assert_allclose(journey.values, expected)
    labels = texts(lesson, "The last row")
    assert all(f"block {k}" in labels for k in layers) and {"embedding", "norm"} <= set(labels)


def test_the_arcs_are_the_patterns_of_their_blocks():
    lesson = play()
    flashed = list(dict.fromkeys(arcs for arcs in lesson.watched.kept if isinstance(arcs, RowArcs)))
    assert len(flashed) == lesson.trace.config.n_layers
    for layer, arcs in enumerate(flashed):
        np.testing.assert_array_equal(arcs.patterns.values, lesson.trace.array(f"blocks.{layer}.attn.pattern"))


def test_the_camera_goes_close_and_comes_back():
    views = [view for view in play().watched.kept if isinstance(view, View)]
    zooms = [view.zoom for view in views]
    assert max(zooms) > 1.3 and views[0] == views[-1] == HOME


def test_logits_and_bars_belong_together():
    lesson = play()
    logits = lesson.trace.array("logits")[-1].astype(float)
    p = np.exp(logits) / np.exp(logits).sum()
    best = display(lesson.trace.vocabulary[p.argmax()])
    assert f"{logits.max():+.2f}" in texts(lesson, "Logits") and f"{logits.min():+.2f}".replace("-", "−") in texts(
        lesson, "Logits"
    )
    bars = only(lesson, "Probabilities", ProbabilityBars)
    np.testing.assert_allclose(bars.values[:-1], np.sort(p)[::-1][: lesson.named], rtol=1e-5)
    assert bars.values.sum() == pytest.approx(1) and bars.words[-1] == "all others"
    assert f"“{best}” gets {p.max():.1%}" in next(step.caption for step in lesson.steps if step.name == "Probabilities")


# ── chance ───────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("seed", [0, 5])
def test_u_is_the_seed_s_and_picks_the_word_by_its_interval(seed):
    lesson = play(seed=seed)
    turn = lesson.loop.sampled[0]
    u = np.random.default_rng(seed).random()
    line = only(lesson, "Sample", CumulativeBar)
    assert line.u == u and (line.aimed, line.landed, line.picked) == (1, 1, 1)
    low, high = (float(x) for x in (turn.lower, turn.upper))
    assert low <= u < high
    here = texts(lesson, "Sample")
    assert f"u = {u:{line.spec}} → {display(turn.word)}" in here
    assert {f"{low:{line.spec}}", f"{high:{line.spec}}"} <= set(here)
    a, b = line.word_corners(turn.place)[[0, 1], 0]
    assert a <= line.to_scene(line._x(u), 0)[0] <= b
    assert f"default_rng({seed})" in " ".join(here)
    shown = next(
        s
        for r in lesson.watched.readings["Sample"]
        for s in r.numbers
        if r.text.startswith("u = ") and "→" in r.text and s.text[0].isdigit()
    )
    assert shown.value.source() == f"u, seed {seed}, draw 1"


def test_every_turn_is_a_run_on_the_text_so_far():
    lesson = play()
    known = {trace.run_id for trace in lesson.traces}
    prompt = tuple(lesson.trace.tokens)
    for k, turn in enumerate(lesson.loop.sampled):
        assert turn.trace.tokens == prompt + tuple(t.word for t in lesson.loop.sampled[:k])
    for turns in (lesson.loop.sampled, lesson.loop.greedy, lesson.loop.other_seed, lesson.loop.heated):
        for turn in turns:
            assert turn.probs.runs() == {turn.trace.run_id} <= known
            np.testing.assert_allclose(turn.probs.evaluate(*lesson.traces), turn.probs.values, rtol=1e-9)
    words = [display(w) for w in (*prompt, *[t.word for t in lesson.loop.sampled])]
    seen = [kept for kept in lesson.watched.kept if isinstance(kept, tuple)]
    assert sorted(set(map(len, seen))) == list(range(len(prompt), len(words) + 1))  # one word after the other
    assert seen[-1] == tuple(words)


def test_the_last_turn_on_screen_is_the_last_run():
    lesson = play()
    turn = lesson.loop.sampled[-1]
    step = "Again and again"
    if step not in lesson.watched.shown:
        pytest.skip("the text ended within two turns")
    bars, line = only(lesson, step, ProbabilityBars), only(lesson, step, CumulativeBar)
    np.testing.assert_allclose(bars.values[:-1], turn.probs.values[turn.ranking[: lesson.named]])
    np.testing.assert_allclose(line.edges[1:], turn.cumulative.values)
    journey = only(lesson, step, HeatStrips)
    np.testing.assert_allclose(journey.values[-1], turn.trace.array("ln_final.normalized")[-1])


def test_it_ends_with_the_document():
    """A seed whose first or second word is the end mark: no further turn, and the mark is shown."""
    text = "The dog is tired ."
    seed = next(s for s in range(50) if len(list(generate("tiny", text, 2, seed=s))) == 1)
    lesson = play(text=text, seed=seed)
    assert len(lesson.loop.sampled) == 1 and lesson.loop.sampled[0].last
    assert not {"Repeat", "Again and again"} & set(lesson.watched.readings)
    assert "<end>" in texts(lesson, "Append") and "loop stops" in next(
        s.caption for s in lesson.steps if s.name == "Append"
    )


def test_greedy_beside_sampled():
    lesson = play()
    assert all(turn.id == turn.trace.array("logits")[-1].argmax() for turn in lesson.loop.greedy)
    here = texts(lesson, "Greedy or sampled")
    for turns in (lesson.loop.greedy, lesson.loop.sampled, lesson.loop.other_seed):
        for turn in turns:
            assert display(turn.word) in here and f"{turn.probs.values[turn.id]:.1%}" in here
    assert {"greedy", "sampled, seed 0", "sampled, seed 1"} <= set(here)


def test_the_temperature_rises_on_the_same_u():
    lesson = play()
    logits = lesson.trace.array("logits")[-1].astype(float)
    (bars,), turn = find(lesson, "Temperature", ProbabilityBars), lesson.loop.heated[-1]
    p = np.exp(logits / HEATS[-1]) / np.exp(logits / HEATS[-1]).sum()
    np.testing.assert_allclose(bars.values[:-1], p[bars.ids], rtol=1e-5)
    assert turn.id in bars.ids and display(turn.word) in bars.words
    line = only(lesson, "Temperature", CumulativeBar)
    assert line.u == np.random.default_rng(0).random()
    order = np.argsort(-p, kind="stable")
    assert order[np.searchsorted(np.cumsum(p[order]), line.u, side="right")] == turn.id
    assert len({t.id for t in lesson.loop.heated}) > 1  # the word that is drawn changes


def test_the_drawn_word_has_a_bar_and_a_name():
    for seed in range(20):
        turn = next(generate("tiny", "The old dog was", 1, seed=seed, temperature=2.0))
        ids = with_bars(turn, 5)
        assert turn.id in ids and len(ids) == 5
        assert ids == (turn.ranking[:5].tolist() if turn.place < 5 else [*turn.ranking[:4], turn.id])
    assert with_bars(turn, 5, picked=False) == turn.ranking[:5].tolist()


def test_of_a_deep_model_only_some_blocks_are_drawn(monkeypatch):
    monkeypatch.setattr(depth, "MOST", 3)
    lesson = player(PredictSampleRepeat, watched)(text="I saw a")
    flashed = dict.fromkeys(arcs for arcs in lesson.watched.kept if isinstance(arcs, RowArcs))
    for layer, arcs in zip((0, 3), flashed, strict=True):
        np.testing.assert_array_equal(arcs.patterns.values, lesson.trace.array(f"blocks.{layer}.attn.pattern"))
    step = "Block after block"
    assert len(find(lesson, step, Dots)) == 1 and {"block 0", "block 3"} <= set(texts(lesson, step))
    assert "block 1" not in texts(lesson, step)
    last = max(find(lesson, step, Card), key=lambda card: -card.z_index)
    np.testing.assert_array_equal(last.values, lesson.trace.array("blocks.3.resid_post"))
    assert only(lesson, "The last row", HeatStrips).values.shape[0] == 6  # all of them, where there is room


def test_the_first_picture_comes_back_with_the_answer():
    lesson = play()
    first, last = "Predict, sample, repeat", "One word longer"
    before, after = (only(lesson, step, TokenRow) for step in (first, last))
    np.testing.assert_allclose(before.points, after.points)
    assert [len(find(lesson, step, Slab)) for step in (first, last)] == [12, 12]
    word = display(lesson.loop.sampled[0].word)
    assert word == before.words[-1] and word in texts(lesson, last) and f"“{word}”" in caption(lesson, last)
    assert before.emphasis[-1] == 0


def test_options_change_what_is_drawn():
    lesson = play(temperature=0.5, seed=3)
    assert [t.id for t in lesson.loop.sampled] == [t.id for t in generate("tiny", TEXT, TURNS, temperature=0.5, seed=3)]
    assert any("T = 0.5" in text for text in texts(lesson, "Probabilities"))
    with pytest.raises(UsageError, match="temperature"):
        play(temperature=0.0)
    with pytest.raises(UsageError, match="seed"):
        play(seed=-1)


# ── its parts in the kit ─────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def turn():
    return next(generate("tiny", TEXT, 1, seed=0))


def line_of(turn, **options) -> CumulativeBar:
    return CumulativeBar(turn, turn.trace.vocabulary, width=12, **options)


def test_intervals_are_as_wide_as_their_probabilities(turn):
    line = line_of(turn)
    for place in (0, 1, 7):
        corners = line.word_corners(place)
        assert corners[1, 0] - corners[0, 0] == pytest.approx(12 * turn.probs.values[turn.ranking[place]])
    assert line.interval_corners(0, 1)[1, 0] - line.interval_corners(0, 1)[0, 0] == pytest.approx(12)


def test_states_of_the_bar(turn):
    said = [
        [r.text for r in line.readings()]
        for line in (line_of(turn), line_of(turn).aim(), line_of(turn).pick(), line_of(turn).settle())
    ]
    has_u = [any(t.startswith("u = ") for t in texts) for texts in said]
    assert has_u == [False, True, True, False]
    low = f"{float(turn.lower):{line_of(turn).spec}}"
    assert [low in texts for texts in said] == [False, False, True, False]


def test_a_lens_shows_a_window(turn):
    low, high = float(turn.lower), float(turn.upper)
    lens = line_of(turn, window=(low, high))
    corners = lens.word_corners(turn.place)
    assert corners[1, 0] - corners[0, 0] == pytest.approx(12)
    assert display(turn.word) in [r.text for r in lens.readings()]


def test_decimals_tell_u_from_the_ends():
    for low, u, high in ((0.2, 0.3, 0.4), (0.12341, 0.12342, 0.2), (0.0, 0.00001, 0.5), (0.9, 0.9999, 1.0)):
        spec = telling_apart(low, u, high)
        a, x, b = (float(format(v, spec)) for v in (low, u, high))
        assert a <= x < b and (a < x or low == 0)


def test_bars_laid_end_to_end(turn):
    bars = ProbabilityBars(turn.probs, turn.trace.vocabulary, count=5)
    line = line_of(turn, named=5)
    laying = LayEndToEnd(bars, line)
    ends = [end for _, end in laying.ways]
    assert sum(end.width for end in ends) == pytest.approx(12, abs=0.05)
    laying.begin()
    laying.interpolate(1)
    assert line.opacity == 1 and all(m.opacity == 0 for m in laying.movers)


def test_blocks_are_all_named_or_elided():
    diagram = BlockDiagram(4, width=13, height=1.5)
    words = [r.text for r in diagram.readings()]
    assert words.count("attention") == words.count("MLP") == 4 and "block 3" in words
    many = BlockDiagram(30, width=13, height=1.5)
    assert None in many.shown and {0, 29} <= set(many.shown)
    hidden = next(k for k in range(30) if k not in many.shown)
    assert np.isfinite(many.center_of(many.part(hidden, 1))).all()
    assert many.light(many.part(hidden, 0)).lit.sum() == 1


def test_strips_are_one_image_a_row():
    trace = run("tiny", TEXT)
    strips = HeatStrips(trace["blocks.0.resid_pre"], width=8, height=3)
    assert strips.values.shape == trace.array("blocks.0.resid_pre").shape
    piece = strips.strip(1)
    np.testing.assert_allclose(piece.get_center(), (strips.row_corners(1)[0] + strips.row_corners(1)[2]) / 2, atol=1e-6)
    np.testing.assert_array_equal(piece.values[0], strips.values[1])
    other = HeatStrips(trace["blocks.0.resid_post"], width=8, height=3)
    change = Transform(strips, other)
    change.begin()
    change.interpolate(0.5)
    np.testing.assert_allclose(
        strips.values, (trace.array("blocks.0.resid_pre") + trace.array("blocks.0.resid_post")) / 2, atol=1e-6
    )
    assert FadeIn(other)


def test_no_number_in_a_caption_without_a_source():
    """Every digit of a caption lies in a field of it."""
    for step, readings in play().watched.readings.items():
        caption = next(s.caption for s in play().steps if s.name == step)
        inside = [s.text for r in readings if r.text in caption for s in r.numbers]
        for found in re.findall(r"\d[\d.,]*\d|\d", caption):
            assert any(found in text for text in inside), f"{step}: {found}"
