"""A crew of processes, each forked from this one at the moment when its work comes up.

A fork has the scene as it stands: nothing is set up twice, nothing is sent over. It does its work and ends.
"""

from __future__ import annotations

import gc
import mmap
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Any, TypeAlias

from model.errors import ClearheadError
from studio.play.failures import plainly

Work = Callable[[Callable[[int], None]], None]
Pipe: TypeAlias = "Connection[Any, Any]"
CAN_FORK = sys.platform.startswith("linux")  # elsewhere system libraries do not survive a fork


class Crew:
    """At most `size` processes at work at a time. Use as a context manager: what still runs at its end is stopped.

    on_count is called with the number of units done so far (what `work` passes to its `count`). Each process counts in
    a place of its own, in memory that they share: nothing to lock, and nothing that wants /dev/shm.
    """

    def __init__(self, size: int, on_count: Callable[[int], None] = lambda done: None):
        self.size, self.on_count = size, on_count
        self.context = multiprocessing.get_context("fork")
        self.finished = 0  # units, of those that have ended
        self.counts: memoryview[int] = memoryview(mmap.mmap(-1, 8 * size)).cast("q")
        self.running: dict[ForkProcess, tuple[Pipe, int]] = {}  # and its place in counts

    def start(self, work: Work) -> None:
        """Run work(count) in a process of its own, as soon as there is room; raises what an earlier one raised."""
        while len(self.running) >= self.size:
            self._wait()
        place = min(set(range(self.size)) - {place for _, place in self.running.values()})
        ours, theirs = self.context.Pipe(duplex=False)
        process = self.context.Process(target=self._work, args=(work, theirs, place, os.getpid()))
        collecting = gc.isenabled()
        gc.disable()  # until the fork has frozen what it inherits
        try:
            process.start()
        finally:
            if collecting:
                gc.enable()
        theirs.close()
        self.running[process] = ours, place

    def join(self) -> None:
        """Wait until all are done."""
        while self.running:
            self._wait()

    def _work(self, work: Work, pipe: Pipe, place: int, parent: int) -> None:
        gc.freeze()  # an inherited FFmpeg context waits for threads that did not come along if it is collected here
        gc.enable()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
        for number in (signal.SIGTERM, signal.SIGHUP):  # and these its way to end this one
            signal.signal(number, signal.SIG_DFL)

        def count(units: int) -> None:
            if os.getppid() != parent:
                raise SystemExit("nobody waits for this any more")
            self.counts[place] += units

        try:
            work(count)
        except BaseException as error:
            plain = plainly(error)
            pipe.send((str(plain) if plain else None, repr(error), traceback.format_exc()[-20_000:]))
            os._exit(1)

    def _wait(self) -> None:
        ready = wait([p.sentinel for p in self.running], timeout=0.25)
        self.on_count(self.finished + sum(self.counts))
        for process in [p for p in self.running if p.sentinel in ready]:
            pipe, place = self.running.pop(process)
            process.join()
            self.finished += self.counts[place]
            self.counts[place] = 0
            if process.exitcode == 0:
                pipe.close()
                continue
            raise self._failure(process, pipe)

    def _failure(self, process: ForkProcess, pipe: Pipe) -> Exception:
        try:
            plain, error, trace = pipe.recv()
        except EOFError:
            return ClearheadError(
                f"a drawing process was killed (exit code {process.exitcode}); is there enough memory? "
                "Try --workers 1; the render goes on where it stopped."
            )
        if plain:
            return ClearheadError(plain)
        failure = RuntimeError(f"while drawing: {error}")
        failure.add_note(trace)
        return failure

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.running:
            process.terminate()
        for process, ours in self.running.items():
            process.join()
            ours[0].close()
        self.running.clear()
