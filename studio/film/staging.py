"""The files of one render: written in a hidden folder beside their place, renamed when all are complete."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from studio.play.files import check_writable, is_full
from studio.play.writer import hidden, working


class Staging:
    """`with Staging(folder) as stage: write to stage / name; stage.publish()`. What is not published is deleted."""

    def __init__(self, folder: Path):
        self.folder = folder.expanduser().absolute()
        self.hidden = hidden(self.folder / "render.tmp")
        self.work = working(self.folder)

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
        check_writable(self.folder)
        self.work.__enter__()
        self.hidden.mkdir()
        return self

    def __exit__(self, *error: Any) -> None:
        if isinstance(error[1], OSError) and error[1].filename is None and is_full(self.folder):
            error[1].filename = str(self.folder)
        shutil.rmtree(self.hidden, ignore_errors=True)
        self.work.__exit__(*error)
