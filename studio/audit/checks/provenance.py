"""The check of provenance: what is new on the screen has sources, and equals them (sources.py says how)."""

from __future__ import annotations

from collections.abc import Iterator

from manim import DecimalNumber, Mobject

from model.study.pieces import Cut
from scenes.kit.ground.readings import Claim
from scenes.kit.ground.text import Caption, Formula, Heading
from scenes.kit.words.pieces import PieceRow
from scenes.lesson.lesson import Lesson
from scenes.lesson.steps import Step
from studio.audit.checks.check import Check, Defects
from studio.audit.checks.geometry import check_hues, check_ink, check_marks
from studio.audit.checks.labels import check_labels, check_neighbours
from studio.audit.checks.layout import short
from studio.audit.checks.marked import Marks
from studio.audit.findings import Defect
from studio.audit.numbers.pieces import check_cut, check_under
from studio.audit.numbers.recorded import check_patched, check_run, check_silenced, is_plain
from studio.audit.numbers.slopes import check_slopes
from studio.audit.numbers.sources import Sources, has_digits
from studio.audit.numbers.ticks import check_ticks
from studio.audit.reader import Reader
from studio.audit.report import Report
from studio.audit.screen import FOREIGN, Screen, claims_of, is_painted
from studio.audit.speech.unread import check_frames


class Provenance(Check):
    """Every number against what the lesson's runs say when it is computed a second time."""

    def __init__(self, lesson: Lesson, report: Report, sources: Sources, reader: Reader):
        super().__init__(lesson, report, sources, reader)
        self.turned = True  # whether a step has just begun: what it marks comes after heading and caption

    def step_started(self, step: Step) -> Defects:
        self.turned = True
        return ()

    def seen(self, screen: Screen) -> Iterator[Defect]:
        for trace in self.lesson.traces:
            self.sources.add(trace)
        for mobject in screen.mobjects:
            if id(mobject) in screen.changed:
                yield from self.check(mobject, screen)
        if not self.turned:
            marks = Marks(screen, self.sources)
            yield from marks.check()
            for k in range(1, len(self.lesson.theme.each)) if marks.differs else ():
                yield from Marks(screen, self.sources, k).check()
        self.turned = False
        self.report.numbers = len(self.sources.numbers)

    def finished(self) -> Iterator[Defect]:
        runs = self.sources.recorded
        for run in runs:
            if not is_plain(self.sources.traces[run]) and "ablate" in self.sources.traces[run].info:
                yield from check_silenced(self.sources.traces[run])
            info = self.sources.traces[run].info
            if "patch" in info:
                yield from check_patched(self.sources.traces[run], self.sources.traces.values())
            if "learning" in info:
                yield from check_slopes(self.sources.traces[run], runs[run])
            if info.get("cached") or info.get("scaled") is False:  # of their own: they do not speak for the others
                yield from check_run(self.sources.traces[run], runs[run])
        for cut in self.sources.traces.values():
            if isinstance(cut, Cut):
                yield from check_cut(cut)
        models: dict[str, list[str]] = {}  # by checkpoint: its runs; one of them tells how they are computed
        for run in runs:
            models.setdefault(str(self.sources.traces[run].info.get("checkpoint_hash")), []).append(run)
        for same in models.values():
            plain = next((run for run in same if is_plain(self.sources.traces[run])), None)
            if plain is not None:
                yield from check_run(self.sources.traces[plain], set().union(*(runs[run] for run in same)))

    def check(self, mobject: Mobject, screen: Screen) -> Iterator[Defect]:
        """A mobject that is new or has changed."""
        middle = mobject.get_center()
        if isinstance(mobject, FOREIGN):
            yield foreign(mobject).at(middle)
            return
        readings = screen.readings[id(mobject)]
        self.report.readings += len(readings)
        kind = "typed number" if isinstance(mobject, (Caption, Heading)) else "no source"
        if isinstance(mobject, Formula) and readings:
            readings = readings[:1] if mobject.says is not None else []
            yield from (defect.at(middle) for defect in self.sources.check_formula(mobject))
        for reading in readings:
            place = reading.corners.mean(axis=0)
            yield from (defect.at(place) for defect in self.sources.check_reading(reading, kind))
        if is_painted(mobject):
            sources, theme = self.sources, mobject.style.theme
            yield from (defect.at(middle) for defect in check_marks(screen.marks(mobject), sources, theme))
            yield from (defect.at(middle) for defect in check_hues(screen.marks(mobject)))
            yield from (defect.at(middle) for defect in check_ticks(readings, screen.marks(mobject)))
            yield from (defect.at(middle) for defect in check_labels(mobject, readings, screen, sources))
            yield from (defect.at(middle) for defect in check_neighbours(mobject, readings, screen, sources))
            framed = check_frames(mobject, readings, screen.marks(mobject), sources.traces.values())
            yield from (defect.at(middle) for defect in framed)
            if isinstance(mobject, PieceRow):
                yield from (defect.at(middle) for defect in check_under(readings))
            inks = (check_ink(reading, sources, theme) for reading in readings)
            yield from (defect.at(middle) for defect in inks if defect is not None)
        claims = claims_of(mobject)
        self.report.sums += len(claims)
        defects = [*map(self.sources.check_claim, claims), unequal(mobject, claims, screen)]
        yield from (defect.at(middle) for defect in defects if defect is not None)


def unequal(mobject: Mobject, claims: list[Claim], screen: Screen) -> Defect | None:
    """Where numbers do not give a total to the last digit, no “=” says so."""
    readings = [r for part in mobject.get_family() for r in screen.readings.get(id(part), ())]
    said = next((reading.text for reading in readings if "=" in reading.text), None)
    if said is None or not any(claim.about for claim in claims):
        return None
    return Defect("wrong sum", f"“{said}” holds only about so: it needs ≈, or other decimals", shown=said)


def foreign(mobject: Mobject) -> Defect:
    """Text that is not of the kit: nobody knows where its numbers come from, nor how large it is."""
    name = type(mobject).__name__
    attributes = ("original_text", "text", "tex_string", "typst_code", "number")
    text = next((str(getattr(mobject, a)) for a in attributes if hasattr(mobject, a)), "")
    if has_digits(text) or isinstance(mobject, DecimalNumber):
        what = f"Manim's {name} shows “{short(text)}”, which names no tensor: use the kit's Label, Number or Formula"
        return Defect("no source", what, shown=text)
    what = f"Manim's {name} “{short(text)}” cannot be checked: use the kit's Label or Formula"
    return Defect("foreign text", what, shown=text)
