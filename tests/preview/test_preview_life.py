"""The preview where people really run it: behind a hub, on dead lines, in covered windows, on other keyboards."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from studio.preview.sessions.selection import Selection
from studio.preview.web.access import Access
from studio.preview.web.running import Quiet, listen
from studio.preview.web.server import Server
from tests.preview.browsing import SMALL, Preview, wait_for
from tests.preview.proxy import Proxy

pytestmark = pytest.mark.slow


@pytest.fixture
def served():
    """served(app) → its URL."""
    webs = []

    def serve(app: Starlette) -> str:
        sock = listen("127.0.0.1", None)
        webs.append(Quiet(uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1)))
        threading.Thread(target=webs[-1].run, args=([sock],), daemon=True).start()
        return f"http://127.0.0.1:{sock.getsockname()[1]}/"

    yield serve
    for web in webs:
        web.should_exit = True


@pytest.fixture
def proxy(preview):
    proxy = Proxy(int(preview.url.split(":")[2].strip("/").split("/")[0]))
    yield proxy
    proxy.close()


def test_behind_a_hub_that_adds_a_path(proxy, open_page, preview):
    page = open_page(proxy.url)
    page.first_picture()
    assert page.js("document.fonts.load('20px \"Latin Modern\"').then((fonts) => fonts.length)") == 1
    page.planned()
    page.press("s")
    page.page.locator("[data-save=picture]").click()
    link = page.page.locator("#saved a")
    wait_for(link.count, 20, "the picture")
    assert page.page.request.get(page.js("document.querySelector('#saved a').href")).status == 200
    assert page.js("document.querySelector('#saved a').href").startswith(proxy.url + "renders/")


@pytest.mark.parametrize("named", [True, False])
def test_in_a_frame(tmp_path, browser, served, named):
    """A hub that was named may show the preview in a frame, and nobody else."""
    hub = Starlette()
    public = served(hub) if named else "https://hub.example/"
    around = public if named else served(hub)
    url = served(Server(Selection("attention"), Access("127.0.0.1", 0, "word", "key", public), tmp_path).app)
    hub.router.routes.append(Route("/", lambda request: HTMLResponse(f'<iframe src="{url}?key=key"></iframe>')))
    page = browser.new_page()
    page.goto(around)
    frame = wait_for(lambda: len(page.frames) > 1 and page.frames[1], 10, "the frame")
    frame.wait_for_load_state()
    assert frame.locator("#stage").count() == named
    if named:  # it may not fill the screen there: said, and no error
        frame.wait_for_function("window.clearhead")
        frame.locator("#full").click()
        wait_for(lambda: frame.locator("#hint").inner_text() == "Not allowed here", 5, "the word")
    page.close()


def test_a_dead_line_is_noticed_within_15_seconds(proxy, open_page, preview):
    """The leader's, and a follower's: they come back, the leader leads again, the follower stands where it stands."""
    leader, follower = open_page(proxy.url), open_page(proxy.url)
    leader.first_picture()
    follower.first_picture()
    leader.planned()
    leader.press("2")
    wait_for(lambda: follower.place["step"] == 1)
    for page in (leader, follower):
        page.js(
            "window.said = []; const { status } = clearhead; const as = status.connected.bind(status);"
            "status.connected = (on, why) => { said.push(on); as(on, why); }; 0"
        )
    begun = time.monotonic()
    proxy.freeze()
    leader.press("3")
    for page in (leader, follower):
        wait_for(lambda page=page: page.js("said")[:1] == [False], 15 - (time.monotonic() - begun), "its own words")
    for page in (leader, follower):
        wait_for(lambda page=page: page.js("said.at(-1) && clearhead.player.session > 0"), 10, "the new line")
    wait_for(lambda: leader.js("clearhead.leads"), 10, "the leader's place")
    leader.press("1")
    wait_for(lambda: follower.place["step"] == leader.place["step"] == 0, 5, "the leader's step")


def test_a_leader_who_reloads_leads_again_and_an_appointed_one_stays(preview, open_page):
    first, second = open_page(preview.url), open_page(preview.url)
    first.first_picture()
    second.first_picture()
    wait_for(lambda: first.js("clearhead.leads"))
    first.planned()
    first.press("2")
    wait_for(lambda: second.place["step"] == 1)
    first.page.reload()
    assert first.first_picture()[1] == 1
    wait_for(lambda: first.js("clearhead.leads") and not second.js("clearhead.leads"), what="the lead")
    second.page.locator("#lead").click()
    wait_for(lambda: second.js("clearhead.leads"))
    first.page.reload()
    first.first_picture()
    assert second.js("clearhead.leads") and not first.js("clearhead.leads"), "somebody has said so"
    second.page.reload()
    second.first_picture()
    wait_for(lambda: second.js("clearhead.leads"))


def test_a_covered_stage_leads_on(preview, open_page):
    """Browsers paint nothing in a window that is covered or minimised; the clock goes on."""
    stage, other = open_page(preview.url), open_page(preview.url)
    stage.first_picture()
    stage.js("clearhead.link.send({type: 'lead'})")
    other.first_picture()
    stage.planned()
    stage.press("3")
    other.rest(2)  # all frames are there
    stage.js("window.requestAnimationFrame = () => 0")
    stage.page.wait_for_timeout(100)
    stage.press("r")
    length = stage.place["steps"][2]["frames"]
    wait_for(lambda: other.place["playing"] and other.place["frame"] < length - 20, 5, "the replay")
    at = [other.place["frame"]]
    while at[-1] < length - 1:
        other.page.wait_for_timeout(100)
        at.append(other.place["frame"])
        assert at[-1] >= at[-2] - 8, f"pulled back: {at}"
        assert len(at) < 60, f"it stands: {at}"
    wait_for(lambda: stage.place["frame"] == length - 1, 3, "the stage's own end")


@pytest.mark.parametrize(
    ("key", "code", "shift", "action"),
    [
        *(("и", "KeyB", False, "black"), ("И", "KeyB", True, "black"), ("т", "KeyN", False, "notes")),
        *(("》", "Period", True, "faster"), ("《", "Comma", True, "slower"), ("λ", "KeyL", False, "loop")),
        *(("&", "Digit1", False, "1"), ("é", "Digit2", False, "2"), ("Process", "KeyF", False, "full")),
        *(("？", "Slash", True, "help"), ("ر", "KeyR", False, "replay"), ("a", "KeyQ", False, "auto")),
        *(("q", "KeyA", False, "quiz"), ("ø", "Semicolon", False, ""), ("!", "Digit1", True, "")),
        *((",", "KeyM", False, ""), ("b", "KeyN", False, "black")),
        *(("F5", "F5", False, ""), ("Tab", "Tab", False, ""), ("ArrowRight", "ArrowRight", False, "next")),
    ],
)  # fmt: skip
def test_keys_of_other_keyboards(page, key, code, shift, action):
    page.js("window.pressed = ''; clearhead.controls.press = (name) => (window.pressed = name); 0")
    page.js(
        "([key, code, shiftKey]) => document.body.dispatchEvent("
        "new KeyboardEvent('keydown', {key, code, shiftKey, bubbles: true}))",
        [key, code, shift],
    )
    assert page.js("pressed") == action


def test_the_screen_stays_on(page):
    page.js("navigator.wakeLock.request = async (kind) => { window.asked = kind; }; 0")
    page.js("document.dispatchEvent(new Event('visibilitychange')); 0")
    assert page.js("window.asked") == "screen"


def test_who_asks_for_less_motion_is_told_why_nothing_moves(preview, open_page):
    page = open_page(preview.url, reduced_motion="reduce")
    page.first_picture()
    page.planned()
    page.press("2")
    wait_for(lambda: "less motion" in page.text("hint"), 10, "the reason")
    assert not page.place["playing"] and page.js("clearhead.player.stilled") is None, "it is said once"


@pytest.mark.parametrize("browser_command", ["lynx", "sleep 60 %s", "nonesuch"])
def test_a_browser_that_blocks_holds_nothing_up(tmp_path, monkeypatch, browser_command):
    monkeypatch.setenv("BROWSER", browser_command)
    monkeypatch.setenv("DISPLAY", ":77")
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    preview = Preview(tmp_path, open_browser=True)
    fetch = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).status)"
    assert (
        subprocess.run([sys.executable, "-c", fetch, preview.url], capture_output=True, timeout=10).stdout == b"200\n"
    )
    assert preview.stop() < 2


def test_ctrl_c_ends_it_in_two_seconds_while_it_starts_shows_and_saves(tmp_path, open_page):
    """Whatever it is at: nobody there yet, a page that plays, a film that is being saved."""
    for state in ("starting", "playing", "saving"):
        preview = Preview(tmp_path)
        if state != "starting":
            page = open_page(preview.url)
            page.first_picture()
        if state == "saving":
            page.planned()
            page.js("clearhead.dialogs.save('video')")
            time.sleep(1)
        family = preview.family()
        assert preview.stop() < 2, state
        wait_for(
            lambda family=family: not [pid for pid in family if os.path.exists(f"/proc/{pid}")], 5, "its processes"
        )


def test_ctrl_c_with_a_stopped_drawing_process(tmp_path):
    preview = Preview(tmp_path)
    for pid in preview.family():
        os.kill(pid, signal.SIGSTOP)
    assert preview.stop() < 2


def test_a_lesson_of_ones_own_is_shown_again_when_it_is_saved(tmp_path, monkeypatch, open_page):
    """By its file, outside the course; a mistake is told with file and line."""
    file = tmp_path / "mine/small.py"
    file.parent.mkdir()
    file.write_text(SMALL.replace("Three short steps.", "My own."))
    monkeypatch.setenv("CLEARHEAD_OWN", f"{file}:Small")
    preview = Preview(tmp_path, lesson="small-2")
    try:
        page = open_page(preview.url)
        session = page.first_picture()[0]
        assert "words" in page.planned()["steps"][0]["caption"]
        file.write_text(SMALL.replace("{n} words.", "{m} words."))
        wait_for(lambda: "small.py:" in page.text("banner-where"), 40, "the mistake")
        assert page.text("banner-text").startswith("the caption names {m}, the step gives n")
        file.write_text(SMALL.replace("{n} words.", "{n} of my words."))
        page.first_picture(after=session)
        assert "of my words" in page.planned()["steps"][0]["caption"]
    finally:
        preview.stop()
