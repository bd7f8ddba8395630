"""The loader: a process that has read the lessons' code; each session is a fork of it.

What a session costs is mostly what it does for the first time: shaping text, compiling formulas. So the loader
warms up (plays a lesson without drawing) when the server has nothing better for it to do.
"""

from __future__ import annotations

import os
import select
from contextlib import suppress
from typing import NoReturn

from scenes.lesson.observer import Observer
from scenes.lesson.steps import SteppedScene
from studio.play.playback import Playback
from studio.play.session import perform
from studio.preview.processes import lessons, playthrough
from studio.preview.processes.forks import fork
from studio.preview.wire import Message, Wire


class BecomeSession(BaseException):
    """Raised in a fork: leave the loader's work, and play this."""

    def __init__(self, order: Message):
        super().__init__(order)
        self.order = order


class Interrupted(BaseException):
    """Raised while it warms up: there is something better to do."""


def serve(address: str, revision: int) -> NoReturn:
    """Take orders until the server is gone."""
    wire = Wire(address)
    with suppress(Exception):  # what is broken says so when it is played
        lessons.read()
    wire.send({"role": "loader", "revision": revision})
    warm = set()
    try:
        while (order := wire.receive()) is not None:
            if order["order"] == "session":
                start_session(order)
            elif (which := (order["lesson"], *map(order["options"].get, ("model", "other_model")))) not in warm:
                with suppress(Exception, Interrupted):
                    perform(lessons.job_of(order), Playback, UntilOrdered(wire))
                    warm.add(which)
    except BecomeSession as become:
        playthrough.play(address, become.order)
    with suppress(ChildProcessError):
        os.wait()  # replaced, but the sessions that it began go on: all must have ended
    os._exit(0)


def start_session(order: Message) -> None:
    """Fork a session. The fork leads a process group, by which it and all its forks can be ended."""
    if not fork():
        os.setpgid(0, 0)
        raise BecomeSession(order)


class UntilOrdered(Observer):
    """Leaves a lesson when the server orders something else."""

    def __init__(self, wire: Wire):
        self.wire = wire

    def played(self, lesson: SteppedScene) -> None:
        if select.select([self.wire.socket], [], [], 0)[0]:
            raise Interrupted
