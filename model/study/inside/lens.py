"""From the last row to a word: logits, what each block would say already, and what a text costs the model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from model.numbers.origins import Setting
from model.numbers.tensor import Tensor, stack
from model.numbers.trace import Trace
from model.study.inside.stream import Stream


@dataclass(frozen=True)
class LogitLens:
    """What the model would say after a position if it stopped at each stop of the stream: last norm and W_U at once.

    The logit lens (nostalgebraist 2020). At the last stop it is what the model says."""

    trace: Trace
    position: int

    @cached_property
    def stops(self) -> list[str]:
        """The recorded tensors of the stream, one for each row of `probs`."""
        return Stream(self.trace, self.position).stops

    def row(self, name: str) -> Tensor:
        """A row of the stream behind the last norm [d_model]."""
        x, eps = (
            self.trace[name][self.position],
            Tensor.given(self.trace.config.norm_eps, "ε", origin=Setting("norm_eps")),
        )
        w = self.trace["ln_final.w"]
        if "ln_final.b" not in self.trace:
            return x / (x.square().mean(0) + eps).sqrt() * w
        centred = x - x.mean(0)
        return centred / (centred.square().mean(0) + eps).sqrt() * w + self.trace["ln_final.b"]

    @cached_property
    def probs(self) -> Tensor:
        """[stop, vocab]; each row sums to 1."""
        return (stack([self.row(name) for name in self.stops], "stop") @ self.trace["W_U"]).softmax()

    def ranks(self, word: int) -> list[int]:
        """At each stop, how many words are as likely as this one or likelier (1: it comes first)."""
        return [int((row >= row[word]).sum()) for row in self.probs.values]


def surprises(trace: Trace) -> Tensor:
    """−log p, in nats, of each word of the text after the words before it; of the first there is none. [position]"""
    probs = [trace["probs"][k, trace.ids[k + 1]] for k in range(len(trace) - 1)]
    return -stack(probs, "position").log()


def loss(trace: Trace) -> Tensor:
    """Their mean: the cross entropy of the text, in nats a word."""
    return surprises(trace).mean(0)


def shown(row: Tensor, count: int, *more: int) -> list[int]:
    """The `count` largest of a row, largest first, and these others behind them if they are not among them."""
    order = [int(k) for k in np.argsort(-row.values, kind="stable")[:count]]
    return order + [k for k in dict.fromkeys(more) if k not in order]


def next_word(trace: Trace, temperature: float = 1.0, **cut: Any) -> Tensor:
    """The next word's distribution at a temperature, cut by `top_k` or `top_p`: `model.runs.sampling.distribution`."""
    from model.runs.sampling import distribution

    return distribution(trace, temperature, **cut)
