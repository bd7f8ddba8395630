"""Why divide by √d: what the lesson must show of random sums, of the model's own, of softmax and of its slopes."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from model import run
from model.errors import UsageError
from model.net.transformer import build
from model.runs.checkpoints import load, save
from scenes.kit import ProbabilityBars, SignedBars, TensorGrid
from scenes.lessons.scaling.factors import FactorCurves
from scenes.lessons.scaling.lesson import WhyScale
from scenes.lessons.scaling.pile import Pile, levels
from scenes.lessons.scaling.spreads import SpreadChart
from tests.playing import caption, find, only, player, texts

play = player(WhyScale)
LONG = "The little girl who lived in the old house near the river saw the young boy and the tired old grey wolf there"


def test_steps_and_length():
    lesson = play()
    names = [step.name for step in lesson.steps]
    assert names[0] == "Why divide by √8?" and names[-1] == "Divide by √8" and len(names) >= 8
    assert 80 <= lesson.steps[-1].end <= 150
    asked = [line.start for step in lesson.steps for line in step.lines if line.kind == "asks"]
    assert max(np.diff(asked)) < 90 and asked[0] < 1


def test_it_opens_and_closes_with_the_same_row():
    lesson = play()
    first, last = "Why divide by √8?", "Divide by √8"
    raw = np.asarray(lesson.trace.array(f"blocks.{lesson.layer}.attn.scores_raw")[lesson.head, lesson.position])
    for step in (first, last):
        assert np.allclose(only(lesson, step, SignedBars).values, raw, atol=1e-6)
        divided, undivided = find(lesson, step, ProbabilityBars)
        if step == last:
            undivided, divided = find(lesson, step, ProbabilityBars)
        for bars, by in ((divided, math.sqrt(8)), (undivided, 1.0)):
            expected = torch.softmax(torch.tensor(raw).double() / by, -1).numpy()
            assert np.allclose(bars.values, expected, atol=1e-5)
        assert divided.longest == undivided.longest


def test_grains_stand_where_sums_of_random_products_are():
    lesson = play(seed=4)
    pile = only(lesson, "Random sums", Pile)
    u, v = np.random.default_rng(4).random((2, 2 * 256 * 1024))
    q, k = (np.sqrt(-2 * np.log(1 - u)) * np.cos(2 * np.pi * v)).reshape(2, 256, 1024)
    sums = (q[:, :16] * k[:, :16]).sum(axis=1)
    assert np.allclose(pile.values, sums) and float(pile.bar) == pytest.approx(sums.std())
    assert "seed 4" in " ".join(texts(lesson, "Random sums"))
    divided = only(lesson, "Divide", Pile)
    assert np.allclose(divided.values, sums / 4) and float(divided.bar) == pytest.approx(sums.std() / 4)
    assert np.abs(play().watched.shown and only(play(), "Random sums", Pile).values - sums).max() > 1


def test_grains_that_would_lie_on_one_another_are_heaped_up():
    values = np.array([0.0, 0.04, 0.5, -0.04, 0.51, 3.0])
    found = levels(values, 0.1)
    assert sorted(found[[0, 1, 3]]) == [0, 1, 2] and sorted(found[[2, 4]]) == [0, 1] and found[5] == 0


def test_every_head_is_a_dot_where_its_spread_is():
    lesson = play()
    chart = only(lesson, "Real heads", SpreadChart)
    n, heads = len(lesson.trace), []
    for layer in range(4):
        for raw in lesson.trace.array(f"blocks.{layer}.attn.scores_raw"):
            heads.append(np.std([raw[i, j] for i in range(n) for j in range(i + 1)]))
    assert np.allclose(np.exp(chart.others.values), heads, rtol=1e-4) and chart.arrived.min() == 1
    assert float(np.exp(float(chart.at))) == pytest.approx(8)
    above = sum(spread > math.sqrt(8) for spread in heads)
    assert f"{above} of 32 heads above √8" in caption(lesson, "Real heads")
    assert "not random" in caption(lesson, "Real heads")


def test_the_cursor_ends_where_the_factor_is_largest():
    lesson = play()
    curves = only(lesson, "Softmax of large scores", FactorCurves)
    bars = only(lesson, "Softmax of large scores", ProbabilityBars)
    raw = torch.tensor(lesson.row.raw.values).double()
    assert curves.cursor == 3 and np.allclose(bars.values, torch.softmax(3 * raw, -1).numpy())
    one = int(np.argmin(np.abs(curves.factors.values - 1)))
    at_one = curves.curves.values[one]
    assert float(curves.factors[one]) == 1 and np.allclose(at_one, torch.softmax(raw, -1).numpy())


@pytest.mark.parametrize("aspect", ["16:9", "9:16"])
def test_slopes_are_those_of_autograd(aspect):
    lesson = play(aspect)
    scores = torch.tensor(np.asarray(lesson.row.raw.values, dtype=float)) / math.sqrt(8)
    expected = torch.autograd.functional.jacobian(lambda s: s.softmax(-1), scores).numpy()
    for step in ("A slope for every pair", "What becomes of the slopes"):
        grid = only(lesson, step, TensorGrid)
        assert np.allclose(grid.values, expected, atol=1e-6)
    largest = torch.autograd.functional.jacobian(lambda s: s.softmax(-1), scores * math.sqrt(8)).max()
    assert f"{float(largest):.3f} undivided" in caption(lesson, "What becomes of the slopes")
    assert f"{expected.max():.3f} again" in caption(lesson, "What becomes of the slopes")


def test_the_second_run_is_one_that_does_not_divide():
    lesson = play()
    probs = run("tiny", WhyScale.text).array("probs")[-1].astype(float)
    after = run("tiny", WhyScale.text, scaled=False).array("probs")[-1].astype(float)
    bars = only(lesson, "No head divides", ProbabilityBars)
    assert np.allclose(bars.values[:-1], after[bars.ids], atol=1e-6)
    assert f"{np.abs(probs - after).sum() / 2:.0%} moved" in caption(lesson, "No head divides")


@pytest.mark.parametrize(("text", "aspect"), [("The dog", "9:16"), (LONG, "1:1"), ("zorgon ate the", "16:9")])
def test_any_text_in_any_aspect(text, aspect):
    lesson = play(aspect, text=text)
    assert ("Unknown words" in lesson.watched.readings) == ("zorgon" in text)
    assert lesson.steps[-1].name == "Divide by √8"


def test_layer_head_and_token_are_those_asked_for():
    lesson = play(layer=1, head=2, token=2)
    assert (lesson.layer, lesson.head, lesson.position) == (1, 2, 2)
    assert len(only(lesson, "Why divide by √8?", SignedBars).values) == 3


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    """A random model with rotary positions, two keys for four heads of 16, RMS norms and SwiGLU."""
    tiny, folder = load("tiny"), tmp_path_factory.mktemp("llama")
    changes = dict(positions="rotary", n_kv_heads=2, n_heads=4, d_head=16, norm="rms", activation="swiglu")
    torch.manual_seed(1)
    config = replace(tiny.config, mlp_bias=False, n_layers=2, **changes)
    save(folder, "llama", build(config).eval(), tiny.tokenizer, {"steps": 0})
    return str(folder)


def test_words_follow_the_size_of_the_heads(llama):
    lesson = play(model=llama)
    assert lesson.steps[0].name == "Why divide by √16?" and "16 products" in caption(lesson, "A score is a sum")
    assert float(np.exp(float(only(lesson, "Real heads", SpreadChart).at))) == pytest.approx(16)
    assert "8" not in lesson.steps[-1].name


def test_what_it_cannot_show_is_refused():
    with pytest.raises(UsageError, match="2 to 24 tokens"):
        play(text="cat " * 25)
    with pytest.raises(UsageError, match="nothing but itself"):
        play(token=0)
