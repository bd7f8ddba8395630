"""Does attention find what a word depends on? Weights, scores and consequences of every head, over many cases.

Imports no torch by itself."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from model.study.heads.cases import KINDS, Case, draw

if TYPE_CHECKING:
    import torch

    from model.runs.checkpoints import Checkpoint

Share = tuple[float, float, float]  # of n cases, and its 95 % interval from … to


@dataclass(frozen=True)
class Found:
    """What every head did in every case.

    `weights` and `scores` [layer, head, case, key]: from the query to each key, after and before the softmax; `even`
    [case]: the weight on the keys together if attention were spread evenly over what is visible. `moved` [layer, head,
    case]: ½ Σ |p − p′| of the word after the query in a second run without the head. `right` [case]: whether the right
    one of the two words to choose from is the more probable at the sentence's end; NaN where there is no choice.
    """

    weights: np.ndarray
    scores: np.ndarray
    even: np.ndarray
    moved: np.ndarray
    right: np.ndarray


def measure(checkpoint: Checkpoint, cases: list[Case]) -> Found:
    """One forward pass over the cases of a length, and one more for each head switched off."""
    places: dict[int, list[int]] = {}
    for place, one in enumerate(cases):
        places.setdefault(len(one.words), []).append(place)
    groups = [_measure_group(checkpoint, [cases[i] for i in group]) for group in places.values()]
    back = np.argsort(np.concatenate([np.array(group) for group in places.values()]))

    def joined(name: str, axis: int) -> np.ndarray:
        return np.concatenate([getattr(group, name) for group in groups], axis).take(back, axis)

    return Found(joined("weights", 2), joined("scores", 2), joined("even", 0), joined("moved", 2), joined("right", 0))


def _measure_group(checkpoint: Checkpoint, group: list[Case]) -> Found:
    import torch

    ids = torch.tensor([checkpoint.tokenizer.encode(" ".join(one.words)).ids for one in group])
    length = len(group[0].words)
    if ids.shape[1] != length:
        raise ValueError(f"{checkpoint.name} reads {ids.shape[1]} tokens where a sentence has {length} words")
    query, keys = np.array([one.query for one in group]), np.array([one.keys for one in group])
    with torch.no_grad():
        patterns, scores = _attention(checkpoint, ids)
        before = _next_word(checkpoint, ids, query)
        moved = [
            [
                abs(_next_word(checkpoint, ids, query, (layer, head)) - before).sum(-1) / 2
                for head in range(patterns.shape[1])
            ]
            for layer in range(patterns.shape[0])
        ]
        ends = _next_word(checkpoint, ids, np.full(len(group), length - 1))
    at = (slice(None), slice(None), np.arange(len(group))[:, None], query[:, None], keys)
    visible = query + 1 if checkpoint.config.causal else np.full(len(group), length)
    index = {word.lower(): place for place, word in enumerate(checkpoint.tokenizer.vocabulary)}
    right = [_chosen(one, probs, index) for one, probs in zip(group, ends, strict=True)]
    return Found(patterns[at], scores[at], keys.shape[1] / visible, np.array(moved), np.array(right))


def _chosen(one: Case, probs: np.ndarray, index: dict[str, int]) -> float:
    if one.choice is None:
        return math.nan
    right, other = (probs[index[word]] for word in one.choice)
    return float(right > other)


def _attention(checkpoint: Checkpoint, ids: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Patterns and scores of all heads. (layer, head, case, query, key) each"""
    from model.net.layers import Tape

    kept: dict[str, list[np.ndarray]] = {"pattern": [], "scores": []}

    def listen(name: str, value: torch.Tensor, axes: str) -> torch.Tensor:
        if ".attn." in name and (part := name.rsplit(".", 1)[-1]) in kept:
            kept[part].append(value.transpose(0, 1).double().numpy())
        return value

    checkpoint.model(ids, tape=Tape(listen))
    return np.stack(kept["pattern"]), np.stack(kept["scores"])


def _next_word(
    checkpoint: Checkpoint, ids: torch.Tensor, places: np.ndarray, off: tuple[int, int] | None = None
) -> np.ndarray:
    """Probabilities of the word after each case's place, with the (layer, head) `off` set to zero. (case, word)"""
    from model.net.layers import Tape

    def listen(name: str, value: torch.Tensor, axes: str) -> torch.Tensor:
        if off and name == f"blocks.{off[0]}.attn.result":
            value = value.clone()
            value[:, off[1]] = 0.0
        return value

    logits = checkpoint.model(ids, tape=Tape(listen))
    probs: np.ndarray = logits[range(len(ids)), places].softmax(-1).double().numpy()
    return probs


def sides(cases: list[Case]) -> Iterator[tuple[str, np.ndarray]]:
    """The sides in the order in which they come, and which cases are theirs. [case]"""
    for side in dict.fromkeys(one.side for one in cases):
        yield side, np.array([one.side == side for one in cases])


def choose(found: Found, mine: np.ndarray) -> tuple[tuple[int, int], bool]:
    """The (layer, head) to tell of for a side (its cases: `mine`), and whether it finds.

    A head finds if its weight on the keys is at least halfway from even to all (as for its name), and on each key alone
    at least the even share: one that looks at one of two adjectives does not gather. Of heads that find, the one
    without which most probability moves; weight goes first, since a head may matter for any other reason.
    Where none finds: of those that look at each key, the one that comes nearest to halfway.
    """
    weights, even = found.weights[:, :, mine], found.even[mine]
    reach = (weights.sum(-1) - (1 + even) / 2).mean(-1)
    gathers = (weights - (even / weights.shape[-1])[:, None]).mean(2).min(-1) >= 0
    finds = (reach >= 0) & gathers
    among = finds if finds.any() else gathers if gathers.any() else np.ones_like(gathers)
    order = np.where(among, found.moved[:, :, mine].mean(-1) if finds.any() else reach, -np.inf)
    layer, head = np.unravel_index(order.argmax(), order.shape)
    return (int(layer), int(head)), bool(finds.any())


def summary(cases: list[Case], found: Found) -> dict[str, Any]:
    """What the chosen head does on each side, as plain data; shares come with their intervals."""
    told = {}
    for side, mine in sides(cases):
        (layer, head), finds = choose(found, mine)
        weights, scores = found.weights[layer, head, mine], found.scores[layer, head, mine]
        right = found.right[mine]
        told[side] = {
            "head": [layer, head],
            "finds": finds,
            "count": len(weights),
            "weight": _rounded(weights.sum(-1).mean()),
            "each": [_rounded(value) for value in weights.mean(0)],
            "even": _rounded(found.even[mine].mean()),
            "score": _rounded(scores.mean()),
            "above 0": share((scores > 0).all(-1)),
            "moved": _rounded(found.moved[layer, head, mine].mean()),
            "right": None if np.isnan(right).any() else share(right),
        }
    return {"sides": told}


def share(hits: np.ndarray) -> Share:
    """The share of hits and its 95 % interval (Wilson 1927), which stays between 0 and 1 and is honest near them."""
    n, z = len(hits), 1.959964
    p = float(np.mean(hits))
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = ((middle + side * half) / (1 + z * z / n) for side in (-1, 1))
    return _rounded(p), _rounded(max(0.0, low)), _rounded(min(1.0, high))


def measure_findings(checkpoint: Checkpoint, training_text: str, count: int = 200, seed: int = 2) -> dict[str, Any]:
    """Every kind of finding over `count` draws that do not stand in the training text, as plain data."""
    found = {}
    for name, kind in KINDS.items():
        cases = draw(kind, count, seed, training_text)
        about = {"meaning": kind.meaning, "example": kind.example}
        found[name] = {**about, **summary(cases, measure(checkpoint, cases))}
    return found


def _rounded(value: float) -> float:
    return round(float(value), 4)
