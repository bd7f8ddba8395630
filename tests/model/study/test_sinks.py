"""Attention sinks, against the patterns themselves."""

from dataclasses import replace

import numpy as np
import pytest

from model.study.heads.sinks import Sink
from tests.untrained import untrained


def resting(share: float, ids=(3, 5, 5, 8, 2)):
    """A random run whose heads give the first token that share of what they see (its own query all)."""
    trace = untrained(ids, n_ctx=9)
    arrays = dict(trace.arrays)
    for layer in range(trace.config.n_layers):
        name = f"blocks.{layer}.attn.pattern"
        pattern = arrays[name].copy()
        rest = pattern[:, 1:, 1:] / pattern[:, 1:, 1:].sum(-1, keepdims=True)
        pattern[:, 1:, 0], pattern[:, 1:, 1:] = share, (1 - share) * rest
        arrays[name] = pattern
    return replace(trace, arrays=arrays)


@pytest.mark.parametrize(("share", "there"), [(0.3, False), (0.45, False), (0.62, True), (0.9, True)])
def test_whether_attention_rests_on_the_first_token(share, there):
    sink = Sink(resting(share))
    assert float(sink.share) == pytest.approx(share, abs=1e-6) and sink.there is there
    assert sink.chance == pytest.approx(np.mean([1 / 2, 1 / 3, 1 / 4, 1 / 5]))


def test_no_sink_where_there_is_little_else_or_all_is_seen():
    assert not Sink(resting(0.9, (3, 5, 8))).there
    assert not Sink(untrained((3, 5, 5, 8, 2), n_ctx=9, kind="encoder")).there


@pytest.mark.parametrize("choices", [{}, {"window": 2}, {"n_kv_heads": 2, "positions": "rotary", "norm": "rms"}])
def test_what_is_left_is_the_rest_made_to_add_up_again(choices):
    trace = untrained(**choices)
    sink = Sink(trace)
    for layer in range(trace.config.n_layers):
        pattern = trace.array(f"blocks.{layer}.attn.pattern")
        rest = sink.rest(layer).values
        np.testing.assert_allclose(rest, pattern[:, 1:, 1:] / (1 - pattern[:, 1:, :1]), atol=1e-5)
        factor = float(sink.factor(layer, 2, 3))
        np.testing.assert_allclose(rest[2, 2], pattern[2, 3, 1:] * factor, atol=1e-5)


def test_how_long_the_values_are():
    trace = untrained()
    values = np.stack([np.linalg.norm(trace.array(f"blocks.{k}.attn.v"), axis=-1) for k in range(2)])
    first, others = Sink(trace).lengths
    assert float(first) == pytest.approx(values[:, :, 0].mean(), rel=1e-5)
    assert float(others) == pytest.approx(values[:, :, 1:].mean(), rel=1e-5)


def test_the_head_that_is_framed_gives_what_all_give_on_average():
    sink = Sink(untrained((3, 5, 5, 8, 2), n_ctx=9))
    gaps = {
        (layer, head): abs(float(sink.trace.array(f"blocks.{layer}.attn.pattern")[head, 4, 0]) - float(sink.share))
        for layer in range(2)
        for head in range(4)
    }
    assert sink.typical(4) == min(gaps, key=gaps.__getitem__)
