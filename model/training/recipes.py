"""How the shipped models are trained: one recipe each."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

HELDOUT_SEED = 1_000_003  # of documents that no training run sees
RISE = 50  # steps in which the rate of the guided ones rises


@dataclass(frozen=True)
class Recipe:
    """What a model is trained on, and for how long."""

    model: dict[str, Any]  # ModelConfig without the vocabulary
    steps: int
    words: int = 3_000_000  # of the corpus, punctuation counted
    batch: int = 32
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    warmup: int = 200
    horizon: int | None = None  # steps of the cosine that the learning rate follows (None: all)
    cooldown: float = 0.0  # share of the steps before the guided ones, at their end, in which the rate falls to zero
    snapshots: int = 14
    half: bool = False  # store the final weights in float16
    repeats: float = 0.0  # share of windows that are random words, said again and again
    lookups: float = 0.0  # share of the documents in which words must be found (model/text/corpus/lookups.py)
    centring: float = 0.0  # weight of the mean (log Σ exp scores − log n)² over all queries, of n keys each
    guided: int = 0  # the last of the steps, in which heads are also told where to look (guidance.py)
    guidance: float = 0.1  # weight of that
    told: dict[str, tuple[int, int]] = field(default_factory=dict)  # which (layer, head), by what they should find

    def schedule(self, step: int) -> float:
        """The share of the learning rate: a linear start, then half a cosine down to a tenth over the horizon.

        Where there is a cooldown, a straight fall at the end. The guided steps begin anew: up to a sixth, and down."""
        main = self.steps - self.guided
        if self.guided and step >= main:
            return min(1.0, (step - main + 1) / RISE) * (self.steps - step) / self.guided / 6
        if step < self.warmup:
            return (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, (self.horizon or main) - self.warmup)
        rate = 0.55 + 0.45 * math.cos(math.pi * min(done, 1.0))
        return rate * min(1.0, (main - step) / (main * self.cooldown)) if self.cooldown else rate

    def of_steps(self, steps: int) -> Recipe:
        """The same in another number of steps, of which a like share is guided."""
        return replace(self, steps=steps, guided=round(self.guided * steps / self.steps))

    def snapshot_steps(self) -> set[int]:
        """Step 0, the last step, and what lies before it of `snapshots` − 1 steps up to the horizon.

        Those are spaced evenly in the logarithm."""
        if not self.snapshots:
            return set()
        end = self.horizon or self.steps
        spaced = (round(step) for step in np.geomspace(min(8, end), end, self.snapshots - 1))
        return {0, self.steps, *(step for step in spaced if step < self.steps)}


VARIANT = {"n_layers": 2, "tied": True}
RECIPES = {
    "tiny": Recipe(
        {"n_layers": 4, "tied": True},
        steps=12_500,
        words=6_000_000,
        horizon=18_000,
        cooldown=1 / 3,
        snapshots=12,
        repeats=0.15,
        lookups=0.6,
        centring=1e-2,
        guided=1_000,
        told={"noun": (0, 2), "reason": (3, 6)},
    ),
    **{
        # sinusoids are as large as 1: as in the paper, embeddings are scaled to match them
        f"tiny-{positions}": Recipe(
            {**VARIANT, "positions": positions, "embed_scale": positions == "sinusoidal"},
            steps=1_600,
            batch=16,
            snapshots=0,
            half=True,
        )
        for positions in ("learned", "sinusoidal", "rotary", "none")
    },
}
