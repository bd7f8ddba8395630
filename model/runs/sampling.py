"""From probabilities to the next word: greedy, or by a random number u on the cumulative distribution."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from model.errors import UsageError
from model.numbers.origins import CHOSEN, Drawn
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.runs.checkpoints import Checkpoint, load
from model.runs.recorder import encode_text, run_tokens
from model.text.tokenizer import Encoding


@dataclass(frozen=True, eq=False)
class Turn:
    """One turn of the loop: the run, the distribution drawn from, the random number, and the word it picked.

    `probs` [vocab] is over the vocabulary in id order and derived from the trace's last logits; where top-k or top-p
    cut words off, those have probability 0. `ranking` [vocab] holds the ids, likeliest first; `cumulative` [vocab] adds
    up the probabilities in that order, and the word is the one whose interval [lower, upper) holds `u`. `u` is None
    where the likeliest word was taken.
    """

    trace: Trace
    probs: Tensor
    ranking: np.ndarray
    cumulative: Tensor
    u: Tensor | None
    place: int  # of the word in the ranking: 0 is the likeliest
    word: str
    last: bool  # whether the word ends the document

    def __deepcopy__(self, memo: dict[int, Any]) -> Turn:
        return self  # immutable

    @property
    def id(self) -> int:
        return int(self.ranking[self.place])

    @property
    def lower(self) -> Tensor:
        """Where the word's interval begins: the probability of all words before it in the ranking."""
        return self.upper - self.probs[self.id]

    @property
    def upper(self) -> Tensor:
        return self.cumulative[self.place]


def sample(probs: np.ndarray | Tensor, u: float) -> int:
    """The first place whose cumulative probability is above u ∈ [0, 1).

    Inverse transform sampling (Devroye 1986, § II.2). Raises UsageError for another u.

    >>> sample(np.array([0.5, 0.3, 0.2]), 0.79)
    1
    """
    cumulative = np.cumsum(np.asarray(probs, dtype=np.float64))
    if not 0.0 <= u < 1.0:
        raise UsageError(f"u is {u}, must be at least 0 and below 1")
    return int(
        np.searchsorted(cumulative, u * cumulative[-1], side="right").clip(max=np.flatnonzero(np.asarray(probs))[-1])
    )


def distribution(
    trace: Trace, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> Tensor:
    """The next-word distribution after the last position: softmax(logits / T), cut, made to add up to 1 again. [vocab]

    Raises UsageError where temperature or top_p is out of range (0 < T, 0 < p ≤ 1, 1 ≤ k).
    """
    if not temperature > 0:
        raise UsageError(f"the temperature is {temperature}, must be above 0 (for the likeliest word take greedy)")
    if top_k is not None and top_k < 1 or top_p is not None and not 0 < top_p <= 1:
        raise UsageError("top-k must be at least 1, top-p above 0 and at most 1")
    logits = trace["logits"][-1]
    probs = (logits if temperature == 1 else logits / Tensor.given(temperature, "temperature", origin=CHOSEN)).softmax()
    kept = np.ones(len(probs), dtype=bool)
    order = np.argsort(-probs.values, kind="stable")
    if top_k is not None:
        kept[order[top_k:]] = False
    if top_p is not None:  # the fewest words that reach p together
        before = np.cumsum(probs.values[order]) - probs.values[order]
        kept[order[before >= top_p]] = False
    if kept.all():
        return probs
    cut = probs * Tensor.given(kept, "kept", ("vocab",))
    return cut / cut.sum()


def generate(
    checkpoint: Checkpoint | str,
    text: str,
    n: int,
    *,
    temperature: float = 1.0,
    seed: int = 0,
    top_k: int | None = None,
    top_p: float | None = None,
    greedy: bool = False,
    source: str | None = None,
) -> Iterator[Turn]:
    """Up to `n` turns: run, draw a word, append it. Ends early at the end of the document or when the context is full.

    Of an encoder–decoder, `source` is what its encoder reads, and `text` what it has written so far, or "".

    The random numbers come from NumPy's default generator (PCG64) with `seed`: one u a turn, so that the same seed
    gives the same text. Raises UsageError for a seed below 0.
    """
    if seed < 0:
        raise UsageError(f"the seed is {seed}, must be a whole number from 0 on")
    checkpoint = load(checkpoint) if isinstance(checkpoint, str) else checkpoint
    encoding = encode_text(checkpoint, text)
    read = None if source is None else checkpoint.reads.encode(source, checkpoint.config.n_ctx)
    rng = np.random.default_rng(seed)
    for turn in range(n):
        if len(encoding.ids) > checkpoint.config.n_ctx:
            return
        trace = _run(checkpoint, encoding, read, seed)
        probs = distribution(trace, temperature, top_k, top_p)
        u = None if greedy else _u(rng, seed, turn + 1)
        made = _pick(trace, probs, u, checkpoint.tokenizer.ends)
        yield made
        if made.last:
            return
        encoding = Encoding((*encoding.ids, made.id), (*encoding.tokens, made.word), encoding.unknown)


@lru_cache(maxsize=4)
def _run(checkpoint: Checkpoint, encoding: Encoding, source: Encoding | None, seed: int) -> Trace:
    """Kept for a moment: one prompt at several temperatures begins with one run."""
    return run_tokens(checkpoint, encoding, source=source, seed=seed)


def _u(rng: np.random.Generator, seed: int, draw: int) -> Tensor:
    return Tensor.given(rng.random(), f"u, seed {seed}, draw {draw}", origin=Drawn(seed, draw))


def _pick(trace: Trace, probs: Tensor, u: Tensor | None, ends: Collection[int]) -> Turn:
    """The turn that u makes of a distribution; the likeliest word where u is None."""
    ranking = np.argsort(-probs.values, kind="stable")
    place = 0 if u is None else sample(probs.values[ranking], float(u))
    chosen = int(ranking[place])
    return Turn(trace, probs, ranking, probs[ranking].cumsum(), u, place, trace.vocabulary[chosen], chosen in ends)
