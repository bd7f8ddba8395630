"""One stack of an encoder–decoder's run, read as a model of its own: the whole run's numbers, names and words."""

import numpy as np
import pytest

from model import run
from model.numbers.half import Half


@pytest.fixture(scope="module")
def whole():
    return run("translator", "le chat est vieux .", source="the cat is old .")


def test_the_encoder_is_what_it_reads(whole):
    half = Half.of(whole, "encoder")
    assert half.tokens == whole.source_tokens and half.ids == tuple(whole.array("encoder.tokens"))
    assert half.config.kind == "encoder" and not half.config.causal and not half.config.unembeds
    assert "probs" not in half and "blocks.0.cross_attn.q" not in half
    assert half["tokens"].source() == "encoder.tokens" and len(half.vocabulary) == len(half["W_E"])
    assert half.vocabulary[half.ids[1]] == "cat"


def test_the_decoder_is_what_it_writes(whole):
    half = Half.of(whole, "decoder")
    assert half.tokens == whole.tokens and half.config.kind == "decoder" and half.config.causal
    assert half["probs"].source() == "probs" and half["tokens"].source() == "tokens"
    assert half.vocabulary[half.ids[2]] == "chat" and len(half.vocabulary) == len(half["W_E"])


@pytest.mark.parametrize("stack", ["encoder", "decoder"])
def test_its_numbers_are_the_whole_run_s(whole, stack):
    half = Half.of(whole, stack)
    q = half["blocks.1.attn.q"]
    assert q.source() == f"{stack}.blocks.1.attn.q" and half.run_id == whole.run_id
    assert np.array_equal((q[2, 1] * 2).evaluate(whole), 2 * whole.array(f"{stack}.blocks.1.attn.q")[2, 1])
    assert all(np.array_equal(half.array(name), whole.array(half.whole_name(name))) for name in half.names)
