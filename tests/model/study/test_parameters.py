"""Counts of parameters: against PyTorch's for every kind of model, against the files, and against what is published."""

import numpy as np
import pytest
import torch

from model import run
from model.net.config import ModelConfig
from model.net.transformer import build
from model.numbers.origins import Published
from model.numbers.tensor import Tensor
from model.runs.checkpoints import load
from model.study.inside.parameters import (
    GPT2,
    GPT3,
    ledger,
    matrices,
    numel,
    of_run,
    only_matrices,
    parts,
    total,
    weights,
)
from studio.audit.numbers import given
from tests.untrained import untrained

VARIANTS = [
    {},
    {"tied": True},
    {"positions": "rotary"},
    {"positions": "sinusoidal", "embed_scale": True},
    {"positions": "none"},
    {"norm": "rms"},
    {"norm_first": False},
    {"embed_norm": True},
    {"norm": "rms", "embed_norm": True, "norm_first": False},
    {"activation": "swiglu"},
    {"activation": "swiglu", "mlp_bias": False},
    {"attention_bias": True},
    {"n_kv_heads": 2},
    {"n_kv_heads": 1, "attention_bias": True},
    {"norm_bias": False, "attention_bias": True, "output_bias": False},
    {"norm": "rms", "qk_norm": True, "norm_after": True, "activation": "geglu_tanh"},
    {"n_layers": 1, "n_heads": 1, "d_head": 6},
    {"norm": "rms", "activation": "swiglu", "n_kv_heads": 2, "positions": "rotary", "mlp_bias": False},
]


@pytest.mark.parametrize("choices", VARIANTS, ids=str)
def test_the_ledger_is_what_pytorch_counts(choices):
    trace = untrained(**choices)
    model = build(trace.config)
    lines = of_run(trace)
    assert float(total(lines)) == sum(p.numel() for p in model.parameters())
    assert float(total(lines).evaluate(trace)) == float(total(lines))
    for line in lines:  # and line by line
        assert float(line.count) == sum(w.size for w in weights(trace, [line])), line.name


@pytest.mark.parametrize("choices", VARIANTS, ids=str)
def test_the_ledger_names_every_parameter_once(choices):
    trace = untrained(**choices)
    named = [
        name.format(l=layer)
        for line in of_run(trace)
        for name in line.weights
        for layer in range(trace.config.n_layers if "{l}" in name else 1)
    ]
    assert sorted(named) == sorted(name for name, _ in build(trace.config).named_parameters())


@pytest.mark.parametrize("choices", VARIANTS, ids=str)
def test_faces_hold_every_number_of_the_matrices_once(choices):
    trace = untrained(**choices)
    model = build(trace.config)
    tables = [
        *matrices(trace, "embedding").values(),
        *[t for layer in range(trace.config.n_layers) for t in matrices(trace, "attention", layer).values()],
        *[t for layer in range(trace.config.n_layers) for t in matrices(trace, "MLP", layer).values()],
        *([] if trace.config.tied else matrices(trace, "unembedding").values()),
    ]
    assert all(table.shape[0] == trace.config.d_model for table in tables)
    theirs = sum(p.numel() for name, p in model.named_parameters() if name.rpartition(".")[2].startswith("W_"))
    assert sum(table.size for table in tables) == theirs


def test_a_face_turns_what_leads_back_to_rows():
    trace = untrained(n_kv_heads=2)
    out = matrices(trace, "attention", 1)["W_O"].values
    w_o = trace.array("blocks.1.attn.W_O")  # [head, d_head, d_model]
    np.testing.assert_array_equal(out, np.concatenate([head.T for head in w_o], axis=1))
    assert matrices(trace, "attention", 1)["W_K"].shape == (6, 2 * 4)


@pytest.mark.parametrize("name", ["tiny", "tiny-rotary", "tiny-sinusoidal", "tiny-learned", "tiny-none"])
def test_the_shipped_models_hold_as_many_numbers_as_their_files(name):
    trace, count = run(name, "The old dog"), numel(name)
    assert float(count) == sum(p.numel() for p in load(name).model.parameters()) == float(total(of_run(trace)))
    assert float(given.again(count.expression, ())) == float(count)


def test_a_count_of_another_model_is_found_out():
    from model.numbers.origins import Stored

    count = Tensor.given(3, "numel", origin=Stored(load("tiny").path))
    assert float(given.again(count.expression, ())) != 3


def test_gpt_2_small_as_published():
    assert float(total(GPT2.ledger)) == 124_439_808


def test_gpt_3_as_it_is_usually_counted():
    assert float(total(only_matrices(GPT3.ledger))) == 175_181_291_520


def test_gpt_3_with_everything_and_one_matrix_for_both_ends_is_a_third_of_a_percent_less():
    tied = [line for line in GPT3.ledger if line.part != "unembedding"]
    assert 1 - float(total(tied)) / float(total(only_matrices(GPT3.ledger))) == pytest.approx(1 / 300, rel=0.02)


def test_gpt_2_as_pytorch_counts_it():
    with torch.device("meta"):  # no memory: sizes only
        assert sum(p.numel() for p in build(GPT2.config).parameters()) == float(total(GPT2.ledger))


def test_published_sizes_are_had_again_from_the_audits_own_table():
    for known in (GPT2, GPT3):
        for line in known.ledger:
            for leaf in line.count.expression.leaves():
                again = given.again(leaf, ())
                assert not isinstance(again, str) and float(again) == float(leaf.table)
    wrong = Tensor.given(13, "n_layers", origin=Published("GPT-2 small", "n_layers"))
    assert float(given.again(wrong.expression, ())) == 12
    unknown = Tensor.given(13, "n_layers", origin=Published("GPT-9", "n_layers"))
    assert isinstance(given.again(unknown.expression, ()), str)


def test_parts_add_up_to_the_whole():
    lines = ledger(ModelConfig(11), lambda field: Tensor.given(getattr(ModelConfig(11), field), field))
    assert sum(map(float, parts(lines).values())) == float(total(lines))
    assert list(parts(lines)) == ["embedding", "positions", "attention", "MLP", "norms", "unembedding"]
