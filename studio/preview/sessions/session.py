"""A session, one play-through of a lesson, as the server sees it: what it told so far, and who is drawing what."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field

from studio.play.failures import plainly
from studio.preview.sessions.store import Store
from studio.preview.wire import Message, packed

NEAR = 45  # frames that are sooner drawn by going on than by beginning anew
STARTING = 25.0  # seconds until a play-through must be there: the lessons' code may have to be read first
ATTEMPTS = 2  # to draw a step whose process dies


@dataclass
class KnownStep:
    """A step as the lesson told it. start, frames: in frames of the video; frames is None until its end is known.

    lines: each caption (a question, then its answer) and the frame of the step from which on it stands. quiz: what the
    viewer is asked before it (an Asked, with its numbers: processes.lessons.asked)."""

    index: int
    name: str
    caption: str
    notes: str
    start: int
    frames: int | None = None
    lines: list[tuple[str, int]] = field(default_factory=list)
    quiz: Message | None = None

    def told(self) -> Message:
        return asdict(self)


@dataclass
class FrameJob:
    """A process that draws frames of a step, or reads the screen (`readings`). next, until: frames yet to be drawn."""

    number: int
    step: int
    next: int
    until: int | None = None
    readings: asyncio.Future[list[Message]] | None = None
    writer: asyncio.StreamWriter | None = None
    pid: int | None = None
    heard: float = field(default_factory=time.monotonic)
    cancelled: bool = False

    def will_reach(self, frame: int) -> bool:
        """Whether it draws that frame soon, if it goes on."""
        return self.next <= frame <= self.next + NEAR

    def cancel(self) -> None:
        """Nobody wants it any more."""
        self.cancelled = True
        self.kill()

    def kill(self) -> None:
        """End the process; unless it was cancelled, that counts as a failure."""
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def give_up_reading(self, why: str) -> None:
        """Tell whoever waits for what can be read that it does not come."""
        if self.readings is not None and not self.readings.done():
            self.readings.set_exception(LookupError(why))


class Session:
    """One lesson with one set of options. `on_event(session, event)` hears of everything that happens.

    Events: built, step, end, planned, failed, frame, bookmark, idle (a job is over), lost (its process has gone)."""

    _numbers = itertools.count(1)

    def __init__(self, order: Message, store: Store, on_event: Callable[[Session, Message], None]):
        self.number = next(self._numbers)
        self.order = order | {"order": "session", "session": self.number}
        self.store, self.on_event = store, on_event
        self.about: Message = {}
        self.steps: list[KnownStep] = []
        self.planned = False
        self.failure: Message | None = None
        self.pid: int | None = None
        self.bookmarks: dict[int, asyncio.StreamWriter] = {}
        self.jobs: dict[int, FrameJob] = {}
        self.failures: dict[int, int] = {}  # step → how often its drawing failed
        self.ended = False
        self.heard = time.monotonic()
        self._job_numbers = itertools.count(1)

    def name_of(self, step: int) -> str | None:
        """A step's name, None while it is not known."""
        return self.steps[step].name if step < len(self.steps) else None

    # ── what is heard from the processes ─────────────────────────────────────────────────────────
    def hear(self, event: Message) -> None:
        """From the process that plays the lesson through."""
        if self.ended:
            return
        self.heard = time.monotonic()
        kind = event["event"]
        if kind == "built":
            self.about = event
        elif kind == "step":
            index, name, caption, notes, start = (event[k] for k in ("step", "name", "caption", "notes", "start"))
            self.steps.append(KnownStep(index, name, caption, notes, start, quiz=event["quiz"]))
        elif kind == "end":
            step = self.steps[event["step"]]
            step.lines, step.notes = event["lines"], event["notes"]
            self._set_length(event["step"], event["frames"])
        elif kind == "planned":
            self.planned = True
        elif kind == "failed":
            self.failure = event
        self.on_event(self, event)

    def _set_length(self, step: int, frames: int) -> None:
        self.steps[step].frames = frames
        self.store.strip(step).length = frames

    def hear_job(self, job: FrameJob, message: Message, blob: bytes) -> None:
        """From a process that draws or reads."""
        job.heard = time.monotonic()
        if self.ended or job.cancelled:
            return
        if "frame" in message:
            try:
                self.store.strip(job.step).add(message["frame"], message["repeat"], message["kind"], blob)
            except OSError as error:
                return self._no_room(job, error)
            job.next = message["frame"] + message["repeat"]
            self.on_event(self, {"event": "frame", "step": job.step})
        elif message["event"] == "read" and job.readings is not None and not job.readings.done():
            job.readings.set_result(message["readings"])
        elif message["event"] == "failed" and job.readings is None:
            self.failures[job.step] = ATTEMPTS
            self.failure = message
            self.on_event(self, message)
        elif message["event"] == "done" and message["frames"] is not None:
            self._set_length(job.step, message["frames"])

    def _no_room(self, job: FrameJob, error: OSError) -> None:
        """A frame cannot be kept: nobody is served by drawing on."""
        job.cancel()
        self.failures[job.step] = ATTEMPTS
        text = str(plainly(error, self.store.folder) or error)
        self.on_event(self, {"event": "failed", "text": text[0].upper() + text[1:], "file": None, "line": None})

    def job_gone(self, job: FrameJob) -> None:
        """A job's process has ended."""
        self.jobs.pop(job.number, None)
        job.give_up_reading("the process that read has gone")
        if self.ended:
            return
        if job.readings is None and not job.cancelled and not self._finished(job):
            self._count_failure(job.step)
        self.on_event(self, {"event": "idle"})

    def _finished(self, job: FrameJob) -> bool:
        end = self.store.strip(job.step).length if job.until is None else job.until
        return end is not None and job.next >= end

    def _count_failure(self, step: int) -> None:
        """A process has died, or was killed because it hung, while it drew a step: tried again, but not for ever."""
        self.failures[step] = self.failures.get(step, 0) + 1
        if self.failures[step] == ATTEMPTS:
            text = f"Step {step + 1}, “{self.steps[step].name}”, cannot be drawn: its process crashes or does not move."
            self.on_event(self, {"event": "failed", "text": text, "file": None, "line": None})

    # ── what is asked of them ────────────────────────────────────────────────────────────────────
    def draw(self, wants: Iterable[tuple[int, int]], slots: int) -> None:
        """Have what is wanted drawn: (step, frame) in order of urgency, by at most `slots` processes at once. The first
        of them is what is looked at: its next frame comes in a hurry."""
        wants = list(wants)
        targets = self._targets(wants, slots)
        running = {job.step: job for job in self.jobs.values() if job.readings is None and not job.cancelled}
        for step, (first, _) in targets.items():
            if step in running and not running[step].will_reach(first):
                running.pop(step).cancel()
        surplus = max(0, len(running.keys() | targets.keys()) - slots)
        for step in [step for step in running if step not in targets][:surplus]:
            running[step].cancel()
        for step, (first, last) in targets.items():
            if step not in running:
                hurry = step == wants[0][0]
                job = FrameJob(next(self._job_numbers), step, first, last)
                self._ask({"order": "draw", "last": last, "hurry": hurry}, job)

    def _targets(self, wants: Iterable[tuple[int, int]], slots: int) -> dict[int, tuple[int, int | None]]:
        """The most urgent steps that lack something and can be drawn: step → (first frame, last + 1 if known)."""
        targets: dict[int, tuple[int, int | None]] = {}
        for step, frame in wants:
            if len(targets) == slots:
                break
            if self._bookmark(step) is not None and step not in targets and self.failures.get(step, 0) < ATTEMPTS:
                gap = self.store.strip(step).gap(frame)
                if gap is not None:
                    targets[step] = gap
        return targets

    def read(self, step: int, frame: int, picture: str | None = None) -> asyncio.Future[list[Message]]:
        """What can be read on screen at a frame; with `picture`, the screen there is saved as that file instead.

        LookupError if the step cannot be looked at."""
        if self._bookmark(step) is None:
            raise LookupError("this step is not ready yet")
        readings: asyncio.Future[list[Message]] = asyncio.get_running_loop().create_future()
        job = FrameJob(next(self._job_numbers), step, frame, readings=readings)
        self._ask({"order": "read", "picture": picture}, job)
        return readings

    def _ask(self, order: Message, job: FrameJob) -> None:
        bookmark = self._bookmark(job.step)
        assert bookmark is not None, "only steps that can be drawn are asked for"
        self.jobs[job.number] = job
        bookmark.write(packed(order | {"job": job.number, "step": job.step, "first": job.next}))

    def _bookmark(self, step: int) -> asyncio.StreamWriter | None:
        """The last bookmark before that step, or at it; None while the step is not known, or none is there."""
        before = [mark for mark in self.bookmarks if mark <= step < len(self.steps)]
        return self.bookmarks[max(before)] if before else None

    # ── time ─────────────────────────────────────────────────────────────────────────────────────
    def hung(self, patience: float) -> bool:
        """Whether the play-through has said nothing for too long; jobs that have not are killed."""
        now = time.monotonic()
        for job in list(self.jobs.values()):
            if now - job.heard > patience:
                job.kill()
                if job.writer is None:
                    self.job_gone(job)
        silent = now - self.heard > (patience if self.pid is not None else max(patience, STARTING))
        return silent and not (self.planned or self.failure)

    def give_up(self) -> None:
        """The play-through does not move: end it. Its bookmarks stay, so that what is known can still be shown."""
        self.failure = {"text": "it does not move"}
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def end(self) -> None:
        """End all its processes and forget its frames."""
        self.ended = True
        for job in self.jobs.values():
            job.give_up_reading("this session is over")
        if self.pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self.store.close()
