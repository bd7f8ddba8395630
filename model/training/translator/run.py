"""One training run of the translator: the same result for the same seed; it can be stopped and goes on where it was."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from model.net.config import ModelConfig
from model.net.layers import SILENT, Tape
from model.net.transformer import EncoderDecoder
from model.runs import checkpoints
from model.training.resumable import ResumableRun
from model.training.translator.data import NOTHING, Batch, Parallel
from model.training.translator.recipe import Recipe


class Run(ResumableRun):
    """An encoder–decoder that learns to say the next French word."""

    model: EncoderDecoder
    recipe: Recipe

    def __init__(
        self, name: str, recipe: Recipe, seed: int, corpus: Parallel, heldout: Batch, work: Path, resume: bool
    ):
        super().__init__(name, recipe, seed, work)
        self.corpus, self.heldout = corpus, heldout
        self.model = EncoderDecoder(
            ModelConfig(len(corpus.french), source_vocab_size=len(corpus.english), **recipe.model)
        )
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.0, betas=(0.9, 0.98), eps=1e-9)  # § 5.3
        self.sum: dict[str, torch.Tensor] = {}  # of the states that are averaged at the end
        self.history = {"step": [], "loss": [], "learning_rate": [], "heldout": self.history["heldout"]}
        self.begin(resume)

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
        self.note(value, learning_rate=rate)
        self.gather()
        return value

    @torch.no_grad()
    def heldout_loss(self) -> float:
        """Without smoothing."""
        return loss_of(self.model, self.heldout).item()

    def gather(self) -> None:
        """Adds up the states that the final weights are the average of (§ 6.1)."""
        left, recipe = self.recipe.steps - self.step, self.recipe
        if left % recipe.apart == 0 and left // recipe.apart < recipe.averaged:
            for name, value in self.model.state_dict().items():
                self.sum[name] = self.sum[name] + value if name in self.sum else value.clone()

    def state(self) -> dict[str, Any]:
        return super().state() | {"sum": self.sum}

    def restore(self, state: dict[str, Any]) -> None:
        super().restore(state)
        self.sum = state["sum"]

    def write(self, out: Path) -> None:
        """The average of the last states as a checkpoint, with the history and the snapshots."""
        count = min(self.recipe.averaged, 1 + (self.recipe.steps - 1) // self.recipe.apart)
        self.model.load_state_dict({name: value / count for name, value in self.sum.items()})
        training = {"seed": self.seed, **{k: v for k, v in asdict(self.recipe).items() if k != "model"}}
        corpus = self.corpus
        checkpoints.save(out, self.name, self.model, corpus.french, training, source_tokenizer=corpus.english)
        self.write_history(out)


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
