"""Drawing a sample: a mobject as one picture, a move as three, and sheets of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from manim import Mobject, Scene, tempconfig
from PIL import Image

from scenes.kit.ground.layout import Box
from scenes.kit.ground.painting import PaintingCamera
from scenes.kit.ground.style import Style

MARGIN = 0.3  # scene units
GAP = 6  # pixels between the pictures of a sheet
MOMENTS = (0.0, 0.5, 1.0)  # of a move
GREY = (90, 90, 90)


@dataclass(frozen=True)
class Move:
    """Animations that play together, and what stands on the stage before they start."""

    animations: Sequence[Any]
    standing: Sequence[Mobject] = ()


Sample = Callable[[Box], Mobject | Move]


def draw(sample: Sample, frame: tuple[float, float], height: int, *, film: float | None = None) -> list[Image.Image]:
    """The sample in a frame (scene units) as one picture of so many pixels' height; a move as start, middle and end.

    film: the short side of the film whose smallest letters count (default: the frame's)."""
    wide, high = frame
    width = 2 * round(height * wide / high / 2)
    size: dict[str, Any] = dict(frame_width=wide, frame_height=high, pixel_width=width, pixel_height=height)
    style = Style.of("night", frame if film is None else (film, film))
    quiet = dict(dry_run=True, verbosity="WARNING")
    with TemporaryDirectory() as folder, tempconfig(size | quiet | dict(media_dir=folder)), style.used():
        scene = Scene(camera_class=PaintingCamera)
        scene.camera.background_color = style.theme.hex["background"]
        scene.camera.init_background()
        shown = sample(Box(-wide / 2, -high / 2, wide / 2, high / 2).inset(MARGIN))
        return [_shot(scene) for _ in _moments(scene, shown)]


def _moments(scene: Scene, shown: Mobject | Move) -> Iterator[None]:
    """Puts on the scene what is shown, moment after moment."""
    if not isinstance(shown, Move):
        scene.add(shown)
        yield
        return
    scene.add(*shown.standing)
    scene.compile_animation_data(*shown.animations)
    scene.begin_animations()
    for moment in MOMENTS:
        scene.update_to_time(moment * scene.duration)
        if moment == 1:
            for animation in scene.animations or ():
                animation.finish()
                animation.clean_up_from_scene(scene)
        yield


def _shot(scene: Scene) -> Image.Image:
    camera = scene.camera
    camera.reset()
    camera.capture_mobjects(scene.mobjects)
    return Image.fromarray(np.array(camera.pixel_array), "RGBA").convert("RGB")


def is_empty(picture: Image.Image) -> bool:
    """Whether all of it has one colour."""
    return picture.getcolors(1) is not None


def sheet(pictures: Sequence[Image.Image], *, across: bool) -> Image.Image:
    """Several pictures as one: side by side, or one below the other."""
    wide, high = [p.width for p in pictures], [p.height for p in pictures]
    gaps = GAP * (len(pictures) - 1)
    size = (sum(wide) + gaps, max(high)) if across else (max(wide), sum(high) + gaps)
    whole, at = Image.new("RGB", size, GREY), 0
    for picture in pictures:
        whole.paste(picture, (at, 0) if across else (0, at))
        at += GAP + (picture.width if across else picture.height)
    return whole
