"""The server's side of the drawing processes: starts them, hears them, replaces those that crash or hang."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from studio.play.cache import cache_folder
from studio.preview.sessions.session import Session
from studio.preview.sessions.store import Store
from studio.preview.wire import Message, packed, receive

PATIENCE = 30.0  # seconds of silence after which a process counts as hung
ROOM = 1 << 30  # bytes of frames that are kept
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ProcessPool:
    """Use `await start()`, `open(order, on_event)`, `refresh()` after lessons have changed, and `stop()`."""

    def __init__(self, patience: float | None = None):
        self.patience = PATIENCE if patience is None else patience
        self.models: list[str] = []
        self.sessions: dict[int, Session] = {}
        self.revision = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.root: StreamWriter | None = None
        self.loader: StreamWriter | None = None
        self.queue: list[Message] = []  # orders for a loader that is not there yet
        self.connections: set[asyncio.Task[None]] = set()
        self.stopping = False
        self.roles: dict[str, Callable[[Message, StreamReader, StreamWriter], Awaitable[None]]] = {
            "root": self._on_root,
            "loader": self._on_loader,
            "playthrough": self._on_playthrough,
            "bookmark": self._on_bookmark,
            "job": self._on_job,
        }

    async def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="clearhead-"))  # for its owner only
        self.address = str(self.folder / "wire")
        self.listener = await asyncio.start_unix_server(self._connected, self.address, limit=1 << 22)
        self._start_root()
        self.guard = asyncio.create_task(self._watch())

    def _start_root(self) -> None:
        command = [sys.executable, "-m", "studio.preview.processes.root", self.address, str(os.getpid())]
        self.process = subprocess.Popen(
            command, env=os.environ | {"OMP_NUM_THREADS": "1"}, stdin=subprocess.DEVNULL, start_new_session=True
        )

    async def stop(self) -> None:
        """End all processes."""
        self.stopping = True
        self.guard.cancel()
        for session in list(self.sessions.values()):
            session.end()
        self.listener.close()
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        if self.connections:
            await asyncio.wait(self.connections, timeout=1)
        shutil.rmtree(self.folder, ignore_errors=True)

    # ── orders ───────────────────────────────────────────────────────────────────────────────────
    def open(self, order: Message, on_event: Callable[[Session, Message], None]) -> Session:
        """Begin a session; order: lesson, options, quality."""
        session = Session(order, Store(cache_folder() / "preview", ROOM), on_event)
        self.sessions[session.number] = session
        self._order(session.order)
        return session

    def warm_up(self, order: Message) -> None:
        """Make the next session of this lesson quick."""
        if self.loader is not None:
            self._order(order | {"order": "warm up"})

    def go_on(self) -> None:
        """The picture that was waited for is there: what warms up may go on."""
        if self.loader is not None:
            self._order({"order": "go on"})

    def refresh(self) -> None:
        """Have the lessons' code read again."""
        self.revision += 1
        if self.loader is not None:
            self.loader.write(packed({"order": "retire"}))
            self.loader.close()  # it ends when nobody listens
            self.loader = None
        if self.root is not None:
            self.root.write(packed({"order": "loader", "revision": self.revision}))

    def close(self, session: Session) -> None:
        session.end()
        self.sessions.pop(session.number, None)
        self.queue = [order for order in self.queue if order.get("session") != session.number]

    def _order(self, order: Message) -> None:
        if self.loader is None:
            self.queue.append(order)
        else:
            self.loader.write(packed(order))

    def _order_again(self) -> None:
        """What was ordered from processes that died before they began with it."""
        self.queue = [s.order for s in self.sessions.values() if s.pid is None and not s.ended]

    # ── connections ──────────────────────────────────────────────────────────────────────────────
    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.connections.add(task)
        try:
            hello = await receive(reader)
            if hello is not None and not self.stopping:
                await self.roles[hello[0]["role"]](hello[0], reader, writer)
        finally:
            self.connections.discard(task)
            with suppress(OSError, RuntimeError):
                writer.close()

    async def _on_root(self, hello: Message, reader: StreamReader, writer: StreamWriter) -> None:
        self.root, self.models = writer, hello["models"]
        self.refresh()
        await receive(reader)
        self.root = self.loader = None
        if not self.stopping and self.process is not None:  # it takes everything with it
            self._order_again()
            self.process.wait()
            self._start_root()

    async def _on_loader(self, hello: Message, reader: StreamReader, writer: StreamWriter) -> None:
        if hello["revision"] != self.revision:
            return
        if self.loader is not None:
            self.loader.close()  # this is its successor
        self.loader = writer
        for order in self.queue:
            writer.write(packed(order))
        self.queue.clear()
        await receive(reader)
        if self.loader is writer and not self.stopping:
            self._order_again()
            self.refresh()

    async def _on_playthrough(self, hello: Message, reader: StreamReader, writer: StreamWriter) -> None:
        session = self.sessions.get(hello["session"])
        if session is None:
            return
        session.pid = hello["pid"]
        while (message := await receive(reader)) is not None:
            session.hear(message[0])
        if not session.ended and session.failure is None:
            session.on_event(session, {"event": "lost", "hung": False})

    async def _on_bookmark(self, hello: Message, reader: StreamReader, writer: StreamWriter) -> None:
        session = self.sessions.get(hello["session"])
        if session is None or session.ended:
            return
        session.bookmarks[hello["step"]] = writer
        session.on_event(session, {"event": "bookmark", "step": hello["step"]})
        await receive(reader)
        session.bookmarks.pop(hello["step"], None)

    async def _on_job(self, hello: Message, reader: StreamReader, writer: StreamWriter) -> None:
        session = self.sessions.get(hello["session"])
        job = None if session is None else session.jobs.get(hello["job"])
        if session is None or job is None:
            return
        job.writer, job.pid = writer, hello["pid"]
        while not job.cancelled and (message := await receive(reader)) is not None:
            session.hear_job(job, *message)
        if job.cancelled:
            job.kill()  # before it has connected, too
        session.job_gone(job)

    # ── time ─────────────────────────────────────────────────────────────────────────────────────
    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self.patience / 4))
            for session in list(self.sessions.values()):
                if not session.ended and session.hung(self.patience):
                    session.give_up()
                    session.on_event(session, {"event": "lost", "hung": True})
            died = self.process is not None and self.process.poll() is not None
            if died and self.root is None and not self.stopping:
                self._start_root()
