"""What is lit or framed at one moment belongs together: the column that is multiplied, and the entry that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

import numpy as np

from scenes.kit.ground.encodings import Mark, Shade
from scenes.kit.ground.readings import Array, Cells
from scenes.kit.ground.theme import by_theme
from studio.audit.checks.identity import Names, Traces, names_of, shared
from studio.audit.checks.marked import closeness, inside
from studio.audit.checks.spots import Spot, common
from studio.audit.findings import Defect
from studio.audit.screen import VISIBLE

LIT = 0.02  # of the way to the ink, from which a cell glows
AXES = ("query", "key", "d_head", "d_model", "head", "layer")  # along which things must be the same
ASKS = {"q": "query", "rot_q": "query", "k": "key", "rot_k": "key"}  # tensor → what its positions are in a table


def check_together(marks: list[Mark], spots: list[Spot], target: Array, traces: Traces) -> Iterator[Defect]:
    """Whatever is framed in yellow, and all cells of one shape that glow. target: yellow, in each theme."""
    glowing = list(lit(marks, traces))
    for k in range(len(by_theme(target))):
        yield from clashing([*framed(marks, spots, target, k), *glowing])


def clashing(groups: Iterable[Names]) -> Iterator[Defect]:
    """The first pair of groups that are of different places."""
    for one, other in combinations([asked(group) for group in groups], 2):
        for axis in AXES:
            if axis in one and axis in other and one[axis][0] != other[axis][0]:
                places = f"{axis} {one[axis][0]}", f"{axis} {other[axis][0]}"
                yield Defect("wrong label", f"{places[0]} and {places[1]} are marked at once", None, *places)
                return


def framed(marks: Iterable[Mark], spots: list[Spot], target: Array, theme: int = 0) -> Iterator[Names]:
    """What all cells in a frame have in common, where it is yellow in that theme."""
    for mark in marks:
        if mark.kind == "frame" and float(np.max(mark.opacity)) > VISIBLE and closeness(mark.rgb, target)[theme]:
            within = inside(mark.points, spots)
            if within:
                yield common(within)


def lit(marks: Iterable[Mark], traces: Traces) -> Iterator[Names]:
    """What all cells of a mobject that glow have in common."""
    for mark in marks:
        for shade in mark.shows:
            if not isinstance(shade, Shade) or not isinstance(shade.cell, Cells) or not np.ndim(shade.lit):
                continue
            index = np.broadcast_arrays(*map(np.asarray, shade.cell.index))
            places = np.stack([along.ravel() for along in index], axis=-1)
            glowing = np.ravel(shade.lit) > LIT
            if len(places) == len(glowing) and glowing.any():
                expression = shade.cell.tensor.expression
                yield shared([names_of(expression, tuple(map(int, place)), traces) for place in places[glowing]])


def asked(names: Names) -> Names:
    """The positions of a query or a key, as a table of both calls them."""
    role = ASKS.get(str(names.get("tensor", ("", ""))[0]))
    return names | {role: names["position"]} if role is not None and "position" in names else names


__all__ = ["check_together"]
