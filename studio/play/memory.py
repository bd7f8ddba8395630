"""Memory that nobody needs any more."""

from __future__ import annotations

import ctypes
import gc
import sys

from manim import Scene

TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform.startswith("linux") else None  # glibc has it


def clear(scene: Scene) -> None:
    """What a scene has drawn with is not needed any more, and goes back to the system: Python keeps what refers to
    itself, C what it has freed."""
    for things in (scene.mobjects, scene.moving_mobjects, scene.static_mobjects, scene.animations or []):
        things.clear()
    gc.collect()
    if TRIM is not None:
        TRIM(0)


__all__ = ["clear"]
