"""Reels: a film in small frames, drawn now or kept in a folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
from manim import Camera, Scene
from PIL import Image

from model.errors import ClearheadError, UsageError
from scenes.lesson.observer import Observer
from scenes.lesson.options import ASPECTS, Options
from scenes.lesson.steps import Step, SteppedScene
from studio.play.picture import Picture
from studio.play.playback import Pixels, Play, Playback
from studio.play.protocols import Entry
from studio.play.session import Job, perform

TEXTS = {  # name → what is shown: the first of them that the lesson can show (the last are of the translator's words)
    "short": ("The dog", "The dog slept", "Anna slept."),
    "usual": ("A fluffy blue creature roamed the verdant forest", "The tired dog saw the white house."),
    "long": (
        "The old dog chased the young cat and the cat chased the small bird because the bird was very tired",
        "The animal did not cross the street because it was too tired.",
    ),
}
SHAPES = ASPECTS[:2]  # wide and tall
EVERY = 2.0  # seconds of a step between two frames; its last one comes with them
DRAWN, SHORT = 270, 54  # pixels of a picture's width when it is drawn, and of its short side when it is kept
STEP = 16  # levels of 256 between two that are kept
END = "end"

Frame = npt.NDArray[np.uint8]  # RGB [height, width, 3]
Shot = tuple[str, str]  # name of the step, seconds of it that have passed (or END)


@dataclass(frozen=True)
class Reel:
    """Small frames of a film, in order, each with its shot."""

    name: str
    shots: list[Shot]
    frames: list[Frame]

    def by_shot(self) -> dict[Shot, Frame]:
        return dict(zip(self.shots, self.frames, strict=True))


@dataclass(frozen=True)
class Take:
    """A film that is kept: a lesson with one of the TEXTS, in one of the SHAPES."""

    entry: Entry
    text: str
    aspect: str

    @property
    def name(self) -> str:
        """Of its files."""
        return f"{self.entry.id}-{self.text}-{self.aspect.replace(':', 'x')}"

    @property
    def texts(self) -> tuple[str, ...]:
        """What may be shown: the first that the lesson can show."""
        return TEXTS[self.text]

    def draw(self) -> Reel:
        """As it is drawn now. Raises UsageError where the lesson can show none of the texts."""
        picture = Picture.of("l", self.aspect, width=DRAWN)
        for text in self.texts:
            job = Job(self.entry, Options(text=text, aspect=self.aspect), picture)
            try:
                return reel_of(job, self.name)
            except UsageError:
                if text == self.texts[-1]:
                    raise
        raise AssertionError("there is no text")


def takes(entries: Iterable[Entry]) -> list[Take]:
    """All films that are kept of these lessons."""
    return [Take(entry, text, aspect) for entry in entries for text in TEXTS for aspect in SHAPES]


# ── drawing ──────────────────────────────────────────────────────────────────────────────────────
class Samples(Playback):
    """Draws a frame every EVERY seconds of a step, and keeps it small; `ends` adds the last one of each step."""

    def __init__(self, camera_class: type[Camera]):
        super().__init__(camera_class)
        self.step, self.start = "", 0
        self.shots: list[Shot] = []
        self.small: list[Frame] = []

    def shoot(self, scene: Scene, play: Play) -> bool:
        every = round(EVERY * self.rate)
        wanted = {n for n in range(play.start, play.end) if n > self.start and (n - self.start) % every == 0}
        if not wanted:
            return False
        for pixels, number, repeat in self.frames(scene, play, wanted.__contains__):
            for shown in sorted(wanted & set(range(number, number + repeat))):
                self.keep(pixels, f"{(shown - self.start) / self.rate:g} s")
        return True

    def keep(self, pixels: Pixels, when: str) -> None:
        self.shots.append((self.step, when))
        self.small.append(small(pixels))


class Ends(Observer):
    """Tells Samples of steps: when one begins, and to keep its last frame."""

    def step_started(self, lesson: SteppedScene, step: Step) -> None:
        samples = cast(Samples, lesson.renderer)
        samples.step, samples.start = step.name, samples.frame

    def step_ended(self, lesson: SteppedScene, step: Step) -> None:
        samples = cast(Samples, lesson.renderer)
        samples.keep(samples.picture(lesson), END)


def reel_of(job: Job, name: str) -> Reel:
    """A film in small frames, as it is drawn now."""
    samples = cast(Samples, perform(job, Samples, Ends()).renderer)
    return Reel(name, samples.shots, samples.small)


def small(pixels: Pixels) -> Frame:
    """RGBA [height, width, 4] → RGB, its short side SHORT pixels long, in few levels."""
    height, width = pixels.shape[:2]
    scale = SHORT / min(height, width)
    image = Image.fromarray(pixels, "RGBA").convert("RGB")
    image = image.resize((round(width * scale), round(height * scale)), Image.Resampling.BOX)
    levels = (np.asarray(image).astype(int) + STEP // 2) // STEP * STEP
    return np.minimum(levels, 255).astype(np.uint8)


# ── keeping ──────────────────────────────────────────────────────────────────────────────────────
def keep(reel: Reel, folder: Path) -> Path:
    """Keep a reel in a folder: NAME.webp, all frames in one picture, and NAME.json, the shots."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{reel.name}.webp"
    partial = path.with_name(f".{path.name}.partial")
    on_sheet(reel.frames).save(partial, "WEBP", lossless=True, quality=100, method=6)
    height, width = reel.frames[0].shape[:2]
    shots: dict[str, list[str]] = {}
    for step, when in reel.shots:
        shots.setdefault(step, []).append(when)
    about = json.dumps({"frame": [height, width], "shots": shots}, ensure_ascii=False)
    path.with_suffix(".json").write_text(about + "\n", encoding="utf-8")
    partial.replace(path)
    return path


def on_sheet(frames: list[Frame]) -> Image.Image:
    """Small frames, one below the other: what stays between two of them is then near, and packs best."""
    return Image.fromarray(np.concatenate(frames))


def kept(name: str, folder: Path) -> Reel | None:
    """The reel that is kept under a name; None where there is none. Raises ClearheadError where it cannot be read."""
    path = folder / f"{name}.webp"
    if not path.is_file():
        return None
    try:
        about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        page = np.asarray(Image.open(path).convert("RGB"))
        height, _ = about["frame"]
        shots = [(step, when) for step, times in about["shots"].items() for when in times]
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise ClearheadError(f"{path} cannot be read ({error}); accept it anew.") from error
    return Reel(name, shots, [page[k * height : (k + 1) * height] for k in range(len(shots))])


def accept(todo: list[Take], folder: Path, on_done: Callable[[int], None] = lambda done: None) -> list[Path]:
    """Keep all films as they are drawn now."""
    paths = []
    for done, take in enumerate(todo, 1):
        paths.append(keep(take.draw(), folder))
        on_done(done)
    return paths


__all__ = ["SHAPES", "Frame", "Reel", "Shot", "TEXTS", "Take", "accept", "keep", "kept", "reel_of", "small", "takes"]
