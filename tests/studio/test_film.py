"""Drawing and joining: the picture is good, the bytes are the same, nothing broken is left by whatever happens."""

import errno
import os
import signal
import subprocess
import sys
import time
import weakref
from pathlib import Path

import av
import numpy as np
import pytest
from toy import Broken, Toy, job

from model.errors import ClearheadError, UsageError
from model.paths import ROOT
from studio.film import film as films
from studio.film.film import draw, join, plan
from studio.play.session import perform
from studio.play.writer import LOSSLESS, SegmentEncoder

ENV = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT}/tests/studio"}


def luma(frame: av.VideoFrame) -> np.ndarray:
    plane = frame.planes[0]
    return np.frombuffer(plane, np.uint8).reshape(frame.height, plane.line_size)[:, : frame.width].astype(float)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB of 8-bit pictures."""
    return 10 * np.log10(255**2 / max(((a.astype(float) - b) ** 2).mean(), 1e-6))


def filmed(tmp_path: Path, workers: int = 1, name: str = "film.mp4", **kwargs):
    film = plan(job(**kwargs))
    draw(film, workers)
    join(film, tmp_path / name)
    return film, tmp_path / name


def segments(cache: Path) -> list[Path]:
    return sorted(p for p in (cache / "segments").rglob("*.m*") if not p.name.startswith("."))


def test_the_video_is_what_was_asked_for(tmp_path):
    film, path = filmed(tmp_path, fps=30, width=640)
    with av.open(path) as video:
        stream = video.streams.video[0]
        frames = list(video.decode(stream))
        assert (stream.width, stream.height, stream.average_rate) == (640, 360, 30)
        assert stream.codec_context.name == "h264" and stream.pix_fmt == "yuv420p"
        assert (stream.codec_context.colorspace, stream.codec_context.color_range) == (1, 1)  # BT.709, limited range
        assert len(frames) == film.frames == round(0.7 * 30) + round(0.3 * 30) + round(1.03 * 30) + round(1.27 * 30)
        assert [float(f.pts * f.time_base) for f in frames] == pytest.approx(np.arange(film.frames) / 30)
        chapters = video.chapters()
    assert [c["metadata"]["title"] for c in chapters] == ["Appear", "Turn", "Rest"]
    starts = [c["start"] * c["time_base"] for c in chapters]
    assert starts == pytest.approx([s.start for s in film.steps], abs=1e-3)
    assert [c["end"] * c["time_base"] for c in chapters] == pytest.approx([*starts[1:], film.seconds], abs=1e-3)


def test_the_picture_is_good(tmp_path):
    """Against the frames as drawn: at least 45 dB in luma, every frame."""
    _, path = filmed(tmp_path, fps=15, width=640)
    exact = plan(job(fps=15, width=640, encoder=LOSSLESS))
    draw(exact, 1)
    to_yuv = av.video.reformatter.VideoReformatter()
    drawn = [to_yuv.reformat(f, format="yuv420p", dst_colorspace="ITU709") for f in exact.decoded()]
    with av.open(path) as video:
        encoded = list(video.decode(video=0))
    assert min(psnr(luma(a), luma(b)) for a, b in zip(encoded, drawn, strict=True)) >= 45
    # and a player that follows the marks sees the red that was drawn, not that of BT.601
    seen = encoded[-1].to_ndarray(format="rgb24").astype(int)
    meant = list(exact.decoded())[-1].to_ndarray(format="rgb24").astype(int)
    red = (meant == (252, 98, 85)).all(axis=2)
    assert red.sum() > 500 and np.abs(np.median(seen[red], axis=0) - (252, 98, 85)).max() <= 3


def test_lossless_segments_are_exact():
    film, lesson = plan(job(encoder=LOSSLESS)), perform(job(encoder=LOSSLESS))
    draw(film, 1)
    last = list(film.decoded())[-1].to_ndarray(format="rgb24")
    assert np.array_equal(last, lesson.renderer.picture(lesson)[..., :3]) and last.max() > 0


def test_what_is_planned_keeps_no_picture():
    """It is played anew for drawing: two pictures at once would take twice the memory."""
    shown = weakref.WeakSet()

    class Watched(Toy):
        def construct(self):
            super().construct()
            shown.update(member for mobject in self.mobjects for member in mobject.get_family())
            assert shown

    film = plan(job(lesson=Watched))
    assert film.lesson.steps and not shown and not film.lesson.mobjects


def test_the_same_again_is_the_same_to_the_byte(tmp_path):
    _, first = filmed(tmp_path, name="first.mp4")
    film, _ = filmed(tmp_path, name="second.mp4")
    draw(film, 1, fresh=True)
    join(film, tmp_path / "third.mp4")
    assert first.read_bytes() == (tmp_path / "second.mp4").read_bytes() == (tmp_path / "third.mp4").read_bytes()


@pytest.mark.skipif(not films.CAN_FORK, reason="needs fork")
def test_many_workers_draw_the_same(tmp_path, own_cache):
    _, first = filmed(tmp_path, name="first.mp4")
    for path in segments(own_cache):
        path.unlink()
    film = plan(job())
    told = []
    assert draw(film, 3, lambda done, total: told.append((done, total))) == film.frames
    join(film, tmp_path / "second.mp4")
    assert first.read_bytes() == (tmp_path / "second.mp4").read_bytes()
    assert told[-1] == (film.frames, film.frames)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_what_is_in_the_cache_is_not_drawn_again(own_cache):
    film = plan(job())
    assert draw(film, 1) == film.frames
    assert draw(plan(job()), 1) == 0
    segments(own_cache)[0].unlink()
    assert 0 < draw(plan(job()), 1) < film.frames


def test_one_step_is_a_film_of_its_own(tmp_path):
    whole = plan(job())
    film = plan(job(), "turn")
    assert [s.name for s in film.steps] == ["Turn"]
    assert film.steps[0].start == 0 and film.steps[0].end == pytest.approx(film.seconds)
    assert draw(film, 1) == film.frames == whole.plays[2].frames
    assert plan(job(), "2").steps == film.steps
    with pytest.raises(UsageError, match="did you mean “Appear”"):
        plan(job(), "apear")


def test_the_last_frame_of_each_wanted_step_is_seen():
    seen = {}
    film = plan(job(encoder=LOSSLESS), see=lambda step, pixels: seen.update({step.name: pixels}))
    assert list(seen) == ["Appear", "Turn", "Rest"]
    draw(film, 1)
    last_of_appear = list(film.decoded())[film.plays[1].end - 1].to_ndarray(format="rgb24")
    assert np.array_equal(seen["Appear"][..., :3], last_of_appear)
    seen.clear()
    plan(job(), "Turn", see=lambda step, pixels: seen.update({step.name: pixels}))
    assert list(seen) == ["Turn"]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failure_leaves_no_broken_segment_and_what_is_complete_stays(workers, own_cache):
    film = plan(job(lesson=Broken))
    with pytest.raises(Exception, match="bad paint") as failure:
        draw(film, workers)
    assert not isinstance(failure.value, ClearheadError)
    assert len(segments(own_cache)) == len(film.plays) - 1 or workers > 1
    assert not [p for p in (own_cache / "segments" / "toy").iterdir() if p.name.startswith(".")]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_is_told_in_one_line(workers, monkeypatch, own_cache):
    def full(self, frame, *, repeat=1):
        raise RuntimeError("Failed to encode") from OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(SegmentEncoder, "write_frame", full)
    from studio.play.failures import plainly

    with pytest.raises(Exception) as failure:
        draw(plan(job()), workers)
    assert "the disk is full" in str(plainly(failure.value))
    assert not segments(own_cache)


SLOW = """
import sys, time
from toy import job, Toy
from studio.film.film import draw, plan
from studio.play.playback import Playback
frames = Playback.frames
def slowly(self, *args):
    for shown in frames(self, *args):
        time.sleep(0.05)
        yield shown
Playback.frames = slowly
film = plan(job())
print("planned", flush=True)
draw(film, int(sys.argv[1]), lambda done, total: print(done, flush=True))
"""


def start(workers: int) -> subprocess.Popen:
    """Draw the toy slowly; returns when a segment is complete and the next is being drawn."""
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(workers)], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "planned\n"
    cache = Path(ENV.get("CLEARHEAD_CACHE") or os.environ["CLEARHEAD_CACHE"])
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if segments(cache) and list((cache / "segments" / "toy").glob(".*")):
            return process
        time.sleep(0.01)
    raise AssertionError(process.communicate())


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_killed_in_the_middle_it_goes_on(workers, own_cache, tmp_path, monkeypatch):
    monkeypatch.setitem(ENV, "CLEARHEAD_CACHE", str(own_cache))
    process = start(workers)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    time.sleep(0.5)  # forked processes notice that they are alone
    done = segments(own_cache)
    assert done
    for path in done:
        with av.open(path) as video:
            assert sum(1 for _ in video.decode(video=0)) == video.streams.video[0].frames > 0
    film = plan(job())
    assert 0 < draw(film, 1) < film.frames
    assert not list((own_cache / "segments" / "toy").glob(".*")), "what the killed process left is removed"
    join(film, tmp_path / "film.mp4")
    reference, _ = filmed(tmp_path, name="again.mp4")
    draw(reference, 1, fresh=True)
    join(reference, tmp_path / "fresh.mp4")
    assert (tmp_path / "film.mp4").read_bytes() == (tmp_path / "fresh.mp4").read_bytes()


@pytest.mark.slow
def test_forked_processes_end_with_their_parent(own_cache, monkeypatch):
    monkeypatch.setitem(ENV, "CLEARHEAD_CACHE", str(own_cache))
    process = start(2)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert children
    process.kill()
    process.communicate()
    time.sleep(1)
    states = [Path(f"/proc/{pid}/stat").read_text() for pid in children if Path(f"/proc/{pid}").exists()]
    assert all(") Z" in state for state in states), "dead, even where nobody reaps them"
    assert not list((own_cache / "segments" / "toy").glob(".*")), "and they clean up"


def test_a_lesson_that_depends_on_chance_is_refused():
    class Fickle(Toy):
        rounds = 0

        def construct(self):
            Fickle.rounds += 1
            self.step("Wait", "", lambda: self.wait(Fickle.rounds))

    film = plan(job(lesson=Fickle))
    with pytest.raises(RuntimeError, match="time or chance"):
        draw(film, 1)


def test_a_foreign_segment_is_noticed(tmp_path):
    film = plan(job())
    draw(film, 1)
    film.segments[0].write_bytes(film.segments[1].read_bytes())
    with pytest.raises(RuntimeError, match="frames instead of"):
        join(film, tmp_path / "film.mp4")
