"""A head with rotary positions (Su et al. 2021): one query, the key before it, and how pairs of entries turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.numbers.tensor import Tensor, stack
from model.numbers.trace import Trace
from model.study.positions import product_by_distance, turn, turning


def hand(vector: Tensor, pair: int) -> Tensor:
    """Entries i and i + d_head/2: the two numbers that turn together. [d_head] → [2]"""
    return stack([vector[pair], vector[pair + len(vector) // 2]], "entry")


@dataclass(frozen=True, eq=False)
class RotaryHead:
    """A query of a head, and the key of the word before it; `looks_back`: the head's mean weight on the word before."""

    trace: Trace
    layer: int
    head: int
    query: int
    looks_back: Tensor

    @classmethod
    def choose(
        cls, trace: Trace, layer: int | None = None, head: int | None = None, query: int | None = None
    ) -> RotaryHead:
        """Of those asked for, the head that looks most at the word before, on average, and its query that does so most.

        The trace must have three positions; a query 0 has no word before it, so 1 is taken."""
        n = len(trace)
        weights = np.array([trace.array(f"blocks.{each}.attn.pattern") for each in range(trace.config.n_layers)])
        before = weights[:, :, np.arange(2, n), np.arange(1, n - 1)]  # [layer, head, query from 2 on]
        means = before.mean(axis=2)
        for axis, asked in enumerate((layer, head)):
            if asked is not None:
                means[(slice(None),) * axis + (np.arange(means.shape[axis]) != asked,)] = -1
        layer, head = map(int, np.unravel_index(means.argmax(), means.shape))
        query = 2 + int(before[layer, head].argmax()) if query is None else query
        pattern = trace[f"blocks.{layer}.attn.pattern"][head]
        return cls(trace, layer, head, max(query, 1), stack([pattern[i, i - 1] for i in range(2, n)], "query").mean(0))

    @property
    def key(self) -> int:
        """The position before the query."""
        return self.query - 1

    def _of(self, name: str) -> Tensor:
        return self.trace[f"blocks.{self.layer}.attn.{name}"][self.head]

    @property
    def q(self) -> Tensor:
        """The query, before it is turned. [d_head]"""
        return self._of("q")[self.query]

    @property
    def k(self) -> Tensor:
        """The key, before it is turned. [d_head]"""
        return self._of("k")[self.key]

    @property
    def score(self) -> Tensor:
        """q · k, both turned, as the model has it."""
        return self._of("scores_raw")[self.query, self.key]

    @property
    def angles(self) -> Tensor:
        """How far each pair is turned at each position, in radians. [position, pair]"""
        return self.trace["rotary_angles"]

    @property
    def speed(self) -> Tensor:
        """How far each pair turns from one position to the next, in radians. [pair]"""
        return turning(self.trace)

    @property
    def pairs(self) -> list[int]:
        """Four pairs to show: the two fastest, a middle one, the slowest; all, if there are no more."""
        count = len(self.speed)
        return list(range(count)) if count <= 4 else [0, 1, count // 2, count - 1]

    def longest(self, pair: int) -> float:
        """The longer of the two hands of a pair."""
        return max(float(np.hypot(*hand(vector, pair).values)) for vector in (self.q, self.k))

    def moved_on(self, by: int) -> tuple[Tensor, Tensor]:
        """q and k, turned as if both stood so many places later. [d_head] each"""
        return turn(self.q, (self.query + by) * self.speed), turn(self.k, (self.key + by) * self.speed)

    def by_distance(self, distances: Sequence[int]) -> Tensor:
        """q · k, if the query stood so many places behind the key. [distance]"""
        return product_by_distance(self.q, self.k, self.speed, distances)


def products_by_pair(q: Tensor, k: Tensor) -> Tensor:
    """What each pair of entries adds to q · k. [d_head] × [d_head] → [pair]"""
    half = len(q) // 2
    return q[:half] * k[:half] + q[half:] * k[half:]
