"""The painting camera, and mobjects that paint themselves.

Manim draws a grid of numbers glyph by glyph, one Python object each. A `Painted` mobject is one VMobject
whose `points` hold nothing but its box (four straight curves), and which paints all it shows into the Cairo
context in one go. Because the geometry lives in `points`, `.animate`, FadeIn, Transform, scale, rotate, shift,
next_to, VGroup, updaters and caching work unchanged; what a look is made of (arrays of values, colours,
opacities) interpolates in `interpolate_color`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any, ClassVar, TypeVar, cast

import cairo
import numpy as np
from manim import Camera, Create, DrawBorderThenFill, VMobject, Write, override_animation

from scenes.kit.ground.cairopen import CairoPen, Pens, Sheet
from scenes.kit.ground.encodings import Mark, determinant
from scenes.kit.ground.layout import HOME, Box, View
from scenes.kit.ground.pen import Line, Pen, ReadingPen, Rectangle, corners_of
from scenes.kit.ground.readings import Array, Claim, Reading, shown_in
from scenes.kit.ground.style import color, current
from scenes.kit.ground.theme import Theme

T = TypeVar("T")
MIXES = "mixes"
Mix = Annotated[T, MIXES]  # an attribute of a Painted that interpolates


FAR = 100.0  # scene units: beyond the left and right edge of every frame


def on_all(name: str) -> Any:
    """A method of Manim's camera that draws things into pixels, here into those of all sheets."""

    def draw(self: PaintingCamera, things: Iterable[Any], pixels: Array) -> None:
        things = [*things]
        for each in (pixels, *self.pixels):
            getattr(Camera, name)(self, things, each)

    return draw


class PaintingCamera(Camera):
    """Manim's Cairo camera; a mobject that can paint itself does so, all others are drawn as ever.

    view: where it looks (`Travel` moves it); what is `pinned` stays where it is in the frame. window: the part of the
    frame that a Travel fills with what it goes to, and above and below which nothing of that is drawn; None for all.
    sheets, and their pixels: what else it draws on meanwhile (`drawing_on`)."""

    sheets: tuple[Sheet, ...] = ()
    pixels: tuple[Array, ...] = ()
    view: View = HOME
    window: Box | None = None

    display_multiple_image_mobjects = on_all("display_multiple_image_mobjects")
    display_multiple_point_cloud_mobjects = on_all("display_multiple_point_cloud_mobjects")
    display_multiple_background_colored_vmobjects = on_all("display_multiple_background_colored_vmobjects")

    @contextmanager
    def drawing_on(
        self, theme: Theme, *sheets: tuple[bool, int], edges: cairo.Antialias = cairo.Antialias.DEFAULT
    ) -> Iterator[tuple[Array, ...]]:
        """Meanwhile everything is drawn on so many sheets as well, pixels [height, width, 4]. Of each: whether with
        text (without it, what lies behind can be seen), and in which of the themes that a theme has. edges: how fine
        they are, here and on the camera's own sheet."""
        background: Array = self.background
        self.pixels = tuple(background.copy() for _ in sheets)
        for each, (_, number) in zip(self.pixels, sheets, strict=True):
            if number:
                paper = [*np.rint(255 * theme.each[number]["background"]), background[0, 0, 3]]
                each.view(np.uint32)[...] = np.array(paper, dtype=np.uint8).view(np.uint32)  # four bytes at once
        own, *contexts = map(self.get_cairo_context, (self.pixel_array, *self.pixels))
        self.sheets = tuple(Sheet(ctx, *how) for ctx, how in zip(contexts, sheets, strict=True))
        for ctx in (own, *contexts):
            ctx.set_antialias(edges)
        try:
            yield self.pixels
        finally:
            own.set_antialias(cairo.Antialias.DEFAULT)
            for each in self.pixels:  # Manim keeps them by their ids
                del self.pixel_array_to_cairo_context[id(each)]
            self.sheets, self.pixels = (), ()

    def display_vectorized(self, vmobject: VMobject, ctx: cairo.Context[Any]) -> PaintingCamera:
        view, sheets = seen_in(vmobject, self.view), (Sheet(ctx), *self.sheets)
        for sheet in sheets if view is not HOME else ():
            sheet.ctx.save()
            if self.window is not None:  # what is close does not run into heading and caption
                sheet.ctx.rectangle(-FAR, self.window.bottom, 2 * FAR, self.window.height)
                sheet.ctx.clip()
            sheet.ctx.transform(cairo.Matrix(view.zoom, 0, 0, view.zoom, view.x, view.y))
        if isinstance(vmobject, Painted):
            vmobject.paint(*sheets)
        else:
            for sheet in sheets:
                super().display_vectorized(vmobject, sheet.ctx)
        for sheet in sheets if view is not HOME else ():
            sheet.ctx.restore()
        return self


def seen_in(mobject: Any, view: View) -> View:
    """The view in which a mobject is seen: what is pinned to the frame is not moved by the camera."""
    return HOME if getattr(mobject, "pinned", False) else view


class Painted(VMobject):
    """A box of width × height (scene units) that paints itself.

    Subclasses implement `draw(pen)`, in local coordinates (origin at the upper left corner, y down, units as at
    creation). What is read off it (`readings`, `marks`) is gathered by the same code that paints, so it cannot
    disagree with the picture. What interpolates in a Transform or `.animate` is declared with its type, `values:
    Mix[np.ndarray]` (see `blend`); `look` has their names. Where one of those that `fades` names differs,
    `word_opacity` falls to 0 half-way: words cannot mix.
    """

    look: ClassVar[tuple[str, ...]] = ()
    fades: ClassVar[tuple[str, ...]] = ()
    points: Array  # Manim's: the box
    target: Any  # Manim's: where its last `.animate` leads
    pinned = False  # to the frame: the camera does not move it
    word_opacity = 1.0
    begun: Array | None = None  # how far each entry is seen, while some still wait for their turn to grow

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        declared = cls.__dict__.get("__annotations__", {}).items()
        mixed = [name for name, kind in declared if _mixes(kind)]
        cls.look = tuple(dict.fromkeys([*cls.look, *mixed]))

    def __init__(self, width: float, height: float, **kwargs: Any):
        super().__init__(stroke_width=0, fill_opacity=0, **kwargs)
        # Manim looks at these; nothing is drawn with them.
        self.fill_rgbas = self.stroke_rgbas = self.background_stroke_rgbas = np.zeros((1, 4))
        self.style = current()
        self.opacity = 1.0
        self.window = (0.0, 1.0)  # the part from left to right that is drawn (Create, Write)
        self.reset_box(width, height)

    def reset_box(self, width: float, height: float) -> None:
        """Start over with a box of that size around the origin."""
        self.natural = (float(width), float(height))
        w, h = width / 2, height / 2
        self.set_points_as_corners([(-w, h, 0), (w, h, 0), (w, -h, 0), (-w, -h, 0), (-w, h, 0)])

    # ── geometry ─────────────────────────────────────────────────────────────────────────────────
    def matrix(self) -> cairo.Matrix:
        """Local → scene coordinates, read off the box in `points`."""
        quarter = len(self.points) // 4
        ul, ur, dl = self.points[0, :2], self.points[quarter, :2], self.points[3 * quarter, :2]
        (xx, yx), (xy, yy) = (ur - ul) / self.natural[0], (dl - ul) / self.natural[1]
        return cairo.Matrix(xx, yx, xy, yy, ul[0], ul[1])

    def to_scene(self, x: float, y: float) -> np.ndarray:
        """A local point in scene coordinates [3]."""
        return np.array([*self.matrix().transform_point(x, y), 0.0])

    def corners_of(self, rectangle: Rectangle, pad: float = 0.0) -> Array:
        """Scene corners [4, 3] (clockwise from upper left) of a local rectangle (x, y, w, h)."""
        return np.array([self.to_scene(*corner) for corner in corners_of(*rectangle, pad)])

    def zoom(self) -> float:
        """Scene units per local unit: how much the mobject has been scaled since it was made."""
        m = self.matrix()
        return float(np.sqrt(abs(m.xx * m.yy - m.xy * m.yx)))

    # ── painting ─────────────────────────────────────────────────────────────────────────────────
    def draw(self, pen: Pen) -> None:
        raise NotImplementedError

    def has_begun(self, i: int) -> float:
        """How far an entry is seen, 0…1: what waits to grow shows no number, which would be one that nothing gave."""
        return 1.0 if self.begun is None or i >= len(self.begun) else float(self.begun[i])

    def paint(self, *sheets: Sheet) -> None:
        if self.opacity <= 0.002 or self.natural[0] <= 0 or self.natural[1] <= 0:
            return
        matrix, (left, right), (wide, high) = self.matrix(), self.window, self.natural
        for sheet in sheets:
            sheet.ctx.new_path()  # Manim leaves the path of what it has filled
            sheet.ctx.save()
        try:
            for sheet in sheets:
                sheet.ctx.transform(matrix)
                if self.window != (0.0, 1.0):
                    sheet.ctx.rectangle(left * wide - 0.2, -2, (right - left) * wide + 0.2, high + 4)
                    sheet.ctx.clip()
            pens = [CairoPen(sheet, self.opacity) for sheet in sheets]
            with self.style.used():
                self.draw(pens[0] if len(pens) == 1 else Pens(pens))
        except cairo.Error:
            pass  # a box scaled to nothing cannot be drawn on, and need not be
        finally:
            for sheet in sheets:
                sheet.ctx.restore()
                sheet.ctx.new_path()

    def read(self, marking: bool = True) -> ReadingPen:
        """What it shows now, in its own units; marking: the shapes as well as the texts."""
        pen = ReadingPen(self.opacity, marking=marking)
        with self.style.used():
            self.draw(pen)
        return pen

    def readings(self, view: View = HOME) -> list[Reading]:
        """All the text that this mobject shows now, with its sources; where it is seen by a camera."""
        return self._as_readings(self.read(False), view)

    def marks(self, view: View = HOME) -> list[Mark]:
        """All shapes that this mobject shows now, as a camera sees them, with what they stand for."""
        return self._as_marks(self.read(), view)

    def seen(self, view: View = HOME, pen: ReadingPen | None = None) -> tuple[list[Reading], list[Mark]]:
        """Its readings and its marks, read at once; pen: with which it has been read already."""
        pen = pen or self.read()
        return self._as_readings(pen, view), self._as_marks(pen, view)

    def _as_readings(self, pen: ReadingPen, view: View) -> list[Reading]:
        matrix, zoom = self._seen_through(view)
        with self.style.used():
            return [_reading(line, matrix, zoom, self.opacity) for line in pen.lines]

    def _as_marks(self, pen: ReadingPen, view: View) -> list[Mark]:
        matrix, zoom = self._seen_through(view)
        to_frame = np.array([[matrix.xx, matrix.xy, matrix.x0], [matrix.yx, matrix.yy, matrix.y0]])
        return [_in_scene(mark, to_frame, zoom) for mark in pen.marks]

    def _seen_through(self, view: View) -> tuple[cairo.Matrix, float]:
        """Local → frame coordinates, and frame units per local unit."""
        view = seen_in(self, view)
        to_frame = cairo.Matrix(view.zoom, 0, 0, view.zoom, view.x, view.y)
        return self.matrix().multiply(to_frame), self.zoom() * view.zoom

    def claims(self) -> list[Claim]:
        """Sums that must hold in what is shown."""
        return []

    # ── what Manim's animations ask of a VMobject ────────────────────────────────────────────────
    def __deepcopy__(self, memo: dict[int, Any]) -> Painted:
        """A copy without the target of its last `.animate`, which is as large as itself."""
        target, self.target = self.target, None
        try:
            return cast(Painted, super().__deepcopy__(memo))
        finally:
            self.target = target

    def interpolate_color(self, start: Painted, end: Painted, alpha: float) -> Painted:
        if isinstance(start, Painted) and isinstance(end, Painted):
            self.opacity = (1 - alpha) * start.opacity + alpha * end.opacity
        if not type(start) is type(end) is type(self):
            return self
        if self.mixes(start, end):
            for name in self.look:
                setattr(self, name, blend(getattr(start, name), getattr(end, name), alpha))
            if alpha >= 1:
                self.take(end)
        else:  # another shape or other words: fade out as the one, fade in as the other, neither of them stretched
            opacity, shown = self.opacity, end if alpha >= 0.5 else start
            self.take(shown)
            self.opacity = opacity * abs(1 - 2 * alpha)
            self.points = shown.points + middle(self.points) - middle(shown.points)
        if self.fades:
            alike = all(_alike(getattr(start, name), getattr(end, name)) for name in self.fades)
            self.word_opacity = 1.0 if alike else abs(1 - 2 * alpha)
        return self

    def mixes(self, start: Painted, end: Painted) -> bool:
        """Whether the two looks can be mixed part by part."""
        return all(np.shape(getattr(start, name)) == np.shape(getattr(end, name)) for name in self.look)

    def take(self, other: Painted) -> None:
        """Show what the other shows from now on (the end of a Transform)."""
        keep = {"points", "submobjects", "updaters", "target", "saved_state"}
        mine = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in other.__dict__.items() if k not in keep}
        self.__dict__.update(mine)

    def pointwise_become_partial(self, vmobject: Painted, a: float, b: float) -> Painted:
        self.points = vmobject.points.copy()
        self.window = (a, b)
        return self

    @override_animation(Write)
    def _written(self, **kwargs: Any) -> Create:
        """There is no border to draw first: writing is appearing from left to right."""
        return Create(self, **kwargs)

    @override_animation(DrawBorderThenFill)
    def _drawn(self, **kwargs: Any) -> Create:
        return Create(self, **kwargs)

    def match_style(self, vmobject: Any, family: bool = True) -> Painted:
        return self  # Manim's styles (stroke, fill) say nothing here

    def set_opacity(self, opacity: float, family: bool = True) -> Painted:
        self.opacity = float(opacity)
        if family:
            for sub in self.submobjects:
                sub.set_opacity(opacity)
        return self

    def fade(self, darkness: float = 0.5, family: bool = True) -> Painted:
        self.opacity *= 1 - darkness
        if family:
            for sub in self.submobjects:
                sub.fade(darkness, family)
        return self

    def set_fill(self, color: Any = None, opacity: float | None = None, family: bool = True) -> Painted:
        if opacity is not None and hasattr(self, "natural"):
            self.set_opacity(opacity, family)
        return self

    def get_fill_opacity(self) -> float:
        return self.opacity

    def set_stroke(self, *args: Any, **kwargs: Any) -> Painted:
        return self


def blend(a: Any, b: Any, alpha: float) -> Any:
    """a → b: numbers, arrays of one shape and tuples mix part by part, −∞ and anything else switches half-way."""
    if isinstance(a, (float, int)) and isinstance(b, (float, int)):
        return (1 - alpha) * a + alpha * b
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        return tuple(blend(x, y, alpha) for x, y in zip(a, b, strict=True))
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.shape == b.shape and a.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            mixed = (1 - alpha) * a + alpha * b
        finite = np.isfinite(mixed)
        return mixed if finite.all() else np.where(finite, mixed, b if alpha >= 0.5 else a)
    return b if alpha >= 0.5 else a


def _mixes(kind: Any) -> bool:
    """Whether an annotation, written out or not, is Mix[…]."""
    return kind.split("[")[0].endswith("Mix") if isinstance(kind, str) else MIXES in getattr(kind, "__metadata__", ())


def _alike(a: Any, b: Any) -> bool:
    return a is b or isinstance(a, (str, list, tuple)) and a == b


def middle(points: Array) -> Array:
    """Of the box around points [n, 3]."""
    return (points.min(axis=0) + points.max(axis=0)) / 2


def _reading(line: Line, matrix: cairo.Matrix, zoom: float, opacity: float) -> Reading:
    left, top, right, bottom = line.ink
    c, s = np.cos(-line.angle), np.sin(-line.angle)
    local = (np.array([(left, top), (right, top), (right, bottom), (left, bottom)]) + (line.shift, 0)) * line.scale
    local = local @ np.array([[c, s], [-s, c]]) + (line.x, line.y)
    to_scene = matrix.transform_point
    return Reading(
        str(line.text),
        np.array([to_scene(*p) for p in local]),
        line.size * zoom,
        np.asarray(color(line.fill), dtype=float),
        line.opacity * opacity,
        shown_in(line.text) if line.numbers is None else line.numbers,
        None if line.area is None else np.array([to_scene(*p) for p in corners_of(*line.area)]),
        line.of,
        line.runs,
    )


def _in_scene(mark: Mark, matrix: Array, zoom: float) -> Mark:
    turned, mirrored = np.arctan2(matrix[1, 0], matrix[0, 0]), determinant(matrix) > 0
    angles = mark.angles
    if angles is not None:
        start, end = (float(turned + (-a if mirrored else a)) for a in angles)
        angles = (start, end)
    points = mark.points @ matrix[:, :2].T + matrix[:, 2]
    return replace(mark, points=points, matrix=matrix, radius=mark.radius * zoom, line=mark.line * zoom, angles=angles)


__all__ = ["CairoPen", "Claim", "Mix", "Painted", "PaintingCamera", "Pen", "ReadingPen", "blend", "corners_of"]
