"""What is kept between renders: drawn segments and typeset formulas."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from model.errors import ClearheadError
from model.files import alone

LIMIT = 4 << 30  # bytes


def cache_folder() -> Path:
    """Where segments are kept: $CLEARHEAD_CACHE, or `clearhead` in the user's cache folder."""
    if own := os.environ.get("CLEARHEAD_CACHE"):
        return of_user(Path(own))
    shared = Path(os.environ.get("XDG_CACHE_HOME", ""))  # a relative one is to be ignored, says its standard
    if shared.is_absolute():
        return shared / "clearhead"
    folder = of_user(Path("~/.cache")) / "clearhead"
    return folder if _can_be_written(folder) else _without_home()


def _can_be_written(folder: Path) -> bool:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _without_home() -> Path:
    """A folder of the user's among the temporary ones, from now on: in containers and for services, home is often a
    folder that is not there, or is nobody's."""
    folder = Path(tempfile.gettempdir(), f"clearhead-{os.getuid()}")
    with suppress(OSError):
        folder.mkdir(mode=0o700)
    about = folder.lstat() if folder.is_dir() else None
    if about is None or about.st_uid != os.getuid() or stat.S_IMODE(about.st_mode) != 0o700:
        folder = Path(tempfile.mkdtemp(prefix="clearhead-"))  # it is somebody else's
    os.environ["CLEARHEAD_CACHE"] = str(folder)
    print(f"note: no cache in {Path.home()}, which cannot be written: {folder} (set CLEARHEAD_CACHE)", file=sys.stderr)
    return folder


def of_user(path: Path) -> Path:
    """An absolute path, `~` being the user's home. ClearheadError where there is none."""
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        raise ClearheadError(
            f"nobody knows the home folder in {path}: give a path without ~ (CLEARHEAD_CACHE for the cache)."
        ) from None


def segments_folder() -> Path:
    """Where the segments are, in a folder for each lesson."""
    return cache_folder() / "segments"


def formulas_folder() -> Path:
    """Where Manim keeps formulas as this version of Typst sets them, by their source.

    It writes them in place: what a killed process left unfinished is removed."""
    folder = cache_folder() / "formulas" / version("typst")
    for svg in folder.glob("*.svg"):
        with suppress(FileNotFoundError):  # another process was faster
            if not svg.read_bytes().rstrip().endswith(b"</svg>") and time.time() - svg.stat().st_mtime > 2:
                svg.unlink()
    return folder


def prune(limit: int = LIMIT) -> None:
    """Delete the segments that were not used for longest until the cache has no more than `limit` bytes.

    Those of lessons that somebody draws right now stay."""
    files = []
    for path in segments_folder().glob("*/[!.]*.m*"):
        with suppress(FileNotFoundError):
            files.append((path.stat(), path))
    total = sum(about.st_size for about, _ in files)
    for about, path in sorted(files, key=lambda f: f[0].st_mtime):
        if total <= limit:
            return
        with alone(path.parent) as free:
            if free:
                with suppress(PermissionError):  # of another user, in a cache that is shared
                    path.unlink(missing_ok=True)
                    total -= about.st_size
