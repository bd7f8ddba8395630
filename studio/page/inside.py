"""What of the recorded numbers stands in a page: all that clicks can reach, or, where that is too much, the nearest.

Numbers come in rounds: those that are shown; those that they are made of; and so on down to weights and words. Where
what a tensor's numbers are made of has no room any more, the page ends there, and says so.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from studio.page.needs import Mesh, size, union, whole

SAMPLE = 1 << 16  # numbers of a tensor that are packed to see how small they become
Needs = Mapping[int, Mesh]  # by the numbers of tensors


def planes(table: bytes) -> bytes:
    """All first bytes of four, then all second ones, …: floats of alike size pack better so. The page undoes it."""
    return np.frombuffer(table + bytes(-len(table) % 4), np.uint8).reshape(-1, 4).T.tobytes()


def joined_planes(apart: bytes) -> bytes:
    """What `planes` took apart."""
    return np.frombuffer(apart, np.uint8).reshape(4, -1).T.tobytes()


def packed(data: bytes) -> bytes:
    """Tables as they stand in the file, before they are written as text."""
    return gzip.compress(planes(data), mtime=0)


class Inside:
    """asked: the part of each tensor that was let in, by its number. used: of `most` bytes, as they are packed.

    values: a tensor's numbers. same: the first tensor with the same numbers, which are stored once. as_whole: tensors
    come as wholes or not at all."""

    def __init__(self, values: Callable[[int], np.ndarray], same: Callable[[int], int], most: float, as_whole: bool):
        self.values, self.same, self.most, self.as_whole, self.used = values, same, most, as_whole, 0.0
        self.asked: dict[int, Mesh] = {}
        self.stored: dict[int, Mesh] = {}  # the part of each tensor that is stored
        self.grown: set[int] = set()
        self._bytes: dict[int, float] = {}  # a packed number's, of each tensor

    def add(self, needs: Needs) -> bool:
        """Let numbers in if there is room for all of them."""
        if self.as_whole:
            needs = {one: whole(self.values(one).shape) for one in needs}
        if (cost := self.cost(needs)) and self.used + cost > self.most:
            return False
        self.used += cost
        for one, mesh in needs.items():
            more = union(self.asked[one], mesh) if one in self.asked else mesh
            if one not in self.asked or size(more) > size(self.asked[one]):
                self.grown.add(one)
            self.asked[one] = more
        self.stored |= self._stored_with(needs)
        return True

    def cost(self, needs: Needs) -> float:
        """The packed bytes of what is not stored yet."""
        return sum((size(mesh) - self._has(one)) * self._each(one) for one, mesh in self._stored_with(needs).items())

    def lacks(self, needs: Needs) -> int:
        """How many of these numbers are not inside."""
        return sum(size(mesh) - self._shared(self.same(one), mesh) for one, mesh in needs.items())

    def reach(self, needs_of: Callable[[int], Needs]) -> bool:
        """Go on from what is inside to what it is made of, what costs least first; whether all of it had room."""
        complete = True
        while self.grown:
            grown, self.grown = sorted(self.grown), set()
            for needs in sorted(map(needs_of, grown), key=self.cost):
                complete &= self.add(needs)
                if self.as_whole and not complete:
                    return False
        return complete

    def _stored_with(self, needs: Needs) -> dict[int, Mesh]:
        """What would be stored of the tensors that are needed."""
        stored: dict[int, Mesh] = {}
        for one, mesh in needs.items():
            first = self.same(one)
            old = stored.get(first, self.stored.get(first))
            stored[first] = mesh if old is None else union(old, mesh)
        return stored

    def _has(self, first: int) -> int:
        return size(self.stored[first]) if first in self.stored else 0

    def _shared(self, first: int, mesh: Mesh) -> int:
        if first not in self.stored:
            return 0
        return size(tuple(np.intersect1d(a, b) for a, b in zip(self.stored[first], mesh, strict=True)))

    def _each(self, one: int) -> float:
        if one not in self._bytes:
            sample = np.ravel(self.values(one))[:SAMPLE]
            self._bytes[one] = len(packed(sample.tobytes())) / max(1, sample.size)
        return self._bytes[one]


def joined(needs: Iterable[tuple[int, Mesh]]) -> dict[int, Mesh]:
    """The needs of several numbers as one."""
    found: dict[int, Mesh] = {}
    for one, mesh in needs:
        found[one] = union(found[one], mesh) if one in found else tuple(map(np.unique, mesh))
    return found
