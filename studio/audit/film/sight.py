"""What can be seen at one moment, also inside a play: how clearly everything stands out, its texts, its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import numpy as np
from manim import Animation, Mobject

from scenes.kit.ground.encodings import Mark
from scenes.kit.ground.layout import View
from scenes.kit.ground.painting import Painted, ReadingPen, seen_in
from scenes.kit.ground.readings import Reading
from scenes.kit.ground.text import Caption, Heading
from scenes.kit.ground.theme import by_theme, contrast
from scenes.kit.moves.flight import Fly
from scenes.lesson.lesson import Lesson
from studio.audit.film.places import Homes, Numbers, numbers_in, together
from studio.audit.reader import Reader
from studio.audit.screen import is_visible, on_screen, view_of

Light = np.ndarray  # contrast to the background, in each theme [n]; [1] where it is the same in all
NOTHING, MOST = np.array([1.0]), np.array([21.0])  # of the background itself, of white to black


class Look:
    """A mobject as it looks now: light is the contrast to the background of what stands out most on it."""

    def __init__(self, mobject: Mobject, homes: Homes, view: View, reader: Reader, before: Look | None = None):
        """before: how it looked to the camera elsewhere, when all that it shows was as it is now."""
        self.mobject, self.homes, self.view = mobject, homes, view
        self.pen: ReadingPen | None = before.pen if before else None
        self.readings: list[Reading] = []
        self.numbers: Numbers = {}
        self.light: Light = MOST if len(mobject.points) and is_visible(mobject) else NOTHING
        self.stretch = 1.0
        if isinstance(mobject, Painted):
            self._read(mobject, reader)

    def _read(self, mobject: Painted, reader: Reader) -> None:
        self.light = NOTHING
        if mobject.opacity <= 0.002 or mobject.zoom() < 1e-3:
            return
        readings, marks = reader.seen(mobject, self.view) if self.pen is None else mobject.seen(self.view, self.pen)
        self.pen = self.pen or reader.read(mobject)
        self.readings = [reading for reading in readings if reading.text.strip()]
        self.light = standing_out((*self.readings, *marks), mobject.style.theme["background"])
        self.numbers = numbers_in(self.readings, marks, self.homes)
        self.stretch = stretch_of(mobject)

    @cached_property
    def written(self) -> Numbers:
        """Those of its numbers that are written in digits."""
        return numbers_in(self.readings, (), self.homes)

    @property
    def middle(self) -> np.ndarray:
        """Of the box of all its texts [2]."""
        low, high = self.box
        return (low + high) / 2

    @cached_property
    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """The lower left and the upper right corner of all its texts."""
        corners = np.array([reading.corners for reading in self.readings]).reshape(-1, 2)
        return corners.min(axis=0), corners.max(axis=0)


def standing_out(things: Iterable[Reading | Mark], background: np.ndarray) -> Light:
    """The largest contrast to the background of texts and shapes, each as pale as its opacity makes it."""
    pale = [background + np.asarray(each.opacity)[..., None] * (each.rgb - background) for each in things]
    if not any(colours.size for colours in pale):
        return NOTHING
    colours = np.concatenate([each.reshape(-1, len(background)) for each in pale])
    as_painted = np.rint(255 * colours.clip(0, 1)).astype(np.uint8)
    return np.array([each.max() for each in contrast(by_theme(as_painted), by_theme(background)).T])


def stretch_of(mobject: Painted) -> float:
    """By what factor a mobject is longer along one direction than across it, as it was made: 1 where it has only been
    moved, turned and scaled."""
    m = mobject.matrix()
    long, short = np.linalg.svd(np.array([[m.xx, m.xy], [m.yx, m.yy]]), compute_uv=False)
    return float(long / max(short, 1e-9))


@dataclass(frozen=True)
class Sight:
    """The screen at `time` seconds: looks in the order of drawing; moving: ids of the mobjects that a play moves.

    under_way: numbers that fly from one mobject to another, in shapes that do not tell them."""

    time: float
    looks: list[Look]
    moving: frozenset[int] = frozenset()
    under_way: tuple[Numbers, ...] = ()

    @property
    def stage(self) -> list[Look]:
        """All but caption and heading."""
        return [look for look in self.looks if not isinstance(look.mobject, (Caption, Heading))]

    @property
    def light(self) -> Light:
        """Of what stands out most on the stage."""
        return reduce(np.maximum, (look.light for look in self.stage), NOTHING)

    def numbers(self, kind: Callable[[Look], Numbers] = lambda look: look.numbers) -> Numbers:
        """All numbers on the stage."""
        seen = (*map(kind, self.stage), *self.under_way)
        return together(part for numbers in seen for part in numbers.items())


class Sights:
    """Looks at a lesson again and again; what has not changed is not read twice."""

    def __init__(self, lesson: Lesson, reader: Reader):
        self.lesson, self.reader, self.homes = lesson, reader, Homes()
        self.known: dict[int, Look] = {}  # by the mobject's id
        self.play, self.moving, self.under_way = -1, frozenset[int](), tuple[Numbers, ...]()

    def inside(self) -> Sight:
        """Inside a play."""
        scene = self.lesson
        self.forget(self.moving)
        if self.play != scene.renderer.num_plays:
            self.play, self.under_way = scene.renderer.num_plays, tuple(self._carried())
            self.moving = frozenset(map(id, moved(scene.animations or ())))
            self.forget(self.moving)
        return self._sight(on_screen(scene), scene.time + scene.last_t, self.moving, self.under_way)

    def texts_of(self, mobject: Painted) -> list[Reading]:
        """What is written on a mobject at this very moment."""
        readings = mobject.readings(view_of(self.lesson)) if mobject.zoom() >= 1e-3 else []
        return [reading for reading in readings if reading.text.strip()]

    def after(self, mobjects: list[Mobject], changed: Iterable[int]) -> Sight:
        """After a play; changed: ids of the mobjects that show something else than when this was last asked."""
        self.forget(changed)
        self.known = {id(m): self.known[id(m)] for m in mobjects if id(m) in self.known}
        return self._sight(mobjects, self.lesson.time)

    def forget(self, changed: Iterable[int]) -> None:
        for number in changed:
            self.known.pop(number, None)

    def _sight(self, mobjects: list[Mobject], time: float, *more: Any) -> Sight:
        view = view_of(self.lesson)
        for mobject in mobjects:
            known, seen = self.known.get(id(mobject)), seen_in(mobject, view)
            if known is None or known.view != seen:
                self.known[id(mobject)] = Look(mobject, self.homes, seen, self.reader, known)
        return Sight(time, [self.known[id(m)] for m in mobjects], *more)

    def _carried(self) -> Iterator[Numbers]:
        """What flies as bits, that only know their colours."""
        for animation in every(self.lesson.animations or ()):
            source = animation.source.mobject if isinstance(animation, Fly) else None
            if id(source) in self.known:
                yield self.known[id(source)].numbers


def every(animations: Iterable[Animation]) -> Iterator[Animation]:
    """Animations, and those inside groups of them."""
    for animation in animations:
        yield animation
        yield from every(getattr(animation, "animations", ()))


def moved(animations: Iterable[Animation]) -> Iterator[Mobject]:
    """All mobjects that are moved or changed."""
    for animation in animations:
        yield from animation.mobject.get_family()


__all__ = ["Look", "Sight", "Sights", "stretch_of"]
