"""What can be read on screen: every number with its place, its value and how it was made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from manim import config

from scenes.kit.ground.painting import Painted
from scenes.kit.ground.readings import Cell, Reading, Shown
from scenes.kit.ground.say import number
from scenes.lesson.lesson import Lesson
from studio.preview.wire import Message

FAINT = 0.05  # what is fainter cannot be seen, so it cannot be pointed at
Making = Callable[[Cell], str | None]


def on_screen(lesson: Lesson) -> list[Message]:
    """All numbers on screen, topmost first. `area`: four corners, in parts of the frame from its upper left corner."""
    painted = [member for mobject in lesson.mobjects for member in mobject.get_family() if isinstance(member, Painted)]
    readings = [reading for member in painted for reading in member.readings() if reading.opacity > FAINT]
    return [told for reading in reversed(readings) if (told := _told(reading, lesson.making))["numbers"]]


def _told(reading: Reading, making: Making) -> Message:
    corners = reading.corners if reading.area is None else reading.area
    area = np.round(_in_frame(np.asarray(corners, dtype=float)), 4).tolist()
    numbers = [_number(shown, shown.value, making) for shown in reading.numbers if isinstance(shown.value, Cell)]
    return {"area": area, "text": reading.text, "numbers": numbers}


def _number(shown: Shown, cell: Cell, making: Making) -> dict[str, str | None]:
    """Its value to six digits, where it comes from, and how it was made, if it is a recorded number."""
    value = number(cell.value(), "+#.6g" if "+" in shown.spec else "#.6g")
    return {"text": shown.text, "value": value, "source": cell.source(), "made": making(cell)}


def _in_frame(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Scene coordinates [n, 2] → parts of the frame, from its upper left corner."""
    size = np.array([config.frame_width, config.frame_height])
    return np.asarray(points * (1, -1) / size + 0.5)
