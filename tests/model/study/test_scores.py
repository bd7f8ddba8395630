"""Scores of heads: right on patterns made by hand, and what the shipped model's heads do."""

import random
from dataclasses import replace

import numpy as np
import pytest

from model import head_scores, load, run
from model.study.heads.samples import MEASURES
from model.study.heads.scores import _batch_patterns, _batches, _readable, measure_heads, patterns
from model.text.tokenizer import Tokenizer

TEXT = "A fluffy blue creature roamed the verdant forest"


def test_patterns_of_all_layers_in_order():
    trace = run("tiny", TEXT)
    stacked = patterns(trace)
    assert stacked.shape == (trace.config.n_layers, 8, 8, 8)
    for layer in range(trace.config.n_layers):
        np.testing.assert_array_equal(stacked[layer], trace.array(f"blocks.{layer}.attn.pattern"))


def test_batches_have_the_patterns_of_single_runs():
    tiny = load("tiny")
    ids = np.array([tiny.tokenizer.encode(text).ids for text in (TEXT, "The tired old wolf slept near the cave")])
    together = _batch_patterns(tiny, ids)
    np.testing.assert_allclose(together[:, :, 0], patterns(run(tiny, TEXT)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", MEASURES)
def test_samples_ask_for_what_the_name_says(name):
    rng, make = random.Random(3), MEASURES[name].make
    for _ in range(40):
        words, queries, keys = make(rng)
        for q, ks in zip(queries, keys, strict=True):
            assert all(0 <= k < q for k in ks)
            if name == "previous-token":
                assert ks == [q - 1]
            elif name == "duplicate-token":
                assert words[ks[0]] == words[q]
            elif name == "induction":
                assert words[ks[0] - 1] == words[q]
            elif name == "subject→verb":
                assert words[q + 1] == ("are" if words[ks[0]].endswith("s") else "is")
            elif name == "adjective→noun":
                assert words[q + 1] == "roamed" and ks == list(range(ks[0], q))
            elif name == "noun→pronoun":
                assert words[q] in ("he", "she", "it") and words[ks[0] - 1] == "the"


def test_scores_by_hand():
    """The mean that `measure_heads` takes, taken again text by text from single runs."""
    tiny = load("tiny")
    found = measure_heads(tiny, count=6, seed=4)
    rng = random.Random(4)
    for name, measure in MEASURES.items():
        looks = []
        for _ in range(6):
            words, queries, keys = measure.make(rng)
            weights = patterns(run(tiny, " ".join(words)))
            looks += [weights[:, :, q, ks].sum(-1) for q, ks in zip(queries, keys, strict=True)]
        np.testing.assert_allclose(found[name]["scores"], np.mean(looks, 0), atol=1e-3, err_msg=name)


def test_shipped_scores_are_of_the_shipped_weights():
    tiny = load("tiny")
    assert tiny.report()["hash"] == tiny.hash
    scores = head_scores(tiny)
    assert set(scores) == set(MEASURES)
    again = measure_heads(tiny)
    for name, score in scores.items():
        assert score.scores.shape == (tiny.config.n_layers, 8) and score.sample in score.scores.name
        np.testing.assert_allclose(score.scores.values, again[name]["scores"], atol=2e-3)
        assert score.scores.values[score.best] == score.scores.values.max()


def test_tiny_is_worth_watching():
    """Heads that do what a lesson can name, far above what even attention would give."""
    scores = head_scores(load("tiny"))
    for name, least in {
        "previous-token": 0.55,
        "induction": 0.6,
        "adjective→noun": 0.7,
        "subject→verb": 0.7,
        "noun→pronoun": 0.3,
    }.items():
        assert scores[name].scores.values.max() > max(least, 1.3 * float(scores[name].chance)), name


def test_only_texts_that_the_model_knows_are_measured():
    tiny = load("tiny")
    for words in (["the", "well-known", "cat"], ["the", "cat", "xyzzied"]):
        assert _readable(tiny, (words, [2], [[1]])) is None
    assert _readable(tiny, (["the", "cat", "sat"], [2], [[1]])) == (
        tiny.tokenizer.encode("the cat sat").ids,
        ([2], [[1]]),
    )
    texts = [((1, 2, 3), ([2], [[1]])), ((4, 5), ([1], [[0]])), ((6, 7, 8), ([2], [[0]]))]
    assert [ids.shape for ids, _ in _batches(texts)] == [(2, 3), (1, 2)]


def test_a_model_of_other_words_is_measured_on_its_own():
    tiny = load("tiny")
    words = Tokenizer.from_words([f"zq{i}" for i in range(len(tiny.tokenizer) - 2)])
    found = measure_heads(replace(tiny, tokenizer=words), count=20)
    assert set(found) == {"previous-token", "first-token", "duplicate-token", "induction"}
    assert all("of its own words" in entry["sample"] for entry in found.values())
    assert np.max(found["induction"]["scores"]) > 0.5, "tiny copies whatever its words are called"
