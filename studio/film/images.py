"""Pictures as they are stored: straight alpha, none where all is opaque."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

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
