"""What a forward pass costs: the multiply-adds of its matrix products, and the numbers that a KV cache keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model.net.config import ModelConfig
from model.numbers.origins import Setting
from model.numbers.tensor import Tensor, stack

PARTS = ("q, k, v, output", "scores, sums", "MLP", "unembedding")


@dataclass(frozen=True)
class Work:
    """The multiply-adds of a decoder, counted from its configuration: one for each entry of each product of matrices.

    Every token that is read costs `for_token`, and `for_key` more for each key that its query meets. As the model runs:
    with all queries meeting all keys of the pass (the mask comes after), and with logits for every token."""

    config: ModelConfig

    def of(self, field: str) -> Tensor:
        """A setting of the model as a number."""
        return Tensor.given(getattr(self.config, field), field, origin=Setting(field))

    @cached_property
    def projections(self) -> Tensor:
        """x · W_Q, W_K, W_V and z · W_O of all layers: those of keys and values only for the heads that have their
        own."""
        heads = self.of("n_heads") + self.of("kv_heads")
        return 2 * self.of("n_layers") * self.of("d_model") * self.of("d_head") * heads

    @cached_property
    def for_key(self) -> Tensor:
        """q · k and weight · v of all heads of all layers."""
        return 2 * self.of("n_layers") * self.of("n_heads") * self.of("d_head")

    @cached_property
    def mlp(self) -> Tensor:
        """W_in and W_out, and the gate where there is one."""
        matrices = 3 if self.config.gated else 2
        return matrices * self.of("n_layers") * self.of("d_model") * self.of("d_mlp")

    @cached_property
    def unembedding(self) -> Tensor:
        return self.of("d_model") * self.of("vocab_size")

    @cached_property
    def for_token(self) -> Tensor:
        return self.projections + self.mlp + self.unembedding

    def parts(self, keys: int) -> Tensor:
        """What one token costs whose queries meet so many keys, by PARTS. [part]"""
        return stack([self.projections, keys * self.for_key, self.mlp, self.unembedding], "part")

    def grid(self, passes: Sequence[tuple[int, int]]) -> Tensor:
        """What each token costs in each pass, 0 where it is not read. [turn, position]

        passes: (start, end) of the tokens that each reads; they meet all keys before `end`."""
        read = np.zeros((len(passes), max(end for _, end in passes)))
        for turn, (start, end) in enumerate(passes):
            read[turn, start:end] = 1
        ends = np.array([[end] for _, end in passes])
        axes = ("turn", "position")
        tokens, keys = (Tensor.given(t, n, axes) for t, n in ((read, "tokens read"), (read * ends, "keys met")))
        return tokens * self.for_token + keys * self.for_key

    @cached_property
    def kept(self) -> Tensor:
        """How many numbers a cache keeps of each token: a key and a value of every layer and key/value head."""
        return 2 * self.of("n_layers") * self.of("kv_heads") * self.of("d_head")


def afresh(first: int, turns: int) -> list[tuple[int, int]]:
    """The passes of a loop that reads the whole text each turn, which begins with so many tokens."""
    return [(0, first + turn) for turn in range(turns)]


def kept(first: int, turns: int) -> list[tuple[int, int]]:
    """The passes of a loop that reads each token once."""
    return [(0 if turn == 0 else first + turn - 1, first + turn) for turn in range(turns)]


__all__ = ["PARTS", "Work", "afresh", "kept"]
