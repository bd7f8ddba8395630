"""How quick the live preview is in every lesson: a jump to each of its steps, a new sentence, a turn of a knob.

    python -m tests.benchmarks.jumps                      # every lesson: minutes
    python -m tests.benchmarks.jumps scaling training     # these
    python -m tests.benchmarks.jumps -m smollm2 --sentences attention heads    # a large model: new sentences alone

Measured in the page, 720p30, until the picture is on the canvas; the preview is warm and stands. Jumps go to steps of
which nothing is drawn yet, the last first; knobs are those of sampling, where a lesson has them. Needs Chromium.
The replay, at most: processor seconds for which the lesson is played, without drawing, from the bookmark before a step
to that step. It does not depend on who else uses the machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scenes import course
from scenes.course import Entry
from scenes.lesson import Observer
from studio.play.playback import Playback
from studio.play.session import perform
from studio.preview.processes.lessons import job_of
from studio.preview.processes.playthrough import EVERY
from tests.benchmarks.preview import SENTENCES, UNTIL
from tests.preview.browsing import ARGS, CHROMIUM, Page, Preview

LONGEST, FIRST = 1.5, 0.6  # targets, seconds: of a jump, and until the first picture of what was changed
SENTENCE, TRANSLATED = "The old dog saw the cat and the old dog", "The old dog saw the cat."
WARMS = 20_000  # milliseconds in which a preview gets warm; a large model takes up to 8 s of a processor
EARLY = "The girl who had a red hat went home"  # asked for before the preview is warm
KNOBS = {"temperature": 2.0, "top_k": 4, "top_p": 0.7}
SETTLES = 1000  # milliseconds for which nothing is asked for, so that what is drawn ahead is drawn


@dataclass
class Measured:
    """Seconds in one lesson: of a jump to each of its steps, and until what was changed is seen."""

    lesson: str
    steps: list[str]
    jumps: dict[int, float]  # of the steps of which nothing was drawn
    changes: dict[str, float] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    replay: float = 0.0
    load: list[float] = field(default_factory=list)

    def row(self) -> list[str]:
        worst = max(self.jumps, key=self.jumps.__getitem__)
        late = sum(each > LONGEST for each in self.jumps.values())
        where = f"{self.jumps[worst]:.2f}, “{self.steps[worst]}”"
        jumps = [str(len(self.jumps)), f"{statistics.median(self.jumps.values()):.2f}", where, str(late)]
        jumps.append(f"{self.replay:.2f}")
        changes = [f"{self.changes[name]:.2f}" if name in self.changes else "" for name in KNOBS]
        return [self.lesson, *jumps, f"{self.changes['text']:.2f}" if "text" in self.changes else "refused", *changes]


class Clock(Observer):
    """When each step of a lesson begins, in processor seconds."""

    def __init__(self):
        self.begun = []

    def step_started(self, lesson, step) -> None:
        self.begun.append(time.process_time())


def entry_of(lesson: str) -> Entry:
    return next(entry for entry in course() if entry.id == lesson)


def replay(lesson: str) -> float:
    """Processor seconds from a bookmark to the beginning of a step, at most. A step begins at the one before it."""
    clock = Clock()
    perform(job_of({"lesson": lesson, "quality": "m", "options": {}}), Playback, clock)
    return max(at - clock.begun[step - step % EVERY] for step, at in enumerate(clock.begun))


def quietly(page: Page) -> None:
    page.planned()
    page.page.wait_for_timeout(SETTLES)


def until(page: Page, act: dict, step: int | None) -> float:
    return page.js(UNTIL, [act, step]) / 1000


def jumps(page: Page, steps: int) -> dict[int, float]:
    """Seconds of a jump to each step of which nothing is drawn."""
    found = {}
    for step in reversed(range(steps)):
        quietly(page)
        if not page.js("step => clearhead.strips.drawn(step)", step):
            found[step] = until(page, {}, step)
    return found


def measure(page: Page, lesson: str) -> Measured:
    """The page shows the lesson."""
    page.planned()
    steps = [step["name"] for step in page.place["steps"]]
    done = Measured(lesson, steps, {}, load=[os.getloadavg()[0]])
    done.jumps = jumps(page, len(steps))
    entry = entry_of(lesson)
    sentence = TRANSLATED if entry.model == "translator" else SENTENCE
    for name, value in [("text", sentence), *KNOBS.items()]:
        if name == "text" or name in entry.load().controls:
            quietly(page)
            try:
                done.changes[name] = until(page, {name: value}, None)
            except Exception as error:  # a lesson may not take the sentence, and says why
                done.refused[name] = str(error).splitlines()[0]
    done.load.append(os.getloadavg()[0])
    done.replay = replay(lesson)
    return done


def sentences(page: Page) -> list[float]:
    """Seconds until the first picture of each of some new sentences: of one as soon as the lesson is known, then, when
    it has been left alone long enough to be warm, of the others."""
    found = []
    for sentence in (EARLY, *SENTENCES):
        quietly(page)
        if len(found) == 1:
            page.page.wait_for_timeout(WARMS)
        found.append(until(page, {"text": sentence}, None))
    return found


def previews(lessons: list[str], model: str | None = None) -> Iterator[tuple[str, Page]]:
    """Each lesson with its page, the first picture being there."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        for lesson in lessons:
            (here := Path(folder) / lesson).mkdir()
            preview = Preview(here, lesson, {"pace": 1.0} | ({"model": model} if model else {}))
            page = Page(browser.new_page(viewport={"width": 1280, "height": 720}), preview.url)
            try:
                page.first_picture(seconds=90)
                yield lesson, page
            finally:
                page.page.close()
                preview.stop()
        browser.close()


def main() -> None:
    every = [entry.id for entry in course()]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", default=every, metavar="LESSON")
    parser.add_argument("-m", "--model", help="another model than each lesson's own")
    parser.add_argument("--sentences", action="store_true", help="only new sentences, several")
    given = parser.parse_args()
    asked = given.lessons
    if unknown := [lesson for lesson in asked if lesson not in every]:
        parser.error(f"there is no lesson {unknown[0]}: {', '.join(every)}")
    if given.sentences:
        return first_pictures(asked, given.model)
    begun, loads = time.monotonic(), []
    heads = ["lesson", "jumps", "median s", "worst s, to", f"over {LONGEST} s", "replay s", "new sentence s", *KNOBS]
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for lesson, page in previews(asked, given.model):
        done = measure(page, lesson)
        print(f"| {' | '.join(done.row())} |", flush=True)
        for name, why in done.refused.items():
            print(f"    {name}: {why}", flush=True)
        loads += done.load
    where = f"load average {statistics.median(loads):.1f} (median) on {len(os.sched_getaffinity(0))} cores"
    print(f"\n{where}, {time.monotonic() - begun:.0f} s; targets: a jump {LONGEST} s, a first picture {FIRST} s")


def first_pictures(lessons: list[str], model: str | None) -> None:
    """Prints, for each lesson, how long a new sentence takes until its first picture."""
    heads = [f"lesson, {model or 'its own model'}", "new sentence, warm: median s", "worst s", "not warm yet", "load"]
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for lesson, page in previews(lessons, model):
        early, *found = sentences(page)
        times = f"{statistics.median(found):.2f} | {max(found):.2f} | {early:.2f}"
        print(f"| {lesson} | {times} | {os.getloadavg()[0]:.1f} |", flush=True)


if __name__ == "__main__":
    main()
