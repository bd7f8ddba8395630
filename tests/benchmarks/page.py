"""How long a page takes until its first frame can be seen and asked, and how much memory its browser then takes.

    python -m tests.benchmarks.page renders/attention/attention-720p30.html …

Each page is opened from the disk in a Chromium and in a Firefox of its own, three times. Seconds are from the opening
until the film has its first frame and the numbers are there (ready), and what computing all numbers on the screen takes
(proof). Memory is that of all the browser's processes (PSS), less what they take with an empty page. Beside the seconds
stands what opening an empty page takes, for a machine that is busy.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import sync_playwright

from tests.preview.browsing import ARGS, CHROMIUM, family, wait_for
from tests.preview.firefox import Firefox

READY = "!!window.clearhead && document.getElementById('picture').readyState >= 2"
PROOF = """(() => {
    const begun = performance.now();
    clearhead.numbers.cells.forEach(([ref, index, said]) => clearhead.numbers.proof({ ref, index }, said));
    return (performance.now() - begun) / 1000;
})()"""
TIMES = 3


def memory(pids: list[int]) -> float:
    """Of all these processes, in MB; what they share is counted once."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue  # it has ended meanwhile
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def measured(file: Path, go: Callable[[str], Any], js: Callable[[str], Any], pids: list[int]) -> dict[str, float]:
    """One opening. pids: of the browser's first processes, whose children count too."""

    def all_memory() -> float:
        return memory([*pids, *(child for pid in pids for child in family(pid))])

    with TemporaryDirectory() as folder:
        (blank := Path(folder) / "blank.html").write_text("<title>empty</title>")
        begun = time.perf_counter()
        go(f"file://{blank}")
    empty, before = time.perf_counter() - begun, all_memory()
    begun = time.perf_counter()
    go(f"file://{file.resolve()}")
    wait_for(lambda: js(READY), 120, "the first frame")
    ready = time.perf_counter() - begun
    return {"empty": empty, "ready": ready, "memory": all_memory() - before, "proof": js(PROOF)}


def in_chromium(file: Path) -> dict[str, float]:
    mine = set(family_of_this())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        started = [pid for pid in family_of_this() if pid not in mine and "chrom" in name(pid)]
        return measured(file, page.goto, page.evaluate, started[:1])


def in_firefox(file: Path) -> dict[str, float]:
    with TemporaryDirectory() as folder:
        firefox = Firefox(Path(folder))
        try:
            return measured(file, firefox.open, firefox.js, [firefox.process.pid])
        finally:
            firefox.close()


def family_of_this() -> list[int]:
    return family(int(Path("/proc/self").resolve().name))


def name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""


def main(files: list[str]) -> None:
    print(f"{'page':44} {'MB':>5}  {'browser':9} {'empty s':>8} {'ready s':>8} {'proof s':>8} {'memory MB':>10}")
    for file in map(Path, files):
        for browser, run in (("Chromium", in_chromium), ("Firefox", in_firefox)):
            runs = [run(file) for _ in range(TIMES)]
            middle = {key: statistics.median(one[key] for one in runs) for key in runs[0]}
            size = file.stat().st_size / 1e6
            print(
                f"{file.stem[:44]:44} {size:5.1f}  {browser:9} {middle['empty']:8.2f} {middle['ready']:8.2f} "
                f"{middle['proof']:8.2f} {middle['memory']:10.0f}"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
