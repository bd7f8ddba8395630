"""Why scores are divided by √d_head: how far sums of products stray, and what softmax makes of large numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model.numbers.origins import CHOSEN, Normal, Setting
from model.numbers.tensor import Tensor, concatenate, stack
from model.numbers.trace import Trace

SIZES = tuple(2**k for k in range(11))  # the numbers of entries that random queries and keys are given: 1 … 1024
PAIRS = 256  # random queries, and as many keys
POINTS = 61  # of a curve over factors


@dataclass(frozen=True)
class RandomPairs:
    """PAIRS random queries and keys: every entry on its own, with mean 0 and spread 1 (Vaswani et al. 2017, note 4)."""

    seed: int

    @cached_property
    def vectors(self) -> Tensor:
        """Queries, then keys [2, pair, entry]."""
        shape = (2, PAIRS, SIZES[-1])
        name = f"random q and k, seed {self.seed}"
        return Tensor.given(normal(self.seed, shape), name, ("which", "pair", "entry"), Normal(self.seed))

    def scores(self, d: int) -> Tensor:
        """q · k of every pair, of its first d entries [pair]."""
        both = self.vectors[:, :, :d]
        return (both[0] * both[1]).sum(1)

    @cached_property
    def spreads(self) -> Tensor:
        """The spread of the scores for each of SIZES [size]."""
        return stack([spread(self.scores(d)) for d in SIZES], "size")


def normal(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of the standard normal distribution, as `Normal` says."""
    u, v = np.random.default_rng(seed).random((2, math.prod(shape)))
    return np.asarray((np.sqrt(-2 * np.log1p(-u)) * np.cos(2 * math.pi * v)).reshape(shape))


def spread(numbers: Tensor) -> Tensor:
    """Their standard deviation √(mean (x − mean)²), of all numbers [n]."""
    return (numbers - numbers.mean(0)).square().mean(0).sqrt()


def root(trace: Trace) -> Tensor:
    """√d_head, by which the model divides its scores."""
    return Tensor.given(trace.config.d_head, "d_head", origin=Setting("d_head")).sqrt()


def spreads(trace: Trace) -> Tensor:
    """The spread of q · k in every head, over all pairs in which the query may look at the key
    [head, those of layer 0 first]."""
    config = trace.config
    heads = [(layer, head) for layer in range(config.n_layers) for head in range(config.n_heads)]
    return stack([spread(allowed(trace, *pair)) for pair in heads], "head")


def allowed(trace: Trace, layer: int, head: int) -> Tensor:
    """The raw scores of a head that are not masked [pair]."""
    raw = trace[f"blocks.{layer}.attn.scores_raw"][head]
    return concatenate([raw[i, : i + 1] if trace.config.causal else raw[i] for i in range(len(raw))], 0)


def jacobian(weights: Tensor) -> Tensor:
    """How softmax turns with what it reads: ∂p_i/∂s_j = p_i (δ_ij − p_j) [weight i, score j], of weights p [key]."""
    same = Tensor.given(np.eye(len(weights)), "δ", ("weight", "score"))
    return ((same - weights).T * weights).T


@dataclass(frozen=True)
class ScoreRow:
    """One query's raw scores of one head, and what softmax makes of them times a factor."""

    trace: Trace
    layer: int
    head: int
    position: int

    def _row(self, name: str) -> Tensor:
        end = self.position + 1 if self.trace.config.causal else len(self.trace)
        return self.trace[f"blocks.{self.layer}.attn.{name}"][self.head, self.position, :end]

    @cached_property
    def raw(self) -> Tensor:
        """q · k for every key that it may look at [key]."""
        return self._row("scores_raw")

    @cached_property
    def divided(self) -> Tensor:
        """The model's weights, softmax(q · k / √d_head) [key]."""
        return self._row("pattern")

    @cached_property
    def undivided(self) -> Tensor:
        """softmax(q · k) [key]."""
        return self.raw.softmax()

    @cached_property
    def moved(self) -> Tensor:
        """How much of the attention goes elsewhere without the division: ½ Σ |p − p′|, between 0 and 1."""
        return abs(self.divided - self.undivided).sum() / 2

    def along(self, last: int) -> tuple[Tensor, Tensor]:
        """Factors from 0 to `last` [place], the model's own among them, where a curve may bend; and
        softmax(factor · q · k) for each [place, key]."""
        places = np.unique([*np.linspace(0, last, POINTS), 1 / float(root(self.trace))])
        factors = Tensor.given(places[:, None], "factor", ("place", "one"), CHOSEN)
        return factors[:, 0], (factors * self.raw).softmax(-1)


def sizes(weights: Tensor) -> Tensor:
    """The largest entry of the Jacobian at each of several weights [place, key]; it is at most ¼ [place]."""
    return stack([jacobian(row).max() for row in weights], "place")


def most_changed(trace: Trace, position: int, layer: int | None = None, head: int | None = None) -> tuple[int, int]:
    """(layer, head) of the row that changes most without the division; among those of a layer or a head, if given."""
    config = trace.config
    layers = range(config.n_layers) if layer is None else [layer]
    heads = range(config.n_heads) if head is None else [head]
    rows = [ScoreRow(trace, at, which, position) for at in layers for which in heads]
    best = max(rows, key=lambda row: float(row.moved))
    return best.layer, best.head
