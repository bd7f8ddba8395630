"""Forked processes start from what their parent was, and must not trip over it."""

import gc
import signal

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from studio.film.crew import Crew


@pytest.fixture
def at_most():
    """Fail instead of hanging."""

    def stop(*_):
        raise TimeoutError("the crew hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def test_an_inherited_ffmpeg_context_is_left_alone(at_most):
    """FFmpeg's converter has threads, which a fork does not: collecting it there would wait for them for ever."""
    gc.disable()
    try:
        reformatter = VideoReformatter()
        frame = av.VideoFrame.from_ndarray(np.zeros((1080, 1920, 4), np.uint8), format="rgba")
        reformatter.reformat(frame, format="yuv420p")
        ring = [reformatter]
        ring.append(ring)  # garbage that only the collector finds
        del ring, reformatter
        with Crew(1) as crew:
            crew.start(lambda count: gc.collect())
            crew.join()
    finally:
        gc.enable()


def test_it_counts_without_semaphores(at_most, monkeypatch):
    """Containers and cloud functions have no /dev/shm, so none can be made (OSError 38)."""
    monkeypatch.setattr("multiprocessing.context.BaseContext.Lock", None)
    told = []
    with Crew(2, told.append) as crew:
        for units in range(1, 6):
            crew.start(lambda count, units=units: [count(1) for _ in range(units)])
        crew.join()
        crew.on_count(crew.finished + sum(crew.counts))
    assert told == sorted(told) and told[-1] == 15
