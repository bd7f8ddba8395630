"""`clearhead trace`, `clearhead translate` and `clearhead train`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from model.errors import UsageError
from studio.cli.options import DEBUG, SETTINGS, out, which_checkpoint, with_options
from studio.cli.terminal import mention_blanks
from studio.play.files import check_writable, from_here


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
@out("Save all tensors as one .safetensors file.", metavar="FILE")
@with_options(DEBUG)
def trace(text: str, model: str, source: str | None, out: Path | None) -> None:
    """Run the model on a text and list every recorded tensor, with the names of its axes and its shape."""
    from rich.console import Console
    from rich.table import Table

    from model import run

    result = run(model, text, source=source)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("tensor", "axes", "shape"):
        table.add_column(heading, no_wrap=True)
    for name in result.names:
        tensor = result[name]
        table.add_row(name, ", ".join(tensor.axes), " × ".join(map(str, tensor.shape)))
    Console(soft_wrap=True).print(table)
    count = f"{len(result.tokens)} token{'s' if len(result.tokens) > 1 else ''}"
    print(f"{len(result.names)} tensors of {count}: {' | '.join(result.tokens)}", file=sys.stderr)
    mention_blanks([result.tokens[place] for place in result.unknown])
    if out is not None:
        print(from_here(result.save(out)))


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
@click.argument("name")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--steps", type=click.IntRange(1), metavar="N", help="Stop after so many steps (default: the recipe's).")
@out("Where the checkpoint goes (default: where it ships).")
@click.option("--restart", is_flag=True, help="From the beginning, even where an unfinished training could go on.")
@click.option("--replace", is_flag=True, help="Write over the checkpoint that is there, and its snapshots.")
@with_options(DEBUG)
def train(name: str, seed: int, steps: int | None, out: Path | None, restart: bool, replace: bool) -> None:
    """Train a checkpoint from its recipe (tiny, translator), with snapshots. Goes on where it was stopped."""
    from model.training.train import train

    if out is not None or name in _shipped():
        _check_target(out or _shipped()[name], replace)
    print(from_here(train(name, seed, steps, out, resume=not restart)))


def _shipped() -> dict[str, Path]:
    """Where each recipe's checkpoint ships."""
    from model.runs.checkpoints import SHIPPED
    from model.training.recipes import RECIPES
    from model.training.translator.recipe import NAME

    return {name: SHIPPED / name for name in (*RECIPES, NAME)}


def _check_target(folder: Path, replace: bool) -> None:
    """UsageError where a checkpoint would be lost, OSError or ClearheadError where none can be written: before the
    first step, not after the last."""
    there = folder.exists()
    if (folder / "model.safetensors").exists() and not replace:
        raise UsageError(
            f"{from_here(folder)} has a checkpoint already: --replace writes over it and its snapshots, "
            "-o DIR puts the new one elsewhere."
        )
    check_writable(folder)
    if not there:
        folder.rmdir()
