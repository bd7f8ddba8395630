"""A sum written out: (−2.74)(−1.50) + (+3.27)(−0.68) + … + [61 more: −2.42] = −4.03."""

from __future__ import annotations

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.ground import typesetting
from scenes.kit.ground.painting import Mix, Painted, Pen
from scenes.kit.ground.readings import Cell, Claim, Shown, shown_at, shown_in
from scenes.kit.ground.say import Said, number, say
from scenes.kit.ground.style import smallest
from scenes.kit.ground.text import LABEL
from scenes.kit.numbers.decimals import ABOUT, EQUAL, LINE, Decimals, Parts, adds_up


class TermSum(Painted):
    """The terms of a dot product (or of a plain sum), the largest first, the rest in one bracket, and the total.

    a, b: Tensors [n] (b None: the terms are a's numbers). total: Tensor of one number. As many terms as fit
    `width` × `lines` are written out; the others stand as "[k more: their sum]", so that the line adds up: to the last
    digit of the total, by as many decimals of the terms as that takes, or else with ≈ for =.
    `least` terms stand in any case, in smaller letters if need be; `shown` fixes how many at most.
    lit: how far each piece is lit, 0…1 (the last piece is the total). `lead` stands in front.
    Parts: `.a .b .products`, in the order in which they stand (`.order`: their places in what was given).
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
        products = np.abs((a * b if b is not None else a).values)
        self.order = [int(k) for k in np.argsort(-products, kind="stable")]
        self.a, self.b, self.total = a[self.order], None if b is None else b[self.order], total
        self.products = self.a * self.b if self.b is not None else self.a
        self.roles, self.total_color, self.lead = colors, total_color, lead
        self.most = len(a) if shown is None else min(shown, len(a))
        for each in LINE:  # decimals decide how many terms fit, and those which decimals are needed
            self._write(Decimals.of(spec, *each), width, size, lines, least)
            if self.decimals.hold([(self._values(), float(total))]):
                break
        else:
            self._write(Decimals(spec, spec, ABOUT), width, size, lines, least)
        self.lit = np.ones(len(self.pieces))
        self.counted = 0  # terms in it, the bracket included
        self.running = float("nan")  # the running total while the terms light up; nan = the real total
        super().__init__(self.right, self.size * (1 + 1.45 * (self.needed - 1)))

    # ── what stands where ────────────────────────────────────────────────────────────────────────
    def _write(self, form: Decimals, width: float, size: float, lines: int, least: int) -> None:
        """The pieces and their places, with these decimals."""
        self.decimals, self.size = form, size
        widths = np.cumsum([typesetting.width(str(self._term(i)), size) for i in range(self.most)])
        self.count = max(int((widths <= lines * width).sum()), least)  # more cannot fit
        while True:
            self.pieces = self._pieces()
            self.places, self.right, self.needed = self._place(width)
            if self.needed <= lines:
                break
            if self.count > least:
                self.count -= 1
            elif self.size > smallest():
                self.size *= 0.95
            else:
                break

    def _term(self, i: int) -> Said:
        spec = self.decimals.parts
        if self.b is None:
            return say("{a:" + spec + "}", a=self.a[i])
        return say("({a:" + spec + "})({b:" + spec + "})", a=self.a[i], b=self.b[i])

    def _pieces(self) -> list[Said]:
        n, count, pieces = len(self.a), self.count, [Said(self.lead)] if self.lead else []
        self.first = len(pieces)  # index of the first term
        for i in range(count):
            pieces.append(Said(" + " if i else "") + self._term(i))
        self.rest = self.products[count:].sum(0) if count < n else None
        if self.rest is not None:
            pieces.append(say(" + [{k} more: {rest:" + self.decimals.parts + "}]", k=n - count, rest=self.rest))
        total = f" {self.decimals.sign} {{total:{self.decimals.total}}}"
        return [*pieces, say(total, total=self.total)]

    def _values(self) -> Parts:
        """What is added up."""
        factors = [self.a] if self.b is None else [self.a, self.b]
        parts = [tuple(float(t.values[i]) for t in factors) for i in range(self.count)]
        return parts if self.rest is None else [*parts, (float(self.rest),)]

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

    # ── what is seen ─────────────────────────────────────────────────────────────────────────────
    def draw(self, pen: Pen) -> None:
        last = len(self.pieces) - 1
        for i, (piece, (x, line)) in enumerate(zip(self.pieces, self.places, strict=True)):
            at = x, self.size * (typesetting.ASCENT + 1.45 * line), self.size
            if i == last and np.isfinite(self.running):
                so_far = self._so_far()
                text = f" {ABOUT if self._claim_so_far().about else EQUAL} {so_far.text}"
                pen.text(text, *at, "secondary", float(self.lit[i]), numbers=(so_far,))
            else:
                pen.text(piece, *at, self.total_color if i == last else "ink", float(self.lit[i]))

    def _so_far(self) -> Shown:
        """The running total: of the terms that are counted."""
        counted = self.total if self.counted > self.count else self.products[: self.counted].sum(0)
        return Shown(number(self.running, self.decimals.total), Cell(counted), self.decimals.total)

    def _claim_so_far(self) -> Claim:
        """That the running total is that of the terms that are counted."""
        parts = self._parts(self.counted)
        total = self._so_far()
        return Claim(parts, total, "running total", not adds_up([[f.text for f in part] for part in parts], total.text))

    def _parts(self, count: int) -> tuple[tuple[Shown, ...], ...]:
        """The first terms as they stand there, the bracket included once it is counted."""
        parts = [shown_in(self.pieces[self.first + i]) for i in range(min(count, self.count))]
        if self.rest is not None and count > self.count:
            parts.append((shown_at(self.rest, self.decimals.parts),))
        return tuple(parts)

    def claims(self) -> list[Claim]:
        if np.isfinite(self.running):
            return [self._claim_so_far()] if self.counted else []
        if self.lit.min() < 0.99:
            return []
        total = shown_at(self.total, self.decimals.total)
        return [Claim(self._parts(len(self.a)), total, "dot product", self.decimals.about)]


__all__ = ["TermSum"]
