"""GIFs of the same frames by Clearhead, Manim's own writer and gifski: bytes, and how far they are from the frames.

    python -m tests.benchmarks.gifs                                  # attention, its step Softmax, 480p20
    python -m tests.benchmarks.gifs --lesson mlp --step 2 --max-size 200kB
    python -m tests.benchmarks.gifs --gifski FILE                    # where gifski is not on the path

dB is the PSNR of all frames but the first (where ours has the poster), each seen at full size when due. gifski has
no budget: its row is the best quality that fits, found by bisection. Seconds are counted from drawn frames on the disk;
those of a budget have the drawing of smaller pictures in them.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np
from manim import SceneFileWriter
from PIL import Image

from scenes import course
from scenes.lesson import Options
from studio.cli.options import SIZE
from studio.film import frames
from studio.film.export import to_gif
from studio.film.film import Film, draw, plan
from studio.film.web.budget import KINDS, Budget, Maker, described, fit
from studio.play.files import cores
from studio.play.picture import Picture
from studio.play.session import Job
from studio.play.writer import LOSSLESS

RATE = 20


def manim(film: Film, target: Path) -> None:
    """As Manim's `--format gif` puts a scene's segments together."""
    picture = film.job.picture
    scene = SimpleNamespace(
        _concat_manifest_bytes=SceneFileWriter._concat_manifest_bytes,
        output_spec=SimpleNamespace(transparent=False),
        video_encoder=SimpleNamespace(width=picture.width, height=picture.height, frame_rate=RATE),
    )
    SceneFileWriter.combine_files(scene, [str(path) for path in film.segments], target, create_gif=True)


def gifski(program: str, pictures: list[Path], size: tuple[int, int], quality: int, target: Path) -> None:
    sides = ["-W", str(size[0]), "-H", str(size[1])]
    command = [program, "-q", "-r", str(RATE), "-Q", str(quality), *sides, "-o", str(target), *map(str, pictures)]
    subprocess.run(command, check=True, capture_output=True)


def best_gifski(make: Callable[[int], None], target: Path, most: int) -> int | None:
    """The highest quality that has no more than so many bytes; its file is left in `target`."""
    low, high = 0, 101
    while high - low > 1:
        middle = (low + high) // 2
        make(middle)
        low, high = (middle, high) if target.stat().st_size <= most else (low, middle)
    if not low:
        return None
    make(low)
    return low


def against(film: Film, file: Path) -> float:
    """PSNR over all frames but the first of what is seen at the film's size and rate."""
    size, shown = (film.job.picture.width, film.job.picture.height), frames.shown(file)
    now, after, errors = next(shown), next(shown, None), []
    seen = _at_size(now[1], size)
    for number, meant in enumerate(map(frames.rgb, film.decoded())):
        while after is not None and round(after[0] * RATE) <= number:
            now, after = after, next(shown, None)
            seen = _at_size(now[1], size)
        if number:
            errors.append(np.square(seen.astype(np.float32) - meant).mean())
    return float(10 * np.log10(255**2 / np.mean(errors)))


def _at_size(picture: frames.RGB, size: tuple[int, int]) -> frames.RGB:
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))


def rows(film: Film, budgets: list[int], program: str | None, folder: Path) -> Iterator[tuple[str, Path, float]]:
    """What made a file, the file, and the seconds that it took."""
    picture, file, started = film.job.picture, folder / "a.gif", time.monotonic()

    def done(what: str) -> tuple[str, Path, float]:
        return what, file, time.monotonic() - started

    manim(film, file)
    yield done("Manim, `--format gif`")
    started = time.monotonic()
    to_gif(film, file)
    yield done("Clearhead")
    pictures = []
    for number, frame in enumerate(film.decoded()):
        pictures.append(folder / f"{number:05}.png")
        Image.fromarray(frames.rgb(frame)).save(pictures[-1], compress_level=1)

    def make(quality: int) -> None:
        gifski(str(program), pictures, (picture.width, picture.height), quality, file)

    for quality in (90, 100) if program else ():
        started = time.monotonic()
        make(quality)
        yield done(f"gifski, -Q {quality}")
    for most in budgets:
        started, maker = time.monotonic(), Maker(film.job, film.called, KINDS["gif"], cores())
        chosen, _ = fit(maker, Budget(most))
        with maker.encoded(_drawn(maker, chosen)) as made:
            shutil.copy(made, file)
        yield done(f"Clearhead, --max-size {most // 1000}kB: {described(chosen)}")
        if program:
            started = time.monotonic()
            quality = best_gifski(make, file, most)
            yield done(f"gifski, best that fits {most // 1000} kB: " + (f"-Q {quality}" if quality else "none"))


def _drawn(maker: Maker, picture: Picture) -> Film:
    film = plan(replace(maker.job, picture=picture), maker.step)
    draw(film, cores())
    return film


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lesson", default="attention")
    parser.add_argument("--step", default="Softmax")
    parser.add_argument("--max-size", nargs="*", default=["500kB", "300kB", "150kB"], dest="budgets")
    parser.add_argument("--gifski", default=shutil.which("gifski"))
    asked = parser.parse_args()
    entry = next(entry for entry in course() if entry.id == asked.lesson)
    film = plan(Job(entry, Options(), Picture.of("l", fps=RATE), LOSSLESS), asked.step)
    draw(film, cores())
    if asked.gifski is None:
        print("gifski is not here: install it, or say where with --gifski.", file=sys.stderr)
    print(f"{entry.id}, “{film.called}”: {film.frames} frames of {film.job.picture.name}\n")
    print("| | kB | dB | seconds |\n|---|---|---|---|")
    with TemporaryDirectory() as folder:
        budgets = [SIZE.convert(size, None, None) for size in asked.budgets]
        for what, file, seconds in rows(film, budgets, asked.gifski, Path(folder)):
            size = file.stat().st_size / 1000
            print(f"| {what} | {size:.0f} | {against(film, file):.1f} | {seconds:.1f} |", flush=True)


if __name__ == "__main__":
    main()
