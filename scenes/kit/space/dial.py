"""Dial: pairs of numbers as hands in a circle, and the animation that turns them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from manim import LEFT, Animation, VGroup

from model.numbers.tensor import Tensor
from scenes.kit.ground.encodings import Angle, Length, Place, Shows, Swept
from scenes.kit.ground.layout import Box, stack
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.pen import Fill
from scenes.kit.ground.readings import Cell, Cells
from scenes.kit.ground.style import color
from scenes.kit.ground.text import Label
from scenes.kit.ground.timing import SOON, come_so_far, waited


class Dial(Painted):
    """Pairs of numbers (across, up) as hands from the middle of a circle.

    hands: (Tensor [2], role) each. longest: the length that reaches the circle. `angles` (radians, counter-clockwise
    from the right) and `lengths` are what is drawn. starts: angles from which a faint sector goes to each hand
    (NaN: none), and where the hand has turned more than once a spiral, round by round; turned: Tensors of one number,
    how far each hand has turned from there, whole rounds included; with `between`, the sector lies
    between the first hand and the second. ghosts: hands are also drawn faintly at their starts. marks: so many ticks on
    the circle, as on a clock. legs: the first hand's two numbers are drawn, too, across and then up to its tip, so far
    as `leg_grown` [2] says; `leg_sight`: their opacity; `hand_grown`: how much of the hands.
    """

    angles: Mix[np.ndarray]
    lengths: Mix[np.ndarray]
    starts: Mix[np.ndarray]
    leg_grown: Mix[np.ndarray]
    leg_sight: Mix[float]
    hand_grown: Mix[float]

    def __init__(
        self,
        hands: Sequence[tuple[Tensor, str]],
        *,
        diameter: float,
        longest: float = 1.0,
        starts: Any = None,
        turned: Sequence[Tensor] = (),
        between: bool = False,
        ghosts: bool = False,
        marks: int = 0,
        legs: bool = False,
    ):
        self.tensors = [tensor for tensor, _ in hands]
        self.rgbs = [color(role) for _, role in hands]
        pairs = np.array([tensor.values for tensor in self.tensors], dtype=float)
        self.angles, self.lengths = np.arctan2(pairs[:, 1], pairs[:, 0]), np.hypot(pairs[:, 0], pairs[:, 1])
        self.starts = np.full(len(hands), np.nan) if starts is None else np.array(starts, dtype=float)
        self.turned = list(turned)
        self.longest, self.between, self.ghosts, self.ticks = float(longest), between, ghosts, marks
        self.leg_grown, self.leg_sight, self.hand_grown = np.ones(2), float(legs), 1.0
        super().__init__(diameter, diameter)

    def tip(self, hand: int = 0) -> np.ndarray:
        """Scene point of a hand's end."""
        return self.to_scene(*self._end(self.angles[hand], self.lengths[hand]))

    def _end(self, angle: float, length: float) -> tuple[float, float]:
        radius = self.natural[0] / 2
        reach = 0.92 * radius * length / self.longest
        return radius + reach * np.cos(angle), radius - reach * np.sin(angle)

    def draw(self, pen: Pen) -> None:
        radius = self.natural[0] / 2
        pen.circle(radius, radius, radius, "box")
        pen.circle(radius, radius, radius, "secondary", 0.7, line=0.022)
        if not self.ticks:
            unit = 0.92 * radius / self.longest
            pen.line([(0, radius), (2 * radius, radius)], "faint", 0.012, shows=Place(0, radius, -unit, "y"))
            pen.line([(radius, 0), (radius, 2 * radius)], "faint", 0.012, shows=Place(0, radius, unit))
        for k in range(self.ticks):
            c, s = np.cos(2 * np.pi * k / self.ticks), np.sin(2 * np.pi * k / self.ticks)
            inner = radius * (0.86 if k % 3 == 0 else 0.92)
            tick = [(radius + inner * c, radius + inner * s), (radius + radius * c, radius + radius * s)]
            pen.line(tick, "secondary", 0.02, 0.8)
        self._draw_sectors(pen, radius)
        self._draw_legs(pen, radius)
        for k in np.argsort(-self.lengths, kind="stable"):  # a short hand lies on top of a long one
            rgb = self.rgbs[k]
            if self.ghosts and np.isfinite(self.starts[k]):
                self._draw_hand(pen, self.starts[k], self.lengths[k], rgb, 0.35)
            across, up = (Cell(self.tensors[k], (axis,)) for axis in (0, 1))
            unit = 0.92 * radius / self.longest
            shows = Place(across, radius, unit, "x"), Place(up, radius, -unit, "y")
            if self.hand_grown > 0:
                length = self.hand_grown * self.lengths[k]
                self._draw_hand(pen, self.angles[k], length, rgb, 1.0, shows if self.hand_grown == 1 else None)

    def _draw_legs(self, pen: Pen, radius: float) -> None:
        """The first hand's two numbers: across from the middle, and from there up (or down) to its tip."""
        x, y = self._end(self.angles[0], self.lengths[0])
        unit, tensor = 0.92 * radius / self.longest, self.tensors[0]
        ways = (((radius, radius), (x, radius)), ((x, radius), (x, y)))
        shows = (Length(Cell(tensor, (0,)), radius, unit), Length(Cell(tensor, (1,)), radius, -unit, "y"))
        for (start, end), grown, length in zip(ways, self.leg_grown, shows, strict=True):
            if grown > 0 and self.leg_sight > 0:
                tip = np.asarray(start) + grown * (np.asarray(end) - start)
                pen.line([start, tip], "target", 0.035 * radius, self.leg_sight, shows=length if grown == 1 else None)

    def _draw_sectors(self, pen: Pen, radius: float) -> None:
        if self.between:
            first, second = self.angles[:2]
            turn = (second - first + np.pi) % (2 * np.pi) - np.pi
            self._sector(pen, first, first + turn, 0.45 * radius, color("secondary"), 0.45)
            return
        for k, rgb in enumerate(self.rgbs):
            if np.isfinite(self.starts[k]):
                reach = (0.9 if len(self.rgbs) == 1 and not self.ghosts else 0.42 + 0.1 * k) * radius
                shows: Shows = Angle(Cells(self.tensors[k], ([0, 1],)))
                if self.turned:
                    shows = Angle(Cells(self.tensors[k], ([0, 1],))), Swept(Cell(self.turned[k]))
                draw = self._sector if abs(self.angles[k] - self.starts[k]) <= 2 * np.pi else self._spiral
                draw(pen, self.starts[k], self.angles[k], reach, rgb, shows=shows)

    def _sector(
        self, pen: Pen, start: float, end: float, reach: float, rgb: Fill, opacity: float = 0.25, shows: Shows = None
    ) -> None:
        radius = self.natural[0] / 2
        pen.arc(radius, radius, reach, start, end, rgb, opacity, shows=shows)

    def _spiral(self, pen: Pen, start: float, end: float, reach: float, rgb: Fill, shows: Shows = None) -> None:
        """A turn of more than one round, from the middle outwards: as many windings as rounds."""
        radius, rounds = self.natural[0] / 2, abs(end - start) / (2 * np.pi)
        angles = np.linspace(start, end, 2 + int(48 * rounds))
        away = np.linspace(0, reach, len(angles))
        points = np.stack([radius + away * np.cos(angles), radius - away * np.sin(angles)], axis=1)
        pen.line(points, rgb, min(0.3 * reach / rounds, 0.09 * radius), 0.45, shows=shows)

    def _draw_hand(
        self, pen: Pen, angle: float, length: float, rgb: np.ndarray, opacity: float, shows: Shows = None
    ) -> None:
        radius = self.natural[0] / 2
        x, y = self._end(angle, length)
        c, s, reach = np.cos(angle), -np.sin(angle), np.hypot(x - radius, y - radius)
        head = min(0.24 * radius, reach)
        pen.line([(radius, radius), (x - 0.8 * head * c, y - 0.8 * head * s)], rgb, 0.055 * radius, opacity)
        sides = [(x - head * c - k * 0.42 * head * s, y - head * s + k * 0.42 * head * c) for k in (1, -1)]
        pen.polygon([(x, y), *sides], rgb, opacity, shows=shows)
        pen.circle(radius, radius, 0.05 * radius, rgb, opacity)


class DialRow(VGroup):
    """Dials side by side with a note below each, and a title at their left (`beside`: the width it takes; 0: above
    them).

    dials: (hands, note, options of Dial) each. A narrow box takes them in two lines. Parts: `.title .dials .notes`."""

    def __init__(
        self,
        box: Box,
        title: Label,
        dials: Sequence[tuple[Sequence[tuple[Tensor, str]], str, dict[str, Any]]],
        *,
        beside: float = 0.0,
    ):
        room = Box(box.left + beside, box.bottom, box.right, box.top - (0 if beside else 0.65))
        two = len(dials) > 2 and room.width < 2 * room.height
        lines = room.rows(1, 1, gap=0.15) if two else [room]
        boxes = [cell for line in lines for cell in line.columns(*[1] * -(-len(dials) // len(lines)), gap=0.2)]
        self.title, self.dials, self.notes = title, [], []
        for cell, (hands, text, options) in zip(boxes, dials, strict=False):
            note = Label(text, 0.32, "secondary")
            dial = Dial(hands, diameter=min(cell.width, cell.height - note.height - 0.1), **options)
            stack(dial, note, gap=0.08).move_to(cell.center)
            self.dials.append(dial)
            self.notes.append(note)
        if beside:
            title.scale(min(1.0, (beside - 0.15) / title.width)).move_to(self.dials[0]).align_to((box.left, 0, 0), LEFT)
        else:
            title.move_to((box.center[0], box.top - 0.3, 0))
        super().__init__(title, *self.dials, *self.notes)


class Turn(Animation):
    """The hands of a dial turn by so many radians (counter-clockwise; one number for each hand) to where they stand.

    after: of a dial that comes: the part of the play before which nothing of it is seen."""

    def __init__(self, dial: Dial, by: Any, *, after: float = 0.0, **kwargs: Any):
        self.by, self.final = np.asarray(by, dtype=float), dial.angles.copy()
        self.after, self.opacity = after, dial.opacity
        dial.angles = self.final - self.by
        super().__init__(dial, **kwargs)

    def interpolate_mobject(self, alpha: float) -> None:
        late = waited(alpha, self.after)
        self.mobject.angles = self.final - (1 - self.rate_func(late)) * self.by
        if self.after:
            self.mobject.opacity = self.opacity * come_so_far(late, (1 - self.after) * self.run_time, SOON)
