"""Moves that carry a thing as a whole, and the one that carries the camera."""

from __future__ import annotations

from typing import Any

from manim import Animation, Mobject, Scene, Transform, VGroup

from scenes.kit.ground.layout import HOME, Box, View
from scenes.kit.ground.painting import Painted, PaintingCamera


class Carry(Transform):
    """A copy goes whole from where a thing stands to where it is used, and becomes `target` there; the original stays.

    For what has no cells, such as a dial; what has cells flies cell by cell (`Fly`)."""

    def __init__(self, source: Painted | VGroup, target: Painted | VGroup, *, arc: float = 0.0, **kwargs: Any):
        super().__init__(source.copy(), target, path_arc=arc, replace_mobject_with_target_in_scene=True, **kwargs)


class Travel(Animation):
    """The camera goes to a mobject or a box of the scene, until that fills the stage; `Travel()` goes home.

    From the model to a block, to a grid, to a cell and back: only where the scale changes. What is pinned to the frame
    (heading, caption) stays."""

    def __init__(self, to: Mobject | Box | None = None, **kwargs: Any):
        self.to = to
        kwargs.setdefault("run_time", 1.5)
        super().__init__(Mobject(), **kwargs)

    def _setup_scene(self, scene: Scene) -> None:
        camera = scene.camera
        assert isinstance(camera, PaintingCamera)
        self.camera, self.start, self.end = camera, camera.view, self.view_from(camera)

    def view_from(self, camera: PaintingCamera) -> View:
        """Where the camera will look."""
        if self.to is None:
            return HOME
        wide, high = camera.frame_width / 2, camera.frame_height / 2
        window = camera.window or Box(-wide, -high, wide, high)
        return View.onto(self.to if isinstance(self.to, Box) else Box.around(self.to), window)

    def interpolate_mobject(self, alpha: float) -> None:
        done = alpha >= 1
        self.camera.view = self.end if done else self.start.towards(self.end, self.rate_func(alpha))


def travels(animation: Animation) -> bool:
    """Whether the camera moves in it."""
    return isinstance(animation, Travel) or any(map(travels, getattr(animation, "animations", ())))


__all__ = ["Carry", "Travel", "travels"]
