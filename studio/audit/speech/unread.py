"""The check of frames: the dashed edge is that of the words that the model reads as <unk>, and of no others."""

from __future__ import annotations

from collections import Counter
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
    inside = [(frame, [reading.text for reading in words_in(frame, readings)]) for frame in frames]
    framed = [(words[0], frame.dashed) for frame, words in inside if len(words) == 1]
    wrong = (
        [(word, dashed) for word, dashed in framed if dashed != (word in unread)]
        for unread in (unread_by(framed, list(traces)) if framed else ())
    )
    for word, dashed in min(wrong, key=len, default=[]):
        told = ("dashed, as of a word read as <unk>", "solid, as of a word of the vocabulary")
        shown, expected = told if dashed else told[::-1]
        yield Defect("wrong label", f"the edge around “{word}”", expected=expected, shown=shown)


def unread_by(framed: Iterable[tuple[str, bool]], traces: Sequence[Trace]) -> Iterator[set[str]]:
    """The words that are read as <unk>, by each run that these may be words of: other models know other words.

    Where they are of none, by any."""
    words = Counter(word for word, _ in framed)
    of = [trace for trace in traces if words <= Counter(map(display, trace.tokens))]
    yield from (unread_words([trace]) for trace in of) if of else [unread_words(traces)]


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
