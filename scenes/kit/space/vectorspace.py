"""VectorSpace: word vectors as points and arrows of a plane or a space, with labels that do not cover each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Angle, Place, Projected, Shows
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.pen import Fill
from scenes.kit.ground.readings import Cell, Cells
from scenes.kit.ground.say import Said
from scenes.kit.ground.style import color, smallest
from scenes.kit.space.arrows import Carried, draw_arrow
from scenes.kit.space.view import MOMENTS, RAISED, SIDES, axes_of, beside, seen_of
from scenes.kit.words.labels import LED, place_labels
from scenes.kit.words.tokens import display

DOT, SPECK = 0.075, 0.026  # radii of a point that is talked about, and of one of the many
MARGIN = (0.75, 0.4)  # free at the sides and above and below the outermost point, for its label
WIDEST = 0.2  # of the box's width that is left free on either side for labels that turn with their points
FAR = 0.55  # strength of what lies furthest from the eye
LAYERS = 3  # of the many dots, by their distance from the eye
FLOOR = 8  # squares along a side of the floor


class VectorSpace(Painted):
    """Points of a plane or of a space, one scale for all axes (unless `stretched`: then each axis fills its room).

    coords: Tensor [n, 2] or [n, 3]; words: n labels ("" for none), the first ones choose their places first; `must`:
    those labelled at any cost; `quiet`: points whose label is not shown now. roles: the colours of the points (one for
    all, or n). cloud: Tensor of small dots behind. arrows, links: pairs of points; hollow: points drawn as rings.
    titles: of the two axes, at their ends. around: "cloud" fits all dots into the box, "points" the points only (what
    lies outside is cut off). emphasis [n]: opacity of each point and its label; arrow_grown, link_grown: how much of
    each is drawn. In a Transform to a VectorSpace of as many points they travel, labels with them: the view turns.

    Three coordinates are seen from the front, as a map of the first two; with `turn` from the side on which labels are
    clear, in parallel projection, far things paler and smaller, with a floor through the origin. There is room for
    turning so many radians (`turned`). stems: points that are shown as arrows from the origin (`stem_grown` [n]).
    carried: arrows (a, b, c) from a to b that can be carried to where they start at c (`carry_grown`, `carry_moved`).
    ring_grown [n]: how far rings have opened.
    """

    values: Mix[np.ndarray]
    center: Mix[np.ndarray]
    balance: Mix[np.ndarray]
    scale_units: Mix[np.ndarray]
    view: Mix[np.ndarray]
    solid: Mix[float]
    offsets: Mix[np.ndarray]
    label_on: Mix[np.ndarray]
    emphasis: Mix[np.ndarray]
    tint: Mix[np.ndarray]
    cloud_opacity: Mix[float]
    arrow_grown: Mix[np.ndarray]
    link_grown: Mix[np.ndarray]
    stem_grown: Mix[np.ndarray]
    carry_grown: Mix[np.ndarray]
    carry_moved: Mix[np.ndarray]
    ring_grown: Mix[np.ndarray]
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
        turn: float | None = None,
        stems: Iterable[int] = (),
        carried: Iterable[tuple[int, int, int]] = (),
        arrow_fill: Fill = "secondary",
        link_fill: Fill = "secondary",
    ):
        self.tensor, self.cloud = coords, cloud
        self.words = [word if isinstance(word, Said) else display(word) if word else "" for word in words]
        self.values, self.cloud_values = in_space(coords), in_space(cloud)
        self.arrows, self.links, self.hollow = list(arrows), list(links), frozenset(hollow)
        self.carried = [Carried(*points) for points in carried]
        self.carried_by = [coords[each.end] - coords[each.start] for each in self.carried]
        self.ways = coords[[j for _, j in self.arrows]] - coords[[i for i, _ in self.arrows]] if self.arrows else coords
        self.arrow_rgb, self.link_rgb = color(arrow_fill), color(link_fill)
        n = len(self.words)
        roles = [roles] * n if isinstance(roles, str) else list(roles)
        self.tint = np.array([color(role) for role in roles]).reshape(-1, len(color("ink")))
        self.titles, self.size = titles, max(size, smallest())
        self.title_size = max(0.28, smallest())
        super().__init__(width, height)
        self.emphasis, self.cloud_opacity, self.title_opacity = np.ones(n), 1.0, 1.0
        self.arrow_grown, self.link_grown = np.ones(len(self.arrows)), np.ones(len(self.links))
        self.stem_grown, self.ring_grown = np.zeros(n), np.ones(n)
        self.stem_grown[list(stems)] = 1.0
        self.carry_grown, self.carry_moved = np.ones(len(self.carried)), np.zeros(len(self.carried))
        self.view, self.solid = np.zeros(2), 0.0 if turn is None else 1.0
        self.must = tuple(must)
        self._label(frozenset(quiet), around, stretched, turn)

    def _label(self, quiet: frozenset[int], around: str, stretched: bool, turn: float | None) -> None:
        """Chooses the scale, the side that it is seen from, and where labels stand."""
        named = [bool(word) and i not in quiet for i, word in enumerate(self.words)]
        widths = [typesetting.width(str(word), self.size) + 0.08 for word in self.words]
        self.sizes = np.array([(w, 0.92 * self.size) if on else (0, 0) for w, on in zip(widths, named, strict=True)])
        self.sizes = self.sizes.reshape(-1, 2)
        inside = np.concatenate([self.values, self.cloud_values]) if around == "cloud" else self.values
        dots, self.offsets, self.label_on = self.values, np.zeros((len(named), 2)), np.array(named, dtype=float)
        if turn is None:
            self._fit(inside, [np.zeros(2)], stretched)
            dots = self.at(self.values)
            lines, must = self._line_boxes(dots), self.must
            centres, placed = place_labels(dots, self.sizes, self.room, radius=DOT, taken=lines, must=must)
            self.offsets, self.label_on = centres - dots, placed.astype(float)
        else:
            inside = np.concatenate([inside, np.zeros((1, 3))])
            self._fit(inside, [np.array([a, RAISED]) for a in np.linspace(0, np.pi, SIDES)])
            clearest = self._clearest(turn)
            for side in (*clearest, clearest[0]):
                self._fit(inside, [np.array([side + by, RAISED]) for by in np.linspace(0, turn, MOMENTS)])
                if not any(self._half_seen(azimuth) for azimuth in (side, side + turn)):
                    break
            self.view = np.array([side, RAISED])

    def _fit(self, inside: np.ndarray, views: list[np.ndarray], stretched: bool = False) -> None:
        """The one scale at which all that matters lies in the box, from whatever side it will be seen."""
        self.room = (self.natural[0], self.natural[1] - (1.5 * self.title_size if self.titles else 0.0))
        self.center = (inside.min(axis=0) + inside.max(axis=0)) / 2
        seen = np.concatenate([(inside - self.center) @ axes_of(view)[:2].T for view in views])
        low, high = seen.min(axis=0), seen.max(axis=0)
        widest = min(float(self.sizes[:, 0].max(initial=0.0)) + 2 * DOT, WIDEST * self.room[0]) * self.solid
        self.balance, free = (low + high) / 2, np.array(self.room) - 2 * np.maximum(MARGIN, (widest, 0.0))
        scales = np.where(high > low, free / np.maximum(high - low, 1e-9), np.inf)
        scales = np.where(np.isfinite(scales), scales, np.min(scales) if np.isfinite(scales).any() else 1.0)
        self.scale_units = scales if stretched else np.full(2, scales.min())

    def _half_seen(self, azimuth: float) -> bool:
        """Whether from there a label is neither plainly seen nor gone: that is for what moves."""
        self.view = np.array([azimuth, RAISED])
        seen = self._labels(self.at(self.values))[1]
        return bool(((seen > 0.02) & (seen < 0.98)).any())

    def _clearest(self, turn: float) -> list[float]:
        """The azimuths, the one first from which, over the whole turn, most labels are seen and arrows are least
        foreshortened."""
        arrows = [*self.values[self.stem_grown > 0], *(self.values[c.end] - self.values[c.start] for c in self.carried)]
        ways = np.array([arrow / np.linalg.norm(arrow) for arrow in arrows if arrow.any()]).reshape(-1, 3)
        clear: list[tuple[float, float]] = []
        for side in np.linspace(-np.pi, np.pi, SIDES, endpoint=False):
            seen = []
            for azimuth in side + np.linspace(0, turn, MOMENTS):
                self.view = np.array([azimuth, RAISED])
                long = np.linalg.norm(ways @ axes_of(self.view)[:2].T, axis=1).sum()
                seen.append(self._labels(self.at(self.values))[1].sum() + long)
            clear.append((round(float(np.min(seen) + np.mean(seen)), 6), -float(side)))
        return [-side for _, side in sorted(clear, reverse=True)]

    def _line_boxes(self, dots: np.ndarray) -> list[tuple[float, float, float, float]]:
        """Little boxes along arrows and links: labels keep off them."""
        boxes = []
        for i, j in [*self.arrows, *self.links]:
            for t in np.linspace(0, 1, 2 + int(np.hypot(*(dots[j] - dots[i])) / 0.12))[1:]:
                x, y = (1 - t) * dots[i] + t * dots[j]
                boxes.append((x - 0.03, y - 0.03, x + 0.03, y + 0.03))
        return boxes

    # ── where things are ─────────────────────────────────────────────────────────────────────────
    def at(self, points: Any) -> np.ndarray:
        """Local places [..., 2] of points of the space (y up there, down here)."""
        right_up = (np.asarray(points, dtype=float) - self.center) @ axes_of(self.view)[:2].T
        return np.array(self.room) / 2 + (right_up - self.balance) * self.scale_units * (1, -1)

    def nearness(self, points: np.ndarray) -> np.ndarray:
        """How near points [n, 3] are to the eye, from FAR to 1 for what is next to it; 1 for all of a flat map."""
        depth = (points - self.center) @ axes_of(self.view)[2]
        reach = max(float(np.linalg.norm(self.values - self.center, axis=1).max()), 1e-9)
        near = np.clip(0.5 + 0.5 * depth / reach, 0, 1)
        return np.asarray(1 - self.solid * (1 - FAR) * (1 - near))

    def dot_place(self, i: int) -> np.ndarray:
        """Scene coordinates [3] of a point."""
        return self.to_scene(*self.at(self.values[i]))

    def labelled(self) -> list[int]:
        """The points whose word is shown."""
        return [int(i) for i in np.flatnonzero(self.label_on > 0.5)]

    def turned(self, by: float) -> VectorSpace:
        """The same, turned by so many radians about its upright axis: for a Transform."""
        other: VectorSpace = self.copy()
        other.view = self.view + (by, 0.0)
        return other

    def pressed(self, share: float, onto: float) -> VectorSpace:
        """The same, only such a share as high, about the scene's height `onto`; dots are as round as before. For a
        Transform."""
        other: VectorSpace = self.copy()
        other.scale_units = self.scale_units * (1, share)
        other.shift((0, onto - self.to_scene(*np.array(self.room) / 2)[1], 0))
        return other

    def _labels(self, dots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where labels stand [n, 2], and how much of each is seen [n]."""
        round_about = beside(dots, self.at(np.zeros(3)), self.sizes, DOT + 0.06, self.room)
        centres = (1 - self.solid) * (dots + self.offsets) + self.solid * round_about
        strength = self.emphasis * self.label_on * np.where(self._rings(), np.minimum(1, self.ring_grown), 1)
        order = [*self.must, *(i for i in range(len(dots)) if i not in set(self.must))]
        seen = np.empty_like(strength)
        seen[order] = seen_of(centres[order], self.sizes[order], strength[order])
        return centres, (1 - self.solid) * strength + self.solid * seen

    def _rings(self) -> np.ndarray:
        return np.array([i in self.hollow for i in range(len(self.words))], dtype=bool)

    # ── painting ─────────────────────────────────────────────────────────────────────────────────
    def draw(self, pen: Pen) -> None:
        self._draw_axes(pen)
        self._draw_cloud(pen)
        dots, near = self.at(self.values), self.nearness(self.values)
        for (i, j), grown in zip(self.links, self.link_grown, strict=True):
            strength = min(self.emphasis[i], self.emphasis[j]) * min(1.0, 4 * grown)
            ends = [(i, "first"), *([(j, "last")] if grown >= 1 else [])]
            shows = tuple(replace(each, at=at) for k, at in ends for each in self._shows(self.tensor, k))
            pen.line(
                [dots[i], dots[i] + grown * (dots[j] - dots[i])], self.link_rgb, 0.03, float(strength), shows=shows
            )
        even = float(np.ptp(self.scale_units)) < 1e-9  # else directions are not those of the plane
        flat = even and self.tensor.shape[-1] == 2
        for k, ((i, j), grown) in enumerate(zip(self.arrows, self.arrow_grown, strict=True)):
            strength, short = float(min(self.emphasis[i], self.emphasis[j])), DOT * min(1.0, grown)
            end, start = dots[i] + grown * (dots[j] - dots[i]), first(self._shows(self.tensor, i))
            way: Shows = Angle(Cells(self.ways, (k, [0, 1]))) if flat else None
            if grown >= 1:
                way = tuple(replace(each, at="first", short=short) for each in self._shows(self.tensor, j))
            draw_arrow(pen, dots[i], end, self.arrow_rgb, strength, short=short, shows=start, head=way)
        places, seen = self._labels(dots)
        last_first = list(range(len(dots)))[::-1]  # the first ones lie on top, and what is nearer
        for i in sorted(last_first, key=lambda i: near[i]) if self.solid > 0.5 else last_first:
            self._draw_point(pen, i, dots[i], float(near[i]))
        self._draw_carried(pen)
        for i in last_first:
            self._draw_label(pen, i, dots[i], places[i] - dots[i], float(seen[i]))
        self._draw_titles(pen)

    def _draw_point(self, pen: Pen, i: int, dot: np.ndarray, near: float) -> None:
        strength, rgb, grown = float(self.emphasis[i]) * near, self.tint[i], float(self.stem_grown[i])
        x, y = map(float, dot)
        shows = self._shows(self.tensor, i)
        if grown > 0:
            origin = self.at(np.zeros(3))
            head = first(shows) if grown == 1 else None
            line = 0.03 + 0.02 * near
            draw_arrow(pen, origin, origin + grown * (dot - origin), rgb, strength, line=line, tip=0.2, head=head)
        if i in self.hollow:
            pen.circle(x, y, 1.5 * DOT * float(self.ring_grown[i]), rgb, strength, line=0.035, shows=shows)
        elif grown < 1:
            pen.circle(x, y, DOT * (0.6 + 0.4 * near) * min(1.0, 2 - 2 * grown), rgb, strength, shows=shows)

    def _draw_carried(self, pen: Pen) -> None:
        for carried, by, grown, moved in zip(
            self.carried, self.carried_by, self.carry_grown, self.carry_moved, strict=True
        ):
            if grown <= 0:
                continue
            tail, tip = (self.at(end) for end in carried.ends(self.values, float(grown), float(moved)))
            standing = {0.0: carried.start, 1.0: carried.to}.get(float(moved))
            start = None if standing is None else first(self._shows(self.tensor, standing))
            head = first(self._shows(by, zero=tail)) if grown == 1 else None
            strength = float(min(self.emphasis[[carried.start, carried.end]]))
            draw_arrow(pen, tail, tip, self.arrow_rgb, strength, line=0.05, tip=0.24, shows=start, head=head)

    def _draw_label(self, pen: Pen, i: int, dot: np.ndarray, offset: np.ndarray, shown: float) -> None:
        word, rgb, (x, y), (dx, dy) = self.words[i], self.tint[i], dot, offset
        if not word or shown <= 0.002:
            return
        half = typesetting.width(str(word), self.size) / 2
        reach = np.hypot(max(abs(dx) - half, 0.0), max(abs(dy) - 0.46 * self.size, 0.0))
        if reach > DOT + LED and self.solid < 0.5:  # far away: a line leads there
            to = np.array([dx - np.clip(dx, -half, half), dy - np.clip(dy, -0.4 * self.size, 0.4 * self.size)])
            pen.line([(x, y), (x + to[0], y + to[1])], rgb, 0.014, 0.6 * shown)
        left, top, width, height = x + dx - half - 0.03, y + dy - 0.46 * self.size, 2 * half + 0.06, 0.92 * self.size
        pen.rectangle(left, top, width, height, "background", min(0.9, 1.5 * shown), radius=0.08)
        of = Cell(self.tensor, (i, 0))
        pen.text(word, x + dx, y + dy, self.size, rgb, shown, align=0.5, level="letters", of=of)

    def _shows(self, tensor: Tensor, *index: Any, zero: np.ndarray | None = None) -> tuple[Place | Projected, ...]:
        """What a shape at a point (or, of many, at tensor[index]) stands for. zero: where the origin is, if moved."""
        x, y = self.at(np.zeros(3)) if zero is None else zero
        wide, high = self.scale_units
        if tensor.shape[-1] == 3:
            cells = Cells(tensor, (*(each if np.ndim(each) == 0 else each[:, None] for each in index), np.arange(3)))
            azimuth, elevation = map(float, self.view)
            return (Projected(cells, (float(x), float(y)), float(wide), azimuth, elevation),)
        single = all(np.ndim(each) == 0 for each in index)
        across, up = ((Cell if single else Cells)(tensor, (*index, axis)) for axis in (0, 1))
        return Place(across, float(x), float(wide), "x"), Place(up, float(y), -float(high), "y")

    def _ends(self, i: int, at: str) -> tuple[Place, ...]:
        """Which point a line begins or ends at."""
        places = self._places(*(Cell(self.tensor, (i, axis)) for axis in (0, 1)))
        return tuple(replace(place, at=at) for place in places)

    def _draw_axes(self, pen: Pen) -> None:
        """Two thin lines through the origin, as far as the box goes; in depth, a floor of squares and an upright."""
        (x, y), (w, h) = self.at(np.zeros(3)), self.room
        (wide, high), strength = self.scale_units, 0.8 * self.title_opacity * (1 - self.solid)
        if 0 <= x <= w:
            pen.line([(x, 0), (x, h)], "faint", 0.014, strength, shows=Place(0, float(x), float(wide)))
        if 0 <= y <= h:
            pen.line([(0, y), (w, y)], "faint", 0.014, strength, shows=Place(0, float(y), -float(high), "y"))
        if self.solid <= 0:
            return
        reach = float(np.abs(self.values).max())
        with pen.clipped([(0, 0, w, h)]):
            for k in np.linspace(-reach, reach, FLOOR + 1):
                strength = (0.9 if abs(k) < 1e-9 else 0.45) * self.solid
                for a, b in (((k, 0, -reach), (k, 0, reach)), ((-reach, 0, k), (reach, 0, k))):
                    pen.line([self.at(a), self.at(b)], "faint", 0.014, strength)
            pen.line([self.at((0, -reach, 0)), self.at((0, reach, 0))], "faint", 0.014, 0.9 * self.solid)

    def _draw_cloud(self, pen: Pen) -> None:
        if self.cloud is None or self.cloud_opacity <= 0.002:
            return
        places, near = self.at(self.cloud_values), self.nearness(self.cloud_values)
        inside = (places >= 0).all(axis=1) & (places <= self.room).all(axis=1)
        layers = np.clip(((near - FAR) / (1 - FAR) * LAYERS).astype(int), 0, LAYERS - 1)
        for layer in range(LAYERS):
            seen = np.flatnonzero(inside & (layers == layer))
            if not len(seen):
                continue
            nearer = 1 - self.solid * (1 - FAR) * (LAYERS - 1 - layer) / (LAYERS - 1)
            shows = self._shows(self.cloud, seen)
            pen.dots(places[seen], SPECK * nearer**0.5, "secondary", 0.55 * nearer * self.cloud_opacity, shows=shows)

    def _draw_titles(self, pen: Pen) -> None:
        if not self.titles:
            return
        across, up = self.titles
        w, h = self.natural
        pen.text(up, 0, h - 0.3 * self.title_size, self.title_size, "secondary", self.title_opacity)
        pen.text(across, w, h - 0.3 * self.title_size, self.title_size, "secondary", self.title_opacity, align=1.0)


def in_space(coords: Tensor | None) -> np.ndarray:
    """Points [n, 3]; those of a plane have no depth."""
    if coords is None:
        return np.zeros((0, 3))
    values = np.asarray(coords.values, dtype=float)
    return np.pad(values, ((0, 0), (0, 3 - values.shape[1])))


def first(shows: Iterable[Place | Projected]) -> Shows:
    """The same of a shape's first point."""
    return tuple(replace(each, at="first") for each in shows)


__all__ = ["VectorSpace", "draw_arrow"]
