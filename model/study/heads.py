"""What heads do, measured: the head that tells most about a sentence, and scores over stated samples. Imports no torch by itself."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model.errors import ClearheadError
from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.text.lexicon import lexicon, past, plural

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint

PATTERN = re.compile(r"^blocks\.(\d+)\.attn\.pattern$")


def patterns(trace: Trace) -> np.ndarray:
    """All attention patterns. (layer, head, query, key)"""
    names = sorted((name for name in trace.names if PATTERN.match(name)), key=lambda name: int(PATTERN.match(name)[1]))
    return np.stack([trace.array(name) for name in names])


def telling_head(trace: Trace) -> tuple[int, int, float]:
    """(layer, head, measure) of the head with the largest share of attention on neither the word itself nor the first word.

    The measure is the mean of that share over all positions that have such a choice (from the third on); 0 for shorter texts.
    """
    weights = patterns(trace)
    length = weights.shape[-1]
    if length < 3:
        return 0, 0, 0.0
    elsewhere = 1.0 - np.eye(length)
    elsewhere[:, 0] = 0.0
    share = (weights * elsewhere).sum(-1)[..., 2:].mean(-1)
    layer, head = np.unravel_index(share.argmax(), share.shape)
    return int(layer), int(head), float(share[layer, head])


# — scores over samples ————————————————————————————————————————————————————————————————


@dataclass(frozen=True)
class HeadScore:
    """How much attention each head pays to what a name says it looks at.

    `scores` [layer, head] is a mean weight between 0 and 1, `chance` what even attention to all visible words would give.
    """

    name: str
    meaning: str
    sample: str
    scores: Tensor
    chance: float

    @property
    def best(self) -> tuple[int, int]:
        """(layer, head) with the highest score."""
        layer, head = np.unravel_index(self.scores.values.argmax(), self.scores.shape)
        return int(layer), int(head)


def head_scores(checkpoint: Checkpoint) -> dict[str, HeadScore]:
    """All scores by name: from the checkpoint's report where it is of these very weights, else measured now (a second or two)."""
    try:
        report = checkpoint.report()
    except ClearheadError:  # a checkpoint without a report is measured
        report = {}
    if report.get("hash") == checkpoint.hash:
        return {name: _score(name, entry) for name, entry in report["heads"].items()}
    return {name: _score(name, entry) for name, entry in measure_heads(checkpoint).items()}


def _score(name: str, entry: dict) -> HeadScore:
    scores = Tensor.given(entry["scores"], f"{name} score, {entry['sample']}", ("layer", "head"))
    return HeadScore(name, entry["meaning"], entry["sample"], scores, entry["chance"])


def measure_heads(checkpoint: Checkpoint, count: int = 200, seed: int = 0) -> dict[str, dict]:
    """Scores of every head as plain data: {name: {meaning, sample, chance, scores}}."""
    rng = random.Random(seed)
    found = {}
    for name, (meaning, sample, make) in MEASURES.items():
        if not checkpoint.config.causal and name in ("induction",):
            continue
        total, chance, looks = 0.0, 0.0, 0
        for ids, pairs in _batches(checkpoint, make, rng, count):
            weights = _batch_patterns(checkpoint, ids)  # (layer, head, text, query, key)
            for text, (query, keys) in enumerate(pairs):
                for q, ks in zip(query, keys):
                    total = total + weights[:, :, text, q, list(ks)].sum(-1)
                    visible = q + 1 if checkpoint.config.causal else ids.shape[1]
                    chance, looks = chance + len(ks) / visible, looks + 1
        found[name] = {
            "meaning": meaning,
            "sample": sample.format(count=count),
            "chance": round(chance / looks, 4),
            "scores": np.round(total / looks, 4).tolist(),
        }
    return found


Look = tuple[list[str], list[int], list[list[int]]]  # words, queries, and the keys that each query should look at


def _batches(checkpoint: Checkpoint, make, rng: random.Random, count: int) -> Iterator[tuple[np.ndarray, list]]:
    """Texts of one length together, as ids, with their queries and keys."""
    by_length: dict[int, list] = {}
    for _ in range(count):
        words, queries, keys = make(rng)
        ids = checkpoint.tokenizer.encode(" ".join(words)).ids
        if len(ids) == len(words):
            by_length.setdefault(len(ids), []).append((ids, (queries, keys)))
    for texts in by_length.values():
        yield np.array([ids for ids, _ in texts]), [pairs for _, pairs in texts]


def _batch_patterns(checkpoint: Checkpoint, ids: np.ndarray) -> np.ndarray:
    """Attention patterns of several texts at once. (layer, head, text, query, key)"""
    import torch

    from model.net.layers import Tape

    found = []

    def listen(name, value, axes):
        if PATTERN.match(name):
            found.append(value.transpose(0, 1))
        return value

    with torch.no_grad():
        checkpoint.model(torch.from_numpy(ids), tape=Tape(listen))
    return torch.stack(found).double().numpy()


def _sentence(rng: random.Random) -> list[str]:
    """An everyday sentence of the lexicon: One morning , a hungry wolf roamed the dark forest ."""
    words = lexicon()
    kind = rng.choice(["pet", "wild", "farm"])
    place = rng.choice(words["places"]["outdoor"])
    lead = rng.choice(
        [["the"], ["one", rng.choice(words["day_times"]), ",", "the"], ["on", rng.choice(words["days"]), ",", "the"]]
    )
    return [
        *lead,
        rng.choice(words["textures"]),
        rng.choice(words["animals"][kind]),
        past(rng.choice(["roam", "cross", "explore"])),
        "the",
        rng.choice(words["place_adjectives"][place]),
        place,
        ".",
    ]


def _repeated(rng: random.Random, length: int = 20) -> list[str]:
    """Different words in no order, twice over."""
    words = lexicon()
    pool = [word for group in ("animals", "things", "foods") for kind in words[group].values() for word in kind]
    return rng.sample(sorted(set(pool) | set(words["colours"]) | set(words["sizes"])), length) * 2


def _previous(rng: random.Random) -> Look:
    words = _sentence(rng)
    return words, list(range(2, len(words))), [[q - 1] for q in range(2, len(words))]


def _first(rng: random.Random) -> Look:
    words = _sentence(rng)
    return words, list(range(2, len(words))), [[0] for _ in range(2, len(words))]


def _duplicate(rng: random.Random) -> Look:
    words = _repeated(rng)
    half = len(words) // 2
    return words, list(range(half, 2 * half)), [[q - half] for q in range(half, 2 * half)]


def _induction(rng: random.Random) -> Look:
    words = _repeated(rng)
    half = len(words) // 2
    return words, list(range(half, 2 * half)), [[q - half + 1] for q in range(half, 2 * half)]


def _adjectives(rng: random.Random) -> Look:
    """the creature's query, its adjectives' keys: … the small fluffy blue creature roamed …"""
    words = lexicon()
    lead = rng.choice(
        [
            ["the"],
            ["one", rng.choice(words["day_times"]), ",", "a"],
            ["yesterday", "the"],
            [rng.choice(words["names"]["female"]), "saw", "a"],
        ]
    )
    lists = rng.choice([("textures", "colours"), ("sizes", "textures", "colours"), ("sizes", "colours"), ("textures",)])
    adjectives = [rng.choice(words[one]) for one in lists]
    noun = rng.choice(words["animals"][rng.choice(["pet", "wild", "farm", "bird"])])
    start = len(lead)
    return (
        [*lead, *adjectives, noun, "roamed", "the", "forest", "."],
        [start + len(adjectives)],
        [list(range(start, start + len(adjectives)))],
    )


def _subject(rng: random.Random) -> Look:
    """The word before the verb looks back past a phrase to the subject: the keys on the table | are."""
    words = lexicon()
    nouns = words["things"]["tool"] + words["things"]["toy"] + words["things"]["readable"]
    subject, other = rng.choice(nouns), rng.choice(words["things"]["furniture"])
    many = rng.random() < 0.5
    phrase = [
        rng.choice(["on", "under", "near", "behind", "beside"]),
        "the",
        plural(other) if rng.random() < 0.5 else other,
    ]
    return ["the", plural(subject) if many else subject, *phrase, "are" if many else "is"], [4], [[1]]


def _pronoun(rng: random.Random) -> Look:
    """it, he or she looks at whom it stands for: the boy slept because he …"""
    words = lexicon()
    kind = rng.choice(["male", "female", "pet", "wild"])
    noun = rng.choice(words["people" if kind in words["people"] else "animals"][kind])
    pronoun = {"male": "he", "female": "she"}.get(kind, "it")
    act = rng.choice([["slept"], ["ran", "away"], ["sat", "on", "the", "mat"], ["smiled"], ["cried"]])
    return ["the", noun, *act, "because", pronoun, "was", "tired", "."], [3 + len(act)], [[1]]


MEASURES = {
    "previous-token": ("a word looks at the word before it", "{count} sentences", _previous),
    "first-token": ("a word looks at the first word of the text", "{count} sentences", _first),
    "duplicate-token": (
        "a word looks at its own earlier occurrence",
        "{count} random sequences of 20 words, twice over",
        _duplicate,
    ),
    "induction": (
        "a word looks at what followed its earlier occurrence",
        "{count} random sequences of 20 words, twice over",
        _induction,
    ),
    "adjective→noun": ("a noun looks at its adjectives", "{count} sentences with one to three adjectives", _adjectives),
    "subject→verb": (
        "the word before a verb looks at the verb’s subject, past the phrase between",
        "{count} sentences like “the keys on the table are”",
        _subject,
    ),
    "noun→pronoun": (
        "a pronoun looks at the noun that it stands for",
        "{count} sentences like “the boy slept because he was tired”",
        _pronoun,
    ),
}
