"""Names are earned: high in itself, high beside chance, one for each head."""
import numpy as np

from model.heads import HeadScore
from model.naming import LEAST, earns, head_names
from model.tensor import Tensor


def score(name, values, chance):
    return HeadScore(name, "", "", Tensor.given(np.array(values), f"{name} score", ("layer", "head")), chance)


def test_a_score_below_the_threshold_or_near_chance_earns_no_name():
    assert earns(score("previous-token", [[0.41]], 0.2), (0, 0))
    assert not earns(score("previous-token", [[float(LEAST) - 0.01]], 0.01), (0, 0))
    assert not earns(score("adjective→noun", [[0.52]], 0.38), (0, 0))


def test_each_head_has_at_most_one_name_its_highest_score():
    scores = {s.name: s for s in (score("a", [[0.5, 0.1], [0.9, 0.45]], 0.1), score("b", [[0.7, 0.2], [0.6, 0.3]], 0.1))}
    assert {head: found.name for head, found in head_names(scores).items()} == {(0, 0): "b", (1, 0): "a", (1, 1): "a"}


def test_no_name_is_better_than_a_wrong_one():
    assert head_names({"a": score("a", [[0.3, 0.1]], 0.01)}) == {}
