"""Another text for the same model: the one that was asked for, with one word exchanged for one that is used alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model.numbers.trace import Trace
from model.text.tokenizer import Encoding

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint


@dataclass(frozen=True)
class Exchange:
    """A run of the same text but for one token: `place`, and the run."""

    place: int
    run: Trace


def exchanges(checkpoint: Checkpoint | str, trace: Trace) -> Iterator[Exchange]:
    """One more run for each token before the last one, with the token exchanged for that whose row of W_E points most
    nearly the same way (a real second run of other ids)."""
    from model.runs.checkpoints import load
    from model.runs.recorder import run_tokens

    loaded = load(checkpoint) if isinstance(checkpoint, str) else checkpoint
    for place in range(max(len(trace) - 1, 1)):
        other = nearest(trace, trace.ids[place])
        ids = tuple(other if k == place else old for k, old in enumerate(trace.ids))
        words = tuple(trace.vocabulary[other] if k == place else old for k, old in enumerate(trace.tokens))
        unknown = tuple(k for k in trace.unknown if k != place)
        yield Exchange(place, run_tokens(loaded, Encoding(ids, words, unknown), " ".join(map(str.strip, words))))


def nearest(trace: Trace, word: int) -> int:
    """The other entry of the vocabulary whose row of W_E has the largest cosine with that of a word; one that is the
    same word in other letters does not count."""
    rows = trace.array("W_E").astype(np.float64)
    units = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    likeness = units @ units[word]
    said = trace.vocabulary[word].strip().casefold()
    for other in np.argsort(-likeness, kind="stable").tolist():
        spelt = trace.vocabulary[other].strip().casefold()
        if other != word and spelt != said and not spelt.startswith("<"):
            return int(other)
    raise LookupError("the vocabulary has one word only")


def telling(trace: Trace, among: Iterator[Exchange]) -> Exchange:
    """The exchange that tells most: probability of the next word that goes elsewhere, ½ Σ |p − p′|, times how sure the
    model still is of the likeliest word (of a text that makes no sense it is not)."""
    before = trace.array("probs")[-1].astype(np.float64)

    def measure(exchange: Exchange) -> float:
        after = exchange.run.array("probs")[-1].astype(np.float64)
        return float(np.abs(after - before).sum() / 2 * after.max())

    return max(among, key=measure)


__all__ = ["Exchange", "exchanges", "nearest", "telling"]
