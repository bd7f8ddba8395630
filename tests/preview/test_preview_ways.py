"""How people get to the preview: addresses, proxies, browsers; and what is noticed without the system's help."""

import asyncio
import io
import time
from contextlib import redirect_stdout

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from model.errors import UsageError
from studio import preview
from studio.preview.sessions.selection import Selection
from studio.preview.web import access as web
from studio.preview.web import addresses, watching
from studio.preview.web.access import Access
from studio.preview.web.clients import BEAT, Client, Clients
from studio.preview.web.server import Server

HUB = "https://hub.example/user/me/proxy/8765/"


# ── addresses ────────────────────────────────────────────────────────────────────────────────────
def networks(monkeypatch, *found: tuple[str, str]) -> None:
    monkeypatch.setattr(addresses, "_four", lambda: list(found))
    monkeypatch.setattr(addresses, "inside", lambda: None)


def test_the_classrooms_network_comes_before_tunnels_and_containers(monkeypatch):
    networks(
        monkeypatch,
        ("lo", "127.0.0.1"),
        ("tun0", "10.8.0.2"),
        ("docker0", "172.17.0.1"),
        ("eth1", "169.254.3.4"),
        ("eth0", "141.20.5.6"),
        ("wlan0", "192.168.1.7"),
        ("tailscale0", "100.99.1.1"),
    )
    told = addresses.addresses()
    assert [name for name, _ in told] == ["wlan0", "eth0", "eth1", "tun0", "docker0", "tailscale0"]
    ways = Access("0.0.0.0", 8765, "watchword").ways()
    assert ways[0] == ("wlan0", "http://192.168.1.7:8765/?key=watchword") and len(ways) == 6


def test_the_teacher_can_choose(monkeypatch, tmp_path):
    networks(monkeypatch, ("tun0", "10.8.0.2"), ("wlan0", "192.168.1.7"))
    access = Access("0.0.0.0", 80, "watchword", "leadword")
    with redirect_stdout(io.StringIO()) as said:
        preview.announce(access, open_browser=False)
    rows = said.getvalue().splitlines()
    assert rows[0].startswith("Preview: http://127.0.0.1:80/?key=leadword")
    assert rows[1:] == [
        "To watch: (wlan0) http://192.168.1.7:80/?key=watchword",
        "To watch: (tun0) http://10.8.0.2:80/?key=watchword",
    ]
    share = welcome(Server(Selection("attention"), access, tmp_path))["share"]
    assert [way["over"] for way in share["ways"]] == ["wlan0", "tun0"] and share["url"] == share["ways"][0]["url"]
    assert share["ways"][0]["qr"] != share["ways"][1]["qr"]


@pytest.mark.parametrize(("release", "file", "box"), [("5.15-microsoft-standard-WSL2", "", "WSL"), ("6.1", ".", "a c")])
def test_where_the_address_is_a_boxs_own_it_is_said_what_to_do(monkeypatch, release, file, box):
    """A phone does not reach 172.17.0.2 of a container, or what WSL calls itself."""
    is_inside = addresses.inside
    networks(monkeypatch, ("eth0", "172.17.0.2"))
    monkeypatch.setattr(addresses, "inside", is_inside)
    monkeypatch.setattr("platform.release", lambda: release)
    monkeypatch.setattr("os.path.exists", lambda path: bool(file) and path == "/.dockerenv")
    with redirect_stdout(io.StringIO()) as said:
        preview.announce(Access("0.0.0.0", 8765, "watchword"), open_browser=False)
    assert f"this is {box}" in said.getvalue() and "--public-url http://ITS-ADDRESS:8765/" in said.getvalue()
    with redirect_stdout(io.StringIO()) as said:
        preview.announce(Access("0.0.0.0", 8765, "watchword", public=HUB), open_browser=False)
    assert "ITS-ADDRESS" not in said.getvalue()


def test_without_a_network_that_is_said(monkeypatch, tmp_path):
    networks(monkeypatch, ("lo", "127.0.0.1"))
    access = Access("0.0.0.0", 80, "watchword", "leadword")
    with redirect_stdout(io.StringIO()) as said:
        preview.announce(access, open_browser=False)
    assert "nobody else can reach it" in said.getvalue() and said.getvalue().count("http") == 1
    share = welcome(Server(Selection("attention"), access, tmp_path))["share"]
    assert share["ways"] == [] and "nobody else can reach it" in share["none"]


def test_the_interfaces_of_this_machine_are_read():
    assert ("lo", "127.0.0.1") in addresses._four()
    assert all(name != "lo" for name, _ in addresses.addresses(six=True))


def welcome(server: Server, host: str = "127.0.0.1") -> dict:
    socket = f"ws://{host}/ws?key=leadword"
    with TestClient(server.app).websocket_connect(socket, headers={"origin": f"http://{host}"}) as leader:
        return leader.receive_json()


# ── proxies ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "url",
    [
        *(HUB, HUB.rstrip("/"), HUB.removeprefix("https://"), HUB + "/"),
        *(HUB.replace("https://hub", "HTTPS://Hub"), HUB.replace("example", "example:443")),
    ],
)
def test_a_public_address_is_read(url):
    assert web.public_url(url) == HUB


@pytest.mark.parametrize(
    "url",
    [
        *("", "ftp://x", "https://", "https://x:99999", "https://x:0", "https://x/?a=1", "https://x/#a", "https://ü"),
        *("https://x y/", "https://x;y/", "https://me:secret@x/", "https://[x"),
    ],
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(UsageError, match="--public-url"):
        web.public_url(url)


def hub(tmp_path, public: str | None = HUB) -> Server:
    return Server(Selection("attention"), Access("127.0.0.1", 8765, "watchword", "leadword", public), tmp_path)


@pytest.mark.parametrize("host", ["hub.example", "127.0.0.1:8765"])
def test_a_proxy_that_was_named_leads_in(tmp_path, host):
    """Proxies ask by their own name or by ours; the page comes from theirs."""
    server = hub(tmp_path)
    client = TestClient(server.app, base_url=f"http://{host}")
    assert client.get("/").status_code == 200
    headers = {"origin": "https://hub.example", "host": host}
    with client.websocket_connect("/ws?key=leadword", headers=headers) as leader:
        told = leader.receive_json()
    assert told["may_lead"] and told["share"]["url"] == f"{HUB}?key=watchword"
    assert server.access.url(lead=True) == f"{HUB}?key=leadword"
    for origin in ("https://evil.example", "https://hub.example:444", "null"):
        with (
            pytest.raises(WebSocketDisconnect),
            client.websocket_connect("/ws?key=leadword", headers=headers | {"origin": origin}),
        ):
            pass


def test_who_is_not_let_in_is_told_what_to_do(tmp_path):
    server = Server(Selection("attention"), Access("127.0.0.1", 8765), tmp_path)
    answer = TestClient(server.app, base_url="http://hub.example").get("/")
    assert answer.status_code == 403 and "--public-url https://hub.example/" in answer.text
    here = TestClient(server.app, base_url="http://127.0.0.1:8765")
    answer = here.get("/way?origin=https://hub.example")
    assert answer.status_code == 403 and "https://hub.example" in answer.text and "--public-url" in answer.text
    assert here.get("/way?origin=http://127.0.0.1:8765").status_code == 200
    shut = TestClient(hub(tmp_path).app, base_url="http://127.0.0.1:8765")
    assert "key" in shut.get("/way?origin=https://hub.example&key=wrong").text
    assert shut.get("/way?origin=https://hub.example&key=watchword").status_code == 200


@pytest.mark.parametrize(("public", "frames"), [(None, "'self'"), (HUB, "'self' https://hub.example")])
def test_the_hub_may_show_it_in_a_frame_and_nobody_else(tmp_path, public, frames):
    client = TestClient(hub(tmp_path, public).app, base_url="http://127.0.0.1:8765")
    for path in ("/", "/way"):
        assert client.get(path).headers["content-security-policy"].endswith(f"frame-ancestors {frames}"), path


def test_a_public_address_always_has_a_token(monkeypatch, tmp_path):
    made = []
    monkeypatch.setattr("studio.preview.web.running.listen", lambda host, port: pytest.importorskip("socket").socket())
    monkeypatch.setattr(
        "studio.preview.web.running.run", lambda server, sock, ready: made.append(server) or asyncio.sleep(0)
    )
    preview.serve("attention", public_url=HUB, out=tmp_path)
    assert not made[0].access.open and made[0].access.public == HUB


def test_pages_have_no_address_from_the_root(tmp_path):
    client = TestClient(hub(tmp_path).app, base_url="http://127.0.0.1:8765")
    for name in ("", "static/preview.css", "static/app.js", "static/link.js", "static/dialogs.js"):
        text = client.get(f"/{name}").text
        assert not [bad for bad in ('"/static', '"/fonts', '"/ws', '"/renders', "`/", "'/") if bad in text], name


@pytest.mark.parametrize("path", ["/static/app.js", "/static/preview.css", "/fonts/lmroman10-regular.otf"])
def test_browsers_ask_again_for_what_may_have_changed(tmp_path, path):
    client = TestClient(hub(tmp_path).app, base_url="http://127.0.0.1:8765")
    first = client.get(path)
    assert first.status_code == 200 and first.headers["cache-control"] == "no-cache"
    again = client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304


# ── browsers ─────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("env", "opens"),
    [
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({}, False),
        ({"DISPLAY": ""}, False),
        ({"DISPLAY": ":10", "SSH_CONNECTION": "1 2 3 4"}, False),
        ({"DISPLAY": ":10", "SSH_TTY": "/dev/pts/1"}, False),
    ],
)
def test_a_browser_is_opened_only_where_it_is_seen(monkeypatch, env, opens):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    opened = []
    monkeypatch.setattr(preview, "_open", opened.append)
    preview.announce(Access("127.0.0.1", 80), open_browser=True)
    assert bool(opened) == opens


# ── who leads ────────────────────────────────────────────────────────────────────────────────────
def entered(clients: Clients, page: str, may_lead: bool = True, view: str = "stage") -> Client:
    client = Client(None, None, view, may_lead, page)
    clients.enter(client)
    return client


def test_a_leader_who_comes_back_leads_again():
    clients = Clients()
    first, second = entered(clients, "a"), entered(clients, "b")
    clients.leave(first)
    assert second.leads
    assert not entered(clients, "a", may_lead=False).leads and not entered(clients, "a", view="notes").leads
    again = entered(clients, "a")
    assert again.leads and not second.leads
    clients.leave(again)
    clients.appoint(second)
    assert not entered(clients, "a").leads and second.leads, "somebody has said so"


def test_a_leader_whose_line_is_dead_leads_on_another():
    clients = Clients()
    ghost = entered(clients, "a")
    assert not entered(clients, "a").leads, "a copy of its tab is another page"
    ghost.heard = time.monotonic() - 3 * BEAT
    again = entered(clients, "a")
    assert again.leads and not ghost.leads
    nameless = entered(Clients(), "")
    assert nameless.leads


# ── saving ───────────────────────────────────────────────────────────────────────────────────────
def test_without_watches_it_looks_by_itself_and_says_so_once(tmp_path, monkeypatch, capsys):
    real = watching.awatch

    def awatch(*folders, force_polling=None, **how):
        if not force_polling:
            raise OSError(28, "OS file watch limit reached")
        return real(*folders, force_polling=True, **how | {"poll_delay_ms": 50})

    monkeypatch.setattr(watching, "awatch", awatch)
    (tmp_path / "lesson.py").write_text("1")

    async def first_save() -> None:
        author = asyncio.create_task(keep_saving())
        async for _ in watching.saved([tmp_path], asyncio.Event()):
            break
        author.cancel()

    async def keep_saving() -> None:
        for number in range(1000):  # it may take a while until it looks
            await asyncio.sleep(0.3)
            (tmp_path / "lesson.py").write_text("x" * number)

    asyncio.run(asyncio.wait_for(first_save(), 20))
    assert capsys.readouterr().err.count("note: the system watches no more files") == 1
