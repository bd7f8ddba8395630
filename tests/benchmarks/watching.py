"""What training costs those who look at it: jumps in the live preview while it trains, and while the trainer is held.

`python -m tests.benchmarks.training FILE --preview [--rounds N]`. In one run, in turns: steps of a lesson are jumped to
twice on the same sentence and the same snapshot, once while the trainer computes and once while SIGSTOP holds it, so
that whatever else the machine does slows both alike. (While somebody waits for a picture, the preview holds it, too:
the difference is what is left of its cost.) Needs Chromium.
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.preview import PLANNED, UNTIL
from tests.preview.browsing import ARGS, CHROMIUM, Page, Preview, wait_for

EVERY = 3  # steps from jump to jump
SETTLES = 400  # milliseconds between two jumps
GOAL = 0.3  # seconds
KINDS, STATES = ("unseen", "seen"), ("training", "held")
Jump = tuple[float, float]  # seconds until the picture is there; processor seconds for which the trainer computed
Pairs = dict[str, list[tuple[Jump, Jump]]]  # kind of jump → while it trains, and while the trainer is held


def trainer_of(preview: Preview) -> int:
    """The process that trains."""
    for pid in preview.family():
        file = Path(f"/proc/{pid}/cmdline")
        if file.exists() and "processes.trainer" in file.read_text():
            return pid
    raise LookupError("nobody trains")


@contextmanager
def watched(corpus: Path, lesson: str) -> Iterator[tuple[Page, int]]:
    """A page on a preview that trains, and shows one of the snapshots for good; the process that trains."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as name:
        training = {"corpus": str(corpus), "folder": f"{name}/run", "tokenizer": "words", "minutes": 30, "seed": 0}
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        preview = Preview(Path(name), lesson, {"pace": 1.0}, training=training)
        try:
            page = Page(browser.new_page(viewport={"width": 1280, "height": 720}), preview.url)
            page.first_picture(seconds=90)
            told = "(clearhead.learning.told ?? {})"
            wait_for(lambda: page.js(f"{told}.state === 'training' && {told}.shown > 0"), 240, "a snapshot")
            step = page.js("clearhead.learning.told.shown")
            page.js("step => clearhead.learning.say('show', { step })", step)
            there = f"(clearhead.player.about?.chosen.model ?? '').endsWith('step-{step:06d}')"
            wait_for(lambda: page.js(f"{told}.shown === {step} && !{told}.newest && {there}"), 60, "its picture")
            yield page, trainer_of(preview)
        finally:
            preview.stop()
            browser.close()


def computed(pid: int) -> float:
    """Processor seconds of all threads of a process. They do not depend on who else uses the machine."""
    return sum(int(file.read_text().split()[0]) for file in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def jump(page: Page, step: int, trainer: int, held: bool) -> Jump:
    """Until the first picture of a step is on the canvas."""
    page.js("clearhead.player.go(0, 0, false)")
    wait_for(lambda: page.shown and page.shown[1] == 0, 30, "the first step")
    page.page.wait_for_timeout(SETTLES)
    os.kill(trainer, signal.SIGSTOP if held else signal.SIGCONT)
    before = computed(trainer)
    try:
        return page.js(UNTIL, [{}, step]) / 1000, computed(trainer) - before
    finally:
        os.kill(trainer, signal.SIGCONT)


def session(page: Page, text: str, trainer: int, odd: bool) -> dict[tuple[str, int, str], Jump]:
    """Jumps in a lesson on a text: (kind, step, state) → seconds. The trainer is held in every second of them, from the
    first or from the second on; what was drawn ahead is no unseen step any more, and left out."""
    page.js(PLANNED, {"text": text})
    found = {}
    for number, step in enumerate(range(len(page.place["steps"]) - 1, EVERY, -EVERY)):
        held = number % 2 == odd
        drawn = page.js("step => clearhead.strips.drawn(step)", step)
        for kind in KINDS[bool(drawn) :]:
            found[kind, step, STATES[held]] = jump(page, step, trainer, held)
    return found


def jumps(corpus: Path, rounds: int, lesson: str = "attention") -> Pairs:
    sentences = [line for line in corpus.read_text("utf-8").splitlines() if 6 <= len(line.split()) <= 10]
    pairs: Pairs = {kind: [] for kind in KINDS}
    with watched(corpus, lesson) as (page, trainer):
        for text in random.Random(0).sample(sentences, rounds):
            found = session(page, text, trainer, False) | session(page, text, trainer, True)
            for kind, step in dict.fromkeys(key[:2] for key in found):
                each = [found.get((kind, step, state)) for state in STATES]
                if None not in each:
                    pairs[kind].append(tuple(each))
    return pairs


def interval(values: list[float], most: int = 2000) -> tuple[float, float, float]:
    """The median and its 95 % interval (bootstrap)."""
    rng = random.Random(0)
    drawn = sorted(statistics.median(rng.choices(values, k=len(values))) for _ in range(most))
    return statistics.median(values), drawn[most // 40], drawn[-1 - most // 40]


def told(pairs: Pairs) -> Iterator[str]:
    """A line for each kind of jump."""
    for kind, each in pairs.items():
        if each:
            training, held = (
                1000 * statistics.median(seconds for seconds, _ in one) for one in zip(*each, strict=True)
            )
            more, low, high = (1000 * x for x in interval([a - b for (a, _), (b, _) in each]))
            quick = sum(a <= GOAL for (a, _), _ in each) / len(each)
            busy = 1000 * statistics.median(busy for (_, busy), _ in each)
            yield (
                f"{kind + ' step':12} {len(each):3} pairs: while it trains {training:.1f} ms ({quick:.0%} within "
                f"{GOAL} s), held {held:.1f} ms; the difference {more:+.1f} ms ({low:+.1f} … {high:+.1f}); "
                f"in a jump it computed for {busy:.0f} ms of processor time"
            )
