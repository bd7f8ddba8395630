"""Manim's file writer, with segments made for flat animation: one short file per play, complete or not there.

A frame costs, at 1080p and on one core: 4 ms to turn RGBA into YUV, 5 ms to encode (Manim's own way: 2 + 6
and 36 ms). A still wait is converted once and encoded as often as it has frames.
"""

from __future__ import annotations

import re
import secrets
import shutil
import time
from contextlib import AbstractContextManager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av import VideoCodecContext, VideoStream
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from manim import SceneFileWriter
from manim._config.video_encoder import VideoEncoderSpec
from manim.scene.video_segment_encoder import VideoSegmentEncoder

from model.files import at_work

# Measured on clips of moving grids (1080p60): 49.5 dB in luma at 4 Mbit/s, 5 ms a frame; preset `veryfast` needs
# 8 ms for the same. Without B-frames segments can be joined packet by packet. The number of threads is fixed,
# because x264's bits depend on it.
Encoder = dict[str, Any]  # Manim's configuration of it
FILM: Encoder = {
    "video_codec": "libx264",
    "pixel_format": "yuv420p",
    "video_encoder_options": {
        "preset": "superfast",
        "crf": "19",
        "bf": "0",
        "threads": "1",
        "x264-params": "rc-lookahead=0:mbtree=0:scenecut=0:weightp=0:subme=1:"
        "colorprim=bt709:transfer=bt709:colormatrix=bt709",
    },
}
# What GIF, WebP, WebM and pictures are made from: every pixel as drawn, 8 ms a frame.
LOSSLESS: Encoder = {"video_codec": "qtrle", "pixel_format": "rgb24", "video_encoder_options": {}}
LOSSLESS_ALPHA = LOSSLESS | {"pixel_format": "argb"}


class SegmentEncoder(VideoSegmentEncoder):
    """Encodes into a hidden file beside the target, which gets the target's name when it is complete."""

    def __init__(self, *, target: Path, spec: VideoEncoderSpec):
        self.final = target
        super().__init__(target=hidden(target), spec=spec)
        if spec.pixel_format == "yuv420p":
            as_bt709(cast(VideoCodecContext, self._stream.codec_context))

    def write_frame(self, frame: av.VideoFrame, *, repeat: int = 1) -> None:
        """Encode a frame that already has the spec's pixel format, `repeat` times."""
        try:
            frame.time_base = Fraction(1) / self.spec.frame_rate
            for _ in range(repeat):
                frame.pts = self._next_pts
                self._next_pts += 1
                self._container.mux(cast(VideoStream, self._stream).encode(frame))
        except BaseException as error:
            raise self._operation_error("encode", error) from error

    def finish(self) -> None:
        super().finish()
        self.target.replace(self.final)


def as_bt709(context: VideoCodecContext) -> None:
    """Say which colours the numbers mean: players guess, and guess differently, where a video does not."""
    context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG


class SegmentWriter(SceneFileWriter):
    """Writes the segments only; studio.render joins them."""

    def __init__(self, settings: Any):
        super().__init__(settings)
        self.spec = cast(VideoEncoderSpec, self.video_encoder)  # none in a dry run, which writes nothing
        self.reformatter = av.video.reformatter.VideoReformatter()

    def _create_segment_encoder(self, target: Path) -> SegmentEncoder:
        return SegmentEncoder(target=target, spec=self.spec)

    def write_frame(self, pixels: np.ndarray, *, repeat: int = 1) -> None:
        """Convert at once, so that the caller may draw on in the same array and the queue holds little."""
        job = cast(Any, self)._current_encode_job  # it takes frames of whatever kind its encoder writes
        if job.failed:
            job.seal()
            self._current_encode_job = None
            job.join()
        job.put(repeat, self.converted(pixels))

    def converted(self, pixels: np.ndarray) -> av.VideoFrame:
        """RGBA [height, width, 4] as a frame of the encoder's pixel format, in colours of BT.709 where it is YUV."""
        frame = av.VideoFrame.from_numpy_buffer(pixels, format="rgba")
        wanted = self.spec.pixel_format
        space = Colorspace.ITU709 if wanted.startswith("yuv") else None
        return self.reformatter.reformat(frame, format=wanted, dst_colorspace=space)

    def finish(self) -> None:
        self.join_all_encode_jobs()


def hidden(target: Path) -> Path:
    """A name beside the target that nobody else uses, for what is not complete yet."""
    return target.with_name(f".{target.stem}.{secrets.token_hex(8)}{target.suffix}")


def working(folder: Path) -> AbstractContextManager[None]:
    """Be at work in a folder: what killed processes have left behind in it goes when nobody else is. Raises OSError."""
    return at_work(folder, lambda age: _remove_leftovers(folder, age))


def _remove_leftovers(folder: Path, age: float) -> None:
    """Delete what `hidden` has named, and nobody has touched for that many seconds."""
    for path in folder.glob(".*"):
        if not re.fullmatch(r"\..+\.(\d+|[0-9a-f]{16})\.\w+", path.name):  # earlier versions wrote a process's number
            continue
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime >= age:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
