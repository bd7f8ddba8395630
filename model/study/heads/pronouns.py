"""Does *it* find what it stands for? Minimal pairs in which one word decides between il and elle.

*The animal did not cross the street because it was too tired (wide).* Imports no torch by itself.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from model.study.heads.finding import share
from model.text.parallel.english import english
from model.text.parallel.french import french
from model.text.parallel.meaning import Clause, Group, Pronoun, Sentence
from model.text.parallel.parts import STATES
from model.text.parallel.reasons import GROUND
from model.text.parallel.splitting import FAMOUS, kept_apart
from model.text.parallel.words import Adjective, Noun, Verb, lexicon

if TYPE_CHECKING:
    import torch

    from model.runs.checkpoints import Checkpoint

LOOKS = 0.6  # mean weight on what *it* stands for, on either side, from which on a head is said to look at it
SIDES = ("animal", "place")


@dataclass(frozen=True)
class Case:
    """One side of a pair: `it` should look at the word at `referent`, not at `other`; the French pronoun is `said`."""

    english: str
    french: str
    it: int
    referent: int
    other: int
    side: str

    @property
    def said(self) -> str:
        return "elle" if " qu' elle " in self.french else "il"

    @property
    def before(self) -> str:
        """The French up to the pronoun."""
        return self.french.split(f" {self.said} ")[0]


def pair_of(animal: Noun, place: Noun, verb: Verb, own: Adjective, of_place: Adjective) -> tuple[Case, Case]:
    """the animal did not cross the street because it was too tired; … too wide"""
    one, two = (
        _case(animal, place, verb, side, adjective) for side, adjective in zip(SIDES, (own, of_place), strict=True)
    )
    return one, two


def _case(animal: Noun, place: Noun, verb: Verb, side: str, adjective: Adjective) -> Case:
    referent, other = (animal, place) if side == "animal" else (place, animal)
    reason = Clause(Pronoun(referent.gender, False), None, True, False, adjective, "too")
    meaning = Sentence("says", Clause(Group(animal), verb, True, True, object=Group(place)), because=reason)
    words = english(meaning).split()
    it, to, beside = (words.index(word) for word in ("it", referent.english, other.english))
    return Case(" ".join(words), french(meaning), it, to, beside, side)


def draw_pairs(count: int, seed: int) -> list[tuple[Case, Case]]:
    """Different pairs, the same for the same seed: nouns of two genders that stand together in no training sentence."""
    rng, words = random.Random(seed), lexicon()
    grounds = [noun for kind in GROUND for noun in words["nouns"][kind]]
    nouns = [
        (animal, place)
        for animal, place in product(words["nouns"]["animals"], grounds)
        if animal.gender != place.gender and kept_apart(animal.english, place.english)
    ]
    found: dict[tuple[Case, Case], None] = {}
    while len(found) < count:
        animal, place = rng.choice(nouns)
        of_place = words["adjectives"][STATES[place.kind][0]]
        verb, own = rng.choice(words["verbs"]["places"]), rng.choice(words["adjectives"]["states"])
        found[pair_of(animal, place, verb, own, rng.choice(of_place))] = None
    return list(found)


def famous() -> tuple[Case, Case]:
    """The sentence that everybody knows."""
    words = lexicon()

    def named(table: str, kind: str, name: str) -> Any:
        return next(entry for entry in words[table][kind] if entry.english == name)

    animal, street = (
        named("nouns", kind, name) for kind, name in zip(("animals", "roads"), sorted(FAMOUS), strict=True)
    )
    adjectives = named("adjectives", "states", "tired"), named("adjectives", "road_states", "wide")
    return pair_of(animal, street, named("verbs", "places", "cross"), *adjectives)


@dataclass(frozen=True)
class Measured:
    """What every head of the encoder did in every case, in the order of the cases.

    `weights` [layer, head, case, 2]: from *it* to what it stands for, and to the other noun. `right` [case]: whether
    the right one of il and elle is the likelier. `flipped` [layer, head, case]: whether without the head it is the
    other one.
    """

    weights: np.ndarray
    right: np.ndarray
    flipped: np.ndarray


def measure(checkpoint: Checkpoint, cases: list[Case]) -> Measured:
    """One forward pass over all cases, and one more without each head of the encoder."""
    import torch

    from model.net.layers import Tape
    from model.net.transformer import EncoderDecoder

    model, written = checkpoint.model, checkpoint.tokenizer
    assert isinstance(model, EncoderDecoder) and written.start_id is not None
    source, padding = _filled([checkpoint.reads.encode(case.english).ids for case in cases])
    begun, after = _filled([(written.start_id, *written.encode(case.before).ids) for case in cases])
    last, every = (~after).sum(-1) - 1, torch.arange(len(cases))
    il, elle = (written.encode(word).ids[0] for word in ("il", "elle"))
    patterns: list[np.ndarray] = []

    def listen(name: str, value: torch.Tensor, axes: str) -> torch.Tensor:
        if name.startswith("encoder.") and name.endswith("attn.pattern"):
            patterns.append(value.numpy())
        return value

    def says_elle(tape: Tape) -> np.ndarray:
        with torch.no_grad():
            logits = model(begun, source, tape, source_padding=padding)[every, last]
        chosen: np.ndarray = (logits[:, elle] > logits[:, il]).numpy()
        return chosen

    before = says_elle(Tape(listen))
    config = checkpoint.config
    without = [[says_elle(_off(layer, head)) for head in range(config.n_heads)] for layer in range(config.n_layers)]
    at = (
        np.arange(len(cases))[:, None],
        np.array([[c.it] for c in cases]),
        np.array([[c.referent, c.other] for c in cases]),
    )
    weights = np.stack(patterns).transpose(0, 2, 1, 3, 4)[:, :, *at]
    right: np.ndarray = before == np.array([case.said == "elle" for case in cases])
    return Measured(weights, right, np.array(without) != before)


def _off(layer: int, head: int) -> Any:
    from model.net.layers import Tape

    def listen(name: str, value: torch.Tensor, axes: str) -> torch.Tensor:
        if name == f"encoder.blocks.{layer}.attn.result":
            value = value.clone()
            value[:, head] = 0.0
        return value

    return Tape(listen)


def _filled(rows: list[tuple[int, ...]]) -> tuple[torch.Tensor, torch.Tensor]:
    from model.runs.translation import filled

    return filled(rows)


def summary(cases: list[Case], found: Measured) -> dict[str, Any]:
    """The head that looks at what *it* stands for, and what hangs on it, as plain data; shares with their intervals.

    Of the heads that look there on both sides (LOOKS) the one without which most pronouns change; where none does, the
    one that comes nearest. A pair is right if both its sides are, and flips if one of them does."""
    mine = np.array([[case.side == side for case in cases] for side in SIDES])
    weights = np.stack([found.weights[:, :, own].mean(2) for own in mine], 2)  # [layer, head, side, which]
    least, flips = weights[..., 0].min(-1), found.flipped.mean(-1)
    looks = least >= LOOKS
    layer, head = map(int, np.unravel_index(np.where(looks, 1 + flips, least).argmax(), least.shape))
    flipped = found.flipped[layer, head]
    return {
        "pairs": len(cases) // 2,
        "right": share(found.right),
        "pairs right": share(np.asarray(found.right.reshape(-1, 2).all(-1))),
        "stack": "encoder",
        "head": [layer, head],
        "looks": bool(looks[layer, head]),
        "weight": {
            side: {"referent": _rounded(weights[layer, head, k, 0]), "other": _rounded(weights[layer, head, k, 1])}
            for k, side in enumerate(SIDES)
        },
        "flipped": share(flipped),
        "pairs flipped": share(np.asarray(flipped.reshape(-1, 2).any(-1))),
        "heads": {
            "weight on the referent, of the side where it is least": [[_rounded(one) for one in row] for row in least],
            "flipped without it": [[_rounded(one) for one in row] for row in flips],
        },
    }


def measure_pronouns(checkpoint: Checkpoint, count: int = 300, seed: int = 4) -> dict[str, Any]:
    """`count` pairs that no training sentence resembles, and the sentence that everybody knows."""
    cases = [case for pair in draw_pairs(count, seed) for case in pair]
    told = summary(cases, measure(checkpoint, cases))
    layer, head = told["head"]
    known = list(famous())
    found = measure(checkpoint, known)
    told["famous"] = [
        {
            "sentence": case.english,
            "weight": {"referent": _rounded(referent), "other": _rounded(other)},
            "right": bool(right),
            "flipped": bool(flipped),
        }
        for case, (referent, other), right, flipped in zip(
            known, found.weights[layer, head], found.right, found.flipped[layer, head], strict=True
        )
    ]
    return told


def _rounded(value: float) -> float:
    return round(float(value), 4)
