"""Switching heads off, against a second way: a model whose output matrix has zeros for that head."""

import copy

import numpy as np
import pytest
import torch

from model import UsageError, load, run
from model.net.layers import MLP
from model.runs import ablation
from model.runs.ablation import ablations, moved

TEXT = "The keys on the table"


@pytest.fixture(scope="module")
def tiny():
    return load("tiny")


@pytest.mark.parametrize("layer, head", [(0, 0), (1, 5), (3, 7)])
def test_a_head_that_is_off_is_one_whose_output_matrix_is_zero(tiny, layer, head):
    silent = copy.deepcopy(tiny.exact)
    with torch.no_grad():
        silent.get_parameter(f"blocks.{layer}.attn.W_O")[head] = 0
        expected = silent(torch.tensor(run(tiny, TEXT).ids)).softmax(-1).numpy()
    trace = ablations(tiny, TEXT, [(layer, head)])[layer, head]
    assert np.abs(trace.array("probs") - expected).max() < 1e-6
    assert not trace.array(f"blocks.{layer}.attn.result")[head].any()
    assert np.abs(trace.array("probs") - run(tiny, TEXT).array("probs")).max() > 1e-4


@pytest.mark.parametrize("name", ["tiny", "tiny-rotary", "tiny-learned"])
def test_a_batch_of_them_is_one_after_the_other(name, monkeypatch):
    pairs = [(0, 0), (1, 5), (1, 7), (0, 2)]
    monkeypatch.setattr(ablation, "AT_ONCE", 3 * len(run(name, TEXT).ids) * run(name, TEXT).config.vocab_size)
    together = ablations(name, TEXT, pairs)
    assert list(together) == pairs
    for pair, trace in together.items():
        alone = run(name, TEXT, ablate=[pair])
        assert trace.info == alone.info and trace.axes == alone.axes and list(trace) == list(alone)
        for tensor in alone:
            np.testing.assert_allclose(trace.array(tensor), alone.array(tensor), atol=1e-6, err_msg=tensor)


def test_what_comes_before_a_batch_differs_is_worked_out_once(tiny, monkeypatch):
    many, forward = [], MLP.forward
    monkeypatch.setattr(MLP, "forward", lambda self, x, tape: many.append(len(x)) or forward(self, x, tape))
    ablations(tiny, TEXT, [(2, 1), (3, 0), (2, 5)])
    assert many == [1, 1, 3, 3]


def test_moved_is_what_all_rising_words_gain(tiny):
    before, after = run(tiny, TEXT), ablations(tiny, TEXT, [(0, 2)])[0, 2]
    p, q = before.array("probs")[-1].astype(float), after.array("probs")[-1].astype(float)
    distance = moved(before, after)
    assert float(distance) == pytest.approx(np.clip(q - p, 0, None).sum(), abs=1e-6)
    assert float(distance.evaluate(before, after)) == pytest.approx(float(distance), rel=1e-9)
    assert float(moved(before, before)) == 0
    assert float(moved(before, after, 0)) != float(distance)


def test_a_head_out_of_range_is_refused(tiny):
    with pytest.raises(UsageError, match="layers are 0 to"):
        ablations(tiny, TEXT, [(0, 99)])
