"""A lesson on one sheet: the last frame of every step with its number, name and caption below."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from manim import Camera, Scene
from PIL import Image, ImageDraw, ImageFont

from model.paths import ASSETS
from scenes.lesson.steps import Step
from studio.film.film import StepEnds, find_step
from studio.film.images import save_png
from studio.play.files import slug
from studio.play.playback import Pixels, Play, Playback
from studio.play.session import Job, perform

FONT = ASSETS / "fonts/lmroman10-regular.otf"
BOLD = ASSETS / "fonts/lmroman10-bold.otf"
PAPER, INK, GREY = "#ffffff", "#1a1a1a", "#6a6a6a"
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
    name, text = ImageFont.truetype(BOLD, 22), ImageFont.truetype(FONT, 19)
    lines = [_wrapped(p.step.caption, text, width) for p in pictures]
    below = 36 + 24 * max(map(len, lines)) + GAP
    cell = (width + GAP, small[0].height + below)
    rows = -(-len(pictures) // columns)
    page = Image.new("RGB", (columns * cell[0] + GAP, rows * cell[1] + 64), PAPER)
    draw = ImageDraw.Draw(page)
    draw.text((GAP, 18), title, INK, ImageFont.truetype(BOLD, 28))
    for i, (panel, image, caption) in enumerate(zip(pictures, small, lines, strict=True)):
        x, y = GAP + i % columns * cell[0], 64 + i // columns * cell[1]
        page.paste(image, (x, y))
        y += image.height + 8
        draw.text((x, y), f"{panel.step.index + 1}  {panel.step.name}", INK, name)
        draw.text((x + width, y), f"{panel.step.start:.1f}–{panel.step.end:.1f} s", GREY, text, anchor="ra")
        for number, line in enumerate(caption):
            draw.text((x, y + 28 + 24 * number), line, GREY, text)
    return page


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    letters = max(int(width / font.getlength("n") * 1.05), 10)
    return textwrap.wrap(text, letters) or [""]


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
