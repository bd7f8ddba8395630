"""What can be read on screen: every number with its place, its value and how it was made."""

from __future__ import annotations

from typing import Any

import numpy as np
from manim import config

from scenes.kit.ground.say import number

FAINT = 0.05  # what is fainter cannot be seen, so it cannot be pointed at


def on_screen(scene) -> list[dict[str, Any]]:
    """All numbers on screen, topmost first. `area`: four corners, in parts of the frame from its upper left corner."""
    found = []
    for mobject in scene.mobjects:
        for member in mobject.get_family():
            readings = getattr(member, "readings", None)
            if readings is not None:
                found += [
                    told for reading in readings() if reading.opacity > FAINT for told in _told(reading, scene.making)
                ]
    return found[::-1]


def _told(reading, making) -> list[dict[str, Any]]:
    corners = reading.corners if reading.area is None else reading.area
    area = np.round(_in_frame(np.asarray(corners, dtype=float)), 4).tolist()
    numbers = [_number(shown, making) for shown in reading.numbers if hasattr(shown.value, "source")]
    return [{"area": area, "text": reading.text, "numbers": numbers}] if numbers else []


def _number(shown, making) -> dict[str, str | None]:
    """Its value to six digits, where it comes from, and how it was made, if it is a recorded number."""
    cell = shown.value
    value = number(cell.value(), "+#.6g" if "+" in shown.spec else "#.6g")
    return {"text": shown.text, "value": value, "source": cell.source(), "made": making(cell)}


def _in_frame(points: np.ndarray) -> np.ndarray:
    """Scene coordinates [n, 2] → parts of the frame, from its upper left corner."""
    size = np.array([config.frame_width, config.frame_height])
    return points * (1, -1) / size + 0.5
