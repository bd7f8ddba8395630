"""How quick the live preview is: `python -m tests.benchmarks.preview [--rounds N]` prints a table.

Everything is measured in the page: from the key or the command until the picture is on the canvas. Needs Chromium.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

from tests.preview.browsing import ARGS, CHROMIUM, Page, Preview, wait_for

SENTENCES = (
    "The cat sat on the mat because it was tired",
    "A small dog chased the red ball in the park",
    "The old man gave his friend a warm loaf of bread",
    "My sister lost her blue hat",
    "The children played near the quiet river",
)
# Milliseconds from `act` until the picture that is waited for is on the canvas. No waiting for other scripts' polls.
UNTIL = """([act, step]) => new Promise((done, fail) => {
    const { player } = clearhead, begun = performance.now(), session = player.session;
    const said = () => document.getElementById('banner-text').textContent;
    const where = () => `${JSON.stringify(act)} ${step} at ${document.body.dataset.shown}`;
    setTimeout(() => fail(new Error(`nothing came for ${where()}: ${said()}`)), 30000);
    const right = (s) => step === null ? s.session > session : s.session === player.session && s.step === step;
    const look = () => {
        const { shown } = player;
        if (shown && shown.when > begun && right(shown)) done(shown.when - begun); else requestAnimationFrame(look);
    };
    if (step === null) clearhead.change(act); else player.go(step, 0, false);
    look(); })"""


# After `act`: until every step of the new session can be jumped to, in milliseconds.
PLANNED = """act => new Promise((done) => {
    const { player } = clearhead, session = player.session, begun = performance.now();
    const look = () => {
        if (player.session > session && player.planned) done(performance.now() - begun); else setTimeout(look, 5);
    };
    clearhead.change(act);
    look(); })"""
# The lesson played through without a pause: milliseconds for which it stood still because frames were missing.
STALLS = """() => new Promise((done) => {
    const { player } = clearhead;
    let waited = 0, last = performance.now();
    player.auto = true;
    player.go(0);
    const over = () => player.planned && player.step === player.steps.length - 1 && player.atEnd;
    const look = (now) => {
        if (player.playing && player.stalled) waited += now - last;
        last = now;
        if (!over()) return requestAnimationFrame(look);
        player.auto = false;
        done(waited);
    };
    requestAnimationFrame(look); })"""


def first_start(browser, folder: Path) -> tuple[Preview, Page, float]:
    """Seconds from the command to the first picture, the page being open at once."""
    begun = time.monotonic()
    preview = Preview(folder, "attention", {"pace": 1.0})
    page = Page(browser.new_page(viewport={"width": 1280, "height": 720}), preview.url)
    page.first_picture(seconds=60)
    return preview, page, time.monotonic() - begun


def measure(rounds: int) -> dict[str, list[float]]:
    from playwright.sync_api import sync_playwright

    results: dict[str, list[float]] = {}
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        preview, page, results["cold start → first picture"] = None, None, []
        for number in range(rounds):
            if preview:
                page.page.close()
                preview.stop()
            (Path(folder) / str(number)).mkdir()
            preview, page, seconds = first_start(browser, Path(folder) / str(number))
            results["cold start → first picture"].append(seconds)
        try:
            page.planned()
            page.page.wait_for_timeout(4000)
            results["new sentence → first picture (warm)"] = []
            for sentence in SENTENCES:
                results["new sentence → first picture (warm)"].append(page.js(UNTIL, [{"text": sentence}, None]) / 1000)
                page.planned()
                page.page.wait_for_timeout(1000)
            steps = page.place["steps"]
            unseen = [len(steps) - 1 - 3 * i for i in range(3)]
            results["jump to an unseen step"] = [page.js(UNTIL, [{}, step]) / 1000 for step in unseen]
            page.page.wait_for_timeout(3000)
            results["jump to a seen step"] = [page.js(UNTIL, [{}, step]) / 1000 for step in [*unseen, *unseen]]
            results["new sentence → any step can be shown"] = []
            for sentence in SENTENCES:
                page.page.wait_for_timeout(1000)
                results["new sentence → any step can be shown"].append(page.js(PLANNED, {"text": sentence}) / 1000)
            page.page.wait_for_timeout(2000)
            results["drawing ÷ playing"] = [speed_of_drawing(page)]
            session = page.shown[0]
            page.js("clearhead.change({text: 'The black cat sat on the warm mat and slept'})")
            page.first_picture(after=session)
            results["stands still in a whole lesson"] = [page.js(STALLS) / 1000]
        finally:
            preview.stop()
            browser.close()
    return results


def speed_of_drawing(page: Page) -> float:
    """Seconds of film drawn in a second, over the whole lesson, by all processes together."""
    session = page.shown[0]
    page.js("clearhead.change({text: 'The cat sat on the mat because it was tired', token: 3})")
    page.first_picture(after=session)
    begun = time.monotonic()
    steps = page.planned()["steps"]
    reached = 0
    for number, step in enumerate(steps):
        page.js("step => { clearhead.player.go(step, 0, false); }", number)
        drawn = partial(page.js, "([step, frames]) => clearhead.strips.drawn(step) >= frames", [number, step["frames"]])
        wait_for(drawn, 120, f"step {number}")
        reached += step["frames"]
    return reached / 30 / (time.monotonic() - begun)


TARGETS = {
    "cold start → first picture": (5.0, "s"),
    "new sentence → first picture (warm)": (1.0, "s"),
    "jump to an unseen step": (1.5, "s"),
    "jump to a seen step": (0.05, "s"),
    "new sentence → any step can be shown": (1.5, "s"),
    "drawing ÷ playing": (1.5, "×"),
    "stands still in a whole lesson": (1 / 30, "s"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="cold starts")
    results = measure(parser.parse_args().rounds)
    print(f"load at the end {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores\n")
    print(f"{'720p30, the lesson “attention”':40} {'median':>9} {'worst':>9} {'target':>9}")
    for name, values in results.items():
        target, unit = TARGETS[name]
        worst = min(values) if unit == "×" else max(values)
        sign = "≥" if unit == "×" else "≤"
        shown = [
            f"{v * 1000:.0f} ms" if unit == "s" and v < 1 else f"{v:.2f} {unit}"
            for v in (statistics.median(values), worst)
        ]
        print(f"{name:40} {shown[0]:>9} {shown[1]:>9} {sign} {target:.2g} {unit}")


if __name__ == "__main__":
    main()
