"""`clearhead train translator`: trained, then measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from model.text.parallel.splitting import draw
from model.training.recipes import HELDOUT_SEED
from model.training.translator.data import Batch, Parallel, training_pairs
from model.training.translator.recipe import NAME, Recipe
from model.training.translator.report import write_report
from model.training.translator.run import Run


def train_translator(
    seed: int,
    steps: int | None,
    out: Path,
    work: Path,
    resume: bool = True,
    quiet: bool = False,
    recipe: Recipe | None = None,
) -> Path:
    """Trains into the folder `out` and measures it there (report.json). `work` keeps the state to resume from."""
    recipe = recipe or Recipe()
    recipe = recipe if steps is None else replace(recipe, steps=steps)
    corpus = Parallel(training_pairs(recipe.corpus_seed, recipe.sentences))
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # no slower for a model this small, and the same result on any number of cores
    run = Run(NAME, recipe, seed, corpus, heldout_batch(corpus), work / f"{NAME}-{seed}-{recipe.steps}", resume)
    run.finish(out, quiet)
    write_report(out)
    return out


def heldout_batch(corpus: Parallel, count: int = 400) -> Batch:
    """Sentences with nouns never seen together and of a structure never seen."""
    return corpus.batch_of(draw("both", HELDOUT_SEED, count))
