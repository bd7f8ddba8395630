"""Lessons in notebooks: `show("attention", text="The cat sat")`, and `%%clearhead` for a lesson that a cell holds.

What is shown stands inside the notebook itself, so that it is seen wherever the notebook is opened."""

from __future__ import annotations

import re
import sys
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearhead.asking import ask_line, asks
from clearhead.making import Made, make
from model.errors import ClearheadError, UsageError
from model.files import write_text
from studio.page.frame import framed, framed_both, picture, video
from studio.play.cache import cache_folder
from studio.play.failures import plainly

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

LIMIT = 24.0  # megabytes that an output may have: notebooks are read, saved and sent as a whole
USUAL = {"quality": "m"}  # a notebook is no projector
FITTING = {"style": "max-width: 100%; height: auto"}
KINDS = {"gif": "image/gif", "webp": "image/webp", "png": "image/png", "mp4": "video/mp4", "webm": "video/webm"}


class NotebookError(ClearheadError):
    """An expected failure, which IPython shows as the command does: in one line."""

    def _render_traceback_(self) -> list[str]:
        return [f"error: {self}"]


class Shown:
    """A film in a notebook. paths: its files. alt: what it shows, in words. about: its manifest.

    night: where it is by day, the same by night; the browser shows the one that suits who looks."""

    def __init__(self, made: Made, alt: str | None = None, night: Made | None = None):
        self.made, self.night, self.about = made, night, made.about
        self.paths = made.shown if night is None else (*night.shown, *made.shown)
        self.alts = [alt] * len(made.shown) if alt else made.alts

    @property
    def alt(self) -> str:
        return " ".join(dict.fromkeys(self.alts))

    def __repr__(self) -> str:
        return self.alt

    def _repr_html_(self) -> str:
        made, night = self.made, self.night
        if made.format == "html":
            page = made.shown[0].read_text(encoding="utf-8")
            if night is None:
                return framed(page, self.alt, made.size, inline=True)
            return framed_both(night.shown[0].read_text(encoding="utf-8"), page, self.alt, made.size, inline=True)
        if made.format in ("mp4", "webm"):
            captions = _inline(made.captions, "text/vtt") if made.captions else ""
            dark = "" if night is None else _inline(night.shown[0])
            return video(_inline(made.shown[0]), self.alt, made.size, _inline(made.poster), captions, dark=dark)
        if night is not None:
            still = None if made.format == "png" else (_inline(night.poster), _inline(made.poster))
            every = zip(night.shown, made.shown, self.alts, strict=True)
            return "".join(picture(_inline(dark), _inline(path), alt, still, FITTING) for dark, path, alt in every)
        return "".join(
            f'<img src="{_inline(path)}" alt="{escape(alt)}" style="{FITTING["style"]}">'
            for path, alt in zip(made.shown, self.alts, strict=True)
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """HTML; the last picture for what cannot play, such as a notebook in print; and the words."""
        poster = b64encode(self.made.poster.read_bytes()).decode()
        return {"text/html": self._repr_html_(), "image/png": poster, "text/plain": self.alt}


def show(
    lesson: str,
    text: str | None = None,
    *,
    step: str | int | None = None,
    format: str = "mp4",
    alt: str | None = None,
    limit: float = LIMIT,
    **options: Any,
) -> Shown:
    """A lesson, or a step of it, to be shown as a cell's result.

    lesson: an id of the course, or a file (my.py, my.py:Class). format: mp4, webm, gif, webp, png, or html, a page
    whose numbers can be clicked. alt: what it shows, in other words than those of its captions. limit: megabytes.
    options: those of `clearhead render` (model, theme, aspect, quality, width …); quality is "m" unless said otherwise.
    Raises NotebookError, one line that says what to do."""
    given = {"text": text, "step": step, "format": format} | options
    try:
        return _shown(lesson, given, alt, limit)
    except Exception as error:
        raise _told(error) from None


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """What `%load_ext clearhead.notebook` calls."""
    ipython.magics_manager.register_function(magic, "line_cell", "clearhead")


def magic(line: str, cell: str | None = None) -> Shown:
    """`%clearhead LESSON [options]`, or `%%clearhead [CLASS] [options]` above a lesson: those of `clearhead render`."""
    file = None
    try:
        names, given = ask_line(line)
        if len(names) > 1 or (cell is None and not names):
            raise UsageError("name one lesson." if cell is None else "name one class of the cell, or none.")
        if cell is None:
            return _shown(names[0], given)
        file = _file_of(cell)
        return _shown(":".join([str(file), *names]), given)
    except Exception as error:
        raise _told(error, file) from None


def _shown(lesson: str, given: Mapping[str, Any], alt: str | None = None, limit: float = LIMIT) -> Shown:
    asked = asks(lesson, {**USUAL, **given})
    *night, made = (make(each, lambda note: print(f"note: {note}", file=sys.stderr)) for each in asked)
    shown = Shown(made, alt, *night)
    if (size := sum(path.stat().st_size for path in shown.paths) / 1e6) > limit:
        raise ClearheadError(
            f"the {made.format} has {size:.1f} MB, and a notebook takes {limit:g}: choose a step or a lower quality, "
            f"raise limit=…, or take the file: {made.shown[0]}"
        )
    return shown


def _inline(path: Path, kind: str | None = None) -> str:
    return f"data:{kind or KINDS[path.suffix[1:]]};base64,{b64encode(path.read_bytes()).decode()}"


# ── a lesson in a cell ───────────────────────────────────────────────────────────────────────────
def _file_of(cell: str) -> Path:
    """A file with a cell's source, whose lines are numbered as the cell's are: the first one is the magic's."""
    file = cache_folder() / "cells" / sha256(cell.encode("utf-8", "surrogatepass")).hexdigest()[:16] / "cell.py"
    write_text(file, f"\n{cell}")
    return file


def _told(error: Exception, file: Path | None = None) -> Exception:
    """The error as one line, in which the cell's file is called the cell; a bug stays what it is."""
    plain = plainly(error)
    if plain is None:
        return error
    message = str(plain).removesuffix("; --debug shows the way there")  # on the command line
    if file is not None:
        name = rf"\S*{file.parent.name}/{re.escape(file.name)}"
        message = re.sub(rf"{name}:(\d+):", r"line \1 of the cell:", message)
        message = re.sub(name, "the cell", message).replace("say FILE:CLASS", "say %%clearhead CLASS")
    return NotebookError(message)
