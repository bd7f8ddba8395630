"""How recorded numbers were made: the formula that is told gives the number, in every kind of model."""

import numpy as np
import pytest
import torch

from model import Trace, run
from model.net.config import ModelConfig
from model.net.transformer import build
from model.numbers.making import made_of, making
from model.numbers.tensor import concatenate, stack
from model.runs.recorder import record, weights

TEXT = "A fluffy blue creature roamed the verdant forest"
KINDS = {
    "gpt": {},
    "llama": {"positions": "rotary", "norm": "rms", "activation": "swiglu", "n_kv_heads": 2, "mlp_bias": False},
    "2017": {
        "positions": "sinusoidal",
        "norm_first": False,
        "activation": "relu",
        "attention_bias": True,
        "embed_scale": True,
    },
    "bert": {"kind": "encoder", "norm_first": False, "attention_bias": True, "embed_norm": True},
}
WEIGHTS = ("W_", "b_", "ln1.w", "ln1.b", "ln2.w", "ln2.b", "ln_final.w", "ln_final.b", "ln_embed")


def untrained(**choices) -> Trace:
    """A run of a small random model of another kind."""
    torch.manual_seed(0)
    config = ModelConfig(vocab_size=30, n_ctx=16, d_model=24, n_layers=2, n_heads=4, d_head=6, d_mlp=40, **choices)
    twin, ids = build(config).eval(), (3, 5, 5, 8, 1, 2)
    arrays, axes = record(twin, ids, source=ids if config.kind == "encoder-decoder" else None)
    for name, (values, names) in weights(twin).items():
        arrays[name], axes[name] = values, names
    words = tuple(f"w{k}" for k in range(30))
    return Trace(arrays, axes, tuple(words[k] for k in ids), ids, (), config, words)


@pytest.mark.parametrize("kind", ["tiny", "tiny-learned", "tiny-sinusoidal", "tiny-rotary", "tiny-none", *KINDS])
def test_the_formula_gives_the_number(kind):
    trace = run(kind, TEXT) if kind.startswith("tiny") else untrained(**KINDS[kind])
    places, silent = np.random.default_rng(0), set()
    for name in trace.names:
        for _ in range(5):
            index = tuple(int(places.integers(size)) for size in trace[name].shape)
            made = made_of(trace, name, index)
            if made is None:
                silent.add(name)
                continue
            assert float(made.evaluate(trace)) == pytest.approx(float(trace[name].values[index]), rel=1e-4, abs=1e-5), (
                name,
                index,
            )
            assert name not in made.leaves(), f"{name} made of itself"
    assert all(
        any(w in name for w in WEIGHTS)
        or name.endswith(("mlp.post", "tokens", "rotary_angles"))
        or "embed" in name
        or name == "blocks.0.resid_pre"
        for name in silent
    ), silent


def test_in_words():
    trace = run("tiny", TEXT)
    attn = "blocks.1.attn."
    assert made_of(trace, attn + "scores_raw", (6, 4, 2)).source() == (
        f"Σ of 8 products: {attn}q[head=6, position=4, d_head=0:8] · {attn}k[head=6, position=2, d_head=0:8]"
    )
    # Seen through pieces, transposes and things put together.
    scores = trace[attn + "scores_raw"]
    told = made_of(trace, attn + "scores_raw", (6, 4, 2)).source()
    assert making(scores[6], (4, 2), [trace]) == making(scores[6].T, (2, 4), [trace]) == told
    assert making(stack([scores[0], scores[6]], "head"), (1, 4, 2), [trace]) == told
    assert making(concatenate([scores[0], scores[6]], 1), (4, 8 + 2), [trace]) == told
    # What is computed on screen tells its own origin; weights are not made of anything; and only the traces at hand are asked.
    assert making(scores[6] * 2, (4, 2), [trace]) is None
    assert making(trace["W_E"], (4, 2), [trace]) is None
    assert making(scores[6], (4, 2), []) is None


def test_where_a_run_departs_from_the_formulas_nothing_is_told():
    whole, without = run("tiny", TEXT), run("tiny", TEXT, ablate=[(1, 6)])
    result = "blocks.1.attn.result"
    assert made_of(whole, result, (6, 4, 2)) is not None
    assert made_of(without, result, (6, 4, 2)) is None and made_of(without, result, (5, 4, 2)) is not None
    off = run("tiny", TEXT, positions=False)
    assert made_of(whole, "pos_embed", (4, 2)) is not None and made_of(off, "pos_embed", (4, 2)) is None


def test_a_masked_score_says_so():
    trace = run("tiny", TEXT)
    made = made_of(trace, "blocks.1.attn.scores_masked", (6, 2, 4))
    assert float(made) == -np.inf and "later" in made.source()


def test_an_encoder_decoder_is_answered_as_far_as_the_formulas_go():
    trace = untrained(kind="encoder-decoder")
    told = {name for name in trace.names if made_of(trace, name, tuple(0 for _ in trace[name].shape)) is not None}
    assert {"encoder.blocks.0.attn.q", "decoder.blocks.1.attn.pattern", "decoder.blocks.1.resid_post"} <= told
