"""PatternWall: many attention patterns of one sentence as small multiples, and a tag to stand on one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil
from typing import Any

import cairo
import numpy as np
from manim import LEFT, UP

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Area, Place
from scenes.kit.ground.layout import Box
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.pen import Fill
from scenes.kit.ground.readings import Cells
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import Label
from scenes.kit.ground.typesetting import Drawing

CELLS = 24  # path units to a cell
SEAM = 0.05  # of a cell that stays empty around it, as in a DotPattern
TAG = 0.24  # em of the words on a tag, where there is room
DIMMED = 0.3  # of a dot's brightness, beside a row that is lit


class PatternWall(Painted):
    """Patterns [query, key], each a square of dots with area ∝ weight, at places of a box.

    patterns: Tensors of one shape. places: [panel, 3]: the centre (scene coordinates) and side of each. row: the
    query whose row stands out as far as `lit` says. shown: opacity of each panel; framed: opacity of its yellow
    frame. In a Transform to another wall of as many panels each one travels to its new place.
    """

    places: Mix[np.ndarray]
    shown: Mix[np.ndarray]
    framed: Mix[np.ndarray]
    lit: Mix[float]

    def __init__(
        self, box: Box, patterns: Iterable[Tensor], places: Any, *, row: int | None = None, fill: Fill = "probability"
    ):
        self.box, self.patterns, self.row, self.rgb = box, list(patterns), row, color(fill)
        self.places = np.array(places, dtype=float).reshape(len(self.patterns), 3)
        self.shown, self.framed = np.ones(len(self.patterns)), np.zeros(len(self.patterns))
        self.lit = 0.0
        self.count = self.patterns[0].shape[0]
        self.ground = Drawing(_cells(self.count))
        self.dots = [tuple(Drawing(_dots(p.values, rows)) for rows in _split(self.count, row)) for p in self.patterns]
        super().__init__(box.width, box.height)
        self.move_to(box.center)

    def panel(self, k: int) -> Box:
        """Where a panel is, in scene coordinates."""
        x, y, side = self.places[k]
        return Box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)

    @property
    def rows(self) -> np.ndarray:
        """[panel]: in which row from the top it stands."""
        return _rows(self.places)

    def piece(self, panels: list[int]) -> PatternWall:
        """A wall of some panels only (a panel may be named twice), lying exactly on top of this one."""
        twin = PatternWall(
            self.box, [self.patterns[k] for k in panels], self.places[panels], row=self.row, fill=self.rgb
        )
        twin.lit = self.lit
        return twin

    def at(self, places: Any) -> PatternWall:
        """A copy with its panels at other places."""
        twin = self.copy()
        twin.places = np.array(places, dtype=float).reshape(self.places.shape)
        return twin

    def draw(self, pen: Pen) -> None:
        for k, (x, y, side) in enumerate(self.places):
            opacity = float(self.shown[k])
            if opacity > 0.002:
                self._draw_panel(pen, k, x - self.box.left - side / 2, self.box.top - y - side / 2, side, opacity)

    def _draw_panel(self, pen: Pen, k: int, x: float, y: float, side: float, opacity: float) -> None:
        scale, radius = side / (self.count * CELLS), (1 - SEAM) * side / self.count / 2
        row, others = self.dots[k]
        cell, weights = side / self.count, self.patterns[k]
        shows = []
        for rows in _split(self.count, self.row):
            i, j = _seen(weights.values, rows)
            places = Place(j, x + cell / 2, cell, "x"), Place(i, y + cell / 2, cell, "y")
            shows.append((Area(Cells(weights, (i, j)), np.pi * radius**2), *places))
        pen.path(self.ground, x, y, scale, "cell", 0.75 * opacity)
        pen.path(others, x, y, scale, self.rgb, (1 - (1 - DIMMED) * self.lit) * opacity, shows=shows[1])
        pen.path(row, x, y, scale, self.rgb, opacity, shows=shows[0])
        if self.row is not None and self.lit > 0:
            here = Place(self.row, y + cell / 2, cell, "y")
            pen.frame(x, y + self.row * cell, side, cell, "target", 0.02, self.lit * opacity, shows=here)
        if self.framed[k] > 0.002:
            pad = 0.05
            pen.frame(x - pad, y - pad, side + 2 * pad, side + 2 * pad, "target", 0.035, self.framed[k] * opacity)


class Tag(Painted):
    """A few words on a plate of their own, one line or more, to stand on a picture."""

    def __init__(self, lines: Sequence[str], size: float, fill: Fill = "target"):
        self.lines, self.size, self.rgb = list(lines), size, color(fill)
        super().__init__(
            max(typesetting.width(line, size) for line in self.lines) + 0.4 * size,
            (1.1 * len(self.lines) + 0.25) * size,
        )

    def draw(self, pen: Pen) -> None:
        pen.rectangle(0, 0, *self.natural, "background", 1.0, radius=0.2 * self.size)
        pen.frame(0, 0, *self.natural, self.rgb, min(0.02, 0.06 * self.size), radius=0.2 * self.size)
        for k, line in enumerate(self.lines):
            pen.text(line, self.natural[0] / 2, (0.95 + 1.1 * k) * self.size, self.size, self.rgb, align=0.5)


def name_tag(names: Iterable[tuple[str, Tensor]], room: float) -> Tag:
    """A head's names, each with its score, to stand on its panel; broken where a line would be wider than the room.

    names: (name, score as a Tensor of one number)."""
    lines = [say("{n} {s:.0%}", n=name, s=score) for name, score in names]
    if typesetting.fitting_size(lines, room, TAG) < smallest():
        lines = [part for name, score in names for part in _broken(name, score, room)]
    return Tag(lines, max(typesetting.fitting_size(lines, room, TAG), smallest()))


def _broken(name: str, score: Tensor, room: float) -> list[Said]:
    """Name and score in two lines or three: after the hyphen or arrow, and before the score if need be."""
    cut = next((k + 1 for k, char in enumerate(name) if char in "→-"), 0)
    first, second = name[:cut], name[cut:]
    whole = say("{n} {s:.0%}", n=second, s=score)
    rest = (
        [whole]
        if typesetting.fitting_size([whole], room, TAG) >= smallest()
        else [Said(second), say("{s:.0%}", s=score)]
    )
    return [Said(first), *rest] if first else rest


def _split(count: int, row: int | None) -> tuple[list[int], list[int]]:
    """The row that can stand out, and the others."""
    return ([] if row is None else [row]), [i for i in range(count) if i != row]


def _cells(count: int) -> cairo.Path:
    ctx = typesetting._scratch()
    for i, j in np.ndindex(count, count):
        ctx.rectangle((j + SEAM / 2) * CELLS, (i + SEAM / 2) * CELLS, (1 - SEAM) * CELLS, (1 - SEAM) * CELLS)
    return ctx.copy_path()


def _dots(weights: np.ndarray, rows: list[int]) -> cairo.Path:
    ctx = typesetting._scratch()
    for i, j in zip(*_seen(weights, rows), strict=True):
        ctx.new_sub_path()
        ctx.arc((j + 0.5) * CELLS, (i + 0.5) * CELLS, np.sqrt(weights[i, j]) * (1 - SEAM) * CELLS / 2, 0, 2 * np.pi)
        ctx.close_path()
    return ctx.copy_path()


def _seen(weights: np.ndarray, rows: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Row and column [n] of the weights in these rows that have a dot, in the order in which they are drawn."""
    places, columns = np.nonzero(weights[rows] > 0.001)
    return np.array(rows, dtype=int)[places], columns


def tiles(box: Box, rows: int, columns: int, *, above: float = 0.0, right: float = 0.0, gap: float = 0.2) -> np.ndarray:
    """Places [rows × columns, 3] (centre and side) of squares in a box, row by row, with room above and to the right
    of each for labels."""
    side = min((box.width + gap) / columns - right - gap, (box.height + gap) / rows - above - gap)
    pitch_x = min((box.width + gap) / columns, 1.6 * (side + gap) + right)
    pitch_y = min((box.height + gap) / rows, 1.6 * (side + above + gap))
    x0, y0 = box.center[0] - (pitch_x * (columns - 1) + right) / 2, box.center[1] + (pitch_y * (rows - 1) - above) / 2
    return np.array([(x0 + j * pitch_x, y0 - i * pitch_y, side) for i in range(rows) for j in range(columns)])


def shape_of(box: Box, count: int, **room: Any) -> tuple[int, int]:
    """(rows, columns) in which that many squares become largest."""
    shapes = [(ceil(count / columns), columns) for columns in range(1, count + 1)]
    return max(shapes, key=lambda shape: tiles(box, *shape, **room)[0, 2] - 0.01 * (shape[0] * shape[1] - count))


def _rows(places: np.ndarray) -> np.ndarray:
    return np.unique(-places[:, 1].round(4), return_inverse=True)[1]


def make_room(places: np.ndarray, above: np.ndarray) -> np.ndarray:
    """The same places with smaller squares, so that each row has room above it: above [row], at most half of the
    height together."""
    rows, side = _rows(places), places[0, 2]
    top, height = places[:, 1].max() + side / 2, np.ptp(places[:, 1]) + side
    above = above * min(1.0, 0.5 * height / max(above.sum(), 1e-9))
    gap = np.diff(np.unique(-places[:, 1].round(4))).mean() - side if len(above) > 1 else 0.0
    smaller = (height - above.sum() - gap * (len(above) - 1)) / len(above)
    middles = top - np.cumsum(above) - (smaller + gap) * np.arange(len(above)) - smaller / 2
    return np.column_stack([places[:, 0], middles[rows], np.full(len(places), smaller)])


def wall_of_layers(
    stage: Box, patterns: Sequence[Tensor], *, row: int | None = None, size: float = 0.26, above: Any = None
) -> tuple[PatternWall, list[Label]]:
    """All heads of all layers, and the labels at the edges.

    above: for each row of the wall, the room that it needs above it. patterns: one Tensor [head, query, key] for each
    layer. Layers go down and heads across, or the other way round where that makes the panels larger; the panel of a
    head is number layer × heads + head either way. size: of the labels."""
    layers, heads = len(patterns), patterns[0].shape[0]
    side = typesetting.width("layer 00", size) + 0.15
    box = Box(stage.left + side, stage.bottom, stage.right, stage.top - 1.25 * size - 0.1)
    shape = max(((layers, heads), (heads, layers)), key=lambda shape: tiles(box, *shape, gap=0.12)[0, 2])
    places = tiles(box, *shape, gap=0.12)
    names = [say("layer {k}", k=k) for k in range(layers)], [say("head {k}", k=k) for k in range(heads)]
    if shape != (layers, heads):
        places, names = places.reshape(heads, layers, 3).swapaxes(0, 1).reshape(-1, 3), names[::-1]
    top = places[:, 1].max() + places[0, 2] / 2
    if above is not None:
        places = make_room(places, np.asarray(above, dtype=float))
    half, xs, ys = places[0, 2] / 2, np.unique(places[:, 0].round(4)), np.unique(places[:, 1].round(4))[::-1]
    pitch = np.diff(xs).min() if len(xs) > 1 else box.width
    small = max(typesetting.fitting_size(names[1], pitch - 0.06, size), smallest())
    labels = [
        Label(name, size, "secondary").next_to((xs[0] - half, y, 0), LEFT, buff=0.15)
        for name, y in zip(names[0], ys, strict=True)
    ]
    widest = max(typesetting.width(name, small) for name in names[1])
    every = ceil((widest + 0.06) / max(pitch, 1e-9) - 1e-6)  # of many only as many as find room
    labels += [
        Label(name, small, "secondary").next_to((x, top, 0), UP, buff=0.16)
        for name, x in list(zip(names[1], xs, strict=True))[::every]
    ]
    return PatternWall(box, [layer[head] for layer in patterns for head in range(heads)], places, row=row), labels


__all__ = ["PatternWall", "Tag", "name_tag", "shape_of", "tiles", "wall_of_layers"]
