"""What to show: the row of attention that tells most, by a measure that can be said on screen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from model.numbers.trace import Trace

Pair = tuple[int, int]  # (layer, head)


def telling_row(
    trace: Trace,
    among: tuple[int | None, int | None, int | None] = (None, None, None),
    without: Mapping[Pair, Trace] | None = None,
) -> tuple[int, int, int, float]:
    """(layer, head, query, measure): the most telling row of attention.

    among: a layer, a head, a query that is asked for (None: any; one out of range counts as none).
    The measure is the product of the two largest weights that the query gives to words other than itself and the
    first one (large when it really gathers from several words, 0 when it only rests), times the surprise of the
    query's word, −log p(word | the words before), so that it is a word that says something.
    without: second runs of the same tokens, each with one (layer, head) off. With them, the choice is by consequence:
    the measure is the weight on words other than the query's own and the first, times the probability of the word
    after the query that goes elsewhere without the head, ½ Σ |p − p′|; a head that was not switched off counts as 0."""
    weights = np.stack([trace[f"blocks.{layer}.attn.pattern"].values for layer in range(trace.config.n_layers)])
    elsewhere = weights * (1 - np.eye(weights.shape[-1]))
    elsewhere[..., 0] = 0
    if without is not None:
        measure = elsewhere.sum(axis=-1) * consequence(trace, without)
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
    ids, probs = np.array(trace.ids), trace["probs"].values
    return np.concatenate([[1.0], -np.log(np.maximum(probs[np.arange(len(ids) - 1), ids[1:]], 1e-9))])


def consequence(trace: Trace, without: Mapping[Pair, Trace]) -> np.ndarray:
    """How much probability of the next word goes elsewhere without each head. [layer, head, position]"""
    probs = trace["probs"].values
    moved = np.zeros((trace.config.n_layers, trace.config.n_heads, len(probs)))
    for pair, run in without.items():
        moved[pair] = abs(run["probs"].values - probs).sum(-1) / 2
    return moved
