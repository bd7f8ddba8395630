"""How soon the leader sees a vote of a class of 200: `python -m tests.benchmarks.voting [LESSON]` prints a table.

A real preview of a real lesson, 200 sockets that are sent its frames, votes and counts over loopback.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from tests.preview.browsing import Preview
from tests.preview.voters import CLASS, class_votes, come, figures, hear, say

WAYS = (("all at once", 0.0), ("within ten seconds", 10.0))


async def measure(preview: Preview, spread: float) -> tuple[float, float]:
    """Median and 95th percentile, in seconds, at the lesson's first question."""
    leader = await come(preview.url, 0)
    session = await hear(leader, "session")
    number, steps = session["session"], session["steps"]
    while not any(step["quiz"] for step in steps):
        steps.append((await hear(leader, "step", session=number))["step"])
    asking = next(step for step in steps if step["quiz"])
    question = {"session": number, "step": asking["index"]}
    await say(leader, "at", **question, frame=0, playing=False, speed=1, black=False)
    took, polls = await class_votes(leader, preview.watch_url, question, len(asking["quiz"]["answers"]), spread)
    assert all(sum(poll["counts"]) == CLASS for poll in polls)
    await leader.close()
    return figures(took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lesson", nargs="?", default="attention")
    lesson = parser.parse_args().lesson
    with tempfile.TemporaryDirectory() as folder:
        print(f"{CLASS} votes, vote → the leader's count | median | 95 %")
        for words, spread in WAYS:
            preview = Preview(Path(folder), lesson=lesson, token="watching")
            try:
                middle, most = asyncio.run(measure(preview, spread))
            finally:
                preview.stop()
            print(f"{words} | {1000 * middle:.0f} ms | {1000 * most:.0f} ms")


if __name__ == "__main__":
    main()
