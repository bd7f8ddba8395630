"""Sentences to measure heads on: for each name of a head, texts in which it is plain where such a head would look."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from model.text.lexicon import lexicon, past, plural

Look = tuple[list[str], list[int], list[list[int]]]  # words, queries, and the keys that each query should look at
Queries = tuple[list[int], list[list[int]]]


@dataclass(frozen=True)
class Measure:
    """What a head of that name looks at; the sample it is measured on, and how one of its texts is made.

    own: the queries and keys in a text of so many words which says different words in no order, twice over."""

    meaning: str
    sample: str
    make: Callable[[random.Random], Look]
    causal: bool = False  # whether it makes sense only where no later word is seen
    own: Callable[[int], Queries] | None = None


def sentence(rng: random.Random) -> list[str]:
    """An everyday sentence of the lexicon: One morning , a hungry wolf roamed the dark forest ."""
    words = lexicon()
    kind = rng.choice(["pet", "wild", "farm"])
    place = rng.choice(words["places"]["outdoor"])
    lead = rng.choice(
        [["the"], ["one", rng.choice(words["day_times"]), ",", "the"], ["on", rng.choice(words["days"]), ",", "the"]]
    )
    return [
        *lead,
        rng.choice(words["textures"]),
        rng.choice(words["animals"][kind]),
        past(rng.choice(["roam", "cross", "explore"])),
        "the",
        rng.choice(words["place_adjectives"][place]),
        place,
        ".",
    ]


def repeated(rng: random.Random, length: int = 20) -> list[str]:
    """Different words in no order, twice over."""
    words = lexicon()
    pool = [word for group in ("animals", "things", "foods") for kind in words[group].values() for word in kind]
    return rng.sample(sorted(set(pool) | set(words["colours"]) | set(words["sizes"])), length) * 2


def one_before(length: int) -> Queries:
    return list(range(2, length)), [[q - 1] for q in range(2, length)]


def the_first(length: int) -> Queries:
    return list(range(2, length)), [[0] for _ in range(2, length)]


def the_same(length: int) -> Queries:
    half = length // 2
    return list(range(half, 2 * half)), [[q - half] for q in range(half, 2 * half)]


def after_the_same(length: int) -> Queries:
    half = length // 2
    return list(range(half, 2 * half)), [[q - half + 1] for q in range(half, 2 * half)]


def previous(rng: random.Random) -> Look:
    words = sentence(rng)
    return words, *one_before(len(words))


def first(rng: random.Random) -> Look:
    words = sentence(rng)
    return words, *the_first(len(words))


def duplicate(rng: random.Random) -> Look:
    words = repeated(rng)
    return words, *the_same(len(words))


def induction(rng: random.Random) -> Look:
    words = repeated(rng)
    return words, *after_the_same(len(words))


def adjectives(rng: random.Random) -> Look:
    """the creature's query, its adjectives' keys: … the small fluffy blue creature roamed …"""
    words = lexicon()
    lead = rng.choice(
        [
            ["the"],
            ["one", rng.choice(words["day_times"]), ",", "a"],
            ["yesterday", "the"],
            [rng.choice(words["names"]["female"]), "saw", "a"],
        ]
    )
    lists = rng.choice([("textures", "colours"), ("sizes", "textures", "colours"), ("sizes", "colours"), ("textures",)])
    adjectives = [rng.choice(words[one]) for one in lists]
    noun = rng.choice(words["animals"][rng.choice(["pet", "wild", "farm", "bird"])])
    start = len(lead)
    return (
        [*lead, *adjectives, noun, "roamed", "the", "forest", "."],
        [start + len(adjectives)],
        [list(range(start, start + len(adjectives)))],
    )


def subject(rng: random.Random) -> Look:
    """The word before the verb looks back past a phrase to the subject: the keys on the table | are."""
    words = lexicon()
    nouns = words["things"]["tool"] + words["things"]["toy"] + words["things"]["readable"]
    one, other = rng.choice(nouns), rng.choice(words["things"]["furniture"])
    many = rng.random() < 0.5
    phrase = [
        rng.choice(["on", "under", "near", "behind", "beside"]),
        "the",
        plural(other) if rng.random() < 0.5 else other,
    ]
    return ["the", plural(one) if many else one, *phrase, "are" if many else "is"], [4], [[1]]


def pronoun(rng: random.Random) -> Look:
    """it, he or she looks at whom it stands for: the boy slept because he …"""
    words = lexicon()
    kind = rng.choice(["male", "female", "pet", "wild"])
    noun = rng.choice(words["people" if kind in words["people"] else "animals"][kind])
    stands_in = {"male": "he", "female": "she"}.get(kind, "it")
    act = rng.choice([["slept"], ["ran", "away"], ["sat", "on", "the", "mat"], ["smiled"], ["cried"]])
    return ["the", noun, *act, "because", stands_in, "was", "tired", "."], [3 + len(act)], [[1]]


MEASURES = {
    "previous-token": Measure("a word looks at the word before it", "{count} sentences", previous, own=one_before),
    "first-token": Measure("a word looks at the first word of the text", "{count} sentences", first, own=the_first),
    "duplicate-token": Measure(
        "a word looks at its own earlier occurrence",
        "{count} random sequences of 20 words, twice over",
        duplicate,
        own=the_same,
    ),
    "induction": Measure(
        "a word looks at what followed its earlier occurrence",
        "{count} random sequences of 20 words, twice over",
        induction,
        causal=True,
        own=after_the_same,
    ),
    "adjective→noun": Measure(
        "a noun looks at its adjectives", "{count} sentences with one to three adjectives", adjectives
    ),
    "subject→verb": Measure(
        "the word before a verb looks at the verb’s subject, past the phrase between",
        "{count} sentences like “the keys on the table are”",
        subject,
    ),
    "noun→pronoun": Measure(
        "a pronoun looks at the noun that it stands for",
        "{count} sentences like “the boy slept because he was tired”",
        pronoun,
    ),
}
