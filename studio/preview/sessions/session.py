"""A performance as the server sees it: what it told so far, and who is drawing what."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from studio.preview.sessions.store import Store
from studio.preview.wire import packed

NEAR = 45  # frames that are sooner drawn by going on than by beginning anew
STARTING = 25.0  # seconds until a player must be there: the lessons' code may have to be read first
ATTEMPTS = 2  # to draw a step whose process dies


@dataclass
class Step:
    """As the lesson told it. start, frames: in frames of the video; frames is None until the step's end is known."""

    index: int
    name: str
    caption: str
    notes: str
    start: int
    frames: int | None = None

    def told(self) -> dict[str, Any]:
        return vars(self)


@dataclass
class Task:
    """A process that draws a step or looks at it. place: the next frame that it will draw."""

    number: int
    step: int
    place: int
    until: int | None = None
    look: asyncio.Future | None = None
    writer: asyncio.StreamWriter | None = None
    pid: int | None = None
    heard: float = field(default_factory=time.monotonic)
    cancelled: bool = False

    def cancel(self) -> None:
        """Nobody wants it any more."""
        self.cancelled = True
        self.kill()

    def kill(self) -> None:
        """End the process; unless it was cancelled, that counts as a failure."""
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


class Performance:
    """One lesson with one set of options. `on_event(performance, event)` hears of everything that happens.

    Events: built, step, end, planned, failed, frame, lost (its process has gone).
    """

    _numbers = itertools.count(1)

    def __init__(self, order: dict[str, Any], store: Store, on_event: Callable[[Performance, dict[str, Any]], None]):
        self.number = next(self._numbers)
        self.order = order | {"order": "play", "session": self.number}
        self.store, self.on_event = store, on_event
        self.about: dict[str, Any] | None = None
        self.steps: list[Step] = []
        self.planned = False
        self.failure: dict[str, Any] | None = None
        self.pid: int | None = None
        self.bookmarks: dict[int, asyncio.StreamWriter] = {}
        self.tasks: dict[int, Task] = {}
        self.failures: dict[int, int] = {}  # step → how often its drawing failed
        self.ended = False
        self.heard = time.monotonic()
        self._task_numbers = itertools.count(1)

    # ── what is heard from the processes ─────────────────────────────────────────────────────────
    def hear(self, event: dict[str, Any]) -> None:
        """From the player."""
        if self.ended:
            return
        self.heard = time.monotonic()
        kind = event["event"]
        if kind == "built":
            self.about = event
        elif kind == "step":
            self.steps.append(Step(event["step"], event["name"], event["caption"], event["notes"], event["start"]))
        elif kind == "end":
            self._set_length(event["step"], event["frames"])
        elif kind == "planned":
            self.planned = True
        elif kind == "failed":
            self.failure = event
        self.on_event(self, event)

    def _set_length(self, step: int, frames: int) -> None:
        self.steps[step].frames = frames
        self.store.strip(step).length = frames

    def hear_task(self, task: Task, message: dict[str, Any], blob: bytes) -> None:
        """From a process that draws or looks."""
        task.heard = time.monotonic()
        if self.ended or task.cancelled:
            return
        if "frame" in message:
            self.store.strip(task.step).add(message["frame"], message["repeat"], message["kind"], blob)
            task.place = message["frame"] + message["repeat"]
            self.on_event(self, {"event": "frame", "step": task.step})
        elif message["event"] == "seen" and task.look is not None and not task.look.done():
            task.look.set_result(message["readings"])
        elif message["event"] == "failed" and task.look is None:
            self.failures[task.step] = ATTEMPTS
            self.failure = message
            self.on_event(self, message)
        elif message["event"] == "done" and message["frames"] is not None:
            self._set_length(task.step, message["frames"])

    def task_gone(self, task: Task) -> None:
        """A task's process has ended."""
        self.tasks.pop(task.number, None)
        if task.look is not None and not task.look.done():
            task.look.set_exception(LookupError("the process that looked has gone"))
        strip = self.store.strip(task.step)
        finished = task.place >= (
            task.until if task.until is not None else strip.length if strip.length is not None else task.place + 1
        )
        if task.look is None and not task.cancelled and not finished and not self.ended:
            self._count_failure(task.step)
        if not self.ended:
            self.on_event(self, {"event": "idle"})

    def _count_failure(self, step: int) -> None:
        """A process has died, or was killed because it hung, while it drew a step: it is tried again, but not for ever."""
        self.failures[step] = self.failures.get(step, 0) + 1
        if self.failures[step] == ATTEMPTS:
            text = f"Step {step + 1}, “{self.steps[step].name}”, cannot be drawn: its process crashes or does not move."
            self.on_event(self, {"event": "failed", "text": text, "file": None, "line": None})

    # ── what is asked of them ────────────────────────────────────────────────────────────────────
    def draw(self, wants: Iterable[tuple[int, int]], slots: int) -> None:
        """Have what is wanted drawn: (step, frame) in order of urgency, by at most `slots` processes at once."""
        targets: dict[int, tuple[int, int | None]] = {}
        for step, frame in wants:
            if len(targets) == slots:
                break
            if self._bookmark(step) is not None and step not in targets and self.failures.get(step, 0) < ATTEMPTS:
                gap = self.store.strip(step).gap(frame)
                if gap is not None:
                    targets[step] = gap
        running = {task.step: task for task in self.tasks.values() if task.look is None and not task.cancelled}
        while len(running) > slots:
            running.pop(next((s for s in running if s not in targets), next(iter(running)))).cancel()
        for step, (first, last) in targets.items():
            task = running.get(step)
            if task is not None and not task.place <= first <= task.place + NEAR:
                running.pop(step).cancel()
                task = None
            if task is None:
                if len(running) >= slots:
                    idle = next((s for s in running if s not in targets), None)
                    if idle is None:
                        continue
                    running.pop(idle).cancel()
                running[step] = self._ask({"order": "draw", "first": first, "last": last}, step, first, last)

    def look(self, step: int, frame: int, picture: str | None = None) -> asyncio.Future:
        """What can be read on screen at a frame; with `picture`, the screen there is saved as that file instead.

        LookupError if the step cannot be looked at."""
        if self._bookmark(step) is None:
            raise LookupError("this step is not ready yet")
        look = asyncio.get_running_loop().create_future()
        self._ask({"order": "look", "first": frame, "picture": picture}, step, frame, look=look)
        return look

    def _ask(
        self, order: dict[str, Any], step: int, first: int, until: int | None = None, look: asyncio.Future | None = None
    ) -> Task:
        task = Task(next(self._task_numbers), step, first, until, look)
        self.tasks[task.number] = task
        self._bookmark(step).write(packed(order | {"task": task.number, "step": step}))
        return task

    def _bookmark(self, step: int) -> asyncio.StreamWriter | None:
        """The last bookmark before that step, or at it; None while the step is not known, or none is there."""
        before = [mark for mark in self.bookmarks if mark <= step < len(self.steps)]
        return self.bookmarks[max(before)] if before else None

    # ── time ─────────────────────────────────────────────────────────────────────────────────────
    def hung(self, patience: float) -> bool:
        """Whether the player has said nothing for too long; tasks that have not are killed."""
        now = time.monotonic()
        for task in list(self.tasks.values()):
            if now - task.heard > patience:
                task.kill()
                if task.writer is None:
                    self.task_gone(task)
        silent = now - self.heard > (patience if self.pid is not None else max(patience, STARTING))
        return silent and not (self.planned or self.failure)

    def give_up(self) -> None:
        """The player does not move: end it. Its bookmarks stay, so that what is known of the lesson can still be shown."""
        self.failure = {"text": "it does not move"}
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def end(self) -> None:
        """End all its processes and forget its frames."""
        self.ended = True
        for task in self.tasks.values():
            if task.look is not None and not task.look.done():
                task.look.set_exception(LookupError("this performance is over"))
        if self.pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self.store.close()
