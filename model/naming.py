"""Which heads earn a name: those whose measured score is high in itself and high beside chance."""
from __future__ import annotations

from collections.abc import Mapping

from model.heads import HeadScore
from model.tensor import Tensor

LEAST = Tensor.given(0.4, "least score of a head with a name")
OVER_CHANCE = 2     # times what even attention to all visible words would give


def earns(score: HeadScore, head: tuple[int, int]) -> bool:
    """Whether the head may be called by the score's name."""
    value = float(score.scores[head])
    return value >= float(LEAST) and value >= OVER_CHANCE * float(score.chance)


def head_names(scores: Mapping[str, HeadScore]) -> dict[tuple[int, int], HeadScore]:
    """The name of every (layer, head) that has earned one: where there are several, that with the highest score."""
    names: dict[tuple[int, int], HeadScore] = {}
    for score in scores.values():
        layers, heads = score.scores.shape
        for head in ((layer, head) for layer in range(layers) for head in range(heads)):
            if earns(score, head) and (head not in names or float(score.scores[head]) > float(names[head].scores[head])):
                names[head] = score
    return names
