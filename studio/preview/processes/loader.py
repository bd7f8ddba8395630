"""The loader: a process that has read the lessons' code; each session is a fork of it.

What a session costs is mostly what it does for the first time: shaping text, compiling formulas, measuring a model. So
a loader has a successor, a fork that warms up (plays a lesson without drawing) and then takes its place. The loader
takes orders all the while: nobody waits for the successor, which stands until a session’s first picture is there.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import NoReturn

from studio.play.playback import Playback
from studio.play.session import perform
from studio.preview.processes import lessons, playthrough
from studio.preview.processes.forks import fork, fork_beside
from studio.preview.wire import Message, Wire

Kind = tuple[str | None, ...]  # of lesson: its name, and the models that it shows


class BecomeSession(BaseException):
    """Raised in a fork: leave the loader's work, and play this."""

    def __init__(self, order: Message):
        super().__init__(order)
        self.order = order


def serve(address: str, revision: int) -> NoReturn:
    """Take orders until the server is gone, or a successor has taken the place."""
    with suppress(Exception):  # what is broken says so when it is played
        lessons.read()
    try:
        Loader(address, revision).serve()
    except BecomeSession as become:
        playthrough.play(address, become.order)
    with suppress(ChildProcessError):
        os.wait()  # replaced, but the sessions that it began go on: all must have ended
    os._exit(0)


class Loader:
    """What this process does. `warm` is what it, or a loader before it, has played; `successor` warms up for more."""

    def __init__(self, address: str, revision: int):
        self.address, self.revision = address, revision
        self.parent = os.getppid()
        self.warm: set[Kind] = set()
        self.coming: Kind | None = None  # what the successor plays
        self.successor: int | None = None  # its pidfd: a number alone may be another process's by now
        self.report()

    def report(self) -> None:
        """Be the one that the server gives its orders."""
        self.wire = Wire(self.address)
        self.wire.send({"role": "loader", "revision": self.revision})

    def serve(self) -> None:
        orders = {"session": self.start_session, "warm up": self.warm_up, "go on": self.go_on, "retire": self.retire}
        while (order := self.wire.receive()) is not None:
            orders[order["order"]](order)
        self.go_on()  # it may have been stopped when it was ready already

    def start_session(self, order: Message) -> None:
        """Fork a session. The fork leads a process group, by which it and all its forks can be ended."""
        self.to_successor(signal.SIGSTOP)
        if not fork():
            os.setpgid(0, 0)
            raise BecomeSession(order)

    def warm_up(self, order: Message) -> None:
        """There is nothing better to do than to have the successor play this."""
        kind = (order["lesson"], *map(order["options"].get, ("model", "other_model")))
        if kind in self.warm:
            return
        if kind == self.coming:
            return self.go_on()
        self.retire()
        if child := fork_beside(self.parent):
            with suppress(ProcessLookupError):
                self.coming, self.successor = kind, os.pidfd_open(child)
            return
        self.wire.close()
        with suppress(Exception):  # a session says what is wrong
            perform(lessons.job_of(order), Playback)
        self.warm.add(kind)
        self.report()

    def go_on(self, order: Message | None = None) -> None:
        """Nobody waits for a picture."""
        self.to_successor(signal.SIGCONT)

    def retire(self, order: Message | None = None) -> None:
        """End the successor: it is not wanted any more."""
        self.to_successor(signal.SIGKILL)
        if self.successor is not None:
            os.close(self.successor)
        self.coming = self.successor = None

    def to_successor(self, what: signal.Signals) -> None:
        if self.successor is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.successor, what)
