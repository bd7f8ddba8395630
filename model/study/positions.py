"""What a lesson about positions computes besides a trace. NumPy only.

An order to shuffle by, waves, turns, and the losses of models that differ in their positions.

Two ways to tell a transformer where a word stands. Adding: x = E + P, where row P[p] holds sines and cosines of p
(Vaswani et al. 2017, § 3.5) or is learned. Turning: pairs of entries of q and k are rotated by angles that grow
with the position (rotary, Su et al. 2021, § 3.2), and nothing is added.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from model.errors import ClearheadError
from model.numbers.origins import Constant, Measured
from model.numbers.tensor import Tensor, concatenate, stack
from model.numbers.trace import Trace

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint

BASE = 10_000  # of the sinusoids' wavelengths, § 3.5


def shuffle(length: int, seed: int = 0) -> tuple[int, ...]:
    """An order of `length` ≥ 3 positions in which the last stays and no other does; the same for the same seed."""
    if length < 3:
        raise ValueError(f"{length} positions have no such order")
    rng, places = np.random.default_rng(seed), np.arange(length - 1)
    while True:
        order = rng.permutation(places)
        if (order != places).all():
            return (*map(int, order), length - 1)


def frequencies(d_model: int) -> Tensor:
    """Radians by which each pair of entries (2i, 2i + 1) of the sinusoids turns from one position to the next. [pair]

    10000^(−2i / d_model) = exp(−2i / d_model · ln 10000), § 3.5."""
    pair = Tensor.given(np.arange((d_model + 1) // 2), "pair i", ("pair",))
    return (-2 * pair / d_model * Tensor.given(BASE, "10000").log()).exp()


def wavelengths(d_model: int) -> Tensor:
    """Positions after which a pair of entries has gone round once: 2π / frequency. [pair]"""
    return Tensor.given(2 * math.pi, "2π", origin=Constant()) / frequencies(d_model)


def wave(d_model: int, entry: int, places: np.ndarray) -> np.ndarray:
    """The entry's sine (even) or cosine (odd) at any places: the line through the table's column. [place]"""
    angle = np.asarray(places, dtype=float) * frequencies(d_model).values[entry // 2]
    return np.asarray(np.cos(angle) if entry % 2 else np.sin(angle))


def turning(trace: Trace) -> Tensor:
    """Radians by which each rotary pair turns from one position to the next. [pair]

    The trace must have two positions."""
    return trace["rotary_angles"][1]


def turn(vector: Tensor, angles: Tensor) -> Tensor:
    """Pair i of the vector, entries i and i + d_head/2, turned by angle i. [d_head] × [pair] → [d_head]

    Su et al. 2021, eq. 34."""
    half = len(vector) // 2
    a, b, cos, sin = vector[:half], vector[half:], angles.cos(), angles.sin()
    return concatenate([a * cos - b * sin, a * sin + b * cos], 0)


def product_by_distance(q: Tensor, k: Tensor, frequency: Tensor, distances: Sequence[int]) -> Tensor:
    """q · k of one query and one key when the query stands so many places behind the key. [distance]

    Only the query is turned, by distance × frequency: turning both by more changes nothing."""
    steps = Tensor.given(np.array([list(distances)]).T, "distance", ("distance", "pair"))
    angles = steps * frequency  # [distance, pair]
    half = len(q) // 2
    (a, b), (c, d) = (q[:half], q[half:]), (k[:half], k[half:])
    return (angles.cos() * (a * c + b * d) + angles.sin() * (a * d - b * c)).sum("pair")


def heldout_losses(names: Sequence[str]) -> Tensor:
    """Held-out loss in nats per word of checkpoints that were trained by several seeds. [variant, seed]

    From their reports. Raises ClearheadError where one, or the seeds in it, are missing or not equally many."""
    from model.runs import checkpoints

    losses = [_losses_by_seed(checkpoints.load(name)) for name in names]
    if len({len(row) for row in losses}) != 1:
        raise ClearheadError(
            f"the reports of {', '.join(names)} tell of different numbers of seeds: measure them again"
        )
    return stack(losses, "variant")


def _losses_by_seed(checkpoint: Checkpoint) -> Tensor:
    """[seed]"""
    try:
        losses = [float(loss) for loss in checkpoint.report()["seeds"]["losses"]]
        origin = Measured.reported(checkpoint, "seeds", "losses")
        name = f"held-out loss of {checkpoint.name}, seeds 0–{len(losses) - 1}"
        return Tensor.given(losses, name, ("seed",), origin)
    except (ClearheadError, ValueError, KeyError, TypeError) as error:
        raise ClearheadError(
            f"{checkpoint.path / 'report.json'} tells no losses by seed ({error!r}); "
            f"measure them again: clearhead train {checkpoint.name}"
        ) from error
