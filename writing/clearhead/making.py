"""Films made by `clearhead render` in a process of its own, and kept by what was asked for and all that makes them.

A process of its own, because Manim's settings, torch's threads and forks are not what a page's or notebook's want."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from clearhead.asking import Asked, file_of, is_folder
from model.errors import ClearheadError
from model.files import one_at_a_time, read_json
from model.paths import ASSETS, ROOT
from studio.play.cache import LIMIT, cache_folder
from studio.play.files import versions

INTERRUPTED = 130
DAY = 86400.0  # seconds
Say = Callable[[str], None]


@dataclass(frozen=True)
class Made:
    """What a render gave. shown: its film, or the pictures of its steps. about: its manifest."""

    format: str
    shown: tuple[Path, ...]
    poster: Path
    captions: Path | None
    about: dict[str, Any]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.about["picture"]["width"], self.about["picture"]["height"]

    @property
    def alts(self) -> list[str]:
        """For each of `shown` what it shows, in the words of its captions."""
        title, steps = self.about["title"], self.about["steps"]
        named = f"{title}, for “{text}”" if (text := self.about["text"]) else str(title)
        if self.format == "png":
            return [f"{named}: {step['name']}. {step['caption']}" for step in steps]
        if len(steps) == 1:
            said = [line["text"] for line in steps[0]["lines"]] or [steps[0]["caption"]]
            return [f"{named}: {steps[0]['name']}. {' '.join(said)}"]
        return [f"{named}, in {len(steps)} steps: {', '.join(step['name'] for step in steps)}."]


def make(asked: Asked, say: Say = lambda note: None) -> Made:
    """The film that is asked for; drawn only where it is not kept from before. Raises ClearheadError, OSError.

    say: gets the command's notes, such as words that a model does not know."""
    place = kept_folder() / _key(asked)
    folder = place / "film"  # the command, too, lets one at a time into its folder
    folder.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(place):
        if (there := _read(folder, asked.format)) is None:
            _render(asked, folder, say)
            there = _read(folder, asked.format)
            if there is None:
                raise ClearheadError(f"the film is not in {folder}: is another program clearing it? Start again.")
    prune()
    return there


def kept_folder() -> Path:
    """Where films for pages and notebooks are kept."""
    return cache_folder() / "written"


def prune(limit: int = LIMIT) -> None:
    """Delete the films that were not used for longest until `limit` bytes are kept; those of the last day stay."""
    films = []
    for folder in kept_folder().iterdir():
        with suppress(OSError):
            size = sum(file.stat().st_size for file in folder.glob("film/*"))
            films.append((Path(folder, "film").stat().st_mtime, size, folder))
    total = sum(size for _, size, _ in films)
    for used, size, folder in sorted(films):
        if total > limit and time.time() - used > DAY:
            shutil.rmtree(folder, ignore_errors=True)
            total -= size


def _read(folder: Path, fmt: str) -> Made | None:
    """What a render has left in its folder; None where it is not whole. It counts as used now."""
    manifest = next(folder.glob("*.json"), None)
    if manifest is None:
        return None
    with suppress(ClearheadError):
        about = read_json(manifest)
        files = [folder / listed["name"] for listed in about["files"]]
        if all(file.is_file() and file.stat().st_size == listed["bytes"]
               for file, listed in zip(files, about["files"], strict=True)):  # fmt: skip
            os.utime(folder)
            of = {suffix: [file for file in files if file.suffix == f".{suffix}"] for suffix in (fmt, "png", "vtt")}
            return Made(fmt, tuple(of[fmt]), of["png"][-1], next(iter(of["vtt"]), None), about)
    return None


def _render(asked: Asked, folder: Path, say: Say) -> None:
    words = ["render", asked.lesson, *asked.arguments, f"--out={folder}"]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))  # this Clearhead, and no other
    done = subprocess.run(
        [sys.executable, "-P", "-m", "studio.cli", *words],
        env=os.environ | {"PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    lines = done.stderr.splitlines()
    if done.returncode == INTERRUPTED:
        raise KeyboardInterrupt
    if done.returncode:
        errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        raise ClearheadError(
            errors[-1] if errors else f"the render ended with {done.returncode}: {' '.join(lines[-1:])}"
        )
    for line in lines:
        if line.startswith("note: ") and ".chapters.txt" not in line:
            say(line.removeprefix("note: "))


# ── what a film is kept by ───────────────────────────────────────────────────────────────────────
def _key(asked: Asked) -> str:
    """Tells apart what is asked for, and what it is made of: Clearhead's code, libraries, models, a lesson's file."""
    digest = hashlib.sha256(repr((asked, program())).encode("utf-8", "surrogatepass"))
    for file in beside(asked):
        digest.update(f"{file.name}\0".encode("utf-8", "surrogatepass") + file.read_bytes())
    return digest.hexdigest()[:32]


def beside(asked: Asked) -> Iterator[Path]:
    """The files of one's own that have a say: a lesson with what stands beside it, a model."""
    if lesson := file_of(asked.lesson):
        yield from sorted(
            {*lesson.parent.glob("*.py"), *lesson.parent.glob("*.yaml"), *lesson.parent.glob("notes/*.yaml")}
        )
    for argument in asked.arguments:
        name, _, value = argument.removeprefix("--").partition("=")
        if name == "model" and (is_folder(name, value) or Path(value).exists()):
            model = Path(value).expanduser()
            yield from sorted(file for file in (model.glob("*") if model.is_dir() else [model]) if file.is_file())


@cache
def program() -> str:
    """A hash of Clearhead's own files and of the libraries' versions."""
    digest = hashlib.sha256(repr(sorted(versions().items())).encode())
    for room in (ROOT / "model", ROOT / "scenes", ROOT / "studio", ASSETS):
        for folder, _, names in sorted(os.walk(room)):
            for name in sorted(names):
                if not folder.endswith("__pycache__"):
                    file = Path(folder, name)
                    digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()
