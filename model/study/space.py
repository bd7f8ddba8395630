"""Geometry of a table of word vectors: cosine, nearest neighbours, directions, analogies, and maps by PCA. NumPy only.

A table is a Tensor [word, dimension]: W_E of a model, or `glove.vectors`. What is searched or sorted is found with
plain NumPy; what is shown (a cosine, a coordinate) is a Tensor derived from the table's own rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from model.numbers.origins import Axes
from model.numbers.tensor import Tensor

LARGE = 1 << 23  # numbers of a table, from which on they are not turned into float64 for a search
Pair = tuple[int, int]


def index_of(vocabulary: Sequence[str]) -> dict[str, int]:
    """Word in lower case → its row. Of " cat" and "cat" (sub-word models) the one that begins a word counts.

    >>> index_of(["cat", " cat", "The"])
    {'cat': 1, 'the': 2}
    """
    found: dict[str, int] = {}
    for spaced in (True, False):
        for row, word in enumerate(vocabulary):
            if word.startswith(" ") == spaced:
                found.setdefault(word.strip().lower(), row)
    return found


def length(vector: Tensor) -> Tensor:
    """√Σ x² along the last axis. […, dimension] → […]"""
    return vector.square().sum(-1).sqrt()


def cosine(vectors: Tensor, other: Tensor) -> Tensor:
    """a · b / (|a| |b|): 1 for the same direction, 0 for a right angle. […, dimension] × [dimension] → […]"""
    return (vectors @ other) / (length(vectors) * length(other))


def cosines(table: Tensor, query: Tensor) -> np.ndarray:
    """The cosine of every row with the query, as bare numbers for sorting. [word]"""
    rows, vector = np.asarray(table.values), np.asarray(query.values)
    if rows.size < LARGE:
        rows, vector = rows.astype(np.float64), vector.astype(np.float64)
    lengths = np.sqrt(np.einsum("wd,wd->w", rows, rows)) * np.linalg.norm(vector)
    near = np.zeros(len(rows))
    np.divide(rows @ vector.astype(rows.dtype), lengths, out=near, where=lengths > 0)
    return near


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Rows in order of their cosine with a query, nearest first; `cosines` [n] are derived from the table."""

    ids: tuple[int, ...]
    cosines: Tensor


def nearest(table: Tensor, query: Tensor, n: int, exclude: Iterable[int] = ()) -> Neighbours:
    """The `n` rows of the full table with the largest cosine, without those excluded."""
    near = cosines(table, query)
    near[list(exclude)] = -np.inf
    ids = [int(row) for row in np.argsort(-near, kind="stable")[: min(n, len(near) - len(set(exclude)))]]
    return Neighbours(tuple(ids), cosine(table[ids], query))


def rank(table: Tensor, query: Tensor, row: int, exclude: Iterable[int] = ()) -> int:
    """1 if `row` is the nearest of all rows that are not excluded, 2 if one is nearer, …"""
    near = cosines(table, query)
    near[[other for other in exclude if other != row]] = -np.inf
    return 1 + int((near > near[row]).sum())


@dataclass(frozen=True, eq=False)
class Analogy:
    """a is to b as c is to … : the rows nearest to b − a + c, without a, b and c, and the rank of the expected one."""

    a: int
    b: int
    c: int
    expected: int
    target: Tensor
    found: Neighbours
    rank: int
    cosine: Tensor  # of the expected row with the target
    nearest_of_all: int  # the nearest row when nothing is left out: usually c or b itself

    @property
    def holds(self) -> bool:
        return self.rank == 1


def analogy(table: Tensor, a: int, b: int, c: int, expected: int, n: int = 5) -> Analogy:
    """b − a + c and what really lies nearest to it (Mikolov et al. 2013, 3CosAdd on vectors as they are)."""
    target = table[b] - table[a] + table[c]
    asked = (a, b, c)
    return Analogy(
        a,
        b,
        c,
        expected,
        target,
        nearest(table, target, n, asked),
        rank(table, target, expected, asked),
        cosine(table[expected], target),
        nearest(table, target, 1).ids[0],
    )


def direction(table: Tensor, pairs: Sequence[Pair]) -> Tensor:
    """The mean of second − first over all pairs, made to length 1. [dimension]"""
    firsts, seconds = ([pair[side] for pair in pairs] for side in (0, 1))
    mean = (table[seconds] - table[firsts]).mean(0)
    return mean / length(mean)


def middle(table: Tensor, pairs: Sequence[Pair], along: Tensor) -> Tensor:
    """Where the words of the pairs lie on average along a direction: the border between the two sides."""
    return (table[[row for pair in pairs for row in pair]] @ along).mean(0)


@dataclass(frozen=True, eq=False)
class Pca:
    """Principal axes of some rows. axes [dimension, axis] of length 1; explained [axis]: shares of the rows' variance.

    The axes are found by eigh; shares and coordinates are derived from the table and can be computed again."""

    mean: Tensor
    axes: Tensor
    explained: Tensor

    def project(self, rows: Tensor) -> Tensor:
        """(row − mean) · axes. [row, dimension] → [row, axis]"""
        return (rows - self.mean) @ self.axes


def pca(rows: Tensor, name: str, n: int = 2, *, first: Tensor | None = None) -> Pca:
    """The `n` orthogonal directions along which the rows vary most: eigenvectors of their covariance (Pearson 1901).

    name: of the rows, for the record of where the axes come from. `first` fixes the first axis; the others are then
    those of what is left at right angles to it. The sign: the entry of largest magnitude is positive."""
    mean = rows.mean(0)
    centred = np.asarray(rows.values, dtype=np.float64) - mean.values
    rest, axes = centred, []
    if first is not None:
        rest = centred - np.outer(centred @ first.values, first.values)
        axes = [first.values]
    _, vectors = np.linalg.eigh(rest.T @ rest)
    for vector in vectors.T[::-1][: n - len(axes)]:
        axes.append(vector * np.sign(vector[np.abs(vector).argmax()]))
    origin = Axes(rows, first)
    given = Tensor.given(np.array(axes).T, f"principal axes of {name}", ("dimension", "axis"), origin)
    spread = rows - mean
    total = spread.square().sum()
    explained = (
        (spread @ given).square().sum(0) / total
        if float(total) > 0
        else Tensor.given(np.zeros(n), f"no spread in {name}", ("axis",))
    )
    return Pca(mean, given, explained)
