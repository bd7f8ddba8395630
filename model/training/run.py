"""One training run: the same result for the same seed; it can be stopped, and goes on where it was."""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from model.net.config import ModelConfig
from model.net.layers import Tape
from model.net.transformer import Transformer
from model.runs import checkpoints
from model.training import guidance
from model.training.recipes import Recipe
from model.training.resumable import ResumableRun
from model.training.windows import Corpus, Windows, heldout_windows

SAMPLE = 20  # tokens
TEMPERATURE = 0.8


class Run(ResumableRun):
    """A decoder that learns to say the next word. One that learns otherwise overrides `backward`."""

    model: Transformer
    recipe: Recipe

    def __init__(self, name: str, recipe: Recipe, seed: int, corpus: Corpus, work: Path, resume: bool):
        super().__init__(name, recipe, seed, work)
        self.corpus = corpus
        self.model = Transformer(ModelConfig(len(corpus.tokenizer), **recipe.model))
        matrices = [p for p in self.model.parameters() if p.ndim > 1]
        vectors = [p for p in self.model.parameters() if p.ndim < 2]
        self.optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": vectors, "weight_decay": 0.0}],
            lr=recipe.learning_rate,
            betas=(0.9, 0.98),
        )
        self.begin(resume)

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

    def advance(self) -> float:
        """One step of AdamW; the loss is the mean of −log p(next word) in nats."""
        recipe = self.recipe
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.learning_rate * recipe.schedule(self.step)
        inputs, targets = self.corpus.batch(self.step, self.seed, recipe.batch, self.model.config.n_ctx, recipe.repeats)
        value = self.backward(inputs, targets)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.note(value)
        return value

    def backward(self, inputs: torch.Tensor, targets: torch.Tensor) -> float:
        """The loss of a batch; its gradients are put into `.grad`."""
        recipe = self.recipe
        attention = Attention()
        logits = self.model(inputs, tape=Tape(attention.listen))
        loss = whole = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        if recipe.centring:
            whole = whole + recipe.centring * off_centre(attention.scores)
        if self.step >= recipe.steps - recipe.guided:
            whole = whole + recipe.guidance * guidance.off(attention.patterns, self.looks(inputs), recipe.told)
        self.optimizer.zero_grad()
        torch.autograd.backward(whole)
        return loss.item()

    def looks(self, inputs: torch.Tensor) -> list[tuple[int, guidance.Look]]:
        """Where heads should look in windows of ids: (window, look). What is hidden there is not looked at."""
        return [
            (window, look) for window, ids in enumerate(inputs.tolist()) for look in guidance.looks(self.words(ids))
        ]

    def words(self, ids: list[int]) -> list[str]:
        return [self.corpus.tokenizer.vocabulary[index].lower() for index in ids]

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
        self.write_history(out)


@torch.no_grad()
def loss_of(model: Transformer, windows: Windows) -> float:
    """Mean −log p(next word), in nats."""
    inputs, targets = windows
    return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).item()


class Attention:
    """Listens to a forward pass for the scores of every layer, later keys at −∞, and their softmax, the patterns.

    (window, head, query, key) each"""

    def __init__(self) -> None:
        self.scores: list[torch.Tensor] = []
        self.patterns: list[torch.Tensor] = []

    def listen(self, name: str, value: torch.Tensor, axes: str) -> torch.Tensor:
        if name.endswith(".attn.scores_masked"):
            self.scores.append(value)
        elif name.endswith(".attn.pattern"):
            self.patterns.append(value)
        return value


def off_centre(scores: list[torch.Tensor]) -> torch.Tensor:
    """The mean over all queries of (log Σ exp scores − log n)²: 0 where a score of 0 is an even share of the weight.

    The softmax is the same whatever is added to all scores of a query; this alone says where their zero lies."""
    even = torch.arange(1, scores[0].shape[-1] + 1).log()
    return torch.stack([(layer.logsumexp(-1) - even).square().mean() for layer in scores]).mean()
