"""What to show: the row of attention that tells most, by a measure that can be said on screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace

Pair = tuple[int, int]  # (layer, head)


def telling_row(
    trace: Trace,
    among: tuple[int | None, int | None, int | None] = (None, None, None),
    without: Mapping[Pair, Trace] | None = None,
    places: Sequence[int] | None = None,
) -> tuple[int, int, int, float]:
    """(layer, head, query, measure): the most telling row of attention.

    among: a layer, a head, a query that is asked for (None: any; one out of range counts as none).
    The measure is the product of the two largest weights that the query gives to words other than itself and the
    first one (large when it really gathers from several words, 0 when it only rests), times the surprise of the
    query's word, −log p(word | the words before), so that it is a word that says something.
    without: second runs of the same tokens, each with one (layer, head) off. With them, the choice is by consequence:
    the measure is the weight on words other than the query's own and the first, times the probability of the word
    after the query that goes elsewhere without the head, ½ Σ |p − p′|; a head that was not switched off counts as 0.
    places: for each query, after which word of those runs that is measured; None: after itself."""
    weights = np.stack([trace[f"blocks.{layer}.attn.pattern"].values for layer in range(trace.config.n_layers)])
    elsewhere = weights * (1 - np.eye(weights.shape[-1]))
    elsewhere[..., 0] = 0
    if without is not None:
        measure = elsewhere.sum(axis=-1) * consequence(trace, without, places)
    else:
        two = np.sort(elsewhere, axis=-1)[..., -2:]
        measure = two.prod(axis=-1) + 1e-6 * two[..., -1]  # with one candidate only, its weight decides
        measure *= surprise(trace)
    for axis, asked in enumerate(among):
        if asked is not None and 0 <= asked < measure.shape[axis]:
            others = np.arange(measure.shape[axis]) != asked
            measure[(slice(None),) * axis + (others,)] = -1
    layer, head, query = np.unravel_index(measure.argmax(), measure.shape)
    return int(layer), int(head), int(query), float(measure[layer, head, query])


def surprise(trace: Trace) -> np.ndarray:
    """−log p of each word after the words before it; 1 for the first, before which there is none. [position]"""
    if not trace.config.unembeds:  # it foretells nothing, so that no word is more surprising than another
        return np.ones(len(trace.ids))
    ids, probs = np.array(trace.ids), trace["probs"].values
    return np.concatenate([[1.0], -np.log(np.maximum(probs[np.arange(len(ids) - 1), ids[1:]], 1e-9))])


def consequence(trace: Trace, without: Mapping[Pair, Trace], places: Sequence[int] | None = None) -> np.ndarray:
    """How much probability of the next word goes elsewhere without each head. [layer, head, position]

    places: as `telling_row` takes them."""
    probs = getattr(trace, "whole", trace)["probs"].values
    at = list(range(len(probs)) if places is None else places)
    moved = np.zeros((trace.config.n_layers, trace.config.n_heads, len(at)))
    for pair, run in without.items():
        moved[pair] = abs(run["probs"].values - probs).sum(-1)[at] / 2
    return moved


def looked_at_after(whole: Trace, position: int) -> int:
    """After which written word an encoder–decoder looks at a word of the source most: the query that gives it the most
    weight in the decoder's last layer, on average over its heads."""
    return int(whole.array(last_cross_pattern(whole)).mean(0)[:, position].argmax())


def cross_weights(whole: Trace, query: int) -> Tensor:
    """How a written word looks at those of the source, in the same average. [key]"""
    return whole[last_cross_pattern(whole)][:, query].mean(0)


def last_cross_pattern(whole: Trace) -> str:
    return f"decoder.blocks.{whole.config.n_layers - 1}.cross_attn.pattern"
