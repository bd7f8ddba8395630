"""The two-language lexicon (assets/corpora/parallel.yaml): nouns, adjectives and verbs with their French forms."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from model.paths import ASSETS
from model.text.lexicon import past, plural, third

LEXICON = ASSETS / "corpora" / "parallel.yaml"
ASPIRATED = {"onze", "huit"}  # numbers before which nothing is elided: le onze, le huit


@dataclass(frozen=True)
class Noun:
    """`french` are singular and plural, `gender` is m or f; a proper name has no plural."""

    english: str
    french: tuple[str, str]
    gender: str
    kind: str

    @property
    def name(self) -> bool:
        return self.kind == "names"

    def in_english(self, many: bool) -> str:
        return plural(self.english) if many else self.english

    def in_french(self, many: bool) -> str:
        return self.french[many]


@dataclass(frozen=True)
class Adjective:
    """`before`: whether it stands before its noun (un grand chien, but un chien noir)."""

    english: str
    masculine: str
    feminine: str
    masculine_plural: str
    before: bool

    def in_french(self, gender: str, many: bool) -> str:
        if gender == "f":
            return self.feminine + "s" * many
        return self.masculine_plural if many else self.masculine


@dataclass(frozen=True)
class Verb:
    """`singular` and `plural` of the third person, present; `goes`: whether its past is made with être."""

    english: str
    english_past: str
    singular: str
    plural: str
    participle: str
    goes: bool

    @property
    def english_third(self) -> str:
        return third(self.english)


@cache
def lexicon() -> dict[str, Any]:
    """nouns, adjectives, verbs: each {kind: (entry, …)}; names: (Noun, …)."""
    raw = yaml.safe_load(LEXICON.read_text(encoding="utf-8"))
    return {
        "nouns": {kind: tuple(_noun(kind, *item) for item in of.items()) for kind, of in raw["nouns"].items()},
        "names": tuple(Noun(name, (name, name), gender, "names") for name, gender in raw["names"].items()),
        "adjectives": {
            kind: tuple(_adjective(kind, *item) for item in of.items()) for kind, of in raw["adjectives"].items()
        },
        "verbs": {kind: tuple(_verb(*item) for item in of.items()) for kind, of in raw["verbs"].items()},
    }


def _noun(kind: str, english: str, entry: str) -> Noun:
    french, gender, *irregular = entry.removeprefix("*").split()
    return Noun(english, (french, irregular[0] if irregular else french + "s"), gender, kind)


def _adjective(kind: str, english: str, entry: str) -> Adjective:
    masculine, feminine, *irregular = entry.split()
    many = irregular[0] if irregular else masculine + "s"
    return Adjective(english, masculine, feminine, many, kind == "before")


def _verb(english: str, entry: str) -> Verb:
    base, _, irregular = english.partition("|")
    singular, many, participle, *auxiliary = entry.split()
    return Verb(base, irregular or past(base), singular, many, participle, bool(auxiliary))


@cache
def aspirated() -> frozenset[str]:
    """The French words that begin with a vowel or h, but are spoken to as if with a consonant."""
    raw = yaml.safe_load(LEXICON.read_text(encoding="utf-8"))["nouns"]
    entries = [(kind, *item) for kind, of in raw.items() for item in of.items() if item[1].startswith("*")]
    return frozenset(ASPIRATED | {form for entry in entries for form in _noun(*entry).french})


def opens(word: str) -> bool:
    """Whether a French word begins with a vowel sound, so that the one before it is elided.

    >>> opens("école"), opens("hôpital"), opens("hibou"), opens("roi"), opens("œuf")
    (True, True, False, False, True)
    """
    word = word.lower()
    return word == "y" or word not in aspirated() and unicodedata.normalize("NFD", word)[0] in "aeiouœh"
