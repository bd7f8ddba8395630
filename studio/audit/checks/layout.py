"""Layout: what is written can be read — inside the frame, large enough, apart from other text, and with contrast.

The measures are those of docs/style.md. Text below half opacity is put aside on purpose (“all else is dimmed to 25 %”):
it is exempt from contrast and from being covered, below 0.3 also from lying over other text. Everything else holds for
it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import cairo
import numpy as np
from manim import Mobject

from scenes.kit.ground.encodings import Mark
from scenes.kit.ground.layout import HOME, View
from scenes.kit.ground.painting import PaintingCamera, seen_in
from scenes.kit.ground.text import Caption, Formula, Heading
from scenes.kit.ground.theme import by_theme, contrast, largest
from scenes.lesson.lesson import Lesson
from studio.audit.checks.check import Check
from studio.audit.findings import Defect
from studio.audit.numbers.sources import Sources
from studio.audit.reader import Reader
from studio.audit.report import Report
from studio.audit.screen import Item, Screen, is_visible
from studio.play.playback import Playback

FREE = 0.3  # scene units at every edge: boxes of lines keep 0.4 (docs/style.md), ink may reach 0.1 further
EDGE = 0.02  # by how much a shape may stick out of the frame: half a line's width
SMALLEST = 0.016  # of the frame's short side
TOUCH = 0.12  # of the smaller em: how deep two texts' ink boxes may lie in each other (an accent, a descender)
SAME_PLACE = 0.02  # scene units: a copy of a text right on top of it is one text to the eye
CONTRAST = 4.5  # WCAG 2.2, level AA
WORST = 15  # percent of the pixels behind a text that may fall below (a thin line that passes behind it)
DIMMED, FAINT = 0.5, 0.3  # opacities, see above
WINDOW = 1.3  # em: every stretch of that length has some ink in it
RING = slice(1, -1)  # of the sampled points: those inside
INK = 0.12  # of the difference between text and ground: what counts as ink in a small picture


@dataclass(frozen=True)
class Frame:
    """What the picture shows, in the units that readings and marks are in."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def of(cls, camera: Any) -> Frame:
        (x, y), w, h = camera.frame_center[:2], camera.frame_width / 2, camera.frame_height / 2
        return cls(x - w, y - h, x + w, y + h)

    @property
    def short(self) -> float:
        return min(self.right - self.left, self.top - self.bottom)

    def beyond(self, corners: np.ndarray, margin: float) -> float:
        """How far points [n, 2] reach out of the frame less a margin; ≤ 0: they do not."""
        low, high = corners.min(axis=0), corners.max(axis=0)
        return float(
            max(
                self.left + margin - low[0],
                self.bottom + margin - low[1],
                high[0] - self.right + margin,
                high[1] - self.top + margin,
            )
        )

    def pixels(self, points: np.ndarray, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of an image for scene points [..., 2]."""
        h, w = image.shape[:2]
        columns = (points[..., 0] - self.left) / (self.right - self.left) * w
        rows = (self.top - points[..., 1]) / (self.top - self.bottom) * h
        return np.clip(rows, 0, h - 1).astype(int), np.clip(columns, 0, w - 1).astype(int)


class Layout(Check):
    """Where everything is, and what lies behind what."""

    def __init__(self, lesson: Lesson, report: Report, sources: Sources, reader: Reader):
        super().__init__(lesson, report, sources, reader)
        self.last: list[Pictures] = []  # by theme

    def seen(self, screen: Screen) -> Iterator[Defect]:
        camera = cast(PaintingCamera, self.lesson.renderer.camera)
        view, items = Frame.of(camera), screen.items
        for item in items:
            if id(item.mobject) in screen.fresh:
                yield from check_frame(item, view)
        for mobject in screen.mobjects:  # where the camera has gone close to something, the rest may leave the frame
            if is_visible(mobject) and id(mobject) in screen.fresh and seen_in(mobject, camera.view) == HOME:
                yield from check_shape(mobject, view)
        yield from check_overlaps(items, screen.fresh)
        yield from check_margins(items, screen, camera.view)
        last, self.last = self.last, [Pictures(view, *pair, k) for k, pair in enumerate(self.draw(camera))]
        for k, pictures in enumerate(self.last):
            changed = pictures.changed_since(last[k] if last else None)
            for item in items:
                if id(item.mobject) in screen.fresh or pictures.touches(item, changed):
                    yield from check_contrast(item, pictures)

    def draw(self, camera: PaintingCamera) -> list[tuple[np.ndarray, np.ndarray]]:
        """The screen in each theme, with text and without, as RGBA bytes [height, width, 4]: all at once."""
        sheets = [(writing, k) for k in range(len(self.lesson.theme.each)) for writing in (True, False)]
        rough = cairo.Antialias.FAST  # sixteen steps from a letter's edge to its inside are enough, in half the time
        with camera.drawing_on(self.lesson.theme, *sheets[1:], edges=rough) as drawn:
            seen = [np.ascontiguousarray(cast(Playback, self.lesson.renderer).picture(self.lesson)), *drawn]
        return list(zip(seen[::2], seen[1::2], strict=True))


def check_frame(item: Item, view: Frame) -> Iterator[Defect]:
    """Text inside the frame, and large enough."""
    reading = item.reading
    beyond = view.beyond(reading.corners, FREE)
    if beyond > 1e-6:
        gap = f"{FREE - beyond:.2f} units from the edge" if beyond <= FREE else "cut by the frame"
        what = f"“{short(reading.text)}” is {gap}"
        yield Defect("outside", what, item.middle, f"{FREE} units free", f"{FREE - beyond:.2f}")
    if reading.size < SMALLEST * view.short - 1e-6:
        what = f"“{short(reading.text)}” has letters too small to read"
        least, share = f"{100 * SMALLEST} % of the frame's short side", f"{100 * reading.size / view.short:.2f} %"
        yield Defect("too small", what, item.middle, least, share)


def check_shape(mobject: Mobject, view: Frame) -> Iterator[Defect]:
    """A shape inside the frame. Reads the box of a painted mobject, the curves of Manim's own."""
    points = np.asarray(mobject.points)[:, :2]
    beyond = view.beyond(points, 0.0) if len(points) else 0.0
    if beyond > EDGE:
        what = f"{type(mobject).__name__} sticks out of the frame by {beyond:.2f} units"
        yield Defect("outside", what).at((points.min(axis=0) + points.max(axis=0)) / 2)


@dataclass(frozen=True)
class Pictures:
    """What is seen: RGBA [height, width, 4] bytes, with text and without it (`ground`), in the theme of that number."""

    view: Frame
    picture: np.ndarray
    ground: np.ndarray
    theme: int = 0

    def changed_since(self, last: Pictures | None) -> np.ndarray:
        """Which pixels [height, width] are not those of the last screen."""
        if last is None or last.view != self.view:
            return np.ones(self.picture.shape[:2], dtype=bool)
        pairs = ((self.picture, last.picture), (self.ground, last.ground))
        seen, behind = (new.view(np.uint32) != old.view(np.uint32) for new, old in pairs)  # four bytes at once
        both: np.ndarray = (seen | behind)[..., 0]
        return both

    def touches(self, item: Item, pixels: np.ndarray) -> bool:
        """Whether one of the pixels [height, width] lies in a text's box."""
        rows, columns = self.view.pixels(item.reading.corners, pixels)
        return bool(pixels[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].any())


# ── text over text ───────────────────────────────────────────────────────────────────────────────
def check_overlaps(items: list[Item], fresh: set[int]) -> Iterator[Defect]:
    """Texts whose ink boxes lie over each other; also turned ones (separating axes).

    fresh: ids of the mobjects that are new or have changed; at least one of a pair is."""
    items = [item for item in items if item.reading.opacity >= FAINT and _area(item.reading.corners) > 1e-6]
    if len(items) < 2:
        return
    corners = np.array([item.reading.corners for item in items])
    low, high = corners.min(axis=1), corners.max(axis=1)
    new = np.array([id(item.mobject) in fresh for item in items])
    meet = new[:, None] | new[None, :]
    for axis in (0, 1):
        meet &= (low[:, None, axis] < high[None, :, axis]) & (low[None, :, axis] < high[:, None, axis])
    for i, j in zip(*np.nonzero(np.triu(meet, 1)), strict=True):
        one, other = items[i], items[j]
        if _are_one(one, other):
            continue
        deep = depth(one.reading.corners, other.reading.corners)
        if deep > TOUCH * min(one.reading.size, other.reading.size):
            texts = f"“{short(one.reading.text, 30)}” and “{short(other.reading.text, 30)}”"
            yield Defect("overlap", f"{texts} lie over each other", one.middle, shown=f"{deep:.2f} units deep")


def _are_one(one: Item, other: Item) -> bool:
    """The colours of one formula, or a copy exactly on top of its original."""
    if one.mobject is other.mobject and isinstance(one.mobject, Formula):
        return True
    a, b = one.reading, other.reading
    return a.text == b.text and float(np.abs(a.corners - b.corners).max()) < SAME_PLACE


def check_margins(items: list[Item], screen: Screen, view: View) -> Iterator[Defect]:
    """Heading and caption, which have the frame's margins to themselves: no shape of the stage reaches under them.
    What the camera has gone close to ends at the stage."""
    said = [item for item in items if isinstance(item.mobject, (Caption, Heading)) and item.reading.opacity >= FAINT]
    for mobject in screen.mobjects if said else ():
        if isinstance(mobject, (Caption, Heading)) or seen_in(mobject, view) != HOME:
            continue
        boxes = boxes_of(screen.marks(mobject))
        for item in said:
            if len(boxes) and {id(mobject), id(item.mobject)} & screen.fresh:
                text = item.reading.corners
                near = (boxes.min(axis=1) < text.max(axis=0)) & (boxes.max(axis=1) > text.min(axis=0))
                deep = max((depth(box, text) for box in boxes[near.all(axis=1)]), default=0.0)
                if deep > TOUCH * item.reading.size:
                    what = f"“{short(item.reading.text, 30)}” and a {type(mobject).__name__} lie over each other"
                    yield Defect("overlap", what, item.middle, shown=f"{deep:.2f} units deep")


def boxes_of(marks: list[Mark]) -> np.ndarray:
    """The corners [n, 4, 2] of what can be seen of rectangles, frames and images."""
    boxes = [np.empty((0, 4, 2))]
    for mark in marks:
        if mark.kind in ("rectangle", "frame", "image"):
            corners = mark.points.reshape(-1, 4, 2)
            opacity = np.max(mark.opacity) if mark.kind == "image" else np.ravel(mark.opacity)
            boxes.append(corners[np.broadcast_to(opacity, len(corners)) >= FAINT])
    return np.concatenate(boxes)


def depth(a: np.ndarray, b: np.ndarray) -> float:
    """How deep two convex quadrilaterals [4, 2] lie in each other: the shortest way to part them, ≤ 0 if apart."""
    deepest = np.inf
    for corners in (a, b):
        for k in range(4):
            edge = corners[(k + 1) % 4] - corners[k]
            length = np.hypot(*edge)
            if length < 1e-9:
                continue
            normal = np.array([-edge[1], edge[0]]) / length
            pa, pb = a @ normal, b @ normal
            deepest = min(deepest, min(pa.max(), pb.max()) - max(pa.min(), pb.min()))
            if deepest <= 0:
                return float(deepest)
    return float(deepest)


def _area(corners: np.ndarray) -> float:
    (ax, ay), (bx, by) = corners[2] - corners[0], corners[3] - corners[1]  # the diagonals
    return 0.5 * abs(float(ax * by - ay * bx))


# ── contrast, by looking at the picture ──────────────────────────────────────────────────────────
def check_contrast(item: Item, pictures: Pictures) -> Iterator[Defect]:
    """A text against what lies behind it, and in front of it."""
    reading, view, picture = item.reading, pictures.view, pictures.picture
    if reading.opacity < DIMMED or _area(reading.corners) <= 1e-6 or view.beyond(reading.corners, 0.0) > 0:
        return
    points = _sample(reading.corners, picture.shape[1] / (view.right - view.left))
    rows, columns = view.pixels(points, picture)
    ground = pictures.ground[rows, columns, :3]
    behind, seen = ground / 255, picture[rows, columns, :3] / 255
    plain = by_theme(reading.rgb)[pictures.theme]
    ink = plain if reading.opacity == 1 else plain * reading.opacity + behind * (1 - reading.opacity)
    there = largest(np.abs(seen - behind)) > INK * largest(np.abs(ink - behind)) + 1e-3
    length = np.hypot(*(reading.corners[1] - reading.corners[0]))
    windows = max(1, min(there.shape[1], int(length / (WINDOW * reading.size))))
    starts = np.arange(windows) * there.shape[1] // windows
    missing = windows - int(np.logical_or.reduceat(there.any(axis=0), starts).sum())
    ratios = np.sort(contrast(ink if ink.ndim == 1 else ink[RING, RING], ground[RING, RING]), axis=None)
    ratio = float(ratios[len(ratios) * WORST // 100])
    if missing and ratio > 1.5:
        what = f"“{short(reading.text)}” is covered by what is drawn over it"
        yield Defect("covered", what, item.middle, shown=f"{missing} of {windows} parts hidden")
    elif ratio < CONTRAST - 0.05:  # colours have 256 steps
        what = f"“{short(reading.text)}” is hard to tell from what lies behind it"
        yield Defect("contrast", what, item.middle, f"{CONTRAST} : 1", f"{ratio:.1f} : 1")


def _sample(corners: np.ndarray, per_unit: float) -> np.ndarray:
    """Points [down, across, 2] about a pixel apart in a text's box, and one ring of them half a pixel around it."""
    ul, ur, lr, ll = corners

    def places(length: float) -> np.ndarray:
        pixels = max(length * per_unit, 1e-3)
        inside = np.linspace(0, 1, int(np.ceil(pixels)) + 1)
        return np.array([-0.5 / pixels, *inside, 1 + 0.5 / pixels])

    u, v = places(np.hypot(*(ur - ul)))[None, :, None], places(np.hypot(*(ll - ul)))[:, None, None]
    points: np.ndarray = (1 - v) * ((1 - u) * ul + u * ur) + v * ((1 - u) * ll + u * lr)
    return points


def short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
