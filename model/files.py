"""Files that are written whole or not at all (beside their place first, then moved there), and JSON that is read."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from model.errors import ClearheadError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A place to write what is to be `path`: it gets there when all is written; a write that fails leaves nothing.

    Whoever reads `path` meanwhile reads the old file. An OSError says which file it is about."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        yield partial
        partial.replace(path)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:  # so does a disk that is full
            error.filename = str(path)
        raise


def write_text(path: Path, text: str) -> None:
    """UTF-8; the folder is made where it is missing. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """One JSON document, indented. Raises OSError."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


# ── locks ────────────────────────────────────────────────────────────────────────────────────────
# The system's, on the folder itself: they go with their holder, however it ends, and hold between containers, where
# the number of a process says nothing. A fork holds what its parent holds.
DAY = 86400.0  # seconds


@contextmanager
def at_work(folder: Path, clean: Callable[[float], None] = lambda age: None) -> Iterator[None]:
    """Be one of those at work in a folder, which is made where it is missing. Raises OSError.

    clean: called when one comes or goes while nobody else is there, with the age in seconds from which on things that
    lie around are nobody's: 0, or a day where the file system has no locks to tell by."""
    folder.mkdir(parents=True, exist_ok=True)
    with _opened(folder) as descriptor:
        _clean(descriptor, clean)
        _lock(descriptor, fcntl.LOCK_SH)
        try:
            yield
        finally:
            _clean(descriptor, clean)


def _clean(descriptor: int, clean: Callable[[float], None]) -> None:
    gained = _lock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if gained is not False:
        clean(0.0 if gained else DAY)


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Whether nobody is at work in a folder (or none can tell); nobody begins before this ends."""
    with _opened(folder) as descriptor:
        yield _lock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB) is not False


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait until no other process is inside this with the same folder. The file that it needs is gone afterwards."""
    path = folder / ".clearhead.lock"
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        _lock(descriptor, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                break
        os.close(descriptor)  # who had it before us has deleted it
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int, how: int) -> bool | None:
    """Whether we have the lock now; None where the file system has no such locks."""
    try:
        fcntl.flock(descriptor, how)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def read_json(file: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises ClearheadError where there is none."""
    try:
        value = json.loads(file.read_text(encoding="utf-8-sig"))  # some editors put a sign before it
    except (OSError, ValueError, RecursionError) as error:
        raise ClearheadError(f"{file} cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise ClearheadError(f"{file} must hold a JSON object")
    return value
