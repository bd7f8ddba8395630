"""Documents in which a word depends on one far back: agreement past a phrase, and passages that come again."""

from __future__ import annotations

from model.text.corpus.parts import Parts
from model.text.lexicon import gerund, past, plural, third

NEAR = ("near", "behind", "beside", "under", "with", "by")


class Repeats(Parts):
    """Each method makes one document, a list of sentences."""

    def agreement(self) -> list[str]:
        """The keys on the table are rusty: the verb agrees with a noun further back."""
        many = self.chance(0.5)
        be, auxiliary = ("are", "have") if many else ("is", "has")
        between = self.chance(0.75)
        if self.chance(0.5):
            item = self.thing()
            noun = plural(item.noun) if many else item.noun
            thing = self.thing("furniture" if self.chance(0.5) else None).noun
            where = self.rng.choice(["on", "under", "near", "behind", "beside"])
            link = f" {where} the {plural(thing) if self.chance(0.5) else thing}"
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
            f"{self.rng.choice(['the parrot', second.first()])} "
            f'{self.rng.choice(["repeated", "answered", "said"])} , " {secret} . "',
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
