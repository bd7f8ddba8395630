"""Attention sinks: how much of all attention rests on the first token, and what the rest of it looks like.

Xiao et al. 2023, “Efficient Streaming Language Models with Attention Sinks”: heads that find nothing give their weight
to the first token, which all can see."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model.numbers.tensor import Tensor, stack
from model.numbers.trace import Trace

LEAST = 4  # tokens, below which there is little else to look at
HALF, OVER_CHANCE = 0.5, 1.5  # a sink has half of all attention, and half as much again as equal weights would give it


@dataclass(frozen=True)
class Sink:
    """The first token of a run, as what all heads of all layers look at."""

    trace: Trace

    @cached_property
    def share(self) -> Tensor:
        """The mean weight on the first token, over all heads of all layers and all queries but its own."""
        return stack([self._pattern(layer)[:, 1:, 0].mean(1).mean(0) for layer in self._layers], "layer").mean(0)

    @property
    def chance(self) -> float:
        """What equal weights on all that a query sees would give it."""
        return float(np.mean([1 / (query + 1) for query in range(1, len(self.trace))]))

    @property
    def there(self) -> bool:
        """Whether attention rests on it: half of it, and half as much again as equal weights would give."""
        if not self.trace.config.causal or len(self.trace) < LEAST:
            return False
        return float(self.share) >= max(HALF, OVER_CHANCE * self.chance)

    @cached_property
    def lengths(self) -> tuple[Tensor, Tensor]:
        """How long its values are, √Σ x², and how long the other tokens’, on average over all heads of all layers."""
        values = [self.trace[f"blocks.{layer}.attn.v"].square().sum(-1).sqrt() for layer in self._layers]
        first = stack([value[:, 0].mean(0) for value in values], "layer").mean(0)
        return first, stack([value[:, 1:].mean(1).mean(0) for value in values], "layer").mean(0)

    def rest(self, layer: int) -> Tensor:
        """The weights on all other tokens, made to add up to 1 again. [head, query − 1, key − 1]

        As the softmax of the scores that are left, which needs no division by what may be next to nothing."""
        return self.trace[f"blocks.{layer}.attn.scores_masked"][:, 1:, 1:].softmax(-1)

    def factor(self, layer: int, head: int, query: int) -> Tensor:
        """By how much that makes the other weights of a query larger: 1 / (1 − weight on the first token)."""
        return 1 / (1 - self._pattern(layer)[head, query, 0])

    def typical(self, query: int) -> tuple[int, int]:
        """The (layer, head) that gives the first token, from this query, most nearly what all give it on average."""
        given = np.stack([self._pattern(layer).values[:, query, 0] for layer in self._layers])
        layer, head = np.unravel_index(np.argmin(abs(given - float(self.share))), given.shape)
        return int(layer), int(head)

    @property
    def _layers(self) -> range:
        return range(self.trace.config.n_layers)

    def _pattern(self, layer: int) -> Tensor:
        return self.trace[f"blocks.{layer}.attn.pattern"]
