"""A film as one page: its video for browsers, its stills, and the numbers behind it."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import av
import numpy as np
from PIL import Image

from scenes.kit.ground import theme as themes
from scenes.lesson.steps import Step
from studio.page.document import Document
from studio.page.graph import Graph
from studio.page.shots import GRAIN, Shots, shots_of
from studio.play.playback import Pixels, Play
from studio.play.protocols import Played
from studio.play.session import Job
from studio.play.writer import as_bt709

MOST = 4.5e6  # bytes of numbers, packed: half of a page, as text
STILL = {"quality": 70, "method": 6}
LARGEST, HD = 12e6, 1280 * 720  # bytes of a page whose film has no more pixels than that; else as many times more
# Measured on attention at 720p (146 s) at CRF 26: 5.8 MB and 27 s; without `tune`, at CRF 23, 7.1 MB and 30 s.
H264 = {"preset": "medium", "tune": "animation", "g": "150", "threads": "2"}
CRF, COARSEST, HALF = 27, 35, 6  # H.264's constant rate factor: about so much more for half the bytes
Report = Callable[[int, int], None]


class Filmed(Protocol):
    """What is asked of a film: a lesson, or a part of it, whose frames are drawn."""

    @property
    def job(self) -> Job: ...
    @property
    def lesson(self) -> Played: ...
    @property
    def plays(self) -> Sequence[Play]: ...
    @property
    def steps(self) -> Sequence[Step]: ...
    @property
    def frames(self) -> int: ...
    def decoded(self) -> Iterable[av.VideoFrame]: ...


def page(film: Filmed, chapters: list[Any], report: Report) -> str:
    """The file."""
    job, frames = film.job, film.frames
    made = contents(film, lambda done: report(done // 2, frames))
    most = LARGEST * max(1.0, job.picture.width * job.picture.height / HD)
    crf = CRF
    while True:
        video, stills = video_and_stills(film, chapters, crf, lambda done: report((frames + done) // 2, frames))
        text = replace(made, film=video, stills=stills).html()
        size = len(text.encode())
        if size <= most or crf == COARSEST:
            return text
        crf = coarser(crf, 4 / 3 * len(video), size - most)


def contents(film: Filmed, report: Callable[[int], None] = lambda done: None) -> Document:
    """All that is in a film's page but its pictures: the lesson is played once more, and its numbers are followed."""
    job, first = film.job, film.plays[0].start
    graph = Graph(film.lesson.traces, MOST)
    shots = shots_of(job, graph, first, first + film.frames, report)
    graph.complete()
    light = bool(themes.luminance(themes.load(job.options.theme)["background"]) > 0.5)
    return Document(job.entry.title, b"", (), about_of(film, shots), graph.data(), graph.bytes, light)


def coarser(crf: int, size: float, over: float) -> int:
    """The rate factor at which a film of `size` characters should have `over` fewer, and a little less.

    >>> coarser(27, 6e6, 3e6), coarser(27, 6e6, 7e6)
    (34, 35)
    """
    left = (size - over) / size
    return COARSEST if left <= 0 else min(COARSEST, crf + 1 + math.ceil(-HALF * math.log2(left)))


def about_of(film: Filmed, shots: Shots) -> dict[str, Any]:
    """What the page's player reads (film.js)."""
    picture = film.job.picture
    return {
        "title": film.job.entry.title,
        "width": picture.width,
        "height": picture.height,
        "fps": float(picture.fps),
        "background": themes.load(film.job.options.theme).hex["background"],
        "grain": GRAIN,
        "steps": steps_of(film),
        "shots": shots.frames,
        "seen": shots.seen,
    }


def steps_of(film: Filmed) -> list[dict[str, Any]]:
    """The steps as the page's player takes them: all places in frames, lines from the step's beginning."""
    rate, found = film.job.picture.fps, []
    starts = [*(round(step.start * rate) for step in film.steps), film.frames]
    for number, step in enumerate(film.steps):
        lines = [[line.text, round((line.start - step.start) * rate)] for line in step.lines]
        found.append(
            {
                "index": number,
                "name": step.name,
                "caption": step.caption,
                "notes": step.notes,
                "start": starts[number],
                "frames": starts[number + 1] - starts[number],
                "lines": lines or [[step.caption, 0]],
                "quiz": None if step.quiz is None else asdict(step.quiz),
            }
        )
    return found


def video_and_stills(
    film: Filmed, chapters: list[Any], crf: int, report: Callable[[int], None]
) -> tuple[bytes, list[bytes]]:
    """The film as H.264 with a key frame at every step, and the last frame of each step as WebP."""
    with TemporaryDirectory() as folder:
        stills = _encode(film, chapters, crf, report, target := Path(folder, "film.mp4"))
        return target.read_bytes(), stills


def _encode(film: Filmed, chapters: list[Any], crf: int, report: Callable[[int], None], target: Path) -> list[bytes]:
    """The index comes first in the file, as players like it; it is moved there when all is written."""
    job, starts = film.job, {step["start"] for step in steps_of(film)}
    stills: list[bytes] = []
    with av.open(target, "w", options={"movflags": "+faststart"}) as output:
        output.metadata["title"] = job.entry.title
        output.set_chapters(chapters)
        rate = rate_of(job)
        stream = output.add_stream("libx264", rate=rate, options=H264 | {"crf": str(crf)})
        stream.width, stream.height, stream.pix_fmt = job.picture.width, job.picture.height, "yuv420p"
        as_bt709(stream.codec_context)
        reformat = av.video.reformatter.VideoReformatter().reformat
        for number, drawn in enumerate(film.decoded()):
            if number + 1 in starts or number + 1 == film.frames:
                stills.append(webp(drawn.to_ndarray(format="rgb24")))
            frame = reformat(drawn, format="yuv420p", dst_colorspace=av.video.reformatter.Colorspace.ITU709)
            frame.pts, frame.time_base = number, 1 / rate
            frame.pict_type = av.video.frame.PictureType.I if number in starts else av.video.frame.PictureType.NONE
            output.mux(stream.encode(frame))
            report(number + 1)
        output.mux(stream.encode())
    return stills


def rate_of(job: Job) -> Any:
    """The frames a second as a fraction."""
    from manim._config.video_encoder import to_av_frame_rate

    return to_av_frame_rate(job.picture.fps)


def webp(pixels: Pixels | np.ndarray) -> bytes:
    """A picture, RGB [height, width, 3]."""
    data = io.BytesIO()
    Image.fromarray(pixels, "RGB").save(data, "WEBP", **STILL)
    return data.getvalue()
