"""The size of a picture: pixels, frames a second and the scene units that they show."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from model.errors import UsageError
from scenes.lesson.options import DEFAULTS, FRAME

# What -q means to Manim: the short and the long side in pixels, frames a second.
QUALITIES = {
    "l": (480, 854, 15),
    "m": (720, 1280, 30),
    "h": (1080, 1920, 60),
    "p": (1440, 2560, 60),
    "k": (2160, 3840, 60),
}


@dataclass(frozen=True)
class Picture:
    """Pixels (even numbers, as video codecs want them), frames a second, scene units; what is lost where it is stored.

    colours: of a GIF, 2 to 255; held: levels by which its pixels may be off while things move; lossy: what gifsicle may
    lose of it. quality: of a WebP that is not exact, 0 to 100. None: the best there is."""

    width: int
    height: int
    fps: float  # an int where it is whole
    frame: tuple[float, float]
    colours: int | None = None
    held: int | None = None
    lossy: int | None = None
    quality: int | None = None

    @classmethod
    def of(
        cls, quality: str, aspect: str = DEFAULTS.aspect, fps: float | None = None, width: int | None = None
    ) -> Picture:
        """A quality's picture in an aspect; `fps` and `width` override what the quality says."""
        short, long, rate = QUALITIES[quality]
        frame = FRAME[aspect]
        wide, high = (long if side > min(frame) else short for side in frame)
        if width is not None:
            if not 64 <= width <= 7680:
                raise UsageError(f"--width {width} is out of range: give 64 to 7680 pixels.")
            wide, high = width - width % 2, 2 * round(width * high / wide / 2)
        if fps is not None and not 1 <= fps <= 120:
            raise UsageError(f"--fps {fps:g} is out of range: give 1 to 120.")
        return cls(wide, high, rate if fps is None else fps, frame)

    @property
    def name(self) -> str:
        """As people say it: 1080p60, 480p20-64colours; with both sides where the frame may well have another width."""
        low, high = sorted((self.width, self.height))
        usual = 2 * round(low * max(self.frame) / min(self.frame) / 2)
        size = f"{low}" if high == usual else f"{self.width}x{self.height}"
        lost = {"colours": self.colours, "held": self.held, "lossy": self.lossy, "quality": self.quality}
        return "".join([f"{size}p{self.fps:g}", *(f"-{n}{name}" for name, n in lost.items() if n is not None)])


def rate_of(rate: Fraction) -> int | float:
    """Frames a second as a number that video files keep exactly: 29.97 means 30000/1001."""
    film = Fraction(round(rate * 1001 / 1000) * 1000, 1001)
    if rate > 1000:
        raise OverflowError(f"{rate} frames a second")
    exact = film if rate.denominator != 1 and abs(rate - film) < Fraction(1, 200) else rate
    return int(exact) if exact.denominator == 1 else float(exact)
