"""Captions and chapters of a film, from its steps: .srt, .vtt, chapters for the video and for its description.

An event of a captions file is what is said while one caption stands (a question, then its answer), cut so that nobody
has to hurry: at most two lines of 42 characters, for at most 7 seconds (Netflix's style guide).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import srt

if TYPE_CHECKING:
    from av.container.core import Chapter

Fits = Callable[[list[str]], bool]
LINE, LINES = 42, 2  # characters, lines of an event
LONGEST = 7.0  # seconds of an event
CHAPTER, CHAPTERS = 10, 3  # what YouTube asks of a list: seconds that a chapter lasts, how many there are
TITLE = 100  # characters of a chapter's name
JOINER = "\u2060"  # is not seen and parts nothing: FFmpeg, too, keeps a backslash apart by it
# What players take for markup in a .srt, which knows no escapes: tags, entities, and what ASS calls codes.
MARKUP = re.compile(r"<|--(?=>)|&(?=#?\w+;)|\\(?=[Nnh])")
ANGLES = str.maketrans("<>", "‹›")  # which YouTube refuses in a description
BRACES = str.maketrans("{}", "｛｝")  # FFmpeg hides what stands between braces, however it is spelled


class Said(Protocol):
    """A caption as it stood, from `start` to `end` (seconds)."""

    @property
    def text(self) -> str: ...
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...


class Timed(Protocol):
    """What is asked of a step: its words, and when it is shown (seconds). lines: all captions that stood in it."""

    @property
    def name(self) -> str: ...
    @property
    def caption(self) -> str: ...
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...
    @property
    def lines(self) -> Sequence[Said]: ...


@dataclass(frozen=True)
class Event:
    """What a captions file shows from `start` to `end` (seconds): one or two lines."""

    text: str
    start: float
    end: float


# ── events ───────────────────────────────────────────────────────────────────────────────────────
def events(steps: Sequence[Timed]) -> list[Event]:
    """All that the steps say, in order; every caption's time is shared among its pieces by their length."""
    found: list[Event] = []
    for step in steps:
        for said in step.lines or [Event(step.caption, step.start, step.end)]:
            found += _events(said.text.split(), said.start, said.end)
    return found


def _events(words: list[str], start: float, end: float) -> Iterator[Event]:
    pieces = _pieces(words, end - start)
    total = sum(map(_length, pieces))
    for piece in pieces:
        until = start + (end - start) * _length(piece) / total
        yield Event("\n".join(map(" ".join, _lines(piece))), start, min(until, start + LONGEST))
        total, start = total - _length(piece), until


def _pieces(words: list[str], seconds: float) -> list[list[str]]:
    """The words cut into as few events as hold them; more where there is time, and more than one line to read."""
    size = _length(words)
    least = max(math.ceil(size / (LINES * (LINE + 1))), min(math.ceil(seconds / LONGEST), math.ceil(size / LINE)), 1)
    for count in range(least, len(words) + 1):
        if cut := _cut(words, count, lambda piece: _least(piece, _in_line) <= LINES):
            return cut
    return []


def _lines(words: list[str]) -> list[list[str]]:
    """The words in as few lines as hold them, of like length."""
    return _cut(words, _least(words, _in_line), _in_line)


def _in_line(words: list[str]) -> bool:
    return _length(words) <= LINE or len(words) == 1


def _cut(words: list[str], count: int, fits: Fits) -> list[list[str]]:
    """The words in `count` parts that fit, of like length, cut where a sentence or a phrase ends if that is near.

    Empty where so few parts cannot hold them."""
    if count == 1:
        return [words] if fits(words) else []
    ideal = _length(words) / count
    ends = range(1, len(words) - count + 2)
    for end in sorted(ends, key=lambda end: abs(_length(words[:end]) - ideal) - _pause(words[end - 1])):
        if fits(words[:end]) and _least(words[end:], fits) < count:
            return [words[:end], *_cut(words[end:], count - 1, fits)]
    return []


def _least(words: list[str], fits: Fits) -> int:
    """How many parts hold the words at least."""
    parts, begin = 1, 0
    for end in range(1, len(words) + 1):
        if not fits(words[begin:end]):
            parts, begin = parts + 1, end - 1
    return parts


def _length(words: list[str]) -> int:
    return len(" ".join(words))


def _pause(word: str) -> int:
    """How many characters farther from the middle a cut may be after this word, because one pauses there anyway."""
    return 12 if word[-1] in ".?!" else 6 if word[-1] in ",;:" else 0


# ── files ────────────────────────────────────────────────────────────────────────────────────────
def to_srt(steps: Sequence[Timed]) -> str:
    """SubRip, as players read it beside the video: what they would take for markup is kept apart from it."""
    subtitles = [
        srt.Subtitle(number, timedelta(seconds=e.start), timedelta(seconds=e.end), _unmarked(e.text).translate(BRACES))
        for number, e in enumerate(events(steps), 1)
    ]
    return str(srt.compose(subtitles))


def to_vtt(steps: Sequence[Timed]) -> str:
    """WebVTT, as browsers read it."""
    blocks = ["WEBVTT\n"]
    for event in events(steps):
        text = re.sub(r"\\(?=[Nnh])", rf"\\{JOINER}", event.text)
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{_clock(event.start)} --> {_clock(event.end)}\n{text}\n")
    return "\n".join(blocks)


def _unmarked(text: str) -> str:
    return MARKUP.sub(lambda found: found[0] + JOINER, text)


def to_chapters(steps: Sequence[Timed]) -> str:
    """One line a chapter, as YouTube reads it in a description: from 0:00 on, three chapters or more, none shorter
    than ten seconds; shorter steps are put together. Empty where there can be no such list."""
    marks = chapters(steps)
    return "".join(f"{_short(start)} {name}\n" for start, name in marks) if len(marks) >= CHAPTERS else ""


def chapters(steps: Sequence[Timed]) -> list[tuple[int, str]]:
    """Steps put together until they last long enough: (second, name) of each chapter."""
    starts = [0, *(int(step.start) for step in steps[1:])]
    end, groups = int(steps[-1].end), [0]
    for number in range(1, len(steps)):
        if min(starts[number] - starts[groups[-1]], end - starts[number]) >= CHAPTER:
            groups.append(number)
    return [(starts[a], _title([s.name for s in steps[a:b]])) for a, b in pairwise([*groups, len(steps)])]


def _title(names: list[str]) -> str:
    """The steps' names, or the first and the last of them."""
    names = [" ".join(name.split()).translate(ANGLES) for name in names]
    title = " · ".join(names)
    return title if len(title) <= TITLE else f"{names[0]} … {names[-1]}"[:TITLE]


def for_container(steps: Sequence[Timed], seconds: float) -> list[Chapter]:
    """The chapters as PyAV wants them: without gaps, the last up to the film's end."""
    ends = [*(s.start for s in steps[1:]), seconds]
    return [
        {
            "id": i,
            "start": round(s.start * 1000),
            "end": round(end * 1000),
            "time_base": Fraction(1, 1000),
            "metadata": {"title": s.name},
        }
        for i, (s, end) in enumerate(zip(steps, ends, strict=True))
    ]


def _clock(seconds: float) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def _short(seconds: float) -> str:
    s = int(seconds)
    return f"{s // 3600}:{s // 60 % 60:02}:{s % 60:02}" if s >= 3600 else f"{s // 60}:{s % 60:02}"
