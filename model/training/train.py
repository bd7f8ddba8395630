"""Training the shipped models: one recipe each, the same result for the same seed, can be stopped and resumed."""

from __future__ import annotations

import math
import shutil
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch.nn import functional as F

from model.errors import ClearheadError, UsageError
from model.net.config import ModelConfig
from model.net.transformer import Transformer
from model.paths import RENDERS
from model.runs import checkpoints
from model.text.corpus import documents
from model.text.lexicon import proper_names
from model.text.tokenizer import END, Tokenizer

WORK = RENDERS / "training"  # states to resume from
HELDOUT_SEED = 1_000_003  # of documents that no training run sees
SAVE_EVERY = 30  # seconds between two states to resume from


@dataclass(frozen=True)
class Recipe:
    """What a model is trained on, and for how long."""

    model: dict  # ModelConfig without the vocabulary
    steps: int
    words: int = 3_000_000  # of the corpus, punctuation counted
    batch: int = 32
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    warmup: int = 200
    horizon: int | None = None  # steps of the cosine that the learning rate follows (None: all)
    cooldown: float = 0.0  # share of the steps, at the end, over which the rate falls on to zero
    snapshots: int = 14
    half: bool = False  # store the final weights in float16
    repeats: float = 0.0  # share of windows that are random words, said again and again


VARIANT = {
    "n_layers": 2,
    "tied": True,
}  # sinusoids are as large as 1: as in the paper, embeddings are scaled to match them
RECIPES = {
    "tiny": Recipe(
        {"n_layers": 4, "tied": True}, steps=4_500, horizon=8_000, cooldown=1 / 3, snapshots=12, repeats=0.25
    ),
    **{
        f"tiny-{positions}": Recipe(
            {**VARIANT, "positions": positions, "embed_scale": positions == "sinusoidal"},
            steps=1_600,
            batch=16,
            snapshots=0,
            half=True,
        )
        for positions in ("learned", "sinusoidal", "rotary", "none")
    },
}


@dataclass
class Corpus:
    """The training text as one long row of ids, and where sentences begin."""

    ids: np.ndarray
    starts: np.ndarray
    tokenizer: Tokenizer

    def batch(
        self, step: int, seed: int, size: int, length: int, repeats: float = 0.0
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Windows that begin with a sentence, and their next words; the same for the same seed and step.

        In every second window one word is read as <unk> (its target stays), so that unknown words mean something.
        A share `repeats` of the windows holds 4 to 24 random words over and over: where only copying helps, it is learned.
        """
        rng = np.random.default_rng((seed, step))
        starts = rng.choice(self.starts, size)
        windows = self.ids[starts[:, None] + np.arange(length + 1)]
        for row in range(round(repeats * size)):
            words = rng.choice(
                np.arange(self.tokenizer.end_id + 1, len(self.tokenizer)), rng.integers(4, 25), replace=False
            )
            windows[row] = np.resize(words, length + 1)
        inputs, targets = windows[:, :-1].copy(), windows[:, 1:]
        hidden = inputs[np.arange(size), rng.integers(0, length, size)]
        inputs[(inputs == hidden[:, None]) & (rng.random(size) < 0.5)[:, None]] = self.tokenizer.unknown_id
        return torch.from_numpy(inputs.astype(np.int64)), torch.from_numpy(targets.astype(np.int64))


def make_corpus(words: int, n_ctx: int, seed: int = 0) -> Corpus:
    made = documents(seed, words)
    tokenizer = Tokenizer.from_words(vocabulary(made))
    return index_corpus(made, tokenizer, n_ctx)


def vocabulary(made: list[str]) -> list[str]:
    """Every word of the documents, the most frequent first, written with a capital only if it is a name."""
    names = proper_names()
    counts = Counter(word.lower() for document in made for word in document.split())
    return [names.get(word, word) for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def index_corpus(made: list[str], tokenizer: Tokenizer, n_ctx: int) -> Corpus:
    ids_of = {word.lower(): index for index, word in enumerate(tokenizer.vocabulary)}
    ids, starts = [], []
    for document in made:
        fresh = True
        for word in document.lower().split():
            if fresh:
                starts.append(len(ids))
            ids.append(ids_of.get(word, tokenizer.unknown_id))
            fresh = word == "."
        ids.append(ids_of[END])
    ids_array = np.array(ids, dtype=np.int32)
    starts_array = np.array(starts)
    return Corpus(ids_array, starts_array[starts_array < len(ids) - n_ctx - 1], tokenizer)


def train(
    name: str,
    seed: int = 0,
    steps: int | None = None,
    out: Path | None = None,
    resume: bool = True,
    quiet: bool = False,
) -> Path:
    """Trains a recipe into the folder `out` (default: where it ships), measures it (report.json) and returns the folder.

    A run that was stopped goes on where it was when `resume` is set. Raises UsageError for an unknown name.
    """
    if name not in RECIPES:
        raise UsageError(f"no recipe {name!r}; there are {', '.join(RECIPES)}")
    recipe = RECIPES[name]
    recipe = Recipe(**{**asdict(recipe), "steps": steps or recipe.steps})
    out = Path(out or checkpoints.SHIPPED / name)
    corpus = make_corpus(recipe.words, ModelConfig(1, **recipe.model).n_ctx)
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # no slower for models this small, and the same result on any number of cores
    run = Run(name, recipe, seed, corpus, WORK / f"{name}-{seed}-{recipe.steps}", resume)
    run.finish(out, quiet)
    from model.training.report import write_report  # here, since the report knows the recipes

    write_report(out)
    return out


class Run:
    """One training run: model, optimizer and history at a step."""

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
        self.step, self.history = 0, {"step": [], "loss": [], "heldout": {"step": [], "loss": []}}
        self.heldout = heldout_windows(corpus.tokenizer, self.model.config.n_ctx)
        if not resume:
            shutil.rmtree(work, ignore_errors=True)
        self.restore()

    def finish(self, out: Path, quiet: bool) -> None:
        """Runs the steps that are left, then writes the checkpoint."""
        marks = snapshot_steps(self.recipe)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]:.3f}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        saved = time.monotonic()
        with Progress(*columns, disable=quiet) as progress:
            task = progress.add_task(
                f"training {self.name}", total=self.recipe.steps, completed=self.step, loss=math.nan
            )
            while True:
                if self.step in marks and self.step < self.recipe.steps:
                    checkpoints.save_weights(
                        self.model, self.work / "snapshots" / f"step-{self.step:06d}.safetensors", half=True
                    )
                if self.step in marks or self.step % 500 == 0 or self.step == self.recipe.steps:
                    self.measure()
                if self.step >= self.recipe.steps:
                    break
                loss = self.advance()
                progress.update(task, completed=self.step, loss=loss)
                if time.monotonic() - saved > SAVE_EVERY:
                    self.keep()
                    saved = time.monotonic()
        self.write(out)

    def measure(self) -> None:
        """Notes the held-out loss of this step, once even when a resumed run comes by again."""
        heldout = self.history["heldout"]
        if self.step not in heldout["step"]:
            heldout["step"].append(self.step)
            heldout["loss"].append(round(loss_of(self.model, self.heldout), 4))

    def advance(self) -> float:
        """One step of AdamW; the loss is the mean of −log p(next word) in nats."""
        recipe = self.recipe
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.learning_rate * schedule(self.step, recipe)
        inputs, targets = self.corpus.batch(self.step, self.seed, recipe.batch, self.model.config.n_ctx, recipe.repeats)
        loss = F.cross_entropy(self.model(inputs).flatten(0, 1), targets.flatten())
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        value = loss.item()
        if not math.isfinite(value):
            raise ClearheadError(f"training {self.name} diverged at step {self.step}: try another seed")
        if self.step % 10 == 0 or self.step < 50:
            self.history["step"].append(self.step)
            self.history["loss"].append(round(value, 4))
        self.step += 1
        return value

    def keep(self) -> None:
        """Saves all that a later `restore` needs; a stop in between leaves the old state."""
        self.work.mkdir(parents=True, exist_ok=True)
        partial = self.work / "state.partial"
        torch.save(
            {
                "step": self.step,
                "history": self.history,
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "recipe": asdict(self.recipe),
            },
            partial,
        )
        partial.replace(self.work / "state.pt")

    def restore(self) -> None:
        file = self.work / "state.pt"
        if not file.exists():
            return
        state = torch.load(file, weights_only=True)
        if state["recipe"] != asdict(self.recipe):
            raise ClearheadError(
                f"the recipe of {self.name} has changed since {file} was saved: train without --resume"
            )
        self.step, self.history = state["step"], state["history"]
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])

    def write(self, out: Path) -> None:
        training = {
            "seed": self.seed,
            **{k: v for k, v in asdict(self.recipe).items() if k != "model"},
            "tokens": self.recipe.steps * self.recipe.batch * self.model.config.n_ctx,
        }
        checkpoints.save(out, self.name, self.model, self.corpus.tokenizer, training, self.recipe.half)
        checkpoints.write_json(out / "history.json", self.history)
        if (self.work / "snapshots").exists():
            shutil.rmtree(out / "snapshots", ignore_errors=True)
            shutil.copytree(self.work / "snapshots", out / "snapshots")
        shutil.rmtree(self.work, ignore_errors=True)


def schedule(step: int, recipe: Recipe) -> float:
    """A linear start, then half a cosine down to a tenth over the horizon; a straight fall at the end, where there is a cooldown."""
    if step < recipe.warmup:
        return (step + 1) / recipe.warmup
    done = (step - recipe.warmup) / max(1, (recipe.horizon or recipe.steps) - recipe.warmup)
    rate = 0.55 + 0.45 * math.cos(math.pi * min(done, 1.0))
    return rate * min(1.0, (recipe.steps - step) / (recipe.steps * recipe.cooldown)) if recipe.cooldown else rate


def snapshot_steps(recipe: Recipe) -> set[int]:
    """Step 0, the last step, and what lies before it of `snapshots` − 1 steps spaced evenly in the logarithm up to the horizon."""
    if not recipe.snapshots:
        return set()
    end = recipe.horizon or recipe.steps
    spaced = (round(step) for step in np.geomspace(min(8, end), end, recipe.snapshots - 1))
    return {0, recipe.steps, *(step for step in spaced if step < recipe.steps)}


def heldout_windows(tokenizer: Tokenizer, n_ctx: int, count: int = 128) -> tuple[torch.Tensor, torch.Tensor]:
    corpus = index_corpus(documents(HELDOUT_SEED, 40_000), tokenizer, n_ctx)
    starts = np.random.default_rng(0).choice(corpus.starts, count, replace=False)
    windows = torch.from_numpy(corpus.ids[starts[:, None] + np.arange(n_ctx + 1)].astype(np.int64))
    return windows[:, :-1], windows[:, 1:]


@torch.no_grad()
def loss_of(model: Transformer, windows: tuple[torch.Tensor, torch.Tensor]) -> float:
    """Mean −log p(next word), in nats."""
    inputs, targets = windows
    return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).item()
