"""What is said of runs that have a name on screen, “48 % in A”, and what is called so, against their numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from model.numbers.tensor import Tensor
from scenes.kit.ground.say import Said
from scenes.kit.ground.text import Label
from scenes.kit.words.tokens import display
from studio.audit.findings import Defect

IN = re.compile(r"\bin ([A-Z])\b")
EXCHANGED = re.compile(r"in ([A-Z]) there is “([^”]+)” in place of “([^”]+)”")
NAMED = re.compile(r"([A-Z])(?=:|$)")

Sides = Mapping[str, Collection[str]]  # what runs are called → their run ids


def check_said_of(text: Said, sides: Sides, traces: Mapping[str, Any]) -> Iterator[Defect]:
    """The number before “in A” comes from a run that is called A alone; the word that stands “in B” in place of another
    is one of B's, and the other is one of its fellows'."""
    begun = 0
    for match in IN.finditer(text) if sides else ():
        spans = getattr(text, "spans", ())
        before = [s for s in spans if begun <= s.start and s.end <= match.start() and isinstance(s.value, Tensor)]
        begun = match.end()
        if match[1] in sides and before and not before[-1].value.runs() <= set(sides[match[1]]):
            what = f"{text[before[-1].start : match.end()]}"
            yield Defect(
                "false claim", f"“{what}” in “{text}”: it is not of a run that is called {match[1]}", shown=what
            )
    for match in EXCHANGED.finditer(text) if sides else ():
        own = words_of(sides.get(match[1], ()), traces)
        others = words_of([run for name, runs in sides.items() if name != match[1] for run in runs], traces)
        if match[2] not in own or match[3] not in others:
            yield Defect("false claim", f"“{match[0]}”: {match[1]} has no “{match[2]}”", shown=match[0])


def check_called(label: Label, sides: Sides) -> Iterator[Defect]:
    """A label “A”, or “A: …”, that says of what it is the name names a number of a run that is called so."""
    match = NAMED.match(str(label.text))
    if match and match[1] in sides and isinstance(label.of, Tensor) and not label.of.runs() <= set(sides[match[1]]):
        right = ", ".join(name for name, runs in sides.items() if label.of.runs() <= set(runs)) or "another run"
        yield Defect("wrong label", f"“{label.text}” names what is of {right}", expected=right, shown=str(label.text))


def words_of(runs: Collection[str], traces: Mapping[str, Any]) -> set[str]:
    """The words of the texts of some runs."""
    return {display(token) for run in runs if run in traces for token in traces[run].tokens}


__all__ = ["check_called", "check_said_of"]
