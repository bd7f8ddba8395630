"""What parts add to a logit, against PyTorch: the sum, and the logit with one part taken out of the last row."""

import numpy as np
import pytest
import torch

from model import UsageError, load, run
from model.study.inside.attribution import Attribution, difference
from tests.untrained import untrained

TEXT = "The capital of Italy is"
LLAMA = dict(norm="rms", positions="rotary", activation="swiglu", n_kv_heads=2, mlp_bias=False, output_bias=False)
GEMMA = LLAMA | dict(norm_after=True, logit_cap=5.0)
KINDS = [{}, LLAMA, GEMMA, dict(unembed_bias=True), dict(norm_bias=False, attention_bias=True)]


@pytest.fixture(scope="module")
def tiny():
    return run("tiny", TEXT)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("position", [0, 3])
def test_the_parts_add_up_to_the_logit(kind, position):
    trace = untrained(**kind)
    for word in range(3):
        found = Attribution(trace, position, word)
        assert found.contributions.values.sum() == pytest.approx(float(found.logit), abs=1e-3)
        assert len(found.contributions) == len(found.parts) == len(set(found.parts))


def test_they_add_up_in_tiny(tiny):
    for word in np.argsort(-tiny.array("probs")[-1])[:5].tolist():
        found = Attribution(tiny, 4, word)
        assert found.contributions.values.sum() == pytest.approx(float(tiny.array("logits")[4, word]), abs=1e-3)
        assert float(found.contributions.evaluate(tiny).sum()) == pytest.approx(found.contributions.values.sum())


def test_a_part_is_what_the_logit_loses_without_it(tiny):
    """By PyTorch's own derivative of the logit along the part, the scale of the norm held fixed."""
    net, word = load("tiny").exact, int(tiny.array("probs")[-1].argmax())
    found = Attribution(tiny, 4, word)
    last = torch.tensor(tiny.array("blocks.3.resid_post")[4], dtype=torch.float64, requires_grad=True)
    centred = last - last.mean()
    scale = (centred.square().mean() + tiny.config.norm_eps).sqrt().detach()
    logit = (centred / scale * net.ln_final.w + net.ln_final.b) @ net.unembedding[:, word]
    (slope,) = torch.autograd.grad(logit, last)
    for part, adds in zip(found.parts, found.contributions.values, strict=True):
        if part.name != "ln_final.b":
            row = tiny.array(part.name)
            row = row[part.head, 4] if part.head is not None else row[4] if row.ndim == 2 else row
            assert float(slope @ torch.tensor(row, dtype=torch.float64)) == pytest.approx(adds, abs=1e-4), part


def test_the_difference_is_that_of_the_logits(tiny):
    rome, moscow = (tiny.vocabulary.index(w) for w in ("Rome", "Moscow"))
    parts = difference(Attribution(tiny, 4, rome), Attribution(tiny, 4, moscow))
    logits = tiny.array("logits")[4].astype(float)
    assert parts.values.sum() == pytest.approx(logits[rome] - logits[moscow], abs=1e-3)


def test_a_model_whose_parts_do_not_add_up_is_refused():
    for kind in (dict(norm_first=False), dict(unembed_layer=True)):
        with pytest.raises(UsageError):
            Attribution(untrained(**kind), 0, 0)
