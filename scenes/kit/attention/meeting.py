"""Meeting: a query above a key, their products entry by entry, and the sum of these, the score."""

from __future__ import annotations

from typing import Any

from manim import DOWN, LEFT, RIGHT, Mobject, VGroup

from model.numbers.tensor import Tensor
from scenes.kit.ground.layout import Box, row, stack
from scenes.kit.ground.readings import Claim, shown_at
from scenes.kit.ground.text import Formula, Label, Number, symbol
from scenes.kit.numbers.cells import readable_width
from scenes.kit.numbers.decimals import ABOUT, EQUAL, with_decimals, written
from scenes.kit.numbers.decimals import adds_up as holds
from scenes.kit.numbers.grid import TensorGrid

SPEC = "+.2f"
COLUMNS = 8  # of so many entries all are shown, of more one less and ⋯
TRIES = ((0, 0, 0), (1, 0, 0), (1, 0, -1), (2, 0, 0), (2, 0, -1), (1, -1, -1), (2, -1, -1))  # decimals more or fewer


class _Products(TensorGrid):
    """The products of the entries of two rows: each holds as it is displayed, and so does their sum, or else ≈ is said.

    q, k, score: Tensors [n], [n] and of one number. formats: of the factors, the products and the score. about: whether
    ≈ stands before the products, and before their sum."""

    def __init__(
        self, q: Tensor, k: Tensor, score: Tensor, formats: tuple[str, str, str], about: tuple[bool, bool], **look: Any
    ):
        self.factors, self.score, self.formats, self.about = (q, k), score, formats, about
        super().__init__(q * k, "score", spec=formats[1], **look)

    def claims(self) -> list[Claim]:
        if not self.digits or self.text_opacity.min() < 0.99:
            return []
        first, spec, last = self.formats
        places = [column for column in self.columns if column is not None]
        each = [
            Claim(
                (tuple(shown_at(factor, first, (c,)) for factor in self.factors),),
                shown_at(self.tensor, spec, (c,)),
                "product",
                self.about[0],
            )
            for c in places
        ]
        if len(places) < len(self.columns):
            return each  # some are behind a ⋯
        parts = tuple((shown_at(self.tensor, spec, (c,)),) for c in places)
        return [*each, Claim(parts, shown_at(self.score, last), "sum of the products", self.about[1])]


class Meeting(VGroup):
    """q above k, q ⊙ k below them, and Σ = q · k: beside the products, or below.

    q, k [d_head], score: Tensors. at: the positions that ask and are asked, by which q and k are called. height,
    widest: of a cell at most. The decimals are those with which all products and their sum hold as displayed; where
    there are none, ≈ is said. Parts: `.query .key .products .total`, `.names` of the rows, `.sum_of` of the total."""

    def __init__(
        self,
        box: Box,
        q: Tensor,
        k: Tensor,
        score: Tensor,
        *,
        at: tuple[int, int],
        height: float,
        widest: float = 1.15,
        gap: float = 0.3,
        size: float = 0.48,
        beside: bool = True,
    ):
        columns = COLUMNS if len(q) <= COLUMNS else COLUMNS - 1
        cell = (min(widest, (box.width - (3.2 if beside else 2.4)) / columns), height)
        formats, about = formats_of(q, k, score, len(q) <= COLUMNS, cell[0])
        look: dict[str, Any] = dict(cell=cell, columns=columns, width=99, height=99)  # the cell alone decides
        self.query = TensorGrid(q, "query", spec=formats[0], **look)
        self.key = TensorGrid(k, "key", spec=formats[0], **look)
        self.products = _Products(q, k, score, formats, about, **look)
        grids = [self.query, self.key, self.products]
        self.sum_of = Label(f"Σ {ABOUT if about[1] else EQUAL}", size, "target")
        self.total = Number(score, formats[2], size, "target")
        stack(*grids, gap=gap)
        row(self.sum_of, self.total, gap=0.12).next_to(self.products, RIGHT if beside else DOWN, buff=0.25)
        made = Formula("approx q dot.o k" if about[0] else "q dot.o k", 0.52)
        self.names: list[Mobject] = [symbol("q", at[0], 0.52, "query"), symbol("k", at[1], 0.52, "key"), made]
        for name, grid in zip(self.names, grids, strict=True):
            name.next_to(grid, LEFT, buff=0.25)
        super().__init__(*grids, *self.names, self.sum_of, self.total)
        box.fit(self)


def formats_of(
    q: Tensor, k: Tensor, score: Tensor, whole: bool, width: float
) -> tuple[tuple[str, str, str], tuple[bool, bool]]:
    """Formats of factors, products and score, and whether the products and their sum are then only about right.

    whole: whether all products are shown, so that one can add them up. width: of a cell."""
    products = (q * k).values
    found = []
    for more in TRIES:
        formats = with_decimals(SPEC, more[0]), with_decimals(SPEC, more[1]), with_decimals(SPEC, more[2])
        if any(readable_width(factor, formats[0]) > width for factor in (q, k)):
            continue
        pairs = written(list(zip(q.values.tolist(), k.values.tolist(), strict=True)), formats[0])
        made = [one for (one,) in written([(p,) for p in products.tolist()], formats[1])]
        each = all(holds([pair], one) for pair, one in zip(pairs, made, strict=True))
        ((total,),) = written([(float(score),)], formats[2])
        found.append((formats, (not each, whole and not holds([[one] for one in made], total))))
    return min(found, key=lambda one: sum(one[1])) if found else ((SPEC,) * 3, (True, True))


__all__ = ["Meeting"]
