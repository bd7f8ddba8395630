"""The most telling row of attention, against a search row by row in plain Python; and rows made by hand."""

import math

import numpy as np
import pytest

from model import Trace, run
from model.net.config import ModelConfig
from model.runs.ablation import ablations, moved
from model.study.choice import telling_row

TEXTS = ("The dog", "A fluffy blue creature roamed the verdant forest", "cat", "The keys on the table are old")


def searched(trace: Trace, among: tuple) -> tuple[int, int, int, float]:
    """Every (layer, head, query) in turn: the two largest weights elsewhere, times the surprise of the word."""
    rows = {}
    for layer in range(trace.config.n_layers):
        for head, pattern in enumerate(trace.array(f"blocks.{layer}.attn.pattern").astype(float)):
            for query, row in enumerate(pattern):
                if any(asked not in (None, place) for asked, place in zip(among, (layer, head, query), strict=True)):
                    continue
                elsewhere = sorted(w for key, w in enumerate(row) if key not in (0, query))
                first, second = ([0.0, 0.0] + elsewhere)[-2:]
                surprise = -math.log(max(trace.array("probs")[query - 1, trace.ids[query]], 1e-9)) if query else 1.0
                rows[layer, head, query] = (first * second + 1e-6 * second) * surprise
    best = max(rows, key=rows.get)
    return *best, rows[best]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("among", [(None, None, None), (2, None, None), (None, 5, None), (1, 3, None), (None, None, 0)])
def test_the_row_is_that_of_a_search(text, among):
    trace = run("tiny", text)
    *place, measure = telling_row(trace, among)
    *expected, most = searched(trace, among)
    assert place == expected and measure == pytest.approx(most, rel=1e-5)


def test_by_consequence_it_is_that_of_a_search_among_second_runs():
    trace = run("tiny", TEXTS[3])
    heads = [(layer, head) for layer in range(trace.config.n_layers) for head in range(trace.config.n_heads)]
    without = ablations("tiny", TEXTS[3], heads)
    best, most = None, -1.0
    for layer, head in heads:
        for query, row in enumerate(trace.array(f"blocks.{layer}.attn.pattern")[head].astype(float)):
            elsewhere = sum(w for key, w in enumerate(row) if key not in (0, query))
            if (measure := elsewhere * float(moved(trace, without[layer, head], query).values)) > most:
                best, most = (layer, head, query), measure
    *place, measure = telling_row(trace, without=without)
    assert tuple(place) == best and measure == pytest.approx(most, rel=1e-5)


def made(*patterns: np.ndarray, probs: np.ndarray | float = 0.25) -> Trace:
    """One layer of heads with these patterns; every word is as likely as any other, or as `probs` say."""
    n = len(patterns[0])
    arrays = {
        "blocks.0.attn.pattern": np.stack(patterns).astype(np.float32),
        "probs": np.broadcast_to(np.float32(probs), (n, 4)).copy(),
    }
    axes = {"blocks.0.attn.pattern": ("head", "query", "key"), "probs": ("position", "vocab")}
    config = ModelConfig(vocab_size=4, n_layers=1, n_heads=len(patterns))
    return Trace(arrays, axes, ("w",) * n, (0,) * n, (), config, tuple("abcd"))


def test_a_row_that_gathers_wins_over_rows_that_rest():
    itself, first, both = np.eye(6), np.zeros((6, 6)), np.eye(6)
    first[:, 0] = 1
    both[4] = [0, 0, 0.5, 0.5, 0, 0]
    layer, head, query, measure = telling_row(made(itself, first, both))
    assert (layer, head, query) == (0, 2, 4) and measure == pytest.approx((0.25 + 0.5e-6) * math.log(4))
    assert telling_row(made(itself, first))[3] == 0


def test_a_head_that_matters_wins_over_one_that_only_gathers():
    gathers, less = np.eye(6), np.eye(6)
    gathers[4] = [0, 0, 0.5, 0.5, 0, 0]
    less[4] = [0, 0, 0.4, 0.4, 0.2, 0]
    trace = made(gathers, less)
    other = made(gathers, less, probs=np.array([0.75, 0.25, 0, 0]))
    layer, head, query, measure = telling_row(trace, without={(0, 0): trace, (0, 1): other})
    assert (layer, head, query) == (0, 1, 4) and measure == pytest.approx(0.8 * 0.5)
    assert telling_row(trace, without={})[3] == 0


def test_what_is_asked_for_is_kept_and_what_is_out_of_range_is_not():
    trace = run("tiny", TEXTS[1])
    assert telling_row(trace, (3, 6, 5))[:3] == (3, 6, 5)
    assert telling_row(trace, (99, None, -1)) == telling_row(trace)
