"""Where given numbers come from: what `Tensor.given(…, origin=…)` says, and the audit has them again by.

Each kind holds what is needed to work the numbers out a second time, or to look them up where they were written. How
that is done is the audit's business (`studio/audit/numbers/given.py`), so that nothing here can agree with itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from model.numbers.tensor import Tensor
from model.numbers.tree import Origin

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint


@dataclass(frozen=True)
class Chosen(Origin):
    """Stated freely by the lesson or its user, such as a temperature: there is nothing to compare it with."""


@dataclass(frozen=True)
class Constant(Origin):
    """Known by its name alone, such as 2π."""


@dataclass(frozen=True)
class Drawn(Origin):
    """The `draw`-th number (from 1) of NumPy's default generator, PCG64, begun with `seed`."""

    seed: int
    draw: int


@dataclass(frozen=True)
class Normal(Origin):
    """Independent numbers of the standard normal distribution: the first draws u of NumPy's default generator, PCG64,
    begun with `seed`, half of them lengths and half of them angles (Box & Muller 1958): √(−2 log(1 − u)) cos(2π u′)."""

    seed: int


@dataclass(frozen=True)
class Setting(Origin):
    """A field of the `ModelConfig` of a run."""

    field: str


@dataclass(frozen=True)
class Measured(Origin):
    """Measured on the weights of a checkpoint: its folder, the hash of what it was measured on, and where the numbers
    stand in the folder's report.json (empty where they were measured anew)."""

    folder: Path
    hash: str
    keys: tuple[str, ...] = ()

    @classmethod
    def reported(cls, checkpoint: Checkpoint, *keys: str) -> Measured:
        """Numbers that the checkpoint's report holds under these keys."""
        return cls(checkpoint.path, str(checkpoint.report().get("hash")), keys)


@dataclass(frozen=True)
class Stored(Origin):
    """How many numbers the file of weights in a checkpoint's folder holds."""

    folder: Path


@dataclass(frozen=True)
class Step(Origin):
    """A setting of the optimizer in a step of learning that was run (`trace.info["learning"]`)."""

    field: str


@dataclass(frozen=True)
class Logged(Origin):
    """What a training run wrote down: a JSON file, and under which keys the numbers stand in it."""

    file: Path
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Scored(Origin):
    """Induction scores [step, layer, head] measured on the snapshots of a checkpoint: its folder, and their steps."""

    folder: Path
    steps: tuple[int, ...]


@dataclass(frozen=True)
class Published(Origin):
    """A size of somebody else's model as its authors published it: a field of its `ModelConfig`."""

    model: str
    field: str


@dataclass(frozen=True, eq=False)
class Axes(Origin):
    """Principal axes of rows [row, dimension]: the orthonormal directions along which they vary most. `first`
    [dimension], where there is one, is the first axis, and the others are those of what is left beside it."""

    rows: Tensor
    first: Tensor | None = None


CHOSEN = Chosen()

__all__ = [
    "CHOSEN",
    "Axes",
    "Chosen",
    "Constant",
    "Drawn",
    "Logged",
    "Measured",
    "Normal",
    "Published",
    "Scored",
    "Setting",
    "Step",
    "Stored",
]
