"""Which documents there are, and how often each is made."""

from __future__ import annotations

from collections.abc import Callable

from model.text.corpus.facts import Facts
from model.text.corpus.lookups import Lookups
from model.text.corpus.repeats import Repeats
from model.text.corpus.stories import Stories
from model.text.lexicon import with_articles


class Grammar(Stories, Facts, Repeats, Lookups):
    """Makes documents, each a list of sentences with words and punctuation set apart by spaces.

    A share `lookups` of them is such that the next word hangs on words that must be found (lookups.py)."""

    def __init__(self, seed: int, lookups: float = 0.0):
        super().__init__(seed)
        self.makers: dict[Callable[[], list[str]], float] = {
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
        if lookups:
            makers = {self.deeds: 4, self.obstacle: 4, self.tempers: 3}
            scale = lookups / (1 - lookups) * sum(self.makers.values()) / sum(makers.values())
            self.makers |= {maker: scale * weight for maker, weight in makers.items()}

    def document(self) -> list[str]:
        maker = self.rng.choices(list(self.makers), list(self.makers.values()))[0]
        sentences = [with_articles(sentence) for sentence in maker()]  # the makers write "a" everywhere
        return [sentence[0].upper() + sentence[1:] for sentence in sentences]


def documents(seed: int, words: int, lookups: float = 0.0) -> list[str]:
    """Documents of about `words` words (punctuation counted) together, one string each; `lookups` as in Grammar."""
    grammar, made, count = Grammar(seed, lookups), [], 0
    while count < words:
        made.append(" ".join(grammar.document()))
        count += made[-1].count(" ") + 1
    return made
