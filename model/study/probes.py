"""Everyday words to probe a table of word vectors with: pairs that span a direction, words to test it on, analogies.

The words tested are never among the pairs, so that a probe that works has found something that it was not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from model.numbers.tensor import Tensor
from model.study.space import Pair, direction, middle

LEAST = 4  # known pairs, and known words on each side, below which nothing is probed


@dataclass(frozen=True)
class Question:
    """A direction from one kind of word to another: `pairs` span it, `tested` (two lists) probe it.

    what: of the words tested."""

    sides: tuple[str, str]
    pairs: tuple[str, ...]
    tested: tuple[str, str]
    what: str


QUESTIONS = (
    Question(
        ("man", "woman"),
        (
            "man woman",
            "boy girl",
            "king queen",
            "prince princess",
            "father mother",
            "brother sister",
            "uncle aunt",
            "son daughter",
            "grandfather grandmother",
            "husband wife",
            "actor actress",
            "waiter waitress",
            "hero heroine",
            "wizard witch",
            "nephew niece",
        ),
        (
            "Tom Ben Harry Peter Paul David Jack Sam Leo Max Oliver Adam Simon Martin John James Henry George Robert "
            "Daniel Thomas Victor",
            "Anna Emma Lucy Maria Sarah Alice Julia Sophie Clara Nora Laura Helen Ella Mia Ruth Eva Irene Olga Kate "
            "Jane Mary Susan",
        ),
        "names of people",
    ),
    Question(
        ("one", "many"),
        (
            "cat cats",
            "horse horses",
            "rabbit rabbits",
            "bird birds",
            "bear bears",
            "tree trees",
            "house houses",
            "car cars",
            "book books",
            "girl girls",
            "friend friends",
            "door doors",
            "road roads",
            "king kings",
            "table tables",
            "letter letters",
            "flower flowers",
        ),
        (
            "dog cow duck owl lion tiger boy queen ship boat teacher doctor river chair apple song",
            "dogs cows ducks owls lions tigers boys queens ships boats teachers doctors rivers chairs apples songs",
        ),
        "nouns",
    ),
    Question(
        ("country", "capital"),
        (
            "France Paris",
            "Italy Rome",
            "Spain Madrid",
            "Germany Berlin",
            "Greece Athens",
            "Russia Moscow",
            "China Beijing",
            "Egypt Cairo",
        ),
        (
            "Japan England Poland Sweden Norway Hungary Portugal Denmark",
            "Tokyo London Warsaw Stockholm Oslo Budapest Lisbon Copenhagen",
        ),
        "names of places",
    ),
)

# a : b :: c : expected. Those of a model's own table, and those of GloVe; some fail, and are shown with their rank.
ANALOGIES = (
    "France Paris Italy Rome",
    "boy girl prince princess",
    "man king woman queen",
    "cat cats dog dogs",
    "good better bad worse",
)
GLOVE_ANALOGIES = (
    "man king woman queen",
    "France Paris Italy Rome",
    "man actor woman actress",
    "cow milk bee honey",
    "man uncle woman aunt",
    "hand glove foot shoe",
)


@dataclass(frozen=True, eq=False)
class Probe:
    """A question asked of a table.

    pairs and tested: rows; `along` [dimension] has length 1; `border` is the pairs' middle on it. values: two Tensors,
    the dot products of the words tested with `along`; `right` of `total` lie on their side of the border."""

    question: Question
    pairs: tuple[Pair, ...]
    tested: tuple[tuple[int, ...], tuple[int, ...]]
    along: Tensor
    border: Tensor
    values: tuple[Tensor, Tensor]

    @property
    def total(self) -> int:
        return sum(map(len, self.tested))

    @property
    def right(self) -> int:
        low, high = (np.asarray(values.values) for values in self.values)
        return int((low < float(self.border)).sum() + (high > float(self.border)).sum())


def probe(table: Tensor, rows: Mapping[str, int], question: Question) -> Probe | None:
    """The question asked of a table [word, dimension]; None where too few of its words are known."""
    found = (known(words, rows) for words in question.pairs)
    pairs = tuple((pair[0], pair[1]) for pair in found if pair)
    low, high = (tuple(rows[word.lower()] for word in side.split() if word.lower() in rows) for side in question.tested)
    if min(len(pairs), len(low), len(high)) < LEAST:
        return None
    along = direction(table, pairs)
    values = table[list(low)] @ along, table[list(high)] @ along
    return Probe(question, pairs, (low, high), along, middle(table, pairs, along), values)


def known(words: str, rows: Mapping[str, int]) -> tuple[int, ...] | None:
    """The rows of some words; None where one of them is not known."""
    found = [word.lower() for word in words.split()]
    return tuple(rows[word] for word in found) if all(word in rows for word in found) else None
