"""How a recorded number was made: the one formula that leads to it from the tensors recorded before it.

`made_of(trace, "blocks.3.attn.scores_raw", (6, 4, 2))` is a Tensor of one number whose expression is the sum of d_head
products q₄ · k₂, so that it can be told in words (`source()`) and computed again. The formulas are those of `layers.py`; a run
that was changed on the way (a head switched off, positions left out) departs from them, and there is no answer where it does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable

import numpy as np

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.numbers.tree import Recorded
from model.numbers.words import origin

PART = re.compile(r"(?P<stack>(?:.*\.)?)blocks\.(?P<layer>\d+)\.(?P<name>.+)")


def made_of(trace: Trace, name: str, index: tuple[int, ...]) -> Tensor | None:
    """The number at `index` of a recorded tensor as it was computed; None for weights, and where the run departs from the formulas."""
    if name not in trace:
        return None
    found = PART.fullmatch(name)
    place = Place(trace, *(found["stack"], int(found["layer"])) if found else ("", 0))
    formula = FORMULAS.get(found["name"] if found else name)
    try:
        made = formula(place, *index) if formula else None
    except LookupError:  # of another kind of model
        return None
    if made is None or (name.endswith("pos_embed") and trace.info.get("positions") is False):
        return None
    recorded = float(trace[name].values[index])
    return made if np.isclose(float(made), recorded, rtol=1e-4, atol=1e-5) else None


def making(tensor: Tensor, index: tuple[int, ...], traces: Iterable[Trace]) -> str | None:
    """In words, how the recorded number at `index` of a tensor was made; None for what is no recorded number, or was not made so."""
    leaf, index = origin(tensor.expression, index)
    if not isinstance(leaf, Recorded):
        return None
    trace = next((t for t in traces if isinstance(t, Trace) and t.run_id == leaf.run), None)
    made = None if trace is None else made_of(trace, leaf.name, leaf.take(index).index)
    return None if made is None else made.source()


class Place:
    """Where in the model a tensor is: the tensors of its block, by their short names."""

    def __init__(self, trace: Trace, stack: str, layer: int):
        self.trace, self.config, self.layer, self.stack = trace, trace.config, layer, stack
        self.block = f"{stack}blocks.{layer}."

    def __getitem__(self, name: str) -> Tensor:
        """A tensor of this block, else of its stack, else of the whole model. Raises LookupError."""
        for at in (self.block, self.stack, ""):
            if at + name in self.trace:
                return self.trace[at + name]
        raise LookupError(name)

    def __contains__(self, name: str) -> bool:
        return any(at + name in self.trace for at in (self.block, self.stack, ""))

    def plus(self, product: Tensor, bias: str, *index: int) -> Tensor:
        """With the bias, where the model has one."""
        return product + self[bias][index] if bias in self else product

    def last(self) -> str:
        """The stream as the last block leaves it."""
        return f"{self.stack}blocks.{self.config.n_layers - 1}.resid_post"


# ── into the stream, and out of it ───────────────────────────────────────────────────────────────
def _embed(at: Place, i: int, c: int) -> Tensor:
    row = at["W_E"][at.trace.ids[i], c]
    return row * Tensor.given(at.config.d_model, "d_model").sqrt() if at.config.embed_scale else row


def _resid_pre(at: Place, i: int, c: int) -> Tensor | None:
    if at.layer:
        return at[f"{at.stack}blocks.{at.layer - 1}.resid_post"][i, c]
    if at.config.embed_norm or "pos_embed" not in at:
        return None if at.config.embed_norm else at["embed"][i, c]
    return at["embed"][i, c] + at["pos_embed"][i, c]


def _logits(at: Place, i: int, word: int) -> Tensor:
    last = "ln_final.normalized" if at.config.norm_first else at.last()
    return at[last][i] @ at["W_U"][:, word]


# ── normalisation ────────────────────────────────────────────────────────────────────────────────
def _input_of(at: Place, norm: str, i: int) -> Tensor:
    """The row that a normalisation reads."""
    if norm == "ln_final":
        return at[at.last()][i]
    before, change = {"ln1": ("resid_pre", "attn_out"), "ln2": ("resid_mid", "mlp_out")}[norm]
    return at[before][i] if at.config.norm_first else at[before][i] + at[change][i]


def _mean(norm: str) -> Callable:
    return lambda at, i: _input_of(at, norm, i).mean(0)


def _scale(norm: str) -> Callable:
    def scale(at: Place, i: int) -> Tensor:
        x = _input_of(at, norm, i)
        x = x if at.config.norm == "rms" else x - at[f"{norm}.mean"][i]
        return (x.square().mean(0) + Tensor.given(at.config.norm_eps, "ε")).sqrt()

    return scale


def _normalized(norm: str) -> Callable:
    def normalized(at: Place, i: int, c: int) -> Tensor:
        x, scale = _input_of(at, norm, i)[c], at[f"{norm}.scale"][i]
        if at.config.norm == "rms":
            return x / scale * at[f"{norm}.w"][c]
        return (x - at[f"{norm}.mean"][i]) / scale * at[f"{norm}.w"][c] + at[f"{norm}.b"][c]

    return normalized


# ── attention ────────────────────────────────────────────────────────────────────────────────────
def _projected(letter: str) -> Callable:
    def projected(at: Place, h: int, i: int, c: int) -> Tensor:
        x = at["ln1.normalized" if at.config.norm_first else "resid_pre"][i]
        return at.plus(x @ at[f"attn.W_{letter}"][h, :, c], f"attn.b_{letter}", h, c)

    return projected


def _turned(letter: str) -> Callable:
    """Entry c of a query or key turned by the angle of its position: its pair is the entry d_head/2 away."""

    def turned(at: Place, h: int, i: int, c: int) -> Tensor:
        row, half = at[f"attn.{letter}"][h, i], at.config.d_head // 2
        angle = at["rotary_angles"][i, c % half]
        if c < half:
            return row[c] * angle.cos() - row[c + half] * angle.sin()
        return row[c - half] * angle.sin() + row[c] * angle.cos()

    return turned


def _scores_raw(at: Place, h: int, i: int, j: int) -> Tensor:
    turned = "rot_" if "attn.rot_q" in at else ""
    return at[f"attn.{turned}q"][h, i] @ at[f"attn.{turned}k"][h, j]


def _masked(at: Place, h: int, i: int, j: int) -> Tensor:
    return Tensor.given(-math.inf, "masked: a later word") if at.config.causal and j > i else at["attn.scores"][h, i, j]


def _attn_out(at: Place, i: int, c: int) -> Tensor:
    return at.plus(at["attn.result"][:, i, c].sum(0), "attn.b_O", c)


# ── MLP ──────────────────────────────────────────────────────────────────────────────────────────
def _mlp(weights: str, bias: str | None) -> Callable:
    def pre(at: Place, i: int, c: int) -> Tensor:
        x = at["ln2.normalized" if at.config.norm_first else "resid_mid"][i]
        product = x @ at[f"mlp.{weights}"][:, c]
        return at.plus(product, bias, c) if bias else product

    return pre


def _mlp_pre(at: Place, i: int, c: int) -> Tensor:
    return (_mlp("W_gate", None) if at.config.activation == "swiglu" else _mlp("W_in", "mlp.b_in"))(at, i, c)


def _mlp_post(at: Place, i: int, c: int) -> Tensor | None:
    x = at["mlp.pre"][i, c]
    if at.config.activation == "swiglu":
        return x / (1 + (-x).exp()) * at["mlp.pre_linear"][i, c]
    if at.config.activation == "relu":
        return (x + abs(x)) / 2
    return None  # GELU: no operation of a Tensor


def _after(part: str, norm: str) -> Callable:
    """The stream after attention or MLP: the sum, or (post-norm) the sum normalised."""
    before, change = {"resid_mid": ("resid_pre", "attn_out"), "resid_post": ("resid_mid", "mlp_out")}[part]

    def after(at: Place, i: int, c: int) -> Tensor:
        return at[before][i, c] + at[change][i, c] if at.config.norm_first else at[f"{norm}.normalized"][i, c]

    return after


FORMULAS: dict[str, Callable] = {
    "embed": _embed,
    "pos_embed": lambda at, i, c: at["W_pos"][i, c],
    "resid_pre": _resid_pre,
    **{f"{norm}.mean": _mean(norm) for norm in ("ln1", "ln2", "ln_final")},
    **{f"{norm}.scale": _scale(norm) for norm in ("ln1", "ln2", "ln_final")},
    **{f"{norm}.normalized": _normalized(norm) for norm in ("ln1", "ln2", "ln_final")},
    **{f"attn.{letter.lower()}": _projected(letter) for letter in "QKV"},
    "attn.rot_q": _turned("q"),
    "attn.rot_k": _turned("k"),
    "attn.scores_raw": _scores_raw,
    "attn.scores": lambda at, h, i, j: at["attn.scores_raw"][h, i, j] / Tensor.given(at.config.d_head, "d_head").sqrt(),
    "attn.scores_masked": _masked,
    "attn.pattern": lambda at, h, i, j: at["attn.scores_masked"][h, i].softmax()[j],
    "attn.z": lambda at, h, i, c: at["attn.pattern"][h, i] @ at["attn.v"][h, :, c],
    "attn.result": lambda at, h, i, c: at["attn.z"][h, i] @ at["attn.W_O"][h, :, c],
    "attn_out": _attn_out,
    "resid_mid": _after("resid_mid", "ln1"),
    "mlp.pre": _mlp_pre,
    "mlp.pre_linear": _mlp("W_in", "mlp.b_in"),
    "mlp.post": _mlp_post,
    "mlp_out": lambda at, i, c: at.plus(at["mlp.post"][i] @ at["mlp.W_out"][:, c], "mlp.b_out", c),
    "resid_post": _after("resid_post", "ln2"),
    "logits": _logits,
    "probs": lambda at, i, word: at["logits"][i].softmax()[word],
}
