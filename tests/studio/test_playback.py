"""Frame counts are exact, drawn or not; a play's key is its content."""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from manim import Dot, Scene
from toy import Toy, job

from model.paths import ROOT
from scenes.lesson import Options
from studio.play.keys import Keyed, _digest, painting_code
from studio.play.playback import Playback
from studio.play.session import perform


class Drawn(Playback):
    """Draws everything and keeps it."""

    def __init__(self, camera_class):
        super().__init__(camera_class)
        self.shown = []

    def shoot(self, scene, play):
        for pixels, number, repeat in self.frames(scene, play):
            self.shown.append((number, repeat, pixels.copy()))
        return True


@pytest.mark.parametrize("fps", [10, 15, 30, 60])
def test_a_play_has_as_many_frames_as_its_time_says(fps):
    plays = perform(job(fps)).renderer.plays
    assert [p.frames for p in plays] == [round(s * fps) for s in (0.7, 0.3, 1.03, 1.27)]
    assert [p.start for p in plays] == [0, *np.cumsum([p.frames for p in plays])[:-1]]


def test_steps_have_the_times_of_the_frames():
    lesson = perform(job(15))
    frames = [p.frames for p in lesson.renderer.plays]
    assert [round(s.start * 15, 6) for s in lesson.steps] == [0, frames[0] + frames[1], sum(frames[:3])]
    assert lesson.steps[-1].end * 15 == pytest.approx(sum(frames))


def test_drawing_changes_neither_times_nor_the_end():
    skipped, drawn = perform(job()), perform(job(), Drawn)
    assert skipped.steps == drawn.steps
    assert sum(repeat for _, repeat, _ in drawn.renderer.shown) == skipped.renderer.frame
    assert np.array_equal(skipped.renderer.picture(skipped), drawn.renderer.picture(drawn))


def test_a_still_is_drawn_once():
    shown = perform(job(), Drawn).renderer.shown
    assert shown[-1][1] == round(1.27 * 15)
    assert np.array_equal(shown[-1][2], perform(job(), Drawn).renderer.shown[-1][2])


def test_only_wanted_frames_are_drawn():
    class Some(Drawn):
        def shoot(self, scene, play):
            self.shown += [
                (number, repeat, None) for _, number, repeat in self.frames(scene, play, lambda n: n % 4 == 0)
            ]
            return True

    lesson = perform(job(), Some)
    moving = [n for n, repeat, _ in lesson.renderer.shown if repeat == 1]
    assert moving and all(n % 4 == 0 for n in moving)
    assert np.array_equal(lesson.renderer.picture(lesson), perform(job()).renderer.picture(perform(job())))


def test_a_still_that_is_entered_in_the_middle_ends_where_it_ends():
    class Late(Drawn):
        def shoot(self, scene, play):
            self.shown += [
                (number, repeat, None) for _, number, repeat in self.frames(scene, play, lambda n: n >= play.start + 5)
            ]
            return True

    lesson = perform(job(), Late)
    number, repeat, _ = lesson.renderer.shown[-1]
    last = lesson.renderer.plays[-1]
    assert (number, number + repeat) == (last.start + 5, last.end)


def keys(**kwargs):
    return [p.key for p in perform(job(**kwargs), Keyed).renderer.plays]


def test_keys_tell_contents_apart():
    usual = keys()
    assert len(set(usual)) == len(usual)
    assert keys() == usual == keys(text="hello"), "the lesson's own text, said or not"
    for other in (keys(text="other"), keys(theme="day"), keys(fps=30), keys(width=640), keys(encoder={
        "video_codec": "qtrle", "pixel_format": "rgb24", "video_encoder_options": {}})):  # fmt: skip
        assert not set(other) & set(usual)


def test_a_change_in_one_play_leaves_the_keys_before_it():
    class Changed(Toy):
        def construct(self):
            super().construct()
            self.play(Dot().animate.shift((1, 0, 0)), run_time=0.2)

    assert keys(lesson=Changed)[:4] == keys()


def test_the_trace_behind_the_mobjects_counts():
    class Traced(Toy):
        digest = "one"

        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.traces = [SimpleNamespace(run_id="1", digest=self.digest)]

    first = keys(lesson=Traced)
    Traced.digest = "two"
    assert not set(keys(lesson=Traced)) & set(first)


@pytest.mark.slow
def test_keys_are_the_same_in_another_process():
    for cached in (painting_code, _digest):
        cached.cache_clear()
    program = (
        "from toy import job; from studio.play.session import perform; from studio.play.keys import Keyed\n"
        "print(*[p.key for p in perform(job(), Keyed).renderer.plays])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": f"{ROOT}:{ROOT}/tests/studio"},
    )  # fmt: skip
    assert run.stdout.split() == keys()


def test_a_scene_that_reads_the_clock_sees_frames():
    seen = []

    class Clock(Scene):
        options, steps, traces = Options(), [], []

        def __init__(self, options=None, renderer=None):
            super().__init__(renderer=renderer)

        def construct(self):
            for _ in range(3):
                self.wait(0.1)
                seen.append(self.time)

    perform(job(15, lesson=Clock))
    assert seen == pytest.approx([2 / 15, 4 / 15, 6 / 15])
