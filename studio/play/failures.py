"""Turns failures of the system into one line that says what to do."""

from __future__ import annotations

import errno
import os
import re
import traceback
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from model.errors import ClearheadError
from model.paths import ROOT
from studio.play.cache import cache_folder
from studio.play.files import LIBRARIES, from_here, is_full

MEMORY = "out of memory: try a lower quality (-q) or --workers 1; see ulimit -v, where a limit is set."
WORDS = {
    errno.ENOSPC: "the disk is full{at}: free some space and start again; what is drawn so far is kept.",
    errno.EDQUOT: "the disk quota is used up{at}: free some space and start again; what is drawn so far is kept.",
    errno.EACCES: "no permission to write{at}: {elsewhere}.",
    errno.EPERM: "no permission to write{at}: {elsewhere}.",
    errno.EROFS: "the disk is read-only{at}: {elsewhere}.",
    errno.ENOTDIR: "a file stands where a folder is needed{at}: {elsewhere}.",
    errno.EEXIST: "a file stands where a folder is needed{at}: {elsewhere}.",
    errno.ENAMETOOLONG: "the file name is too long{at}: choose a shorter one.",
    errno.EIO: "the disk could not be read or written{at}.",
    errno.ESTALE: "the network's disk has gone{at}: start again when it is back.",
    errno.EFBIG: "no file may be that large{at}: see ulimit -f, and the disk's format (FAT: 4 GB).",
    errno.EMFILE: "too many files are open: raise the limit (ulimit -n 1024), or try --workers 1.",
    errno.ENFILE: "too many files are open on this machine: end other programs, or try --workers 1.",
    errno.EAGAIN: "no more processes can be started: end others, raise the limit (ulimit -u), or try --workers 1.",
    errno.ENOMEM: MEMORY,
}


def plainly(error: BaseException, folder: Path | None = None) -> ClearheadError | None:
    """The error as one line for the user, if the system is at fault (no space, no permission …), else None."""
    for cause in _chain(error):
        if isinstance(cause, ClearheadError):
            return cause
        if isinstance(cause, OSError) and cause.errno in WORDS:
            where = Path(os.fsdecode(cause.filename)) if cause.filename else folder or _full()
            return ClearheadError(
                WORDS[cause.errno].format(at=f" ({where})" if where else "", elsewhere=_elsewhere(where))
            )
        if isinstance(cause, MemoryError) or isinstance(cause, ImportError) and "failed to map" in str(cause):
            return ClearheadError(MEMORY)
        if isinstance(cause, Warning):
            return ClearheadError(f"{cause} – a warning, which PYTHONWARNINGS or python -W makes an error: unset that.")
    return authors(error)


def _full() -> Path | None:
    """The cache, if it is what is full: not every error tells."""
    return cache if is_full(cache := cache_folder()) else None


# ── mistakes in a lesson ─────────────────────────────────────────────────────────────────────────
def by_author(file: Path) -> bool:
    """Whether a file is a lesson's, or another one of those who write lessons: not the kit, not a library."""
    if file.is_relative_to(ROOT):
        return file.is_relative_to(ROOT / "scenes/lessons")
    return file.is_file() and not any(file.is_relative_to(folder) for folder in LIBRARIES)


def authors(error: BaseException) -> ClearheadError | None:
    """An error that comes from a lesson's code as its author can use it: file, line, what to do. None for others."""
    cause = [*_chain(error)][-1]
    if isinstance(cause, SyntaxError) and cause.filename and by_author(Path(cause.filename)):
        return ClearheadError(f"{from_here(Path(cause.filename))}:{cause.lineno}: {cause.msg}; mend that line.")
    place = authors_line(cause)
    if place is None or not isinstance(cause, Exception):
        return None
    what = advice(cause) or f"{type(cause).__name__}: {cause}; --debug shows the way there"
    return ClearheadError(f"{from_here(Path(place.filename))}:{place.lineno}: {what}")


def authors_line(error: BaseException) -> traceback.FrameSummary | None:
    """The line of a lesson's code from which an error comes, if it comes from one."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if by_author(Path(f.filename))]
    return frames[-1] if frames else None


def advice(cause: BaseException) -> str | None:
    """What an author is to do about an error whose own words do not say it; None for others."""
    if isinstance(cause, ImportError) and cause.name == "scenes.kit":
        return _at_home(re.findall("'(\\w+)'", str(cause))[0])
    return unnamed(cause)


def _at_home(name: str) -> str:
    """Where a name is that the kit does not have."""
    import manim

    from scenes import kit
    from scenes.kit import recipes

    for module in (manim, recipes):
        if hasattr(module, name):
            return f"{name} is not in scenes.kit: from {module.__name__} import {name}"
    near = get_close_matches(name, dir(kit), n=1)
    return f"the kit has no {name}" + (f"; did you mean {near[0]}?" if near else "; docs/kit.md has its names")


def unnamed(cause: BaseException) -> str | None:
    """What to do where a sentence names a field that it was not given."""
    frames = [frame for frame, _ in traceback.walk_tb(cause.__traceback__)]
    if not isinstance(cause, KeyError) or not frames or frames[-1].f_code.co_name != "say":
        return None
    given = ", ".join(frames[-1].f_locals.get("fields", ())) or "none"
    name = cause.args[0]
    return f"the caption names {{{name}}}, the step gives {given}: add {name}=… to it"


def _elsewhere(where: Path | None) -> str:
    cache = cache_folder()
    if where is not None and (where.is_relative_to(cache) or cache.is_relative_to(where)):
        return "set CLEARHEAD_CACHE to another folder"
    return "choose another folder with -o"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
