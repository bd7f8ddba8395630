"""Which heads earn a name: those whose measured score is at least halfway from chance to all."""

from __future__ import annotations

from collections.abc import Mapping

from model.numbers.tensor import Tensor
from model.study.heads.scores import HeadScore


def needed(score: HeadScore) -> Tensor:
    """The score from which a head may be called by the name: halfway from chance to 1.

    The same as a chance-corrected score (value − chance) / (1 − chance), Cohen's κ, of at least ½."""
    return (score.chance + 1) / 2


def earns(score: HeadScore, head: tuple[int, int]) -> bool:
    """Whether the (layer, head) may be called by the score's name."""
    return float(score.scores[head]) >= float(needed(score))


def head_names(scores: Mapping[str, HeadScore]) -> dict[tuple[int, int], list[HeadScore]]:
    """The names that each (layer, head) has earned, highest score first; heads without a name are left out."""
    names: dict[tuple[int, int], list[HeadScore]] = {}
    for score in scores.values():
        layers, heads = score.scores.shape
        for head in ((layer, head) for layer in range(layers) for head in range(heads)):
            if earns(score, head):
                names.setdefault(head, []).append(score)
    return {head: sorted(found, key=lambda score: -float(score.scores[head])) for head, found in names.items()}
