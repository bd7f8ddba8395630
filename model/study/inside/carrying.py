"""Where in a model a word makes its difference: rows of the run of another text, carried over one by one.

Activation patching (Zhang & Nanda 2024) with one word exchanged, as causal tracing does it with noise (Meng et al.
2022, § 2): every number here comes from a real second run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model.numbers.tensor import Tensor, stack
from model.numbers.trace import Trace
from model.runs.carried import Carried
from model.runs.patching import patched
from model.study.inside.exchange import Exchange

ROWS = 48  # rows that are carried over at most
LEAST = 2  # words whose rows are carried over at least: the exchanged one and the last


@dataclass(frozen=True)
class Carrying:
    """What the last word of a text is followed by when one row comes from the run of another text.

    checkpoint: its name; trace: the run of the text; exchange: that of the other one, which differs in one word before
    the last (another place: nothing after it could bring its news to the last word)."""

    checkpoint: str
    trace: Trace
    exchange: Exchange

    @property
    def last(self) -> int:
        return len(self.trace) - 1

    @cached_property
    def stops(self) -> list[str]:
        """The recorded tensors of the stream whose rows are carried over: before each layer, and at the end."""
        layers = self.trace.config.n_layers
        return [f"blocks.{layer}.resid_pre" for layer in range(layers)] + [f"blocks.{layers - 1}.resid_post"]

    @cached_property
    def distance(self) -> Tensor:
        """How far the rows of the two runs lie apart, in parts of their length: √Σ(x − x′)² ÷ √Σx², the mean over all
        stops. [position]"""
        own, other = (stack([run[name] for name in self.stops], "stop") for run in (self.trace, self.exchange.run))
        return ((own - other).square().sum(-1) / own.square().sum(-1)).sqrt().mean(0)

    @cached_property
    def positions(self) -> list[int]:
        """The words whose rows are carried over, in their order: all, or of a long text the exchanged one, the last
        one, and those whose rows lie furthest apart."""
        room = max(LEAST, ROWS // len(self.stops))
        far = [int(k) for k in np.argsort(-self.distance.values, kind="stable")]
        first = [self.exchange.place, self.last]
        return sorted(list(dict.fromkeys([*first, *far]))[:room])

    @property
    def left_out(self) -> list[int]:
        """The words whose rows differ between the texts and are not carried over: before the exchanged one none do."""
        return [k for k in range(self.exchange.place, self.last) if k not in self.positions]

    @cached_property
    def runs(self) -> list[list[Trace]]:
        """A second run for every stop and each of the positions."""
        rows = [Carried(self.exchange.run, name, position) for name in self.stops for position in self.positions]
        runs, many = patched(self.checkpoint, self.trace, rows), len(self.positions)
        return [runs[first : first + many] for first in range(0, len(runs), many)]

    @cached_property
    def said(self) -> list[list[Tensor]]:
        """What comes after the text in each of these runs. [vocab] each; of a large model, computed when asked for."""
        return [[run["probs"][self.last] for run in row] for row in self.runs]

    def chances(self, word: int) -> Tensor:
        """The probability of a word after the text, for each row that is carried over. [stop, position]"""
        return stack([stack([probs[word] for probs in row], "place") for row in self.said], "stop")

    def changes(self, word: int) -> Tensor:
        """How much each row that is carried over changes the word's probability, squared. [stop, position]"""
        return (self.chances(word) - self.trace["probs"][self.last, word]).square()

    def path(self, word: int) -> list[int]:
        """At each stop, which of the positions changes a word's probability most. The first is the exchanged one: no
        other goes in otherwise; the last one the last: at the end nothing else is read."""
        return [int(np.argmax(row)) for row in self.changes(word).values]

    def writes(self, layer: int, position: int) -> tuple[Trace, list[Trace]]:
        """The runs into which all of a layer's attention is carried over at a position, and each of its heads alone."""
        other, heads = self.exchange.run, range(self.trace.config.n_heads)
        rows = [Carried(other, f"blocks.{layer}.attn.result", position, head) for head in heads]
        everything, *each = patched(
            self.checkpoint, self.trace, [Carried(other, f"blocks.{layer}.attn_out", position), *rows]
        )
        return everything, each


def crossing(path: list[int]) -> int:
    """The layer in which the path first goes on to another word: before it, most is done by the first one's row."""
    return next(stop for stop, place in enumerate(path[1:]) if place != path[0])


__all__ = ["Carrying", "crossing"]
