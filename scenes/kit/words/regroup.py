"""Regroup: pieces of a text come together, or part, and are other pieces of the same text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from manim import linear

from scenes.kit.ground.painting import Painted
from scenes.kit.ground.pen import Pen, Rectangle
from scenes.kit.ground.timing import Together, ease, stagger
from scenes.kit.words.pieces import TALL, Part, PieceRow, draw_box

ASIDE = 0.65  # part of a move in which pieces go sideways, first or last, where two lines become one or one two
Side = tuple[int, Rectangle]  # the part that bytes belong to, and where they lie in it, in scene units (y down)


@dataclass(frozen=True)
class Atom:
    """Bytes that are together before and after, and their sides: None where they are behind a ⋯."""

    part: Part
    sides: tuple[Side | None, Side | None]

    def now(self, t: float, fold: int = 0) -> np.ndarray:
        """x, y, w, h at progress t."""
        there = [np.array(side[1]) for side in self.sides if side is not None]
        across, down = ways(t, fold)
        share = np.array([across, down, across, across])
        return (1 - share) * there[0] + share * there[-1]


def ways(t: float, fold: int) -> tuple[float, float]:
    """How far pieces have come sideways, and up or down, at progress t. fold: 1: first sideways, as lines become
    fewer, so that none crosses another; −1: last."""
    first, last = min(1.0, t / ASIDE), max(0.0, (t - 1) / ASIDE + 1)
    return {0: (t, t), 1: (first, last), -1: (last, first)}[fold]


def atoms_of(before: PieceRow, after: PieceRow) -> list[Atom]:
    """What two rows of one text have in common, in the order of reading."""
    rows = before, after
    edges = sorted({edge for row in rows for part in row.parts[: row.shown] for edge in (part.start, part.end)})
    return [atom for pair in zip(edges, edges[1:], strict=False) if (atom := _atom(rows, *pair)) is not None]


def _atom(rows: tuple[PieceRow, PieceRow], start: int, end: int) -> Atom | None:
    sides = _side(rows[0], start, end), _side(rows[1], start, end)
    known = [(row, side) for row, side in zip(rows, sides, strict=True) if side is not None]
    if not known:
        return None
    row, (k, _) = known[0]
    whole = row.parts[k]
    return Atom(Part(start, whole.data[start - whole.start : end - whole.start], whole.unit), sides)


def _side(row: PieceRow, start: int, end: int) -> Side | None:
    for k, part in enumerate(row.parts[: row.shown]):
        if part.start <= start and end <= part.end:
            left, right = row.stretch_of(k, start, end)
            _, y, _, h = row.box(k)
            (x0, y0, _), (x1, y1, _) = row.to_scene(left, y), row.to_scene(right, y + h)
            return k, (x0, -y0, x1 - x0, y0 - y1)
    return None


class Regrouping(Painted):
    """The pieces on their way, in scene coordinates. progress [atom]: how far each has come.

    kept: the row before stays where it is, with its numbers."""

    def __init__(self, before: PieceRow, after: PieceRow, kept: bool = False):
        self.rows, self.kept = (before, after), kept
        self.fold = 0 if kept else int(np.sign(before.lines - after.lines))
        self.atoms = atoms_of(before, after)
        self.progress = np.zeros(len(self.atoms))
        self.groups = self._groups(0), self._groups(1)
        self.same = {tuple(places) for places in self.groups[0].values()} & {
            tuple(places) for places in self.groups[1].values()
        }  # atoms that are one piece before and after
        edges = np.array([side[1] for atom in self.atoms for side in atom.sides if side is not None])
        left, top = edges[:, :2].min(axis=0) - 1.0
        right, bottom = (edges[:, :2] + edges[:, 2:]).max(axis=0) + 1.0
        self.origin = np.array([left, top, 0.0, 0.0])
        super().__init__(float(right - left), float(bottom - top))
        self.move_to(((left + right) / 2, -(top + bottom) / 2, 0))

    def _groups(self, side: int) -> dict[int, list[int]]:
        """Every part of one of the rows with its atoms."""
        found: dict[int, list[int]] = {}
        for k, atom in enumerate(self.atoms):
            if (place := atom.sides[side]) is not None:
                found.setdefault(place[0], []).append(k)
        return found

    def draw(self, pen: Pen) -> None:
        for side in (0, 1):
            for k, places in self.groups[side].items():
                self._draw_box(pen, side, k, places)
        for place, atom in enumerate(self.atoms):
            self._draw_letters(pen, atom, float(self.progress[place]))

    def _size(self, t: float, numbers: bool = False) -> float:
        t, _ = ways(t, self.fold)
        a, b = ((row.number_size if numbers else row.size) * row.zoom() for row in self.rows)
        return (1 - t) * a + t * b

    def _draw_box(self, pen: Pen, side: int, k: int, places: list[int]) -> None:
        """The box of a part before or after, around its letters where they are now, and its number."""
        row, t = self.rows[side], float(self.progress[places].mean())
        boxes = np.array(
            [self.atoms[place].now(float(self.progress[place]), self.fold) - self.origin for place in places]
        )
        (x, y), (right, bottom) = boxes[:, :2].min(axis=0), (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
        seen = (1 - t, t)[side]
        if tuple(places) in self.same and self.rows[0].plain == self.rows[1].plain:
            seen = float(side == int(t >= 0.5))
        opacity = float(row.emphasis[k])
        if row.boxed(k):
            box = float(x), float(y), float(right - x), float(bottom - y)
            draw_box(pen, box, self._size(t), opacity * seen, row.tint[k])
        clear = seen if self._stays(side, k, places) else max(0.0, (1 - 2.5 * t, 2.5 * t - 1.5)[side])
        if self.kept and side == 0:
            return
        row.draw_number(pen, k, float(x + right) / 2, float(bottom), self._size(t, numbers=True), opacity * clear)

    def _stays(self, side: int, k: int, places: list[int]) -> bool:
        """Whether a part has the same number in the other row; where lines change, no number is seen on the way."""
        if tuple(places) not in self.same or self.rows[0].lines != self.rows[1].lines:
            return False
        other = next(j for j, those in self.groups[1 - side].items() if those == places)
        return self.rows[side].value(k) == self.rows[1 - side].value(other)

    def _draw_letters(self, pen: Pen, atom: Atom, t: float) -> None:
        x, y, w, h = (atom.now(t, self.fold) - self.origin).tolist()
        pairs = [(row, side[0]) for row, side in zip(self.rows, atom.sides, strict=True) if side is not None]
        (first, a), (last, b) = pairs[0], pairs[-1]
        seen = 1.0 if len(pairs) == 2 else (1 - t if atom.sides[0] is not None else t)
        opacity = ((1 - t) * first.emphasis[a] + t * last.emphasis[b]) * seen
        tint = (1 - t) * first.tint[a] + t * last.tint[b]
        size, row = self._size(t), first if first.bits is not None else last
        row.draw_letters(pen, atom.part, x + w / 2, y + (h - TALL * size) / 2, size, tint, float(opacity))


class Regroup(Together):
    """One row of pieces becomes another of the same text: letters glide, boxes melt together or part.

    keep: the row before stays where it is (the other comes out of it); else it is gone at the end. lag: how much later
    than its neighbour each letter goes."""

    def __init__(self, before: PieceRow, after: PieceRow, *, keep: bool = False, lag: float = 0.0, **kwargs: Any):
        self.before, self.after, self.keep, self.lag = before, after, keep, lag
        self.opacities = before.opacity, after.opacity
        self.flock = Regrouping(before, after, keep)
        kwargs.setdefault("rate_func", linear)
        super().__init__(after, helpers=(self.flock, *([] if keep else [before])), **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        done = alpha >= 1
        self.flock.progress = ease(stagger(self.rate_func(alpha), len(self.flock.atoms), self.lag))
        self.flock.opacity = 0.0 if done else 1.0
        self.after.opacity = self.opacities[1] if done else 0.0
        if not self.keep:
            self.before.opacity = self.opacities[0] if done else 0.0


__all__ = ["Regroup", "Regrouping"]
