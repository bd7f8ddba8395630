"""Several screens: one leads, the others follow; and what happens when processes die."""

import os
import signal
import time
from contextlib import contextmanager

import pytest

from tests.preview.browsing import Preview, family, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lan(tmp_path_factory):
    preview = Preview(tmp_path_factory.mktemp("lan"), host="0.0.0.0", token="watchword")
    yield preview
    preview.stop()


def test_a_follower_sees_the_leaders_step_and_cannot_control(lan, open_page):
    leader = open_page(lan.url)
    leader.first_picture()
    leader.planned()
    viewer = open_page(f"http://127.0.0.1:{lan.url.split(':')[2].split('/')[0]}/?key=watchword")
    viewer.first_picture()
    leader.press("3")
    wait_for(lambda: viewer.place["step"] == 2, what="the leader's step")
    leader.rest(2)
    assert viewer.rest(2)[1:] == leader.shown[1:]
    leader.press("b")
    wait_for(lambda: viewer.page.locator("#black").is_visible(), what="the black screen")
    leader.press("b")
    # No controls on the page, and none behind it: what it sends is refused, and nothing changes.
    assert not viewer.page.locator("#ask").is_visible() and not viewer.page.locator("#change").is_visible()
    session = leader.shown[0]
    for message in (
        "{type: 'change', text: 'mine'}",
        "{type: 'lead'}",
        "{type: 'save', what: 'video', session: 1, step: 0, frame: 0}",
    ):
        viewer.js("document.getElementById('hint').textContent = ''")
        viewer.js(f"clearhead.link.send({message})")
        wait_for(lambda: viewer.text("hint").startswith("Only those who lead"), what="the refusal")
    viewer.js("clearhead.leads = true; clearhead.player.go(0)")  # a page that lies about its role
    viewer.page.wait_for_timeout(700)
    assert leader.place["step"] == 2 and leader.shown[0] == session
    # Free run, and back.
    viewer.js("clearhead.leads = false")
    viewer.press("2")
    wait_for(lambda: viewer.place["step"] == 1)
    assert leader.place["step"] == 2
    viewer.page.locator("#follow").click()
    wait_for(lambda: viewer.place["step"] == 2, what="following again")
    # A new sentence reaches all.
    leader.js("clearhead.change({text: 'A dog ran'})")
    assert viewer.first_picture(after=session)[0] == leader.first_picture(after=session)[0]


def test_a_wrong_key_sees_nothing(lan, browser):
    page = browser.new_page()
    page.goto(lan.url.split("?")[0] + "?key=wrong")
    page.get_by_text("no connection: is the address complete, with its key?").wait_for(timeout=10_000)
    page.wait_for_timeout(500)
    assert page.evaluate("document.body.dataset.shown") is None
    page.close()


def test_a_page_that_was_cut_off_comes_back_where_it_was(lan, open_page):
    page = open_page(lan.url)
    page.first_picture()
    page.js("clearhead.link.send({type: 'lead'})")
    page.planned()
    page.press("2")
    page.rest(1)
    page.js("clearhead.link.socket.close()")
    wait_for(
        lambda: page.js("clearhead.link.socket.readyState") == 1 and page.shown[1] == 1 and page.place["session"],
        what="the connection",
    )
    page.page.reload()
    assert page.first_picture()[1] == 1


def test_a_leader_that_was_cut_off_follows_the_page_that_was_told_to_lead(preview, open_page):
    first = open_page(preview.url)
    first.first_picture()
    second = open_page(preview.url)
    second.first_picture()
    assert first.js("clearhead.leads") and not second.js("clearhead.leads")
    second.js("clearhead.link.send({type: 'lead'})")
    wait_for(lambda: second.js("clearhead.leads"))
    first.js("window.before = clearhead.link.socket; clearhead.link.socket.close()")
    wait_for(
        lambda: first.js(
            "clearhead.link.socket !== window.before && clearhead.link.socket.readyState === 1"
            " && clearhead.player.session > 0"
        ),
        what="the connection",
    )
    assert second.js("clearhead.leads") and not first.js("clearhead.leads")
    assert first.page.locator("#lead").is_visible()
    second.press("2")
    wait_for(lambda: first.place["step"] == 1, what="the step of the page that leads")


@pytest.mark.parametrize("who", ["playthrough", "root", "loader"])
def test_a_killed_process_is_replaced(preview, open_page, who):
    page = open_page(preview.url)
    session = page.first_picture()[0]
    page.js("clearhead.link.send({type: 'lead'})")
    page.planned()
    page.press("2")
    page.rest(1)
    wait_for(lambda: killed(preview, who), 10, "a process to kill")
    if who != "loader":
        shown = page.first_picture(after=session)
        assert shown[1] == 1, "at the same step"
    page.js("clearhead.change({text: 'The dog ran'})")
    page.first_picture(after=page.shown[0])
    wait_for(lambda: page.js("clearhead.player.about.chosen.text") == "The dog ran")


def killed(preview: Preview, who: str) -> bool:
    """Whether it was there: processes come and go while one looks for it."""
    try:
        os.kill(process_of(preview, who), signal.SIGKILL)
    except (ProcessLookupError, FileNotFoundError):
        return False
    return True


def process_of(preview: Preview, who: str) -> int:
    """root: child of the server; loader: its child, of two the one that warms up; playthrough: the leader of a process
    group below."""
    server = preview.process.pid
    (root,) = [pid for pid in family(server) if os.getpgid(pid) == pid and parent_of(pid) == server]
    loaders = [pid for pid in family(root) if parent_of(pid) == root]
    loader = max(loaders, key=lambda pid: os.stat(f"/proc/{pid}").st_mtime)
    playthroughs = [pid for pid in family(root) if os.getpgid(pid) == pid]
    return {"root": root, "loader": loader, "playthrough": playthroughs[-1]}[who]


def parent_of(pid: int) -> int:
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rsplit(")", 1)[1].split()[1])


@contextmanager
def mistake(preview: Preview, page, line: str):
    """While the small lesson's code begins with that line; afterwards it is good again, and so is the page."""
    session, file = page.shown[0], preview.lesson()
    good = file.read_text()
    file.write_text(good.replace("def construct(self):", f"def construct(self):\n        {line}"))
    try:
        yield session
    finally:
        file.write_text(good)
    page.first_picture(after=session)
    wait_for(lambda: not page.page.locator("#banner").is_visible())


def test_a_lesson_that_crashes_says_so_and_the_page_lives(preview, open_page):
    page = open_page(preview.url)
    page.first_picture()
    page.js("clearhead.link.send({type: 'lead'})")
    page.planned()
    with mistake(preview, page, "import os; os.abort()") as session:
        wait_for(lambda: "again and again" in page.text("banner-text"), 60, "the banner")
        assert page.shown[0] == session


@pytest.fixture(scope="module")
def impatient(tmp_path_factory):
    """A preview that takes a process for hung after two seconds."""
    preview = Preview(tmp_path_factory.mktemp("impatient"), patience=2)
    yield preview
    preview.stop()


def test_a_lesson_that_goes_round_in_circles_is_given_up(impatient, open_page):
    page = open_page(impatient.url)
    page.first_picture()
    page.planned()
    with mistake(impatient, page, "while True: pass") as session:
        wait_for(lambda: "does not move" in page.text("banner-text"), 60, "the banner")
        assert page.shown[0] == session
        page.press("2")
        assert page.rest(1)[0] == session, "what was there still plays"


def test_a_picture_that_is_never_finished_does_not_stop_the_lesson(impatient, open_page):
    """A drawing that hangs in one step is killed, and said; the other steps are drawn."""
    page = open_page(impatient.url)
    session = page.first_picture()[0]
    file = impatient.lesson()
    good = file.read_text()
    endless = good.replace(
        "class Small(",
        "class Endless(TensorGrid):\n    def draw(self, pen):\n        while hasattr(pen, 'ctx'): pass\n\n\n"
        "class Small(",
    ).replace("grid = TensorGrid(q,", "grid = Endless(q,")
    file.write_text(endless)
    try:
        session = page.first_picture(after=session)[0]
        page.press("2")
        wait_for(lambda: "cannot be drawn" in page.text("banner-text"), 30, "the banner")
        page.press("1")
        assert page.rest(0)[0] == session
    finally:
        file.write_text(good)
    page.first_picture(after=session)


def test_a_command_that_asks_for_what_is_not_there_still_opens_the_lesson(tmp_path, open_page):
    preview = Preview(tmp_path, options={"pace": 0.3, "head": 99})
    try:
        page = open_page(preview.url)
        page.first_picture()
        assert "no head 99" in page.text("banner-text")
        assert page.place["steps"]
    finally:
        preview.stop()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_nothing_outlives_the_server(tmp_path, open_page, end):
    preview = Preview(tmp_path)
    try:
        page = open_page(preview.url)
        page.first_picture()
        page.page.wait_for_timeout(500)
        processes = preview.family()
        assert len(processes) >= 4
        begun = time.monotonic()
        preview.process.send_signal(end)
        preview.process.wait(5)
        wait_for(
            lambda: (
                not [
                    pid
                    for pid in processes
                    if os.path.exists(f"/proc/{pid}") and "Z" not in open(f"/proc/{pid}/stat").read().split(")")[1][:3]
                ]
            ),
            5,
        )
        took = time.monotonic() - begun
        assert took < 2 if end == signal.SIGINT else took < 5
        if end == signal.SIGINT:
            assert preview.process.returncode == 0 and "Traceback" not in preview.errors()
            assert not list(preview.cache.glob("preview/*"))
    finally:
        preview.stop()
