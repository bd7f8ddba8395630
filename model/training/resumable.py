"""What all training runs have in common: snapshots on the way, and that a run that was stopped goes on where it was."""

from __future__ import annotations

import math
import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from model.errors import ClearheadError
from model.files import replacing, write_json
from model.runs import checkpoints

SAVE_EVERY = 30  # seconds between two states to resume from
TELL_EVERY = 30  # seconds between two lines about how far it is
MEASURE_EVERY = 500  # steps between two held-out losses


class Plan(Protocol):
    """What a recipe says of the run: a dataclass."""

    @property
    def steps(self) -> int: ...

    def snapshot_steps(self) -> set[int]: ...


class ResumableRun(ABC):
    """Model, optimizer and history at a step. A kind of run says how it learns (`advance`), what is held out
    (`heldout_loss`) and what is written at its end (`write`)."""

    measure_every = MEASURE_EVERY
    model: torch.nn.Module
    optimizer: torch.optim.Optimizer
    recipe: Plan

    def __init__(self, name: str, recipe: Plan, seed: int, work: Path):
        self.name, self.recipe, self.seed, self.work = name, recipe, seed, work
        self.step = 0
        self.history: dict[str, Any] = {"step": [], "loss": [], "heldout": {"step": [], "loss": []}}

    @abstractmethod
    def advance(self) -> float:
        """One step; the loss in nats, which `note` has noted."""

    @abstractmethod
    def heldout_loss(self) -> float:
        """Mean −log p(next token) in nats, of what no step has seen."""

    @abstractmethod
    def write(self, out: Path) -> None:
        """The checkpoint, its history and its snapshots."""

    def sample(self) -> str:
        """What the model writes now; empty where that is not told."""
        return ""

    def finish(self, out: Path, quiet: bool) -> None:
        """Runs the steps that are left, then writes the checkpoint."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]:.3f}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True, soft_wrap=True), disable=quiet) as progress:
            steps = self.recipe.steps
            task = progress.add_task(f"training {self.name}", total=steps, completed=self.step, loss=math.nan)
            told = time.monotonic()
            try:
                for loss in self.steps():
                    progress.update(task, completed=self.step, loss=loss)
                    if not quiet and time.monotonic() - told > TELL_EVERY:
                        progress.console.print(self.told(), markup=False, highlight=False)
                        told = time.monotonic()
            except KeyboardInterrupt:  # wherever it comes
                self.keep()
                raise
        self.write(out)
        self.forget()

    def forget(self) -> None:
        """What is kept to go on from is not needed any more."""
        shutil.rmtree(self.work, ignore_errors=True)

    def told(self) -> str:
        """How far it is, in a line."""
        heldout = self.history["heldout"]
        lost = f", held-out loss {heldout['loss'][-1]:.3f} at step {heldout['step'][-1]:,}" if heldout["step"] else ""
        return f"step {self.step:,}{lost}" + (f": “{sample}”" if (sample := self.sample()) else "")

    def steps(self) -> Iterator[float]:
        """The steps that are left, with their losses: snapshots and held-out losses where they are due, the state kept
        every now and then."""
        marks, saved = self.recipe.snapshot_steps(), time.monotonic()
        while True:
            if self.step in marks and self.step < self.recipe.steps:
                checkpoints.save_weights(
                    self.model, self.work / "snapshots" / f"step-{self.step:06d}.safetensors", half=True
                )
            if self.step in marks or self.step % self.measure_every == 0 or self.step == self.recipe.steps:
                self.measure()
            if self.step >= self.recipe.steps:
                return
            yield self.advance()
            if time.monotonic() - saved > SAVE_EVERY:
                self.keep()
                saved = time.monotonic()

    def measure(self) -> None:
        """Notes the held-out loss of this step, once even when a resumed run comes by again."""
        heldout = self.history["heldout"]
        if self.step not in heldout["step"]:
            heldout["step"].append(self.step)
            heldout["loss"].append(round(self.heldout_loss(), 4))

    def note(self, loss: float, **more: float) -> None:
        """A step is made: its loss, and what else is kept of it (by its name in the history), of some steps. Raises
        ClearheadError for a loss that is no number."""
        if not math.isfinite(loss):
            raise ClearheadError(f"training {self.name} diverged at step {self.step}: try another seed")
        if self.step % 10 == 0 or self.step < 50:
            for name, value in {"step": self.step, "loss": round(loss, 4), **more}.items():
                self.history.setdefault(name, []).append(value)
        self.step += 1

    # ── keeping ──────────────────────────────────────────────────────────────────────────────────
    def state(self) -> dict[str, Any]:
        """All that a later `restore` needs."""
        return {
            "step": self.step,
            "history": self.history,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "recipe": asdict(self.recipe),  # type: ignore[call-overload]
        }

    def keep(self) -> None:
        """Saves the state; a stop in between leaves the old one."""
        self.work.mkdir(parents=True, exist_ok=True)
        with replacing(self.work / "state.pt") as partial:
            torch.save(self.state(), partial)

    def begin(self, resume: bool) -> None:
        """Go on where a run before has stopped, or anew."""
        if not resume:
            shutil.rmtree(self.work, ignore_errors=True)
        if (file := self.work / "state.pt").exists():
            state = torch.load(file, weights_only=True)
            if state["recipe"] != asdict(self.recipe):  # type: ignore[call-overload]
                raise ClearheadError(
                    f"the recipe of {self.name} has changed since {file} was saved: begin anew with --restart"
                )
            self.restore(state)

    def restore(self, state: dict[str, Any]) -> None:
        """Stand where a state was kept."""
        self.step, self.history = state["step"], state["history"]
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])

    def write_history(self, out: Path) -> None:
        """The losses and the snapshots beside a checkpoint."""
        write_json(out / "history.json", self.history)
        if (self.work / "snapshots").exists():
            shutil.rmtree(out / "snapshots", ignore_errors=True)
            shutil.copytree(self.work / "snapshots", out / "snapshots")
