"""The frames of one session: their bytes in files without a name, where they are in memory.

The files are gone when the process is, however it ends; what is asked for often stays in the system's page cache.
"""

from __future__ import annotations

import errno
import os
import tempfile
from bisect import bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True)
class Frame:
    """An image that stands from frame `number` of its step for `repeat` frames. kind: drawing.JPEG or drawing.WEBP."""

    number: int
    repeat: int
    kind: int
    offset: int
    length: int


@dataclass
class Strip:
    """The frames of one step that are drawn so far. length: of the step in frames, None while not known."""

    folder: Path
    length: int | None = None
    frames: dict[int, Frame] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)  # sorted
    size: int = 0  # bytes
    file: BinaryIO | None = None

    def add(self, number: int, repeat: int, kind: int, data: bytes) -> Frame:
        """Keep an image. Raises OSError where there is no room for it."""
        if self.file is None:
            self.file = tempfile.TemporaryFile(dir=self.folder)
        if os.pwrite(self.file.fileno(), data, self.size) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.folder))
        frame = Frame(number, repeat, kind, self.size, len(data))
        self.size += len(data)
        if number not in self.frames:
            insort(self.numbers, number)
        self.frames[number] = frame
        return frame

    def read(self, frame: Frame) -> bytes:
        assert self.file is not None
        return os.pread(self.file.fileno(), frame.length, frame.offset)

    def covers(self, number: int) -> bool:
        """Whether what is shown at that frame is drawn."""
        place = bisect_right(self.numbers, number) - 1
        return place >= 0 and number < self.numbers[place] + self.frames[self.numbers[place]].repeat

    def first_shown(self, number: int) -> int:
        """The frame since which the picture has been the same as at `number`, as far as it is drawn."""
        return next(self.from_(number)).number if self.covers(number) else number

    def from_(self, number: int) -> Iterator[Frame]:
        """All frames, beginning with what is shown at `number`; those before it come last."""
        place = max(bisect_right(self.numbers, number) - 1, 0)
        for n in self.numbers[place:] + self.numbers[:place]:
            yield self.frames[n]

    def gap(self, start: int) -> tuple[int, int | None] | None:
        """The first frames that are lacking from `start` on, else from the beginning: (first, last + 1 if known)."""
        if self.length is not None:
            start = max(0, min(start, self.length - 1))
        return self._gap(start) or (self._gap(0) if start else None)

    def _gap(self, at: int) -> tuple[int, int | None] | None:
        place = max(bisect_right(self.numbers, at) - 1, 0)
        for number in self.numbers[place:]:
            if number > at:
                return at, number
            at = max(at, number + self.frames[number].repeat)
        return None if self.length is not None and at >= self.length else (at, self.length)

    def clear(self) -> None:
        """Forget the images."""
        if self.file is not None:
            self.file.close()
        self.file, self.size, self.frames, self.numbers = None, 0, {}, []


class Store:
    """All strips of a session. At most about `limit` bytes: what is far from the step being watched is forgotten."""

    def __init__(self, folder: Path, limit: int):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.limit = folder, limit
        self.strips: dict[int, Strip] = {}

    def strip(self, step: int) -> Strip:
        if step not in self.strips:
            self.strips[step] = Strip(self.folder)
        return self.strips[step]

    @property
    def size(self) -> int:
        return sum(strip.size for strip in self.strips.values())

    @property
    def full(self) -> bool:
        """Whether drawing ahead should stop."""
        return self.size > 0.8 * self.limit

    def make_room(self, step: int) -> None:
        """Forget what is farthest from `step` until there is room."""
        for far in sorted(self.strips, key=lambda s: -abs(s - step)):
            if self.size <= self.limit or abs(far - step) <= 1:
                break
            self.strips[far].clear()

    def close(self) -> None:
        for strip in self.strips.values():
            strip.clear()
