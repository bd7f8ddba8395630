"""What if? One recipe, trained once as it is and three times with one thing changed, each for real.

    python -m model.training.counterfactuals          # writes assets/training/counterfactuals.json

The yardstick is the recipe of `tiny-learned` (model/training/recipes.py). *memorising* reads only the first few
documents, over and over; in *random decoder* the blocks and the last norm stay as they were before the first step, and
only the embedding learns (it is tied: the same rows read words and write them); in *random embedding* the embedding
stays, and only the blocks learn. Vocabulary, seed, batches, steps and held-out windows are the same for all.
"""

from __future__ import annotations

import hashlib
import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from model.files import write_json
from model.net.config import ModelConfig
from model.net.transformer import Transformer
from model.paths import ASSETS
from model.text.ngrams import ngram_losses
from model.training.recipes import RECIPES
from model.training.windows import Corpus, Windows, corpus_of, heldout_windows, index_corpus, training_documents

FILE = ASSETS / "training" / "counterfactuals.json"
RECIPE = "tiny-learned"
FEW = 60  # documents of the run that memorises
EVERY = 40  # steps between two measurements
MEASURED = 128  # windows of the training text by which its loss is measured
PROMPT, LENGTH = "The old dog", 12  # what each model goes on from, by how many words
RECITED = 4  # words of one of the few documents, from which the models go on


@dataclass(frozen=True)
class Change:
    """What differs from the yardstick: only the first `few` documents are read; weights whose names begin so are
    `frozen`."""

    what: str
    few: int | None = None
    frozen: tuple[str, ...] = ()


CHANGES = {
    "yardstick": Change("nothing changed"),
    "memorising": Change("a tiny corpus", few=FEW),
    "random decoder": Change("blocks frozen as they began, embedding learned", frozen=("blocks.", "ln_final.")),
    "random embedding": Change("embedding frozen as it began, blocks learned", frozen=("W_E", "W_pos")),
}


class Trial:
    """One of the runs."""

    def __init__(self, change: Change, documents: list[str], seed: int = 0):
        self.recipe, self.change, self.seed = RECIPES[RECIPE], change, seed
        whole = corpus_of(documents, ModelConfig(1, **self.recipe.model).n_ctx)
        torch.manual_seed(seed)
        self.model = Transformer(ModelConfig(len(whole.tokenizer), **self.recipe.model))
        n_ctx = self.model.config.n_ctx
        self.read = documents[: change.few]
        self.corpus = whole if change.few is None else index_corpus(self.read, whole.tokenizer, n_ctx)
        self.seen = windows_of(self.corpus, n_ctx)
        self.heldout = heldout_windows(whole.tokenizer, n_ctx)
        self.optimizer = optimizer(self.model, change.frozen, self.recipe.learning_rate, self.recipe.weight_decay)

    def train(self) -> dict[str, Any]:
        """All steps; the losses, in nats a word, on windows that it is trained on and on held-out ones."""
        found: dict[str, list[float]] = {"step": [], "loss": [], "heldout": []}
        for step in range(self.recipe.steps + 1):
            if step % EVERY == 0:
                found["step"].append(step)
                found["loss"].append(round(loss_of(self.model, self.seen), 4))
                found["heldout"].append(round(loss_of(self.model, self.heldout), 4))
            if step < self.recipe.steps:
                self.advance(step)
        return found

    def advance(self, step: int) -> None:
        """One step of AdamW, as in model/training/run.py."""
        recipe = self.recipe
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.learning_rate * recipe.schedule(step)
        inputs, targets = self.corpus.batch(step, self.seed, recipe.batch, self.model.config.n_ctx, recipe.repeats)
        loss = F.cross_entropy(self.model(inputs).flatten(0, 1), targets.flatten())
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()

    @torch.no_grad()
    def say(self, prompt: str, count: int, seed: int | None = None) -> str:
        """How it goes on: the likeliest word each time, or drawn by a seed."""
        rng = None if seed is None else np.random.default_rng(seed)
        ids, words = list(self.corpus.tokenizer.encode(prompt).ids), self.corpus.tokenizer.vocabulary
        start = len(ids)
        for _ in range(count):
            probs = self.model(torch.tensor(ids))[-1].double().softmax(-1).numpy()
            drawn = int(probs.argmax()) if rng is None else int(probs.cumsum().searchsorted(rng.random()))
            ids.append(min(drawn, len(words) - 1))
        return " ".join(words[k].strip() for k in ids[start:])


def optimizer(model: Transformer, frozen: tuple[str, ...], rate: float, decay: float) -> torch.optim.AdamW:
    """AdamW as all models here are trained by, on what is not frozen; only matrices decay."""
    for name, weight in model.named_parameters():
        weight.requires_grad_(not name.startswith(frozen) if frozen else True)
    learning = [weight for weight in model.parameters() if weight.requires_grad]
    groups = [
        {"params": [w for w in learning if w.ndim > 1], "weight_decay": decay},
        {"params": [w for w in learning if w.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=rate, betas=(0.9, 0.98))


def windows_of(corpus: Corpus, n_ctx: int) -> Windows:
    """Windows of a corpus by which its loss is measured: as they are, with no word hidden."""
    starts = np.random.default_rng(0).choice(corpus.starts, MEASURED)
    windows = torch.from_numpy(corpus.ids[starts[:, None] + np.arange(n_ctx + 1)].astype(np.int64))
    return windows[:, :-1], windows[:, 1:]


@torch.no_grad()
def loss_of(model: Transformer, windows: Windows) -> float:
    """Mean −log p(next word), in nats."""
    inputs, targets = windows
    return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).item()


def pairs_loss(corpus: Corpus, heldout: Windows) -> float:
    """What counting pairs of words in the training text comes to on the same held-out words: the bigram's loss."""
    ids = torch.cat([heldout[0][:, :1], heldout[1]], 1).numpy()
    bigram = ngram_losses(np.asarray(corpus.ids), ids.flatten(), len(corpus.tokenizer))[1]
    return round(float(bigram.reshape(ids.shape)[:, 1:].mean()), 4)


def hash_of(documents: list[str]) -> str:
    return hashlib.sha256("\n".join(documents).encode()).hexdigest()


def measure(quiet: bool = False) -> dict[str, Any]:
    """All runs, their losses, and what their models say."""
    torch.set_num_threads(1)
    recipe, runs = RECIPES[RECIPE], dict[str, Any]()
    documents = training_documents(recipe.words, recipe.lookups)
    words = next(words for words in map(str.split, documents[:FEW]) if len(words) > RECITED + LENGTH)
    begun, rest = " ".join(words[:RECITED]), words[RECITED : RECITED + LENGTH]
    for name, change in CHANGES.items():
        began, trial = time.monotonic(), Trial(change, documents)
        losses = trial.train()
        runs[name] = {
            "what": change.what,
            "documents": len(trial.read),
            "words": int(sum(len(document.split()) for document in trial.read)),
            "corpus": hash_of(trial.read),
            "frozen": list(change.frozen),
            "learning": sum(w.numel() for w in trial.model.parameters() if w.requires_grad),
            **losses,
            "says": trial.say(PROMPT, LENGTH, seed=trial.seed),
            "recites": trial.say(begun, len(rest)),
        }
        if name == "yardstick":
            pairs = pairs_loss(trial.corpus, trial.heldout)
        if not quiet:
            minutes = (time.monotonic() - began) / 60
            ends = f"{losses['loss'][-1]:.3f}, held out {losses['heldout'][-1]:.3f}"
            print(f"{name}: {ends}, {minutes:.1f} min", flush=True)
    return {
        "recipe": RECIPE,
        "seed": 0,
        "steps": recipe.steps,
        "batch": recipe.batch,
        "heldout": {"windows": MEASURED, "pairs": pairs},
        "prompt": PROMPT,
        "recited": {"begins": begun, "goes on": " ".join(rest)},
        "runs": runs,
    }


if __name__ == "__main__":
    if sys.argv[1:]:
        sys.exit("usage: python -m model.training.counterfactuals")
    FILE.parent.mkdir(parents=True, exist_ok=True)
    write_json(FILE, measure())
