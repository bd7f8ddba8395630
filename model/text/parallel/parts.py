"""Draws parts of sentences: somebody, something, somewhere, and what they do."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from model.text.parallel.meaning import Clause, Group, Phrase
from model.text.parallel.words import Adjective, Noun, Verb, lexicon

STATES = {  # what may be said of whom: kinds of adjectives; those before their noun in French are in BEFORE
    "animals": ("states", "colours"),
    "men": ("states",),
    "women": ("states",),
    "foods": ("food_states", "colours"),
    "things": ("thing_states", "colours"),
    "furniture": ("thing_states", "colours"),
    "holders": ("thing_states", "colours"),
    "roads": ("road_states",),
    "waters": ("water_states",),
    "lands": ("land_states",),
    "shores": ("shore_states",),
    "buildings": ("building_states", "colours"),
}
BEFORE = {
    "animals": "big small beautiful old young pretty",
    "men": "old young good bad",
    "women": "old young good bad",
    "foods": "big small beautiful good bad",
    **dict.fromkeys(("things", "furniture", "holders", "buildings"), "big small beautiful old new pretty"),
    **dict.fromkeys(("roads", "waters", "lands", "shores"), "big small beautiful pretty"),
}
PLACES = ("roads", "waters", "lands", "shores", "buildings")


class Parts:
    """Draws words that suit one another; the same for the same seed."""

    def __init__(self, seed: int):
        self.rng = random.Random(seed)
        self.words = lexicon()

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def noun(self, *kinds: str) -> Noun:
        noun: Noun = self.rng.choice(self.words["nouns"][self.rng.choice(kinds)])
        return noun

    def verb(self, kind: str) -> Verb:
        verb: Verb = self.rng.choice(self.words["verbs"][kind])
        return verb

    def adjective(self, *kinds: str) -> Adjective:
        adjective: Adjective = self.rng.choice(self.words["adjectives"][self.rng.choice(kinds)])
        return adjective

    def ahead(self, kind: str) -> Adjective:
        """An adjective that stands before its noun in French: big, old."""
        fits = BEFORE[kind].split()
        adjective: Adjective = self.rng.choice([a for a in self.words["adjectives"]["before"] if a.english in fits])
        return adjective

    def look(self, kind: str, share: float) -> tuple[Adjective, ...]:
        """None, one or two adjectives of a noun: one of those before it, one of those after it in French."""
        before = [self.ahead(kind)] if self.chance(share) else []
        after = [self.adjective(*STATES[kind])] if self.chance(share) else []
        return (*before, *after)

    # ── who ──────────────────────────────────────────────────────────────────────────────────────
    def being(self, adjectives: float = 0.35, number: float = 0.15) -> Group:
        """An animal, or people."""
        kind = self.rng.choice(["animals", "animals", "men", "women"])
        many = self.chance(0.3)
        determiner = self.rng.choice(["the", "the", "the", "a", "this", *(["his", "her"] if kind == "animals" else [])])
        count = self.rng.randint(2, 99) if many and self.chance(number) else None
        return Group(self.noun(kind), determiner, many, self.look(kind, adjectives), count)

    def somebody(self, plain: bool = False) -> Group:
        """People, perhaps by name."""
        if self.chance(0.4):
            return Group(self.rng.choice(self.words["names"]), "")
        many = not plain and self.chance(0.25)
        kind = self.rng.choice(["men", "women"])
        return Group(self.noun(kind), "the", many, () if plain else self.look(kind, 0.2))

    def doer(self) -> Group:
        return self.being() if self.chance(0.5) else self.somebody()

    # ── what and where ───────────────────────────────────────────────────────────────────────────
    def thing(self, *kinds: str) -> Group:
        noun = self.noun(*(kinds or ("things", "foods", "holders", "furniture")))
        return Group(noun, "the", self.chance(0.25), self.look(noun.kind, 0.25))

    def anything(self) -> Group:
        return self.thing() if self.chance(0.6) else self.place()

    def place(self, *kinds: str, adjectives: float = 0.3) -> Group:
        noun = self.noun(*(kinds or PLACES))
        determiner = self.rng.choice(["the", "the", "the", "the", "this", "a"])
        return Group(noun, determiner, self.chance(0.1), self.look(noun.kind, adjectives))

    def spot(self, furniture: bool = False) -> Phrase:
        """in the garden, near the old school; with `furniture` on the table, too."""
        where = self.rng.choice(["in", "in", "on", "near", "behind", "in front of", *(["under", "on"] * furniture)])
        if where == "under" or where == "on" and furniture:
            return where, Group(self.noun("furniture"), "the", adjectives=self.look("furniture", 0.2))
        inside = {"in": ("lands", "buildings"), "on": ("shores",)}
        return where, self.place(*inside.get(where, PLACES), adjectives=0.2)

    # ── what is done and said ────────────────────────────────────────────────────────────────────
    def action(self) -> Clause:
        """Somebody does something."""
        who, past, negative = self.doer(), self.chance(0.35), self.chance(0.3)
        what = self.rng.choice(["alone", "alone", "beings", "foods", "things", "places", "having", "going", "giving"])
        verb = self.verb("speaking" if what == "going" and self.chance(0.4) else what)
        spot = (self.spot(what == "things"),) if self.chance(0.3) else ()
        if what == "alone":
            return Clause(who, verb, past, negative, phrases=spot)
        if what == "going":
            goal = replace(self.place("buildings", "waters"), determiner=self.rng.choice(["the", "this"]))
            to = goal if verb.english == "go" else self.somebody()
            return Clause(who, verb, past, negative, phrases=(("to", to),))
        if what == "giving":
            gift = self.given("foods", "things")
            return Clause(who, verb, past, negative, object=gift, phrases=(("to", self.somebody()),))
        if what == "having":
            return Clause(who, verb, False, negative, object=self.given("animals", "foods", "things", counted=0.5))
        if what == "places":
            return Clause(who, verb, past, negative, object=self.place())
        thing = self.given("animals", "men", "women") if what == "beings" else self.given(what)
        return Clause(who, verb, past, negative, object=thing, phrases=spot if what == "things" else ())

    def given(self, *kinds: str, counted: float = 0.15) -> Group:
        """An object of a verb: an apple, these old keys, his dog, seventeen plates."""
        noun, many = self.noun(*kinds), self.chance(0.35)
        determiner = self.rng.choice(["the", "the", "a", "a", "this", "his", "her"])
        number = self.rng.randint(2, 99) if many and self.chance(counted) else None
        return Group(noun, determiner, many, self.look(noun.kind, 0.3), number)

    def description(self) -> Clause:
        """Somebody or something is so."""
        makers: list[Callable[[], Group]] = [self.being, self.somebody, self.thing, self.place]
        what = self.rng.choice(makers)()
        kind = "men" if what.noun.name else what.noun.kind
        ahead = self.ahead(kind)  # but not: the house is new, for which French has another word
        adjective = ahead if ahead.english != "new" and self.chance(0.3) else self.adjective(*STATES[kind])
        degree = (
            self.rng.choice(["", "", "very", "too"]) if adjective not in self.words["adjectives"]["colours"] else ""
        )
        if adjective in what.adjectives:  # not: the old king is old
            what = replace(what, adjectives=())
        return Clause(what, None, self.chance(0.3), self.chance(0.25), adjective, degree)
