"""Documents that tell of people and animals: what they do, why, and what they say."""

from __future__ import annotations

from model.text.corpus.entities import Entity
from model.text.corpus.parts import Parts
from model.text.lexicon import past


class Stories(Parts):
    """Each method makes one document, a list of sentences."""

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
                f"{hero.first()} lived in {self.home(hero)} .",
                f"one {self.pick('day_times')} , {hero.first()} {self.movement(hero)} .",
                f"on {self.pick('days')} , {hero.first()} {self.movement(hero)} .",
                f"once there was {hero.first()} ." if not hero.plural else f"once there were {hero.first()} .",
            ]
        )
        middles = [
            f"{hero.again(self.rng)} {hero.be()} very {hero.state} , "
            f"so {hero.pronoun} {past(self.consequence(hero))} .",
            f"there {hero.pronoun} met {other.first()} . {other.short()} {past(self.pick('likes'))} {hero.short()} .",
            f"{hero.again(self.rng)} found {item.first()} . "
            f"{hero.pronoun} {past(self.handling(item))} {item.again(self.rng)} .",
            f"{hero.again(self.rng)} {past(self.pick('mental'))} "
            f"that {other.first()} {other.be()} {self.pick('states')} .",
            f"{other.first()} {past(self.pick('gives'))} {hero.short()} {item.first()} . "
            f"{hero.short()} {past(self.pick('likes'))} {item.definite()} .",
            f"{hero.again(self.rng)} {self.movement(hero)} and {self.movement(hero)} .",
            f"{hero.short()} and {other.short()} {past(self.pick('likes'))} each other . "
            f"they {past(self.pick('travel'))} to {self.place()} .",
        ]
        closing = self.rng.choice(
            [
                f"at the end of the day , {hero.definite()} {hero.be()} {self.pick('states')} .",
                f"then {hero.short()} went home .",
                f"{hero.definite()} {hero.be()} happy again .",
                f"in the end , {hero.pronoun} {past(self.consequence(hero))} "
                f"because {hero.pronoun} {hero.be()} {hero.state} .",
                f"everybody {past(self.pick('likes'))} {hero.definite()} .",
            ]
        )
        chosen = self.rng.sample(middles, self.rng.choice([1, 2, 2, 3]))
        return [
            part.strip() + " ." for text in [opening, *chosen, closing] for part in text.split(" .") if part.strip()
        ]

    def home(self, who: Entity) -> str:
        if who.kind in self.words["animals"]:
            return self.habitat(who)
        return self.place(self.rng.choice(self.words["suited"]["live"]))

    def reason(self) -> list[str]:
        """The cat sat on the mat because it was tired."""
        who = self.in_state(self.anybody())
        act = past(self.consequence(who))
        if self.chance(0.3):
            seat = self.thing("furniture")
            seat.noun = self.rng.choice(self.words["suited"]["sit"])
            rest = self.rng.choice(["sat", "slept", "lay", "rested", "stood", "jumped"])
            act = f"{rest} {self.rng.choice(['on', 'on', 'under', 'near'])} {seat.definite()}"
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
            how = self.rng.choice("tired tired tired scared sick sleepy hungry nervous small young".split())
            cause = f"{who.pronoun} {who.be()} too {how}"
        else:
            cause = f"it was too {self.rng.choice(self.words['place_adjectives'][spot])}"
        return [f"{who.definite()} {negation} {verb} the {spot} because {cause} ."]

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
                    f'" we will go to {place} {self.rng.choice(["today", "tomorrow", "soon"])} , " '
                    f"{said} {one.first()} .",
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
