"""Direct logit attribution: what each part of a model adds to the logit of a word.

The last row is a sum of writes, and with the last norm's scale of this run held fixed the logit is linear in them
(Elhage et al. 2021; Wang et al. 2023), so that what they add, and the norm's own shift, sum to the logit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from model.errors import UsageError
from model.numbers.tensor import Tensor, stack
from model.numbers.trace import Trace
from model.study.inside.stream import Stream

ROWS = ("embed", "pos_embed", "segment_embed")  # of the stream as it enters


@dataclass(frozen=True)
class Part:
    """One write into the stream. name: of the recorded tensor, or weight; layer, head: None where it has none."""

    name: str
    layer: int | None = None
    head: int | None = None


@dataclass(frozen=True)
class Attribution:
    """What every part adds to the logit of a word after a position.

    Parts are the rows that enter, every head, the bias of every attention, every MLP, and the last norm's shift. Raises
    UsageError for a model that has no unembedding behind a last norm, or more than a matrix there."""

    trace: Trace
    position: int
    word: int

    def __post_init__(self) -> None:
        config = self.trace.config
        Stream(self.trace, self.position)
        if not config.unembeds or config.unembed_layer or config.embed_norm:
            raise UsageError("the logits of this model are not a sum of what its parts write: take one as tiny is")

    @cached_property
    def logit(self) -> Tensor:
        """The logit that the parts add up to; before the cap, in a model that has one."""
        name = "logits_raw" if "logits_raw" in self.trace else "logits"
        return self.trace[name][self.position, self.word]

    @cached_property
    def direction(self) -> Tensor:
        """What a row behind the division meets: the norm's w times the word's column of W_U [d_model]."""
        return self.trace["ln_final.w"] * self.trace["W_U"][:, self.word]

    @cached_property
    def parts(self) -> list[Part]:
        """All writes, in their order; the last norm's shift and the unembedding's bias, where there are some, last."""
        found = [Part(name) for name in ROWS if name in self.trace]
        for layer in range(self.trace.config.n_layers):
            found += [*self._attention(layer), Part(f"blocks.{layer}.mlp_out", layer)]
        return found + [Part(name) for name in ("ln_final.b", "b_U") if name in self.trace]

    def _attention(self, layer: int) -> list[Part]:
        """The heads of a layer and their bias; all in one where a norm follows that mixes them."""
        if self.trace.config.norm_after:
            return [Part(f"blocks.{layer}.attn_out", layer)]
        heads = [Part(f"blocks.{layer}.attn.result", layer, head) for head in range(self.trace.config.n_heads)]
        bias = f"blocks.{layer}.attn.b_O"
        return heads + ([Part(bias, layer)] if bias in self.trace else [])

    def row(self, part: Part) -> Tensor:
        """What a part writes [d_model]."""
        values = self.trace[part.name]
        if part.head is not None:
            return values[part.head, self.position]
        return values[self.position] if "position" in self.trace.axes[part.name] else values

    def divided(self, part: Part) -> Tensor:
        """What a part writes, behind the last norm's subtraction and division [d_model]."""
        row, scale = self.row(part), self.trace["ln_final.scale"][self.position]
        return (row - row.mean(0) if "ln_final.mean" in self.trace else row) / scale

    def adds(self, part: Part) -> Tensor:
        """What a part adds to the logit, one number."""
        if part.name == "b_U":
            return self.trace["b_U"][self.word]
        if part.name == "ln_final.b":
            return self.row(part) @ self.trace["W_U"][:, self.word]
        return self.divided(part) @ self.direction

    @cached_property
    def of_writes(self) -> tuple[list[str], Tensor]:
        """The same with all heads of a layer and their bias together, as blocks.L.attn_out: (names, [part])."""
        names = [part.name if ".attn." not in part.name else f"blocks.{part.layer}.attn_out" for part in self.parts]
        places = {name: [k for k, other in enumerate(names) if other == name] for name in names}
        sums = [self.contributions[k].sum(0) if len(k) > 1 else self.contributions[k[0]] for k in places.values()]
        return list(places), stack(sums, "part")

    @cached_property
    def contributions(self) -> Tensor:
        """What all parts add, in their order; together the logit [part]."""
        return stack([self.adds(part) for part in self.parts], "part")


def difference(one: Attribution, other: Attribution) -> Tensor:
    """What each part does for one word against another, of the same run and position; together the difference of their
    logits [part]."""
    return one.contributions - other.contributions


__all__ = ["Attribution", "Part", "difference"]
