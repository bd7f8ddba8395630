"""One training run: the same result for the same seed; it can be stopped, and goes on where it was."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch.nn import functional as F

from model.errors import ClearheadError
from model.files import replacing, write_json
from model.net.config import ModelConfig
from model.net.layers import Tape
from model.net.transformer import Transformer
from model.runs import checkpoints
from model.training.recipes import Recipe
from model.training.windows import Corpus, Windows, heldout_windows

SAVE_EVERY = 30  # seconds between two states to resume from
SAMPLE_EVERY = 30  # seconds between two samples of what it writes
SAMPLE = 20  # tokens
TEMPERATURE = 0.8
MEASURE_EVERY = 500  # steps between two held-out losses


class Run:
    """One training run: model, optimizer and history at a step. A run of another kind overrides how it learns
    (`backward`), what is held out (`heldout_loss`) and what is written at its end (`write`)."""

    measure_every = MEASURE_EVERY

    def __init__(self, name: str, recipe: Recipe, seed: int, corpus: Corpus, work: Path, resume: bool):
        self.name, self.recipe, self.seed, self.corpus, self.work = name, recipe, seed, corpus, work
        self.model = Transformer(ModelConfig(len(corpus.tokenizer), **recipe.model))
        matrices = [p for p in self.model.parameters() if p.ndim > 1]
        vectors = [p for p in self.model.parameters() if p.ndim < 2]
        self.optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": vectors, "weight_decay": 0.0}],
            lr=recipe.learning_rate,
            betas=(0.9, 0.98),
        )
        self.step = 0
        self.history: dict[str, Any] = {"step": [], "loss": [], "heldout": {"step": [], "loss": []}}
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
                    if not quiet and time.monotonic() - told > SAMPLE_EVERY:
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
        """How far it is, in a line, with a sample."""
        heldout = self.history["heldout"]
        lost = f", held-out loss {heldout['loss'][-1]:.3f} at step {heldout['step'][-1]:,}" if heldout["step"] else ""
        return f"step {self.step:,}{lost}: “{self.sample()}”"

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

    @cached_property
    def heldout(self) -> Windows:
        return heldout_windows(self.corpus.tokenizer, self.model.config.n_ctx)

    def heldout_loss(self) -> float:
        return loss_of(self.model, self.heldout)

    @torch.no_grad()
    def sample(self, length: int = SAMPLE) -> str:
        """What the model writes now, after a beginning that stands in the training text. Draws no number of torch's."""
        rng = np.random.default_rng((self.seed, self.step))
        start = int(rng.choice(self.corpus.starts))
        ids = [int(index) for index in self.corpus.ids[start : start + 2]]
        while len(ids) < length and ids[-1] != self.corpus.tokenizer.end_id:
            logits = self.model(torch.tensor(ids))[-1].double().numpy()
            if self.corpus.tokenizer.unknown_id is not None:
                logits[self.corpus.tokenizer.unknown_id] = -np.inf
            odds = np.exp((logits - logits.max()) / TEMPERATURE)
            ids.append(int(rng.choice(len(odds), p=odds / odds.sum())))
        return self.corpus.tokenizer.decode(ids).strip()

    def measure(self) -> None:
        """Notes the held-out loss of this step, once even when a resumed run comes by again."""
        heldout = self.history["heldout"]
        if self.step not in heldout["step"]:
            heldout["step"].append(self.step)
            heldout["loss"].append(round(self.heldout_loss(), 4))

    def advance(self) -> float:
        """One step of AdamW; the loss is the mean of −log p(next word) in nats."""
        recipe = self.recipe
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.learning_rate * recipe.schedule(self.step)
        inputs, targets = self.corpus.batch(self.step, self.seed, recipe.batch, self.model.config.n_ctx, recipe.repeats)
        value = self.backward(inputs, targets)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        if not math.isfinite(value):
            raise ClearheadError(f"training {self.name} diverged at step {self.step}: try another seed")
        if self.step % 10 == 0 or self.step < 50:
            self.history["step"].append(self.step)
            self.history["loss"].append(round(value, 4))
        self.step += 1
        return value

    def backward(self, inputs: torch.Tensor, targets: torch.Tensor) -> float:
        """The loss of a batch; its gradients are put into `.grad`."""
        recipe = self.recipe
        scores: list[torch.Tensor] = []
        logits = self.model(inputs, tape=Tape(partial(keep_scores, scores)))
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        self.optimizer.zero_grad()
        torch.autograd.backward(loss + recipe.centring * off_centre(scores) if recipe.centring else loss)
        return loss.item()

    def keep(self) -> None:
        """Saves all that a later `restore` needs; a stop in between leaves the old state."""
        self.work.mkdir(parents=True, exist_ok=True)
        state = {
            "step": self.step,
            "history": self.history,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
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
        self.step, self.history = state["step"], state["history"]
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])

    def training(self) -> dict[str, Any]:
        """What the checkpoint says of how it was trained."""
        return {
            "seed": self.seed,
            **{k: v for k, v in asdict(self.recipe).items() if k != "model"},
            "tokens": self.recipe.steps * self.recipe.batch * self.model.config.n_ctx,
        }

    def write(self, out: Path) -> None:
        """The checkpoint, its history and its snapshots."""
        checkpoints.save(out, self.name, self.model, self.corpus.tokenizer, self.training(), self.recipe.half)
        write_json(out / "history.json", self.history)
        if (self.work / "snapshots").exists():
            shutil.rmtree(out / "snapshots", ignore_errors=True)
            shutil.copytree(self.work / "snapshots", out / "snapshots")


@torch.no_grad()
def loss_of(model: Transformer, windows: Windows) -> float:
    """Mean −log p(next word), in nats."""
    inputs, targets = windows
    return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).item()


def keep_scores(scores: list[torch.Tensor], name: str, value: torch.Tensor, axes: str) -> torch.Tensor:
    """Listens to a forward pass for the scores of every layer, later keys at −∞. (window, head, query, key) each"""
    if name.endswith(".attn.scores_masked"):
        scores.append(value)
    return value


def off_centre(scores: list[torch.Tensor]) -> torch.Tensor:
    """The mean over all queries of (log Σ exp scores − log n)²: 0 where a score of 0 is an even share of the weight.

    The softmax is the same whatever is added to all scores of a query; this alone says where their zero lies."""
    even = torch.arange(1, scores[0].shape[-1] + 1).log()
    return torch.stack([(layer.logsumexp(-1) - even).square().mean() for layer in scores]).mean()
