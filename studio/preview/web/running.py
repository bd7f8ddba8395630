"""Serving: the socket that is listened on, and the web server until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from model.errors import ClearheadError, UsageError
from studio.preview.web.protocol import LONGEST_MESSAGE
from studio.preview.web.server import Server


def listen(host: str, port: int | None) -> socket.socket:
    """A socket for the server: at that port, or without one at the first free port from 8765 on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in [port] if port is not None else [*range(8765, 8785), 0]:
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, candidate))
            sock.listen(100)
            return sock
        except OSError as error:
            sock.close()
            reason = error.strerror
        except OverflowError:
            raise UsageError(f"--port {port} is out of range: give 1 to 65535.") from None
    where = host if port is None else f"{host}:{port}"
    raise ClearheadError(f"the preview cannot listen on {where}: {reason}; choose another --port or --host.")


class Quiet(uvicorn.Server):
    """Leaves the signals to `run`, which has more to end than sockets."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run(server: Server, sock: socket.socket, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    config = uvicorn.Config(
        server.app,
        log_level="error",
        lifespan="off",
        access_log=False,
        ws_max_size=LONGEST_MESSAGE,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
        server_header=False,
        ws_ping_interval=20,
        ws_ping_timeout=20,
    )
    web = Quiet(config)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, lambda: setattr(web, "should_exit", True))
    await server.start()
    try:
        ready()
        await web.serve(sockets=[sock])
    finally:
        await server.stop()
