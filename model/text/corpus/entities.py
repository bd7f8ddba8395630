"""Whom and what the stories are about."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

PRONOUNS = {  # subject, object, possessive, reflexive
    "he": ("he", "him", "his", "himself"),
    "she": ("she", "her", "her", "herself"),
    "it": ("it", "it", "its", "itself"),
    "they": ("they", "them", "their", "themselves"),
}


@dataclass
class Entity:
    """Somebody or something that a story can name again."""

    noun: str
    kind: str  # a key of the lexicon's word lists: pet, wild, male, toy …
    pronoun: str
    adjectives: list[str] = field(default_factory=list)
    name: str = ""
    state: str = ""

    @property
    def plural(self) -> bool:
        return self.pronoun == "they"

    def first(self) -> str:
        """A full first mention: a fluffy blue creature, Harry Potter, two old wolves."""
        if self.name:
            return self.name
        words = " ".join([*self.adjectives, self.noun])
        return words if self.plural else f"a {words}"

    def again(self, rng: random.Random) -> str:
        """A later mention: by pronoun, by noun, or by noun and adjectives."""
        if self.name:
            return rng.choice([self.pronoun, self.pronoun, self.name, self.name.split()[0]])
        return rng.choice([self.pronoun, f"the {self.noun}", self.definite()])

    def definite(self) -> str:
        return self.name or " ".join(["the", *(a for a in self.adjectives if a != "some"), self.noun])

    def short(self) -> str:
        return self.name.split()[0] if self.name else f"the {self.noun}"

    def form(self, which: int) -> str:
        return PRONOUNS[self.pronoun][which]

    def be(self) -> str:
        return "were" if self.plural else "was"
