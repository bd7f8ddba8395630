"""Turns failures of the system into one line that says what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from model.errors import ClearheadError
from studio.play.cache import cache_folder

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
}


def plainly(error: BaseException, folder: Path | None = None) -> ClearheadError | None:
    """The error as one line for the user, if the system is at fault (no space, no permission …), else None."""
    for cause in _chain(error):
        if isinstance(cause, ClearheadError):
            return cause
        if isinstance(cause, OSError) and cause.errno in WORDS:
            where = Path(os.fsdecode(cause.filename)) if cause.filename else folder
            return ClearheadError(
                WORDS[cause.errno].format(at=f" ({where})" if where else "", elsewhere=_elsewhere(where))
            )
        if isinstance(cause, MemoryError):
            return ClearheadError("out of memory: try a lower quality (-q) or --workers 1.")
    return None


def _elsewhere(where: Path | None) -> str:
    if where is not None and where.is_relative_to(cache_folder()):
        return "set CLEARHEAD_CACHE to another folder"
    return "choose another folder with -o"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
