"""Another text for the same model: the one that was asked for, with one word exchanged for one that is used alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from model.numbers.trace import Trace
from model.text.tokenizer import Encoding

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint

MOST, FEW = 24, 6  # tokens that are exchanged, one at a time; of a large model, whose runs take long
STEM = 4  # letters with which forms of one word begin alike


@dataclass(frozen=True)
class Exchange:
    """The same text but for one token: `place`, and what is read then."""

    place: int
    encoding: Encoding
    checkpoint: Checkpoint
    first: Trace

    @cached_property
    def run(self) -> Trace:
        """A real second run, made when it is asked for."""
        from model.runs.recorder import run_tokens

        return run_tokens(self.checkpoint, self.encoding, " ".join(map(str.strip, self.encoding.tokens)))

    @cached_property
    def after(self) -> np.ndarray:
        """The probabilities of the next word. [vocab]

        A large model that looks back reads for them only what comes from the exchanged token on: of several exchanges
        one is run."""
        from model.runs.caching import read_on

        if self.checkpoint.large and self.checkpoint.config.kind == "decoder":
            return read_on(self.checkpoint, self.first, self.place, self.encoding.ids[self.place :])
        probs: np.ndarray = self.run.array("probs")[-1]
        return probs


def exchanges(checkpoint: Checkpoint | str, trace: Trace, places: Iterable[int] | None = None) -> Iterator[Exchange]:
    """One for each of these tokens (default: `candidates`), with the token exchanged for that whose row of W_E points
    most nearly the same way."""
    from model.runs.checkpoints import load

    loaded = load(checkpoint) if isinstance(checkpoint, str) else checkpoint
    chosen = candidates(trace, FEW if loaded.large else MOST) if places is None else list(places)
    for place, other in zip(chosen, nearest(trace, [trace.ids[place] for place in chosen]), strict=True):
        ids = tuple(other if k == place else old for k, old in enumerate(trace.ids))
        words = tuple(trace.vocabulary[other] if k == place else old for k, old in enumerate(trace.tokens))
        unknown = tuple(k for k in trace.unknown if k != place)
        yield Exchange(place, Encoding(ids, words, unknown), loaded, trace)


def candidates(trace: Trace, most: int) -> list[int]:
    """The tokens before the last one; of a long text those at which that looks most, on average over all heads."""
    before = max(len(trace) - 1, 1)
    if before <= most:
        return list(range(before))
    looks = [trace.array(f"blocks.{layer}.attn.pattern")[:, -1].mean(axis=0) for layer in range(trace.config.n_layers)]
    return sorted(np.argsort(-np.mean(looks, axis=0)[:before], kind="stable")[:most].tolist())


def nearest(trace: Trace, words: Sequence[int]) -> list[int]:
    """For each word the other entry of the vocabulary whose row of W_E has the largest cosine with its own; one that is
    the same word in other letters or in another form (Italy, Italians), or not a whole word like it, does not count."""
    rows = trace.array("W_E")
    lengths = np.maximum(np.sqrt(np.einsum("ij,ij->i", rows, rows)), 1e-12)
    likeness = (rows[list(words)] @ rows.T).astype(np.float64) / lengths
    return [_first_other(trace.vocabulary, word, np.argsort(-row, kind="stable"))
            for word, row in zip(words, likeness, strict=True)]  # fmt: skip


def _first_other(vocabulary: Sequence[str], word: int, order: Iterable[int]) -> int:
    said = vocabulary[word]
    for other in map(int, order):
        spelt = vocabulary[other]
        same = _stem(spelt) == _stem(said) or spelt[:1].isspace() != said[:1].isspace()
        if other != word and not same and not spelt.startswith("<"):
            return other
    raise LookupError("the vocabulary has one word only")


def _stem(word: str) -> str:
    return word.strip().casefold()[:STEM]


def telling(trace: Trace, among: Iterator[Exchange]) -> Exchange:
    """The exchange that tells most: probability of the next word that goes elsewhere, ½ Σ |p − p′|, times how sure the
    model still is of the likeliest word (of a text that makes no sense it is not)."""
    before = trace.array("probs")[-1].astype(np.float64)

    def measure(exchange: Exchange) -> float:
        after = exchange.after.astype(np.float64)
        return float(np.abs(after - before).sum() / 2 * after.max())

    return max(among, key=measure)


__all__ = ["Exchange", "exchanges", "nearest", "telling"]
