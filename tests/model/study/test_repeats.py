"""Texts that repeat themselves, and the scores of heads on them, where the right answer is known beforehand."""

import numpy as np
import pytest

from model import UsageError, load, run
from model.study.inside import induction as study
from model.study.inside.induction import Repeat, TwiceOver
from model.text.tokenizer import Encoding
from tests.untrained import untrained


def test_repeats_are_words_that_stood_before_with_something_between():
    assert study.repeats([5, 7, 5]) == [Repeat(query=2, key=1)]
    assert study.repeats([5, 5, 7]) == []  # what followed is the word itself
    assert study.repeats([5, 7, 5, 8, 5]) == [Repeat(2, 1), Repeat(4, 3)]  # the last time counts
    assert study.repeats([1, 2, 3]) == []


def test_a_text_is_said_twice_but_for_its_last_word():
    encoding = Encoding((4, 5, 6), ("a", "b", "c"), (1, 2))
    assert study.twice(encoding, 23) == Encoding((4, 5, 6, 4, 5), ("a", "b", "c", "a", "b"), (1, 2, 4))
    assert study.twice(encoding, 3) == Encoding((5, 6, 5), ("b", "c", "b"), (0, 1, 2))
    with pytest.raises(UsageError, match="must have two tokens"):
        study.twice(Encoding((4,), ("a",), ()), 23)


def test_words_the_model_does_not_know_are_followed_last():
    trace = run("tiny", "The zyxgor met Tom. The blorfin met Tom")
    found = study.telling(trace, least=0.0)
    assert found and not {found.query, found.key} & set(trace.unknown)


def test_random_words_are_words_and_can_be_had_again():
    checkpoint = load("tiny")
    one, again, other = (study.random_words(checkpoint, seed) for seed in (0, 0, 1))
    assert one == again != other and all(word.strip().isalpha() for word in one.tokens)


@pytest.mark.parametrize("variant", [{"norm": "layer"}, {"norm": "rms"}])
def test_scores_of_a_model_of_random_weights(variant):
    trace = untrained((3, 5, 8, 3, 5, 8), **variant)
    scores = TwiceOver(trace)
    for layer in range(2):
        for head in range(4):
            weights = trace.array(f"blocks.{layer}.attn.pattern")[head]
            seen = (weights[3, 1] + weights[4, 2] + weights[5, 3]) / 3
            assert scores.matching.values[layer, head] == pytest.approx(seen, abs=1e-6)
    assert float(scores.chance) == pytest.approx((1 / 4 + 1 / 5 + 1 / 6) / 3)
    assert float(scores.chance_before) == pytest.approx(np.mean([1 / n for n in range(2, 7)]))


@pytest.mark.parametrize("variant", [{"norm": "layer"}, {"norm": "rms"}])
def test_what_is_raised_is_read_off_as_the_last_norm_and_the_unembedding_do(variant):
    trace, one, head = untrained((3, 5, 8, 3), **variant), Repeat(3, 1), (1, 2)
    row = study.passed_on(trace, head, one).values.astype(float)
    if variant["norm"] == "layer":
        row = row - row.mean()
    scaled = row * trace.array("ln_final.w") / trace.array("ln_final.scale")[3]
    np.testing.assert_allclose(study.raised(trace, head, one).values, scaled @ trace.array("W_U"), atol=1e-5)
