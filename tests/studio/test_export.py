"""GIF, WebP, WebM and pictures against the frames that they are made from."""

from dataclasses import replace

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence
from test_film import psnr
from toy import job

from model.errors import UsageError
from scenes import course
from scenes.lesson import Options
from studio.film import export
from studio.film.film import draw, plan
from studio.play.picture import Picture
from studio.play.session import Job
from studio.play.writer import LOSSLESS, LOSSLESS_ALPHA


def lossless(fps: int = 20, width: int = 480, encoder=LOSSLESS, step=None):
    film = plan(job(fps, encoder, width=width), step)
    draw(film, 1)
    return film


def drawn(film) -> list[np.ndarray]:
    return [frame.to_ndarray(format="rgb24") for frame in film.decoded()]


def with_poster(frames: list[np.ndarray]) -> list[np.ndarray]:
    """What a GIF and a WebP show: the last frame first, for as long as one frame is, then all others in their time."""
    return [frames[-1], *frames[1:]]


def shown_at(pictures: list[np.ndarray], delays: list[int], fps: int) -> list[np.ndarray]:
    """What stands on the screen at each frame of the film, given each picture's delay in milliseconds."""
    ends = np.cumsum(delays)
    count = round(ends[-1] * fps / 1000)
    return [pictures[np.searchsorted(ends, (i + 0.5) * 1000 / fps)] for i in range(count)]


def animation(path, mode: str = "RGB") -> tuple[list[np.ndarray], list[int]]:
    with Image.open(path) as image:
        return zip(
            *[(np.array(f.convert(mode)), f.info["duration"]) for f in ImageSequence.Iterator(image)], strict=True
        )


@pytest.mark.parametrize("fps", export.GIF_RATES)
def test_a_gif_keeps_the_time_exactly(tmp_path, fps):
    film = lossless(fps, width=160)
    export.to_gif(film, tmp_path / "a.gif")
    _, delays = animation(tmp_path / "a.gif")
    assert sum(delays) == film.frames * 1000 // fps
    assert min(delays) >= 1000 // fps and all(d % (1000 // fps) == 0 for d in delays)
    assert len(delays) < film.frames, "a still is one picture"


def test_a_gif_looks_like_its_frames(tmp_path):
    """At least 45 dB, every frame; the toy has three steps, so three palettes. The poster stands for one frame."""
    film = lossless()
    export.to_gif(film, tmp_path / "a.gif")
    pictures, delays = animation(tmp_path / "a.gif")
    shown = shown_at(pictures, delays, 20)
    assert min(psnr(a, b) for a, b in zip(shown, with_poster(drawn(film)), strict=True)) >= 45
    with Image.open(tmp_path / "a.gif") as image:
        assert image.info["loop"] == 0 and image.size == (480, 270)


@pytest.mark.slow
def test_a_gif_of_a_real_lesson(tmp_path):
    """Far more colours than a palette has; 45 dB over all frames, 40 in the worst one (while things fade)."""
    entry = next(entry for entry in course() if entry.id == "attention")
    film = plan(Job(entry, Options(), Picture.of("l", fps=10), LOSSLESS))
    film = replace(
        film, steps=film.steps[6:9], plays=film.plays[film.steps[6].first_play : film.steps[8].last_play + 1]
    )
    draw(film, 2)
    export.to_gif(film, tmp_path / "a.gif")
    pictures, delays = animation(tmp_path / "a.gif")
    errors = [
        ((a.astype(float) - b) ** 2).mean()
        for a, b in zip(shown_at(pictures, delays, 10), with_poster(drawn(film)), strict=True)
    ]
    assert 10 * np.log10(255**2 / np.mean(errors)) >= 45
    assert 10 * np.log10(255**2 / max(errors)) >= 40


@pytest.mark.parametrize("fps", [15, 30, 60, 12])
def test_a_gif_of_another_rate_is_refused(fps):
    with pytest.raises(UsageError, match="10, 20, 25, 50"):
        export.check_rate("gif", fps)
    export.check_rate("webp", fps)


def test_a_webp_is_exact(tmp_path):
    film = lossless(15)
    export.to_webp(film, tmp_path / "a.webp")
    pictures, delays = animation(tmp_path / "a.webp")
    assert abs(sum(delays) - film.seconds * 1000) <= 1
    meant = with_poster(drawn(film))
    assert all(np.array_equal(a, b) for a, b in zip(shown_at(pictures, delays, 15), meant, strict=True))


def test_a_still_webp(tmp_path):
    film = lossless(15, step="Rest")
    export.to_webp(film, tmp_path / "a.webp")
    with Image.open(tmp_path / "a.webp") as image:
        assert np.array_equal(np.array(image.convert("RGB")), drawn(film)[0])


def test_a_webm_is_a_video_with_chapters(tmp_path):
    film = lossless(30)
    export.to_webm(film, tmp_path / "a.webm")
    with av.open(tmp_path / "a.webm") as video:
        stream = video.streams.video[0]
        assert stream.codec_context.name == "vp9" and (stream.width, stream.height) == (480, 270)
        assert [c["metadata"]["title"] for c in video.chapters()] == ["Appear", "Turn", "Rest"]
        assert video.duration / 1e6 == pytest.approx(film.seconds, abs=0.04)
        frames = {round(float(f.pts * f.time_base) * 30): f.to_ndarray(format="rgb24") for f in video.decode(stream)}
    assert max(frames) == film.frames - 1
    exact = drawn(film)
    assert min(psnr(picture, exact[number]) for number, picture in frames.items()) > 35  # colour at half resolution


def test_a_webm_without_background(tmp_path):
    film = lossless(15, encoder=LOSSLESS_ALPHA)
    export.to_webm(film, tmp_path / "a.webm")
    with av.open(tmp_path / "a.webm") as video:
        assert video.streams.video[0].metadata["alpha_mode"] == "1"
        packets = [p for p in video.demux(video=0) if p.size]
        decoder = av.CodecContext.create("libvpx-vp9", "r")
        last = [frame for packet in packets for frame in decoder.decode(packet)][-1]
    assert last.format.name == "yuva420p"
    alpha = last.to_ndarray(format="rgba")[..., 3]
    meant = list(film.decoded())[-1].to_ndarray(format="rgba")[..., 3]
    assert alpha.min() == 0 and psnr(alpha, meant) > 30


def test_a_webp_without_background_has_straight_colours(tmp_path):
    film = lossless(15, encoder=LOSSLESS_ALPHA, step="Rest")
    export.to_webp(film, tmp_path / "a.webp")
    with Image.open(tmp_path / "a.webp") as image:
        pixels = np.array(image)
    half = (pixels[..., 3] > 100) & (pixels[..., 3] < 200)
    assert image.mode == "RGBA" and half.any()
    assert pixels[half][:, :3].max(axis=1).min() > 150  # as bright where half transparent as elsewhere
