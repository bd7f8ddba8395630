"""What training runs left behind: losses, snapshots, and the runs of a text at each of them. NumPy at import."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from model.errors import ClearheadError, UsageError
from model.numbers.origins import Logged, Scored
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.paths import ASSETS

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint

COUNTERFACTUALS = ASSETS / "training" / "counterfactuals.json"  # of model/training/counterfactuals.py
AGREEMENT = ASSETS / "training" / "agreement.json"  # of model/training/agreement.py
SEQUENCES, LENGTH = 16, 20  # of random words, said twice over, on which induction is measured


@dataclass(frozen=True)
class Losses:
    """A loss along a training run. steps [n], losses [n]: nats a word."""

    steps: Tensor
    losses: Tensor

    @classmethod
    def logged(cls, file: Path, name: str, steps: tuple[str, ...], losses: tuple[str, ...]) -> Losses:
        """As they stand in a JSON file, under these keys."""
        log = _read(file)
        where, what = (_under(log, keys) for keys in (steps, losses))
        count = min(len(where), len(what))
        return cls(
            Tensor.given(where[:count], f"steps of {name}", ("step",), Logged(file, steps)),
            Tensor.given(what[:count], f"{name}, nats a word", ("step",), Logged(file, losses)),
        )

    def at(self, step: int) -> Tensor:
        """The loss noted at a step, or at the nearest one before it."""
        return self.losses[max(0, int(np.searchsorted(self.steps.values, step, side="right")) - 1)]


@dataclass(frozen=True)
class History:
    """The losses of a checkpoint's own run: on each step's batch, and on held-out text."""

    training: Losses
    heldout: Losses


def history(checkpoint: Checkpoint) -> History:
    """The losses that lie beside a checkpoint. ClearheadError where there are none that can be read."""
    file = checkpoint.path / "history.json"
    try:
        return History(
            Losses.logged(file, "training loss", ("step",), ("loss",)),
            Losses.logged(file, "held-out loss", ("heldout", "step"), ("heldout", "loss")),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ClearheadError(f"{file} cannot be read: {error}") from error


def learning_rates(checkpoint: Checkpoint) -> tuple[Tensor, Tensor]:
    """The steps of a checkpoint's own run that were noted, and the learning rate at each. [step] both

    ClearheadError where none were noted."""
    file = checkpoint.path / "history.json"
    try:
        log = _read(file)
        return (
            Tensor.given(log["step"], "steps of the learning rate", ("step",), Logged(file, ("step",))),
            Tensor.given(log["learning_rate"], "learning rate", ("step",), Logged(file, ("learning_rate",))),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ClearheadError(f"{file} has no learning rates: {error}") from error


def snapshots(checkpoint: Checkpoint) -> list[int]:
    """The steps of a checkpoint's snapshots, from 0 to its own. UsageError where it was kept without."""
    steps = checkpoint.snapshots()
    if len(steps) < 3 or steps[0] != 0 or not (checkpoint.path / "history.json").is_file():
        raise UsageError(
            f"{checkpoint.name} was kept without its history and snapshots: take tiny, or train a model of your own"
        )
    return steps


def along(checkpoint: Checkpoint, text: str, source: str | None = None) -> list[Trace]:
    """The text's run at each snapshot. source: what an encoder–decoder reads."""
    from model.runs.recorder import run

    return [run(checkpoint.at(step), text, source=source) for step in snapshots(checkpoint)]


# ── induction ────────────────────────────────────────────────────────────────────────────────────
def sequences(vocab_size: int, n_ctx: int) -> np.ndarray:
    """Ids of random words in no order, twice over, always the same. [sequence, 2 × length]"""
    rng = np.random.default_rng(0)
    length = min(LENGTH, n_ctx // 2, vocab_size - 2)
    once = np.stack([2 + rng.permutation(vocab_size - 2)[:length] for _ in range(SEQUENCES)])
    return np.concatenate([once, once], axis=1)


def induction(checkpoint: Checkpoint) -> Tensor:
    """How much weight each head gives to what followed the last time a word came (Olsson et al. 2022).

    [step, layer, head], at each snapshot; a mean over the second halves of `sequences`."""
    steps = tuple(snapshots(checkpoint))
    scores = _induction(checkpoint.path, checkpoint.hash, steps)
    return Tensor.given(scores, "induction score", ("step", "layer", "head"), Scored(checkpoint.path, steps))


@cache
def _induction(folder: Path, hash: str, steps: tuple[int, ...]) -> np.ndarray:
    import torch

    from model.net.layers import Tape
    from model.runs.checkpoints import load

    checkpoint = load(folder)
    ids = sequences(checkpoint.config.vocab_size, checkpoint.config.n_ctx)
    half, found = ids.shape[1] // 2, []
    second = np.arange(half, 2 * half)
    for step in steps:
        patterns: list[np.ndarray] = []

        def listen(name: str, value: torch.Tensor, axes: str, patterns: list[np.ndarray] = patterns) -> torch.Tensor:
            if name.endswith("attn.pattern"):
                patterns.append(value.double().numpy())
            return value

        with torch.no_grad():
            checkpoint.at(step).model(torch.from_numpy(ids), tape=Tape(listen))
        found.append(np.stack([one[:, :, second, second - half + 1].mean(axis=(0, 2)) for one in patterns]))
    return np.stack(found)


def jump(scores: Tensor) -> int:
    """Between which snapshots a score [step] rises most: the later one."""
    return 1 + int(np.diff(np.asarray(scores.values)).argmax())


# ── agreement ────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Agreement:
    """How often a verb agrees with its subject past another noun, at each snapshot; half the times by guessing.

    alike, apart [step]: shares, where that noun has the subject's number, and where it has the other one."""

    steps: Tensor
    alike: Tensor
    apart: Tensor
    examples: tuple[str, str]  # a sentence of each
    count: int  # sentences of each


def agreement(checkpoint: Checkpoint) -> Agreement | None:
    """What was measured on the snapshots of a checkpoint; None where it was of other weights than these."""
    told, steps = _read(AGREEMENT), checkpoint.snapshots()
    if told["step"] != steps or told["hash"][-1] != checkpoint.hash:
        return None

    def shares(kind: str) -> Tensor:
        name = f"share of verbs that agree, nouns {kind}"
        return Tensor.given(told["right"][kind], name, ("step",), Logged(AGREEMENT, ("right", kind)))

    return Agreement(
        Tensor.given(steps, "steps of the snapshots", ("step",), Logged(AGREEMENT, ("step",))),
        shares("alike"),
        shares("apart"),
        (told["sentences"]["alike"][0], told["sentences"]["apart"][0]),
        len(told["sentences"]["apart"]),
    )


# ── runs with one thing changed ──────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Counterfactuals:
    """What model/training/counterfactuals.py measured."""

    file: Path = COUNTERFACTUALS

    @property
    def about(self) -> dict[str, Any]:
        return _read(self.file)

    def losses(self, run: str, which: str) -> Losses:
        """Of a run ("yardstick", "memorising" …): its "loss" on what it is trained on, or the "heldout" one."""
        name = {"loss": "training loss", "heldout": "held-out loss"}[which]
        return Losses.logged(self.file, f"{name}, {run}", ("runs", run, "step"), ("runs", run, which))

    def number(self, what: str, *keys: str) -> Tensor:
        """One number of the file."""
        return Tensor.given(_under(self.about, keys), what, origin=Logged(self.file, keys))

    def says(self, run: str) -> str:
        """How a run's model goes on from the prompt."""
        return str(self.about["runs"][run]["says"])


@cache
def _parsed(file: Path, changed: int) -> dict[str, Any]:
    value = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError("it holds no JSON object")
    return value


def _read(file: Path) -> dict[str, Any]:
    return _parsed(file, file.stat().st_mtime_ns)


def _under(value: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        value = value[key]
    return value


__all__ = [
    "Agreement",
    "Counterfactuals",
    "History",
    "Losses",
    "agreement",
    "along",
    "history",
    "induction",
    "jump",
    "learning_rates",
    "snapshots",
]
