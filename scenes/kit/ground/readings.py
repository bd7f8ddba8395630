"""What is on screen, as data: texts with the numbers in them, and what they claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground.say import number
from scenes.kit.ground.typesetting import Run

Array = np.ndarray


@dataclass(frozen=True)
class Cell:
    """One number of a Tensor: what a reading shows, and where it comes from."""

    tensor: Tensor
    index: tuple[int, ...] = ()

    def value(self) -> float:
        return float(self.tensor.values[self.index])

    def source(self) -> str:
        return self.tensor.source(*self.index)


@dataclass(frozen=True)
class Cells:
    """Many numbers of a Tensor at once, picked by arrays of indices as NumPy takes them."""

    tensor: Tensor
    index: tuple[Any, ...] = ()

    def value(self) -> Array:
        return np.asarray(self.tensor.values[self.index], dtype=float)

    def source(self) -> str:
        return self.tensor.source()


@dataclass(frozen=True)
class Index:
    """A place along an axis ("vocab", "layer"), for the name of something of which no number is shown."""

    axis: str
    place: int


@dataclass(frozen=True)
class Shown:
    """A value that stands in a text: the characters, the value (Cell, int or str), and its format.

    start: where in the text, if that is known."""

    text: str
    value: Cell | int | np.integer[Any] | str
    spec: str
    start: int | None = None


def shown_at(tensor: Tensor, spec: str, index: tuple[int, ...] = ()) -> Shown:
    """One number of a tensor, as it is written in a format."""
    cell = Cell(tensor, index)
    return Shown(number(cell.value(), spec), cell, spec)


Of = Cell | Tensor | Index | None


@dataclass(frozen=True)
class Reading:
    """A piece of text on screen: what the audit checks and what the preview tells at a click."""

    text: str
    corners: Array  # [4, 2] of its ink box in scene coordinates, clockwise from upper left
    size: float  # em in scene units
    rgb: Array
    opacity: float
    numbers: tuple[Shown, ...] = ()
    area: Array | None = None  # [4, 2] where a click means this reading (a cell), if larger than the text
    of: Of = None  # what it names, where it is a label
    runs: tuple[Run, ...] = ()  # the parts that were set in one font each


@dataclass(frozen=True)
class Claim:
    """Numbers on screen that must add up: Σ of the parts (each a tuple of factors) = total, as displayed.

    about: the picture says ≈, because no number of decimals makes it hold to the last digit. over: what the sum is
    divided by."""

    parts: tuple[tuple[Shown, ...], ...]
    total: Shown
    what: str = "sum"
    about: bool = False
    over: Shown | None = None


def value_of(field: Any) -> Cell | int | np.integer[Any] | str:
    """What a field shows: counts and words as they are, a Tensor of one number as its cell."""
    return field if isinstance(field, (int, str, np.integer)) else Cell(field)


def shown_in(text: str) -> tuple[Shown, ...]:
    """The values in a Said, as Shown."""
    return tuple(Shown(text[s.start : s.end], value_of(s.value), s.spec, s.start) for s in getattr(text, "spans", ()))


__all__ = ["Array", "Cell", "Cells", "Claim", "Index", "Of", "Reading", "Shown", "shown_at", "shown_in"]
