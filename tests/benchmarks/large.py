"""What a large model takes: `python -m tests.benchmarks.large [-m smollm2] [LESSON…]` prints two tables.

How long a trace takes when the model has been read, and how much memory a trace takes at most. Then of every lesson
(or those named): processor seconds until the first picture of a new sentence, in a fork of a process that has played
the lesson with that model before, as the preview is when it is warm; how long the lesson takes then without drawing;
and the memory of a storyboard, each in a process of its own. `--memory`: instead, what each lesson takes when it is
played without drawing, and what its storyboard takes, of a text of 64 tokens. Processor seconds do not depend on who
else uses the machine; by the clock, in the page: `python -m tests.benchmarks.jumps -m smollm2 --sentences`.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from model import load
from model.errors import ClearheadError
from model.runs.checkpoints import Checkpoint
from model.runs.recorder import run_tokens
from model.text.tokenizer import Encoding
from scenes import course
from studio.play.playback import Playback
from studio.play.session import perform
from studio.preview.processes.drawing import encoded
from studio.preview.processes.lessons import job_of
from tests.benchmarks.preview import SENTENCES

TEXT = "The old man who had been waiting there since the early morning went home again without his dog, and so "
LENGTHS, ROUNDS = (8, 32, 64), 5
SHORT = "The capital of France is"


def seconds(checkpoint: Checkpoint, tokens: int) -> tuple[float, float]:
    """Median seconds of a trace of so many tokens, by the clock and of processors."""
    whole = checkpoint.tokenizer.encode(TEXT * 9)
    cut = Encoding(whole.ids[:tokens], whole.tokens[:tokens], ())
    taken = []
    for _ in range(ROUNDS):
        begun, worked = time.perf_counter(), time.process_time()
        run_tokens(checkpoint, cut)
        taken.append((time.perf_counter() - begun, time.process_time() - worked))
    return statistics.median(each for each, _ in taken), statistics.median(each for _, each in taken)


PEAK = """import resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "studio.cli", *sys.argv[1:]], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss if done.returncode == 0 else "failed")"""


def peak(*command: str) -> float:
    """Megabytes that a command takes at most in any one process, mapped weights included."""
    told = subprocess.run([sys.executable, "-c", PEAK, *command], stdout=subprocess.PIPE, text=True, check=True)
    return float(told.stdout.split()[-1]) / 1024


def drawn(lesson: str, model: str, *choices: str) -> float:
    """Megabytes that the storyboard of a lesson takes at most."""
    with tempfile.TemporaryDirectory() as folder:
        return peak("storyboard", lesson, "-q", "l", "-o", folder, "-m", model, *choices)


PLAYED = """import resource, sys
from studio.play.session import perform
from tests.benchmarks.large import job
perform(job(*sys.argv[1:]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"""


def played(lesson: str, model: str, text: str) -> float | None:
    """Megabytes that a lesson takes at most when it is played without drawing, mapped weights included; None where it
    does not take the model."""
    done = subprocess.run([sys.executable, "-c", PLAYED, lesson, model, text], capture_output=True, text=True)
    if done.returncode and "UsageError" not in done.stderr:
        raise RuntimeError(done.stderr)
    return float(done.stdout.split()[-1]) / 1024 if done.returncode == 0 else None


def longest(checkpoint: Checkpoint) -> str:
    """A text of 64 tokens, or the last few less that make a whole word."""
    words = (TEXT * 9).split()
    fits = [k for k in range(1, len(words)) if len(checkpoint.tokenizer.encode(" ".join(words[:k])).ids) <= LENGTHS[-1]]
    return " ".join(words[: fits[-1]])


def of_memory(lessons: list[str], model: str) -> None:
    """The table of `--memory`."""
    text = longest(load(model))
    print(f"| lesson, {model}, 64 tokens | played MB | storyboard MB |\n|---|---|---|")
    for lesson in lessons:
        if (taken := played(lesson, model, text)) is not None:
            print(f"| {lesson} | {taken:,.0f} | {drawn(lesson, model, '--text', text):,.0f} |", flush=True)


# ── the first picture ────────────────────────────────────────────────────────────────────────────
class Drawn(BaseException):
    """The first picture is there."""


class FirstPicture(Playback):
    """Draws one frame, as it is sent to the page."""

    def shoot(self, scene: Any, play: Any) -> bool:
        pixels, _, repeat = next(self.frames(scene, play))
        encoded(pixels, still=repeat > 1)
        raise Drawn


def job(lesson: str, model: str, text: str | None = None) -> Any:
    return job_of({"lesson": lesson, "quality": "m", "options": {"model": model, "text": text}})


def until_drawn(lesson: str, model: str, text: str) -> float:
    """Processor seconds of a fork until the first picture of a sentence."""
    reader, writer = os.pipe()
    if not os.fork():
        began = time.process_time()
        try:
            perform(job(lesson, model, text), FirstPicture)
        except Drawn:
            os.write(writer, str(time.process_time() - began).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        taken = float(told.read() or "nan")
    os.wait()
    return taken


def lesson_row(lesson: str, model: str, pictures: bool) -> str | None:
    """What a lesson takes; None where it does not take the model."""
    try:
        began = time.process_time()
        perform(job(lesson, model))
    except ClearheadError:
        return None
    cold = time.process_time() - began
    taken = [until_drawn(lesson, model, sentence) for sentence in SENTENCES]
    row = f"| {lesson} | {statistics.median(taken):.2f} | {max(taken):.2f} | {cold:.1f} |"
    if pictures:
        return row
    return f"{row} {drawn(lesson, model):,.0f} |"


def of_traces(model: str) -> None:
    """The first table."""
    checkpoint = load(model)
    run_tokens(checkpoint, checkpoint.tokenizer.encode(SHORT))
    print(f"| {model} | |\n|---|---|")
    for tokens in LENGTHS:
        clock, work = seconds(checkpoint, tokens)
        print(f"| trace of {tokens} tokens, warm | {clock:.2f} s, {work:.2f} of processors |", flush=True)
    print(f"| this process, after them | {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB |")
    print(f'| `trace "{SHORT}" -m {model}` | {peak("trace", SHORT, "-m", model):.0f} MB |', flush=True)


def main() -> None:
    every = [entry.id for entry in course()]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", choices=[[], *every], default=[], metavar="LESSON")
    parser.add_argument("-m", "--model", default="smollm2")
    parser.add_argument("--pictures", action="store_true", help="how soon they are there alone, no memory")
    parser.add_argument("--memory", action="store_true", help="what each lesson takes with 64 tokens, alone")
    given = parser.parse_args()
    if given.memory:
        return of_memory(given.lessons or every, given.model)
    if not given.lessons and not given.pictures:
        of_traces(given.model)
    heads = ["lesson", "first picture: median s", "worst s", "played without drawing s"]
    heads += [] if given.pictures else ["storyboard MB"]
    print(f"\n| {' | '.join(heads)} |\n{'|---' * len(heads)}|", flush=True)
    for lesson in given.lessons or every:
        if (row := lesson_row(lesson, given.model, given.pictures)) is not None:
            print(row, flush=True)
    print(f"\nload average {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores")


if __name__ == "__main__":
    main()
