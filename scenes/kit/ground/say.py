"""Sentences that know where their numbers come from.

`say("“{word}” gives {w:.0%} to …", word="forest", w=pattern[8, 4])` is a string that remembers, for every
field, the value that was put there. Floats must be Tensors: a number that was typed in has no source, and
the audit says so. Counts and indices are ints; words are strings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from string import Formatter
from typing import Any

import numpy as np

MINUS, INFINITY = "−", "∞"
SIGNS = str.maketrans({MINUS: "-", "×": "*", "÷": "/", ",": None})
EQUATION = re.compile(r"[\d.\s()+*/-]*\d[\d.\s()+*/-]*")


def number(value: float, spec: str = "+.2f") -> str:
    """Format with a true minus sign, "−∞", and no negative zero. Specs are Python's;

    >>> number(-0.5), number(float("-inf")), number(-0.001, "+.2f"), number(0.604, ".0%")
    ('−0.50', '−∞', '+0.00', '60%')
    """
    value = float(value)
    if np.isinf(value):
        return (MINUS if value < 0 else "") + INFINITY
    text = format(value, spec)
    if not any(c in "123456789" for c in text) and text.startswith("-"):
        text = format(0.0, spec)
    return text.replace("-", MINUS)


@dataclass(frozen=True)
class Span:
    """Characters start…end of a text show `value` (a Tensor of one number, an int or a str) in the format `spec`.

    name: of the field that it was put in; empty where there was none."""

    start: int
    end: int
    value: Any
    spec: str
    name: str = ""

    def moved(self, by: int) -> Span:
        """The same, further on in a longer text."""
        return replace(self, start=self.start + by, end=self.end + by)


class Said(str):
    """A string with `spans`: where its values stand and what they are."""

    spans: tuple[Span, ...]

    def __new__(cls, text: str, spans: tuple[Span, ...] = ()) -> Said:
        self = super().__new__(cls, text)
        self.spans = tuple(spans)
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Said:
        return self  # immutable

    def cut(self, start: int, end: int) -> Said:
        """A part of the sentence, with the spans that lie in it."""
        inside = [s for s in self.spans if s.start >= start and s.end <= end]
        return Said(self[start:end], tuple(s.moved(-start) for s in inside))

    def begun(self) -> Said:
        """The same with a capital at its beginning, as a sentence has it where its first word is one of ours."""
        own = self[:1] == "t" and self.startswith("the ")
        return Said("T" + self[1:], self.spans) if own else self

    def __add__(self, other: str) -> Said:
        moved = (s.moved(len(self)) for s in getattr(other, "spans", ()))
        return Said(str(self) + str(other), (*self.spans, *moved))


def say(template: str, /, **fields: Any) -> Said:
    """Fill a template as str.format does, remembering each field. A field may itself be Said."""
    text, spans = "", []
    for literal, name, spec, _ in Formatter().parse(template):
        text += literal
        if name is None:
            continue
        value = fields[name]
        start = len(text)
        if isinstance(value, Said):
            spans += [s.moved(start) for s in value.spans]
            text += str(value)
            continue
        text += shown(value, spec or "")
        spans.append(Span(start, len(text), value, spec or "", name))
    return Said(text, tuple(spans))


def shown(value: Any, spec: str = "") -> str:
    """How a field's value is written: a word as it is, an int with thousands separated, a Tensor by its spec."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, np.integer)):
        return format(int(value), spec or ",").replace("-", MINUS)
    return number(float(value), spec or "+.2f")


def worked_out(template: str, least: int, **fields: Any) -> Said:
    """An equation of numbers, “a ÷ b = c”, with as few decimals (≥ least) as let it hold as it is displayed.

    In the template % stands for the format of those decimals. If five are not enough, it says ≈."""
    for decimals in range(least, least + 5):
        said = say(template.replace("%", f".{decimals}f"), **fields)
        if holds(said):
            return said
    return say(template.replace("%", f".{least}f").replace("=", "≈"), **fields)


def holds(equation: str) -> bool:
    """Whether “left = right” is so for the digits that are displayed, worked out and rounded as the right side is.

    >>> holds("0.499 ÷ (0.792 × 0.812) = 0.77"), holds("0.499 ÷ (0.792 × 0.812) = 0.78")
    (False, True)
    """
    left, _, right = equation.translate(SIGNS).rpartition("=")
    if not EQUATION.fullmatch(left):
        raise ValueError(f"{equation!r} is no equation of numbers")
    decimals = len(right.strip().partition(".")[2])
    worth = eval(left.strip(), {"__builtins__": {}})  # noqa: S307 (digits, brackets and + − × ÷ alone)
    return number(worth, f".{decimals}f") == number(float(right), f".{decimals}f")
