"""What to show: the row of attention that tells most, by a measure that can be said on screen."""

from __future__ import annotations

import numpy as np

from model.numbers.trace import Trace


def telling_row(
    trace: Trace, among: tuple[int | None, int | None, int | None] = (None, None, None)
) -> tuple[int, int, int, float]:
    """(layer, head, query, measure): the most telling row of attention.

    among: a layer, a head, a query that is asked for (None: any; one out of range counts as none).
    The measure is the product of the two largest weights that the query gives to words other than itself and the
    first one (large when it really gathers from several words, 0 when it only rests), times the surprise of the
    query's word, −log p(word | the words before), so that it is a word that says something."""
    weights = np.stack([trace[f"blocks.{layer}.attn.pattern"].values for layer in range(trace.config.n_layers)])
    elsewhere = weights * (1 - np.eye(weights.shape[-1]))
    elsewhere[..., 0] = 0
    two = np.sort(elsewhere, axis=-1)[..., -2:]
    measure = two.prod(axis=-1) + 1e-6 * two[..., -1]  # with one candidate only, its weight decides
    ids, probs = np.array(trace.ids), trace["probs"].values
    measure[..., 1:] *= -np.log(np.maximum(probs[np.arange(len(ids) - 1), ids[1:]], 1e-9))
    for axis, asked in enumerate(among):
        if asked is not None and 0 <= asked < measure.shape[axis]:
            others = np.arange(measure.shape[axis]) != asked
            measure[(slice(None),) * axis + (others,)] = -1
    layer, head, query = np.unravel_index(measure.argmax(), measure.shape)
    return int(layer), int(head), int(query), float(measure[layer, head, query])
