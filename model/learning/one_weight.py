"""One weight of a step of learning, worked out: its gradient by the chain rule, the loss around it, and its update."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model.numbers.learned import last_rows, moments, setting
from model.numbers.tensor import Tensor, stack
from model.numbers.trace import Trace


@dataclass(frozen=True)
class OneWeight:
    """The weight of W_U by which entry `entry` of the last row counts for the logit of `word`.

    Its gradient is short enough to be shown: ∂ loss / ∂ W = Σ over positions of x · (p − truth) / n, with the last
    row's entry x, the word's probability p, 1 or 0 for whether it did come next, and n words with a true next one.
    step: a trace of `model.learning.step`."""

    step: Trace
    entry: int
    word: int

    @classmethod
    def telling(cls, step: Trace) -> OneWeight:
        """The weight of W_U with the largest gradient by size, among words that are not read before the text's end.

        (Where W_U is W_E turned round, such a word's row has this one use; nothing else comes into its gradient.)"""
        grads = np.abs(step.array("grad.W_U"))
        grads[:, list(set(step.ids[:-1]))] = -1.0
        entry, word = np.unravel_index(int(grads.argmax()), grads.shape)
        return cls(step, int(entry), int(word))

    @property
    def place(self) -> tuple[str, tuple[int, int]]:
        """The parameter that holds it, and where: W_U, or the row of W_E that it is."""
        return ("W_E", (self.word, self.entry)) if self.step.config.tied else ("W_U", (self.entry, self.word))

    @property
    def count(self) -> int:
        """How many words have a true next one."""
        return len(self.step) - 1

    @cached_property
    def x(self) -> Tensor:
        """What the weight is multiplied by, after each word that has a true next one. [position]"""
        return self.step[last_rows(self.step.config)][: self.count, self.entry]

    @cached_property
    def p(self) -> Tensor:
        """The probability of the word there. [position]"""
        return self.step["probs"][: self.count, self.word]

    @cached_property
    def truth(self) -> Tensor:
        """1 where the word did come next, else 0. [position]"""
        return self.step["truth"][: self.count, self.word]

    @cached_property
    def blame(self) -> Tensor:
        """p − truth: by how much the logit was too high there, as softmax and −log see it. [position]"""
        return self.p - self.truth

    @cached_property
    def total(self) -> Tensor:
        """Σ x (p − truth): the gradient times the number of words."""
        return self.x @ self.blame

    @property
    def weight(self) -> Tensor:
        name, index = self.place
        return self.step[name][index]

    @property
    def grad(self) -> Tensor:
        """As autograd has it."""
        name, index = self.place
        return self.step["grad." + name][index]

    @property
    def after(self) -> Tensor:
        name, index = self.place
        return self.step["after." + name][index]

    @property
    def update(self) -> Tensor:
        name, index = self.place
        return self.step["update." + name][index]

    def losses(self, by: Tensor) -> Tensor:
        """The loss with the weight moved by each of so many nudges [nudge]: only the word's own logits move, by
        nudge · x. [nudge]"""
        logits = self.step["logits"][: self.count]
        own = logits[:, self.word]
        true = (self.step["truth"][: self.count] * logits).sum(1)
        others = logits[:, [k for k in range(logits.shape[1]) if k != self.word]].exp().sum(1)
        found = []
        for nudge in by:
            moved = own + nudge * self.x
            found.append(((others + moved.exp()).log() - true - self.truth * (nudge * self.x)).mean(0))
        return stack(found, "nudge")

    def tangent(self, by: Tensor) -> Tensor:
        """What the gradient foretells for each nudge: loss + gradient · nudge. [nudge]"""
        return self.step["loss"] + self.grad * by

    @property
    def moments(self) -> tuple[Tensor, Tensor, Tensor]:
        """The clipped gradient, its momentum and its scale."""
        name, index = self.place
        return moments(self.step, name, *index)

    def setting(self, name: str) -> Tensor:
        """Of the optimizer."""
        return setting(self.step, name)


__all__ = ["OneWeight"]
