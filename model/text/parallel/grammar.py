"""Draws meanings and says them in both languages; the same pairs for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from model.text.parallel.english import english
from model.text.parallel.french import french
from model.text.parallel.meaning import Clause, Group, Pronoun, Sentence
from model.text.parallel.parts import STATES
from model.text.parallel.reasons import Reasons


@dataclass(frozen=True)
class Pair:
    """A sentence in both languages, words and marks set apart by blanks, and its meaning."""

    english: str
    french: str
    meaning: Sentence


class Grammar(Reasons):
    """Draws sentences of every kind."""

    def __init__(self, seed: int):
        super().__init__(seed)
        self.makers: dict[Callable[[], Sentence], float] = {
            self.does: 16,
            self.described: 10,
            self.possessed: 4,
            self.question: 8,
            self.asked_for: 8,
            self.there: 8,
            self.age: 6,
            self.related: 6,
            self.taken_and_kept: 9,
            self.obstacle: 24,
            self.fitting: 4,
            self.own_reason: 5,
            self.things_reason: 5,
        }

    def sentence(self) -> Sentence:
        return self.rng.choices(list(self.makers), list(self.makers.values()))[0]()

    def does(self) -> Sentence:
        return Sentence("says", self.action())

    def described(self) -> Sentence:
        """the house is not very big"""
        return Sentence("says", self.description())

    def possessed(self) -> Sentence:
        """the dog of the queen is tired"""
        owner = self.somebody(plain=True)
        if self.chance(0.5):
            own = replace(self.being(number=0), determiner="the", of=owner)
            return Sentence("says", replace(self.action(), subject=own))
        own = replace(self.thing(), of=owner)
        return Sentence(
            "says", replace(self.description(), subject=own, adjective=self.adjective(*STATES[own.noun.kind]))
        )

    def question(self) -> Sentence:
        if self.chance(0.5):
            return Sentence("asks", replace(self.action(), past=self.chance(0.3)))
        return Sentence("asks", self.description())

    def asked_for(self) -> Sentence:
        """where, who, what, why, how many"""
        kind = self.rng.choice(["where", "who", "what", "why", "how many"])
        if kind == "where":
            return Sentence(kind, Clause(self.rng.choice([self.anything, self.being, self.somebody])()))
        if kind == "why":
            clause = self.action() if self.chance(0.6) else self.description()
            return Sentence(kind, replace(clause, negative=True if clause.verb is None else self.chance(0.5)))
        if kind == "who":
            return Sentence(kind, replace(self.action(), subject=None))
        topic = self.rng.choice(["foods", "things"])
        clause = Clause(self.doer(), self.verb(topic), past=kind == "what" and self.chance(0.4))
        counted = self.noun(topic) if kind == "how many" else None
        return Sentence(kind, clause, counted=counted)

    def there(self) -> Sentence:
        """there are ninety-one trees in the garden"""
        many = self.chance(0.6)
        number = self.rng.randint(2, 99) if many and self.chance(0.6) else None
        kind = self.rng.choice(["animals", "men", "women", "things", "foods"])
        what = Group(self.noun(kind), "a", many, self.look(kind, 0.3), number)
        spot = self.spot(furniture=kind not in ("men", "women"))
        return Sentence("there", Clause(what, negative=not number and self.chance(0.3), phrases=(spot,)))

    def age(self) -> Sentence:
        who = self.somebody() if self.chance(0.5) else self.being()
        return Sentence("age", Clause(replace(who, number=None), negative=self.chance(0.2)), years=self.age_of())

    def age_of(self) -> int:
        return self.rng.randint(2, 99) if self.chance(0.6) else self.rng.randint(61, 99)

    def related(self) -> Sentence:
        """the dog that sleeps is black; the apple that the boy eats is red"""
        if self.chance(0.5):
            inner = replace(self.action(), subject=None)
            subject = replace(self.being(adjectives=0.2, number=0), relative=inner)
            kinds = STATES[subject.noun.kind]
            return Sentence("says", Clause(subject, adjective=self.adjective(*kinds)))
        topic = self.rng.choice(["foods", "things"])
        inner = Clause(self.doer(), self.verb(topic), past=self.chance(0.5))
        subject = Group(self.noun(topic), "the", self.chance(0.3), relative=inner)
        return Sentence("says", Clause(subject, adjective=self.adjective(*STATES[topic])))

    def taken_and_kept(self) -> Sentence:
        """the girl takes the apple and eats it"""
        topic = self.rng.choice(["foods", "things"])
        what = Group(self.noun(topic), self.rng.choice(["the", "a", "this"]), self.chance(0.3), self.look(topic, 0.3))
        past, link = self.chance(0.4), self.rng.choice(["and", "but"])
        one, two = self.rng.sample(self.words["verbs"][topic], 2)
        more = Clause(None, two, past, link == "but", object=Pronoun(what.gender, what.many))
        return Sentence("says", Clause(self.doer(), one, past, object=what), more=more, link=link)


def pairs(seed: int) -> Iterator[Pair]:
    """Pairs without end; some come again."""
    grammar = Grammar(seed)
    while True:
        meaning = grammar.sentence()
        yield Pair(english(meaning), french(meaning), meaning)
