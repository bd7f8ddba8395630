"""Films of this checkout and of another, frame for frame: for changes that must not be seen at all.

python -m tests.films FOLDER    render every film at 480p15 here and in the checkout in FOLDER; compare all frames
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av

from model.paths import ROOT
from scenes import course
from studio.film.golden.reels import Take, takes


def rendered(checkout: Path, take: Take, folder: Path) -> list[bytes]:
    """A digest of every frame of a film, rendered by a checkout."""
    out, options = folder / take.name, ["--aspect", take.aspect, "-q", "l", "--workers", "1"]
    environment = os.environ | {"PYTHONPATH": str(checkout), "CLEARHEAD_CACHE": str(folder / "cache")}
    for text in take.texts:
        command = [sys.executable, "-m", "studio.cli", "render", take.entry.id, "-t", text, *options, "-o", str(out)]
        done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True)
        if not done.returncode:
            break
    done.check_returncode()
    return list(digests(next(out.glob("*.mp4"))))


def digests(video: Path) -> Iterator[bytes]:
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            yield hashlib.sha256(frame.to_ndarray().tobytes()).digest()


def same(other: Path, take: Take) -> str:
    """In a line: whether a film of this checkout is that of another, frame for frame."""
    with tempfile.TemporaryDirectory() as folder:
        mine, theirs = (rendered(tree, take, Path(folder, str(k))) for k, tree in enumerate((ROOT, other)))
    if mine == theirs:
        return f"{take.name}: {len(mine)} frames, all the same"
    off = [k for k, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b]
    first = f"{len(off)} differ, first {off[0]}" if off else "the shorter one is the other's beginning"
    return f"{take.name}: {len(mine)} and {len(theirs)} frames; {first}"


def main(other: str) -> int:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        lines = list(pool.map(lambda take: same(Path(other).resolve(), take), takes(course())))
    print(*lines, sep="\n")
    return any("all the same" not in line for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
