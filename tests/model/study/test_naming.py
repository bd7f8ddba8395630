"""Names are earned: at a score halfway from chance to all."""

import numpy as np

from model.numbers.tensor import Tensor
from model.study.heads.naming import earns, head_names, needed
from model.study.heads.scores import HeadScore


def score(name, values, chance):
    scores = Tensor.given(np.array(values), f"{name} score", ("layer", "head"))
    return HeadScore(name, "", "", scores, Tensor.given(chance, "chance"))


def test_a_name_needs_a_score_halfway_from_chance_to_all():
    assert float(needed(score("adjective→noun", [[0.0]], 0.38))) == 0.69
    assert earns(score("adjective→noun", [[0.69]], 0.38), (0, 0))
    assert not earns(score("adjective→noun", [[0.68]], 0.38), (0, 0))
    assert not earns(score("previous-token", [[0.5]], 0.02), (0, 0))


def test_a_head_may_earn_several_names_the_highest_score_comes_first():
    scores = {
        s.name: s for s in (score("a", [[0.6, 0.1], [0.9, 0.56]], 0.1), score("b", [[0.7, 0.2], [0.65, 0.3]], 0.1))
    }
    assert {head: [s.name for s in found] for head, found in head_names(scores).items()} == {
        (0, 0): ["b", "a"],
        (1, 0): ["a", "b"],
        (1, 1): ["a"],
    }


def test_no_name_is_better_than_a_wrong_one():
    assert head_names({"a": score("a", [[0.3, 0.1]], 0.01)}) == {}
