"""How far our computation of a foreign model is from that of `transformers`, by the largest number of each tensor."""

import numpy as np
import torch

from model import Trace
from tests.model.families.foreign import Made

CLOSE = 1e-4


def apart(ours: np.ndarray, theirs: torch.Tensor) -> float:
    """The largest difference, by the largest number."""
    expected = theirs.float().numpy()
    assert ours.shape == expected.shape
    return float(np.abs(ours - expected).max() / np.abs(expected).max())


def worst(trace: Trace, made: Made) -> dict[str, float]:
    """The largest of logits, patterns and residuals."""
    layers = range(trace.config.n_layers)
    last = "ln_final.normalized" if trace.config.norm_first else f"blocks.{layers[-1]}.resid_post"
    rows = [*(f"blocks.{layer}.resid_pre" for layer in layers), last]
    assert len(made.residuals) == len(rows) and len(made.patterns) == len(layers)
    residuals = [apart(trace.array(name), theirs) for name, theirs in zip(rows, made.residuals, strict=True)]
    patterns = [apart(trace.array(f"blocks.{k}.attn.pattern"), made.patterns[k]) for k in layers]
    assert ("logits" in trace) == (made.logits is not None)
    logits = {} if made.logits is None else {"logits": apart(trace.array("logits"), made.logits)}
    return logits | {"patterns": max(patterns), "residuals": max(residuals)}
