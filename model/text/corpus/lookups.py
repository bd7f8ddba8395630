"""Documents in which the next word is decided by words that attention must find: two adjectives, a noun, a person."""

from __future__ import annotations

from model.text.corpus.parts import Parts
from model.text.lexicon import past, said_of_places_only

ADJECTIVE_LISTS = [("textures", "colours"), ("sizes", "textures"), ("sizes", "colours")]
OPEN_PLACES = ("forest", "garden", "park", "field", "meadow", "street", "river", "hill", "valley", "village", "road")


class Lookups(Parts):
    """Each method makes one document, a list of sentences. What decides is the same for every seed."""

    def deeds(self) -> list[str]:
        """A fluffy blue creature roamed the verdant forest: both adjectives together decide the verb, neither alone."""
        return [self.deed() for _ in range(self.rng.choice([1, 2, 2, 3]))]

    def deed(self) -> str:
        lists = self.rng.choice(ADJECTIVE_LISTS)
        first, second = (self.pick(one) for one in lists)
        row, column = (self.words[one].index(word) % 3 for one, word in zip(lists, (first, second), strict=True))
        verb = self.words["deeds"][3 * row + column]
        adjectives = [first, second]
        if self.chance(0.5):  # one that decides nothing, so that those that do stand nearer or further
            adjectives.insert(self.rng.randrange(3), self.pick("natures"))
        lead = self.rng.choice(["a", "a", "the", "yesterday , a", f"one {self.pick('day_times')} , a"])
        tail = self.rng.choice(["", "", "", f" in the {self.pick('day_times')}", f" with {self.person(0.9).first()}"])
        spot = self.place(self.rng.choice(OPEN_PLACES))
        return f"{lead} {' '.join(adjectives)} {self.rng.choice(self.walkers)} {past(verb)} {spot}{tail} ."

    @property
    def walkers(self) -> list[str]:
        return [noun for kind in ("pet", "farm", "wild") for noun in self.words["animals"][kind]]

    def obstacle(self) -> list[str]:
        """The fox did not cross the street because it was too tired (wide): the reason tells which noun decides.

        Every animal and place has its own word to go on with after the reason: today, there …"""
        return [sentence for _ in range(self.rng.choice([1, 2])) for sentence in self.hindrance()]

    def hindrance(self) -> list[str]:
        animal, verb = self.rng.choice(self.walkers), self.rng.choice(["cross", "climb", "enter"])
        spot = self.rng.choice([spot for spot in self.words["suited"][verb] if said_of_places_only(spot)])
        negation = self.rng.choice(["did not", "did not", "did not", "didn't", "could not", "couldn't"])
        if self.chance(0.5):
            noun, like, why = animal, self.walkers, self.pick("animal_reasons")
            act = past(self.rng.choice(self.words["states"][why]["do"]))
            then = act.format(their="its", food=self.meal(), drink="some water")
        else:
            noun, like, why = spot, list(self.words["place_adjectives"]), self.rng.choice(said_of_places_only(spot))
            then = f"was {self.rng.choice(['very', 'still'])} {why}"
        when = f" {self.own_word(noun, like, 'moments')}" if self.chance(0.7) else ""
        start = f"the {animal} {negation} {verb} the {spot} because it was too {why}{when}"
        return [f"{start} , so the {noun} {then} ."] if self.chance(0.5) else [f"{start} .", f"the {noun} {then} ."]

    def tempers(self) -> list[str]:
        """The queen gave the king a letter because she …: the pronoun tells whose word goes on."""
        return [sentence for _ in range(self.rng.choice([1, 2])) for sentence in self.gift()]

    def gift(self) -> list[str]:
        people = {gender: self.pick("people", gender) for gender in ("male", "female")}
        giver, taker = self.rng.sample(list(people.values()), 2)
        pronoun, gender = self.rng.choice([("he", "male"), ("she", "female")])
        who, other = people[gender], people["female" if gender == "male" else "male"]
        item = self.pick("things", self.rng.choice(["readable", "readable", "toy", "treasure"]))
        trait = self.rng.choice([word for word in self.words["characters"] if word != "handsome"])  # said of men
        start = f"the {giver} {past(self.pick('gives'))} the {taker} a {item} because {pronoun}"
        if self.chance(0.3):
            return [f"{start} was a {trait} {who} ."]
        feeling = past(self.own_word(who, self.words["people"]["male"] + self.words["people"]["female"], "bonds"))
        return [f"{start} {feeling} the {other} .", *([f"the {who} was {trait} ."] if self.chance(0.5) else [])]

    def own_word(self, noun: str, like: list[str], words: str) -> str:
        """The one of a list of words that goes with a noun, by the noun's place among its like."""
        own: list[str] = self.words[words]
        return own[like.index(noun) % len(own)]
