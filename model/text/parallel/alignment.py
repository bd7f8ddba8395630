"""Which English word each French word says, as far as the dictionary tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache

from model.text.parallel import forms, numerals
from model.text.parallel.words import Adjective, Noun, Verb

SMALL = {  # English words and their French, beside what the lexicon holds
    "the": "le la l' les",
    "a": "un une de d'",
    "an": "un une de d'",
    "some": "des de d'",
    "any": "de d'",
    "this": "ce cet cette",
    "these": "ces",
    "his": "son sa ses",
    "her": "son sa ses",
    "it": "il elle",
    "he": "il",
    "she": "elle",
    "they": "ils elles",
    "is": "est a",
    "are": "sont ont",
    "was": "était",
    "were": "étaient",
    "not": "pas",
    "too": "trop",
    "very": "très",
    "because": "parce",
    "and": "et",
    "but": "mais",
    "that": "qui que qu'",
    "who": "qui",
    "what": "qu'",
    "why": "pourquoi",
    "where": "où",
    "how": "combien",
    "in": "dans",
    "into": "dans",
    "near": "près",
    "behind": "derrière",
    "front": "devant",
    "under": "sous",
    "on": "sur",
    "to": "à au aux",
    "years": "ans",
    ".": ".",
    "?": "?",
}
CLITICS, BEFORE_CLITICS = {"le", "la", "l'", "les"}, {"et", "mais", "ne", "n'"}
OBJECTS = {"it", "them"}


def align(english: Sequence[str], french: Sequence[str]) -> list[tuple[int, int]]:
    """(place in the French, place in the English) of the words that the dictionary pairs without a doubt.

    Both are pieces as the tokenizers cut them. Of words that could be one another's several times, the first is the
    first's, where there are equally many.

    >>> align("it eats the white cake .".split(), "il mange le gâteau blanc .".split())
    [(0, 0), (1, 1), (2, 2), (3, 4), (4, 3), (5, 5)]
    """
    said: dict[frozenset[int], list[int]] = defaultdict(list)
    for place, word in enumerate(french):
        clitic = word in CLITICS and place > 0 and french[place - 1] in BEFORE_CLITICS
        fits = (i for i, one in enumerate(english) if (one in OBJECTS if clitic else word in dictionary().get(one, ())))
        said[frozenset(fits)].append(place)
    pairs = [
        pair
        for places, spoken in said.items()
        if len(places) == len(spoken)
        for pair in zip(spoken, sorted(places), strict=True)
    ]
    return sorted(pairs)


@cache
def dictionary() -> dict[str, frozenset[str]]:
    """English pieces and all French ones that may say them."""
    found: dict[str, set[str]] = defaultdict(set)
    for english, french in SMALL.items():
        found[english] |= set(french.split())
    for noun in forms.all_of("nouns", Noun):
        for many in (False, True):
            found[noun.in_english(many)].add(noun.french[many])
    for name in forms.names():
        found[name].add(name)
    for adjective in forms.all_of("adjectives", Adjective):
        short = {short for short, long in forms.SHORT.items() if long == adjective.masculine}
        found[adjective.english] |= short | {
            adjective.in_french(gender, many) for gender in "mf" for many in (False, True)
        }
    for verb in forms.all_of("verbs", Verb):
        for said in (verb.english, verb.english_third, verb.english_past):
            agreed = {verb.participle + end for end in ("", "e", "s", "es")}
            found[said.split()[0]] |= {verb.singular, verb.plural} | agreed
    for ones, french in zip(numerals.ENGLISH, numerals.FRENCH, strict=True):
        found[ones].add(french)
    for tens, french in zip(numerals.ENGLISH_TENS, numerals.FRENCH_TENS, strict=False):
        found[tens].add(french)
    return {english: frozenset(french) for english, french in found.items()}
