"""`clearhead render`."""

from __future__ import annotations

import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from model.errors import ClearheadError
from studio.cli.options import (
    BOTH,
    COURSE,
    DEBUG,
    LESSON_OPTIONS,
    PICTURE_OPTIONS,
    SETTINGS,
    SIZE,
    complete_lesson,
    entries,
    folder_of,
    in_themes,
    options_of,
    out,
    with_options,
)
from studio.cli.terminal import mention_blanks
from studio.play.files import cores, from_here

if TYPE_CHECKING:
    from studio.film.render import Request, Result
    from studio.play.protocols import Played

WATCHED = {"gif": ("l", 20), "webp": ("l", 20), "html": ("m", None)}  # quality and frame rate that suit a web page


@click.command(context_settings=SETTINGS)
@click.argument("lessons", nargs=-1, metavar="LESSON…", shell_complete=complete_lesson)
@click.option("--all", "every", is_flag=True, help="All lessons of the course.")
@with_options(COURSE, LESSON_OPTIONS.values(), PICTURE_OPTIONS)
@click.option(
    "--format",
    "-f",
    "fmt",
    type=click.Choice(["mp4", "gif", "webp", "webm", "png", "html"]),
    default="mp4",
    show_default=True,
    help="png: the last frame of every step. html: a page with the film and its numbers, in one file.",
)
@click.option("--step", metavar="NAME", help="Only this step (its name or number).")
@click.option("--transparent", is_flag=True, help="No background (webm, webp, png).")
@click.option("--max-size", type=SIZE, metavar="SIZE", help="The best gif or webp of at most 2MB, 500kB, 1.5MiB …")
@click.option("--workers", type=click.IntRange(1, 64), metavar="N", help="Processes that draw (default: one per core).")
@click.option("--force", is_flag=True, help="Draw again what was drawn before.")
@out("Where the files go (default: renders/LESSON).")
@with_options(DEBUG)
def render(
    lessons: tuple[str, ...],
    every: bool,
    course: Path | None,
    fmt: str,
    step: str | None,
    transparent: bool,
    max_size: int | None,
    workers: int | None,
    force: bool,
    out: Path | None,
    quality: str | None,
    fps: float | None,
    width: int | None,
    **chosen: Any,
) -> int:
    """Render lessons to video, GIF or pictures, with captions, chapters, a poster and a manifest."""
    todo = entries(lessons, every, course)
    from studio.film.render import Request
    from studio.film.web.budget import Budget
    from studio.play.picture import Picture
    from studio.play.session import Job

    usual = WATCHED.get(fmt, ("h", None))
    options = options_of(chosen)
    picture = Picture.of(quality or usual[0], options.aspect, usual[1] if fps is None else fps, width)
    kept = frozenset(name for name, value in (("width", width), ("fps", fps)) if value is not None)
    budget = None if max_size is None else Budget(max_size, kept)
    how = (fmt, step, workers or cores(), force, transparent, budget)
    pairs = [(entry, one) for entry in todo for one in in_themes(options)]
    requests = [Request(Job(entry, one, picture), folder_of(out, entry.id), *how) for entry, one in pairs]
    return _render(requests, options.theme == BOTH)


def _render(requests: list[Request], both: bool) -> int:
    """Render one after the other. What is wrong with one stops no other, and no theme that is made already."""
    worst, made = 0, []
    for number, request in enumerate(requests, 1):
        name = request.job.entry.id + (f" by {request.job.options.theme}" if both else "")
        try:
            made.append(_render_one(request, name if len(requests) == 1 else f"{number}/{len(requests)} {name}"))
        except ClearheadError as error:
            if len({request.job.entry.id for request in requests}) == 1 and not made:
                raise
            print(f"error: {name}: {error}", file=sys.stderr)
            worst = max(worst, error.exit_code)
    if both:
        _print_markup(made, requests[0].format)
    return worst


def _print_markup(made: list[Result], fmt: str) -> None:
    """The markup that shows each lesson by night and by day, also in a file beside them."""
    from model.files import replacing
    from studio.film.web.markup import markup

    for night, day in pairwise(made):
        if night.film.job.entry.id != day.film.job.entry.id:
            continue
        if text := markup(fmt, day.film, night.files, day.files):
            file = day.folder / f"{night.name}.markup.html"
            with replacing(file) as partial:
                partial.write_text(text, encoding="utf-8")
            print(f"{from_here(file)}\n{text}", end="")


def _render_one(request: Request, title: str) -> Result:
    from studio.film.render import render
    from studio.film.web import squeeze
    from studio.film.web.budget import fitted
    from studio.play.progress import Bar

    started = time.monotonic()
    with Bar(title) as bar:
        result = render(request, bar.stage)
    _mention_unknown(result.film.lesson)
    mention_fonts(result.film.lesson)
    if result.lacks_chapters:
        print(
            "note: no .chapters.txt: video sites want at least 3 chapters of 10 s. They are in the film itself.",
            file=sys.stderr,
        )
    film, main = result.film, result.files[0]
    if request.budget is not None:
        print(f"{title}: {fitted(result.picture, main.stat().st_size, request.budget)}", file=sys.stderr)
        if request.format == "gif" and not squeeze.available():
            print(f"note: with gifsicle it would lose less: {squeeze.ADVICE}, then start again.", file=sys.stderr)
    print(from_here(main))
    length = f"{len(film.steps)} pictures" if request.format == "png" else f"{film.seconds:.1f} s"
    drawn = str(result.drawn) if request.budget else f"{result.drawn} of {film.frames}"  # of how many is not known
    size = sum(path.stat().st_size for path in result.files) / 1e6
    print(
        f"{title}: {length} in {time.monotonic() - started:.1f} s, {drawn} frames drawn, "
        f"{len(result.files)} files, {size:.1f} MB",
        file=sys.stderr,
    )
    if request.format == "html":
        from studio.page.frame import framed

        shown = framed(main.name, film.job.entry.title, (film.job.picture.width, film.job.picture.height))
        print(f"to put it into a page of yours (docs/embed.md): {shown}", file=sys.stderr)
    return result


def mention_fonts(lesson: Played) -> None:
    """Say which characters of the text no font here has, and what to install."""
    from studio.cli.fonts import advice
    from studio.play.protocols import main_trace

    trace = main_trace(lesson)
    told = advice("".join(trace.tokens)) if trace is not None else None
    if told:
        print(f"note: {told}", file=sys.stderr)


def _mention_unknown(lesson: Played) -> None:
    """Say which words the model does not know: what it shows for them says little about them."""
    from studio.play.protocols import main_trace

    trace = main_trace(lesson)
    words = [trace.tokens[place] for place in trace.unknown] if trace is not None else []
    mention_blanks(words)
    if words:
        known = (
            "does not know this word and reads it" if len(words) == 1 else "does not know these words and reads them"
        )
        print(f"note: the model {known} as <unk>: {', '.join(dict.fromkeys(words))}", file=sys.stderr)
