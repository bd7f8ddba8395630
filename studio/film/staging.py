"""The files of one render: written in a hidden folder beside their place, renamed when all are complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from studio.play.writer import remove_leftovers


class Staging:
    """`with Staging(folder) as stage: write to stage / name; stage.publish()`. What is not published is deleted."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        self.hidden = folder / f".render.{os.getpid()}.tmp"
        self.hidden.mkdir()

    def __truediv__(self, name: str) -> Path:
        return self.hidden / name

    def publish(self, last: str, old: Iterable[str] = ()) -> list[Path]:
        """Move all files to their place, the one named `last` after the others (it vouches for them).

        old: names of files that an earlier render may have left; those that this one has not made are deleted."""
        for name in old:
            if not (self.hidden / name).exists():
                (self.folder / name).unlink(missing_ok=True)
        names = sorted((p.name for p in self.hidden.iterdir()), key=lambda name: (name == last, name))
        for name in names:
            (self.hidden / name).replace(self.folder / name)
        return [self.folder / name for name in names]

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.hidden, ignore_errors=True)
