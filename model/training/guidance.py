"""Telling heads where to look: where words of a training window hang on others, and how far heads look elsewhere.

The last steps of `tiny` add this to the loss, as the translator's do with its alignments (guided alignment, Chen et al.
2016, § 3.2). Which heads are told stands in the recipe: those that came nearest by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from model.text.lexicon import lexicon, past, said_of_places_only

NOUN, REASON = "noun", "reason"
ENOUGH = 0.75  # of its attention, on the words that decide: more is not asked for
ELSEWHERE = 0.2  # of the attention of another head, above the first layer, may go to the adjectives of a noun
SIDE = 0.5  # the weight of that
REACH = 8  # words before the place, in which its animal is looked for


class Look(NamedTuple):
    """The word at `query` hangs on those at `keys`: a noun on its two adjectives, a reason on its animal or place."""

    kind: str
    query: int
    keys: tuple[int, ...]


def looks(words: Sequence[str]) -> Iterator[Look]:
    """What hangs on what in a window of words in lower case, of what `model.text.corpus.lookups` writes there."""
    known = _known()
    for place in range(1, len(words) - 1):
        if words[place] in known.animals and words[place + 1] in known.deeds:
            keys = tuple(_deciding(words, place))
            if len(keys) == 2:
                yield Look(NOUN, place, keys)
        elif words[place - 3 : place + 1] == ["because", "it", "was", "too"] and place > 3:
            noun = _said_of(words, place - 4, words[place + 1])
            if noun is not None:
                yield Look(REASON, place + 1, (noun,))


def _deciding(words: Sequence[str], noun: int) -> list[int]:
    """The adjectives before a noun, without those that decide nothing."""
    known, place = _known(), noun
    while place > 0 and words[place - 1] in known.adjectives | known.idle:
        place -= 1
    return [at for at in range(place, noun) if words[at] in known.adjectives]


def _said_of(words: Sequence[str], spot: int, why: str) -> int | None:
    """Which of two nouns the reason is said of: the place at `spot`, or the animal before it. None: of neither."""
    known = _known()
    if why in known.places.get(words[spot], ()):
        return spot
    before = range(spot - 1, max(-1, spot - REACH), -1)
    return next((at for at in before if words[at] in known.animals), None) if why in known.reasons else None


class _Known(NamedTuple):
    animals: frozenset[str]
    deeds: frozenset[str]
    adjectives: frozenset[str]
    idle: frozenset[str]
    reasons: frozenset[str]  # of animals
    places: dict[str, frozenset[str]]  # what is said of each place, and of no animal


@cache
def _known() -> _Known:
    words = lexicon()
    spots = {spot for verb in ("cross", "climb", "enter") for spot in words["suited"][verb]}
    return _Known(
        frozenset(noun for kind in ("pet", "farm", "wild") for noun in words["animals"][kind]),
        frozenset(map(past, words["deeds"])),
        frozenset(word for kind in ("textures", "sizes", "colours") for word in words[kind]),
        frozenset(words["natures"]),
        frozenset(words["animal_reasons"]),
        {spot: frozenset(said_of_places_only(spot)) for spot in spots},
    )


def off(patterns: Sequence[Tensor], found: Sequence[tuple[int, Look]], told: Mapping[str, tuple[int, int]]) -> Tensor:
    """How far heads are from looking where they are told, in nats.

    patterns: of every layer (window, head, query, key); found: (window, look) of the same windows; told: the (layer,
    head) of each kind. For each key, how far −log of its weight is above that of its share of `ENOUGH`, on average;
    and, of nouns, how far −log of what the heads above the first layer give to other words is above that of
    1 − `ELSEWHERE`, so that what is found is found in one place and goes its way from there."""
    total = patterns[0].new_zeros(())
    for kind, (layer, head) in told.items():
        mine = [(window, look) for window, look in found if look.kind == kind]
        if not mine:
            continue
        window, query = (torch.tensor(column) for column in zip(*((w, look.query) for w, look in mine), strict=True))
        keys = torch.tensor([look.keys for _, look in mine])
        share = torch.tensor(ENOUGH / keys.shape[-1])
        total = total + _short(patterns[layer][window, head, query].gather(-1, keys), share)
        for pattern in patterns[1:] if kind == NOUN else ():
            rows = pattern[window, :, query]  # (look, head, key)
            there = rows.gather(-1, keys[:, None].expand(-1, rows.shape[1], -1)).sum(-1)
            total = total + SIDE * _short(1 - there, torch.tensor(1 - ELSEWHERE))
    return total


def _short(weights: Tensor, enough: Tensor) -> Tensor:
    """The mean of how far the log of weights stays below that of enough; 0 where it does not."""
    return (enough.log() - weights.clamp(min=1e-6).log()).relu().mean()
