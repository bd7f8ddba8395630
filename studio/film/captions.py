"""Captions and chapters of a film, from its steps: .srt, .vtt, chapters for the video and for its description."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

import srt

if TYPE_CHECKING:
    from av.container.core import Chapter

LINE = 60  # characters; a caption has two lines at most


class Timed(Protocol):
    """What is asked of a step: its words, and when it is shown (seconds)."""

    @property
    def name(self) -> str: ...
    @property
    def caption(self) -> str: ...
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...


def lines(caption: str) -> str:
    """A caption in lines of like length."""
    caption = " ".join(caption.split())
    count = -(-len(caption) // LINE)
    width = max(-(-len(caption) // max(count, 1)) + 6, max(map(len, caption.split()), default=1))
    return "\n".join(textwrap.wrap(caption, min(width, LINE) if count > 1 else LINE, break_long_words=False))


def to_srt(steps: Sequence[Timed]) -> str:
    """SubRip, as players read it beside the video."""
    said = [s for s in steps if s.caption.strip()]
    subtitles = [
        srt.Subtitle(i, timedelta(seconds=s.start), timedelta(seconds=s.end), lines(s.caption))
        for i, s in enumerate(said, 1)
    ]
    return str(srt.compose(subtitles))


def to_vtt(steps: Sequence[Timed]) -> str:
    """WebVTT, as browsers read it."""
    blocks = ["WEBVTT\n"]
    for step in steps:
        if step.caption.strip():
            text = lines(step.caption).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            blocks.append(f"{_clock(step.start)} --> {_clock(step.end)}\n{text}\n")
    return "\n".join(blocks)


def to_chapters(steps: Sequence[Timed]) -> str:
    """One line a step, as video sites read it in a description; the first is at 0:00."""
    return "".join(f"{_short(s.start)} {s.name}\n" for s in steps)


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
