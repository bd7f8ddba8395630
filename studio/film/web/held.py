"""Pixels of a GIF that stay as they are while they change little: a GIF pays for every pixel that it draws again.

That is so only while they move. A pixel that has come to rest is exact: there is time to look at it, and it is paid for
once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import av
import numpy as np
import numpy.typing as npt

from studio.film import frames

AHEAD = 8  # frames; twice as many make a file 1 % smaller
REST = 4  # frames for which a pixel is to stay before it counts as come to rest
Levels = npt.NDArray[np.int16]  # [red, green and blue; pixels]: 0 to 255


class Run(NamedTuple):
    """A frame, the number of its first appearance, how many times it is shown, and its colours."""

    frame: av.VideoFrame
    first: int
    shown: int
    colours: Levels

    @property
    def stands(self) -> bool:
        return self.shown > 1


def held(runs: Iterable[tuple[av.VideoFrame, int, int]], most: int) -> Iterator[tuple[av.VideoFrame, int, int]]:
    """The runs of a film, poster first, in which no colour of a pixel is off by more than `most` levels."""
    before: Levels | None = None
    for now, *later in _with_next(runs):
        if before is None or now.stands or not later:
            colours, frame = now.colours, now.frame
        else:
            late = _late(before, now, later, most)
            next_ones = ((run.colours[:, late], run.stands) for run in later)
            colours = before.copy()
            colours[:, late] = _middle(now.colours[:, late], next_ones, most)
            frame = _frame(colours, now.frame)
        yield frame, now.first, now.shown
        before = colours if now.first else None  # nothing follows from the poster


def _with_next(runs: Iterable[tuple[av.VideoFrame, int, int]]) -> Iterator[Sequence[Run]]:
    """Every run with the next ones."""
    coming = (Run(*run, np.ascontiguousarray(frames.rgb(run[0]).reshape(-1, 3).T, np.int16)) for run in runs)
    window = deque(islice(coming, 1 + AHEAD))
    while window:
        yield tuple(window)
        window.popleft()
        window.extend(islice(coming, 1))


def _late(before: Levels, now: Run, later: Sequence[Run], most: int) -> npt.NDArray[np.intp]:
    """The pixels to be drawn again: those that are too far off, and those that have come to rest, which are exact.

    Else what has faded would be seen faintly until everything stands."""
    off = np.abs(now.colours - before).max(axis=0)
    pixels = np.flatnonzero(off)
    rests = np.ones(len(pixels), bool)
    for run in later[:REST]:
        rests &= (run.colours[:, pixels] == now.colours[:, pixels]).all(axis=0)
    return pixels[rests | (off[pixels] > most)]


def _middle(now: Levels, later: Iterable[tuple[Levels, bool]], most: int) -> Levels:
    """Colours that hold for longest: the middle of what each pixel will be, for as long as all of it is near enough.

    later: the next frames' colours, and whether they stand: there pixels are exact again."""
    low, high, near = now.copy(), now.copy(), np.ones(now.shape[1], bool)
    for colours, stands in later:
        lower, higher = np.minimum(low, colours), np.maximum(high, colours)
        near &= (higher - lower).max(axis=0) <= 2 * most
        low, high = np.where(near, lower, low), np.where(near, higher, high)
        if stands or not near.any():
            break
    return (low + high) // 2


def _frame(colours: Levels, like: av.VideoFrame) -> av.VideoFrame:
    pixels = np.ascontiguousarray(colours.T.reshape(like.height, like.width, 3), np.uint8)
    return av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format=like.format.name)
