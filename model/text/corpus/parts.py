"""Parts of sentences: somebody, something, somewhere, and what they do."""

from __future__ import annotations

import random
from typing import Any

from model.text.corpus.entities import Entity
from model.text.lexicon import lexicon, past, plural


class Parts:
    """Draws words that suit one another; the same for the same seed."""

    def __init__(self, seed: int):
        self.rng = random.Random(seed)
        self.words = lexicon()

    def pick(self, *path: str) -> str:
        entry: Any = self.words
        for key in path:
            entry = entry[key]
        word: str = self.rng.choice(list(entry))
        return word

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def person_name(self, gender: str) -> str:
        first = self.pick("names", gender)
        usual = {"Harry": "Potter", "Hermione": "Granger", "Ron": "Weasley"}.get(first)
        last = usual if usual and self.chance(0.7) else self.pick("names", "last")
        return f"{first} {last}" if self.chance(0.5) else first

    def person(self, named: float = 0.6) -> Entity:
        gender = self.rng.choice(["male", "female"])
        pronoun = "he" if gender == "male" else "she"
        if self.chance(named):
            return Entity("", gender, pronoun, name=self.person_name(gender))
        kind = self.rng.choice([gender, gender, "either"])
        count = self.rng.choice([0, 1, 1, 2])
        adjectives = self.rng.sample(self.words["characters"], count)
        return Entity(self.pick("people", kind), kind, pronoun, adjectives)

    def animal(self, many: float = 0.15) -> Entity:
        kind = self.rng.choice(["pet", "farm", "wild", "wild", "bird", "water", "insect"])
        noun, adjectives = self.pick("animals", kind), []
        if self.chance(0.4):
            adjectives.append(self.pick("sizes"))
        if self.chance(0.5):
            adjectives.append(self.pick("textures"))
        if self.chance(0.5):
            adjectives.append(self.pick("colours"))
        if self.chance(many):
            return Entity(plural(noun), kind, "they", [self.rng.choice(["two", "three", "four", "some"]), *adjectives])
        return Entity(noun, kind, "it", adjectives)

    def thing(self, kind: str | None = None) -> Entity:
        kind = kind or self.pick("things")
        adjectives = [self.pick("thing_adjectives", kind)] if self.chance(0.6) else []
        if self.chance(0.3):
            adjectives.append(self.pick("colours"))
        return Entity(self.pick("things", kind), kind, "it", adjectives)

    def place(self, where: str | None = None, adjective: float = 0.6) -> str:
        noun = where or self.pick("places", self.rng.choice(["outdoor", "outdoor", "indoor"]))
        if self.chance(adjective):
            return f"the {self.rng.choice(self.words['place_adjectives'][noun])} {noun}"
        return f"the {noun}"

    def habitat(self, who: Entity, adjective: float = 0.6) -> str:
        places = self.words["animal_places"].get(who.kind)
        return self.place(self.rng.choice(places) if places else None, adjective)

    def anybody(self) -> Entity:
        return self.animal() if self.chance(0.5) else self.person()

    def in_state(self, who: Entity) -> Entity:
        who.state = self.pick("states")
        return who

    def consequence(self, who: Entity) -> str:
        """What somebody in that state does, in the base form."""
        action: str = self.rng.choice(self.words["states"][who.state]["do"])
        return action.format(their=who.form(2), food=self.meal(), drink=f"some {self.pick('foods', 'drink')}")

    def meal(self) -> str:
        if self.chance(0.4):
            return f"some {self.pick('foods', 'mass')}"
        noun = self.pick("foods", "food")
        adjective = self.pick("food_adjectives") if self.chance(0.4) else None
        return f"a {adjective + ' ' if adjective else ''}{noun}"

    def movement(self, who: Entity) -> str:
        """roamed the verdant forest, swam in the lake, walked to the market — in the past tense."""
        spot = self.habitat(who)
        if who.kind == "water":
            return self.rng.choice([f"swam in {spot}", f"played in {spot}", f"crossed {spot}", f"lived in {spot}"])
        if who.kind == "bird":
            return self.rng.choice([f"flew over {spot}", f"sang in {spot}", f"lived in {spot}", f"flew to {spot}"])
        manner = f" {self.pick('manners')}" if self.chance(0.12) else ""
        if who.kind in self.words["animals"]:
            verb = past(self.pick("animal_verbs", who.kind)) + manner
            return self.rng.choice(
                [
                    f"roamed {spot}",
                    f"crossed {spot}",
                    f"explored {spot}",
                    f"{verb} in {spot}",
                    f"ran through {spot}",
                    f"{verb} near {spot}",
                    f"walked through {spot}",
                    f"lived in {spot}",
                ]
            )
        verb = past(self.pick("travel")) + manner
        open_place, closed, home = (
            self.place(self.rng.choice(self.words["suited"][use])) for use in ("cross", "enter", "live")
        )
        return self.rng.choice(
            [
                f"{verb} to {spot}",
                f"{verb} to {spot}",
                f"crossed {open_place}",
                f"visited {spot}",
                f"left {closed}",
                f"entered {closed}",
                f"explored {spot}",
                f"waited near {spot}",
                f"got lost in {closed}",
                f"lived in {home}",
            ]
        )

    def handling(self, item: Entity) -> str:
        """A verb that suits the thing, in the base form."""
        if self.chance(0.7):
            return self.pick("thing_verbs", item.kind)
        return self.pick("portable_verbs")
