"""One training run of the translator: the same result for the same seed; it can be stopped and goes on where it was."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch.nn import functional as F

from model.errors import ClearheadError
from model.files import replacing, write_json
from model.net.config import ModelConfig
from model.net.layers import SILENT, Tape
from model.net.transformer import EncoderDecoder
from model.runs import checkpoints
from model.training.translator.data import NOTHING, Batch, Parallel
from model.training.translator.recipe import Recipe

SAVE_EVERY = 30  # seconds between two states to resume from


class Run:
    """Model, optimizer and history at a step."""

    def __init__(
        self, name: str, recipe: Recipe, seed: int, corpus: Parallel, heldout: Batch, work: Path, resume: bool
    ):
        self.name, self.recipe, self.seed, self.corpus, self.work = name, recipe, seed, corpus, work
        self.model = EncoderDecoder(
            ModelConfig(len(corpus.french), source_vocab_size=len(corpus.english), **recipe.model)
        )
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.0, betas=(0.9, 0.98), eps=1e-9)  # § 5.3
        self.heldout, self.step = heldout, 0
        self.sum: dict[str, torch.Tensor] = {}  # of the states that are averaged at the end
        self.history: dict[str, Any] = {
            "step": [],
            "loss": [],
            "learning_rate": [],
            "heldout": {"step": [], "loss": []},
        }
        if not resume:
            shutil.rmtree(work, ignore_errors=True)
        self.restore()

    def finish(self, out: Path, quiet: bool) -> None:
        """Runs the steps that are left, then writes the checkpoint."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]:.3f}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, disable=quiet) as progress:
            total = self.recipe.steps
            task = progress.add_task(f"training {self.name}", total=total, completed=self.step, loss=math.nan)
            try:
                for loss in self._steps():
                    progress.update(task, completed=self.step, loss=loss)
            except KeyboardInterrupt:  # wherever it comes
                self.keep()
                raise
        self.write(out)

    def _steps(self) -> Iterator[float]:
        """The steps that are left, with their losses; snapshots, held-out losses and the state where they are due."""
        marks, saved = self.recipe.snapshot_steps(), time.monotonic()
        while True:
            if self.step in marks and self.step < self.recipe.steps:
                file = self.work / "snapshots" / f"step-{self.step:06d}.safetensors"
                checkpoints.save_weights(self.model, file, half=True)
            if self.step in marks or self.step % 500 == 0:
                self.measure()
            if self.step >= self.recipe.steps:
                return
            yield self.advance()
            self.gather()
            if time.monotonic() - saved > SAVE_EVERY:
                self.keep()
                saved = time.monotonic()

    def advance(self) -> float:
        """One step of Adam; the loss is the cross-entropy with smoothed labels, in nats a French word."""
        recipe = self.recipe
        rate = recipe.learning_rate(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        batch, looks = self.corpus.batch(self.step, self.seed, recipe.batch), Looks()
        loss = loss_of(self.model, batch, recipe.smoothing, Tape(looks.listen))
        self.optimizer.zero_grad()
        torch.autograd.backward(loss + recipe.guidance * looks.off(batch.aligned))
        self.optimizer.step()
        value = loss.item()
        if not math.isfinite(value):
            raise ClearheadError(f"training {self.name} diverged at step {self.step}: try another seed")
        if self.step % 10 == 0 or self.step < 50:
            self.history["step"].append(self.step)
            self.history["loss"].append(round(value, 4))
            self.history["learning_rate"].append(rate)
        self.step += 1
        return value

    @torch.no_grad()
    def measure(self) -> None:
        """Notes the held-out loss of this step, without smoothing, once even when a resumed run comes by again."""
        heldout = self.history["heldout"]
        if self.step not in heldout["step"]:
            heldout["step"].append(self.step)
            heldout["loss"].append(round(loss_of(self.model, self.heldout).item(), 4))

    def gather(self) -> None:
        """Adds up the states that the final weights are the average of (§ 6.1)."""
        left, recipe = self.recipe.steps - self.step, self.recipe
        if left % recipe.apart == 0 and left // recipe.apart < recipe.averaged:
            for name, value in self.model.state_dict().items():
                self.sum[name] = self.sum[name] + value if name in self.sum else value.clone()

    def keep(self) -> None:
        """Saves all that a later `restore` needs; a stop in between leaves the old state."""
        self.work.mkdir(parents=True, exist_ok=True)
        state = {
            "step": self.step,
            "history": self.history,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "sum": self.sum,
            "recipe": asdict(self.recipe),
        }
        with replacing(self.work / "state.pt") as partial:
            torch.save(state, partial)

    def restore(self) -> None:
        file = self.work / "state.pt"
        if not file.exists():
            return
        state = torch.load(file, weights_only=True)
        if state["recipe"] != asdict(self.recipe):
            raise ClearheadError(
                f"the recipe of {self.name} has changed since {file} was saved: begin anew with --restart"
            )
        self.step, self.history, self.sum = state["step"], state["history"], state["sum"]
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])

    def write(self, out: Path) -> None:
        """The average of the last states as a checkpoint, with the history and the snapshots."""
        count = min(self.recipe.averaged, 1 + (self.recipe.steps - 1) // self.recipe.apart)
        self.model.load_state_dict({name: value / count for name, value in self.sum.items()})
        training = {"seed": self.seed, **{k: v for k, v in asdict(self.recipe).items() if k != "model"}}
        corpus = self.corpus
        checkpoints.save(out, self.name, self.model, corpus.french, training, source_tokenizer=corpus.english)
        write_json(out / "history.json", self.history)
        shutil.rmtree(out / "snapshots", ignore_errors=True)
        shutil.copytree(self.work / "snapshots", out / "snapshots")
        shutil.rmtree(self.work, ignore_errors=True)


class Looks:
    """Listens to a forward pass for where the decoder looks in the English sentence."""

    def __init__(self) -> None:
        self.patterns: list[torch.Tensor] = []  # of every layer: (sentence, head, query, key)

    def listen(self, name: str, value: torch.Tensor, axes: str) -> torch.Tensor:
        if name.endswith("cross_attn.pattern"):
            self.patterns.append(value)
        return value

    def off(self, aligned: torch.Tensor) -> torch.Tensor:
        """Mean −log of the weight, averaged over heads, that a word about to be said gives to the word that it says.

        In nats, over layers and words: the guided alignment of Chen et al. 2016, § 3.2."""
        sentence, query, key = aligned.unbind(-1)
        weights = torch.stack([pattern.mean(1)[sentence, query, key] for pattern in self.patterns])
        return -weights.clamp(min=1e-6).log().mean()


def loss_of(model: EncoderDecoder, batch: Batch, smoothing: float = 0.0, tape: Tape = SILENT) -> torch.Tensor:
    """Mean −log p(next French word) in nats, with smoothed labels (Szegedy et al. 2016, § 7)."""
    logits = model(batch.inputs, batch.source, tape, source_padding=batch.source_padding)
    targets = batch.targets.flatten()
    return F.cross_entropy(logits.flatten(0, 1), targets, ignore_index=NOTHING, label_smoothing=smoothing)
