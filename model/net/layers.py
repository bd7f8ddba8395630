"""The parts of a transformer, one class per idea, in the names of the papers.

Row vectors throughout: a position is a row x, and a layer multiplies from the right (q = x @ W_Q).
Every part takes a `tape` to which it tells each intermediate result; see `Tape`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, einsum, nn
from torch.nn import functional as F

from model.net.config import ModelConfig


class Tape:
    """Hears of every named intermediate result, and may hand back another in its place (an intervention)."""

    def __init__(
        self, listen: Callable[[str, Tensor, str], Tensor] = lambda name, value, axes: value, prefix: str = ""
    ):
        self.listen, self.prefix = listen, prefix

    def __call__(self, name: str, value: Tensor, axes: str) -> Tensor:
        return self.listen(self.prefix + name, value, axes)

    def at(self, part: str) -> Tape:
        return Tape(self.listen, f"{self.prefix}{part}.")


class LayerNorm(nn.Module):
    """Subtract the mean, divide by the standard deviation, scale by w, shift by b (Ba et al. 2016)."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.eps = config.norm_eps
        self.w = nn.Parameter(torch.ones(config.d_model))
        self.b = nn.Parameter(torch.zeros(config.d_model))

    def forward(self, x: Tensor, tape: Tape) -> Tensor:  # (…, position, d_model)
        mean = x.mean(-1, keepdim=True)  # (…, position, 1)
        scale = ((x - mean).square().mean(-1, keepdim=True) + self.eps).sqrt()  # (…, position, 1)
        tape("mean", mean.squeeze(-1), "position"), tape("scale", scale.squeeze(-1), "position")
        return tape("normalized", (x - mean) / scale * self.w + self.b, "position d_model")


class RMSNorm(nn.Module):
    """Divide by the root mean square and scale by w; no mean, no shift (Zhang & Sennrich 2019)."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.eps = config.norm_eps
        self.w = nn.Parameter(torch.ones(config.d_model))

    def forward(self, x: Tensor, tape: Tape) -> Tensor:
        scale = (x.square().mean(-1, keepdim=True) + self.eps).sqrt()  # (…, position, 1)
        tape("scale", scale.squeeze(-1), "position")
        return tape("normalized", x / scale * self.w, "position d_model")


def norm(config: ModelConfig) -> nn.Module:
    return RMSNorm(config) if config.norm == "rms" else LayerNorm(config)


def sinusoids(n_ctx: int, d_model: int) -> Tensor:
    """PE(pos, 2i) = sin(pos / 10000^(2i/d_model)), PE(pos, 2i+1) = cos(the same): Vaswani et al. 2017, § 3.5. (n_ctx, d_model)"""
    position = torch.arange(n_ctx, dtype=torch.float64)[:, None]
    frequency = 10000.0 ** (-torch.arange(0, d_model, 2, dtype=torch.float64) / d_model)
    waves = torch.zeros(n_ctx, d_model, dtype=torch.float64)
    waves[:, 0::2] = torch.sin(position * frequency)
    waves[:, 1::2] = torch.cos(position * frequency)[:, : d_model // 2]
    return waves.float()


def rotary_angles(n_positions: int, d_head: int, base: float) -> Tensor:
    """Angle of each (position, pair): pos / base^(2i/d_head) (Su et al. 2021). (n_positions, d_head / 2)"""
    frequency = base ** (-torch.arange(0, d_head, 2, dtype=torch.float64) / d_head)
    return torch.arange(n_positions, dtype=torch.float64)[:, None] * frequency


def rotate(x: Tensor, angles: Tensor) -> Tensor:
    """Turn pair i of x, entries i and i + d_head/2, by its position's angle (Llama's pairing). (…, head, position, d_head)"""
    a, b = x.chunk(2, dim=-1)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


class Attention(nn.Module):
    """Scaled dot-product attention with several heads: softmax(q kᵀ / √d_head) v (Vaswani et al. 2017, § 3.2)."""

    def __init__(self, config: ModelConfig, causal: bool):
        super().__init__()
        self.config, self.causal = config, causal
        heads, kv_heads, d_model, d_head = config.n_heads, config.kv_heads, config.d_model, config.d_head
        self.W_Q = weight(heads, d_model, d_head)
        self.W_K = weight(kv_heads, d_model, d_head)
        self.W_V = weight(kv_heads, d_model, d_head)
        self.W_O = weight(heads, d_head, d_model, shrink=math.sqrt(2 * config.n_layers))
        if config.attention_bias:
            self.b_Q, self.b_K, self.b_V = bias(heads, d_head), bias(kv_heads, d_head), bias(kv_heads, d_head)
            self.b_O = bias(d_model)

    def forward(self, x: Tensor, tape: Tape, angles: Tensor | None = None, memory: Tensor | None = None) -> Tensor:
        """Queries come from x, keys and values from x too, or from `memory` (cross-attention)."""
        source = x if memory is None else memory  # (…, key, d_model)
        q = tape("q", self.project(x, "Q"), "head position d_head")  # (…, head, query, d_head)
        k = tape("k", self.project(source, "K"), "head position d_head")  # (…, head, key, d_head)
        v = tape("v", self.project(source, "V"), "head position d_head")  # (…, head, key, d_head)
        if angles is not None:
            q = tape("rot_q", rotate(q, angles), "head position d_head")
            k = tape("rot_k", rotate(k, angles), "head position d_head")
        scores_raw = tape("scores_raw", q @ k.transpose(-1, -2), "head query key")
        scores = tape("scores", scores_raw / math.sqrt(self.config.d_head), "head query key")
        if self.causal:  # a query sees no later key
            future = torch.ones(scores.shape[-2:], dtype=torch.bool, device=x.device).triu(1)
            scores = scores.masked_fill(future, -math.inf)
        scores = tape("scores_masked", scores, "head query key")
        pattern = tape("pattern", scores.softmax(-1), "head query key")  # each row sums to 1
        z = tape("z", pattern @ v, "head position d_head")  # (…, head, query, d_head)
        result = tape("result", einsum("...hqd,hdm->...hqm", z, self.W_O), "head position d_model")
        out = result.sum(-3)  # (…, query, d_model)
        return out + self.b_O if self.config.attention_bias else out

    def project(self, x: Tensor, which: str) -> Tensor:
        """x @ W of every head; shared key/value heads are repeated for the heads of their group. (…, head, position, d_head)"""
        out = einsum("...pm,hmd->...hpd", x, getattr(self, f"W_{which}"))
        if self.config.attention_bias:
            out = out + getattr(self, f"b_{which}")[:, None]
        return (
            out
            if out.shape[-3] == self.config.n_heads
            else out.repeat_interleave(self.config.n_heads // out.shape[-3], dim=-3)
        )


class MLP(nn.Module):
    """Two layers applied to each position alone, with ReLU, GELU or the gated SwiGLU (Shazeer 2020) between."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.activation = config.activation
        self.W_in = weight(config.d_model, config.d_mlp)
        self.W_out = weight(config.d_mlp, config.d_model, shrink=math.sqrt(2 * config.n_layers))
        if config.activation == "swiglu":
            self.W_gate = weight(config.d_model, config.d_mlp)
        self.b_in = bias(config.d_mlp) if config.mlp_bias else None
        self.b_out = bias(config.d_model) if config.mlp_bias else None

    def forward(self, x: Tensor, tape: Tape) -> Tensor:  # (…, position, d_model)
        pre = x @ self.W_in if self.b_in is None else x @ self.W_in + self.b_in
        if self.activation == "swiglu":  # the gate decides how much of each entry passes
            linear = tape("pre_linear", pre, "position d_mlp")
            gate = tape("pre", x @ self.W_gate, "position d_mlp")
            post = tape("post", F.silu(gate) * linear, "position d_mlp")
        else:
            pre = tape("pre", pre, "position d_mlp")
            post = tape("post", self.activate(pre), "position d_mlp")
        return post @ self.W_out if self.b_out is None else post @ self.W_out + self.b_out

    def activate(self, x: Tensor) -> Tensor:
        if self.activation == "relu":
            return x.relu()
        return F.gelu(x, approximate="tanh" if self.activation == "gelu_tanh" else "none")


class Block(nn.Module):
    """Attention, then MLP, each added to the residual stream; a decoder's block looks at the encoder's output in between.

    Pre-norm: x + f(norm(x)). Post-norm, as in 2017: norm(x + f(x)).
    """

    def __init__(self, config: ModelConfig, causal: bool, cross: bool = False):
        super().__init__()
        self.norm_first = config.norm_first
        self.ln1, self.attn = norm(config), Attention(config, causal)
        if cross:
            self.ln_cross, self.cross_attn = norm(config), Attention(config, causal=False)
        self.ln2, self.mlp = norm(config), MLP(config)

    def forward(self, x: Tensor, tape: Tape, angles: Tensor | None = None, memory: Tensor | None = None) -> Tensor:
        x = tape("resid_pre", x, "position d_model")
        x = self.add(x, self.ln1, lambda y: self.attn(y, tape.at("attn"), angles), "ln1", "attn_out", tape)
        if memory is not None:
            x = tape("resid_self", x, "position d_model")
            x = self.add(
                x,
                self.ln_cross,
                lambda y: self.cross_attn(y, tape.at("cross_attn"), memory=memory),
                "ln_cross",
                "cross_attn_out",
                tape,
            )
        x = tape("resid_mid", x, "position d_model")
        x = self.add(x, self.ln2, lambda y: self.mlp(y, tape.at("mlp")), "ln2", "mlp_out", tape)
        return tape("resid_post", x, "position d_model")

    def add(
        self, x: Tensor, norm: nn.Module, f: Callable[[Tensor], Tensor], norm_name: str, name: str, tape: Tape
    ) -> Tensor:
        """The residual connection around f, with the norm before or after."""
        if self.norm_first:
            return x + tape(name, f(norm(x, tape.at(norm_name))), "position d_model")
        return norm(x + tape(name, f(x), "position d_model"), tape.at(norm_name))


def weight(*shape: int, shrink: float = 1.0) -> nn.Parameter:
    """A normal start with standard deviation 0.02-like scale by fan-in; `shrink` keeps the residual sum from growing with depth."""
    fan_in = shape[-2]
    return nn.Parameter(torch.randn(*shape) / math.sqrt(fan_in) / shrink)


def bias(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(*shape))
