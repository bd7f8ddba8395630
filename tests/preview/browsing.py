"""A running preview and a page on it, for tests: a copy of the lessons that may be edited, with a small one added."""

from __future__ import annotations

import base64
import ctypes
import io
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
ARGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
SMALL = '''
from manim import FadeIn

from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.words.tokens import TokenRow
from scenes.lesson import AttentionLesson


class Small(AttentionLesson):
    """Three short steps."""

    controls = ("layer", "head", "token")

    def construct(self):
        print("a lesson may print")
        with self.step("Words", "{n} words.", n=len(self.words)):
            self.tokens = self.stage.fit(TokenRow(self.trace.tokens, size=0.6, width=self.stage.width, lines=3))
            self.play(FadeIn(self.tokens), run_time=0.5)
        with self.step("Queries", "The queries of layer {l}.", l=self.layer, keep=()):
            q = self.trace[f"blocks.{self.layer}.attn.q"][self.head]
            grid = TensorGrid(q, "query", width=self.stage.width, height=self.stage.height, rows=8)
            self.grid = self.stage.fit(grid)
            self.play(FadeIn(grid), run_time=0.5)
        with self.step("Move", ask="Where do they go?", keep=(self.grid,)):
            self.play(self.grid.animate.shift((-1, 0, 0)), run_time=4)
            self.answer("They move.")
'''
COURSE = """
- part: To be tested
  lessons:
    - id: small
      scene: Small
      title: Small
      summary: Three short steps.
      text: The cat sat
"""


def wait_for(check, seconds: float = 30.0, what: str = ""):
    """The first true value of check(); an AssertionError says what did not come."""
    end = time.monotonic() + seconds
    while True:
        if value := check():
            return value
        assert time.monotonic() < end, f"waited {seconds} s in vain for {what or check}"
        time.sleep(0.02)


class Preview:
    """A running preview: `url`, its process, and the folder with its copy of the lessons."""

    def __init__(self, folder: Path, lesson: str = "small", options: dict | None = None, patience: float = 30, **how):
        self.folder, self.renders, self.cache = folder, folder / "renders", folder / "cache"
        if not (folder / "scenes").exists():
            shutil.copytree(ROOT / "scenes", folder / "scenes", ignore=shutil.ignore_patterns("__pycache__"))
            (folder / "assets").symlink_to(ROOT / "assets")
            small = folder / "scenes/lessons/small"
            small.mkdir()
            (small / "lesson.py").write_text(SMALL)
            (small / "notes.yaml").write_text("Move: Say that they move.\n")
            with (folder / "scenes/course.yaml").open("a") as course:
                course.write(COURSE)
        arguments = {"lesson": lesson, "options": options or {"pace": 0.3}, "open_browser": False, **how}
        code = "from pathlib import Path; from studio.preview import serve; from studio.preview.sessions import pool; "
        code += f"pool.PATIENCE = {patience}; serve(**{arguments!r}, out=Path({str(self.renders)!r}))"
        path = os.pathsep.join([str(folder), str(ROOT)])
        self.log = (folder / "log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": path, "CLEARHEAD_CACHE": str(self.cache), "PYTHONDONTWRITEBYTECODE": "1"},
            preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGINT),  # end with the tests, however they end
        )
        line = self.process.stdout.readline()
        assert line.startswith("Preview: "), line + self.errors()
        self.url = line.split()[1]
        self.watch_url = None if not how.get("token") else self.process.stdout.readline().split()[-1]

    def lesson(self, name: str = "small") -> Path:
        return self.folder / f"scenes/lessons/{name}/lesson.py"

    def errors(self) -> str:
        self.log.flush()
        return Path(self.log.name).read_text()

    def family(self) -> list[int]:
        """All its processes but the server's."""
        return family(self.process.pid)

    def stop(self) -> float:
        """Ctrl-C; seconds until it has gone."""
        begun = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        finally:
            self.process.kill()
            self.process.stdout.close()
        return time.monotonic() - begun


def family(pid: int) -> list[int]:
    """The processes descended from a process."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, todo = [], [pid]
    while todo:
        todo += (mine := children.get(todo.pop(), []))
        found += mine
    return found


class Page:
    """A browser's page on a preview."""

    def __init__(self, page, url: str):
        self.page, self.problems = page, []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on(
            "console",
            lambda message: (
                message.type == "error"
                and "WebSocket" not in message.text
                and "/way?" not in message.location["url"]  # asked while the server is not there
                and self.problems.append(message.text)
            ),
        )
        page.goto(url)

    def js(self, code: str, *args):
        return self.page.evaluate(code, *args)

    @property
    def shown(self) -> tuple[int, int, int] | None:
        """(session, step, image number) of what is on the canvas."""
        key = self.js("document.body.dataset.shown || ''")
        return tuple(map(int, key.split(":"))) if key else None

    @property
    def place(self) -> dict:
        return self.js(
            "(({session, step, frame, playing, steps, planned}) => "
            "({session, step, frame: Math.floor(frame), playing, steps, planned}))(clearhead.player)"
        )

    def first_picture(self, after: int = 0, seconds: float = 40) -> tuple[int, int, int]:
        """Wait for a picture of a session later than `after`."""
        return wait_for(lambda: (s := self.shown) and s[0] > after and s, seconds, "the first picture")

    def planned(self) -> dict:
        """Wait until the whole lesson is known."""
        return wait_for(lambda: (p := self.place)["planned"] and p, 40, "the plan")

    def rest(self, step: int, seconds: float = 40) -> tuple[int, int, int]:
        """Wait until the last picture of a step is shown and stands."""

        def resting():
            p = self.place
            length = p["steps"][step]["frames"] if step < len(p["steps"]) else None
            at_end = p["step"] == step and not p["playing"] and length and p["frame"] == length - 1
            return (
                at_end
                and self.shown
                and self.shown[1] == step
                and self.js("clearhead.strips.shows(clearhead.player.step, Math.floor(clearhead.player.frame))")
                == self.shown[2]
                and self.shown
            )

        return wait_for(resting, seconds, f"the end of step {step}")

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def pixels(self) -> np.ndarray:
        """The canvas, RGB [height, width, 3]."""
        data = self.js("document.getElementById('picture').toDataURL('image/png').split(',')[1]")
        return np.array(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))

    def text(self, id: str) -> str:
        return self.page.locator(f"#{id}").inner_text()

    def listen(self, id: str) -> None:
        """Write down from now on every text that an element is given, however short it stands there."""
        self.js(
            """id => {
                const heard = (window.heard = []), told = document.getElementById(id);
                new MutationObserver(() => heard.push(told.textContent)).observe(told, { childList: true });
            }""",
            id,
        )

    @property
    def heard(self) -> list[str]:
        return self.js("window.heard")


def likeness(a, b) -> float:
    """Peak signal to noise in dB."""
    error = np.mean((a.astype(float) - b.astype(float)) ** 2)
    return 99.0 if error == 0 else 10 * np.log10(255**2 / error)
