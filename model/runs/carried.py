"""What is carried over into a run from another one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from model.errors import UsageError
from model.numbers.trace import Trace

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Carried:
    """What is carried over into a run: of the recorded tensor `name`, the row of `position`, of one head where it has
    heads, as another run has it.

    donor: that run, of as many tokens. start: from which position on the run is computed. Raises UsageError for what
    the donor has not recorded."""

    donor: Trace = field(repr=False)
    name: str
    position: int
    head: int | None = None
    start: int = 0

    def __post_init__(self) -> None:
        shape, axes = self.donor.array(self.name).shape, self.donor.axes[self.name]
        if axes[-2:] not in (("position", "d_model"), ("position", "d_head")):
            raise UsageError(f"{self.name} has no row of a position that could be carried over")
        if (self.head is not None) != (axes[0] == "head"):
            raise UsageError(f"{self.name} " + ("has heads: say which" if self.head is None else "has no heads"))
        for what, place, size in (("position", self.position, shape[-2]), ("head", self.head or 0, shape[0])):
            if not 0 <= place < size:
                raise UsageError(f"no {what} {place}: {what}s are 0 to {size - 1}")

    @property
    def index(self) -> tuple[int, ...]:
        """Where the row is in its tensor."""
        return (self.position,) if self.head is None else (self.head, self.position)

    def concerns(self, name: str) -> bool:
        return name == self.name

    def apply(self, name: str, value: torch.Tensor) -> None:
        """Put the row into a recorded tensor of this run."""
        if name == self.name:
            import torch

            row = torch.from_numpy(np.array(self.donor.array(name)[self.index]))
            place = *self.index[:-1], self.position - self.start
            value[place] = row.to(value.dtype)

    @property
    def told(self) -> dict[str, Any]:
        """For a trace's info: what came from where."""
        place = {"name": self.name, "position": self.position, "head": self.head}
        return {"patch": {**place, "donor": self.donor.run_id, "words": list(self.donor.tokens)}}
