"""Playing a lesson for the audit: nothing is drawn, and every play stops at three moments on its way."""

from __future__ import annotations

from typing import Any

from studio.play.playback import Playback

MOMENTS = (0.29, 0.57, 0.83)  # of a play; no round shares, at which one thing ends and the next has not begun


class Rehearsal(Playback):
    """Tells the lesson's observers of the moments inside a play."""

    def skip(self, scene: Any) -> None:
        if not scene.is_current_animation_frozen_frame():
            for share in MOMENTS:
                scene.update_to_time(share * scene.duration)
                for observer in scene.observers:
                    observer.passing(scene)
        super().skip(scene)
