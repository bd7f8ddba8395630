"""Looking at a space from a side: its projection, and labels that do not cover each other while it turns."""

from __future__ import annotations

import numpy as np

from scenes.kit.ground.readings import Array
from scenes.kit.ground.timing import ease

RAISED = 0.38  # radians that the eye stands above the floor
SIDES, MOMENTS = 24, 7  # directions that are tried, and moments of the turn that are looked at
FADE = 0.12  # the gap between two labels at which the lesser one is fully seen
NEAR_ORIGIN = 0.15  # within so many units of the origin a label has no side of its own


def axes_of(view: Array) -> Array:
    """Where the three axes of a space go [3, 3]: rows are rightwards, upwards and towards the eye.

    view: azimuth (how far the space has turned about its upright axis) and elevation of the eye, in radians. The
    projection is parallel: equal arrows stay equal and parallel wherever they stand."""
    (c, d), (s, t) = np.cos(view), np.sin(view)
    return np.array([[c, 0.0, s], [s * t, d, -c * t], [-s * d, t, c * d]])


def beside(places: Array, origin: Array, sizes: Array, gap: float, room: tuple[float, float]) -> Array:
    """Centres [n, 2] of labels of these sizes, each on the far side of its place from the origin, inside the room."""
    away = places - origin
    towards = away / np.sqrt((away**2).sum(axis=-1, keepdims=True) + NEAR_ORIGIN**2)
    centres = places + towards * (sizes / 2 + gap)
    return np.clip(centres, sizes / 2, np.maximum(np.array(room) - sizes / 2, sizes / 2))


def seen_of(centres: Array, sizes: Array, strength: Array) -> Array:
    """How much of each label is seen [n]: one that comes too near to an earlier one, as far as that is seen, fades.

    strength [n]: how much of each would be seen if it stood alone."""
    seen = np.array(strength, dtype=float)
    apart = np.abs(centres[:, None] - centres[None]) - (sizes[:, None] + sizes[None]) / 2
    free = np.clip(apart.max(axis=-1) / FADE, 0, 1)
    for k in range(1, len(seen)):
        alone = np.prod(1 - np.minimum(1, 4 * seen[:k]) * (1 - free[k, :k]))
        seen[k] *= float(ease(np.clip((alone - 0.45) / 0.1, 0, 1)))  # half seen, but for a moment
    return seen


__all__ = ["MOMENTS", "RAISED", "SIDES", "axes_of", "beside", "seen_of"]
