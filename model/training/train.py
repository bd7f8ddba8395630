"""`clearhead train NAME`: a recipe trained, then measured."""

from __future__ import annotations

from dataclasses import replace
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
from model.training.translator.recipe import NAME
from model.training.translator.train import train_translator
from model.training.windows import corpus_of, training_documents

WORK = RENDERS / "training"  # states to resume from


def train(
    name: str,
    seed: int = 0,
    steps: int | None = None,
    out: Path | None = None,
    resume: bool = True,
    quiet: bool = False,
) -> Path:
    """Trains a recipe into the folder `out` (default: where it ships), measures it (report.json), returns the folder.

    The merges of a tokenizer of pieces of words, learned from the same text, lie beside it (bpe.json).

    A run that was stopped goes on where it was when `resume` is set. Raises UsageError for an unknown name.
    """
    if name == NAME:
        return train_translator(seed, steps, Path(out or checkpoints.SHIPPED / name), WORK, resume, quiet)
    if name not in RECIPES:
        raise UsageError(f"no recipe {name!r}; there are {', '.join([*RECIPES, NAME])}")
    recipe = replace(RECIPES[name], steps=steps or RECIPES[name].steps)
    out = Path(out or checkpoints.SHIPPED / name)
    made = training_documents(recipe.words, recipe.lookups)
    corpus = corpus_of(made, ModelConfig(1, **recipe.model).n_ctx)
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # no slower for models this small, and the same result on any number of cores
    run = Run(name, recipe, seed, corpus, WORK / f"{name}-{seed}-{recipe.steps}", resume)
    run.finish(out, quiet)
    bpe.learn_from(made).save(out / bpe.FILE)
    write_report(out)
    return out
