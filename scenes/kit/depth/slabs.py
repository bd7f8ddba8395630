"""Slabs and cards: parts of a model that stand one behind the other, and the rows of numbers that they hold."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from manim import VGroup

from model.numbers.tensor import Tensor
from scenes.kit.depth.projection import Projection
from scenes.kit.ground import typesetting
from scenes.kit.ground.layout import Box
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.pen import Rectangle
from scenes.kit.ground.readings import Of
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.text import Label
from scenes.kit.numbers.strips import HeatStrips

WIDTH, HEIGHT, DEEP = 5.0, 1.4, 0.12  # of a slab, in units of space
SLANT = np.pi / 6  # of titles: they rise from the slabs' corners, where those do not stand one above the other
NAME = 0.28  # em of a title, in scene units
EDGE = 0.018  # width of its edges
BEFORE = 0.01  # by how much nearer a card is than its slab
WHOLE: Rectangle = (0.0, 0.0, 1.0, 1.0)  # of a face, all of it
FRONT, NEAR = -1.0, -0.5  # z_index of the slab in front, and of what lies before all slabs; captions have 0


class Card(HeatStrips):
    """The rows of a Tensor [rows, n] (or [n]: one) on a face in space: between scene corners [4, 3], clockwise from
    upper left. All else as for HeatStrips.

    A Transform to a card elsewhere, lying or standing, tilts and moves it."""

    def __init__(self, tensor: Tensor, corners: np.ndarray, kind: str = "score", **how: Any):
        rows = tensor.shape[0] if tensor.ndim > 1 else 1
        wide, high = (float(np.linalg.norm(corners[k] - corners[0])) for k in (1, 3))
        super().__init__(tensor, kind, width=wide, height=high, pitch=high / rows, rows=rows, **how)
        self.lay(corners)

    def lay(self, corners: np.ndarray) -> Card:
        """Between these scene corners."""
        self.set_points_as_corners([*corners, corners[0]])
        return self

    def at(self, corners: np.ndarray) -> Card:
        """A copy that lies elsewhere."""
        return self.copy().lay(corners)

    def strip(self, i: int) -> Card:
        """One row as a card of its own, lying exactly on top of this one."""
        tensor = self.tensor if self.flat else self.tensor[self.rows[i]]
        return Card(tensor, self.row_corners(i), self.kind, scale=self.strongest, power=self.power)


class Slab(Painted):
    """A part of a model as a box in space, with its title at the corner.

    at: its lower left corner in front; size: width, height, depth, in units of space. lit: how far its edges are
    yellow; named: opacity of the title."""

    lit: Mix[float]
    named: Mix[float]
    em: Mix[float]

    def __init__(
        self,
        projection: Projection,
        at: tuple[float, float, float],
        size: tuple[float, float, float] = (WIDTH, HEIGHT, DEEP),
        *,
        title: str = "",
        of: Of = None,
        em: float = NAME,
    ):
        (x, y, z), (w, h, d) = at, size
        self.title, self.of, self.em, self.lit, self.named = title, of, em, 0.0, 1.0
        self.slanted = not projection.is_steep
        self.front = projection.front(at, w, h)
        self.back = projection.front((x, y, z + d), w, h)
        both = np.concatenate([self.front, self.back])
        (left, bottom, _), (right, top, _) = both.min(axis=0), both.max(axis=0)
        self.outline = (both[:, :2] - (left, top)) * (1, -1)
        super().__init__(right - left, top - bottom)
        self.move_to(((left + right) / 2, (bottom + top) / 2, 0))

    def face(self) -> np.ndarray:
        """Scene corners [4, 3] of its front, clockwise from upper left."""
        return np.array([self.to_scene(*corner) for corner in self.outline[:4]])

    def see(self, opacity: float, em: float | None = None) -> Slab:
        """At that opacity, its title (in letters of that size) only where it is seen well."""
        self.opacity, self.named, self.em = opacity, float(opacity > 0.5), self.em if em is None else em
        return self

    def whole(self, em: float) -> Box:
        """The box of itself and its title, in letters of that size."""
        box, (x, y, _) = Box.around(self), self.face()[0]
        wide = typesetting.width(self.title, em) if self.title else 0.0
        if not self.slanted:
            return Box(min(box.left, x - 0.12 - wide), box.bottom, box.right, max(box.top, y + 1.2 * em))
        end = x + 0.1 + wide * np.cos(SLANT), y + 0.12 + wide * np.sin(SLANT) + em
        return Box(box.left, box.bottom, max(box.right, end[0]), max(box.top, end[1]))

    def draw(self, pen: Pen) -> None:
        ul, ur, lr, ll, back_ul, back_ur, back_lr, _ = self.outline
        edge = (1 - self.lit) * color("secondary") + self.lit * color("target")
        line = EDGE * (1 + self.lit)
        for face, light in (
            ((back_ul, back_ur, ur, ul), 0.9),
            ((ur, back_ur, back_lr, lr), 0.6),
            ((ul, ur, lr, ll), 0.25),
        ):
            fill = (1 - light) * color("box") + light * color("box_edge")
            pen.polygon(face, fill)
            pen.line([*face, face[0]], edge, line)
        if self.title and self.named > 0:
            fill = (1 - self.lit) * color("secondary") + self.lit * color("target")
            if self.slanted:
                pen.text(self.title, ul[0] + 0.1, ul[1] - 0.12, self.em, fill, self.named, angle=SLANT, of=self.of)
            else:
                pen.text(
                    self.title, ul[0] - 0.12, ul[1] - 0.5 * self.em, self.em, fill, self.named, align=1.0, of=self.of
                )


@dataclass(frozen=True)
class Part:
    """One slab of a stack: its title ("" for none), how far it stands behind the one before, and what it is a name of.

    skipped: there are others in the gap, which are left out: three dots stand for them."""

    title: str = ""
    gap: float = 0.0
    of: Of = None
    skipped: bool = False


class Dots(Painted):
    """⋯ along the depth: for slabs that are left out. points: in scene coordinates [n, 3]."""

    def __init__(self, points: np.ndarray, radius: float):
        (left, bottom, _), (right, top, _) = points.min(axis=0) - radius, points.max(axis=0) + radius
        self.places, self.radius = (points[:, :2] - (left, top)) * (1, -1), radius
        super().__init__(right - left, top - bottom)
        self.move_to(((left + right) / 2, (bottom + top) / 2, 0))

    def draw(self, pen: Pen) -> None:
        for x, y in self.places:
            pen.circle(x, y, self.radius, "secondary")


class Stack(VGroup):
    """Slabs one behind the other, as large as fit into a box: `.slabs`, by the keys of the parts, the first in front.

    parts: of the model, in order. turn, tilt: how it is looked at (`Projection`). size: width and height of a slab, in
    units of space. What stands further away has a lower z_index: cards and slabs hide each other as they should,
    whenever they are put on the stage."""

    def __init__(
        self,
        box: Box,
        parts: Mapping[Hashable, Part],
        *,
        turn: float,
        tilt: float,
        size: tuple[float, float] = (WIDTH, HEIGHT),
        em: float = NAME,
    ):
        self.em, places = max(em, smallest()), np.cumsum([part.gap for part in parts.values()]).tolist()
        wide, high = size
        corners = [(x, y, z) for x in (0, wide) for y in (0, high) for z in (0, places[-1] + DEEP)]
        room, dots = box, list[Dots]()
        for _ in range(3):  # until the titles have room
            self.projection = Projection(turn, tilt).fitting(room, corners)
            self.slabs = {
                key: Slab(
                    self.projection, (0, 0, z), (wide, high, DEEP), title=part.title, of=part.of, em=self.em
                ).set_z_index(FRONT - z)
                for (key, part), z in zip(parts.items(), places, strict=True)
            }
            seen = self.whole()
            right, top = room.right - max(seen.right - box.right, 0.0), room.top - max(seen.top - box.top, 0.0)
            room = Box(room.left + max(box.left - seen.left, 0.0), room.bottom, right, top)
        for part, z in zip(parts.values(), places, strict=True):
            if part.skipped:
                middles = [(wide / 2, high / 2, z - share * part.gap) for share in (0.35, 0.5, 0.65)]
                dots.append(Dots(self.projection(middles), 0.05).set_z_index(FRONT - z + part.gap / 2))
        super().__init__(*self.slabs.values(), *dots)

    def whole(self, *keys: Hashable, zoom: float = 1.0) -> Box:
        """The box of slabs (of all, if none is named) with their titles, in letters that look as large as ever."""
        slabs = [self.slabs[key] for key in keys or self.slabs]
        boxes = np.array([(b.left, b.bottom, b.right, b.top) for b in (slab.whole(self.em / zoom) for slab in slabs)])
        (left, bottom), (right, top) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        return Box(float(left), float(bottom), float(right), float(top))

    def card(
        self, key: Hashable, tensor: Tensor, *, raised: float = 0.0, within: Rectangle = WHOLE, **how: Any
    ) -> Card:
        """The rows of a tensor on the front of a slab; raised: by so many of its heights, above it; within: on a part
        of it (left, top, width, height, in shares of the face)."""
        slab = self.slabs[key]
        corners = part_of(slab.face(), within)
        card = Card(tensor, corners + raised * (corners[0] - corners[3]), **how)
        return card.set_z_index(slab.z_index + BEFORE)


def part_of(corners: np.ndarray, within: Rectangle) -> np.ndarray:
    """Scene corners [4, 3] of a part of a face (left, top, width, height, in shares of it)."""
    (left, top, wide, high), (start, right, _, below) = within, corners
    across, down = right - start, below - start
    places = [(left, top), (left + wide, top), (left + wide, top + high), (left, top + high)]
    return np.array([start + x * across + y * down for x, y in places])


def row_names(card: Card, names: Sequence[str], size: float, target: int | None = None) -> list[Label | None]:
    """Labels at the left ends of a card's rows, upright; of more than can be read there, every second or third.

    target: the index of the one in yellow, which is among them."""
    pitch = abs(card.row_corners(0)[0, 1] - card.row_corners(0)[3, 1])
    every, last = max(1, int(np.ceil(1.1 * size / pitch))), len(names) - 1 if target is None else target
    labels: list[Label | None] = []
    for i, name in enumerate(names):
        if (i - last) % every:
            labels.append(None)
            continue
        label = Label(name, size, "target" if i == target else "ink")
        end = card.row_corners(i)[[0, 3]].mean(axis=0)
        label.move_to(end - (0.4 * size + label.width / 2, 0, 0)).set_z_index(NEAR)
        labels.append(label)
    return labels


__all__ = ["Card", "Dots", "Part", "Slab", "Stack", "part_of", "row_names"]
