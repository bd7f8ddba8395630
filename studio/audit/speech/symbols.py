"""Formula names beside grids, and names of rows: K = X W_K stands over keys, “block 2” beside what block 2 leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from model.numbers.making import by_formula
from model.numbers.trace import Trace
from model.numbers.tree import Recorded
from scenes.kit.ground.painting import Painted
from scenes.kit.ground.text import Formula
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.numbers.strips import HeatStrips
from studio.audit.findings import Defect
from studio.audit.screen import Screen, is_painted
from studio.audit.speech.places import WORD_AXES, Where, reach, short_name

NEAR = 0.5  # scene units between a name and its grid
STREAM = {"ln1.normalized", "resid_pre", "resid_mid", "resid_post", "embed", "pos_embed", "ln_final.normalized"}
SYMBOLS = {
    "Q": {"q", "rot_q"},
    "K": {"k", "rot_k"},
    "V": {"v"},
    "q": {"q", "rot_q"},
    "k": {"k", "rot_k"},
    "v": {"v"},
    "z": {"z"},
    "a": {"pattern"},
    "x": STREAM,
    "E": {"embed"},
    "P": {"pos_embed", "W_pos"},
    **{f"W_{letter}": {f"W_{letter}"} for letter in "QKVOEU"},
}
SYMBOL = re.compile(r"^[+=]?\s*(W_\w|[A-Za-z])(?![A-Za-z])")
INDEXED = re.compile(r"^[+=]?\s*[A-Za-z]_(\d+)$")
WEIGHTS = re.compile(r"W_[A-Z]\b")
ROWS = {  # what the name of a row says of its tensor
    re.compile(r"block \d+"): {"resid_post"},
    re.compile(r"embedding"): {"embed", "resid_pre", "W_E"},
    re.compile(r"norm"): {"ln_final.normalized"},
}


def check_symbol(formula: Formula, screen: Screen, where: Where) -> Iterator[Defect]:
    """The letter that a formula begins with, against the grid that it stands beside."""
    symbol = SYMBOL.match(formula.source)
    expected = SYMBOLS.get(symbol[1]) if symbol else None
    grids = [m for m in screen.mobjects if isinstance(m, (TensorGrid, HeatStrips)) and is_painted(m)]
    if symbol is None or expected is None or not grids:
        return
    grid = min(grids, key=lambda grid: _gap(formula, grid))
    names = {short_name(leaf.name) for leaf in where.leaves(grid.tensor)}
    if _gap(formula, grid) >= NEAR or not names:
        return
    if not names & expected:
        there = ", ".join(sorted(names))
        yield Defect("false claim", f"{formula.source} stands beside {there}", expected=there, shown=symbol[1])
    yield from _index_of(formula, grid, expected, where)
    yield from _made_of(formula, grid, where)


def _index_of(formula: Formula, grid: TensorGrid, expected: set[str], where: Where) -> Iterator[Defect]:
    """The position in x₉, q₄: that of the row that it stands beside."""
    index = INDEXED.match(formula.source)
    spots = [s for s in where.spots([grid.tensor]) if s.axis in WORD_AXES and s.tensor in expected]
    if index and spots and int(index[1]) not in {spot.place for spot in spots}:
        right = ", ".join(str(spot.place) for spot in spots)
        yield Defect("false claim", f"{formula.source} stands beside position {right}", expected=right, shown=index[1])


def _made_of(formula: Formula, grid: TensorGrid, where: Where) -> Iterator[Defect]:
    """The weights in K = X W_K: those that what it stands beside is made with."""
    weights = set(WEIGHTS.findall(formula.source.partition("=")[2]))
    for leaf in where.leaves(grid.tensor) if weights else ():
        trace = where.traces.get(leaf.run) if isinstance(leaf, Recorded) else None
        made = by_formula(trace, leaf.name, (0,) * trace[leaf.name].ndim) if isinstance(trace, Trace) else None
        names = set() if made is None else {short_name(each.name) for each in made.expression.leaves()}
        if weights - names and any(name.startswith("W_") for name in names):
            right = ", ".join(sorted(name for name in names if name.startswith("W_")))
            yield Defect("false claim", f"{formula.source} stands beside what is made with {right}", expected=right)
            return


def _gap(a: Painted, b: Painted) -> float:
    """How far the boxes of two mobjects are apart."""
    low = [np.asarray(m.points[:, :2]).min(axis=0) for m in (a, b)]
    high = [np.asarray(m.points[:, :2]).max(axis=0) for m in (a, b)]
    return float(np.hypot(*np.maximum(np.maximum(low[0] - high[1], low[1] - high[0]), 0)))


def check_rows(mobject: Painted, where: Where) -> Iterator[Defect]:
    """The names of rows that say which tensor a row is of."""
    labels = getattr(mobject, "row_labels", None)
    if not isinstance(mobject, (TensorGrid, HeatStrips)) or not isinstance(labels, (list, tuple)):
        return
    for k, label in enumerate(labels[: mobject.tensor.shape[0]]):
        expected = next((names for pattern, names in ROWS.items() if pattern.fullmatch(label)), None)
        if expected is None or mobject.tensor.ndim != 2:
            continue
        row = reach(mobject.tensor.expression, (k, range(mobject.tensor.shape[1])))
        names = {short_name(leaf.name) for leaf in row}
        if names and not names & expected:
            yield Defect("false claim", f"“{label}” is the name of a row of {', '.join(sorted(names))}")
