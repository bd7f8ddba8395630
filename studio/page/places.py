"""Where numbers stand on screen: those that are written, and those that a dot, an arc or a bar shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from manim import config

from scenes.kit.ground.encodings import Mark
from scenes.kit.ground.painting import Painted, PaintingCamera
from scenes.kit.ground.readings import Cell, Cells, Shown
from scenes.kit.ground.say import number
from scenes.lesson.lesson import Lesson

FAINT = 0.05  # what is fainter cannot be seen, so it cannot be pointed at
MOST = 2000  # numbers of one picture of many cells that can be pointed at: more are told by their rows elsewhere
REACH = 0.07  # scene units around a thin line, or from the middle of a small dot, that count as it
Points = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Seen:
    """A piece of text, or a shape, on screen that shows numbers.

    area: its corners [n, 2] in parts of the frame, from the upper left corner. numbers: each a Cell, as written."""

    area: Points
    text: str
    numbers: tuple[Shown, ...]


def seen(lesson: Lesson) -> list[Seen]:
    """All numbers on screen, topmost first."""
    family = [member for mobject in lesson.mobjects for member in mobject.get_family()]
    painted = sorted((m for m in family if isinstance(m, Painted)), key=lambda m: m.z_index)  # as they are drawn
    view = cast(PaintingCamera, lesson.camera).view
    found: list[Seen] = []
    for member in painted:
        readings, marks = member.seen(view)
        clear = [reading for reading in readings if reading.opacity > FAINT and in_sight(reading.corners)]
        known = {shown.value for reading in readings for shown in reading.numbers if isinstance(shown.value, Cell)}
        drawn = [(area, cell) for area, cell in shapes(marks) if cell not in known and in_sight(area)]
        found += [Seen(_in_frame(area), *_as_written(cell)) for area, cell in drawn]
        for reading in clear:
            cells = tuple(shown for shown in reading.numbers if isinstance(shown.value, Cell))
            if cells:
                area = reading.corners if reading.area is None else reading.area
                found.append(Seen(_in_frame(area), reading.text, cells))
    return found[::-1]


def _as_written(cell: Cell) -> tuple[str, tuple[Shown, ...]]:
    """What a shape would say if it were written."""
    text = number(cell.value(), ".3g")
    return text, (Shown(text, cell, ".3g"),)


def in_sight(points: Points) -> bool:
    """Whether some of an outline in the scene is inside the frame, which a camera that goes close need not show."""
    low, high = (extreme(_in_frame(points), axis=0) for extreme in (np.min, np.max))
    return bool((low < 1).all() and (high > 0).all())


def shapes(marks: Iterable[Mark]) -> Iterator[tuple[Points, Cell]]:
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


def _pixels(mark: Mark, cells: Cells) -> Iterator[tuple[Points, Cell]]:
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


def _outline(mark: Mark, which: int | None) -> Points:
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


def bezier(points: Points) -> Points:
    """A cubic [4, 2] as 13 points."""
    t = np.linspace(0, 1, 13)[:, None]
    a, b, c, d = points
    return np.asarray((1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d)


def _in_frame(points: Any) -> Points:
    """Scene coordinates [n, 2] → parts of the frame, from its upper left corner."""
    size = np.array([config.frame_width, config.frame_height])
    return np.asarray(np.asarray(points, dtype=float) * (1, -1) / size + 0.5)
