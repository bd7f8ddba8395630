"""What is kept from training: pairs of nouns that no training sentence holds together, and structures it never has.

Both are told by a checksum of the words, so that they hold for every seed and however much is trained on.
"""

from __future__ import annotations

from itertools import combinations, islice
from zlib import crc32

from model.text.parallel.grammar import Pair, pairs
from model.text.parallel.meaning import Clause, Group, Pronoun, Sentence

PAIRS, STRUCTURES = 8, 12  # one in so many is kept from training
FAMOUS = {"animal", "street"}  # of the sentence that everybody knows: it is not to be learned by heart
PARTS = ("training", "pairs", "structures", "both")


def part_of(sentence: Sentence) -> str:
    """Which of PARTS a sentence belongs to; all but training are held out."""
    nouns = sorted({noun.english for noun in sentence.nouns() if not noun.name})
    apart = any(kept_apart(one, two) for one, two in combinations(nouns, 2))
    return PARTS[apart + 2 * unseen(structure(sentence))]


def kept_apart(one: str, two: str) -> bool:
    """Whether two English nouns never stand together in a training sentence, in any order."""
    return {one, two} == FAMOUS or crc32(" ".join(sorted((one, two))).encode()) % PAIRS == 0


def unseen(structure: str) -> bool:
    """Whether a structure never occurs in training."""
    return crc32(structure.encode()) % STRUCTURES == 0


def structure(sentence: Sentence) -> str:
    """A sentence without its words: who does what to whom, with which parts.

    >>> structure(next(pairs(0)).meaning)
    'says: the verb not past the because it adjective past'
    """
    parts = [f"{sentence.kind}:", _clause(sentence.clause)]
    if sentence.more:
        parts += [sentence.link, _clause(sentence.more)]
    if sentence.because:
        parts += ["because", _clause(sentence.because)]
    return " ".join(part for part in parts if part)


def _clause(clause: Clause) -> str:
    said = "verb" if clause.verb else "adjective" if clause.adjective else ""
    marks = ["not"] * clause.negative + ["past"] * clause.past + [clause.degree] * bool(clause.degree)
    phrases = [part for name, group in clause.phrases for part in (name, _part(group))]
    return " ".join(part for part in (_part(clause.subject), said, *marks, _part(clause.object), *phrases) if part)


def _part(part: Group | Pronoun | None) -> str:
    if part is None:
        return ""
    if isinstance(part, Pronoun):
        return "they" if part.many else "he" if part.person else "it"
    words = ["number" if part.number else part.determiner or "name", "many" * part.many]
    words += ["before" if adjective.before else "after" for adjective in part.adjectives]
    if part.of:
        words += ["of", _part(part.of)]
    if part.relative:
        words += ["that", _clause(part.relative)]
    return " ".join(word for word in words if word)


def draw(part: str, seed: int, count: int) -> list[Pair]:
    """The first `count` different pairs of a part, by a seed."""
    drawn = (pair for pair in pairs(seed) if part_of(pair.meaning) == part)
    found: dict[str, Pair] = {}
    while len(found) < count:
        found |= {pair.english: pair for pair in islice(drawn, count - len(found))}
    return list(found.values())
