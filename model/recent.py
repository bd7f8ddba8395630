"""What was made last, as much of it as there is room for: large things that are quicker kept than made again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T")


class Recent(Generic[T]):
    """The things that were asked for last, by key; the last one always stays. room: in bytes, of all together.

    >>> recent = Recent[bytes](room=8)
    >>> [recent.get(each, lambda: each * 3, len) for each in (b"a", b"b", b"c")]
    [b'aaa', b'bbb', b'ccc']
    >>> recent.get(b"a", lambda: b"new", len), recent.get(b"c", lambda: b"new", len)
    (b'new', b'ccc')
    """

    def __init__(self, room: int):
        self.room = room
        self._things: dict[Hashable, tuple[int, T]] = {}  # the one that was asked for last comes last

    def get(self, key: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """What has that key, made if it is not there. size: in bytes"""
        found = self._things.pop(key, None)  # two threads that ask at once both make it: no lock, for processes fork
        if found is None:
            return self.put(key, make(), size)
        self._things[key] = found
        return found[1]

    def put(self, key: Hashable, thing: T, size: Callable[[T], int]) -> T:
        """Keep it; what was not asked for the longest goes."""
        self._things[key] = size(thing), thing
        kept = list(self._things.items())
        over = sum(size for _, (size, _) in kept) - self.room
        for old, (size_of_old, _) in kept[:-1]:
            if over <= 0:
                break
            self._things.pop(old, None)
            over -= size_of_old
        return thing


def digest(values: np.ndarray) -> bytes:
    """What stands for an array's bytes in a key, which would keep all of them. values: contiguous"""
    return hashlib.sha1(values.data, usedforsecurity=False).digest()


__all__ = ["Recent", "digest"]
