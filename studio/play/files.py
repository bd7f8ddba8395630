"""Small things that are said about files and machines in more than one place."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import sysconfig
import tempfile
import time
import unicodedata
from functools import cache
from importlib.metadata import version
from pathlib import Path

from model.errors import ClearheadError
from model.paths import ROOT

ROOM = 1 << 20  # bytes that a disk has left which is not full
PACKAGES = ("manim", "numpy", "torch", "av", "pillow", "pycairo", "typst", "uharfbuzz")
# Where Python's own code and that of the installed packages is.
LIBRARIES = tuple(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def _times() -> dict[Path, int]:
    """When each file was saved that pictures are made of, in nanoseconds: by the disk's clock, which may be another."""
    rooms = ("model", "scenes", "studio/play", "assets/themes", "assets/fonts")
    walks = (walk for room in rooms for walk in os.walk(ROOT / room) if not walk[0].endswith("__pycache__"))
    return {Path(folder, name): os.stat(Path(folder, name)).st_mtime_ns for folder, _, names in walks for name in names}


STARTED, SAVED = time.time_ns(), _times()  # when this program was, about, and what it found


def has_changed(file: Path) -> bool:
    """Whether a file was saved since the program was started: what runs may be what it was before."""
    saved = file.stat().st_mtime_ns
    return saved != SAVED[file] if file in SAVED else STARTED < saved <= time.time_ns()


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def slug(text: str, longest: int = 40) -> str:
    """A text as part of a file name; a short hash tells apart what is cut or cannot be spelled.

    >>> slug("The cat sat.")
    'the-cat-sat'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    short = words[:longest].rsplit("-", 1)[0] if len(words) > longest else words
    unspoken = re.sub(r"[^\w]+", "-", text.lower()).strip("-") != words
    tail = short_hash(text) if unspoken or short != words or text != " ".join(text.split()) else ""
    return "-".join(part for part in (short, tail) if part)


def short_hash(text: str) -> str:
    """Six letters and digits that tell a text apart from others."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def check_writable(folder: Path) -> None:
    """Make the folder where it is missing, and a file in it. Raises OSError or ClearheadError, which say why not."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileNotFoundError:  # so says /proc
        raise ClearheadError(f"no folder can be made there ({folder}): choose another one.") from None
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".clearhead-"):
        pass


def is_full(folder: Path) -> bool:
    """Whether there is no room left on the disk of a folder; not known counts as no."""
    try:
        return shutil.disk_usage(folder).free < ROOM
    except OSError:
        return False


def from_here(path: Path) -> str:
    """A path as short as it can be said from the current folder."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def versions() -> dict[str, str]:
    """Of everything that has a say in the pixels."""
    import av
    import cairo

    found = {name: version(name) for name in PACKAGES}
    return {
        "python": platform.python_version(),
        "cairo": cairo.cairo_version_string(),
        **found,
        "ffmpeg": av.ffmpeg_version_info,
    }
