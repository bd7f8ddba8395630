"""The parts of a transformer, one class per idea, in the names of the papers.

Row vectors throughout: a position is a row x, and a layer multiplies from the right (q = x @ W_Q).
Every part takes a `tape` to which it tells each intermediate result; see `Tape`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial

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


SILENT = Tape()  # nobody listens


class Enough(Exception):
    """Raised by who listens and has heard all that is needed: what the model computes after it nobody asks for."""


class Part(nn.Module):
    """A module that knows what the axes of its weights are: `axes["W_Q"] == ("head", "d_model", "d_head")`."""

    def __init__(self) -> None:
        super().__init__()
        self.axes: dict[str, tuple[str, ...]] = {}

    def weight(self, name: str, shrink: float = 1.0, **sizes: int) -> None:
        """A normal start with standard deviation 1/√fan-in.

        `shrink` keeps the residual sum from growing with depth."""
        fan_in = list(sizes.values())[-2]
        self.start(name, normal(sizes.values(), lambda x: x / math.sqrt(fan_in) / shrink), *sizes)

    def embedding(self, name: str, spread: float, **sizes: int) -> None:
        """A normal start with standard deviation `spread`."""
        self.start(name, normal(sizes.values(), lambda x: x * spread), *sizes)

    def gain(self, name: str, **sizes: int) -> None:
        self.start(name, torch.ones(*sizes.values()), *sizes)

    def bias(self, name: str, **sizes: int) -> None:
        self.start(name, torch.zeros(*sizes.values()), *sizes)

    def start(self, name: str, values: Tensor, *axes: str) -> None:
        self.register_parameter(name, nn.Parameter(values))
        self.axes[name] = axes


def normal(sizes: Iterable[int], spread: Callable[[Tensor], Tensor]) -> Tensor:
    """Random numbers; none where a model is built only to be filled: there arithmetic takes seconds to begin."""
    return torch.empty(*sizes) if torch.get_default_device().type == "meta" else spread(torch.randn(*sizes))


def weight_axes(model: nn.Module) -> dict[str, tuple[str, ...]]:
    """The names of the axes of all weights, by the weights' full names.

    >>> weight_axes(LayerNorm(ModelConfig(vocab_size=3)))
    {'w': ('d_model',), 'b': ('d_model',)}
    """
    parts = [(path, part) for path, part in model.named_modules() if isinstance(part, Part)]
    return {f"{path}.{name}".lstrip("."): axes for path, part in parts for name, axes in part.axes.items()}


class LayerNorm(Part):
    """Subtract the mean, divide by the standard deviation, scale by w, shift by b if there is one (Ba et al. 2016)."""

    w: Tensor
    b: Tensor

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.eps = config.norm_eps
        self.biased = config.norm_bias
        self.gain("w", d_model=config.d_model)
        if config.norm_bias:
            self.bias("b", d_model=config.d_model)

    def forward(self, x: Tensor, tape: Tape) -> Tensor:  # (…, position, d_model)
        mean = tape("mean", x.mean(-1), "position").unsqueeze(-1)  # (…, position, 1)
        variance = (x - mean).square().mean(-1)
        scale = tape("scale", (variance + self.eps).sqrt(), "position").unsqueeze(-1)  # (…, position, 1)
        scaled = (x - mean) / scale * self.w
        return tape("normalized", scaled + self.b if self.biased else scaled, "position d_model")


class RMSNorm(Part):
    """Divide by the root mean square and scale by w; no mean, no shift (Zhang & Sennrich 2019)."""

    w: Tensor

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.eps = config.norm_eps
        self.gain("w", d_model=config.d_model)

    def forward(self, x: Tensor, tape: Tape) -> Tensor:
        scale = tape("scale", (x.square().mean(-1) + self.eps).sqrt(), "position").unsqueeze(-1)  # (…, position, 1)
        return tape("normalized", x / scale * self.w, "position d_model")


class HeadNorm(Part):
    """RMS norm of the queries or keys of each head alone; all heads share w (Dehghani et al. 2023, § 2)."""

    w: Tensor

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.eps = config.norm_eps
        self.gain("w", d_head=config.d_head)

    def forward(self, x: Tensor, tape: Tape) -> Tensor:  # (…, head, position, d_head)
        size = (x.square().mean(-1) + self.eps).sqrt()  # (…, head, position)
        scale = tape("scale", size, "head position").unsqueeze(-1)
        return tape("normalized", x / scale * self.w, "head position d_head")


def norm(config: ModelConfig) -> LayerNorm | RMSNorm:
    return RMSNorm(config) if config.norm == "rms" else LayerNorm(config)


def sinusoids(n_ctx: int, d_model: int) -> Tensor:
    """PE(pos, 2i) = sin(pos / 10000^(2i/d_model)), PE(pos, 2i+1) = cos(the same). (n_ctx, d_model)

    Vaswani et al. 2017, § 3.5."""
    position = torch.arange(n_ctx, dtype=torch.float64)[:, None]
    frequency = 10000.0 ** (-torch.arange(0, d_model, 2, dtype=torch.float64) / d_model)
    waves = torch.zeros(n_ctx, d_model, dtype=torch.float64)
    waves[:, 0::2] = torch.sin(position * frequency)
    waves[:, 1::2] = torch.cos(position * frequency)[:, : d_model // 2]
    return waves.float()


def rotary_angles(
    n_positions: int, d_head: int, base: float, factor: float = 1.0, ramp: tuple[float, float, int] | None = None
) -> Tensor:
    """Angle of each (position, pair): pos / base^(2i/d_head) (Su et al. 2021). (n_positions, d_head / 2)

    For longer contexts the angles are divided by a factor (Chen et al. 2023). With a ramp (low, high, n_ctx before)
    pairs that turned more than `high` times in the old context keep their speed, those that turned less than `low`
    times are divided, and those between are mixed (Llama 3.1)."""
    frequency = base ** (-torch.arange(0, d_head, 2, dtype=torch.float64) / d_head)
    if ramp is not None:
        low, high, before = ramp
        kept = ((before * frequency / (2 * math.pi) - low) / (high - low)).clamp(0, 1)
        frequency = kept * frequency + (1 - kept) * frequency / factor
    elif factor != 1:
        frequency = frequency / factor
    return torch.arange(n_positions, dtype=torch.float64)[:, None] * frequency


def rotate(x: Tensor, angles: Tensor) -> Tensor:
    """Turn pair i of x, entries i and i + d_head/2 (Llama's pairing), by its position's angle.

    (…, head, position, d_head)"""
    a, b = x.chunk(2, dim=-1)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


class Attention(Part):
    """Scaled dot-product attention with several heads: softmax(q kᵀ / √d_head) v (Vaswani et al. 2017, § 3.2)."""

    W_Q: Tensor
    W_K: Tensor
    W_V: Tensor
    W_O: Tensor
    b_O: Tensor

    def __init__(self, config: ModelConfig, causal: bool, window: int | None = None):
        super().__init__()
        self.config, self.causal, self.window = config, causal, window
        heads, kv_heads, d_model, d_head = config.n_heads, config.kv_heads, config.d_model, config.d_head
        self.weight("W_Q", head=heads, d_model=d_model, d_head=d_head)
        self.weight("W_K", head=kv_heads, d_model=d_model, d_head=d_head)
        self.weight("W_V", head=kv_heads, d_model=d_model, d_head=d_head)
        self.weight("W_O", head=heads, d_head=d_head, d_model=d_model, shrink=math.sqrt(2 * config.n_layers))
        if config.attention_bias:
            self.bias("b_Q", head=heads, d_head=d_head)
            self.bias("b_K", head=kv_heads, d_head=d_head)
            self.bias("b_V", head=kv_heads, d_head=d_head)
            if config.output_bias:
                self.bias("b_O", d_model=d_model)
        if config.qk_norm:
            self.q_norm, self.k_norm = HeadNorm(config), HeadNorm(config)

    def forward(
        self,
        x: Tensor,
        tape: Tape,
        angles: Tensor | None = None,
        memory: Tensor | None = None,
        padding: Tensor | None = None,
    ) -> Tensor:
        """Queries come from x, keys and values from x too, or from `memory` (cross-attention).

        padding: (batch, key), true where a key is no word but fills up a shorter text of a batch; no query sees it."""
        source = x if memory is None else memory  # (…, key, d_model)
        q = tape("q", self.project(x, "Q"), "head position d_head")  # (…, head, query, d_head)
        k = tape("k", self.project(source, "K"), "head position d_head")  # (…, head, key, d_head)
        v = tape("v", self.project(source, "V"), "head position d_head")  # (…, head, key, d_head)
        if self.config.qk_norm:
            q, k = self.q_norm(q, tape.at("q_norm")), self.k_norm(k, tape.at("k_norm"))
        if angles is not None:
            q = tape("rot_q", rotate(q, angles), "head position d_head")
            k = tape("rot_k", rotate(k, angles), "head position d_head")
        scores_raw = tape("scores_raw", q @ k.transpose(-1, -2), "head query key")
        size = self.config.score_size or self.config.d_head
        scores = tape("scores", scores_raw / math.sqrt(size), "head query key")
        if (cap := self.config.score_cap) is not None:
            scores = tape("scores_capped", (scores / cap).tanh() * cap, "head query key")
        if self.causal:  # a query sees no later key; the last query is the last key's
            read = k.shape[-2] - q.shape[-2]  # keys that were there before (cache.py)
            every = torch.ones(scores.shape[-2:], dtype=torch.bool, device=x.device)
            hidden = every.triu(1 + read)
            if self.window is not None:
                hidden |= every.tril(read - self.window)
            scores = scores.masked_fill(hidden, -math.inf)
        if padding is not None:
            scores = scores.masked_fill(padding[:, None, None], -math.inf)
        scores = tape("scores_masked", scores, "head query key")
        pattern = tape("pattern", scores.softmax(-1), "head query key")  # each row sums to 1
        z = tape("z", pattern @ v, "head position d_head")  # (…, head, query, d_head)
        result = tape("result", einsum("...hqd,hdm->...hqm", z, self.W_O), "head position d_model")
        out = result.sum(-3)  # (…, query, d_model)
        return out + self.b_O if self.config.attention_bias and self.config.output_bias else out

    def project(self, x: Tensor, which: str) -> Tensor:
        """x @ W of every head; shared key/value heads are repeated for their group. (…, head, position, d_head)"""
        out = einsum("...pm,hmd->...hpd", x, self.get_parameter(f"W_{which}"))
        if self.config.attention_bias:
            out = out + self.get_parameter(f"b_{which}")[:, None]
        group = self.config.n_heads // out.shape[-3]
        return out if group == 1 else out.repeat_interleave(group, dim=-3)


class MLP(Part):
    """Two layers applied to each position alone, with ReLU, GELU or a gate (SwiGLU, GEGLU: Shazeer 2020) between."""

    W_in: Tensor
    W_gate: Tensor
    W_out: Tensor
    b_in: Tensor
    b_out: Tensor

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.activation, self.biased, self.gated = config.activation, config.mlp_bias, config.gated
        d_model, d_mlp = config.d_model, config.d_mlp
        self.weight("W_in", d_model=d_model, d_mlp=d_mlp)
        self.weight("W_out", d_mlp=d_mlp, d_model=d_model, shrink=math.sqrt(2 * config.n_layers))
        if config.gated:
            self.weight("W_gate", d_model=d_model, d_mlp=d_mlp)
        if config.mlp_bias:
            self.bias("b_in", d_mlp=d_mlp)
            self.bias("b_out", d_model=d_model)

    def forward(self, x: Tensor, tape: Tape) -> Tensor:  # (…, position, d_model)
        pre = x @ self.W_in + self.b_in if self.biased else x @ self.W_in
        if self.gated:  # the gate decides how much of each entry passes
            linear = tape("pre_linear", pre, "position d_mlp")
            gate = tape("pre", x @ self.W_gate, "position d_mlp")
            post = tape("post", activate(self.activation, gate) * linear, "position d_mlp")
        else:
            pre = tape("pre", pre, "position d_mlp")
            post = tape("post", activate(self.activation, pre), "position d_mlp")
        return post @ self.W_out + self.b_out if self.biased else post @ self.W_out


def activate(activation: str, x: Tensor) -> Tensor:
    if activation == "relu":
        return x.relu()
    if activation == "swiglu":
        return F.silu(x)
    return F.gelu(x, approximate="tanh" if activation.endswith("tanh") else "none")


class Block(nn.Module):
    """Attention, then MLP, each added to the residual stream; in between, a decoder looks at the encoder's output.

    Pre-norm: x + f(norm(x)). Post-norm, as in 2017: norm(x + f(x)). With norms after: x + norm(f(norm(x))).
    """

    def __init__(self, config: ModelConfig, causal: bool, cross: bool = False, layer: int = 0):
        super().__init__()
        self.norm_first = config.norm_first
        self.norm_after = config.norm_after and config.norm_first
        self.ln1, self.attn = norm(config), Attention(config, causal, config.window_of(layer))
        if cross:
            self.ln_cross, self.cross_attn = norm(config), Attention(config, causal=False)
        self.ln2, self.mlp = norm(config), MLP(config)
        if self.norm_after:
            self.ln1_post, self.ln2_post = norm(config), norm(config)

    def forward(
        self,
        x: Tensor,
        tape: Tape,
        angles: Tensor | None = None,
        memory: Tensor | None = None,
        padding: Tensor | None = None,
        memory_padding: Tensor | None = None,
    ) -> Tensor:
        ln1, ln2 = partial(self.ln1, tape=tape.at("ln1")), partial(self.ln2, tape=tape.at("ln2"))

        def attn(x: Tensor) -> Tensor:
            out = self.attn(x, tape.at("attn"), angles, padding=padding)
            if self.norm_after:
                out = self.ln1_post(tape("attn.out", out, "position d_model"), tape.at("ln1_post"))
            return tape("attn_out", out, "position d_model")

        def mlp(x: Tensor) -> Tensor:
            out = self.mlp(x, tape.at("mlp"))
            if self.norm_after:
                out = self.ln2_post(tape("mlp.out", out, "position d_model"), tape.at("ln2_post"))
            return tape("mlp_out", out, "position d_model")

        x = tape("resid_pre", x, "position d_model")
        x = x + attn(ln1(x)) if self.norm_first else ln1(x + attn(x))
        if memory is not None:
            x = self.look(x, memory, tape, memory_padding)
        x = tape("resid_mid", x, "position d_model")
        x = x + mlp(ln2(x)) if self.norm_first else ln2(x + mlp(x))
        return tape("resid_post", x, "position d_model")

    def look(self, x: Tensor, memory: Tensor, tape: Tape, padding: Tensor | None) -> Tensor:
        """A decoder's glance at the encoder's output, between attention and MLP."""
        ln = partial(self.ln_cross, tape=tape.at("ln_cross"))

        def attn(x: Tensor) -> Tensor:
            out = self.cross_attn(x, tape.at("cross_attn"), memory=memory, padding=padding)
            return tape("cross_attn_out", out, "position d_model")

        x = tape("resid_self", x, "position d_model")
        return x + attn(ln(x)) if self.norm_first else ln(x + attn(x))
