"""200 random actions in a row, as an unruly class would do them."""

import os
import random
import time

import pytest

from tests.preview.browsing import Preview, wait_for

pytestmark = pytest.mark.slow(seconds=55)

ACTIONS, WARM, SEED = 200, 20, 7
WORDS = "the a cat dog bird old small saw chased red ball because it was tired in park and ran".split()


@pytest.fixture(scope="module")
def preview(tmp_path_factory):
    preview = Preview(tmp_path_factory.mktemp("soak"))
    yield preview
    preview.stop()


def memory(preview: Preview) -> tuple[float, float]:
    """MB in use by the server, and by it and all its processes together (shared pages counted once)."""
    sizes = [_pss(pid) for pid in [preview.process.pid, *preview.family()]]
    return sizes[0], sum(sizes)


def _pss(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:")) / 1024
    except (OSError, StopIteration):
        return 0.0


def settle(page) -> None:
    """The same state each time: the small lesson on its own sentence, drawn to its end."""
    page.js(
        "clearhead.change({lesson: 'small', text: 'The cat sat', theme: 'night', layer: null, head: null, token: null})"
    )
    wait_for(
        lambda: page.js(
            "clearhead.player.about?.chosen.text === 'The cat sat' && clearhead.player.steps.length === 3"
            " && !clearhead.status.preparing"
        ),
        60,
        "the small lesson",
    )
    page.planned()
    page.press("End")
    page.rest(2)
    wait_for(
        lambda: all(page.js("s => clearhead.strips.drawn(s) >= clearhead.player.steps[s].frames", s) for s in (1, 2)),
        60,
        "all frames",
    )
    time.sleep(2)


def act(chance: random.Random, page, preview: Preview) -> str:
    """Do something; what it was."""
    what = chance.choices(
        ["text", "key", "jump", "option", "lesson", "edit", "reload", "cut", "click", "nonsense", "flood"],
        [16, 40, 14, 10, 4, 4, 4, 4, 10, 6, 1],
    )[0]
    if what == "text":
        page.js(
            "text => clearhead.change({text})", " ".join(chance.choices(WORDS, k=chance.choice([1, 2, 3, 5, 8, 40])))
        )
    elif what == "key":
        page.press(
            chance.choice(
                [
                    "ArrowRight",
                    "ArrowLeft",
                    " ",
                    "Home",
                    "End",
                    "r",
                    "b",
                    "l",
                    "c",
                    "2",
                    "PageDown",
                    "PageUp",
                    "<",
                    ">",
                    "Escape",
                ]
            )
        )
    elif what == "jump":
        page.js("([s, f]) => clearhead.player.go(s, f, true)", [chance.randrange(4), chance.randrange(60)])
    elif what == "option":
        page.js(
            "fields => clearhead.change(fields)",
            chance.choice(
                [
                    {"head": chance.randrange(12)},
                    {"layer": chance.randrange(6)},
                    {"theme": "day"},
                    {"token": chance.randrange(9)},
                    {"aspect": "1:1"},
                    {"theme": "night", "aspect": "16:9"},
                ]
            ),
        )
    elif what == "lesson":
        page.js("lesson => clearhead.change({lesson})", chance.choice(["small", "attention"]))
    elif what == "edit":
        file = preview.lesson()
        text = file.read_text().split("\n# ")[0]
        file.write_text(text + chance.choice(["\n# edited\n", "\n# again\n"]))
    elif what == "reload":
        page.page.reload()
        wait_for(lambda: page.js("Boolean(window.clearhead?.status.online)"), 30, "the page")
    elif what == "cut":
        page.js("clearhead.link.socket.close()")
    elif what == "click":
        page.page.mouse.click(chance.randrange(1280), chance.randrange(600))
    elif what == "nonsense":
        page.js(
            "m => clearhead.link.send(m)",
            chance.choice(
                [
                    {"type": "at"},
                    {"type": "change", "layer": "x"},
                    {"type": "read", "session": 1, "step": 99, "frame": 0},
                    {"type": "x"},
                ]
            ),
        )
    else:
        page.js("for (let i = 0; i < 300; i++) clearhead.link.send({type: 'place', session: 1, step: 0, frame: 0})")
    return what


def test_two_hundred_random_actions(preview, open_page, capsys):
    chance = random.Random(SEED)
    page = open_page(preview.url)
    page.first_picture()
    page.planned()
    done, before = [], None
    for number in range(ACTIONS):
        if number == WARM:
            settle_online(page)
            before = memory(preview)
        done.append(act(chance, page, preview))
        page.page.wait_for_timeout(chance.choice([0, 50, 200, 600]))
        assert preview.process.poll() is None, (done[-5:], preview.errors())
    settle_online(page)
    after = memory(preview)
    processes = preview.family()
    with capsys.disabled():
        counts = {what: done.count(what) for what in sorted(set(done))}
        print(
            f"\n{ACTIONS} actions {counts}\nserver {before[0]:.0f} → {after[0]:.0f} MB, "
            f"all {before[1]:.0f} → {after[1]:.0f} MB, {len(processes)} processes"
        )
    assert "Traceback" not in preview.errors(), preview.errors()[-3000:]
    assert after[0] <= 1.3 * before[0] and after[1] <= 1.3 * before[1]
    assert preview.stop() < 2
    alive = [pid for pid in processes if os.path.exists(f"/proc/{pid}")]
    wait_for(lambda: not [pid for pid in alive if os.path.exists(f"/proc/{pid}")], 3, "all processes to end")


def settle_online(page) -> None:
    wait_for(lambda: page.js("Boolean(clearhead.status.online) && clearhead.leads"), 30, "the connection")
    page.page.wait_for_timeout(3000)  # the allowance refills
    settle(page)
