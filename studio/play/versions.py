"""Versions of everything that has a say in the pixels."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version

import av
import cairo

LIBRARIES = ("manim", "numpy", "torch", "av", "pillow", "pycairo", "typst", "uharfbuzz")


@cache
def versions() -> dict[str, str]:
    """Name → version."""
    found = {name: version(name) for name in LIBRARIES}
    return {
        "python": platform.python_version(),
        "cairo": cairo.cairo_version_string(),
        **found,
        "ffmpeg": av.ffmpeg_version_info,
    }
