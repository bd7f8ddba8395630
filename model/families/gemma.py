"""Gemma 1, 2 and 3 (Gemma Team 2024, 2024, 2025): a Llama with a GELU gate whose embeddings are multiplied by √d_model.

Norms multiply by 1 + w: what is kept as our w is 1 + w. Gemma 2 norms what attention and MLP give as well, caps scores
and logits, and has a window in every other layer; Gemma 3 norms queries and keys instead of capping, and its layers
with a window have a rotary base of their own."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from model.errors import ClearheadError
from model.families import llama
from model.families.reading import Entries, Weights
from model.net.config import ModelConfig

GATE = {"gelu_pytorch_tanh": "geglu_tanh"}
SANDWICH = {
    "ln1": "input_layernorm",
    "ln1_post": "post_attention_layernorm",
    "ln2": "pre_feedforward_layernorm",
    "ln2_post": "post_feedforward_layernorm",
}
NEAR, FAR = "sliding_attention", "full_attention"


def read1(entries: Entries, weights: Weights) -> tuple[ModelConfig, dict[str, Tensor]]:
    # The first files say "gelu" and mean that by tanh, with `hidden_activation` null or that one.
    entries.one_of("hidden_act", {"gelu": True, **GATE}, "gelu")
    common = llama.sizes(entries, GATE, "hidden_activation")
    config = ModelConfig(**common, **llama.rope(entries), **_bias(entries))
    return config, llama.tensors(config, weights, plus=1)


def read2(entries: Entries, weights: Weights) -> tuple[ModelConfig, dict[str, Tensor]]:
    common = llama.sizes(entries, GATE, "hidden_activation")
    entries.take("hidden_act", None)
    every = [NEAR, FAR] * common["n_layers"]
    config = ModelConfig(
        **common,
        **llama.rope(entries),
        **_bias(entries),
        **_caps(entries, 50.0, 30.0),
        **_windows(entries, every[: common["n_layers"]]),
        norm_after=True,
    )
    return config, llama.tensors(config, weights, SANDWICH, plus=1)


def read3(entries: Entries, weights: Weights) -> tuple[ModelConfig, dict[str, Tensor]]:
    common = llama.sizes(entries, GATE, "hidden_activation")
    pattern = entries.take("sliding_window_pattern", entries.take("_sliding_window_pattern", 6))
    every = [FAR if (layer + 1) % pattern == 0 else NEAR for layer in range(common["n_layers"])]
    config = ModelConfig(
        **common,
        **_two_ropes(entries),
        **_bias(entries),
        **_no_score_cap(entries),
        **_windows(entries, every),
        norm_after=True,
        qk_norm=True,
    )
    return config, llama.tensors(config, weights, SANDWICH, plus=1)


def _bias(entries: Entries) -> dict[str, Any]:
    return {
        "attention_bias": entries.take("attention_bias", False),
        "mlp_bias": False,
        "embed_scale": True,
        "tied": entries.take("tie_word_embeddings", True),
    }


def _caps(entries: Entries, scores: float | None, logits: float | None) -> dict[str, Any]:
    """What scores are divided by, and their cap and that of logits. An entry that is null caps nothing."""
    named = {"score_cap": ("attn_logit_softcapping", scores), "logit_cap": ("final_logit_softcapping", logits)}
    found = {}
    for ours, (theirs, default) in named.items():
        given = entries.take(theirs, None) if theirs in entries.values else default
        found[ours] = None if given is None else entries.number(theirs, given)
    return {"score_size": entries.size("query_pre_attn_scalar", 256), **found}


def _no_score_cap(entries: Entries) -> dict[str, Any]:
    """Gemma 3 has no cap of scores, whatever its config may say."""
    caps = _caps(entries, None, None)
    if caps["score_cap"] is not None:
        raise ClearheadError(f"{entries.where}: attn_logit_softcapping {caps['score_cap']!r} is not supported")
    return caps


def _windows(entries: Entries, every: list[str]) -> dict[str, Any]:
    if not entries.take("layer_types", []):
        entries.values = {**entries.values, "layer_types": every}
    return llama.windows(entries, len(every), entries.window())


def _two_ropes(entries: Entries) -> dict[str, Any]:
    """The base of the layers that look all the way, scaled where the config says so, and that of the others."""
    where, theta = f"{entries.where}: rope", entries.take("rope_theta", 1_000_000.0)
    local, scaling = entries.take("rope_local_base_freq", 10_000.0), entries.take("rope_scaling", {})
    both = entries.take("rope_parameters", {})
    if both.get("rope_type", "default") != "default":  # one for all layers, which nobody reads
        entries.one_of("rope_parameters", {})
    far = {"rope_theta": theta} | scaling | both.get(FAR, {})
    near = llama.scaled(Entries({"rope_theta": local} | both.get(NEAR, {}), where), entries)
    if set(near) != {"rotary_base"}:
        entries.one_of("rope_parameters", {})
    return llama.scaled(Entries(far, where), entries) | {"window_base": near["rotary_base"]}
