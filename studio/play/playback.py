"""Playing a lesson: Manim's Cairo renderer with exact frame counts, which draws only what it is asked for.

Time is counted in whole frames: a play of d seconds has round(d · fps) of them, drawn or not, so that captions,
chapters and sound stay where they belong. A play that nobody wants is brought to its end without drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from manim import CairoRenderer, Camera, Scene, config

from studio.play.writer import SegmentWriter

Pixels = npt.NDArray[np.uint8]  # RGBA [height, width, 4], colours premultiplied as Cairo has them


@dataclass(frozen=True)
class Play:
    """One call of Scene.play or Scene.wait. start, frames: where it stands in the video, in frames."""

    index: int
    start: int
    frames: int
    key: str = ""  # of its segment in the cache

    @property
    def end(self) -> int:
        return self.start + self.frames


class Playback(CairoRenderer):
    """Runs a scene through without drawing; subclasses draw in `shoot`."""

    def __init__(self, camera_class: type[Camera]):
        super().__init__(file_writer_class=SegmentWriter, camera_class=camera_class)
        self.rate = config.frame_rate
        self.plays: list[Play] = []

    @property
    def frame(self) -> int:
        """How many frames the video has so far."""
        return self.plays[-1].end if self.plays else 0

    @property
    def pixels(self) -> Pixels:
        """What the camera draws in."""
        return cast(Pixels, self.camera.pixel_array)

    def play(self, scene: Scene, *animations: Any, **kwargs: Any) -> None:
        """What Manim's Scene.play calls."""
        scene.compile_animation_data(*animations, **kwargs)
        play = Play(self.num_plays, self.frame, max(1, round(scene.duration * self.rate)), self.key(scene))
        scene.begin_animations()
        if not self.shoot(scene, play):
            self.skip(scene)
        self.plays.append(play)
        self.num_plays += 1
        self.time = self.frame / self.rate

    def key(self, scene: Scene) -> str:
        """The name of the play's segment; here none, because nothing is drawn."""
        return ""

    def shoot(self, scene: Scene, play: Play) -> bool:
        """Draw the play if it is wanted; return whether it was played."""
        return False

    def skip(self, scene: Scene) -> None:
        """Bring the animations to their end."""
        if not scene.is_current_animation_frozen_frame():
            scene.update_to_time(scene.duration)
        self._end(scene)

    def frames(
        self, scene: Scene, play: Play, wanted: Callable[[int], bool] = lambda frame: True
    ) -> Iterator[tuple[Pixels, int, int]]:
        """Draw a play: RGBA [height, width, 4], the number of the frame and how often it is shown.

        wanted: which frames to draw. The array is drawn over at the next frame."""
        self.save_static_frame_data(scene, scene.static_mobjects)
        if scene.is_current_animation_frozen_frame():
            self.update_frame(scene, scene.moving_mobjects)
            first = next(filter(wanted, range(play.start, play.end)), play.start)
            yield self.pixels, first, play.end - first
        else:
            for number in filter(wanted, range(play.start, play.end)):
                self.time = number / self.rate
                scene.update_to_time((number - play.start) / self.rate)
                self.update_frame(scene, scene.moving_mobjects)
                yield self.pixels, number, 1
        self._end(scene)

    def _end(self, scene: Scene) -> None:
        if not scene.is_current_animation_frozen_frame():
            for animation in scene.animations or ():
                animation.finish()
                animation.clean_up_from_scene(scene)
            scene.update_mobjects(0)
        self.static_image = None

    def picture(self, scene: Scene) -> Pixels:
        """The screen as it is now, RGBA [height, width, 4] (a copy)."""
        self.static_image = None
        self.update_frame(scene)
        return self.pixels.copy()

    def scene_finished(self, scene: Scene) -> None:
        """Nothing to join: studio.render does."""
