"""Counting baselines: interpolated Kneser–Ney n-grams (Chen & Goodman 1999, § 4.1) on the ids of the training text."""

from __future__ import annotations

import numpy as np

BITS = 15  # of an id within a key: up to 32,768 words and four words in 63 bits


def ngram_losses(training: np.ndarray, heldout: np.ndarray, vocab_size: int, order: int = 4) -> np.ndarray:
    """−log p in nats of every held-out id, given the ids before it, for n = 1 … order. (order, len(heldout))

    The highest order counts occurrences, each lower one in how many different contexts an n-gram was seen.
    """
    if vocab_size > 1 << BITS or order > 4:
        raise ValueError("n-grams are kept as 63-bit keys: at most 32,768 words and four in a row")
    probabilities = np.stack([_probabilities(training, heldout, vocab_size, n) for n in range(1, order + 1)])
    with np.errstate(divide="ignore"):  # an id that was never seen may have probability 0
        return np.asarray(-np.log(probabilities))


def _probabilities(training: np.ndarray, heldout: np.ndarray, vocab_size: int, order: int) -> np.ndarray:
    grams, counts = np.unique(_keys(training, order), return_counts=True)
    levels = [(grams, counts)]
    for n in range(order - 1, 0, -1):  # drop the first word: in how many contexts is the rest seen?
        levels.append(np.unique(levels[-1][0] & ((1 << BITS * n) - 1), return_counts=True))
    probability = np.full(len(heldout), 1.0 / vocab_size)
    for n, (grams, counts) in zip(range(1, order + 1), reversed(levels), strict=True):
        probability = _interpolate(grams, counts, _keys(heldout, n), probability)
    return probability


def _interpolate(grams: np.ndarray, counts: np.ndarray, wanted: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """max(c − D, 0) / c(context) + D · (different followers) / c(context) · the lower order's probability."""
    once, twice = (counts == 1).sum(), (counts == 2).sum()
    discount = once / (once + 2 * twice) if once else 0.0
    contexts, first = np.unique(grams >> BITS, return_index=True)  # grams are sorted, so a context's are together
    totals = np.add.reduceat(counts, first)
    followers = np.diff(np.append(first, len(grams)))
    seen = np.maximum(_lookup(grams, counts, wanted) - discount, 0.0)
    total = _lookup(contexts, totals, wanted >> BITS)
    share = discount * _lookup(contexts, followers, wanted >> BITS)
    known = total > 0
    return np.where(known, (seen + share * lower) / np.where(known, total, 1.0), lower)


def _keys(ids: np.ndarray, n: int) -> np.ndarray:
    """Every run of n ids as one integer; at the very start the missing ids before count as 0. (len(ids),)"""
    padded = np.concatenate([np.zeros(n - 1, dtype=np.int64), ids.astype(np.int64)])
    shifted = [padded[i : i + len(ids)] << (BITS * (n - 1 - i)) for i in range(n)]
    return np.asarray(np.sum(shifted, axis=0, dtype=np.int64))


def _lookup(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    place = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0).astype(np.float64)
