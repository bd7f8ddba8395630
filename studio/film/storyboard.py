"""A lesson on one sheet: the last frame of every step with its number, name and caption below."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from manim import Camera, Scene
from PIL import Image

from scenes.kit.ground import typesetting
from scenes.lesson.steps import Step
from studio.film.film import StepEnds, find_step
from studio.film.images import save_png, write
from studio.play.files import slug
from studio.play.playback import Pixels, Play, Playback
from studio.play.session import Job, perform

PAPER, INK, GREY = "#ffffff", "#1a1a1a", "#6a6a6a"
TITLE, NAME, TEXT = 28, 22, 19  # ems in pixels
GAP = 24


@dataclass(frozen=True)
class Panel:
    """One picture of the sheet."""

    step: Step
    image: Image.Image


def panels(job: Job, step: str | None = None) -> list[Panel]:
    """The last frame of every step (or of the one that is asked for); nothing else is drawn."""
    seen: list[Panel] = []

    def see(at: Step, pixels: Pixels) -> None:
        seen.append(Panel(at, Image.fromarray(pixels, "RGBA").convert("RGB")))

    lesson = perform(job, Playback, StepEnds(see, step))
    if not seen:
        find_step(lesson.steps, step or "")
    return seen


def sheet(pictures: list[Panel], title: str, columns: int = 3, width: int = 640) -> Image.Image:
    """All panels on one page, `columns` side by side, each `width` pixels wide."""
    columns = min(columns, len(pictures))
    small = [
        p.image.resize((width, round(width * p.image.height / p.image.width)), Image.Resampling.LANCZOS)
        for p in pictures
    ]
    lines = [_lines(p.step.caption, width) for p in pictures]
    below = 36 + 24 * max(map(len, lines)) + GAP
    cell = (width + GAP, small[0].height + below)
    rows = -(-len(pictures) // columns)
    page = Image.new("RGB", (columns * cell[0] + GAP, rows * cell[1] + 64), PAPER)
    write(page, title, (GAP, 18), TITLE, INK, face="bold", room=page.width - 2 * GAP)
    for i, (panel, image, caption) in enumerate(zip(pictures, small, lines, strict=True)):
        x, y = GAP + i % columns * cell[0], 64 + i // columns * cell[1]
        page.paste(image, (x, y))
        y += image.height + 8
        when = f"{panel.step.start:.1f}–{panel.step.end:.1f} s"
        room = width - GAP - typesetting.width(when, TEXT)
        write(page, f"{panel.step.index + 1}  {panel.step.name}", (x, y), NAME, INK, face="bold", room=room)
        write(page, when, (x + width, y), TEXT, GREY, align=1)
        for number, line in enumerate(caption):
            write(page, line, (x, y + 28 + 24 * number), TEXT, GREY, room=width)
    return page


def _lines(caption: str, width: int) -> list[str]:
    return [str(caption[start:end]) for start, end in typesetting.wrap(caption, width, TEXT)]


def save_frames(pictures: list[Panel], folder: Path) -> list[Path]:
    """Each panel's picture at its full size as `NN-name.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for panel in pictures:
        paths.append(folder / f"{panel.step.index + 1:02}-{slug(panel.step.name)}.png")
        save_png(np.asarray(panel.image.convert("RGBA")), paths[-1])
    return paths


class Transitions(Playback):
    """Draws every `every`-th frame within `around` frames of each step's beginning, and saves it."""

    def __init__(self, camera_class: type[Camera], folder: Path, starts: list[int], around: int, every: int):
        super().__init__(camera_class)
        self.folder, self.starts, self.around, self.every = folder, starts, around, every
        self.saved: list[Path] = []

    def wanted(self, frame: int) -> bool:
        return any(abs(frame - s) <= self.around and (frame - s) % self.every == 0 for s in self.starts)

    def shoot(self, scene: Scene, play: Play) -> bool:
        if not any(map(self.wanted, range(play.start, play.end))):
            return False
        for pixels, number, _ in self.frames(scene, play, self.wanted):
            self.saved.append(self.folder / f"{number:06}-{number / self.rate:07.2f}s.png")
            save_png(pixels, self.saved[-1])
        return True


def save_transitions(
    job: Job, folder: Path, around: float = 1.0, every: int = 5, step: str | None = None
) -> list[Path]:
    """Frames around each step's beginning: `around` seconds before and after it, every `every`-th frame."""
    folder.mkdir(parents=True, exist_ok=True)
    steps = perform(job).steps
    steps = [find_step(steps, step)] if step else steps
    starts = [round(s.start * job.picture.fps) for s in steps]
    reach = round(around * job.picture.fps)
    played = perform(job, lambda camera: Transitions(camera, folder, starts, reach, every))
    return cast(Transitions, played.renderer).saved
