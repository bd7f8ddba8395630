"""RowChain: a row of numbers, and what becomes of it, operation by operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from manim import VGroup

from model.errors import UsageError
from model.numbers.tensor import Tensor
from scenes.kit.ground.layout import Box
from scenes.kit.ground.readings import Claim, Shown, shown_at
from scenes.kit.ground.say import number, say
from scenes.kit.numbers.cells import Law
from scenes.kit.numbers.decimals import ABOUT, EQUAL, adds_up, read, with_decimals
from scenes.kit.numbers.rows import Rows

APPLY: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "+": lambda x, y: x + y,
    "−": lambda x, y: x - y,
    "·": lambda x, y: x * y,
    "÷": lambda x, y: x / y,
}
MORE = 2  # decimals that a single number may have more than those in the cells


@dataclass(frozen=True)
class Operation(Law):
    """That numbers are those of a row before, + − · or ÷ an operand. terms: the row before and the operand."""

    sign: str = "+"

    def claim(self, tensor: Tensor, spec: str, at: tuple[int, ...]) -> Claim:
        x, y = (shown_at(term, form, at[: term.ndim]) for term, form in self.terms)
        total, what = shown_at(tensor, spec, at), f"a number {self.sign} another"
        if self.sign == "÷" and self.about:  # within what rounding can make: of a product, that is known
            return Claim(((total, y),), x, what, about=True)
        if self.sign == "÷":
            return Claim(((x,),), total, what, over=y)
        parts = {"+": ((x,), (y,)), "−": ((x,), (Shown("−1", -1, ""), y)), "·": ((x, y),)}[self.sign]
        return Claim(parts, total, what, self.about)

    def holds(self, tensor: Tensor, spec: str, at: tuple[int, ...]) -> bool:
        """Whether one number comes out to the last digit, as all are displayed."""
        claim = self.claim(tensor, spec, at)
        over = "1" if claim.over is None else claim.over.text
        parts = [[factor.text for factor in part] for part in claim.parts]
        return bool(read(over)) and adds_up(parts, claim.total.text, over)


class RowChain(Rows):
    """A row of numbers and, below it (`upright`: to its right), what each operation makes of it: x, − μ, ÷ σ, · w, + b.

    start: (Tensor [n], its name). operations: (sign, operand, the operand's name) each; the sign is + − · or ÷
    (UsageError for any other), the operand a Tensor of one number, which stands in the name of the row made of it, or
    of n, which is a row of its own. Each result is = if it comes out to the last digit that is displayed, else ≈, and
    the audit holds it to that. cell, upright, spec: as of Rows. Parts of the group: `.steps`, one group an operation
    with all that it brings (the first: the start), `.grids`, `.labels`, and `.result`, the last grid."""

    def __init__(
        self,
        box: Box,
        start: tuple[Tensor, str],
        operations: Sequence[tuple[str, Tensor, str]],
        *,
        kind: str = "data",
        operand: str = "weight",
        cell: float = 1.05,
        upright: int = 0,
        spec: str = "+.2f",
    ):
        self.spec, self.made = spec, dict[int, tuple[Operation, str]]()  # row → how it was made, the operand's name
        row, name = start
        parts, first = [(row, kind, name)], [0]
        for sign, other, name in operations:
            if sign not in APPLY:
                raise UsageError(f"RowChain: “{sign}” is no operation; there are {' '.join(APPLY)}.")
            first.append(len(parts))
            if other.ndim:
                parts.append((other, operand, f"{sign} {name}"))
            form = spec if other.ndim else with_decimals(spec.replace("+", ""), MORE)
            self.made[len(parts)] = Operation(((row, spec), (other, form)), None, True, sign), name
            row = APPLY[sign](row, other)
            parts.append((row, kind, self._name(len(parts))))
        super().__init__(box, parts, cell=cell, upright=upright, spec=spec)
        for k, (made, _) in self.made.items():
            self.grids[k].law = made
        self.steps = [
            VGroup(*self.grids[a:b], *self.labels[a:b]) for a, b in zip(first, [*first[1:], len(parts)], strict=True)
        ]
        self.result = self.grids[-1]
        box.fit(self)

    def _name(self, k: int) -> str:
        """What stands before a row that was made: the sign that holds, and the operand if it is one number."""
        made, name = self.made[k]
        equal, (other, form) = ABOUT if made.about else EQUAL, made.terms[1]
        if other.ndim:
            return equal
        return say(f"{made.sign} {{name}} ({{value:{form}}}) {equal}", name=name, value=other)

    def _choose(self, parts: Sequence[tuple[Tensor, str, str]], places: Sequence[int | None], width: float) -> None:
        """Of each operation, whether it comes out at the places that are shown, and the operand's decimals."""
        at = [(place,) for place in places if place is not None]
        for k, (made, name) in self.made.items():
            before, (other, form) = made.terms
            forms = [form] if other.ndim else [with_decimals(form, less - MORE) for less in range(MORE + 1)]
            forms = [each for each in forms if other.ndim or read(number(float(other), each)) or not float(other)]
            exact = [replace(made, terms=(before, (other, each)), about=False) for each in forms]
            right = (one for one in exact if all(one.holds(parts[k][0], self.spec, place) for place in at))
            self.made[k] = next(right, made), name

    def _signed(self, parts: Sequence[tuple[Tensor, str, str]]) -> list[tuple[Tensor, str, str]]:
        return [
            (tensor, kind, self._name(k) if k in self.made else name) for k, (tensor, kind, name) in enumerate(parts)
        ]


__all__ = ["Operation", "RowChain"]
