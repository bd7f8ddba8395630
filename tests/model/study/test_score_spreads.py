"""How far scores spread, and how softmax turns with them: against brute force, torch's autograd, and a model patched by
hand."""

import copy
import math

import numpy as np
import pytest
import torch

from model import load, run
from model.numbers.making import agrees, by_formula
from model.study.inside.scaling import (
    PAIRS,
    SIZES,
    RandomPairs,
    ScoreRow,
    allowed,
    jacobian,
    most_changed,
    normal,
    root,
    sizes,
    spread,
    spreads,
)
from tests.untrained import untrained

TEXT = "The books on the shelf"


@pytest.fixture(scope="module")
def trace():
    return run("tiny", TEXT)


def test_random_numbers_are_normal_and_the_seed_s():
    numbers = normal(3, (40_000,))
    assert abs(numbers.mean()) < 0.02 and numbers.std() == pytest.approx(1, abs=0.02)
    assert (np.abs(numbers) < 1).mean() == pytest.approx(math.erf(1 / math.sqrt(2)), abs=0.01)
    assert np.array_equal(numbers, normal(3, (40_000,))) and not np.allclose(numbers, normal(4, (40_000,)))


def test_spreads_are_those_of_a_loop_over_pairs():
    pairs = RandomPairs(5)
    q, k = pairs.vectors.values
    assert q.shape == k.shape == (PAIRS, SIZES[-1])
    for place, d in enumerate(SIZES):
        by_hand = [sum(float(a) * float(b) for a, b in zip(q[n, :d], k[n, :d], strict=True)) for n in range(PAIRS)]
        assert float(pairs.spreads[place]) == pytest.approx(float(np.std(by_hand)), rel=1e-9)
        assert float(pairs.spreads[place]) == pytest.approx(math.sqrt(d), rel=0.25)


def test_a_head_s_spread_is_over_the_pairs_that_may_meet(trace):
    n = len(trace)
    for place, value in enumerate(spreads(trace).values):
        layer, head = divmod(place, trace.config.n_heads)
        q, k = (trace.array(f"blocks.{layer}.attn.{name}")[head].astype(float) for name in "qk")
        by_hand = [float(q[i] @ k[j]) for i in range(n) for j in range(i + 1)]
        assert value == pytest.approx(float(np.std(by_hand)), rel=1e-4)
    assert len(allowed(trace, 0, 0)) == n * (n + 1) // 2
    assert len(allowed(untrained(kind="encoder"), 0, 0)) == 16
    assert float(spread(allowed(trace, 1, 2))) == pytest.approx(float(spreads(trace)[10]))


@pytest.mark.parametrize("factor", [0.1, 1.0, 5.0])
def test_slopes_are_those_of_autograd(trace, factor):
    row = ScoreRow(trace, 2, 6, 4)
    scores = torch.tensor(np.asarray(row.raw.values, dtype=float) * factor, requires_grad=True)
    expected = torch.autograd.functional.jacobian(lambda s: s.softmax(-1), scores).numpy()
    weights = row.raw * round(10 * factor) / 10
    assert np.abs(jacobian(weights.softmax()).values - expected).max() < 1e-9
    assert np.abs(jacobian(weights.softmax()).evaluate(trace) - expected).max() < 1e-9
    assert expected.max() <= 0.25 + 1e-12


def test_slopes_of_the_model_s_own_weights(trace):
    row = ScoreRow(trace, 2, 6, 4)
    scores = torch.tensor(np.asarray(row.raw.values, dtype=float)) / math.sqrt(8)
    expected = torch.autograd.functional.jacobian(lambda s: s.softmax(-1), scores).numpy()
    assert np.abs(jacobian(row.divided).values - expected).max() < 1e-6
    factors, curves = row.along(3)
    assert float(factors[0]) == 0 and float(factors[-1]) == 3
    for place in (0, 7, 60):
        weights = torch.softmax(torch.tensor(row.raw.values).double() * float(factors[place]), -1).numpy()
        assert np.abs(curves.values[place] - weights).max() < 1e-9
        assert float(sizes(curves)[place]) == pytest.approx((weights * (1 - weights)).max())


def test_the_row_is_the_one_that_changes_most(trace):
    best, where = -1.0, None
    for layer in range(trace.config.n_layers):
        for head in range(trace.config.n_heads):
            raw = torch.tensor(trace.array(f"blocks.{layer}.attn.scores_raw")[head, 4]).double()
            change = float((torch.softmax(raw, -1) - torch.softmax(raw / math.sqrt(8), -1)).abs().sum() / 2)
            best, where = max((best, where), (change, (layer, head)))
    assert most_changed(trace, 4) == where
    assert float(ScoreRow(trace, *where, 4).moved) == pytest.approx(best, abs=1e-6)
    assert most_changed(trace, 4, layer=1)[0] == 1 and most_changed(trace, 4, head=3)[1] == 3
    assert most_changed(trace, 3, layer=1, head=2) == (1, 2)


@pytest.mark.parametrize("name", ["tiny", "tiny-rotary"])
def test_a_run_without_the_division_is_one_whose_queries_are_as_much_longer(name):
    checkpoint = load(name)
    longer = copy.deepcopy(checkpoint.exact)
    with torch.no_grad():
        for block in longer.blocks:
            block.attn.W_Q.mul_(math.sqrt(checkpoint.config.d_head))
        plain, without = run(name, TEXT), run(name, TEXT, scaled=False)
        expected = longer(torch.tensor(plain.ids)).softmax(-1).numpy()
    assert np.abs(without.array("probs") - expected).max() < 1e-6
    assert np.abs(without.array("probs") - plain.array("probs")).max() > 0.01
    assert without.run_id != plain.run_id and plain.info.get("scaled", True) and without.info["scaled"] is False
    for layer in range(checkpoint.config.n_layers):
        raw, scores = (without.array(f"blocks.{layer}.attn.{name}") for name in ("scores_raw", "scores"))
        np.testing.assert_array_equal(raw, scores)
    made = by_formula(without, "blocks.1.attn.scores", (1, 4, 2))
    assert agrees(made, without, "blocks.1.attn.scores", (1, 4, 2)) and "d_head" not in made.leaves()


@pytest.mark.parametrize(
    "choices", [dict(positions="rotary", n_kv_heads=2, norm="rms", activation="swiglu"), dict(d_head=2, d_model=8)]
)
def test_of_other_models_too(choices):
    trace = untrained(**choices)
    row = ScoreRow(trace, *most_changed(trace, 3), 3)
    assert float(root(trace)) == pytest.approx(math.sqrt(trace.config.d_head))
    assert np.abs((row.raw / root(trace)).softmax().values - row.divided.values).max() < 1e-5
