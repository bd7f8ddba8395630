"""`clearhead audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scenes.lesson.options import ASPECTS, Options
from studio.cli.options import (
    BOTH,
    COURSE,
    DEBUG,
    LESSON_OPTIONS,
    PATH,
    SETTINGS,
    THEMES,
    complete_lesson,
    entries,
    which_checkpoint,
    with_options,
)

SEVERAL = ("text", "model", "aspect", "theme")  # these may be given several times; all others as everywhere


@click.command(context_settings=SETTINGS)
@click.argument("lessons", nargs=-1, metavar="[LESSON…]", shell_complete=complete_lesson)
@click.option("--all", "every", is_flag=True, help="The whole matrix: texts, models, aspects and themes.")
@click.option("--text", "-t", "texts", multiple=True, metavar="TEXT", help="Another text (may be given several times).")
@click.option(
    "--model",
    "-m",
    "models",
    multiple=True,
    metavar="NAME",
    callback=which_checkpoint,
    help="A checkpoint (may be given several times).",
)
@click.option(
    "--aspect", "aspects", multiple=True, type=click.Choice(ASPECTS), help="An aspect (may be given several times)."
)
@click.option("--theme", "themes", multiple=True, metavar="NAME", help="A theme, or both (may be given several times).")
@click.option("--json", "json_file", type=PATH, metavar="FILE", help="Also as JSON (- for stdout).")
@click.option(
    "--drawn",
    "--flash",
    "drawn",
    is_flag=True,
    help="Also draw every frame, small: does it flash, is there anything to be made out on the stage?",
)
@click.option("--workers", type=click.IntRange(1, 64), metavar="N", help="Processes (default: one per core).")
@click.option("--explain", is_flag=False, flag_value="", metavar="[KIND]", help="What a kind of finding means.")
@with_options(COURSE, [option for name, option in LESSON_OPTIONS.items() if name not in SEVERAL], DEBUG)
def audit(
    lessons: tuple[str, ...],
    course: Path | None,
    every: bool,
    texts: tuple[str, ...],
    models: tuple[str, ...],
    aspects: tuple[str, ...],
    themes: tuple[str, ...],
    json_file: Path | None,
    drawn: bool,
    workers: int | None,
    explain: str | None,
    **chosen: Any,
) -> int:
    """Check that every number on screen is real and every picture legible: all lessons, or those that are named.

    Exit code 1 where something is found."""
    if explain is not None:
        from studio.audit.explain import explain as print_explanation

        return print_explanation(explain)
    todo = entries(lessons, every=not lessons, course=course)
    from studio.audit import command

    return command(
        todo,
        texts=texts,
        models=models,
        aspects=aspects,
        themes=[theme for name in themes for theme in (THEMES if name == BOTH else (name,))],
        every=every,
        drawn=drawn,
        json_file=json_file,
        workers=workers,
        chosen=Options(**chosen),
    )
