"""One text through models that are told positions in different ways, and through one model in two orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from model.numbers.tensor import Tensor, stack
from model.numbers.trace import Trace
from model.runs.ablation import moved
from model.study.positions import shuffle

KINDS = ("none", "sinusoidal", "learned", "rotary")
NAMES = {kind: f"tiny-{kind}" for kind in KINDS}  # checkpoints of one size, trained on the same data for as many steps
ALIKE = 0.5  # cosine from which two words are used alike
ATTN_OUT, PATTERN = "blocks.0.attn_out", "blocks.0.attn.pattern"

Run = Callable[..., Trace]  # run(model, text, order=…)


@dataclass(frozen=True, eq=False)
class Variants:
    """The runs of one text by kind of positions. `asked` was asked for, and takes the place of its kind."""

    asked: Trace
    of: Mapping[str, Trace]
    checkpoints: Mapping[str, str]

    @classmethod
    def beside(cls, asked: Trace, model: str, run: Run) -> Variants:
        """`asked`, a run of `model`, and the checkpoints NAMES of the other kinds on the same text."""
        kind, text = asked.config.positions, asked.info["text"]
        of = {each: asked if each == kind else run(NAMES[each], text) for each in KINDS}
        return cls(asked, of, {**NAMES, kind: model})

    @classmethod
    def beside_stack(cls, asked: Trace, source: str, run: Run) -> Variants:
        """`asked`, a run of one stack of an encoder–decoder, which adds sinusoids, and the checkpoints NAMES of all
        kinds on what its encoder reads: these foretell the next word, so that it can be told how far that moves."""
        return cls(asked, {kind: run(NAMES[kind], source) for kind in KINDS}, NAMES)

    @property
    def told(self) -> Trace:
        """A run that is told positions: the one asked for, unless it is not told them or is of one stack."""
        kind = self.asked.config.positions
        return self.of["sinusoidal" if kind == "none" else kind]

    @property
    def adds(self) -> Trace:
        """A run that adds a row for each position: the one asked for, if it does."""
        return self.asked if self.asked.config.positions in ("sinusoidal", "learned") else self.of["sinusoidal"]

    @property
    def sinusoidal(self) -> Trace:
        """A run that adds sinusoids: the one asked for, if it does."""
        return self.asked if self.asked.config.positions == "sinusoidal" else self.of["sinusoidal"]

    @property
    def P(self) -> Tensor:
        """The sinusoids. [position, d_model]"""
        return self.sinusoidal["W_pos"]

    def model_of(self, trace: Trace) -> str:
        """The checkpoint that made one of the runs."""
        return self.checkpoints[trace.config.positions]

    def both_orders(self, trace: Trace, seed: int, run: Run) -> Orders:
        """One of the runs, and the same model's on the text shuffled with a seed."""
        order = shuffle(len(trace), seed)
        return Orders(trace, run(self.model_of(trace), trace.info["text"], order=order), order)

    def in_order(self, order: Sequence[int], run: Run) -> dict[str, Orders]:
        """The runs of each kind, as written and in an order of the words; of those kinds that have as many tokens."""
        traces = {kind: trace for kind, trace in self.of.items() if len(trace) == len(order)}
        again = {kind: run(self.model_of(t), t.info["text"], order=tuple(order)) for kind, t in traces.items()}
        return {kind: Orders(trace, again[kind], tuple(order)) for kind, trace in traces.items()}


@dataclass(frozen=True, eq=False)
class Orders:
    """One model on a text as written, and on the same words with those before the last shuffled (`order`)."""

    written: Trace
    shuffled: Trace
    order: tuple[int, ...]

    @property
    def swap(self) -> tuple[int, int] | None:
        """The places of the two different words before the last that the model uses most alike; None if none are.

        Words that are used alike can take each other's place, and the sentence stays one."""
        rows, ids = self.written["embed"].values.astype(float), np.array(self.written.ids)
        lengths = np.linalg.norm(rows, axis=1)
        alike = rows @ rows.T / np.maximum(np.outer(lengths, lengths), 1e-12)
        alike[(ids[:, None] == ids[None]) | np.tri(len(ids), dtype=bool)] = -1
        alike[:, -1] = -1
        first, second = np.unravel_index(alike.argmax(), alike.shape)
        return (int(first), int(second)) if alike[first, second] >= ALIKE else None

    @property
    def swapped(self) -> tuple[int, ...]:
        """The order in which those two have changed places."""
        order = list(range(len(self.written)))
        if self.swap:
            i, j = self.swap
            order[i], order[j] = j, i
        return tuple(order)

    @property
    def gathered(self) -> tuple[Tensor, Tensor]:
        """What the last word gathers in layer 0, as written and shuffled. [d_model] each"""
        return self.written[ATTN_OUT][-1], self.shuffled[ATTN_OUT][-1]

    @property
    def difference(self) -> Tensor:
        """The largest difference between entries of the two."""
        before, after = self.gathered
        return abs(before - after).max()

    @property
    def moved(self) -> Tensor:
        """How much probability of the next word the shuffling moves: ½ Σ |p − p′|."""
        return moved(self.written, self.shuffled)

    @property
    def head(self) -> int:
        """The head of layer 0 whose last query gives the most weight to one other word."""
        return int(self.written.array(PATTERN)[:, -1, :-1].max(axis=1).argmax())

    @property
    def weights(self) -> tuple[Tensor, Tensor]:
        """How that head's last query looks at all words, as written and shuffled. [position] each"""
        return self.written[PATTERN][self.head, -1], self.shuffled[PATTERN][self.head, -1]


@dataclass(frozen=True, eq=False)
class InputRows:
    """What goes into the first block of a model that adds positions: E + P = x, each [position, d_model]."""

    trace: Trace

    @property
    def E(self) -> Tensor:
        return self.trace["embed"]

    @property
    def P(self) -> Tensor:
        return self.trace["pos_embed"]

    @property
    def x(self) -> Tensor:
        return self.E + self.P if self.trace.config.embed_norm else self.trace["blocks.0.resid_pre"]

    def at(self, position: int) -> tuple[Tensor, Tensor, Tensor]:
        """Embedding, position and input of one token. [d_model] each"""
        return self.E[position], self.P[position], self.x[position]

    @property
    def scaled(self) -> bool:
        """Whether the embedding is first multiplied by √d_model, as in the paper (§ 3.4)."""
        return bool(self.trace.config.embed_scale)


def mean_apart(products: Tensor, step: int) -> Tensor:
    """The mean product of two rows that are `step` positions apart. [position, position] → one number"""
    return stack([products[k, k + step] for k in range(len(products) - step)], "position").mean(0)


@dataclass(frozen=True, eq=False)
class Twice:
    """A word at two places, `first` and `last`, of what goes into a model. borrowed: the text, if it is another one."""

    rows: InputRows
    first: int
    last: int
    borrowed: str = ""

    def difference(self, of: Tensor) -> Tensor:
        """The largest difference between entries of the two rows of a tensor [position, d_model]."""
        return abs(of[self.first] - of[self.last]).max()
