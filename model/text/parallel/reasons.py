"""Sentences in which a pronoun must find whom it stands for: il or elle hangs on it.

*The animal did not cross the street because it was too tired (wide)*: what is so can be said of one of the two only.
"""

from __future__ import annotations

from model.text.parallel.meaning import Clause, Group, Pronoun, Sentence
from model.text.parallel.parts import STATES, Parts
from model.text.parallel.words import Adjective

GROUND = ("roads", "waters", "lands", "shores")


class Reasons(Parts):
    """Draws sentences with a reason."""

    def obstacle(self) -> Sentence:
        """the animal did not cross the street because it was too tired (wide)"""
        who = self.one_of("animals")
        spot = self.one_of(*GROUND)
        own = self.chance(0.5)
        adjective = self.adjective("states" if own else STATES[spot.noun.kind][0])
        return self.because(who, spot, own, adjective)

    def because(self, who: Group, spot: Group, own: bool, adjective: Adjective) -> Sentence:
        """The reason lies in `who` (own), or in the place."""
        past, negative = self.chance(0.75), self.chance(0.75)
        degree = self.rng.choice(["too", "too", "too", "very", ""] if negative else ["very", ""])
        if spot.noun.kind in ("waters", "lands") and self.chance(0.4):
            clause = Clause(who, self.verb("entering"), past, negative, phrases=(("into", spot),))
        else:
            clause = Clause(who, self.verb("places"), past, negative, object=spot)
        about = who if own else spot
        reason = Clause(Pronoun(about.gender, about.many), None, past, False, adjective, degree)
        return Sentence("says", clause, because=reason)

    def one_of(self, *kinds: str) -> Group:
        """With *the* or *this*, so that one can speak of it again."""
        noun = self.noun(*kinds)
        many = self.chance(0.12)
        adjectives = (self.ahead(noun.kind),) if self.chance(0.25) else ()
        return Group(noun, "the" if self.chance(0.85) else "this", many, adjectives)

    def fitting(self) -> Sentence:
        """the trophy did not fit in the suitcase because it was too big (small)"""
        what, holder = self.one_of("things"), self.one_of("holders")
        big, small = self.words["adjectives"]["before"][:2]
        own = self.chance(0.5)
        about = what if own else holder
        clause = Clause(what, self.words["verbs"]["fitting"][0], True, True, phrases=(("in", holder),))
        reason = Clause(Pronoun(about.gender, about.many), None, True, False, big if own else small, "too")
        return Sentence("says", clause, because=reason)

    def own_reason(self) -> Sentence:
        """the girls do not sing because they are tired; Anna did not cross the street because it was too wide"""
        who, past = self.somebody(), self.chance(0.6)
        spot = self.one_of(*GROUND)
        if who.many or self.chance(0.5):
            clause = Clause(who, self.verb("alone"), past, self.chance(0.6))
            reason = Clause(
                self.person(who), None, past, False, self.adjective("states"), self.rng.choice(["too", "very", ""])
            )
            return Sentence("says", clause, because=reason)
        own = self.chance(0.5)
        adjective = self.adjective("states" if own else STATES[spot.noun.kind][0])
        about = self.person(who) if own else Pronoun(spot.gender, spot.many)
        clause = Clause(who, self.verb("places"), past, True, object=spot)
        return Sentence("says", clause, because=Clause(about, None, past, False, adjective, "too"))

    def person(self, who: Group) -> Pronoun:
        return Pronoun(who.gender, who.many, person=not who.many)

    def things_reason(self) -> Sentence:
        """the boy did not eat the apple because it was too sweet"""
        topic = self.rng.choice(["foods", "things"])
        who, what, past = self.somebody(), self.one_of(topic), self.chance(0.6)
        if who.many and what.many:
            what = Group(what.noun, what.determiner, False, what.adjectives)
        clause = Clause(who, self.verb(topic), past, self.chance(0.7), object=what)
        adjective, degree = self.adjective(STATES[topic][0]), self.rng.choice(["too", "very"])
        return Sentence(
            "says", clause, because=Clause(Pronoun(what.gender, what.many), None, past, False, adjective, degree)
        )
