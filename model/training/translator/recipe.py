"""How the translator is trained, in the words of *Attention Is All You Need*, § 5."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

NAME = "translator"
MODEL = {
    "kind": "encoder-decoder",
    "n_ctx": 40,
    "d_model": 64,
    "n_layers": 2,
    "n_heads": 8,
    "d_head": 8,
    "d_mlp": 128,
    "positions": "sinusoidal",
    "norm_first": False,
    "activation": "relu",
    "embed_scale": True,
    "tied": True,
}


@dataclass(frozen=True)
class Recipe:
    """What the translator is trained on, and for how long."""

    model: dict[str, Any] = field(default_factory=lambda: dict(MODEL))
    steps: int = 16_000
    horizon: int = 20_000  # of the steps at which snapshots are taken
    sentences: int = 200_000
    batch: int = 64
    warmup: int = 1_000
    factor: float = 1.0  # of the learning rate of the paper
    smoothing: float = 0.1  # of the labels
    guidance: float = 0.5  # weight of the loss that tells the decoder where to look (run.py, Looks)
    averaged: int = 5  # the last so many states, `apart` steps from one another, give the final weights
    apart: int = 200
    snapshots: int = 9
    corpus_seed: int = 0

    def learning_rate(self, step: int) -> float:
        """d_model^−½ · min(n^−½, n · warmup^−1½) at the n-th step, n from 1 on; `step` counts from 0.

        Vaswani et al. 2017, equation 3. It rises in a straight line, then falls with the root of the steps."""
        n = step + 1
        size: int = self.model["d_model"]
        rate: float = self.factor * size**-0.5 * min(n**-0.5, n * self.warmup**-1.5)
        return rate

    def snapshot_steps(self) -> set[int]:
        """Step 0, the last step, and what lies before it of `snapshots` − 1 steps from 50 up to the horizon.

        Those are spaced evenly in the logarithm."""
        spaced = (
            round(step) for step in np.geomspace(min(50, max(1, self.horizon // 4)), self.horizon, self.snapshots - 1)
        )
        return {0, self.steps, *(step for step in spaced if step < self.steps)}
