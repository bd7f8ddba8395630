"""BERT (Devlin et al. 2018): an encoder with post-norm, learned positions, a row for sentence A or B, and GELU.

With the head of its first training it guesses each word (`BertForMaskedLM`); without, there are no logits."""

from __future__ import annotations

import torch
from torch import Tensor

from model.errors import ClearheadError
from model.families.reading import Entries, Weights, heads, heads_out
from model.net.config import ModelConfig

ACTIVATIONS = {"gelu": "gelu", "gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "relu": "relu"}
HEAD = "cls.predictions"
# What no word's row meets.
BESIDE = r"(.*\.)?(position_ids|token_type_ids)|(bert\.)?pooler\..*|cls\.seq_relationship\..*"


def read(entries: Entries, weights: Weights) -> tuple[ModelConfig, dict[str, Tensor]]:
    d_model, n_heads = entries.size("hidden_size"), entries.size("num_attention_heads")
    if d_model % n_heads:
        entries.one_of("num_attention_heads", {})
    entries.one_of("position_embedding_type", {"absolute": True}, "absolute")
    for old, new in (("gamma", "weight"), ("beta", "bias")):  # the names of the first files
        for name in [name for name in weights.tensors if name.endswith(f"LayerNorm.{old}")]:
            weights.tensors[name.removesuffix(old) + new] = weights.tensors.pop(name)
    guesses = f"{HEAD}.transform.dense.weight" in weights
    config = ModelConfig(
        kind="encoder",
        vocab_size=entries.size("vocab_size"),
        n_ctx=entries.size("max_position_embeddings"),
        d_model=d_model,
        n_layers=entries.size("num_hidden_layers"),
        n_heads=n_heads,
        d_head=d_model // n_heads,
        d_mlp=entries.size("intermediate_size"),
        segments=entries.size("type_vocab_size", 2),
        norm_first=False,
        norm_eps=entries.number("layer_norm_eps", 1e-12),
        embed_norm=True,
        activation=entries.one_of("hidden_act", ACTIVATIONS, "gelu"),
        attention_bias=True,
        tied=guesses and entries.take("tie_word_embeddings", True),
        unembeds=guesses,
        unembed_layer=guesses,
        unembed_bias=guesses,
    )
    entries.taken.add("tie_word_embeddings")
    return config, tensors(config, weights)


def tensors(config: ModelConfig, weights: Weights) -> dict[str, Tensor]:
    at, d, m, n = weights.under("bert."), config.d_model, config.d_mlp, config.n_heads

    def linear(ours: str, theirs: str, into: int, out: int, ending: str) -> dict[str, Tensor]:
        weight, bias = weights.take(f"{theirs}.weight", out, into), weights.take(f"{theirs}.bias", out)
        return {f"{ours}W_{ending}": weight.T, f"{ours}b_{ending}": bias}

    def normed(ours: str, theirs: str) -> dict[str, Tensor]:
        return {f"{ours}.w": weights.take(f"{theirs}.weight", d), f"{ours}.b": weights.take(f"{theirs}.bias", d)}

    rows = f"{at}embeddings."
    found = {
        "W_E": weights.take(f"{rows}word_embeddings.weight", config.vocab_size, d),
        "W_pos": weights.take(f"{rows}position_embeddings.weight", config.n_ctx, d),
        "W_type": weights.take(f"{rows}token_type_embeddings.weight", config.segments or 0, d),
        **normed("ln_embed", f"{rows}LayerNorm"),
    }
    for layer in range(config.n_layers):
        ours, theirs = f"blocks.{layer}", f"{at}encoder.layer.{layer}"
        for letter, name in (("Q", "query"), ("K", "key"), ("V", "value")):
            part = f"{theirs}.attention.self.{name}"
            found[f"{ours}.attn.W_{letter}"] = heads(weights.take(f"{part}.weight", d, d), n)
            found[f"{ours}.attn.b_{letter}"] = weights.take(f"{part}.bias", d).reshape(n, -1)
        part = f"{theirs}.attention.output"
        found[f"{ours}.attn.W_O"] = heads_out(weights.take(f"{part}.dense.weight", d, d), n)
        found[f"{ours}.attn.b_O"] = weights.take(f"{part}.dense.bias", d)
        found |= normed(f"{ours}.ln1", f"{part}.LayerNorm") | normed(f"{ours}.ln2", f"{theirs}.output.LayerNorm")
        found |= linear(f"{ours}.mlp.", f"{theirs}.intermediate.dense", d, m, "in")
        found |= linear(f"{ours}.mlp.", f"{theirs}.output.dense", m, d, "out")
    if config.unembeds:
        found |= linear("", f"{HEAD}.transform.dense", d, d, "head")
        found |= normed("ln_head", f"{HEAD}.transform.LayerNorm")
        found["b_U"] = weights.take(f"{HEAD}.bias", config.vocab_size)
        found |= weights.unembedding(f"{HEAD}.decoder.weight", config.tied, found["W_E"])
        again = f"{HEAD}.decoder.bias"  # the bias once more
        if again in weights and not torch.equal(weights.take(again, config.vocab_size), found["b_U"]):
            raise ClearheadError(f"{weights.where}: {again} is not {HEAD}.bias, although both are the same one")
    weights.done(BESIDE + r"|cls\.predictions\.decoder\.bias")
    return found
