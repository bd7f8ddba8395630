"""What is on the screen at the end of a play: which mobjects, what can be read on them, what of it is new."""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass
from functools import cached_property
from typing import Any, TypeGuard, cast

import numpy as np
from manim import DecimalNumber, ImageMobject, Mobject, VMobject
from manim.mobject.text.tex_mobject import SingleStringMathTex
from manim.mobject.text.text_mobject import MarkupText, Paragraph, Text
from manim.mobject.text.typst_mobject import Typst

from model.numbers.trace import Trace
from scenes.kit.ground.encodings import Mark
from scenes.kit.ground.layout import HOME, View
from scenes.kit.ground.painting import Painted, PaintingCamera, seen_in
from scenes.kit.ground.readings import Claim, Reading
from scenes.lesson.lesson import Lesson
from studio.audit.checks.identity import Traces
from studio.audit.checks.spots import Spot, spots_of
from studio.audit.reader import Reader

FOREIGN = (Text, MarkupText, Paragraph, SingleStringMathTex, Typst, DecimalNumber)
VISIBLE = 0.02  # opacity from which something is on the screen


@dataclass(frozen=True)
class Item:
    """A text on screen and the mobject that shows it."""

    reading: Reading
    mobject: Mobject

    @property
    def middle(self) -> tuple[float, float]:
        x, y = self.reading.corners.mean(axis=0)
        return float(x), float(y)


class Look:
    """What was read off a mobject in one state: its texts, and when asked its shapes and the places of its cells."""

    def __init__(self, mobject: Mobject, key: tuple[Any, ...], reader: Reader, view: View = HOME):
        self.mobject, self.key = mobject, key
        self.readings: list[Reading] = []
        self.marks: list[Mark] = []
        if isinstance(mobject, Painted):
            readings, self.marks = reader.seen(mobject, view)
            self.readings = legible(mobject, readings, view)
        self.places: list[Spot] | None = None

    def spots(self, traces: Traces) -> list[Spot]:
        if self.places is None:
            self.places = list(spots_of(self.marks, self.readings, traces))
        return self.places


@dataclass(frozen=True)
class Screen:
    """mobjects: all, in the order of drawing; looks: what was read off them, by the mobject's id; readings: the texts.

    changed: ids of those that show what they have not shown before; fresh: of those and of what has come back."""

    lesson: Lesson
    mobjects: list[Mobject]
    looks: dict[int, Look]
    changed: set[int]
    fresh: set[int]

    @cached_property
    def readings(self) -> dict[int, list[Reading]]:
        return {number: look.readings for number, look in self.looks.items()}

    def marks(self, mobject: Mobject) -> list[Mark]:
        """All shapes that a mobject shows."""
        return self.looks[id(mobject)].marks

    def spots(self, mobject: Mobject, traces: Traces) -> list[Spot]:
        """All cells that a mobject shows, and where."""
        return self.looks[id(mobject)].spots(traces)

    @property
    def items(self) -> list[Item]:
        return [Item(reading, mobject) for mobject in self.mobjects for reading in self.readings[id(mobject)]]


class Eye:
    """Looks at a lesson's screen, and remembers what it has seen."""

    def __init__(self, lesson: Lesson, reader: Reader):
        self.lesson, self.reader = lesson, reader
        self.known: dict[int, Look] = {}  # by id of mobject
        self.state: tuple[tuple[int, Any], ...] = ()

    def look(self) -> Screen | None:
        """The screen; None if it is the one that was seen last."""
        leaving = {id(part) for mobject in self.lesson.leaving for part in mobject.get_family()}
        mobjects = [m for m in on_screen(self.lesson) if id(m) not in leaving]  # what leaves is not spoken of
        view = view_of(self.lesson)
        keys = [(*fingerprint(m), seen_in(m, view)) for m in mobjects]
        state = tuple((id(m), key) for m, key in zip(mobjects, keys, strict=True))
        if state == self.state:
            return None
        changed, back = set(), {id(m) for m in mobjects} - {number for number, _ in self.state}
        self.state = state
        for mobject, key in zip(mobjects, keys, strict=True):
            known = self.known.get(id(mobject))
            if known is None or known.key != key:
                self.known[id(mobject)] = Look(mobject, key, self.reader, view)
                changed.add(id(mobject))
        return Screen(self.lesson, mobjects, {id(m): self.known[id(m)] for m in mobjects}, changed, changed | back)


def on_screen(scene: Any) -> list[Mobject]:
    """Every mobject, each once, in the order of drawing. Groups are kept: they may make claims."""
    found: dict[int, Mobject] = {}

    def walk(mobject: Mobject) -> None:
        if id(mobject) in found:
            return
        found[id(mobject)] = mobject
        if not isinstance(mobject, FOREIGN):
            for sub in mobject.submobjects:
                walk(sub)

    for mobject in sorted(scene.mobjects, key=lambda m: m.z_index):
        if type(mobject) is not Mobject:  # Manim's stand-in while it waits
            walk(mobject)
    return sorted(found.values(), key=lambda m: m.z_index)


def is_visible(mobject: Mobject) -> bool:
    """Whether anything of a mobject itself (not of its parts) can be seen."""
    if isinstance(mobject, Painted):
        return mobject.opacity > VISIBLE
    if not isinstance(mobject, VMobject):
        return isinstance(mobject, ImageMobject)
    stroke = mobject.get_stroke_opacity() if mobject.get_stroke_width() > 0 else 0.0
    return max(float(stroke), float(mobject.get_fill_opacity())) > VISIBLE


def is_painted(mobject: Mobject) -> TypeGuard[Painted]:
    """Whether it is one of the kit's, and can be seen."""
    return isinstance(mobject, Painted) and mobject.opacity > VISIBLE


def view_of(lesson: Lesson) -> View:
    """Where the lesson's camera looks."""
    return cast(PaintingCamera, lesson.renderer.camera).view


def outline(mobject: Mobject, view: View) -> np.ndarray:
    """Where the points of a mobject are seen [n, 2]."""
    return seen_in(mobject, view).seen(np.asarray(mobject.points).reshape(-1, 3))


def legible(mobject: Painted, readings: list[Reading], view: View = HOME) -> list[Reading]:
    """Those of a mobject's texts that can be seen: where the camera has gone close to something, what is left outside
    the frame is not."""
    if not is_painted(mobject) or mobject.zoom() < 1e-3:
        return []
    readings = [r for r in readings if r.opacity > VISIBLE and r.text.strip()]
    return readings if seen_in(mobject, view) == HOME else [r for r in readings if is_inside(r, mobject.style.frame)]


def is_inside(reading: Reading, frame: tuple[float, float]) -> bool:
    """Whether some of a text lies in the frame."""
    low, high = reading.corners.min(axis=0), reading.corners.max(axis=0)
    return bool((high > np.array(frame) / -2).all() and (low < np.array(frame) / 2).all())


def claims_of(mobject: Mobject) -> list[Claim]:
    """The sums that a mobject, or a group of them, says hold."""
    claims = getattr(mobject, "claims", None)
    if claims is None or isinstance(mobject, Painted) and not is_painted(mobject):
        return []
    found: list[Claim] = claims()
    return found


def fingerprint(mobject: Mobject) -> tuple[Any, ...]:
    """Changes whenever what a mobject shows may have changed."""
    passing = ("updaters", "target", "saved_state", "submobjects")
    return tuple((k, _state(v)) for k, v in vars(mobject).items() if k not in passing)


def _state(value: Any, depth: int = 0) -> Any:
    if isinstance(value, Trace):
        return value.run_id  # read-only, and with all its numbers as large as a model
    if isinstance(value, np.ndarray):
        return (value.shape, value.tobytes())
    if value is None or isinstance(value, (bool, int, float)) or type(value) is str:
        return value  # a Said is told by its identity: the same words may come from elsewhere
    if isinstance(value, (list, tuple)) and depth < 3:
        return tuple(_state(v, depth + 1) for v in value)
    if isinstance(value, dict) and depth < 3:
        return tuple((k, _state(v, depth + 1)) for k, v in value.items())
    if is_dataclass(value) and depth < 2:  # what a mobject keeps in parts of its own may change, too
        return id(value), tuple((k, _state(v, depth + 1)) for k, v in vars(value).items())
    return id(value)
