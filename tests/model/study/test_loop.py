"""The loop run in five ways, and one row through the depth."""

import numpy as np
import pytest

from model import generate, run
from model.errors import UsageError
from model.study.loop import Loop
from model.study.stream import journey

TEXT = "A fluffy blue creature"
WAYS = dict(seed=2, temperature=0.8, cool=0.5, warm=1.5)


def test_each_way_is_the_loop_with_its_choices():
    loop = Loop.run("tiny", TEXT, 3, **WAYS)
    wanted = {
        "sampled": dict(seed=2, temperature=0.8),
        "greedy": dict(greedy=True),
        "other_seed": dict(seed=3, temperature=0.8),
        "cool": dict(seed=2, temperature=0.5),
        "warm": dict(seed=2, temperature=1.5),
    }
    for way, choices in wanted.items():
        assert [t.word for t in getattr(loop, way)] == [t.word for t in generate("tiny", TEXT, 3, **choices)], way
    assert [float(t.u) for t in loop.cool] == [float(t.u) for t in loop.warm] == [float(t.u) for t in loop.sampled]
    assert float(loop.temperature) == 0.8
    shown = {turn.trace.run_id for way in wanted for turn in getattr(loop, way)}
    assert {trace.run_id for trace in loop.traces()} == shown


@pytest.mark.parametrize("wrong", [dict(seed=-1), dict(temperature=0.0)])
def test_what_is_out_of_range_is_refused(wrong):
    with pytest.raises(UsageError):
        Loop.run("tiny", TEXT, 3, **(WAYS | wrong))


def test_a_row_goes_from_the_embedding_through_all_blocks_to_the_norm():
    trace = run("tiny", TEXT)
    names = ["blocks.0.resid_pre", *[f"blocks.{k}.resid_post" for k in range(4)], "ln_final.normalized"]
    rows = journey(trace, 2)
    assert rows.axes[0] == "depth"
    np.testing.assert_array_equal(rows.values, [trace.array(name)[2] for name in names])
    np.testing.assert_array_equal(rows.evaluate(trace), rows.values)
