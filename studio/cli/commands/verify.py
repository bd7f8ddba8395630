"""`clearhead verify`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from model.errors import ClearheadError
from studio.cli.options import COURSE, DEBUG, PATH, SETTINGS, entries, with_options

if TYPE_CHECKING:
    from studio.film.verify import Verdict


@click.command(context_settings=SETTINGS)
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=PATH)
@click.option("--deep", is_flag=True, help="Draw the lesson again and compare all frames.")
@click.option("--lesson", "lessons", multiple=True, metavar="FILE", help="The file of your own lesson that is shown.")
@with_options(COURSE, DEBUG)
def verify(files: tuple[Path, ...], deep: bool, lessons: tuple[str, ...], course: Path | None) -> int:
    """Check that films (or their manifests) are what the model computed: hashes, captions, chapters, runs."""
    import scenes
    from studio.film.verify import verify as check

    entries(lessons, not lessons, course)  # from now on these are of the course, too
    wrong = False
    for file in files:
        try:
            verdict = check(file, scenes.course(), deep)
        except ClearheadError as error:
            print(f"error: {file.name}: {error}", file=sys.stderr)
            wrong = True
            continue
        wrong |= bool(verdict.findings)
        print(*(verdict.findings or [f"{file.name} is what the model computed: {_what(verdict)}"]), sep="\n")
    return int(wrong)


def _what(verdict: Verdict) -> str:
    """In a few words, what a good film was made from."""
    about = verdict.about
    models = [about["model"], *about["other_models"]]
    named = " and ".join(f"{model['name']} ({(model['hash'] or 'no hash')[:12]})" for model in models)
    return f"{len(about['steps'])} steps, “{about['text']}”, {named}, {len(about['traces'])} runs, seed {about['seed']}"
