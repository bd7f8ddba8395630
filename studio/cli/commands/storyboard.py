"""`clearhead storyboard`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from studio.cli.options import (
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


@click.command(context_settings=SETTINGS)
@click.argument("lesson", shell_complete=complete_lesson)
@with_options(COURSE, LESSON_OPTIONS.values(), PICTURE_OPTIONS)
@click.option("--step", metavar="NAME", help="Only this step (its name or number).")
@click.option("--columns", type=click.IntRange(1, 12), default=3, show_default=True, help="Pictures side by side.")
@out("Where the sheet goes (default: renders/LESSON).")
@click.option("--frames", type=PATH, metavar="DIR", help="Also the last frame of each step, at full size.")
@with_options(TRANSITION_OPTIONS, DEBUG)
def storyboard(
    lesson: str,
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
    **chosen: Any,
) -> None:
    """One sheet with the last frame of every step, its number, name and caption. Takes seconds."""
    (entry,) = entries((lesson,), course=course)
    from studio.film.naming import basename
    from studio.film.staging import Staging
    from studio.film.storyboard import panels, save_frames, save_transitions, sheet
    from studio.play.picture import Picture
    from studio.play.session import Job

    options = options_of(chosen)
    job = Job(entry, options, Picture.of(quality or "m", options.aspect, fps, width))
    pictures = panels(job, step)
    with Staging(folder_of(out, entry.id)) as files:
        name = f"{basename(job, pictures[0].step.name if step else None)}-storyboard.png"
        sheet(pictures, entry.title, columns).save(files / name)
        saved = files.publish(name)
    if frames:
        saved += save_frames(pictures, frames)
    if transitions:
        saved += save_transitions(job, transitions, around, every, step)
    for path in saved:
        print(from_here(path))
