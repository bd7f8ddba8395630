"""Positions: the shuffle that attention cannot see, waves, turns, and the variants' losses; each by a second way."""

import json
import math

import numpy as np
import pytest
import torch

from model import run
from model.errors import ClearheadError
from model.net import layers
from model.numbers.tensor import Tensor
from model.runs.checkpoints import load
from model.study.positions import (
    frequencies,
    heldout_losses,
    product_by_distance,
    shuffle,
    turn,
    turning,
    wave,
    wavelengths,
)

TEXT = "The old dog chased the young cat and the cat"
KINDS = ("none", "sinusoidal", "learned", "rotary")


@pytest.mark.parametrize("length", [3, 4, 9, 24])
def test_a_shuffle_moves_every_place_but_the_last(length):
    for seed in range(20):
        order = shuffle(length, seed)
        assert sorted(order) == list(range(length)) and order[-1] == length - 1
        assert all(order[k] != k for k in range(length - 1))
    assert shuffle(length, 7) == shuffle(length, 7)
    assert length < 5 or len({shuffle(length, seed) for seed in range(20)}) > 5


def test_two_words_cannot_be_shuffled():
    with pytest.raises(ValueError, match="2 positions"):
        shuffle(2)


# ── what attention sees of an order ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(4))
def test_without_positions_the_first_layer_gathers_the_same_from_any_order(seed):
    order = shuffle(10, seed)
    before, after = run("tiny-none", TEXT), run("tiny-none", TEXT, order=order)
    assert np.abs(before.array("blocks.0.attn_out")[-1] - after.array("blocks.0.attn_out")[-1]).max() < 1e-6
    weights, moved = (t.array("blocks.0.attn.pattern")[:, -1] for t in (before, after))
    np.testing.assert_allclose(moved, weights[:, list(order)], atol=1e-6)  # each weight goes with its word
    assert (
        np.abs(before.array("blocks.1.attn_out")[-1] - after.array("blocks.1.attn_out")[-1]).max() > 1e-3
    )  # the mask leaks some order


def test_the_same_by_hand():
    """The last word's first attention as a sum over a set of words, each seen alone: no order is left in it."""
    trace = run("tiny-none", TEXT)
    x = trace.array("blocks.0.ln1.normalized").astype(float)
    W = {k: trace.array(f"blocks.0.attn.W_{k}").astype(float) for k in "QKVO"}
    out = np.zeros(x.shape[1])
    for q, k, v, o in zip(W["Q"], W["K"], W["V"], W["O"], strict=True):
        words = sorted((math.exp((x[-1] @ q) @ (row @ k) / math.sqrt(q.shape[1])), tuple(row @ v)) for row in x)
        out += (
            np.sum([weight * np.array(value) for weight, value in words], axis=0)
            / sum(weight for weight, _ in words)
            @ o
        )
    np.testing.assert_allclose(run("tiny-none", TEXT, order=shuffle(10)).array("blocks.0.attn_out")[-1], out, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_with_positions_it_gathers_something_else(kind):
    before, after = (run(f"tiny-{kind}", TEXT, order=order) for order in (None, shuffle(10)))
    assert np.abs(before.array("blocks.0.attn_out")[-1] - after.array("blocks.0.attn_out")[-1]).max() > 0.05


def test_switching_positions_off_is_the_same_as_having_none():
    """Without its added rows the sinusoidal model, too, cannot tell orders apart in its first layer."""
    before, after = (run("tiny-sinusoidal", TEXT, order=order, positions=False) for order in (None, shuffle(10)))
    assert np.abs(before.array("blocks.0.attn_out")[-1] - after.array("blocks.0.attn_out")[-1]).max() < 1e-6


# ── waves ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("entry", [0, 1, 2, 17, 62, 63])
def test_a_wave_goes_through_the_models_table(entry):
    table = run("tiny-sinusoidal", TEXT).array("W_pos")
    np.testing.assert_allclose(wave(64, entry, np.arange(64)), table[:, entry], atol=1e-6)
    between = wave(64, entry, np.array([3.5]))[0]  # the angle half-way, by the addition theorem
    pair = entry // 2 * 2
    half = 0.5 / 10000 ** (pair / 64)
    s, c = float(table[3, pair]), float(table[3, pair + 1])
    expected = c * math.cos(half) - s * math.sin(half) if entry % 2 else s * math.cos(half) + c * math.sin(half)
    assert between == pytest.approx(expected, abs=1e-6)


def test_frequencies_and_wavelengths():
    expected = [10000 ** (-2 * i / 64) for i in range(32)]
    np.testing.assert_allclose(frequencies(64).values, expected, rtol=1e-12)
    np.testing.assert_allclose(wavelengths(64).values, [2 * math.pi / f for f in expected], rtol=1e-12)
    np.testing.assert_allclose(wavelengths(64).evaluate(), wavelengths(64).values, rtol=1e-12)
    table = layers.sinusoids(2, 64).numpy()
    np.testing.assert_allclose(np.arctan2(table[1, 0::2], table[1, 1::2]), frequencies(64).values, atol=1e-6)


def test_the_likeness_of_two_positions_is_a_sum_of_cosines_of_their_distance():
    table = run("tiny-sinusoidal", TEXT)["W_pos"]
    likeness = (table @ table.T).values
    distance = np.arange(64)[:, None] - np.arange(64)
    np.testing.assert_allclose(likeness, sum(np.cos(distance * 10000 ** (-2 * i / 64)) for i in range(32)), atol=1e-4)
    assert (likeness.argmax(axis=1) == np.arange(64)).all()


# ── turns ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def rotary():
    return run("tiny-rotary", TEXT)


def test_turning_gives_what_the_model_recorded(rotary):
    angles = rotary["rotary_angles"]
    for layer, head, position in ((0, 0, 0), (0, 3, 4), (1, 7, 9)):
        for name in "qk":
            vector = rotary[f"blocks.{layer}.attn.{name}"][head, position]
            recorded = rotary.array(f"blocks.{layer}.attn.rot_{name}")[head, position]
            np.testing.assert_allclose(turn(vector, angles[position]).values, recorded, atol=1e-5)
            np.testing.assert_allclose(turn(vector, position * turning(rotary)).values, recorded, atol=1e-5)


def test_turning_against_the_models_code():
    rng = np.random.default_rng(0)
    vector, angles = rng.normal(size=8), rng.normal(size=4)
    expected = layers.rotate(torch.tensor(vector)[None, None], torch.tensor(angles)[None])[0, 0].numpy()
    got = turn(Tensor.given(vector, "v", ("d_head",)), Tensor.given(angles, "a", ("pair",)))
    np.testing.assert_allclose(got.values, expected, atol=1e-12)
    np.testing.assert_allclose(got.evaluate(), expected, atol=1e-12)


def test_a_rotary_product_knows_only_the_distance(rotary):
    i, j, head = 7, 5, 2
    q, k = rotary["blocks.1.attn.q"][head, i], rotary["blocks.1.attn.k"][head, j]
    speed, score = turning(rotary), rotary.array("blocks.1.attn.scores_raw")[head, i, j]
    for further in (0, 1, 5, 40):
        turned = turn(q, (i + further) * speed) @ turn(k, (j + further) * speed)
        assert float(turned) == pytest.approx(score, abs=1e-4)
    assert abs(float(turn(q, (i + 3) * speed) @ turn(k, j * speed)) - score) > 0.01


def test_the_curve_over_distances(rotary):
    q, k, speed = rotary["blocks.0.attn.q"][1, 3], rotary["blocks.0.attn.k"][1, 2], turning(rotary)
    curve = product_by_distance(q, k, speed, range(20))
    expected = [float(turn(q, (d + 4) * speed) @ turn(k, 4 * speed)) for d in range(20)]
    np.testing.assert_allclose(curve.values, expected, atol=1e-9)
    np.testing.assert_allclose(curve.evaluate(rotary), expected, atol=1e-9)
    assert curve.values[1] == pytest.approx(rotary.array("blocks.0.attn.scores_raw")[1, 3, 2], abs=1e-4)


# ── losses ───────────────────────────────────────────────────────────────────────────────────────────


def test_losses_are_those_of_the_reports():
    names = [f"tiny-{kind}" for kind in KINDS]
    losses = heldout_losses(names)
    assert losses.axes == ("variant", "seed") and losses.shape == (4, 3)
    for row, name in zip(losses.values, names, strict=True):
        report = json.loads((load(name).path / "report.json").read_text(encoding="utf-8"))
        assert list(row) == report["seeds"]["losses"]
    assert losses.values[0].min() > losses.values[1:].max()  # every seed with positions beats every seed without


def test_a_report_without_seeds_says_what_to_do(tmp_path):
    source = load("tiny-none").path
    for file in ("config.json", "model.safetensors", "tokenizer.json"):
        (tmp_path / file).write_bytes((source / file).read_bytes())
    with pytest.raises(ClearheadError, match="tells no losses by seed"):
        heldout_losses([str(tmp_path)])
    (tmp_path / "report.json").write_text('{"seeds": {"losses": [1.0]}}', encoding="utf-8")
    assert heldout_losses([str(tmp_path)]).shape == (1, 1)
