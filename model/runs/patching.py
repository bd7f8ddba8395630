"""Activation patching: one row carried over from another run, and what the model then says (real second runs).

Causal tracing (Meng et al. 2022, § 2) with another text instead of noise: activation patching (Zhang & Nanda 2024)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from model.numbers.trace import Trace
from model.runs.carried import Carried

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint

AT_ONCE = 2**23  # logits of one batch: what 64 MB hold in float64


def patched(checkpoint: Checkpoint | str, trace: Trace, carried: Iterable[Carried]) -> list[Trace]:
    """One more run of the tokens of `trace` for each row that is carried over into it; batched, as many as fit.

    Raises UsageError where the two texts have not as many tokens, or their runs are not of one checkpoint."""
    from model.runs.checkpoints import load
    from model.runs.recorder import ALL_ON, check_patch, run_batch
    from model.text.tokenizer import Encoding

    loaded, carried = load(checkpoint) if isinstance(checkpoint, str) else checkpoint, list(carried)
    encoding, runs = Encoding(trace.ids, trace.tokens, trace.unknown), list[Trace]()
    for each in carried:
        check_patch(loaded, encoding, each, ALL_ON)
    size = max(1, AT_ONCE // (len(trace) * loaded.config.vocab_size))
    for first in range(0, len(carried), size):
        runs += run_batch(loaded, encoding, trace.info["text"], carried[first : first + size])
    return runs
