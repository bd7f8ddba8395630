"""What can be read on screen: every number with its place, its value and how it was made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import numpy as np
from manim import config

from scenes.kit.ground.encodings import Mark
from scenes.kit.ground.painting import Painted, PaintingCamera
from scenes.kit.ground.readings import Cell, Cells, Reading, Shown
from scenes.kit.ground.say import number
from scenes.lesson.lesson import Lesson
from studio.preview.wire import Message

FAINT = 0.05  # what is fainter cannot be seen, so it cannot be pointed at
MOST = 2000  # numbers of one picture of many cells that can be pointed at: more are told by their rows elsewhere
REACH = 0.07  # scene units around a thin line, or from the middle of a small dot, that count as it
Making = Callable[[Cell], str | None]


def on_screen(lesson: Lesson) -> list[Message]:
    """All numbers on screen, topmost first: those that are written, and those that a dot, an arc or a bar shows.

    `area`: corners, in parts of the frame from its upper left corner."""
    family = [member for mobject in lesson.mobjects for member in mobject.get_family()]
    painted = sorted((m for m in family if isinstance(m, Painted)), key=lambda m: m.z_index)  # as they are drawn
    view = cast(PaintingCamera, lesson.camera).view
    told: list[Message] = []
    for member in painted:
        readings, marks = member.seen(view)
        seen = [reading for reading in readings if reading.opacity > FAINT and in_sight(reading.corners)]
        written = [_told(reading, lesson.making) for reading in seen]
        known = {shown.value for reading in readings for shown in reading.numbers if isinstance(shown.value, Cell)}
        drawn = [(area, cell) for area, cell in shapes(marks) if cell not in known and in_sight(area)]
        told += [_drawn(area, cell, lesson.making) for area, cell in drawn]
        told += [reading for reading in written if reading["numbers"]]
    return told[::-1]


def in_sight(points: np.ndarray[Any, Any]) -> bool:
    """Whether some of an outline in the scene is inside the frame, which a camera that goes close need not show."""
    low, high = (extreme(_in_frame(np.asarray(points, dtype=float)), axis=0) for extreme in (np.min, np.max))
    return bool((low < 1).all() and (high > 0).all())


def shapes(marks: Iterable[Mark]) -> Iterator[tuple[np.ndarray[Any, Any], Cell]]:
    """(outline [n, 2] in the scene, the number that it shows) of every shape that shows one."""
    marks = list(marks)
    pictured = sum(np.size(mark.opacity) for mark in marks if mark.kind == "image")
    for mark in marks:
        for cell in (encoding.cell for encoding in mark.shows[:1]):
            if isinstance(cell, Cell) and float(np.max(mark.opacity)) > FAINT:
                yield _outline(mark, None), cell
            elif isinstance(cell, Cells) and mark.kind == "image" and pictured <= MOST:
                yield from _pixels(mark, cell)
            elif isinstance(cell, Cells) and mark.kind in ("rectangle", "circle"):
                places = _cells(cell)
                if len(places) == len(mark.points) <= MOST:
                    seen = np.broadcast_to(mark.opacity, len(places)) > FAINT
                    yield from ((_outline(mark, int(k)), places[k]) for k in np.flatnonzero(seen))


def _pixels(mark: Mark, cells: Cells) -> Iterator[tuple[np.ndarray[Any, Any], Cell]]:
    """The cells of a picture, which may lie aslant: equal parts of it, row by row."""
    rows, columns = np.asarray(mark.opacity).shape
    places = _cells(Cells(cells.tensor, tuple(np.broadcast_to(p, (rows, columns)).ravel() for p in cells.index)))
    corner, right, _, down = np.asarray(mark.points)
    across, along = (right - corner) / columns, (down - corner) / rows
    for k in np.flatnonzero(np.asarray(mark.opacity).ravel() > FAINT) if places else ():
        row, column = divmod(int(k), columns)
        start = corner + column * across + row * along
        yield np.array([start, start + across, start + across + along, start + along]), places[k]


def _cells(cells: Cells) -> list[Cell]:
    """One by one, where they are picked by arrays of indices."""
    index = [np.asarray(axis) for axis in cells.index]
    if not index or any(axis.ndim != 1 or axis.dtype == object for axis in index):
        return []
    return [Cell(cells.tensor, tuple(map(int, place))) for place in zip(*index, strict=True)]


def _outline(mark: Mark, which: int | None) -> np.ndarray[Any, Any]:
    """The outline of a mark, or of one of many: of a dot or a line a little further out, so that it can be hit."""
    points = mark.points if which is None else mark.points[which]
    if mark.kind in ("circle", "arc"):
        radius = float(mark.radius if which is None else np.broadcast_to(mark.radius, len(mark.points))[which])
        turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        return np.asarray(points + max(radius, REACH) * np.stack([np.cos(turn), np.sin(turn)], axis=-1))
    if mark.kind not in ("curve", "line"):
        return np.asarray(points)
    path = bezier(points) if mark.kind == "curve" else np.asarray(points)
    along = np.gradient(path, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=-1) / np.maximum(np.linalg.norm(along, axis=1), 1e-9)[:, None]
    reach = max(float(np.max(mark.line)) / 2, REACH)
    return np.concatenate([path + reach * across, (path - reach * across)[::-1]])


def bezier(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A cubic [4, 2] as 13 points."""
    t = np.linspace(0, 1, 13)[:, None]
    a, b, c, d = points
    return np.asarray((1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d)


def _drawn(area: np.ndarray[Any, Any], cell: Cell, making: Making) -> Message:
    text = number(cell.value(), ".3g")
    return {"area": _rounded(area), "text": text, "numbers": [_number(Shown(text, cell, ".3g"), cell, making)]}


def _rounded(points: np.ndarray[Any, Any]) -> list[list[float]]:
    found: list[list[float]] = np.round(_in_frame(np.asarray(points, dtype=float)), 4).tolist()
    return found


def _told(reading: Reading, making: Making) -> Message:
    corners = reading.corners if reading.area is None else reading.area
    numbers = [_number(shown, shown.value, making) for shown in reading.numbers if isinstance(shown.value, Cell)]
    return {"area": _rounded(np.asarray(corners)), "text": reading.text, "numbers": numbers}


def _number(shown: Shown, cell: Cell, making: Making) -> dict[str, str | None]:
    """Its value to six digits, where it comes from, and how it was made, if it is a recorded number."""
    value = number(cell.value(), "+#.6g" if "+" in shown.spec else "#.6g")
    return {"text": shown.text, "value": value, "source": cell.source(), "made": making(cell)}


def _in_frame(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Scene coordinates [n, 2] → parts of the frame, from its upper left corner."""
    size = np.array([config.frame_width, config.frame_height])
    return np.asarray(points * (1, -1) / size + 0.5)
