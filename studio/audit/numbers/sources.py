"""Provenance: every number names a source, and equals what the trace says when it is computed a second time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from itertools import chain
from math import isfinite, prod
from typing import Any

import numpy as np

from model.numbers.again import key_of, outer
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.numbers.tree import Given, Recorded
from scenes.kit.ground.readings import Cell, Claim, Reading, Shown
from scenes.kit.ground.say import holds
from scenes.kit.ground.text import Formula
from scenes.kit.words.tokens import display
from studio.audit.checks.identity import Runs
from studio.audit.checks.naming import vocabularies_of
from studio.audit.findings import Defect
from studio.audit.numbers import given
from studio.audit.numbers.digits import digits

LARGE = 1 << 19  # numbers of a tensor that is let go of when its claim has been proved
CLOSE = 1e-6  # relative: float32 keeps seven digits
EXPONENTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
EQUALITY = re.compile(r"[−+\d][\d.,\s()+−×÷]*[+−×÷][\d.,\s()+−×÷]*= [+−]?[\d.,]+")  # numbers alone, and signs
QUOTES = "“”„‘’\"'.,;:!?()[]{}<>+…·=×→"


def is_numeric(char: str) -> bool:
    """Digits of every script, fractions, indices and ∞; not exponents, which are notation (x²)."""
    return char == "∞" or unicodedata.category(char) in ("Nd", "No", "Nl") and char not in EXPONENTS


def has_digits(text: str) -> bool:
    return any(map(is_numeric, text))


class Sources:
    """What a lesson's numbers may come from: its traces, and the words of its texts and vocabularies.

    names: words with digits in them that are names of things (`Lesson.names`)."""

    def __init__(self, traces: Iterable[Trace], names: Iterable[str] = ()):
        self.traces = Runs()
        self.words: set[str] = set(names)  # with digits in them, as they may stand in a sentence
        self.tokens: set[str] = set()  # as they may stand alone
        self.words_of_texts: set[str] = set()
        self.parts: set[str] = set()  # of tensors' names
        self.memo: dict[Any, Any] = {}
        self.known: dict[int, tuple[Any, np.ndarray | str]] = {}  # by the tensor's id
        self.tables: dict[int, tuple[np.ndarray, np.ndarray | str]] = {}  # given ones, by id, and as they should be
        self.numbers: set[tuple[Any, ...]] = set()  # those that were checked
        self.recorded: dict[str, set[str]] = {}  # by run: the names of its tensors that were asked for
        for trace in traces:
            self.add(trace)

    def add(self, trace: Trace) -> None:
        """One more run whose numbers may be shown."""
        if trace.run_id in self.traces:
            return
        self.traces[trace.run_id] = trace
        self.known = {key: value for key, value in self.known.items() if isinstance(value[1], np.ndarray)}
        self.tables = {key: value for key, value in self.tables.items() if isinstance(value[1], np.ndarray)}
        self.words |= {str(trace.info.get(name)) for name in ("checkpoint",)}
        self.words |= {word.strip(QUOTES) for word in str(trace.info.get("text", "")).split()}
        tokens = (*trace.tokens, *getattr(trace, "source_tokens", ()))
        self.words_of_texts |= {display(token) for token in tokens}
        self.words |= {display(token) for token in tokens} | {token.strip() for token in tokens}
        self.tokens |= self.words.union(*map(with_digits, vocabularies_of(trace)))
        parts = {part for name in trace.names for part in name.split(".")} | set(trace.names)
        self.parts |= {part for part in parts if any(map(str.isalpha, part))}

    # ── numbers ──────────────────────────────────────────────────────────────────────────────────
    def again(self, tensor: Any) -> np.ndarray | str:
        """A tensor's values, computed a second time from the traces alone; in words why that is not possible."""
        if id(tensor) not in self.known:
            self.known[id(tensor)] = (tensor, values := self._again(tensor))
            for leaf in () if isinstance(values, str) else tensor.expression.leaves():
                if isinstance(leaf, Recorded):
                    self.recorded.setdefault(leaf.run, set()).add(leaf.name)
        return self.known[id(tensor)][1]

    def forget(self, tensors: Iterable[Tensor]) -> None:
        """Let go of what is large: the weights of a large model, in float64, are gigabytes."""
        for tensor in tensors:
            if tensor.size > LARGE:
                self.known.pop(id(tensor), None)
                self.memo.pop(key_of(tensor.expression), None)

    def _again(self, tensor: Any) -> np.ndarray | str:
        if not isinstance(tensor, Tensor):
            return f"a {type(tensor).__name__} has no source: it must be a Tensor"
        for leaf in tensor.expression.leaves():
            if isinstance(leaf, Given) and id(leaf) not in self.memo:
                table = self._given(leaf)
                if isinstance(table, str):
                    return table
                self.memo[id(leaf)] = outer(table, leaf.index), leaf
        try:
            return np.asarray(tensor.evaluate(*self.traces.values(), memo=self.memo))
        except LookupError as error:
            return f"{error.args[0]}: the lesson must keep that run in `traces`"

    def _given(self, leaf: Given) -> np.ndarray | str:
        """The whole table of a given leaf, had again once."""
        key = id(leaf.table)
        if key not in self.tables:
            self.tables[key] = leaf.table, given.again(leaf, self.traces.values())
        return self.tables[key][1]

    def value(self, what: Any) -> float | str:
        """The number behind a Shown's value, or in words why there is none."""
        if isinstance(what, (int, np.integer)):
            return float(what)
        if not isinstance(what, Cell):
            return f"a {type(what).__name__} has no source"
        values = self.again(what.tensor)
        return values if isinstance(values, str) else float(values[what.index])

    def check_number(self, item: Shown) -> Defect | None:
        """A number on screen against its source."""
        if isinstance(item.value, str):
            return self._check_word(item.value, item.text)
        value = self.value(item.value)
        if isinstance(value, str):
            return Defect("no source", f"“{item.text}”: {value}", shown=item.text)
        self.numbers.add((id(getattr(item.value, "tensor", None)), getattr(item.value, "index", item.value), item.text))
        try:
            expected, right = self._written(item, value)
        except ValueError as error:
            return Defect("wrong number", f"“{item.text}”: {error}", shown=item.text)
        if item.text in right:
            return None
        return Defect("wrong number", f"“{item.text}” is not {source(item.value)}", expected=expected, shown=item.text)

    def _written(self, item: Shown, value: float) -> tuple[str, set[str]]:
        """How the value is written, and all ways that are right within what float32 keeps of it."""
        if isinstance(item.value, (int, np.integer)):
            expected = digits(int(item.value), item.spec or ",")
            return expected, {expected}
        spec = item.spec or "+.2f"
        slack = CLOSE * max(abs(value), 1e-3) if isfinite(value) else 0.0
        expected = digits(value, spec)
        return expected, {expected, digits(value - slack, spec), digits(value + slack, spec)}

    def _check_word(self, said: str, text: str) -> Defect | None:
        for word in said.split():
            if has_digits(word) and not (said in self.tokens or self._is_known(word, self.tokens)):
                what = f"“{word}” is given as a word, but is none of the text or the vocabulary"
                return Defect("no source", what, shown=text)
        return None

    def _is_known(self, word: str, words: set[str]) -> bool:
        bare = word.strip(QUOTES)
        return bool(bare) and (word in words or bare in words or bare in self.parts)

    # ── texts ────────────────────────────────────────────────────────────────────────────────────
    def check_reading(self, reading: Reading, kind: str = "no source") -> Iterator[Defect]:
        """All numbers of a text; what no source covers is of that kind."""
        covered, start = [False] * len(reading.text), 0
        for item in reading.numbers:
            at = reading.text.find(item.text, start) if item.start is None else item.start
            if at < 0 or not reading.text.startswith(item.text, at):
                what = f"“{reading.text}” does not show “{item.text}”"
                yield Defect("wrong number", what, expected=item.text, shown=reading.text)
                continue
            start = at + len(item.text)
            covered[at:start] = [True] * len(item.text)
            if defect := self.check_number(item):
                yield defect
        if reading.text in self.tokens:
            return
        if EQUALITY.fullmatch(reading.text) and not holds(reading.text):
            yield Defect("wrong sum", f"“{reading.text}” does not hold as it is displayed")
        for match in re.finditer(r"\S+", reading.text):
            loose = [i for i in range(*match.span()) if not covered[i] and _is_of_a_number(reading.text, i)]
            if (
                loose
                and not self._is_known(match[0], self.words)
                and not all(self._is_name(reading.text, i) for i in loose)
            ):
                yield Defect(kind, f"“{match[0]}” in “{_short(reading.text)}” has no source", shown=match[0])

    def _is_name(self, text: str, at: int) -> bool:
        """Whether the character is part of a tensor's name, as the 1 of ln1."""
        return any(m.start() <= at < m.end() and m[0] in self.parts for m in re.finditer(r"[A-Za-z_]\w*", text))

    def check_formula(self, formula: Formula) -> Iterator[Defect]:
        """Digits of a formula must be said in plain text, with their values."""
        set_in = [c for c in re.sub(r"#\w+\([^)]*\)", "", formula.source) if is_numeric(c)]
        said = [c for c in str(formula.says or "") if is_numeric(c)]
        if set_in and not said:
            what = f"the formula {formula.source} has numbers, and no `says` that gives their values"
            yield Defect("no source", what, shown=formula.source)
        elif sorted(set_in) != sorted(said):
            what = f"the formula {formula.source} says other numbers than it shows"
            yield Defect("wrong number", what, expected=str(formula.says), shown=formula.source)

    # ── what must add up ─────────────────────────────────────────────────────────────────────────
    def check_claim(self, claim: Claim) -> Defect | None:
        """A sum: to 1e-6 for the values behind it, and to the last digit as it is displayed; where the picture says ≈,
        within what rounding can make."""
        values = [[self.value(shown.value) for shown in part] for part in (*claim.parts, (claim.total,))]
        for value in chain.from_iterable(values):
            if isinstance(value, str):
                return Defect("no source", f"{claim.what}: {value}")
        *products, total = (prod(map(float, part)) for part in values)
        if claim.over is not None:
            over = self.value(claim.over.value)
            if isinstance(over, str):
                return Defect("no source", f"{claim.what}: {over}")
            products = [product / over for product in products]
        size = max(sum(map(abs, products)), abs(total))
        if abs(sum(products) - total) > CLOSE * size:
            what = f"{claim.what}: the values do not add up"
            return Defect("wrong sum", what, expected=f"{sum(products):.7g}", shown=f"{total:.7g}")
        return self._check_display(claim)

    def _check_display(self, claim: Claim) -> Defect | None:
        """As a viewer adds it up: the sum of what stands there, rounded as the total is, is the total."""
        parts = [[read(f) for f in part] for part in claim.parts]
        total, slack = read(claim.total)
        over = Decimal(1) if claim.over is None else read(claim.over)[0]
        shown_sum = sum((prod(v for v, _ in factors) for factors in parts), Decimal(0)) / over
        if claim.about:
            slack += sum(prod(abs(v) + half for v, half in part) - prod(abs(v) for v, _ in part) for part in parts)
        if (shown_sum - total).is_nan() or abs(shown_sum - total) > slack:
            how = f"{shown_sum} ± {slack:.2g}" if claim.about else str(shown_sum)
            parts_told = " + ".join("·".join(f.text for f in part) for part in claim.parts)
            what = f"{claim.what}: what is shown does not add up ({parts_told})"
            return Defect("wrong sum", what, expected=how, shown=claim.total.text)
        return None


@cache
def with_digits(vocabulary: tuple[str, ...]) -> frozenset[str]:
    """The words that have digits in them, as they are shown."""
    return frozenset(display(token) for token in vocabulary if has_digits(token))


def _is_of_a_number(text: str, at: int) -> bool:
    """A digit, or a percent sign after one: what is 0.6 must not be said as 0.6 %, nor 60 as 60 %."""
    return is_numeric(text[at]) or text[at] in "%‰" and is_numeric(text[:at].rstrip()[-1:] or " ")


def read(item: Shown) -> tuple[Decimal, Decimal]:
    """A displayed number as a viewer reads it, and half a unit of its last digit (0 for whole numbers)."""
    text = item.text.replace("−", "-").replace(",", "").replace("+", "")
    scale = Decimal("0.01") if text.endswith("%") else Decimal(1)
    try:
        digits = Decimal(text.rstrip("%"))
    except InvalidOperation:
        return Decimal("nan"), Decimal(0)
    exact = isinstance(item.value, (int, np.integer))
    return digits * scale, Decimal(0) if exact else Decimal(5).scaleb(int(digits.as_tuple().exponent) - 1) * scale


def source(value: Any) -> str:
    return value.source() if isinstance(value, Cell) else str(value)


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
