"""Logit lens and losses, against the model's own modules and torch's cross entropy."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from model import load, run
from model.net.layers import SILENT
from model.study.inside.lens import LogitLens, loss, shown, surprises
from tests.untrained import untrained

TEXT = "The tired old grey wolf"


@pytest.mark.parametrize("name", ["tiny", "tiny-rotary"])
def test_at_each_stop_it_is_what_the_models_last_two_parts_make_of_the_row(name):
    trace, model = run(name, TEXT), load(name).exact
    lens = LogitLens(trace, 3)
    for stop, probs in zip(lens.stops, lens.probs.values, strict=True):
        row = torch.tensor(trace.array(stop)[3]).double()
        with torch.no_grad():
            expected = (model.ln_final(row[None], SILENT)[0] @ model.unembedding).softmax(-1).numpy()
        assert np.abs(probs - expected).max() < 1e-5, stop
    assert np.abs(lens.probs.values[-1] - trace.array("probs")[3]).max() < 1e-5


def test_of_a_model_with_rms_norm():
    trace = untrained(norm="rms")
    assert np.abs(LogitLens(trace, 2).probs.values[-1] - trace.array("probs")[2]).max() < 1e-5


def test_ranks_count_words():
    lens = LogitLens(run("tiny", TEXT), 4)
    word = int(np.argmax(lens.probs.values[-1]))
    ranks = lens.ranks(word)
    assert ranks[-1] == 1 and len(ranks) == len(lens.stops)
    for rank, row in zip(ranks, lens.probs.values, strict=True):
        assert rank == 1 + list(np.argsort(-row, kind="stable")).index(word)


def test_the_mean_surprise_is_torchs_cross_entropy():
    trace = run("tiny", TEXT)
    logits, ids = torch.tensor(trace.array("logits")[:-1]), torch.tensor(trace.ids[1:])
    assert float(loss(trace)) == pytest.approx(float(functional.cross_entropy(logits, ids)), abs=1e-5)
    each = functional.cross_entropy(logits, ids, reduction="none").numpy()
    assert np.abs(surprises(trace).values - each).max() < 1e-4


def test_shown_are_the_largest_and_those_that_are_asked_for():
    row = run("tiny", TEXT)["probs"][-1]
    best = list(np.argsort(-row.values)[:3])
    assert shown(row, 3, 7, best[0], 7) == [*best, 7]
