"""Pens: what a mobject draws with. One paints, one reads; no mobject knows which it has in hand.

Coordinates are the mobject's own: origin at the upper left corner of its box, y down, scene units as at creation.
Colours are roles of the theme or RGB triples; opacities are multiplied by the mobject's. `shows` says what the geometry
or the colour of a shape stands for (scenes.kit.ground.encodings)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import cairo
import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Mark, Shows
from scenes.kit.ground.readings import Array, Cell, Of, Shown
from scenes.kit.ground.say import number
from scenes.kit.ground.style import color
from scenes.kit.ground.typesetting import EM, Drawing, Ink, Run, parts_of

Fill = str | Array
Rectangle = tuple[float, float, float, float]  # x, y, width, height
UNSEEN = 0.002  # opacity up to which nothing is drawn
# How far below `y` the baseline lies, in em: y is the baseline, or the middle of small letters, of letters, of digits.
LEVELS = {"baseline": 0.0, "words": 0.28, "letters": 0.3, "digits": 0.34}


@dataclass(slots=True)
class Shape:
    """One call of a pen. at: (x, y, w, h) of rectangles, frames and images; points of all others; the path's box.

    Of several at once, `at`, `fill` and `opacity` are arrays. peaks: of an image how strong each cell is; where there
    are more columns than pixels, each pixel shows the strongest of its cells, lest a lone one be lost between two."""

    kind: str
    at: Any
    fill: Any
    opacity: Any = 1.0
    radius: Any = 0.0
    line: float = 0.0
    shows: Shows = None
    angles: tuple[float, float] | None = None
    dashed: bool = False
    path: Drawing | None = None
    scale: float = 1.0
    peaks: Array | None = None
    made: dict[Any, Any] = field(default_factory=dict)  # what several pens that paint it need alike


@dataclass(slots=True)
class Line:
    """A line of text around (x, y): its path, `shift` to the right, turned by `angle`, with `scale` local units to
    one of its own.

    size: its em. ink: left, top, right, bottom of the path. numbers: None where the text knows them itself. runs: the
    parts that were set in one font each. of: what it names."""

    text: str
    x: float
    y: float
    shift: float
    angle: float
    size: float
    scale: float
    fill: Fill
    opacity: float
    path: cairo.Path
    ink: Ink
    runs: tuple[Run, ...]
    numbers: tuple[Shown, ...] | None
    area: Rectangle | None
    of: Of = None


class Pen(ABC):
    """What a mobject draws with, in its own coordinates: everything that can be drawn.

    opacity: of the mobject that draws."""

    def __init__(self, opacity: float = 1.0):
        self.opacity = opacity

    @abstractmethod
    def draw(self, shape: Shape) -> None:
        """A shape that can be seen."""

    @abstractmethod
    def write(self, line: Line) -> None:
        """A text that can be seen."""

    @abstractmethod
    def clipped(self, boxes: Iterable[Rectangle]) -> AbstractContextManager[None]:
        """A context manager: meanwhile only what lies in one of the boxes is drawn."""

    def number(
        self,
        tensor: Tensor,
        index: tuple[int, ...],
        spec: str,
        x: float,
        y: float,
        size: float,
        fill: Fill = "ink",
        opacity: float = 1.0,
        *,
        value: float | None = None,
        **how: Any,
    ) -> None:
        """Write tensor[index] in a format (`say.number`). value: what is shown while it changes. how: as in `text`."""
        text = number(tensor.values[index] if value is None else value, spec)
        self.text(text, x, y, size, fill, opacity, numbers=self.source(text, tensor, index, spec), **how)

    def source(self, text: str, tensor: Tensor, index: tuple[int, ...], spec: str) -> tuple[Shown, ...]:
        """What a number is, for a pen that reads; a pen that paints does not ask."""
        return ()

    # ── texts ────────────────────────────────────────────────────────────────────────────────────
    def text(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        fill: Fill = "ink",
        opacity: float = 1.0,
        *,
        align: float = 0.0,
        level: str = "baseline",
        angle: float = 0.0,
        face: str = "roman",
        numbers: tuple[Shown, ...] | None = None,
        area: Rectangle | None = None,
        of: Of = None,
    ) -> None:
        """Write a line. align 0 = from x, ½ = centred on x, 1 = up to x. level: what of it lies at y: its "baseline",
        or the middle of "words", "letters" or "digits". Angle in radians, up. numbers: the values in it, if the text
        does not know them itself. area: where a click means it. of: what it is a name of."""
        if opacity * self.opacity > UNSEEN and text:
            shape, scale = typesetting.outline(str(text), face), size / EM
            y += LEVELS[level] * size
            self.write(
                Line(
                    text,
                    x,
                    y,
                    -align * shape.advance,
                    angle,
                    size,
                    scale,
                    fill,
                    opacity,
                    shape.path,
                    shape.ink,
                    shape.runs,
                    numbers,
                    area,
                    of,
                )
            )

    def glyphs(self, drawing: Drawing, scale: float, fill: Fill, *, said: str, size: float) -> None:
        """Text that is a path already (a formula), from the origin: what it says, and its em."""
        ink, path = drawing.ink, drawing.path
        runs = (Run(said, "math", ink),)
        self.write(Line(said, 0.0, 0.0, 0.0, 0.0, size, scale, fill, 1.0, path, ink, runs, None, None))

    # ── shapes ───────────────────────────────────────────────────────────────────────────────────
    def rectangle(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        fill: Fill,
        opacity: float = 1.0,
        radius: float = 0.0,
        *,
        shows: Shows = None,
    ) -> None:
        """A filled rectangle; radius: of its corners."""
        if opacity > 0:
            self.draw(Shape("rectangle", (x, y, w, h), fill, opacity, radius, shows=shows))

    def rectangles(self, boxes: Array, fills: Array, opacities: Array, *, shows: Shows = None) -> None:
        """Many at once: boxes [n, 4] (x, y, w, h), fills [n, 3], opacities [n]."""
        self.draw(Shape("rectangles", boxes, fills, opacities, shows=shows))

    def frame(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        stroke: Fill,
        line: float = 0.02,
        opacity: float = 1.0,
        radius: float = 0.0,
        *,
        dashed: bool = False,
        shows: Shows = None,
    ) -> None:
        """The edge of a rectangle."""
        if opacity > 0:
            self.draw(Shape("frame", (x, y, w, h), stroke, opacity, radius, line, shows, dashed=dashed))

    def line(
        self,
        points: Iterable[Any],
        stroke: Fill,
        line: float = 0.02,
        opacity: float = 1.0,
        *,
        dashed: bool = False,
        shows: Shows = None,
    ) -> None:
        """A line through points [n, 2]."""
        if opacity > 0:
            self.draw(Shape("line", points, stroke, opacity, line=line, dashed=dashed, shows=shows))

    def curve(
        self, points: Sequence[Any], stroke: Fill, line: float, opacity: float = 1.0, *, shows: Shows = None
    ) -> None:
        """A cubic curve: its start, its two control points, its end."""
        if opacity > 0:
            self.draw(Shape("curve", points, stroke, opacity, line=line, shows=shows))

    def polygon(self, points: Iterable[Any], fill: Fill, opacity: float = 1.0, *, shows: Shows = None) -> None:
        """A filled polygon with corners [n, 2]."""
        if opacity > 0:
            self.draw(Shape("polygon", points, fill, opacity, shows=shows))

    def circle(
        self,
        x: float,
        y: float,
        radius: float,
        fill: Fill,
        opacity: float = 1.0,
        *,
        line: float = 0.0,
        shows: Shows = None,
    ) -> None:
        """A filled circle, or with `line` a ring of that width."""
        if opacity > 0 and radius > 0:
            self.draw(Shape("circle", (x, y), fill, opacity, radius, line, shows))

    def circles(self, points: Array, radii: Any, fill: Fill, opacities: Any = 1.0, *, shows: Shows = None) -> None:
        """Many in one colour: points [n, 2]; radii and opacities one for all, or [n]."""
        self.draw(Shape("circles", points, fill, opacities, radii, shows=shows))

    def dots(self, points: Array, radius: float, fill: Fill, opacity: float = 1.0, *, shows: Shows = None) -> None:
        """Very many small ones in one stroke: where they overlap they are not brighter."""
        if opacity > 0:
            self.draw(Shape("dots", points, fill, opacity, radius, shows=shows))

    def arc(
        self,
        x: float,
        y: float,
        radius: float,
        start: float,
        end: float,
        fill: Fill,
        opacity: float = 1.0,
        *,
        shows: Shows = None,
    ) -> None:
        """A filled sector of a circle from one angle to another, in radians counter-clockwise from the right."""
        if opacity > 0:
            self.draw(Shape("arc", (x, y), fill, opacity, radius, shows=shows, angles=(start, end)))

    def image(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        rgb: Array,
        opacity: Array,
        *,
        shows: Shows = None,
        peaks: Array | None = None,
    ) -> None:
        """Colours [rows, columns, 3] with opacities [rows, columns], as equal rectangles that fill a rectangle. peaks:
        how strong each is, where those that share a pixel are to show the strongest."""
        self.draw(Shape("image", (x, y, w, h), rgb, opacity, shows=shows, peaks=peaks))

    def path(
        self,
        drawing: Drawing,
        x: float,
        y: float,
        scale: float,
        fill: Fill,
        opacity: float = 1.0,
        *,
        shows: Shows = None,
    ) -> None:
        """A filled path, its origin at (x, y)."""
        if opacity > 0:
            self.draw(Shape("path", (x, y), fill, opacity, shows=shows, path=drawing, scale=scale))


class ReadingPen(Pen):
    """Notes what is drawn, in the mobject's coordinates: the texts, and if asked (`marking`) all shapes."""

    def __init__(self, opacity: float = 1.0, *, marking: bool = False):
        super().__init__(opacity)
        self.marking = marking
        self.lines: list[Line] = []
        self.marks: list[Mark] = []

    def write(self, line: Line) -> None:
        self.lines.append(line)

    def source(self, text: str, tensor: Tensor, index: tuple[int, ...], spec: str) -> tuple[Shown, ...]:
        return (Shown(text, Cell(tensor, index), spec),)

    def clipped(self, boxes: Iterable[Rectangle]) -> nullcontext[None]:
        return nullcontext()

    def draw(self, shape: Shape) -> None:
        if not self.marking:
            return
        kind, points = MARKS.get(shape.kind, shape.kind), np.asarray(list(shape.at), dtype=float)
        if not points.size:
            return  # many at once, and none of them
        if kind in ("rectangle", "frame", "image"):
            points = corners_of(*np.moveaxis(points, -1, 0))
        elif shape.path is not None:
            low, high = parts_of(shape.path)
            points = points + shape.scale * corners_of(*low.T, *(high - low).T)
        shows = shape.shows if isinstance(shape.shows, tuple) else () if shape.shows is None else (shape.shows,)
        self.marks.append(
            Mark(
                kind,
                points,
                LOCAL,
                np.array(color(shape.fill), dtype=float),
                shape.opacity * self.opacity,
                shape.radius,
                shape.line,
                shape.angles,
                shows,
                shape.dashed,
            )
        )


MARKS = {"rectangles": "rectangle", "circles": "circle", "dots": "circle"}  # what many at once are
LOCAL = np.eye(2, 3)


def corners_of(x: Any, y: Any, w: Any, h: Any, pad: float = 0.0) -> Array:
    """Corners [..., 4, 2] of rectangles, clockwise from upper left, `pad` further out."""
    left, top, right, bottom = x - pad, y - pad, x + w + pad, y + h + pad
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    return corners if corners.ndim == 2 else np.moveaxis(corners, (0, 1), (-2, -1))
