"""How quick training is: `python -m tests.benchmarks.training FILE [--rounds N] [--preview]` prints a table.

Steps a second of `clearhead train --corpus FILE` against a plain PyTorch loop on the same model, as nanoGPT writes it
(joined q, k, v; `scaled_dot_product_attention`; AdamW), with one thread and with as many as there are cores. All take
turns, round after round, in another order each time, so that whatever else the machine does slows all alike; what is
told beside each is how many times as quick as the plain loop with one thread it was in the same round, with the 95 %
interval. With --preview: what training costs a jump in the live preview (watching.py; needs Chromium).
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from model.training import fused
from model.training.own import N_CTX, OwnRun, Wish, known, prepare, recipe_of
from tests.benchmarks import watching
from tests.benchmarks.watching import interval

ONE = "plain PyTorch, 1 thread"
TURN = 1.5  # seconds for which each of them trains in a round


class Plain(nn.Module):
    """The same decoder in PyTorch's own layers."""

    def __init__(self, vocab: int, layers: int, heads: int, width: int):
        super().__init__()
        self.heads = heads
        self.words, self.places = nn.Embedding(vocab, width), nn.Embedding(N_CTX, width)
        self.blocks = nn.ModuleList(
            nn.ModuleDict(
                {
                    "ln1": nn.LayerNorm(width),
                    "qkv": nn.Linear(width, 3 * width, bias=False),
                    "out": nn.Linear(width, width, bias=False),
                    "ln2": nn.LayerNorm(width),
                    "mlp": nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)),
                }
            )
            for _ in range(layers)
        )
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocab, bias=False)
        self.head.weight = self.words.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.words(tokens) + self.places.weight[: tokens.shape[1]]
        windows, length, width = x.shape
        for block in self.blocks:
            q, k, v = (
                part.view(windows, length, self.heads, -1).transpose(1, 2)
                for part in block["qkv"](block["ln1"](x)).split(width, -1)
            )
            z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + block["out"](z.transpose(1, 2).reshape(windows, length, width))
            x = x + block["mlp"](block["ln2"](x))
        logits: torch.Tensor = self.head(self.norm(x))
        return logits


def plain_loop(run: OwnRun, threads: int) -> Callable[[int], None]:
    """One step of it, on the batches that `run` has, with the same schedule."""
    config, recipe = run.model.config, run.recipe
    model = Plain(config.vocab_size, config.n_layers, config.n_heads, config.d_model)
    assert sum(p.numel() for p in model.parameters()) == sum(p.numel() for p in run.model.parameters())
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, betas=(0.9, 0.98), weight_decay=0.05)

    def step(number: int) -> None:
        torch.set_num_threads(threads)
        optimizer.param_groups[0]["lr"] = recipe.learning_rate * recipe.schedule(number)
        inputs, targets = run.corpus.batch(number, run.seed, recipe.batch, N_CTX, recipe.repeats)
        targets = known(targets, run.corpus.tokenizer)
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten(), ignore_index=fused.IGNORED)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()

    return step


def speeds(run: OwnRun, rounds: int) -> dict[str, list[float]]:
    """Steps a second of each, round by round."""

    def ours(number: int) -> None:
        torch.set_num_threads(1)
        run.advance()

    cores = len(os.sched_getaffinity(0))
    ways = {"clearhead train": ours, ONE: plain_loop(run, 1)}
    ways[f"plain PyTorch, {cores} threads"] = plain_loop(run, cores)
    found: dict[str, list[float]] = {name: [] for name in ways}
    for round in range(rounds + 1):  # the first one warms up
        for name, step in random.Random(round).sample(list(ways.items()), len(ways)):
            begun, number = time.perf_counter(), 0
            while number == 0 or time.perf_counter() - begun < TURN:
                step(1000 * round + number)
                number += 1
            if round:
                found[name].append(number / (time.perf_counter() - begun))
    return found


def told(found: dict[str, list[float]]) -> Iterator[str]:
    """A line for each way."""
    yield f"{'median (slowest … quickest)':30} {'steps/s':>9}"
    for name, values in found.items():
        middle, low, high = (f(values) for f in (statistics.median, min, max))
        times, least, most = interval([a / b for a, b in zip(values, found[ONE], strict=True)])
        beside = "" if name == ONE else f"   {times:.2f} × ({least:.2f} … {most:.2f})"
        yield f"{name:30} {middle:9.1f} ({low:.1f} … {high:.1f}){beside}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--tokenizer", default="words", choices=("words", "bpe"))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--preview", action="store_true")
    asked = parser.parse_args()
    if asked.preview:
        for line in watching.told(watching.jumps(asked.corpus.resolve(), asked.rounds)):
            print(line, flush=True)
    else:
        wish = Wish(asked.corpus, asked.tokenizer)
        prepared = prepare(wish)
        with tempfile.TemporaryDirectory() as work:
            run = OwnRun("speed", recipe_of(wish, prepared, 10_000), 0, prepared, Path(work), False)
            print(f"{run.plan()}\n{asked.rounds} rounds")
            print("\n".join(told(speeds(run, asked.rounds))))
    print(f"load at the end {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores")


if __name__ == "__main__":
    main()
