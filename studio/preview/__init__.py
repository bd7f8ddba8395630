"""The live preview: a lesson played in the browser, step by step, on the sentence that the class shouts out."""

from __future__ import annotations

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
) -> None:
    """Serve the preview of a lesson until Ctrl-C.

    lesson: id of the course. options: names and values of scenes.lesson.Options. host: a loopback address, or one of
    the network: then those who watch need `token` (made up if None). port: None takes the first free one."""
    import asyncio

    from model.errors import ClearheadError, UsageError
    from model.paths import RENDERS
    from studio.preview.sessions.selection import Selection
    from studio.preview.web.access import Access, is_loopback
    from studio.preview.web.server import Server, listen, run

    if not sys.platform.startswith("linux"):
        raise ClearheadError(
            "the live preview needs Linux (it forks its drawing processes); `clearhead render` works here."
        )
    if token is not None and (len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable()):
        raise UsageError(f"--token must have at least {SHORTEST_TOKEN} letters and digits.")
    if token is None and not is_loopback(host):
        import secrets

        token = secrets.token_hex(4)
    sock = listen(host, port)
    access = Access(host, sock.getsockname()[1], token)
    chosen = {name: value for name, value in (options or {}).items() if value is not None}
    server = Server(Selection(lesson, quality, chosen), access, out or RENDERS)
    with sock:
        asyncio.run(run(server, sock, lambda: announce(access, open_browser)))


def announce(access: Access, open_browser: bool) -> None:
    """Say where the preview is."""
    print(f"Preview: {access.url(lead=True)}   (Ctrl-C ends it)", flush=True)
    if not access.open:
        import segno

        print(f"To watch: {access.url(lead=False)}", flush=True)
        if sys.stdout.isatty():
            segno.make(access.url(lead=False), error="m").terminal(compact=True)
    if open_browser:
        import webbrowser

        webbrowser.open(access.url(lead=True))
