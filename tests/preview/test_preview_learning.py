"""A model that is trained while a lesson shows it: real snapshots, paused, gone back to, gone on; nothing left over."""

import asyncio
import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from model import load
from studio.preview.wire import receive
from tests.preview.browsing import ROOT, Preview, family, wait_for

pytestmark = pytest.mark.slow
WORDS = [
    f"{who} {does} the {what} ."
    for who in ("Ann", "Ben", "Eve")
    for does in ("sees", "likes")
    for what in ("cat", "dog", "sun", "sea")
]


@pytest.fixture(scope="module")
def preview(tmp_path_factory):
    folder = tmp_path_factory.mktemp("learning")
    (folder / "own.txt").write_text("\n".join(f"{word} {line}" for word in "abcdefghijklmnopqrst" for line in WORDS))
    training = {"corpus": str(folder / "own.txt"), "folder": str(folder / "run"), "tokenizer": "words"}
    training |= {"minutes": 10, "seed": 0}
    options = {"pace": 0.3, "text": "Ann sees the cat"}
    preview = Preview(folder, "small", options, training=training)
    yield preview
    preview.stop()


def told(page) -> dict:
    return page.js("clearhead.learning.told") or {}


def lead(page) -> None:
    """Another page may lead still."""
    wait_for(lambda: page.js("clearhead.mayLead"), 10)
    if not page.js("clearhead.leads"):
        page.page.locator("#lead").click()
    wait_for(lambda: page.js("clearhead.leads"), 10, "the lead")


def trainer(preview) -> int:
    names = {
        pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in preview.family() if os.path.exists(f"/proc/{pid}")
    }
    return next((pid for pid, name in names.items() if "processes.trainer" in name), 0)


def test_the_lesson_shows_real_snapshots_as_they_become(preview, open_page):
    page = open_page(preview.url)
    page.first_picture()
    page.rest(0)
    wait_for(lambda: told(page).get("shown") == 0, 60, "the random start")
    session = page.shown[0]
    first = page.js("document.getElementById('learn-state').textContent")
    assert "own.txt" in first
    shown = wait_for(
        lambda: (s := told(page)["shown"]) and s > 0 and page.shown and page.shown[0] > session and s, 60, "a later one"
    )
    page.rest(0)
    assert page.place["step"] == 0 and not page.place["playing"], "it becomes the new one where it stands"
    state = told(page)
    folder = Path(preview.folder / "run/live" / f"step-{shown:06d}")
    checkpoint = load(folder)
    assert checkpoint.training["steps"] == shown and checkpoint.history()["heldout"]["loss"]
    assert len(state["train"]) > 1 and state["heldout"] and page.text("learn-sample")
    assert page.js("document.getElementById('learn-train').getAttribute('points').split(' ').length") > 1


def test_training_is_paused_gone_back_from_and_gone_on_with(preview, open_page):
    page = open_page(preview.url)
    page.first_picture()
    lead(page)
    wait_for(lambda: len(told(page).get("snapshots", [])) >= 2, 60, "two snapshots")
    page.page.locator("#learn-go").click()
    wait_for(lambda: told(page)["state"] == "paused", 60, "the pause")
    step = told(page)["step"]
    page.js("""() => {
        const slider = document.getElementById("learn-snapshot");
        slider.value = 0;
        slider.dispatchEvent(new Event("input")); }""")
    wait_for(lambda: told(page)["shown"] == 0 and not told(page)["newest"], 30, "the first snapshot")
    wait_for(lambda: page.js("clearhead.player.about.chosen.model").endswith("step-000000"), 30, "its picture")
    assert told(page)["step"] == step, "it stands still"
    page.page.locator("#learn-newest").click()
    wait_for(lambda: told(page)["shown"] == max(told(page)["snapshots"]), 30, "the newest one")
    page.page.locator("#learn-go").click()
    wait_for(lambda: told(page)["step"] > step, 60, "going on")


def test_a_trainer_that_dies_is_said_and_goes_on_where_it_was(preview, open_page):
    page = open_page(preview.url)
    page.first_picture()
    lead(page)
    wait_for(lambda: told(page).get("state") == "training", 60, "training")
    os.kill(trainer(preview), signal.SIGKILL)
    wait_for(lambda: told(page)["state"] == "failed", 20, "the loss")
    assert "Go on" in page.text("learn-state")
    page.page.locator("#learn-go").click()
    wait_for(lambda: told(page)["state"] == "training", 60, "going on")
    assert 0 < told(page)["step"] and 0 in told(page)["snapshots"]


def test_a_trainer_trains_to_the_end(tmp_path):
    """Without a page: what it says, and what it leaves."""
    (tmp_path / "own.txt").write_text("\n".join(f"{k} {line}" for k in range(8) for line in WORDS))
    order = {"corpus": str(tmp_path / "own.txt"), "folder": str(tmp_path / "run"), "tokenizer": "bpe"}
    order |= {"minutes": 0.05, "seed": 0, "hurry": True}
    heard: list[dict] = []

    async def listen(reader, writer):
        while (message := await receive(reader)) is not None:
            heard.append(message[0])

    async def serve():
        async with await asyncio.start_unix_server(listen, tmp_path / "wire"):
            arguments = [str(tmp_path / "wire"), str(os.getpid()), json.dumps(order)]
            command = [sys.executable, "-m", "studio.preview.processes.trainer", *arguments]
            process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
            assert await asyncio.wait_for(process.wait(), 300) == 0

    with ThreadPoolExecutor(1) as own:  # the browser's loop runs in this thread
        own.submit(lambda: asyncio.run(serve())).result()
    kinds = [message["event"] for message in heard[1:]]
    assert kinds[:2] == ["reading", "began"] and kinds[-1] == "done" and "progress" in kinds
    shown = [message["step"] for message in heard if message.get("event") == "snapshot"]
    steps = heard[2]["steps"]
    assert shown[0] == 0 and shown[-1] == steps == load(tmp_path / "run/live" / f"step-{steps:06d}").training["steps"]
    finished = load(tmp_path / "run/model")
    assert finished.report()["heldout"]["model"] > 0 and not (tmp_path / "run/model/training").exists()
    assert finished.history()["heldout"]["step"][-1] == steps


def test_nothing_is_left_behind(tmp_path):
    (tmp_path / "own.txt").write_text("\n".join(f"{k} {line}" for k in range(40) for line in WORDS))
    training = {"corpus": str(tmp_path / "own.txt"), "folder": str(tmp_path / "run"), "tokenizer": "words"}
    preview = Preview(tmp_path, "small", training=training | {"minutes": 5, "seed": 0})
    wait_for(lambda: (tmp_path / "run/live/step-000000").exists(), 60, "the first snapshot")
    there = family(preview.process.pid)
    assert trainer(preview) in there
    preview.process.kill()  # no chance to say anything
    preview.process.wait()
    wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in there), 10, "all processes to end")
    assert not preview.errors()
