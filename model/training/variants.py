"""The four ways to tell positions, trained alike and compared: python -m model.training.variants (hours)."""

from __future__ import annotations

import shutil
from pathlib import Path

from model.runs import checkpoints
from model.training.recipes import RECIPES
from model.training.report import baseline_losses, heldout_loss, write_report, write_tables
from model.training.train import WORK, train


def compare_positions(work: Path, seeds: tuple[int, ...] = (0, 1, 2)) -> None:
    """Trains the four position variants by every seed into `work`, ships the first seed's and reports all.

    What is in `work` already is kept."""
    baselines = None
    for name in (name for name in RECIPES if name.startswith("tiny-")):
        folders = [work / f"{name}-{seed}" for seed in seeds]
        for seed, folder in zip(seeds, folders, strict=True):
            if not (folder / "model.safetensors").exists():
                train(name, seed=seed, out=folder)
        shutil.copytree(folders[0], checkpoints.SHIPPED / name, dirs_exist_ok=True)
        baselines = baselines or baseline_losses(checkpoints.load(name))
        write_report(name, [heldout_loss(checkpoints.load(folder)) for folder in folders], baselines)


if __name__ == "__main__":
    compare_positions(WORK)
    write_tables()
