"""Typesetting: a line of text becomes one Cairo path, made once and kept.

HarfBuzz shapes the text with the shipped font file (kerning, ligatures), so every machine draws the
same outlines. Characters that Latin Modern lacks (emoji, Hebrew, Chinese …) go through Pango, which
finds a font that has them.
"""

from __future__ import annotations

import os
import re
import time
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from xml.etree.ElementTree import ParseError

import cairo
import numpy as np
import uharfbuzz as hb

from model.paths import ASSETS

FOLDER = ASSETS / "fonts"
FACES = {
    "roman": "lmroman10-regular.otf",
    "italic": "lmroman10-italic.otf",
    "bold": "lmroman10-bold.otf",
    "mono": "lmmono10-regular.otf",
    "math": "latinmodern-math.otf",
}
os.environ.setdefault("FONTCONFIG_FILE", str(FOLDER / "fonts.conf"))  # before Pango looks: no fonts of pictures
T = TypeVar("T")
BLANK = "␣"  # where it is all there is: roman's is a hairline, 0.016 em, which fades in small letters; mono's 0.043
EM = 1000.0  # path units to an em: cairo keeps 1/256 of a unit, so outlines stay exact
ASCENT, DESCENT = 0.76, 0.24  # of an em: the line box, the same for every line, so boxes align baselines


Ink = tuple[float, float, float, float]  # left, top, right, bottom of a path


@dataclass(frozen=True)
class Run:
    """A part of a line as it was set in one font: face "" is one of the system's. ink: of its own path."""

    text: str
    face: str
    ink: Ink


@dataclass(frozen=True)
class Outline:
    """A shaped line: its path (y down, baseline at 0), advance, and ink box, all in units of 1/EM em.

    runs: what it was cut into to be set."""

    path: cairo.Path
    advance: float
    ink: Ink
    runs: tuple[Run, ...] = ()


def _scratch() -> cairo.Context[Any]:
    return cairo.Context(cairo.ImageSurface(cairo.FORMAT_A8, 1, 1))


NOTHING = Outline(_scratch().copy_path(), 0.0, (0.0, 0.0, 0.0, 0.0))


@cache
def _face(name: str) -> tuple[hb.Font, hb.DrawFuncs]:
    font = hb.Font(hb.Face(hb.Blob.from_file_path(str(FOLDER / FACES[name]))))
    font.scale = (int(EM), int(EM))
    pen = hb.DrawFuncs()
    pen.set_move_to_func(lambda x, y, at: at.ctx.move_to(at.x + x, at.y - y))
    pen.set_line_to_func(lambda x, y, at: at.ctx.line_to(at.x + x, at.y - y))
    pen.set_cubic_to_func(
        lambda a, b, c, d, x, y, at: at.ctx.curve_to(at.x + a, at.y - b, at.x + c, at.y - d, at.x + x, at.y - y)
    )
    pen.set_quadratic_to_func(_quadratic)
    pen.set_close_path_func(lambda at: at.ctx.close_path())
    return font, pen


def _quadratic(a: float, b: float, x: float, y: float, at: _Pen) -> None:
    x0, y0 = at.ctx.get_current_point()
    a, b, x, y = at.x + a, at.y - b, at.x + x, at.y - y
    at.ctx.curve_to(x0 + 2 / 3 * (a - x0), y0 + 2 / 3 * (b - y0), x + 2 / 3 * (a - x), y + 2 / 3 * (b - y), x, y)


@dataclass
class _Pen:
    ctx: cairo.Context[Any]
    x: float = 0.0
    y: float = 0.0


def covers(text: str, face: str = "roman") -> bool:
    """Whether the shipped font has every character of the text."""
    font, _ = _face(face)
    return all(font.get_nominal_glyph(ord(c)) is not None for c in text)


@lru_cache(maxsize=50_000)
def outline(text: str, face: str = "roman") -> Outline:
    """The path of one line of text."""
    cut = _runs(str(text), face)
    shapes = [_shape(*part) for part in cut]
    runs = tuple(Run(*part, shape.ink) for part, shape in zip(cut, shapes, strict=True))
    if len(shapes) == 1:
        return replace(shapes[0], runs=runs)
    ctx, x = _scratch(), 0.0
    for shape in shapes:
        ctx.save()
        ctx.translate(x, 0)
        ctx.append_path(shape.path)
        ctx.restore()
        x += shape.advance
    return Outline(ctx.copy_path(), x, ctx.path_extents(), runs)


def _runs(text: str, face: str) -> list[tuple[str, str]]:
    """The text cut where the font has to change: (part, face), with face "" for Pango.

    A word is set in one font: the shipped one, else the font of mathematics, else one of the system's."""
    if text == BLANK:
        return [(text, "mono")]
    if not text or covers(text, face):
        return [(text, face)]
    runs: list[tuple[str, str]] = []
    for word in re.split(r"(?<=[^ ])(?= )|(?<= )(?=[^ ])", text):  # spaces and words in turn
        blank = not word.strip(" ")
        font = face if blank or covers(word, face) else "math" if covers(word, "math") else ""
        if runs and (runs[-1][1] == font or blank):
            runs[-1] = (runs[-1][0] + word, runs[-1][1])
        else:
            if runs and not runs[-1][1]:  # Pango's part ends where its ink does: the blanks after it are ours
                ink = runs[-1][0].rstrip(" ")
                runs[-1], word = (ink, ""), runs[-1][0][len(ink) :] + word
            runs.append((word, font))
    return runs


def _shape(text: str, face: str) -> Outline:
    """A part of a line in one font; what has no ink though it is no space is shown as its code."""
    made = NOTHING if not text else _shape_in(face, text) if face else _outline_by_pango(text)[0]
    return made if made.ink[2] > made.ink[0] or not text.strip() else _code_box(text)


def _shaped(face: str, text: str) -> hb.Buffer:
    """The glyphs of a text, and where each of them stands."""
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(_face(face)[0], buffer, {"kern": True, "liga": True})
    return buffer


def _shape_in(face: str, text: str) -> Outline:
    font, draw = _face(face)
    buffer, pen = _shaped(face, text), _Pen(_scratch())
    for glyph, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        x = pen.x
        pen.x += position.x_offset
        pen.y = -position.y_offset
        font.draw_glyph(glyph.codepoint, draw, pen)
        pen.x = x + position.x_advance
    return Outline(pen.ctx.copy_path(), pen.x, pen.ctx.path_extents())


def patiently(make: Callable[[], T]) -> T:
    """make(), again if another process has just taken away or half written the same file.

    Manim reads an SVG through a scratch file beside it, whose name is the same in every process."""
    for pause in (0.02, 0.1, 0.3, 1.0):
        try:
            return make()
        except (FileNotFoundError, ParseError):
            time.sleep(pause)
    return make()


@lru_cache(maxsize=10_000)
def _outline_by_pango(text: str) -> tuple[Outline, bool]:
    """The same through Manim's Text (Pango), scaled so that an em is EM units and the baseline lies at 0; and whether
    a character is in it for which there is no font, as its code in a box."""
    from manim import Text, tempconfig

    # Manim rewrites its SVG files in place each time it reads them, so that processes must not share them.
    with TemporaryDirectory() as folder, tempconfig({"text_dir": folder}):
        # "x" in front gives the scale and the baseline, whatever font Pango takes for the rest.
        probe = Text("x", font="Latin Modern Roman", font_size=96)
        mobject = Text("x" + text, font="Latin Modern Roman", font_size=96, disable_ligatures=False)
    if not len(mobject.submobjects):
        return NOTHING, False
    x_width = outline("x").ink[2] - outline("x").ink[0]
    scale = x_width / max(probe.width, 1e-6)
    glyphs = sorted(mobject.submobjects, key=lambda glyph: glyph.get_left()[0])  # they come in any order
    first = next(
        (g for g in glyphs if abs(g.width - probe.width) + abs(g.height - probe.height) < 0.02 * probe.height),
        glyphs[0],
    )
    rest = [glyph for glyph in glyphs if glyph is not first]
    origin = (first.get_right()[0], first.get_bottom()[1])
    boxes = [k for k, glyph in enumerate(rest) if _is_box(glyph, rest)]
    ctx = _scratch()
    ctx.append_path(path_of([glyph for k, glyph in enumerate(rest) if k not in boxes], origin, scale))
    for box in (rest[k] for k in boxes):
        _frame(ctx, (box.get_corner((-1, 1, 0))[:2] - origin) * (scale, -scale), box.width * scale, box.height * scale)
    path = ctx.copy_path()
    ink = ctx.path_extents()
    return Outline(path, max(ink[2], 0.25 * EM) + 0.06 * EM, ink), bool(boxes)


def lacking(text: str) -> str:
    """The characters of a text that no font on this machine has, each once: they are shown as their codes."""
    unusual = {c: None for c in text if not covers(c) and not covers(c, "math") and not c.isspace()}
    return "".join(c for c in unusual if unicodedata.category(c) not in ("Mn", "Me", "Cf") and _outline_by_pango(c)[1])


def _code_box(text: str) -> Outline:
    """The codes of characters that nobody would see, in a frame."""
    codes = outline(" ".join(f"{ord(c):04X}" for c in text), "mono")
    ctx, size, pad = _scratch(), 0.5, 0.12 * EM
    ctx.save()
    ctx.translate(0.08 * EM + pad, -0.2 * EM)
    ctx.scale(size, size)
    ctx.append_path(codes.path)
    ctx.restore()
    wide = size * codes.advance + 2 * pad
    _frame(ctx, (0.08 * EM, -0.7 * EM), wide, 0.7 * EM)
    return Outline(ctx.copy_path(), wide + 0.16 * EM, ctx.path_extents())


def _is_box(glyph: Any, others: Iterable[Any]) -> bool:
    """Whether a glyph is the frame that Pango draws around the code of a character for which there is no font."""
    if len(glyph.points) not in (16, 20) or len(glyph.get_subpaths()) != 1:
        return False
    half = np.array([glyph.width, glyph.height]) / 2
    return any(
        (np.abs(other.get_center() - glyph.get_center())[:2] < half).all() for other in others if other is not glyph
    )


def _frame(ctx: cairo.Context[Any], corner: Any, wide: float, high: float) -> None:
    """A box of lines: filled, because all type is filled; its inner edge goes round the other way."""
    line = 0.05 * EM
    ctx.rectangle(corner[0], corner[1], wide, high)
    ctx.rectangle(corner[0] + line, corner[1] + high - line, wide - 2 * line, -(high - 2 * line))


def path_of(glyphs: Iterable[Any], origin: tuple[float, float], scale: float) -> cairo.Path:
    """The curves of Manim VMobjects as one Cairo path (y down, origin at 0, scaled)."""
    ctx = _scratch()
    for glyph in glyphs:
        if glyph.height < 1e-6 or glyph.width < 1e-6:  # a rule (fraction bar, overline) is a bare line
            x, y = ((glyph.get_corner((-1, 1, 0))[:2]) - origin) * (scale, -scale)
            ctx.rectangle(x, y - 0.02 * EM, max(glyph.width * scale, 0.04 * EM), max(glyph.height * scale, 0.04 * EM))
            continue
        for subpath in glyph.get_subpaths():
            points = (subpath[:, :2] - origin) * (scale, -scale)
            ctx.move_to(*points[0])
            for i in range(0, len(points) - 3, 4):
                ctx.curve_to(*points[i + 1], *points[i + 2], *points[i + 3])
            ctx.close_path()
    return ctx.copy_path()


@dataclass(frozen=True)
class Drawing:
    """A path that mobjects share: it never changes, so a copy of a mobject keeps the same one."""

    path: cairo.Path

    @property
    def ink(self) -> tuple[float, float, float, float]:
        """left, top, right, bottom of what is filled."""
        ctx = _scratch()
        ctx.append_path(self.path)
        return ctx.fill_extents()

    def __deepcopy__(self, memo: dict[int, Any]) -> Drawing:
        return self


@lru_cache(maxsize=512)
def parts_of(drawing: Drawing) -> tuple[np.ndarray, np.ndarray]:
    """The box of each part of a drawing's path: upper left corners [part, 2], lower right corners [part, 2]."""
    points: list[tuple[float, ...]] = []
    starts: list[int] = []
    for kind, coordinates in drawing.path:
        if kind == cairo.PATH_MOVE_TO:
            starts.append(len(points))
        if coordinates:
            points.append(coordinates[-2:])
    parts = [np.array(points[a:b]) for a, b in pairwise([*starts, len(points)]) if b - a > 1]  # one point has no box
    low, high = (np.array([extreme(part, axis=0) for part in parts]).reshape(-1, 2) for extreme in (np.min, np.max))
    return low, high


@lru_cache(maxsize=50_000)
def advance(text: str, face: str = "roman") -> float:
    """The advance of a line's outline; it is not drawn where it certainly has ink, and so is set as it is."""
    if any(char.isalnum() for char in text) and covers(text, face):
        return float(sum(position.x_advance for position in _shaped(face, str(text)).glyph_positions))
    return outline(text, face).advance


def width(text: str, size: float, face: str = "roman") -> float:
    """Advance width of the text in the unit in which `size` gives the em."""
    return advance(text, face) * size / EM


def fitting_size(texts: Iterable[str], max_width: float, size: float, face: str = "roman") -> float:
    """The largest em ≤ size at which each text is at most max_width wide."""
    widest = max((advance(t, face) for t in texts), default=0) / EM
    return size if widest * size <= max_width else max_width / widest


def wrap(text: str, max_width: float, size: float, face: str = "roman") -> list[tuple[int, int]]:
    """Break at spaces, before a “·” and beside a “=” only if there is no other, into lines no wider than max_width;
    (start, end) of each line in the text.

    Lines are balanced: as few as needed, each about as long as the others."""

    def greedy(limit: float) -> list[tuple[int, int]]:
        lines, start, last_space, last_resort = [], 0, -1, -1
        for i, char in enumerate(text + " "):
            if char != " ":
                continue
            here = last_space if last_space > start else last_resort
            if width(text[start:i], size, face) > limit and here > start:
                lines.append((start, here))
                start = here + 1
            if text[i + 1 : i + 2] in ("·", "=") or text[i - 1 : i] == "=":
                last_resort = i
            else:
                last_space = i
        return [*lines, (start, len(text))]

    lines = greedy(max_width)
    if len(lines) > 1:
        low, high = max_width / 2, max_width
        for _ in range(12):  # the narrowest limit that needs no more lines
            middle = (low + high) / 2
            low, high = (low, middle) if len(greedy(middle)) <= len(lines) else (middle, high)
        lines = greedy(high)
    return lines
