"""Switching heads off, one at a time: real second runs, and how far each moves what the model says comes next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint


def ablations(
    checkpoint: Checkpoint | str, text: str, heads: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], Trace]:
    """One more forward pass for each (layer, head), with that head's result set to zero.

    Raises UsageError for a head out of range."""
    from model.runs.recorder import run

    return {pair: run(checkpoint, text, ablate=[pair]) for pair in heads}


def moved(before: Trace, after: Trace, position: int = -1) -> Tensor:
    """How much probability of the next word after `position` goes elsewhere: ½ Σ |p − p′|, between 0 and 1.

    The total variation distance (Levin & Peres, Markov Chains and Mixing Times, prop. 4.2)."""
    return abs(before["probs"][position] - after["probs"][position]).sum() / 2
