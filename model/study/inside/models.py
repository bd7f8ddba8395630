"""Two models on the same words: what can be compared of them, which is what they say and where their heads look.

Their rows cannot: entry 3 of one need not mean what entry 3 of the other means. Probabilities are of the same words,
weights of attention go to the same words, and an angle between two rows of one model is a number of that model alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model.errors import UsageError
from model.numbers.tensor import Tensor, stack
from model.numbers.trace import Trace
from model.study.inside.comparing import Aligned

HALF = 0.5  # of the next word's probability: where more goes elsewhere two models have parted
Head = tuple[int, int]  # layer, head


def places_of_words(one: Sequence[str], other: Sequence[str]) -> list[int] | None:
    """Where in another vocabulary each word of one stands; None where both are the same, in the same order.

    UsageError where they have not the same words, each once."""
    if list(one) == list(other):
        return None
    at = {word: place for place, word in enumerate(other)}
    if len(at) != len(other) or len(one) != len(other) or set(one) != at.keys():
        raise UsageError("the two models have different vocabularies: what they say next cannot be compared")
    return [at[word] for word in one]


def next_words(one: Trace, other: Trace, i: int = -1, j: int = -1) -> tuple[Tensor, Tensor]:
    """What comes next after a position of either run, both in the order of the first one's words. [vocab]"""
    order = places_of_words(one.vocabulary, other.vocabulary)
    p, q = one["probs"][i], other["probs"][j]
    return p, q if order is None else q[order]


def told_apart(one: Trace, other: Trace, i: int = -1, j: int = -1) -> Tensor:
    """How much the next word after a position of either run tells of which run it is: Σ p log(p ÷ q) in nats, the
    Kullback–Leibler divergence. Also of two models, where they know the same words; else UsageError."""
    p, q = next_words(one, other, i, j)
    return (p * (p.log() - q.log())).sum(0)


@dataclass(frozen=True)
class TwoModels(Aligned):
    """Runs of two models that know the same words, of one text or of two.

    Raises UsageError where their vocabularies differ, where one does not predict the next word, and where one text is
    read as other tokens by the second model."""

    def __post_init__(self) -> None:
        if {self.one.config.kind, self.other.config.kind} != {"decoder"}:
            raise UsageError("two models are compared by what they say next: take two that predict the next word")
        _ = self.order
        if self.one.info["text"] == self.other.info["text"] and not self.same_words:
            raise UsageError("the two models read this text as different tokens: take two with one tokenizer")
        super().__post_init__()

    @cached_property
    def order(self) -> list[int] | None:
        """Where the second model has each word of the first one's vocabulary; None where that is the same place."""
        return places_of_words(self.one.vocabulary, self.other.vocabulary)

    @cached_property
    def ids(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        if self.order is None:
            return self.one.ids, self.other.ids
        place = {theirs: ours for ours, theirs in enumerate(self.order)}
        return self.one.ids, tuple(place[id] for id in self.other.ids)

    def id_in(self, run: int, word: int) -> int:
        """The id that one of the models (0, 1) has for a word of the first one's vocabulary."""
        return word if run == 0 or self.order is None else self.order[word]

    # ── what they say ────────────────────────────────────────────────────────────────────────────
    def probs(self, column: int) -> tuple[Tensor, Tensor]:
        """What comes next after a common column, by either model."""
        return next_words(self.one, self.other, *self.common[column])

    @cached_property
    def elsewhere(self) -> Tensor:
        """How much of the next word's probability goes elsewhere after each common column: ½ Σ |p − q|. [column]"""
        pairs = (self.probs(column) for column in range(len(self.common)))
        return stack([abs(p - q).sum(0) / 2 for p, q in pairs], "column")

    @property
    def parting(self) -> int:
        """The first column after which more than HALF goes elsewhere; where there is none, the one with the most."""
        values = self.elsewhere.values
        far = np.flatnonzero(values > HALF)
        return int(far[0]) if len(far) else int(values.argmax())

    # ── angles within one model ──────────────────────────────────────────────────────────────────
    def last_stop(self, run: int) -> str:
        """The rows behind the last layer of either model, as its trace calls them."""
        return f"blocks.{(self.one, self.other)[run].config.n_layers - 1}.resid_post"

    def cosines(self, run: int) -> Tensor:
        """Between the rows of all common columns, behind the last layer of that run's model. [column, column]"""
        rows = (self.one, self.other)[run][self.last_stop(run)][[pair[run] for pair in self.common]]
        lengths = rows.square().sum(-1).sqrt()
        return (rows @ rows.T / lengths).T / lengths

    # ── heads ────────────────────────────────────────────────────────────────────────────────────
    @cached_property
    def queries(self) -> list[int]:
        """The common columns over which patterns are compared: not the first word of both, which sees itself alone."""
        found = [column for column, pair in enumerate(self.common) if pair != (0, 0)]
        return found or [0]

    def overlap(self, ours: Head, theirs: Head) -> Tensor:
        """How much of two heads' attention falls on the same words: Σ min(p, q) as ½ (Σ p + Σ q − Σ |p − q|), the
        mean over `queries`. What goes to a word that one text alone has falls on no word of the other."""
        p, q = (self.pattern(run, *head)[self.queries] for run, head in enumerate((ours, theirs)))
        return ((p.sum(-1) + q.sum(-1) - abs(p - q).sum(-1)) / 2).mean(0)

    @cached_property
    def overlaps(self) -> np.ndarray:
        """The same of every head with every one of the other model. [layer, head, layer, head]"""
        a, b = (np.stack([self.patterns(run, layer)[:, self.queries] for layer in range(trace.config.n_layers)])
                for run, trace in enumerate((self.one, self.other)))  # fmt: skip
        return overlaps(a, b)

    def patterns(self, run: int, layer: int) -> np.ndarray:
        """All of a layer, at the common columns. [head, query, key]"""
        where = [pair[run] for pair in self.common]
        return (self.one, self.other)[run].array(f"blocks.{layer}.attn.pattern")[:, where][:, :, where]

    def partner(self, layer: int, head: int) -> Head:
        """(layer, head) of the second model that looks most like a head of the first one."""
        found = self.overlaps[layer, head]
        return _place(found, int(found.argmax()))

    @cached_property
    def alike(self) -> Tensor:
        """How much each head of the first model shares with its partner. [layer, head]"""
        config = self.one.config
        rows = [[self.overlap((layer, head), self.partner(layer, head)) for head in range(config.n_heads)]
                for layer in range(config.n_layers)]  # fmt: skip
        return stack([stack(row, "head") for row in rows], "layer")

    @property
    def most_alike(self) -> Head:
        """(layer, head) of the first model that shares most with its partner."""
        return _place(self.alike.values, int(self.alike.values.argmax()))

    @property
    def least_alike(self) -> Head:
        """(layer, head) of the first model that shares least even with its partner."""
        return _place(self.alike.values, int(self.alike.values.argmin()))


def overlaps(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Σ min(p, q), the mean over queries, of patterns [layer, head, query, key] of one model with all of another's."""
    found = np.empty((*a.shape[:2], *b.shape[:2]))
    for layer, head in np.ndindex(a.shape[:2]):
        found[layer, head] = np.minimum(a[layer, head].astype(np.float64), b).sum(-1).mean(-1)
    return found


def _place(values: np.ndarray, flat: int) -> Head:
    layer, head = np.unravel_index(flat, values.shape)
    return int(layer), int(head)


__all__ = ["HALF", "Head", "TwoModels", "next_words", "overlaps", "places_of_words", "told_apart"]
