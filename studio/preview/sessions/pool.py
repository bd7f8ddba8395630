"""The server's side of the drawing processes: starts them, hears them, replaces those that crash or hang."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from studio.play.cache import cache_folder
from studio.preview.sessions.session import Performance
from studio.preview.sessions.store import Store
from studio.preview.wire import packed, receive

PATIENCE = 30.0  # seconds of silence after which a process counts as hung
ROOM = 1 << 30  # bytes of frames that are kept
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Troupe:
    """Use `await start()`, `perform(order, on_event)`, `refresh()` after lessons have changed, and `stop()`."""

    def __init__(self, patience: float | None = None):
        self.patience = PATIENCE if patience is None else patience
        self.models: list[str] = []
        self.performances: dict[int, Performance] = {}
        self.revision = 0
        self.process: subprocess.Popen | None = None
        self.worker: asyncio.StreamWriter | None = None
        self.company: asyncio.StreamWriter | None = None
        self.queue: list[dict[str, Any]] = []  # orders for a company that is not there yet
        self.connections: set[asyncio.Task] = set()
        self.stopping = False

    async def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="clearhead-"))  # for its owner only
        self.address = str(self.folder / "wire")
        self.listener = await asyncio.start_unix_server(self._connected, self.address, limit=1 << 22)
        self._start_worker()
        self.guard = asyncio.create_task(self._watch())

    def _start_worker(self) -> None:
        command = [sys.executable, "-m", "studio.preview.processes.root", self.address, str(os.getpid())]
        self.process = subprocess.Popen(
            command, env=os.environ | {"OMP_NUM_THREADS": "1"}, stdin=subprocess.DEVNULL, start_new_session=True
        )

    async def stop(self) -> None:
        """End all processes."""
        self.stopping = True
        self.guard.cancel()
        for performance in list(self.performances.values()):
            performance.end()
        self.listener.close()
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        if self.connections:
            await asyncio.wait(self.connections, timeout=1)
        shutil.rmtree(self.folder, ignore_errors=True)

    # ── orders ───────────────────────────────────────────────────────────────────────────────────
    def perform(self, order: dict[str, Any], on_event: Callable[[Performance, dict[str, Any]], None]) -> Performance:
        """Begin a performance; order: lesson, options, quality."""
        performance = Performance(order, Store(cache_folder() / "preview", ROOM), on_event)
        self.performances[performance.number] = performance
        self._order(performance.order)
        return performance

    def rehearse(self, order: dict[str, Any]) -> None:
        """Make the next performance of this lesson quick."""
        if self.company is not None:
            self._order(order | {"order": "rehearse"})

    def refresh(self) -> None:
        """Have the lessons' code read again."""
        self.revision += 1
        if self.company is not None:
            self.company.close()  # it ends when nobody listens
            self.company = None
        if self.worker is not None:
            self.worker.write(packed({"order": "company", "revision": self.revision}))

    def end(self, performance: Performance) -> None:
        performance.end()
        self.performances.pop(performance.number, None)
        self.queue = [order for order in self.queue if order.get("session") != performance.number]

    def _order(self, order: dict[str, Any]) -> None:
        if self.company is None:
            self.queue.append(order)
        else:
            self.company.write(packed(order))

    # ── connections ──────────────────────────────────────────────────────────────────────────────
    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.add(asyncio.current_task())
        try:
            hello = await receive(reader)
            if hello is not None and not self.stopping:
                await getattr(self, f"_{hello[0]['role']}")(hello[0], reader, writer)
        finally:
            self.connections.discard(asyncio.current_task())
            with suppress(OSError, RuntimeError):
                writer.close()

    async def _worker(self, hello, reader, writer) -> None:
        self.worker, self.models = writer, hello["models"]
        self.refresh()
        await receive(reader)
        self.worker = self.company = None
        if not self.stopping:  # it takes everything with it
            self._order_again()
            self.process.wait()
            self._start_worker()

    async def _company(self, hello, reader, writer) -> None:
        if hello["revision"] != self.revision:
            return
        self.company = writer
        for order in self.queue:
            writer.write(packed(order))
        self.queue.clear()
        await receive(reader)
        if self.company is writer and not self.stopping:
            self._order_again()
            self.refresh()

    def _order_again(self) -> None:
        """What was ordered from processes that died before they began with it."""
        self.queue = [p.order for p in self.performances.values() if p.pid is None and not p.ended]

    async def _player(self, hello, reader, writer) -> None:
        performance = self.performances.get(hello["session"])
        if performance is None:
            return
        performance.pid = hello["pid"]
        while (message := await receive(reader)) is not None:
            performance.hear(message[0])
        if not performance.ended and performance.failure is None:
            performance.on_event(performance, {"event": "lost"})

    async def _bookmark(self, hello, reader, writer) -> None:
        performance = self.performances.get(hello["session"])
        if performance is None or performance.ended:
            return
        performance.bookmarks[hello["step"]] = writer
        performance.on_event(performance, {"event": "bookmark", "step": hello["step"]})
        await receive(reader)
        performance.bookmarks.pop(hello["step"], None)

    async def _task(self, hello, reader, writer) -> None:
        performance = self.performances.get(hello["session"])
        task = performance and performance.tasks.get(hello["task"])
        if task is None:
            return
        task.writer, task.pid = writer, hello["pid"]
        while not task.cancelled and (message := await receive(reader)) is not None:
            performance.hear_task(task, *message)
        if task.cancelled:
            task.kill()  # before it has connected, too
        performance.task_gone(task)

    # ── time ─────────────────────────────────────────────────────────────────────────────────────
    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self.patience / 4))
            for performance in list(self.performances.values()):
                if not performance.ended and performance.hung(self.patience):
                    performance.give_up()
                    performance.on_event(performance, {"event": "lost", "hung": True})
            if (
                self.process is not None
                and self.process.poll() is not None
                and self.worker is None
                and not self.stopping
            ):
                self._start_worker()
