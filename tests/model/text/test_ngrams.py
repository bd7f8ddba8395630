"""The baselines must be good ones: checked against Kneser–Ney written out with dictionaries."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from model.text.ngrams import ngram_losses


def slow_kneser_ney(training: list[int], context: tuple[int, ...], word: int, vocab: int) -> float:
    order = len(context) + 1
    padded = [0] * (order - 1) + training
    counts = Counter(tuple(padded[i : i + order]) for i in range(len(training)))
    by_order = {order: counts}
    for n in range(order - 1, 0, -1):
        by_order[n] = Counter(gram[1:] for gram in by_order[n + 1])
    p = 1 / vocab
    for n in range(1, order + 1):
        table, history = by_order[n], context[order - n :]
        ones, twos = sum(c == 1 for c in table.values()), sum(c == 2 for c in table.values())
        discount = ones / (ones + 2 * twos) if ones else 0
        followers = defaultdict(int, {gram[-1]: c for gram, c in table.items() if gram[:-1] == history})
        total = sum(followers.values())
        if total:
            p = max(followers.get(word, 0) - discount, 0) / total + discount * len(followers) / total * p
    return p


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_against_dictionaries(order):
    rng = np.random.default_rng(0)
    training, heldout = rng.integers(0, 6, 400), rng.integers(0, 7, 60)
    losses = ngram_losses(training, heldout, 7, order)[-1]
    padded = [0] * 3 + heldout.tolist()
    for i, word in enumerate(heldout):
        context = tuple(padded[i + 3 - (order - 1) : i + 3])
        assert np.exp(-losses[i]) == pytest.approx(slow_kneser_ney(training.tolist(), context, int(word), 7), rel=1e-9)


def test_probabilities_add_up_to_one():
    training = np.random.default_rng(1).integers(0, 5, 300)
    for context in ([1, 2, 3], [4, 4, 4], [0, 3, 1]):
        p = [np.exp(-ngram_losses(training, np.array([*context, word]), 5, 4)[-1][-1]) for word in range(5)]
        assert sum(p) == pytest.approx(1)
