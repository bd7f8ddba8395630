"""Watching a lesson play: at the end of every play, everything on the screen is checked that has changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np
from manim import DecimalNumber, ImageMobject, Mobject, VMobject
from manim.mobject.text.tex_mobject import SingleStringMathTex
from manim.mobject.text.text_mobject import MarkupText, Paragraph, Text
from manim.mobject.text.typst_mobject import Typst

from scenes.kit.ground.painting import Painted
from scenes.kit.ground.readings import Claim
from scenes.kit.ground.text import Caption, Formula, Heading
from scenes.lesson.observer import Observer
from studio.audit import layout
from studio.audit.report import Defect, Finding, Report
from studio.audit.sources import Sources, has_digits

FOREIGN = (Text, MarkupText, Paragraph, SingleStringMathTex, Typst, DecimalNumber)
VISIBLE = 0.02  # opacity from which something is on the screen
SETTLED = 0.9  # opacity from which a caption can be read
READING = 15.0  # characters a second


class Watch(Observer):
    """Checks one lesson while it plays: at the end of every play."""

    def __init__(self, report: Report, about: dict):
        self.report, self.about = report, about
        self.lesson: Any = None
        self.step = ""
        self.cache: dict[int, tuple[Any, tuple, list]] = {}  # id of mobject: itself, its state, its readings
        self.state: tuple = ()
        self.screen: layout.Screen | None = None
        self.found: dict[tuple, Finding] = {}
        self.captions: dict[tuple, list] = {}  # (id, text): caption, first and last time it was seen whole

    # ── hooks ────────────────────────────────────────────────────────────────────────────────────
    def began(self, lesson) -> None:
        self.lesson = lesson
        self.sources = Sources(lesson.traces, names=self.about["names"])

    def step_started(self, lesson, step) -> None:
        self.step = step.name
        if not step.caption.strip():
            self.note(Defect("no caption", f"the step “{step.name}” has no caption"))

    def step_ended(self, lesson, step) -> None:
        shown = [m for m in on_screen(self.lesson) if isinstance(m, Caption) and m.opacity >= SETTLED]
        if step.caption.strip() and not any(str(m.text) == step.caption for m in shown):
            self.note(
                Defect(
                    "no caption", f"the caption of “{step.name}” is not on the screen at its end", expected=step.caption
                )
            )

    def played(self, lesson) -> None:
        """The end of a play."""
        self.report.plays += 1
        mobjects = on_screen(self.lesson)
        self.see_captions(mobjects)
        keys = [(m, fingerprint(m)) for m in mobjects]
        state = tuple((id(m), key) for m, key in keys)
        if state == self.state:
            return
        fresh = {id(m) for m, _ in keys} - {number for number, _ in self.state}  # what has come back counts as new, too
        self.state = state
        for trace in self.lesson.traces:
            self.sources.add(trace)
        items: list[layout.Item] = []
        for mobject, key in keys:
            known = self.cache.get(id(mobject))
            if known is None or known[1] != key:
                known = (mobject, key, readings_of(mobject))
                self.cache[id(mobject)] = known
                fresh.add(id(mobject))
                self.check_sources(mobject, known[2])
            items += [layout.Item(reading, mobject) for reading in known[2]]
        self.check_layout(mobjects, items, fresh)

    def finish(self, whole: bool) -> None:
        """After the last play. whole: whether the lesson came to its end."""
        if whole:
            self.check_course()
        self.report.steps = len(self.lesson.steps)
        self.report.numbers = len(self.sources.numbers)
        self.report.findings = list(self.found.values())

    def check_course(self) -> None:
        """Whether there were steps, and their captions stood long enough."""
        for caption, first, last in self.captions.values():
            needed = len(caption.text) / READING * min(1.0, self.lesson.options.pace)
            if last - first < needed - 1 / 60:
                self.note(
                    Defect("caption too short-lived", f"“{layout.short(str(caption.text), 60)}” cannot be read in the time it stands",
                           expected=f"{needed:.1f} s", shown=f"{last - first:.1f} s"), step=caption.step)  # fmt: skip
        if not self.lesson.steps:
            self.note(Defect("no steps", "the lesson has no steps"))

    # ── checks ───────────────────────────────────────────────────────────────────────────────────
    def check_sources(self, mobject: Mobject, readings: list) -> None:
        """Provenance of a mobject that is new or has changed."""
        if isinstance(mobject, FOREIGN):
            self.note(foreign(mobject), mobject)
            return
        self.report.readings += len(readings)
        kind = "typed number" if isinstance(mobject, (Caption, Heading)) else "no source"
        if isinstance(mobject, Formula) and readings:
            readings = readings[:1] if mobject.says is not None else []
            self.note_all(self.sources.check_formula(mobject), mobject)
        for reading in readings:
            self.note_all(self.sources.check_reading(reading, kind), mobject, reading.corners.mean(axis=0))
        if isinstance(mobject, Painted) and mobject.opacity > VISIBLE:
            self.note_all(map(self.sources.check_drawn, mobject.drawn()), mobject)
        if isinstance(mobject, Caption) and len(mobject.lines) > 2:
            self.note(
                Defect(
                    "caption too long",
                    f"“{layout.short(str(mobject.text), 60)}” takes {len(mobject.lines)} lines",
                    expected="at most 2",
                ),
                mobject,
            )
        for claim in claims_of(mobject):
            self.report.sums += 1
            self.note(self.sources.check_claim(claim), mobject)

    def check_layout(self, mobjects: list[Mobject], items: list[layout.Item], fresh: set[int]) -> None:
        """Where everything is, and what lies behind what."""
        last, view = self.screen, layout.View.of(self.lesson.renderer.camera)
        moved = last is not None and last.view != view  # the camera
        for item in items:
            if moved or id(item.mobject) in fresh:
                self.note_all(layout.check_frame(item, view))
        for mobject in mobjects:
            if is_visible(mobject) and (moved or id(mobject) in fresh):
                self.note(layout.check_shape(mobject, view))
        self.note_all(layout.check_overlaps(items, fresh))
        with self.lesson.renderer.camera.without_text():
            ground = self.draw()
        self.screen = layout.Screen(view, self.draw(), ground)
        changed = self.screen.changed_since(last)
        for item in items:
            if id(item.mobject) in fresh or self.screen.touches(item, changed):
                self.note(layout.check_contrast(item, self.screen))

    def draw(self) -> np.ndarray:
        """The screen as RGBA bytes [height, width, 4]."""
        return np.ascontiguousarray(self.lesson.renderer.picture(self.lesson))

    def see_captions(self, mobjects: list[Mobject]) -> None:
        for mobject in mobjects:
            if isinstance(mobject, Caption) and mobject.opacity >= SETTLED and len(mobject.text):
                seen = self.captions.setdefault(
                    (id(mobject), str(mobject.text)), [Seen(mobject, self.step), self.lesson.time, 0.0]
                )
                seen[2] = self.lesson.time

    # ── notes ────────────────────────────────────────────────────────────────────────────────────
    def note_all(self, defects: Iterable[Defect | None], mobject: Mobject | None = None, where=None) -> None:
        for defect in defects:
            self.note(defect, mobject, where)

    def note(self, defect: Defect | None, mobject: Mobject | None = None, where=None, step: str | None = None) -> None:
        """Keep a defect, once for each place, however many plays it stays."""
        if defect is None:
            return
        place = defect.where if defect.where is not None else where
        if place is None and mobject is not None:
            place = mobject.get_center()
        place = None if place is None else (round(float(place[0]), 2), round(float(place[1]), 2))
        key = (defect.kind, defect.what, None if place is None else tuple(round(2 * x) for x in place))
        if key not in self.found:
            about = {k: v for k, v in self.about.items() if k != "names"}
            play = max(self.lesson.renderer.num_plays - 1, 0)
            self.found[key] = Finding(
                **about, step=self.step if step is None else step, play=play, **asdict(defect) | {"where": place}
            )


class Seen:
    """A caption that was on screen, as it then was."""

    def __init__(self, caption: Caption, step: str):
        self.mobject, self.text, self.step = caption, caption.text, step


# ── what is on the screen ────────────────────────────────────────────────────────────────────────
def on_screen(scene) -> list[Mobject]:
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
    return list(found.values())


def is_visible(mobject: Mobject) -> bool:
    if isinstance(mobject, Painted):
        return mobject.opacity > VISIBLE
    if not isinstance(mobject, VMobject):
        return isinstance(mobject, ImageMobject)
    stroke = mobject.get_stroke_opacity() if mobject.get_stroke_width() > 0 else 0.0
    return max(float(stroke), float(mobject.get_fill_opacity())) > VISIBLE


def readings_of(mobject: Mobject) -> list:
    """The texts that a mobject shows and that can be seen."""
    if not isinstance(mobject, Painted) or mobject.opacity <= VISIBLE or mobject.zoom() < 1e-3:
        return []
    return [r for r in mobject.readings() if r.opacity > VISIBLE and r.text.strip()]


def claims_of(mobject: Mobject) -> list[Claim]:
    claims = getattr(mobject, "claims", None)
    if claims is None or isinstance(mobject, Painted) and mobject.opacity <= VISIBLE:
        return []
    return claims()


def foreign(mobject: Mobject) -> Defect:
    """Text that is not of the kit: nobody knows where its numbers come from, nor how large it is."""
    name = type(mobject).__name__
    text = next(
        (
            str(getattr(mobject, a))
            for a in ("original_text", "text", "tex_string", "typst_code", "number")
            if hasattr(mobject, a)
        ),
        "",
    )
    if has_digits(text) or isinstance(mobject, DecimalNumber):
        return Defect(
            "no source",
            f"Manim's {name} shows “{layout.short(text)}”, which names no tensor: use the kit's Label, Number or Formula",
            shown=text,
        )
    return Defect(
        "foreign text",
        f"Manim's {name} “{layout.short(text)}” cannot be checked: use the kit's Label or Formula",
        shown=text,
    )


def fingerprint(mobject: Mobject) -> tuple:
    """Changes whenever what a mobject shows may have changed."""
    return tuple(
        (k, _state(v))
        for k, v in vars(mobject).items()
        if k not in ("updaters", "target", "saved_state", "submobjects")
    )


def _state(value: Any, depth: int = 0) -> Any:
    if isinstance(value, np.ndarray):
        return (value.shape, value.tobytes())
    if value is None or isinstance(value, (bool, int, float)) or type(value) is str:
        return value  # a Said is told by its identity: the same words may come from elsewhere
    if isinstance(value, (list, tuple)) and depth < 3:
        return tuple(_state(v, depth + 1) for v in value)
    if isinstance(value, dict) and depth < 3:
        return tuple((k, _state(v, depth + 1)) for k, v in value.items())
    return id(value)
