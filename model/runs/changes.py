"""What a run does otherwise than the model: something is switched off, or a row is carried over from another run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from model.runs.carried import Carried
from model.runs.stacks import post_name, result_name


@dataclass(frozen=True)
class Off:
    """What is switched off in a run: the results of heads, the outputs of neurons, (layer, which) each.

    stack: where they are, a key of STACKS."""

    heads: tuple[tuple[int, int], ...] = ()
    neurons: tuple[tuple[int, int], ...] = ()
    stack: str = ""

    def __post_init__(self) -> None:
        for name in ("heads", "neurons"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))

    @property
    def told(self) -> dict[str, Any]:
        """For a trace's info: what is off."""
        info: dict[str, Any] = {"ablate": [list(pair) for pair in self.heads]}
        if self.neurons:
            info["neurons"] = [list(pair) for pair in self.neurons]
        if self.stack in ("encoder", "cross") and (self.heads or self.neurons):
            info["stack"] = self.stack
        return info

    def apply(self, name: str, value: torch.Tensor) -> None:
        """Set to zero what is off of a recorded tensor: of results [head, position, d], of outputs [position, n]."""
        for layer, head in self.heads:
            if name == result_name(self.stack, layer):
                value[head] = 0.0
        for layer, neuron in self.neurons:
            if name == post_name(self.stack, layer):
                value[:, neuron] = 0.0

    def concerns(self, name: str) -> bool:
        heads, neurons = ([layer for layer, _ in pairs] for pairs in (self.heads, self.neurons))
        names = {result_name(self.stack, layer) for layer in heads} | {
            post_name(self.stack, layer) for layer in neurons
        }
        return name in names


ALL_ON = Off()
Change = Off | Carried  # what a run does otherwise than the model: it lacks something, or takes a row from another run
