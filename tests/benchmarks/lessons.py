"""How long a lesson takes to render, beside how long it lasts.

    python -m tests.benchmarks.lessons                    # every lesson, 480p15 and 1080p60
    python -m tests.benchmarks.lessons attention -q h     # one lesson, one quality

Each render is a fresh process (`clearhead render`) with an empty cache, drawing, encoding and writing all files.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory


def render(lesson: str, quality: str) -> tuple[float, float]:
    """(seconds the lesson lasts, wall seconds of the render)."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "studio.cli", "render", lesson, "-q", quality, "-o", folder]
        start = time.perf_counter()
        subprocess.run(
            command, check=True, capture_output=True, env=os.environ | {"CLEARHEAD_CACHE": f"{folder}/cache"}
        )
        wall = time.perf_counter() - start
        manifest = json.loads(next(Path(folder).glob("*.json")).read_text(encoding="utf-8"))
        return manifest["steps"][-1]["end"], wall


def main() -> None:
    from rich.console import Console
    from rich.table import Table

    from scenes import course
    from studio.play.picture import QUALITIES, Picture

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", default=[entry.id for entry in course()])
    parser.add_argument("-q", "--quality", nargs="+", choices=QUALITIES, default=["l", "h"])
    options = parser.parse_args()
    table = Table(title="Rendering, on this machine's cores")
    for head in ("lesson", "quality", "lasts s", "renders in s", "ratio"):
        table.add_column(head, justify="right" if head[0] in "lr" and head != "lesson" else "left")
    for lesson in options.lessons:
        for quality in options.quality:
            lasts, wall = render(lesson, quality)
            table.add_row(lesson, Picture.of(quality).name, f"{lasts:.1f}", f"{wall:.1f}", f"{wall / lasts:.2f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
