"""Training makes way for a picture that is waited for, and never stands for long, whatever happens."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from studio.preview.sessions import learning
from studio.preview.sessions.learning import Learning
from tests.preview.browsing import ROOT, Preview, wait_for
from tests.preview.test_preview_learning import WORDS, trainer


def state_of(pid: int) -> str:
    """T: stopped by a signal; Z: gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "Z"


def stands(pid: int) -> bool:
    return state_of(pid) == "T"


@pytest.fixture
def sleeper():
    """A process in the place of the trainer."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def watched(process, state: str = "training") -> Learning:
    nobody = SimpleNamespace()
    return Learning({}, nobody, nobody, lambda message: None, state=state, process=process)


def test_it_stands_while_a_picture_is_waited_for(sleeper):
    async def wait() -> list[bool]:
        one, seen = watched(sleeper), []
        for waits in (True, True, False, False, True):
            one.make_way(waits)
            await asyncio.sleep(0.05)
            seen.append(stands(sleeper.pid))
        one.let_go()
        await asyncio.sleep(0.05)
        return [*seen, stands(sleeper.pid)]

    assert asyncio.run(wait()) == [True, True, False, False, True, False]


def test_it_goes_on_though_no_picture_comes(sleeper, monkeypatch):
    monkeypatch.setattr(learning, "LONGEST", 0.2)

    async def wait() -> list[bool]:
        one, seen = watched(sleeper), []
        one.make_way(True)
        for seconds in (0.05, 0.4):
            await asyncio.sleep(seconds)
            one.make_way(True)  # still
            seen.append(stands(sleeper.pid))
        return seen

    assert asyncio.run(wait()) == [True, False]


@pytest.mark.parametrize("state", ["reading", "paused", "done", "failed"])
def test_only_who_trains_makes_way(sleeper, state):
    async def wait() -> None:
        watched(sleeper, state).make_way(True)
        await asyncio.sleep(0.05)

    asyncio.run(wait())
    assert not stands(sleeper.pid)


def test_a_trainer_that_is_gone_is_no_error(sleeper):
    async def wait() -> None:
        one = watched(sleeper)
        one.make_way(True)
        sleeper.kill()
        sleeper.wait()
        one.make_way(False)

    asyncio.run(wait())


def test_who_stands_ends_with_a_parent_that_is_killed(tmp_path):
    code = (
        "import os, signal, subprocess, sys\n"
        "child = 'import os, sys, time; from studio.preview.processes.forks import end_with_parent;'\n"
        "child += 'end_with_parent(int(sys.argv[1])); print(os.getpid(), flush=True); time.sleep(60)'\n"
        "process = subprocess.Popen([sys.executable, '-c', child, str(os.getpid())], start_new_session=True)\n"
        "process.wait()"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        os.kill(child, signal.SIGSTOP)
        wait_for(lambda: stands(child), 5, "it to stand")
        parent.kill()
        wait_for(lambda: state_of(child) == "Z", 5, "its end")


# ── in a preview ─────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def preview(tmp_path):
    (tmp_path / "own.txt").write_text("\n".join(f"{k} {line}" for k in range(40) for line in WORDS))
    training = {"corpus": str(tmp_path / "own.txt"), "folder": str(tmp_path / "run"), "tokenizer": "words"}
    options = {"pace": 0.3, "text": "Ann sees the cat"}
    preview = Preview(tmp_path, "small", options, training=training | {"minutes": 5, "seed": 0})
    yield preview
    preview.stop()


def seen_standing(pid: int, seconds: float) -> bool:
    """Whether a process was seen to stand within so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if stands(pid):
            return True
        time.sleep(0.002)
    return False


@pytest.mark.slow
def test_a_preview_holds_its_trainer_until_the_picture_is_there(preview, open_page):
    page = open_page(preview.url)
    page.first_picture()
    wait_for(lambda: page.js("(clearhead.learning.told ?? {}).state") == "training", 90, "training")
    wait_for(lambda: page.js("clearhead.mayLead && clearhead.leads"), 10, "the lead")
    pid = trainer(preview)
    page.rest(0)
    for text in ("Ben likes the dog", "Eve sees the sea"):
        page.js("text => clearhead.change({ text })", text)
        assert seen_standing(pid, 10), "it makes way"
        wait_for(lambda text=text: page.js("clearhead.player.about?.chosen.text") == text, 60, "the new text")
        wait_for(lambda: not stands(pid), 5, "it to go on")
    with preview.lesson().open("a") as lesson:
        lesson.write("\nraise ValueError('broken')\n")
    assert seen_standing(pid, 20), "it makes way"
    wait_for(lambda: "broken" in page.text("banner-text"), 60, "the error")
    wait_for(lambda: not stands(pid), 5, "it to go on")
    os.kill(pid, signal.SIGSTOP)
    preview.process.kill()  # no chance to say anything, or to let anybody go
    preview.process.wait()
    wait_for(lambda: state_of(pid) == "Z", 10, "the trainer to end")
