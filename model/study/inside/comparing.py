"""Two runs side by side: which of their words belong together, how far apart their rows lie, and where they part."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

import numpy as np

from model.errors import UsageError
from model.numbers.tensor import Tensor, stack
from model.numbers.trace import Trace

PARTED = 0.1  # of a row's length: from this distance on two rows of the same word have parted
Column = tuple[int | None, int | None]  # a position of either run; None where it has no word there


def aligned(one: tuple[int, ...], other: tuple[int, ...]) -> list[Column]:
    """Positions of two texts (ids) side by side: place by place where they are as long and that keeps as many words in
    line; else the longest blocks that both have (difflib's matching), words exchanged for as many others, and words
    that only one of them has."""
    columns: list[Column] = []
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if len(one) == len(other) and _equal(one, other) >= sum(block.size for block in matcher.get_matching_blocks()):
        return [(k, k) for k in range(len(one))]
    for _, i, i_end, j, j_end in matcher.get_opcodes():
        if i_end - i == j_end - j:
            columns += zip(range(i, i_end), range(j, j_end), strict=True)
        else:
            columns += [(k, None) for k in range(i, i_end)] + [(None, k) for k in range(j, j_end)]
    return columns


def _equal(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return sum(a == b for a, b in zip(one, other, strict=True))


def stops_of(run: Trace) -> list[str]:
    """The recorded tensors of a run's stream: as it goes in, and after every block."""
    return ["blocks.0.resid_pre", *[f"blocks.{layer}.resid_post" for layer in range(run.config.n_layers)]]


@dataclass(frozen=True)
class Aligned:
    """Two runs whose words stand side by side; raises UsageError where none belong together."""

    one: Trace
    other: Trace

    def __post_init__(self) -> None:
        if not self.common:
            raise UsageError("these two texts have no words that belong together: give two that differ in some only")

    @cached_property
    def ids(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The words of both texts by their places in the first model's vocabulary."""
        return self.one.ids, self.other.ids

    @cached_property
    def columns(self) -> list[Column]:
        return aligned(*self.ids)

    @cached_property
    def common(self) -> list[tuple[int, int]]:
        """The columns in which both have a word."""
        return [(i, j) for i, j in self.columns if i is not None and j is not None]

    @cached_property
    def kept(self) -> list[bool]:
        """Of each common column, whether it is the same word in both."""
        return [self.is_kept(column) for column in self.common]

    def is_kept(self, column: Column) -> bool:
        """Whether both have a word there, and the same one."""
        i, j = column
        return i is not None and j is not None and self.ids[0][i] == self.ids[1][j]

    @property
    def same_words(self) -> bool:
        return self.ids[0] == self.ids[1]

    # ── patterns ─────────────────────────────────────────────────────────────────────────────────
    def pattern(self, run: int, layer: int, head: int) -> Tensor:
        """A head's weights in one of the runs (0, 1), at the common columns. [query, key]"""
        where, trace = [pair[run] for pair in self.common], (self.one, self.other)[run]
        return trace[f"blocks.{layer}.attn.pattern"][head][where][:, where]


@dataclass(frozen=True)
class Comparison(Aligned):
    """Two runs of one model: of two texts, or of one with heads switched off.

    Distances are relative, ‖a − b‖ ÷ ‖a‖ with a row a of the first run and b of the second: 0 where they are the same.
    Raises UsageError where rows are not of one basis (another model: see `TwoModels`)."""

    def __post_init__(self) -> None:
        first, second = self.one.info["checkpoint_hash"], self.other.info["checkpoint_hash"]
        if first != second:
            raise UsageError("rows of two models have no common basis: only what two models say can be compared")
        if self.one.config.kind == "encoder-decoder":
            raise UsageError("two runs of an encoder–decoder cannot be compared: take a model of one stack, as tiny is")
        super().__post_init__()
        if self.same_words and self.one.info.get("ablate") == self.other.info.get("ablate"):
            raise UsageError("the two runs are the same: give another text, or switch a head off in the second")

    # ── rows ─────────────────────────────────────────────────────────────────────────────────────
    @cached_property
    def stops(self) -> list[str]:
        """The recorded tensors of the stream: as it goes in, and after every block."""
        return stops_of(self.one)

    @cached_property
    def all_stops(self) -> list[str]:
        """The same and, where the model records it, after each block's attention."""
        found = [self.stops[0]]
        for layer, name in enumerate(self.stops[1:]):
            middle = f"blocks.{layer}.resid_mid"
            found += [middle, name] if middle in self.one else [name]
        return found

    def rows(self, name: str) -> tuple[Tensor, Tensor]:
        """A tensor of either run at the common columns [column, d]."""
        ours, others = ([pair[k] for pair in self.common] for k in (0, 1))
        return self.one[name][ours], self.other[name][others]

    def apart(self, name: str) -> Tensor:
        """How far the rows of a tensor lie apart: √Σ(a − b)² ÷ √Σa². [column]"""
        a, b = self.rows(name)
        return (a - b).square().sum(-1).sqrt() / a.square().sum(-1).sqrt()

    @cached_property
    def distances(self) -> Tensor:
        """At every stop of `stops`. [column, stop]"""
        return stack([self.apart(name) for name in self.stops], "stop").T

    @cached_property
    def before(self) -> int:
        """How many columns at the beginning have the same words and come before all that differs: where words do not
        look ahead their rows are the same, to the last digit. None where the texts are the same and heads are off."""
        first = next((k for k, column in enumerate(self.columns) if not self.is_kept(column)), len(self.columns))
        return first if not self.same_words else 0

    @cached_property
    def parting(self) -> tuple[int, int]:
        """(column, stop): the first stop at which rows of one word are more than PARTED apart, and the column whose
        rows are furthest apart there. Where none are, the furthest of all; where only words that were exchanged differ,
        of these."""
        values = self.distances.values.copy()
        if any(self.kept):
            values[np.logical_not(self.kept)] = -1.0
        if values.max() <= 0:
            values = self.distances.values
        stops = np.flatnonzero((values > PARTED).any(axis=0))
        stop = int(stops[0]) if len(stops) else int(values.max(axis=0).argmax())
        return int(values[:, stop].argmax()), stop

    # ── heads ────────────────────────────────────────────────────────────────────────────────────
    def writes(self, layer: int, column: int) -> Tensor:
        """How far apart lies what each head of a layer writes at a column, in lengths of the first run's row before the
        layer: ‖a − b‖ ÷ ‖x‖. [head]"""
        i, j = self.common[column]
        name = f"blocks.{layer}.attn.result"
        gaps = (self.one[name][:, i] - self.other[name][:, j]).square().sum(-1).sqrt()
        return gaps / self.one[f"blocks.{layer}.resid_pre"][i].square().sum(0).sqrt()

    def moved(self, layer: int) -> Tensor:
        """How much of each head's attention goes elsewhere, the mean over the common columns: ½ Σ|p − q|, the total
        variation distance; what a column of one text alone has counts whole. [head]"""
        name, (ours, others) = f"blocks.{layer}.attn.pattern", ([pair[k] for pair in self.common] for k in (0, 1))
        p, q = self.one[name][:, ours], self.other[name][:, others]
        total = abs(p[:, :, ours] - q[:, :, others]).sum(-1)
        for weights, mine, size in ((p, ours, len(self.one)), (q, others, len(self.other))):
            alone = [k for k in range(size) if k not in mine]
            total = total + weights[:, :, alone].sum(-1) if alone else total
        return (total / 2).mean(-1)

    @cached_property
    def changes(self) -> Tensor:
        """The same for all heads. [layer, head]"""
        return stack([self.moved(layer) for layer in range(self.one.config.n_layers)], "layer")

    @property
    def most_changed(self) -> tuple[int, int]:
        """(layer, head) of the pattern that changes most."""
        layer, head = np.unravel_index(int(self.changes.values.argmax()), self.changes.shape)
        return int(layer), int(head)


__all__ = ["PARTED", "Aligned", "Column", "Comparison", "aligned", "stops_of"]
