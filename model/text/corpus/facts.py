"""Documents that tell how things are: countries and capitals, animals and trades, days and months."""

from __future__ import annotations

from model.text.corpus.parts import Parts
from model.text.lexicon import past, plural, third


class Facts(Parts):
    """Each method makes one document, a list of sentences."""

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
                    f"{who.first()} lives in the {self.pick('ordinals')} house "
                    f"on the {self.rng.choice(['left', 'right'])} ."
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
