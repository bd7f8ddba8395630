"""The films of all lessons, small and every two seconds, as they were when somebody last looked at them.

python -m tests.films                  compare with the kept sheets in tests/golden/films
python -m tests.films --accept         keep what is drawn now
python -m tests.films --same FOLDER    render every film at 480p15 here and in another checkout; compare all frames
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
import numpy as np
from PIL import Image

from model.paths import ROOT
from scenes import course
from scenes.lesson import Options
from studio.play.picture import Picture
from studio.play.playback import Play, Playback
from studio.play.session import Job, perform

GOLDEN = ROOT / "tests" / "golden" / "films"
TEXTS = {
    2: "The dog",
    8: "A fluffy blue creature roamed the verdant forest",
    20: "The old dog chased the young cat and the cat chased the small bird because the bird was very tired",
}
THREE = {"position": "The dog slept"}  # instead of two words, where a lesson needs one more
ASPECTS = ("16:9", "9:16")
FILMS = [(entry.id, words, aspect) for entry in course() for words in TEXTS for aspect in ASPECTS]
EVERY = 2.0  # seconds between the frames that are kept
SHORT = 27  # pixels of a small frame's short side
ACROSS = 10  # small frames in a row of a sheet
MEAN, WORST = 1.0, 40  # levels of 255 by which a small frame may differ, on the average and in one pixel


def text_of(film: tuple[str, int, str]) -> str:
    lesson, words, _ = film
    return THREE.get(lesson, TEXTS[words]) if words == 2 else TEXTS[words]


def name_of(film: tuple[str, int, str]) -> str:
    lesson, words, aspect = film
    return f"{lesson}-{words}-{aspect.replace(':', 'x')}"


class Samples(Playback):
    """Draws one frame every two seconds, and keeps it small."""

    def __init__(self, camera_class):
        super().__init__(camera_class)
        self.small: list[np.ndarray] = []

    def shoot(self, scene, play: Play) -> bool:
        step = round(EVERY * self.rate)
        wanted = {number for number in range(play.start, play.end) if number % step == 0}
        if not wanted:
            return False
        for pixels, number, repeat in self.frames(scene, play, wanted.__contains__):
            self.small += [small(pixels)] * sum(shown in wanted for shown in range(number, number + repeat))
        return True


def small(pixels: np.ndarray) -> np.ndarray:
    """RGBA [height, width, 4] → RGB, its short side SHORT pixels long."""
    height, width = pixels.shape[:2]
    scale = SHORT / min(height, width)
    image = Image.fromarray(pixels, "RGBA").convert("RGB")
    return np.asarray(image.resize((round(width * scale), round(height * scale)), Image.Resampling.BOX))


def sampled(film: tuple[str, int, str]) -> np.ndarray:
    """The small frames of a film [frame, height, width, 3]."""
    lesson, _, aspect = film
    entry = next(entry for entry in course() if entry.id == lesson)
    job = Job(entry, Options(text=text_of(film), aspect=aspect), Picture.of("l", aspect, width=270))
    return np.array(perform(job, Samples).renderer.small)


def sheet(frames: np.ndarray) -> Image.Image:
    """Small frames, ACROSS in a row."""
    count, height, width = frames.shape[:3]
    rows = -(-count // ACROSS)
    page = np.zeros((rows * height, ACROSS * width, 3), dtype=np.uint8)
    for k, frame in enumerate(frames):
        y, x = k // ACROSS * height, k % ACROSS * width
        page[y : y + height, x : x + width] = frame
    return Image.fromarray(page)


def differences(film: tuple[str, int, str]) -> list[str]:
    """What is not as it is kept, one line each."""
    kept = GOLDEN / f"{name_of(film)}.webp"
    if not kept.is_file():
        return [f"{kept.name} is not kept"]
    frames = sampled(film)
    now, then = np.asarray(sheet(frames)), np.asarray(Image.open(kept).convert("RGB"))
    if now.shape != then.shape:
        return [f"{len(frames)} frames on a sheet of {now.shape[:2]}, kept is one of {then.shape[:2]} pixels"]
    height, width = frames.shape[1:3]
    found = []
    for k in range(len(frames)):
        y, x = k // ACROSS * height, k % ACROSS * width
        off = np.abs(now[y : y + height, x : x + width].astype(int) - then[y : y + height, x : x + width])
        if off.mean() > MEAN or off.max() > WORST:
            found.append(f"second {k * EVERY:.0f}: differs by {off.mean():.1f} levels, at most {off.max()}")
    return found


def accept(film: tuple[str, int, str]) -> Path:
    """Keep a film as it is drawn now."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    path = GOLDEN / f"{name_of(film)}.webp"
    sheet(sampled(film)).save(path, lossless=True, quality=100, method=6)
    return path


# ── frame for frame ──────────────────────────────────────────────────────────────────────────────
def rendered(checkout: Path, film: tuple[str, int, str], folder: Path) -> list[bytes]:
    """A digest of every frame of a film, rendered by a checkout."""
    lesson, _, aspect = film
    out = folder / name_of(film)
    command = [sys.executable, "-m", "studio.cli", "render", lesson, "-t", text_of(film), "--aspect", aspect, "-q", "l"]
    environment = os.environ | {"PYTHONPATH": str(checkout), "CLEARHEAD_CACHE": str(folder / "cache")}
    subprocess.run(
        [*command, "--workers", "1", "-o", str(out)], cwd=checkout, env=environment, check=True, capture_output=True
    )
    return list(digests(next(out.glob("*.mp4"))))


def digests(video: Path) -> Iterator[bytes]:
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            yield hashlib.sha256(frame.to_ndarray().tobytes()).digest()


def same(other: Path, film: tuple[str, int, str]) -> str:
    """In a line: whether a film of this checkout is that of another, frame for frame."""
    with tempfile.TemporaryDirectory() as folder:
        mine, theirs = (rendered(tree, film, Path(folder, str(k))) for k, tree in enumerate((ROOT, other)))
    if mine == theirs:
        return f"{name_of(film)}: {len(mine)} frames, all the same"
    off = [k for k, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b]
    first = f"{len(off)} differ, first {off[0]}" if off else "the shorter one is the other's beginning"
    return f"{name_of(film)}: {len(mine)} and {len(theirs)} frames; {first}"


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--same"]:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            lines = list(pool.map(lambda film: same(Path(arguments[1]).resolve(), film), FILMS))
        print(*lines, sep="\n")
        return any("all the same" not in line for line in lines)
    if arguments == ["--accept"]:
        print(*map(accept, FILMS), sep="\n")
        return 0
    found = [f"{name_of(film)}: {line}" for film in FILMS for line in differences(film)]
    print(*found or ["nothing has changed"], sep="\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
