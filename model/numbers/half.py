"""One stack of an encoder–decoder's run, read as if it were a model of its own. NumPy only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace

WRITTEN = ("tokens", "logits", "probs", "W_U")  # the decoder's, though no stack is named in them


@dataclass(frozen=True, eq=False)
class Half(Trace):
    """The encoder's or the decoder's part of `whole`, by names without the stack: `half["blocks.0.attn.q"]`.

    Its tensors are those of the whole run, with their whole names and its `run_id`. `config` is of a model that is an
    encoder or a decoder; an encoder foretells nothing, so it has no `probs`."""

    whole: Trace = field(kw_only=True)
    stack: str = field(kw_only=True)

    @classmethod
    def of(cls, whole: Trace, stack: str) -> Half:
        """stack: "encoder" or "decoder"."""
        prefix, reads = f"{stack}.", stack == "encoder"
        kept = [name for name in whole.names if name.startswith(prefix) or not reads and name in WRITTEN]
        sizes: dict[str, Any] = {"vocab_size": whole.config.source_vocab_size} if reads else {}
        config = replace(whole.config, kind=stack, source_vocab_size=None, unembeds=not reads, **sizes)
        written = {"tokens": whole.tokens, "ids": whole.ids, "unknown": whole.unknown}
        read: dict[str, Any] = whole.info["source"] if reads else written
        return cls(
            {name.removeprefix(prefix): whole.arrays[name] for name in kept},
            {name.removeprefix(prefix): whole.axes[name] for name in kept},
            tokens=tuple(read["tokens"]),
            ids=tuple(read["ids"]),
            unknown=tuple(read["unknown"]),
            config=config,
            vocabulary=whole.vocabulary_along(f"{prefix}W_E"),
            info=whole.info,
            whole=whole,
            stack=stack,
        )

    def __getitem__(self, name: str) -> Tensor:
        return Tensor.recorded(self.whole_name(name), self.array(name), self.axes[name], self.run_id)

    @cached_property
    def run_id(self) -> str:
        return self.whole.run_id

    def whole_name(self, name: str) -> str:
        """What a tensor is called in the whole run."""
        return name if self.stack == "decoder" and name in WRITTEN else f"{self.stack}.{name}"
