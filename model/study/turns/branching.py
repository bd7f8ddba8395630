"""Texts that begin alike and part: what several seeds write, as one tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from model.numbers.tensor import Tensor

if TYPE_CHECKING:
    from model.runs.sampling import Turn


@dataclass(eq=False)
class Branch:
    """A word that was drawn after the same words by some of the texts.

    chance: its probability there, given the words before. texts: which have it, by number. depth: 0 is the first word
    after the prompt."""

    word: str
    chance: Tensor
    depth: int
    parent: Branch | None
    last: bool
    texts: list[int] = field(default_factory=list)
    children: list[Branch] = field(default_factory=list)


def tree_of(texts: Sequence[Sequence[Turn]]) -> list[Branch]:
    """The first words of texts on one prompt, each with what follows it; all branches, parents before children."""
    roots, found = list[Branch](), list[Branch]()
    for number, turns in enumerate(texts):
        parent, siblings = None, roots
        for depth, turn in enumerate(turns):
            here = next((branch for branch in siblings if branch.word == turn.word), None)
            if here is None:
                here = Branch(turn.word, turn.probs[turn.id], depth, parent, turn.last)
                siblings.append(here)
                found.append(here)
            here.texts.append(number)
            parent, siblings = here, here.children
    return sorted(found, key=lambda branch: branch.depth)


__all__ = ["Branch", "tree_of"]
