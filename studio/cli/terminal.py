"""What shells, terminals and word processors do to what is said: other encodings, longer dashes, rounder quotes."""

from __future__ import annotations

import codecs
import os
import re
import sys
import tempfile
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from model.errors import ClearheadError
from model.text.blanks import hint_of_blanks

PLAIN = str.maketrans(
    {
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "–": "-",
        "—": "-",
        "−": "-",
        "…": "...",
        "×": "x",
        "·": "-",
        "✓": "+",
        "✗": "x",
    }
)
PASTED = re.compile(r"^[\u2010-\u2015\u2212-]*[\u2010-\u2015\u2212][\u2010-\u2015\u2212-]*(?=[A-Za-z])")


ROUND = ("“", "”", "„", "«", "‘", "‚")


def mention_blanks(unknown: Sequence[str]) -> None:
    """Say so where what the model takes for one word is probably several. unknown: the words that it does not know."""
    if hint := hint_of_blanks(unknown):
        print(f"note: {hint}", file=sys.stderr)


def stand_firm() -> None:
    """Make the best of the terminal that there is: streams that are closed, encodings that lack letters (they are said
    in others, “?” where there are none), no width, a user without a home. ClearheadError where the current folder is
    gone."""
    codecs.register_error("clearhead", _spelled)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="clearhead")
    if not os.environ.get("COLUMNS", "80").strip("0"):
        del os.environ["COLUMNS"]
    try:
        Path.home()
    except RuntimeError:  # a container that runs under a number; libraries want one, too
        os.environ["HOME"] = tempfile.mkdtemp(prefix="clearhead-home-")
        print(f"note: this user has no home folder: {os.environ['HOME']} is used (set HOME)", file=sys.stderr)
    try:
        os.getcwd()
    except FileNotFoundError:
        raise ClearheadError("the current folder has been deleted: go to another one (cd) and start again.") from None


def _spelled(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end].translate(PLAIN)
    letters = unicodedata.normalize("NFKD", lacking)
    return "".join(c if c.isascii() else "" if unicodedata.combining(c) else "?" for c in letters), error.end


def pasted(args: Sequence[str], message: str) -> str | None:
    """A hint where the message is about something that a word processor has made of a command: long dashes for
    hyphens, round quotes, which keep no words together."""
    for arg in args:
        if (found := PASTED.match(arg)) and arg[:2] in message:
            option = arg[found.end() :]
            meant = ("--" if len(option.split("=")[0]) > 1 else "-") + option
            return f"“{arg}” begins with a long dash, as word processors write it: type {meant}, and straight quotes"
    for place, arg in enumerate(args):
        if arg.split("=")[-1][:1] in ROUND and any(f"“{word}”" in message for word in args[place:]):
            return f'{arg} …: round quotes keep no words together: type "The cat sat" with straight ones'
    return None
