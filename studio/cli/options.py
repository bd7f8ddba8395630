"""Options that several commands have. Those of a lesson are made from the table of scenes/lesson/options.py."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from model.errors import UsageError
from scenes.course import Entry
from scenes.lesson.options import DEFAULTS, OPTIONS, Option, Options
from studio.play.picture import QUALITIES, rate_of

SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
FILES = ("mp4", "gif", "webp", "webm", "png", "mov", "html")
BOTH, THEMES = "both", (DEFAULTS.theme, "day")
Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]


class Number(click.FloatRange):
    """A number in a range; "nan" is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        return number if number == number else self.fail("nan is not a number", param, ctx)


class UserPath(click.Path):
    """A path; `~` is the user's home also where no shell has said so (--out=~/talk)."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        try:
            return Path(os.fsdecode(super().convert(value, param, ctx))).expanduser()
        except RuntimeError:
            self.fail(f"nobody knows the home folder in {value}", param, ctx)


class FrameRate(click.ParamType[float]):
    """Frames a second as film people write them: 25, 29.97, 30000/1001. 29.97 is 30000/1001."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | float:
        try:
            return rate_of(Fraction(value))
        except (ValueError, ZeroDivisionError, OverflowError):
            self.fail(f"{value!r} is no frame rate: give 25, 29.97 or 30000/1001", param, ctx)


class Size(click.ParamType[int]):
    """Bytes as people say them: 2MB, 500kB, 1.5MiB, 40000. A thousand of them are a kB, 1024 a KiB."""

    name = "size"
    LEAST = 1000  # bytes: not even one small picture has fewer, and “3” means 3MB
    UNITS = {"": 1} | {
        f"{letter}{ending}": base**power
        for power, letter in enumerate("kmg", 1)
        for ending, base in (("", 1000), ("b", 1000), ("ib", 1024))
    }

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        parts = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)\s*([kmg]?(?:i?b)?)", str(value).strip().lower())
        unit = parts and self.UNITS.get("" if parts[2] == "b" else parts[2])
        if not parts or unit is None:
            self.fail(f"{value!r} is no size: give 2MB, 500kB, 1.5MiB or a number of bytes", param, ctx)
        size = int(Fraction(parts[1]) * unit)
        if size < self.LEAST:
            self.fail(f"{value!r} is {size} bytes, too few for any picture: give 2MB, 500kB or so", param, ctx)
        return size


PATH, RATE, SIZE = UserPath(), FrameRate(), Size()


def _kind(option: Option) -> click.ParamType[Any] | type:
    if option.choices:
        return click.Choice(option.choices)
    if option.kind is str or option.checked:
        return option.kind
    if option.kind is int:
        return click.IntRange(cast(int | None, option.least), cast(int | None, option.most))
    return Number(option.least, option.most)


def _click_option(name: str, option: Option) -> Decorator[Any]:
    default = getattr(DEFAULTS, name)
    if option.kind is bool:
        return click.option(f"--{name}/--no-{name}", default=default, help=option.help)
    return click.option(
        f"--{name.replace('_', '-')}",
        *([f"-{option.short}"] if option.short else []),
        type=_kind(option),
        default=default,
        show_default=isinstance(default, str),
        metavar=option.metavar,
        help=option.help,
        callback=which_checkpoint if option.path else None,
    )


def which_checkpoint(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Say which one is meant where a shipped checkpoint and a folder here have the same name; refuse an empty name, as
    of a variable that is not set. Given once or often."""
    for name in value if isinstance(value, tuple) else (value,):
        if name == "":
            raise UsageError(f"{param.opts[0]} is empty: give a name or a folder, or leave it out")
        if name and Path(name).is_dir() and Path(name).name == name:
            from model import names
            from model.families.packages import PACKAGES

            if name in (*names(), *PACKAGES):
                kind = "installed" if name in PACKAGES else "shipped"
                print(f"note: {name} is the {kind} checkpoint; the folder here is called ./{name}", file=sys.stderr)
    return value


LESSON_OPTIONS = {name: _click_option(name, option) for name, option in OPTIONS.items()}
COURSE = (click.option("--course", type=PATH, metavar="FILE", help="A course of your own, like scenes/course.yaml."),)
OWN_TEXT = (
    click.option("--corpus", type=PATH, metavar="FILE", help="A text file of your own to train a model on."),
    click.option(
        "--minutes",
        type=Number(0.05, 7 * 24 * 60),
        metavar="N",
        help="How long training on your own text may take (default: 10).",
    ),
    click.option(
        "--tokenizer",
        type=click.Choice(("words", "bpe")),
        help="Of your own model: whole words, or pieces of words (default: words).",
    ),
)
DEBUG = (click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks."),)


def quality(letters: Iterable[str] = QUALITIES, default: str | None = None) -> Decorator[Any]:
    """The option -q with these of the qualities."""
    names = [f"{QUALITIES[letter][0]}p{QUALITIES[letter][2]}" for letter in letters]
    help = ", ".join(names) + "."
    kind = click.Choice(list(letters))
    return click.option("-q", "--quality", type=kind, default=default, show_default=default is not None, help=help)


PICTURE_OPTIONS = (
    quality(),
    click.option("--fps", type=RATE, metavar="N", help="Frames a second (default: the quality's); 30000/1001, too."),
    click.option("--width", type=int, metavar="PIXELS", help="Width of the picture (default: the quality's)."),
)


def out(help: str, metavar: str = "DIR") -> Decorator[Any]:
    """The option -o."""
    return click.option("-o", "--out", type=PATH, metavar=metavar, help=help)


def with_options(*groups: Iterable[Decorator[Any]]) -> Decorator[Any]:
    """Decorate a command with groups of options, in that order."""

    def decorate(command: Command) -> Command:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return decorate


def options_of(chosen: dict[str, Any]) -> Options:
    """A lesson's options from a command's keyword arguments. What of a text is not Unicode becomes �."""

    def clean(name: str, value: Any) -> Any:
        if isinstance(value, str) and not OPTIONS[name].path:
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return value

    return Options(**{name: clean(name, value) for name, value in chosen.items()})


def in_themes(options: Options) -> list[Options]:
    """The same options for each theme that is asked for: `both` are night and day."""
    return [replace(options, theme=theme) for theme in (THEMES if options.theme == BOTH else (options.theme,))]


def folder_of(out: Path | None, lesson: str) -> Path:
    """The folder for a lesson's files."""
    from model.paths import RENDERS

    if out is not None and out.suffix.lstrip(".") in FILES and not out.is_dir():
        raise UsageError(
            f"-o takes a folder, and {out} looks like a file: files are named after the lesson and its options."
        )
    return out or RENDERS / lesson


# ── lessons ──────────────────────────────────────────────────────────────────────────────────────
def complete_lesson(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The ids that begin so, for the shell."""
    import scenes

    return [entry.id for entry in scenes.course() if entry.id.startswith(incomplete)]


def entries(ids: Sequence[str], every: bool = False, course: Path | None = None) -> list[Entry]:
    """The lessons of these ids or files (all if `every`), of that course or of ours.

    UsageError suggests the nearest for an unknown one."""
    import scenes
    from scenes.course import add_course, add_own
    from scenes.own import is_path

    ours = None if course is None else add_course(course)
    ids = [add_own(name).id if is_path(name) else name for name in ids]
    if ours is None or any(entry.id in ids and entry.own for entry in scenes.course()):
        ours = list(scenes.course())
    known = {entry.id: entry for entry in ours}
    if every and ids:
        raise UsageError("name lessons or say --all, not both.")
    if every:
        return list(known.values())
    if not ids:
        raise UsageError(f"which lesson? There are: {', '.join(known)}; --all means all of them.")
    for name in ids:
        if name not in known:
            raise UsageError(f"there is no lesson “{name}”: {_nearest(name, known)}")
    return [known[name] for name in ids]


def _nearest(name: str, known: dict[str, Entry]) -> str:
    names = {alias.casefold(): id for id, entry in known.items() for alias in (id, entry.scene, entry.title)}
    near = get_close_matches(name.casefold(), names, n=1, cutoff=0.65)
    guess = f"did you mean “{names[near[0]]}”? There are" if near else "there are"
    return f"{guess}: {', '.join(known)}; or name a file: my_lesson.py, or my_lesson.py:Class."
