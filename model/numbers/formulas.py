"""The formulas of a transformer, one for each recorded tensor: how one of its numbers follows from those before it.

`FORMULAS[part](place, *index)` is a Tensor of one number. They say in Tensors what `model/net` says in torch, for every
`ModelConfig`; nothing of the one is used in the other, so that each is a witness of the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from model.numbers.origins import Constant, Setting
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace

Formula = Callable[..., Tensor]
SINUSOIDS = 10_000.0  # of the wavelengths in the 2017 paper, § 3.5


class Place:
    """Where in the model a tensor is: the tensors of its block, by their short names."""

    def __init__(self, trace: Trace, stack: str, layer: int):
        self.trace, self.config, self.stack, self.layer = trace, trace.config, stack, layer

    def __getitem__(self, name: str) -> Tensor:
        """A tensor of this block, else of its stack, else of the whole model. Raises LookupError."""
        full = next((full for full in self.known_as(name) if full in self.trace), None)
        if full is None:
            raise LookupError(name)
        return self.trace[full]

    def __contains__(self, name: str) -> bool:
        return any(full in self.trace for full in self.known_as(name))

    def known_as(self, name: str) -> tuple[str, str, str]:
        return f"{self.stack}blocks.{self.layer}.{name}", self.stack + name, name

    def plus(self, product: Tensor, bias: str, *index: int) -> Tensor:
        """With the bias, where the model has one."""
        return product + self[bias][index] if bias in self else product

    def end(self, stack: str) -> Tensor:
        """The stream as a stack gives it on. [position, d_model]"""
        last = f"blocks.{self.config.n_layers - 1}.resid_post"
        return self[stack + ("ln_final.normalized" if self.config.norm_first else last)]


# ── into the stream, and out of it ───────────────────────────────────────────────────────────────
def _embed(at: Place, i: int, c: int) -> Tensor:
    row = at["W_E"][int(at["tokens"].values[i]), c]
    return row * _set(at, "d_model").sqrt() if at.config.embed_scale else row


def _speed(pair: int, size: int, name: str, base: float) -> Tensor:
    """By how much a pair of entries turns from one position to the next: 1 / base^(2 pair / size)."""
    exponent = Tensor.given(-2 * pair, f"−2 × {pair}") / Tensor.given(size, name)
    return (exponent * Tensor.given(base, f"{base:g}").log()).exp()


def _set(at: Place, field: str, name: str = "") -> Tensor:
    """A setting of the model."""
    return Tensor.given(getattr(at.config, field), name or field, origin=Setting(field))


def _wave(at: Place, i: int, c: int) -> Tensor:
    angle = _speed(c // 2, at.config.d_model, "d_model", SINUSOIDS) * i
    return angle.cos() if c % 2 else angle.sin()


def _turn(at: Place, i: int, pair: int) -> Tensor:
    """The angle of a pair, slowed for a longer context where the model was (Llama 3.1's way, if it has a ramp)."""
    config, speed = at.config, _speed(pair, at.config.d_head, "d_head", at.config.rotary_base)
    if config.rotary_factor == 1:
        return speed * i
    slow = speed / _set(at, "rotary_factor")
    if config.rotary_ramp is None:
        return slow * i
    low, high, before = config.rotary_ramp
    turns = speed * before / Tensor.given(2 * math.pi, "2π", origin=Constant())  # in the whole of the context before
    if float(turns) >= high:
        return speed * i
    if float(turns) <= low:
        return slow * i
    fewest, most = Tensor.given(low, f"{low:g}"), Tensor.given(high, f"{high:g}")
    kept = (turns - fewest) / (most - fewest)
    return (kept * speed + (1 - kept) * slow) * i


def _turn_in_window(at: Place, i: int, pair: int) -> Tensor:
    assert at.config.window_base is not None
    return _speed(pair, at.config.d_head, "d_head", at.config.window_base) * i


def _embedded(at: Place, i: int) -> Tensor:
    """The row of a word with its position, and that of its sentence. [d_model]"""
    row = at["embed"][i]
    for name in ("pos_embed", "segment_embed"):
        row = row + at[name][i] if name in at else row
    return row


def _resid_pre(at: Place, i: int, c: int) -> Tensor:
    if at.layer:
        return at[f"blocks.{at.layer - 1}.resid_post"][i, c]
    return at["ln_embed.normalized"][i, c] if at.config.embed_norm else _embedded(at, i)[c]


def _logits(at: Place, i: int, word: int) -> Tensor:
    if at.config.logit_cap is None:
        return _uncapped(at, i, word)
    return _capped(at, at["logits_raw"][i, word], "logit_cap")


def _uncapped(at: Place, i: int, word: int) -> Tensor:
    stack = "decoder." if at.config.kind == "encoder-decoder" else ""
    last = at["ln_head.normalized"] if at.config.unembed_layer else at.end(stack)
    return at.plus(last[i] @ at["W_U"][:, word], "b_U", word)


def _capped(at: Place, x: Tensor, field: str) -> Tensor:
    """cap · tanh(x / cap) (Gemma Team 2024, § 2)."""
    cap = _set(at, field)
    return (x / cap).tanh() * cap


def _unembedding(at: Place, c: int, word: int) -> Tensor:
    """Tied: the embedding read the other way."""
    return at["decoder.W_E" if at.config.kind == "encoder-decoder" else "W_E"][word, c]


# ── normalisation ────────────────────────────────────────────────────────────────────────────────
AROUND = {  # norm → the stream before it, and what its part of the block adds
    "ln1": ("resid_pre", "attn_out"),
    "ln_cross": ("resid_self", "cross_attn_out"),
    "ln2": ("resid_mid", "mlp_out"),
}
AFTER = {"ln1_post": "attn.out", "ln2_post": "mlp.out"}  # norm → what it reads


def input_of(at: Place, norm: str, i: int) -> Tensor:
    """The row that a normalisation reads. [d_model]"""
    if norm == "ln_final":
        return at[f"blocks.{at.config.n_layers - 1}.resid_post"][i]
    if norm == "ln_embed":
        return _embedded(at, i)
    if norm == "ln_head":
        return at["head.post"][i]
    if norm in AFTER:
        return at[AFTER[norm]][i]
    before, change = AROUND[norm]
    return at[before][i] if at.config.norm_first else at[before][i] + at[change][i]


def _norm(norm: str) -> dict[str, Formula]:
    """Layer norm: (x − mean) / scale · w + b. RMS norm leaves out mean and b."""

    def mean(at: Place, i: int) -> Tensor:
        return input_of(at, norm, i).mean(0)

    def centred(at: Place, i: int) -> Tensor:
        x = input_of(at, norm, i)
        return x if at.config.norm == "rms" else x - at[f"{norm}.mean"][i]

    def scale(at: Place, i: int) -> Tensor:
        return (centred(at, i).square().mean(0) + _set(at, "norm_eps", "ε")).sqrt()

    def normalized(at: Place, i: int, c: int) -> Tensor:
        return at.plus(centred(at, i)[c] / at[f"{norm}.scale"][i] * at[f"{norm}.w"][c], f"{norm}.b", c)

    return {f"{norm}.mean": mean, f"{norm}.scale": scale, f"{norm}.normalized": normalized}


def _norm_of_heads(part: str, letter: str) -> dict[str, Formula]:
    """RMS norm of one head's query or key."""
    norm = f"{part}.{letter}_norm"

    def scale(at: Place, h: int, i: int) -> Tensor:
        return (at[f"{part}.{letter}"][h, i].square().mean(0) + _set(at, "norm_eps", "ε")).sqrt()

    def normalized(at: Place, h: int, i: int, c: int) -> Tensor:
        return at[f"{part}.{letter}"][h, i, c] / at[f"{norm}.scale"][h, i] * at[f"{norm}.w"][c]

    return {f"{norm}.scale": scale, f"{norm}.normalized": normalized}


def _meeting(at: Place, part: str, letter: str) -> Tensor:
    """Queries or keys as they meet the others: turned, normed, or as they are. [head, position, d_head]"""
    changed = (f"{part}.rot_{letter}", f"{part}.{letter}_norm.normalized")
    return at[next((name for name in changed if name in at), f"{part}.{letter}")]


def read_by(at: Place, norm: str) -> Tensor:
    """What attention or MLP reads: the normalised stream, or (post-norm) the stream. [position, d_model]"""
    return at[f"{norm}.normalized" if at.config.norm_first else AROUND[norm][0]]


def _after(norm: str) -> Formula:
    """The stream after attention or MLP: the sum, or (post-norm) the sum normalised."""
    before, change = AROUND[norm]

    def after(at: Place, i: int, c: int) -> Tensor:
        return at[before][i, c] + at[change][i, c] if at.config.norm_first else at[f"{norm}.normalized"][i, c]

    return after


def _resid_mid(at: Place, i: int, c: int) -> Tensor:
    return _after("ln_cross" if "resid_self" in at else "ln1")(at, i, c)


# ── attention ────────────────────────────────────────────────────────────────────────────────────
def _attention(part: str, norm: str) -> dict[str, Formula]:
    cross = part == "cross_attn"

    def projected(letter: str) -> Formula:
        def formula(at: Place, h: int, i: int, c: int) -> Tensor:
            x = at["memory"] if cross and letter != "Q" else read_by(at, norm)
            return at.plus(x[i] @ at[f"{part}.W_{letter}"][h, :, c], f"{part}.b_{letter}", h, c)

        return formula

    def turned(letter: str) -> Formula:
        """Entry c of a query or key turned by the angle of its position: its pair is the entry d_head/2 away."""

        def formula(at: Place, h: int, i: int, c: int) -> Tensor:
            normed, half = f"{part}.{letter}_norm.normalized", at.config.d_head // 2
            row = at[normed if normed in at else f"{part}.{letter}"][h, i]
            near = at.config.window_base is not None and at.config.window_of(at.layer) is not None
            angle = at["rotary_angles_window" if near else "rotary_angles"][i, c % half]
            if c < half:
                return row[c] * angle.cos() - row[c + half] * angle.sin()
            return row[c - half] * angle.sin() + row[c] * angle.cos()

        return formula

    def scores_raw(at: Place, h: int, i: int, j: int) -> Tensor:
        return _meeting(at, part, "q")[h, i] @ _meeting(at, part, "k")[h, j]

    def scores(at: Place, h: int, i: int, j: int) -> Tensor:
        raw = at[f"{part}.scores_raw"][h, i, j]
        size = "score_size" if at.config.score_size else "d_head"
        return raw if at.trace.info.get("scaled") is False else raw / _set(at, size).sqrt()

    def masked(at: Place, h: int, i: int, j: int) -> Tensor:
        causal, window = at.config.causal and at.stack != "encoder." and not cross, at.config.window_of(at.layer)
        if causal and j > i:
            return Tensor.given(-math.inf, "masked: a later word")
        if causal and window is not None and i - j >= window:
            return Tensor.given(-math.inf, f"masked: {window} or more words before")
        return at[f"{part}.scores" if at.config.score_cap is None else f"{part}.scores_capped"][h, i, j]

    def out(at: Place, i: int, c: int) -> Tensor:
        return at.plus(at[f"{part}.result"][:, i, c].sum(0), f"{part}.b_O", c)

    return {
        **{f"{part}.{letter.lower()}": projected(letter) for letter in "QKV"},
        **{name: formula for letter in "qk" for name, formula in _norm_of_heads(part, letter).items()},
        **{f"{part}.rot_{letter}": turned(letter) for letter in "qk"},
        f"{part}.scores_raw": scores_raw,
        f"{part}.scores": scores,
        f"{part}.scores_capped": lambda at, h, i, j: _capped(at, at[f"{part}.scores"][h, i, j], "score_cap"),
        f"{part}.scores_masked": masked,
        f"{part}.pattern": lambda at, h, i, j: at[f"{part}.scores_masked"][h, i].softmax()[j],
        f"{part}.z": lambda at, h, i, c: at[f"{part}.pattern"][h, i] @ at[f"{part}.v"][h, :, c],
        f"{part}.result": lambda at, h, i, c: at[f"{part}.z"][h, i] @ at[f"{part}.W_O"][h, :, c],
        f"{part}.out": out,
        f"{part}_out": lambda at, i, c: at["ln1_post.normalized"][i, c] if f"{part}.out" in at else out(at, i, c),
    }


# ── MLP ──────────────────────────────────────────────────────────────────────────────────────────
def _mlp_in(at: Place, i: int, c: int) -> Tensor:
    return at.plus(read_by(at, "ln2")[i] @ at["mlp.W_in"][:, c], "mlp.b_in", c)


def _mlp_pre(at: Place, i: int, c: int) -> Tensor:
    return read_by(at, "ln2")[i] @ at["mlp.W_gate"][:, c] if at.config.gated else _mlp_in(at, i, c)


def _mlp_post(at: Place, i: int, c: int) -> Tensor:
    post = _activated(at, at["mlp.pre"][i, c])
    return post * at["mlp.pre_linear"][i, c] if at.config.gated else post


def _activated(at: Place, x: Tensor) -> Tensor:
    ways = {"relu": x.relu, "gelu": x.gelu, "gelu_tanh": x.gelu_tanh, "swiglu": x.silu, "geglu_tanh": x.gelu_tanh}
    return ways[at.config.activation]()


def _mlp_out(at: Place, i: int, c: int) -> Tensor:
    return at.plus(at["mlp.post"][i] @ at["mlp.W_out"][:, c], "mlp.b_out", c)


FORMULAS: dict[str, Formula] = {
    "embed": _embed,
    "W_pos": _wave,
    "pos_embed": lambda at, i, c: at["W_pos"][i, c],
    "segment_embed": lambda at, i, c: at["W_type"][0, c],
    "rotary_angles": _turn,
    "rotary_angles_window": _turn_in_window,
    **_norm("ln_embed"),
    "resid_pre": _resid_pre,
    **_norm("ln1"),
    **_attention("attn", "ln1"),
    **_norm("ln1_post"),
    "resid_self": _after("ln1"),
    **_norm("ln_cross"),
    **_attention("cross_attn", "ln_cross"),
    "resid_mid": _resid_mid,
    **_norm("ln2"),
    "mlp.pre": _mlp_pre,
    "mlp.pre_linear": _mlp_in,
    "mlp.post": _mlp_post,
    "mlp.out": _mlp_out,
    **_norm("ln2_post"),
    "mlp_out": lambda at, i, c: at["ln2_post.normalized"][i, c] if "mlp.out" in at else _mlp_out(at, i, c),
    "resid_post": _after("ln2"),
    **_norm("ln_final"),
    "memory": lambda at, i, c: at.end("encoder.")[i, c],
    "head.pre": lambda at, i, c: at.plus(at.end("")[i] @ at["W_head"][:, c], "b_head", c),
    "head.post": lambda at, i, c: _activated(at, at["head.pre"][i, c]),
    **_norm("ln_head"),
    "W_U": _unembedding,
    "logits_raw": _uncapped,
    "logits": _logits,
    "probs": lambda at, i, word: at["logits"][i].softmax()[word],
}
