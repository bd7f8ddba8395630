"""The everyday English that `tiny` learns: a seeded grammar of short stories, facts and repeated passages.

It is made so that attention has something to do: a verb agrees with a noun several words back, an adjective
decides what its noun will do, a pronoun matches who was named, and names, lists and quotations come again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from model.text.lexicon import gerund, lexicon, past, plural, third, with_articles

PRONOUNS = {  # subject, object, possessive, reflexive
    "he": ("he", "him", "his", "himself"),
    "she": ("she", "her", "her", "herself"),
    "it": ("it", "it", "its", "itself"),
    "they": ("they", "them", "their", "themselves"),
}
NEAR = ("near", "behind", "beside", "under", "with", "by")


@dataclass
class Entity:
    """Somebody or something that a story can name again."""

    noun: str
    kind: str  # a key of the lexicon's word lists: pet, wild, male, toy …
    pronoun: str
    adjectives: list[str] = field(default_factory=list)
    name: str | None = None
    state: str | None = None

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


class Grammar:
    """Makes documents, each a list of sentences with words and punctuation set apart by spaces."""

    def __init__(self, seed: int):
        self.rng = random.Random(seed)
        self.words = lexicon()
        self.makers = {
            self.story: 26,
            self.scene: 18,
            self.reason: 14,
            self.agreement: 12,
            self.purse: 6,
            self.describe: 6,
            self.fact: 12,
            self.knowledge: 9,
            self.calendar: 4,
            self.parrot: 12,
            self.shopping: 5,
            self.talk: 7,
            self.meeting: 7,
            self.crossing: 6,
            self.everyday: 9,
        }

    def document(self) -> list[str]:
        maker = self.rng.choices(list(self.makers), list(self.makers.values()))[0]
        sentences = [with_articles(sentence) for sentence in maker()]  # the makers write "a" everywhere
        return [sentence[0].upper() + sentence[1:] for sentence in sentences]

    # — parts ——————————————————————————————————————————————————————————————————————

    def pick(self, *path: str) -> str:
        entry = self.words
        for key in path:
            entry = entry[key]
        return self.rng.choice(list(entry))

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
        action = self.rng.choice(self.words["states"][who.state]["do"])
        return action.format(their=who.form(2), food=self.meal(), drink=f"some {self.pick('foods', 'drink')}")

    def meal(self) -> str:
        if self.chance(0.4):
            return f"some {self.pick('foods', 'mass')}"
        noun = self.pick("foods", "food")
        adjective = self.pick("food_adjectives") if self.chance(0.4) else None
        first = adjective or noun
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

    # — documents ——————————————————————————————————————————————————————————————————

    def scene(self) -> list[str]:
        """One rich sentence: somebody somewhere, often with a second one to follow."""
        who = self.anybody()
        if not who.name and self.chance(0.3):
            self.in_state(who)
            where = 0 if not who.plural else 1
            who.adjectives.insert(where, who.state)
            act = past(self.consequence(who))
        else:
            act = self.movement(who)
        tail = self.rng.choice(
            ["", "", f" {self.pick('times')}", f" in the {self.pick('day_times')}", f" every {self.pick('day_times')}"]
        )
        sentences = [f"{who.first() if self.chance(0.7) else who.definite()} {act}{tail} ."]
        if self.chance(0.5):
            sentences.append(f"{who.again(self.rng)} {self.movement(who)} .")
        return sentences

    def story(self) -> list[str]:
        """Three to five sentences in which the same people and things come again."""
        hero, other, item = self.in_state(self.anybody()), self.anybody(), self.thing()
        while other.short() == hero.short():
            other = self.anybody()
        opening = self.rng.choice(
            [
                f"{hero.first()} lived in {self.habitat(hero) if hero.kind in self.words['animals'] else self.place(self.rng.choice(self.words['suited']['live']))} .",
                f"one {self.pick('day_times')} , {hero.first()} {self.movement(hero)} .",
                f"on {self.pick('days')} , {hero.first()} {self.movement(hero)} .",
                f"once there was {hero.first()} ." if not hero.plural else f"once there were {hero.first()} .",
            ]
        )
        middles = [
            f"{hero.again(self.rng)} {hero.be()} very {hero.state} , so {hero.pronoun} {past(self.consequence(hero))} .",
            f"there {hero.pronoun} met {other.first()} . {other.short()} {past(self.pick('likes'))} {hero.short()} .",
            f"{hero.again(self.rng)} found {item.first()} . {hero.pronoun} {past(self.handling(item))} {item.again(self.rng)} .",
            f"{hero.again(self.rng)} {past(self.pick('mental'))} that {other.first()} {other.be()} {self.pick('states')} .",
            f"{other.first()} {past(self.pick('gives'))} {hero.short()} {item.first()} . {hero.short()} {past(self.pick('likes'))} {item.definite()} .",
            f"{hero.again(self.rng)} {self.movement(hero)} and {self.movement(hero)} .",
            f"{hero.short()} and {other.short()} {past(self.pick('likes'))} each other . they {past(self.pick('travel'))} to {self.place()} .",
        ]
        closing = self.rng.choice(
            [
                f"at the end of the day , {hero.definite()} {hero.be()} {self.pick('states')} .",
                f"then {hero.short()} went home .",
                f"{hero.definite()} {hero.be()} happy again .",
                f"in the end , {hero.pronoun} {past(self.consequence(hero))} because {hero.pronoun} {hero.be()} {hero.state} .",
                f"everybody {past(self.pick('likes'))} {hero.definite()} .",
            ]
        )
        chosen = self.rng.sample(middles, self.rng.choice([1, 2, 2, 3]))
        return [
            part.strip() + " ." for text in [opening, *chosen, closing] for part in text.split(" .") if part.strip()
        ]

    def reason(self) -> list[str]:
        """The cat sat on the mat because it was tired."""
        who = self.in_state(self.anybody())
        act = past(self.consequence(who))
        if self.chance(0.3):
            seat = self.thing("furniture")
            seat.noun = self.rng.choice(self.words["suited"]["sit"])
            act = f"{self.rng.choice(['sat', 'slept', 'lay', 'rested', 'stood', 'jumped'])} {self.rng.choice(['on', 'on', 'under', 'near'])} {seat.definite()}"
            if who.state not in ("tired", "sleepy", "lonely", "sick", "cold", "bored", "scared", "happy"):
                who.state = "tired"
        subject = who.definite() if self.chance(0.7) else who.first()
        degree = self.rng.choice(["", "", "very ", "so ", "too "])
        cause = f"{who.pronoun} {who.be()} {degree}{who.state}"
        sentence = self.rng.choice(
            [
                f"{subject} {act} because {cause} .",
                f"{subject} {act} because {cause} .",
                f"because {subject} {who.be()} {who.state} , {who.pronoun} {act} .",
                f"{subject} {who.be()} {who.state} , so {who.pronoun} {act} .",
            ]
        )
        return [sentence] + ([f"{who.again(self.rng)} {who.be()} no longer {who.state} ."] if self.chance(0.25) else [])

    def crossing(self) -> list[str]:
        """The animal did not cross the street because it was too tired (or too wide)."""
        who = self.animal(many=0.1) if self.chance(0.7) else self.person(0.5)
        verb = self.rng.choice(["cross", "cross", "climb", "enter", "leave"])
        spot = self.rng.choice(self.words["suited"]["enter" if verb == "leave" else verb])
        negation = self.rng.choice(["did not", "did not", "didn't", "could not", "couldn't"])
        if self.chance(0.5):
            cause = f"{who.pronoun} {who.be()} too {self.rng.choice(['tired', 'tired', 'tired', 'scared', 'sick', 'sleepy', 'hungry', 'nervous', 'small', 'young'])}"
        else:
            cause = f"it was too {self.rng.choice(self.words['place_adjectives'][spot])}"
        return [f"{who.definite()} {negation} {verb} the {spot} because {cause} ."]

    def agreement(self) -> list[str]:
        """The keys on the table are rusty: the verb agrees with a noun further back."""
        many = self.chance(0.5)
        be, auxiliary = ("are", "have") if many else ("is", "has")
        between = self.chance(0.75)
        if self.chance(0.5):
            item = self.thing()
            noun = plural(item.noun) if many else item.noun
            other = self.thing("furniture" if self.chance(0.5) else None).noun
            link = f" {self.rng.choice(['on', 'under', 'near', 'behind', 'beside'])} the {plural(other) if self.chance(0.5) else other}"
            ending = self.rng.choice(
                [
                    f"{be} {self.pick('thing_adjectives', item.kind)}",
                    f"{be} {self.pick('colours')}",
                    f"{auxiliary} been {past(self.pick('thing_verbs', 'furniture'))}",
                    f"{'belong' if many else 'belongs'} to {self.person().first()}",
                ]
            )
            adjectives = [a for a in item.adjectives if a not in ending]
            return [f"the {' '.join([*adjectives, noun])}{link if between else ''} {ending} ."]
        who = self.animal(0) if self.chance(0.5) else self.person(0)
        noun = plural(who.noun) if many else who.noun
        other = self.animal(0) if self.chance(0.5) else self.person(0)
        others = plural(other.noun) if self.chance(0.5) else other.noun
        relative = "that" if who.kind in self.words["animals"] else "who"
        link = self.rng.choice(
            [
                f" {self.rng.choice(NEAR)} the {others}",
                f" {relative} {past(self.pick('likes'))} the {others}",
                f" {relative} {'live' if many else 'lives'} near the {others}",
                f" from the {self.pick('places', 'outdoor')}",
            ]
        )
        verb = (
            self.pick("animal_verbs", who.kind)
            if who.kind in self.words["animals"]
            else self.rng.choice(self.words["travel"] + ["sing", "dance", "work", "read", "smile"])
        )
        ending = self.rng.choice(
            [
                f"{be} {self.pick('states')}",
                f"{be} {self.pick('states')}",
                f"{self.pick('frequency')} {verb if many else third(verb)}",
                f"{verb if many else third(verb)} every {self.pick('day_times')}",
                f"{be} {gerund(verb)}",
                f"{auxiliary} a {self.thing().noun}",
                f"{'do' if many else 'does'} not {self.pick('likes')} {self.person().short()}",
            ]
        )
        return [f"the {' '.join([*who.adjectives, noun])}{link if between else ''} {ending} ."]

    def purse(self) -> list[str]:
        """A person, a thing and a place for it; asked for again, and found where it was put."""
        who, item, place = (
            self.person(),
            self.thing(self.rng.choice(["toy", "readable", "tool", "treasure", "clothing"])),
            self.thing(self.rng.choice(["furniture", "container"])),
        )
        where = f"{'in' if place.kind == 'container' else 'on'} {place.definite()}"
        seeker = self.person(0.8)
        return [
            f"{who.first()} put {item.definite()} {where} .",
            self.rng.choice(
                [
                    f"later , {who.pronoun} looked for {item.definite()} .",
                    f"{seeker.first()} looked for {item.definite()} .",
                    f"{who.short()} asked {seeker.first()} about {item.definite()} .",
                ]
            ),
            self.rng.choice(
                [
                    f"{item.definite()} was still {where} .",
                    f"it was {where} .",
                    f"{item.definite()} was no longer {where} .",
                ]
            ),
        ]

    def describe(self) -> list[str]:
        """What something is like, told twice."""
        item = self.thing() if self.chance(0.5) else self.animal(0)
        owner = self.person(0.8)
        colour, size = self.pick("colours"), self.pick("sizes")
        item.adjectives = []
        return [
            f"{owner.first()} has a {size} {colour} {item.noun} .",
            self.rng.choice(
                [
                    f"the {item.noun} is {colour} and {size} .",
                    f"{owner.form(2)} {item.noun} is {size} .",
                    f"{owner.pronoun} {third(self.pick('likes'))} the {size} {colour} {item.noun} .",
                ]
            ),
            self.rng.choice(
                [
                    f"the {colour} {item.noun} belongs to {owner.short()} .",
                    f"everybody {third(self.pick('likes'))} the {size} {colour} {item.noun} .",
                    f"{owner.short()} is proud of {owner.form(2)} {colour} {item.noun} .",
                ]
            ),
        ]

    def fact(self) -> list[str]:
        """The capital of France is Paris; a queen is a woman; snow is white."""
        country = self.pick("countries")
        capital, language = self.words["countries"][country]
        colour = self.pick("colours_of")
        noun = self.pick("colours_of", colour)
        male, female = self.rng.choice(
            [
                ("king", "queen"),
                ("prince", "princess"),
                ("father", "mother"),
                ("brother", "sister"),
                ("uncle", "aunt"),
                ("son", "daughter"),
                ("grandfather", "grandmother"),
                ("husband", "wife"),
                ("actor", "actress"),
                ("waiter", "waitress"),
                ("wizard", "witch"),
                ("hero", "heroine"),
                ("boy", "girl"),
            ]
        )
        adult = ("child", "child") if male == "boy" else ("man", "woman")
        traveler = self.person(0.9)
        a, b = sorted(self.rng.sample(range(1, 7), 2))
        numbers = self.words["numbers"]
        return self.rng.choice(
            [
                [f"the capital of {country} is {capital} ."],
                [f"{capital} is the capital of {country} .", f"people in {capital} speak {language} ."],
                [
                    f"{traveler.first()} lives in {capital} .",
                    f"{traveler.pronoun} speaks {language} because {capital} is in {country} .",
                ],
                [
                    f"{traveler.first()} went from {country} to {self.pick('countries')} .",
                    f"{traveler.pronoun} speaks {language} .",
                ],
                [f"the {male} is a {adult[0]} and the {female} is a {adult[1]} ."],
                [f"a {male} is a {adult[0]} .", f"a {female} is a {adult[1]} ."],
                [
                    f"the {male} said that he was {(s := self.pick('states'))} .",
                    f"the {female} said that she was {s} too .",
                ],
                [f"the {male} of {country} lived in {capital} with the {female} of {country} ."],
                [f"the {male} loved the {female} , and the {female} loved the {male} ."],
                [
                    f"{noun} is {colour} ."
                    if noun in ("grass", "snow", "milk", "coal", "rain", "chocolate")
                    else f"the {noun} is {colour} ."
                ],
                [f"{numbers[a - 1]} plus {numbers[b - 1]} is {numbers[a + b - 1]} ."],
                [f"{numbers[b - 1]} is more than {numbers[a - 1]} ."],
            ]
        )

    def knowledge(self) -> list[str]:
        """What animals, people and things are known for: dogs bark, a baker bakes, a ring is made of gold."""
        words = self.words
        animal, eater, worker, item, quality = (
            self.pick(table) for table in ("sounds", "diets", "works", "materials", "opposites")
        )
        sound, work, opposite = (
            " ".join(words[table][key])
            for table, key in (("sounds", animal), ("works", worker), ("opposites", quality))
        )
        ladder = words["greater"][self.pick("greater")]
        small, large = sorted(self.rng.sample(range(len(ladder)), 2))
        one, other = (quality, opposite) if self.chance(0.5) else (opposite, quality)
        tree, sport, who = self.pick("trees"), self.pick("sports"), self.person(0.9)
        return self.rng.choice(
            [
                [f"{plural(animal)} {sound} ."],
                [f"the {animal} {past(sound)} {self.pick('manners')} ."],
                [f"a {animal} {third(sound)} in the {self.pick('day_times')} ."],
                [f"{plural(eater)} eat {words['diets'][eater][0]} ."],
                [f"a {eater} likes {words['diets'][eater][0]} ."],
                [f"a {worker} {third(work)} ."],
                [f"{plural(worker)} {work} every day ."],
                [f"{who.first()} is a {worker} .", f"{who.pronoun} {third(work)} ."],
                [f"the {item} is made of {words['materials'][item][0]} ."],
                [f"{who.first()} has a {item} made of {words['materials'][item][0]} ."],
                [f"{one} is the opposite of {other} ."],
                [f"if something is not {one} , it is {other} ."],
                [f"a {ladder[large]} is bigger than a {ladder[small]} ."],
                [f"a {ladder[small]} is smaller than a {ladder[large]} ."],
                [f"the {tree} is a tree ."],
                [f"{who.first()} sat under the old {tree} because {who.pronoun} {who.be()} tired ."],
                [f"{who.first()} plays {sport} on {self.pick('days')} .", f"{who.pronoun} is good at {sport} ."],
            ]
        )

    def everyday(self) -> list[str]:
        """School, the body, the weather, presents and parties."""
        who, other = self.person(0.9), self.person(0.9)
        part, sky, subject, gift, occasion = (
            self.pick(table) for table in ("body", "sky_verbs", "subjects", "gifts", "occasions")
        )
        happening = " ".join(self.words["sky_verbs"][sky])
        return self.rng.choice(
            [
                [f"{who.first()} learns {subject} at school .", f"{who.pronoun} likes {subject} very much ."],
                [f"{who.first()} and {other.first()} study {subject} together ."],
                [
                    f"{who.first()} {past(self.pick('pains'))} {who.form(2)} {part} .",
                    f"now {who.form(2)} {part} hurts .",
                ],
                [f"{who.first()} washed {who.form(2)} {plural(part)} ."],
                [f"the {sky} {happening} .", f"{who.first()} looked at the {sky} ."],
                [f"when the {sky} {happening} , {who.first()} was in {self.place()} ."],
                [
                    f"{who.first()} gave {other.first()} a {gift} for {other.form(2)} {occasion} .",
                    f"{other.short()} thanked {who.short()} for the {gift} .",
                ],
                [
                    f"{who.first()} invited {other.first()} to {who.form(2)} {occasion} .",
                    f"the {occasion} was on {self.pick('days')} .",
                    f"{other.short()} came to the {occasion} with a {gift} .",
                ],
                [
                    f"{who.first()} made a {self.pick('mistakes')} .",
                    f"it was a {self.rng.choice(['good', 'bad', 'terrible', 'wonderful'])} {self.pick('mistakes')} .",
                ],
                [f"{who.first()} felt {self.pick('feelings')} when {who.pronoun} saw {other.first()} ."],
                [f"{who.first()} cleaned the {self.pick('family_rooms')} and the {self.pick('family_rooms')} ."],
                [
                    f"{who.first()} lives in the {self.pick('ordinals')} house on the {self.rng.choice(['left', 'right'])} ."
                ],
            ]
        )

    def calendar(self) -> list[str]:
        days, months, numbers = self.words["days"], self.words["months"], self.words["numbers"]
        d, m, n = self.rng.randrange(7), self.rng.randrange(12), self.rng.randrange(8)
        return self.rng.choice(
            [
                [f"today is {days[d]} .", f"tomorrow is {days[(d + 1) % 7]} ."],
                [f"{days[(d + 1) % 7]} comes after {days[d]} ."],
                [f"it is {months[m]} .", f"next month is {months[(m + 1) % 12]} ."],
                [f"yesterday was {days[d]} .", f"today is {days[(d + 1) % 7]} ."],
                [" , ".join(numbers[n : n + 5]) + " ."],
                [" , ".join(days[(d + i) % 7] for i in range(4)) + " ."],
                [f"it is {self.pick('weather')} in {months[m]} .", f"on {days[d]} it was {self.pick('weather')} ."],
            ]
        )

    def parrot(self) -> list[str]:
        """Words that nobody can foresee, said again: only copying helps."""
        pool = [
            *self.words["colours"],
            *self.words["numbers"],
            *self.words["sizes"],
            *self.words["foods"]["food"],
            *self.words["manners"],
            *self.words["textures"],
            *(noun for group in ("things", "animals") for kind in self.words[group].values() for noun in kind),
            *self.words["names"]["female"],
            *self.words["names"]["male"],
            *self.words["names"]["last"],
            *self.words["countries"],
            *self.words["days"],
            *self.words["travel"],
            *self.words["likes"],
        ]
        secret = " ".join(self.rng.sample(pool, self.rng.randint(3, 8)))
        first, second = self.person(0.7), self.person(0.7)
        if self.chance(0.5):
            return [f"{secret} , " * self.rng.choice([1, 2]) + f"{secret} ."]
        return [
            f'{first.first()} said , " {secret} . "',
            f'{self.rng.choice(["the parrot", second.first()])} {self.rng.choice(["repeated", "answered", "said"])} , " {secret} . "',
            *(
                [f'" {secret} , " {self.rng.choice(["sang", "shouted", "whispered"])} {first.short()} .']
                if self.chance(0.4)
                else []
            ),
        ]

    def shopping(self) -> list[str]:
        """A list and the same list again."""
        who = self.person(0.8)
        goods = self.rng.sample(
            self.words["foods"]["food"] + self.words["things"]["tool"] + self.words["things"]["clothing"],
            self.rng.choice([2, 3, 3, 4]),
        )
        a_list = " , ".join(f"a {g}" for g in goods[:-1]) + f" and a {goods[-1]}"
        the_list = " , ".join(f"the {g}" for g in goods[:-1]) + f" and the {goods[-1]}"
        verb = self.rng.choice(["bought", "found", "wanted", "needed", "brought", "carried"])
        return [
            f"{who.first()} {verb} {a_list} .",
            self.rng.choice(
                [
                    f"{who.pronoun} put {the_list} in a {self.pick('things', 'container')} .",
                    f"{who.pronoun} showed {self.person(0.9).first()} {the_list} .",
                    f"then {who.short()} lost {the_list} .",
                ]
            ),
        ]

    def talk(self) -> list[str]:
        """Two people speak; each is named again."""
        one, two = self.in_state(self.person(0.9)), self.person(0.9)
        said = self.rng.choice(["said", "whispered", "shouted", "answered"])
        place, item = self.place(), self.thing()
        return self.rng.choice(
            [
                [
                    f'" I am {one.state} , " {said} {one.first()} .',
                    f'" why are you {one.state} ? " asked {two.first()} .',
                    f"{one.short()} {past(self.consequence(one))} .",
                ],
                [
                    f'" where is my {item.noun} ? " asked {one.first()} .',
                    f'" your {item.noun} is in {place} , " {said} {two.first()} .',
                    f"{one.short()} went to {place} .",
                ],
                [f'" my name is {one.definite()} . "', f'" hello , {one.short()} , " {said} {two.first()} .']
                if one.name
                else [f'{two.first()} said , " good morning ! "'],
                [
                    f'" do you {self.pick("likes")} {two.short()} ? " asked {one.first()} .',
                    f'" yes , I do , " {said} {self.person(0.9).first()} .',
                ],
                [
                    f'" we will go to {place} {self.rng.choice(["today", "tomorrow", "soon"])} , " {said} {one.first()} .',
                    f"{one.short()} and {two.first()} went to {place} .",
                ],
                [
                    f"{one.first()} asked {two.first()} a question .",
                    f'" can you help me ? " said {one.short()} .',
                    f'" of course I can help you , " {said} {two.short()} .',
                ],
            ]
        )

    def meeting(self) -> list[str]:
        """Who did what to whom, then the same people again, with full names."""
        one, two = self.person(1), self.person(1)
        one.name = one.name if " " in one.name else f"{one.name} {self.pick('names', 'last')}"
        verb = past(self.pick("likes"))
        return [
            f"{one.first()} {self.movement(one)} with {two.first()} .",
            self.rng.choice(
                [
                    f"{one.name} {verb} {two.name} .",
                    f"{two.name} {verb} {one.name} .",
                    f"everybody {verb} {one.name} and {two.name} .",
                ]
            ),
            self.rng.choice(
                [
                    f"{one.name} was {self.pick('characters')} .",
                    f"{two.name} and {one.name} are friends .",
                    f"{two.short()} gave {one.name} a {self.thing().noun} .",
                ]
            ),
        ]


def documents(seed: int, words: int) -> list[str]:
    """Documents of about `words` words (punctuation counted) together, one string each."""
    grammar, made, count = Grammar(seed), [], 0
    while count < words:
        made.append(" ".join(grammar.document()))
        count += made[-1].count(" ") + 1
    return made
