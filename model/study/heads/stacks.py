"""What the heads of one stack of an encoder–decoder do, measured on sentences of its corpus.

Imports no torch by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from model.study.heads.pronouns import draw_pairs
from model.study.heads.samples import MEASURES, Queries, one_before, the_first
from model.study.heads.scores import HeadScore, score_of
from model.text.parallel.splitting import draw

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint

COUNT, SEED = 200, 77
Sample = Iterator[tuple[str, str, Queries | None]]  # English, French; queries and keys, where they depend on the words


@dataclass(frozen=True)
class StackMeasure:
    """As `Measure`, on pairs of sentences. by_length: the queries and keys of a text of so many words."""

    meaning: str
    sample: str
    make: Callable[[int], Sample]
    by_length: Callable[[int], Queries] | None = None


def one_after(length: int) -> Queries:
    return list(range(length - 1)), [[q + 1] for q in range(length - 1)]


def held_out(count: int) -> Sample:
    yield from ((pair.english, pair.french, None) for pair in draw("pairs", SEED, count))


def pronouns(count: int) -> Sample:
    """The animal did not cross the street because it was too tired; … too wide."""
    cases = [case for pair in draw_pairs(count // 2, SEED) for case in pair]
    yield from ((case.english, case.french, ([case.it], [[case.referent]])) for case in cases)


READ = "{count} held-out sentences"
WRITTEN = "{count} held-out sentences, each after what it translates"


def told(name: str, sample: str, by_length: Callable[[int], Queries]) -> StackMeasure:
    return StackMeasure(MEASURES[name].meaning, sample, held_out, by_length)


STACK_MEASURES = {
    "encoder": {
        "previous-token": told("previous-token", READ, one_before),
        "next-token": StackMeasure("a word looks at the word after it", READ, held_out, one_after),
        "first-token": told("first-token", READ, the_first),
        "noun→pronoun": StackMeasure(
            MEASURES["noun→pronoun"].meaning, "{count} sentences like “… because it was too tired”", pronouns
        ),
    },
    "decoder": {
        "previous-token": told("previous-token", WRITTEN, one_before),
        "first-token": told("first-token", WRITTEN, the_first),
    },
}


def stack_scores(checkpoint: Checkpoint, stack: str) -> dict[str, HeadScore]:
    """All scores by name of the heads of the "encoder" or the "decoder" (those that look at their own words)."""
    found = {name: measured(checkpoint, stack, each) for name, each in STACK_MEASURES[stack].items()}
    return {name: score_of(name, entry, checkpoint, reported=False) for name, entry in found.items()}


def measured(checkpoint: Checkpoint, stack: str, measure: StackMeasure, count: int = COUNT) -> dict[str, Any]:
    """One name's scores as plain data: the mean weight on the right keys, and what even attention would pay."""
    paid, chance = [], []
    for english, french, queries in measure.make(count):
        weights = patterns_of(checkpoint, stack, english, french)
        length = weights.shape[-1]
        chosen = queries if measure.by_length is None else measure.by_length(length)
        for query, keys in zip(*(chosen or ([], [])), strict=True):
            paid.append(weights[:, :, query, keys].sum(-1))
            chance.append(len(keys) / (query + 1 if stack == "decoder" else length))
    return {
        "meaning": measure.meaning,
        "sample": measure.sample.format(count=count),
        "chance": round(float(np.mean(chance)), 4),
        "scores": np.round(np.mean(paid, axis=0), 4).tolist(),
    }


def patterns_of(checkpoint: Checkpoint, stack: str, english: str, french: str) -> np.ndarray:
    """How the heads of a stack look at its own words. (layer, head, query, key)"""
    import torch

    from model.net.layers import Tape
    from model.runs.recorder import encode_text

    found = []

    def listen(name: str, value: torch.Tensor, axes: str) -> torch.Tensor:
        if name.startswith(f"{stack}.") and name.endswith(".attn.pattern"):
            found.append(value)
        return value

    texts = [encode_text(checkpoint, french).ids, checkpoint.reads.encode(english).ids]
    with torch.no_grad():
        checkpoint.model(*map(torch.tensor, texts), tape=Tape(listen))
    return np.asarray(torch.stack(found).double().numpy())


__all__ = ["STACK_MEASURES", "measured", "patterns_of", "stack_scores"]
