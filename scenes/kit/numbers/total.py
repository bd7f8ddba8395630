"""The sum of numbers that stand beside it."""

from __future__ import annotations

from model.numbers.tensor import Tensor
from scenes.kit.ground.pen import Fill
from scenes.kit.ground.readings import Claim, Shown, shown_at
from scenes.kit.ground.say import say
from scenes.kit.ground.text import LABEL, Label
from scenes.kit.numbers.decimals import TOTAL, Decimals, decimals


class Total(Label):
    """“Σ = 1.00” beside numbers that add up to it as they are displayed; where they do not, it has a decimal less.

    parts: Tensor [n] of the numbers. spec: their format; form: theirs and that of the sum, if it is decided already.
    whole: what they must add up to, if that is known."""

    def __init__(
        self,
        parts: Tensor,
        spec: str = ".2f",
        size: float = LABEL,
        fill: Fill = "secondary",
        whole: int | None = None,
        form: Decimals | None = None,
    ):
        self.terms, self.whole, self.total = parts, whole, parts.sum(0)
        self.decimals = form or decimals([([(float(v),) for v in parts.values], float(self.total))], spec, TOTAL)
        text = f"Σ {self.decimals.sign} {{total:{self.decimals.total}}}"
        super().__init__(say(text, total=self.total), size, fill)

    def claims(self) -> list[Claim]:
        form = self.decimals
        total = shown_at(self.total, form.total)
        parts = tuple((shown_at(self.terms, form.parts, (i,)),) for i in range(len(self.terms)))
        whole = [] if self.whole is None else [Claim(((total,),), Shown(str(self.whole), self.whole, ""), "the whole")]
        return [Claim(parts, total, about=form.about), *whole]


__all__ = ["Total"]
