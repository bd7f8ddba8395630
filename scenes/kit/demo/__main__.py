"""python -m scenes.kit.demo NAME … [--all] [-o DIR] [--docs]"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from model.errors import ClearheadError
from model.paths import RENDERS
from scenes.kit.demo.catalogue import write
from scenes.kit.demo.drawing import draw, sheet
from scenes.kit.demo.table import SAMPLES, names_of, sample_of
from scenes.lesson.options import FRAME

HEIGHT = 540  # pixels of each picture


@click.command(
    help="Draw samples of pieces, or of a module of the kit (charts.bars), each on a sheet in 16:9, 9:16 and 1:1; "
    "moves in three frames."
)
@click.argument("names", nargs=-1, metavar="NAME …")
@click.option("--all", "everything", is_flag=True, help="Every piece.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=RENDERS / "kit", help="Folder to draw into.")
@click.option("--docs", is_flag=True, help="Make docs/kit.md and its pictures again.")
def main(names: tuple[str, ...], everything: bool, output: Path, docs: bool) -> None:
    try:
        asked = SAMPLES if everything else [each for name in names for each in names_of(name)]
        samples = {name: sample_of(name) for name in asked}
    except ClearheadError as error:
        sys.exit(str(error))
    if docs:
        write()
    elif not samples:
        raise click.UsageError("Name a piece of the kit or one of its modules, or give --all.")
    for name, sample in samples.items():
        output.mkdir(parents=True, exist_ok=True)
        shapes = [sheet(draw(sample, frame, HEIGHT), across=False) for frame in FRAME.values()]
        path = output / f"{name}.png"
        sheet(shapes, across=True).save(path)
        click.echo(path)


if __name__ == "__main__":
    main()
