"""Every French word that the corpus may hold, and what it can be: the checker's dictionary."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import product
from typing import TypeVar

from model.text.parallel.numerals import in_french
from model.text.parallel.words import Adjective, Noun, Verb, lexicon

T = TypeVar("T")
Kind = tuple[str, bool]  # gender, and whether it is more than one
SHORT = {"bel": "beau", "vieil": "vieux", "nouvel": "nouveau"}  # of one, before a vowel
ARTICLES: dict[str, set[Kind]] = {
    "le": {("m", False)},
    "la": {("f", False)},
    "l'": {("m", False), ("f", False)},
    "les": {("m", True), ("f", True)},
    "un": {("m", False)},
    "une": {("f", False)},
    "des": {("m", True), ("f", True)},
    "ce": {("m", False)},
    "cet": {("m", False)},
    "cette": {("f", False)},
    "ces": {("m", True), ("f", True)},
    "son": {("m", False), ("f", False)},
    "sa": {("f", False)},
    "ses": {("m", True), ("f", True)},
}


@cache
def nouns() -> dict[str, set[Kind]]:
    """Genders and numbers of every form of a noun."""
    found: dict[str, set[Kind]] = {}
    for noun in all_of("nouns", Noun):
        for many in (False, True):
            found.setdefault(noun.french[many], set()).add((noun.gender, many))
    return found


@cache
def names() -> dict[str, str]:
    """The gender of a proper name."""
    return {noun.english.lower(): noun.gender for noun in lexicon()["names"]}


@cache
def adjectives() -> dict[str, tuple[bool, set[Kind]]]:
    """Whether an adjective's form stands before its noun, and the genders and numbers it can have."""
    found: dict[str, tuple[bool, set[Kind]]] = {}
    for adjective in all_of("adjectives", Adjective):
        for gender, many in product("mf", (False, True)):
            form = adjective.in_french(gender, many)
            found.setdefault(form, (adjective.before, set()))[1].add((gender, many))
    return found | {short: (True, {("m", False)}) for short in SHORT}


@cache
def verbs() -> dict[str, set[bool]]:
    """Of a verb's form in the present: whether it is said of more than one."""
    found: dict[str, set[bool]] = {}
    for verb in all_of("verbs", Verb):
        found.setdefault(verb.singular, set()).add(False)
        found.setdefault(verb.plural, set()).add(True)
    return found


@cache
def participles() -> dict[str, tuple[bool, set[Kind]]]:
    """Whether a participle goes with être, and the genders and numbers of its form."""
    found: dict[str, tuple[bool, set[Kind]]] = {}
    for verb in all_of("verbs", Verb):
        stem = verb.participle
        many = stem if stem.endswith("s") else stem + "s"
        for form, kind in (
            (stem, ("m", False)),
            (many, ("m", True)),
            (stem + "e", ("f", False)),
            (stem + "es", ("f", True)),
        ):
            found.setdefault(form, (verb.goes, set()))[1].add(kind)
    return found


@cache
def numerals() -> dict[tuple[str, ...], str]:
    """Every number's words, and the gender that they fit: m, f, or both."""
    found: dict[tuple[str, ...], str] = {}
    for number, gender in product(range(2, 100), "mf"):
        words = tuple(in_french(number, gender == "f").split())
        found[words] = found.get(words, "") + gender
    return found


def all_of(table: str, kind: type[T]) -> Iterable[T]:
    """The entries of a table of the lexicon."""
    return (entry for entries in lexicon()[table].values() for entry in entries if isinstance(entry, kind))
