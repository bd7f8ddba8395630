"""`clearhead storyboard`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from model.errors import UsageError
from scenes.course import Entry
from studio.cli.options import (
    BOTH,
    COURSE,
    DEBUG,
    LESSON_OPTIONS,
    PATH,
    PICTURE_OPTIONS,
    SETTINGS,
    Number,
    complete_lesson,
    entries,
    folder_of,
    in_themes,
    options_of,
    out,
    with_options,
)
from studio.play.files import from_here

TRANSITION_OPTIONS = (
    click.option("--transitions", type=PATH, metavar="DIR", help="Also frames around each step's beginning."),
    click.option(
        "--every",
        type=click.IntRange(1),
        default=5,
        show_default=True,
        help="With --transitions: one frame in so many.",
    ),
    click.option("--around", type=Number(0.1, 60), default=1.0, show_default=True, help="With --transitions: seconds."),
)


GOLDEN_OPTIONS = (
    click.option("--all", "every_lesson", is_flag=True, help="With --against: all lessons."),
    click.option(
        "--against",
        type=PATH,
        metavar="FOLDER",
        help="Compare small frames of the films with those kept there; exit code 1 where something has changed.",
    ),
    click.option("--accept", is_flag=True, help="With --against: keep the films as they are now."),
)


@click.command(context_settings=SETTINGS)
@click.argument("lesson", required=False, shell_complete=complete_lesson)
@with_options(COURSE, LESSON_OPTIONS.values(), PICTURE_OPTIONS)
@click.option("--step", metavar="NAME", help="Only this step (its name or number).")
@click.option("--columns", type=click.IntRange(1, 12), default=3, show_default=True, help="Pictures side by side.")
@out("Where the sheet goes (default: renders/LESSON).")
@click.option("--frames", type=PATH, metavar="DIR", help="Also the last frame of each step, at full size.")
@with_options(TRANSITION_OPTIONS, GOLDEN_OPTIONS, DEBUG)
def storyboard(
    lesson: str | None,
    course: Path | None,
    step: str | None,
    columns: int,
    out: Path | None,
    frames: Path | None,
    transitions: Path | None,
    every: int,
    around: float,
    quality: str | None,
    fps: float | None,
    width: int | None,
    every_lesson: bool,
    against: Path | None,
    accept: bool,
    **chosen: Any,
) -> int:
    """One sheet with the last frame of every step, its number, name and caption. Takes seconds.

    With --against: what has changed in the films since they were kept."""
    if against is None and (every_lesson or accept):
        raise UsageError("--all and --accept go with --against FOLDER.")
    named = entries((lesson,) if lesson else (), every=every_lesson, course=course)
    if against is not None:
        if not accept and not against.is_dir():
            raise UsageError(f"there is no folder {against}; --accept keeps the films there.")
        return compare(named, against, out, accept)
    (entry,) = named
    from studio.film.naming import basename
    from studio.film.staging import Staging
    from studio.film.storyboard import panels, save_frames, save_transitions, sheet
    from studio.play.picture import Picture
    from studio.play.session import Job

    for options in in_themes(options_of(chosen)):
        job = Job(entry, options, Picture.of(quality or "m", options.aspect, fps, width))
        pictures = panels(job, step)
        with Staging(folder_of(out, entry.id)) as files:
            name = f"{basename(job, pictures[0].step.name if step else None)}-storyboard.png"
            sheet(pictures, entry.title, columns).save(files / name)
            saved = files.publish(name)
        inner = options.theme if chosen["theme"] == BOTH else "."  # the pictures of a step have the same name in both
        if frames:
            saved += save_frames(pictures, frames / inner)
        if transitions:
            saved += save_transitions(job, transitions / inner, around, every, step)
        for path in saved:
            print(from_here(path))
    return 0


def compare(named: Sequence[Entry], folder: Path, out: Path | None, accept: bool) -> int:
    """Compare the films of these lessons with those kept in a folder, or keep them; the exit code."""
    from studio.film.golden import changes, reels
    from studio.play.progress import Bar

    todo = reels.takes(named)
    with Bar("storyboard") as bar:
        if accept:
            paths = reels.accept(todo, folder, lambda done: bar.stage("drawing", done, len(todo)))
            print(f"{len(paths)} films are kept in {from_here(folder)}")
            return 0
        sheets = folder_of(out, "changes")
        found = changes.compare(todo, folder, sheets, lambda done: bar.stage("drawing", done, len(todo)))
    for name, told, sheet in found:
        print(f"{name}: {told}" + (f"; see {from_here(sheet)}" if sheet else ""))
    print(
        f"{len(found)} of {len(todo)} films have changed; keep them with --accept" if found else "nothing has changed"
    )
    return int(bool(found))
