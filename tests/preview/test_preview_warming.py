"""The loader's successor: what it plays to be warm keeps nobody waiting, and what it has learned serves the next."""

import time

import pytest

from tests.preview.browsing import SMALL, Preview, family, wait_for
from tests.preview.test_preview_screens import parent_of

pytestmark = pytest.mark.slow

SLEEPS = 8  # seconds
WARMS = f"""
    def construct(self):
        import os, time
        from pathlib import Path
        if os.getpgid(0) != os.getpid():  # no session: a loader that warms up
            Path("warming").write_text(str(os.getpid()))
            time.sleep({SLEEPS})
            Path("warm").write_text(str(os.getpid()))
"""


@pytest.fixture(scope="module")
def slow(tmp_path_factory):
    """A preview of a lesson that it takes long to play for the first time."""
    preview = Preview(tmp_path_factory.mktemp("slow"))
    preview.lesson().write_text(SMALL.replace("\n    def construct(self):\n", WARMS))
    yield preview
    preview.stop()


def asked(page, text: str) -> float:
    """Seconds until the first picture of a new sentence."""
    begun, session = time.monotonic(), page.shown[0]
    page.js("text => clearhead.change({ text })", text)
    page.first_picture(after=session)
    return time.monotonic() - begun


def state_of(pid: int) -> str:
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0]


def test_nobody_waits_for_what_warms_up(slow, open_page):
    page = open_page(slow.url)
    page.first_picture()
    page.planned()
    warming = wait_for(lambda: (f := slow.folder / "warming").exists() and int(f.read_text() or 0), 20, "the warm-up")
    (root,) = {parent_of(warming)} & set(family(slow.process.pid))
    (loader,) = [pid for pid in family(root) if parent_of(pid) == root and pid != warming]
    begun = time.monotonic()
    assert asked(page, "A dog ran") < SLEEPS / 2
    page.planned()
    wait_for(lambda: state_of(warming) != "T", 10, "that it goes on")
    assert asked(page, "The dog sat") < SLEEPS / 2
    assert time.monotonic() - begun < SLEEPS and not (slow.folder / "warm").exists(), "it was not warm yet"
    # Then it takes the other's place: the next session is its own, and the other ends with the last of its sessions.
    page.planned()
    wait_for((slow.folder / "warm").exists, 2 * SLEEPS, "the end of the warm-up")
    time.sleep(0.5)
    asked(page, "The old dog sat")
    wait_for(lambda: loader not in family(slow.process.pid), 10, "the end of the loader that was replaced")
    assert [pid for pid in family(root) if parent_of(pid) == root] == [warming]
    assert int((slow.folder / "warming").read_text()) == warming, "once is enough"


def test_what_warms_up_for_lessons_that_have_changed_is_ended(slow, open_page):
    page = open_page(slow.url)
    page.first_picture()
    page.planned()
    was = int((slow.folder / "warming").read_text())
    lesson = slow.lesson()
    for words in ("{n} words!", "{n} words?"):
        session = page.shown[0]
        lesson.write_text(lesson.read_text().replace("{n} words.", words).replace("{n} words!", words))
        page.first_picture(after=session)
        page.planned()
        known = was
        was = wait_for(lambda now=known: (p := int((slow.folder / "warming").read_text() or 0)) != now and p, 20, "it")
    wait_for(lambda: known not in family(slow.process.pid), 5, "the end of what was played for nothing")
    assert was in family(slow.process.pid)
