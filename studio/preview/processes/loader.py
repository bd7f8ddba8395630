"""The company: a process that has read the lessons' code; each performance is a fork of it.

What a performance costs is mostly what it does for the first time: shaping text, compiling formulas. So the company
rehearses a lesson (plays it without drawing) when the server has nothing better for it to do.
"""

from __future__ import annotations

import os
import select
from contextlib import suppress
from typing import Any, NoReturn

from scenes.lesson.observer import Observer
from studio.play.playback import Playback
from studio.preview.processes import playthrough as player
from studio.preview.processes.root import fork
from studio.preview.wire import Wire


class Cue(BaseException):
    """Raised in a fork: leave the company's work, and play this."""


class Interrupted(BaseException):
    """Raised where the rehearsal is: there is something better to do than to rehearse."""


def serve(address: str, revision: int) -> NoReturn:
    """Take orders until the server is gone."""
    wire = Wire(address)
    with suppress(Exception):  # what is broken says so when it is played
        player.read_lessons()
    wire.send({"role": "company", "pid": os.getpid(), "revision": revision})
    rehearsed = set()
    try:
        while (order := wire.receive()) is not None:
            if order["order"] == "play":
                perform(order)
            elif (which := (order["lesson"], order["options"].get("model"))) not in rehearsed:
                with suppress(Exception, Interrupted):
                    rehearse(order, wire)
                    rehearsed.add(which)
    except Cue as cue:
        player.play(address, cue.args[0])
    with suppress(ChildProcessError):
        os.wait()  # dismissed, but what it has brought on stage goes on: all must have left
    os._exit(0)


def perform(order: dict[str, Any]) -> None:
    """Fork a performance. The fork leads a process group, by which it and all its forks can be ended."""
    if not fork():
        os.setpgid(0, 0)
        raise Cue(order)


class Rehearsal(Observer):
    """Leaves off when something else is ordered."""

    def __init__(self, wire: Wire):
        self.wire = wire

    def played(self, lesson) -> None:
        if select.select([self.wire.socket], [], [], 0)[0]:
            raise Interrupted


def rehearse(order: dict[str, Any], wire: Wire) -> None:
    """Play the lesson without drawing; when something else is ordered, leave off."""
    player.perform(player.job_of(order), Playback, Rehearsal(wire))
