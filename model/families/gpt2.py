"""GPT-2 (Radford et al. 2019): learned positions, pre-norm, biases everywhere, GELU by tanh, tied."""

from __future__ import annotations

from torch import Tensor

from model.families.reading import Entries, Weights
from model.net.config import ModelConfig

ACTIVATIONS = {"gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "gelu": "gelu", "relu": "relu"}
MASKS = r"(.*\.)?attn\.(bias|masked_bias)"  # constants that some versions saved


def read(entries: Entries, weights: Weights) -> tuple[ModelConfig, dict[str, Tensor]]:
    d_model, n_heads = entries.size("n_embd"), entries.size("n_head")
    if d_model % n_heads:
        entries.one_of("n_head", {})
    entries.one_of("scale_attn_weights", {True: True}, True)
    entries.one_of("scale_attn_by_inverse_layer_idx", {False: False}, False)
    config = ModelConfig(
        vocab_size=entries.size("vocab_size"),
        n_ctx=entries.size("n_positions"),
        d_model=d_model,
        n_layers=entries.size("n_layer"),
        n_heads=n_heads,
        d_head=d_model // n_heads,
        d_mlp=entries.size("n_inner", 4 * d_model),
        norm_eps=entries.number("layer_norm_epsilon", 1e-5),
        activation=entries.one_of("activation_function", ACTIVATIONS, "gelu_new"),
        tied=entries.take("tie_word_embeddings", True),
        attention_bias=True,
    )
    return config, tensors(config, weights, columns=True)


def tensors(config: ModelConfig, weights: Weights, columns: bool) -> dict[str, Tensor]:
    """The weights by our names. columns: whether matrices are (in, out), as OpenAI's convolutions have them."""
    at, d, m, n = weights.under("transformer."), config.d_model, config.d_mlp, config.n_heads

    def matrix(name: str, into: int, out: int) -> Tensor:
        return weights.take(name, into, out) if columns else weights.take(name, out, into).T

    def normed(ours: str, theirs: str) -> dict[str, Tensor]:
        found = {f"{ours}.w": weights.take(f"{theirs}.weight", d)}
        return found | ({f"{ours}.b": weights.take(f"{theirs}.bias", d)} if config.norm_bias else {})

    found = {
        "W_E": weights.take(f"{at}wte.weight", config.vocab_size, d),
        "W_pos": weights.take(f"{at}wpe.weight", config.n_ctx, d),
        **normed("ln_final", f"{at}ln_f"),
    }
    for layer in range(config.n_layers):
        ours, theirs = f"blocks.{layer}", f"{at}h.{layer}"
        found |= normed(f"{ours}.ln1", f"{theirs}.ln_1") | normed(f"{ours}.ln2", f"{theirs}.ln_2")
        three = matrix(f"{theirs}.attn.c_attn.weight", d, 3 * d).chunk(3, dim=1)  # q, k and v beside each other
        for letter, one in zip("QKV", three, strict=True):
            found[f"{ours}.attn.W_{letter}"] = one.reshape(d, n, -1).transpose(0, 1)
        found[f"{ours}.attn.W_O"] = matrix(f"{theirs}.attn.c_proj.weight", d, d).reshape(n, -1, d)
        found[f"{ours}.mlp.W_in"] = matrix(f"{theirs}.mlp.c_fc.weight", d, m)
        found[f"{ours}.mlp.W_out"] = matrix(f"{theirs}.mlp.c_proj.weight", m, d)
        if config.attention_bias:
            for letter, one in zip("QKV", weights.take(f"{theirs}.attn.c_attn.bias", 3 * d).chunk(3), strict=True):
                found[f"{ours}.attn.b_{letter}"] = one.reshape(n, -1)
            found[f"{ours}.attn.b_O"] = weights.take(f"{theirs}.attn.c_proj.bias", d)
            found[f"{ours}.mlp.b_in"] = weights.take(f"{theirs}.mlp.c_fc.bias", m)
            found[f"{ours}.mlp.b_out"] = weights.take(f"{theirs}.mlp.c_proj.bias", d)
    found |= weights.unembedding("lm_head.weight", config.tied, found["W_E"])
    weights.done(MASKS)
    return found
