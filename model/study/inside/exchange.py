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
ROWS = 64  # tokens that are read together, at most
STEM = 4  # letters with which forms of one word begin alike


@dataclass(frozen=True)
class Exchange:
    """The same text but for one token: `place`, and what is read then."""

    place: int
    encoding: Encoding
    checkpoint: Checkpoint
    first: Trace

    @property
    def reads_on(self) -> bool:
        """Whether what comes next is told without a run: a large model that looks back goes on from the place."""
        return self.checkpoint.large and self.checkpoint.config.kind == "decoder"

    @cached_property
    def run(self) -> Trace:
        """A real second run, made when it is asked for."""
        from model.runs.recorder import run_tokens

        return run_tokens(self.checkpoint, self.encoding, " ".join(map(str.strip, self.encoding.tokens)))


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

    def measure(after: np.ndarray) -> float:
        return float(np.abs(after - before).sum() / 2 * after.max())

    found = list(among)
    measured = [measure(after.astype(np.float64)) for after in following(found)]
    return found[int(np.argmax(measured))]


def following(among: Sequence[Exchange]) -> list[np.ndarray]:
    """The probabilities of the next word after each of some exchanges. [vocab] each

    A large model that looks back reads for them only what comes from the exchanged tokens on, of those that are near
    each other together: its weights are what takes long to read. Of several exchanges one is run then."""
    from model.runs.caching import read_on

    after: dict[int, np.ndarray] = {}
    for group in _together(sorted((each for each in among if each.reads_on), key=lambda each: each.place)):
        start = group[0].place
        texts = [each.encoding.ids[start:] for each in group]
        probs = read_on(group[0].checkpoint, group[0].first, start, texts)
        after |= {each.place: row for each, row in zip(group, probs, strict=True)}
    return [after[each.place] if each.reads_on else each.run.array("probs")[-1] for each in among]


def _together(in_order: Iterable[Exchange]) -> list[list[Exchange]]:
    groups = list[list[Exchange]]()
    for each in in_order:
        if groups and (len(each.first) - groups[-1][0].place) * (len(groups[-1]) + 1) <= ROWS:
            groups[-1].append(each)
        else:
            groups.append([each])
    return groups


__all__ = ["Exchange", "exchanges", "following", "nearest", "telling"]
