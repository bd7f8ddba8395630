"""The loop predict–sample–append on one prompt, run in the ways that are worth comparing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
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
    """One prompt continued in three ways, at most `most` turns each, which are run when they are first asked for.

    hear: is told each run of the model before anything of it is shown. UsageError for a seed or a temperature out of
    range."""

    model: str
    text: str
    most: int
    seed: int
    heat: float
    others: tuple[float, ...] = ()
    hear: Callable[[Trace], object] = lambda trace: None

    def _turns(self, most: int, **choices: Any) -> tuple[Turn, ...]:
        turns = turns_of(self.model, self.text, most, **choices)
        for turn in turns:
            self.hear(turn.trace)
        return turns

    @cached_property
    def first(self) -> Turn:
        """The first turn of those that are sampled."""
        return self._turns(1, temperature=self.heat, seed=self.seed)[0]

    @cached_property
    def sampled(self) -> tuple[Turn, ...]:
        """Sampled at the temperature."""
        return self._turns(self.most, temperature=self.heat, seed=self.seed)

    @cached_property
    def other_seed(self) -> tuple[Turn, ...]:
        """The same by the next seed."""
        return self._turns(self.most, temperature=self.heat, seed=self.seed + 1)

    @cached_property
    def greedy(self) -> tuple[Turn, ...]:
        return self._turns(self.most, greedy=True)

    @cached_property
    def heated(self) -> tuple[Turn, ...]:
        """The first turn at other temperatures, from the coolest on, each with the same random number."""
        return tuple(self._turns(1, temperature=heat, seed=self.seed)[0] for heat in self.others)

    @property
    def temperature(self) -> Tensor:
        return Tensor.given(self.heat, "temperature", origin=CHOSEN)

    @property
    def heats(self) -> tuple[Tensor, ...]:
        return tuple(Tensor.given(heat, "temperature", origin=CHOSEN) for heat in self.others)
