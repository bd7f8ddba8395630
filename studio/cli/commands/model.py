"""`clearhead trace` and `clearhead train`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from studio.cli.options import DEBUG, SETTINGS, out, with_options
from studio.play.files import from_here


@click.command(context_settings=SETTINGS)
@click.argument("text")
@click.option("--model", "-m", default="tiny", show_default=True, metavar="NAME", help="A checkpoint's name or folder.")
@out("Save all tensors as one .safetensors file.", metavar="FILE")
@with_options(DEBUG)
def trace(text: str, model: str, out: Path | None) -> None:
    """Run the model on a text and list every recorded tensor, with the names of its axes and its shape."""
    from rich.console import Console
    from rich.table import Table

    from model import run

    result = run(model, text)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("tensor", "axes", "shape"):
        table.add_column(heading, no_wrap=True)
    for name in result.names:
        tensor = result[name]
        table.add_row(name, ", ".join(tensor.axes), " × ".join(map(str, tensor.shape)))
    Console(soft_wrap=True).print(table)
    print(f"{len(result.names)} tensors of {len(result.tokens)} tokens: {' | '.join(result.tokens)}", file=sys.stderr)
    if out is not None:
        print(from_here(result.save(out)))


@click.command(context_settings=SETTINGS)
@click.argument("name")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--steps", type=click.IntRange(1), metavar="N", help="Stop after so many steps (default: the recipe's).")
@out("Where the checkpoint goes (default: where it ships).")
@click.option("--restart", is_flag=True, help="From the beginning, even where an unfinished training could go on.")
@with_options(DEBUG)
def train(name: str, seed: int, steps: int | None, out: Path | None, restart: bool) -> None:
    """Train a checkpoint from its recipe (tiny), with snapshots along the way. Goes on where it was stopped."""
    from model.training.train import train

    print(from_here(train(name, seed, steps, out, resume=not restart)))
