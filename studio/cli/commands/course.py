"""`clearhead list`, `doctor` and `test`: the course and the house it stands in."""

from __future__ import annotations

import click

from studio.cli.options import SETTINGS


@click.command("list", context_settings=SETTINGS)
def list_lessons() -> None:
    """The lessons of the course."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    import scenes

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 1, 0))
    for entry in scenes.course():
        table.add_row(
            f"[bold]{entry.id}[/]",
            f"[bold]{entry.title}[/]\n{entry.summary}\n[dim]“{escape(entry.text)}” · {entry.model}[/]",
        )
    Console().print(table)


@click.command(context_settings=SETTINGS)
def doctor() -> int:
    """What Clearhead needs on this machine: what is there, what is missing, how to get it."""
    from studio.cli.doctor import main

    return main()


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[fast|all] [pytest arguments]")
def test(arguments: tuple[str, ...]) -> None:
    """Run the tests: `fast` leaves out the slow ones."""
    from studio.cli.testing import main

    main(list(arguments))
