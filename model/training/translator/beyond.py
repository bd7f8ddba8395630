"""Sentences that the grammar never draws: longer, deeper, built of the same parts. Here a model may well fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from model.text.parallel.english import english
from model.text.parallel.french import french
from model.text.parallel.grammar import Grammar, Pair
from model.text.parallel.meaning import Clause, Group, Sentence


def beyond(seed: int, count: int) -> dict[str, list[Pair]]:
    """`count` different pairs of each kind, the same for the same seed."""
    grammar = Grammar(seed)
    kinds: dict[str, Callable[[], Sentence]] = {
        "a relative clause before the reason": lambda: _told_apart(grammar),
        "an owner of an owner": lambda: _owned_twice(grammar),
        "in two places": lambda: _twice_placed(grammar),
        "a relative clause in a question": lambda: _asked_of(grammar),
    }
    found: dict[str, list[Pair]] = {}
    for kind, make in kinds.items():
        pairs: dict[str, Pair] = {}
        while len(pairs) < count:
            meaning = make()
            pairs[english(meaning)] = Pair(english(meaning), french(meaning), meaning)
        found[kind] = list(pairs.values())
    return found


def _told_apart(grammar: Grammar) -> Sentence:
    """the dog that sleeps did not cross the street because it was too wide"""
    meaning = grammar.obstacle()
    assert isinstance(meaning.clause.subject, Group)
    inner = Clause(None, grammar.verb("alone"), grammar.chance(0.5))
    who = replace(meaning.clause.subject, relative=inner)
    return replace(meaning, clause=replace(meaning.clause, subject=who))


def _owned_twice(grammar: Grammar) -> Sentence:
    """the dog of the sister of the king sleeps"""
    owner = replace(grammar.somebody(plain=True), of=grammar.somebody(plain=True))
    while owner.noun.name:
        owner = replace(grammar.somebody(plain=True), of=owner.of)
    own = Group(grammar.noun("animals"), many=grammar.chance(0.3), of=owner)
    return Sentence("says", Clause(own, grammar.verb("alone"), grammar.chance(0.4), grammar.chance(0.3)))


def _twice_placed(grammar: Grammar) -> Sentence:
    """the dog sleeps in the garden near the school"""
    clause = Clause(grammar.being(), grammar.verb("alone"), grammar.chance(0.4), grammar.chance(0.3))
    return Sentence("says", replace(clause, phrases=(grammar.spot(), grammar.spot())))


def _asked_of(grammar: Grammar) -> Sentence:
    """does the dog not cross the street that Anna sees ?"""
    seen = replace(grammar.place(), relative=Clause(grammar.somebody(plain=True), grammar.verb("places")))
    return Sentence("asks", Clause(grammar.being(), grammar.verb("places"), False, grammar.chance(0.4), object=seen))
