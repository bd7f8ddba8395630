"""One step of learning: its gradients against finite differences and a second way through autograd, its update against
torch's AdamW, its formulas against what is recorded."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from model import UsageError, load
from model.learning import nudged, step
from model.learning.backward import AdamW, Slopes
from model.learning.one_weight import OneWeight
from model.net.config import ModelConfig
from model.net.transformer import build
from model.numbers.learned import setting
from model.numbers.making import agrees, by_formula, given_to, made_of
from model.numbers.origins import CHOSEN, Step
from model.numbers.tensor import Tensor
from model.runs.checkpoints import Checkpoint
from model.text.tokenizer import Tokenizer
from studio.audit.numbers.given import again
from studio.audit.numbers.recorded import check_run, places
from studio.audit.numbers.slopes import check_slopes

TEXT = "The capital of Italy is Rome"
RECIPE = {"learning_rate": 2e-3, "weight_decay": 0.1, "steps": 9}
KINDS = {
    "tied": dict(tied=True),
    "rotary, RMS norm, SwiGLU, groups": dict(positions="rotary", norm="rms", activation="swiglu", n_kv_heads=2),
    "sinusoids, scaled, ReLU": dict(positions="sinusoidal", embed_scale=True, activation="relu", tied=True),
    "biases, post-norm": dict(norm_first=False, attention_bias=True, activation="gelu_tanh", positions="none"),
}


def small(**choices) -> Checkpoint:
    """A small random model, all its weights away from where they start."""
    torch.manual_seed(0)
    sizes = dict(vocab_size=11, n_ctx=7, d_model=6, n_layers=2, n_heads=4, d_head=4, d_mlp=5)
    config = ModelConfig(**sizes | choices)
    model = build(config).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.3 * torch.randn_like(parameter))
    words = Tokenizer.from_words([f"w{k}" for k in "abcdefghi"])
    return Checkpoint("small", None, config, words, model, "small", RECIPE)


@pytest.fixture(scope="module")
def start():
    """The shipped model as it began, and a step from there."""
    checkpoint = load("tiny").at(0)
    return checkpoint, step(checkpoint, TEXT)


@pytest.mark.parametrize("kind", KINDS)
def test_every_gradient_is_the_slope_that_two_runs_have(kind):
    trace = step(small(**KINDS[kind]), "wa wc wc wf wb")
    slopes, rng = Slopes(trace), np.random.default_rng(0)
    names = [name for name in trace.names if name.startswith("grad.")]
    assert {f"grad.{name}" for name in trace.names if name.startswith("blocks.")} <= set(names)
    for name in names:
        values = trace.array(name)
        for _ in range(3):
            index = tuple(int(rng.integers(size)) for size in values.shape)
            slope = slopes.at(name.removeprefix("grad."), index)
            assert slope == pytest.approx(float(values[index]), rel=1e-4, abs=1e-7), (name, index)


def test_gradients_are_those_of_the_cross_entropy(start):
    """The second way through autograd: torch's own loss, no tape, no recorded activation on the way."""
    checkpoint, trace = start
    model = build(checkpoint.config).double()
    model.load_state_dict(checkpoint.model.state_dict())
    ids = torch.tensor(trace.ids)
    loss = F.cross_entropy(model(ids)[:-1], ids[1:])
    loss.backward()
    assert float(trace["loss"]) == pytest.approx(loss.item(), rel=1e-6)
    for name, parameter in model.named_parameters():
        np.testing.assert_allclose(trace.array(f"grad.{name}"), parameter.grad.numpy(), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_the_update_is_that_of_adamw(kind):
    checkpoint = small(**KINDS[kind])
    trace = step(checkpoint, "wa wc wc wf wb")
    model = build(checkpoint.config).double()
    model.load_state_dict(checkpoint.model.state_dict())
    ids = torch.tensor(trace.ids)
    F.cross_entropy(model(ids)[:-1], ids[1:]).backward()
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    torch.optim.AdamW([g for g in groups if g["params"]], lr=2e-3, betas=(0.9, 0.98)).step()
    group = checkpoint.config.n_heads // checkpoint.config.kv_heads
    assert float(trace["grad_norm"]) == pytest.approx(float(norm), rel=1e-6)
    for name, parameter in model.named_parameters():
        shared = group > 1 and name.endswith(("W_K", "W_V", "b_K", "b_V"))
        got = trace.array(f"after.{name}")[:: group if shared else 1]
        np.testing.assert_allclose(got, parameter.detach().numpy(), rtol=1e-5, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_hand_written_backpropagation_agrees(kind):
    """model/numbers/learned.py says the same as autograd, wherever it says anything."""
    trace, told = step(small(**KINDS[kind]), "wa wc wc wf wb"), 0
    for name in trace.names:
        for index in places(trace[name].shape):
            made = by_formula(trace, name, index)
            assert made is None or agrees(made, trace, name, index), (name, index, float(made))
            told += made is not None and name.startswith("grad.")
    assert told > (300 if trace.config.norm_first else 100)


def test_of_a_step_only_the_model_before_it_is_given(start):
    _, trace = start
    given = {name for name in trace.names if given_to(trace, name)}
    assert not [name for name in given if name.startswith(("grad.", "update.", "after."))]
    assert "W_E" in given and "exp" not in made_of(trace, "loss", ()).source()
    assert "p" in made_of(trace, "grad.W_U", (4, trace.ids[-1])).source()


def test_the_step_makes_the_text_likelier(start):
    _, trace = start
    assert float(trace["after.loss"]) < float(trace["loss"])
    assert trace.array("losses").shape == (len(trace) - 1,)
    assert float(trace["clip"]) == pytest.approx(1 / float(trace["grad_norm"]), rel=1e-5)


def test_one_weight_by_the_chain_rule(start):
    checkpoint, trace = start
    one = OneWeight.telling(trace)
    assert one.word == trace.ids[-1]  # it alone did come, and is not read
    assert float(one.total) / one.count == pytest.approx(float(one.grad), rel=1e-5)
    nudges = Tensor.given([-0.5, 0.0, 0.5], "nudge", ("nudge",), CHOSEN)
    for by, loss in zip(nudges.values, one.losses(nudges).values, strict=True):
        assert float(nudged(checkpoint, TEXT, *one.place, float(by))["loss"]) == pytest.approx(loss, abs=2e-6)
    assert np.allclose(one.losses(nudges).evaluate(trace), one.losses(nudges).values)


@pytest.mark.parametrize("name", ["grad.blocks.1.mlp.W_in", "grad.W_U", "grad.blocks.0.attn.pattern"])
def test_the_audit_finds_a_gradient_that_is_none(start, name):
    _, trace = start
    assert not list(check_slopes(trace, [name])) and not list(check_run(trace, [name, "after.probs", "loss"]))
    arrays = {each: trace.array(each) for each in trace.names}
    wrong = type(trace)(
        arrays | {name: arrays[name] * np.float32(1.01)}, {each: trace.axes[each] for each in trace.names},
        trace.tokens, trace.ids, trace.unknown, trace.config, trace.vocabulary, trace.info,
    )  # fmt: skip
    assert list(check_slopes(wrong, [name])) and list(check_run(wrong, [name]))


def test_settings_are_had_again(start):
    checkpoint, trace = start
    for name in ("rate", "decay", "beta1", "beta2", "epsilon", "clip"):
        one = setting(trace, name)
        assert float(again(one.expression, (trace,))) == float(one)
    wrong = Tensor.given(0.8, "beta1", origin=Step("beta1"))
    assert float(again(wrong.expression, (trace,))) != 0.8
    assert isinstance(again(Tensor.given(0.1, "rate", origin=Step("rate")).expression, (trace,)), str)
    assert float(setting(trace, "rate")) == checkpoint.training["learning_rate"]


def test_what_cannot_be_learned_is_refused():
    with pytest.raises(UsageError, match="two tokens"):
        step(load("tiny"), "The")
    untold = replace(small(), training={})
    with pytest.raises(UsageError, match="how it was trained"):
        AdamW.of(untold)
