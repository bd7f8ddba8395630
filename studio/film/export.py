"""Films as GIF, WebP and WebM, from lossless segments: every one is made of the frames as they were drawn.

A GIF and a WebP begin with the poster, for one frame: mail programs, and readers that have animations off, show an
animation's first frame only. It is the last frame of the loop, too, so that nobody who sees the loop sees it jump.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.reformatter import Colorspace
from manim._config.video_encoder import to_av_frame_rate
from PIL import Image

from model.errors import UsageError
from studio.film import captions
from studio.film.film import Film, Report
from studio.film.images import straight
from studio.film.web.held import held
from studio.film.web.squeeze import squeeze
from studio.page.making import page
from studio.play.playback import Pixels
from studio.play.writer import as_bt709

GIF_RATES = (10, 20, 25, 50)  # delays are whole hundredths of a second
SAMPLED = 1 << 16  # pixels from which few colours are chosen
# Measured at 480p: 6 ms a frame and 55 dB; deadline "good" needs 29 ms for the same size and picture.
VP9 = {
    "crf": "24",
    "b:v": "0",
    "deadline": "realtime",
    "cpu-used": "7",
    "lag-in-frames": "0",
    "tune-content": "screen",
    "row-mt": "1",
    "threads": "2",
}
WEBP_METHOD, WEBP_EFFORT = 2, 40
POSTER_FIRST = (".gif", ".webp")


def check_rate(fmt: str, fps: float) -> None:
    """UsageError for a frame rate that the format cannot keep exactly."""
    if fmt == "gif" and fps not in GIF_RATES:
        rates = ", ".join(map(str, GIF_RATES))
        raise UsageError(
            f"a GIF cannot have {fps:g} frames a second (its delays are hundredths of a second): choose --fps {rates}."
        )


def runs(film: Film) -> Iterator[tuple[av.VideoFrame, int, int]]:
    """The film's different frames in order: frame, number of its first appearance, how many times it is shown."""
    held, first, shown = None, 0, 0
    for i, frame in enumerate(film.decoded()):
        if held is not None and np.array_equal(_bytes(held), _bytes(frame)):
            shown += 1
            continue
        if held is not None:
            yield held, first, shown
        held, first, shown = frame, i, 1
    if held is not None:
        yield held, first, shown


def _bytes(frame: av.VideoFrame) -> Pixels:
    plane = frame.planes[0]
    used = frame.width * frame.format.padded_bits_per_pixel // 8  # what pads a line is whatever was there before
    return np.frombuffer(memoryview(plane), np.uint8).reshape(frame.height, plane.line_size)[:, :used]


def poster_first(film: Film) -> Iterator[tuple[av.VideoFrame, int, int]]:
    """The film's runs, with its last frame in place of its first, for one frame; all others keep their times."""
    poster = last_frame(film)
    for frame, first, shown in runs(film):
        if first > 0 or np.array_equal(_bytes(frame), _bytes(poster)):
            yield frame, first, shown
            continue
        yield poster, 0, 1
        if shown > 1:
            yield frame, 1, shown - 1


def last_frame(film: Film) -> av.VideoFrame:
    """The film's last frame, as it was encoded."""
    *_, frame = replace(film, plays=film.plays[-1:]).decoded()
    return frame


def parts(film: Film) -> Iterator[Film]:
    """The film cut where its steps begin."""
    begins = [step.first_play for step in film.steps[1:]]
    for _, plays in groupby(film.plays, lambda play: bisect(begins, play.index)):
        yield replace(film, plays=tuple(plays))


def to_gif(film: Film, target: Path, report: Report = lambda done, total: None) -> None:
    """A GIF with palettes made for it, one for each step, shown with exact delays; the poster first.

    Method: palettegen and paletteuse of FFmpeg, in two passes; its statistics over whole frames give 3–5 dB more than
    over what changes. Without dithering still parts stay still, and it is the most exact: few colours are needed."""
    picture, total = film.job.picture, 2 * film.frames
    palettes, ends = [], [0]
    for part in parts(film):
        palettes.append(_palette(part, partial(_report_from, report, ends[-1], total)))
        ends.append(ends[-1] + part.frames)
    in_colours = [_paletteuse(film, palette) for palette in palettes]
    with av.open(target, "w", format="gif", options={"loop": "0", "final_delay": "-1"}) as output:
        stream = output.add_stream("gif", rate=100)
        stream.pix_fmt, stream.width, stream.height = "pal8", picture.width, picture.height
        stream.time_base = stream.codec_context.time_base = Fraction(1, 100)
        shots, rate = poster_first(film), int(picture.fps)
        for frame, first, shown in shots if picture.held is None else held(shots, picture.held):
            frame.pts, frame.time_base = first * 100 // rate, Fraction(1, 100)
            graph, pictures = in_colours[bisect(ends, first) - 1 if first else -1]  # the poster is of the last step
            pictures.push(frame)
            mapped = cast(av.VideoFrame, graph.pull())
            mapped.pts, mapped.time_base = frame.pts, frame.time_base
            for packet in stream.encode(mapped):
                packet.duration = shown * 100 // rate
                output.mux(packet)
            report(ends[-1] + first + shown, total)
        output.mux(stream.encode())
    if picture.lossy is not None:
        squeeze(target, picture.lossy)


def _report_from(report: Report, before: int, total: int, frames: int) -> None:
    report(before + frames, total)


def _palette(film: Film, count: Callable[[int], None]) -> av.VideoFrame:
    """256 colours by FFmpeg's median cut; fewer are chosen so that rare ones have their place among them."""
    if film.job.picture.colours is not None:
        return _few_colours(film, film.job.picture.colours, count)
    graph = Graph()
    source = _buffer(graph, film)
    generate = graph.add("palettegen", "stats_mode=full")
    source.link_to(generate)
    generate.link_to(graph.add("buffersink"))
    graph.configure()
    for frame, first, shown in runs(film):
        frame.pts, frame.time_base = first, Fraction(1, 100)
        source.push(frame)
        count(first + shown)
    source.push(None)
    return cast(av.VideoFrame, graph.pull())


def _few_colours(film: Film, colours: int, count: Callable[[int], None]) -> av.VideoFrame:
    """A palette of few colours for a film: Pillow's maximum coverage, then k-means, over the root of how often each is
    seen. A median cut gives a word's colour, of which there are few pixels, to another word (measured, `attention`, its
    softmax, 64 colours: the mean of a block is off by 26 levels; so by 15, and the file is a quarter smaller)."""
    seen, times = [], []
    for frame, first, shown in runs(film):
        pixels = frame.to_ndarray(format="rgb24")[::2, ::2].reshape(-1, 3)
        found, often = np.unique(pixels @ np.array([1 << 16, 1 << 8, 1], np.uint32), return_counts=True)
        seen.append(found)
        times.append(often * shown)
        count(first + shown)
    every, which = np.unique(np.concatenate(seen), return_inverse=True)
    share = np.sqrt(np.bincount(which, np.concatenate(times)))
    repeats = np.maximum(1, share / share.sum() * SAMPLED).astype(int)
    pixels = np.repeat(np.stack([every >> 16, every >> 8 & 255, every & 255], axis=1).astype(np.uint8), repeats, axis=0)
    chosen = Image.fromarray(pixels[None]).quantize(colours, Image.Quantize.MAXCOVERAGE, kmeans=1)
    own = np.array(chosen.getpalette("RGB"), np.uint8).reshape(-1, 3)[:colours]
    palette = np.full((256, 4), 255, np.uint8)
    palette[:, :3] = own[0]
    palette[: len(own), :3] = own
    return av.VideoFrame.from_ndarray(palette.reshape(16, 16, 4), format="rgba").reformat(format="bgra")


def _paletteuse(film: Film, palette: av.VideoFrame) -> tuple[Graph, FilterContext]:
    graph = Graph()
    pictures, colours = (
        _buffer(graph, film),
        graph.add_buffer(width=16, height=16, format=palette.format, time_base=Fraction(1, 100)),
    )
    use = graph.add("paletteuse", "dither=none:diff_mode=rectangle")
    pictures.link_to(use, 0, 0)
    colours.link_to(use, 0, 1)
    use.link_to(graph.add("buffersink"))
    graph.configure()
    palette.pts, palette.time_base = 0, Fraction(1, 100)
    colours.push(palette)
    colours.push(None)
    return graph, pictures


def _buffer(graph: Graph, film: Film) -> FilterContext:
    picture = film.job.picture
    return graph.add_buffer(
        width=picture.width, height=picture.height, format=film.job.encoder["pixel_format"], time_base=Fraction(1, 100)
    )


class Reel(Image.Image):
    """A film as Pillow's plugins see an animation: `n_frames` and `seek`, one frame in memory at a time."""

    def __init__(self, film: Film, report: Report):
        super().__init__()
        self.film, self.report, self.at = film, report, -1
        self.spans = [_span(film, first, shown) for _, first, shown in poster_first(film)]  # milliseconds
        self.n_frames = len(self.spans)
        self.source = poster_first(film)
        self.seek(0)

    def seek(self, number: int) -> None:
        while self.at < number:
            frame, first, shown = next(self.source)
            self.at += 1
            self.report(first + shown, self.film.frames)
            image = _image(frame)
            self._mode, self._size, self.im = image.mode, image.size, image.im

    def tell(self) -> int:
        return max(self.at, 0)


def to_webp(film: Film, target: Path, report: Report = lambda done, total: None) -> None:
    """An animated WebP, the poster first: all colours, alpha where the film has it; flat pictures stay small.

    It is exact to the pixel, but for a picture that has a quality."""
    quality = film.job.picture.quality
    reel = Reel(film, report)
    reel.save(
        target,
        "WEBP",
        save_all=True,
        duration=reel.spans,
        loop=0,
        lossless=quality is None,
        quality=WEBP_EFFORT if quality is None else quality,
        method=WEBP_METHOD,
    )


def _span(film: Film, first: int, shown: int) -> int:
    """How long a frame is shown, in milliseconds that add up."""
    at = [round(i * 1000 / film.job.picture.fps) for i in (first, first + shown)]
    return at[1] - at[0]


def _image(frame: av.VideoFrame) -> Image.Image:
    if frame.format.name == "argb":
        return Image.fromarray(straight(cast(Pixels, frame.to_ndarray(format="rgba"))), "RGBA")
    return Image.fromarray(frame.to_ndarray(format="rgb24"), "RGB")


def to_webm(film: Film, target: Path, report: Report = lambda done, total: None) -> None:
    """A WebM (VP9) with chapters, and with alpha where the film has it."""
    picture, alpha = film.job.picture, film.job.encoder["pixel_format"] == "argb"
    with av.open(target, "w", format="webm") as output:
        output.metadata["title"] = film.job.entry.title
        output.set_chapters(captions.for_container(film.steps, film.seconds))
        stream = output.add_stream(
            "libvpx-vp9", rate=to_av_frame_rate(picture.fps), options=VP9 | ({"auto-alt-ref": "0"} if alpha else {})
        )
        stream.pix_fmt, stream.width, stream.height = "yuva420p" if alpha else "yuv420p", picture.width, picture.height
        as_bt709(stream.codec_context)
        reformat = av.video.reformatter.VideoReformatter().reformat
        for frame, first, shown in runs(film):
            if alpha:
                frame = av.VideoFrame.from_ndarray(
                    straight(cast(Pixels, frame.to_ndarray(format="rgba"))), format="rgba"
                )
            frame = reformat(frame, format=stream.pix_fmt, dst_colorspace=Colorspace.ITU709)
            for number in sorted({first, first + shown - 1}):  # a still needs its first and its last frame only
                frame.pts, frame.time_base = number, 1 / to_av_frame_rate(picture.fps)
                output.mux(stream.encode(frame))
            report(first + shown, film.frames)
        output.mux(stream.encode())


def to_html(film: Film, target: Path, report: Report = lambda done, total: None) -> None:
    """A page in one file: the film with its captions, and every number in it to be clicked and computed again."""
    target.write_text(page(film, captions.for_container(film.steps, film.seconds), report), encoding="utf-8")
