"""What rows carry over: which are tried, what must hold of any such grid, and the layer in which the way goes on."""

from dataclasses import replace

import numpy as np
import pytest

from model import run
from model.study.inside.carrying import ROWS, Carrying, crossing
from model.study.inside.exchange import candidates, exchanges, nearest, telling

LONG = "The little girl who lived in the old house saw a big dog and ran to her mother in the garden last night because"


@pytest.fixture(scope="module", params=["The capital of Italy is", "hello there", LONG])
def carrying(request):
    trace = run("tiny", request.param)
    return Carrying("tiny", trace, telling(trace, exchanges("tiny", trace)))


def test_rows_before_the_exchanged_word_are_the_same_in_both_texts(carrying):
    place, distance = carrying.exchange.place, carrying.distance.values
    assert (distance[:place] < 1e-6).all() and distance[place] > 0.01


def test_the_exchanged_word_and_the_last_are_among_those_tried_and_the_others_lie_apart(carrying):
    tried = carrying.positions
    assert tried == sorted(set(tried)) and {carrying.exchange.place, carrying.last} <= set(tried)
    assert len(tried) * len(carrying.stops) <= ROWS
    left = [k for k in range(len(carrying.trace)) if k not in tried]
    middle = [k for k in tried if k not in (carrying.exchange.place, carrying.last)]
    assert not left or min(carrying.distance.values[middle]) >= max(carrying.distance.values[left])


def test_at_the_first_stop_it_is_the_other_text_and_at_the_last_one_only_the_last_row_counts(carrying):
    other = carrying.exchange.run.array("probs")[-1]
    for word in np.argsort(-other)[:5]:
        grid, own = carrying.chances(int(word)).values, carrying.trace.array("probs")[-1, word]
        assert grid[0, carrying.positions.index(carrying.exchange.place)] == pytest.approx(other[word], abs=1e-6)
        assert grid[-1, -1] == pytest.approx(other[word], abs=1e-6)
        np.testing.assert_allclose(grid[-1, :-1], own, atol=1e-6)


def test_writes_are_of_the_layer_and_the_heads(carrying):
    whole, each = carrying.writes(1, carrying.last)
    assert whole.info["patch"]["name"] == "blocks.1.attn_out" and len(each) == carrying.trace.config.n_heads
    assert [r.info["patch"]["head"] for r in each] == list(range(len(each)))
    assert {r.info["patch"]["donor"] for r in each} == {carrying.exchange.run.run_id}


def test_the_way_goes_on_in_the_first_layer_behind_which_another_row_does_more():
    assert crossing([3, 3, 4, 4, 4]) == 1 and crossing([0, 1]) == 0 and crossing([1, 1, 1, 2, 1]) == 2


def test_another_word_is_not_the_same_one_in_another_form():
    trace = run("tiny", "The mother of the old dogs")
    vocabulary = ("mother", "mothers", "Mother", " father", "sister", "dog")
    rows = np.array([[1, 0], [1, 0.01], [1, 0.02], [1, 0.03], [1, 0.5], [0, 1]], dtype=np.float32)
    made = replace(trace, arrays={"W_E": rows}, axes={"W_E": ("vocab", "d_model")}, vocabulary=vocabulary)
    assert nearest(made, [0, 5]) == [4, 4]


def test_of_a_long_text_the_words_that_the_last_one_looks_at_are_exchanged():
    trace = run("tiny", LONG)
    looks = sum(trace.array(f"blocks.{k}.attn.pattern")[:, -1].sum(0) for k in range(trace.config.n_layers))[:-1]
    chosen = candidates(trace, 5)
    assert len(chosen) == 5 and chosen == sorted(chosen)
    assert looks[chosen].min() >= max(np.delete(looks, chosen))
