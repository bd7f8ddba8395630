"""One neuron of an MLP, against the model itself and against PyTorch's functions."""

import copy

import numpy as np
import pytest
import torch
from torch.nn import functional

from model import UsageError, load, run
from model.runs.ablation import without_neurons
from model.study.inside.neurons import Neuron, activated, candidates, loudest, most_telling, sentences
from tests.untrained import untrained

TEXT = "The hungry dog ate the"
CURVES = {"relu": functional.relu, "gelu": functional.gelu, "swiglu": functional.silu}


@pytest.fixture(scope="module")
def trace():
    return run("tiny", TEXT)


def test_a_neuron_worked_out_is_the_recorded_one(trace):
    neuron = Neuron(trace, 2, 228, 4)
    by_hand = float(np.dot(neuron.x.values, neuron.asks.values)) + float(neuron.bias)
    assert by_hand == pytest.approx(float(neuron.pre), abs=1e-4)
    assert float(functional.gelu(torch.tensor(by_hand))) == pytest.approx(float(neuron.post), abs=1e-4)
    every = [Neuron(trace, 2, k, 4).write.values for k in range(trace.config.d_mlp)]
    total = np.sum(every, axis=0) + trace.array("blocks.2.mlp.b_out")
    assert np.abs(total - trace.array("blocks.2.mlp_out")[4]).max() < 1e-4


@pytest.mark.parametrize("activation", ["relu", "gelu", "swiglu"])
def test_of_other_models_too(activation):
    trace = untrained(activation=activation, norm="rms" if activation == "swiglu" else "layer")
    neuron = Neuron(trace, 1, 3, 2)
    x, w = torch.tensor(neuron.x.values), torch.tensor(neuron.asks.values)
    pre = x @ w + (0.0 if neuron.bias is None else float(neuron.bias))
    assert float(pre) == pytest.approx(float(neuron.pre), abs=1e-5)
    bent = float(CURVES[activation](pre))
    assert float(activated(trace, neuron.pre)) == pytest.approx(bent, abs=1e-5)
    linear = float(trace.array("blocks.1.mlp.pre_linear")[2, 3]) if activation == "swiglu" else 1.0
    assert bent * linear == pytest.approx(float(neuron.post), abs=1e-5)


def test_a_neuron_that_is_off_is_one_whose_answer_is_zero(trace):
    tiny = load("tiny")
    silent = copy.deepcopy(tiny.exact)
    with torch.no_grad():
        silent.get_parameter("blocks.2.mlp.W_out")[228] = 0
        expected = silent(torch.tensor(trace.ids)).softmax(-1).numpy()
    together = without_neurons("tiny", TEXT, [(2, 228), (0, 1)])
    assert np.abs(together[2, 228].array("probs") - expected).max() < 1e-6
    alone = run("tiny", TEXT, neurons=[(2, 228)])
    assert alone.run_id == together[2, 228].run_id != trace.run_id
    assert np.abs(alone.array("probs") - together[2, 228].array("probs")).max() < 1e-6
    assert not alone.array("blocks.2.mlp.post")[:, 228].any()


def test_what_it_says_is_what_the_logits_gain_by_it(trace):
    neuron = Neuron(trace, 2, 228, 4)
    assert np.abs(neuron.says.values - neuron.answers.values @ trace.array("W_U")).max() < 1e-4


def test_the_one_that_tells_most_is_the_one_that_moves_most(trace):
    tried = candidates(trace, 4, 6)
    runs = without_neurons("tiny", TEXT, tried)
    moved = {pair: np.abs(r.array("probs")[4] - trace.array("probs")[4]).sum() for pair, r in runs.items()}
    assert most_telling(trace, 4, runs) == max(moved, key=moved.get)
    assert len(set(tried)) == 6 and {layer for layer, _ in candidates(trace, 4, 6, layer=1)} == {1}


def test_the_loudest_places_are_those_of_a_search_sentence_by_sentence():
    found = {}
    for sentence in sentences()[:40]:
        trace = run("tiny", sentence)
        if not trace.unknown:
            for k in range(len(trace)):
                found[" ".join(sentence.split()[: k + 1])] = float(trace.array("blocks.2.mlp.post")[k, 228])
    best = max(found, key=found.get)
    places = loudest("tiny", 2, 228, 8)
    values = [float(run("tiny", text).array("blocks.2.mlp.post")[k, 228]) for text, k in places]
    assert values == sorted(values, reverse=True) and values[0] >= found[best] - 1e-4
    assert all(len(run("tiny", text)) == k + 1 for text, k in places) and len({text for text, _ in places}) == 8


def test_a_neuron_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="neurons 0 to 255"):
        run("tiny", TEXT, neurons=[(0, 256)])
