"""The model against independent implementations, to 1e-5: torch's own attention, layers and norms, and formulas."""

import cmath
import itertools
import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from model.net.config import ModelConfig
from model.net.layers import MLP, Attention, Block, LayerNorm, RMSNorm, Tape, rotary_angles, rotate, sinusoids
from model.net.transformer import build

CLOSE = {"rtol": 1e-5, "atol": 1e-5}
TINY = {"vocab_size": 11, "n_ctx": 16, "d_model": 24, "n_heads": 6, "d_head": 4, "d_mlp": 40, "n_layers": 3}


@pytest.fixture(autouse=True)
def _no_gradients():
    torch.manual_seed(5)
    with torch.no_grad():
        yield


def randomize(module: nn.Module) -> nn.Module:
    """Every parameter away from its start, biases and norms too, so that none can be left out unseen."""
    for parameter in module.parameters():
        parameter.add_(0.3 * torch.randn_like(parameter))
    return module.eval()


def heard(module: nn.Module, *inputs, **options) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    notes = {}
    out = module(*inputs, tape=Tape(lambda name, value, axes: notes.setdefault(name, value)), **options)
    return out, notes


def as_torch_attention(ours: Attention) -> nn.MultiheadAttention:
    c = ours.config
    theirs = nn.MultiheadAttention(c.d_model, c.n_heads, batch_first=True, bias=c.attention_bias).eval()

    def columns(w: torch.Tensor) -> torch.Tensor:
        return w.permute(0, 2, 1).reshape(-1, c.d_model)  # [head, d_model, d_head] → torch's (out, in)

    theirs.in_proj_weight.copy_(torch.cat([columns(ours.W_Q), columns(ours.W_K), columns(ours.W_V)]))
    theirs.out_proj.weight.copy_(ours.W_O.reshape(-1, c.d_model).T)
    if c.attention_bias:
        theirs.in_proj_bias.copy_(torch.cat([ours.b_Q.flatten(), ours.b_K.flatten(), ours.b_V.flatten()]))
        theirs.out_proj.bias.copy_(ours.b_O)
    return theirs


def copy_norm(ours: nn.Module, theirs: nn.LayerNorm) -> None:
    theirs.weight.copy_(ours.w), theirs.bias.copy_(ours.b)


def copy_mlp(ours: MLP, theirs: nn.Module) -> None:
    theirs.linear1.weight.copy_(ours.W_in.T), theirs.linear1.bias.copy_(ours.b_in)
    theirs.linear2.weight.copy_(ours.W_out.T), theirs.linear2.bias.copy_(ours.b_out)


def as_torch_encoder_layer(block: Block, config: ModelConfig) -> nn.TransformerEncoderLayer:
    theirs = nn.TransformerEncoderLayer(
        config.d_model,
        config.n_heads,
        config.d_mlp,
        dropout=0.0,
        activation=config.activation,
        batch_first=True,
        norm_first=config.norm_first,
        layer_norm_eps=config.norm_eps,
    ).eval()
    theirs.self_attn = as_torch_attention(block.attn)
    copy_norm(block.ln1, theirs.norm1), copy_norm(block.ln2, theirs.norm2), copy_mlp(block.mlp, theirs)
    return theirs


def as_torch_decoder_layer(block: Block, config: ModelConfig) -> nn.TransformerDecoderLayer:
    theirs = nn.TransformerDecoderLayer(
        config.d_model,
        config.n_heads,
        config.d_mlp,
        dropout=0.0,
        activation=config.activation,
        batch_first=True,
        norm_first=config.norm_first,
        layer_norm_eps=config.norm_eps,
    ).eval()
    theirs.self_attn, theirs.multihead_attn = as_torch_attention(block.attn), as_torch_attention(block.cross_attn)
    (
        copy_norm(block.ln1, theirs.norm1),
        copy_norm(block.ln_cross, theirs.norm2),
        copy_norm(block.ln2, theirs.norm3),
        copy_mlp(block.mlp, theirs),
    )
    return theirs


def future(length: int) -> torch.Tensor:
    return torch.ones(length, length, dtype=torch.bool).triu(1)


# — parts ——————————————————————————————————————————————————————————————————————————————


def test_layer_norm():
    config = ModelConfig(**TINY)
    ours, theirs, x = randomize(LayerNorm(config)), nn.LayerNorm(24, eps=1e-5), 3 * torch.randn(2, 7, 24) + 1
    copy_norm(ours, theirs)
    torch.testing.assert_close(ours(x, Tape()), theirs(x), **CLOSE)


def test_rms_norm():
    config = ModelConfig(**TINY, norm="rms")
    ours, theirs, x = randomize(RMSNorm(config)), nn.RMSNorm(24, eps=1e-5), 3 * torch.randn(2, 7, 24) + 1
    theirs.weight.copy_(ours.w)
    torch.testing.assert_close(ours(x, Tape()), theirs(x), **CLOSE)


@pytest.mark.parametrize("causal, bias", list(itertools.product([True, False], [True, False])))
def test_attention_against_multihead_attention(causal, bias):
    config = ModelConfig(**TINY, attention_bias=bias)
    ours, x = randomize(Attention(config, causal)), torch.randn(2, 9, 24)
    expected, pattern = as_torch_attention(ours)(
        x, x, x, attn_mask=future(9) if causal else None, average_attn_weights=False
    )
    out, notes = heard(ours, x)
    torch.testing.assert_close(out, expected, **CLOSE)
    torch.testing.assert_close(notes["pattern"], pattern, **CLOSE)


@pytest.mark.parametrize("causal, kv_heads, rotary", list(itertools.product([True, False], [6, 2, 1], [True, False])))
def test_attention_against_scaled_dot_product_attention(causal, kv_heads, rotary):
    config = ModelConfig(**TINY, n_kv_heads=kv_heads)
    ours, x = randomize(Attention(config, causal)), torch.randn(2, 9, 24)
    angles = rotary_angles(9, 4, 10000.0) if rotary else None
    out, notes = heard(ours, x, angles=angles)
    q = torch.stack([x @ w for w in ours.W_Q], 1)
    k, v = (torch.stack([x @ w for w in weights], 1) for weights in (ours.W_K, ours.W_V))  # shared heads not repeated
    if rotary:
        q, k = complex_rotation(q), complex_rotation(k)
        torch.testing.assert_close(notes["rot_q"], q, **CLOSE)
    z = F.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=True)
    torch.testing.assert_close(notes["z"], z, **CLOSE)
    torch.testing.assert_close(out, z.transpose(1, 2).flatten(-2) @ ours.W_O.flatten(0, 1), **CLOSE)


def complex_rotation(x: torch.Tensor, base: float = 10000.0) -> torch.Tensor:
    """Rotary positions the way the paper thinks of them: pair i is a complex number, turned by pos · base^(−2i/d)."""
    half = x.shape[-1] // 2
    turned = torch.complex(x[..., :half], x[..., half:])
    for position, pair in itertools.product(range(x.shape[-2]), range(half)):
        turned[..., position, pair] *= cmath.exp(1j * position * base ** (-2 * pair / x.shape[-1]))
    return torch.cat([turned.real, turned.imag], -1)


def test_rotary_scores_depend_on_the_distance_only():
    q, k = torch.randn(4, dtype=torch.float64), torch.randn(4, dtype=torch.float64)
    turned_q, turned_k = (rotate(x.expand(12, 4), rotary_angles(12, 4, 10000.0)) for x in (q, k))
    scores = turned_q @ turned_k.T
    for distance in range(-11, 12):
        diagonal = scores.diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal), rtol=1e-12, atol=1e-12)
    assert scores.diagonal(0)[0] != pytest.approx(scores.diagonal(3)[0].item())


def test_sinusoids_are_those_of_the_paper():
    table = sinusoids(20, 6)
    for position, i in itertools.product(range(20), range(3)):
        angle = position / 10000 ** (2 * i / 6)
        assert table[position, 2 * i].item() == pytest.approx(math.sin(angle), abs=1e-6)
        assert table[position, 2 * i + 1].item() == pytest.approx(math.cos(angle), abs=1e-6)


@pytest.mark.parametrize(
    "activation, theirs", [("relu", F.relu), ("gelu", F.gelu), ("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"))]
)
def test_mlp(activation, theirs):
    mlp, x = randomize(MLP(ModelConfig(**TINY, activation=activation))), torch.randn(2, 5, 24)
    expected = F.linear(theirs(F.linear(x, mlp.W_in.T, mlp.b_in)), mlp.W_out.T, mlp.b_out)
    torch.testing.assert_close(mlp(x, Tape()), expected, **CLOSE)


def test_swiglu():
    """Shazeer 2020: (Swish(x W) ⊙ x V) W₂, with Swish(a) = a · sigmoid(a)."""
    mlp, x = randomize(MLP(ModelConfig(**TINY, activation="swiglu", mlp_bias=False))), torch.randn(2, 5, 24)
    gate = x @ mlp.W_gate
    torch.testing.assert_close(mlp(x, Tape()), (gate * torch.sigmoid(gate) * (x @ mlp.W_in)) @ mlp.W_out, **CLOSE)


@pytest.mark.parametrize(
    "norm_first, activation, causal", list(itertools.product([True, False], ["relu", "gelu"], [True, False]))
)
def test_block_against_transformer_encoder_layer(norm_first, activation, causal):
    config = ModelConfig(**TINY, norm_first=norm_first, activation=activation, attention_bias=True)
    block, x = randomize(Block(config, causal)), torch.randn(2, 9, 24)
    expected = as_torch_encoder_layer(block, config)(x, src_mask=future(9) if causal else None)
    torch.testing.assert_close(block(x, Tape()), expected, **CLOSE)


@pytest.mark.parametrize("norm_first", [True, False])
def test_decoder_block_against_transformer_decoder_layer(norm_first):
    config = ModelConfig(**TINY, norm_first=norm_first, activation="relu", attention_bias=True, kind="encoder-decoder")
    block, x, memory = randomize(Block(config, True, cross=True)), torch.randn(2, 9, 24), torch.randn(2, 5, 24)
    expected = as_torch_decoder_layer(block, config)(x, memory, tgt_mask=future(9))
    torch.testing.assert_close(block(x, Tape(), memory=memory), expected, **CLOSE)


# — whole models ———————————————————————————————————————————————————————————————————————

VARIANTS = [
    dict(zip(("kind", "positions", "norm_first", "tied"), values, strict=True))
    for values in itertools.product(
        ["decoder", "encoder"], ["learned", "sinusoidal", "none"], [True, False], [True, False]
    )
]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: "-".join(map(str, v.values())))
def test_whole_model_against_torch_layers(variant):
    config = ModelConfig(**TINY, **variant, attention_bias=True)
    model, tokens = randomize(build(config)), torch.randint(11, (2, 9))
    x = F.embedding(tokens, model.W_E)
    if config.positions != "none":
        x = x + model.W_pos[:9]
    mask = future(9) if config.kind == "decoder" else None
    for block in model.blocks:
        x = as_torch_encoder_layer(block, config)(x, src_mask=mask)
    if config.norm_first:
        x = F.layer_norm(x, (24,), model.ln_final.w, model.ln_final.b)
    torch.testing.assert_close(model(tokens), F.linear(x, model.W_E if config.tied else model.W_U.T), **CLOSE)


@pytest.mark.parametrize("norm_first, tied", list(itertools.product([True, False], [True, False])))
def test_encoder_decoder_against_torch_transformer(norm_first, tied):
    """With post-norm, sinusoids and ReLU: the model of Attention Is All You Need."""
    config = ModelConfig(
        **TINY,
        kind="encoder-decoder",
        positions="sinusoidal",
        norm_first=norm_first,
        tied=tied,
        activation="relu",
        attention_bias=True,
        embed_scale=True,
        source_vocab_size=13,
    )
    model, tokens, source = randomize(build(config)), torch.randint(11, (2, 9)), torch.randint(13, (2, 6))
    memory = F.embedding(source, model.encoder.W_E) * math.sqrt(24) + sinusoids(6, 24)
    for block in model.encoder.blocks:
        memory = as_torch_encoder_layer(block, config)(memory)
    x = F.embedding(tokens, model.decoder.W_E) * math.sqrt(24) + sinusoids(9, 24)
    if norm_first:
        memory = F.layer_norm(memory, (24,), model.encoder.ln_final.w, model.encoder.ln_final.b)
    for block in model.decoder.blocks:
        x = as_torch_decoder_layer(block, config)(x, memory, tgt_mask=future(9))
    if norm_first:
        x = F.layer_norm(x, (24,), model.decoder.ln_final.w, model.decoder.ln_final.b)
    torch.testing.assert_close(model(tokens, source), F.linear(x, model.decoder.W_E if tied else model.W_U.T), **CLOSE)


def test_modern_decoder_against_formulas():
    """RMSNorm, rotary positions, SwiGLU, grouped queries, tied: a Llama, with attention by torch."""
    config = ModelConfig(
        **TINY, positions="rotary", norm="rms", activation="swiglu", mlp_bias=False, n_kv_heads=2, tied=True
    )
    model, tokens = randomize(build(config)), torch.randint(11, (2, 9))
    x = F.embedding(tokens, model.W_E)
    for block in model.blocks:
        y = F.rms_norm(x, (24,), block.ln1.w, 1e-5)
        q, k, v = (
            torch.stack([y @ w for w in weights], 1) for weights in (block.attn.W_Q, block.attn.W_K, block.attn.W_V)
        )
        z = F.scaled_dot_product_attention(complex_rotation(q), complex_rotation(k), v, is_causal=True, enable_gqa=True)
        x = x + z.transpose(1, 2).flatten(-2) @ block.attn.W_O.flatten(0, 1)
        y = F.rms_norm(x, (24,), block.ln2.w, 1e-5)
        x = x + (F.silu(y @ block.mlp.W_gate) * (y @ block.mlp.W_in)) @ block.mlp.W_out
    torch.testing.assert_close(model(tokens), F.rms_norm(x, (24,), model.ln_final.w, 1e-5) @ model.W_E.T, **CLOSE)


def test_embed_norm_normalises_the_sum_of_the_embeddings():
    config = ModelConfig(**TINY, kind="encoder", norm_first=False, embed_norm=True)
    model, tokens = randomize(build(config)), torch.randint(11, (1, 6))
    _, notes = heard(model, tokens)
    x = F.embedding(tokens, model.W_E) + model.W_pos[:6]
    torch.testing.assert_close(
        notes["blocks.0.resid_pre"], F.layer_norm(x, (24,), model.ln_embed.w, model.ln_embed.b), **CLOSE
    )
