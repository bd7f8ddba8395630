"""Forked processes start from what their parent was, and must not trip over it."""

import gc
import os
import signal
from multiprocessing.context import ForkProcess

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


@pytest.mark.parametrize("collecting", [True, False])
def test_nothing_is_collected_before_what_was_inherited_is_frozen(at_most, monkeypatch, tmp_path, collecting):
    """Not while the process is made, nor when it says how it may be stopped, which once hung for ever."""
    told, bootstrap, handle = tmp_path / "told", ForkProcess._bootstrap, signal.signal
    parent = os.getpid()

    def made(self, *args, **kwargs):
        with told.open("a") as file:
            print("made", gc.isenabled(), file=file)
        return bootstrap(self, *args, **kwargs)

    def handled(*args):
        if os.getpid() != parent:
            with told.open("a") as file:
                print("handled", gc.get_freeze_count() > 0, file=file)
        return handle(*args)

    monkeypatch.setattr(ForkProcess, "_bootstrap", made)
    monkeypatch.setattr("studio.film.crew.signal.signal", handled)
    gc.unfreeze()
    (gc.enable if collecting else gc.disable)()
    try:
        with Crew(1) as crew:
            crew.start(lambda count: count(1))
            assert gc.isenabled() == collecting
            crew.join()
    finally:
        gc.enable()
    assert told.read_text().split("\n")[:2] == ["made False", "handled True"]


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
