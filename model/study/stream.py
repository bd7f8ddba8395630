"""The residual stream, followed through the depth of a model."""

from __future__ import annotations

from model.numbers.tensor import Tensor, stack
from model.numbers.trace import Trace

NORMALIZED = "ln_final.normalized"


def journey(trace: Trace, position: int = -1) -> Tensor:
    """One position's row as it goes in, after every block, and normalised where the model does so. [depth, d_model]"""
    names = ["blocks.0.resid_pre", *[f"blocks.{layer}.resid_post" for layer in range(trace.config.n_layers)]]
    if NORMALIZED in trace:
        names.append(NORMALIZED)
    return stack([trace[name][position] for name in names], "depth")
