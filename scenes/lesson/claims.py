"""What captions claim beyond numbers, as facts that can be computed: “most”, “nearest”, “gains”, “of its attention”.

    with self.step("Who looks where", "“{a}” looks at “{b}” most, {w:.0%}.", claims=[most(weights, j)], …):

A word of WORDS in a caption, or in the grey line, must be proved by one of the step's facts; the audit computes each
fact again from the runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from model.numbers.tensor import Tensor

Test = Callable[..., bool]

MOST = ("most", "nearest", "likeliest", "largest", "longest", "best", "comes first", "come first")
LEAST = ("least", "smallest", "best")
WORDS = (
    *dict.fromkeys(MOST + LEAST),
    *("gains", "loses", "low", "high", "favours", "nearly all", "of its attention", "falls into", "different words"),
    *("earn", "earns", "hold", "on their side", "is number", "leads to", "apart"),
)
CLAIMED = re.compile(
    rf"(?<!at )\b({'|'.join(word for word in WORDS if word != 'apart')}|(?<=\d )apart)\b", re.IGNORECASE
)
CLOSE = 1e-6  # of numbers that are computed twice
RTOL = 1e-4  # of probabilities: logits of 28, as large models have, are off by 3e-5


@dataclass(frozen=True, eq=False)
class Fact:
    """That `holds` is true of the values of the tensors `of`; it proves the words.

    told: the fact in words, for the finding where it is none. field: of the caption (or of the grey line); then `holds`
    takes what is said there before the values, and where that field is not said, nothing is claimed."""

    words: tuple[str, ...]
    told: str
    of: tuple[Tensor, ...]
    holds: Test
    field: str = ""


def fact(words: str | Sequence[str], told: str, of: Sequence[Tensor], holds: Test) -> Fact:
    """Any fact: holds(*values) of the tensors, as NumPy arrays, says whether it is one."""
    return Fact((words,) if isinstance(words, str) else tuple(words), told, tuple(of), holds)


def truth(told: str, of: Sequence[Tensor], holds: Test) -> Fact:
    """What must hold of the numbers of a step, whatever is said of them."""
    return Fact((), told, tuple(of), holds)


def count(words: str | Sequence[str], field: str, of: Sequence[Tensor], how: Callable[..., int]) -> Fact:
    """What is said in a field, a whole number, is how(*values) of the tensors."""
    words = (words,) if isinstance(words, str) else tuple(words)
    return Fact(words, f"“{words[0]}” goes with this number", tuple(of), lambda n, *v: n == how(*v), field)


def said(field: str, number: Tensor) -> Fact:
    """What is said in a field is this number."""
    told = f"“{field}” is {number.source()}"
    return Fact(
        (), told, (number,), lambda one, value: bool(abs(float(one) - float(value)) <= CLOSE * abs(value)), field
    )


def alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether probabilities that were computed in two ways are the same ones.

    Their relative difference is the difference of their logits; in single precision these agree to less than RTOL."""
    return bool(np.allclose(one, other, rtol=RTOL))


def most(row: Tensor, place: int | tuple[int, ...], among: Sequence[int] | None = None) -> Fact:
    """No number of a row [n] is larger than that at `place` (among: the places that count)."""
    counted = range(len(row)) if among is None else among
    told = f"the largest of {row.source()} is at {place}"
    return Fact(MOST, told, (row,), lambda values: bool(values[place] >= np.nanmax(values[list(counted)]) - CLOSE))


def least(row: Tensor, place: int) -> Fact:
    """No number of a row [n] is smaller than that at `place`."""
    told = f"the smallest of {row.source()} is at {place}"
    return Fact(LEAST, told, (row,), lambda values: bool(values[place] <= values.min() + CLOSE))


def ordered(row: Tensor) -> Fact:
    """A row [n] falls from its first number to its last: the likeliest come first."""
    told = f"{row.source()} falls from the first to the last"
    return Fact(MOST, told, (row,), lambda values: bool((np.diff(values) <= CLOSE).all()))


def share(weights: Tensor) -> Fact:
    """Weights [n] are shares of one attention: none is negative, and together they are all of it."""
    told = f"{weights.source()} adds up to one"
    holds = lambda values: bool((values >= 0).all() and abs(values.sum() - 1) < 1e-5)  # noqa: E731
    return Fact(("of its attention",), told, (weights,), holds)


def within(number: Tensor, low: Tensor, high: Tensor) -> Fact:
    """A number falls into the interval [low, high)."""
    told = f"{number.source()} lies between {low.source()} and {high.source()}"
    holds = lambda at, a, b: bool(a - CLOSE <= at < b + CLOSE)  # noqa: E731
    return Fact(("falls into",), told, (number, low, high), holds)


def gains(change: Tensor) -> Fact:
    """A change, of one number, is none downwards."""
    return Fact(("gains",), f"{change.source()} is not below zero", (change,), lambda value: bool(value >= 0))


def loses(change: Tensor) -> Fact:
    """A change, of one number, is none upwards."""
    return Fact(("loses",), f"{change.source()} is not above zero", (change,), lambda value: bool(value <= 0))


def above(words: str | Sequence[str], more: Tensor, less: Tensor) -> Fact:
    """One number is at least as large as another."""
    told = f"{more.source()} is not below {less.source()}"
    return fact(words, told, (more, less), lambda a, b: bool(a >= b))
