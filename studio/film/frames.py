"""The frames of finished films, and how like two frames are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageSequence

BLOCK = 16  # pixels: about as large as a digit
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # BT.709
RGB = npt.NDArray[np.uint8]  # [height, width, 3]


def shown(film: Path) -> Iterator[tuple[float, RGB]]:
    """The frames of a film, each with the time in seconds from which on it is shown."""
    if film.suffix == ".webp":
        yield from _of_webp(film)
        return
    with av.open(film) as video:
        for frame in video.decode(video=0):
            yield float(frame.time or 0), rgb(frame)


def rgb(frame: av.VideoFrame) -> RGB:
    """A decoded frame's colours."""
    return cast(RGB, frame.to_ndarray(format="rgb24"))


def _of_webp(film: Path) -> Iterator[tuple[float, RGB]]:
    """FFmpeg does not read animated WebP."""
    with Image.open(film) as pictures:
        at = 0.0
        for picture in ImageSequence.Iterator(pictures):
            yield at, np.asarray(picture.convert("RGB"))
            at += picture.info.get("duration", 0) / 1000


def last(film: Path) -> RGB:
    """The last frame of a film."""
    if film.suffix == ".mp4":
        with av.open(film) as video:
            stream = video.streams.video[0]
            video.seek(int(stream.duration or 0), stream=stream)  # to the key frame before
            *_, frame = video.decode(stream)
            return rgb(frame)
    *_, (_, pixels) = shown(film)
    return pixels


def picture(png: Path) -> RGB:
    """A picture's colours, on black where it is transparent."""
    with Image.open(png) as image:
        flat = Image.new("RGBA", image.size, (0, 0, 0, 255))
        flat.alpha_composite(image.convert("RGBA"))
        return np.asarray(flat.convert("RGB"))


def likeness(one: RGB, other: RGB) -> tuple[float, float]:
    """Of the block in which two frames differ most: PSNR in luma (dB), and the levels by which its mean colour is off.

    A whole frame's PSNR says little of one digit in it; a block's does."""
    if one.shape != other.shape:
        return 0.0, 255.0
    a, b = (frame.astype(np.float32) for frame in (one, other))
    error = _blocks(np.square((a - b) @ LUMA, dtype=np.float32)[..., None]).max()
    tint = np.abs(_blocks(a) - _blocks(b)).max()
    return float(10 * np.log10(255**2 / max(error, 1e-6))), float(tint)


def _blocks(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The mean of every block; [height, width, channels] → [down, across, channels]. The last ones may be smaller."""
    down, across = (np.arange(0, size, BLOCK) for size in values.shape[:2])
    sums = np.add.reduceat(np.add.reduceat(values, down, axis=0), across, axis=1)
    sizes = np.outer(*(np.diff([*starts, size]) for starts, size in zip((down, across), values.shape[:2], strict=True)))
    return cast(npt.NDArray[np.float32], sums / sizes[..., None].astype(np.float32))
