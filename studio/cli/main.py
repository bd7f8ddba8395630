"""The command line: its commands, and what is said when one fails.

Manim and torch are imported by the commands that need them, when they are run, so that the others answer at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

import click

from studio.cli.commands.audit import audit
from studio.cli.commands.compare import compare
from studio.cli.commands.course import doctor, list_lessons, test
from studio.cli.commands.install import install
from studio.cli.commands.model import trace, train, translate
from studio.cli.commands.preview import preview
from studio.cli.commands.render import render
from studio.cli.commands.storyboard import storyboard
from studio.cli.commands.verify import verify
from studio.cli.options import SETTINGS
from studio.cli.terminal import pasted, stand_firm

INTERRUPTED = 130
SOON = 0.02  # seconds


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


for command in (
    render,
    storyboard,
    verify,
    audit,
    list_lessons,
    trace,
    translate,
    compare,
    train,
    install,
    doctor,
    test,
    preview,
):
    cli.add_command(command)


def main(args: list[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    args = sys.argv[1:] if args is None else args
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the drawing processes fill the cores
    try:
        stop_in_order()
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


def stop_in_order() -> None:
    """What a cluster's scheduler, a service or a line that breaks asks for is taken as Ctrl-C: what is done is kept."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:  # nohup has it ignored
                signal.signal(number, signal.default_int_handler)
        sys.excepthook, sys.unraisablehook = _without_stops(sys.excepthook), _again


def _again(lost: sys.UnraisableHookArgs) -> None:
    """A stop that came while a library called us, which cannot pass it on (HarfBuzz drawing a letter), comes again."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        threading.Timer(
            SOON, os.kill, (os.getpid(), signal.SIGINT)
        ).start()  # not in here, where it would be lost as well
    else:
        sys.__unraisablehook__(lost)


def _without_stops(hook: Callable[..., Any]) -> Callable[..., Any]:
    return lambda kind, error, trace: None if issubclass(kind, KeyboardInterrupt) else hook(kind, error, trace)


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
