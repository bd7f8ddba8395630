"""Ink: what stands in a text is painted, and each of its words in one font. Read from the runs that were painted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from scenes.kit.ground.readings import Reading
from studio.audit.checks.check import Check
from studio.audit.checks.layout import short
from studio.audit.findings import Defect
from studio.audit.screen import Screen

JOINED = 0.12  # em between two pieces up to which they are of one word (a space has 0.33)
SYSTEM = "a font of the system"


class Inked(Check):
    """Texts as they were set."""

    def seen(self, screen: Screen) -> Iterator[Defect]:
        for mobject in screen.mobjects:
            if id(mobject) in screen.fresh:
                readings = screen.readings[id(mobject)]
                for reading in readings:
                    yield from check_reading(reading)
                for one, other in pairwise(readings):
                    if are_joined(one, other):
                        yield from check_fonts(one, one.runs[-1].face, other.runs[0].face, one.text + other.text)


def check_reading(reading: Reading) -> Iterator[Defect]:
    """One text, as it was cut into runs."""
    middle = reading.corners.mean(axis=0)
    for run in reading.runs:
        left, top, right, bottom = run.ink
        if run.text.strip() and (right <= left or bottom <= top):
            what = "" if run.text == reading.text else f" in “{short(reading.text)}”"
            yield Defect("no ink", f"nothing is painted for “{short(run.text.strip())}”{what}").at(middle)
    for one, other in pairwise(reading.runs):
        if not (one.text[-1:].isspace() or other.text[:1].isspace()):
            yield from check_fonts(reading, one.face, other.face, one.text + other.text)


def check_fonts(reading: Reading, one: str, other: str, text: str) -> Iterator[Defect]:
    """Two parts that join to a text with no space between them."""
    if one != other:
        what = f"a word of “{short(text.strip())}” is set in two fonts"
        yield Defect("two fonts", what, shown=f"{one or SYSTEM} and {other or SYSTEM}").at(reading.corners.mean(axis=0))


def are_joined(one: Reading, other: Reading) -> bool:
    """Whether the second text goes on where the first ends, in the middle of a word: a word in two colours."""
    letters = one.text[-1:].isalnum() and other.text[:1].isalnum()
    if not (letters and one.runs and other.runs) or one.size != other.size:
        return False
    end, start = one.corners[[1, 2]], other.corners[[0, 3]]
    along = end[0] - one.corners[0]
    down = end[1] - end[0]
    along, down = (way / max(float(np.hypot(*way)), 1e-9) for way in (along, down))
    gap = float((start.mean(axis=0) - end.mean(axis=0)) @ along)
    beside = min((end @ down).max(), (start @ down).max()) > max((end @ down).min(), (start @ down).min())
    return bool(beside) and abs(gap) < JOINED * one.size
