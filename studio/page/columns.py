"""Where numbers stand, as the file has it: in columns, with each number told as the step from the one before.

A picture of many cells that moves is thousands of outlines for each reading. They have one shape, and each stands a
little further than its neighbour: columns of equal steps, which gzip packs into almost nothing. places.js reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Any

Json = Any


def in_columns(about: dict[str, Json]) -> dict[str, Json]:
    """What a page's player reads, with its places (Shots) in columns."""
    shapes: dict[tuple[int, ...], int] = {}  # outlines, from their first corner on
    told: dict[tuple[str, tuple[int, ...]], int] = {}
    rows = []
    for (x, y, *others), text, cells in about["seen"]:
        shape = tuple(at - (x, y)[k % 2] for k, at in enumerate(others))
        says = text, tuple(cells)
        rows.append((shapes.setdefault(shape, len(shapes)), x, y, told.setdefault(says, len(told))))
    columns = [steps(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
    shots = [[begin, end, ranges(numbers)] for begin, end, numbers in about["shots"]]
    return about | {"shots": shots, "seen": {"shapes": list(shapes), "told": list(told), "columns": columns}}


def from_columns(about: dict[str, Json]) -> dict[str, Json]:
    """What `in_columns` was given."""
    seen = about["seen"]
    found = []
    for shape, x, y, says in zip(*map(accumulate, seen["columns"]), strict=True):
        corners = [x, y, *(at + (x, y)[k % 2] for k, at in enumerate(seen["shapes"][shape]))]
        found.append([corners, *seen["told"][says]])
    shots = [
        [
            begin,
            end,
            [at for first, many in zip(told[::2], told[1::2], strict=True) for at in range(first, first + many)],
        ]
        for begin, end, told in about["shots"]
    ]
    return about | {"shots": shots, "seen": found}


def steps(numbers: Sequence[int]) -> list[int]:
    """
    >>> steps([7, 8, 9, 3])
    [7, 1, 1, -6]
    """
    return [after - before for before, after in pairwise([0, *numbers])]


def ranges(numbers: Iterable[int]) -> list[int]:
    """Each first number, and how many follow one upon the other from there.

    >>> ranges([4, 5, 6, 9, 2, 3])
    [4, 3, 9, 1, 2, 2]
    """
    found: list[int] = []
    for number in numbers:
        if found and number == found[-2] + found[-1]:
            found[-1] += 1
        else:
            found += [number, 1]
    return found
