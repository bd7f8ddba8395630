"""`clearhead trace`, `clearhead translate` and `clearhead train`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from model.errors import UsageError
from studio.cli.options import DEBUG, OWN_TEXT, SETTINGS, out, which_checkpoint, with_options
from studio.cli.terminal import mention_blanks
from studio.play.files import check_writable, from_here, slug


@click.command(context_settings=SETTINGS)
@click.argument("text")
@click.option(
    "--model",
    "-m",
    default="tiny",
    show_default=True,
    metavar="NAME",
    callback=which_checkpoint,
    help="A checkpoint's name or folder.",
)
@click.option("--source", metavar="TEXT", help="What a translator reads; TEXT is then what it has written, or ''.")
@click.option(
    "--like",
    type=click.Choice(["transformer-lens"]),
    help="By the exact names and shapes of that tool's cache, instead of our own.",
)
@out("Save all tensors as one .safetensors file.", metavar="FILE")
@with_options(DEBUG)
def trace(text: str, model: str, source: str | None, like: str | None, out: Path | None) -> None:
    """Run the model on a text and list every recorded tensor, with the names of its axes and its shape."""
    from model import run
    from model.numbers import transformer_lens

    result = run(model, text, source=source)
    shapes = {name: (result.axes[name], values.shape) for name, values in result.arrays.items()}
    save = result.save
    if like is not None:
        shapes = {name: (axes, values.shape) for name, (axes, values) in transformer_lens.cache(result).items()}
        save = partial(transformer_lens.save, result)
    _list(shapes)
    count = f"{len(result.tokens)} token{'s' if len(result.tokens) > 1 else ''}"
    print(f"{len(shapes)} tensors of {count}: {' | '.join(result.tokens)}", file=sys.stderr)
    mention_blanks([result.tokens[place] for place in result.unknown])
    if out is not None:
        print(from_here(save(out)))


def _list(shapes: dict[str, tuple[tuple[str, ...], tuple[int, ...]]]) -> None:
    """A line a tensor: its name, its axes, its shape."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("tensor", "axes", "shape"):
        table.add_column(heading, no_wrap=True)
    for name, (axes, shape) in shapes.items():
        table.add_row(name, ", ".join(axes), " × ".join(map(str, shape)))
    Console(soft_wrap=True, width=200).print(table)  # names are not cut where no terminal is


@click.command(context_settings=SETTINGS)
@click.argument("text")
@click.option("--width", type=click.IntRange(1), default=4, show_default=True, help="Of the beam; 1 is greedy.")
@click.option(
    "--model",
    "-m",
    default="translator",
    show_default=True,
    metavar="NAME",
    callback=which_checkpoint,
    help="An encoder–decoder's name or folder.",
)
@with_options(DEBUG)
def translate(text: str, width: int, model: str) -> None:
    """Translate an English sentence into French, in the words that the model knows."""
    from model.runs.translation import translate

    print(translate(model, text, width))


@click.command(context_settings=SETTINGS)
@click.argument("name", required=False)
@with_options(OWN_TEXT)
@click.option("--steps", type=click.IntRange(1), metavar="N", help="Make so many steps (default: the recipe's).")
@click.option("--layers", type=click.IntRange(1, 12), metavar="N", help="Of your own model (default: by its text).")
@click.option("--heads", type=click.IntRange(1, 32), metavar="N", help="In each layer, of 8 numbers each (default: 8).")
@click.option("--d-model", type=click.IntRange(8, 512), metavar="N", help="Numbers of each word (default: 64).")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@out("Where the checkpoint goes (default: where it ships; of your own text or a trial, in renders/models).")
@click.option("--restart", is_flag=True, help="From the beginning, even where an unfinished training could go on.")
@click.option("--replace", is_flag=True, help="Write over the checkpoint that is there, and its snapshots.")
@with_options(DEBUG)
def train(name: str | None, seed: int, out: Path | None, restart: bool, replace: bool, **chosen: Any) -> None:
    """Train a checkpoint on your own text (--corpus FILE), or from its recipe (tiny, translator), with snapshots.

    Goes on where it was stopped. What was trained can be shown: clearhead render attention --model renders/models/NAME
    """
    given = {option: value for option, value in chosen.items() if value is not None}
    if (name is None) == ("corpus" not in given):
        raise UsageError("train what? --corpus FILE is a text of your own, a recipe's name (tiny) a shipped model.")
    if name is not None:
        _train_recipe(name, seed, given, out, restart, replace)
    else:
        _train_own(seed, given, out, restart, replace)


def _train_recipe(name: str, seed: int, given: dict[str, Any], out: Path | None, restart: bool, replace: bool) -> None:
    from model.training.train import target, train

    steps = given.pop("steps", None)
    if given:
        raise UsageError(f"--{next(iter(given)).replace('_', '-')} is for a text of your own: a recipe says it itself.")
    folder = target(name, seed, steps, out)
    _check_target(folder, replace)
    print(from_here(train(name, seed, steps, folder, resume=not restart)))


def _train_own(seed: int, given: dict[str, Any], out: Path | None, restart: bool, replace: bool) -> None:
    from model.training.own import Wish, prepare, run_of
    from model.training.train import TRIALS, check_not_shipped

    wish = Wish(seed=seed, **given)
    folder = out or TRIALS / (slug(wish.corpus.stem) or "own")
    check_not_shipped(folder)
    _check_target(folder, replace)
    prepared = prepare(wish)
    run = run_of(wish, prepared, folder, restart)
    for note in (*prepared.notes, run.plan()):
        print(note, file=sys.stderr)
    run.finish(folder, quiet=False)
    print(run.summary(folder), file=sys.stderr)
    print(from_here(folder))


def _check_target(folder: Path, replace: bool) -> None:
    """UsageError where a checkpoint would be lost, OSError or ClearheadError where none can be written: before the
    first step, not after the last."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{from_here(folder)} is a file: -o takes the folder that the checkpoint goes to.")
    there = folder.exists()
    if (folder / "model.safetensors").exists() and not replace:
        raise UsageError(
            f"{from_here(folder)} has a checkpoint already: --replace writes over it and its snapshots, "
            "-o DIR puts the new one elsewhere."
        )
    check_writable(folder)
    if not there:
        folder.rmdir()
