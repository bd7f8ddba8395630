"""What is written into the stream, and norms opened, against PyTorch's own functions and plain sums."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from model import UsageError, run
from model.study.inside.stream import Norm, Stream, layer_normed, lengths, rms_normed
from tests.untrained import untrained

TEXT = "The capital of Italy is"


@pytest.mark.parametrize("model", ["tiny", "tiny-rotary", "tiny-learned"])
def test_the_last_row_is_the_sum_of_all_that_was_written(model):
    trace = run(model, TEXT)
    for position in (0, 4):
        stream = Stream(trace, position)
        last = trace.array(f"blocks.{trace.config.n_layers - 1}.resid_post")[position]
        assert np.abs(stream.writes.values.sum(0) - last).max() < 1e-4
        assert np.abs(stream.rows.values[-1] - last).max() == 0
        assert len(stream.names) == len(stream.stops) + ("pos_embed" in trace)


def test_shares_are_projections_on_the_last_row_and_add_up_to_one():
    stream = Stream(run("tiny", TEXT), 4)
    last = stream.rows.values[-1].astype(float)
    unit = last / np.linalg.norm(last)
    along = [float(np.dot(write, unit)) / np.linalg.norm(last) for write in stream.writes.values]
    assert np.allclose(stream.shares.values, along, atol=1e-6)
    assert stream.shares.values.sum() == pytest.approx(1, abs=1e-5)


def test_it_turns_to_the_last_row():
    rows = run("tiny", TEXT)
    stream = Stream(rows, 4)
    last = stream.rows.values[-1]
    by_torch = functional.cosine_similarity(torch.tensor(stream.rows.values), torch.tensor(last), dim=-1).numpy()
    assert np.allclose(stream.turning.values, by_torch, atol=1e-5)
    assert float(stream.turning[-1]) == pytest.approx(1, abs=1e-6)


def test_lengths_are_those_that_numpy_measures():
    trace = run("tiny", TEXT)
    expected = [np.linalg.norm(trace.array(name), axis=-1) for name in Stream(trace, 0).stops]
    assert np.allclose(lengths(trace).values, expected, rtol=1e-6)


@pytest.mark.parametrize("position", [0, 4])
def test_a_norm_opened_is_what_pytorch_computes(position):
    trace = run("tiny", TEXT)
    norm = Norm(trace, "blocks.3.ln1", trace["blocks.3.resid_pre"][position], position)
    x, w, b = (torch.tensor(t.values) for t in (norm.before, norm.w, norm.b))
    expected = functional.layer_norm(x, x.shape, w, b, trace.config.norm_eps).numpy()
    for made in (norm.divided * norm.w + norm.b, norm.after):
        assert np.abs(made.values - expected).max() < 1e-4
    for row in (norm.before, norm.w):  # the second one's mean is far from 0
        x = torch.tensor(row.values)
        assert np.abs(layer_normed(row).values - functional.layer_norm(x, x.shape, eps=0).numpy()).max() < 1e-4
        assert np.abs(rms_normed(row).values - functional.rms_norm(x, x.shape, eps=0).numpy()).max() < 1e-4


@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_a_norm_of_either_kind_in_a_random_model(norm):
    trace = untrained(norm=norm)
    opened = Norm(trace, "ln_final", trace["blocks.1.resid_post"][2], 2)
    assert (opened.mean is None) == (opened.b is None) == (norm == "rms")
    made = opened.divided * opened.w
    made = made if opened.b is None else made + opened.b
    assert np.abs(made.values - opened.after.values).max() < 1e-5


def test_a_model_that_norms_the_stream_itself_is_refused():
    with pytest.raises(UsageError, match="norms the stream"):
        Stream(untrained(norm_first=False), 0)
