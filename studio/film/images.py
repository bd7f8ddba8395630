"""Pictures as they are stored: straight alpha, none where all is opaque; and texts on sheets of pictures."""

from __future__ import annotations

import math
from pathlib import Path

import cairo
import numpy as np
from PIL import Image

from scenes.kit.ground import typesetting
from studio.play.playback import Pixels


def save_png(pixels: Pixels, path: Path) -> None:
    """RGBA [height, width, 4], premultiplied as Cairo draws it, as a PNG: without alpha where all is opaque."""
    image = Image.fromarray(pixels, "RGBA")
    opaque = pixels[..., 3].min() == 255
    (image.convert("RGB") if opaque else Image.fromarray(straight(pixels), "RGBA")).save(path, optimize=False)


def straight(pixels: Pixels) -> Pixels:
    """Premultiplied RGBA → straight alpha."""
    alpha = pixels[..., 3:].astype(np.uint16)
    colour = np.where(alpha > 0, (pixels[..., :3].astype(np.uint16) * 255 + alpha // 2) // np.maximum(alpha, 1), 0)
    return np.concatenate([np.minimum(colour, 255), alpha], axis=2).astype(np.uint8)


def write(
    page: Image.Image,
    text: str,
    at: tuple[float, float],
    size: float,
    fill: str,
    *,
    face: str = "roman",
    align: float = 0.0,
    room: float = math.inf,
) -> None:
    """Set a line in the kit's own type, so that every character of the lesson is there.

    at: of the line's upper left corner (align 1: upper right), in pixels; size: the em, smaller if the text is wider
    than `room`; fill: any colour that Pillow takes."""
    size = typesetting.fitting_size([text], room, size, face)
    high = math.ceil(2 * size)
    mask = cairo.ImageSurface(cairo.FORMAT_A8, page.width, high)
    ctx = cairo.Context(mask)
    ctx.translate(at[0] - align * typesetting.width(text, size, face), (typesetting.ASCENT + 0.5) * size)
    ctx.scale(size / typesetting.EM, size / typesetting.EM)
    ctx.append_path(typesetting.outline(text, face).path)
    ctx.fill()
    alpha = np.ndarray((high, page.width), np.uint8, mask.get_data(), strides=(mask.get_stride(), 1))
    page.paste(fill, (0, round(at[1] - 0.5 * size)), Image.fromarray(alpha.copy()))
