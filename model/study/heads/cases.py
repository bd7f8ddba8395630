"""Beginnings of sentences in which a word must find others: where it should look, and what should follow.

They are made to measure on; no model is trained on them.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from model.text.lexicon import lexicon, past, said_of_places_only, with_articles


@dataclass(frozen=True)
class Case:
    """A sentence's beginning in which the word at `query` should look at the words at `keys`.

    `choice`: of these two words the first, not the second, should come next; None where the words before tell nothing
    that English or the training text would know of. `side`: a kind's cases fall into sides, each to be served.
    """

    words: tuple[str, ...]
    query: int
    keys: tuple[int, ...]
    side: str
    choice: tuple[str, str] | None = None


@dataclass(frozen=True)
class Kind:
    """What is to be found, a sentence of the sample, and how one is drawn: a case for each side."""

    meaning: str
    example: str
    make: Callable[[random.Random], list[Case]]


def case(sentence: str, query: str, keys: list[str], side: str, choice: tuple[str, str] | None = None) -> Case:
    """`query` and `keys` are words of the sentence; of words that come twice the query is the last, a key the first."""
    words = with_articles(sentence).split()
    place = len(words) - 1 - words[::-1].index(query)
    return Case(tuple(words), place, tuple(words.index(key) for key in keys), side, choice)


def two_adjectives(rng: random.Random) -> list[Case]:
    """The noun looks at both its adjectives: yesterday, a fluffy blue creature …"""
    words = lexicon()
    lists = rng.choice([("textures", "colours"), ("sizes", "textures"), ("sizes", "colours")])
    adjectives = [rng.choice(words[one]) for one in lists]
    noun = rng.choice(words["animals"][rng.choice(["pet", "wild", "farm"])])
    lead = rng.choice(["a", "the", "yesterday , a", f"one {rng.choice(words['day_times'])} , a"])
    return [case(f"{lead} {' '.join(adjectives)} {noun}", noun, adjectives, "noun")]


def reasons(rng: random.Random) -> list[Case]:
    """tired or wide looks at what is so: the old fox did not cross the street because it was too tired, so the …

    Only there, not at “it”, has a model that sees no later word read which of the two is meant.
    """
    words = lexicon()
    animal = rng.choice(words["animals"][rng.choice(["pet", "wild", "farm"])])
    verb = rng.choice(["cross", "climb", "enter"])
    spot = rng.choice([spot for spot in words["suited"][verb] if said_of_places_only(spot)])
    look = rng.choice([*words["textures"], *words["sizes"]])
    start = f"the {look} {animal} did not {verb} the {spot} because it was too"
    sides = (
        ("animal", animal, spot, rng.choice(words["animal_reasons"])),
        ("place", spot, animal, rng.choice(said_of_places_only(spot))),
    )
    return [case(f"{start} {why} , so the", why, [noun], side, (noun, other)) for side, noun, other, why in sides]


def he_or_she(rng: random.Random) -> list[Case]:
    """he or she looks at whom it stands for: the queen gave the king a letter because she was a kind …"""
    words = lexicon()
    male, female = rng.choice(words["people"]["male"]), rng.choice(words["people"]["female"])
    one, two = rng.sample([male, female], 2)
    given = f"{past(rng.choice(words['gives']))} the {two} a {rng.choice(words['things']['readable'])}"
    trait = rng.choice([word for word in words["characters"] if word != "handsome"])  # said of men
    return [
        case(f"the {one} {given} because {pronoun} was a {trait}", pronoun, [who], pronoun, (who, other))
        for pronoun, who, other in (("he", male, female), ("she", female, male))
    ]


KINDS: dict[str, Kind] = {
    "noun → its two adjectives": Kind(
        "a noun looks at both its adjectives", "yesterday , a fluffy blue creature", two_adjectives
    ),
    "reason → its noun": Kind(
        "the reason looks at the one of two nouns that it is said of",
        "the old fox did not cross the street because it was too tired (wide) , so the",
        reasons,
    ),
    "pronoun → its person": Kind(
        "he or she looks at the one of two people that it stands for",
        "the queen gave the king a letter because she (he) was a kind",
        he_or_she,
    ),
}


def draw(kind: Kind, count: int, seed: int, training_text: str = "") -> list[Case]:
    """`count` different draws, all sides of each; the same for the same seed.

    None of which the words up to the query stand so in `training_text` (lower case). Raises ValueError where the
    lexicon does not give so many.
    """
    rng = random.Random(seed)
    found: dict[tuple[Case, ...], None] = {}
    for _ in range(20 * count):
        drawn = tuple(kind.make(rng))
        if not any(f" {' '.join(one.words[: one.query + 1])} ".lower() in training_text for one in drawn):
            found[drawn] = None
        if len(found) == count:
            return [one for drawn in found for one in drawn]
    raise ValueError(f"{kind.meaning}: only {len(found)} sentences of {count} that the training text does not hold")
