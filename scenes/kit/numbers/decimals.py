"""How many decimals a sum needs, so that what is shown reproduces what is shown, to the last digit.

A viewer adds up what stands there and rounds as the total is rounded. Where no number of decimals within reason makes
that come out, the picture says ≈."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import prod

from scenes.kit.ground.say import SIGNS, number

Parts = Sequence[tuple[float, ...]]  # what is added up: each a number, or the factors of a product
Tries = Sequence[tuple[int, int]]  # decimals more than asked for, of the parts and of the total

TABLE: Tries = ((0, 0), (1, 0), (0, -1), (1, -1))  # cells are narrow
LINE: Tries = ((0, 0), (1, 0), (2, 0), (2, 1), (1, -1), (2, -1))  # with products in it, whose last digits count twice
QUOTIENT: Tries = ((0, 0), (1, 0), (1, 1), (2, 1), (2, 2))  # of parts and their sum, by which each is divided
TOTAL: Tries = ((0, 0), (0, -1))  # below parts that stand already
EQUAL, ABOUT = "=", "≈"


@dataclass(frozen=True)
class Decimals:
    """Formats of the parts and of their total, and the sign between them."""

    parts: str
    total: str
    sign: str = EQUAL

    @classmethod
    def of(cls, spec: str, more: int, most: int) -> Decimals:
        """So many decimals more than in `spec`, of the parts and of the total."""
        return cls(with_decimals(spec, more), with_decimals(spec, most))

    @property
    def about(self) -> bool:
        return self.sign == ABOUT

    def hold(self, sums: Iterable[tuple[Parts, float]]) -> bool:
        """Whether all sums come out as they are displayed."""
        return all(adds_up(written(parts, self.parts), number(total, self.total)) for parts, total in sums)

    def signed(self, name: str) -> str:
        """The name of a total, “= x” or “x”, with the sign that holds."""
        return name if not self.about else name.replace(EQUAL, ABOUT) if EQUAL in name else f"{ABOUT} {name}"


def decimals(
    sums: Iterable[tuple[Parts, float]],
    spec: str,
    tries: Tries = TABLE,
    fits: Callable[[str], bool] = lambda spec: True,
) -> Decimals:
    """The first of the tries in which all sums hold as displayed, else `spec` and ≈.

    spec: that is asked for. fits: whether there is room for numbers in a format."""
    sums = list(sums)
    every = (Decimals.of(spec, *each) for each in tries)
    return next((one for one in every if fits(one.parts) and one.hold(sums)), Decimals(spec, spec, ABOUT))


def with_decimals(spec: str, more: int) -> str:
    """A format with so many decimals more, but not fewer than none.

    >>> with_decimals("+.2f", 1), with_decimals(".1%", -1), with_decimals(".0f", -1)
    ('+.3f', '.0%', '.0f')
    """
    return re.sub(r"\.(\d+)", lambda found: f".{max(int(found[1]) + more, 0)}", spec)


def written(parts: Parts, spec: str) -> list[list[str]]:
    return [[number(factor, spec) for factor in part] for part in parts]


def adds_up(parts: Iterable[Sequence[str]], total: str, over: str = "1") -> bool:
    """Whether the sum of products of what is displayed, divided by `over` and rounded as the total is, is the total.

    >>> adds_up([["−0.28"], ["+0.41"]], "+0.14"), adds_up([["−0.276"], ["+0.411"]], "+0.14")
    (False, True)
    >>> adds_up([["6.33"]], "0.65", over="9.7"), adds_up([["3.26"]], "0.33", over="9.7")
    (True, False)
    """
    left, right = sum((prod(map(read, part)) for part in parts), Decimal(0)) / read(over), read(total)
    return abs(left - right) <= Decimal(5).scaleb(int(right.as_tuple().exponent) - 1)


def read(text: str) -> Decimal:
    """A displayed number; of percentages, how many."""
    return Decimal(text.translate(SIGNS).rstrip("%"))


__all__ = [
    "ABOUT",
    "EQUAL",
    "LINE",
    "QUOTIENT",
    "TABLE",
    "TOTAL",
    "Decimals",
    "adds_up",
    "decimals",
    "with_decimals",
    "written",
]
