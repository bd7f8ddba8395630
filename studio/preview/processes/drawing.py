"""What a fork of a bookmark does: draw frames of a step, or read what is on screen at one."""

from __future__ import annotations

import io
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from manim import Scene, tempconfig
from PIL import Image

from scenes.kit.ground.painting import PaintingCamera
from scenes.lesson.lesson import Lesson
from studio.film.images import save_png
from studio.play.playback import Play, Playback
from studio.preview.processes.readings import on_screen
from studio.preview.wire import Message, Wire

Pixels = np.ndarray[Any, Any]  # [height, width, 4], RGBA
JPEG, WEBP = 0, 1  # how a frame is encoded
NICE = 10  # of those that draw: what comes first is that all steps are known, and that the page moves smoothly
SHARPER = 2  # pixels of a saved picture per pixel of the preview, each way


class Drawing(ABC):
    """Part of a step, from its frame `first` up to `last` (None: its end). The lesson gets there from a bookmark."""

    def __init__(self, wire: Wire, order: Message):
        self.wire = wire
        self.step: int = order["step"]
        self.first: int = order["first"]
        self.last: int | None = order.get("last")
        self.hurry: bool = order.get("hurry", False)  # until its first frame is there: somebody waits for it
        if not self.hurry:
            os.nice(NICE)

    def shoot(self, renderer: Playback, scene: Scene, play: Play, opening: int) -> bool:
        """Play a play if it has one of the frames. opening: the frame of the video at which the step begins."""
        if play.end - opening <= self.first:
            return False
        for pixels, number, repeat in renderer.frames(scene, play, lambda number: number - opening >= self.first):
            self.see(scene, number - opening, pixels, repeat)
            if self.last is not None and number - opening + repeat >= self.last:
                self.leave()
        return True

    @abstractmethod
    def see(self, scene: Scene, frame: int, pixels: Pixels, repeat: int) -> None:
        """A frame of the step is drawn: RGBA [height, width, 4], shown `repeat` times."""

    @abstractmethod
    def step_over(self, scene: Scene) -> None:
        """The step has ended."""

    def leave(self) -> NoReturn:
        """All is drawn."""
        self.wire.send({"event": "done", "frames": None})
        os._exit(0)


class DrawFrames(Drawing):
    """Send the frames."""

    def see(self, scene: Scene, frame: int, pixels: Pixels, repeat: int) -> None:
        kind, data = encoded(pixels, still=repeat > 1)
        self.wire.send({"frame": frame, "repeat": repeat, "kind": kind}, data)
        if self.hurry:
            self.hurry = False
            os.nice(NICE)

    def step_over(self, scene: Scene) -> None:
        pass


class ReadScreen(Drawing):
    """Send what can be read on screen at frame `first`; with `picture`, save the screen there instead."""

    def __init__(self, wire: Wire, order: Message):
        super().__init__(wire, order)
        self.picture: str | None = order["picture"]

    def see(self, scene: Scene, frame: int, pixels: Pixels, repeat: int) -> None:
        self.read(scene)

    def step_over(self, scene: Scene) -> None:
        self.read(scene)  # a frame after the last one: what is there at the end

    def read(self, scene: Scene) -> NoReturn:
        assert isinstance(scene, Lesson)
        if self.picture:
            save_png(sharper(scene), Path(self.picture))
        self.wire.send({"event": "read", "readings": [] if self.picture else on_screen(scene)})
        self.leave()


def encoded(pixels: Pixels, still: bool) -> tuple[int, bytes]:
    """RGBA [height, width, 4] as an image.

    Without loss where it stays (21 ms at 720p), fast where it moves (4 ms, 42 dB)."""
    data = io.BytesIO()
    if still:
        Image.fromarray(pixels, "RGBA").convert("RGB").save(data, "WEBP", lossless=True, quality=0, method=0)
    else:
        Image.fromarray(pixels, "RGBX").save(data, "JPEG", quality=90, subsampling=0)
    return WEBP if still else JPEG, data.getvalue()


def sharper(scene: Scene) -> Pixels:
    """The screen as it is, RGBA with more pixels than the preview has."""
    camera = scene.camera
    assert isinstance(camera, PaintingCamera)
    size = {"pixel_width": SHARPER * camera.pixel_width, "pixel_height": SHARPER * camera.pixel_height}
    with tempconfig(size):
        large = type(camera)()
        large.background_color, large.view = camera.background_color, camera.view
        large.init_background()
        large.reset()
        large.capture_mobjects(scene.mobjects)
    pixels: Pixels = large.pixel_array
    return pixels
