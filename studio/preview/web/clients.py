"""Those who watch: what each of them has been sent, may do, and asks for."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import deque
from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from studio.preview.sessions.controller import Controller
from studio.preview.sessions.place import Place
from studio.preview.sessions.session import Session
from studio.preview.sessions.store import Frame
from studio.preview.web.protocol import FRAME, Allowance
from studio.preview.wire import Message

AHEAD = (0, 1, 2, -1)  # the steps that a page gets frames of, counted from the one it shows
BACKLOG = 1000  # messages that wait for a page that does not read them
SLOW = 0.75  # of the time that a frame is shown for: what longer takes to send is thinned out
THINNEST = 6
BEAT, LOST = 5.0, 30.0  # seconds between two signs of life; without one after which the other end is gone


class Client:
    """A page. may_lead: it has the key. leads: the others follow it. alone: where it is, if it follows nobody.

    page: what it calls itself, also after it was loaded again; voter: what its browser does; empty without a name."""

    _numbers = itertools.count(1)

    def __init__(
        self, socket: WebSocket, controller: Controller, view: str, may_lead: bool, page: str = "", voter: str = ""
    ):
        self.number, self.page, self.voter = next(self._numbers), page, voter
        self.heard = time.monotonic()
        self.socket, self.controller, self.view, self.may_lead = socket, controller, view, may_lead
        self.leads = False
        self.outbox: deque[str] = deque()
        self.wake = asyncio.Event()
        self.alone: Place | None = None
        self.session = 0
        self.sent: dict[int, set[int]] = {}
        self.every = 1  # one frame in so many is sent to those who watch, where the line is slow
        self.cost = 0.0  # seconds to send a frame, smoothed
        self.allowances = {
            "": Allowance(40, 120),
            "change": Allowance(2, 8),
            "learn": Allowance(4, 16),
            "read": Allowance(5, 15),
            "save": Allowance(0.5, 4),
            "lead": Allowance(1, 5),
            "vote": Allowance(2, 10),
        }

    @property
    def votes(self) -> bool:
        """Whether the class votes by it: a page that watches, of a browser that can be told from others."""
        return self.view == "stage" and not self.may_lead and bool(self.voter)

    # ── sending ──────────────────────────────────────────────────────────────────────────────────
    def tell(self, message: Message) -> None:
        """Send a message; a page that reads nothing is given up."""
        if len(self.outbox) < BACKLOG:
            self.outbox.append(json.dumps(message))
        self.wake.set()

    def refuse(self, why: str) -> None:
        self.tell({"type": "refused", "text": why})

    async def send(self) -> None:
        """Send messages and frames as they come, until the page is gone."""
        while len(self.outbox) < BACKLOG:
            if self.outbox:
                await self.socket.send_text(self.outbox.popleft())
            elif (found := self.next_frame()) is not None:
                await self._send_frame(*found)
                await asyncio.sleep(0)  # however fast the line: between two frames the others are heard
            else:
                self.wake.clear()
                if self.outbox or self.next_frame() is not None:
                    continue
                await self.wake.wait()

    async def beat(self) -> None:
        """Show that we are here, until the page shows no life for too long: its line may be dead, and not say so."""
        while time.monotonic() - self.heard < LOST:
            await asyncio.sleep(BEAT)
            self.tell({"type": "beat"})

    async def _send_frame(self, session: Session, step: int, frame: Frame) -> None:
        self.sent.setdefault(step, set()).add(frame.number)
        if self._thinned(frame):
            return
        header = FRAME.pack(session.number, step, frame.kind, frame.number, frame.repeat)
        data = header + session.store.strip(step).read(frame)
        begun = time.monotonic()
        await self.socket.send_bytes(data)
        if self.may_lead:
            return
        self.cost += 0.05 * (time.monotonic() - begun - self.cost)
        allowed = SLOW / (session.about["fps"] * max(self.controller.place.speed, 0.1))
        self.every = max(1, min(THINNEST, round(0.5 + self.cost / allowed)))

    def _thinned(self, frame: Frame) -> bool:
        return frame.repeat == 1 and frame.number % self.every != 0

    def next_frame(self) -> tuple[Session, int, Frame] | None:
        """What the page needs most urgently of what there is: (session, step, frame)."""
        session = self.controller.current
        if session is None or session.ended:
            return None
        if self.session != session.number:
            self.session, self.sent, self.alone = session.number, {}, None
        place = self.alone or self.controller.place
        for offset in AHEAD:
            step = place.step + offset
            strip, sent = session.store.strips.get(step), self.sent.get(step, set())
            if strip is None or len(sent) >= len(strip.numbers):
                continue
            for frame in strip.from_(place.frame if offset == 0 else 0):
                if frame.number not in sent:
                    return session, step, frame
        return None

    def forget(self, session: int, steps: list[int]) -> None:
        """The page has dropped the frames of these steps."""
        if session == self.session:
            for step in steps:
                self.sent.pop(step, None)
        self.wake.set()

    def go(self, place: Place | None) -> None:
        """Watch that place; None: follow."""
        self.alone = place
        self.wake.set()

    # ── limits ───────────────────────────────────────────────────────────────────────────────────
    def may(self, kind: str) -> bool:
        """Whether the page has not yet asked too often."""
        now = time.monotonic()
        own = self.allowances.get(kind)
        return self.allowances[""].take(now) and (own is None or own.take(now))


class Clients:
    """All pages that are open. Of those that may lead one does; when it goes another one, until it is back."""

    def __init__(self) -> None:
        self.clients: list[Client] = []
        self.missed = ""  # the page that led until it went

    @property
    def leader(self) -> Client | None:
        return next((c for c in self.clients if c.leads), None)

    def enter(self, client: Client) -> None:
        self.clients.append(client)
        if client.page and self._eligible(client) and client.page in (self.missed, self._silent_leader()):
            self.appoint(client)
        elif self.leader is None:
            self.elect()
        self.count()

    def leave(self, client: Client) -> None:
        self.clients.remove(client)
        if client.leads:
            client.leads, self.missed = False, client.page
            back = next((c for c in self.clients if c.page and c.page == self.missed and self._eligible(c)), None)
            self.appoint(back) if back is not None else self.elect()
        self.count()

    def _silent_leader(self) -> str:
        """The page that leads, if it has not been heard for a while: it may be back on another line."""
        leader = self.leader
        return leader.page if leader is not None and time.monotonic() - leader.heard > 2 * BEAT else ""

    def _eligible(self, client: Client) -> bool:
        """Whether it may lead without being asked: a speaker's window never does."""
        return client.may_lead and client.view == "stage"

    def appoint(self, client: Client) -> None:
        """Let that client lead, whoever did."""
        self.missed = ""
        self._lead(client)

    def elect(self) -> None:
        """Let the first one lead that may."""
        self._lead(next(filter(self._eligible, self.clients), None))

    def _lead(self, chosen: Client | None) -> None:
        for other in self.clients:
            if other.leads != (other is chosen):
                other.leads = other is chosen
                other.go(None)
                other.tell({"type": "role", "leads": other.leads})

    def tell(self, message: Message, to: Callable[[Client], bool] = lambda client: True) -> None:
        for client in self.clients:
            if to(client):
                client.tell(message)

    def push(self) -> None:
        """There are new frames."""
        for client in self.clients:
            client.wake.set()

    def count(self) -> None:
        watching = sum(1 for c in self.clients if c.view == "stage" and not c.leads)
        self.tell({"type": "people", "watching": watching}, to=lambda c: c.may_lead)


async def converse(client: Client, hear: Callable[[str | bytes], bool]) -> None:
    """Send and receive until one end closes. hear: called with each raw message; returns False to end it."""
    ours = {asyncio.create_task(client.send()), asyncio.create_task(client.beat())}
    try:
        while not any(task.done() for task in ours):
            receiving = asyncio.create_task(client.socket.receive())
            await asyncio.wait({receiving, *ours}, return_when=asyncio.FIRST_COMPLETED)
            if not receiving.done():
                receiving.cancel()
                break
            message = receiving.result()
            client.heard = time.monotonic()
            if (
                message["type"] == "websocket.disconnect"
                or hear(message.get("text") or message.get("bytes") or "") is False
            ):
                break
    except (WebSocketDisconnect, RuntimeError, OSError):
        pass
    finally:
        for task in ours:
            task.cancel()
        await asyncio.gather(*ours, return_exceptions=True)
