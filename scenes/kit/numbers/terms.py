"""A sum written out: (+0.56)(−0.66) + (−0.35)(+0.61) + … + [61 more: −2.18] = −4.03."""

from __future__ import annotations

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell, Claim, Shown, shown_in
from scenes.kit.ground.say import Said, number, say
from scenes.kit.ground.style import smallest
from scenes.kit.ground.text import LABEL


class TermSum(Painted):
    """The terms of a dot product (or of a plain sum), the rest in one bracket, and the total.

    a, b: Tensors [n] (b None: the terms are a's numbers). total: Tensor of one number. As many terms as fit
    `width` × `lines` are written out; the others stand as "[k more: their sum]", so that the line adds up.
    `least` terms stand in any case, in smaller letters if need be; `shown` fixes how many at most.
    lit: how far each piece is lit, 0…1 (the last piece is the total). `lead` stands in front.
    """

    lit: Mix[np.ndarray]
    running: Mix[float]

    def __init__(
        self,
        a: Tensor,
        b: Tensor | None,
        total: Tensor,
        *,
        width: float,
        size: float = LABEL,
        lines: int = 1,
        spec: str = "+.2f",
        lead: str = "",
        colors: tuple[str, str] = ("ink", "ink"),
        total_color: str = "target",
        least: int = 1,
        shown: int | None = None,
    ):
        n = len(a)
        self.a, self.b, self.total, self.spec, self.size = a, b, total, spec, size
        self.roles, self.total_color = colors, total_color
        self.products = a * b if b is not None else a
        count = n if shown is None else min(shown, n)
        while True:
            self.pieces = self._pieces(lead, count)
            self.places, right, needed = self._place(width)
            if needed <= lines:
                break
            if count > least:
                count -= 1
            elif self.size > smallest():
                self.size *= 0.95
            else:
                break
        self.count = count
        self.lit = np.ones(len(self.pieces))
        self.counted = 0  # terms in it, the bracket included
        self.running = float("nan")  # the running total while the terms light up; nan = the real total
        super().__init__(right, self.size * (1 + 1.45 * (needed - 1)))

    def _term(self, i: int) -> Said:
        if self.b is None:
            return say("{a:" + self.spec + "}", a=self.a[i])
        return say("({a:" + self.spec + "})({b:" + self.spec + "})", a=self.a[i], b=self.b[i])

    def _pieces(self, lead: str, count: int) -> list[Said]:
        n, pieces = len(self.a), [Said(lead)] if lead else []
        self.first = len(pieces)  # index of the first term
        for i in range(count):
            pieces.append(Said(" + " if i else "") + self._term(i))
        self.rest = self.products[list(range(count, n))].sum(0) if count < n else None
        if self.rest is not None:
            pieces.append(say(" + [{k} more: {rest:" + self.spec + "}]", k=n - count, rest=self.rest))
        return [*pieces, say(" = {total:" + self.spec + "}", total=self.total)]

    def _place(self, width: float) -> tuple[list[tuple[float, int]], float, int]:
        """(x, line) of every piece, the widest line, and the number of lines."""
        places, x, line, widest = [], 0.0, 0, 0.0
        for piece in self.pieces:
            w = typesetting.width(str(piece), self.size)
            if x and x + w > width:
                x, line = 0.4 * self.size, line + 1
            places.append((x, line))
            x += w
            widest = max(widest, x)
        if widest > width:
            line = 99
        return places, widest, line + 1

    def piece_center(self, i: int) -> np.ndarray:
        """Scene coordinates of a piece (−1: the total)."""
        x, line = self.places[i]
        w = typesetting.width(str(self.pieces[i]), self.size)
        return self.to_scene(x + w / 2, self.size * (0.55 + 1.45 * line))

    def draw(self, pen: Pen) -> None:
        last = len(self.pieces) - 1
        for i, (piece, (x, line)) in enumerate(zip(self.pieces, self.places, strict=True)):
            y = self.size * (typesetting.ASCENT + 1.45 * line)
            if i == last and np.isfinite(self.running):
                pen.text(
                    f" = {number(self.running, self.spec)}",
                    x,
                    y,
                    self.size,
                    "secondary",
                    float(self.lit[i]),
                    numbers=(self._so_far(),),
                )
            else:
                pen.text(piece, x, y, self.size, self.total_color if i == last else "ink", float(self.lit[i]))

    def _so_far(self) -> Shown:
        """The running total: of the terms that are counted."""
        counted = self.total if self.counted > self.count else self.products[: self.counted].sum(0)
        return Shown(number(self.running, self.spec), Cell(counted), self.spec)

    def claims(self) -> list[Claim]:
        under_way = bool(np.isfinite(self.running))
        if not self.counted if under_way else self.lit.min() < 0.99:
            return []
        count = min(self.counted, self.count) if under_way else self.count
        parts = [tuple(s for s in shown_in(self.pieces[self.first + i])) for i in range(count)]
        if under_way and self.counted <= self.count:
            return [Claim(tuple(parts), self._so_far(), "running total")]
        if self.rest is not None:
            parts.append((Shown(number(float(self.rest), self.spec), Cell(self.rest), self.spec),))
        return [
            Claim(tuple(parts), Shown(number(float(self.total), self.spec), Cell(self.total), self.spec), "dot product")
        ]


__all__ = ["TermSum"]
