"""The loop run in its ways, and one row through the depth."""

import numpy as np
import pytest

from model import generate, run
from model.errors import UsageError
from model.study.inside.stream import journey
from model.study.loop import Loop

TEXT = "A fluffy blue creature"
HEATS = (0.5, 1.5, 3.0)
WAYS = dict(seed=2, heat=0.8, others=HEATS)


def test_each_way_is_the_loop_with_its_choices():
    heard = []
    loop = Loop("tiny", TEXT, 3, **WAYS, hear=heard.append)
    assert not heard and loop.first.word == loop.sampled[0].word
    assert {trace.run_id for trace in heard} == {turn.trace.run_id for turn in loop.sampled}
    wanted = {
        "sampled": dict(seed=2, temperature=0.8),
        "greedy": dict(greedy=True),
        "other_seed": dict(seed=3, temperature=0.8),
    }
    for way, choices in wanted.items():
        assert [t.word for t in getattr(loop, way)] == [t.word for t in generate("tiny", TEXT, 3, **choices)], way
    assert float(loop.temperature) == 0.8
    shown = {turn.trace.run_id for way in wanted for turn in getattr(loop, way)}
    assert {trace.run_id for trace in heard} == shown


def test_the_first_word_at_other_temperatures_is_drawn_with_the_same_u():
    loop = Loop("tiny", TEXT, 3, **WAYS)
    assert [float(heat) for heat in loop.heats] == list(HEATS)
    logits = loop.sampled[0].trace.array("logits")[-1].astype(float)
    for heat, turn in zip(HEATS, loop.heated, strict=True):
        p = np.exp(logits / heat) / np.exp(logits / heat).sum()
        np.testing.assert_allclose(turn.probs.values, p, rtol=1e-4, atol=1e-9)
        assert float(turn.u) == float(loop.sampled[0].u) == np.random.default_rng(2).random()
        assert turn.id == turn.ranking[np.searchsorted(np.cumsum(p[turn.ranking]), float(turn.u), side="right")]


@pytest.mark.parametrize("wrong", [dict(seed=-1), dict(heat=0.0)])
def test_what_is_out_of_range_is_refused(wrong):
    with pytest.raises(UsageError):
        _ = Loop("tiny", TEXT, 3, **(WAYS | wrong)).first


def test_a_row_goes_from_the_embedding_through_all_blocks_to_the_norm():
    trace = run("tiny", TEXT)
    names = ["blocks.0.resid_pre", *[f"blocks.{k}.resid_post" for k in range(4)], "ln_final.normalized"]
    rows = journey(trace, 2)
    assert rows.axes[0] == "depth"
    np.testing.assert_array_equal(rows.values, [trace.array(name)[2] for name in names])
    np.testing.assert_array_equal(rows.evaluate(trace), rows.values)
