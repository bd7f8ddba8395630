"""A sentence and its twin: one word exchanged, and the translation changes elsewhere as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from model.numbers.trace import Trace
from model.text.parallel.words import lexicon

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint

NEAR = 16  # words that are tried in the place of each


@dataclass(frozen=True)
class Contrast:
    """What a sentence of the source and its twin differ in.

    place: the word of the source that is exchanged. changed: all rows of the decoder that write another word; row: of
    these, the one that reads the word of the source that is farthest from the exchanged one; asked: that word."""

    place: int
    row: int
    asked: int
    changed: tuple[int, ...]

    @property
    def elsewhere(self) -> bool:
        """Whether the translation changes in more than what is said of the exchanged word."""
        return self.asked != self.place


def between(trace: Trace, other: Trace) -> Contrast | None:
    """How two runs differ; None unless one word of the source is exchanged and the translations are as long as each
    other and differ."""
    one, two = (np.array(run.info["source"]["ids"]) for run in (trace, other))
    if one.shape != two.shape or len(trace) != len(other) or (one != two).sum() != 1:
        return None
    place = int(np.argmax(one != two))
    changed = tuple(k - 1 for k in range(1, len(trace)) if trace.ids[k] != other.ids[k])
    if not changed:
        return None
    reads = alignment(trace)
    row = max(changed, key=lambda k: abs(int(reads[k]) - place))
    return Contrast(place, row, int(reads[row]), changed)


def alignment(trace: Trace) -> np.ndarray:
    """Which word of the source each row of the decoder reads most, by the mean of the last layer's heads. [query]"""
    pattern = trace.array(f"decoder.blocks.{trace.config.n_layers - 1}.cross_attn.pattern")
    reads: np.ndarray = pattern.mean(0).argmax(-1)
    return reads


def twins(checkpoint: Checkpoint, trace: Trace) -> list[str]:
    """Sentences that differ from the source of a run in one word, and whose translations are as long and differ.

    First come those in which more changes than what is said of the exchanged word: of these, those in which the fewest
    words change, and among them those whose change is farthest from the exchanged word. Real translations, greedily."""
    from model.runs.translation import translations

    ids = [int(k) for k in trace.info["source"]["ids"]]
    tried = [
        (place, (*ids[:place], word, *ids[place + 1 :]))
        for place in range(len(ids))
        for word in alike(trace, checkpoint.reads.vocabulary, ids[place])
    ]
    mine, reads = trace.ids[1:], alignment(trace)
    found: list[tuple[bool, int, int, int]] = []
    for k, said in enumerate(translations(checkpoint, [sentence for _, sentence in tried]) if tried else []):
        changed = [row for row, pair in enumerate(zip(said, mine, strict=False)) if pair[0] != pair[1]]
        if len(said) == len(mine) and changed:
            far = max(abs(int(reads[row]) - tried[k][0]) for row in changed)
            found.append((far == 0, len(changed), -far, k))
    return [checkpoint.reads.decode(tried[k][1]) for *_, k in sorted(found)]


def alike(trace: Trace, vocabulary: Sequence[str], word: int) -> list[int]:
    """Other words of the source's vocabulary that are used as one is, by the lexicon: those whose rows of the encoder's
    W_E have the largest cosine with its own, at most NEAR."""
    rows = trace.array("encoder.W_E").astype(np.float64)
    units = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    order = np.argsort(-(units @ units[word]), kind="stable").tolist()
    same = {other for kind in kinds() if vocabulary[word].lower() in kind for other in kind}
    return [k for k in order if k != word and vocabulary[k].lower() in same][:NEAR]


@cache
def kinds() -> list[frozenset[str]]:
    """Words of the lexicon that can stand for one another: nouns of one, of many, names, adjectives, forms of verbs."""
    nouns, verbs = (flat(name) for name in ("nouns", "verbs"))
    return [
        *[frozenset(noun.in_english(many) for noun in nouns) for many in (False, True)],
        frozenset(name.english.lower() for name in lexicon()["names"]),
        frozenset(adjective.english for adjective in flat("adjectives")),
        *[frozenset(getattr(verb, form) for verb in verbs) for form in ("english", "english_past", "english_third")],
    ]


def flat(part: str) -> list[Any]:
    """All entries of a part of the lexicon."""
    return [entry for of in lexicon()[part].values() for entry in of]


__all__ = ["Contrast", "alignment", "alike", "between", "twins"]
