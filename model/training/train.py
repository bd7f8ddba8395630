"""`clearhead train NAME`: a recipe trained, then measured."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from model.errors import UsageError
from model.net.config import ModelConfig
from model.paths import RENDERS
from model.runs import checkpoints
from model.text import bpe
from model.training.recipes import RECIPES
from model.training.report import write_report
from model.training.run import Run
from model.training.translator.recipe import NAME, Recipe
from model.training.translator.train import train_translator
from model.training.windows import corpus_of, training_documents

WORK = RENDERS / "training"  # states to resume from
TRIALS = RENDERS / "models"  # what is not trained to be shipped

Trainer = Callable[[int, int, Path, bool, bool], None]  # seed, steps, out, resume, quiet


def train_recipe(name: str, seed: int, steps: int, out: Path, resume: bool, quiet: bool) -> None:
    """A decoder on the grammar's text, and the merges of a tokenizer of pieces of words, learned from the same text."""
    recipe = RECIPES[name].of_steps(steps)
    made = training_documents(recipe.words, recipe.lookups)
    corpus = corpus_of(made, ModelConfig(1, **recipe.model).n_ctx)
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # no slower for models this small, and the same result on any number of cores
    Run(name, recipe, seed, corpus, WORK / f"{name}-{seed}-{recipe.steps}", resume).finish(out, quiet)
    bpe.learn_from(made).save(out / bpe.FILE)
    write_report(out)


def train_in_pairs(seed: int, steps: int, out: Path, resume: bool, quiet: bool) -> None:
    """The translator, on sentences and their translations."""
    train_translator(seed, steps, out, WORK, resume, quiet)


# What can be trained by its name: how, and in how many steps it ships. A recipe of another kind is a row of its own.
TRAINERS: dict[str, tuple[Trainer, int]] = {
    name: (partial(train_recipe, name), recipe.steps) for name, recipe in RECIPES.items()
} | {NAME: (train_in_pairs, Recipe().steps)}


def train(
    name: str,
    seed: int = 0,
    steps: int | None = None,
    out: Path | None = None,
    resume: bool = True,
    quiet: bool = False,
) -> Path:
    """Trains a recipe into the folder `out` (default: see `target`), measures it (report.json), returns the folder.

    A run that was stopped goes on where it was when `resume` is set. Raises UsageError for an unknown name, and for the
    folder of a checkpoint that ships where it is not the shipped recipe, seed and length.
    """
    out = target(name, seed, steps, out)
    trainer, shipped_steps = TRAINERS[name]
    trainer(seed, steps or shipped_steps, out, resume, quiet)
    return out


def target(name: str, seed: int = 0, steps: int | None = None, out: Path | None = None) -> Path:
    """Where a checkpoint goes: where it ships, if it is the shipped recipe, seed and length; else beside other trials.

    Raises UsageError as `train`."""
    if name not in TRAINERS:
        raise UsageError(f"no recipe {name!r}; there are {', '.join(TRAINERS)}; --corpus FILE trains on your own text")
    ships = seed == 0 and steps in (None, TRAINERS[name][1])
    if out is None:
        trial = f"{name}-seed-{seed}" + (f"-{steps}-steps" if steps else "")
        return checkpoints.SHIPPED / name if ships else TRIALS / trial
    check_not_shipped(out, name if ships else None)
    return Path(out)


def check_not_shipped(out: Path, allowed: str | None = None) -> None:
    """Raises UsageError for the folder of a checkpoint that ships, or one in it or around it, but that of `allowed`."""
    folder, home = Path(out).resolve(), checkpoints.SHIPPED.resolve()
    if folder == home or home.is_relative_to(folder) or (folder.is_relative_to(home) and folder != home / str(allowed)):
        raise UsageError(f"{out} belongs to the shipped checkpoints, which are kept as they are: choose another -o DIR")
