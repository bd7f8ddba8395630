"""The check of frames: the dashed edge is that of the words that the model reads as <unk>, and of no others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from model.numbers.trace import Trace
from scenes.kit.ground.encodings import Mark
from scenes.kit.ground.painting import Painted
from scenes.kit.ground.readings import Reading
from scenes.kit.words.strip import SentenceStrip
from scenes.kit.words.tokens import TokenRow, display
from studio.audit.findings import Defect
from studio.audit.screen import VISIBLE

ROWS = (TokenRow, SentenceStrip)  # whose frames each hold a word


def check_frames(
    mobject: Painted, readings: Sequence[Reading], marks: Iterable[Mark], traces: Iterable[Trace]
) -> Iterator[Defect]:
    """Every frame around a word of a mobject; of other mobjects than rows of words only those that are dashed."""
    frames = [m for m in marks if m.kind == "frame" and m.points.ndim == 2 and float(m.opacity) > VISIBLE]
    frames = frames if isinstance(mobject, ROWS) else [m for m in frames if m.dashed]
    unread = unread_words(traces) if frames else set()
    for frame in frames:
        inside = list(words_in(frame, readings))
        if len(inside) != 1 or frame.dashed == (inside[0].text in unread):
            continue
        word, told = inside[0].text, ("dashed, as of a word read as <unk>", "solid, as of a word of the vocabulary")
        shown, expected = told if frame.dashed else told[::-1]
        yield Defect("wrong label", f"the edge around “{word}”", expected=expected, shown=shown)


def words_in(frame: Mark, readings: Iterable[Reading]) -> Iterator[Reading]:
    """The texts whose middle lies inside a frame."""
    low, high = frame.points.min(axis=0), frame.points.max(axis=0)
    for reading in readings:
        middle = reading.corners.mean(axis=0)
        if (low < middle).all() and (middle < high).all():
            yield reading


def unread_words(traces: Iterable[Trace]) -> set[str]:
    """The words that a run has read as <unk>, as they are shown."""
    return {display(trace.tokens[place]) for trace in traces for place in trace.unknown}


__all__ = ["check_frames"]
