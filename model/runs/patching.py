"""Activation patching: one row carried over from another run, and what the model then says (real second runs).

Causal tracing (Meng et al. 2022, § 2) with another text instead of noise: activation patching (Zhang & Nanda 2024)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from model.numbers.trace import Trace
from model.runs.carried import Carried

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint

AT_ONCE = 2**23  # logits of one batch, or of a large model what its heads write: 64 MB in float64


def patched(checkpoint: Checkpoint | str, trace: Trace, carried: Iterable[Carried]) -> list[Trace]:
    """One more run of the tokens of `trace` for each row that is carried over into it; batched, as many as fit.

    Of a large model that looks back they are computed from that row's position on: before it nothing changes. Raises
    UsageError where the two texts have not as many tokens, or their runs are not of one checkpoint."""
    from model.runs.caching import run_on
    from model.runs.changes import ALL_ON
    from model.runs.checkpoints import load
    from model.runs.recorder import check_patch, run_batch
    from model.text.tokenizer import Encoding

    loaded, carried = load(checkpoint) if isinstance(checkpoint, str) else checkpoint, list(carried)
    encoding, runs = Encoding(trace.ids, trace.tokens, trace.unknown), dict[int, Trace]()
    for each in carried:
        check_patch(loaded, encoding, each, ALL_ON)
    goes_on, c = loaded.large and loaded.config.kind == "decoder", loaded.config
    numbers = c.n_heads * c.d_model if goes_on else c.vocab_size  # of the largest tensor, a token
    starts = [each.position if goes_on else 0 for each in carried]
    for start in sorted(set(starts)):
        places = [k for k, one in enumerate(starts) if one == start]
        size = max(1, AT_ONCE // ((len(trace) - start) * numbers))
        for first in range(0, len(places), size):
            some = places[first : first + size]
            rows = [carried[k] for k in some]
            made = (
                run_on(loaded, trace, start, rows) if goes_on else run_batch(loaded, encoding, trace.info["text"], rows)
            )
            runs |= zip(some, made, strict=True)
    return [runs[k] for k in range(len(carried))]
