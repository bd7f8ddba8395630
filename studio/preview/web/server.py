"""The web server of the preview: pages, one socket per page, and what is let through."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import secrets
import signal
import socket
from collections import OrderedDict
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import segno
import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect
from watchfiles import awatch

import scenes
from model.errors import ClearheadError, UsageError
from model.paths import ASSETS
from studio.preview.sessions.controller import Request, Show
from studio.preview.sessions.pool import Troupe
from studio.preview.web import saving
from studio.preview.web.clients import Audience, Client, converse
from studio.preview.web.protocol import CONTROLLING, LONGEST_MESSAGE, Refused, parse

PAGE = Path(__file__).parents[1] / "page"
FONTS = ASSETS / "fonts"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MOST_CLIENTS, RESERVED = 100, 10  # pages; some more for those who may lead
SAVED = (".png", ".gif", ".mp4", ".webm", ".webp", ".srt", ".vtt")  # what may be fetched from renders/
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass(frozen=True)
class Doors:
    """Who may come in. Without a token (loopback only) everybody may lead; else the token lets in, the key leads."""

    host: str
    port: int
    token: str | None = None
    key: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    @property
    def open(self) -> bool:
        return self.token is None

    def role(self, connection: HTTPConnection) -> str | None:
        """ "lead", "watch" or None (not let in)."""
        if not self.right_host(connection):
            return None
        given = connection.query_params.get("key", "").encode()
        if self.open or hmac.compare_digest(given, self.key.encode()):
            return "lead"
        return "watch" if hmac.compare_digest(given, self.token.encode()) else None

    def right_host(self, connection: HTTPConnection) -> bool:
        """Asked for by a name that is ours: a foreign name that leads here is another site's trick (DNS rebinding)."""
        try:
            name = urlsplit(f"//{connection.headers.get('host', '')}").hostname
        except ValueError:
            return False
        return name in (*LOOPBACK, self.host) or (not self.open and name is not None)

    def right_origin(self, connection: HTTPConnection) -> bool:
        """Opened by a page of ours, not by another site's."""
        origin = connection.headers.get("origin", "")
        return origin == f"{connection.url.scheme.replace('ws', 'http')}://{connection.headers.get('host', '')}"

    def url(self, lead: bool) -> str:
        """Where to go: for those who lead, on this machine; for those who watch, in the network."""
        if self.open:
            return f"http://{_bracketed(self.host)}:{self.port}/"
        host = "127.0.0.1" if lead and self.host in ("0.0.0.0", "::") else address_of(self.host)
        return f"http://{_bracketed(host)}:{self.port}/?key={quote(self.key if lead else self.token)}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def address_of(host: str) -> str:
    """The address that others reach this machine by."""
    if host not in ("0.0.0.0", "::"):
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # nothing is sent: this only asks which way it would go
        return probe.getsockname()[0]
    return "127.0.0.1"


class Server:
    """The preview of a lesson. `app` is the ASGI application, `start` and `stop` its troupe's life."""

    def __init__(self, request: Request, doors: Doors, renders: Path, troupe: Troupe | None = None):
        self.doors = doors
        self.audience = Audience()
        self.troupe = troupe or Troupe()
        self.show = Show(self.troupe, request, self.tell, self.audience.push, self.watching)
        self.renders = renders.resolve()
        self.readings: OrderedDict[tuple[int, int, int], list] = OrderedDict()
        self.chores: set[asyncio.Task] = set()
        self.saving = asyncio.Lock()
        self.stopping = asyncio.Event()
        self.app = Starlette(
            routes=[
                Route("/", self.page),
                Route("/renders/{path:path}", self.saved),
                WebSocketRoute("/ws", self.socket),
                Mount("/static", StaticFiles(directory=PAGE)),
                Mount("/fonts", StaticFiles(directory=FONTS)),
            ]
        )

    async def start(self) -> None:
        await self.troupe.start()
        self.show.begin()
        self.watcher = self.chore(self.watch_files())

    async def stop(self) -> None:
        self.stopping.set()
        await self.troupe.stop()
        for chore in self.chores - {self.watcher}:
            chore.cancel()
        await asyncio.gather(*self.chores, return_exceptions=True)

    def chore(self, work) -> asyncio.Task:
        """Do something beside all else; what goes wrong in it is an error of ours, but no reason to end."""
        task = asyncio.get_running_loop().create_task(work)
        self.chores.add(task)
        task.add_done_callback(self.chores.discard)
        return task

    async def watch_files(self) -> None:
        folder = Path(scenes.__file__).parent
        async for _ in awatch(folder, watch_filter=_matters, debounce=200, step=50, stop_event=self.stopping):
            self.readings.clear()
            self.show.reload()

    # ── pages ────────────────────────────────────────────────────────────────────────────────────
    async def page(self, request) -> Response:
        if not self.doors.right_host(request):
            return PlainTextResponse("unknown host", 403)
        return FileResponse(PAGE / "index.html", headers=HEADERS)

    async def saved(self, request) -> Response:
        """A file in renders/ that was saved, and nothing else."""
        if self.doors.role(request) is None:
            return PlainTextResponse("not allowed", 403)
        try:
            path = (self.renders / request.path_params["path"]).resolve()
        except (ValueError, OSError):
            return PlainTextResponse("not found", 404)
        if not path.is_relative_to(self.renders) or path.suffix not in SAVED or not path.is_file():
            return PlainTextResponse("not found", 404)
        return FileResponse(path, headers=HEADERS)

    # ── the socket ───────────────────────────────────────────────────────────────────────────────
    async def socket(self, websocket: WebSocket) -> None:
        role = self.doors.role(websocket)
        if (
            role is None
            or not self.doors.right_origin(websocket)
            or len(self.audience.clients) >= MOST_CLIENTS + (RESERVED if role == "lead" else 0)
        ):
            return await websocket.close(1008)  # before accept: the answer is 403
        await websocket.accept()
        view = "notes" if websocket.query_params.get("view") == "notes" else "stage"
        client = Client(websocket, self.show, view, may_lead=role == "lead")
        client.tell({"type": "welcome", "you": client.number, "may_lead": client.may_lead, "share": self.share(client)})
        self.audience.enter(client)
        if self.show.current is not None:
            client.tell(self.show.session())
        if self.show.banner is not None and client.may_lead:
            client.tell(self.show.banner)
        if self.show.coming is not None:
            client.tell({"type": "preparing", "on": True})
        try:
            await converse(client, lambda raw: self.hear(client, raw))
        finally:
            self.audience.leave(client)
            with suppress(RuntimeError, WebSocketDisconnect):
                await websocket.close()

    def share(self, client: Client) -> dict | None:
        """For those who may lead: where the others can watch."""
        if self.doors.open or not client.may_lead:
            return None
        url = self.doors.url(lead=False)
        return {"url": url, "qr": segno.make(url, error="m").svg_data_uri(scale=6, border=2, dark="#000", light="#fff")}

    def tell(self, message: dict) -> None:
        """To all; what is wrong with the code is the business of those who may lead."""
        self.audience.tell(message, to=(lambda c: c.may_lead) if message["type"] == "banner" else (lambda c: True))

    def watching(self):
        """(step, frame) of those who do not follow."""
        for client in self.audience.clients:
            if not client.leads:
                yield client.place

    def hear(self, client: Client, raw: str | bytes) -> bool:
        """A page has said something; False closes its socket."""
        try:
            message = parse(raw)
        except Refused as refused:
            client.tell({"type": "refused", "text": f"Refused: {refused}."})
            return client.may("")
        kind = message["type"]
        if not client.may(kind):
            client.tell({"type": "refused", "text": "Too many requests: wait a moment."})
            return client.may("")
        if kind in (*CONTROLLING, "lead") and not client.may_lead:
            client.tell({"type": "refused", "text": "Only those who lead may do that."})
            return True
        getattr(self, f"on_{kind}")(client, message)
        return True

    # ── what pages say ───────────────────────────────────────────────────────────────────────────
    def on_at(self, client: Client, message: dict) -> None:
        """The leader is at a place."""
        show = self.show
        if not client.leads or show.current is None or message["session"] != show.current.number:
            return
        show.place = {name: message[name] for name in ("session", "step", "frame", "playing", "speed", "black")}
        client.go(message["step"], message["frame"])
        self.audience.tell({"type": "at", **show.place}, to=lambda c: c is not client)
        show.schedule()

    def on_place(self, client: Client, message: dict) -> None:
        """A page that watches on its own is at a place."""
        if self.show.current is not None and message["session"] == self.show.current.number:
            client.go(message["step"], message["frame"])
            self.show.schedule()

    def on_drop(self, client: Client, message: dict) -> None:
        client.forget(message["session"], message["steps"])

    def on_remote(self, client: Client, message: dict) -> None:
        """A key pressed in the speaker's window is meant for the stage."""
        if self.audience.leader is not None:
            self.audience.leader.tell({"type": "remote", "key": message["key"], "step": message.get("step", 0)})

    def on_lead(self, client: Client, message: dict) -> None:
        self.audience.elect(client)

    def on_change(self, client: Client, message: dict) -> None:
        if not (client.leads or client.view == "notes"):
            return client.tell({"type": "refused", "text": "Another window leads: press “Lead” first."})
        try:
            self.show.change({name: value for name, value in message.items() if name != "type"})
        except UsageError as error:
            client.tell({"type": "refused", "text": str(error)})

    def on_read(self, client: Client, message: dict) -> None:
        self.chore(self.read(client, message))

    def on_save(self, client: Client, message: dict) -> None:
        self.chore(self.save(client, message))

    # ── reading and saving ───────────────────────────────────────────────────────────────────────
    async def read(self, client: Client, message: dict) -> None:
        """Tell a page what can be read on its picture."""
        show, step = self.show, message["step"]
        if show.current is None or message["session"] != show.current.number:
            return
        frame = self.first_shown(step, message["frame"])
        place = (message["session"], step, frame)
        try:
            if place not in self.readings:
                self.readings[place] = await asyncio.wait_for(show.current.look(step, frame), 10)
                if len(self.readings) > 32:
                    self.readings.popitem(last=False)
        except (LookupError, TimeoutError):
            return client.tell(
                {"type": "readings", "session": place[0], "step": step, "frame": message["frame"], "readings": None}
            )
        client.tell(
            {
                "type": "readings",
                "session": place[0],
                "step": step,
                "frame": message["frame"],
                "readings": self.readings[place],
            }
        )

    def first_shown(self, step: int, frame: int) -> int:
        """The frame since which the picture has been the same."""
        strip = self.show.current.store.strip(step)
        drawn = next(strip.from_(frame), None) if strip.covers(frame) else None
        return drawn.number if drawn is not None else frame

    async def save(self, client: Client, message: dict) -> None:
        """Save what is shown, and tell the page where it is."""
        what, step, request, current = message["what"], message["step"], self.show.request, self.show.current
        if current is None or message["session"] != current.number or step >= len(current.steps):
            return
        try:
            async with self.saving:
                if what == "picture":
                    path = saving.picture_path(
                        self.renders, request.lesson, step, current.steps[step].name, message["frame"]
                    )
                    path.parent.mkdir(parents=True, exist_ok=True)
                    await asyncio.wait_for(current.look(step, message["frame"], str(path)), 20)
                else:
                    order = request.order() | {
                        "folder": str(self.renders),
                        "format": {"gif": "gif", "video": "mp4"}[what],
                    }
                    order["step"] = str(step + 1) if what == "gif" else None
                    path = (
                        await saving.render(
                            order,
                            lambda done, total: client.tell(
                                {"type": "saving", "what": what, "done": done, "total": total}
                            ),
                        )
                    )[0]
        except (ClearheadError, LookupError, TimeoutError, OSError, ValueError) as error:
            return client.tell({"type": "saved", "what": what, "error": str(error) or "it took too long"})
        name = path.resolve().relative_to(self.renders).as_posix()
        client.tell({"type": "saved", "what": what, "name": name, "url": f"/renders/{quote(name)}"})


def _matters(change, path: str) -> bool:
    return path.endswith((".py", ".yaml")) and "__pycache__" not in path


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


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Quiet(uvicorn.Server):
    """Leaves the signals to `run`, which has more to end than sockets."""

    @contextmanager
    def capture_signals(self):
        yield


async def run(server: Server, sock: socket.socket, ready=lambda: None) -> None:
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
