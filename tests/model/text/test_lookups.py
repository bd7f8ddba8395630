"""Lookups: what decides the next word is found far back, the same for every seed, and nowhere else."""

from collections import defaultdict

import pytest

from model.text.corpus import Grammar, documents
from model.text.lexicon import lexicon, past
from model.training.windows import vocabulary

WORDS = lexicon()
DEEDS = [past(verb) for verb in WORDS["deeds"]]
ADJECTIVES = {word for one in ("textures", "sizes", "colours") for word in WORDS[one]}
BONDS = [past(verb) for verb in WORDS["bonds"]]


@pytest.fixture(scope="module")
def grammars():
    return Grammar(1, 0.5), Grammar(2, 0.5)


def followers(told):
    """What follows each context: {context: set of next words}."""
    found = defaultdict(set)
    for context, word in told:
        found[context].add(word)
    return found


def deeds(grammar, count=3000):
    """((first adjective, second), verb) of many sentences."""
    for _ in range(count):
        words = grammar.deed().split()
        verb = next(place for place, word in enumerate(words) if word in DEEDS)
        first, second = (word for word in words[verb - 4 : verb - 1] if word in ADJECTIVES)
        yield (first, second), words[verb]


def test_two_adjectives_decide_together_and_neither_alone(grammars):
    told = [pair for grammar in grammars for pair in deeds(grammar)]
    assert all(len(verbs) == 1 for verbs in followers(told).values())
    for place in (0, 1):
        assert all(len(verbs) >= 3 for verbs in followers((pair[place], verb) for pair, verb in told).values())
    assert followers(told)["fluffy", "blue"] == {"roamed"}


def test_the_reason_tells_whose_word_goes_on(grammars):
    told = []
    for grammar in grammars:
        for _ in range(3000):
            words = " ".join(grammar.hindrance()).split()
            why = words.index("too") + 1
            animal, spot = words[1], words[words.index("because") - 1]
            who = animal if words[why] in WORDS["animal_reasons"] else spot
            if words[why + 1] in WORDS["moments"]:
                told.append((who, words[why + 1]))
            assert words[words.index("so" if "so" in words else ".") + 2] == who
    assert all(len(moments) == 1 for moments in followers(told).values())
    assert set().union(*followers(told).values()) == set(WORDS["moments"])


def test_the_pronoun_tells_whose_word_goes_on(grammars):
    told = []
    for grammar in grammars:
        for _ in range(3000):
            words = grammar.gift()[0].split()
            place = words.index("because") + 1
            pair = (words[1], words[4])
            gender = "male" if words[place] == "he" else "female"
            (who,) = (noun for noun in pair if noun in WORDS["people"][gender])
            if words[place + 1] in BONDS:
                told.append((who, words[place + 1]))
            else:
                assert words[-2] == who
    assert all(len(bonds) == 1 for bonds in followers(told).values())


@pytest.mark.slow
def test_lookups_are_the_share_that_was_asked_for_and_bring_no_word():
    assert documents(3, 3000) == documents(3, 3000, 0.0) != documents(3, 3000, 0.5)
    grammar = Grammar(0, 0.6)
    weights = {maker.__name__: weight for maker, weight in grammar.makers.items()}
    new = sum(weights[name] for name in ("deeds", "obstacle", "tempers"))
    assert new / sum(weights.values()) == pytest.approx(0.6)
    plain = set(vocabulary(documents(0, 1_000_000)))
    only = [
        sentence
        for _ in range(3000)
        for maker in (grammar.deeds, grammar.obstacle, grammar.tempers)
        for sentence in maker()
    ]
    assert {word for sentence in only for word in sentence.lower().split()} <= {word.lower() for word in plain}
