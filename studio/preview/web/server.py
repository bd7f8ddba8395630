"""The web server of the preview: pages, one socket per page, and what pages say."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import segno
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

import scenes
from model.errors import ClearheadError, UsageError
from model.paths import ASSETS
from studio.page import WEB
from studio.preview.sessions.controller import Controller
from studio.preview.sessions.learning import Learning
from studio.preview.sessions.place import Place
from studio.preview.sessions.pool import ProcessPool
from studio.preview.sessions.selection import Selection
from studio.preview.sessions.session import Session
from studio.preview.web import saving, voting, watching
from studio.preview.web.access import Access
from studio.preview.web.clients import Client, Clients, converse
from studio.preview.web.protocol import CONTROLLING, Refused, parse
from studio.preview.web.voting import Voting
from studio.preview.wire import Message

FONTS = ASSETS / "fonts"
MOST_CLIENTS, RESERVED = 300, 10  # pages; some more for those who may lead
KEPT = 32  # pictures whose readings are kept
SAVED = (".png", ".gif", ".mp4", ".webm", ".webp", ".srt", ".vtt")  # what may be fetched from renders/
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)  # and the public address: hubs show a page in a frame of their own
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Server:
    """The preview of a lesson. `app` is the ASGI application, `start` and `stop` its processes' life."""

    def __init__(self, selection: Selection, access: Access, renders: Path, training: Message | None = None):
        self.access = access
        self.headers = HEADERS | {"Content-Security-Policy": " ".join([POLICY, *access.frames])}
        self.clients = Clients()
        self.pool = ProcessPool()
        self.controller = Controller(self.pool, selection, self.tell, self.clients.push, self.watching)
        self.voting = Voting(self.controller, self.clients)
        self.learning = None if training is None else Learning(training, self.pool, self.controller, self.tell)
        self.renders = renders.resolve()
        self.readings: OrderedDict[tuple[int, int, int], list[Message]] = OrderedDict()
        self.chores: set[asyncio.Task[None]] = set()
        self.saving = asyncio.Lock()
        self.stopping = asyncio.Event()
        self.handlers: dict[str, Callable[[Client, Message], None]] = {
            "at": self.on_at,
            "place": self.on_place,
            "follow": self.on_follow,
            "drop": lambda client, message: client.forget(message["session"], message["steps"]),
            "remote": self.on_remote,
            "read": lambda client, message: self.chore(self.read(client, message)),
            "save": lambda client, message: self.chore(self.save(client, message)),
            "lead": lambda client, message: self.clients.appoint(client),
            "here": lambda client, message: None,
            "change": self.on_change,
            "learn": self.on_learn,
            **self.voting.handlers,
        }
        self.app = Starlette(
            routes=[
                Route("/", self.page),
                Route("/way", self.way),
                Route("/renders/{path:path}", self.saved),
                WebSocketRoute("/ws", self.socket),
                Mount("/static", Fresh(directory=WEB)),
                Mount("/fonts", Fresh(directory=FONTS)),
            ]
        )

    async def start(self) -> None:
        await self.pool.start()
        self.controller.begin()
        if self.learning is not None:
            self.learning.start()
        self.chore(self.watch_files([Path(scenes.__file__).parent, ASSETS]))
        if beside := {folder for entry in self.controller.entries if entry.own for folder in _beside(entry.own)}:
            self.chore(self.watch_files([*beside], deep=False))  # it may be somebody's home

    async def stop(self) -> None:
        self.stopping.set()
        if self.learning is not None:
            self.learning.stop()
        await self.pool.stop()
        for chore in self.chores:
            chore.cancel()
        await asyncio.gather(*self.chores, return_exceptions=True)

    def chore(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside all else; what goes wrong in it is an error of ours, but no reason to end."""
        task = asyncio.get_running_loop().create_task(work)
        self.chores.add(task)
        task.add_done_callback(self.chores.discard)

    async def watch_files(self, folders: list[Path], deep: bool = True) -> None:
        """Whatever a picture is made of. The model is loaded once."""
        async for _ in watching.saved(folders, self.stopping, deep):
            self.readings.clear()
            self.controller.reload()

    # ── pages ────────────────────────────────────────────────────────────────────────────────────
    async def page(self, request: Request) -> Response:
        if not self.access.right_host(request):
            host = request.headers.get("host", "")[:200]
            text = f"This preview is not known as {host}.\nIf that is your proxy, start it with: --public-url https://{host}/…"
            return PlainTextResponse(text, 403)
        return FileResponse(WEB / "index.html", headers=self.headers)

    async def way(self, request: Request) -> Response:
        """For a page that is not let in at /ws, where nothing can be said: why."""
        why = self.access.why_not(request, request.query_params.get("origin", "")[:200])
        return PlainTextResponse(why or "", 200 if why is None else 403, headers=self.headers)

    async def saved(self, request: Request) -> Response:
        """A file in renders/ that was saved, and nothing else."""
        if self.access.role(request) is None:
            return PlainTextResponse("not allowed", 403)
        try:
            path = (self.renders / request.path_params["path"]).resolve()
        except (ValueError, OSError):
            return PlainTextResponse("not found", 404)
        known = path.suffix in SAVED or (path.suffix == ".json" and path.parent == self.renders / voting.FOLDER)
        if not path.is_relative_to(self.renders) or not known or not path.is_file():
            return PlainTextResponse("not found", 404)
        return FileResponse(path, headers=self.headers)

    # ── the socket ───────────────────────────────────────────────────────────────────────────────
    async def socket(self, websocket: WebSocket) -> None:
        role = self.access.role(websocket)
        room = MOST_CLIENTS + (RESERVED if role == "lead" else 0)
        if role is None or not self.access.right_origin(websocket) or len(self.clients.clients) >= room:
            return await websocket.close(1008)  # before accept: the answer is 403
        await websocket.accept()
        view = "notes" if websocket.query_params.get("view") == "notes" else "stage"
        page = websocket.query_params.get("page", "")[:40]
        browser = voting.voter(websocket.query_params.get("voter", ""))
        client = Client(websocket, self.controller, view, role == "lead", page, browser)
        self.welcome(client)
        try:
            await converse(client, lambda raw: self.hear(client, raw))
        finally:
            self.clients.leave(client)
            self.voting.tally()
            with suppress(RuntimeError, WebSocketDisconnect):
                await websocket.close()

    def welcome(self, client: Client) -> None:
        """Tell a new page who it is and what is on."""
        controller = self.controller
        client.tell({"type": "welcome", "you": client.number, "may_lead": client.may_lead, "share": self.share(client)})
        self.clients.enter(client)
        if controller.current is not None:
            client.tell(controller.told(controller.current))
            self.voting.enter(client)
        if controller.banner is not None and client.may_lead:
            client.tell(controller.banner)
        if controller.next is not None:
            client.tell({"type": "preparing", "on": True})
        if self.learning is not None:
            client.tell(self.learning.told())

    def share(self, client: Client) -> Message | None:
        """For those who may lead: where the others can watch."""
        if self.access.open or not client.may_lead:
            return None
        try:
            ways = [{"over": over, "url": url, "qr": _picture_of(url)} for over, url in self.access.ways()]
        except LookupError as error:
            return {"ways": [], "none": f"{str(error).capitalize()}."}
        return {"url": ways[0]["url"], "qr": ways[0]["qr"], "ways": ways}

    def tell(self, message: Message) -> None:
        """To all; what is wrong with the code is the business of those who may lead."""
        self.clients.tell(message, to=lambda client: client.may_lead or message["type"] != "banner")

    def watching(self) -> Iterator[Place]:
        """Where those are who go on alone."""
        for client in self.clients.clients:
            if client.alone is not None:
                yield client.alone

    def hear(self, client: Client, raw: str | bytes) -> bool:
        """A page has said something; False closes its socket."""
        try:
            message = parse(raw)
        except Refused as refused:
            client.refuse(f"Refused: {refused}.")
            return client.may("")
        kind = message["type"]
        if not client.may(kind):
            client.refuse("Too many requests: wait a moment.")
            return client.may("")
        if kind in (*CONTROLLING, "lead") and not client.may_lead:
            client.refuse("Only those who lead may do that.")
        else:
            self.handlers[kind](client, message)
        return True

    # ── what pages say ───────────────────────────────────────────────────────────────────────────
    def on_at(self, client: Client, message: Message) -> None:
        """The leader is at a place."""
        if client.leads and self.session(message) is not None:
            self.controller.move(Place.of(message))
            self.voting.moved()
            if self.learning is not None:
                self.learning.follow()
            self.clients.tell(self.leaders_place(), to=lambda other: other is not client)
            self.clients.push()

    def on_place(self, client: Client, message: Message) -> None:
        """A page that goes on alone is at a place."""
        if not client.leads and self.session(message) is not None:
            client.go(Place.of(message))
            self.controller.schedule()

    def on_follow(self, client: Client, message: Message) -> None:
        """A page goes where the leader is, from now on."""
        client.go(None)
        client.tell(self.leaders_place())

    def on_remote(self, client: Client, message: Message) -> None:
        """A key pressed in the speaker's window is meant for the stage."""
        if self.clients.leader is not None:
            self.clients.leader.tell({"type": "remote", "key": message["key"], "step": message.get("step", 0)})

    def on_change(self, client: Client, message: Message) -> None:
        if not (client.leads or client.view == "notes"):
            return client.refuse("Another window leads: press “Lead” first.")
        if self.learning is not None and "model" in message:
            self.learning.free = True
        try:
            self.controller.change({name: value for name, value in message.items() if name != "type"})
        except UsageError as error:
            client.refuse(str(error))

    def on_learn(self, client: Client, message: Message) -> None:
        """Pause training, go on, look at another snapshot."""
        if not (client.leads or client.view == "notes"):
            return client.refuse("Another window leads: press “Lead” first.")
        try:
            if self.learning is None:
                raise UsageError("No model is being trained: start the preview with --corpus.")
            self.learning.ask(message["what"], message.get("step"))
        except UsageError as error:
            client.refuse(str(error))

    def leaders_place(self) -> Message:
        return {"type": "at", **self.controller.place.told()}

    def session(self, message: Message) -> Session | None:
        """The session that a page speaks of; None if it is no longer on."""
        current = self.controller.current
        return current if current is not None and current.number == message["session"] else None

    # ── reading and saving ───────────────────────────────────────────────────────────────────────
    async def read(self, client: Client, message: Message) -> None:
        """Tell a page what can be read on its picture; null where it cannot be told."""
        session = self.session(message)
        if session is None:
            return
        asked = {name: message[name] for name in ("session", "step", "frame")}
        try:
            readings = await self.readings_at(session, message["step"], message["frame"])
        except (LookupError, TimeoutError):
            readings = None
        client.tell({"type": "readings", **asked, "readings": readings})

    async def readings_at(self, session: Session, step: int, frame: int) -> list[Message]:
        """What can be read on a picture; the last ones are kept."""
        place = (session.number, step, session.store.strip(step).first_shown(frame))
        if place not in self.readings:
            self.readings[place] = await asyncio.wait_for(session.read(*place[1:]), 10)
            if len(self.readings) > KEPT:
                self.readings.popitem(last=False)
        return self.readings[place]

    async def save(self, client: Client, message: Message) -> None:
        """Save what is shown, and tell the page where it is."""
        what, step, session = message["what"], message["step"], self.session(message)
        if session is None or step >= len(session.steps):
            return
        try:
            async with self.saving:
                if what == "votes":
                    path = self.voting.save(self.renders)
                elif what == "picture":
                    path = await self.save_picture(session, step, message["frame"])
                else:
                    path = await self.save_film(client, what, step)
        except (ClearheadError, LookupError, TimeoutError, OSError, ValueError) as error:
            return client.tell({"type": "saved", "what": what, "error": str(error) or "it took too long"})
        name = path.resolve().relative_to(self.renders).as_posix()
        client.tell({"type": "saved", "what": what, "name": name, "url": f"renders/{quote(name)}"})

    async def save_picture(self, session: Session, step: int, frame: int) -> Path:
        path = saving.picture_path(self.renders, session.order["lesson"], step, session.steps[step].name, frame)
        path.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.wait_for(session.read(step, frame, str(path)), 20)
        return path

    async def save_film(self, client: Client, what: str, step: int) -> Path:
        """A step as a GIF, or the lesson as a video."""
        how: Message = {"format": "gif", "step": str(step + 1)} if what == "gif" else {"format": "mp4", "step": None}
        order = self.controller.selection.order() | {"folder": str(self.renders)} | how
        files = await saving.render(
            order, lambda done, total: client.tell({"type": "saving", "what": what, "done": done, "total": total})
        )
        return files[0]


def _beside(lesson: Path) -> list[Path]:
    """The folders of a lesson's file and of its notes."""
    return [folder for folder in (lesson.parent, lesson.parent / "notes") if folder.is_dir()]


def _picture_of(url: str) -> str:
    """A QR code, as a data URI."""
    return str(segno.make(url, error="m").svg_data_uri(scale=6, border=2, dark="#000", light="#fff"))


class Fresh(StaticFiles):
    """Files that browsers ask for again each time, so that no page runs yesterday's code (304 where nothing is new)."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response
