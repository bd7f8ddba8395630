"""What can be read on screen: every number with its place, its value and how it was made."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scenes.kit.ground.readings import Cell, Shown
from scenes.kit.ground.say import number
from scenes.lesson.lesson import Lesson
from studio.page.places import Seen, seen
from studio.preview.wire import Message

Making = Callable[[Cell], str | None]


def on_screen(lesson: Lesson) -> list[Message]:
    """All numbers on screen, topmost first: those that are written, and those that a dot, an arc or a bar shows.

    `area`: corners, in parts of the frame from its upper left corner."""
    return [_told(one, lesson.making) for one in seen(lesson)]


def _told(one: Seen, making: Making) -> Message:
    numbers = [_number(shown, shown.value, making) for shown in one.numbers if isinstance(shown.value, Cell)]
    return {"area": np.round(one.area, 4).tolist(), "text": one.text, "numbers": numbers}


def _number(shown: Shown, cell: Cell, making: Making) -> dict[str, str | None]:
    """Its value to six digits, where it comes from, and how it was made, if it is a recorded number."""
    value = number(cell.value(), "+#.6g" if "+" in shown.spec else "#.6g")
    return {"text": shown.text, "value": value, "source": cell.source(), "made": making(cell)}
