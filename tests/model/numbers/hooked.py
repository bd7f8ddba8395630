"""TransformerLens' own model with the weights of a trace, and what it caches. Needs TransformerLens 3:

pip install "transformer_lens<4"      # in an environment of its own, beside this project's packages
python -m tests.model.numbers.hooked  # writes again what the tests compare with where TransformerLens is not installed
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file

from model import ModelConfig, Trace
from tests.untrained import untrained

KEPT = Path(__file__).resolve().parents[2] / "golden" / "transformer_lens"
ROTARY = dict(positions="rotary", norm="rms", mlp_bias=False)
MODELS: dict[str, dict[str, Any]] = {
    "gpt2": dict(activation="gelu_tanh", attention_bias=True, tied=True),
    "llama": dict(ROTARY, activation="swiglu", n_kv_heads=2),
    "qwen3": dict(ROTARY, activation="swiglu", n_kv_heads=2, qk_norm=True),
    "gemma2": dict(ROTARY, activation="geglu_tanh", n_kv_heads=1, norm_after=True, embed_scale=True, tied=True)
    | dict(score_size=3, score_cap=2.0, logit_cap=1.5, window=2, full_layers=(1,)),
}
ACTIVATIONS = {"gelu_tanh": "gelu_new", "geglu_tanh": "gelu_new", "swiglu": "silu"}


def random_model(kind: str) -> Trace:
    return untrained(**MODELS[kind])


def hooked(trace: Trace) -> Any:
    """A HookedTransformer that is the trace's model."""
    from transformer_lens import HookedTransformer

    made = HookedTransformer(_config(trace.config), move_to_device=False).eval()
    given = {name: torch.tensor(values) for name, values in _weights(trace).items()}
    state = made.state_dict()
    assert not set(given) - set(state)
    for name, values in state.items():  # biases that our model has not are zeros there
        if name in given:
            values.copy_(given[name].reshape(values.shape))
        else:
            assert name.endswith(("mask", "IGNORE", "rotary_sin", "rotary_cos")) or not values.any(), name
    return made


def run_with_cache(trace: Trace) -> dict[str, np.ndarray]:
    """What TransformerLens caches of the trace's tokens."""
    with torch.no_grad():
        _, cached = hooked(trace).run_with_cache(torch.tensor([trace.ids]))
    return {name: values.numpy() for name, values in cached.items()}


def _config(ours: ModelConfig) -> Any:
    from transformer_lens import HookedTransformerConfig

    local = ours.window is not None
    grouped = ours.kv_heads != ours.n_heads
    return HookedTransformerConfig(
        n_layers=ours.n_layers,
        d_model=ours.d_model,
        d_head=ours.d_head,
        n_heads=ours.n_heads,
        n_key_value_heads=ours.kv_heads if grouped else None,
        d_mlp=ours.d_mlp,
        d_vocab=ours.vocab_size,
        n_ctx=ours.n_ctx,
        act_fn=ACTIVATIONS.get(ours.activation, ours.activation),
        gated_mlp=ours.gated,
        eps=ours.norm_eps,
        normalization_type="RMS" if ours.norm == "rms" else "LN",
        final_rms=ours.norm == "rms",
        positional_embedding_type="rotary" if ours.positions == "rotary" else "standard",
        rotary_dim=ours.d_head,
        rotary_base=ours.rotary_base,
        use_qk_norm=ours.qk_norm,
        use_normalization_before_and_after=ours.norm_after,
        attn_scale=(ours.score_size or ours.d_head) ** 0.5,
        attn_scores_soft_cap=ours.score_cap or -1.0,
        output_logits_soft_cap=ours.logit_cap or -1.0,
        use_local_attn=local,
        window_size=ours.window,
        attn_types=["local" if ours.window_of(k) else "global" for k in range(ours.n_layers)] if local else None,
        device="cpu",
    )


def _weights(trace: Trace) -> dict[str, np.ndarray]:
    """By the names of TransformerLens: keys and values that heads share once, embeddings multiplied already."""
    config, group = trace.config, trace.config.n_heads // trace.config.kv_heads
    found = {}
    for name in trace:
        last = name.rpartition(".")[2]
        if not last.startswith(("W_", "b_")) and last not in ("w", "b"):
            continue
        values = trace.array(name)
        if name == "W_E" and config.embed_scale:
            values = values * np.float32(config.d_model**0.5)
        if group > 1 and last in ("W_K", "W_V", "b_K", "b_V"):
            name, values = name.replace(last, f"_{last}"), values[::group]
        found[{"W_E": "embed.W_E", "W_pos": "pos_embed.W_pos", "W_U": "unembed.W_U"}.get(name, name)] = values
    return found


if __name__ == "__main__":
    KEPT.mkdir(exist_ok=True)
    for kind in MODELS:
        arrays = {name: np.ascontiguousarray(values) for name, values in run_with_cache(random_model(kind)).items()}
        save_file(arrays, KEPT / f"{kind}.safetensors")
