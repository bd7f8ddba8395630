"""One play-through of a lesson, in a process of its own.

The lesson runs through once without drawing. At the beginning of every third step the process forks: the fork is a
bookmark, the lesson as it stands there. A bookmark draws nothing; when it is asked for frames, or for what can be
read on screen, it forks again, and that fork goes on with the lesson to the frames in question. So any step can be
drawn at any time, again, and two at once, and all frames are made by the code that makes the video.
"""

from __future__ import annotations

import gc
import os
import signal
from typing import Any, NoReturn

from manim import Scene

from scenes.lesson.lesson import Lesson
from scenes.lesson.observer import Observer
from scenes.lesson.steps import Step, SteppedScene
from studio.play.playback import Play, Playback
from studio.play.session import perform
from studio.preview.processes.drawing import DrawFrames, Drawing, ReadScreen
from studio.preview.processes.forks import fork
from studio.preview.processes.lessons import asked, complaint, described, job_of
from studio.preview.wire import Message, Wire

EVERY = 3  # steps from bookmark to bookmark: a fork costs about as much as to play a step without drawing


def play(address: str, order: Message) -> NoReturn:
    """Play the lesson that the order names, and stay for those who ask until the server is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    playthrough = Playthrough(address, order["session"])
    playthrough.wire.send({"role": "playthrough", "session": playthrough.session, "pid": os.getpid()})
    try:
        lesson = perform(job_of(order), lambda camera: SelectiveRenderer(camera, playthrough), playthrough)
        playthrough.wire.send({"event": "planned", "frames": lesson.renderer.frame})
    except BaseException as error:
        playthrough.wire.send({"event": "failed", **complaint(error)})
        if playthrough.drawing is not None:
            playthrough.leave()
    while playthrough.wire.receive() is not None:
        pass
    os._exit(0)


def frame_of(scene: Scene) -> int:
    """How many frames of the video lie behind."""
    assert isinstance(scene.renderer, Playback)
    return scene.renderer.frame


class Playthrough(Observer):
    """What this process does: play the lesson through and leave bookmarks or, in a fork of one, draw a part of it."""

    def __init__(self, address: str, session: int):
        self.address, self.session = address, session
        self.wire = Wire(address)
        self.drawing: Drawing | None = None
        self.step, self.opening = 0, 0  # where the lesson is: the step, and the frame at which it begins

    def began(self, lesson: SteppedScene) -> None:
        """Tell what can be chosen."""
        assert isinstance(lesson, Lesson)
        self.wire.send({"event": "built", **described(lesson)})

    def step_started(self, lesson: SteppedScene, step: Step) -> None:
        """A step begins: tell it, and leave a bookmark at some of them."""
        self.step, self.opening = step.index, frame_of(lesson)
        if self.drawing is not None:
            return
        about = {"name": step.name, "caption": step.caption, "notes": step.notes, "start": self.opening}
        about["quiz"] = asked(lesson, step.index)
        self.wire.send({"event": "step", "step": step.index, **about})
        if step.index % EVERY == 0:
            gc.freeze()
            if not fork():
                self.wait(step.index)

    def step_ended(self, lesson: SteppedScene, step: Step) -> None:
        """A step is over."""
        length = frame_of(lesson) - self.opening
        if self.drawing is None:
            rate = lesson.renderer.rate
            lines = [(line.text, round(line.start * rate) - self.opening) for line in step.lines]
            said = {"notes": step.notes, "lines": lines}
            self.wire.send({"event": "end", "step": step.index, "frames": length, **said})
        elif self.step == self.drawing.step:
            self.drawing.step_over(lesson)
            self.leave(length)

    def wait(self, step: int) -> None:
        """Be a bookmark. Returns in a fork that has something to draw, with the lesson still at its place."""
        self.connect({"role": "bookmark", "session": self.session, "step": step})
        while (order := self.wire.receive()) is not None:
            if not fork():
                self.connect({"role": "job", "job": order["job"], "session": self.session, "pid": os.getpid()})
                self.drawing = (DrawFrames if order["order"] == "draw" else ReadScreen)(self.wire, order)
                return
        os._exit(0)

    def connect(self, hello: Message) -> None:
        """Speak to the server on a line of this process's own."""
        self.wire.close()
        self.wire = Wire(self.address)
        self.wire.send(hello)

    def draw(self, renderer: Playback, scene: Scene, play: Play) -> bool:
        """Draw a play if it belongs to what this process draws; whether it was played."""
        if self.drawing is None or self.step != self.drawing.step:
            return False
        return self.drawing.shoot(renderer, scene, play, self.opening)

    def leave(self, length: int | None = None) -> NoReturn:
        """All is drawn. length: of the step in frames, where it was played to its end."""
        self.wire.send({"event": "done", "frames": length})
        os._exit(0)


class SelectiveRenderer(Playback):
    """Draws nothing but what the play-through's process is there to draw."""

    def __init__(self, camera_class: Any, playthrough: Playthrough):
        super().__init__(camera_class)
        self.playthrough = playthrough

    def shoot(self, scene: Scene, play: Play) -> bool:
        return self.playthrough.draw(self, scene, play)
