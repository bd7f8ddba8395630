"""The residual stream, followed through the depth of a model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from model.errors import UsageError
from model.numbers.tensor import Tensor, stack
from model.numbers.trace import Trace
from model.study.space import cosine

NORMALIZED = "ln_final.normalized"


def journey(trace: Trace, position: int = -1) -> Tensor:
    """One position's row as it goes in, after every block, and normalised where the model does so. [depth, d_model]"""
    names = ["blocks.0.resid_pre", *[f"blocks.{layer}.resid_post" for layer in range(trace.config.n_layers)]]
    if NORMALIZED in trace:
        names.append(NORMALIZED)
    return stack([trace[name][position] for name in names], "depth")


@dataclass(frozen=True)
class Stream:
    """One position's row on its way through a pre-norm model: what is written into it, and what it is after that.

    A write is the word's row, its position's where the model adds one, and what each block's attention and MLP add;
    the row after the last write is their sum. Raises UsageError for a model whose blocks norm the stream itself."""

    trace: Trace
    position: int

    def __post_init__(self) -> None:
        if not self.trace.config.norm_first:
            raise UsageError("this model norms the stream after every block, so that what is written does not add up")

    @cached_property
    def names(self) -> list[str]:
        """The recorded tensors that are written, in their order."""
        blocks = range(self.trace.config.n_layers)
        start = [name for name in ("embed", "pos_embed", "segment_embed") if name in self.trace]
        return start + [f"blocks.{layer}.{part}" for layer in blocks for part in ("attn_out", "mlp_out")]

    @cached_property
    def writes(self) -> Tensor:
        """[write, d_model]"""
        return stack([self.trace[name][self.position] for name in self.names], "write")

    @cached_property
    def stops(self) -> list[str]:
        """The recorded tensors of the stream: as it enters, after each block's attention, after its MLP."""
        blocks = range(self.trace.config.n_layers)
        return ["blocks.0.resid_pre", *[f"blocks.{b}.{part}" for b in blocks for part in ("resid_mid", "resid_post")]]

    @cached_property
    def rows(self) -> Tensor:
        """The row at each stop [stop, d_model]."""
        return stack([self.trace[name][self.position] for name in self.stops], "stop")

    @cached_property
    def turning(self) -> Tensor:
        """The cosine of the row at each stop with the last one. [stop]"""
        return cosine(self.rows, self.rows[-1])

    @cached_property
    def shares(self) -> Tensor:
        """How much of the last row each write makes up, write · last / last · last; they add up to 1. [write]

        The projection on the last row, as in the decomposition of the residual stream by Elhage et al. 2021."""
        last = self.rows[-1]
        return (self.writes @ last) / last.square().sum(0)


def lengths(trace: Trace) -> Tensor:
    """How long every position's row is at each stop, √Σ x². [stop, position]"""
    names = Stream(trace, 0).stops
    return stack([trace[name].square().sum(-1).sqrt() for name in names], "stop")


def layer_normed(row: Tensor) -> Tensor:
    """(x − mean) / √(variance), without w, b and ε (Ba et al. 2016). [n] → [n]"""
    centred = row - row.mean(0)
    return centred / centred.square().mean(0).sqrt()


def rms_normed(row: Tensor) -> Tensor:
    """x / √(mean of squares), without w and ε (Zhang & Sennrich 2019). [n] → [n]"""
    return row / row.square().mean(0).sqrt()


@dataclass(frozen=True)
class Norm:
    """One row before a norm, and what each operation of the norm makes of it.

    name: of the norm in the trace ("blocks.3.ln1"). LayerNorm: (x − mean) / √(variance + ε) · w + b (Ba et al. 2016).
    RMSNorm: x / √(mean of squares + ε) · w (Zhang & Sennrich 2019)."""

    trace: Trace
    name: str
    before: Tensor  # [d_model]
    position: int

    @cached_property
    def mean(self) -> Tensor | None:
        """None where the model uses RMSNorm."""
        name = f"{self.name}.mean"
        return self.trace[name][self.position] if name in self.trace else None

    @cached_property
    def scale(self) -> Tensor:
        """What the row is divided by."""
        return self.trace[f"{self.name}.scale"][self.position]

    @cached_property
    def w(self) -> Tensor:
        return self.trace[f"{self.name}.w"]

    @cached_property
    def b(self) -> Tensor | None:
        name = f"{self.name}.b"
        return self.trace[name] if name in self.trace else None

    @cached_property
    def centred(self) -> Tensor:
        """x − mean; x itself where no mean is subtracted."""
        return self.before if self.mean is None else self.before - self.mean

    @cached_property
    def divided(self) -> Tensor:
        return self.centred / self.scale

    @cached_property
    def after(self) -> Tensor:
        """The row as it was recorded behind the norm."""
        return self.trace[f"{self.name}.normalized"][self.position]
