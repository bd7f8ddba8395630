"""What a long command shows while it works: a bar with the time left, or nothing where nobody watches."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

WORDS = {
    "reading": "reading the lesson",
    "drawing": "drawing",
    "writing": "writing",
    "fitting": "looking for what fits",
}


class Bar:
    """`with Bar("attention") as bar:` bar.stage(what, done, total) as often as wanted; quiet unless on a terminal."""

    def __init__(self, title: str):
        console = Console(stderr=True)
        self.progress = Progress(
            TextColumn("[bold]{task.fields[title]}[/] {task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            disable=not sys.stderr.isatty(),
            transient=True,
            auto_refresh=False,  # a thread that draws would be copied into every process that is forked
        )
        self.title = title
        self.task: TaskID | None = None
        self.what = ""
        self.drawn = 0.0  # when the bar was last drawn

    def stage(self, what: str, done: int, total: int) -> None:
        """Show how far `what` has come; total 0: unknown."""
        if self.task is None or what != self.what:
            if self.task is not None:
                self.progress.remove_task(self.task)
            self.task = self.progress.add_task(WORDS[what], total=total or None, title=self.title)
            self.what, self.drawn = what, 0.0
        self.progress.update(self.task, completed=done, total=total or None)
        if time.monotonic() - self.drawn > 0.1:
            self.progress.refresh()
            self.drawn = time.monotonic()

    def __enter__(self) -> Bar:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()
