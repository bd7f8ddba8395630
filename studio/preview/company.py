"""The company: a process that has read the lessons' code; each performance is a fork of it.

What a performance costs is mostly what it does for the first time: shaping text, compiling formulas. So the company
rehearses a lesson (plays it without drawing) when the server has nothing better for it to do.
"""

from __future__ import annotations

import os
import select
from contextlib import suppress
from typing import Any, NoReturn

from studio.preview import player
from studio.preview.wire import Wire
from studio.preview.worker import fork


class Cue(BaseException):
    """Raised in a fork in the middle of a rehearsal: leave it, and play this."""


def serve(address: str, revision: int) -> NoReturn:
    """Take orders until the server is gone."""
    wire = Wire(address)
    with suppress(Exception):  # what is broken says so when it is played
        player.read_lessons()
    wire.send({"role": "company", "pid": os.getpid(), "revision": revision})
    try:
        while (order := wire.receive()) is not None:
            if order["order"] == "rehearse":
                with suppress(Exception):
                    rehearse(order, wire)
            else:
                perform(order)
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


def rehearse(order: dict[str, Any], wire: Wire) -> None:
    """Play the lesson without drawing; a performance that is ordered meanwhile does not wait."""

    def listen() -> None:
        while select.select([wire.socket], [], [], 0)[0]:
            if (other := wire.receive()) is None:
                os._exit(0)
            if other["order"] == "play":
                perform(other)

    def watch(lesson) -> None:
        lesson.on_play = listen

    player.perform(player.job_of(order), watch=watch)
