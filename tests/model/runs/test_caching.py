"""A run read with a cache against the run that reads all at once."""

from dataclasses import replace

import numpy as np
import pytest

from model.errors import UsageError
from model.net.config import ModelConfig
from model.net.transformer import build
from model.runs.caching import read_on, reading_of, run_cached
from model.runs.checkpoints import load
from model.runs.recorder import run


@pytest.mark.parametrize("name", ["tiny", "tiny-rotary", "tiny-none", "tiny-sinusoidal"])
def test_every_recorded_tensor_is_that_of_the_plain_run(name):
    plain = run(name, "The old dog chased the young cat")
    cached = reading_of(load(name), plain)
    assert set(cached) == {n for n in plain if not n.endswith((".scores_raw", ".scores"))}
    for tensor in cached:
        assert cached[tensor].axes == plain[tensor].axes
        np.testing.assert_allclose(cached.array(tensor), plain.array(tensor), atol=1e-5, rtol=1e-5, err_msg=tensor)


def test_it_is_another_run_and_says_so():
    plain = run("tiny", "The old dog")
    cached = reading_of(load("tiny"), plain)
    assert cached.info["cached"] and cached.run_id != plain.run_id
    assert cached.tokens == plain.tokens


@pytest.mark.parametrize("name", ["tiny", "tiny-rotary", "tiny-none"])
@pytest.mark.parametrize("start", [0, 4, 6])
def test_it_reads_on_from_any_place_of_a_run(name, start):
    """Other words from a place on, against a run of the whole other text."""
    plain, other = run(name, "The old dog chased the young cat"), run(name, "The old dog chased a small bird")
    found, own = read_on(load(name), plain, start, [other.ids[start:], plain.ids[start:]])
    same = plain.ids[:start] == other.ids[:start]
    assert np.allclose(found, other.array("probs")[-1], atol=1e-5) == same
    assert np.allclose(own, plain.array("probs")[-1], atol=1e-5)


def test_a_model_that_reads_two_texts_has_no_cache():
    checkpoint = load("tiny")
    with pytest.raises(UsageError):
        run_cached(_translator(checkpoint), checkpoint.tokenizer.encode("The old dog", 64))


def _translator(checkpoint):
    config = ModelConfig(
        vocab_size=20, d_model=8, n_heads=2, d_head=4, d_mlp=8, n_layers=1, kind="encoder-decoder", source_vocab_size=20
    )
    return replace(checkpoint, config=config, model=build(config).eval())
