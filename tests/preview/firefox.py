"""A real Firefox, driven as the W3C's WebDriver BiDi says: Playwright drives only the Firefox that it brings itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from tests.preview.browsing import wait_for

NAMES = ("firefox-esr", "firefox")
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "ArrowLeft": "\ue012", "ArrowRight": "\ue014", "ArrowDown": "\ue015",
        "Home": "\ue011", "End": "\ue010", "Tab": "\ue004"}  # fmt: skip
# The way out leads to a port where nothing listens (9, discard): a page that loads anything fails.
OFFLINE = {"network.proxy.type": 1, "network.proxy.socks": "127.0.0.1", "network.proxy.socks_port": 9}
QUIET = {"app.update.enabled": False, "datareporting.policy.dataSubmissionEnabled": False,
         "toolkit.telemetry.enabled": False, "network.captive-portal-service.enabled": False,
         "network.connectivity-service.enabled": False}  # fmt: skip


def program() -> str | None:
    """Where Firefox is."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Firefox:
    """A headless Firefox with one window; the same few methods as `browsing.Page`."""

    def __init__(self, folder: Path, size: tuple[int, int] = (1280, 720)):
        profile = folder / "profile"
        profile.mkdir(parents=True)
        prefs = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in (OFFLINE | QUIET).items()]
        (profile / "user.js").write_text("\n".join(prefs))
        self.log = folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [
                    str(program()),
                    "--headless",
                    "--no-remote",
                    "--profile",
                    str(profile),
                    "--remote-debugging-port",
                    "0",
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=os.environ | {"MOZ_HEADLESS_WIDTH": str(size[0]), "MOZ_HEADLESS_HEIGHT": str(size[1])},
            )
        told = wait_for(lambda: re.search(r"BiDi listening on (ws://\S+)", self.log.read_text()), 30, "Firefox")
        self.open_things = ExitStack()
        self.socket = self.open_things.enter_context(connect(f"{told[1]}/session", max_size=None, proxy=None))
        self.numbers, self.events = count(1), []
        self.version = self.send("session.new", capabilities={})["capabilities"]["browserVersion"]
        self.send("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
        self.window = self.send("browsingContext.getTree")["contexts"][0]["context"]
        viewport = {"width": size[0], "height": size[1]}
        self.send("browsingContext.setViewport", context=self.window, viewport=viewport)

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """A command's result; events that come meanwhile are kept."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            told = json.loads(self.socket.recv(timeout=60))
            if told.get("id") == number:
                assert told["type"] == "success", told
                return told["result"]
            self.events.append(told)

    def open(self, url: str) -> None:
        self.send("browsingContext.navigate", context=self.window, url=url, wait="complete")

    def js(self, code: str, *args: Any) -> Any:
        """The value of an expression, or of a function for the arguments; as JSON, which both sides know."""
        code = f"({code})({', '.join(map(json.dumps, args))})" if args else code
        told = self.send(
            "script.evaluate",
            expression=f"Promise.resolve({code}).then((it) => JSON.stringify(it ?? null))",
            target={"context": self.window},
            awaitPromise=True,
        )
        assert told["type"] == "success", told
        return json.loads(told["result"]["value"])

    def press(self, key: str) -> None:
        actions = [{"type": kind, "value": KEYS.get(key, key)} for kind in ("keyDown", "keyUp")]
        self.perform({"type": "key", "id": "keys", "actions": actions})

    def click(self, x: float, y: float) -> None:
        """Press the mouse at a place of the window."""
        moved = {"type": "pointerMove", "x": round(x), "y": round(y)}
        pressed = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        self.perform({"type": "pointer", "id": "mouse", "actions": [moved, *pressed]})

    def perform(self, *sources: dict[str, Any]) -> None:
        self.send("input.performActions", context=self.window, actions=list(sources))

    def text(self, id: str) -> str:
        return self.js("id => document.getElementById(id).innerText", id)

    @property
    def problems(self) -> list[str]:
        """What went wrong in the page, and what it asked of a network."""
        self.send("session.status")
        found = [e["params"] for e in self.events if e["method"] == "log.entryAdded"]
        asked = [e["params"] for e in self.events if e["method"] == "network.beforeRequestSent"]
        mine = [one["request"]["url"] for one in asked if one["context"] == self.window]
        return [one["text"] for one in found if one["level"] == "error"] + [
            url[:200] for url in mine if not url.startswith(("file:", "data:", "blob:", "about:"))
        ]

    def close(self) -> None:
        """End it, with all its processes."""
        self.open_things.close()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
