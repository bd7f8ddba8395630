"""The live preview: a lesson played in the browser, step by step, on the sentence that the class shouts out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio.preview.web.access import Access

__all__ = ["serve"]
SHORTEST_TOKEN = 6


def serve(
    lesson: str = "attention",
    options: dict[str, Any] | None = None,
    host: str = "127.0.0.1",
    port: int | None = None,
    token: str | None = None,
    open_browser: bool = True,
    quality: str = "m",
    out: Path | None = None,
    public_url: str | None = None,
    training: dict[str, Any] | None = None,
) -> None:
    """Serve the preview of a lesson until Ctrl-C.

    lesson: id of the course. options: names and values of scenes.lesson.Options. host: a loopback address, or one of
    the network: then those who watch need `token` (made up if None). port: None takes the first free one. public_url:
    the address by which a proxy or a tunnel leads here. training: a model that is trained meanwhile, and shown as it
    becomes (see processes/trainer.py)."""
    import asyncio

    from model.errors import ClearheadError, UsageError
    from model.paths import RENDERS
    from studio.preview.sessions.selection import Selection
    from studio.preview.web import access as web
    from studio.preview.web.running import listen, run
    from studio.preview.web.server import Server

    if not sys.platform.startswith("linux"):
        raise ClearheadError(
            "the live preview needs Linux (it forks its drawing processes); `clearhead render` works here."
        )
    if token is not None and (len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable()):
        raise UsageError(f"--token must have at least {SHORTEST_TOKEN} letters and digits.")
    public = None if public_url is None else web.public_url(public_url)
    if token is None and (public is not None or not web.is_loopback(host)):
        import secrets

        token = secrets.token_hex(4)
    sock = listen(host, port)
    access = web.Access(host, sock.getsockname()[1], token, public=public)
    chosen = {name: value for name, value in (options or {}).items() if value is not None}
    server = Server(Selection(lesson, quality, chosen), access, out or RENDERS, training=training)
    with sock:
        asyncio.run(run(server, sock, lambda: announce(access, open_browser)))


def announce(access: Access, open_browser: bool) -> None:
    """Say where the preview is."""
    print(f"Preview: {access.url(lead=True)}   (Ctrl-C ends it)", flush=True)
    if not access.open:
        _invite(access)
    if open_browser and _has_screen():
        _open(access.url(lead=True))


def _invite(access: Access) -> None:
    """Say where others can watch: all ways, the first one also as a QR code."""
    import segno

    from studio.preview.web.addresses import inside

    try:
        ways = access.ways()
    except LookupError as error:
        print(f"To watch: {error}", flush=True)
        return
    for over, url in ways:
        print(f"To watch: {f'({over}) ' if len(ways) > 1 else ''}{url}", flush=True)
    if access.public is None and (box := inside()):
        around = f"forward port {access.port} of the machine around it, and add"
        print(f"note: this is {box}. Where that address does not answer,", around, end=" ")
        print(f"--public-url http://ITS-ADDRESS:{access.port}/", flush=True)
    if sys.stdout.isatty():
        segno.make(ways[0][1], error="m").terminal(compact=True)


def _has_screen() -> bool:
    """Whether a browser that is opened here is seen by whoever has started this."""
    over_ssh = any(name in os.environ for name in ("SSH_CONNECTION", "SSH_TTY"))
    return not over_ssh and any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _open(url: str) -> None:
    """Open a browser in a process that may take its time, and that cannot take the terminal."""
    nowhere = subprocess.DEVNULL
    command = [sys.executable, "-m", "webbrowser", url]
    subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True)
