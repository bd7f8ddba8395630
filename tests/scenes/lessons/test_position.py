"""Position: what it must show, for any text and any model."""

import json

import numpy as np
import pytest

from model import run
from model.errors import UsageError
from model.runs.checkpoints import load
from model.study.positions import shuffle
from model.study.variants import KINDS, NAMES
from model.study.words import repeated
from scenes.kit.ground.say import number
from scenes.lesson import Options
from scenes.lessons.position.lesson import Position
from studio.play.playback import Playback
from tests.playing import caption, player, texts

LONG = "The little girl who lived in the old house saw a big dog and ran to her mother last night because she was"
STEPS = [
    "Position",
    "Shuffled",
    "Without positions",
    "With positions",
    "The whole model",
    "Waves",
    "Clocks",
    "The table",
    "Added",
    "Every word",
    "Twice the same word",
    "Likeness of positions",
    "Learned rows",
    "Rotary",
    "Distance only",
    "One curve",
    "Four ways compared",
    "Is it noticed?",
]


play = player(Position)


@pytest.fixture(scope="module")
def default():
    return play()


def row_of(tensor, places, spec="+.2f") -> list[str]:
    return [number(float(tensor.values[i]), spec) for i in places]


def test_steps_and_length(default):
    assert [step.name for step in default.steps] == STEPS
    assert 90 <= default.steps[-1].end <= 150
    assert all(step.end - step.start >= len(step.caption) / 15 for step in default.steps)


def test_the_default_text_has_a_word_twice():
    trace = Position(renderer=Playback(None)).trace
    first, last = repeated(trace.ids)
    assert first < last and trace.ids[first] == trace.ids[last]


def test_two_words_change_places_before_all_do(default):
    i, j = default.untold.swap
    assert {default.words[i], default.words[j]} == {"dog", "cat"}
    words = [default.words[k] for k in default.untold.swapped]
    assert " ".join(words) == "The old cat chased the young dog and the cat"
    assert [text for text in texts(default, "Position") if text in words] == default.words + words
    shuffled = [default.words[k] for k in default.untold.order]
    assert [text for text in texts(default, "Shuffled") if text in words] == default.words + shuffled


def test_the_experiment_is_run_both_ways(default):
    none, order = default.variants.of["none"], shuffle(10)
    other = next(
        t for t in default.traces if t.config.positions == "none" and t.ids == tuple(none.ids[i] for i in order)
    )
    assert other.ids != none.ids and other.ids[-1] == none.ids[-1]
    gathered = none["blocks.0.attn_out"][-1]
    for text in row_of(gathered, range(4)):
        assert texts(default, "Without positions").count(text) >= 2  # as written and shuffled: the same numbers
    assert "agree to 6 decimals" in caption(default, "Without positions")
    difference = abs(
        default.told.written.array("blocks.0.attn_out")[-1] - default.told.shuffled.array("blocks.0.attn_out")[-1]
    ).max()
    assert difference > 0.05 and f"{difference:.2f}" in caption(default, "With positions")


def test_the_whole_model_does_see_a_little_without_positions(default):
    """The caption's two shares: ½ Σ |p − p′| of the next word, summed by hand."""
    for orders in (default.untold, default.told):
        p, q = (t.array("probs")[-1].astype(float) for t in (orders.written, orders.shuffled))
        assert f"{sum(max(a - b, 0) for a, b in zip(p, q, strict=True)):.0%}" in caption(default, "The whole model")


def test_the_picture_of_the_beginning_is_answered(default):
    """The shuffled words read by each model: ½ Σ |p − p′| of the next word, by runs of this test."""
    order, moved = shuffle(len(default.words)), {}
    for kind, trace in default.variants.of.items():
        p = trace.array("probs")[-1].astype(float)
        q = run(NAMES[kind], trace.info["text"], order=order).array("probs")[-1].astype(float)
        moved[kind] = np.abs(p - q).sum() / 2
    shown = texts(default, "Is it noticed?")
    assert all(f"{share:.0%}" in shown for share in moved.values())
    most = max(moved, key=moved.get)
    said = caption(default, "Is it noticed?")
    assert most.capitalize() in said and f"{moved[most]:.0%}" in said and f"{moved['none']:.0%}" in said


def test_the_row_that_is_read_off_is_the_row_that_is_added(default):
    p, P, adds = default.position, default.variants.P, default.variants.adds
    np.testing.assert_array_equal(P.values[p], adds.array("pos_embed")[p])
    assert set(row_of(P[p], range(0, 28, 4))) <= set(texts(default, "Waves"))
    for name in ("embed", "pos_embed", "blocks.0.resid_pre"):
        values = adds[name].values[p, :5]  # with as many decimals as it takes for the sums to hold
        shown = set(texts(default, "Added"))
        assert any({number(value, f"+.{d}f") for value in values} <= shown for d in (2, 3, 4, 5)), name
    np.testing.assert_allclose(adds.array("embed")[p] + P.values[p], adds.array("blocks.0.resid_pre")[p], atol=1e-6)


def test_clocks_show_their_real_wavelengths(default):
    for pair in (0, 8, 16, 23, 31):
        length = 2 * np.pi * 10000 ** (2 * pair / 64)
        assert f"{length:,.{1 if length < 100 else 0}f} positions" in texts(default, "Clocks")


def test_the_same_word_twice(default):
    adds = default.variants.adds
    i, j = default.twice.first, default.twice.last
    E, x = adds.array("embed"), adds.array("blocks.0.resid_pre")
    assert (E[i] == E[j]).all()
    assert f"E differs by 0.00, the input x by up to {abs(x[i] - x[j]).max():.2f}" in caption(
        default, "Twice the same word"
    )


def test_the_score_stays_when_both_move_on(default):
    rotary, trace = default.rotary, default.variants.of["rotary"]
    score = number(
        float(trace.array(f"blocks.{rotary.layer}.attn.scores_raw")[rotary.head, rotary.query, rotary.query - 1])
    )
    assert texts(default, "Distance only").count(f"Σ = {score}") == 2
    assert score in caption(default, "Distance only") and score in caption(default, "One curve")
    pattern = trace.array(f"blocks.{rotary.layer}.attn.pattern")
    means = [
        [
            np.mean([head[i, i - 1] for i in range(2, len(trace))])
            for head in trace.array(f"blocks.{layer}.attn.pattern")
        ]
        for layer in range(2)
    ]
    assert np.unravel_index(np.argmax(means), (2, 8)) == (rotary.layer, rotary.head) and pattern.shape[0] == 8


def test_losses_are_the_reports(default):
    for kind in KINDS:
        seeds = json.loads((load(NAMES[kind]).path / "report.json").read_text(encoding="utf-8"))["seeds"]
        assert f"{np.mean(seeds['losses']):.3f}" in texts(default, "Four ways compared")
        if kind == "none":  # e to the mean loss: so many equally likely words
            assert f"{np.exp(np.mean(seeds['losses'])):.1f} equally likely" in caption(default, "Four ways compared")
        assert f"{min(seeds['losses']):.3f} to {max(seeds['losses']):.3f}" in texts(default, "Four ways compared")


# ── other texts, other models ────────────────────────────────────────────────────────────────────────


def test_a_text_without_a_repeated_word_borrows_one_that_has_it():
    lesson = play(text="Dogs chase cats", aspect="9:16")
    assert lesson.twice.borrowed == Position.text and lesson.position == 2
    assert f"in “{Position.text}”" in " ".join(texts(lesson, "Twice the same word"))


def test_words_that_are_all_the_same_cannot_differ():
    lesson = play(text="the the the the", aspect="1:1")
    assert caption(lesson, "With positions").startswith("All words before “the” are the same")


def test_a_long_text_and_another_seed():
    a, b = (Position(Options(text=LONG, seed=seed), renderer=Playback(None)) for seed in (0, 3))
    assert len(a.trace) == 23 and a.untold.order != b.untold.order


@pytest.mark.parametrize(
    ("model", "adds"),
    [("tiny", "learned"), ("tiny-learned", "learned"), ("tiny-rotary", "sinusoidal"), ("tiny-none", "sinusoidal")],
)
def test_a_model_takes_the_place_of_the_variant_of_its_kind(model, adds):
    lesson = Position(Options(model=model), renderer=Playback(None))
    kind = lesson.trace.config.positions
    assert lesson.variants.of[kind] is lesson.trace and {
        t.config.positions for t in lesson.variants.of.values()
    } == set(KINDS)
    assert lesson.variants.adds.config.positions == adds and lesson.told.written.config.positions != "none"


@pytest.mark.parametrize(
    "options",
    [dict(text="one two"), dict(text="word " * 25), dict(layer=2), dict(head=8), dict(token=10), dict(head=-1)],
)
def test_what_cannot_be_shown_is_refused(options):
    with pytest.raises(UsageError):
        Position(Options(**options), renderer=Playback(None))


def test_a_token_that_was_asked_for_is_the_one_that_is_read_off():
    lesson = Position(Options(token=3, layer=0, head=5), renderer=Playback(None))
    assert (lesson.position, lesson.rotary.layer, lesson.rotary.head, lesson.rotary.query) == (3, 0, 5, 3)
