"""Drawing words: by the cumulative distribution, from a seed, cut by temperature, top-k and top-p."""

import numpy as np
import pytest

from model import UsageError, generate, load, run, sample
from model.runs.sampling import distribution

TEXT = "The hungry wolf"


@pytest.fixture(scope="module")
def trace():
    return run("tiny", TEXT)


def test_u_falls_into_the_word_it_picks():
    p = np.array([0.2, 0.0, 0.5, 0.3])
    assert [sample(p, u) for u in (0.0, 0.1999, 0.2, 0.5, 0.6999, 0.7, 0.9999999)] == [0, 0, 2, 2, 2, 3, 3]
    for u in (-0.1, 1.0):
        with pytest.raises(UsageError):
            sample(p, u)


def test_draws_follow_the_probabilities():
    rng, p = np.random.default_rng(0), np.array([0.1, 0.6, 0.05, 0.25])
    counts = np.bincount([sample(p, u) for u in rng.random(20_000)], minlength=4) / 20_000
    np.testing.assert_allclose(counts, p, atol=0.01)


def test_the_same_seed_gives_the_same_text():
    one, two, three = ([turn.id for turn in generate("tiny", TEXT, 8, seed=seed)] for seed in (7, 7, 8))
    assert one == two and one != three


def test_turns_show_how_the_word_was_picked():
    turns = list(generate("tiny", TEXT, 6, seed=3))
    u = np.random.default_rng(3).random(6)
    for i, turn in enumerate(turns):
        assert float(turn.u) == u[i] and "seed 3" in turn.u.source()
        likelier = turn.probs.values > turn.probs.values[turn.id]  # a second way: no ranking, no running sum
        tied = (turn.probs.values == turn.probs.values[turn.id]) & (np.arange(len(turn.probs)) < turn.id)
        before = turn.probs.values[likelier | tied].sum()
        assert before - 1e-12 <= u[i] < before + turn.probs.values[turn.id] + 1e-12
        assert (
            float(turn.lower) == pytest.approx(before, abs=1e-12)
            and float(turn.upper) == turn.cumulative.values[turn.place]
        )
        assert (np.diff(turn.probs.values[turn.ranking]) <= 0).all()
        np.testing.assert_allclose(turn.probs.values, turn.trace.array("probs")[-1], rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(turn.cumulative.evaluate(turn.trace), turn.cumulative.values, rtol=1e-9)
        assert f"draw {i + 1}" in turn.u.source() and len(turn.upper.source()) < 400
        assert turn.word == turn.trace.vocabulary[turn.id]
        if i:
            assert turn.trace.ids == (*turns[i - 1].trace.ids, turns[i - 1].id)
            assert turn.trace.tokens[-1] == turns[i - 1].word


def test_greedy_takes_the_likeliest():
    for turn in generate("tiny", TEXT, 4, greedy=True):
        assert turn.u is None and turn.id == turn.trace.array("probs")[-1].argmax()


def test_ends_with_the_document():
    turns = [turn for seed in range(4) for turn in generate("tiny", "The dog is tired.", 12, seed=seed)]
    assert any(turn.last for turn in turns)
    for turn, after in zip(turns, [*turns[1:], None], strict=True):
        assert turn.last == (turn.word == "<end>")
        if turn.last and after:  # the next run begins with the text again
            assert len(after.trace) == 5


def test_a_negative_seed_is_refused():
    with pytest.raises(UsageError, match="seed"):
        next(generate("tiny", TEXT, 1, seed=-1))


def test_temperature(trace):
    logits = trace.array("logits")[-1].astype(np.float64)
    for t in (0.5, 2.0):
        expected = np.exp(logits / t) / np.exp(logits / t).sum()
        np.testing.assert_allclose(distribution(trace, t).values, expected, rtol=1e-9)
    coldest = distribution(trace, 1e-4).values
    assert coldest.max() > 0.999 and coldest.argmax() == logits.argmax()
    assert "temperature" in distribution(trace, 0.5).leaves()


def test_top_k_and_top_p(trace):
    p = np.sort(trace.array("probs")[-1].astype(np.float64))[::-1]
    top3 = distribution(trace, top_k=3)
    assert np.count_nonzero(top3.values) == 3 and top3.values.sum() == pytest.approx(1)
    np.testing.assert_allclose(np.sort(top3.values)[::-1][:3], p[:3] / p[:3].sum(), rtol=1e-5)
    for share in (0.1, 0.5, 0.9):
        kept = np.count_nonzero(distribution(trace, top_p=share).values)
        assert p[:kept].sum() >= share - 1e-6 and (kept == 1 or p[: kept - 1].sum() < share + 1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 0},
        {"temperature": -1},
        {"temperature": float("nan")},
        {"top_k": 0},
        {"top_p": 0},
        {"top_p": 1.1},
    ],
)
def test_out_of_range_is_refused(trace, options):
    with pytest.raises(UsageError):
        distribution(trace, **options)


def test_stops_when_the_context_is_full():
    tiny = load("tiny")
    turns = list(generate(tiny, "cat " * (tiny.config.n_ctx - 1), 5, seed=0))
    assert 1 <= len(turns) <= 2
