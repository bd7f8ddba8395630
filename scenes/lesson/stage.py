"""The picture that a lesson draws on: its style, its shape, and the room between heading and caption."""

from __future__ import annotations

from typing import Any, TypeVar

from manim import Scene, config

from scenes.kit.ground import theme as themes
from scenes.kit.ground.layout import Box
from scenes.kit.ground.painting import PaintingCamera
from scenes.lesson.options import Options

MARGIN = 0.4
T = TypeVar("T")


class StagedScene(Scene):
    """A scene with a theme and a stage: everything is laid out from the frame's shape, for 16:9, 9:16 and 1:1."""

    def __init__(self, options: Options | None = None, renderer: Any = None, **kwargs: Any):
        self.options = options or Options()
        self.theme = themes.use(self.options.theme)
        kwargs.setdefault("camera_class", PaintingCamera)
        super().__init__(renderer=renderer, **kwargs)
        self.camera.background_color = self.theme.hex["background"]
        self.camera.init_background()

    @property
    def portrait(self) -> bool:
        """Whether things are stacked instead of side by side (9:16)."""
        return config.frame_height > config.frame_width

    @property
    def wide(self) -> bool:
        """Whether there is room side by side (16:9)."""
        return config.frame_width > 1.2 * config.frame_height

    def by(self, *, wide: T, square: T, tall: T) -> T:
        """What fits the frame's shape: wide is 16:9, square 1:1, tall 9:16."""
        return wide if self.wide else tall if self.portrait else square

    @property
    def frame(self) -> Box:
        """The picture without its margin."""
        w, h = config.frame_width / 2, config.frame_height / 2
        return Box(-w, -h, w, h).inset(MARGIN)

    @property
    def stage(self) -> Box:
        """The room between heading and caption."""
        frame, lines = self.frame, 1 if self.wide else 2  # of the heading's grey line
        return Box(frame.left, frame.bottom + 1.2, frame.right, frame.top - 0.9 - 0.45 * lines)

    @property
    def row_height(self) -> float:
        """The largest height of a row of numbers: tall frames have room for taller ones."""
        return self.by(wide=0.56, square=0.72, tall=1.0)
