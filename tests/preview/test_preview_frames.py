"""The page shows the frames of the video."""

import subprocess
import sys

import numpy as np
import pytest

from tests.preview.browsing import ROOT, likeness, wait_for

pytestmark = pytest.mark.slow


FRAMES = """
import json, sys, numpy as np
from pathlib import Path
import scenes
from scenes.lesson import Options
from studio.play.picture import Picture
from studio.play.playback import Playback
from studio.play.session import Job, perform

entry = next(e for e in scenes.course() if e.id == "small")
frames = {}

class All(Playback):
    def shoot(self, scene, play):
        for pixels, number, repeat in self.frames(scene, play):
            for i in range(repeat):
                frames[number + i] = pixels[..., :3].copy() if i == 0 else frames[number]
        return True

lesson = perform(Job(entry, Options(text=entry.text, model=entry.model, pace=0.3), Picture.of("m")), All)
starts = [round(s.start * 30) for s in lesson.steps]
np.savez(sys.argv[1], frames=np.stack([frames[i] for i in sorted(frames)]), starts=starts)
"""


@pytest.fixture(scope="module")
def video(preview):
    """The lesson's frames as they are rendered, [frame, height, width, 3], and the frame at which each step begins."""
    file = preview.folder / "frames.npz"
    path = f"{preview.folder}:{ROOT}"
    subprocess.run(
        [sys.executable, "-c", FRAMES, str(file)],
        check=True,
        cwd=preview.folder,
        env={"PYTHONPATH": path, "PATH": "/usr/bin:/bin", "HOME": str(preview.folder)},
    )
    with np.load(file) as data:
        return data["frames"], data["starts"]


def test_steps_show_exactly_the_frames_of_the_video(page, video):
    frames, starts = video
    page.press("Home")
    for step in (0, 1, 2):
        page.rest(step)
        last = page.place["steps"][step]["frames"] - 1
        assert np.array_equal(page.pixels(), frames[starts[step] + last]), f"step {step}"
        page.press("ArrowRight")
    for step in (1, 0):
        page.press("ArrowLeft")
        page.rest(step)
        last = page.place["steps"][step]["frames"] - 1
        assert np.array_equal(page.pixels(), frames[starts[step] + last]), f"back at step {step}"


def test_a_moving_frame_is_the_videos_frame_at_that_time(page, video):
    frames, starts = video
    steps = page.planned()["steps"]
    moving = [
        f
        for f in range(3, steps[2]["frames"] - 3)
        if all(not np.array_equal(frames[starts[2] + f], frames[starts[2] + f + d]) for d in (-2, 2))
    ]
    for frame in moving[8:24:5]:
        page.js("frame => clearhead.player.go(2, frame, false)", frame)
        wait_for(lambda frame=frame: page.shown[1:] == (2, frame), what=f"frame {frame}")
        seen = page.pixels()
        right = likeness(seen, frames[starts[2] + frame])
        others = [likeness(seen, frames[starts[2] + frame + d]) for d in (-2, 2)]
        assert right > 38 and max(others) < right - 3, f"frame {frame}: {right:.1f} dB, its neighbours {others}"
