"""The command line. Manim and torch are imported by the commands that need them, so that the others answer at once."""

from __future__ import annotations

import os
import sys
import traceback
from difflib import get_close_matches
from pathlib import Path

import click

from model.errors import ClearheadError, UsageError
from studio import preview
from scenes.lesson.options import ASPECTS

INTERRUPTED = 130
WATCHED = {"gif": ("l", 20), "webp": ("l", 20)}  # quality and frame rate that suit a web page
SETTINGS = {"context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": 110}}


def main(args: list[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    args = sys.argv[1:] if args is None else args
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the drawing processes fill the cores
    try:
        return cli.main(args, prog_name="clearhead", standalone_mode=False) or 0
    except (KeyboardInterrupt, click.exceptions.Abort):
        print("stopped; what is drawn so far is kept, the same command goes on from there.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # so that the interpreter does not try to flush it at its end
        return 1
    except Exception as error:
        return fail(error, debug="--debug" in args)


def fail(error: Exception, debug: bool) -> int:
    """Say in one line what is wrong and return the exit code; `debug` adds the traceback."""
    from studio.play.failures import plainly

    if debug:
        traceback.print_exception(error)
    if isinstance(error, click.ClickException):
        message, code = error.format_message(), 2 if isinstance(error, click.UsageError) else 1
        if isinstance(error, click.UsageError) and error.ctx is not None:
            message = f"{message.rstrip('.?')}; see {error.ctx.command_path} --help"
    elif (plain := plainly(error)) is not None:
        message, code = str(plain), plain.exit_code
    else:
        message, code = f"{type(error).__name__}: {error}; this is a bug in Clearhead, --debug shows where", 1
    print("error: " + " ".join(message.split()), file=sys.stderr)
    return code


@click.group(**SETTINGS)
@click.version_option(package_name="clearhead", message="clearhead %(version)s")
def cli() -> None:
    """Animated lessons about the transformer, in which every number on screen is real.

    \b
    clearhead list                       the lessons
    clearhead render attention           a video, with captions and chapters, in renders/attention/
    clearhead render attention --text "The cat sat on the mat because it was tired" -q l
    clearhead render attention --format gif --step Softmax
    """


# ── what commands have in common ─────────────────────────────────────────────────────────────────
def complete_lesson(ctx, param, incomplete: str) -> list[str]:
    from scenes import course

    return [entry.id for entry in course() if entry.id.startswith(incomplete)]


def entries(ids: tuple[str, ...], every: bool = False) -> list:
    """The lessons of these ids (all if `every`); UsageError suggests the nearest for an unknown one."""
    from scenes import course

    known = {entry.id: entry for entry in course()}
    if every and ids:
        raise UsageError("name lessons or say --all, not both.")
    if every:
        return list(known.values())
    if not ids:
        raise UsageError(f"which lesson? There are: {', '.join(known)}; --all means all of them.")
    return [known[name] if name in known else _unknown(name, known) for name in ids]


def _unknown(name: str, known: dict) -> None:
    names = {alias.casefold(): id for id, entry in known.items() for alias in (id, entry.scene, entry.title)}
    near = get_close_matches(name.casefold(), names, n=1, cutoff=0.5)
    hint = f"did you mean “{names[near[0]]}”?" if near else f"there are: {', '.join(known)}."
    raise UsageError(f"there is no lesson “{name}”; {hint}")


class Number(click.FloatRange):
    """A number in a range; "nan" is none."""

    def convert(self, value, param, ctx):
        number = super().convert(value, param, ctx)
        return number if number == number else self.fail("nan is not a number", param, ctx)


TOKEN_OPTION = click.option(
    "--token", type=int, metavar="N", help="Which token to follow, from 0."
)  # means another thing in `preview`
LESSON_OPTIONS = (
    click.option("--text", "-t", metavar="TEXT", help="The sentence to show (default: the lesson's own)."),
    click.option("--model", "-m", metavar="NAME", help="A checkpoint's name, or the path of its folder."),
    click.option("--layer", type=int, metavar="N", help="Which layer, from 0 (default: the most telling)."),
    click.option("--head", type=int, metavar="N", help="Which head, from 0."),
    TOKEN_OPTION,
    click.option("--theme", default="night", show_default=True, metavar="NAME", help="night (black) or day (white)."),
    click.option("--aspect", type=click.Choice(ASPECTS), default="16:9", show_default=True),
    click.option("--pace", type=Number(0.1, 10), default=1.0, help="2 shows everything half as fast."),
    click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, help="Of everything that is sampled."),
    click.option("--temperature", type=Number(0, 100), help="Of sampling, where a lesson samples."),
    click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks."),
)
PICTURE_OPTIONS = (
    click.option(
        "-q", "--quality", type=click.Choice(list("lmhpk")), help="480p15, 720p30, 1080p60, 1440p60, 2160p60."
    ),
    click.option("--fps", type=int, metavar="N", help="Frames a second (default: the quality's)."),
    click.option("--width", type=int, metavar="PIXELS", help="Width of the picture (default: the quality's)."),
)


def with_options(*groups):
    """Decorate a command with groups of options, in that order."""

    def decorate(command):
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return decorate


def options_of(chosen: dict):
    """scenes.lesson.lesson.Options from a command's keyword arguments, which lose them."""
    from scenes.lesson import Options

    names = ("text", "model", "layer", "head", "token", "theme", "aspect", "pace", "seed", "temperature")
    values = {name: chosen.pop(name) for name in names}
    if values["text"] is not None:
        values["text"] = values["text"].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return Options(**values)


def folder_of(out: Path | None, lesson: str) -> Path:
    """The folder for a lesson's files."""
    from studio.film.outputs import default_folder

    if out is not None and out.suffix.lstrip(".") in ("mp4", "gif", "webp", "webm", "png", "mov") and not out.is_dir():
        raise UsageError(
            f"-o takes a folder, and {out} looks like a file: files are named after the lesson and its options."
        )
    return out or default_folder(lesson)


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def shown(path: Path) -> str:
    """A path as short as it can be said from here."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


# ── render ───────────────────────────────────────────────────────────────────────────────────────
@cli.command(**SETTINGS)
@click.argument("lessons", nargs=-1, metavar="LESSON…", shell_complete=complete_lesson)
@click.option("--all", "every", is_flag=True, help="All lessons of the course.")
@with_options(LESSON_OPTIONS[:-1], PICTURE_OPTIONS)
@click.option(
    "--format",
    "-f",
    "fmt",
    type=click.Choice(["mp4", "gif", "webp", "webm", "png"]),
    default="mp4",
    show_default=True,
    help="png: the last frame of every step.",
)
@click.option("--step", metavar="NAME", help="Only this step (its name or number).")
@click.option("--transparent", is_flag=True, help="No background (webm, webp, png).")
@click.option("--workers", type=click.IntRange(1, 64), metavar="N", help="Processes that draw (default: one per core).")
@click.option("--force", is_flag=True, help="Draw again what was drawn before.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="DIR", help="Where the files go (default: renders/LESSON)."
)
@with_options(LESSON_OPTIONS[-1:])
def render(lessons, every, fmt, step, transparent, workers, force, out, quality, fps, width, **chosen) -> int:
    """Render lessons to video, GIF or pictures, with captions, chapters, a poster and a manifest."""
    todo = entries(lessons, every)
    from studio.film.render import Request
    from studio.play.picture import Picture
    from studio.play.session import Job

    usual = WATCHED.get(fmt, ("h", None))
    options = options_of(chosen)
    picture = Picture.of(quality or usual[0], options.aspect, usual[1] if fps is None else fps, width)
    workers = workers or cores()
    worst = 0
    for number, entry in enumerate(todo, 1):
        request = Request(
            Job(entry, options, picture), folder_of(out, entry.id), fmt, step, workers, force, transparent
        )
        title = entry.id if len(todo) == 1 else f"{number}/{len(todo)} {entry.id}"
        try:
            _render_one(request, title)
        except ClearheadError as error:
            if len(todo) == 1:
                raise
            print(f"error: {entry.id}: {error}", file=sys.stderr)
            worst = max(worst, error.exit_code)
    return worst


def _render_one(request, title: str) -> None:
    import time

    from studio.film.render import render
    from studio.play.progress import Bar

    started = time.monotonic()
    with Bar(title) as bar:
        result = render(request, bar.stage)
    _mention_unknown(result.film.lesson)
    film, main = result.film, result.files[0]
    print(shown(main))
    length = f"{len(film.steps)} pictures" if request.format == "png" else f"{film.seconds:.1f} s"
    size = sum(path.stat().st_size for path in result.files) / 1e6
    print(
        f"{title}: {length} in {time.monotonic() - started:.1f} s, {result.drawn} of {film.frames} frames drawn, "
        f"{len(result.files)} files, {size:.1f} MB",
        file=sys.stderr,
    )


def _mention_unknown(lesson) -> None:
    """Say which words the model does not know: what it shows for them says little about them."""
    trace = getattr(lesson, "trace", None)
    words = [trace.tokens[place] for place in getattr(trace, "unknown", ())]
    if words:
        known = (
            "does not know this word and reads it" if len(words) == 1 else "does not know these words and reads them"
        )
        print(f"note: the model {known} as <unk>: {', '.join(dict.fromkeys(words))}", file=sys.stderr)


# ── storyboard ───────────────────────────────────────────────────────────────────────────────────
@cli.command(**SETTINGS)
@click.argument("lesson", shell_complete=complete_lesson)
@with_options(LESSON_OPTIONS[:-1], PICTURE_OPTIONS)
@click.option("--step", metavar="NAME", help="Only this step (its name or number).")
@click.option("--columns", type=click.IntRange(1, 12), default=3, show_default=True, help="Pictures side by side.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where the sheet goes (default: renders/LESSON).",
)
@click.option(
    "--frames", type=click.Path(path_type=Path), metavar="DIR", help="Also the last frame of each step, at full size."
)
@click.option(
    "--transitions", type=click.Path(path_type=Path), metavar="DIR", help="Also frames around each step's beginning."
)
@click.option(
    "--every", type=click.IntRange(1), default=5, show_default=True, help="With --transitions: one frame in so many."
)
@click.option("--around", type=Number(0.1, 60), default=1.0, show_default=True, help="With --transitions: seconds.")
@with_options(LESSON_OPTIONS[-1:])
def storyboard(lesson, step, columns, out, frames, transitions, every, around, quality, fps, width, **chosen) -> None:
    """One sheet with the last frame of every step, its number, name and caption. Takes seconds."""
    entry = entries((lesson,))[0]
    from studio.film.outputs import Staging, basename
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
        print(shown(path))


# ── audit ────────────────────────────────────────────────────────────────────────────────────────
@cli.command(**SETTINGS)
@click.argument("lessons", nargs=-1, metavar="[LESSON…]", shell_complete=complete_lesson)
@click.option("--all", "every", is_flag=True, help="The whole matrix: texts, models, aspects and themes.")
@click.option("--text", "-t", "texts", multiple=True, metavar="TEXT", help="Another text (may be given several times).")
@click.option(
    "--model", "-m", "models", multiple=True, metavar="NAME", help="A checkpoint (may be given several times)."
)
@click.option(
    "--aspect", "aspects", multiple=True, type=click.Choice(ASPECTS), help="An aspect (may be given several times)."
)
@click.option("--theme", "themes", multiple=True, metavar="NAME", help="A theme (may be given several times).")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Also as JSON (- for stdout)."
)
@click.option("--workers", type=click.IntRange(1, 64), metavar="N", help="Processes (default: one per core).")
@with_options(LESSON_OPTIONS[-1:])
def audit(lessons, every, texts, models, aspects, themes, json_file, workers) -> int:
    """Check that every number on screen is real and every picture legible: all lessons, or those that are named.

    Exit code 1 where something is found."""
    todo = entries(lessons, every=not lessons)
    from studio.audit import command

    return command(
        todo,
        texts=texts,
        models=models,
        aspects=aspects,
        themes=themes,
        every=every,
        json_file=json_file,
        workers=workers,
    )


# ── the rest ─────────────────────────────────────────────────────────────────────────────────────
@cli.command("list", **SETTINGS)
def list_lessons() -> None:
    """The lessons of the course."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from scenes import course

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 1, 0))
    for entry in course():
        table.add_row(
            f"[bold]{entry.id}[/]",
            f"[bold]{entry.title}[/]\n{entry.summary}\n[dim]“{escape(entry.text)}” · {entry.model}[/]",
        )
    Console().print(table)


@cli.command(**SETTINGS)
@click.argument("text")
@click.option("--model", "-m", default="tiny", show_default=True, metavar="NAME", help="A checkpoint's name or folder.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Save all tensors as one .safetensors file."
)
@with_options(LESSON_OPTIONS[-1:])
def trace(text, model, out) -> None:
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
        print(shown(result.save(out)))


@cli.command(**SETTINGS)
@click.argument("name")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--steps", type=click.IntRange(1), metavar="N", help="Stop after so many steps (default: the recipe's).")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where the checkpoint goes (default: where it ships).",
)
@click.option("--restart", is_flag=True, help="From the beginning, even where an unfinished training could go on.")
@with_options(LESSON_OPTIONS[-1:])
def train(name, seed, steps, out, restart) -> None:
    """Train a checkpoint from its recipe (tiny), with snapshots along the way. Goes on where it was stopped."""
    from model.training.train import train

    print(shown(train(name, seed, steps, out, resume=not restart)))


@cli.command(**SETTINGS)
def doctor() -> int:
    """What Clearhead needs on this machine: what is there, what is missing, how to get it."""
    from studio.cli.doctor import main

    return main()


@cli.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[fast|all] [pytest arguments]")
def test(arguments) -> int:
    """Run the tests: `fast` leaves out the slow ones."""
    from studio.cli.testing import main

    return main(list(arguments))


cli.add_command(preview.command())

if __name__ == "__main__":
    sys.exit(main())
