"""The formulas of one step of learning: how its numbers follow from those of the run (`model.learning.step`).

Backpropagation written out by hand, one line for each tensor: ∂ loss / ∂ X is `grad.X`, and follows from the gradients
of what X goes into. What has no line here (the slope of a bent activation, a turned query) the audit still compares
with differences of two runs (`model.learning.backward.Slopes`)."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import add

from model.net.config import ModelConfig
from model.numbers.formulas import Formula, Place, input_of, read_by
from model.numbers.origins import Step
from model.numbers.tensor import Tensor, stack
from model.numbers.trace import Trace

GRAD, UPDATE, AFTER = "grad.", "update.", "after."
TINY = 1e-6  # that torch adds to the norm before it divides by it


def last_rows(config: ModelConfig) -> str:
    """The recorded tensor whose rows are read out."""
    return "ln_final.normalized" if config.norm_first else f"blocks.{config.n_layers - 1}.resid_post"


def setting(trace: Trace, name: str) -> Tensor:
    """A setting of the step's optimizer: "rate", "decay", "beta1", "beta2", "epsilon" or "clip"."""
    return Tensor.given(trace.info["learning"][name], name, origin=Step(name))


def moments(trace: Trace, name: str, *index: int) -> tuple[Tensor, Tensor, Tensor]:
    """Of one weight in its first step: the clipped gradient g, its momentum (1 − β₁) g, and its scale (1 − β₂) g²."""
    g = trace[GRAD + name][index] * trace["clip"]
    return g, (1 - setting(trace, "beta1")) * g, (1 - setting(trace, "beta2")) * g.square()


def update(trace: Trace, name: str, *index: int) -> Tensor:
    """AdamW's first step for one weight: −rate · (m/(1 − β₁) / (√(v/(1 − β₂)) + ε) + decay · w)."""
    _, m, v = moments(trace, name, *index)
    even = m / (1 - setting(trace, "beta1"))
    size = (v / (1 - setting(trace, "beta2"))).sqrt() + setting(trace, "epsilon")
    w = trace[name][index]
    decays = trace[name].ndim > 1
    step = even / size + setting(trace, "decay") * w if decays else even / size
    return -(setting(trace, "rate") * step)


class Slope(Place):
    """As Place, with the gradients of what is there."""

    def g(self, name: str) -> Tensor:
        """∂ loss / ∂ a tensor of this block, else of the whole model. Raises LookupError."""
        found = next((n for n in (f"blocks.{self.layer}.{name}", name) if GRAD + n in self.trace), None)
        if found is None:
            raise LookupError(name)
        return self.trace[GRAD + found]

    @property
    def n(self) -> int:
        """How many words have a true next one."""
        return len(self.trace) - 1

    def kin(self, letter: str, h: int) -> list[int]:
        """The heads that share a key or value weight with this one."""
        size = 1 if letter == "Q" else self.config.n_heads // self.config.kv_heads
        return list(range(h - h % size, h - h % size + size))


ZERO = Tensor.given(0, "no true next word depends on it")


# ── the loss ─────────────────────────────────────────────────────────────────────────────────────
def _truth(at: Place, i: int, word: int) -> Tensor:
    ids = at["tokens"].values
    return Tensor.given(int(i + 1 < len(ids) and int(ids[i + 1]) == word), "whether this is the true next word")


def _losses(at: Place, i: int) -> Tensor:
    return -at["probs"][i, int(at["tokens"].values[i + 1])].log()


def _norm_of_all(at: Place) -> Tensor:
    names, config = at.trace.info["learning"]["weights"], at.config
    group = config.n_heads // config.kv_heads
    shared = (".W_K", ".W_V", ".b_K", ".b_V")
    grads = [at.trace[GRAD + name][:: group if name.endswith(shared) else 1] for name in names]
    return reduce(add, (grad.square().sum() for grad in grads)).sqrt()


def _clip(at: Place) -> Tensor:
    norm, most = at.trace["grad_norm"], setting(at.trace, "clip")
    if float(norm) + TINY <= float(most):
        return Tensor.given(1, "the gradient is short enough")
    return most / norm


# ── backwards, from the end to the beginning ─────────────────────────────────────────────────────
def _logits(at: Slope, i: int, word: int) -> Tensor:
    """Softmax and −log together: p − 1 for the true next word, p for all others, shared out over the words."""
    return (at["probs"][i, word] - at["truth"][i, word]) / at.n if i < at.n else ZERO


def _W_E(at: Slope, word: int, c: int) -> Tensor:
    places = [i for i, one in enumerate(at["tokens"].values) if int(one) == word]
    read = at.g("embed")[places, c].sum(0) if places else ZERO
    if at.config.embed_scale:
        read = read * Tensor.given(at.config.d_model, "d_model").sqrt()
    return read + at.g("W_U")[c, word] if at.config.tied else read


def _into_first(at: Slope, i: int, c: int) -> Tensor:
    if at.config.embed_norm:
        raise LookupError("ln_embed")
    return at.g("blocks.0.resid_pre")[i, c]


def _through(norm: str) -> Callable[[Slope, int], Tensor]:
    """What a normalisation passes back to the row that it reads: (w g − mean(w g) − x̂ mean(w g x̂)) / scale [d_model]
    with the normalised row x̂; RMS norm has no mean to subtract."""

    def back(at: Slope, i: int) -> Tensor:
        scale = at[f"{norm}.scale"][i]
        unit = _centred(at, norm, i) / scale
        g = at.g(f"{norm}.normalized")[i] * at[f"{norm}.w"]
        rest = g - unit * (g * unit).mean(0)
        return (rest if at.config.norm == "rms" else rest - g.mean(0)) / scale

    return back


def _centred(at: Slope, norm: str, i: int) -> Tensor:
    x = input_of(at, norm, i)
    return x if at.config.norm == "rms" else x - at[f"{norm}.mean"][i]


def _pre_norm(at: Slope) -> None:
    if not at.config.norm_first:
        raise LookupError("post-norm")


def _stream(after: str, norm: str) -> Formula:
    """The stream before a part of the block: what comes back past it, and what comes back through it."""

    def before(at: Slope, i: int, c: int) -> Tensor:
        _pre_norm(at)
        return at.g(after)[i, c] + _through(norm)(at, i)[c]

    return before


def _resid_post(at: Slope, i: int, c: int) -> Tensor:
    _pre_norm(at)
    if at.layer + 1 < at.config.n_layers:
        return at.g(f"blocks.{at.layer + 1}.resid_pre")[i, c]
    return _through("ln_final")(at, i)[c]


def _written(after: str) -> Formula:
    def formula(at: Slope, i: int, c: int) -> Tensor:
        _pre_norm(at)
        return at.g(after)[i, c]

    return formula


def _gain(norm: str) -> Formula:
    def w(at: Slope, c: int) -> Tensor:
        rows = [_centred(at, norm, i)[c] / at[f"{norm}.scale"][i] for i in range(len(at.trace))]
        return stack(rows, "position") @ at.g(f"{norm}.normalized")[:, c]

    return w


def _shift(name: str) -> Formula:
    return lambda at, c: at.g(name)[:, c].sum(0)


def _projection(letter: str) -> Formula:
    def W(at: Slope, h: int, a: int, b: int) -> Tensor:
        x, name = read_by(at, "ln1")[:, a], f"attn.{letter.lower()}"
        return reduce(add, (x @ at.g(name)[k, :, b] for k in at.kin(letter, h)))

    return W


def _projection_bias(letter: str) -> Formula:
    return lambda at, h, b: reduce(add, (at.g(f"attn.{letter.lower()}")[k, :, b].sum(0) for k in at.kin(letter, h)))


def _read_by_attention(at: Slope, i: int, c: int) -> Tensor:
    _pre_norm(at)
    heads = range(at.config.n_heads)
    back = [at.g(f"attn.{n.lower()}")[h, i] @ at[f"attn.W_{n}"][h, c] for n in "QKV" for h in heads]
    return stack(back, "term").sum(0)


def _read_by_mlp(at: Slope, i: int, c: int) -> Tensor:
    _pre_norm(at)
    if at.config.activation == "swiglu":
        gate = at.g("mlp.pre")[i] @ at["mlp.W_gate"][c]
        return at.g("mlp.pre_linear")[i] @ at["mlp.W_in"][c] + gate
    return at.g("mlp.pre")[i] @ at["mlp.W_in"][c]


def _W_in(at: Slope, a: int, b: int) -> Tensor:
    name = "mlp.pre_linear" if at.config.activation == "swiglu" else "mlp.pre"
    return read_by(at, "ln2")[:, a] @ at.g(name)[:, b]


def _b_in(at: Slope, b: int) -> Tensor:
    return at.g("mlp.pre_linear" if at.config.activation == "swiglu" else "mlp.pre")[:, b].sum(0)


def _scores_masked(at: Slope, h: int, i: int, j: int) -> Tensor:
    """Through the softmax: a (g − Σ a g)."""
    a, g = at["attn.pattern"][h, i], at.g("attn.pattern")[h, i]
    return a[j] * (g[j] - a @ g)


def _met(letter: str) -> Formula:
    """A query gets the keys that it met, weighted; a key the queries. (Turned ones: before they are turned back.)"""

    def formula(at: Slope, h: int, i: int, c: int) -> Tensor:
        turned = "rot_" if "attn.rot_q" in at else ""
        if letter in "qk" and turned:
            raise LookupError("turned")
        g = at.g("attn.scores_raw")[h]
        if letter.endswith("q"):
            return g[i] @ at[f"attn.{turned}k"][h, :, c]
        return g[:, i] @ at[f"attn.{turned}q"][h, :, c]

    return formula


SLOPES: dict[str, Formula] = {
    "probs": lambda at, i, w: -(at["truth"][i, w] / at["probs"][i, w]) / at.n if i < at.n else ZERO,
    "logits": _logits,
    "W_U": lambda at, c, word: at.end("")[:, c] @ at.g("logits")[:, word],
    "ln_final.normalized": lambda at, i, c: at.g("logits")[i] @ at["W_U"][c],
    **{f"{norm}.w": _gain(norm) for norm in ("ln1", "ln2", "ln_final")},
    **{f"{norm}.b": _shift(f"{norm}.normalized") for norm in ("ln1", "ln2", "ln_final")},
    "resid_post": _resid_post,
    "mlp_out": _written("resid_post"),
    "mlp.b_out": _shift("mlp_out"),
    "mlp.W_out": lambda at, a, c: at["mlp.post"][:, a] @ at.g("mlp_out")[:, c],
    "mlp.post": lambda at, i, a: at.g("mlp_out")[i] @ at["mlp.W_out"][a],
    "mlp.W_in": _W_in,
    "mlp.W_gate": lambda at, a, b: read_by(at, "ln2")[:, a] @ at.g("mlp.pre")[:, b],
    "mlp.b_in": _b_in,
    "ln2.normalized": _read_by_mlp,
    "resid_mid": _stream("resid_post", "ln2"),
    "attn_out": _written("resid_mid"),
    "attn.b_O": _shift("attn_out"),
    "attn.result": lambda at, h, i, c: at.g("attn_out")[i, c],
    "attn.W_O": lambda at, h, a, c: at["attn.z"][h, :, a] @ at.g("attn.result")[h, :, c],
    "attn.z": lambda at, h, i, a: at.g("attn.result")[h, i] @ at["attn.W_O"][h, a],
    "attn.pattern": lambda at, h, i, j: at.g("attn.z")[h, i] @ at["attn.v"][h, j],
    "attn.v": lambda at, h, j, a: at["attn.pattern"][h, :, j] @ at.g("attn.z")[h, :, a],
    "attn.scores_masked": _scores_masked,
    "attn.scores": lambda at, h, i, j: at.g("attn.scores_masked")[h, i, j],
    "attn.scores_raw": lambda at, h, i, j: (
        at.g("attn.scores")[h, i, j] / Tensor.given(at.config.d_head, "d_head").sqrt()
    ),
    **{f"attn.{letter}": _met(letter) for letter in ("q", "k", "rot_q", "rot_k")},
    **{f"attn.W_{letter}": _projection(letter) for letter in "QKV"},
    **{f"attn.b_{letter}": _projection_bias(letter) for letter in "QKV"},
    "ln1.normalized": _read_by_attention,
    "resid_pre": _stream("resid_mid", "ln1"),
    "embed": _into_first,
    "pos_embed": _into_first,
    "W_pos": lambda at, i, c: at.g("pos_embed")[i, c] if i < len(at.trace) else ZERO,
    "W_E": _W_E,
}
LOSSES: dict[str, Formula] = {
    "truth": _truth,
    "losses": _losses,
    "loss": lambda at: at["losses"].mean(0),
    "grad_norm": _norm_of_all,
    "clip": _clip,
}


def formula_of(trace: Trace, name: str, part: str, layer: int) -> tuple[Formula, Place] | None:
    """The formula of a number of a step of learning, and where it is; None for those of a run.

    part, layer: of the name, without what stands before it."""
    weights = trace.info.get("learning", {}).get("weights", ())
    if name.startswith(GRAD):
        return (SLOPES[part], Slope(trace, "", layer)) if part in SLOPES else None
    if name.startswith(UPDATE):
        return (lambda at, *index: update(trace, name.removeprefix(UPDATE), *index)), Place(trace, "", 0)
    bare = name.removeprefix(AFTER)
    if name.startswith(AFTER) and bare in weights:
        return (lambda at, *i: trace[bare][i] + trace[UPDATE + bare][i]), Place(trace, "", 0)
    if part in LOSSES:
        return LOSSES[part], Place(trace, AFTER if name.startswith(AFTER) else "", 0)
    return None


__all__ = ["SLOPES", "formula_of", "last_rows", "moments", "setting", "update"]
