"""The painting camera, and mobjects that paint themselves.

Manim draws a grid of numbers glyph by glyph, one Python object each. A `Painted` mobject is one VMobject
whose `points` hold nothing but its box (four straight curves), and which paints all it shows into the Cairo
context in one go. Because the geometry lives in `points`, `.animate`, FadeIn, Transform, scale, rotate, shift,
next_to, VGroup, updaters and caching work unchanged; what a look is made of (arrays of values, colours,
opacities) interpolates in `interpolate_color`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import cairo
import numpy as np
from manim import Camera, Create, DrawBorderThenFill, VMobject, Write, override_animation

from scenes.kit.ground import typesetting
from scenes.kit.ground.theme import color

EM = typesetting.EM


class PaintingCamera(Camera):
    """Manim's Cairo camera; a mobject that can paint itself does so, all others are drawn as ever."""

    def display_vectorized(self, vmobject: VMobject, ctx: cairo.Context) -> PaintingCamera:
        paint = getattr(vmobject, "paint", None)
        if paint is None:
            return super().display_vectorized(vmobject, ctx)
        paint(ctx)
        return self


@dataclass(frozen=True)
class Cell:
    """One number of a Tensor: what a reading shows, and where it comes from."""

    tensor: Any
    index: tuple[int, ...] = ()

    def value(self) -> float:
        return float(self.tensor.values[self.index])

    def source(self) -> str:
        return self.tensor.source(*self.index)


@dataclass(frozen=True)
class Shown:
    """A value that stands in a text: the characters, the value (Cell, int or str), and its format."""

    text: str
    value: Any
    spec: str


@dataclass(frozen=True)
class Reading:
    """A piece of text on screen: what the audit checks and what the preview tells at a click."""

    text: str
    corners: np.ndarray  # [4, 2] of its ink box in scene coordinates, clockwise from upper left
    size: float  # em in scene units
    rgb: np.ndarray
    opacity: float
    numbers: tuple[Shown, ...] = ()
    area: np.ndarray | None = None  # [4, 2] where a click means this reading (a cell), if larger than the text


@dataclass(frozen=True)
class Claim:
    """Numbers on screen that must add up: Σ of the parts (each a tuple of factors) = total, as displayed."""

    parts: tuple[tuple[Shown, ...], ...]
    total: Shown
    what: str = "sum"


@dataclass(frozen=True)
class Drawn:
    """Values that lengths, areas or colours show: they must equal tensor.values[index]. NaN: not drawn."""

    values: np.ndarray
    tensor: Any
    index: tuple


def set_source(ctx: cairo.Context, rgb, opacity: float = 1.0) -> None:
    """Set the colour. Manim's surface is BGRA seen as RGBA, hence the swap."""
    ctx.set_source_rgba(rgb[2], rgb[1], rgb[0], opacity)


def shown_in(text: str) -> tuple[Shown, ...]:
    """The values in a Said, as Shown."""
    return tuple(
        Shown(text[s.start : s.end], s.value if isinstance(s.value, (int, str, np.integer)) else Cell(s.value), s.spec)
        for s in getattr(text, "spans", ())
    )


@dataclass
class _Text:
    """A line of text in local coordinates, as gathered for readings."""

    text: str
    x: float
    y: float
    size: float
    rgb: Any
    opacity: float
    angle: float = 0.0
    numbers: tuple[Shown, ...] | None = None
    area: tuple[float, float, float, float] | None = None
    face: str = "roman"


class Painted(VMobject):
    """A box of width × height (scene units) that paints itself.

    Subclasses implement `draw(pen)`. `pen` offers the Cairo context in local coordinates (origin at the upper
    left corner, y down, units as at creation) and `pen.text`, which also notes what was written where: the
    readings are gathered by the same code that paints, so they cannot disagree with the picture.
    `look` names the attributes (floats and arrays) that interpolate in a Transform or `.animate`.
    """

    look: tuple[str, ...] = ()

    def __init__(self, width: float, height: float, **kwargs):
        super().__init__(stroke_width=0, fill_opacity=0, **kwargs)
        # Manim looks at these; nothing is drawn with them.
        self.fill_rgbas = self.stroke_rgbas = self.background_stroke_rgbas = np.zeros((1, 4))
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

    def zoom(self) -> float:
        """Scene units per local unit: how much the mobject has been scaled since it was made."""
        m = self.matrix()
        return float(np.sqrt(abs(m.xx * m.yy - m.xy * m.yx)))

    # ── painting ─────────────────────────────────────────────────────────────────────────────────
    def draw(self, pen: Pen) -> None:
        raise NotImplementedError

    def paint(self, ctx: cairo.Context) -> None:
        if self.opacity <= 0.002 or self.natural[0] <= 0 or self.natural[1] <= 0:
            return
        ctx.new_path()  # Manim leaves the path of what it has filled
        ctx.save()
        try:
            ctx.transform(self.matrix())
            if self.window != (0.0, 1.0):
                left, right = self.window
                ctx.rectangle(
                    left * self.natural[0] - 0.2, -2, (right - left) * self.natural[0] + 0.2, self.natural[1] + 4
                )
                ctx.clip()
            self.draw(Pen(ctx, self.opacity))
        except cairo.Error:
            pass  # a box scaled to nothing cannot be drawn on, and need not be
        finally:
            ctx.restore()
            ctx.new_path()

    def readings(self) -> list[Reading]:
        """All the text that this mobject shows now, with its sources."""
        pen = Pen(typesetting._scratch(), self.opacity, noted=[])
        self.draw(pen)
        matrix, zoom = self.matrix(), self.zoom()
        return [_reading(text, matrix, zoom) for text in pen.noted]

    def claims(self) -> list[Claim]:
        """Sums that must hold in what is shown."""
        return []

    def drawn(self) -> list[Drawn]:
        """The numbers that lengths, areas and colours show now, whether or not digits stand beside them."""
        return []

    # ── what Manim's animations ask of a VMobject ────────────────────────────────────────────────
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
        else:  # another shape or other words: fade out as the one, fade in as the other
            opacity = self.opacity
            self.take(end if alpha >= 0.5 else start)
            self.opacity = opacity * abs(1 - 2 * alpha)
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
    def _written(self, **kwargs) -> Create:
        """There is no border to draw first: writing is appearing from left to right."""
        return Create(self, **kwargs)

    @override_animation(DrawBorderThenFill)
    def _drawn(self, **kwargs) -> Create:
        return Create(self, **kwargs)

    def match_style(self, vmobject, family: bool = True) -> Painted:
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

    def set_fill(self, color=None, opacity=None, family: bool = True) -> Painted:
        if opacity is not None and hasattr(self, "natural"):
            self.set_opacity(opacity, family)
        return self

    def get_fill_opacity(self) -> float:
        return self.opacity

    def set_stroke(self, *args, **kwargs) -> Painted:
        return self


def blend(a, b, alpha: float):
    """a → b: numbers and arrays of one shape mix, −∞ and anything else switches half-way."""
    if isinstance(a, (float, int)) and isinstance(b, (float, int)):
        return (1 - alpha) * a + alpha * b
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.shape == b.shape and a.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            mixed = (1 - alpha) * a + alpha * b
        return np.where(np.isfinite(mixed), mixed, b if alpha >= 0.5 else a)
    return b if alpha >= 0.5 else a


@contextmanager
def without_text() -> Iterator[None]:
    """Meanwhile everything is drawn but text: what lies behind it can be seen."""
    Pen.writing = False
    try:
        yield
    finally:
        Pen.writing = True


@dataclass
class Pen:
    """What `draw` draws with; when `noted` is a list, it only notes the texts."""

    writing: ClassVar[bool] = True
    ctx: cairo.Context
    opacity: float = 1.0
    noted: list[_Text] | None = None

    @property
    def reading(self) -> bool:
        return self.noted is not None

    def color(self, role, opacity: float = 1.0) -> None:
        set_source(self.ctx, color(role), opacity * self.opacity)

    def rectangle(
        self, x: float, y: float, w: float, h: float, fill, opacity: float = 1.0, radius: float = 0.0
    ) -> None:
        if self.reading or opacity <= 0:
            return
        self.color(fill, opacity)
        self._outline(x, y, w, h, radius)
        self.ctx.fill()

    def frame(self, x, y, w, h, stroke, line: float = 0.02, opacity: float = 1.0, radius: float = 0.0) -> None:
        if self.reading or opacity <= 0:
            return
        self.color(stroke, opacity)
        self.ctx.set_line_width(line)
        self._outline(x, y, w, h, radius)
        self.ctx.stroke()

    def _outline(self, x, y, w, h, radius) -> None:
        if radius <= 0:
            self.ctx.rectangle(x, y, w, h)
            return
        r, pi = min(radius, w / 2, h / 2), np.pi
        self.ctx.new_sub_path()
        self.ctx.arc(x + w - r, y + r, r, -pi / 2, 0)
        self.ctx.arc(x + w - r, y + h - r, r, 0, pi / 2)
        self.ctx.arc(x + r, y + h - r, r, pi / 2, pi)
        self.ctx.arc(x + r, y + r, r, pi, 1.5 * pi)
        self.ctx.close_path()

    def line(self, points: Iterable, stroke, line: float = 0.02, opacity: float = 1.0) -> None:
        if self.reading or opacity <= 0:
            return
        self.color(stroke, opacity)
        self.ctx.set_line_width(line)
        for i, (x, y) in enumerate(points):
            (self.ctx.line_to if i else self.ctx.move_to)(x, y)
        self.ctx.stroke()

    def circle(self, x, y, radius, fill, opacity: float = 1.0) -> None:
        if self.reading or opacity <= 0 or radius <= 0:
            return
        self.color(fill, opacity)
        self.ctx.arc(x, y, radius, 0, 2 * np.pi)
        self.ctx.fill()

    def text(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        fill="ink",
        opacity: float = 1.0,
        *,
        align: float = 0.0,
        angle: float = 0.0,
        face: str = "roman",
        numbers=None,
        area=None,
    ) -> None:
        """Write a line with its baseline at (x, y); align 0 = from x, ½ = centred on x, 1 = up to x. Angle in radians, up."""
        if opacity * self.opacity <= 0.002 or not text:
            return
        shape = typesetting.outline(str(text), face)
        scale, shift = size / EM, -align * shape.advance
        if self.reading:
            dx, dy = shift * scale * np.cos(angle), -shift * scale * np.sin(angle)
            noted = shown_in(text) if numbers is None else numbers
            self.noted.append(
                _Text(text, x + dx, y + dy, size, color(fill), opacity * self.opacity, angle, noted, area, face)
            )
            return
        if not self.writing:
            return
        self.color(fill, opacity)
        ctx = self.ctx
        ctx.save()
        ctx.translate(x, y)
        if angle:
            ctx.rotate(-angle)
        ctx.scale(scale, scale)
        ctx.translate(shift, 0)
        ctx.append_path(shape.path)
        ctx.restore()
        ctx.fill()


def _reading(text: _Text, matrix: cairo.Matrix, zoom: float) -> Reading:
    left, top, right, bottom = typesetting.outline(str(text.text), text.face).ink
    scale = text.size / EM
    c, s = np.cos(-text.angle), np.sin(-text.angle)
    local = np.array([(left, top), (right, top), (right, bottom), (left, bottom)]) * scale
    local = local @ np.array([[c, s], [-s, c]]) + (text.x, text.y)
    to_scene: Callable = matrix.transform_point
    area = None
    if text.area is not None:
        x, y, w, h = text.area
        area = np.array([to_scene(*p) for p in ((x, y), (x + w, y), (x + w, y + h), (x, y + h))])
    return Reading(
        str(text.text),
        np.array([to_scene(*p) for p in local]),
        text.size * zoom,
        np.asarray(text.rgb, dtype=float),
        text.opacity,
        text.numbers or (),
        area,
    )
