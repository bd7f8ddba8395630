"""What is found: a defect, in which run of the audit, at which moment of the lesson."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from scenes.lesson.options import Options
from studio.play.protocols import Entry

Point = tuple[float, float]

ROOM = {  # every kind of finding, and the check that it belongs to; each is explained in explanations/
    "no source": "provenance",
    "wrong number": "provenance",
    "wrong shape": "provenance",
    "wrong sum": "provenance",
    "wrong label": "provenance",
    "false claim": "speech",
    "unproved word": "speech",
    "foreign text": "provenance",
    "outside": "layout",
    "overlap": "layout",
    "too small": "layout",
    "contrast": "layout",
    "covered": "layout",
    "no ink": "layout",
    "two fonts": "layout",
    "typed number": "honesty",
    "caption too short-lived": "honesty",
    "caption too long": "honesty",
    "blank stage": "film",
    "vanish and return": "film",
    "stretched text": "film",
    "double exposure": "film",
    "pops up": "film",
    "result before cause": "film",
    "no question": "film",
    "given away": "film",
    "not answered": "film",
    "colours alike": "film",
    "flash": "film",
    "no caption": "contract",
    "no steps": "contract",
    "crash": "contract",
}


@dataclass(frozen=True)
class Case:
    """One run of the audit: a lesson, and the options it is played with (their text and model are the lesson's own
    where none was asked for)."""

    entry: Entry
    options: Options

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""
        options = self.options
        return {
            "lesson": self.entry.id,
            "text": options.text,
            "model": options.model,
            "aspect": options.aspect,
            "theme": options.theme,
        }


@dataclass(frozen=True)
class Moment:
    """When it is first seen: in which step, in which play (as Manim counts them)."""

    step: str
    play: int


@dataclass(frozen=True)
class Defect:
    """Something wrong on the screen. where: (x, y) in scene units; expected, shown: in the viewer's words.

    step: whose defect it is, where that is noticed only later; empty for the step that plays."""

    kind: str
    what: str
    where: Point | None = None
    expected: str = ""
    shown: str = ""
    step: str = ""

    def at(self, where: Any) -> Defect:
        """The same at a place (x, y, …) in scene units, unless it knows its own."""
        return self if self.where is not None else replace(self, where=(float(where[0]), float(where[1])))


@dataclass(frozen=True)
class Finding:
    """A defect, in which case it is found, and when."""

    case: Case
    moment: Moment
    defect: Defect

    @property
    def room(self) -> str:
        """provenance, speech, layout, honesty, film or contract."""
        return ROOM[self.defect.kind]

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""
        defect = self.defect
        return {
            "room": self.room,
            **self.case.to_dict(),
            "step": self.moment.step,
            "play": self.moment.play,
            "kind": defect.kind,
            "what": defect.what,
            "where": defect.where,
            "expected": defect.expected,
            "shown": defect.shown,
        }

    def __str__(self) -> str:
        defect, sides = self.defect, []
        if defect.shown:
            sides.append(f"shown {defect.shown}")
        if defect.expected:
            sides.append(f"should be {defect.expected}")
        return f"{defect.what} ({', '.join(sides)})" if sides else defect.what
