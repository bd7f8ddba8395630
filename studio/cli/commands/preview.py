"""`clearhead preview`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from studio.cli.options import (
    COURSE,
    DEBUG,
    LESSON_OPTIONS,
    SETTINGS,
    complete_lesson,
    entries,
    out,
    quality,
    with_options,
)

# --token means another thing here: the word that others need.
CHOSEN = [option for name, option in LESSON_OPTIONS.items() if name != "token"]


@click.command(context_settings=SETTINGS)
@click.argument("lesson", default="attention", shell_complete=complete_lesson)
@with_options(COURSE, CHOSEN, [quality("lmh", default="m")])
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="An address of the network, or 0.0.0.0: others can watch."
)
@click.option("--port", type=click.IntRange(1, 65535), help="Default: the first free one from 8765 on.")
@click.option("--token", metavar="WORD", help="What others need to watch (default with --host: made up).")
@click.option(
    "--public-url",
    metavar="URL",
    help="The page's address where a proxy or tunnel leads here (JupyterHub, Codespaces …).",
)
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@out("Where saved files go (default: renders/).")
@with_options(DEBUG)
def preview(
    lesson: str,
    course: Path | None,
    quality: str,
    host: str,
    port: int | None,
    token: str | None,
    public_url: str | None,
    no_browser: bool,
    out: Path | None,
    **chosen: Any,
) -> None:
    """Play a lesson in the browser, step by step, and change it live."""
    (entry,) = entries((lesson,), course=course)
    from studio.preview import serve

    serve(entry.id, chosen, host, port, token, not no_browser, quality, out, public_url)
