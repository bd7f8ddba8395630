"""Places in columns: nothing is lost, and a picture that moves costs little."""

import gzip
import json
from itertools import product

import numpy as np

from studio.page.columns import from_columns, in_columns


def packed(about) -> int:
    return len(gzip.compress(json.dumps(about).encode(), mtime=0))


def through_a_file(about):
    return from_columns(json.loads(json.dumps(in_columns(about))))


def test_nothing_is_lost():
    chance = np.random.default_rng(3)
    seen = [
        [chance.integers(-50, 5050, 2 * corners).tolist(), f"{k % 7}", chance.integers(90, size=k % 3).tolist()]
        for k, corners in enumerate(chance.integers(1, 13, 200).tolist())
    ]
    shots = [[k, k + 1, chance.permutation(200)[: 10 * k].tolist()] for k in range(20)]
    about = {"fps": 15.0, "shots": shots, "seen": seen}
    assert through_a_file(about) == about
    assert through_a_file({"shots": [], "seen": []}) == {"shots": [], "seen": []}


def test_a_picture_that_moves_costs_little():
    """A grid of 30 × 30 cells at forty places: as lists of corners it took some hundred times as much."""
    seen, shots = [], []
    for turn in range(40):
        left, top = 50 * turn, 30 * turn
        shots.append([6 * turn, 6 * turn + 5, list(range(len(seen), len(seen) + 900))])
        for row, column in product(range(30), range(30)):
            x, y = left + 20 * column, top + 20 * row
            seen.append([[x, y, x + 20, y, x + 20, y + 20, x, y + 20], f"{row}.{column}", [30 * row + column]])
    about = {"shots": shots, "seen": seen}
    assert through_a_file(about) == about
    assert packed(in_columns(about)) < packed(about) / 20
