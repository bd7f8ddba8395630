"""Playing a lesson for the audit: nothing is drawn, and every play stops at three moments on its way.

Where something fades out, it stops ten times a second as well: how one thing gives way to another is soon over."""

from __future__ import annotations

from typing import Any

import numpy as np
from manim import FadeOut

from studio.audit.passing.moving import every
from studio.play.playback import Playback

MOMENTS = (0.29, 0.57, 0.83)  # of a play; no round shares, at which one thing ends and the next has not begun
GLANCE = 0.1  # seconds from one look at what fades to the next


class Rehearsal(Playback):
    """Tells the lesson's observers of the moments inside a play."""

    def skip(self, scene: Any) -> None:
        if not scene.is_current_animation_frozen_frame():
            stops = [(share * scene.duration, "passing") for share in MOMENTS]
            if any(isinstance(animation, FadeOut) for animation in every(scene.animations)):
                stops += [(float(time), "fading") for time in np.arange(GLANCE, scene.duration, GLANCE)]
            for time, hook in sorted(stops):
                scene.update_to_time(time)
                for observer in scene.observers:
                    getattr(observer, hook)(scene)
        super().skip(scene)
