"""Switching heads off, one at a time: real second runs, and how far each moves what the model says comes next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint

AT_ONCE = 2**23  # logits of one batch: what 64 MB hold in float64


def ablations(
    checkpoint: Checkpoint | str, text: str, heads: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], Trace]:
    """One more forward pass for each (layer, head), with that head's result set to zero; batched, as many as fit.

    Raises UsageError for a head out of range."""
    from model.runs.checkpoints import load
    from model.runs.recorder import check_heads, run_batch

    checkpoint = load(checkpoint) if isinstance(checkpoint, str) else checkpoint
    encoding = checkpoint.tokenizer.encode(text, checkpoint.config.n_ctx)
    pairs = check_heads(checkpoint.config, heads)
    size = max(1, AT_ONCE // (len(encoding.ids) * checkpoint.config.vocab_size))
    batches = [pairs[first : first + size] for first in range(0, len(pairs), size)]
    return {
        pair: trace
        for batch in batches
        for pair, trace in zip(batch, run_batch(checkpoint, encoding, text, batch), strict=True)
    }


def moved(before: Trace, after: Trace, position: int = -1) -> Tensor:
    """How much probability of the next word after `position` goes elsewhere: ½ Σ |p − p′|, between 0 and 1.

    The total variation distance (Levin & Peres, Markov Chains and Mixing Times, prop. 4.2)."""
    return abs(before["probs"][position] - after["probs"][position]).sum() / 2
