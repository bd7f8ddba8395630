"""What can be asked for where people write: the options of `clearhead render` by their names, read by its parser."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import click

from model.errors import UsageError
from scenes.own import is_path, split
from studio.cli.commands.render import render
from studio.cli.options import BOTH, entries

NOT_HERE = {"every", "course", "workers", "force", "out", "help"}  # of a folder's films, or of nobody's business here
YES, NO = ("", "yes", "true", "on", "1"), ("no", "false", "off", "0")
SPELLED = re.compile(r"'(?:-\w' / ')?--([\w-]+)'")  # an option in click's messages


@dataclass(frozen=True)
class Asked:
    """A render that is asked for. lesson: an id, FILE or FILE:CLASS. arguments: the options as the command has them."""

    lesson: str
    format: str
    arguments: tuple[str, ...]


@cache
def options() -> dict[str, click.Option]:
    """The options by their long names, without dashes."""
    found = [option for option in render.params if isinstance(option, click.Option) and option.name not in NOT_HERE]
    return {max(option.opts, key=len).removeprefix("--"): option for option in found if option.expose_value}


def is_folder(name: str, value: object) -> bool:
    """Whether an option's value is the path of a model (and not a checkpoint's name)."""
    return name == "model" and ("/" in str(value) or str(value).startswith("~"))


def ask(lesson: str, given: Mapping[str, Any]) -> Asked:
    """A render of a lesson with these options; None is an option that is not given. UsageError where there is no such
    lesson, option or value; steps, words and heads are known only when the lesson plays."""
    arguments = [_argument(name, value) for name, value in sorted(given.items()) if value is not None]
    chosen = _parsed([lesson, *arguments])
    if not is_path(lesson):
        entries([lesson])
    return Asked(lesson, str(chosen["fmt"]), tuple(arguments))


def asks(lesson: str, given: Mapping[str, Any]) -> list[Asked]:
    """The renders that it takes: of the theme `both` the one by night, then the one by day."""
    themes = ("night", "day") if given.get("theme") == BOTH else (given.get("theme"),)
    return [ask(lesson, {**given, "theme": theme}) for theme in themes]


def ask_line(line: str) -> tuple[list[str], dict[str, Any]]:
    """The lessons and options of a command line. UsageError."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"{line.strip()}: {error}.") from None
    chosen = _parsed(words)
    named = {option.name: name for name, option in options().items()}
    if foreign := [word for word in words if word.split("=")[0] in _foreign()]:
        raise UsageError(f"{foreign[0]} is for the command line: leave it out here.")
    return list(chosen["lessons"]), {name: chosen[key] for key, name in named.items() if key in chosen["given"]}


def _foreign() -> set[str]:
    here = {spelled for option in options().values() for spelled in option.opts}
    return {spelled for option in render.params for spelled in option.opts if spelled not in here}


def _argument(name: str, value: Any) -> str:
    option = options().get(name.replace("_", "-"))
    if option is None:
        near = get_close_matches(name, options(), n=1)
        hint = f"did you mean “{near[0]}”?" if near else f"there are: {', '.join(options())}."
        raise UsageError(f"there is no option “{name}”; {hint}")
    if not option.is_flag:
        return f"{max(option.opts, key=len)}={value}"
    said = {True: "yes", False: "no"}.get(value, str(value).strip().casefold())
    if said in YES:
        return max(option.opts, key=len)
    if said in NO and option.secondary_opts:
        return max(option.secondary_opts, key=len)
    raise UsageError(f"{name} takes {'yes or no' if option.secondary_opts else 'yes, or is left out'}, not “{value}”.")


def _parsed(words: list[str]) -> dict[str, Any]:
    """What the command's parser makes of the words; `given` are the names of the options among them. UsageError."""
    try:
        with render.make_context("render", list(words)) as context:
            source = click.core.ParameterSource.COMMANDLINE
            given = {name for name in context.params if context.get_parameter_source(name) is source}
            return context.params | {"given": given}
    except click.ClickException as error:
        message = SPELLED.sub(r"“\1”", error.format_message())
        raise UsageError(message) from None
    except click.exceptions.Exit:  # --help has been printed
        raise UsageError("the options are those of: clearhead render --help") from None


def file_of(lesson: str) -> Path | None:
    """The file of a lesson that is named by it."""
    return split(lesson)[0] if is_path(lesson) else None
