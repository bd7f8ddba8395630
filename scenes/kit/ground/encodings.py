"""What shapes stand for: a mark is a shape on screen, an encoding says which number it shows and how.

All encodings measure in the local units of the mobject that draws the mark (`Mark.local`), so that moving, scaling and
turning it changes nothing. `cell` is the number that is shown: a Cell, Cells where one mark is many shapes, or a count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scenes.kit.ground.readings import Array, Cell, Cells

What = Cell | Cells | int | Array


@dataclass(frozen=True)
class Length:
    """The extent along an axis ("x", "y", or "along" its own direction), from `zero`: unit × value."""

    cell: What
    zero: float
    unit: float
    axis: str = "x"


@dataclass(frozen=True)
class Area:
    """The area: unit × value."""

    cell: What
    unit: float


@dataclass(frozen=True)
class Angle:
    """The direction in radians, counter-clockwise: zero + unit × value; Cells of two numbers are (across, up)."""

    cell: What
    zero: float = 0.0
    unit: float = 1.0


@dataclass(frozen=True)
class Swept:
    """The angle from the start of a sector to its end, or of all windings of a spiral, in radians, counter-clockwise:
    the value, whole rounds included."""

    cell: What


@dataclass(frozen=True)
class Place:
    """The position on an axis: zero + unit × value. at: which part of the mark stands there (its middle; the start or
    end along the axis; the first or the last point of a line). short: by how much the tip of an arrow ends before it,
    along its own direction."""

    cell: What
    zero: float
    unit: float
    axis: str = "x"
    at: str = "middle"
    short: float = 0.0


@dataclass(frozen=True)
class Projected:
    """The place of a point (x to the right, y up, z towards the eye) in parallel projection.

    cell: three numbers, or [n, 3]. zero: the place of 0, 0, 0. unit: local units for one, along every axis. azimuth:
    radians by which the space has turned about y (z comes to the right); elevation: by which the eye stands higher.
    at, short: as in Place."""

    cell: What
    zero: tuple[float, float]
    unit: float
    azimuth: float
    elevation: float
    at: str = "middle"
    short: float = 0.0


@dataclass(frozen=True)
class Shade:
    """The colour: from the empty cell's towards the hue of `kind` by most · (|value| / scale)^power, at most the
    whole; then, while something moves, towards the ink by `lit` (of all, or of each)."""

    cell: What
    scale: float
    kind: str
    power: float = 1.0
    most: float = 1.0
    lit: float | Array = 0.0


@dataclass(frozen=True)
class Side:
    """The colour: that of one role where the value is not below zero, else that of another."""

    cell: What
    above: str
    below: str


@dataclass(frozen=True)
class Thickness:
    """The width of a line: unit × value."""

    cell: What
    unit: float


@dataclass(frozen=True)
class Through:
    """A line from left to right through points: the place of each across, and up."""

    cell: What
    across: Place
    up: Place


Encoding = Length | Area | Angle | Swept | Place | Projected | Shade | Side | Thickness | Through
Shows = Encoding | tuple[Encoding, ...] | None


def determinant(matrix: Array) -> float:
    """Of the first two columns of a map [2, 3]: by how much it enlarges areas; negative if it mirrors."""
    (a, b, _), (c, d, _) = matrix.tolist()
    return float(a * d - b * c)


@dataclass(frozen=True)
class Mark:
    """A shape on screen, or (with one more axis in front) many alike. Drawn in this order, the last on top.

    kind and points, in scene coordinates:
    "rectangle", "frame", "image": corners [4, 2], clockwise from upper left · "circle", "arc": the centre [2] ·
    "line", "polygon": [n, 2] · "curve": the four control points of a cubic [4, 2], first and last its ends ·
    "path": the corners of the boxes of its parts [part, 4, 2].
    matrix: local → scene [2, 3]. rgb [3] (of an image [rows, columns, 3]), opacity: of the mobject included.
    line: width of the stroke, 0 where filled; dashed: whether it is broken. angles: start and end of an arc,
    counter-clockwise from the right."""

    kind: str
    points: Array
    matrix: Array
    rgb: Array
    opacity: float | Array
    radius: float | Array = 0.0
    line: float | Array = 0.0
    angles: tuple[float, float] | None = None
    shows: tuple[Encoding, ...] = ()
    dashed: bool = False

    @property
    def zoom(self) -> float:
        """Scene units per local unit."""
        return math.sqrt(abs(determinant(self.matrix)))

    @property
    def local(self) -> Array:
        """The points in the units in which `shows` measures (y down)."""
        return (self.points - self.matrix[:, 2]) @ np.linalg.inv(self.matrix[:, :2]).T


__all__ = [
    "Angle",
    "Area",
    "Encoding",
    "Length",
    "Mark",
    "Place",
    "Projected",
    "Shade",
    "Shows",
    "Side",
    "Swept",
    "Thickness",
    "Through",
    "What",
]
