"""Llama 2 and 3 (Touvron et al. 2023): rotary positions, RMS norms, SwiGLU, grouped queries, no biases.

Mistral, Qwen and Gemma say what they do otherwise; `sizes` and `tensors` read what they have in common."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from model.errors import ClearheadError
from model.families.reading import Entries, Weights, heads, heads_out
from model.net.config import ModelConfig

CONSTANTS = r"(.*\.)?rotary_emb\.inv_freq"  # computed from the config
ROPE = {"default", "linear", "llama3"}


def read(entries: Entries, weights: Weights) -> tuple[ModelConfig, dict[str, Tensor]]:
    config = ModelConfig(
        **sizes(entries),
        **rope(entries),
        attention_bias=entries.take("attention_bias", False),
        mlp_bias=entries.one_of("mlp_bias", {False: False}, False),
        tied=entries.take("tie_word_embeddings", False),
    )
    return config, tensors(config, weights)


def sizes(entries: Entries, activations: dict[str, str] | None = None, act: str = "hidden_act") -> dict[str, Any]:
    """The fields of a ModelConfig that all of these families have."""
    d_model, n_heads = entries.size("hidden_size"), entries.size("num_attention_heads")
    activations = activations or {"silu": "swiglu"}
    return dict(
        vocab_size=entries.size("vocab_size"),
        n_ctx=entries.size("max_position_embeddings"),
        d_model=d_model,
        n_layers=entries.size("num_hidden_layers"),
        n_heads=n_heads,
        n_kv_heads=entries.size("num_key_value_heads", n_heads),
        d_head=entries.size("head_dim", d_model // n_heads),
        d_mlp=entries.size("intermediate_size"),
        positions="rotary",
        norm="rms",
        norm_eps=entries.number("rms_norm_eps", 1e-6),
        activation=entries.one_of(act, activations, next(iter(activations))),
    )


def rope(entries: Entries) -> dict[str, Any]:
    """Base and scaling of the rotary angles, as older and newer configs have them."""
    theta, old = entries.take("rope_theta", 10000.0), entries.take("rope_scaling", {})
    given = {"rope_theta": theta} | old | entries.take("rope_parameters", {})
    return scaled(Entries(given, f"{entries.where}: rope"), entries)


def scaled(given: Entries, entries: Entries) -> dict[str, Any]:
    """The fields of a ModelConfig for one set of rope parameters."""
    kind = given.take("rope_type", given.take("type", "default"))
    if kind not in ROPE:
        raise ClearheadError(f"{entries.where}: rope scaling {kind!r} is not supported, only {', '.join(sorted(ROPE))}")
    given.one_of("partial_rotary_factor", {1.0: 1.0}, 1.0)
    found: dict[str, Any] = {"rotary_base": given.number("rope_theta")}
    if kind != "default":
        found["rotary_factor"] = given.number("factor")
    if kind == "llama3":
        low, high = given.number("low_freq_factor"), given.number("high_freq_factor")
        found["rotary_ramp"] = low, high, given.size("original_max_position_embeddings")
    given.taken.add("original_max_position_embeddings")  # tells the others nothing
    given.done()
    return found


def windows(entries: Entries, n_layers: int, window: int | None) -> dict[str, Any]:
    """Which layers have the window: those that the config lists, or all."""
    types = entries.take("layer_types", ["sliding_attention"] * n_layers)
    known = {"sliding_attention", "full_attention"}
    if len(types) != n_layers or not set(types) <= known:
        raise ClearheadError(f"{entries.where}: layer_types must name {' or '.join(sorted(known))} for each layer")
    full = tuple(layer for layer, kind in enumerate(types) if kind == "full_attention")
    return {"window": window, "full_layers": full} if window is not None and len(full) < n_layers else {}


def tensors(
    config: ModelConfig, weights: Weights, norms: dict[str, str] | None = None, plus: int = 0
) -> dict[str, Any]:
    """The weights by our names. norms: theirs by ours in a block; plus: what is added to the scale of each norm."""
    at, d, m = weights.under("model."), config.d_model, config.d_mlp
    norms = norms or {"ln1": "input_layernorm", "ln2": "post_attention_layernorm"}
    found = {
        "W_E": weights.take(f"{at}embed_tokens.weight", config.vocab_size, d),
        "ln_final.w": weights.take(f"{at}norm.weight", d) + plus,
    }
    for layer in range(config.n_layers):
        ours, theirs = f"blocks.{layer}", f"{at}layers.{layer}"
        for own, name in norms.items():
            found[f"{ours}.{own}.w"] = weights.take(f"{theirs}.{name}.weight", d) + plus
        found |= attention(config, weights, f"{ours}.attn", f"{theirs}.self_attn", plus)
        for own, name, size, into in (("in", "up", m, d), ("gate", "gate", m, d), ("out", "down", d, m)):
            found[f"{ours}.mlp.W_{own}"] = weights.take(f"{theirs}.mlp.{name}_proj.weight", size, into).T
    found |= weights.unembedding("lm_head.weight", config.tied, found["W_E"])
    weights.done(CONSTANTS)
    return found


def attention(config: ModelConfig, weights: Weights, ours: str, theirs: str, plus: int) -> dict[str, Tensor]:
    """The weights of one layer's attention."""
    d, each, found = config.d_model, config.d_head, {}
    for letter, n in (("Q", config.n_heads), ("K", config.kv_heads), ("V", config.kv_heads)):
        name = f"{theirs}.{letter.lower()}_proj"
        found[f"{ours}.W_{letter}"] = heads(weights.take(f"{name}.weight", n * each, d), n)
        if config.attention_bias:
            found[f"{ours}.b_{letter}"] = weights.take(f"{name}.bias", n * each).reshape(n, -1)
    name = f"{theirs}.o_proj"
    found[f"{ours}.W_O"] = heads_out(weights.take(f"{name}.weight", d, config.n_heads * each), config.n_heads)
    if config.attention_bias and config.output_bias:
        found[f"{ours}.b_O"] = weights.take(f"{name}.bias", d)
    if config.qk_norm:
        for letter in "qk":
            found[f"{ours}.{letter}_norm.w"] = weights.take(f"{theirs}.{letter}_norm.weight", each) + plus
    return found
