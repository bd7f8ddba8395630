"""Views of a trace: what a head, a query of it, or a set of second runs hold, by the names of the formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model.numbers.tensor import Tensor, stack
from model.numbers.trace import Trace
from model.runs.ablation import moved

Pair = tuple[int, int]  # (layer, head)


@dataclass(frozen=True)
class AttentionBlock:
    """The attention of a layer, all its heads together, and the residual stream before and after it.

    Tensors of the trace as they were recorded; `trace` is of a decoder or an encoder."""

    trace: Trace
    layer: int

    @property
    def n_heads(self) -> int:
        return self.trace.config.n_heads

    def __getitem__(self, name: str) -> Tensor:
        """A recorded tensor of the layer's attention by its short name ("pattern"). UsageError if there is none."""
        return self.trace[f"blocks.{self.layer}.attn.{name}"]

    def __contains__(self, name: str) -> bool:
        return f"blocks.{self.layer}.attn.{name}" in self.trace

    def head(self, head: int) -> AttentionHead:
        return AttentionHead(self.trace, self.layer, head)

    @cached_property
    def before(self) -> Tensor:
        """The residual stream as the layer finds it [position, d_model]."""
        return self.trace[f"blocks.{self.layer}.resid_pre"]

    @cached_property
    def X(self) -> Tensor:
        """What queries, keys and values are made from: the stream, normalised where the norm comes first
        [position, d_model]."""
        return self.trace[f"blocks.{self.layer}.ln1.normalized"] if self.trace.config.norm_first else self.before

    @cached_property
    def pattern(self) -> Tensor:
        """[head, query, key]; each row sums to 1."""
        return self["pattern"]

    @cached_property
    def z(self) -> Tensor:
        """What each head gathered from the values [head, position, d_head]."""
        return self["z"]

    @cached_property
    def W_O(self) -> Tensor:
        """[head, d_head, d_model]"""
        return self["W_O"]

    @cached_property
    def b_O(self) -> Tensor | None:
        """[d_model], or None where the model has no such bias."""
        return self["b_O"] if "b_O" in self else None

    @cached_property
    def result(self) -> Tensor:
        """What each head adds: z W_O [head, position, d_model]."""
        return self["result"]

    @cached_property
    def attn_out(self) -> Tensor:
        """What is added to the stream: the sum of all heads' results, and b_O [position, d_model]."""
        return self.trace[f"blocks.{self.layer}.attn_out"]

    @cached_property
    def after(self) -> Tensor:
        """The stream with attn_out added (and normalised, where the norm comes last) [position, d_model]."""
        own = f"blocks.{self.layer}.resid_self"  # of a decoder that looks at an encoder next
        return self.trace[own if own in self.trace else f"blocks.{self.layer}.resid_mid"]


@dataclass(frozen=True)
class AttentionHead:
    """One head, from the rows that enter to what it adds: softmax(q kᵀ / √d_head, masked) v W_O.

    Heads that share one key and value (grouped-query attention) have the same W_K and W_V. Biases, where a model has
    them, are in q, k and v but not in the weights."""

    trace: Trace
    layer: int
    head: int

    @cached_property
    def block(self) -> AttentionBlock:
        """The layer's attention that the head is part of."""
        return AttentionBlock(self.trace, self.layer)

    def query(self, position: int) -> Query:
        return Query(self, position)

    @cached_property
    def X(self) -> Tensor:
        """The rows that enter [position, d_model]."""
        return self.block.X

    def _weights(self, name: str) -> Tensor:
        """The head's own matrix, or that of its group."""
        weights = self.block[name]
        return weights[self.head * weights.shape[0] // self.block.n_heads]

    @cached_property
    def W_Q(self) -> Tensor:
        """[d_model, d_head]"""
        return self._weights("W_Q")

    @cached_property
    def W_K(self) -> Tensor:
        """[d_model, d_head]"""
        return self._weights("W_K")

    @cached_property
    def W_V(self) -> Tensor:
        """[d_model, d_head]"""
        return self._weights("W_V")

    @cached_property
    def W_O(self) -> Tensor:
        """[d_head, d_model]"""
        return self._weights("W_O")

    @cached_property
    def q(self) -> Tensor:
        """[position, d_head]"""
        return self.block["q"][self.head]

    @cached_property
    def k(self) -> Tensor:
        """[position, d_head]"""
        return self.block["k"][self.head]

    @cached_property
    def v(self) -> Tensor:
        """[position, d_head]"""
        return self.block["v"][self.head]

    @property
    def rotary(self) -> bool:
        """Whether queries and keys are turned by the angles of their positions before they meet."""
        return "rot_q" in self.block

    @cached_property
    def q_met(self) -> Tensor:
        """The queries as they meet the keys [position, d_head]."""
        return self.block["rot_q"][self.head] if self.rotary else self.q

    @cached_property
    def k_met(self) -> Tensor:
        """The keys as they meet the queries [position, d_head]."""
        return self.block["rot_k"][self.head] if self.rotary else self.k

    @cached_property
    def raw(self) -> Tensor:
        """q_met · k_met [query, key]"""
        return self.block["scores_raw"][self.head]

    @cached_property
    def scores(self) -> Tensor:
        """raw / √d_head [query, key]"""
        return self.block["scores"][self.head]

    @cached_property
    def masked(self) -> Tensor:
        """The scores, −∞ where a query may not look [query, key]."""
        return self.block["scores_masked"][self.head]

    @cached_property
    def pattern(self) -> Tensor:
        """softmax(masked) [query, key]; each row sums to 1."""
        return self.block.pattern[self.head]

    @cached_property
    def z(self) -> Tensor:
        """pattern v [position, d_head]"""
        return self.block.z[self.head]

    @cached_property
    def result(self) -> Tensor:
        """z W_O [position, d_model]"""
        return self.block.result[self.head]


@dataclass(frozen=True)
class Query:
    """One query of a head: the weights that it gives, and the words that can be spoken of."""

    of: AttentionHead
    position: int

    @cached_property
    def weights(self) -> Tensor:
        """How much it attends to each key [key]; sums to 1."""
        return self.of.pattern[self.position]

    @property
    def seen(self) -> range:
        """The keys that it may look at."""
        causal = self.of.trace.config.causal
        return range(self.position + 1 if causal else len(self.of.trace))

    @cached_property
    def strongest(self) -> int:
        """The key that it attends to most."""
        return int(np.argmax(self.weights.values))

    @property
    def others(self) -> list[int]:
        """All other keys that it may look at; for a first word that sees no other, itself."""
        return [key for key in self.seen if key != self.position] or [self.position]

    @cached_property
    def other(self) -> int:
        """The other word that it attends to most; for a first word that sees no other, itself."""
        if self.others == [self.position]:
            return self.position
        others = np.arange(len(self.weights)) != self.position
        return int(np.argmax(np.where(others, self.weights.values, -1)))

    @cached_property
    def entry(self) -> int:
        """Which entry of q is largest in magnitude: the one to work out by hand."""
        return int(np.argmax(np.abs(self.of.q.values[self.position])))


@dataclass(frozen=True)
class Ablations:
    """Second runs, each with one head off, beside the run with all of them, and what changes after one position.

    without: (layer, head) that is off → the run."""

    run: Trace
    without: Mapping[Pair, Trace]
    position: int

    @property
    def heads(self) -> tuple[Pair, ...]:
        """The (layer, head) that were tried, in their order."""
        return tuple(self.without)

    @cached_property
    def effects(self) -> dict[Pair, Tensor]:
        """How much probability of the next word goes elsewhere without each: ½ Σ |p − p′|, one number each."""
        return {pair: moved(self.run, run, self.position) for pair, run in self.without.items()}

    def largest(self, among: Sequence[Pair] = ()) -> Pair:
        """The head without which most changes, of some or of all that were tried; the first of equals."""
        return max(among or self.heads, key=lambda pair: float(self.effects[pair]))

    @property
    def layers(self) -> list[int]:
        """The layers whose heads were tried."""
        return sorted({layer for layer, _ in self.without})

    def table(self) -> Tensor:
        """The effects as a matrix [layer, head], a row for each of `layers`."""
        heads = range(self.run.config.n_heads)
        return stack([stack([self.effects[layer, k] for k in heads], "head") for layer in self.layers], "layer")

    def next_word(self, pair: Pair) -> tuple[Tensor, Tensor]:
        """The probabilities of the next word with all heads, and without one [vocab] each."""
        return self.run["probs"][self.position], self.without[pair]["probs"][self.position]
