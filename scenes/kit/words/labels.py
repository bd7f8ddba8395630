"""Label placement: words beside their dots, so that none covers another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

TURNS = 16  # directions from a dot in which its label may stand
LED = 0.16  # beyond a dot's edge: from there on a line leads to its label
SIDEWAYS = 0.25  # how much worse straight up or down is than to the side, in label heights


def place_labels(
    dots: np.ndarray,
    sizes: np.ndarray,
    room: tuple[float, float],
    *,
    radius: float = 0.08,
    taken: Any = (),
    must: Sequence[int] = (),
    rings: int = 4,
    step: float = 0.22,
) -> tuple[np.ndarray, np.ndarray]:
    """Where labels stand so that they overlap neither each other, nor any dot, nor what is `taken`, and stay in the
    room.

    dots [n, 2], sizes [n, 2] (width 0: no label), room: width and height, from 0; taken: boxes (left, top, right,
    bottom). Earlier labels choose first, those in `must` before all others and from further rings. Greedy: each takes
    the free place with the least cost (its distance, and a little for standing above or below). Returns the centres
    [n, 2] and which were placed [n]."""
    n = len(dots)
    centres, placed = np.array(dots, dtype=float), np.zeros(n, dtype=bool)
    boxes = [np.asarray(taken, dtype=float).reshape(-1, 4)]
    order = [*must, *(i for i in range(n) if i not in set(must))]
    for i in order:
        if sizes[i][0] <= 0:
            continue
        spots, cost = _spots(dots[i], sizes[i], radius, 2 * rings if i in must else rings, step)
        corners = np.hstack([spots - sizes[i] / 2, spots + sizes[i] / 2])
        free = (corners[:, 0] >= 0) & (corners[:, 1] >= 0) & (corners[:, 2] <= room[0]) & (corners[:, 3] <= room[1])
        others = np.delete(dots, i, axis=0)
        solid = np.concatenate([np.hstack([others - radius, others + radius]), *boxes])
        free &= ~_meet(corners[:, None], solid[None]).any(axis=1)
        away = _distances(dots[i][None], corners)[:, 0]
        nearest = _distances(others, corners).min(axis=1, initial=np.inf)
        free &= (away > radius + LED) | (away + 0.1 < nearest)  # plainly its own dot's, unless a line leads there
        lines = _leaders(dots[i], spots, sizes[i], radius)
        free &= ~_meet(lines[:, :, None], np.concatenate(boxes)[None, None]).any(axis=(1, 2))
        if free.any():
            best = int(np.where(free, cost, np.inf).argmin())
            centres[i], placed[i] = spots[best], True
            boxes += [corners[best : best + 1], lines[best]]
    return centres, placed


def _distances(dots: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """From each box (left, top, right, bottom) [k, 4] to each dot [m, 2]: [k, m]."""
    beyond = np.maximum(np.maximum(boxes[:, None, :2] - dots[None], dots[None] - boxes[:, None, 2:]), 0)
    return np.hypot(beyond[..., 0], beyond[..., 1])


def _spots(dot: np.ndarray, size: np.ndarray, radius: float, rings: int, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Centres [k, 2] of a label around a dot, ring after ring, and what each costs [k]."""
    angle = np.tile(np.arange(TURNS) * 2 * np.pi / TURNS, rings)
    gap = radius + 0.04 + step * np.repeat(np.arange(rings), TURNS)
    cos, sin = np.cos(angle), np.sin(angle)
    offsets = np.stack([cos * gap + _side(cos) * size[0] / 2, sin * gap + _side(sin) * size[1] / 2], axis=1)
    return dot + offsets, gap + SIDEWAYS * size[1] * np.abs(sin) + 0.01 * (cos < 0)


def _leaders(dot: np.ndarray, spots: np.ndarray, size: np.ndarray, radius: float) -> np.ndarray:
    """Specks (left, top, right, bottom) [k, 8, 4] along the lines that lead from a dot to its label, just short of
    both."""
    ends = spots + np.clip(dot - spots, -size / 2, size / 2)
    length = np.maximum(np.linalg.norm(ends - dot, axis=1), 1e-9)
    start = np.minimum(radius / length, 1.0)
    t = start[:, None] + (np.maximum(1 - 0.03 / length, start) - start)[:, None] * np.linspace(0, 1, 8)
    points = dot + t[..., None] * (ends - dot)[:, None]
    return np.concatenate([points - 0.01, points + 0.01], axis=-1)


def _side(x: np.ndarray) -> np.ndarray:
    """−1, 0 or 1, and between them for directions close to straight: the label slides along its edge."""
    return np.clip(2.6 * x, -1, 1)


def _meet(boxes: np.ndarray, box: np.ndarray) -> np.ndarray:
    return (
        (boxes[..., 0] < box[..., 2])
        & (boxes[..., 2] > box[..., 0])
        & (boxes[..., 1] < box[..., 3])
        & (boxes[..., 3] > box[..., 1])
    )


def spread(places: np.ndarray, pitch: float, low: float, high: float) -> np.ndarray:
    """Sorted places moved apart as little as need be (least squares) so that neighbours keep `pitch`, within low …
    high.

    By pooling adjacent violators on place − k · pitch, which must not decrease."""
    shifted = np.asarray(places, dtype=float) - pitch * np.arange(len(places))
    blocks: list[list[float]] = []  # [sum, count]
    for value in shifted:
        blocks.append([value, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    level = np.concatenate([np.full(count, total / count) for total, count in blocks]) if blocks else shifted
    return np.clip(level, low, max(high - pitch * (len(places) - 1), low)) + pitch * np.arange(len(places))


def thin(count: int, limit: int) -> list[int]:
    """At most `limit` of `count` places, evenly spread, both ends among them."""
    if count <= limit:
        return list(range(count))
    return sorted({int(i) for i in np.round(np.linspace(0, count - 1, max(limit, 1)))})


__all__ = ["place_labels", "spread", "thin"]
