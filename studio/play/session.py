"""One lesson to be played: what, how large, with which encoder. The only place that sets Manim's configuration."""

from __future__ import annotations

import ctypes
import gc
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from manim import Scene, logger, tempconfig

from model.errors import UsageError
from scenes.course import own_text
from scenes.lesson.observer import Observer
from scenes.lesson.options import Options
from studio.play.cache import formulas_folder, segments_folder
from studio.play.picture import Picture
from studio.play.playback import Playback
from studio.play.protocols import Entry, Played
from studio.play.writer import FILM, Encoder

if TYPE_CHECKING:
    from scenes.lesson.steps import SteppedScene

TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform.startswith("linux") else None  # glibc has it
logger.setLevel(logging.CRITICAL)  # what goes wrong is said once, by the command line


@dataclass(frozen=True)
class Job:
    """entry: of the course. options: what was asked for. encoder: writer.FILM, LOSSLESS or LOSSLESS_ALPHA.

    segments: the folder in which every lesson has one for its drawn plays."""

    entry: Entry
    options: Options
    picture: Picture
    encoder: Encoder = field(default_factory=lambda: FILM, hash=False)
    segments: Path = field(default_factory=segments_folder)

    @property
    def settled(self) -> Options:
        """The options with the lesson's own text and model where none was asked for."""
        text, model = self.options.text, self.options.model
        return replace(
            self.options,
            text=own_text(self.entry, model) if text is None else text,
            model=self.entry.model if model is None else model,
        )

    @property
    def folder(self) -> Path:
        """Where this lesson's drawn plays are."""
        return self.segments / self.entry.id


@contextmanager
def configured(job: Job) -> Iterator[None]:
    """Manim configured for a job."""
    encoder = job.encoder
    lossless = encoder["video_codec"] == "qtrle"
    alpha = encoder["pixel_format"] == "argb"
    picture = job.picture
    with tempconfig(
        {
            "pixel_width": picture.width,
            "pixel_height": picture.height,
            "frame_rate": picture.fps,
            "frame_width": picture.frame[0],
            "frame_height": picture.frame[1],
            "renderer": "cairo",
            "dry_run": False,
            "preview": False,
            "progress_bar": "none",
            "disable_caching_warning": True,
            "save_sections": False,
            "log_to_file": False,
            "input_file": "",
            "output_file": "",
            "seed": job.options.seed,
            "format": "mov" if lossless else "mp4",
            "transparent": alpha,
            "background_opacity": 0.0 if alpha else 1.0,
            "media_dir": str(job.folder),
            "video_dir": str(job.folder),
            "partial_movie_dir": str(job.folder),
            "tex_dir": str(formulas_folder()),
            **encoder,
        }
    ):
        yield


def perform(job: Job, playback: Callable[..., Playback] = Playback, *observers: Observer) -> Played:
    """Play a job's lesson and return it: `lesson.steps` and `lesson.renderer.plays` say what was when.

    playback: makes the renderer from a camera class. observers: are told what happens."""
    from scenes.kit.ground.painting import PaintingCamera

    with configured(job):
        scene = job.entry.load()
        if getattr(scene, "construct", None) is Scene.construct:
            raise UsageError(f"{job.entry.scene} has no method construct: a lesson's steps are made there.")
        lesson = scene(job.settled, renderer=playback(PaintingCamera))
        lesson.observers = [*observers]
        for observer in observers:
            observer.began(cast("SteppedScene", lesson))
        lesson.render()
    return lesson


def clear(scene: Scene) -> None:
    """What a scene has drawn with is not needed any more, and goes back to the system: Python keeps what refers to
    itself, C what it has freed."""
    for things in (scene.mobjects, scene.moving_mobjects, scene.static_mobjects, scene.animations or []):
        things.clear()
    gc.collect()
    if TRIM is not None:
        TRIM(0)
