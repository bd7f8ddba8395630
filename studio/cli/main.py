"""The command line: its commands, and what is said when one fails.

Manim and torch are imported by the commands that need them, when they are run, so that the others answer at once."""

from __future__ import annotations

import os
import sys
import traceback

import click

from studio.cli.commands.audit import audit
from studio.cli.commands.course import doctor, list_lessons, test
from studio.cli.commands.model import trace, train
from studio.cli.commands.preview import preview
from studio.cli.commands.render import render
from studio.cli.commands.storyboard import storyboard
from studio.cli.commands.verify import verify
from studio.cli.options import SETTINGS
from studio.cli.terminal import pasted, stand_firm

INTERRUPTED = 130


@click.group(context_settings=SETTINGS)
@click.version_option(package_name="clearhead", message="clearhead %(version)s")
def cli() -> None:
    """Animated lessons about the transformer, in which every number on screen is real.

    \b
    clearhead list                       the lessons
    clearhead render attention           a video, with captions and chapters, in renders/attention/
    clearhead render attention --text "The cat sat on the mat because it was tired" -q l
    clearhead render attention --format gif --step Softmax
    clearhead verify renders/attention/*.json   are these films what the model computed?
    """


for command in (render, storyboard, verify, audit, list_lessons, trace, train, doctor, test, preview):
    cli.add_command(command)


def main(args: list[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    args = sys.argv[1:] if args is None else args
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the drawing processes fill the cores
    try:
        stand_firm()
        return cli.main(args, prog_name="clearhead", standalone_mode=False) or 0
    except (KeyboardInterrupt, click.exceptions.Abort):
        print("stopped; what is done so far is kept, the same command goes on from there.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # so that the interpreter does not try to flush it at its end
        return 1
    except Exception as error:
        return fail(error, args)


def fail(error: Exception, args: list[str]) -> int:
    """Say in one line what is wrong with a command and return the exit code; --debug adds the traceback."""
    from studio.play.failures import plainly

    if "--debug" in args:
        traceback.print_exception(error)
    if isinstance(error, click.ClickException):
        message, code = error.format_message(), 2 if isinstance(error, click.UsageError) else 1
        if isinstance(error, click.UsageError) and error.ctx is not None:
            message = f"{message.rstrip('.?')}; see {error.ctx.command_path} --help"
    elif (plain := plainly(error)) is not None:
        message, code = str(plain), plain.exit_code
    else:
        message, code = f"{type(error).__name__}: {error}; this is a bug in Clearhead, --debug shows where", 1
    message = (pasted(args, message) if code == 2 else None) or message
    print("error: " + " ".join(message.split()), file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
