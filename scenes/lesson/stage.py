"""The picture that a lesson draws on: its style, its shape, and the room between heading and caption."""

from __future__ import annotations

from typing import Any, TypeVar

from manim import Animation, Mobject, Scene

from scenes.kit.ground.layout import Box
from scenes.kit.ground.painting import PaintingCamera
from scenes.kit.ground.style import Style
from scenes.kit.ground.theme import Theme
from scenes.kit.moves.travel import travels
from scenes.lesson.options import FRAME, Options

MARGIN = 0.4
T = TypeVar("T")


class StagedScene(Scene):
    """A scene with a style and a stage: everything is laid out from the frame's shape, for 16:9, 9:16 and 1:1."""

    def __init__(self, options: Options | None = None, renderer: Any = None, **kwargs: Any):
        self.options = options or Options()
        self.style = Style.of(self.options.theme, FRAME[self.options.aspect])
        kwargs.setdefault("camera_class", PaintingCamera)
        super().__init__(renderer=renderer, **kwargs)
        self.camera.background_color = self.theme.hex["background"]
        self.camera.init_background()
        self.camera.window = self.stage

    def get_moving_mobjects(self, *animations: Animation) -> list[Mobject]:
        """As Manim's; all that is there where the camera moves, or where things hide each other by their depth."""
        moving: list[Mobject] = super().get_moving_mobjects(*animations)
        everything = [*self.mobjects, *self.foreground_mobjects]
        deep = any(part.z_index for mobject in everything for part in mobject.get_family())
        return everything if deep or any(map(travels, animations)) else moving

    @property
    def theme(self) -> Theme:
        """Its colours."""
        return self.style.theme

    def render(self, preview: bool = False) -> Any:
        """As Manim's; what is made meanwhile takes the scene's style."""
        with self.style.used():
            return super().render(preview)

    @property
    def portrait(self) -> bool:
        """Whether things are stacked instead of side by side (9:16)."""
        w, h = self.style.frame
        return h > w

    @property
    def wide(self) -> bool:
        """Whether there is room side by side (16:9)."""
        w, h = self.style.frame
        return w > 1.2 * h

    def by(self, *, wide: T, square: T, tall: T) -> T:
        """What fits the frame's shape: wide is 16:9, square 1:1, tall 9:16."""
        return wide if self.wide else tall if self.portrait else square

    @property
    def frame(self) -> Box:
        """The picture without its margin."""
        w, h = self.style.frame
        return Box(-w / 2, -h / 2, w / 2, h / 2).inset(MARGIN)

    @property
    def stage(self) -> Box:
        """The room between heading and caption."""
        frame, lines = self.frame, 1 if self.wide else 2  # of the heading's grey line
        return Box(frame.left, frame.bottom + 1.2, frame.right, frame.top - 0.9 - 0.45 * lines)

    @property
    def row_height(self) -> float:
        """The largest height of a row of numbers: tall frames have room for taller ones."""
        return self.by(wide=0.56, square=0.72, tall=1.0)
