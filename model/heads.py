"""What heads do, measured: scores of attention patterns, and the head that tells most about a sentence. NumPy only."""
from __future__ import annotations

import re

import numpy as np

from model.trace import Trace

PATTERN = re.compile(r"^blocks\.(\d+)\.attn\.pattern$")


def patterns(trace: Trace) -> np.ndarray:
    """All attention patterns. (layer, head, query, key)"""
    names = sorted((name for name in trace.names if PATTERN.match(name)), key=lambda name: int(PATTERN.match(name)[1]))
    return np.stack([trace.array(name) for name in names])


def telling_head(trace: Trace, layer: int | None = None, head: int | None = None) -> tuple[int, int, float]:
    """(layer, head, measure) of the head with the largest share of attention on neither the word itself nor the first word.

    With `layer` or `head`, the best among those.
    The measure is the mean of that share over all positions that have such a choice (from the third on); 0 for shorter texts.
    """
    weights = patterns(trace)
    length = weights.shape[-1]
    if length < 3:
        return layer or 0, head or 0, 0.0
    elsewhere = np.tril(np.ones((length, length)), -1)
    elsewhere[:, 0] = 0.0
    share = (weights * elsewhere).sum(-1)[..., 2:].mean(-1)
    asked = np.ones_like(share, dtype=bool)
    if layer is not None:
        asked[np.arange(len(share)) != layer] = False
    if head is not None:
        asked[:, np.arange(share.shape[1]) != head] = False
    layer, head = np.unravel_index(np.where(asked, share, -1.0).argmax(), share.shape)
    return int(layer), int(head), float(share[layer, head])
