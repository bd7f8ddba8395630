"""VectorSpace: word vectors as points of a plane, with arrows, links, and labels that do not cover each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Angle, Place, Shows, What
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.pen import Fill
from scenes.kit.ground.readings import Cell, Cells
from scenes.kit.ground.say import Said
from scenes.kit.ground.style import color, smallest
from scenes.kit.words.labels import LED, place_labels
from scenes.kit.words.tokens import display

DOT, SPECK = 0.075, 0.026  # radii of a point that is talked about, and of one of the many
MARGIN = (0.75, 0.4)  # free at the sides and above and below the outermost point, for its label


class VectorSpace(Painted):
    """Points of a plane, one scale for both axes (unless `stretched`: then each axis fills its room).

    coords: Tensor [n, 2]; words: n labels ("" for none), the first ones choose their places first; `must`: those
    labelled at any cost; `quiet`: points whose label is not shown now. roles: the colours of the points (one for all,
    or n). cloud: Tensor [m, 2] of small dots behind. arrows, links: pairs of points; hollow: points drawn as rings.
    titles: of the two axes, at their ends. around: "cloud" fits all dots into the box, "points" the points only (what
    lies outside is cut off). emphasis [n]: opacity of each point and its label; arrow_grown, link_grown: how much of
    each is drawn. In a Transform to a VectorSpace of as many points they travel, labels with them: the view turns.
    """

    values: Mix[np.ndarray]
    center: Mix[np.ndarray]
    scale_units: Mix[np.ndarray]
    offsets: Mix[np.ndarray]
    label_on: Mix[np.ndarray]
    emphasis: Mix[np.ndarray]
    tint: Mix[np.ndarray]
    cloud_opacity: Mix[float]
    arrow_grown: Mix[np.ndarray]
    link_grown: Mix[np.ndarray]
    title_opacity: Mix[float]
    room: Mix[tuple[float, float]]
    natural: Mix[tuple[float, float]]

    def __init__(
        self,
        coords: Tensor,
        words: Sequence[str],
        *,
        width: float,
        height: float,
        roles: str | Sequence[str] = "ink",
        must: Sequence[int] = (),
        cloud: Tensor | None = None,
        arrows: Iterable[tuple[int, int]] = (),
        links: Iterable[tuple[int, int]] = (),
        hollow: Iterable[int] = (),
        size: float = 0.34,
        titles: tuple[Said | str, Said | str] | None = None,
        around: str = "points",
        quiet: Iterable[int] = (),
        stretched: bool = False,
        arrow_fill: Fill = "secondary",
        link_fill: Fill = "secondary",
    ):
        self.tensor, self.cloud = coords, cloud
        self.words = [word if isinstance(word, Said) else display(word) if word else "" for word in words]
        self.values = np.array(coords.values, dtype=float)
        self.cloud_values = np.zeros((0, 2)) if cloud is None else np.array(cloud.values, dtype=float)
        self.arrows, self.links, self.hollow = list(arrows), list(links), frozenset(hollow)
        self.ways = coords[[j for _, j in self.arrows]] - coords[[i for i, _ in self.arrows]] if self.arrows else coords
        self.arrow_rgb, self.link_rgb = color(arrow_fill), color(link_fill)
        roles = [roles] * len(self.words) if isinstance(roles, str) else list(roles)
        self.tint = np.array([color(role) for role in roles]).reshape(-1, 3)
        self.titles, self.size = titles, max(size, smallest())
        self.title_size = max(0.28, smallest())
        super().__init__(width, height)
        self._fit(around, stretched)
        self.emphasis, self.cloud_opacity = np.ones(len(self.words)), 1.0
        self.arrow_grown, self.link_grown, self.title_opacity = np.ones(len(self.arrows)), np.ones(len(self.links)), 1.0
        self._label(must, frozenset(quiet))

    def _fit(self, around: str, stretched: bool) -> None:
        """The one scale at which all that matters lies in the box."""
        inside = np.concatenate([self.values, self.cloud_values]) if around == "cloud" else self.values
        low, high = inside.min(axis=0), inside.max(axis=0)
        self.room = (self.natural[0], self.natural[1] - (1.5 * self.title_size if self.titles else 0.0))
        self.center = (low + high) / 2
        free = np.array(self.room) - 2 * np.array(MARGIN)
        scales = np.where(high > low, free / np.maximum(high - low, 1e-9), np.inf)
        scales = np.where(np.isfinite(scales), scales, np.min(scales) if np.isfinite(scales).any() else 1.0)
        self.scale_units = scales if stretched else np.full(2, scales.min())

    def _label(self, must: Sequence[int], quiet: frozenset[int]) -> None:
        dots = np.array([self.at(point) for point in self.values]).reshape(-1, 2)
        sizes = np.array(
            [
                (typesetting.width(str(word), self.size) + 0.08, 0.92 * self.size)
                if word and i not in quiet
                else (0, 0)
                for i, word in enumerate(self.words)
            ]
        ).reshape(-1, 2)
        centres, placed = place_labels(
            dots, sizes, self.room, radius=DOT, must=tuple(must), taken=self._line_boxes(dots)
        )
        self.offsets, self.label_on = centres - dots, placed.astype(float)

    def _line_boxes(self, dots: np.ndarray) -> list[tuple[float, float, float, float]]:
        """Little boxes along arrows and links: labels keep off them."""
        boxes = []
        for i, j in [*self.arrows, *self.links]:
            for t in np.linspace(0, 1, 2 + int(np.hypot(*(dots[j] - dots[i])) / 0.12))[1:]:
                x, y = (1 - t) * dots[i] + t * dots[j]
                boxes.append((x - 0.03, y - 0.03, x + 0.03, y + 0.03))
        return boxes

    # ── where things are ─────────────────────────────────────────────────────────────────────────
    def at(self, point: Any) -> np.ndarray:
        """Local place [2] of a point of the plane (y up there, down here)."""
        (x, y), (w, h) = (np.asarray(point, dtype=float) - self.center) * self.scale_units, self.room
        return np.array([w / 2 + x, h / 2 - y])

    def dot_place(self, i: int) -> np.ndarray:
        """Scene coordinates [3] of a point."""
        return self.to_scene(*self.at(self.values[i]))

    def labelled(self) -> list[int]:
        """The points whose word is shown."""
        return [int(i) for i in np.flatnonzero(self.label_on > 0.5)]

    # ── painting ─────────────────────────────────────────────────────────────────────────────────
    def draw(self, pen: Pen) -> None:
        self._draw_axes(pen)
        self._draw_cloud(pen)
        dots = [self.at(point) for point in self.values]
        for (i, j), grown in zip(self.links, self.link_grown, strict=True):
            strength = min(self.emphasis[i], self.emphasis[j]) * min(1.0, 4 * grown)
            shows = (*self._ends(i, "first"), *(self._ends(j, "last") if grown >= 1 else ()))
            pen.line(
                [dots[i], dots[i] + grown * (dots[j] - dots[i])], self.link_rgb, 0.03, float(strength), shows=shows
            )
        even = float(np.ptp(self.scale_units)) < 1e-9  # else directions are not those of the plane
        for k, ((i, j), grown) in enumerate(zip(self.arrows, self.arrow_grown, strict=True)):
            strength, short = float(min(self.emphasis[i], self.emphasis[j])), DOT * min(1.0, grown)
            shows, way = self._ends(i, "first"), Angle(Cells(self.ways, (k, [0, 1]))) if even else None
            end = dots[i] + grown * (dots[j] - dots[i])
            draw_arrow(pen, dots[i], end, self.arrow_rgb, strength, short=short, shows=shows, points=way)
        for i in reversed(range(len(dots))):  # the first ones lie on top
            self._draw_point(pen, i, *dots[i])
        self._draw_titles(pen)

    def _draw_point(self, pen: Pen, i: int, x: float, y: float) -> None:
        strength, rgb = float(self.emphasis[i]), self.tint[i]
        shows = self._places(*(Cell(self.tensor, (i, axis)) for axis in (0, 1)))
        if i in self.hollow:
            pen.circle(x, y, 1.5 * DOT, rgb, strength, line=0.035, shows=shows)
        else:
            pen.circle(x, y, DOT, rgb, strength, shows=shows)
        word, shown = self.words[i], strength * float(self.label_on[i])
        if not word or shown <= 0.002:
            return
        dx, dy = self.offsets[i]
        half = typesetting.width(str(word), self.size) / 2
        reach = np.hypot(max(abs(dx) - half, 0.0), max(abs(dy) - 0.46 * self.size, 0.0))
        if reach > DOT + LED:  # far away: a line leads there
            to = np.array([dx - np.clip(dx, -half, half), dy - np.clip(dy, -0.4 * self.size, 0.4 * self.size)])
            pen.line([(x, y), (x + to[0], y + to[1])], rgb, 0.014, 0.6 * shown)
        pen.rectangle(
            x + dx - half - 0.03,
            y + dy - 0.46 * self.size,
            2 * half + 0.06,
            0.92 * self.size,
            "background",
            0.9 * shown,
            radius=0.08,
        )
        of = Cell(self.tensor, (i, 0))
        pen.text(word, x + dx, y + dy, self.size, rgb, shown, align=0.5, level="letters", of=of)

    def _places(self, across: What, up: What) -> tuple[Place, Place]:
        """The axes on which points lie."""
        (x, y), (wide, high) = self.at((0.0, 0.0)), self.scale_units
        return Place(across, float(x), float(wide), "x"), Place(up, float(y), -float(high), "y")

    def _ends(self, i: int, at: str) -> tuple[Place, ...]:
        """Which point a line begins or ends at."""
        places = self._places(*(Cell(self.tensor, (i, axis)) for axis in (0, 1)))
        return tuple(replace(place, at=at) for place in places)

    def _draw_axes(self, pen: Pen) -> None:
        """Two thin lines through the origin, as far as the box goes."""
        (x, y), (w, h) = self.at((0.0, 0.0)), self.room
        for line in ([(x, 0), (x, h)] if 0 <= x <= w else None, [(0, y), (w, y)] if 0 <= y <= h else None):
            if line:
                pen.line(line, "faint", 0.014, 0.8 * self.title_opacity)

    def _draw_cloud(self, pen: Pen) -> None:
        if self.cloud is None or self.cloud_opacity <= 0.002:
            return
        w, h = self.room
        places = (self.cloud_values - self.center) * self.scale_units * (1, -1) + (w / 2, h / 2)
        inside = (places >= 0).all(axis=1) & (places[:, 0] <= w) & (places[:, 1] <= h)
        seen = np.flatnonzero(inside)
        shows = self._places(Cells(self.cloud, (seen, 0)), Cells(self.cloud, (seen, 1)))
        pen.dots(places[seen], SPECK, "secondary", 0.55 * self.cloud_opacity, shows=shows)

    def _draw_titles(self, pen: Pen) -> None:
        if not self.titles:
            return
        across, up = self.titles
        w, h = self.natural
        pen.text(up, 0, h - 0.3 * self.title_size, self.title_size, "secondary", self.title_opacity)
        pen.text(across, w, h - 0.3 * self.title_size, self.title_size, "secondary", self.title_opacity, align=1.0)


def draw_arrow(
    pen: Pen,
    start: Any,
    end: Any,
    rgb: Fill,
    opacity: float = 1.0,
    *,
    line: float = 0.035,
    tip: float = 0.17,
    short: float = 0.0,
    shows: Shows = None,
    points: Shows = None,
) -> None:
    """A straight arrow; it ends `short` of its end, so as not to cover the dot there. shows: where it starts; points:
    where to."""
    start, end = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
    length = float(np.hypot(*(end - start)))
    if opacity <= 0.002 or length < 0.05:
        return
    along = (end - start) / length
    across = np.array([-along[1], along[0]])
    point, tip = end - short * along, min(tip, 0.6 * length)
    pen.line([start, point - 0.8 * tip * along], rgb, line, opacity, shows=shows)
    sides = [point - tip * along + side * 0.42 * tip * across for side in (1, -1)]
    pen.polygon([point, *sides], rgb, opacity, shows=points)


__all__ = ["VectorSpace", "draw_arrow"]
