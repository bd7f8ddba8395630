"""NumberLine: words at their values on a line, two groups apart, with labels that do not cover each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from manim import Animation, Scene

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.encodings import Place
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell
from scenes.kit.ground.say import Said, say
from scenes.kit.ground.style import color, smallest
from scenes.kit.ground.timing import seen_so_far, waited
from scenes.kit.words.labels import spread, thin
from scenes.kit.words.tokens import display

SLANT = np.pi / 3
DOT = 0.085
COME = 0.4  # seconds in which a line comes
OVERHANG = 0.9  # how far labels may stand beyond the outermost dots of their group


@dataclass
class Group:
    """Words of one kind: values is a Tensor [n], role their colour, above: on which side of the line their labels
    stand."""

    values: Any
    words: list[str]
    role: str = "ink"
    above: bool = True


class NumberLine(Painted):
    """Values of several groups of words on one line from the smallest to the largest, 0 marked.

    groups: `Group(values, words, role, above)` each (in this module). Labels stand slanted beside the line, each led to
    its dot, with the value of the outermost two of each side; where not all fit, some dots stay without. mark: a Tensor
    of one number where a dashed line crosses. ends: what the line's two ends mean. sight, label_sight [group]: the
    opacity of each group's dots and of its labels. arrived [group]: how far its dots have come down onto the line, one
    after the other.
    """

    sight: Mix[np.ndarray]
    label_sight: Mix[np.ndarray]
    arrived: Mix[np.ndarray]

    def __init__(
        self,
        groups: list[Group],
        *,
        width: float,
        height: float,
        mark: Tensor | None = None,
        ends: tuple[str, str] = ("", ""),
        size: float = 0.34,
        spec: str = "+.2f",
        reach: tuple[float, float] | None = None,
    ):
        self.groups, self.mark, self.ends, self.spec = groups, mark, ends, spec
        self.size = max(size, smallest())
        values = np.concatenate([np.asarray(g.values.values, dtype=float) for g in groups])
        low, high = reach or (min(float(values.min()), 0.0), max(float(values.max()), 0.0))
        self.low, self.high = low, high
        self.sight, self.label_sight, self.arrived = np.ones(len(groups)), np.ones(len(groups)), np.ones(len(groups))
        self.pad = 0.35
        super().__init__(width, height)
        self.axis_y = height / 2
        self._choose_size()
        self.layout = [self._lay_out(group) for group in groups]

    def _choose_size(self) -> None:
        """The largest letters whose slanted labels fit above and below the line."""
        room = self.natural[1] / 2 - 0.45
        longest = max(
            typesetting.width(str(self._label(g, i, True)), 1.0) for g in self.groups for i in range(len(g.words))
        )
        self.size = float(np.clip(room / ((longest + 0.6) * np.sin(SLANT)), smallest(), self.size))

    def _label(self, group: Group, i: int, with_value: bool) -> Said:
        word = display(group.words[i])
        return say("{w} {v:" + self.spec + "}", w=word, v=group.values[i]) if with_value else Said(word)

    def _lay_out(self, group: Group) -> list[tuple[int, float, Said]]:
        """(index, x of the label's foot, text) of the labels that fit, left to right."""
        values = np.asarray(group.values.values, dtype=float)
        order = [int(i) for i in np.argsort(values, kind="stable")]
        pitch = 1.15 * self.size / np.sin(SLANT)
        widest = max(typesetting.width(str(self._label(group, i, True)), self.size) for i in order)
        low, high = (
            (self.pad, self.natural[0] - widest * np.cos(SLANT) - 0.1)
            if group.above
            else (widest * np.cos(SLANT) + 0.1, self.natural[0] - self.pad)
        )
        first, last = self.x_of(values[order[0]]) - OVERHANG, self.x_of(values[order[-1]]) + OVERHANG
        low, high = max(low, first), max(min(high, last), max(low, first) + pitch)
        kept = [order[k] for k in thin(len(order), max(int((high - low) / pitch) + 1, 2))]
        feet = spread(np.array([self.x_of(values[i]) for i in kept]), pitch, low, high)
        ends = {kept[0], kept[-1]}
        return [(i, float(x), self._label(group, i, i in ends)) for i, x in zip(kept, feet, strict=True)]

    def x_of(self, value: float) -> float:
        span = max(self.high - self.low, 1e-9)
        return self.pad + (self.natural[0] - 2 * self.pad) * (value - self.low) / span

    def dot_place(self, group: int, i: int) -> np.ndarray:
        """Scene coordinates [3] of a word's dot."""
        return self.to_scene(self.x_of(float(self.groups[group].values.values[i])), self.axis_y)

    # ── painting ─────────────────────────────────────────────────────────────────────────────────
    def draw(self, pen: Pen) -> None:
        w, y = self.natural[0], self.axis_y
        pen.line([(0, y), (w, y)], "secondary", 0.022)
        zero = self.x_of(0.0)
        pen.line([(zero, y - 0.12), (zero, y + 0.12)], "secondary", 0.022, shows=self._place_of(0))
        self._draw_mark(pen)
        for k, group in enumerate(self.groups):
            if self.sight[k] > 0.002:
                self._draw_group(pen, k, group)
        small = max(0.3, smallest())
        if self.ends[0]:
            pen.text("← " + self.ends[0], 0, y - 0.62 * small, small, "secondary")  # clear of the dots
        if self.ends[1]:
            pen.text(self.ends[1] + " →", w, y + 1.0 * small, small, "secondary", align=1.0)

    def _draw_mark(self, pen: Pen) -> None:
        if self.mark is None:
            return
        x, shows = self.x_of(float(self.mark)), self._place_of(Cell(self.mark))
        ends = [(x, self.axis_y - 0.36), (x, self.axis_y + 0.36)]
        pen.line(ends, "ink", 0.022, dashed=True, shows=shows)

    def _place_of(self, cell: Cell | int) -> Place:
        return Place(cell, self.x_of(0.0), self.x_of(1.0) - self.x_of(0.0))

    def _draw_group(self, pen: Pen, k: int, group: Group) -> None:
        rgb, y, side = color(group.role), self.axis_y, -1 if group.above else 1
        values, sight = np.asarray(group.values.values, dtype=float), float(self.sight[k])
        order = np.argsort(values, kind="stable")
        progress = np.empty(len(values))
        progress[order] = np.clip(
            float(self.arrived[k]) * (1 + 0.5) - 0.5 * np.arange(len(values)) / max(len(values) - 1, 1), 0, 1
        )
        progress = progress**2 * (3 - 2 * progress)
        for i, (value, p) in enumerate(zip(values, progress, strict=True)):
            shows = self._place_of(Cell(group.values, (i,)))
            pen.circle(self.x_of(value), y + side * 1.2 * (1 - p), DOT, rgb, sight * min(1.0, 2 * p), shows=shows)
        for i, foot, text in self.layout[k]:
            seen = sight * float(self.label_sight[k]) * float(np.clip(2 * progress[i] - 1, 0, 1))
            of = Cell(group.values, (i,))
            x, top = self.x_of(values[i]), y + side * (0.34 + 0.06)
            pen.line([(x, y + side * 0.1), (foot, top)], rgb, 0.012, 0.55 * seen)
            if group.above:
                pen.text(text, foot + 0.1 * self.size, top - 0.06, self.size, rgb, seen, angle=SLANT, of=of)
            else:  # read upwards to its foot
                at = foot + 0.34 * self.size, top + 0.06 + 0.45 * self.size
                pen.text(text, *at, self.size, rgb, seen, align=1.0, angle=SLANT, of=of)


class Arrive(Animation):
    """The dots of a number line come down onto it, one after the other. The line comes with them, if it was not there.

    Its labels follow their dots. after: the part of the play before which nothing comes, where others are leaving."""

    def __init__(self, line: NumberLine, *, after: float = 0.0, **kwargs: Any):
        self.after = after
        self.opacity, line.arrived = line.opacity, np.zeros(len(line.groups))
        super().__init__(line, introducer=True, **kwargs)

    def _setup_scene(self, scene: Scene) -> None:
        self.there = self.mobject in scene.get_mobject_family_members()
        super()._setup_scene(scene)

    def interpolate_mobject(self, alpha: float) -> None:
        arrived = float(self.rate_func(waited(alpha, self.after)))
        self.mobject.arrived = np.full(len(self.mobject.groups), arrived)
        come = 1.0 if self.there else seen_so_far(alpha, self.run_time, self.after, COME)
        self.mobject.opacity = self.opacity * come


__all__ = ["Arrive", "Group", "NumberLine"]
