"""GIFs made smaller by gifsicle, where it is installed: with loss, but without a frame or a pixel less.

`--lossy` lets a run of pixels stand for one that its dictionary nearly has. Every frame is kept, where a budget would
else leave out every other one: that costs far more of the picture. The first frame, the poster, stays as it was.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from model.errors import ClearheadError

PROGRAM = "gifsicle"
ADVICE = "apt-get install gifsicle"


def available() -> bool:
    return shutil.which(PROGRAM) is not None


@cache
def version() -> str:
    """As it says it: it has a say in the bytes."""
    return _run("--version").splitlines()[0].rsplit(" ", 1)[-1]


def squeeze(file: Path, lossy: int) -> None:
    """Write a GIF again, its frames behind the first with so much loss."""
    with TemporaryDirectory(dir=file.parent) as folder:
        small, whole = Path(folder, "small.gif"), Path(folder, "whole.gif")
        _run("-O3", f"--lossy={lossy}", str(file), "-o", str(small))
        _run(str(file), "#0", str(small), "#1-", "-o", str(whole))
        whole.replace(file)


def _run(*arguments: str) -> str:
    """What it says. ClearheadError, in one line, where it fails."""
    try:
        done = subprocess.run([PROGRAM, "--no-warnings", *arguments], capture_output=True, text=True, check=False)
    except OSError as error:
        raise ClearheadError(f"gifsicle does not start ({error.strerror}): {ADVICE}.") from None
    if done.returncode:
        raise ClearheadError(f"gifsicle failed: {(done.stderr.strip().splitlines() or ['no word why'])[-1]}")
    return done.stdout
