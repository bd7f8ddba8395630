"""One performance of a lesson, in a process of its own.

The lesson runs through once without drawing. At the beginning of every third step the process forks: the fork is a
bookmark, the lesson as it stands there. A bookmark draws nothing; when it is asked for frames, or for what can be
read on screen, it forks again, and that fork goes on with the lesson to the frames in question. So any step can be
drawn at any time, again, and two at once, and all frames are made by the code that makes the video.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from manim import tempconfig
from PIL import Image

from model.errors import ClearheadError
from scenes.lesson.observer import Observer
from studio.film.images import save_png
from studio.play.picture import Picture
from studio.play.playback import Play, Playback
from studio.play.session import Job, perform
from studio.preview.processes.readings import on_screen
from studio.preview.processes.root import fork
from studio.preview.wire import Wire

JPEG, WEBP = 0, 1  # how a frame is encoded
EVERY = 3  # steps from bookmark to bookmark: a fork costs about as much as to play a step without drawing
BESIDE = (
    10  # niceness of those that draw: what comes first is that all steps are known, and that the page moves smoothly
)
SHARPER = 2  # pixels of a saved picture per pixel of the preview, each way


def read_lessons() -> None:
    """Import all lessons."""
    import scenes
    from scenes.kit.ground import typesetting

    typesetting.outline("0")
    for entry in scenes.course():
        entry.load()


def play(address: str, order: dict[str, Any]) -> NoReturn:
    """Play the lesson that the order names, and stay for those who ask until the server is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    role = Role(address, order["session"])
    role.wire.send({"role": "player", "session": role.session, "pid": os.getpid()})
    try:
        job = job_of(order)
        lesson = perform(job, lambda camera: Performance(camera, role), role)
        role.wire.send({"event": "planned", "frames": lesson.renderer.frame})
    except BaseException as error:
        role.wire.send({"event": "failed", **told(error)})
        if role.task is not None:
            role.leave()
    while role.wire.receive() is not None:
        pass
    os._exit(0)


def job_of(order: dict[str, Any]) -> Job:
    """The lesson with what was chosen; ImportError and the like where its code is broken."""
    import scenes
    from scenes.lesson import Options

    entry = next((e for e in scenes.course() if e.id == order["lesson"]), None)
    if entry is None:
        raise ClearheadError(f"There is no lesson “{order['lesson']}” in course.yaml.")
    options = {name: value for name, value in order["options"].items() if value is not None}
    options = Options(**({"text": entry.text, "model": entry.model} | options))
    return Job(entry, options, Picture.of(order["quality"], options.aspect))


def told(error: BaseException) -> dict[str, Any]:
    """An error as people can use it: what, and where in the lessons' code (None for a request that cannot be met)."""
    if isinstance(error, ClearheadError):
        return {"text": str(error), "file": None, "line": None}
    import scenes

    folder = Path(scenes.__file__).parent
    text = f"{type(error).__name__}: {error}"[:400]
    if isinstance(error, SyntaxError) and error.filename:
        return {
            "text": f"{type(error).__name__}: {error.msg}",
            "file": _short(Path(error.filename), folder),
            "line": error.lineno,
        }
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if Path(f.filename).is_relative_to(folder)] or frames[-1:]
    if not own:
        return {"text": text, "file": None, "line": None}
    return {"text": text, "file": _short(Path(own[-1].filename), folder), "line": own[-1].lineno}


def _short(file: Path, folder: Path) -> str:
    return str(file.relative_to(folder.parent)) if file.is_relative_to(folder) else file.name


def choices(lesson) -> dict[str, Any]:
    """The lesson's controls with their valid values, what it has chosen, its words, and its picture."""
    from scenes.kit.ground import theme as themes

    shape, trace, options, camera = lesson.trace.config, lesson.trace, lesson.options, lesson.camera
    sizes = {"layer": getattr(shape, "n_layers", 0), "head": getattr(shape, "n_heads", 0), "token": len(trace.tokens)}
    chosen = {
        "layer": getattr(lesson, "layer", None),
        "head": getattr(lesson, "head", None),
        "token": getattr(lesson, "position", None),
    }
    return {
        "controls": [name for name in lesson.controls if sizes.get(name, 1) > 0],
        "sizes": sizes,
        "chosen": chosen | {"temperature": options.temperature, "text": options.text, "model": options.model},
        "words": [str(token).strip() or "␣" for token in trace.tokens],
        "tokens": list(lesson.tokens),
        "themes": sorted(file.stem for file in themes.FOLDER.glob("*.toml")),
        "width": camera.pixel_width,
        "height": camera.pixel_height,
        "fps": int(camera.frame_rate),
        "aspect": options.aspect,
        "theme": options.theme,
        "background": lesson.theme.hex["background"],
    }


class Role(Observer):
    """What this process does: play the lesson through and leave bookmarks or, in a fork, one task."""

    def __init__(self, address: str, session: int):
        self.address, self.session = address, session
        self.wire = Wire(address)
        self.task: Task | None = None
        self.step, self.opening = 0, 0  # where the lesson is: the step, and the frame at which it begins

    def began(self, lesson) -> None:
        """Tell what can be chosen."""
        self.wire.send({"event": "built", **choices(lesson)})

    def step_started(self, lesson, step) -> None:
        """A step begins: tell it, and leave a bookmark at some of them."""
        self.step, self.opening = step.index, lesson.renderer.frame
        if self.task is not None:
            return
        self.wire.send(
            {
                "event": "step",
                "step": step.index,
                "name": step.name,
                "caption": step.caption,
                "notes": step.notes,
                "start": self.opening,
            }
        )
        if step.index % EVERY == 0:
            gc.freeze()
            if not fork():
                self.wait(step.index)

    @property
    def here(self) -> bool:
        """Whether the lesson is at the step that the task is about."""
        return self.task is not None and self.step == self.task.step

    def step_ended(self, lesson, step) -> None:
        """A step is over."""
        length = lesson.renderer.frame - self.opening
        if self.task is not None:
            if self.here:
                self.task.over(lesson)
                self.leave(length)
            return
        self.wire.send({"event": "end", "step": step.index, "frames": length})

    def wait(self, step: int) -> None:
        """Be a bookmark. Returns in a fork that has got a task, with the lesson still at its place."""
        self.wire.close()
        self.wire = Wire(self.address)
        self.wire.send({"role": "bookmark", "session": self.session, "step": step})
        while (order := self.wire.receive()) is not None:
            if not fork():
                self.wire.close()
                self.wire = Wire(self.address)
                self.wire.send({"role": "task", "task": order["task"], "session": self.session, "pid": os.getpid()})
                os.nice(BESIDE)
                self.task = Draw(self, order) if order["order"] == "draw" else Look(self, order)
                return
        os._exit(0)

    def leave(self, length: int | None = None) -> NoReturn:
        """The task is done. length: of the step in frames, where it was played to its end."""
        self.wire.send({"event": "done", "frames": length})
        os._exit(0)


class Task:
    """Part of a step, from frame `first` of it on. The lesson gets there from the bookmark before it."""

    def __init__(self, role: Role, order: dict[str, Any]):
        self.role, self.step, self.first, self.last = role, order["step"], order["first"], order.get("last")

    def shoot(self, renderer: Performance, scene, play: Play) -> bool:
        """Play a play, if it has one of the frames."""
        opening = self.role.opening
        if play.end - opening <= self.first:
            return False
        for pixels, number, repeat in renderer.frames(scene, play, lambda number: number - opening >= self.first):
            self.see(scene, number - opening, pixels, repeat)
            if self.last is not None and number - opening + repeat >= self.last:
                self.role.leave()
        return True

    def see(self, scene, frame: int, pixels: np.ndarray, repeat: int) -> None:
        raise NotImplementedError

    def over(self, lesson) -> None:
        """The step has ended."""


class Draw(Task):
    """Send the frames from `first` up to `last`."""

    def see(self, scene, frame: int, pixels: np.ndarray, repeat: int) -> None:
        kind, data = encoded(pixels, still=repeat > 1)
        self.role.wire.send({"frame": frame, "repeat": repeat, "kind": kind}, data)


class Look(Task):
    """Send what can be read on screen at frame `first`; with `picture`, save the screen there instead."""

    def __init__(self, role: Role, order: dict[str, Any]):
        super().__init__(role, order)
        self.picture = order.get("picture")

    def see(self, scene, frame: int, pixels: np.ndarray, repeat: int) -> None:
        if self.picture:
            save_png(sharper(scene), Path(self.picture))
        self.role.wire.send({"event": "seen", "readings": [] if self.picture else on_screen(scene)})
        self.role.leave()

    def over(self, lesson) -> None:
        self.see(lesson, 0, lesson.renderer.camera.pixel_array, 1)


class Performance(Playback):
    """Draws nothing, but for a task."""

    def __init__(self, camera_class: Callable, role: Role):
        super().__init__(camera_class)
        self.role = role

    def shoot(self, scene, play: Play) -> bool:
        return self.role.here and self.role.task.shoot(self, scene, play)


def encoded(pixels: np.ndarray, still: bool) -> tuple[int, bytes]:
    """RGBA [height, width, 4] as an image: without loss where it stays (21 ms at 720p), fast where it moves (4 ms, 42 dB)."""
    data = io.BytesIO()
    if still:
        Image.fromarray(pixels, "RGBA").convert("RGB").save(data, "WEBP", lossless=True, quality=0, method=0)
    else:
        Image.fromarray(pixels, "RGBX").save(data, "JPEG", quality=90, subsampling=0)
    return WEBP if still else JPEG, data.getvalue()


def sharper(scene) -> np.ndarray:
    """The screen as it is, RGBA with more pixels than the preview has."""
    camera = scene.camera
    size = {"pixel_width": SHARPER * camera.pixel_width, "pixel_height": SHARPER * camera.pixel_height}
    with tempconfig(size):
        large = type(camera)()
        large.background_color = camera.background_color
        large.init_background()
        large.reset()
        large.capture_mobjects(scene.mobjects)
    return large.pixel_array
