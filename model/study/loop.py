"""The loop predict–sample–append on one prompt, run in the ways that are worth comparing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from model.numbers.origins import CHOSEN
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace

if TYPE_CHECKING:
    from model.runs.sampling import Turn


@lru_cache(maxsize=32)
def turns_of(model: str, text: str, most: int, **choices: Any) -> tuple[Turn, ...]:
    """Up to `most` turns of the loop (`choices`: as `generate` takes them); kept, because every replay asks again."""
    from model.runs.sampling import generate

    return tuple(generate(model, text, most, **choices))


@lru_cache(maxsize=8)
def kept_run(model: str, text: str, most: int, **choices: Any) -> Trace:
    """The text as the last of these turns finds it, read one token at a time with a cache (`runs.caching`)."""
    from model.runs.caching import reading_of
    from model.runs.checkpoints import load

    return reading_of(load(model), turns_of(model, text, most, **choices)[-1].trace)


@dataclass(frozen=True, eq=False)
class Loop:
    """One prompt continued in three ways: sampled at a temperature, greedily, and by the next seed.

    heated: the first turn at other temperatures, from the coolest on, each with the same random number."""

    temperature: Tensor
    seed: int
    sampled: tuple[Turn, ...]
    greedy: tuple[Turn, ...]
    other_seed: tuple[Turn, ...]
    heated: tuple[Turn, ...]
    heats: tuple[Tensor, ...]

    @classmethod
    def run(
        cls, model: str, text: str, most: int, *, seed: int, temperature: float, heats: tuple[float, ...] = ()
    ) -> Loop:
        """Run the model, at most `most` turns each way. UsageError for a seed or a temperature out of range."""
        sampled, other = (turns_of(model, text, most, temperature=temperature, seed=s) for s in (seed, seed + 1))
        heated = tuple(turns_of(model, text, 1, temperature=heat, seed=seed)[0] for heat in heats)
        greedy = turns_of(model, text, most, greedy=True)
        given, *each = (Tensor.given(heat, "temperature", origin=CHOSEN) for heat in (temperature, *heats))
        return cls(given, seed, sampled, greedy, other, heated, tuple(each))

    def traces(self) -> Iterator[Trace]:
        """The run of the model behind each turn."""
        for turns in (self.sampled, self.greedy, self.other_seed, self.heated):
            yield from (turn.trace for turn in turns)
