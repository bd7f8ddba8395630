"""Flashes, counted on drawn frames (WCAG 2.2, SC 2.3.1): at most three a second over more than 2.8 % of the frame.

A flash is a pair of opposing changes of relative luminance, each a tenth or more of its maximum, where the darker one
is below 0.8. They are counted for every pixel of a small picture: what blinks one after the other counts as if it
blinked at once, so that nothing is missed."""

from __future__ import annotations

from collections import deque

import numpy as np

from scenes.kit.ground.theme import luminance
from studio.play.playback import Pixels

CHANGE, DARK = 0.1, 0.8  # of relative luminance: a change that counts, and what the darker image is below
MOST, AREA = 3, 0.028  # flashes a second; of the frame
SECOND = 1.0

LIGHT = luminance(np.repeat(np.arange(256)[:, None] / 255, 3, axis=1)).astype(np.float32)  # of the grey of each level
RED, GREEN, BLUE = luminance(np.eye(3)).astype(np.float32)


class Counter:
    """Counts the opposing changes of every pixel within the last second, from a first frame [height, width] on."""

    def __init__(self, light: np.ndarray) -> None:
        self.changes: deque[tuple[float, np.ndarray]] = deque()  # (second, which pixels have changed)
        self.low, self.high = light.copy(), light.copy()  # since the last change of the pixel
        self.rising = np.zeros(light.shape, dtype=np.int8)  # 1 after a change up, −1 down, 0 before the first
        self.count = np.zeros(light.shape, dtype=np.int16)

    def frame(self, time: float, light: np.ndarray) -> float:
        """The share of the frame that has flashed too often, after a frame of relative luminance [height, width]."""
        self.low, self.high = np.minimum(self.low, light), np.maximum(self.high, light)
        up = (light - self.low >= CHANGE) & (self.low < DARK) & (self.rising != 1)
        down = (self.high - light >= CHANGE) & (light < DARK) & (self.rising != -1)
        self.rising[up], self.rising[down] = 1, -1
        changed = up | down
        self.low[changed] = self.high[changed] = light[changed]
        if changed.any():
            self.changes.append((time, changed))
            self.count += changed
        while self.changes and self.changes[0][0] <= time - SECOND:
            self.count -= self.changes.popleft()[1]
        return float((self.count >= 2 * (MOST + 1)).mean())


def light_of(pixels: Pixels) -> np.ndarray:
    """RGBA [height, width, 4] → relative luminance [height, width]."""
    return RED * LIGHT[pixels[..., 0]] + GREEN * LIGHT[pixels[..., 1]] + BLUE * LIGHT[pixels[..., 2]]


__all__ = ["AREA", "MOST", "Counter", "light_of"]
