"""The pen that paints: shapes and texts become Cairo paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import cairo
import numpy as np

from model.recent import Recent, digest
from scenes.kit.ground.pen import Fill, Line, Pen, Rectangle, Shape
from scenes.kit.ground.style import color

DASH = (0.07, 0.06)
TURN = 2 * np.pi
ROOM = 2**25  # bytes of images that stay at hand: a frame in which one only stands, or moves, costs no pixel anew


class Sheet(NamedTuple):
    """What a pen paints on. writing: whether texts are painted. theme: the number of the one that is painted, where a
    style has several."""

    ctx: cairo.Context[Any]
    writing: bool = True
    theme: int = 0


class CairoPen(Pen):
    """Paints on a sheet whose Cairo context is set to the mobject's coordinates."""

    def __init__(self, sheet: Sheet, opacity: float = 1.0):
        super().__init__(opacity)
        self.ctx, self.writing = sheet.ctx, sheet.writing
        self.channels = slice(3 * sheet.theme, 3 * sheet.theme + 3)

    def color(self, fill: Fill) -> np.ndarray:
        """RGB [..., 3], as it is painted."""
        return color(fill)[..., self.channels]

    def draw(self, shape: Shape) -> None:
        PAINT[shape.kind](self, shape)

    def write(self, line: Line) -> None:
        if not self.writing:
            return
        ctx = self.ctx
        self._ink(line.fill, line.opacity)
        ctx.save()
        ctx.translate(line.x, line.y)
        if line.angle:
            ctx.rotate(-line.angle)
        ctx.scale(line.scale, line.scale)
        ctx.translate(line.shift, 0)
        ctx.append_path(line.path)
        ctx.restore()
        ctx.fill()

    @contextmanager
    def clipped(self, boxes: Iterable[Rectangle]) -> Iterator[None]:
        self.ctx.save()
        for box in boxes:
            self.ctx.rectangle(*box)
        self.ctx.clip()
        yield
        self.ctx.restore()

    def _ink(self, fill: Fill, opacity: float) -> None:
        rgb = self.color(fill)  # Manim's surface is BGRA seen as RGBA, hence the swap
        self.ctx.set_source_rgba(rgb[2], rgb[1], rgb[0], opacity * self.opacity)

    def _fill(self, shape: Shape) -> None:
        self._ink(shape.fill, shape.opacity)
        self.ctx.fill()

    def _stroke(self, shape: Shape) -> None:
        self._ink(shape.fill, shape.opacity)
        self.ctx.set_line_width(shape.line)
        if shape.dashed:
            self.ctx.set_dash(DASH)
        self.ctx.stroke()
        if shape.dashed:
            self.ctx.set_dash(())

    def _box(self, shape: Shape) -> None:
        x, y, w, h = shape.at
        if shape.radius <= 0:
            self.ctx.rectangle(x, y, w, h)
            return
        r, pi = min(shape.radius, w / 2, h / 2), np.pi
        self.ctx.new_sub_path()
        self.ctx.arc(x + w - r, y + r, r, -pi / 2, 0)
        self.ctx.arc(x + w - r, y + h - r, r, 0, pi / 2)
        self.ctx.arc(x + r, y + h - r, r, pi / 2, pi)
        self.ctx.arc(x + r, y + r, r, pi, 1.5 * pi)
        self.ctx.close_path()

    def _rectangle(self, shape: Shape) -> None:
        self._box(shape)
        self._fill(shape)

    def _frame(self, shape: Shape) -> None:
        self._box(shape)
        self._stroke(shape)

    def _rectangles(self, shape: Shape) -> None:
        ctx, alphas = self.ctx, (shape.opacity * self.opacity).tolist()
        for (x, y, w, h), (r, g, b), a in zip(shape.at.tolist(), self.color(shape.fill).tolist(), alphas, strict=True):
            ctx.set_source_rgba(b, g, r, a)
            ctx.rectangle(x, y, w, h)
            ctx.fill()

    def _through(self, shape: Shape) -> None:
        for i, (x, y) in enumerate(shape.at):
            (self.ctx.line_to if i else self.ctx.move_to)(x, y)

    def _line(self, shape: Shape) -> None:
        self._through(shape)
        self._stroke(shape)

    def _polygon(self, shape: Shape) -> None:
        self._through(shape)
        self.ctx.close_path()
        self._fill(shape)

    def _curve(self, shape: Shape) -> None:
        start, a, b, end = shape.at
        self.ctx.move_to(*start)
        self.ctx.curve_to(*a, *b, *end)
        self._stroke(shape)

    def _circle(self, shape: Shape) -> None:
        x, y = shape.at
        self.ctx.arc(x, y, shape.radius, 0, TURN)
        (self._stroke if shape.line else self._fill)(shape)

    def _circles(self, shape: Shape) -> None:
        ctx, (r, g, b), n = self.ctx, self.color(shape.fill).tolist(), len(shape.at)
        radii, alphas = (np.broadcast_to(part, n).tolist() for part in (shape.radius, shape.opacity))
        for (x, y), radius, a in zip(np.asarray(shape.at).tolist(), radii, alphas, strict=True):
            if a > 0 and radius > 0:
                ctx.set_source_rgba(b, g, r, a * self.opacity)
                ctx.arc(x, y, radius, 0, TURN)
                ctx.fill()

    def _dots(self, shape: Shape) -> None:
        ctx, shape.line = self.ctx, 2 * shape.radius
        ctx.set_line_cap(cairo.LINE_CAP_ROUND)
        for x, y in shape.at.tolist():  # a line of no length with round ends is a dot
            ctx.move_to(x, y)
            ctx.line_to(x, y)
        self._stroke(shape)
        ctx.set_line_cap(cairo.LINE_CAP_BUTT)

    def _arc(self, shape: Shape) -> None:
        (x, y), (start, end) = shape.at, shape.angles or (0.0, TURN)
        self.ctx.move_to(x, y)
        turn = self.ctx.arc_negative if end > start else self.ctx.arc  # cairo's y points down
        turn(x, y, shape.radius, -start, -end)
        self.ctx.close_path()
        self._fill(shape)

    def _image(self, shape: Shape) -> None:
        x, y, w, h = shape.at
        wide = int(np.hypot(*self.ctx.user_to_device_distance(w, 0)))
        if (wide, self.channels.start) not in shape.made:
            opacity = np.ascontiguousarray(shape.opacity, dtype=float)
            shared = shape.peaks is not None and 0 < wide < opacity.shape[1]
            peaks = np.ascontiguousarray(shape.peaks) if shared else None
            fewer, told = (0, b"") if peaks is None else (wide, digest(peaks))
            fill = np.ascontiguousarray(self.color(shape.fill))
            key = digest(fill), digest(opacity), opacity.shape, self.opacity, fewer, told
            made = SURFACES.get(key, lambda: _surface(fill, opacity, self.opacity, fewer, peaks), _bytes)
            shape.made[wide, self.channels.start] = made
        surface = shape.made[wide, self.channels.start]
        rows, columns = surface.get_height(), surface.get_width()
        ctx = self.ctx
        ctx.save()
        ctx.translate(x, y)
        ctx.scale(w / columns, h / rows)
        ctx.set_source_surface(surface)
        ctx.get_source().set_filter(cairo.FILTER_NEAREST)
        ctx.paint()
        ctx.restore()

    def _path(self, shape: Shape) -> None:
        ctx = self.ctx
        assert shape.path is not None
        ctx.save()
        ctx.translate(*shape.at)
        ctx.scale(shape.scale, shape.scale)
        ctx.append_path(shape.path.path)
        ctx.restore()
        self._fill(shape)


class Pens(Pen):
    """Several pens in one hand: each paints the same on its own sheet."""

    def __init__(self, pens: Sequence[CairoPen]):
        super().__init__(pens[0].opacity)
        self.pens = pens

    def draw(self, shape: Shape) -> None:
        if isinstance(shape.at, Iterator):
            shape.at = [*shape.at]  # which all of them go through
        for pen in self.pens:
            pen.draw(shape)

    def write(self, line: Line) -> None:
        for pen in self.pens:
            pen.write(line)

    @contextmanager
    def clipped(self, boxes: Iterable[Rectangle]) -> Iterator[None]:
        boxes = [*boxes]
        with ExitStack() as stack:
            for pen in self.pens:
                stack.enter_context(pen.clipped(boxes))
            yield


SURFACES = Recent[cairo.ImageSurface](ROOM)


def _bytes(surface: cairo.ImageSurface) -> int:
    return surface.get_stride() * surface.get_height()


def _surface(
    rgb: np.ndarray, alpha: np.ndarray, whole: float, fewer: int, peaks: np.ndarray | None
) -> cairo.ImageSurface:
    """An image of rows × columns: colours, opacities, that of all of it; fewer: columns, if there are too many, of the
    highest `peaks` [rows, columns]."""
    if peaks is not None:
        rgb, alpha = strongest(rgb, alpha, fewer, peaks)
    rows, columns = alpha.shape
    stride = cairo.ImageSurface.format_stride_for_width(cairo.FORMAT_ARGB32, columns)
    pixels = np.zeros((rows, stride // 4, 4), dtype=np.uint8)
    alpha = (alpha * whole)[..., None]
    pixels[:, :columns, :3] = np.round(rgb * alpha * 255)  # R, G, B as Manim's surface wants them
    pixels[:, :columns, 3:] = np.round(alpha * 255)
    return cairo.ImageSurface.create_for_data(pixels.data, cairo.FORMAT_ARGB32, columns, rows, stride)


def strongest(fill: np.ndarray, opacity: np.ndarray, wide: int, peaks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Colours [rows, columns, 3] and opacities [rows, columns] in fewer columns: of the cells that share one, that of
    the highest `peaks` [rows, columns], as far as it can be seen. (By its colour it cannot be told: one hue is farther
    from an empty cell's than the other.)

    >>> row = np.tile([0.1, 0.2, 0.3], (1, 9, 1)); row[0, 4] = 1.0
    >>> strongest(row, np.ones((1, 9)), 3, row[..., 0])[0][0, 1].tolist()
    [1.0, 1.0, 1.0]
    """
    rows, columns = opacity.shape
    column = np.arange(columns) * wide // columns
    starts = np.searchsorted(column, np.arange(wide))
    far = np.nan_to_num(peaks * opacity)
    most = np.maximum.reduceat(far, starts, axis=1)[:, column]
    chosen = np.maximum.reduceat(np.where(far == most, np.arange(columns), -1), starts, axis=1)
    every = np.arange(rows)[:, None]
    return fill[every, chosen], opacity[every, chosen]


KINDS = (
    "rectangle",
    "rectangles",
    "frame",
    "line",
    "polygon",
    "curve",
    "circle",
    "circles",
    "dots",
    "arc",
    "image",
    "path",
)
PAINT = {kind: getattr(CairoPen, f"_{kind}") for kind in KINDS}
