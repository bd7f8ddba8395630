"""Taking it away: pictures, GIFs and videos of what is shown, into renders/.

`python -m studio.preview.web.saving JSON` renders in a process of its own and tells on stdout how far it is.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from model.errors import ClearheadError
from studio.preview.sessions.pool import CORES
from studio.preview.wire import Message


def picture_path(folder: Path, lesson: str, step: int, name: str, frame: int) -> Path:
    """Where a picture goes; an existing file is not overwritten."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    base = folder / lesson / f"{lesson}-{step + 1:02}-{plain or 'step'}-{frame}"
    return next(
        path
        for i in range(1, 1000)
        if not (path := base.with_name(base.name + (f"-{i}" if i > 1 else "") + ".png")).exists()
    )


async def render(order: Message, report: Callable[[int, int], None]) -> list[Path]:
    """Render as the command line does, in another process; the files, the main one first. Raises ClearheadError."""
    command = [sys.executable, "-m", "studio.preview.web.saving", json.dumps(order)]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert process.stdout is not None and process.stderr is not None
    files: list[Path] = []
    errors = asyncio.create_task(process.stderr.read())
    try:
        async for line in process.stdout:
            told = json.loads(line)
            if "files" in told:
                files = [Path(file) for file in told["files"]]
            elif "error" in told:
                raise ClearheadError(told["error"])
            else:
                report(told["done"], told["total"])
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if not files:
        last = (await errors).decode(errors="replace").strip().splitlines()[-1:]
        raise ClearheadError(f"it could not be rendered: {last[0] if last else f'exit code {process.returncode}'}")
    return files


def main(order: Message) -> None:
    from dataclasses import replace

    from studio.film.render import Request
    from studio.film.render import render as render_now
    from studio.play.failures import plainly
    from studio.play.picture import Picture
    from studio.preview.processes.lessons import job_of

    os.nice(5)
    tell = Teller()
    try:
        job = job_of(order)
        if order["format"] == "gif":
            job = replace(job, picture=Picture.of("l", job.options.aspect, 20))
        folder = Path(order["folder"]) / order["lesson"]
        request = Request(job, folder, order["format"], order["step"], CORES)
        result = render_now(request, lambda what, done, total: tell({"done": done, "total": total}))
        tell({"files": [str(file) for file in result.files]})
    except Exception as error:
        plain = plainly(error)
        tell({"error": str(plain) if plain else f"{type(error).__name__}: {error}"})


class Teller:
    """Says something to the server, on what was stdout; what a lesson prints goes to stderr from now on."""

    def __init__(self) -> None:
        self.out = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)

    def __call__(self, message: Message) -> None:
        print(json.dumps(message), file=self.out, flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
