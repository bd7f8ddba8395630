"""Exchanged words of a large model: what comes next is read from the exchanged word on, of several texts together."""

import numpy as np
import pytest

from model import run
from model.runs import caching, checkpoints
from model.runs.recorder import run_tokens
from model.study.inside import exchange
from model.study.inside.exchange import exchanges, following, telling
from tests.untrained import untrained_checkpoint

SHORT = "The old dog chased the young cat"
LONG = f"{SHORT} and the little girl who lived in the old house saw a big dog and ran to her mother in the garden"


@pytest.fixture
def large(monkeypatch, tmp_path):
    """A small model that is taken for a large one."""
    monkeypatch.setattr(checkpoints, "EXACT_BELOW", 0)
    return checkpoints.load(untrained_checkpoint(tmp_path / "m", positions="rotary", norm="rms"))


@pytest.mark.parametrize("rows", [1, 20, 64, 1000])
@pytest.mark.parametrize("text", [SHORT, LONG, "hello there"])
def test_what_follows_is_that_of_a_run_of_its_own(large, text, rows, monkeypatch):
    read = []
    reading = lambda *a: read.append(len(a[-1]) * len(a[-1][0])) or caching_read_on(*a)  # noqa: E731
    caching_read_on = caching.read_on
    monkeypatch.setattr(caching, "read_on", reading)
    monkeypatch.setattr(exchange, "ROWS", rows)
    trace = run(large, text)
    found = list(exchanges(large, trace))
    for each, after in zip(found, following(found), strict=True):
        np.testing.assert_allclose(after, run_tokens(large, each.encoding).array("probs")[-1], atol=1e-6)
    assert len(read) == len(found) if rows == 1 else max(read) <= max(rows, len(trace))
    assert rows < 1000 or len(read) == 1


def test_the_one_that_tells_most_is_chosen_however_they_are_read(large, monkeypatch):
    trace = run(large, SHORT)
    one = telling(trace, exchanges(large, trace))
    monkeypatch.setattr(exchange, "ROWS", 1)
    same = telling(trace, exchanges(large, trace))
    before = trace.array("probs")[-1]
    shares = []
    for each in exchanges(large, trace):
        after = run_tokens(large, each.encoding).array("probs")[-1]
        shares.append(np.abs(after - before).sum() / 2 * after.max())
    assert one.place == same.place == list(exchanges(large, trace))[int(np.argmax(shares))].place
