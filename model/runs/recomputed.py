"""What a run of a large model computed, without keeping all of it.

Of n blocks the stream before every √n-th is kept; what they compute is computed again from there when it is asked for
(gradient checkpointing does the same: Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"), and so are
logits and probabilities. What was asked for last stays at hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import count

import numpy as np

from model.net.config import ModelConfig
from model.recent import Recent

Arrays = dict[str, np.ndarray]
Axes = dict[str, tuple[str, ...]]

ROOM = 2**28  # bytes of all runs together that stay at hand: one of 64 tokens, of a model of 135 million parameters
END = "end"  # the part behind the last block


class Recomputed(Mapping[str, np.ndarray]):
    """The tensors of a run, by name, read-only, in the order in which they are computed.

    kept: those that stay; parts: of all, the part of the model in which they are computed again, None for those that
    stay; shapes: of those that do not; again: computes all of a part."""

    _numbers = count()

    def __init__(
        self,
        kept: Arrays,
        parts: Mapping[str, str | None],
        shapes: Mapping[str, tuple[int, ...]],
        again: Callable[[str], Arrays],
    ):
        self.kept, self.parts, self.shapes, self._again = _fixed(kept), parts, shapes, again
        self.weights: Mapping[str, np.ndarray] = {}
        self._number = next(self._numbers)

    def beside(self, weights: Mapping[str, np.ndarray]) -> Recomputed:
        """The same, with the weights of the model, which all its runs share."""
        self.weights = weights
        return self

    def __getitem__(self, name: str) -> np.ndarray:
        for there in (self.kept, self.weights):
            if name in there:
                return there[name]
        if (part := self.parts[name]) is None:
            raise KeyError(name)
        return RECENT.get((self._number, part), lambda: _fixed(self._again(part)), _bytes)[name]

    def __contains__(self, name: object) -> bool:
        return name in self.parts or name in self.weights

    def __iter__(self) -> Iterator[str]:
        yield from self.parts
        yield from self.weights

    def __len__(self) -> int:
        return len(self.parts) + len(self.weights)

    def keep(self, name: str, values: np.ndarray) -> None:
        """One more that stays."""
        self.kept |= _fixed({name: values})

    def remember(self, part: str, arrays: Arrays) -> None:
        """What has been computed of a part already."""
        RECENT.put((self._number, part), _fixed(arrays), _bytes)


def _fixed(arrays: Arrays) -> Arrays:
    for values in arrays.values():
        values.flags.writeable = False
    return arrays


def _bytes(arrays: Arrays) -> int:
    return sum(values.nbytes for values in arrays.values())


RECENT = Recent[Arrays](ROOM)


def together(config: ModelConfig) -> int:
    """How many blocks are computed again together."""
    return round(math.sqrt(config.n_layers))


def part_of(config: ModelConfig, name: str, axes: tuple[str, ...]) -> str | None:
    """In which part of the model a tensor is computed again, for blocks the first one's name ("blocks.5"); None for
    what is kept."""
    if name.startswith("blocks."):
        layer, many = int(name.split(".")[1]), together(config)
        first = f"blocks.{layer - layer % many}"
        return None if name == f"{first}.resid_pre" else first
    return END if axes[-1:] == ("vocab",) else None


def before_unembedding(config: ModelConfig) -> str:
    """The tensor of which the unembedding makes logits."""
    if config.unembed_layer:
        return "ln_head.normalized"
    return "ln_final.normalized" if config.norm_first else f"blocks.{config.n_layers - 1}.resid_post"


__all__ = ["END", "Recomputed", "before_unembedding", "part_of", "together"]
