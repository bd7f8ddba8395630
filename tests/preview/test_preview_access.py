"""The preview without a browser: who is let in, and to what."""

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from studio.preview.sessions.selection import Selection
from studio.preview.web.access import Access
from studio.preview.web.server import Server

PLACE = {"session": 1, "step": 0, "frame": 0}


@pytest.fixture
def shut(tmp_path):
    """A server in a network: a token to watch, a key to lead. Its drawing processes are not started."""
    (tmp_path / "renders/small").mkdir(parents=True)
    (tmp_path / "renders/small/picture.png").write_bytes(b"png")
    (tmp_path / "renders/small/secret.txt").write_text("secret")
    (tmp_path / "outside.png").write_bytes(b"outside")
    (tmp_path / "renders/small/link.png").symlink_to(tmp_path / "outside.png")
    return Server(Selection("attention"), Access("0.0.0.0", 80, "watchword", "leadword"), tmp_path / "renders")


def visit(server: Server, path: str, host: str = "192.168.1.5"):
    return TestClient(server.app, base_url=f"http://{host}").get(path)


@pytest.mark.parametrize(
    "path",
    [
        "small/secret.txt",
        "../outside.png",
        "..%2foutside.png",
        "%2e%2e/outside.png",
        "small/../../outside.png",
        "/etc/passwd",
        "//etc/passwd.png",
        "small/link.png",
        "small",
        "",
        "small/picture.png%00",
        "small\\..\\..\\outside.png",
    ],
)
def test_only_saved_files_can_be_fetched(shut, path):
    assert visit(shut, "/renders/small/picture.png?key=watchword").content == b"png"
    answer = visit(shut, f"/renders/{path}?key=watchword")
    assert answer.status_code in (400, 404) and b"outside" not in answer.content and b"secret" not in answer.content


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/fonts/..%2f..%2fpyproject.toml",
        "/static/",
        "/pyproject.toml",
    ],
)
def test_nothing_but_the_pages_own_files(shut, path):
    assert visit(shut, path).status_code == 404


def test_renders_need_a_key(shut):
    for key in ("", "?key=", "?key=wrong", "?key=watchwor"):
        assert visit(shut, f"/renders/small/picture.png{key}").status_code == 403


def connect(server: Server, query: str = "", origin: str | None = "http://192.168.1.5", host: str = "192.168.1.5"):
    headers = {} if origin is None else {"origin": origin}
    return TestClient(server.app).websocket_connect(f"ws://{host}/ws?{query}", headers=headers)


@pytest.mark.parametrize(
    ("query", "origin"),
    [
        ("", "http://192.168.1.5"),
        ("key=wrong", "http://192.168.1.5"),
        ("key=watchword", "http://evil.example"),
        ("key=watchword", None),
        ("key=watchword", "null"),
        ("key=watchword", "https://192.168.1.5"),
        ("key=watchword", "http://192.168.1.5:8080"),
    ],
)
def test_strangers_and_other_sites_are_shut_out(shut, query, origin):
    with pytest.raises(WebSocketDisconnect), connect(shut, query, origin):
        pass


def test_a_foreign_name_for_this_machine_is_not_answered(tmp_path):
    """DNS rebinding: another site's name that leads to 127.0.0.1."""
    server = Server(Selection("attention"), Access("127.0.0.1", 80), tmp_path)
    assert visit(server, "/", "127.0.0.1").status_code == visit(server, "/", "localhost").status_code == 200
    assert visit(server, "/", "evil.example").status_code == 403
    with pytest.raises(WebSocketDisconnect), connect(server, "", "http://evil.example", "evil.example"):
        pass


def test_a_viewer_cannot_control(shut):
    with connect(shut, "key=watchword") as viewer:
        assert viewer.receive_json() == {
            "type": "welcome",
            "you": viewer_number(shut),
            "may_lead": False,
            "share": None,
        }
        for message in (
            {"type": "change", "text": "mine"},
            {"type": "at", **PLACE, "playing": True, "speed": 1, "black": True},
            {"type": "lead"},
            {"type": "remote", "key": "next"},
            {"type": "save", **PLACE, "what": "video"},
        ):
            before = (shut.controller.selection, shut.controller.place, shut.clients.leader)
            viewer.send_json(message)
            viewer.send_text("{")  # is answered in any case, so that an obeyed message shows as the wrong answer
            answer = viewer.receive_json()
            assert "JSON" in viewer.receive_json()["text"]
            assert answer == {"type": "refused", "text": "Only those who lead may do that."}, message
            assert (shut.controller.selection, shut.controller.place, shut.clients.leader) == before


def viewer_number(server: Server) -> int:
    return server.clients.clients[0].number


def test_one_leads_and_another_follows_when_it_goes(shut):
    with connect(shut, "key=leadword") as second_stays:
        with connect(shut, "key=leadword") as first:
            first.receive_json()
        welcome = second_stays.receive_json()
        assert (
            welcome["may_lead"]
            and "watchword" in welcome["share"]["url"]
            and welcome["share"]["qr"].startswith("data:image/svg")
        )
        assert second_stays.receive_json() == {"type": "role", "leads": True}


def test_who_asks_too_often_is_cut_off(shut):
    with connect(shut, "key=watchword") as viewer, pytest.raises(WebSocketDisconnect):
        for _ in range(400):
            viewer.send_json({"type": "place", **PLACE})
        while True:
            viewer.receive_json()


def test_nonsense_is_answered_not_obeyed(shut):
    with connect(shut, "key=leadword") as leader:
        while leader.receive_json()["type"] != "people":
            pass
        for raw in ("{", '{"type": "change", "text": 5}', '{"type": "nothing"}'):
            leader.send_text(raw)
            assert leader.receive_json()["type"] == "refused"
        leader.send_json({"type": "change", "lesson": "../../etc"})
        assert "no lesson" in leader.receive_json()["text"]
        leader.send_json({"type": "change", "model": "/etc"})
        assert "no model" in leader.receive_json()["text"]
        leader.send_json({"type": "change", "theme": "../../secret"})
        assert "no theme" in leader.receive_json()["text"]


def test_the_page_may_load_nothing_from_elsewhere(shut):
    policy = visit(shut, "/").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    for name in ("index.html", "app.js", "link.js", "player.js", "preview.css"):
        text = visit(shut, f"/static/{name}").text.replace("http://www.w3.org", "")
        assert "http://" not in text and "https://" not in text.replace('"https:"', "").replace('"wss"', "")


def test_a_host_that_is_none_is_refused(shut):
    assert TestClient(shut.app).get("/", headers={"host": "["}).status_code == 403
