"""What is said of runs that have a name on screen, “48 % in A”, and what is called so, against their numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from model.numbers.tensor import Tensor
from scenes.kit.ground.say import Said
from scenes.kit.ground.text import Label
from scenes.kit.words.tokens import display
from studio.audit.findings import Defect
from studio.audit.speech.places import Where

IN = re.compile(r"\bin ([A-Z])\b")
EXCHANGED = re.compile(r"in ([A-Z]) there is “([^”]+)” in place of “([^”]+)”")
IS = re.compile(r"\b([A-Z])(?: is|:) $")
HEADS = re.compile(r"head (\d+) of layer (\d+) in ([A-Z])\b", re.IGNORECASE)
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


def check_models(text: Said, sides: Sides, traces: Mapping[str, Any]) -> Iterator[Defect]:
    """“A is tiny”, “A: tiny”: so are all runs that are called A."""
    names = {run: str(trace.info.get("checkpoint")) for run, trace in traces.items() if hasattr(trace, "info")}
    for span in getattr(text, "spans", ()) if sides else ():
        said = IS.search(text[: span.start])
        if said and said[1] in sides and span.value in names.values():
            right = {names[run] for run in sides[said[1]] if run in names} - {span.value}
            if right:
                what = f"{said[0]}{span.value}"
                there = ", ".join(sorted(right))
                yield Defect("false claim", f"“{what}” in “{text}”: {said[1]} is {there}", expected=there, shown=what)


def check_heads_of(text: Said, tensors: Iterable[Tensor], sides: Sides, where: Where) -> Iterator[Defect]:
    """“Head 1 of layer 0 in A”: of a run that is called A, the numbers of the text are of that head."""
    matches = list(HEADS.finditer(text)) if sides else []
    spots = where.spots(tensors) if matches else set()
    for match in matches:
        there = {axis: {s.place for s in spots if s.axis == axis and s.run in sides.get(match[3], ())}
                 for axis in ("head", "layer")}  # fmt: skip
        if there["head"] and (int(match[1]) not in there["head"] or int(match[2]) not in there["layer"]):
            right = " of ".join(f"{axis} {', '.join(map(str, sorted(places)))}" for axis, places in there.items())
            yield Defect("false claim", f"“{match[0]}” in “{text}”: its number is of {right}", expected=right,
                         shown=match[0])  # fmt: skip


def check_called(label: Label, sides: Sides) -> Iterator[Defect]:
    """A label “A”, or “A: …”, that says of what it is the name names a number of a run that is called so."""
    match = NAMED.match(str(label.text))
    if match and match[1] in sides and isinstance(label.of, Tensor) and not label.of.runs() <= set(sides[match[1]]):
        right = ", ".join(name for name, runs in sides.items() if label.of.runs() <= set(runs)) or "another run"
        yield Defect("wrong label", f"“{label.text}” names what is of {right}", expected=right, shown=str(label.text))


def words_of(runs: Collection[str], traces: Mapping[str, Any]) -> set[str]:
    """The words of the texts of some runs."""
    return {display(token) for run in runs if run in traces for token in traces[run].tokens}


__all__ = ["check_called", "check_heads_of", "check_models", "check_said_of"]
