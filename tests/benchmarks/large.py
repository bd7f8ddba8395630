"""What a large model takes: `python -m tests.benchmarks.large [-m smollm2]` prints a table.

How long a trace takes when the model has been read, and how much memory a trace and a storyboard take at most, each in
a process of its own. How long the preview takes: `python -m tests.benchmarks.jumps -m smollm2 --sentences`.
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

from model import load
from model.runs.checkpoints import Checkpoint
from model.runs.recorder import run_tokens
from model.text.tokenizer import Encoding

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-m", "--model", default="smollm2")
    model = parser.parse_args().model
    checkpoint = load(model)
    run_tokens(checkpoint, checkpoint.tokenizer.encode(SHORT))
    print(f"| {model} | |\n|---|---|")
    for tokens in LENGTHS:
        clock, work = seconds(checkpoint, tokens)
        print(f"| trace of {tokens} tokens, warm | {clock:.2f} s, {work:.2f} of processors |", flush=True)
    print(f"| this process, after them | {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB |")
    with tempfile.TemporaryDirectory() as folder:
        for name in (
            ["trace", SHORT],
            *(["storyboard", one, "-q", "l", "-o", folder] for one in ("attention", "heads")),
        ):
            print(f"| `{' '.join(name[:2])} -m {model}` | {peak(*name, '-m', model):.0f} MB |", flush=True)
    print(f"\nload average {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores")


if __name__ == "__main__":
    main()
