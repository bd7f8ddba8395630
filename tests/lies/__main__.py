"""`python -m tests.lies [--json] [--every N] [--note] [WORDS…]`: tells the lies, or those that have one of the words in
them, or of these every Nth; says who found which. --note: keeps in which step, so that the next time is shorter."""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.lies.all import LIES
from tests.lies.harness import Verdict, note, tell_all
from tests.lies.lie import Lie


def main(arguments: list[str]) -> int:
    """Returns 0 where every lie is found. --json: the verdicts, in the lies' order, to stdout instead of a table."""
    parser = ArgumentParser("python -m tests.lies")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--note", action="store_true", help="in which step each was found, so that it is soon again")
    asked = parser.parse_args(arguments)
    chosen = [lie for lie in LIES if not asked.words or any(w in lie.label for w in asked.words)][:: asked.every]
    started, verdicts = time.perf_counter(), dict[int, Verdict]()
    for place, verdict in tell_all(chosen, len(os.sched_getaffinity(0))):
        verdicts[place] = verdict
        print(f"\r{len(verdicts)} of {len(chosen)}", end="", file=sys.stderr)
    print(file=sys.stderr)
    if asked.note:
        note(verdicts.values(), LIES)
    if asked.json:
        print(json.dumps([asdict(verdicts[place]) for place in range(len(chosen))]))
    else:
        show(chosen, verdicts, time.perf_counter() - started)
    return int(any(v.by not in ("audit", "test") for v in verdicts.values()))


def show(chosen: list[Lie], verdicts: dict[int, Verdict], seconds: float) -> None:
    """The table, and how many were found by whom."""
    console = Console()
    if not console.is_terminal:
        console.width = 200
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("kind that must come", "lesson", "what is made believe", "found by", "what was found", "s"):
        table.add_column(name, overflow="fold")
    for place, lie in sorted(enumerate(chosen), key=lambda pair: (pair[1].kind, pair[0])):
        v = verdicts[place]
        by = v.by if v.by in ("audit", "test") else f"[red]{v.by}[/]"
        table.add_row(
            lie.kind, lie.lesson, escape(lie.what), by, escape(f"{v.step}: {v.note}"[:90]), f"{v.seconds:.1f}"
        )
    console.print(table)
    for kind in dict.fromkeys(lie.kind for lie in chosen):
        count = Counter(verdicts[k].by for k, lie in enumerate(chosen) if lie.kind == kind)
        console.print(f"{kind}: " + ", ".join(f"{n} by {by}" for by, n in count.most_common()))
    count = Counter(v.by for v in verdicts.values())
    console.print(
        f"[bold]{len(chosen)} lies in {seconds:.0f} s, "
        f"{sum(v.seconds for v in verdicts.values()):.0f} s of processor time[/]: {dict(count)}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
